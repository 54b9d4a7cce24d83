//! Tests the comparison: every part of the document is deleted or altered, one at a time, and each of these mutants must
//! be reported, also at places with accepted differences.

use std::collections::BTreeMap;
use std::path::Path;

use hss_spec::Document;
use serde_json::{Map, Value, json};

use super::accepted::Accepted;
use super::aspect::Aspect;
use super::compare::{self, Comparison, Difference};
use super::vendor::Vendor;

/// Numbers of mutants.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Outcome {
    pub(super) mutants: usize,
    pub(super) reported: usize,
    /// Not reported, since the SDKs state nothing about this fact; by aspect.
    pub(super) unstated: BTreeMap<&'static str, usize>,
    /// Not reported, since the document cannot state this fact of the SDKs.
    pub(super) inexpressible: usize,
    /// Descriptions of the other ones.
    pub(super) missed: Vec<String>,
}

/// A change of one fact.
struct Mutant {
    edit: String,
    at: String,
    aspect: Aspect,
    document: Value,
}

/// Compares all mutants of the document.
pub(super) fn test(document: &Document, vendor: &Vendor, accepted: &Accepted) -> Result<Outcome, String> {
    let whole = document.to_json();
    let mut tester = Tester { vendor, accepted, outcome: Outcome::default() };
    let paths = whole.get("paths").and_then(Value::as_object).into_iter().flatten();
    for (path, item) in paths {
        for (method, operation) in item.as_object().into_iter().flatten().filter(|(_, node)| node.is_object()) {
            let mut operation = inline(&whole, operation, &mut Vec::new())?;
            if let Some(shared) = item.get("parameters") {
                share(&mut operation, inline(&whole, shared, &mut Vec::new())?);
            }
            let alone = |path: &str, method: &str, operation: Value| json!({"openapi": "3.0.3", "paths": {path: {method: operation}}});
            let mut mutants = Vec::new();
            for altered in operations(&operation) {
                let Altered { edit, at, aspect, value } = altered;
                mutants.push(Mutant { edit, at, aspect, document: alone(path, method, value) });
            }
            let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
            let mut elsewhere = |edit: &str, path: &str, method: &str| {
                let document = alone(path, method, operation.clone());
                mutants.push(Mutant { edit: edit.to_owned(), at: id.clone(), aspect: Aspect::Path, document });
            };
            elsewhere("another path", &format!("{path}/x"), method);
            elsewhere("another method", path, if method == "get" { "put" } else { "get" });
            tester.run(&alone(path, method, operation.clone()), mutants)?;
        }
    }
    let servers = whole.get("servers").cloned().unwrap_or_else(|| json!([]));
    let alone = json!({"openapi": "3.0.3", "paths": {}, "servers": servers});
    let mutants = regions(&alone).into_iter();
    let mutants = mutants.map(|Altered { edit, at, aspect, value: document }| Mutant { edit, at, aspect, document });
    tester.run(&alone, mutants.collect())?;
    Ok(tester.outcome)
}

struct Tester<'v> {
    vendor: &'v Vendor,
    accepted: &'v Accepted,
    outcome: Outcome,
}

impl Tester<'_> {
    /// Counts the mutants for which the task prints something else than for the original.
    fn run(&mut self, original: &Value, mutants: Vec<Mutant>) -> Result<(), String> {
        let original = compared(original, self.vendor)?;
        let printed = differences(&original, self.accepted);
        for Mutant { edit, at, aspect, document } in mutants {
            let comparison = compared(&document, self.vendor)?;
            let outcome = &mut self.outcome;
            outcome.mutants += 1;
            let fact = (at, aspect);
            if differences(&comparison, self.accepted) != printed {
                outcome.reported += 1;
            } else if [&original, &comparison].iter().any(|either| either.unstated.contains(&fact)) {
                *outcome.unstated.entry(aspect.name()).or_default() += 1;
            } else if [&original, &comparison].iter().any(|either| either.inexpressible.contains(&fact)) {
                outcome.inexpressible += 1;
            } else {
                outcome.missed.push(format!("{}: {edit}", fact.0));
            }
        }
        Ok(())
    }
}

fn compared(document: &Value, vendor: &Vendor) -> Result<Comparison, String> {
    let document = hss_spec::parse(Path::new("mutant.json"), &document.to_string());
    let document = document.map_err(|findings| format!("a mutant cannot be read: {findings:?}"))?;
    compare::compare(&document, vendor)
}

