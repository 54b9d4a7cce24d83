//! Compares types, formats, null and defaults.

use std::collections::BTreeSet;

use super::equality::value;
use super::view::{Nullable, View};
use super::{Diff, Effect, Scope, Side, became, changed};
use crate::Node;

impl<'d> Diff<'d> {
    /// Compares types and formats. Returns whether the other keywords can be compared.
    pub(super) fn types(&mut self, before: &View<'d>, now: &View<'d>, side: Side, at: &str) -> bool {
        let (old, new) = (before.kind(), now.kind());
        if old != new {
            let scope = match (old, new) {
                (Some("integer"), Some("number")) | (Some(_), None) => Scope::Wider,
                (Some("number"), Some("integer")) | (None, Some(_)) => Scope::Narrower,
                _ => Scope::Other,
            };
            let quoted = |kind: Option<&str>| kind.map(|kind| format!("{kind:?}"));
            let message = format!("type of {at} {}", changed(quoted(old).as_deref(), quoted(new).as_deref()));
            self.add("type-changed", side.effect(scope), now.place(), message);
            // If one schema allows any value, nothing else can be compared.
            let is_any = |view: &View<'d>| view.kind().is_none() && !view.restricts(&["nullable", "format"]);
            return scope != Scope::Other && !is_any(before) && !is_any(now);
        }
        let formats = |view: &View<'d>| -> BTreeSet<&'d str> { view.all("format").filter_map(Node::as_str).collect() };
        let (old_formats, new_formats) = (formats(before), formats(now));
        if old_formats != new_formats {
            let effect = match format_scope(old, &old_formats, &new_formats) {
                Some(scope) => side.effect(scope),
                None => Effect::Docs,
            };
            let shown = |formats: &BTreeSet<&str>| {
                let quoted: Vec<_> = formats.iter().map(|format| format!("{format:?}")).collect();
                (!quoted.is_empty()).then(|| crate::excerpt::shorten(&quoted.join(" and ")))
            };
            let what = changed(shown(&old_formats).as_deref(), shown(&new_formats).as_deref());
            self.add("format-changed", effect, now.place_of("format"), format!("format of {at} {what}"));
        }
        true
    }

    pub(super) fn nullable(&mut self, before: &View<'d>, now: &View<'d>, side: Side, at: &str) {
        let mut known = Nullable::new();
        let (old, new) = (before.nullable(self.old, &mut known), now.nullable(self.new, &mut known));
        self.spend(4 * known.len());
        let (id, effect, what) = match (old, new, side) {
            (Some(false), Some(true), Side::Request) => ("request-nullable", Effect::Additive, "may be null"),
            (Some(true), Some(false), Side::Request) => ("request-not-nullable", Effect::Breaking, "may not be null"),
            (Some(false), Some(true), Side::Response) => ("response-nullable", Effect::Breaking, "may be null"),
            (Some(true), Some(false), Side::Response) => ("response-not-nullable", Effect::Additive, "is never null"),
            _ => return,
        };
        self.add(id, effect, now.place_of("nullable"), format!("{at} {what}"));
    }

    pub(super) fn default_value(&mut self, before: &View<'d>, now: &View<'d>, side: Side, at: &str) {
        let all = |view: &View<'d>| -> BTreeSet<String> { view.all("default").map(value).collect() };
        if all(before) != all(now) {
            let (old, new) = (before.get("default"), now.get("default"));
            // For a request, an omitted value now has a different meaning.
            let effect = if side == Side::Request { Effect::Risky } else { Effect::Docs };
            let message = format!("default of {at} {}", became(old, new));
            self.add("default-changed", effect, now.place_of("default"), message);
        }
    }
}

/// Returns how the set of values changes with the format, or `None` if it does not.
fn format_scope(kind: Option<&str>, old: &BTreeSet<&str>, new: &BTreeSet<&str>) -> Option<Scope> {
    // `password` is a hint for forms. Numbers without a format have at most 64 bits: few JSON libraries write more.
    let is_hint = |format: &str| {
        matches!((kind, format), (_, "password") | (Some("integer"), "int64") | (Some("number"), "double"))
    };
    let restricts = |format: &&&str| !is_hint(format);
    let is_removed = old.difference(new).any(|format| restricts(&format));
    match (is_removed, new.difference(old).any(|format| restricts(&format))) {
        (false, false) => None,
        (true, false) => Some(Scope::Wider),
        (false, true) => Some(Scope::Narrower),
        (true, true) => Some(Scope::Other),
    }
}
