//! Snapshots of the generated client. In a review, they show the effect of an edit of the document.
//!
//! `cargo xtask regen` updates them. Every test covers all operations of the document, including those added later.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fmt::Debug;

use hss_client::{models, operations};
use hss_spec::{Document, Node};
use schemars::schema::{InstanceType, Schema, SchemaObject, SingleOrVec};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn document() -> Document {
    hss_spec::load(&hss_openapi::HSS.path()).unwrap()
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn generated_code() {
    for (name, text) in hss_codegen::artefacts(&document(), "hss_client").unwrap() {
        snapshot(name, &text);
    }
}

/// Every documented example of a response decodes to the models, and encodes to the same JSON.
#[test]
fn documented_examples() {
    macro_rules! check {
        ($operation:ident, $model:ident) => {
            let operation = &operations::$operation;
            examples::<models::$model>(operation.name, operation.success.status);
        };
    }
    hss_client::for_each_response!(check);
}

fn examples<T: Debug + Serialize + DeserializeOwned>(operation: &str, status: u16) {
    let examples = documented(operation, status);
    assert!(!examples.is_empty(), "{operation} has no example of its answer");
    for (index, (name, example)) in examples.iter().enumerate() {
        let text = serde_json::to_string_pretty(example).unwrap();
        let decoded: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{operation}, {name}: {error}"));
        let encoded = serde_json::to_string_pretty(&decoded).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&encoded).unwrap(), *example, "{operation}, example {name}");
        assert_eq!(encoded, text, "{operation}, example {name}: fields are in the order of the document");
        if index == 0 {
            snapshot(&format!("{operation}-decoded"), &format!("{decoded:#?}"));
            snapshot(&format!("{operation}-encoded"), &encoded);
        }
    }
}

/// Returns names and values of the documented examples of a response. If there are none, returns the value generated
/// from the schema.
fn documented(operation: &str, status: u16) -> Vec<(String, Value)> {
    let document = document();
    let table = hss_spec::operations(&document);
    let row = table.iter().find(|row| row.name == operation).unwrap();
    let pointer = format!(
        "/paths/{}/{}/responses/{status}",
        row.path.replace('~', "~0").replace('/', "~1"),
        row.method.to_lowercase()
    );
    let response = document.resolve(document.root().pointer(&pointer).unwrap()).unwrap();
    let media = response.pointer("/content/application~1json").unwrap();
    let named = media.get("examples").map(Node::entries).unwrap_or_default().iter().map(|(key, example)| {
        let example = document.resolve(example).unwrap();
        (key.name.clone(), document.example_value(example).unwrap().to_json())
    });
    let single = media.get("example").map(|example| ("example".to_owned(), example.to_json()));
    let mut examples: Vec<_> = named.chain(single).collect();
    if examples.is_empty() {
        examples.extend(row.success.sample.clone().map(|sample| ("made from the schema".to_owned(), sample)));
    }
    examples
}

/// The JSON Schema that schemars derives from the generated models matches the schemas of the document.
#[test]
fn schemas_of_the_models() {
    macro_rules! pin {
        ($operation:ident, $model:ident) => {
            let root = schemars::schema_for!(models::$model);
            let name = format!("{}-schema", operations::$operation.name);
            snapshot(&name, &serde_json::to_string_pretty(&root).unwrap());
            let inner = root.definitions.into_values().map(Schema::into_object);
            for schema in inner.chain([root.schema]) {
                let required = schema.object.map(|object| object.required).unwrap_or_default();
                assert!(required.is_empty(), "{name}: whatever the service answers may be absent");
            }
        };
    }
    hss_client::for_each_response!(pin);
    let document = document();
    macro_rules! compare {
        ($model:ident) => {
            compare(&document, stringify!($model), &schemars::schema_for!(models::$model).schema);
        };
    }
    hss_client::for_each_model!(compare);
}

