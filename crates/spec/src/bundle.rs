//! The document as one JSON text, for tools that know nothing of ours.

use serde_json::{Map, Value as Json, json};

use crate::{Document, Node, Value};

/// What becomes of extensions, whose names begin with `x-`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extensions {
    /// They stay.
    Keep,
    /// They are left out, but for the page of the manual in `x-source`: it becomes `externalDocs`.
    Drop,
}

/// Keys whose values are data: an `x-` in them is no extension.
const DATA: [&str; 4] = ["default", "enum", "example", "value"];
/// Keys whose values map names of the document's own choosing.
const NAMES: [&str; 12] = [
    "callbacks",
    "content",
    "encoding",
    "examples",
    "headers",
    "links",
    "mapping",
    "parameters",
    "properties",
    "responses",
    "schemas",
    "variables",
];

/// The document with its example files in place, keys in its order, ending with a line end. The same document gives the
/// same bytes.
#[must_use]
pub fn bundle(document: &Document, extensions: Extensions) -> String {
    let json = Bundle { document, extensions }.node(document.root(), false);
    // A tree of JSON values always can be written.
    let mut text = serde_json::to_string_pretty(&json).unwrap_or_default();
    text.push('\n');
    text
}

struct Bundle<'d> {
    document: &'d Document,
    extensions: Extensions,
}

impl Bundle<'_> {
    /// `names` says that the keys of this map are names, not those of OpenAPI. The loader bounds the depth.
    fn node(&self, node: &Node, names: bool) -> Json {
        match &node.value {
            Value::Array(items) => items.iter().map(|item| self.node(item, false)).collect(),
            Value::Object(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    let name = key.name.as_str();
                    let is_extension = !names && name.starts_with("x-");
                    if is_extension && self.extensions == Extensions::Drop {
                        // The page of the manual is worth more than our word for it.
                        if let Some(page) = value.text("page").filter(|_| name == "x-source") {
                            map.insert("externalDocs".to_owned(), json!({"description": "API manual", "url": page}));
                        }
                        continue;
                    }
                    match self.document.example_value(node).filter(|_| !names && name == "externalValue") {
                        Some(example) => map.insert("value".to_owned(), example.to_json()),
                        None if !names && (is_extension || DATA.contains(&name)) => {
                            map.insert(name.to_owned(), value.to_json())
                        }
                        None => map.insert(name.to_owned(), self.node(value, !names && NAMES.contains(&name))),
                    };
                }
                Json::Object(map)
            }
            _ => node.to_json(),
        }
    }
}
