//! Rules for `$ref`: it must refer to a component of this document of the right kind, and must not be part of a cycle.

use std::collections::{HashMap, HashSet};

use super::Check;
use crate::finding::Report;
use crate::grammar::Kind;
use crate::outline::Outline;
use crate::reference::{BrokenReference, component, described_reference, schema_name, segments};
use crate::suggestion::nearest;
use crate::{Node, Place};

pub(super) const RULES: &[Check] = &[references, path_references, siblings, infinite_schemas, endless_arrays];

/// progenitor panics on a reference without a target, and uses only the last segment of any reference.
fn references(outline: &Outline<'_>, report: &mut Report) {
    for site in outline.sites.iter().filter(|site| site.is_reference()) {
        let (Some(reference), Some(section)) = (site.node.get("$ref"), site.kind.section()) else {
            continue;
        };
        match outline.document.resolve(site.node) {
            Ok(_) => misdirected(section, reference, report),
            Err(broken) => broken_reference(outline, section, reference, &broken, report),
        }
    }
}

fn misdirected(section: &str, reference: &Node, report: &mut Report) {
    let text = reference.as_str().unwrap_or_default();
    match component(text) {
        Some((found, _)) if found == section => {}
        _ => report.add(
            "ref-target",
            &reference.place,
            format!("`$ref` must point to `#/components/{section}/…` here, not to `{text}`"),
            format!("move the target into `components.{section}` and refer to it there"),
        ),
    }
}

fn broken_reference(
    outline: &Outline<'_>,
    section: &str,
    reference: &Node,
    broken: &BrokenReference,
    report: &mut Report,
) {
    let place = &reference.place;
    let message = broken.to_string();
    match broken {
        BrokenReference::NotText => report.add("wrong-type", place, message, "write a string"),
        BrokenReference::External(target) => report.add("ref-external", place, message, external(target)),
        BrokenReference::Malformed(_) => {
            report.add("ref-dangling", place, message, "write `%` and two hexadecimal digits");
        }
        BrokenReference::TooLong(_) => {
            report.add("ref-chain", place, message, "refer to the last target directly");
        }
        BrokenReference::Loop(_) => {
            let hint = "let one of them hold the definition itself in place of `$ref`";
            report.add("ref-loop", place, message, hint);
        }
        BrokenReference::Missing(target) => {
            let own = reference.as_str().and_then(|text| segments(text).ok());
            let name = own.and_then(|segments| segments.last().cloned()).unwrap_or_default();
            let components = outline.document.root().get("components").and_then(|all| all.get(section));
            let names = components.map(Node::entries).unwrap_or_default().iter().map(|(key, _)| key.name.as_str());
            let hint = match nearest(&name, names) {
                Some(near) => format!("did you mean `#/components/{section}/{near}`?"),
                None => format!("define `{target}`, or point to an existing one"),
            };
            report.add("ref-dangling", place, message, hint);
        }
    }
}

fn external(target: &str) -> String {
    if target.contains("://") || target.starts_with("//") {
        "documents are not fetched from a network: copy the definition into `components`".to_owned()
    } else if target.contains('\\') {
        format!(
            "write `/` instead of `\\` (`{}`), and move the definition into `components`: files are not referenced",
            target.replace('\\', "/")
        )
    } else {
        "files are not referenced: move the definition into `components`, here or in another chapter, and write \
         `#/components/…`"
            .to_owned()
    }
}

fn path_references(outline: &Outline<'_>, report: &mut Report) {
    for site in outline.of_kind(Kind::PathItem) {
        if let Some((key, _)) = site.node.entry("$ref") {
            let message = "the generator does not follow `$ref` under a path";
            report.add("ref-path", &key.place, message, "write the operations out here");
        }
    }
}

fn siblings(outline: &Outline<'_>, report: &mut Report) {
    for site in outline.sites.iter().filter(|site| site.is_reference()) {
        for (key, _) in site.node.entries().iter().filter(|(key, _)| key.name != "$ref") {
            let message = format!("`{}` beside `$ref` is ignored", key.name);
            report.add("ref-siblings", &key.place, message, "move it into the target of `$ref`, or remove it");
        }
    }
}

