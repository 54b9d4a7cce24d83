//! The meaning of a schema: all schemas that apply together.

use std::collections::{HashMap, HashSet};

use super::Side;
use super::equality::is_annotation;
use crate::{Document, Key, Node, Place, Value};

/// The number of parts of a schema that are searched for `readOnly` and `writeOnly`.
const MAX_FLAGGED: usize = 64;

/// A schema with every schema that also applies to the same value. Parts of `allOf` apply, and so does the only part of
/// `oneOf` or `anyOf`. Therefore, properties can move to a shared part without a change.
pub(super) struct View<'d> {
    /// The schema itself is first. No part means that any value is allowed.
    pub(super) parts: Vec<&'d Node>,
    /// Lists of alternatives.
    pub(super) unions: Vec<Union<'d>>,
    /// The number of lists with a single alternative, which is among the parts.
    pub(super) singles: usize,
    /// Whether null was among the alternatives, of which it is none.
    has_null: bool,
    place: &'d Place,
    kind: Option<&'d str>,
}

/// Whether schemas may be null.
pub(super) type Nullable = HashMap<*const Node, Option<bool>>;

/// The alternatives of `oneOf` or `anyOf`.
pub(super) struct Union<'d> {
    pub(super) key: &'d Key,
    pub(super) parts: Vec<&'d Node>,
}

/// A property, as declared by all parts together.
pub(super) struct Property<'d> {
    pub(super) key: &'d Key,
    pub(super) schemas: Vec<&'d Node>,
    pub(super) is_required: bool,
    /// Whether the sender of this side omits the property: it is read-only in requests or write-only in responses.
    pub(super) is_omitted: bool,
}

