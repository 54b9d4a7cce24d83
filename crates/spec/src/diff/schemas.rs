//! Compares schemas and their properties.

use std::collections::{HashMap, HashSet};

use super::{Diff, Effect, Pair, Scope, Side, became};
use crate::Node;

impl<'d> Diff<'d> {
    /// Schedules the comparison of two schemas. A named schema is reported by its name instead of the path to it.
    pub(super) fn pair(&mut self, old: &'d Node, new: &'d Node, side: Side, at: String) {
        let at = self.new.schema_name(new).unwrap_or(at);
        let (Ok(old), Ok(new)) = (self.old.resolve(old), self.new.resolve(new)) else { return };
        if self.visited.insert((old, new, side)) {
            self.open.push(Pair { old, new, side, at });
        }
    }

    /// Compares all scheduled schemas.
    pub(super) fn schemas(&mut self) {
        while let Some(Pair { old, new, side, at }) = self.open.pop() {
            let waiting = self.open.len();
            self.schema(old, new, side, &at);
            // Reversed, so that the first part is compared first.
            if let Some(parts) = self.open.get_mut(waiting..) {
                parts.reverse();
            }
        }
    }

    fn schema(&mut self, before: &'d Node, now: &'d Node, side: Side, at: &str) {
        let kinds = [
            ("title", "words-changed", Effect::Docs),
            ("description", "words-changed", Effect::Docs),
            ("externalDocs", "words-changed", Effect::Docs),
            ("example", "examples-changed", Effect::Docs),
            ("xml", "serialization-changed", Effect::Docs),
            ("discriminator", "discriminator-changed", Effect::Breaking),
            ("not", "composition-changed", Effect::Breaking),
            ("readOnly", "access-changed", Effect::Risky),
            ("writeOnly", "access-changed", Effect::Risky),
        ];
        self.keys(before, now, &kinds, at);
        self.deprecation(before, now, at);
        if !self.types(before, now, side, at) {
            return;
        }
        self.values(before, now, side, at);
        self.composition(before, now, side, at);
        match (before.get("items"), now.get("items")) {
            (Some(before), Some(now)) => self.pair(before, now, side, format!("{at}[]")),
            (None, None) => {}
            (old, new) => {
                let message = format!("items of {at} {}", became(old, new));
                self.add("items-changed", Effect::Breaking, &now.place, message);
            }
        }
        self.properties(before, now, side, at);
        self.additional_properties(before, now, side, at);
    }

    fn composition(&mut self, before: &'d Node, now: &'d Node, side: Side, at: &str) {
        for key in ["allOf", "oneOf", "anyOf"] {
            let (old, new) = (before.get(key), now.get(key));
            let (olds, news) = (old.map(Node::items).unwrap_or_default(), new.map(Node::items).unwrap_or_default());
            if olds.len() != news.len() {
                let place = new.map_or(&now.place, |node| &node.place);
                let message = format!("{key} of {at} has {} parts and had {}", news.len(), olds.len());
                self.add("composition-changed", Effect::Breaking, place, message);
                continue;
            }
            for (position, (old, new)) in olds.iter().zip(news).enumerate() {
                self.pair(old, new, side, format!("{at}.{key}[{position}]"));
            }
        }
    }

    fn properties(&mut self, before: &'d Node, now: &'d Node, side: Side, at: &str) {
        let (olds, news) = (properties(before), properties(now));
        let (musts, now_musts) = (required(before), required(now));
        for (key, property) in now.get("properties").map(Node::entries).unwrap_or_default() {
            let name = key.name.as_str();
            let at = format!("{at}.{name}");
            let must = now_musts.contains(name);
            let Some(old) = olds.get(name) else {
                let (id, effect) = match (side, must) {
                    (Side::Request, true) => ("request-property-added-required", Effect::Breaking),
                    (Side::Request, false) => ("request-property-added", Effect::Additive),
                    (Side::Response, _) => ("response-property-added", Effect::Additive),
                };
                self.add(id, effect, &key.place, format!("{at} is new"));
                continue;
            };
            let (id, effect, what) = match (musts.contains(name), must, side) {
                (false, true, Side::Request) => ("request-property-required", Effect::Breaking, "is required"),
                (true, false, Side::Request) => ("request-property-optional", Effect::Additive, "is optional"),
                (true, false, Side::Response) => ("response-property-optional", Effect::Breaking, "may be missing"),
                (false, true, Side::Response) => ("response-property-required", Effect::Additive, "is always present"),
                _ => ("", Effect::Docs, ""),
            };
            if !id.is_empty() {
                self.add(id, effect, &key.place, format!("{at} {what}"));
            }
            self.pair(old, property, side, at);
        }
        for (key, _) in before.get("properties").map(Node::entries).unwrap_or_default() {
            if !news.contains_key(key.name.as_str()) {
                let (id, effect) = match side {
                    // The service no longer uses the value that a caller sends.
                    Side::Request => ("request-property-removed", Effect::Breaking),
                    Side::Response if musts.contains(key.name.as_str()) => {
                        ("response-property-removed-required", Effect::Breaking)
                    }
                    // The property was optional before.
                    Side::Response => ("response-property-removed", Effect::Risky),
                };
                self.add(id, effect, &key.place, format!("{at}.{} is removed", key.name));
            }
        }
    }

    /// Compares whether a map may have additional names. It may by default.
    fn additional_properties(&mut self, before: &'d Node, now: &'d Node, side: Side, at: &str) {
        let (old, new) = (before.get("additionalProperties"), now.get("additionalProperties"));
        let flag = |node: Option<&Node>| node.map_or(Some(true), Node::as_bool);
        let scope = match (flag(old), flag(new)) {
            (Some(old), Some(new)) if old == new => return,
            (Some(true), _) | (None, Some(false)) => Scope::Narrower,
            (_, Some(true)) | (Some(false), None) => Scope::Wider,
            _ => {
                if let (Some(old), Some(new)) = (old, new) {
                    self.pair(old, new, side, format!("{at}.*"));
                }
                return;
            }
        };
        let (id, effect) = match (side, scope) {
            (Side::Request, Scope::Wider) => ("request-names-widened", Effect::Additive),
            (Side::Request, _) => ("request-names-narrowed", Effect::Breaking),
            (Side::Response, Scope::Wider) => ("response-names-widened", Effect::Risky),
            (Side::Response, _) => ("response-names-narrowed", Effect::Additive),
        };
        let place = new.map_or(&now.place, |node| &node.place);
        self.add(id, effect, place, format!("additionalProperties of {at} {}", became(old, new)));
    }
}

fn properties(schema: &Node) -> HashMap<&str, &Node> {
    let entries = schema.get("properties").map(Node::entries).unwrap_or_default();
    entries.iter().map(|(key, node)| (key.name.as_str(), node)).collect()
}

fn required(schema: &Node) -> HashSet<&str> {
    schema.get("required").map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).collect()
}
