//! Rules for schemas: the generator must support them, and old clients must work with newer servers.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::{Check, place_of};
use crate::excerpt::shorten;
use crate::finding::Report;
use crate::grammar::Kind;
use crate::inline::inline_schemas;
use crate::outline::{Endpoint, Outline, body_schemas};
use crate::reference::described_reference;
use crate::{Document, Node, Value};

pub(super) const RULES: &[Check] =
    &[combinators, types, keywords, required, inline, integers, exclusive_bounds, defaults, forward_compatible];

fn schemas<'d>(outline: &Outline<'d>) -> impl Iterator<Item = &'d Node> {
    outline.of_kind(Kind::Schema).map(|site| site.node)
}

/// The generator copies or drops combined schemas, or gives them wrong types. Lowering replaces a reference that has a
/// description of its own.
fn combinators(outline: &Outline<'_>, report: &mut Report) {
    let properties =
        schemas(outline).flat_map(|schema| schema.get("properties").map(Node::entries).unwrap_or_default());
    let described: HashSet<*const Node> = properties
        .map(|(_, property)| property)
        .filter(|property| described_reference(property).is_some())
        .map(std::ptr::from_ref)
        .collect();
    for schema in schemas(outline).filter(|schema| !described.contains(&std::ptr::from_ref(*schema))) {
        for key in ["oneOf", "anyOf", "allOf", "not", "discriminator"] {
            if let Some((found, _)) = schema.entry(key) {
                let message = format!("the generator cannot create a correct type for `{key}`");
                report.add(
                    "schema-combinator",
                    &found.place,
                    message,
                    "write one object schema with all the properties; in a property, `allOf` can hold one `$ref` beside \
                     `description`",
                );
            }
        }
    }
}

/// Returns the keywords of a type. Keywords that are valid for any type are not included.
fn keywords_of(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "string" => &["format", "minLength", "maxLength", "pattern", "enum", "x-extensible-enum"],
        "integer" | "number" => {
            &["format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum"]
        }
        "boolean" => &[],
        "array" => &["items", "minItems", "maxItems", "uniqueItems"],
        "object" => &["properties", "required", "additionalProperties", "minProperties", "maxProperties"],
        _ => return None,
    })
}

/// progenitor panics on an unknown type.
fn types(outline: &Outline<'_>, report: &mut Report) {
    for schema in schemas(outline) {
        let Some(node) = schema.get("type") else { continue };
        match node.as_str() {
            Some("array") if schema.get("items").is_none() => {
                report.add("schema-items", &schema.place, "the array has no `items`", "add `items`");
            }
            Some(kind) if keywords_of(kind).is_none() => {
                let message = format!("unknown type `{kind}`");
                report.add(
                    "schema-type",
                    &node.place,
                    message,
                    "write string, integer, number, boolean, array or object",
                );
            }
            _ => {}
        }
    }
}

/// If a keyword does not belong to the type, the generator drops it, falls back to "any JSON", or panics, as on a
/// format of an object.
fn keywords(outline: &Outline<'_>, report: &mut Report) {
    const TYPED: [&str; 5] = ["string", "integer", "boolean", "array", "object"];
    for schema in schemas(outline) {
        let kind = schema.text("type");
        let own = kind.and_then(keywords_of);
        if kind.is_some() && own.is_none() {
            continue;
        }
        for (key, _) in schema.entries() {
            let typed =
                TYPED.iter().filter_map(|kind| keywords_of(kind)).any(|words| words.contains(&key.name.as_str()));
            if !typed || own.is_some_and(|own| own.contains(&key.name.as_str())) {
                continue;
            }
            match kind {
                Some(kind) => {
                    let message = format!("`{}` has no meaning for the type `{kind}`", key.name);
                    report.add("schema-keyword", &key.place, message, "correct the type or remove the key");
                }
                None => {
                    let message = format!("`{}` needs a type beside it", key.name);
                    report.add("schema-typeless", &key.place, message, "add `type`");
                }
            }
        }
    }
}

