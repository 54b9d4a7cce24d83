//! Compares two documents and determines the effect of each difference on clients.
//!
//! The effect depends on the sender of a value. Wider requests and narrower responses are compatible. A schema that
//! both use is compared for each, so that a change may be reported twice.

mod bodies;
mod operations;
mod parameters;
mod schemas;
mod values;

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Serialize;

use crate::{Document, Node, Place};

/// The effect of a change on programs that use the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Only descriptions differ.
    Docs,
    /// Adds something or guarantees more. No program needs to change.
    Additive,
    /// Correct programs stay correct, but some may be affected.
    Risky,
    /// A working program may stop working.
    Breaking,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Docs => "docs",
            Self::Additive => "additive",
            Self::Risky => "risky",
            Self::Breaking => "breaking",
        })
    }
}

/// A difference between two documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Kind of change, in kebab case. Stable.
    pub id: &'static str,
    /// Effect on programs that use the service.
    pub effect: Effect,
    /// Ids of the affected operations. Empty if the change concerns the whole document.
    pub operations: Vec<String>,
    /// Description of the change: a sentence without its final period.
    pub message: String,
    /// Position in the new document or, for removed parts, in the old one.
    pub place: Place,
}

/// Compares two documents. The changes have the order of the operations in the new document; removed operations come
/// last. Different documents always have a change, even if only descriptions differ.
///
/// Use it for documents whose [`check`](crate::check) has no errors. In other documents, invalid parts are not
/// compared.
///
/// ```
/// use std::path::Path;
///
/// use hss_spec::{Effect, diff, parse};
///
/// let document = |min: u8| {
///     let text = format!(
///         r#"
/// openapi: 3.0.3
/// info: {{title: t, version: v}}
/// paths:
///   /hosts:
///     get:
///       operationId: ListHosts
///       parameters:
///         - {{name: limit, in: query, schema: {{type: integer, minimum: {min}}}}}
///       responses: {{'200': {{description: d}}}}
/// "#
///     );
///     parse(Path::new("hosts.yaml"), &text)
/// };
/// let (old, new) = (document(1).unwrap(), document(10).unwrap());
/// let change = &diff(&old, &new)[0];
/// assert_eq!((change.id, change.effect), ("request-bound-narrowed", Effect::Breaking));
/// assert_eq!(change.message, "minimum of limit was 1 and is 10");
/// assert_eq!((change.place.line, diff(&new, &old)[0].effect), (9, Effect::Additive));
/// ```
#[must_use]
pub fn diff(old: &Document, new: &Document) -> Vec<Change> {
    let mut diff = Diff {
        old,
        new,
        changes: Vec::new(),
        known: HashMap::new(),
        operation: None,
        visited: HashSet::new(),
        open: Vec::new(),
    };
    diff.operations();
    diff.operation = None;
    diff.document();
    // For example, names of components, and parts that no operation uses.
    // A release has its examples inside, while those of the working tree are files.
    if diff.changes.is_empty()
        && crate::bundle(old, crate::Extensions::Keep) != crate::bundle(new, crate::Extensions::Keep)
        && let Some(node) = difference(old.root(), new.root())
    {
        diff.add(
            "unseen-changed",
            Effect::Docs,
            &node.place,
            "a difference that does not affect requests or responses",
        );
    }
    diff.changes
}

/// The sender of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    Request,
    Response,
}

/// The change of the set of allowed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Fewer values are allowed.
    Narrower,
    /// More values are allowed.
    Wider,
    /// Different values are allowed.
    Other,
}

/// A pair of schemas that is still to be compared.
struct Pair<'d> {
    old: &'d Node,
    new: &'d Node,
    side: Side,
    /// Name of the schema in messages.
    at: String,
}