impl<'d> View<'d> {
    /// Collects the parts. `place` is the position if no part exists.
    pub(super) fn new(document: &'d Document, roots: &[&'d Node], place: &'d Place) -> Self {
        Self::collected(document, roots, place, true)
    }

    /// Returns the view of the same schemas that keeps a single alternative in its list. The type of this alternative
    /// counts if the other document states it for all alternatives.
    pub(super) fn with_lists(&self, document: &'d Document, roots: &[&'d Node], other: &View<'_>) -> Self {
        let view = Self::collected(document, roots, self.place, false);
        Self { kind: view.kind.or(self.kind.filter(|kind| other.kind == Some(*kind))), ..view }
    }

    fn collected(document: &'d Document, roots: &[&'d Node], place: &'d Place, flattens: bool) -> Self {
        let mut view = Self::empty(place);
        let mut visited: HashSet<*const Node> = HashSet::new();
        let mut open: Vec<&'d Node> = roots.iter().rev().copied().collect();
        while let Some(node) = open.pop() {
            let Ok(node) = document.resolve(node) else { continue };
            if !visited.insert(node) {
                continue;
            }
            view.parts.push(node);
            for (key, value) in node.entries() {
                match key.name.as_str() {
                    "oneOf" | "anyOf" => {
                        let (nulls, parts): (Vec<_>, Vec<_>) =
                            value.items().iter().partition(|part| is_null(document, part));
                        view.has_null |= !nulls.is_empty();
                        match parts.as_slice() {
                            [] => {}
                            [one] if flattens => {
                                open.push(one);
                                view.singles += 1;
                            }
                            _ => view.unions.push(Union { key, parts }),
                        }
                    }
                    "allOf" => open.extend(value.items().iter().rev()),
                    _ => {}
                }
            }
        }
        if let Some(first) = view.parts.first() {
            view.place = &first.place;
        }
        view.kind = view.stated_kind().or_else(|| view.inferred_kind());
        view
    }

    fn empty(place: &'d Place) -> Self {
        Self { parts: Vec::new(), unions: Vec::new(), singles: 0, has_null: false, place, kind: None }
    }

    /// Returns the view of a schema without the parts of `allOf`.
    pub(super) fn shallow(document: &'d Document, node: &'d Node) -> Self {
        let node = document.resolve(node).unwrap_or(node);
        let mut view = Self { parts: vec![node], ..Self::empty(&node.place) };
        view.kind = view.stated_kind().or_else(|| view.inferred_kind());
        view
    }

    /// Returns the approximate number of steps that a comparison takes.
    pub(super) fn size(&self) -> usize {
        let size = |node: &Node| match &node.value {
            Value::Array(items) => items.iter().map(|item| 1 + item.as_str().map_or(0, str::len) / 32).sum(),
            Value::Object(entries) => entries.len(),
            Value::String(text) => text.len() / 32,
            _ => 0,
        };
        let keywords = self.parts.iter().flat_map(|part| part.entries());
        4 * self.parts.len() + keywords.map(|(_, node)| 1 + size(node)).sum::<usize>()
    }

    pub(super) fn place(&self) -> &'d Place {
        self.place
    }

    /// Returns the position of a keyword, or of the schema.
    pub(super) fn place_of(&self, key: &str) -> &'d Place {
        self.get(key).map_or(self.place, |node| &node.place)
    }

    /// Returns the first value of a keyword.
    pub(super) fn get(&self, key: &str) -> Option<&'d Node> {
        self.all(key).next()
    }

    /// Returns the value of a keyword in every part.
    pub(super) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'d Node> + 'a {
        self.parts.iter().filter_map(move |part| part.get(key))
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.all(key).any(|node| node.as_bool() == Some(true))
    }

    /// Returns the type. If no part states it, returns the one whose keywords occur.
    pub(super) fn kind(&self) -> Option<&'d str> {
        self.kind
    }

    fn stated_kind(&self) -> Option<&'d str> {
        self.all("type").filter_map(Node::as_str).reduce(|one, other| match (one, other) {
            ("number", "integer") => other,
            _ => one,
        })
    }

    fn inferred_kind(&self) -> Option<&'d str> {
        let mut kinds = HashSet::new();
        for (key, node) in self.parts.iter().flat_map(|part| part.entries()) {
            match key.name.as_str() {
                "properties" | "required" | "additionalProperties" | "minProperties" | "maxProperties" => {
                    kinds.insert("object");
                }
                "items" | "minItems" | "maxItems" | "uniqueItems" => {
                    kinds.insert("array");
                }
                "minLength" | "maxLength" | "pattern" => {
                    kinds.insert("string");
                }
                "minimum" | "maximum" | "multipleOf" => {
                    kinds.insert("number");
                }
                "enum" => kinds.extend(node.items().iter().filter_map(|item| match &item.value {
                    Value::Null => None,
                    Value::Bool(_) => Some("boolean"),
                    Value::Number(number) if number.as_i128().is_some() => Some("integer"),
                    Value::Number(_) => Some("number"),
                    Value::String(_) => Some("string"),
                    Value::Array(_) => Some("array"),
                    Value::Object(_) => Some("object"),
                })),
                _ => {}
            }
        }
        let mut kinds = kinds.into_iter();
        kinds.next().filter(|_| kinds.next().is_none())
    }

    /// Returns whether the value may be null, or `None` if the schema has no type and allows any value. Adds the results
    /// for all alternatives to `known`.
    pub(super) fn nullable(&self, document: &'d Document, known: &mut Nullable) -> Option<bool> {
        // A wrapper of a single reference states it beside `allOf`. Otherwise, every part with a type must allow null.
        let flag = |node: &&Node| node.flag("nullable");
        let mut typed = self.parts.iter().filter(|node| node.get("type").is_some()).peekable();
        let first = self.parts.first();
        if first.is_some_and(flag) {
            return Some(true);
        }
        if let Some(first) = first.filter(|first| first.get("type").is_some()) {
            return Some(first.flag("nullable"));
        }
        if self.has_null {
            return Some(true);
        }
        if typed.peek().is_some() {
            return Some(typed.all(flag));
        }
        if let Some(list) = self.get("enum") {
            return Some(list.items().iter().any(|item| item.value == Value::Null));
        }
        if self.unions.is_empty() {
            return self.kind().map(|_| false);
        }
        // Null must be allowed by an alternative of every list.
        let mut of_all = Some(true);
        for union in &self.unions {
            let mut of_one = Some(false);
            for part in &union.parts {
                let Ok(part) = document.resolve(part) else { continue };
                let of_part = known.get(&std::ptr::from_ref(part)).copied().unwrap_or_else(|| {
                    // This ends the recursion of an alternative that leads to itself.
                    known.insert(part, Some(false));
                    let of_part = View::new(document, &[part], self.place).nullable(document, known);
                    known.insert(part, of_part);
                    of_part
                });
                match of_part {
                    Some(true) => of_one = Some(true),
                    None if of_one == Some(false) => of_one = None,
                    _ => {}
                }
            }
            match of_one {
                Some(true) => {}
                None if of_all == Some(true) => of_all = None,
                None => {}
                Some(false) => of_all = Some(false),
            }
        }
        of_all
    }

    /// Returns whether the schema has a keyword, beside annotations and those of `ignored`.
    pub(super) fn restricts(&self, ignored: &[&str]) -> bool {
        let keys = self.parts.iter().flat_map(|part| part.entries());
        keys.filter(|(_, node)| node.as_bool() != Some(false) && !node.is_empty())
            .any(|(key, _)| !ignored.contains(&key.name.as_str()) && !is_annotation(&key.name))
    }

    /// Returns the declared properties, in the order of the document.
    pub(super) fn properties(&self, document: &'d Document, side: Side) -> Properties<'d> {
        let mut found = Properties { list: Vec::new(), positions: HashMap::new() };
        for (key, schema) in self.all("properties").flat_map(Node::entries) {
            found.entry(key).schemas.push(schema);
        }
        for name in self.all("required").flat_map(Node::items) {
            if let Some(position) = name.as_str().and_then(|name| found.positions.get(name))
                && let Some(property) = found.list.get_mut(*position)
            {
                property.is_required = true;
            }
        }
        let omitted = match side {
            Side::Request => "readOnly",
            Side::Response => "writeOnly",
        };
        for property in &mut found.list {
            property.is_omitted = property.schemas.iter().any(|schema| is_flagged(document, schema, omitted));
        }
        found
    }
}

