//! Rules for parameters: the generator must be able to send them, and each must have a named type.

use std::collections::HashMap;

use super::{Check, place_of};
use crate::finding::Report;
use crate::grammar::Kind;
use crate::names::snake_case;
use crate::outline::{Declared, Endpoint, Outline};
use crate::{Document, Node};

pub(super) const RULES: &[Check] =
    &[names, locations, path_required, styles, reserved_headers, types, inline_types, listed_twice, unique_names];

fn parameters<'d>(outline: &Outline<'d>) -> impl Iterator<Item = &'d Node> {
    outline.of_kind(Kind::Parameter).map(|site| site.node)
}

fn name(parameter: &Node) -> &str {
    parameter.text("name").unwrap_or_default()
}

/// progenitor and typify convert a name that starts with a digit in different ways.
fn names(outline: &Outline<'_>, report: &mut Report) {
    for parameter in parameters(outline) {
        if let Some(found) = parameter.get("name").filter(|found| found.as_str().is_some())
            && !name(parameter).starts_with(|first: char| first.is_ascii_alphabetic())
        {
            let message = format!("the name of the parameter `{}` does not start with a letter", name(parameter));
            report.add("parameter-name", &found.place, message, "correct it, or remove the parameter");
        }
    }
}

/// progenitor refuses cookies.
fn locations(outline: &Outline<'_>, report: &mut Report) {
    for parameter in parameters(outline) {
        let Some(location) = parameter.get("in") else { continue };
        match location.as_str() {
            None | Some("path" | "query" | "header") => {}
            Some("cookie") => {
                let message = format!("the generator cannot send `{}` in a cookie", name(parameter));
                report.add("parameter-cookie", &location.place, message, "send it in a header");
            }
            Some(_) => {
                let message = format!("the parameter `{}` is in no known part of a request", name(parameter));
                let hint = "write `path`, `query` or `header`";
                report.add("parameter-location", &location.place, message, hint);
            }
        }
    }
}

/// progenitor panics on an optional path parameter.
fn path_required(outline: &Outline<'_>, report: &mut Report) {
    for parameter in parameters(outline).filter(|parameter| parameter.text("in") == Some("path")) {
        if !parameter.flag("required") {
            let place = parameter.get("required").map_or(&parameter.place, |node| &node.place);
            let message = format!("the path parameter `{}` is not required", name(parameter));
            report.add("path-parameter-required", place, message, "write `required: true`");
        }
    }
}

/// Returns the styles that OpenAPI permits in a location, with the default first.
fn styles_of(location: &str) -> Option<&'static [&'static str]> {
    Some(match location {
        "path" => &["simple", "label", "matrix"],
        "query" => &["form", "spaceDelimited", "pipeDelimited", "deepObject"],
        "header" => &["simple"],
        "cookie" => &["form"],
        _ => return None,
    })
}

/// The generator repeats the key of an array and supports no other style.
fn styles(outline: &Outline<'_>, report: &mut Report) {
    for parameter in parameters(outline) {
        let permitted = parameter.text("in").and_then(styles_of);
        if let Some((permitted, node)) = permitted.zip(parameter.get("style"))
            && let (Some(usual), Some(style)) = (permitted.first(), node.as_str())
        {
            if !permitted.contains(&style) {
                let message = format!("the parameter `{}` has the style `{style}`", name(parameter));
                let hint = format!("write one of {}", permitted.join(", "));
                report.add("parameter-style-unknown", &node.place, message, hint);
            } else if style != *usual {
                let message = format!("the generator cannot send `{}` in this style", name(parameter));
                report.add("parameter-style", &node.place, message, format!("remove `style`, which means `{usual}`"));
            }
        }
        let query = parameter.text("in") == Some("query");
        if let Some(explode) = parameter.get("explode").filter(|node| query && node.as_bool() == Some(false)) {
            let message =
                format!("the generator ignores `explode: false` of `{}` and repeats the key", name(parameter));
            report.add("parameter-style", &explode.place, message, "remove it, or declare the list as one string");
        }
        for key in ["content", "allowReserved"] {
            if let Some((found, _)) = parameter.entry(key).filter(|(_, node)| node.as_bool() != Some(false)) {
                let message = format!("the generator cannot send `{}` with `{key}`", name(parameter));
                report.add("parameter-style", &found.place, message, "describe it by `schema` alone");
            }
        }
    }
}

/// A credential in a parameter would be a plain string argument, visible in logs.
fn reserved_headers(outline: &Outline<'_>, report: &mut Report) {
    const RESERVED: [&str; 5] = ["authorization", "x-auth-token", "content-type", "accept", "host"];
    for parameter in parameters(outline).filter(|parameter| parameter.text("in") == Some("header")) {
        if RESERVED.contains(&name(parameter).to_ascii_lowercase().as_str()) {
            let place = parameter.get("name").map_or(&parameter.place, |node| &node.place);
            let message = format!("the client sets the header `{}` itself", name(parameter));
            let hint = "remove it; credentials belong in `components.securitySchemes`";
            report.add("parameter-header", place, message, hint);
        }
    }
}

