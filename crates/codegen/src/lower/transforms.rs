//! The transforms, in the order of execution. The comment before each describes the failure that it prevents.

use std::collections::BTreeSet;

use hss_spec::{Document, inline_schemas};
use serde_json::{Map, Value, json};

use super::Transform;

pub(super) const ALL: [Transform; 7] = [
    // progenitor panics on two types of error body, and loses status and headers of an error response that is not the
    // documented JSON. If errors are undocumented, every error reaches the transport unchanged.
    Transform { name: "success-only", apply: success_only },
    // progenitor names the type of an inline schema by rules of its own, which the models would have to repeat.
    Transform { name: "named-inline-schemas", apply: named_inline_schemas },
    // progenitor makes a new type of `allOf`, even around a single reference.
    Transform { name: "described-references", apply: described_references },
    // progenitor generates a type for each named or bounded string, number or list. It converts some bounds to NonZero
    // types and drops others, sends defaults that the caller did not set, and needs crates for dates, UUIDs and
    // patterns. A slightly invalid date, or a name that is too long, would make decoding of the whole page fail.
    Transform { name: "plain-values", apply: plain_values },
    // A required field that is missing in one row would make decoding of the whole page fail.
    Transform { name: "lenient-responses", apply: lenient_responses },
    // `null` in place of a list would make decoding of the whole page fail.
    Transform { name: "nullable-lists", apply: nullable_lists },
    // A schema that no lowered operation uses would become an unused type.
    Transform { name: "used-components-only", apply: used_components_only },
];

/// Returns the operations of a document: each object under a method of a path.
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

fn success_only(_: &Document, document: &mut Value) -> usize {
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

/// Moves inline schemas into the components, and refers to them.
fn named_inline_schemas(original: &Document, document: &mut Value) -> usize {
    let mut changed = 0;
    // Inner schemas come after those that contain them.
    for inline in inline_schemas(original).into_iter().rev() {
        let reference = json!({"$ref": format!("#/components/schemas/{}", inline.name)});
        let Some(found) = document.pointer_mut(&inline.pointer).filter(|found| found.get("$ref").is_none()) else {
            continue;
        };
        let schema = std::mem::replace(found, reference);
        if let Some(schemas) = document.get_mut("components").and_then(|components| object(components, "schemas")) {
            schemas.insert(inline.name, schema);
        }
        changed += 1;
    }
    changed
}

/// Replaces `allOf` with a single reference by the reference. The model of the owner has the description.
fn described_references(_: &Document, document: &mut Value) -> usize {
    let mut changed = 0;
    for schema in
        document.pointer_mut("/components/schemas").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
    {
        for property in object(schema, "properties").into_iter().flat_map(Map::values_mut) {
            let reference = match property.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
                Some([one]) if one.get("$ref").is_some() => one.clone(),
                _ => continue,
            };
            *property = reference;
            changed += 1;
        }
    }
    changed
}

/// Inlines schemas of plain values, reduced to a type without restrictions. The operation table keeps the bounds of
/// parameters.
fn plain_values(_: &Document, document: &mut Value) -> usize {
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    let mut changed = 0;
    let mut open: Vec<&mut Value> = vec![document];
    while let Some(value) = open.pop() {
        if let Some(plain) = named(&schemas, value).filter(|schema| is_plain(schema)) {
            *value = plain.clone();
            changed += 1;
        }
        match value {
            Value::Object(object) => {
                let width = object.get("format").and_then(Value::as_str);
                let restricting: &[&str] = match object.get("type").and_then(Value::as_str) {
                    Some("string") => &["default", "format", "pattern", "minLength", "maxLength"],
                    Some("integer") if !matches!(width, None | Some("int32" | "int64")) => &[
                        "default",
                        "format",
                        "minimum",
                        "maximum",
                        "exclusiveMinimum",
                        "exclusiveMaximum",
                        "multipleOf",
                    ],
                    Some("integer" | "number") => {
                        &["default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]
                    }
                    Some("array") => &["default", "minItems", "maxItems", "uniqueItems"],
                    Some("boolean") => &["default"],
                    _ => &[],
                };
                let before = object.len();
                // progenitor names an unnamed type by its title, which may be the name of another.
                let is_typed = object.get("type").is_some_and(Value::is_string);
                let is_title = |key: &str, value: &Value| is_typed && key == "title" && value.is_string();
                object.retain(|key, value| !(restricting.contains(&key.as_str()) || is_title(key, value)));
                changed += before - object.len();
                open.extend(object.values_mut());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    changed
}

/// Returns the schema to which a reference leads, directly or through others. Returns `None` for a cycle.
fn named<'a>(schemas: &'a Value, reference: &Value) -> Option<&'a Value> {
    let target = |schema: &Value| {
        let name = schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")?;
        schemas.get(name)
    };
    let mut found = target(reference)?;
    for _ in 0..schemas.as_object().map_or(0, Map::len) {
        match target(found) {
            Some(next) => found = next,
            None => return Some(found),
        }
    }
    None
}

/// Returns whether a schema describes a value that needs no named type: text, a number, a boolean or a list, but not an
/// enumeration.
fn is_plain(schema: &Value) -> bool {
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    matches!(kind, "string" | "integer" | "number" | "boolean" | "array")
        && schema.get("enum").is_none()
        && schema.get("x-extensible-enum").is_none()
}

fn lenient_responses(_: &Document, document: &mut Value) -> usize {
    let mut changed = 0;
    in_responses(document, &mut |schema| changed += usize::from(schema.remove("required").is_some()));
    changed
}

fn nullable_lists(_: &Document, document: &mut Value) -> usize {
    let mut changed = 0;
    in_responses(document, &mut |schema| {
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        // A list in a list need not be nullable: lenient decoding leaves out `null` among the elements of a list.
        for property in properties.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
            if property.get("type") == Some(&json!("array")) && property.get("nullable") != Some(&json!(true)) {
                property.insert("nullable".to_owned(), json!(true));
                changed += 1;
            }
        }
    });
    changed
}

fn used_components_only(_: &Document, document: &mut Value) -> usize {
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

/// Visits `schema` and its inline schemas. Named schemas are visited under their own name.
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

/// Returns JSON pointers to all targets of references in `roots`, direct or indirect.
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
