//! Tests the comparison: every part of the document is deleted or altered, one at a time, and each of these mutants must
//! be reported.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hss_spec::Document;
use serde_json::{Map, Value, json};

use super::aspect::Aspect;
use super::compare::{self, Comparison};
use super::model::Vendor;

/// Numbers of mutants.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Outcome {
    pub(super) mutants: usize,
    pub(super) reported: usize,
    /// Not reported, since the SDKs state nothing about this fact; by aspect.
    pub(super) unstated: BTreeMap<&'static str, usize>,
    /// Descriptions of the other ones.
    pub(super) missed: Vec<String>,
}

/// A change of one fact.
struct Mutant {
    what: String,
    at: String,
    aspect: Aspect,
    document: Value,
}

/// Compares all mutants of the document.
pub(super) fn test(document: &Document, vendor: &Vendor) -> Result<Outcome, String> {
    let whole = document.to_json();
    let mut outcome = Outcome::default();
    let paths = whole.get("paths").and_then(Value::as_object).into_iter().flatten();
    for (path, item) in paths {
        for (method, operation) in item.as_object().into_iter().flatten().filter(|(_, node)| node.is_object()) {
            let operation = inline(&whole, operation, 0)?;
            let alone = |path: &str, method: &str, operation: Value| json!({"openapi": "3.0.3", "paths": {path: {method: operation}}});
            let mut mutants = Vec::new();
            for altered in operations(&operation) {
                let Altered { what, at, aspect, value } = altered;
                mutants.push(Mutant { what, at, aspect, document: alone(path, method, value) });
            }
            let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
            let mut elsewhere = |what: &str, path: &str, method: &str| {
                let document = alone(path, method, operation.clone());
                mutants.push(Mutant { what: what.to_owned(), at: id.clone(), aspect: Aspect::Path, document });
            };
            elsewhere("another path", &format!("{path}/x"), method);
            elsewhere("another method", path, if method == "get" { "put" } else { "get" });
            run(&alone(path, method, operation.clone()), mutants, vendor, &mut outcome)?;
        }
    }
    let alone = |servers: Value| json!({"openapi": "3.0.3", "paths": {}, "servers": servers});
    let servers = whole.get("servers").cloned().unwrap_or_default();
    let mutants = regions(&servers).into_iter().map(|Altered { what, at, aspect, value }| Mutant {
        what,
        at,
        aspect,
        document: alone(value),
    });
    run(&alone(servers.clone()), mutants.collect(), vendor, &mut outcome)?;
    Ok(outcome)
}

/// Counts the mutants whose differences are not those of the original.
fn run(original: &Value, mutants: Vec<Mutant>, vendor: &Vendor, outcome: &mut Outcome) -> Result<(), String> {
    let original = compared(original, vendor)?;
    let known = differences(&original);
    for Mutant { what, at, aspect, document } in mutants {
        outcome.mutants += 1;
        let comparison = compared(&document, vendor)?;
        if differences(&comparison) != known {
            outcome.reported += 1;
        } else if [&original, &comparison].iter().any(|known| known.unstated.contains(&(at.clone(), aspect))) {
            *outcome.unstated.entry(aspect.name()).or_default() += 1;
        } else {
            outcome.missed.push(format!("{at}: {what}"));
        }
    }
    Ok(())
}

fn compared(document: &Value, vendor: &Vendor) -> Result<Comparison, String> {
    let document = hss_spec::parse(Path::new("mutant.json"), &document.to_string());
    let document = document.map_err(|findings| format!("a mutant cannot be read: {findings:?}"))?;
    compare::compare(&document, vendor)
}

/// Returns the differences without positions, which any mutation moves.
fn differences(comparison: &Comparison) -> BTreeSet<(String, Aspect, String, String)> {
    let text = |found: &compare::Difference| (found.at.clone(), found.kind, found.ours.clone(), found.theirs.clone());
    comparison.differences.iter().map(text).collect()
}

/// Replaces references by their targets, so that a mutation concerns one place, and removes texts and examples.
fn inline(whole: &Value, node: &Value, depth: usize) -> Result<Value, String> {
    if depth > 48 {
        return Err("a schema of the document contains itself, which the self-test cannot inline".to_owned());
    }
    if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
        let target = reference.strip_prefix('#').and_then(|pointer| whole.pointer(pointer));
        return inline(whole, target.ok_or_else(|| format!("{reference} does not exist"))?, depth + 1);
    }
    match node {
        Value::Object(entries) => {
            let mut kept = Map::new();
            for (key, value) in entries.iter().filter(|(key, value)| !is_text(key, value)) {
                kept.insert(key.clone(), inline(whole, value, depth + 1)?);
            }
            Ok(kept.into())
        }
        Value::Array(items) => items.iter().map(|item| inline(whole, item, depth + 1)).collect(),
        _ => Ok(node.clone()),
    }
}

