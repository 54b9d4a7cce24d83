//! Names the schemas that become types although they are no components: objects and enumerations in a component schema.

use crate::names::pascal_case;
use crate::{Document, Node};

/// An object or enumeration that is written where it is used, in a component schema.
#[derive(Debug, Clone)]
pub struct Inline<'d> {
    /// Name of its type: the names of the component and of the properties that lead to it, such as `TaskOwner`.
    pub name: String,
    /// JSON pointer to it.
    pub pointer: String,
    /// The schema.
    pub schema: &'d Node,
}

/// Returns all inline schemas that become types. Each follows those that contain it.
///
/// The items of a list, and the values of a map, have the name of the property with the list or map. Without a property,
/// `Item` is added to the name.
#[must_use]
pub fn inline_schemas(document: &Document) -> Vec<Inline<'_>> {
    let mut found = Vec::new();
    for (key, schema) in document.root().pointer("/components/schemas").map(Node::entries).unwrap_or_default() {
        let pointer = format!("/components/schemas/{}", escape(&key.name));
        parts(schema, &pascal_case(&key.name), &pointer, &mut found);
    }
    found
}

/// Collects the inline schemas in a schema that has a name. The recursion follows the tree, whose depth the loader limits.
fn parts<'d>(schema: &'d Node, name: &str, pointer: &str, found: &mut Vec<Inline<'d>>) {
    for (key, property) in schema.get("properties").map(Node::entries).unwrap_or_default() {
        let name = format!("{name}{}", pascal_case(&key.name));
        let pointer = format!("{pointer}/properties/{}", escape(&key.name));
        let (schema, pointer) = innermost(property, pointer);
        named(schema, &name, &pointer, found);
    }
    let (inner, at) = innermost(schema, pointer.to_owned());
    if at != pointer {
        named(inner, &format!("{name}Item"), &at, found);
    }
}

fn named<'d>(schema: &'d Node, name: &str, pointer: &str, found: &mut Vec<Inline<'d>>) {
    let is_type = ["properties", "enum", "x-extensible-enum"].iter().any(|key| schema.get(key).is_some());
    // The generator makes a type without fields of an object that allows no properties.
    let is_empty = schema.get("additionalProperties").is_some_and(|node| node.as_bool() == Some(false));
    // A reference could not keep `nullable`, and a rule refuses it.
    if (is_type || is_empty) && !schema.flag("nullable") {
        found.push(Inline { name: name.to_owned(), pointer: pointer.to_owned(), schema });
        parts(schema, name, pointer, found);
    }
}

/// Returns what a list or map without a name contains, through any number of them.
fn innermost(schema: &Node, pointer: String) -> (&Node, String) {
    let (mut schema, mut pointer) = (schema, pointer);
    loop {
        let inner = ["items", "additionalProperties"].into_iter().find_map(|key| Some((key, schema.get(key)?)));
        match inner {
            // An object with properties and additional ones is a type itself.
            Some((key, inner)) if inner.as_object().is_some() && schema.get("properties").is_none() => {
                pointer = format!("{pointer}/{key}");
                schema = inner;
            }
            _ => return (schema, pointer),
        }
    }
}

fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}
