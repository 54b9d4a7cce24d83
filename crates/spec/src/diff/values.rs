//! Compares the allowed values of schemas: types, formats, bounds and lists.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::Value as Json;

use super::{Diff, Effect, Scope, Side, became};
use crate::{Node, Value};

/// Keywords for minimum and maximum, and whether a larger number allows fewer values.
const BOUNDS: [(&str, bool); 8] = [
    ("minimum", true),
    ("maximum", false),
    ("minLength", true),
    ("maxLength", false),
    ("minItems", true),
    ("maxItems", false),
    ("minProperties", true),
    ("maxProperties", false),
];

/// Keywords that restrict the allowed values.
const LIMITS: [&str; 5] = ["pattern", "multipleOf", "uniqueItems", "exclusiveMinimum", "exclusiveMaximum"];

impl Diff<'_> {
    /// Compares types and formats. Returns whether the other keywords can be compared.
    pub(super) fn types(&mut self, before: &Node, now: &Node, side: Side, at: &str) -> bool {
        let (old, new) = (before.text("type"), now.text("type"));
        if old != new {
            let scope = match (old, new) {
                (Some("integer"), Some("number")) | (Some(_), None) => Scope::Wider,
                (Some("number"), Some("integer")) | (None, Some(_)) => Scope::Narrower,
                _ => Scope::Other,
            };
            let message = format!("type of {at} {}", became(before.get("type"), now.get("type")));
            self.add("type-changed", read_by(side, scope), &now.place, message);
            return scope != Scope::Other;
        }
        let (old, new) = (before.text("format"), now.text("format"));
        if old != new {
            // Without a format, any value is allowed.
            let scope = match (old, new) {
                (Some("int32"), Some("int64")) | (Some("float"), Some("double")) | (Some(_), None) => Scope::Wider,
                (Some("int64"), Some("int32")) | (Some("double"), Some("float")) | (None, Some(_)) => Scope::Narrower,
                _ => Scope::Other,
            };
            let place = now.get("format").map_or(&now.place, |node| &node.place);
            let message = format!("format of {at} {}", became(before.get("format"), now.get("format")));
            self.add("format-changed", read_by(side, scope), place, message);
        }
        true
    }

    pub(super) fn values(&mut self, before: &Node, now: &Node, side: Side, at: &str) {
        self.bounds(before, now, side, at);
        self.limits(before, now, side, at);
        self.nullable(before, now, side, at);
        self.lists(before, now, side, at);
        let (old, new) = (before.get("default"), now.get("default"));
        if old.map(Node::to_json) != new.map(Node::to_json) {
            // For a request, an omitted value now has a different meaning.
            let effect = if side == Side::Request { Effect::Risky } else { Effect::Docs };
            let place = new.map_or(&now.place, |node| &node.place);
            self.add("default-changed", effect, place, format!("default of {at} {}", became(old, new)));
        }
    }

    fn bounds(&mut self, before: &Node, now: &Node, side: Side, at: &str) {
        for (key, is_minimum) in BOUNDS {
            let (old, new) = (before.get(key), now.get(key));
            let larger = if is_minimum { Scope::Narrower } else { Scope::Wider };
            let smaller = if is_minimum { Scope::Wider } else { Scope::Narrower };
            let scope = match (number(old), number(new)) {
                (None, None) => continue,
                (None, Some(_)) => Scope::Narrower,
                (Some(_), None) => Scope::Wider,
                (Some(old), Some(new)) => match old.partial_cmp(&new) {
                    Some(Ordering::Less) => larger,
                    Some(Ordering::Greater) => smaller,
                    _ => continue,
                },
            };
            self.bound(scope, side, new.map_or(&now.place, |node| &node.place), || {
                format!("{key} of {at} {}", became(old, new))
            });
        }
    }

    fn limits(&mut self, before: &Node, now: &Node, side: Side, at: &str) {
        for key in LIMITS {
            // `false` is the default.
            let said = |node: &Node| node.get(key).map(Node::to_json).filter(|value| *value != Json::Bool(false));
            let scope = match (said(before), said(now)) {
                (old, new) if old == new => continue,
                (None, _) => Scope::Narrower,
                (_, None) => Scope::Wider,
                _ => Scope::Other,
            };
            let (old, new) = (before.get(key), now.get(key));
            self.bound(scope, side, new.map_or(&now.place, |node| &node.place), || {
                format!("{key} of {at} {}", became(old, new))
            });
        }
    }

    fn bound(&mut self, scope: Scope, side: Side, place: &crate::Place, message: impl FnOnce() -> String) {
        let (id, effect) = match (side, scope) {
            (Side::Request, Scope::Wider) => ("request-bound-widened", Effect::Additive),
            (Side::Request, _) => ("request-bound-narrowed", Effect::Breaking),
            (Side::Response, Scope::Narrower) => ("response-bound-narrowed", Effect::Additive),
            // Programs that rely on the documented limits may receive larger values.
            (Side::Response, _) => ("response-bound-widened", Effect::Risky),
        };
        self.add(id, effect, place, message());
    }

    fn nullable(&mut self, before: &Node, now: &Node, side: Side, at: &str) {
        let (id, effect, what) = match (before.flag("nullable"), now.flag("nullable"), side) {
            (false, true, Side::Request) => ("request-nullable", Effect::Additive, "may be null"),
            (true, false, Side::Request) => ("request-not-nullable", Effect::Breaking, "may not be null"),
            (false, true, Side::Response) => ("response-nullable", Effect::Breaking, "may be null"),
            (true, false, Side::Response) => ("response-not-nullable", Effect::Additive, "is never null"),
            _ => return,
        };
        self.add(id, effect, now.get("nullable").map_or(&now.place, |node| &node.place), format!("{at} {what}"));
    }

    /// Compares enumerations, closed and open.
    fn lists(&mut self, before: &Node, now: &Node, side: Side, at: &str) {
        let (old, new) = match (listed(before), listed(now)) {
            (None, None) => return,
            // Only the previous values are allowed.
            (None, Some(list)) => {
                let effect = match side {
                    _ if list.is_open => Effect::Docs,
                    Side::Request => Effect::Breaking,
                    Side::Response => Effect::Additive,
                };
                self.add("enum-added", effect, &now.place, format!("{at} is one of a list of values"));
                return;
            }
            (Some(list), None) => {
                let effect = match side {
                    _ if list.is_open => Effect::Docs,
                    Side::Request => Effect::Additive,
                    Side::Response => Effect::Breaking,
                };
                self.add("enum-removed", effect, &now.place, format!("{at} may be any value"));
                return;
            }
            (Some(old), Some(new)) => (old, new),
        };
        let (id, effect, what) = match (old.is_open, new.is_open, side) {
            (false, true, Side::Response) => ("enum-opened", Effect::Breaking, "may have values that are not listed"),
            (false, true, Side::Request) => ("enum-opened", Effect::Additive, "may have values that are not listed"),
            (true, false, Side::Response) => ("enum-closed", Effect::Additive, "has only the listed values"),
            (true, false, Side::Request) => ("enum-closed", Effect::Breaking, "has only the listed values"),
            _ => ("", Effect::Docs, ""),
        };
        if !id.is_empty() {
            self.add(id, effect, &now.place, format!("{at} {what}"));
        }
        for (value, place) in new.without(&old) {
            let (id, effect) = match (side, old.is_open) {
                (Side::Request, _) => ("request-value-added", Effect::Additive),
                // Readers of an open enumeration must expect new values, but may want to handle them by name.
                (Side::Response, true) => ("response-value-added", Effect::Risky),
                (Side::Response, false) => ("response-value-added", Effect::Breaking),
            };
            self.add(id, effect, place, format!("{at} may be {value}"));
        }
        for (value, place) in old.without(&new) {
            let (id, effect) = match side {
                Side::Request => ("request-value-removed", Effect::Breaking),
                Side::Response => ("response-value-removed", Effect::Additive),
            };
            self.add(id, effect, place, format!("{at} can no longer be {value}"));
        }
    }
}