fn compare(document: &Document, name: &str, derived: &SchemaObject) {
    let documented = document.component("schemas", name).unwrap_or_else(|| panic!("no schema {name}"));
    if let Some(known) = documented.get("x-extensible-enum") {
        assert_eq!(derived.extensions.get("x-extensible-enum"), Some(&known.to_json()), "{name}");
        return;
    }
    if let Some(allowed) = documented.get("enum") {
        assert_eq!(values(derived), allowed.to_json().as_array().unwrap().clone(), "{name}");
        return;
    }
    let properties = documented.get("properties").map(Node::entries).unwrap_or_default();
    let object = derived.object.as_ref().unwrap_or_else(|| panic!("{name} is no object"));
    let mut names: Vec<_> = properties.iter().map(|(key, _)| &key.name).collect();
    names.sort();
    assert_eq!(object.properties.keys().collect::<Vec<_>>(), names, "{name}");
    // Types that callers send have the required fields of the document. Types of responses have none, see above.
    if !object.required.is_empty() {
        let mut required: Vec<_> =
            documented.get("required").unwrap().items().iter().filter_map(Node::as_str).collect();
        required.sort_unstable();
        assert_eq!(object.required.iter().collect::<Vec<_>>(), required, "{name}");
    }
    for (key, property) in properties {
        let place = format!("{name}.{}", key.name);
        assert_eq!(shape(&object.properties[&key.name]), documented_shape(document, property), "{place}");
    }
}

/// Returns the values of a closed enumeration. If each value has a description, schemars creates a schema for each.
fn values(schema: &SchemaObject) -> Vec<Value> {
    let alternatives = schema.subschemas.iter().filter_map(|subschemas| subschemas.one_of.as_ref()).flatten();
    let inner = alternatives.flat_map(|schema| values(&schema.clone().into_object()));
    schema.enum_values.iter().flatten().cloned().chain(inner).collect()
}

/// Returns a type in one word: `string`, `integer:int64`, `[FailedReason]`, `ScanStatus`.
fn shape(schema: &Schema) -> String {
    let Schema::Object(schema) = schema else {
        return "anything".to_owned();
    };
    if let Some(reference) = &schema.reference {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let subschemas = schema.subschemas.as_ref();
    // An optional type is the type or null. A type with its own description is wrapped in `allOf`.
    if let Some(types) = subschemas.and_then(|subschemas| subschemas.any_of.as_ref().or(subschemas.all_of.as_ref())) {
        return types.iter().map(shape).find(|shape| shape != "null").unwrap_or_default();
    }
    let instance = match &schema.instance_type {
        Some(SingleOrVec::Single(single)) => **single,
        Some(SingleOrVec::Vec(types)) => *types.iter().find(|instance| **instance != InstanceType::Null).unwrap(),
        None => return "anything".to_owned(),
    };
    match instance {
        InstanceType::Array => match schema.array.as_ref().and_then(|array| array.items.as_ref()) {
            Some(SingleOrVec::Single(items)) => format!("[{}]", shape(items)),
            _ => "[anything]".to_owned(),
        },
        InstanceType::Integer | InstanceType::Number => {
            format!("{instance:?}:{}", schema.format.as_deref().unwrap_or_default()).to_lowercase()
        }
        InstanceType::Null => "null".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn documented_shape(document: &Document, schema: &Node) -> String {
    let target = document.resolve(schema).unwrap();
    let kind = target.text("type").unwrap_or("anything");
    // A map has no named fields and therefore no model.
    let is_model = ["properties", "enum", "x-extensible-enum"].iter().any(|key| target.get(key).is_some());
    match (document.schema_name(schema), kind) {
        (Some(name), _) if is_model => name,
        (_, "array") => format!("[{}]", documented_shape(document, target.get("items").unwrap())),
        (_, "integer" | "number") => format!("{kind}:{}", target.text("format").unwrap_or_default()),
        _ => kind.to_owned(),
    }
}
