//! Reduces two documents to the operations and components that differ, since generating the clients takes most of the time
//! of a comparison.

use std::collections::{HashMap, HashSet};

use hss_spec::{Document, Extensions, Finding, METHODS, bundle, parse};
use serde_json::{Map, Value};

const COMPONENTS: &str = "#/components/";

/// Returns both documents without most of the operations that are equal in both, down to the components that they use, and
/// without the components that no other operation uses. The rest has the same changes in Rust as the whole documents.
pub(super) fn reduced(old: &Document, new: &Document) -> Result<(Document, Document), String> {
    let (old_json, new_json) = (json(old)?, json(new)?);
    let (before, after) = parts_that_differ(&old_json, &new_json);
    Ok((parsed(old, &before)?, parsed(new, &after)?))
}

/// Returns a document with its examples, which are in files of their own.
fn json(document: &Document) -> Result<Value, String> {
    serde_json::from_str(&bundle(document, Extensions::Keep)).map_err(|error| error.to_string())
}

fn parsed(document: &Document, json: &Value) -> Result<Document, String> {
    let findings = |findings: Vec<Finding>| findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    parse(document.path(), &json.to_string()).map_err(findings)
}

fn parts_that_differ(old: &Value, new: &Value) -> (Value, Value) {
    let (olds, news) = (components(old), components(new));
    let affected = affected(&olds, &news);
    let (before, after) = (operations(old), operations(new));
    let differs = |name: &(&str, &str)| {
        let (before, after) = (before.get(name), after.get(name));
        before != after || before.is_some_and(|parts| parts.iter().any(|part| uses(part, &affected)))
    };
    let mut kept: HashSet<_> = before.keys().chain(after.keys()).copied().filter(|name| differs(name)).collect();
    let parts = kept.iter().flat_map(|name| before.get(name).into_iter().chain(after.get(name))).flatten();
    let mut reached = reachable(parts.flat_map(|part| references(part)).chain(affected), &olds, &news);
    // A type is part of the client as long as one operation uses it. Therefore, one of the others is kept for each.
    let mut covered = HashSet::new();
    let mut others: Vec<_> = before.iter().filter(|(name, _)| !kept.contains(*name)).collect();
    others.sort_by_key(|(name, _)| **name);
    for (name, parts) in others {
        let used = reachable(parts.iter().flat_map(|part| references(part)), &olds, &news);
        if used.iter().any(|component| reached.contains(component) && !covered.contains(component)) {
            kept.insert(*name);
            covered.extend(used);
        }
    }
    reached.extend(covered);
    (without(old, &kept, &reached), without(new, &kept, &reached))
}

/// Returns the components by section and name, such as `schemas/Host`.
fn components(document: &Value) -> HashMap<String, &Value> {
    let sections = document.get("components").and_then(Value::as_object).into_iter().flatten();
    let entries = sections.flat_map(|(section, names)| {
        names.as_object().into_iter().flatten().map(move |(name, value)| (format!("{section}/{name}"), value))
    });
    entries.collect()
}

/// Returns the parts of each operation, by path and method: its own, and those of its path.
fn operations(document: &Value) -> HashMap<(&str, &str), Vec<&Value>> {
    let mut operations = HashMap::new();
    for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        let entries = || item.as_object().into_iter().flatten();
        let shared = || entries().filter(|(key, _)| !METHODS.contains(&key.as_str())).map(|(_, value)| value);
        for (method, operation) in entries().filter(|(key, _)| METHODS.contains(&key.as_str())) {
            operations.insert((path.as_str(), method.as_str()), std::iter::once(operation).chain(shared()).collect());
        }
    }
    operations
}

/// Returns the components that differ, and all that refer to one of them.
fn affected(olds: &HashMap<String, &Value>, news: &HashMap<String, &Value>) -> HashSet<String> {
    let names: HashSet<&String> = olds.keys().chain(news.keys()).collect();
    let mut users: HashMap<String, Vec<&String>> = HashMap::new();
    for name in &names {
        for component in [olds.get(*name), news.get(*name)].into_iter().flatten() {
            for used in references(component) {
                users.entry(used).or_default().push(name);
            }
        }
    }
    let mut affected = HashSet::new();
    let mut open: Vec<&String> = names.into_iter().filter(|name| olds.get(*name) != news.get(*name)).collect();
    while let Some(name) = open.pop() {
        if affected.insert(name.clone()) {
            open.extend(users.get(name).into_iter().flatten());
        }
    }
    affected
}

/// Returns these components, and all to which they refer.
fn reachable(
    from: impl Iterator<Item = String>,
    olds: &HashMap<String, &Value>,
    news: &HashMap<String, &Value>,
) -> HashSet<String> {
    let mut reached = HashSet::new();
    let mut open: Vec<String> = from.collect();
    while let Some(name) = open.pop() {
        let used = [olds.get(&name), news.get(&name)].into_iter().flatten().flat_map(|component| references(component));
        let used: Vec<_> = used.collect();
        if reached.insert(name) {
            open.extend(used);
        }
    }
    reached
}

