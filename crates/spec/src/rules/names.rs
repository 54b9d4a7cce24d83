//! Rules for names of components and properties: the derived Rust names must be valid and unique.

use std::collections::HashMap;

use super::Check;
use crate::excerpt::shorten;
use crate::finding::Report;
use crate::grammar::Kind;
use crate::inline::{Inline, inline_schemas};
use crate::names::{pascal_case, snake_case};
use crate::outline::{Outline, is_component_name};
use crate::{Key, Node, Place};

pub(super) const RULES: &[Check] = &[component_names, type_names, property_names];

/// Names that the generated code itself uses.
const RESERVED_NAMES: [&str; 14] = [
    "Box",
    "Client",
    "ClientHooks",
    "ClientInfo",
    "Default",
    "Error",
    "From",
    "Option",
    "Result",
    "ResponseValue",
    "Self",
    "String",
    "TryFrom",
    "Vec",
];

fn component_names(outline: &Outline<'_>, report: &mut Report) {
    let sections = outline.document.root().get("components").map(Node::entries).unwrap_or_default();
    for (section, components) in sections.iter().filter(|(section, _)| !section.name.starts_with("x-")) {
        for (key, _) in components.entries() {
            let name = key.name.as_str();
            let is_pascal =
                name.starts_with(|c: char| c.is_ascii_uppercase()) && name.bytes().all(|b| b.is_ascii_alphanumeric());
            if !is_component_name(name) {
                let message = format!("`{}` is not a valid name of a component", shorten(name));
                report.add("component-characters", &key.place, message, "use letters, digits, `.`, `_` and `-`");
                continue;
            }
            if section.name == "schemas" && RESERVED_NAMES.contains(&pascal_case(name).as_str()) {
                let message = format!("the name `{name}` conflicts with generated code");
                report.add("component-reserved", &key.place, message, "give the schema another name");
            }
            if section.name == "schemas" && !is_pascal {
                let message = format!("the schema name `{name}` is not in PascalCase");
                let hint = "write it as `VulScanTaskHostInfo`: letters and digits";
                report.add("component-name", &key.place, message, hint);
            }
        }
    }
}

/// Every component schema becomes a type. So does a constrained text whose schema is inline in a property.
fn type_names(outline: &Outline<'_>, report: &mut Report) {
    let components = || outline.sites.iter().filter(|site| site.kind == Kind::Schema && site.component.is_some());
    let mut first: HashMap<String, &Place> = HashMap::new();
    for key in components().filter_map(|site| site.key) {
        let name = pascal_case(&key.name);
        match first.get(&name) {
            Some(earlier) => {
                let message = format!("this schema and the one at {earlier} both become the type `{name}`");
                report.add("type-collision", &key.place, message, "rename one of the two");
            }
            None => {
                first.insert(name, &key.place);
            }
        }
    }
    for Inline { name, schema, .. } in inline_schemas(outline.document) {
        if let Some(earlier) = first.get(&name) {
            let message = format!("the schema here and the one at {earlier} both become the type `{name}`");
            let hint = "move it into `components.schemas` with another name, and refer to it by `$ref`";
            report.add("type-collision", &schema.place, message, hint);
        } else {
            first.insert(name, &schema.place);
        }
    }
    for site in components() {
        let owner = site.component.unwrap_or_default();
        let properties = site.node.get("properties").map(Node::entries).unwrap_or_default();
        for (key, _) in properties.iter().filter(|(_, property)| is_constrained_text(property)) {
            let name = pascal_case(&format!("{owner}-{}", key.name));
            if let Some(earlier) = first.get(&name) {
                let message = format!("the type of this property and the schema at {earlier} both become `{name}`");
                report.add("type-collision", &key.place, message, "rename the schema, or refer to it here by `$ref`");
            }
        }
    }
}

/// Returns whether the generator creates a type for a text because of its bounds.
fn is_constrained_text(schema: &Node) -> bool {
    ["minLength", "maxLength", "pattern"].iter().any(|key| schema.get(key).is_some())
}

/// Properties become the fields of one struct.
fn property_names(outline: &Outline<'_>, report: &mut Report) {
    for schema in outline.of_kind(Kind::Schema).map(|site| site.node) {
        let mut first: HashMap<String, &Key> = HashMap::new();
        let has_map = schema.get("additionalProperties").is_some_and(|node| node.as_bool() != Some(false));
        for (key, _) in schema.get("properties").map(Node::entries).unwrap_or_default() {
            let field = snake_case(&key.name);
            if !key.name.chars().any(char::is_alphanumeric) {
                let message = format!("the property `{}` has no valid Rust name", key.name);
                report.add("property-name", &key.place, message, "remove it");
            } else if has_map && field == "extra" {
                let message =
                    "the name conflicts with the field `extra` that the generator adds for additional properties";
                report.add("property-collision", &key.place, message, "remove `additionalProperties`");
            } else if let Some(earlier) = first.get(&field) {
                let message = format!(
                    "the properties `{}` and `{}` at {} both become `{field}` in Rust",
                    key.name, earlier.name, earlier.place
                );
                report.add("property-collision", &key.place, message, "remove one of them");
            } else {
                first.insert(field, key);
            }
        }
    }
}
