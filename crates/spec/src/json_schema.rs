//! Converts schemas of OpenAPI 3.0 to JSON Schema draft 7.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::reference::{described_reference, schema_name};
use crate::{Document, Node};

/// Returns a component schema as a self-contained JSON Schema draft 7. Returns `None` if it does not exist.
///
/// Open enumerations are treated as closed. Combinators, which the rules refuse, are omitted.
#[must_use]
pub fn json_schema(document: &Document, component: &str) -> Option<Value> {
    document.component("schemas", component).map(|schema| convert(document, schema))
}

/// Returns the JSON Schema of `schema`, with all reachable components under `definitions`.
///
/// It converts `nullable`, boolean exclusive bounds, the ranges of `int32` and `int64`, and `x-extensible-enum`. It
/// omits `additionalProperties: false`, because undocumented keys are checked separately. It also omits the
/// combinators, which the rules refuse: with them, a schema could contain itself endlessly.
pub(crate) fn convert(document: &Document, schema: &Node) -> Value {
    let mut converter = Converter { document, pending: Vec::new(), visited: HashSet::new() };
    let mut root = converter.schema(schema);
    let mut definitions = Map::new();
    while let Some(name) = converter.pending.pop() {
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
    pending: Vec<String>,
    visited: HashSet<String>,
}

impl Converter<'_> {
    /// The recursion follows the tree, whose depth the loader limits. References are not followed.
    fn schema(&mut self, schema: &Node) -> Value {
        if let Some(reference) = schema.get("$ref").map(|_| schema).or_else(|| described_reference(schema)) {
            return self.reference(reference);
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
                if self.visited.insert(name.clone()) {
                    self.pending.push(name.clone());
                }
                json!({"$ref": format!("#/definitions/{name}")})
            }
            // The rules report broken references. Here, any value is accepted.
            None => json!({}),
        }
    }
}

/// OpenAPI 3.0 marks an exclusive bound with a boolean, JSON Schema with a separate keyword.
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
    // JSON Schema does not define these formats.
    out.remove("format");
    out.entry("minimum").or_insert(min.into());
    out.entry("maximum").or_insert(max.into());
}
