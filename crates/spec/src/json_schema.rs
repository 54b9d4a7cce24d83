//! Turns a schema of OpenAPI 3.0 into a JSON Schema of draft 7.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::reference::schema_name;
use crate::{Document, Node};

/// The component schema of that name as a JSON Schema of draft 7 that stands alone; `None` if there is none.
///
/// Known values of open enumerations count as the only ones. Combinators, which the rules refuse, are left out.
#[must_use]
pub fn json_schema(document: &Document, component: &str) -> Option<Value> {
    document.component("schemas", component).map(|schema| convert(document, schema))
}

/// The JSON Schema of `schema`, with every component that it reaches under `definitions`.
///
/// Differences that are taken care of: `nullable`, boolean exclusive bounds, the ranges of `int32` and `int64`, and
/// `x-extensible-enum`. Left out are `additionalProperties: false` (undocumented keys are found otherwise) and the
/// combinators, which the rules refuse: through them a schema could contain itself without end.
pub(crate) fn convert(document: &Document, schema: &Node) -> Value {
    let mut converter = Converter { document, wanted: Vec::new(), seen: HashSet::new() };
    let mut root = converter.schema(schema);
    let mut definitions = Map::new();
    while let Some(name) = converter.wanted.pop() {
        if let Some(component) = document.component("schemas", &name) {
            let definition = converter.schema(component);
            definitions.insert(name, definition);
        }
    }
    if let Some(root) = root.as_object_mut() {
        root.insert("definitions".to_owned(), definitions.into());
    }
    root
}

struct Converter<'d> {
    document: &'d Document,
    wanted: Vec<String>,
    seen: HashSet<String>,
}

impl Converter<'_> {
    /// Recursion follows the tree, whose depth the loader bounds; references are left in place.
    fn schema(&mut self, schema: &Node) -> Value {
        if schema.get("$ref").is_some() {
            return self.reference(schema);
        }
        let mut out = Map::new();
        for (key, node) in schema.entries() {
            let name = key.name.as_str();
            match name {
                "type" if schema.flag("nullable") => {
                    out.insert(name.to_owned(), json!([node.to_json(), "null"]));
                }
                "enum" | "x-extensible-enum" => {
                    let mut values: Vec<Value> = node.items().iter().map(Node::to_json).collect();
                    if schema.flag("nullable") && !values.contains(&Value::Null) {
                        values.push(Value::Null);
                    }
                    out.insert("enum".to_owned(), values.into());
                }
                "items" => {
                    out.insert(name.to_owned(), self.schema(node));
                }
                "properties" => {
                    let properties: Map<String, Value> =
                        node.entries().iter().map(|(key, node)| (key.name.clone(), self.schema(node))).collect();
                    out.insert(name.to_owned(), properties.into());
                }
                "additionalProperties" if node.as_object().is_some() => {
                    out.insert(name.to_owned(), self.schema(node));
                }
                "minimum" => bound(&mut out, schema, "minimum", "exclusiveMinimum", node),
                "maximum" => bound(&mut out, schema, "maximum", "exclusiveMaximum", node),
                "type" | "format" | "pattern" | "required" | "minLength" | "maxLength" | "minItems" | "maxItems"
                | "uniqueItems" | "minProperties" | "maxProperties" | "multipleOf" => {
                    out.insert(name.to_owned(), node.to_json());
                }
                _ => {}
            }
        }
        format_range(&mut out, schema);
        out.into()
    }

    fn reference(&mut self, schema: &Node) -> Value {
        match schema_name(schema).filter(|_| self.document.resolve(schema).is_ok()) {
            Some(name) => {
                if self.seen.insert(name.clone()) {
                    self.wanted.push(name.clone());
                }
                json!({"$ref": format!("#/definitions/{name}")})
            }
            // A broken reference is reported by the rules; here anything fits.
            None => json!({}),
        }
    }
}

/// OpenAPI 3.0 says with a boolean that a bound is exclusive, JSON Schema with a keyword of its own.
fn bound(out: &mut Map<String, Value>, schema: &Node, key: &str, exclusive: &str, node: &Node) {
    let key = if schema.flag(exclusive) { exclusive } else { key };
    out.insert(key.to_owned(), node.to_json());
}

fn format_range(out: &mut Map<String, Value>, schema: &Node) {
    let (min, max) = match (schema.text("type"), schema.text("format")) {
        (Some("integer"), Some("int32")) => (i64::from(i32::MIN), i64::from(i32::MAX)),
        (Some("integer"), Some("int64")) => (i64::MIN, i64::MAX),
        _ => return,
    };
    // JSON Schema does not know these formats.
    out.remove("format");
    out.entry("minimum").or_insert(min.into());
    out.entry("maximum").or_insert(max.into());
}
