//! Prints a part of a document as YAML in the style of `openapi/`.

use serde_json::Value;

/// The prefix of a key whose value is a comment before the next key.
pub(super) const COMMENT: &str = "#";

/// Returns the text of a map.
pub(super) fn print(map: &Value) -> String {
    let mut text = String::new();
    entries(map, 0, &mut text);
    text
}

fn entries(map: &Value, indent: usize, text: &mut String) {
    for (key, value) in map.as_object().into_iter().flatten() {
        let margin = " ".repeat(indent);
        if key.starts_with(COMMENT) {
            text.push_str(&format!("{margin}# {}\n", value.as_str().unwrap_or_default()));
            continue;
        }
        // Long parts are separated by an empty line.
        if (key == "components" || key.starts_with('/')) && !text.is_empty() && !text.ends_with("paths:\n") {
            text.push('\n');
        }
        let name = if key == "$ref" || is_plain(key) { key.clone() } else { quoted(key) };
        text.push_str(&format!("{margin}{name}:"));
        below(key, value, indent + 2, text);
    }
}

fn below(key: &str, value: &Value, indent: usize, text: &mut String) {
    let margin = " ".repeat(indent);
    match value {
        Value::Object(map) if map.is_empty() => text.push_str(" {}\n"),
        Value::Object(_) => {
            text.push('\n');
            entries(value, indent, text);
        }
        // Short lists of names are on one line.
        Value::Array(items) if matches!(key, "tags" | "required") => {
            let items: Vec<_> = items.iter().map(scalar).collect();
            text.push_str(&format!(" [{}]\n", items.join(", ")));
        }
        Value::Array(items) => {
            text.push('\n');
            for item in items {
                match item {
                    Value::Object(_) => {
                        let mut lines = String::new();
                        entries(item, indent + 2, &mut lines);
                        text.push_str(&format!("{margin}- {}", lines.trim_start()));
                    }
                    Value::String(item) => text.push_str(&format!("{margin}- {}\n", quoted(item))),
                    _ => text.push_str(&format!("{margin}- {item}\n")),
                }
            }
        }
        Value::String(lines) if lines.contains('\n') => {
            text.push_str(" |\n");
            for line in lines.lines() {
                text.push_str(format!("{margin}{line}").trim_end());
                text.push('\n');
            }
        }
        _ => text.push_str(&format!(" {}\n", scalar(value))),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::String(text) => quoted(text),
        _ => value.to_string(),
    }
}

/// Returns whether YAML reads the text as this text without quotes.
fn is_plain(text: &str) -> bool {
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && text.chars().all(|character| character.is_ascii_alphanumeric() || " _-./:(){}".contains(character));
    let is_other = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    is_word && !is_other && !text.contains(": ") && !text.ends_with([':', ' '])
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::print;

    #[test]
    fn prints_maps_lists_texts_and_comments() {
        let map = json!({
            "get": {"operationId": "ListCats", "tags": ["Cats and dogs", "1"], "#1": "No bounds.", "x": {}},
            "responses": {"200": {"$ref": "#/components/responses/Cats"}, "4XX": {}},
            "parameters": [{"name": "no", "required": true}, {"name": "colour"}],
            "properties": {"no": 1, "a: b": 2, "_c": 3},
            "enum": ["yes", "it's", "red"],
            "maximum": 7,
            "description": "First\n\nDeprecated: TODO\n",
        });
        let expected = "\
get:
  operationId: ListCats
  tags: [Cats and dogs, '1']
  # No bounds.
  x: {}
responses:
  '200':
    $ref: '#/components/responses/Cats'
  '4XX': {}
parameters:
  - name: 'no'
    required: true
  - name: colour
properties:
  'no': 1
  'a: b': 2
  '_c': 3
enum:
  - 'yes'
  - 'it''s'
  - 'red'
maximum: 7
description: |
  First

  Deprecated: TODO
";
        assert_eq!(print(&map), expected);
        let read = hss_spec::parse(Path::new("x.yaml"), expected).unwrap().to_json();
        let mut map = map;
        map["get"].as_object_mut().unwrap().shift_remove("#1");
        assert_eq!(read, map, "YAML reads the same");
    }
}
