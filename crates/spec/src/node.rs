//! The tree of a document, with the position of every node.

use crate::Place;

/// A value with its position.
///
/// The loader limits the depth of the tree (see [`crate::load`]), so that recursive traversal is safe.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Position of the first character. A value from a YAML alias has the position of its anchor.
    pub place: Place,
    /// The value.
    pub value: Value,
    /// Whether the value is a plain YAML scalar, without quotes. Other tools may interpret such words differently.
    pub plain: bool,
}

/// A JSON value whose parts have positions.
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
    /// Position of the first character of the name.
    pub place: Place,
    /// Whether the name is written without quotes.
    pub plain: bool,
}

impl Node {
    /// Returns the value under `key`, if this is a map with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, node)| node)
    }

    /// Returns the key and value under `key`, if this is a map with this key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<(&Key, &Node)> {
        self.entries().iter().find(|(found, _)| found.name == key).map(|(found, node)| (found, node))
    }

    /// Returns the text under `key`, if this is a map with text under this key.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// Returns whether the value under `key` is `true`.
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(Node::as_bool).unwrap_or(false)
    }

    /// Returns the text, if this is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the boolean, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match &self.value {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the integer, if this is one within the range.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match &self.value {
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// Returns the non-negative integer, if this is one within the range.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match &self.value {
            Value::Number(number) => number.as_u64(),
            _ => None,
        }
    }

    /// Returns the list, if this is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the map, if this is one.
    #[must_use]
    pub fn as_object(&self) -> Option<&[(Key, Node)]> {
        match &self.value {
            Value::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// Returns the items of a list. Empty for any other value.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        self.as_array().unwrap_or(&[])
    }

    /// Returns the entries of a map. Empty for any other value.
    #[must_use]
    pub fn entries(&self) -> &[(Key, Node)] {
        self.as_object().unwrap_or(&[])
    }

    /// Returns whether this is an empty list, map or text.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.value {
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// Returns the node at a JSON pointer (RFC 6901) relative to this node: `/paths/~1v5~1x/get`.
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Node> {
        let Some(path) = pointer.strip_prefix('/') else {
            return pointer.is_empty().then_some(self);
        };
        path.split('/').try_fold(self, |node, segment| node.child(&unescape(segment)))
    }

    /// Returns the child for one unescaped segment of a pointer: a name, or an index of a list.
    pub(crate) fn child(&self, segment: &str) -> Option<&Node> {
        match &self.value {
            Value::Object(_) => self.get(segment),
            Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// Converts the node to JSON without positions. The order of maps is kept.
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

    /// Returns the type of the value for messages: "a list".
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

/// Decodes the escapes of a pointer segment: `~1` is `/`, `~0` is `~`.
pub(crate) fn unescape(segment: &str) -> String {
    if !segment.contains('~') {
        return segment.to_owned();
    }
    // In this order, so that `~01` becomes `~1` and not `/`.
    segment.replace("~1", "/").replace("~0", "~")
}
