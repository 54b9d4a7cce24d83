//! Makes a value of a schema's shape, for documentation and for the emulator.

use serde_json::{Map, Value, json};

use crate::{Document, Node, limits};

/// A value that `schema` describes: its `example`, `default` or first enumeration value where it has one; otherwise
/// the least number, a text of the least length, a list of one, a map of all its properties.
///
/// A schema that contains itself is cut where it begins to repeat: an optional property is left out, anything else is
/// `null`. A broken reference gives `null`.
#[must_use]
pub fn sample(document: &Document, schema: &Node) -> Value {
    Sampler { document, within: Vec::new(), left: limits::SAMPLE_NODES }.value(schema).unwrap_or(Value::Null)
}

struct Sampler<'d> {
    document: &'d Document,
    /// The schemas that the value is being made of, outermost first.
    within: Vec<*const Node>,
    left: usize,
}

impl Sampler<'_> {
    /// None where the schema repeats itself, is broken, or the value grows too large.
    fn value(&mut self, schema: &Node) -> Option<Value> {
        let schema = self.document.resolve(schema).ok()?;
        self.left = self.left.checked_sub(1)?;
        let own: *const Node = schema;
        if self.within.contains(&own) || self.within.len() >= limits::DEPTH {
            return None;
        }
        if let Some(value) = schema.get("example").or_else(|| schema.get("default")).or_else(|| first_allowed(schema)) {
            return Some(value.to_json());
        }
        self.within.push(own);
        let value = self.shape(schema);
        self.within.pop();
        Some(value)
    }

    fn shape(&mut self, schema: &Node) -> Value {
        let kind = schema.text("type").or_else(|| schema.get("properties").map(|_| "object"));
        match kind {
            Some("string") => text(schema).into(),
            Some("integer") => integer(schema).into(),
            Some("number") => schema.get("minimum").map_or_else(|| json!(0.0), Node::to_json),
            Some("boolean") => false.into(),
            Some("array") => {
                schema.get("items").and_then(|items| self.value(items)).map_or_else(|| json!([]), |item| json!([item]))
            }
            Some("object") => self.object(schema),
            _ => Value::Null,
        }
    }

    fn object(&mut self, schema: &Node) -> Value {
        let required = schema.get("required").map(Node::items).unwrap_or_default();
        let mut object = Map::new();
        for (key, property) in schema.get("properties").map(Node::entries).unwrap_or_default() {
            match self.value(property) {
                Some(value) => {
                    object.insert(key.name.clone(), value);
                }
                None if required.iter().any(|name| name.as_str() == Some(&key.name)) => {
                    object.insert(key.name.clone(), Value::Null);
                }
                None => {}
            }
        }
        object.into()
    }
}

fn first_allowed(schema: &Node) -> Option<&Node> {
    schema.get("enum").or_else(|| schema.get("x-extensible-enum"))?.items().first()
}

fn text(schema: &Node) -> String {
    match schema.text("format") {
        Some("date-time") => return "2024-01-01T00:00:00Z".to_owned(),
        Some("date") => return "2024-01-01".to_owned(),
        Some("uuid") => return "00000000-0000-0000-0000-000000000000".to_owned(),
        Some("ipv4" | "ip") => return "192.0.2.1".to_owned(),
        Some("ipv6") => return "2001:db8::1".to_owned(),
        _ => {}
    }
    let word = "string";
    let length = |key: &str| schema.get(key).and_then(Node::as_u64).and_then(|n| usize::try_from(n).ok());
    let least = length("minLength").unwrap_or(0).min(limits::SAMPLE_NODES);
    let most = length("maxLength").unwrap_or(usize::MAX).max(least);
    word.chars().cycle().take(word.len().clamp(least, most)).collect()
}

fn integer(schema: &Node) -> i64 {
    let bound = |key: &str| schema.get(key).and_then(Node::as_i64);
    let least = bound("minimum").map(|least| least.saturating_add(schema.flag("exclusiveMinimum").into()));
    let most = bound("maximum").map(|most| most.saturating_sub(schema.flag("exclusiveMaximum").into()));
    let value = least.unwrap_or(0);
    most.map_or(value, |most| value.min(most))
}
