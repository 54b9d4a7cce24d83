//! Finds deprecated operations, parameters and fields, and the note that states what to use instead.
//!
//! OpenAPI has a flag, but no place for a note. Therefore, the note is the paragraph of the description that begins with
//! `Deprecated:`.

use crate::{Document, Node, limits};

const MARK: &str = "Deprecated:";

/// The note on a deprecated part whose description has none.
const NO_NOTE: &str = "the service may remove it";

/// Returns the description of a part of the document, and the note if it is deprecated. The description does not
/// include the note. Both are Markdown.
#[must_use]
pub fn described(node: &Node) -> (String, Option<String>) {
    let description = node.text("description").unwrap_or_default();
    if !node.flag("deprecated") {
        return (description.to_owned(), None);
    }
    let text: Vec<_> = description.split("\n\n").filter(|paragraph| !paragraph.starts_with(MARK)).collect();
    (text.join("\n\n"), Some(note(node).unwrap_or_else(|| NO_NOTE.to_owned())))
}

/// Returns the note in a description, in one line.
pub(crate) fn note(node: &Node) -> Option<String> {
    let text = node.text("description")?.split("\n\n").find_map(|paragraph| paragraph.strip_prefix(MARK))?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|note| !note.is_empty())
}

/// Returns the deprecated fields of a body: path (`data_list[].host_name`) and note. A schema that is used several times
/// is described at its first place.
pub(crate) fn deprecated_fields(document: &Document, schema: &Node) -> Vec<(String, String)> {
    let mut walk = Walk { document, visited: Vec::new(), found: Vec::new() };
    walk.schema(schema, "", 0);
    walk.found
}

struct Walk<'d> {
    document: &'d Document,
    visited: Vec<*const Node>,
    found: Vec<(String, String)>,
}

impl Walk<'_> {
    fn schema(&mut self, schema: &Node, path: &str, depth: usize) {
        let Ok(schema) = self.document.resolve_schema(schema) else { return };
        let own: *const Node = schema;
        if depth >= limits::DEPTH || self.visited.contains(&own) {
            return;
        }
        self.visited.push(own);
        for (key, property) in schema.get("properties").map(Node::entries).unwrap_or_default() {
            let path = format!("{path}{}{}", if path.is_empty() { "" } else { "." }, key.name);
            let note = self.document.resolve(property).ok().and_then(|property| described(property).1);
            self.found.extend(note.map(|note| (path.clone(), note)));
            self.schema(property, &path, depth + 1);
        }
        for (key, mark) in [("items", "[]"), ("additionalProperties", ".*")] {
            if let Some(inner) = schema.get(key) {
                self.schema(inner, &format!("{path}{mark}"), depth + 1);
            }
        }
    }
}
