//! Compares two documents and determines the effect of each difference on clients.
//!
//! The effect depends on the sender of a value. Wider requests and narrower responses are compatible. A schema that
//! both use is compared for each, so that a change may be reported twice.

mod bodies;
mod bounds;
mod callbacks;
mod composition;
mod discriminators;
mod equality;
mod exploded;
mod lists;
mod matching;
mod media;
mod operations;
mod overlap;
mod parameters;
mod properties;
mod responses;
mod schemas;
mod security;
mod servers;
mod subtypes;
mod text;
mod types;
mod view;

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use self::equality::{Equality, difference};
use self::schemas::Pairs;
use self::subtypes::Subtypes;
use crate::excerpt::excerpt;
use crate::{Document, Node, Place, limits};

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
    /// Ids of the affected operations; of enormous documents, only the first ones. Empty if the change concerns the whole
    /// document.
    pub operations: Vec<String>,
    /// Description of the change: a sentence without its final period.
    pub message: String,
    /// Position in the new document or, for removed parts, in the old one.
    pub place: Place,
}

/// Compares two documents. The changes have the order of the operations in the new document; removed operations come
/// last. Different documents always have a change, even if only descriptions differ.
///
/// Use it for documents for which [`check_comparable`](crate::check_comparable) has no findings. In other documents, some
/// parts are not compared.
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
    within(old, new, limits::DIFF_STEPS)
}

