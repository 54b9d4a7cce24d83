//! Excerpts of a document for messages.

use crate::{Node, Value};

/// Truncates a text that may be long.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Returns the start of a value as JSON. The time does not depend on the size of the value.
pub(crate) fn excerpt(node: &Node) -> String {
    let mut text = String::new();
    write(node, &mut text);
    shorten(&text)
}

/// Writes a value until the text is certainly longer than an excerpt. The loader limits the depth.
fn write(node: &Node, text: &mut String) {
    const ENOUGH: usize = 4 * 61;
    let mut is_first = true;
    let mut separate = |text: &mut String| {
        if !std::mem::take(&mut is_first) {
            text.push(',');
        }
    };
    match &node.value {
        Value::Array(items) => {
            text.push('[');
            for item in items {
                if text.len() > ENOUGH {
                    return;
                }
                separate(text);
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(entries) => {
            text.push('{');
            for (key, node) in entries {
                if text.len() > ENOUGH {
                    return;
                }
                separate(text);
                text.push_str(&serde_json::Value::from(shorten(&key.name)).to_string());
                text.push(':');
                write(node, text);
            }
            text.push('}');
        }
        Value::String(long) if long.len() > ENOUGH => {
            text.push_str(&serde_json::Value::from(shorten(long)).to_string());
        }
        _ => text.push_str(&node.to_json().to_string()),
    }
}
