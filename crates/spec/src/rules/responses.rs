//! Rules for responses: one success response, and errors with the same schema.

use super::Check;
use crate::finding::Report;
use crate::outline::{Endpoint, Outline};
use crate::reference::schema_name;
use crate::{Document, Key, Node};

pub(super) const RULES: &[Check] = &[statuses, success, errors];

/// The meaning of a key under `responses`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Code(u16),
    /// `4XX` is 4.
    Range(u16),
    Default,
    Wrong,
}

impl Status {
    fn of(name: &str) -> Self {
        match name.as_bytes() {
            b"default" => Self::Default,
            [hundred @ b'1'..=b'5', b'X', b'X'] => Self::Range(u16::from(hundred - b'0')),
            [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] => name.parse().map_or(Self::Wrong, Self::Code),
            _ => Self::Wrong,
        }
    }

    fn hundred(self) -> Option<u16> {
        match self {
            Self::Code(code) => Some(code / 100),
            Self::Range(hundred) => Some(hundred),
            Self::Default | Self::Wrong => None,
        }
    }
}

/// Returns the statuses of an operation, including broken references.
fn listed<'d>(endpoint: &Endpoint<'d>) -> impl Iterator<Item = (&'d Key, Status)> {
    let responses = endpoint.node.get("responses").map(Node::entries).unwrap_or_default();
    responses.iter().filter(|(key, _)| !key.name.starts_with("x-")).map(|(key, _)| (key, Status::of(&key.name)))
}

fn statuses(outline: &Outline<'_>, report: &mut Report) {
    for endpoint in &outline.endpoints {
        for (key, status) in listed(endpoint) {
            let (name, place) = (&key.name, &key.place);
            match status {
                Status::Default => report.add(
                    "response-default",
                    place,
                    format!("{}: `default` describes any status, also one of a success", endpoint.title()),
                    "describe errors under '4XX' and '5XX'",
                ),
                Status::Code(_) | Status::Range(_) if matches!(status.hundred(), Some(1 | 3)) => report.add(
                    "response-status-unused",
                    place,
                    format!("{}: the client does not read responses of status `{name}`", endpoint.title()),
                    "remove it; redirects are not followed",
                ),
                Status::Code(_) if key.plain => report.add(
                    "response-status-unquoted",
                    place,
                    format!("the status {name} is not quoted; in YAML, {name} and '{name}' are different keys"),
                    format!("write '{name}'"),
                ),
                Status::Wrong => report.add(
                    "response-status",
                    place,
                    format!("`{name}` is not a status"),
                    "write three digits in quotes such as '200', or a range such as '4XX' in upper case",
                ),
                Status::Code(_) | Status::Range(_) => {}
            }
        }
    }
}

fn success(outline: &Outline<'_>, report: &mut Report) {
    for endpoint in &outline.endpoints {
        let Some((place, responses)) = endpoint.node.entry("responses") else {
            continue;
        };
        if responses.as_object().is_none() {
            continue;
        }
        if responses.as_object().is_some_and(<[_]>::is_empty) {
            let message = format!("the responses of {} are empty", endpoint.title());
            report.add("missing-key", &place.place, message, "describe one response under its status, such as '200'");
            continue;
        }
        let successes: Vec<_> = listed(endpoint).filter(|(_, status)| status.hundred() == Some(2)).collect();
        match successes.as_slice() {
            [] => report.add(
                "response-success",
                &place.place,
                format!("{} has no success response", endpoint.title()),
                "describe one response under its status, such as '200'",
            ),
            [(key, Status::Range(_))] => report.add(
                "response-success",
                &key.place,
                format!("{} has the success status 2XX, which is a range", endpoint.title()),
                "write the status that the service returns, such as '200'",
            ),
            [(key, Status::Code(code))] if !matches!(code, 200..=208 | 226) => report.add(
                "response-success-unknown",
                &key.place,
                format!("{}: the generator does not know the status {code}, which is not registered", endpoint.title()),
                "write the status that the service returns, such as '200'",
            ),
            [_] => {}
            [_, others @ ..] => {
                for (key, _) in others {
                    let message =
                        format!("{} has more than one success response; the generator supports one", endpoint.title());
                    report.add("response-success", &key.place, message, "keep one status 2xx");
                }
            }
        }
    }
}

/// Checks that a program can read all errors in the same way. The client does so with any error: lowering removes the
/// descriptions of errors, because progenitor supports only one type.
fn errors(outline: &Outline<'_>, report: &mut Report) {
    for endpoint in &outline.endpoints {
        let errors: Vec<(&Key, Status, &Node)> = endpoint
            .responses(outline.document)
            .into_iter()
            .map(|(key, node)| (key, Status::of(&key.name), node))
            .filter(|(_, status, _)| matches!(status.hundred(), Some(4 | 5)))
            .collect();
        same_schema(outline.document, endpoint, &errors, report);
        for (key, status, _) in &errors {
            let Status::Code(code) = status else { continue };
            if errors.iter().any(|(_, other, _)| *other == Status::Range(code / 100)) {
                let message = format!("{}: '{code}' and '{}XX' overlap", endpoint.title(), code / 100);
                report.add("response-overlap", &key.place, message, "keep only the range");
            }
        }
    }
}

fn same_schema(document: &Document, endpoint: &Endpoint<'_>, errors: &[(&Key, Status, &Node)], report: &mut Report) {
    let Some(((first_key, _, first), others)) = errors.split_first() else {
        return;
    };
    let expected = body(document, first);
    for (key, _, node) in others {
        let found = body(document, node);
        if found != expected {
            let message = format!(
                "{}: status {} has {found}, status {} has {expected}",
                endpoint.title(),
                key.name,
                first_key.name,
            );
            report.add("response-errors", &key.place, message, "use one shared error schema for all error statuses");
        }
    }
}

/// Describes the body of a response, for comparison and for messages.
fn body(document: &Document, response: &Node) -> String {
    let media = response.get("content").map(Node::entries).unwrap_or_default().first();
    match media.map(|(_, media)| media.get("schema")) {
        None => "no body".to_owned(),
        Some(None) => "a body without schema".to_owned(),
        Some(Some(schema)) => match schema_name(schema) {
            Some(name) => format!("`{name}`"),
            None => {
                let place = document.resolve(schema).map_or(&schema.place, |schema| &schema.place);
                format!("the schema at {place}")
            }
        },
    }
}
