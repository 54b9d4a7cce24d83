//! Finds values that `oneOf` refuses because they match several alternatives.

use std::collections::BTreeSet;

use super::equality::canonical_without;
use crate::{Document, Node};

/// Returns whether at least two alternatives accept every value of a schema.
///
/// Only schemas that are equal apart from `required` are recognized.
pub(super) fn accept_all((old_document, old): (&Document, &Node), (new_document, parts): (&Document, &[Node])) -> bool {
    let required = |node: &Node| -> BTreeSet<String> {
        let names = node.get("required").map(Node::items).unwrap_or_default();
        names.iter().filter_map(Node::as_str).map(str::to_owned).collect()
    };
    let Ok(old) = old_document.resolve(old) else { return false };
    let (values, always) = (canonical_without(old, "required"), required(old));
    let accepts = |part: &&Node| {
        let part = new_document.resolve(part);
        part.is_ok_and(|part| canonical_without(part, "required") == values && required(part).is_subset(&always))
    };
    parts.iter().filter(accepts).nth(1).is_some()
}