/// Returns the differences that are not accepted, without positions, which any mutation moves, and the number of the
/// others: an accepted difference that disappears is reported, too.
fn differences(comparison: &Comparison, accepted: &Accepted) -> (Vec<(String, Aspect, String, String)>, usize) {
    let (kept, left): (Vec<_>, Vec<_>) = comparison.differences.iter().partition(|found| accepted.has(found));
    let text = |found: &Difference| (found.at.clone(), found.kind, found.ours.clone(), found.theirs.clone());
    let mut left: Vec<_> = left.into_iter().map(text).collect();
    left.sort();
    (left, kept.len())
}

/// Replaces references by their targets, so that a mutation concerns one place, and removes texts and examples. Keeps
/// the names of schemas, which the list of accepted differences has. `open` has the references around the node: a schema
/// that contains itself is empty the second time.
fn inline<'v>(whole: &'v Value, node: &'v Value, open: &mut Vec<&'v str>) -> Result<Value, String> {
    if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
        if open.contains(&reference) {
            return Ok(json!({}));
        }
        let target = reference.strip_prefix('#').and_then(|pointer| whole.pointer(pointer));
        open.push(reference);
        let mut target = inline(whole, target.ok_or_else(|| format!("{reference} does not exist"))?, open)?;
        open.pop();
        if let (Some(name), Value::Object(map)) = (reference.strip_prefix("#/components/schemas/"), &mut target) {
            map.insert(compare::NAME.to_owned(), name.into());
        }
        return Ok(target);
    }
    match node {
        Value::Object(entries) => {
            let mut kept = Map::new();
            for (key, value) in entries.iter().filter(|(key, value)| !is_text(key, value)) {
                kept.insert(key.clone(), inline(whole, value, open)?);
            }
            Ok(kept.into())
        }
        Value::Array(items) => items.iter().map(|item| inline(whole, item, open)).collect(),
        _ => Ok(node.clone()),
    }
}

/// Adds the parameters of all operations of a path.
fn share(operation: &mut Value, shared: Value) {
    let (Some(operation), Value::Array(mut all)) = (operation.as_object_mut(), shared) else { return };
    if let Some(Value::Array(own)) = operation.remove("parameters") {
        all.retain(|known| !own.iter().any(|own| ["in", "name"].iter().all(|key| own.get(*key) == known.get(*key))));
        all.extend(own);
    }
    operation.insert("parameters".to_owned(), all.into());
}

/// Returns whether an entry is no fact about the API. A property may have the same name, but is an object.
fn is_text(key: &str, value: &Value) -> bool {
    (matches!(key, "description" | "summary") && value.is_string()) || matches!(key, "examples" | "x-source")
}

/// An altered part of a document.
struct Altered {
    edit: String,
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
    fn edit(&mut self, pointer: &str, at: &str, aspect: Aspect, name: &str, edit: impl FnOnce(&mut Value)) {
        let mut value = self.original.clone();
        if let Some(node) = value.pointer_mut(pointer) {
            edit(node);
            self.altered.push(Altered { edit: name.to_owned(), at: at.to_owned(), aspect, value });
        }
    }

