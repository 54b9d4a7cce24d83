//! What differs between two documents, and whom it breaks.
//!
//! A change is judged by who sends the value: what a caller sends may be allowed more without harm, what the service sends
//! may be less. A schema that both use is judged for each, and so may appear twice.

mod bodies;
mod operations;
mod parameters;
mod schemas;
mod values;

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Serialize;

use crate::{Document, Node, Place};

/// How much a change matters to programs that talk to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Only words differ.
    Docs,
    /// Something is there that was not, or is promised that was not, and nobody has to care.
    Additive,
    /// Nothing that is right today becomes wrong, but some programs will notice.
    Risky,
    /// A program that works may work no more.
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

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What sort of change, in kebab case; stable.
    pub id: &'static str,
    /// What it does to programs that talk to the service.
    pub effect: Effect,
    /// The operations that it is about, by their ids; none if it is about the document as a whole.
    pub operations: Vec<String>,
    /// What changed, in a sentence without its final period.
    pub message: String,
    /// Where: in the new document or, for what is gone, in the old one.
    pub place: Place,
}

/// Compares two documents: the changes in the order of the operations of the new document, with what operations are gone
/// last. Two documents that differ have a change, if only in words.
///
/// Meant for documents whose [`check`](crate::check) has no error. Of any other, what is broken is not compared.
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
        seen: HashSet::new(),
        open: Vec::new(),
    };
    diff.operations();
    diff.operation = None;
    diff.document();
    // Names of components, say, and what no operation uses.
    if diff.changes.is_empty()
        && let Some(node) = difference(old.root(), new.root())
    {
        diff.add("unseen-changed", Effect::Docs, &node.place, "something differs that the wire does not show");
    }
    diff.changes
}

/// Who sends a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    Request,
    Response,
}

/// What became of the values that are allowed somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// There are fewer.
    Narrower,
    /// There are more.
    Wider,
    /// There are others.
    Other,
}

/// A pair of schemas that is still to be compared.
struct Pair<'d> {
    old: &'d Node,
    new: &'d Node,
    side: Side,
    /// Names it for people.
    at: String,
}

struct Diff<'d> {
    old: &'d Document,
    new: &'d Document,
    changes: Vec<Change>,
    /// Positions of changes, by what makes them one: what several operations share is told once.
    known: HashMap<(&'static str, Place, String), usize>,
    /// The one that is being compared.
    operation: Option<String>,
    /// Pairs of schemas that this operation has met: a schema may contain itself.
    seen: HashSet<(*const Node, *const Node, Side)>,
    /// A list and not recursion: references can be chained as deep as a document is long.
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

    /// What is deprecated goes some day; what is no longer stays.
    fn deprecation(&mut self, before: &Node, now: &Node, of: &str) {
        let place = now.get("deprecated").map_or(&now.place, |node| &node.place);
        match (before.flag("deprecated"), now.flag("deprecated")) {
            (false, true) => self.add("deprecated", Effect::Risky, place, format!("{of} is deprecated")),
            (true, false) => {
                self.add("deprecation-withdrawn", Effect::Additive, place, format!("{of} is deprecated no more"));
            }
            _ => {}
        }
    }

    /// A change for each of these keys that does not say the same.
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

/// How a value changed, in words.
fn became(old: Option<&Node>, new: Option<&Node>) -> String {
    let shown = |node: &Node| crate::excerpt::shorten(&node.to_json().to_string());
    match (old, new) {
        (Some(old), Some(new)) => format!("was {} and is {}", shown(old), shown(new)),
        (Some(old), None) => format!("was {} and is gone", shown(old)),
        (None, Some(new)) => format!("is new: {}", shown(new)),
        (None, None) => "did not change".to_owned(),
    }
}

/// The first node that differs, of the new tree if it is there. The loader bounds the depth.
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
                // The order of names is all that differs.
                before.iter().zip(now).find(|((old, _), (new, _))| old.name != new.name).map(|(_, (_, node))| node)
            })
        }
        (Array(before), Array(now)) if before.len() == now.len() => {
            before.iter().zip(now).find_map(|(before, now)| difference(before, now))
        }
        (before, now) => (!same(before, now)).then_some(new),
    }
}

/// Whether two values that are not both maps say the same.
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
