//! Decides whether two parts of documents are equal.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Number;

use crate::{Node, Value};

/// Remembers results, because operations share large parts.
#[derive(Default)]
pub(super) struct Equality {
    known: HashMap<(*const Node, *const Node), bool>,
    contents: HashMap<*const Node, u64>,
}

impl Equality {
    /// Returns whether two values are equal as JSON. The order of names does not matter.
    pub(super) fn of(&mut self, old: Option<&Node>, new: Option<&Node>) -> bool {
        match (old, new) {
            (Some(old), Some(new)) => *self.known.entry((old, new)).or_insert_with(|| equal(old, new)),
            (None, None) => true,
            _ => false,
        }
    }

    /// Returns a hash of the parts of a schema that restrict values. References are not followed.
    pub(super) fn contents(&mut self, schema: &Node) -> u64 {
        *self.contents.entry(schema).or_insert_with(|| {
            let mut hasher = DefaultHasher::new();
            canonical(schema).hash(&mut hasher);
            hasher.finish()
        })
    }
}

/// The loader limits the depth.
fn equal(old: &Node, new: &Node) -> bool {
    match (&old.value, &new.value) {
        (Value::Object(before), Value::Object(now)) => {
            let names: HashMap<_, _> = before.iter().map(|(key, node)| (key.name.as_str(), node)).collect();
            before.len() == now.len()
                && now.iter().all(|(key, node)| names.get(key.name.as_str()).is_some_and(|old| equal(old, node)))
        }
        (Value::Array(before), Value::Array(now)) => {
            before.len() == now.len() && before.iter().zip(now).all(|(old, new)| equal(old, new))
        }
        (before, now) => same(before, now),
    }
}

/// Returns whether two values, at least one of which is neither a map nor a list, are equal.
fn same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(old), Value::Bool(new)) => old == new,
        (Value::Number(old), Value::Number(new)) => compare(old, new) == Ordering::Equal,
        (Value::String(old), Value::String(new)) => old == new,
        _ => false,
    }
}

/// Returns the first node that differs, from the new tree if it exists there. The order of names counts. The loader
/// limits the depth.
pub(super) fn difference<'d>(old: &'d Node, new: &'d Node) -> Option<&'d Node> {
    match (&old.value, &new.value) {
        (Value::Object(before), Value::Object(now)) => {
            let olds: HashMap<_, _> = before.iter().map(|(key, node)| (key.name.as_str(), node)).collect();
            let news: HashMap<_, _> = now.iter().map(|(key, node)| (key.name.as_str(), node)).collect();
            let changed = now.iter().find_map(|(key, node)| match olds.get(key.name.as_str()) {
                Some(before) => difference(before, node),
                None => Some(node),
            });
            let missing = || before.iter().find(|(key, _)| !news.contains_key(key.name.as_str())).map(|(_, node)| node);
            changed.or_else(missing).or_else(|| {
                before.iter().zip(now).find(|((old, _), (new, _))| old.name != new.name).map(|(_, (_, node))| node)
            })
        }
        (Value::Array(before), Value::Array(now)) if before.len() == now.len() => {
            before.iter().zip(now).find_map(|(before, now)| difference(before, now))
        }
        // A number that is written differently is a difference.
        (Value::Number(before), Value::Number(now)) => (before != now).then_some(new),
        (before, now) => (!same(before, now)).then_some(new),
    }
}

/// Compares two numbers exactly: 64-bit floats cannot represent all 64-bit integers.
pub(super) fn compare(left: &Number, right: &Number) -> Ordering {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => left.cmp(&right),
        (Some(left), None) => with_float(left, right.as_f64().unwrap_or_default()),
        (None, Some(right)) => with_float(right, left.as_f64().unwrap_or_default()).reverse(),
        (None, None) => {
            let (left, right) = (left.as_f64().unwrap_or_default(), right.as_f64().unwrap_or_default());
            left.partial_cmp(&right).unwrap_or(Ordering::Equal)
        }
    }
}

fn with_float(whole: i128, float: f64) -> Ordering {
    #[allow(clippy::cast_possible_truncation, reason = "the conversion saturates, and 64-bit integers are smaller")]
    let floor = float.floor() as i128;
    let fraction = if float.fract() == 0.0 { Ordering::Equal } else { Ordering::Less };
    whole.cmp(&floor).then(fraction)
}

/// Returns a number in one notation: 1.0 is 1.
pub(super) fn digits(number: &Number) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "the conversion saturates")]
    let whole = number.as_i128().or_else(|| number.as_f64().filter(|f| f.fract() == 0.0).map(|float| float as i128));
    whole.map_or_else(|| number.to_string(), |whole| whole.to_string())
}