    /// Sets or removes a key of the map at `pointer`.
    fn set(&mut self, pointer: &str, at: &str, aspect: Aspect, key: &str, value: Option<Value>) {
        let name = value.as_ref().map_or_else(|| format!("without {key}"), |value| format!("{key}: {value}"));
        self.edit(pointer, at, aspect, &name, |node| {
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
            let name = schema.get(compare::NAME).and_then(Value::as_str);
            self.object(pointer, name.unwrap_or(at), is_request);
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
            let below = format!("{properties}/{}", escaped(name));
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
    if let Some(body) = operation.get("requestBody") {
        let at = format!("{id} body");
        all.set("", &at, Aspect::Body, "requestBody", None);
        all.flag("/requestBody", &at, Aspect::Required, "required");
        if let Some((media, node)) = content(body) {
            all.set("/requestBody", &at, Aspect::MediaType, "content", Some(json!({"text/plain": node})));
            all.set("/requestBody/content", &at, Aspect::MediaType, "text/plain", Some(node.clone()));
            all.schema(&format!("/requestBody/content/{}/schema", escaped(media)), &at, true);
        }
    }
    let responses = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
    for (status, response) in responses.filter(|(status, _)| status.starts_with('2')).take(1) {
        if let Some((media, _)) = content(response) {
            let (at, pointer) = (format!("{id} response"), format!("/responses/{status}"));
            all.set(&pointer, &at, Aspect::Response, "content", None);
            all.schema(&format!("{pointer}/content/{}/schema", escaped(media)), &at, false);
        }
    }
    all.altered
}

/// Returns the first media type of a body, and its contents.
fn content(body: &Value) -> Option<(&String, &Value)> {
    body.get("content")?.as_object()?.iter().next()
}

/// Returns a key as part of a JSON pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Returns every alteration of the regions of a document.
fn regions(document: &Value) -> Vec<Altered> {
    let mut all = Alterations { original: document, altered: Vec::new() };
    all.set("", "servers", Aspect::Region, "servers", None);
    for (index, server) in document.get("servers").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let pointer = format!("/servers/{index}");
        all.edit("/servers", "servers", Aspect::Region, "without a server", |list| {
            remove(list, index);
        });
        if server.get("variables").is_some() {
            all.set(&pointer, "servers", Aspect::Region, "variables", None);
        }
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
    use super::super::accepted;
    use super::super::fixture::{DOCUMENT, document, go, python, vendor};
    use super::*;

    fn outcome(text: &str, accepted: &str) -> Outcome {
        test(&document(text), &vendor(), &accepted::read(accepted).unwrap()).unwrap()
    }

    #[test]
    fn every_mutant_of_the_document_is_reported() {
        let outcome = outcome(DOCUMENT, "");
        assert_eq!(outcome.missed, [] as [&str; 0]);
        assert_eq!((outcome.unstated.len(), outcome.reported), (0, outcome.mutants));
        assert!(outcome.mutants > 60, "{outcome:?}");
    }

    #[test]
    fn a_fact_that_no_sdk_states_is_counted_separately() {
        let text = DOCUMENT.replace("schema: {type: string}}", "schema: {type: string, maxLength: 64}}");
        let outcome = outcome(&text, "");
        assert_eq!((outcome.unstated["length"], outcome.missed.len()), (2, 0), "without the bound, and another bound");
    }

    #[test]
    fn every_mutant_at_a_place_with_an_accepted_difference_is_reported() {
        let text = DOCUMENT.replace("name: {type: string, maxLength: 10}", "name: {type: string, maxLength: 64}");
        let entry = "[[accept]]\nat = ['Cat.name']\nkind = 'length'\ndocument = '..64'\nsdk = '0..10'\nreason = 'r'\n";
        let accepted = accepted::read(entry).unwrap();
        let inlined = inline(&document(&text).to_json(), &document(&text).to_json(), &mut Vec::new()).unwrap();
        let comparison = compared(&inlined, &vendor()).unwrap();
        assert_eq!(differences(&comparison, &accepted), (vec![], 1), "the entry has effect");
        let outcome = outcome(&text, entry);
        assert_eq!(outcome.missed, [] as [&str; 0]);
        assert_eq!(outcome.reported, outcome.mutants);
    }

    #[test]
    fn a_schema_may_contain_itself() {
        let mut python = python();
        for file in python.files.iter_mut().filter(|file| file.name.ends_with("/cat.py")) {
            for (kind, end) in [("str", "list[Cat]"), ("colour", "friends")] {
                let line = format!("        'colour': '{kind}',\n");
                file.text = file.text.replace(&line, &format!("{line}        'friends': '{end}',\n"));
            }
            let set = "            self.colour = colour\n";
            let more = "        if friends is not None:\n            self.friends = friends\n";
            file.text = file.text.replace(set, &format!("{set}{more}"));
        }
        let friends = "        friends: {type: array, items: {$ref: '#/components/schemas/Cat'}}\n";
        let text = DOCUMENT.replace(
            "        name: {type: string, maxLength: 10}\n",
            &format!("{friends}        name: {{type: string, maxLength: 10}}\n"),
        );
        let vendor = Vendor::new(&python, &go()).unwrap();
        let (document, accepted) = (document(&text), Accepted::default());
        assert_eq!(compare::compare(&document, &vendor).unwrap().differences, []);
        let outcome = test(&document, &vendor, &accepted).unwrap();
        assert_eq!(outcome.missed, [] as [&str; 0]);
        assert_eq!(outcome.reported, outcome.mutants);
    }
}
