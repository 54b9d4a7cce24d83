//! Bundles the document and its example files into one JSON text, for external tools.

use serde_json::{Map, Value as Json, json};

use crate::grammar::{Kind, Shape};
use crate::{Document, Key, Node};

/// The treatment of extensions, whose names begin with `x-`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extensions {
    /// Keeps extensions.
    Keep,
    /// Removes extensions. The manual page in an operation's `x-source`, if any, becomes its `externalDocs`, unless it
    /// already has one.
    Drop,
}

/// Returns the document with its example files inlined, as JSON with a final newline. Keys keep their order. The same
/// document gives the same bytes.
///
/// An example file that could not be read remains a file name; [`crate::check`] reports it. Numbers keep their value
/// but not their notation: `1.50` becomes `1.5`.
#[must_use]
pub fn bundle(document: &Document, extensions: Extensions) -> String {
    let json = Bundle { document, extensions }.object(Kind::Document, document.root());
    // Serialization of a tree of JSON values does not fail.
    let mut text = serde_json::to_string_pretty(&json).unwrap_or_default();
    text.push('\n');
    text
}

/// Traverses the document by the grammar of OpenAPI, which distinguishes extensions from names and data that begin with
/// `x-`. The loader limits the depth.
struct Bundle<'d> {
    document: &'d Document,
    extensions: Extensions,
}

impl Bundle<'_> {
    fn object(&self, kind: Kind, node: &Node) -> Json {
        if node.as_object().is_none() {
            return node.to_json();
        }
        if kind == Kind::Callback {
            return self.map(Kind::PathItem, node, true);
        }
        let mut object = Map::new();
        for (key, value) in node.entries() {
            if let Some((name, value)) = self.entry(kind, node, key, value) {
                object.insert(name.to_owned(), value);
            }
        }
        object.into()
    }

    /// Converts an entry of `owner`. Returns `None` if it is removed.
    fn entry<'n>(&self, kind: Kind, owner: &Node, key: &'n Key, value: &Node) -> Option<(&'n str, Json)> {
        let name = key.name.as_str();
        if is_extension(key) {
            return match self.extensions {
                Extensions::Keep => Some((name, value.to_json())),
                Extensions::Drop => manual(kind, owner, key, value),
            };
        }
        if let (Kind::Example, "externalValue", Some(example)) = (kind, name, self.document.example_value(owner)) {
            return Some(("value", example.to_json()));
        }
        let field = kind.fields().iter().find(|field| field.name == name);
        Some((name, self.value(field.map_or(Shape::Any, |field| field.shape), value)))
    }

    fn value(&self, shape: Shape, node: &Node) -> Json {
        match shape {
            Shape::One(kind) => self.object(kind, node),
            Shape::FlagOrSchema => self.object(Kind::Schema, node),
            Shape::List(kind) if node.as_array().is_some() => {
                node.items().iter().map(|item| self.object(kind, item)).collect()
            }
            Shape::Map(kind) if node.as_object().is_some() => self.map(kind, node, false),
            Shape::Patterned(kind) if node.as_object().is_some() => self.map(kind, node, true),
            // Data, or a value that does not follow OpenAPI: copied unchanged.
            _ => node.to_json(),
        }
    }

    /// Converts a map of objects with arbitrary names. If `patterned`, names that begin with `x-` are extensions.
    fn map(&self, kind: Kind, node: &Node, patterned: bool) -> Json {
        let mut map = Map::new();
        for (key, value) in node.entries() {
            if !(patterned && is_extension(key)) {
                map.insert(key.name.clone(), self.object(kind, value));
            } else if self.extensions == Extensions::Keep {
                map.insert(key.name.clone(), value.to_json());
            }
        }
        map.into()
    }
}

fn is_extension(key: &Key) -> bool {
    key.name.starts_with("x-")
}

/// Converts the manual page in the `x-source` of an operation to `externalDocs`, which every tool supports.
fn manual(kind: Kind, owner: &Node, key: &Key, value: &Node) -> Option<(&'static str, Json)> {
    let is_source = kind == Kind::Operation && key.name == "x-source" && owner.get("externalDocs").is_none();
    let page = value.text("page").filter(|_| is_source)?;
    Some(("externalDocs", json!({"description": "API manual", "url": page})))
}