/// A schema with a required instance of itself has no finite value.
fn infinite_schemas(outline: &Outline<'_>, report: &mut Report) {
    cycles(outline, required_references, |target, place| {
        let message = format!("`{target}` requires itself, so that no finite value matches it");
        report.add("schema-endless", place, message, "take the property out of `required`");
    });
}

/// progenitor never ends on an array that contains only arrays like itself. A named object or map in between ends it.
fn endless_arrays(outline: &Outline<'_>, report: &mut Report) {
    cycles(outline, item_references, |target, place| {
        let message =
            format!("`{target}` is a list whose elements are `{target}` again; the generator does not support it");
        report.add("schema-array-loop", place, message, "let the elements be objects with a property for the list");
    });
}

/// Reports each reference that closes a cycle of component schemas. `references` returns the names that a schema refers
/// to, with their positions.
fn cycles<'d>(
    outline: &Outline<'d>,
    references: fn(&'d Node) -> Vec<(String, &'d Place)>,
    mut found: impl FnMut(&str, &Place),
) {
    let mut edges: HashMap<&str, Vec<(String, &Place)>> = HashMap::new();
    // A component may be a reference to another. References without a target are reported above.
    let schemas = outline.sites.iter().filter(|site| site.kind == Kind::Schema);
    for site in schemas.filter(|site| outline.document.resolve(site.node).is_ok()) {
        if let Some(name) = site.component {
            edges.insert(name, references(site.node));
        }
    }
    let mut done: HashSet<String> = HashSet::new();
    for site in outline.of_kind(Kind::Schema) {
        let Some(name) = site.component else { continue };
        // Depth-first search with an explicit stack, because a chain may be as long as the document.
        let mut path: Vec<(String, usize)> = vec![(name.to_owned(), 0)];
        let mut within: HashSet<String> = HashSet::from([name.to_owned()]);
        while let Some((current, next)) = path.last_mut() {
            let edge =
                if done.contains(current) { None } else { edges.get(current.as_str()).and_then(|e| e.get(*next)) };
            *next += 1;
            let Some((target, place)) = edge else {
                if let Some((finished, _)) = path.pop() {
                    within.remove(&finished);
                    done.insert(finished);
                }
                continue;
            };
            if within.contains(target) {
                found(target, place);
            } else if !done.contains(target) {
                within.insert(target.clone());
                path.push((target.clone(), 0));
            }
        }
    }
}

/// Returns the component schema to which a schema refers, or of which the elements of an array are, with its position in
/// the document. The elements can be in further arrays and maps without names.
fn item_references(schema: &Node) -> Vec<(String, &Place)> {
    let mut part = schema;
    loop {
        if let Some(name) = schema_name(part) {
            return vec![(name, &part.place)];
        }
        let values = part.get("additionalProperties").filter(|_| !std::ptr::eq(part, schema));
        match part.get("items").or(values) {
            Some(inner) => part = inner,
            None => return Vec::new(),
        }
    }
}

/// Returns the component schemas that every value of `schema` contains, with their positions in the document.
fn required_references(schema: &Node) -> Vec<(String, &Place)> {
    let mut found = Vec::new();
    let mut open = vec![schema];
    while let Some(schema) = open.pop() {
        if schema.flag("nullable") {
            continue;
        }
        if let Some(name) = schema_name(schema) {
            found.push((name, &schema.place));
            continue;
        }
        open.extend(described_reference(schema));
        let required: HashSet<&str> =
            schema.get("required").map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).collect();
        let properties = schema.get("properties").map(Node::entries).unwrap_or_default();
        open.extend(properties.iter().filter(|(key, _)| required.contains(key.name.as_str())).map(|(_, node)| node));
        if schema.get("minItems").and_then(Node::as_u64).is_some_and(|min| min > 0) {
            open.extend(schema.get("items"));
        }
    }
    found
}
