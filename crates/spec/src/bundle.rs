//! The document as one JSON text, for tools that know nothing of ours.

use serde_json::{Map, Value as Json, json};

use crate::grammar::{Kind, Shape};
use crate::{Document, Key, Node};

/// What becomes of extensions, whose names begin with `x-`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extensions {
    /// They stay.
    Keep,
    /// They are left out. The page of the manual that an operation's `x-source` names becomes its `externalDocs`, unless
    /// it has others.
    Drop,
}

/// The document with its example files in place, keys in its order, ending with a line end. The same document gives the
/// same bytes.
///
/// An example file that could not be read stays a name; [`crate::check`] tells which. Numbers keep their value, not their
/// spelling: `1.50` becomes `1.5`.
#[must_use]
pub fn bundle(document: &Document, extensions: Extensions) -> String {
    let json = Bundle { document, extensions }.object(Kind::Document, document.root());
    // A tree of JSON values always can be written.
    let mut text = serde_json::to_string_pretty(&json).unwrap_or_default();
    text.push('\n');
    text
}

/// Walks the document by the grammar of OpenAPI, which tells extensions from names and data that begin like them. The
/// loader bounds the depth.
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

    /// What becomes of an entry of `owner`; none where it is left out.
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
            // Data, or not what OpenAPI asks for: as it is.
            _ => node.to_json(),
        }
    }

    /// A map of objects under any names; `patterned` if those that begin with `x-` are extensions.
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

/// The page of the manual in the `x-source` of an operation, as every tool understands it.
fn manual(kind: Kind, owner: &Node, key: &Key, value: &Node) -> Option<(&'static str, Json)> {
    let is_source = kind == Kind::Operation && key.name == "x-source" && owner.get("externalDocs").is_none();
    let page = value.text("page").filter(|_| is_source)?;
    Some(("externalDocs", json!({"description": "API manual", "url": page})))
}