fn required(outline: &Outline<'_>, report: &mut Report) {
    for schema in schemas(outline) {
        let properties = schema.get("properties").map(Node::entries).unwrap_or_default();
        let declared: HashSet<&str> = properties.iter().map(|(key, _)| key.name.as_str()).collect();
        let mut seen = HashSet::new();
        for node in schema.get("required").map(Node::items).unwrap_or_default() {
            let Some(name) = node.as_str() else { continue };
            if !seen.insert(name) {
                report.add("required-duplicate", &node.place, format!("`{name}` is required twice"), "remove one");
            } else if !declared.contains(name) {
                let message = format!("the required property `{name}` is not declared");
                report.add("required-undeclared", &node.place, message, format!("declare `{name}` under `properties`"));
            }
        }
    }
}

/// Lowering names the types of inline schemas. The generator names the others after their position, which may collide.
fn inline(outline: &Outline<'_>, report: &mut Report) {
    // Separate rules apply to these.
    let bodies = outline.of_kind(Kind::MediaType).chain(outline.of_kind(Kind::Parameter));
    let mut elsewhere: HashSet<*const Node> = bodies
        .filter_map(|site| site.node.get("schema"))
        .flat_map(|schema| [Some(schema), schema.get("items").filter(|_| schema.text("type") == Some("array"))])
        .flatten()
        .map(std::ptr::from_ref)
        .collect();
    elsewhere.extend(inline_schemas(outline.document).into_iter().map(|inline| std::ptr::from_ref(inline.schema)));
    for site in outline.of_kind(Kind::Schema).filter(|site| site.component.is_none()) {
        let schema = site.node;
        if elsewhere.contains(&std::ptr::from_ref(schema)) {
            continue;
        }
        let is_empty = schema.get("additionalProperties").is_some_and(|node| node.as_bool() == Some(false));
        let is_object = schema.get("properties").is_some() || is_empty;
        for (is_type, what) in [(is_object, "object"), (schema.get("enum").is_some(), "enumeration")] {
            if is_type {
                let why = if schema.flag("nullable") { ", but is nullable" } else { "" };
                let message = format!("this {what} has no name{why}");
                let hint = "move it into `components.schemas` and refer to it by `$ref`";
                report.add("schema-inline", &schema.place, message, hint);
            }
        }
    }
}

fn integers(outline: &Outline<'_>, report: &mut Report) {
    for schema in schemas(outline).filter(|schema| schema.text("type") == Some("integer")) {
        let (min, max) = match schema.text("format") {
            Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
            Some("int64") => (i64::MIN, i64::MAX),
            format => {
                let place =
                    schema.entry("format").or_else(|| schema.entry("type")).map_or(&schema.place, |(_, n)| &n.place);
                let (message, hint) = match format {
                    Some(format) => {
                        let message = format!("the client sends and reads `{}` as a 64-bit integer", shorten(format));
                        (message, "write `format: int32` or `format: int64`, and bounds if it has others")
                    }
                    None => ("the integer has no format".to_owned(), "add `format: int32` or `format: int64`"),
                };
                report.add("integer-format", place, message, hint);
                continue;
            }
        };
        for bound in ["minimum", "maximum"].iter().filter_map(|key| schema.get(key)) {
            let whole = bound.as_i64();
            if matches!(bound.value, Value::Number(_)) && !whole.is_some_and(|value| (min..=max).contains(&value)) {
                let message = "the bound is not a whole number within the format";
                report.add("integer-bounds", &bound.place, message, "correct the bound, or write `format: int64`");
            }
        }
        let bound = |key: &str| schema.get(key).and_then(Node::as_i64);
        if let (Some(minimum), Some(maximum)) = (bound("minimum"), bound("maximum"))
            && minimum > maximum
        {
            let message = format!("no integer lies between {minimum} and {maximum}");
            report.add("integer-bounds", place_of(schema, "maximum"), message, "correct the bounds");
        }
    }
}

