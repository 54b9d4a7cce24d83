//! Rules for operation ids and descriptions of operations.

use std::collections::HashMap;

use unicode_ident::{is_xid_continue, is_xid_start};

use super::{Check, place_of};
use crate::Place;
use crate::finding::Report;
use crate::names::{pascal_case, snake_case};
use crate::outline::Outline;

pub(super) const RULES: &[Check] = &[ids, unique_ids, summaries, sources];

/// Names that the generated client already has.
const RESERVED_NAMES: [&str; 6] = ["new", "new_with_client", "baseurl", "client", "inner", "api_version"];

fn ids(outline: &Outline<'_>, report: &mut Report) {
    for endpoint in &outline.endpoints {
        let Some(node) = endpoint.node.get("operationId") else {
            let message = format!("{} has no `operationId`", endpoint.title());
            report.add(
                "operation-id-missing",
                &endpoint.method.place,
                message,
                "add the id that the API manual gives it",
            );
            continue;
        };
        let Some(id) = node.as_str() else { continue };
        let pascal = id.starts_with(|c: char| c.is_ascii_uppercase()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
        if RESERVED_NAMES.contains(&snake_case(id).as_str()) {
            let message = format!("the name conflicts with the method `{}` of the generated client", snake_case(id));
            report.add("operation-id-reserved", &node.place, message, "give the operation another id");
        }
        // progenitor and the rules disagree on the name of such a function.
        let first = id.chars().find(|c| *c != '_' && is_xid_continue(*c));
        if first.is_some_and(|first| !is_xid_start(first)) {
            let message = format!("the operation id `{id}` starts with a digit, as no name in Rust does");
            report.add("operation-id-name", &node.place, message, "start it with a letter, such as `ListHosts`");
        } else if !pascal {
            let message = format!("the operation id `{id}` is not in PascalCase");
            report.add(
                "operation-id-form",
                &node.place,
                message,
                "write it as `ListVulScanTaskHost`: letters and digits",
            );
        }
    }
}

/// progenitor does not detect that two ids become the same function. The request builders have the id in PascalCase.
fn unique_ids(outline: &Outline<'_>, report: &mut Report) {
    let mut ids: HashMap<&str, &Place> = HashMap::new();
    let mut names: HashMap<String, (&str, &Place)> = HashMap::new();
    for node in outline.endpoints.iter().filter_map(|endpoint| endpoint.node.get("operationId")) {
        let Some(id) = node.as_str() else { continue };
        if let Some(place) = ids.get(id) {
            let message = format!("the operation id `{id}` is already used at {place}");
            report.add("operation-id-duplicate", &node.place, message, "give each operation a unique id");
            continue;
        }
        ids.insert(id, &node.place);
        for name in [snake_case(id), pascal_case(id)] {
            if let Some((earlier, place)) = names.get(&name) {
                let message =
                    format!("the operation ids `{id}` and `{earlier}` at {place} both become `{name}` in Rust");
                report.add("operation-id-snake", &node.place, message, "rename one of the two");
                break;
            }
            names.insert(name, (id, &node.place));
        }
    }
}

fn summaries(outline: &Outline<'_>, report: &mut Report) {
    for endpoint in &outline.endpoints {
        let place = &endpoint.method.place;
        match endpoint.node.text("summary").map(str::trim) {
            None | Some("") => report.add(
                "operation-summary",
                place,
                format!("{} has no summary", endpoint.title()),
                "add `summary`: one line, without a final period",
            ),
            Some(summary) if summary.ends_with('.') || summary.contains('\n') => report.add(
                "operation-summary",
                place_of(endpoint.node, "summary"),
                "the summary is not one line without a final period",
                "shorten it; details belong in `description`",
            ),
            Some(_) => {}
        }
        if endpoint.node.text("description").is_none_or(|text| text.trim().is_empty()) {
            let message = format!("{} has no description", endpoint.title());
            report.add("operation-description", place, message, "add `description`");
        }
    }
}

fn sources(outline: &Outline<'_>, report: &mut Report) {
    for endpoint in outline.endpoints.iter().filter(|endpoint| endpoint.node.get("x-source").is_none()) {
        let message = format!("{} has no `x-source` with the page of the manual", endpoint.title());
        report.add("source-missing", &endpoint.method.place, message, "add `x-source: {page, updated}`");
    }
}
