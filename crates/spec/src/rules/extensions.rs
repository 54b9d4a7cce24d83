//! Rules for the project's own extensions, which the operation table reads.

use super::{Check, place_of};
use crate::defaults::{DEFAULTS, KEY, is_error};
use crate::finding::Report;
use crate::grammar::Kind;
use crate::outline::{Endpoint, Outline};
use crate::reference::schema_name;
use crate::scalar::is_date;
use crate::{Document, Node, Place};

pub(super) const RULES: &[Check] = &[names, operations, operation_defaults, client_settings, pagination];

/// Every extension with the object to which it belongs.
const EXTENSIONS: [(&str, Kind); 7] = [
    (KEY, Kind::Document),
    ("x-source", Kind::Operation),
    ("x-idempotent", Kind::Operation),
    ("x-rate-limit", Kind::Operation),
    ("x-pagination", Kind::Operation),
    ("x-client-setting", Kind::Parameter),
    ("x-extensible-enum", Kind::Schema),
];

fn names(outline: &Outline<'_>, report: &mut Report) {
    for site in outline.sites.iter().filter(|site| !site.is_reference()) {
        // `paths` and `responses` may have extensions, but are not objects of the grammar.
        let inner = ["paths", "responses"].into_iter().filter_map(|key| site.node.get(key));
        let inner = inner.filter(|_| matches!(site.kind, Kind::Document | Kind::Operation));
        for (key, _) in std::iter::once(site.node).chain(inner).flat_map(Node::entries) {
            if site.kind == Kind::Callback || !key.name.starts_with("x-") {
                continue;
            }
            if key.name.starts_with("x-dropshot-") || key.name.starts_with("x-rust-") {
                let message = format!("`{}` changes the output of the generator", key.name);
                report.add("extension-generator", &key.place, message, "remove it");
                continue;
            }
            match EXTENSIONS.iter().find(|(name, _)| *name == key.name) {
                None => {
                    let message = format!("unknown extension `{}`", key.name);
                    report.add("extension-unknown", &key.place, message, "correct its name or remove it");
                }
                Some((_, kind)) if *kind != site.kind => {
                    let message = format!("`{}` belongs to {}, not to {}", key.name, kind.what(), site.kind.what());
                    report.add("extension-misplaced", &key.place, message, "move it");
                }
                Some(_) => {}
            }
        }
    }
}

fn operations(outline: &Outline<'_>, report: &mut Report) {
    for endpoint in &outline.endpoints {
        if let Some(node) = endpoint.node.get("x-idempotent").filter(|node| node.as_bool().is_none()) {
            report.add("idempotent", &node.place, "`x-idempotent` is not a boolean", "write `true` or `false`");
        }
        // A default is checked once.
        let default = outline.document.operation_default("x-rate-limit");
        let is_own = |node: &&Node| default.is_none_or(|default| default.place != node.place);
        if let Some(node) = endpoint.node.get("x-rate-limit").filter(is_own) {
            rate_limit(node, report);
        }
        if let Some(node) = endpoint.node.get("x-source") {
            source(node, report);
        }
    }
}

fn rate_limit(node: &Node, report: &mut Report) {
    known_keys("rate-limit", node, &["requests", "seconds"], report);
    for key in ["requests", "seconds"] {
        let positive = |node: &Node| node.as_u64().is_some_and(|n| (1..=u64::from(u32::MAX)).contains(&n));
        if !node.get(key).is_some_and(positive) {
            let message = format!("`x-rate-limit` needs `{key}`: a whole number from 1");
            report.add("rate-limit", value_or(node, key), message, "write for example `{requests: 5, seconds: 60}`");
        }
    }
}

/// Other rules check the responses, in each operation that has them.
fn operation_defaults(outline: &Outline<'_>, report: &mut Report) {
    const RULE: &str = "operation-defaults";
    let Some((key, defaults)) = outline.document.defaults() else { return };
    let hint = format!("write a map with {}", DEFAULTS.map(|name| format!("`{name}`")).join(" and "));
    if defaults.as_object().is_none_or(<[_]>::is_empty) {
        report.add(RULE, &key.place, format!("`{KEY}` is not a map with defaults"), hint);
        return;
    }
    known_keys(RULE, defaults, &DEFAULTS, report);
    if let Some(node) = defaults.get("x-rate-limit") {
        rate_limit(node, report);
    }
    let Some(responses) = defaults.get("responses") else { return };
    if responses.as_object().is_none() {
        report.add(RULE, &responses.place, "the default `responses` are not a map", "write a response for each status");
    }
    for (status, _) in responses.entries().iter().filter(|(status, _)| !is_error(&status.name)) {
        let message = format!("the default response `{}` is not that of an error", status.name);
        report.add(RULE, &status.place, message, "write it in the operations; '4XX' and '5XX' can have defaults");
    }
}