/// Returns whether an entry is no fact about the API. A property may have the same name, but is an object.
fn is_text(key: &str, value: &Value) -> bool {
    (matches!(key, "description" | "summary") && value.is_string()) || matches!(key, "examples" | "x-source")
}

/// An altered part of a document.
struct Altered {
    what: String,
    at: String,
    aspect: Aspect,
    value: Value,
}

struct Alterations<'o> {
    original: &'o Value,
    altered: Vec<Altered>,
}

impl Alterations<'_> {
    /// Adds the original with an edit of the node at `pointer`.
    fn edit(&mut self, pointer: &str, at: &str, aspect: Aspect, what: &str, edit: impl FnOnce(&mut Value)) {
        let mut value = self.original.clone();
        if let Some(node) = value.pointer_mut(pointer) {
            edit(node);
            self.altered.push(Altered { what: what.to_owned(), at: at.to_owned(), aspect, value });
        }
    }

    /// Sets or removes a key of the map at `pointer`.
    fn set(&mut self, pointer: &str, at: &str, aspect: Aspect, key: &str, value: Option<Value>) {
        let what = value.as_ref().map_or_else(|| format!("without {key}"), |value| format!("{key}: {value}"));
        self.edit(pointer, at, aspect, &what, |node| {
            let Some(map) = node.as_object_mut() else { return };
            match value {
                Some(value) => drop(map.insert(key.to_owned(), value)),
                None => drop(map.shift_remove(key)),
            }
        });
    }

    fn node(&self, pointer: &str) -> &Value {
        self.original.pointer(pointer).unwrap_or(&Value::Null)
    }

    fn flag(&mut self, pointer: &str, at: &str, aspect: Aspect, key: &str) {
        let flag = self.node(pointer).get(key).and_then(Value::as_bool).unwrap_or_default();
        self.set(pointer, at, aspect, key, Some((!flag).into()));
    }

    fn parameters(&mut self, id: &str) {
        for (index, parameter) in self.node("/parameters").as_array().cloned().unwrap_or_default().iter().enumerate() {
            let text = |key| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
            let (name, location) = (text("name"), text("in"));
            let at = format!("{id} {location} {name}");
            let pointer = format!("/parameters/{index}");
            self.edit("/parameters", &at, Aspect::ParameterMissing, "without the parameter", |list| {
                remove(list, index);
            });
            let place = if location == "query" { "header" } else { "query" };
            self.set(&pointer, &at, Aspect::ParameterExtra, "in", Some(place.into()));
            self.set(&pointer, &at, Aspect::ParameterExtra, "name", Some(format!("{name}_x").into()));
            self.flag(&pointer, &at, Aspect::Required, "required");
            self.flag(&pointer, &at, Aspect::Deprecated, "deprecated");
            self.schema(&format!("{pointer}/schema"), &at, true);
        }
    }

    fn schema(&mut self, pointer: &str, at: &str, is_request: bool) {
        let schema = self.node(pointer).clone();
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        let other = if kind == "string" { "boolean" } else { "string" };
        self.set(pointer, at, Aspect::Type, "type", Some(other.into()));
        let format = schema.get("format").and_then(Value::as_str);
        if format.is_some() {
            self.set(pointer, at, Aspect::Format, "format", None);
        }
        let other = match (kind, format) {
            ("integer", Some("int32")) => Some("int64"),
            ("integer", _) => Some("int32"),
            ("number", Some("float")) => Some("double"),
            ("number", _) => Some("float"),
            ("string", _) => Some("date-time"),
            _ => None,
        };
        if let Some(other) = other {
            self.set(pointer, at, Aspect::Format, "format", Some(other.into()));
        }
        let (keys, aspect) = match kind {
            "string" => (["minLength", "maxLength"], Aspect::Length),
            "array" => (["minItems", "maxItems"], Aspect::Items),
            _ => (["minimum", "maximum"], Aspect::Range),
        };
        for key in keys {
            if let Some(bound) = schema.get(key).and_then(Value::as_i64) {
                self.set(pointer, at, aspect, key, None);
                self.set(pointer, at, aspect, key, Some(bound.saturating_add(1).into()));
            }
        }
        for key in ["enum", "x-extensible-enum"] {
            let Some(values) = schema.get(key).and_then(Value::as_array) else { continue };
            self.set(pointer, at, Aspect::Values, key, None);
            for index in 0..values.len() {
                let mut fewer = values.clone();
                fewer.remove(index);
                self.set(pointer, at, Aspect::Values, key, Some(fewer.into()));
            }
            let more = values.iter().cloned().chain(["another_value".into()]).collect::<Vec<Value>>();
            self.set(pointer, at, Aspect::Values, key, Some(more.into()));
        }
        if is_request && let Some(default) = schema.get("default") {
            self.set(pointer, at, Aspect::Default, "default", None);
            let other = if default.is_number() { json!(7) } else { json!("another") };
            self.set(pointer, at, Aspect::Default, "default", Some(other));
        }
        if schema.get("items").is_some() {
            self.schema(&format!("{pointer}/items"), &format!("{at}[]"), is_request);
        }
        if schema.get("properties").is_some() {
            self.object(pointer, at, is_request);
        }
    }

    fn object(&mut self, pointer: &str, at: &str, is_request: bool) {
        let schema = self.node(pointer).clone();
        let properties = format!("{pointer}/properties");
        let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let more = format!("{at}.another_field");
        self.set(&properties, &more, Aspect::FieldExtra, "another_field", Some(json!({"type": "string"})));
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let field = format!("{at}.{name}");
            self.set(&properties, &field, Aspect::FieldMissing, name, None);
            self.edit(&properties, &field, Aspect::FieldMissing, "another name", |node| {
                if let Some(map) = node.as_object_mut() {
                    map.shift_remove(name);
                    map.insert(format!("{name}_x"), property.clone());
                }
            });
            let mut other: Vec<Value> = required.iter().filter(|known| *known != name).cloned().collect();
            if other.len() == required.len() {
                other.push(name.as_str().into());
            }
            self.set(pointer, &field, Aspect::Required, "required", Some(other.into()));
            let below = format!("{properties}/{}", name.replace('~', "~0").replace('/', "~1"));
            self.flag(&below, &field, Aspect::Deprecated, "deprecated");
            self.schema(&below, &field, is_request);
        }
    }
}

