//! Compares parameters.

use std::collections::HashSet;

use super::{Diff, Effect, Side, became};
use crate::Node;
use crate::outline::Endpoint;

/// The identity of a parameter within its operation: its location, and its name or, in a path, its position.
type Slot<'d> = (&'d str, String);

impl<'d> Diff<'d> {
    pub(super) fn parameters(&mut self, before: &Endpoint<'d>, now: &Endpoint<'d>) {
        let (old, new) = (declared(before), declared(now));
        for (slot, now) in &new {
            let is_required = now.flag("required");
            let name = now.text("name").unwrap_or_default();
            let Some((_, before)) = old.iter().find(|(before, _)| before == slot) else {
                // The path determines its parameters, and a change of the path has already been reported.
                if slot.0 != "path" {
                    let (id, effect) = if is_required {
                        ("parameter-added-required", Effect::Breaking)
                    } else {
                        ("parameter-added", Effect::Additive)
                    };
                    self.add(id, effect, &now.place, format!("{} parameter {name} is new", slot.0));
                }
                continue;
            };
            self.parameter(before, now, name);
        }
        for (slot, node) in &old {
            if slot.0 != "path" && !new.iter().any(|(known, _)| known == slot) {
                // The service ignores unknown parameters. A removed filter would silently stop filtering.
                let message = format!("{} parameter {} is removed", slot.0, slot.1);
                self.add("parameter-removed", Effect::Breaking, &node.place, message);
            }
        }
    }

    fn parameter(&mut self, before: &'d Node, now: &'d Node, name: &str) {
        let old_name = before.text("name").unwrap_or_default();
        if old_name != name {
            let message = format!("path parameter {name} was renamed from {old_name}");
            self.add("parameter-renamed", Effect::Docs, &now.place, message);
        }
        match (before.flag("required"), now.flag("required")) {
            (false, true) => {
                self.add("parameter-required", Effect::Breaking, &now.place, format!("{name} is required"));
            }
            (true, false) => {
                self.add("parameter-optional", Effect::Additive, &now.place, format!("{name} is optional"));
            }
            _ => {}
        }
        self.deprecation(before, now, name);
        let kinds = [
            ("description", "words-changed", Effect::Docs),
            ("x-client-setting", "client-setting-changed", Effect::Risky),
            ("style", "serialization-changed", Effect::Breaking),
            ("explode", "serialization-changed", Effect::Breaking),
            ("allowReserved", "serialization-changed", Effect::Breaking),
            ("allowEmptyValue", "serialization-changed", Effect::Risky),
        ];
        self.keys(before, now, &kinds, name);
        self.examples(before, now, name);
        match (before.get("schema"), now.get("schema")) {
            (Some(old), Some(new)) => self.pair(old, new, Side::Request, name.to_owned()),
            (None, None) => self.content(before, now, Side::Request, name),
            (old, new) => {
                let message = format!("schema of {name} {}", became(old, new));
                self.add("serialization-changed", Effect::Breaking, &now.place, message);
            }
        }
    }
}

/// Returns the parameters with their slots. Parameters of the operation override those of the path.
fn declared<'d>(endpoint: &Endpoint<'d>) -> Vec<(Slot<'d>, &'d Node)> {
    let position = |name: &str| endpoint.path.name.split('{').position(|part| part.split('}').next() == Some(name));
    let slot = |node: &'d Node| {
        let (location, name) = (node.text("in")?, node.text("name")?);
        let path = || position(name).map_or_else(|| name.to_owned(), |position| position.to_string());
        Some(((location, if location == "path" { path() } else { name.to_owned() }), node))
    };
    let mut found: Vec<_> =
        endpoint.parameters.iter().filter_map(|parameter| parameter.node).filter_map(slot).collect();
    found.reverse();
    let mut met = HashSet::new();
    found.retain(|(slot, _)| met.insert(slot.clone()));
    found.reverse();
    found
}