/// Keywords that do not restrict values.
const ANNOTATIONS: [&str; 9] =
    ["title", "description", "example", "examples", "externalDocs", "default", "deprecated", "xml", "$comment"];

/// Returns whether a keyword does not restrict values.
pub(super) fn is_annotation(key: &str) -> bool {
    ANNOTATIONS.contains(&key) || key.starts_with("x-") && key != "x-extensible-enum"
}

/// Returns the parts of a schema that restrict values, in one notation. References are not followed.
fn canonical(schema: &Node) -> String {
    let mut text = String::new();
    write_schema(schema, &mut text);
    text
}

/// Returns whether a schema allows every value.
pub(super) fn is_trivial(schema: &Node) -> bool {
    match &schema.value {
        Value::Bool(flag) => *flag,
        Value::Object(entries) => {
            entries.iter().all(|(key, node)| is_default(&key.name, node) || is_annotation(&key.name))
        }
        _ => false,
    }
}

/// Returns whether a keyword has its default value: flags are false, and lower bounds of lengths are 0.
fn is_default(key: &str, node: &Node) -> bool {
    match key {
        "additionalProperties" => node.as_bool() == Some(true),
        "minLength" | "minItems" | "minProperties" => node.as_u64() == Some(0),
        "properties" | "required" => node.is_empty(),
        _ => node.as_bool() == Some(false),
    }
}

fn write_schema(schema: &Node, text: &mut String) {
    let Some(entries) = schema.as_object() else {
        write_value(schema, text);
        return;
    };
    let sorted: BTreeMap<_, _> = entries.iter().map(|(key, node)| (key.name.as_str(), node)).collect();
    text.push('{');
    for (key, node) in sorted {
        if is_default(key, node) || is_annotation(key) {
            continue;
        }
        let _ = write!(text, "{key:?}:");
        match (key, &node.value) {
            ("properties", Value::Object(properties)) => {
                let sorted: BTreeMap<_, _> = properties.iter().map(|(key, node)| (key.name.as_str(), node)).collect();
                text.push('{');
                for (name, property) in sorted {
                    let _ = write!(text, "{name:?}:");
                    write_schema(property, text);
                }
                text.push('}');
            }
            ("allOf" | "oneOf" | "anyOf", Value::Array(parts)) => {
                text.push('[');
                parts.iter().for_each(|part| write_schema(part, text));
                text.push(']');
            }
            ("required" | "enum", Value::Array(items)) => {
                let mut sorted: Vec<_> = items.iter().map(value).collect();
                sorted.sort();
                let _ = write!(text, "{sorted:?}");
            }
            ("items" | "not" | "additionalProperties", _) => write_schema(node, text),
            _ => write_value(node, text),
        }
        text.push(',');
    }
    text.push('}');
}

/// Returns a value in one notation.
pub(super) fn value(node: &Node) -> String {
    let mut text = String::new();
    write_value(node, &mut text);
    text
}

fn write_value(node: &Node, text: &mut String) {
    match &node.value {
        Value::Number(number) => text.push_str(&digits(number)),
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_value(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(entries) => {
            let sorted: BTreeMap<_, _> = entries.iter().map(|(key, node)| (key.name.as_str(), node)).collect();
            text.push('{');
            for (key, node) in sorted {
                let _ = write!(text, "{key:?}:");
                write_value(node, text);
                text.push(',');
            }
            text.push('}');
        }
        _ => text.push_str(&node.to_json().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_exactly() {
        let number = |text: &str| serde_json::from_str::<Number>(text).unwrap();
        let of = |left: &str, right: &str| compare(&number(left), &number(right));
        assert_eq!(of("9223372036854775807", "9223372036854775806"), Ordering::Greater);
        assert_eq!(of("18446744073709551615", "-9223372036854775808"), Ordering::Greater);
        assert_eq!(of("9007199254740993", "9007199254740992.0"), Ordering::Greater);
        assert_eq!(of("9223372036854775807", "9223372036854775808.0"), Ordering::Less);
        assert_eq!(of("1", "1.0"), Ordering::Equal);
        assert_eq!(of("1.5", "1"), Ordering::Greater);
        assert_eq!(of("-1", "-1.5"), Ordering::Greater);
        assert_eq!(of("1e300", "18446744073709551615"), Ordering::Greater);
        assert_eq!(of("-1e300", "0"), Ordering::Less);
        assert_eq!((digits(&number("1.0")), digits(&number("1.5"))), ("1".to_owned(), "1.5".to_owned()));
    }
}
