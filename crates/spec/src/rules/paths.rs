//! Rules for path templates and their parameters.

use std::collections::HashMap;

use super::Check;
use crate::finding::Report;
use crate::outline::{Endpoint, Outline};
use crate::{Key, Node};

pub(super) const RULES: &[Check] = &[form, ambiguous, repeated, undeclared, unused];

fn paths<'d>(outline: &Outline<'d>) -> impl Iterator<Item = &'d Key> {
    let paths = outline.document.root().get("paths").map(Node::entries).unwrap_or_default();
    paths.iter().map(|(key, _)| key).filter(|key| !key.name.starts_with("x-"))
}

/// Maximum number of names in a path. The rules below compare them with each other.
const MAX_NAMES: usize = 64;

/// Returns the names in a template, in order: `/v5/{project_id}/x` has `project_id`.
fn names(template: &str) -> Vec<&str> {
    let pieces = template.split('{').skip(1).take(MAX_NAMES);
    pieces.map(|piece| piece.split('}').next().unwrap_or_default()).collect()
}

fn form(outline: &Outline<'_>, report: &mut Report) {
    for path in paths(outline) {
        let template = path.name.as_str();
        if !template.starts_with('/') {
            let message = format!("the path `{template}` does not start with `/`");
            report.add("path-slash", &path.place, message, "start it with `/`");
            continue;
        }
        let (message, hint) = if template.contains(['?', '#']) {
            ("has a query or fragment", "declare the part after `?` as query parameters")
        } else if template.contains("//") {
            ("has an empty segment, which the generator drops", "remove one of the slashes")
        } else if template.len() > 1 && template.ends_with('/') {
            ("ends in `/`", "remove the last slash")
        } else if template.matches('{').count() > MAX_NAMES {
            ("has too many names", "shorten it")
        } else if !well_formed(template) {
            ("has a segment that is neither text nor one `{name}`", "let each segment be text or one `{name}`")
        } else {
            continue;
        };
        report.add("path-form", &path.place, format!("the path `{template}` {message}"), hint);
    }
}

/// Returns whether each segment is either text without braces and blanks, or one name in braces. A name consists of
/// letters, digits, `_` and `-`.
fn well_formed(template: &str) -> bool {
    let word = |name: &str| !name.is_empty() && name.chars().all(|c| c == '_' || c == '-' || c.is_ascii_alphanumeric());
    template.split('/').all(|segment| match segment.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}').is_some_and(word),
        None => segment.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '{' | '}' | '"' | '\\' | '%')),
    })
}

/// Returns the template without its names: `/v5/{project_id}/x.json` gives `/v5/{}/x.json`.
fn anonymous(template: &str) -> String {
    let mut pieces = template.split('{');
    let start = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(start, |text, piece| text + "{" + piece.find('}').and_then(|end| piece.get(end..)).unwrap_or(piece))
}

/// A server cannot distinguish two templates that differ only in their names.
fn ambiguous(outline: &Outline<'_>, report: &mut Report) {
    let mut first: HashMap<String, &Key> = HashMap::new();
    for path in paths(outline) {
        match first.entry(anonymous(&path.name)) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(path);
            }
            std::collections::hash_map::Entry::Occupied(entry) => {
                let earlier = entry.get();
                let message =
                    format!("`{}` matches the same requests as `{}` at {}", path.name, earlier.name, earlier.place);
                report.add("path-ambiguous", &path.place, message, "put the operations under one of them");
            }
        }
    }
}

fn repeated(outline: &Outline<'_>, report: &mut Report) {
    for path in paths(outline) {
        let names = names(&path.name);
        for (index, name) in names.iter().enumerate() {
            if names.iter().take(index).any(|earlier| earlier == name) {
                let message = format!("the path `{}` has `{{{name}}}` twice", path.name);
                report.add("path-parameter-repeated", &path.place, message, "give the two different names");
            }
        }
    }
}

/// Returns the operations whose templates have names that every tool finds. Some tools take a colon, an exclamation mark
/// or a bracket in braces for the end of the name. The rule for the form reports these templates.
fn plain_names<'o, 'd>(outline: &'o Outline<'d>) -> impl Iterator<Item = (&'o Endpoint<'d>, Vec<&'d str>)> {
    let named = outline.endpoints.iter().map(|endpoint| (endpoint, names(&endpoint.path.name)));
    named.filter(|(_, names)| !names.iter().any(|name| name.is_empty() || name.contains([':', '!', '[', '{'])))
}

/// progenitor panics on a name without a parameter.
fn undeclared(outline: &Outline<'_>, report: &mut Report) {
    for (endpoint, names) in plain_names(outline) {
        for name in names {
            let mut others = endpoint.parameters.iter().filter(|parameter| parameter.name() == name).peekable();
            if others.peek().is_none() {
                let message = format!(
                    "`{{{name}}}` of the path `{}` is not declared by {}",
                    endpoint.path.name,
                    endpoint.title()
                );
                let hint = format!("declare a parameter `name: {name}` with `in: path` and `required: true`");
                report.add("path-parameter-undeclared", &endpoint.method.place, message, hint);
            } else if others.clone().all(|parameter| parameter.location() != "path") {
                for parameter in others {
                    let message = format!("`{name}` is in the path, but is declared `in: {}`", parameter.location());
                    report.add("path-parameter-undeclared", &parameter.written.place, message, "write `in: path`");
                }
            }
        }
    }
}

fn unused(outline: &Outline<'_>, report: &mut Report) {
    for (endpoint, names) in plain_names(outline) {
        for parameter in endpoint.parameters.iter().filter(|parameter| parameter.location() == "path") {
            if !names.contains(&parameter.name()) {
                let message = format!("the path `{}` has no `{{{}}}`", endpoint.path.name, parameter.name());
                report.add("path-parameter-unused", &parameter.written.place, message, "correct the name or remove it");
            }
        }
    }
}
