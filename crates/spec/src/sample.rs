//! Generates sample values from schemas, for documentation and for the emulator.

use serde_json::{Map, Value, json};

use crate::{Document, Node, limits};

/// Returns a sample value of `schema`.
///
/// It is the `example`, the `default` or the first enumeration value, if there is one. Otherwise, it is the minimum
/// number, a text of the minimum length, a list of one item or of the minimum length, or a map of all properties.
///
/// A recursive schema is cut where it begins to repeat: an optional property is omitted, any other value is `null`. A
/// broken reference gives `null`.
#[must_use]
pub fn sample(document: &Document, schema: &Node) -> Value {
    Sampler { document, within: Vec::new(), left: limits::SAMPLE_NODES }.value(schema).unwrap_or(Value::Null)
}

struct Sampler<'d> {
    document: &'d Document,
    /// The schemas of the current value, outermost first.
    within: Vec<*const Node>,
    left: usize,
}

impl Sampler<'_> {
    /// Returns `None` if the schema repeats itself or is broken, or if the value becomes too large.
    fn value(&mut self, schema: &Node) -> Option<Value> {
        let schema = self.document.resolve_schema(schema).ok()?;
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
            Some("number") => number(schema),
            Some("boolean") => false.into(),
            Some("array") => self.array(schema),
            Some("object") => self.object(schema),
            _ => Value::Null,
        }
    }

    /// Each item counts towards the size of the value, which also limits lists with a large minimum length.
    fn array(&mut self, schema: &Node) -> Value {
        let length =
            length(schema, "minItems").unwrap_or(1).max(1).min(length(schema, "maxItems").unwrap_or(usize::MAX));
        let Some(items) = schema.get("items") else {
            return json!([]);
        };
        let mut values = Vec::new();
        while let Some(value) = (values.len() < length).then(|| self.value(items)).flatten() {
            values.push(value);
        }
        values.into()
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
    let min = length(schema, "minLength").unwrap_or(0).min(limits::SAMPLE_NODES);
    let max = length(schema, "maxLength").unwrap_or(usize::MAX).max(min);
    word.chars().cycle().take(word.len().clamp(min, max)).collect()
}

/// Returns a limit for the number of characters or items.
fn length(schema: &Node, key: &str) -> Option<usize> {
    schema.get(key).and_then(Node::as_u64).and_then(|length| usize::try_from(length).ok())
}

fn number(schema: &Node) -> Value {
    let bound = |key: &str| schema.get(key).map(Node::to_json);
    let (min, max) = (bound("minimum"), bound("maximum"));
    match (min.as_ref().and_then(Value::as_f64), max.and_then(|max| max.as_f64())) {
        // Between exclusive bounds, there may be no integer.
        (Some(min), Some(max)) if schema.flag("exclusiveMinimum") => f64::midpoint(min, max).into(),
        (Some(min), None) if schema.flag("exclusiveMinimum") => (min + 1.0).into(),
        // Keeps the notation of the document.
        (Some(_), _) => min.unwrap_or_default(),
        (None, Some(max)) => (max - f64::from(u8::from(schema.flag("exclusiveMaximum")))).min(0.0).into(),
        (None, None) => json!(0.0),
    }
}

fn integer(schema: &Node) -> i64 {
    let bound = |key: &str| schema.get(key).and_then(Node::as_i64);
    let min = bound("minimum").map(|min| min.saturating_add(schema.flag("exclusiveMinimum").into()));
    let max = bound("maximum").map(|max| max.saturating_sub(schema.flag("exclusiveMaximum").into()));
    let value = min.unwrap_or(0);
    max.map_or(value, |max| value.min(max))
}
