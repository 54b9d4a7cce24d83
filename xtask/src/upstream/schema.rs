//! Writes the facts of the SDKs as schemas.

use std::collections::BTreeSet;

use hss_spec::names::pascal_case;
use serde_json::{Map, Value, json};

use super::compare::Side;
use super::field::Field;
use super::kind::Kind;
use super::prose::{Bounds, Facts};

/// The text for everything that a person has to write.
pub(super) const TODO: &str = "TODO";

/// Returns a restricted text.
pub(super) fn text(facts: &Facts, side: Side) -> Map<String, Value> {
    let mut map = json_map(json!({"type": "string", "description": TODO}));
    if is_enumeration(&facts.values) {
        let key = if side == Side::Request { "enum" } else { "x-extensible-enum" };
        map.insert(key.to_owned(), facts.values.clone().into());
    }
    insert_bounds(&mut map, ["minLength", "maxLength"], facts.length);
    if side == Side::Request
        && let Some(default) = &facts.default
        && (facts.values.is_empty() || facts.values.contains(default))
    {
        map.insert("default".to_owned(), default.as_str().into());
    }
    map
}

/// Returns type, format and bounds of a value.
pub(super) fn plain(kind: &Kind, facts: &Facts, side: Side) -> Map<String, Value> {
    let mut map = Map::new();
    if *kind != Kind::Any {
        map.insert("type".to_owned(), kind.name().into());
    }
    match kind {
        Kind::Integer(width) => {
            let is_wide = facts.range.max.is_none_or(|max| max > i64::from(i32::MAX));
            if width.is_none() {
                map.insert("#width".to_owned(), "TODO: the SDKs do not state the width".into());
            }
            let width = width.unwrap_or(if is_wide { "int64" } else { "int32" });
            map.insert("format".to_owned(), width.into());
        }
        Kind::Number(Some(width)) => drop(map.insert("format".to_owned(), (*width).into())),
        Kind::File => drop(map.insert("format".to_owned(), "binary".into())),
        _ => {}
    }
    if matches!(kind, Kind::Integer(_) | Kind::Number(_)) {
        let mut range = facts.range;
        // The generator has no type for a response whose numbers begin above 0.
        if side == Side::Response {
            range.min = range.min.map(|min| min.min(0));
        }
        range.max = range.max.filter(|max| *max != i64::MAX);
        insert(&mut map, "minimum", range.min);
        insert(&mut map, "maximum", range.max);
    }
    let default = facts.default.as_ref().filter(|_| side == Side::Request);
    let default = default.and_then(|default| serde_json::from_str::<Value>(default).ok());
    let is_right = |default: &Value| match kind {
        Kind::Integer(_) => default.is_i64(),
        Kind::Number(_) => default.is_number(),
        _ => default.is_boolean() && *kind == Kind::Boolean,
    };
    if let Some(default) = default.filter(is_right) {
        map.insert("default".to_owned(), default);
    }
    map
}

/// Returns whether every value has a name in Rust of its own. Otherwise, the values cannot be listed.
pub(super) fn is_enumeration(values: &[String]) -> bool {
    let names: BTreeSet<String> = values.iter().map(|value| pascal_case(value).to_lowercase()).collect();
    !values.is_empty() && names.len() == values.len()
}

pub(super) fn description(is_deprecated: bool) -> Value {
    if is_deprecated { "TODO\n\nDeprecated: TODO\n".into() } else { TODO.into() }
}

/// Returns a comment about facts that the schema cannot contain.
pub(super) fn comment(field: &Field, facts: &Facts) -> Option<String> {
    if facts.unread.is_some() {
        return Some(format!("TODO: the range at {}", field.place));
    }
    if *field.kind.innermost() == Kind::Text && !facts.values.is_empty() && !is_enumeration(&facts.values) {
        return Some(format!("TODO: the values at {}", field.place));
    }
    (facts.is_deprecated && field.kind.model().is_some()).then(|| format!("TODO: deprecated, see {}", field.place))
}

fn insert(map: &mut Map<String, Value>, key: &str, bound: Option<i64>) {
    if let Some(bound) = bound {
        map.insert(key.to_owned(), bound.into());
    }
}

/// Inserts the bounds of a count. A minimum of 0 says nothing.
pub(super) fn insert_bounds(map: &mut Map<String, Value>, [min, max]: [&str; 2], bounds: Bounds) {
    insert(map, min, bounds.min.filter(|min| *min != 0));
    insert(map, max, bounds.max.filter(|max| *max != i64::from(i32::MAX) && *max != i64::MAX));
}

pub(super) fn json_map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