/// The values of an enumeration, each with its position.
struct List<'d> {
    values: Vec<(String, &'d crate::Place)>,
    /// Whether other values are possible.
    is_open: bool,
}

impl<'d> List<'d> {
    /// Returns the values that are missing from the other enumeration.
    fn without(&self, other: &Self) -> Vec<(String, &'d crate::Place)> {
        let others: HashSet<_> = other.values.iter().map(|(value, _)| value).collect();
        self.values.iter().filter(|(value, _)| !others.contains(value)).cloned().collect()
    }
}

fn listed(schema: &Node) -> Option<List<'_>> {
    let of = |key: &str, is_open| {
        let values = schema.get(key)?.items().iter().map(|node| (node.to_json().to_string(), &node.place)).collect();
        Some(List { values, is_open })
    };
    of("enum", false).or_else(|| of("x-extensible-enum", true))
}

/// Returns the effect on the readers of a value when the set of allowed values changes.
fn read_by(side: Side, scope: Scope) -> Effect {
    match (side, scope) {
        (Side::Request, Scope::Wider) | (Side::Response, Scope::Narrower) => Effect::Additive,
        _ => Effect::Breaking,
    }
}

/// Converts any number to a type that can be compared.
fn number(node: Option<&Node>) -> Option<f64> {
    match &node?.value {
        Value::Number(number) => number.as_f64(),
        _ => None,
    }
}