/// progenitor panics on an exclusive bound without the bound.
fn exclusive_bounds(outline: &Outline<'_>, report: &mut Report) {
    for schema in schemas(outline) {
        for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            if let Some((key, _)) = schema.entry(exclusive).filter(|_| schema.get(bound).is_none()) {
                let message = format!("`{exclusive}` has no `{bound}` beside it");
                report.add("schema-keyword", &key.place, message, format!("add `{bound}`, or remove it"));
            }
        }
    }
}

/// The generator refuses a default that does not match its schema.
fn defaults(outline: &Outline<'_>, report: &mut Report) {
    for schema in schemas(outline) {
        let Some(default) = schema.get("default") else { continue };
        let kind = schema.text("type");
        let fits = match (&default.value, kind) {
            (Value::Null, _) => schema.flag("nullable"),
            (Value::Number(number), Some("integer")) => number.is_i64() || number.is_u64(),
            (value, Some(kind)) => {
                let found = match value {
                    Value::String(_) => "string",
                    Value::Bool(_) => "boolean",
                    Value::Number(_) => "number",
                    Value::Array(_) => "array",
                    Value::Object(_) | Value::Null => "object",
                };
                found == kind
            }
            (_, None) => true,
        };
        if !fits {
            let message = format!("the default is {}, but the type is `{}`", default.what(), kind.unwrap_or("any"));
            report.add(
                "default-invalid",
                &default.place,
                message,
                "correct the default, or put it in quotes if it is text",
            );
            continue;
        }
        let allowed = schema.get("enum").map(Node::items).unwrap_or_default();
        if !allowed.is_empty() && !allowed.iter().any(|value| value.value == default.value) {
            report.add(
                "default-invalid",
                &default.place,
                "the default is not one of the values of `enum`",
                "correct it",
            );
        }
        let length = default.as_str().and_then(|text| i64::try_from(text.chars().count()).ok());
        let beyond = |value: Option<i64>, key: &str, ordering| {
            let bound = schema.get(key).and_then(Node::as_i64);
            value.zip(bound).is_some_and(|(value, bound)| value.cmp(&bound) == ordering)
        };
        if beyond(default.as_i64(), "minimum", Ordering::Less)
            || beyond(default.as_i64(), "maximum", Ordering::Greater)
            || beyond(length, "minLength", Ordering::Less)
            || beyond(length, "maxLength", Ordering::Greater)
        {
            report.add("default-invalid", &default.place, "the default is outside the bounds", "correct it");
        }
    }
}

/// Returns the schemas of the bodies of all 2xx responses.
pub(super) fn success_schemas<'d>(outline: &Outline<'d>) -> Vec<&'d Node> {
    outline.endpoints.iter().flat_map(|endpoint| success_schemas_of(outline.document, endpoint)).collect()
}

/// Returns the schemas of the bodies of the 2xx responses of one operation.
pub(super) fn success_schemas_of<'d>(document: &'d Document, endpoint: &Endpoint<'d>) -> Vec<&'d Node> {
    let successes = endpoint.responses(document).into_iter().filter(|(key, _)| key.name.starts_with('2'));
    successes.flat_map(|(_, response)| body_schemas(response)).collect()
}

/// The service may add fields and values at any time. A type that refuses them breaks released clients.
fn forward_compatible(outline: &Outline<'_>, report: &mut Report) {
    for schema in outline.reachable(success_schemas(outline)) {
        if let Some(node) = schema.get("additionalProperties").filter(|node| node.as_bool() == Some(false)) {
            let message = "a response schema that forbids unknown fields breaks when the service adds a field";
            report.add("response-additional-properties", &node.place, message, "remove `additionalProperties: false`");
        }
        if let Some((key, _)) = schema.entry("pattern") {
            let message = "a response that does not match the pattern would be an error as a whole";
            report.add("response-pattern", &key.place, message, "describe it in the description");
        }
        let exclusive = i64::from(schema.flag("exclusiveMinimum"));
        if let Some(node) = schema.get("minimum").filter(|_| schema.text("type") == Some("integer"))
            && node.as_i64().is_some_and(|min| min.saturating_add(exclusive) > 0)
        {
            let message = "the generator creates a type that does not allow 0";
            report.add("response-minimum", &node.place, message, "remove it, or write `minimum: 0`");
        }
    }
}
