//! Compares `oneOf`, `anyOf` and `not`. Parts of `allOf` belong to the schema itself: see [`View`].

use std::collections::HashSet;

use super::matching::{Matching, matched};
use super::view::{Union, View};
use super::{Diff, Effect, Scope, Side};
use crate::{Document, Node, Place};

/// Keywords beside the alternatives of a schema that do not restrict values further.
const BESIDE: [&str; 8] = ["allOf", "oneOf", "anyOf", "type", "nullable", "discriminator", "readOnly", "writeOnly"];

impl<'d> Diff<'d> {
    /// Compares a schema with one that consists of alternatives, one of which may be the same schema. Returns whether
    /// this is the case.
    pub(super) fn wrapped(
        &mut self,
        before: &View<'d>,
        now: &View<'d>,
        (olds, news): (&[&'d Node], &[&'d Node]),
        side: Side,
        at: &str,
    ) -> bool {
        let (single, union) = match (before.unions.as_slice(), now.unions.as_slice(), olds, news) {
            ([], [union], [one], _) if !before.parts.is_empty() && !now.restricts(&BESIDE) => (*one, union),
            ([union], [], _, [one]) if !now.parts.is_empty() && !before.restricts(&BESIDE) => (*one, union),
            _ => return false,
        };
        let parts: Vec<_> = union.parts.iter().collect();
        let matching = if before.unions.is_empty() {
            matched(&mut self.equality, (self.old, &[single]), (self.new, &parts))
        } else {
            matched(&mut self.equality, (self.old, &parts), (self.new, &[single]))
        };
        if matching.pairs.is_empty() {
            return false;
        }
        if before.unions.is_empty() && union.key.name == "oneOf" && self.overlaps(single, union) {
            let message = format!("several alternatives of {at} accept the values that were allowed, but only one may");
            self.composition(Scope::Narrower, side, &union.key.place, message);
        }
        self.nullable(before, now, side, at);
        self.discriminators(before, now, &matching, side, at);
        self.alternatives(&matching, side, (&union.key.name, at), now.place());
        true
    }

    pub(super) fn unions(&mut self, before: &View<'d>, now: &View<'d>, side: Side, at: &str) {
        let mut all = Matching { pairs: Vec::new(), removed: Vec::new(), added: Vec::new() };
        for position in 0..before.unions.len().max(now.unions.len()) {
            let (old, new) = (before.unions.get(position), now.unions.get(position));
            let (union, scope, what) = match (old, new) {
                (Some(old), Some(new)) => {
                    let matching = self.union(old, new, side, at);
                    all.pairs.extend(matching.pairs);
                    all.removed.extend(matching.removed);
                    all.added.extend(matching.added);
                    continue;
                }
                (None, Some(new)) => (new, Scope::Narrower, "is new"),
                (Some(old), None) => (old, Scope::Wider, "is removed"),
                (None, None) => continue,
            };
            let place = if new.is_some() { &union.key.place } else { now.place() };
            self.composition(scope, side, place, format!("{} of {at} {what}", union.key.name));
        }
        self.discriminators(before, now, &all, side, at);
    }

    fn union(&mut self, old: &Union<'d>, new: &Union<'d>, side: Side, at: &str) -> Matching<'d> {
        let scope = match (old.key.name.as_str(), new.key.name.as_str()) {
            ("oneOf", "anyOf") => Some(Scope::Wider),
            ("anyOf", "oneOf") => Some(Scope::Narrower),
            _ => None,
        };
        if let Some(scope) = scope {
            let message = format!("{} of {at} was {}", new.key.name, old.key.name);
            self.composition(scope, side, &new.key.place, message);
        }
        let parts = |union: &Union<'d>| union.parts.iter().collect::<Vec<_>>();
        let matching = matched(&mut self.equality, (self.old, &parts(old)), (self.new, &parts(new)));
        self.spend(old.parts.len() + new.parts.len());
        self.alternatives(&matching, side, (&new.key.name, at), &new.key.place);
        matching
    }

    fn alternatives(&mut self, matching: &Matching<'d>, side: Side, (key, at): (&str, &str), place: &'d Place) {
        for (position, old, new) in &matching.pairs {
            self.pair(vec![*old], vec![*new], side, format!("{at}.{key}[{position}]"), place);
        }
        let name = |document: &Document, node: &Node| {
            document.schema_name(node).unwrap_or_else(|| crate::excerpt::excerpt(node))
        };
        for part in &matching.added {
            let (id, effect) = match side {
                Side::Request => ("request-alternative-added", Effect::Additive),
                // Readers do not know it.
                Side::Response => ("response-alternative-added", Effect::Breaking),
            };
            self.add(id, effect, &part.place, format!("{at} may be {}", name(self.new, part)));
        }
        for part in &matching.removed {
            let (id, effect) = match side {
                Side::Request => ("request-alternative-removed", Effect::Breaking),
                Side::Response => ("response-alternative-removed", Effect::Additive),
            };
            self.add(id, effect, &part.place, format!("{at} can no longer be {}", name(self.old, part)));
        }
    }

    pub(super) fn negations(&mut self, before: &View<'d>, now: &View<'d>, side: Side, at: &str) {
        let (olds, news): (Vec<_>, Vec<_>) = (before.all("not").collect(), now.all("not").collect());
        // What allows more values in here allows fewer values of the whole.
        let other = if side == Side::Request { Side::Response } else { Side::Request };
        if let ([old], [new]) = (olds.as_slice(), news.as_slice()) {
            self.pair(vec![*old], vec![*new], other, format!("{at}.not"), now.place());
            return;
        }
        let mut contents = |nodes: Vec<&'d Node>| -> HashSet<u64> {
            nodes.into_iter().map(|node| self.equality.contents(node)).collect()
        };
        let (olds, news) = (contents(olds), contents(news));
        let (removed, added) = (!olds.is_subset(&news), !news.is_subset(&olds));
        let scope = match (removed, added) {
            (false, false) => return,
            (false, true) => Scope::Narrower,
            (true, false) => Scope::Wider,
            (true, true) => Scope::Other,
        };
        self.composition(scope, side, now.place_of("not"), format!("not of {at} changed"));
    }

    fn composition(&mut self, scope: Scope, side: Side, place: &Place, message: String) {
        let id = match scope {
            Scope::Narrower => "composition-narrowed",
            Scope::Wider => "composition-widened",
            Scope::Other => "composition-changed",
        };
        self.add(id, side.effect(scope), place, message);
    }
}