struct Diff<'d> {
    old: &'d Document,
    new: &'d Document,
    changes: Vec<Change>,
    /// Indices of changes by their identity. A change that several operations share is reported once.
    known: HashMap<(&'static str, Place, String), usize>,
    /// The operation that is being compared.
    operation: Option<String>,
    /// Pairs of schemas that were compared for this operation. This ends the comparison of recursive schemas.
    visited: HashSet<(*const Node, *const Node, Side)>,
    /// A list instead of recursion: a chain of references can be as long as the document.
    open: Vec<Pair<'d>>,
}

impl Diff<'_> {
    fn add(&mut self, id: &'static str, effect: Effect, place: &Place, message: impl Into<String>) {
        let message = message.into();
        let next = self.changes.len();
        let position = *self.known.entry((id, place.clone(), message.clone())).or_insert(next);
        if position == next {
            self.changes.push(Change { id, effect, operations: Vec::new(), message, place: place.clone() });
        }
        if let (Some(change), Some(operation)) = (self.changes.get_mut(position), &self.operation)
            && !change.operations.contains(operation)
        {
            change.operations.push(operation.clone());
        }
    }

    /// Reports a changed `deprecated` flag. A deprecated item may be removed later; one that is no longer deprecated
    /// stays.
    fn deprecation(&mut self, before: &Node, now: &Node, of: &str) {
        let place = now.get("deprecated").map_or(&now.place, |node| &node.place);
        match (before.flag("deprecated"), now.flag("deprecated")) {
            (false, true) => self.add("deprecated", Effect::Risky, place, format!("{of} is deprecated")),
            (true, false) => {
                self.add("deprecation-withdrawn", Effect::Additive, place, format!("{of} is no longer deprecated"));
            }
            _ => {}
        }
    }

    /// Adds a change for each of these keys whose value differs.
    fn keys(&mut self, before: &Node, now: &Node, kinds: &[(&str, &'static str, Effect)], of: &str) {
        for (key, id, effect) in kinds {
            let (old, new) = (before.get(key), now.get(key));
            if old.map(Node::to_json) != new.map(Node::to_json) {
                let place = new.map_or(&now.place, |node| &node.place);
                self.add(id, *effect, place, format!("{key} of {of} {}", became(old, new)));
            }
        }
    }
}

/// Describes how a value changed.
fn became(old: Option<&Node>, new: Option<&Node>) -> String {
    let shown = |node: &Node| crate::excerpt::shorten(&node.to_json().to_string());
    match (old, new) {
        (Some(old), Some(new)) => format!("was {} and is {}", shown(old), shown(new)),
        (Some(old), None) => format!("was {} and is removed", shown(old)),
        (None, Some(new)) => format!("is new: {}", shown(new)),
        (None, None) => "did not change".to_owned(),
    }
}

/// Returns the first node that differs, from the new tree if it exists there. The loader limits the depth.
fn difference<'d>(old: &'d Node, new: &'d Node) -> Option<&'d Node> {
    use crate::Value::{Array, Object};
    match (&old.value, &new.value) {
        (Object(before), Object(now)) => {
            let missing = before.iter().find(|(key, _)| new.get(&key.name).is_none()).map(|(_, node)| node);
            let changed = now.iter().find_map(|(key, node)| match old.get(&key.name) {
                Some(before) => difference(before, node),
                None => Some(node),
            });
            changed.or(missing).or_else(|| {
                // Only the order of names differs.
                before.iter().zip(now).find(|((old, _), (new, _))| old.name != new.name).map(|(_, (_, node))| node)
            })
        }
        (Array(before), Array(now)) if before.len() == now.len() => {
            before.iter().zip(now).find_map(|(before, now)| difference(before, now))
        }
        (before, now) => (!same(before, now)).then_some(new),
    }
}

/// Returns whether two values, at least one of which is not a map, are equal.
fn same(old: &crate::Value, new: &crate::Value) -> bool {
    use crate::Value::{Array, Bool, Null, Number, String};
    match (old, new) {
        (Null, Null) => true,
        (Bool(old), Bool(new)) => old == new,
        (Number(old), Number(new)) => old == new,
        (String(old), String(new)) => old == new,
        (Array(old), Array(new)) => old.is_empty() && new.is_empty(),
        _ => false,
    }
}
