//! Finds values that `oneOf` refuses because they match several alternatives.

use std::collections::HashSet;

use super::Diff;
use super::view::Union;
use crate::Node;

impl<'d> Diff<'d> {
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
