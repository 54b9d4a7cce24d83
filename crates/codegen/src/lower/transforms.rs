//! The transforms, in the order in which they run.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Transform;

pub(super) const ALL: [Transform; 5] = [
    Transform {
        name: "success-only",
        prevents: "progenitor panics on two kinds of error body, and loses status and headers of an error answer that \
                   is not the documented JSON; undocumented, every error reaches the transport raw",
        apply: success_only,
    },
    Transform {
        name: "plain-parameters",
        prevents: "progenitor drops integer bounds or turns them into NonZero types, and makes a validating type of \
                   its own for each string; the operation table checks all of them, in words that name the parameter",
        apply: plain_parameters,
    },
    Transform {
        name: "lenient-responses",
        prevents: "a length, bound, default or required field that one row does not keep would fail the whole page",
        apply: lenient_responses,
    },
    Transform {
        name: "nullable-lists",
        prevents: "`null` where a list is expected would fail the whole page",
        apply: nullable_lists,
    },
    Transform {
        name: "used-components-only",
        prevents: "a schema that no lowered operation reaches would become a type that nothing uses",
        apply: used_components_only,
    },
];

/// The operations of a document: each object under a method of a path.
fn operations(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    object(document, "paths")
        .into_iter()
        .flat_map(Map::values_mut)
        .filter_map(Value::as_object_mut)
        .flat_map(Map::iter_mut)
        .filter(|(name, _)| METHODS.contains(&name.as_str()))
        .filter_map(|(_, operation)| operation.as_object_mut())
}

fn object<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Map<String, Value>> {
    value.get_mut(key)?.as_object_mut()
}

fn success_only(document: &mut Value) -> usize {
    let mut changed = 0;
    for operation in operations(document) {
        if let Some(Value::Object(responses)) = operation.get_mut("responses") {
            let before = responses.len();
            responses.retain(|status, _| status.starts_with('2'));
            changed += before - responses.len();
        }
    }
    changed
}

fn plain_parameters(document: &mut Value) -> usize {
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    let mut changed = 0;
    let mut plain = |parameter: &mut Value| {
        let Some(schema) = parameter.get_mut("schema") else {
            return;
        };
        changed += usize::from(plain_schema(schema, &schemas));
        if let Some(items) = schema.get_mut("items") {
            changed += usize::from(plain_schema(items, &schemas));
        }
    };
    if let Some(components) = document.get_mut("components") {
        object(components, "parameters").into_iter().flat_map(Map::values_mut).for_each(&mut plain);
    }
    for item in object(document, "paths").into_iter().flat_map(Map::values_mut) {
        item.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten().for_each(&mut plain);
    }
    for operation in operations(document) {
        operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten().for_each(&mut plain);
    }
    changed
}

/// Leaves the type of a parameter's schema and nothing else. A closed enumeration stays as it is: it becomes an enum.
fn plain_schema(schema: &mut Value, schemas: &Value) -> bool {
    let named = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.rsplit('/').next());
    let target = named.and_then(|name| schemas.get(name)).unwrap_or(schema);
    if target.get("enum").is_some() {
        return false;
    }
    let kept =
        ["type", "format", "items"].into_iter().filter_map(|key| Some((key.to_owned(), target.get(key)?.clone())));
    let plain = Value::Object(kept.collect());
    let changed = *schema != plain;
    *schema = plain;
    changed
}

fn lenient_responses(document: &mut Value) -> usize {
    const STRICT: [&str; 11] = [
        "minLength",
        "maxLength",
        "pattern",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minItems",
        "maxItems",
        "default",
        "required",
    ];
    let mut changed = 0;
    in_responses(document, &mut |schema| {
        let before = schema.len();
        schema.retain(|key, _| !STRICT.contains(&key.as_str()));
        changed += before - schema.len();
    });
    changed
}

fn nullable_lists(document: &mut Value) -> usize {
    let mut changed = 0;
    in_responses(document, &mut |schema| {
        if schema.get("type") == Some(&json!("array")) && schema.get("nullable") != Some(&json!(true)) {
            schema.insert("nullable".to_owned(), json!(true));
            changed += 1;
        }
    });
    changed
}

fn used_components_only(document: &mut Value) -> usize {
    let mut roots = Vec::new();
    for item in object(document, "paths").into_iter().flat_map(Map::values_mut) {
        roots.push(item.clone());
    }
    let used = reached(document, roots);
    let mut changed = 0;
    for group in ["schemas", "parameters", "requestBodies", "responses", "examples", "headers"] {
        if let Some(members) = document.get_mut("components").and_then(|components| object(components, group)) {
            let before = members.len();
            members.retain(|name, _| used.contains(&format!("/components/{group}/{name}")));
            changed += before - members.len();
        }
    }
    changed
}

/// Visits every schema that a success response reaches, each named one once.
fn in_responses(document: &mut Value, visit: &mut dyn FnMut(&mut Map<String, Value>)) {
    let mut roots = Vec::new();
    for operation in operations(document) {
        roots.extend(operation.get("responses").cloned());
    }
    for pointer in reached(document, roots).iter().filter(|pointer| pointer.starts_with("/components/schemas/")) {
        if let Some(schema) = document.pointer_mut(pointer) {
            in_schema(schema, visit);
        }
    }
}

/// Visits `schema` and the schemas written inside it. Named ones are visited under their own name.
fn in_schema(schema: &mut Value, visit: &mut dyn FnMut(&mut Map<String, Value>)) {
    let Some(object) = schema.as_object_mut() else { return };
    visit(object);
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        properties.values_mut().for_each(|property| in_schema(property, visit));
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = object.get_mut(key) {
            in_schema(inner, visit);
        }
    }
}

/// JSON pointers to everything that `roots` refer to, directly or through others.
fn reached(document: &Value, roots: Vec<Value>) -> BTreeSet<String> {
    let mut pointers = BTreeSet::new();
    let mut open = roots;
    while let Some(value) = open.pop() {
        match value {
            Value::Object(object) => {
                let reference = object.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
                if let Some(pointer) = reference.filter(|pointer| pointers.insert((*pointer).to_owned())) {
                    open.extend(document.pointer(pointer).cloned());
                }
                open.extend(object.into_iter().map(|(_, inner)| inner));
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    pointers
}