fn uses(part: &Value, components: &HashSet<String>) -> bool {
    references(part).iter().any(|name| components.contains(name))
}

/// Returns the components to which a value refers directly, also in the mapping of a discriminator.
fn references(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(entries) => open.extend(entries.values()),
            Value::Array(items) => open.extend(items),
            Value::String(text) => {
                // A reference may lead into a component.
                let mut segments = text.strip_prefix(COMPONENTS).into_iter().flat_map(|path| path.split('/'));
                if let (Some(section), Some(name)) = (segments.next(), segments.next()) {
                    found.push(format!("{section}/{}", name.replace("~1", "/").replace("~0", "~")));
                }
            }
            _ => {}
        }
    }
    found
}

fn without(document: &Value, kept: &HashSet<(&str, &str)>, reached: &HashSet<String>) -> Value {
    let mut document = document.clone();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for (path, item) in paths.iter_mut() {
            let Some(item) = item.as_object_mut() else { continue };
            item.retain(|key, _| !METHODS.contains(&key.as_str()) || kept.contains(&(path.as_str(), key.as_str())));
        }
        paths.retain(|_, item| !item.as_object().is_some_and(Map::is_empty));
    }
    let sections = document.get_mut("components").and_then(Value::as_object_mut).into_iter().flatten();
    // Security schemes are used by name.
    for (section, names) in sections.filter(|(section, _)| *section != "securitySchemes") {
        if let Some(names) = names.as_object_mut() {
            names.retain(|name, _| reached.contains(&format!("{section}/{name}")));
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use hss_codegen::{SurfaceChange, compare_surfaces, generate, surface};
    use serde::Deserialize;

    use super::*;
    use crate::place;

    #[derive(Deserialize)]
    struct Edits {
        edit: Vec<Edit>,
    }

    #[derive(Deserialize)]
    struct Edit {
        name: String,
        replace: Vec<String>,
        by: Vec<String>,
    }

    fn document(text: &str) -> Document {
        parse(Path::new("animals.yaml"), text).unwrap()
    }

    fn changes(old: &Document, new: &Document) -> Vec<SurfaceChange> {
        let surface = |document| surface(&generate(document, None).unwrap().client).unwrap();
        compare_surfaces(&surface(old), &surface(new))
    }

    #[test]
    fn the_parts_that_differ_have_the_same_changes_in_rust_as_the_whole_documents() {
        let folder = place::root().join("tests/fixtures/semver");
        let base = fs::read_to_string(folder.join("animals.yaml")).unwrap();
        let Edits { edit: edits } = toml::from_str(&fs::read_to_string(folder.join("edits.toml")).unwrap()).unwrap();
        let old = document(&base);
        let all = operations(&json(&old).unwrap()).len();
        let mut fewest = all;
        for Edit { name, replace, by } in edits {
            let edit = |text: String, (replace, by): (&String, &String)| text.replace(replace.as_str(), by);
            let new = document(&replace.iter().zip(&by).fold(base.clone(), edit));
            let (before, after) = reduced(&old, &new).unwrap();
            fewest = fewest.min(operations(&before.to_json()).len());
            assert_eq!(changes(&before, &after), changes(&old, &new), "{name}");
        }
        assert!(fewest < all, "no edit leaves an operation out");
    }

    #[test]
    fn an_operation_is_kept_for_a_change_of_its_path_or_of_a_component_that_it_reaches() {
        let text = r"
openapi: 3.0.3
info: {title: t, version: v}
paths:
  /hosts:
    parameters: [{$ref: '#/components/parameters/Limit'}]
    get: {responses: {'200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Hosts'}}}}}}
  /tasks:
    get: {responses: {'200': {description: d}}}
    put: {responses: {'200': {description: d}}}
components:
  parameters:
    Limit: {name: limit, in: query, schema: {type: integer}}
  schemas:
    Hosts: {type: array, items: {$ref: '#/components/schemas/Host'}}
    Host: {type: object, properties: {name: {type: string}}}
    Other: {type: string}
";
        let kept = |replace: &str, by: &str| {
            let (before, after) = reduced(&document(text), &document(&text.replace(replace, by))).unwrap();
            let names = |document: &Document| {
                let json = document.to_json();
                let calls = operations(&json).into_keys().map(|(path, method)| format!("{method} {path}"));
                let mut names: Vec<_> = calls.chain(components(&json).into_keys()).collect();
                names.sort();
                names.join(", ")
            };
            assert_eq!(names(&before), names(&after));
            names(&before)
        };
        let hosts = "get /hosts, parameters/Limit, schemas/Host, schemas/Hosts";
        assert_eq!(kept("{name: {type: string}}", "{name: {type: integer}}"), hosts);
        assert_eq!(kept("schema: {type: integer}", "schema: {type: string}"), hosts);
        assert_eq!(kept("put: {", "put: {deprecated: true, "), "put /tasks");
        assert_eq!(kept("Other: {type: string}", "Other: {type: integer}"), "schemas/Other");
        assert_eq!(kept("title: t", "title: u"), "");
    }
}
