//! Rules for the structure of a document: known keys, values of the right type, and words without ambiguity in YAML.

use super::Check;
use crate::finding::Report;
use crate::grammar::{Field, Kind, Shape};
use crate::outline::{Outline, Site, is_component_name};
use crate::scalar::differs_in_yaml_1_1;
use crate::suggestion::nearest;
use crate::{Key, Node, Value};

pub(super) const RULES: &[Check] =
    &[openapi_version, missing_keys, keys, values, yaml_words, servers, security, security_schemes];

/// progenitor supports only OpenAPI 3.0.
fn openapi_version(outline: &Outline<'_>, report: &mut Report) {
    let Some(version) = outline.document.root().get("openapi") else {
        return;
    };
    // A suffix marks a version before its publication: `3.0.3-rc1`.
    let patch = version.as_str().and_then(|text| text.strip_prefix("3.0."));
    let patch = patch.map(|patch| patch.split_once('-').map_or(patch, |(number, _)| number));
    if !patch.is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|b| b.is_ascii_digit())) {
        let hint = "write `openapi: 3.0.3`; the generator does not support 2.0 and 3.1";
        report.add("openapi-version", &version.place, "the document is not OpenAPI 3.0", hint);
    }
}

/// Returns all objects, without references.
fn objects<'o, 'd>(outline: &'o Outline<'d>) -> impl Iterator<Item = &'o Site<'d>> {
    outline.sites.iter().filter(|site| !site.is_reference())
}

fn missing_keys(outline: &Outline<'_>, report: &mut Report) {
    for site in objects(outline) {
        for field in site.kind.fields().iter().filter(|field| field.required && site.node.get(field.name).is_none()) {
            let place = site.key.map_or(&site.node.place, |key| &key.place);
            let message = format!("{} has no `{}`", site.kind.what(), field.name);
            report.add("missing-key", place, message, format!("add `{}`", field.name));
        }
    }
}

/// The generator ignores unknown keys, so that a typing error would not be noticed.
fn keys(outline: &Outline<'_>, report: &mut Report) {
    // The schema of OpenAPI 3.0 permits other keys in a discriminator. All keys of a callback are expressions.
    for site in objects(outline).filter(|site| !matches!(site.kind, Kind::Callback | Kind::Discriminator)) {
        let fields = site.kind.fields();
        for (key, _) in site.node.entries() {
            let known = fields.iter().any(|field| field.name == key.name);
            if known || key.name.starts_with("x-") {
                continue;
            }
            let hint = match nearest(&key.name, fields.iter().map(|field| field.name)) {
                Some(name) => format!("did you mean `{name}`?"),
                None => "remove it, or name it `x-…` if it is an extension".to_owned(),
            };
            report.add("unknown-key", &key.place, format!("{} has no key `{}`", site.kind.what(), key.name), hint);
        }
    }
}

fn values(outline: &Outline<'_>, report: &mut Report) {
    for site in objects(outline) {
        for field in site.kind.fields() {
            if let Some(node) = site.node.get(field.name) {
                value(site.kind, field, node, report);
            }
        }
    }
}

fn value(kind: Kind, field: &Field, node: &Node, report: &mut Report) {
    let mut wrong = |node: &Node, what: String, expected: &str| {
        let message = format!("{what} is {} instead of {expected}", node.what());
        let hint = match node.value {
            Value::Bool(_) | Value::Number(_) if expected == "text" => "put it in quotes".to_owned(),
            _ => format!("write {expected}"),
        };
        report.add("wrong-type", &node.place, message, hint);
    };
    let own = || format!("`{}`", field.name);
    let below = || format!("a value in `{}`", field.name);
    let is_text = |node: &Node| node.as_str().is_some();
    let is_map = |node: &Node| node.as_object().is_some();
    match field.shape {
        Shape::Any => {}
        Shape::Text if !is_text(node) => wrong(node, own(), "text"),
        Shape::Flag if node.as_bool().is_none() => wrong(node, own(), "`true` or `false`"),
        Shape::Number if !matches!(node.value, Value::Number(_)) => wrong(node, own(), "a number"),
        Shape::Count if node.as_u64().is_none() => wrong(node, own(), "a whole number from 0"),
        Shape::One(_) if !is_map(node) => wrong(node, own(), "a map"),
        Shape::FlagOrSchema if !is_map(node) && node.as_bool().is_none() => wrong(node, own(), "a boolean or a map"),
        Shape::Values | Shape::Texts | Shape::List(_) | Shape::Security if node.as_array().is_none() => {
            wrong(node, own(), "a list");
        }
        Shape::TextMap | Shape::Map(_) | Shape::Patterned(_) if !is_map(node) => wrong(node, own(), "a map"),
        Shape::Texts => node.items().iter().filter(|item| !is_text(item)).for_each(|item| wrong(item, below(), "text")),
        Shape::List(_) | Shape::Security => {
            node.items().iter().filter(|item| !is_map(item)).for_each(|item| wrong(item, below(), "a map"));
        }
        Shape::TextMap => {
            node.entries().iter().filter(|(_, item)| !is_text(item)).for_each(|(_, item)| wrong(item, below(), "text"));
        }
        Shape::Map(_) | Shape::Patterned(_) => {
            let is_free = |key: &Key| match field.shape {
                Shape::Patterned(_) => key.name.starts_with("x-"),
                _ => kind == Kind::Components && !is_component_name(&key.name),
            };
            for (_, item) in node.entries().iter().filter(|(key, item)| !is_map(item) && !is_free(key)) {
                wrong(item, below(), "a map");
            }
        }
        _ => {}
    }
}