/// Compares two documents in at most about this number of steps.
fn within(old: &Document, new: &Document, steps: usize) -> Vec<Change> {
    let mut diff = Diff {
        old,
        new,
        changes: Vec::new(),
        known: HashMap::new(),
        operation: None,
        pairs: Pairs::default(),
        equality: Equality::default(),
        subtypes: (Subtypes::new(old), Subtypes::new(new)),
        renamed_schemes: security::renamed(old, new),
        known_access: HashMap::new(),
        steps,
    };
    diff.operations();
    diff.operation = None;
    diff.document();
    diff.attribute();
    if diff.steps == 0 {
        let message = "the documents are too large to be compared completely";
        diff.add("comparison-incomplete", Effect::Risky, &new.root().place, message);
    }
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

impl Side {
    /// Returns the effect on the readers and senders of a value when the set of allowed values changes.
    fn effect(self, scope: Scope) -> Effect {
        match (self, scope) {
            (Self::Request, Scope::Wider) | (Self::Response, Scope::Narrower) => Effect::Additive,
            _ => Effect::Breaking,
        }
    }
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

struct Diff<'d> {
    old: &'d Document,
    new: &'d Document,
    changes: Vec<Change>,
    /// Indices of changes by their identity. A change that several operations share is reported once.
    known: HashMap<(&'static str, Effect, Place, String), usize>,
    /// The operation that is being compared.
    operation: Option<String>,
    pairs: Pairs<'d>,
    equality: Equality,
    /// Those of the old document and of the new one.
    subtypes: (Subtypes<'d>, Subtypes<'d>),
    /// The new names of security schemes.
    renamed_schemes: HashMap<&'d str, &'d str>,
    known_access: security::KnownAccess,
    /// Remaining steps. A small document can require a very long comparison.
    steps: usize,
}

impl Diff<'_> {
    fn add(&mut self, id: &'static str, effect: Effect, place: &Place, message: impl Into<String>) {
        let message = message.into();
        let next = self.changes.len();
        let position = *self.known.entry((id, effect, place.clone(), message.clone())).or_insert(next);
        if position == next {
            self.changes.push(Change { id, effect, operations: Vec::new(), message, place: place.clone() });
        }
        // The operations that use a schema are determined at the end.
        if !self.pairs.record(position)
            && let (Some(change), Some(operation)) = (self.changes.get_mut(position), &self.operation)
            && change.operations.last() != Some(operation)
        {
            change.operations.push(operation.clone());
        }
    }

    /// Counts steps of the comparison. Returns whether any are left.
    fn spend(&mut self, steps: usize) -> bool {
        self.steps = self.steps.saturating_sub(steps);
        self.steps > 0
    }

    /// Reports a changed `deprecated` flag. A deprecated item may be removed later; one that is no longer deprecated
    /// stays.
    fn deprecation(&mut self, before: &Node, now: &Node, of: &str) {
        let place = now.get("deprecated").map_or(&now.place, |node| &node.place);
        self.deprecated(before.flag("deprecated"), now.flag("deprecated"), place, of);
    }

    fn deprecated(&mut self, before: bool, now: bool, place: &Place, of: &str) {
        match (before, now) {
            (false, true) => self.add("deprecated", Effect::Risky, place, format!("{of} is deprecated")),
            (true, false) => {
                self.add("deprecation-withdrawn", Effect::Additive, place, format!("{of} is no longer deprecated"));
            }
            _ => {}
        }
    }

    /// Adds a change for each of these keys whose value differs. An empty value is no value.
    fn keys(&mut self, before: &Node, now: &Node, kinds: &[(&str, &'static str, Effect)], of: &str) {
        for (key, id, effect) in kinds {
            self.key(before.get(key), now.get(key), &now.place, (key, *id, *effect), of);
        }
    }

    fn key(
        &mut self,
        before: Option<&Node>,
        now: Option<&Node>,
        place: &Place,
        (key, id, effect): (&str, &'static str, Effect),
        of: &str,
    ) {
        let stated = |node: &&Node| !node.is_empty();
        let (old, new) = (before.filter(stated), now.filter(stated));
        if !self.equality.of(old, new) {
            let place = new.map_or(place, |node| &node.place);
            self.add(id, effect, place, format!("{key} of {of} {}", became(old, new)));
        }
    }

    /// Adds a change if a flag differs, whose default is `false`.
    fn flag(&mut self, before: &Node, now: &Node, (key, id, effect): (&str, &'static str, Effect), of: &str) {
        let (old, new) = (before.flag(key), now.flag(key));
        if old != new {
            let place = now.get(key).map_or(&now.place, |node| &node.place);
            self.add(id, effect, place, format!("{key} of {of} was {old} and is {new}"));
        }
    }
}

/// Describes how a value changed.
fn became(old: Option<&Node>, new: Option<&Node>) -> String {
    changed(old.map(excerpt).as_deref(), new.map(excerpt).as_deref())
}

/// Describes how a text changed.
fn changed(old: Option<&str>, new: Option<&str>) -> String {
    match (old, new) {
        (Some(old), Some(new)) => format!("was {old} and is {new}"),
        (Some(old), None) => format!("was {old} and is removed"),
        (None, Some(new)) => format!("is new: {new}"),
        (None, None) => "did not change".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::Path;

    use super::*;

    /// Creates schemas that lead to more and more combinations of each other.
    fn combinations(length: usize) -> Document {
        let reference = |number: usize| format!("{{$ref: '#/components/schemas/S{}'}}", number % 24);
        let schema = |number: usize| {
            let (first, second, third) =
                (reference(3 * number + 1), reference(7 * number + 5), reference(11 * number + 2));
            format!(
                "    S{number}: {{allOf: [{first}, {second}], properties: {{c: {{type: string, maxLength: {length}}}, \
                 a: {second}, b: {third}}}}}\n"
            )
        };
        let schemas: String = (0..24).map(schema).collect();
        let text = format!(
            "openapi: 3.0.3\npaths:\n  /a:\n    get:\n      responses:\n        '200':\n          content:\n            \
             application/json: {{schema: {{$ref: '#/components/schemas/S0'}}}}\ncomponents:\n  schemas:\n{schemas}"
        );
        crate::parse(Path::new("combinations.yaml"), &text).unwrap()
    }

    #[test]
    fn a_comparison_without_an_end_stops_and_says_so() {
        let (old, new) = (combinations(1), combinations(2));
        let ids = |steps| within(&old, &new, steps).iter().map(|change| change.id).collect::<HashSet<_>>();
        assert_eq!(ids(20_000), HashSet::from(["response-bound-widened", "comparison-incomplete"]));
    }
}
