//! Compares the properties of maps.

use std::collections::{BTreeSet, HashSet};

use super::equality::is_trivial;
use super::view::{Property, View};
use super::{Diff, Effect, Scope, Side, became};
use crate::Node;

impl<'d> Diff<'d> {
    pub(super) fn properties(&mut self, before: &View<'d>, now: &View<'d>, side: Side, at: &str) {
        let (olds, news) = (before.properties(self.old, side), now.properties(self.new, side));
        self.spend(olds.list.len() + news.list.len());
        let old_required = required(before);
        for new in &news.list {
            let at = format!("{at}.{}", new.key.name);
            match olds.get(&new.key.name) {
                Some(old) => self.property(old, new, side, at),
                None if new.is_omitted => {}
                None => {
                    let is_required = new.is_required && !old_required.contains(new.key.name.as_str());
                    self.property_added(new, is_required, side, &format!("{at} is new"));
                }
            }
        }
        for old in olds.list.iter().filter(|old| !old.is_omitted && news.get(&old.key.name).is_none()) {
            let (id, effect) = match side {
                // The service no longer uses the value that a caller sends.
                Side::Request => ("request-property-removed", Effect::Breaking),
                Side::Response if old.is_required => ("response-property-removed-required", Effect::Breaking),
                // The property was optional before.
                Side::Response => ("response-property-removed", Effect::Risky),
            };
            self.add(id, effect, &old.key.place, format!("{at}.{} is removed", old.key.name));
        }
        self.undeclared(before, now, side, at);
    }

    /// Compares a property that both documents have. A property that the sender omits is not part of the message, even
    /// if it is required.
    fn property(&mut self, old: &Property<'d>, new: &Property<'d>, side: Side, at: String) {
        let place = &new.key.place;
        match (old.is_omitted, new.is_omitted, side) {
            (true, true, _) => return,
            (true, false, _) => {
                let what = if side == Side::Request { "read-only" } else { "write-only" };
                self.property_added(new, new.is_required, side, &format!("{at} is no longer {what}"));
                return;
            }
            // The service ignores or refuses it, but it may always have set the value itself.
            (false, true, Side::Request) => {
                self.add("request-property-read-only", Effect::Risky, place, format!("{at} is read-only"));
                return;
            }
            (false, true, Side::Response) => {
                let (id, effect) = if old.is_required {
                    ("response-property-removed-required", Effect::Breaking)
                } else {
                    ("response-property-removed", Effect::Risky)
                };
                self.add(id, effect, place, format!("{at} is write-only"));
                return;
            }
            (false, false, _) => {}
        }
        let (id, effect, what) = match (old.is_required, new.is_required, side) {
            (false, true, Side::Request) => ("request-property-required", Effect::Breaking, "is required"),
            (true, false, Side::Request) => ("request-property-optional", Effect::Additive, "is optional"),
            (true, false, Side::Response) => ("response-property-optional", Effect::Breaking, "may be missing"),
            (false, true, Side::Response) => ("response-property-required", Effect::Additive, "is always present"),
            _ => ("", Effect::Docs, ""),
        };
        if !id.is_empty() {
            self.add(id, effect, place, format!("{at} {what}"));
        }
        self.pair(old.schemas.clone(), new.schemas.clone(), side, at, place);
    }

    fn property_added(&mut self, new: &Property<'d>, is_required: bool, side: Side, message: &str) {
        let (id, effect) = match (side, is_required) {
            (Side::Request, true) => ("request-property-added-required", Effect::Breaking),
            (Side::Request, false) => ("request-property-added", Effect::Additive),
            (Side::Response, _) => ("response-property-added", Effect::Additive),
        };
        self.add(id, effect, &new.key.place, message);
    }

    /// Compares names that are required without a schema of their own.
    fn undeclared(&mut self, before: &View<'d>, now: &View<'d>, side: Side, at: &str) {
        let (olds, news) = (required(before), required(now));
        let declared = before.all("properties").chain(now.all("properties")).flat_map(Node::entries);
        let declared: HashSet<_> = declared.map(|(key, _)| key.name.as_str()).collect();
        for name in news.iter().filter(|name| !olds.contains(*name) && !declared.contains(*name)) {
            let (id, effect, what) = match side {
                Side::Request => ("request-property-required", Effect::Breaking, "is required"),
                Side::Response => ("response-property-required", Effect::Additive, "is always present"),
            };
            self.add(id, effect, now.place_of("required"), format!("{at}.{name} {what}"));
        }
        for name in olds.iter().filter(|name| !news.contains(*name) && !declared.contains(*name)) {
            let (id, effect, what) = match side {
                Side::Request => ("request-property-optional", Effect::Additive, "is optional"),
                Side::Response => ("response-property-optional", Effect::Breaking, "may be missing"),
            };
            self.add(id, effect, now.place_of("required"), format!("{at}.{name} {what}"));
        }
    }

    /// Compares whether a map may have additional names. It may by default.
    pub(super) fn additional_properties(&mut self, before: &View<'d>, now: &View<'d>, side: Side, at: &str) {
        let (old, new) = (additional(before), additional(now));
        let scope = match (old, new) {
            (None, None) => return,
            (Some(_), None) => Scope::Narrower,
            (None, Some(_)) => Scope::Wider,
            (Some(old), Some(new)) => {
                self.pair(old, new, side, format!("{at}.*"), now.place_of("additionalProperties"));
                return;
            }
        };
        let (id, effect) = match (side, scope) {
            (Side::Request, Scope::Wider) => ("request-names-widened", Effect::Additive),
            (Side::Request, _) => ("request-names-narrowed", Effect::Breaking),
            (Side::Response, Scope::Wider) => ("response-names-widened", Effect::Risky),
            (Side::Response, _) => ("response-names-narrowed", Effect::Additive),
        };
        let what = became(before.get("additionalProperties"), now.get("additionalProperties"));
        let message = format!("additionalProperties of {at} {what}");
        self.add(id, effect, now.place_of("additionalProperties"), message);
    }
}

/// Returns the required names, sorted.
fn required<'d>(view: &View<'d>) -> BTreeSet<&'d str> {
    view.all("required").flat_map(Node::items).filter_map(Node::as_str).collect()
}

/// Returns the schemas of additional properties. No schema allows any value, and `None` no additional name.
fn additional<'d>(view: &View<'d>) -> Option<Vec<&'d Node>> {
    let mut stated = view.all("additionalProperties");
    if stated.any(|node| node.as_bool() == Some(false)) {
        return None;
    }
    Some(view.all("additionalProperties").filter(|node| !is_trivial(node)).collect())
}
