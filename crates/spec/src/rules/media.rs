//! Rules for bodies: one media type, JSON with a named schema. The body of a response may also be bytes.

use std::collections::HashSet;

use super::{Check, place_of};
use crate::finding::Report;
use crate::grammar::Kind;
use crate::outline::Outline;
use crate::reference::schema_name;
use crate::table::{OCTET_STREAM, is_binary, is_json, is_octet_stream};
use crate::{Key, Node};

pub(super) const RULES: &[Check] = &[request_bodies, response_bodies, bodies_by_method, encodings, headers];

fn request_bodies(outline: &Outline<'_>, report: &mut Report) {
    for site in outline.of_kind(Kind::RequestBody) {
        if !site.node.flag("required") {
            let place = site.node.get("required").map_or(&site.node.place, |node| &node.place);
            let message = "the request body is optional, but the client always sends it";
            report.add("body-required", place, message, "write `required: true`");
        }
        let content = site.node.get("content");
        if let Some(content) = content.filter(|content| content.as_object().is_some_and(<[_]>::is_empty)) {
            report.add(
                "body-media-type",
                &content.place,
                "the request body has no media type",
                "add `application/json`",
            );
        }
        check_content(content, ["body-media-type", "body-schema"], false, report);
    }
}

/// The generator reads the bodies of success responses only.
fn response_bodies(outline: &Outline<'_>, report: &mut Report) {
    let successes = outline.endpoints.iter().flat_map(|endpoint| endpoint.responses(outline.document));
    let successes: HashSet<*const Node> =
        successes.filter(|(key, _)| key.name.starts_with('2')).map(|(_, node)| std::ptr::from_ref(node)).collect();
    for response in outline.of_kind(Kind::Response).map(|site| site.node) {
        let is_success = successes.contains(&std::ptr::from_ref(response));
        let rules = if is_success { ["response-media-type", "response-schema"] } else { ["error-body"; 2] };
        check_content(response.get("content"), rules, is_success, report);
        let content = response.get("content").map(Node::entries).unwrap_or_default().iter();
        for (_, media) in content.filter(|(key, _)| is_success && !is_octet_stream(&key.name)) {
            if let Some((key, schema)) = media.entry("schema").filter(|(_, schema)| schema_name(schema).is_some())
                && outline.document.resolve(schema).is_ok_and(|schema| !is_object_or_array(schema))
            {
                let message = "the body of the response is neither of the type `object` nor `array`";
                report.add("response-schema", &key.place, message, "refer to an object schema");
            }
        }
    }
}

fn is_object_or_array(schema: &Node) -> bool {
    matches!(schema.text("type"), Some("object" | "array"))
}

/// Checks the media types and schemas of a body. `may_be_bytes` allows `application/octet-stream`, too.
fn check_content(
    content: Option<&Node>,
    [media_rule, schema_rule]: [&'static str; 2],
    may_be_bytes: bool,
    report: &mut Report,
) {
    let entries: &[(Key, Node)] = content.map(Node::entries).unwrap_or_default();
    for (index, (key, media)) in entries.iter().enumerate() {
        let is_bytes = may_be_bytes && is_octet_stream(&key.name);
        if !is_json(&key.name) && !is_bytes {
            let message = format!("the media type `{}` is not `application/json`", key.name);
            let or = if may_be_bytes { format!(", or `{OCTET_STREAM}` if the body is a file") } else { String::new() };
            report.add(media_rule, &key.place, message, format!("write `application/json`{or}"));
        } else if index > 0 {
            let message = "there is more than one media type; the generator supports one";
            report.add(media_rule, &key.place, message, "keep one media type");
        }
        if is_bytes {
            if !media.get("schema").is_some_and(is_binary) {
                let message = format!("the schema of `{OCTET_STREAM}` is not a binary string without restrictions");
                let hint = "write `schema: {type: string, format: binary}`";
                report.add(
                    schema_rule,
                    media.get("schema").map_or(&key.place, |_| place_of(media, "schema")),
                    message,
                    hint,
                );
            }
            continue;
        }
        match media.get("schema") {
            None => report.add(schema_rule, &key.place, "the body has no schema", "add `schema` with a `$ref`"),
            Some(schema) if schema_name(schema).is_none() && schema.text("$ref").is_none() => {
                let hint = "move it into `components.schemas` and refer to it by `$ref`";
                report.add(schema_rule, place_of(media, "schema"), "the schema of the body has no name", hint);
            }
            Some(_) => {}
        }
    }
}

fn bodies_by_method(outline: &Outline<'_>, report: &mut Report) {
    for endpoint in outline.endpoints.iter().filter(|endpoint| matches!(endpoint.method.name.as_str(), "get" | "head"))
    {
        if let Some((key, _)) = endpoint.node.entry("requestBody") {
            let message =
                format!("{} sends a body with {}", endpoint.title(), endpoint.method.name.to_ascii_uppercase());
            let hint = "remove it, since proxies and servers drop such bodies; use parameters or POST";
            report.add("body-method", &key.place, message, hint);
        }
    }
}

/// progenitor asserts that `encoding` is absent.
fn encodings(outline: &Outline<'_>, report: &mut Report) {
    for site in outline.of_kind(Kind::MediaType) {
        if let Some((key, _)) = site.node.entry("encoding") {
            report.add("media-encoding", &key.place, "the generator cannot handle `encoding`", "remove it");
        }
    }
}

/// The parser of the generator refuses a header without a schema.
fn headers(outline: &Outline<'_>, report: &mut Report) {
    for site in outline.of_kind(Kind::Header) {
        if site.node.get("schema").is_none() && site.node.get("content").is_none() {
            let place = site.key.map_or(&site.node.place, |key| &key.place);
            report.add("missing-key", place, "a header has no `schema`", "add `schema`");
        }
    }
}
