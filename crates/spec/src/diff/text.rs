//! Compares values that are written as text without quotes: parameters and headers.

use super::view::View;
use super::{Diff, Scope, Side, became};
use crate::Node;

impl<'d> Diff<'d> {
    /// Compares a number or boolean with an unrestricted string. Each number is a text, but not the reverse. Returns
    /// whether the schemas are of this kind.
    pub(super) fn text(&mut self, old: &'d Node, new: &'d Node, side: Side, at: &str) -> bool {
        let before = View::new(self.old, &[old], &old.place);
        let now = View::new(self.new, &[new], &new.place);
        let scope = match (is_number(&before), is_text(&before), is_number(&now), is_text(&now)) {
            (true, _, _, true) => Scope::Wider,
            (_, true, true, _) => Scope::Narrower,
            _ => return false,
        };
        self.annotations(&before, &now, at);
        let message = format!("type of {at} {}", became(before.get("type"), now.get("type")));
        self.add("type-changed", side.effect(scope), now.place(), message);
        self.nullable(&before, &now, side, at);
        self.default_value(&before, &now, side, at);
        true
    }
}

fn is_number(view: &View<'_>) -> bool {
    matches!(view.kind(), Some("integer" | "number" | "boolean"))
}

fn is_text(view: &View<'_>) -> bool {
    view.kind() == Some("string") && !view.restricts(&["allOf", "type", "nullable"])
}