fn source(node: &Node, report: &mut Report) {
    const RULE: &str = "source-form";
    known_keys(RULE, node, &["page", "updated", "sdk", "language"], report);
    let https = |page: &str| page.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.contains(' '));
    if let Some(sdk) = node.get("sdk") {
        if !sdk.as_str().is_some_and(is_name_and_version) {
            let hint = "write them as `huaweicloudsdkhss 3.1.219`";
            report.add(RULE, &sdk.place, "`sdk` is not the name and version of an SDK", hint);
        }
        for (key, _) in ["page", "updated"].into_iter().filter_map(|name| node.entry(name)) {
            let message = format!("`x-source` has `sdk` and `{}`", key.name);
            report.add(RULE, &key.place, message, "write `sdk` only if the manual has no page");
        }
    } else {
        if !node.text("page").is_some_and(https) {
            let message = "`x-source` needs `page`: the https address of the manual page";
            report.add(RULE, value_or(node, "page"), message, "write the address, or `sdk` if there is no page");
        }
        if !node.text("updated").is_some_and(is_date) {
            let message = "`x-source` needs `updated`: the date on the page";
            report.add(RULE, value_or(node, "updated"), message, "write it as '2024-11-19'");
        }
    }
    let is_code = |code: &str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase());
    if let Some(language) = node.get("language").filter(|language| !language.as_str().is_some_and(is_code)) {
        let message = "`language` is not an ISO 639-1 code";
        report.add(RULE, &language.place, message, "write two letters such as `zh`; the default is `en`");
    }
}

fn is_name_and_version(text: &str) -> bool {
    let words: Vec<_> = text.split(' ').collect();
    matches!(words.as_slice(), [name, version] if !name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit()))
}

fn client_settings(outline: &Outline<'_>, report: &mut Report) {
    for parameter in outline.of_kind(Kind::Parameter) {
        let Some(node) = parameter.node.get("x-client-setting") else {
            continue;
        };
        if !matches!(node.as_str(), Some("project_id" | "enterprise_project_id" | "region")) {
            let message = "the client has no such setting";
            let hint = "write `project_id`, `enterprise_project_id` or `region`";
            report.add("client-setting", &node.place, message, hint);
        }
    }
}

fn pagination(outline: &Outline<'_>, report: &mut Report) {
    for endpoint in &outline.endpoints {
        if let Some(node) = endpoint.node.get("x-pagination") {
            known_keys("pagination", node, &["offset", "limit", "items", "total", "key"], report);
            check_parameters(outline, endpoint, node, report);
            check_fields(outline, endpoint, node, report);
        }
    }
}

fn check_parameters(outline: &Outline<'_>, endpoint: &Endpoint<'_>, node: &Node, report: &mut Report) {
    for key in ["offset", "limit"] {
        let is_integer = |name: &str| {
            endpoint.parameters.iter().any(|parameter| {
                let schema = parameter.node.and_then(|node| node.get("schema"));
                parameter.name() == name
                    && parameter.location() == "query"
                    && schema.and_then(|schema| outline.document.resolve(schema).ok()).is_some_and(is_type("integer"))
            })
        };
        if !node.text(key).is_some_and(is_integer) {
            let message = format!(
                "`{key}` of `x-pagination` is not the name of an integer query parameter of {}",
                endpoint.title()
            );
            report.add("pagination", value_or(node, key), message, "use an existing name");
        }
    }
}

fn check_fields(outline: &Outline<'_>, endpoint: &Endpoint<'_>, node: &Node, report: &mut Report) {
    let document = outline.document;
    // A missing success response is reported by another rule.
    if !endpoint.responses(document).iter().any(|(key, _)| key.name.starts_with('2')) {
        return;
    }
    let page = super::schemas::success_schemas_of(document, endpoint)
        .into_iter()
        .next()
        .and_then(|schema| document.resolve(schema).ok());
    let named = |key: &str| page.zip(node.text(key)).and_then(|(page, name)| field(document, page, name));
    let mut wrong = |key: &str, expected: &str| {
        let message = format!("`{key}` of `x-pagination` is not the name of the {expected} of {}", endpoint.title());
        report.add("pagination", value_or(node, key), message, "use an existing name");
    };
    if !named("total").is_some_and(is_type("integer")) {
        wrong("total", "integer field of the response");
    }
    let rows = named("items").filter(|rows| is_type("array")(rows));
    let row = rows.and_then(|rows| rows.get("items")).filter(|row| schema_name(row).is_some());
    let row = row.and_then(|row| document.resolve(row).ok()).filter(|row| is_type("object")(row));
    match row {
        None => wrong("items", "field of the response that is an array of a component object"),
        Some(row) => {
            let key = node.get("key").map(|key| key.as_str().and_then(|name| field(document, row, name)));
            if key.is_some_and(|key| !key.is_some_and(is_type("string"))) {
                wrong("key", "string field of a row in the response");
            }
        }
    }
}

/// Returns the schema of a property.
fn field<'d>(document: &'d Document, schema: &'d Node, name: &str) -> Option<&'d Node> {
    document.resolve_schema(schema.get("properties")?.get(name)?).ok()
}

fn is_type(kind: &'static str) -> impl Fn(&Node) -> bool {
    move |schema| schema.text("type") == Some(kind)
}

/// Returns the position of a value, or of the map if the value is missing.
fn value_or<'d>(node: &'d Node, key: &str) -> &'d Place {
    node.get(key).map_or(&node.place, |value| &value.place)
}

fn known_keys(rule: &'static str, node: &Node, known: &[&str], report: &mut Report) {
    for (key, _) in node.entries().iter().filter(|(key, _)| !known.contains(&key.name.as_str())) {
        let message = format!("unknown key `{}`", key.name);
        report.add(rule, place_of(node, &key.name), message, format!("the keys are {}", known.join(", ")));
    }
}
