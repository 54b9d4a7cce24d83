//! Rules for enumerations: closed in requests, open (`x-extensible-enum`) in responses.

use std::collections::{HashMap, HashSet};

use super::schemas::success_schemas;
use super::{Check, place_of};
use crate::finding::Report;
use crate::grammar::Kind;
use crate::inline::inline_schemas;
use crate::names::pascal_case;
use crate::outline::{Outline, body_schemas};
use crate::{Node, Place, Value};

pub(super) const RULES: &[Check] = &[values, only_text, extensible, closed_in_responses, open_in_parameters];

/// The generator creates a variant for every value. It panics if two values have the same variant name.
fn values(outline: &Outline<'_>, report: &mut Report) {
    for schema in outline.of_kind(Kind::Schema).map(|site| site.node) {
        for key in ["enum", "x-extensible-enum"] {
            let Some((found, list)) = schema.entry(key) else {
                continue;
            };
            if list.as_array().is_some_and(<[_]>::is_empty) {
                let rule = if key == "enum" { "enum-empty" } else { "extensible-enum" };
                report.add(rule, &found.place, format!("`{key}` has no values"), "list the values");
            }
            if schema.text("type") == Some("string") {
                // OpenAPI 3.0 requires `null` as a value in addition to `nullable: true`.
                let null = |value: &Node| value.value == Value::Null && schema.flag("nullable");
                check_values(key, list.items().iter().filter(|value| !null(value)), report);
            }
        }
    }
}

fn check_values<'d>(key: &str, values: impl Iterator<Item = &'d Node>, report: &mut Report) {
    let mut first: HashMap<String, (&str, &Place)> = HashMap::new();
    for node in values {
        let place = &node.place;
        let Some(value) = node.as_str() else {
            let message = format!("a value of `{key}` is {}, but the type is string", node.what());
            report.add("enum-type", place, message, "put the value in quotes");
            continue;
        };
        if !value.chars().any(char::is_alphanumeric) {
            let message = format!("the value `{value}` has no valid Rust name");
            report.add("enum-name", place, message, "remove it");
            continue;
        }
        // Names that differ only in case would compile, but would be confusing.
        let variant = pascal_case(value);
        match first.get(&variant.to_lowercase()) {
            None => {
                first.insert(variant.to_lowercase(), (value, place));
            }
            Some((earlier, at)) if *earlier == value => {
                report.add(
                    "enum-duplicate",
                    place,
                    format!("the value `{value}` is already listed at {at}"),
                    "remove one",
                );
            }
            Some((earlier, at)) => {
                let message = format!("the values `{value}` and `{earlier}` at {at} both become `{variant}` in Rust");
                report.add("enum-collision", place, message, "list one of them");
            }
        }
    }
}

fn only_text(outline: &Outline<'_>, report: &mut Report) {
    for schema in outline.of_kind(Kind::Schema).map(|site| site.node) {
        let (Some((key, _)), Some(kind)) = (schema.entry("enum"), schema.text("type")) else {
            continue;
        };
        if matches!(kind, "integer" | "number") {
            let message = format!("an enumeration of type `{kind}` is not supported");
            report.add(
                "enum-not-text",
                &key.place,
                message,
                "use `minimum` and `maximum`, or an enumeration of strings",
            );
        }
    }
}

fn extensible(outline: &Outline<'_>, report: &mut Report) {
    let inline: HashSet<*const Node> =
        inline_schemas(outline.document).into_iter().map(|inline| std::ptr::from_ref(inline.schema)).collect();
    for site in outline.of_kind(Kind::Schema) {
        let Some((key, list)) = site.node.entry("x-extensible-enum") else {
            continue;
        };
        let place = &key.place;
        if site.component.is_none() && !inline.contains(&std::ptr::from_ref(site.node)) {
            let message = "the open enumeration has no name";
            let hint = "move it into `components.schemas` and refer to it by `$ref`";
            report.add("extensible-enum", place, message, hint);
        }
        if list.as_array().is_none() {
            let message = format!("`x-extensible-enum` is {}, not a list", list.what());
            report.add("extensible-enum", &list.place, message, "list the known values");
        }
        if site.node.get("type").is_none() {
            report.add("extensible-enum", place, "`x-extensible-enum` needs `type: string`", "add `type: string`");
        }
        if site.node.get("enum").is_some() {
            let message = "`enum` closes the enumeration that `x-extensible-enum` opens";
            report.add("extensible-enum", place_of(site.node, "enum"), message, "keep one of the two");
        }
    }
}

/// Returns the schemas of all request parameters and bodies.
fn request_schemas<'d>(outline: &Outline<'d>) -> Vec<&'d Node> {
    let parameters = outline.of_kind(Kind::Parameter).filter_map(|site| site.node.get("schema"));
    let bodies = outline.of_kind(Kind::RequestBody).flat_map(|site| body_schemas(site.node));
    parameters.chain(bodies).collect()
}

/// Otherwise, decoding the response fails for a single value that is unknown to the client.
fn closed_in_responses(outline: &Outline<'_>, report: &mut Report) {
    let sent: HashSet<*const Node> =
        outline.reachable(request_schemas(outline)).into_iter().map(std::ptr::from_ref).collect();
    for schema in outline.reachable(success_schemas(outline)) {
        let Some((key, _)) = schema.entry("enum") else { continue };
        if sent.contains(&std::ptr::from_ref(schema)) {
            report.add(
                "enum-both-ways",
                &key.place,
                "the closed enumeration is used in requests and responses",
                "create two schemas: `enum` for requests, `x-extensible-enum` for responses",
            );
        } else {
            let message = "a closed enumeration in a response breaks when the service adds a value";
            report.add("response-enum", &key.place, message, "write `x-extensible-enum` instead of `enum`");
        }
    }
}

/// Parameters are validated before they are sent, so that their values must be known.
fn open_in_parameters(outline: &Outline<'_>, report: &mut Report) {
    let parameters = outline.of_kind(Kind::Parameter).filter_map(|site| site.node.get("schema"));
    for schema in outline.reachable(parameters) {
        if let Some((key, _)) = schema.entry("x-extensible-enum") {
            let message = "a parameter uses this open enumeration";
            let hint = "give the parameter a schema of its own with `enum`";
            report.add("extensible-enum-parameter", &key.place, message, hint);
        }
    }
}
