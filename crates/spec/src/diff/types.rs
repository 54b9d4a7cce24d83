//! Compares types, formats, null and defaults.

use super::view::{Nullable, View};
use super::{Diff, Effect, Scope, Side, became, changed};

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
        let format = |view: &View<'d>| view.get("format").and_then(crate::Node::as_str);
        let (old_format, new_format) = (format(before), format(now));
        if old_format != new_format {
            let effect = match (format_scope(old, old_format, new_format), side) {
                (Some(scope), side) => side.effect(scope),
                (None, _) => Effect::Docs,
            };
            let message = format!("format of {at} {}", became(before.get("format"), now.get("format")));
            self.add("format-changed", effect, now.place_of("format"), message);
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
        let (old, new) = (before.get("default"), now.get("default"));
        if !self.equality.of(old, new) {
            // For a request, an omitted value now has a different meaning.
            let effect = if side == Side::Request { Effect::Risky } else { Effect::Docs };
            let message = format!("default of {at} {}", became(old, new));
            self.add("default-changed", effect, now.place_of("default"), message);
        }
    }
}

/// Returns how the set of values changes with the format, or `None` if it does not.
fn format_scope(kind: Option<&str>, old: Option<&str>, new: Option<&str>) -> Option<Scope> {
    // `password` is a hint for forms. Numbers without a format have at most 64 bits: few JSON libraries write more.
    let restricting = |format: Option<&str>| match (kind, format) {
        (_, Some("password")) | (Some("integer"), Some("int64")) | (Some("number"), Some("double")) => None,
        (_, format) => format.map(str::to_owned),
    };
    match (restricting(old).as_deref(), restricting(new).as_deref()) {
        (old, new) if old == new => None,
        (Some(_), None) => Some(Scope::Wider),
        (None, Some(_)) => Some(Scope::Narrower),
        _ => Some(Scope::Other),
    }
}