/// Other tools still use YAML 1.1, where these are booleans and dates.
fn yaml_words(outline: &Outline<'_>, report: &mut Report) {
    let mut open = vec![outline.document.root()];
    while let Some(node) = open.pop() {
        let words = node.entries().iter().filter(|(key, _)| key.plain).map(|(key, _)| (key.name.as_str(), &key.place));
        let own = node.as_str().filter(|_| node.plain).map(|word| (word, &node.place));
        for (word, place) in words.chain(own).filter(|(word, _)| differs_in_yaml_1_1(word)) {
            let message = format!("`{word}` without quotes is a string here, but not in tools that read YAML 1.1");
            report.add("yaml-word", place, message, format!("write '{word}'"));
        }
        open.extend(node.items().iter().chain(node.entries().iter().map(|(_, value)| value)));
    }
}

fn servers(outline: &Outline<'_>, report: &mut Report) {
    for site in outline.of_kind(Kind::Server) {
        let Some(url) = site.node.get("url") else { continue };
        for piece in url.as_str().unwrap_or_default().split('{').skip(1) {
            let name = piece.split('}').next().unwrap_or_default();
            if site.node.get("variables").and_then(|variables| variables.get(name)).is_none() {
                let message = format!("the variable `{name}` of this address is not declared");
                report.add("server-variable", &url.place, message, format!("declare `{name}` under `variables`"));
            }
        }
    }
}

fn security(outline: &Outline<'_>, report: &mut Report) {
    let root = outline.document.root().get("security");
    let lists = root.into_iter().chain(outline.endpoints.iter().filter_map(|endpoint| endpoint.node.get("security")));
    for (key, scopes) in lists.flat_map(Node::items).flat_map(Node::entries) {
        if !scopes.as_array().is_some_and(|scopes| scopes.iter().all(|scope| scope.as_str().is_some())) {
            let message = format!("`{}` has no list of scopes", key.name);
            report.add("wrong-type", &scopes.place, message, "write a list of strings, or `[]` without scopes");
        }
        if outline.document.component("securitySchemes", &key.name).is_none() {
            let message = format!("the security scheme `{}` is not declared", key.name);
            let hint = format!("declare `{}` under `components.securitySchemes`", key.name);
            report.add("security-undeclared", &key.place, message, hint);
        }
    }
}

/// The parser of the generator supports four types of schemes, each with required keys.
fn security_schemes(outline: &Outline<'_>, report: &mut Report) {
    for site in outline.of_kind(Kind::SecurityScheme) {
        let Some(kind) = site.node.get("type") else { continue };
        let keys: &[&str] = match kind.as_str() {
            Some("apiKey") => &["name", "in"],
            Some("http") => &["scheme"],
            Some("oauth2") => &["flows"],
            Some("openIdConnect") => &["openIdConnectUrl"],
            Some(_) => {
                let message = "unknown type of security scheme";
                report.add("security-scheme", &kind.place, message, "write apiKey, http, oauth2 or openIdConnect");
                continue;
            }
            None => continue,
        };
        for key in keys.iter().filter(|key| site.node.get(key).is_none()) {
            let message = format!("a security scheme of this type needs `{key}`");
            report.add("security-scheme", &kind.place, message, format!("add `{key}`"));
        }
        if let Some(place) =
            site.node.get("in").filter(|place| !matches!(place.as_str(), Some("header" | "query" | "cookie")))
        {
            let message = "the location of a key must be header, query or cookie";
            report.add("security-scheme", &place.place, message, "write `in: header`");
        }
    }
}
