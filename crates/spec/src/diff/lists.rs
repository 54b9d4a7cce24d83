//! Compares enumerations, closed and open.

use std::collections::HashSet;

use super::equality::value;
use super::view::View;
use super::{Diff, Effect, Side};
use crate::excerpt::shorten;
use crate::{Place, Value};

impl<'d> Diff<'d> {
    pub(super) fn lists(&mut self, before: &View<'d>, now: &View<'d>, side: Side, at: &str) {
        let place = if now.get("enum").is_some() { now.place_of("enum") } else { now.place_of("x-extensible-enum") };
        let (old, new) = match (listed(before), listed(now)) {
            (None, None) => return,
            // Only the previous values are allowed.
            (None, Some(list)) => {
                let effect = match side {
                    _ if list.is_open => Effect::Docs,
                    Side::Request => Effect::Breaking,
                    Side::Response => Effect::Additive,
                };
                self.add("enum-added", effect, place, format!("{at} is one of a list of values"));
                return;
            }
            (Some(list), None) => {
                let effect = match side {
                    _ if list.is_open => Effect::Docs,
                    Side::Request => Effect::Additive,
                    Side::Response => Effect::Breaking,
                };
                self.add("enum-removed", effect, place, format!("{at} may be any value"));
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
            self.add(id, effect, place, format!("{at} {what}"));
        }
        for (value, place) in new.without(&old) {
            let (id, effect) = match (side, old.is_open) {
                (Side::Request, _) => ("request-value-added", Effect::Additive),
                // Readers of an open enumeration must expect new values, but may want to handle them by name.
                (Side::Response, true) => ("response-value-added", Effect::Risky),
                (Side::Response, false) => ("response-value-added", Effect::Breaking),
            };
            self.add(id, effect, place, format!("{at} may be {}", shorten(&value)));
        }
        for (value, place) in old.without(&new) {
            let (id, effect) = match side {
                Side::Request => ("request-value-removed", Effect::Breaking),
                Side::Response => ("response-value-removed", Effect::Additive),
            };
            self.add(id, effect, place, format!("{at} can no longer be {}", shorten(&value)));
        }
    }
}

/// The values of an enumeration, each with its position.
struct List<'d> {
    values: Vec<(String, &'d Place)>,
    /// Whether other values are possible.
    is_open: bool,
}

impl<'d> List<'d> {
    /// Returns the values that are missing from the other enumeration.
    fn without(&self, other: &Self) -> Vec<(String, &'d Place)> {
        let others: HashSet<_> = other.values.iter().map(|(value, _)| value).collect();
        self.values.iter().filter(|(value, _)| !others.contains(value)).cloned().collect()
    }
}

/// Returns the values that every part of a schema lists. Null is compared separately.
fn listed<'d>(view: &View<'d>) -> Option<List<'d>> {
    let of = |key: &str, is_open| {
        let lists = view.all(key).map(|list| List {
            values: list
                .items()
                .iter()
                .filter(|item| item.value != Value::Null)
                .map(|item| (value(item), &item.place))
                .collect(),
            is_open,
        });
        lists.reduce(|one, other| {
            let missing: HashSet<_> = one.without(&other).into_iter().map(|(value, _)| value).collect();
            List { values: one.values.into_iter().filter(|(value, _)| !missing.contains(value)).collect(), is_open }
        })
    };
    // Both values of a boolean are no restriction.
    let is_boolean = view.kind() == Some("boolean");
    of("enum", false).filter(|list| !(is_boolean && list.values.len() > 1)).or_else(|| of("x-extensible-enum", true))
}
