//! The tree of a document, with the place of every node.

use crate::Place;

/// A value with its place.
///
/// The loader bounds the depth of the tree (see [`crate::load`]), so code may walk it by recursion.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the value starts. A value that came by a YAML alias has the place of its anchor.
    pub place: Place,
    /// The value.
    pub value: Value,
    /// Whether it was written as a plain YAML scalar, without quotes. Other tools may read such words differently.
    pub plain: bool,
}

/// A JSON value whose parts have places.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// Text.
    String(String),
    /// A list.
    Array(Vec<Node>),
    /// A map, in the order of the document. Names are unique.
    Object(Vec<(Key, Node)>),
}

/// A name in a map, with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// The name, as written.
    pub name: String,
    /// Where the name starts.
    pub place: Place,
    /// Whether it was written without quotes.
    pub plain: bool,
}

impl Node {
    /// The value under `key`, if this is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, node)| node)
    }

    /// The key and value under `key`, if this is a map that has it.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<(&Key, &Node)> {
        self.entries().iter().find(|(found, _)| found.name == key).map(|(found, node)| (found, node))
    }

    /// The text under `key`, if this is a map that has text there.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// Whether `key` is `true` here.
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(Node::as_bool).unwrap_or(false)
    }

    /// The text, if this is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match &self.value {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The whole number, if this is one that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match &self.value {
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The whole number from 0, if this is one that fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match &self.value {
            Value::Number(number) => number.as_u64(),
            _ => None,
        }
    }

    /// The list, if this is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The map, if this is one.
    #[must_use]
    pub fn as_object(&self) -> Option<&[(Key, Node)]> {
        match &self.value {
            Value::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// The rows of a list; none for anything else.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        self.as_array().unwrap_or(&[])
    }

    /// The entries of a map; none for anything else.
    #[must_use]
    pub fn entries(&self) -> &[(Key, Node)] {
        self.as_object().unwrap_or(&[])
    }

    /// The node that a JSON pointer (RFC 6901) leads to from here: `/paths/~1v5~1x/get`.
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Node> {
        let Some(path) = pointer.strip_prefix('/') else {
            return pointer.is_empty().then_some(self);
        };
        path.split('/').try_fold(self, |node, segment| node.child(&unescape(segment)))
    }

    /// The child under one unescaped segment of a pointer: a name, or an index of a list.
    pub(crate) fn child(&self, segment: &str) -> Option<&Node> {
        match &self.value {
            Value::Object(_) => self.get(segment),
            Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// The same without places; the order of maps is kept.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => number.clone().into(),
            Value::String(text) => text.clone().into(),
            Value::Array(items) => items.iter().map(Node::to_json).collect(),
            Value::Object(entries) => entries
                .iter()
                .map(|(key, node)| (key.name.clone(), node.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    /// What this is, for messages: "a list".
    pub(crate) fn what(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "a map",
        }
    }
}

/// Undoes the escapes of a pointer segment: `~1` is `/`, `~0` is `~`.
pub(crate) fn unescape(segment: &str) -> String {
    // In this order, so that `~01` becomes `~1` and not `/`.
    segment.replace("~1", "/").replace("~0", "~")
}