/// Returns every alteration of an operation, whose references are inlined.
fn operations(operation: &Value) -> Vec<Altered> {
    let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
    let mut all = Alterations { original: operation, altered: Vec::new() };
    all.set("", id, Aspect::Operation, "operationId", Some(format!("{id}X").into()));
    all.flag("", id, Aspect::Deprecated, "deprecated");
    all.parameters(id);
    let extra = json!({"name": "another", "in": "query", "schema": {"type": "string"}});
    all.edit("/parameters", id, Aspect::ParameterExtra, "another parameter", |list| {
        push(list, extra);
    });
    let media = |pointer: &str| format!("{pointer}/content/application~1json");
    if operation.get("requestBody").is_some() {
        all.set("", &format!("{id} body"), Aspect::Body, "requestBody", None);
        all.schema(&format!("{}/schema", media("/requestBody")), &format!("{id} body"), true);
    }
    for (status, response) in operation.get("responses").and_then(Value::as_object).into_iter().flatten() {
        if status.starts_with('2') && response.get("content").is_some() {
            let pointer = format!("/responses/{status}");
            all.set(&pointer, &format!("{id} response"), Aspect::Response, "content", None);
            all.schema(&format!("{}/schema", media(&pointer)), &format!("{id} response"), false);
        }
    }
    all.altered
}

/// Returns every alteration of the regions.
fn regions(servers: &Value) -> Vec<Altered> {
    let mut all = Alterations { original: servers, altered: Vec::new() };
    for (index, server) in servers.as_array().into_iter().flatten().enumerate() {
        let pointer = format!("/{index}");
        all.set(&pointer, "servers", Aspect::Region, "url", Some("https://hss.x.example.com".into()));
        let list = format!("{pointer}/variables/region/enum");
        let regions = server.pointer("/variables/region/enum").and_then(Value::as_array).into_iter().flatten();
        for (position, region) in regions.enumerate() {
            let name = region.as_str().unwrap_or_default();
            all.edit(&list, name, Aspect::Region, "without the region", |list| {
                remove(list, position);
            });
        }
        all.edit(&list, "servers", Aspect::Region, "another region", |list| {
            push(list, "xx-north-1".into());
        });
    }
    all.altered
}

fn push(list: &mut Value, value: Value) {
    if let Some(list) = list.as_array_mut() {
        list.push(value);
    }
}

fn remove(list: &mut Value, index: usize) {
    if let Some(list) = list.as_array_mut().filter(|list| index < list.len()) {
        list.remove(index);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{DOCUMENT, document, vendor};
    use super::*;

    #[test]
    fn every_mutant_of_the_document_is_reported() {
        let outcome = test(&document(DOCUMENT), &vendor()).unwrap();
        assert_eq!(outcome.missed, [] as [&str; 0]);
        assert_eq!((outcome.unstated.len(), outcome.reported), (0, outcome.mutants));
        assert!(outcome.mutants > 60, "{outcome:?}");
    }

    #[test]
    fn a_fact_that_no_sdk_states_is_counted_separately() {
        let text = DOCUMENT.replace("schema: {type: string}}", "schema: {type: string, maxLength: 64}}");
        let outcome = test(&document(&text), &vendor()).unwrap();
        assert_eq!((outcome.unstated["length"], outcome.missed.len()), (2, 0), "without the bound, and another bound");
    }
}
