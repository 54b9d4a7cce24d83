//! Compares discriminators: the property that tells which alternative a value is.

use std::collections::{BTreeMap, HashSet};

use super::matching::Matching;
use super::view::View;
use super::{Diff, Effect, Side};
use crate::{Document, Node};

impl<'d> Diff<'d> {
    pub(super) fn discriminators(
        &mut self,
        before: &View<'d>,
        now: &View<'d>,
        matching: &Matching<'d>,
        side: Side,
        at: &str,
    ) {
        let place = now.place_of("discriminator");
        let (old, new) = match (before.get("discriminator"), now.get("discriminator")) {
            (None, None) => return,
            // Which values are allowed does not change. But a sender must use the names of the alternatives now.
            (None, Some(_)) => {
                let effect = if side == Side::Request { Effect::Risky } else { Effect::Additive };
                self.add("discriminator-added", effect, place, format!("{at} has a discriminator"));
                return;
            }
            // Readers may rely on it.
            (Some(_), None) => {
                let effect = if side == Side::Request { Effect::Additive } else { Effect::Risky };
                self.add("discriminator-removed", effect, place, format!("{at} has no discriminator"));
                return;
            }
            (Some(old), Some(new)) => (old, new),
        };
        let property = |node: &'d Node| node.text("propertyName").unwrap_or_default();
        if property(old) != property(new) {
            let message = format!("discriminator of {at} was {} and is {}", property(old), property(new));
            self.add("discriminator-changed", Effect::Breaking, place, message);
        }
        let names = |document: &'d Document, node: &'d Node| document.schema_name(node);
        let common = matching.pairs.iter();
        let mut olds = mapping(old, common.clone().filter_map(|(_, old, _)| names(self.old, old)));
        let mut news = mapping(new, common.filter_map(|(_, _, new)| names(self.new, new)));
        let selected = (self.subtypes.0.selected(self.old, before), self.subtypes.1.selected(self.new, now));
        if let (Some(old), Some(new)) = selected {
            (olds, news) = (old, new);
            self.spend(olds.len() + news.len());
            self.selected(&olds, &news, side);
        }
        // The names of alternatives that were added or removed are reported with them.
        let removed: HashSet<_> = matching.removed.iter().filter_map(|part| names(self.old, part)).collect();
        let added: HashSet<_> = matching.added.iter().filter_map(|part| names(self.new, part)).collect();
        let renamed: BTreeMap<_, _> = matching
            .pairs
            .iter()
            .filter_map(|(_, old, new)| Some((names(self.old, old)?, names(self.new, new)?)))
            .collect();
        for (value, target) in &news {
            match olds.get(value) {
                None if added.contains(target) => {}
                None => {
                    let effect = if side == Side::Request { Effect::Additive } else { Effect::Risky };
                    let message = format!("discriminator of {at} may be {value:?}, for {target}");
                    self.add("discriminator-value-added", effect, place, message);
                }
                Some(before) if renamed.get(before).unwrap_or(before) != target && !self.is_renamed(before, target) => {
                    let message = format!("{value:?} in the discriminator of {at} was {before} and is {target}");
                    self.add("discriminator-changed", Effect::Breaking, place, message);
                }
                Some(_) => {}
            }
        }
        for (value, target) in olds.iter().filter(|(value, _)| !news.contains_key(*value)) {
            if !removed.contains(target) {
                let effect = if side == Side::Request { Effect::Breaking } else { Effect::Additive };
                let message = format!("discriminator of {at} can no longer be {value:?}, for {target}");
                self.add("discriminator-value-removed", effect, place, message);
            }
        }
    }
}

impl Diff<'_> {
    /// Compares the schemas that the same value selects. Those of `oneOf` are compared as alternatives.
    fn selected(&mut self, olds: &BTreeMap<String, String>, news: &BTreeMap<String, String>, side: Side) {
        for (value, target) in news {
            let old = olds.get(value).and_then(|before| self.old.component("schemas", before));
            if let (Some(old), Some(new)) = (old, self.new.component("schemas", target)) {
                self.pair(vec![old], vec![new], side, target.clone(), &new.place);
            }
        }
    }

    /// Returns whether two components are one under different names.
    fn is_renamed(&mut self, before: &str, now: &str) -> bool {
        match (self.old.component("schemas", before), self.new.component("schemas", now)) {
            (Some(old), Some(new)) => self.equality.contents(old) == self.equality.contents(new),
            _ => false,
        }
    }
}

/// Returns the schema for each value. Without a mapping, the value is the name of the schema.
pub(super) fn mapping(discriminator: &Node, names: impl Iterator<Item = String>) -> BTreeMap<String, String> {
    let mut mapping: BTreeMap<_, _> = names.map(|name| (name.clone(), name)).collect();
    for (value, target) in discriminator.get("mapping").map(Node::entries).unwrap_or_default() {
        let target = target.as_str().unwrap_or_default();
        let name = crate::reference::component(target).map_or_else(|| target.to_owned(), |(_, name)| name);
        mapping.insert(value.name.clone(), name);
    }
    mapping
}
