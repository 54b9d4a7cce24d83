//! Finds values that `oneOf` refuses because they match several alternatives.

use std::collections::HashSet;

use super::equality::is_trivial;
use super::view::{Union, View};
use super::{Diff, Side};
use crate::Node;

impl<'d> Diff<'d> {
    /// Returns whether a new alternative also accepts values of another one, so that `oneOf` now refuses them. Only
    /// alternatives of the same type whose values can have anything in common are recognized.
    pub(super) fn accepts_other(&mut self, added: &'d Node, other: &'d Node) -> bool {
        let (Ok(added), Ok(other)) = (self.new.resolve(added), self.new.resolve(other)) else { return false };
        let (new, old) = (View::new(self.new, &[added], &added.place), View::new(self.new, &[other], &other.place));
        if !self.spend(new.size() + old.size()) {
            return false;
        }
        let has_kind = match (new.kind(), old.kind()) {
            (new, old) if new == old => new.is_some(),
            (new, old) => new == Some("number") && old == Some("integer"),
        };
        if is_trivial(added) || has_kind && !new.restricts(&["type"]) {
            return true;
        }
        // An object without required properties also accepts the properties of the other one.
        let is_open = !new.restricts(&["type", "properties", "additionalProperties"])
            && new.all("additionalProperties").all(is_trivial);
        let (news, olds) = (new.properties(self.new, Side::Request), old.properties(self.new, Side::Request));
        has_kind && is_open && news.list.iter().all(|property| olds.get(&property.key.name).is_none())
    }

    /// Returns whether at least two new alternatives accept every value of an old schema. Only schemas that are equal
    /// apart from `required` are recognized.
    pub(super) fn overlaps(&mut self, old: &'d Node, union: &Union<'d>) -> bool {
        let required = |node: &'d Node| -> HashSet<&'d str> {
            let names = node.get("required").map(Node::items).unwrap_or_default();
            names.iter().filter_map(Node::as_str).collect()
        };
        let Ok(old) = self.old.resolve(old) else { return false };
        let (values, always) = (self.equality.contents_without(old, "required"), required(old));
        let parts = union.parts.iter().filter_map(|part| self.new.resolve(part).ok());
        let accepting = parts.filter(|part| {
            self.equality.contents_without(part, "required") == values && required(part).is_subset(&always)
        });
        accepting.count() > 1
    }
}