/// Returns whether a schema allows null alone.
fn is_null(document: &Document, schema: &Node) -> bool {
    let Ok(schema) = document.resolve(schema) else { return false };
    matches!(schema.get("enum").map(Node::items), Some([only]) if only.value == Value::Null)
}

/// Returns whether one of the parts of a schema has a flag. Many properties can share a long list of parts, so that the
/// number of visited parts is limited.
fn is_flagged<'d>(document: &'d Document, schema: &'d Node, key: &str) -> bool {
    let mut visited: HashSet<*const Node> = HashSet::new();
    let mut open = vec![schema];
    while let Some(node) = open.pop().filter(|_| visited.len() < MAX_FLAGGED) {
        let Ok(node) = document.resolve(node) else { continue };
        if node.flag(key) {
            return true;
        }
        if visited.insert(node) {
            open.extend(node.get("allOf").map(Node::items).unwrap_or_default());
        }
    }
    false
}

/// Properties by name.
pub(super) struct Properties<'d> {
    pub(super) list: Vec<Property<'d>>,
    positions: HashMap<&'d str, usize>,
}

impl<'d> Properties<'d> {
    pub(super) fn get(&self, name: &str) -> Option<&Property<'d>> {
        self.list.get(*self.positions.get(name)?)
    }

    #[allow(clippy::indexing_slicing, reason = "every position is one of the list")]
    fn entry(&mut self, key: &'d Key) -> &mut Property<'d> {
        let next = self.list.len();
        let position = *self.positions.entry(&key.name).or_insert(next);
        if position == next {
            self.list.push(Property { key, schemas: Vec::new(), is_required: false, is_omitted: false });
        }
        &mut self.list[position]
    }
}