fn types(outline: &Outline<'_>, report: &mut Report) {
    for parameter in parameters(outline).filter(|parameter| parameter.get("content").is_none()) {
        let Some(declared) = parameter.get("schema") else {
            let message = format!("the parameter `{}` has no schema", name(parameter));
            report.add("missing-key", &parameter.place, message, "add `schema`");
            continue;
        };
        // Another rule reports broken references.
        let Ok(schema) = outline.document.resolve(declared) else {
            continue;
        };
        let in_query = parameter.text("in") == Some("query");
        let one = match schema.text("type") {
            Some("array") if in_query => schema.get("items").and_then(|items| outline.document.resolve(items).ok()),
            _ => Some(schema),
        };
        if let Some(kind) = one.map(|one| one.text("type")).filter(|kind| !is_simple(*kind)) {
            let message = format!(
                "the parameter `{}` is of type `{}`, which the generator cannot send",
                name(parameter),
                kind.unwrap_or("any")
            );
            let hint = "use string, integer or boolean; in the query also an array of these";
            report.add("parameter-type", place_of(parameter, "schema"), message, hint);
        }
    }
}

fn is_simple(kind: Option<&str>) -> bool {
    matches!(kind, Some("string" | "integer" | "boolean"))
}

/// An inline type is named after its operation, so that the same parameter would have a different type in each.
fn inline_types(outline: &Outline<'_>, report: &mut Report) {
    for parameter in parameters(outline) {
        let Some(schema) = parameter.get("schema") else {
            continue;
        };
        for schema in [Some(schema), schema.get("items")].into_iter().flatten() {
            let constrained = schema.text("type") == Some("string")
                && ["enum", "minLength", "maxLength", "pattern"].iter().any(|key| schema.get(key).is_some());
            if constrained {
                let message = format!(
                    "the constrained schema of `{}` has no name, so each operation gets a separate type",
                    name(parameter)
                );
                let hint = "move it into `components.schemas` and refer to it by `$ref`";
                report.add("parameter-inline", &schema.place, message, hint);
            }
        }
    }
}

/// Checks the lists of paths and of operations, each on its own: an operation may override a parameter of its path.
fn listed_twice(outline: &Outline<'_>, report: &mut Report) {
    let paths = outline.document.root().get("paths").map(Node::entries).unwrap_or_default();
    let paths = paths.iter().filter(|(path, _)| !path.name.starts_with("x-"));
    let of_paths = paths.map(|(path, item)| (path.name.clone(), item));
    let of_operations = outline.endpoints.iter().map(|endpoint| (endpoint.title(), endpoint.node));
    for (title, owner) in of_paths.chain(of_operations) {
        let mut first: HashMap<(&str, &str), &Node> = HashMap::new();
        for written in owner.get("parameters").map(Node::items).unwrap_or_default() {
            let parameter = outline.document.resolve(written).ok();
            let Some(named) = parameter.and_then(|node| Some((node.text("name")?, node.text("in")?))) else {
                continue;
            };
            if let Some(earlier) = first.get(&named) {
                let (name, location) = named;
                let message =
                    format!("{title} declares the {location} parameter `{name}` twice, first at {}", earlier.place);
                report.add("parameter-duplicate", &written.place, message, "remove one of the two");
            } else {
                first.insert(named, written);
            }
        }
    }
}

fn unique_names(outline: &Outline<'_>, report: &mut Report) {
    for endpoint in &outline.endpoints {
        unique_names_of(outline.document, endpoint, report);
    }
}

/// Parameters become the arguments of one function.
fn unique_names_of(document: &Document, endpoint: &Endpoint<'_>, report: &mut Report) {
    let mut first: HashMap<String, &Declared<'_>> = HashMap::new();
    let has_body = endpoint.body(document).is_some();
    for parameter in endpoint.parameters.iter().filter(|parameter| !parameter.name().is_empty()) {
        let argument = snake_case(parameter.name());
        let reserved: &[&str] = if has_body { &["new", "send", "body", "body_map"] } else { &["new", "send"] };
        if reserved.contains(&argument.as_str()) {
            let message =
                format!("the generated code already has a method `{argument}`, as for `{}`", parameter.name());
            report.add(
                "parameter-collision",
                &parameter.written.place,
                message,
                "the generator cannot send this parameter",
            );
        }
        let Some(earlier) = first.get(&argument) else {
            first.insert(argument, parameter);
            continue;
        };
        // An operation may override a parameter of its path. Another check reports a parameter that is listed twice.
        if earlier.name() != parameter.name() || earlier.location() != parameter.location() {
            let message = format!(
                "the parameters `{}` and `{}` at {} of {} both become `{argument}` in Rust",
                parameter.name(),
                earlier.name(),
                earlier.written.place,
                endpoint.title()
            );
            report.add("parameter-collision", &parameter.written.place, message, "the generator cannot send both");
        }
    }
}
