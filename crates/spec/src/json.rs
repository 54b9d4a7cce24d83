//! Parses JSON. A separate parser is needed because YAML parsers refuse some valid JSON (surrogate pairs in escapes,
//! tabs).

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde::de::IgnoredAny;

use crate::excerpt::shorten;
use crate::finding::{Report, duplicate_key, refuse};
use crate::limits::{self, Used};
use crate::place::Cursor;
use crate::{Finding, Key, Node, Place, Value};

/// Standard JSON: every extension of the parser is disabled.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Parses one JSON value.
pub(crate) fn parse(file: &Arc<Path>, text: &str, used: &mut Used) -> Result<Node, Vec<Finding>> {
    bounds(file, text, used)?;
    strict(file, text)?;
    let parsed = parse_to_ast(text, &CollectOptions::default(), &STRICT).map_err(|error| {
        let place = Cursor::new(file, text).place(error.range().start);
        syntax(&place, &error.kind().to_string())
    })?;
    let mut builder = Builder { cursor: Cursor::new(file, text), report: Report::default() };
    let root = match parsed.value {
        Some(value) => builder.node(value),
        None => return Err(syntax(&builder.cursor.place(0), "a value is missing")),
    };
    if builder.report.is_empty() { Ok(root) } else { Err(builder.report.into_findings()) }
}

/// Refuses text that is too deep or too long. This runs before the parser, which is recursive.
fn bounds(file: &Arc<Path>, text: &str, used: &mut Used) -> Result<(), Vec<Finding>> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    used.nodes += 1;
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => {
                depth += 1;
                used.nodes += 1;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' | b':' => used.nodes += 1,
            _ => {}
        }
        if depth > limits::DEPTH {
            let message = format!("maps and lists have more than {} levels", limits::DEPTH);
            return Err(refuse("depth-limit", &Cursor::new(file, text).place(offset), message, "use fewer levels"));
        }
        if used.nodes > limits::NODES {
            let message = format!("the document has more than {} values", limits::NODES);
            return Err(refuse("node-limit", &Cursor::new(file, text).place(offset), message, "shorten the document"));
        }
    }
    Ok(())
}

/// Parses the text again with `serde_json`, because the positional parser accepts some errors, such as a missing comma
/// before a bracket.
fn strict(file: &Arc<Path>, text: &str) -> Result<(), Vec<Finding>> {
    let Err(error) = serde_json::from_str::<IgnoredAny>(text) else {
        return Ok(());
    };
    // The column counts bytes.
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let mut offset = (line_start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let full = error.to_string();
    let message = full.split(" at line ").next().unwrap_or(&full);
    Err(syntax(&Cursor::new(file, text).place(offset), message))
}

fn syntax(place: &Place, message: &str) -> Vec<Finding> {
    refuse("syntax", place, format!("not valid JSON: {message}"), "correct the JSON at this place")
}

struct Builder<'t> {
    cursor: Cursor<'t>,
    report: Report,
}

impl Builder<'_> {
    /// The recursion is limited by `bounds`. Positions are requested in the order of the text, which the cursor
    /// requires.
    fn node(&mut self, value: ast::Value<'_>) -> Node {
        let place = self.cursor.place(value.range().start);
        let value = match value {
            ast::Value::NullKeyword(_) => Value::Null,
            ast::Value::BooleanLit(literal) => Value::Bool(literal.value),
            ast::Value::StringLit(literal) => Value::String(literal.value.into_owned()),
            ast::Value::NumberLit(literal) => self.number(&place, literal.value),
            ast::Value::Array(array) => {
                Value::Array(array.elements.into_iter().map(|element| self.node(element)).collect())
            }
            ast::Value::Object(object) => Value::Object(self.entries(object)),
        };
        Node { place, value, plain: false }
    }

    fn number(&mut self, place: &Place, text: &str) -> Value {
        if let Ok(number) = serde_json::from_str(text) {
            return Value::Number(number);
        }
        let message = format!("the number {} is out of range", shorten(text));
        let hint = "write a number that fits 64 bits, or quote it";
        self.report.add("number-range", place, message, hint);
        Value::Null
    }

    fn entries(&mut self, object: ast::Object<'_>) -> Vec<(Key, Node)> {
        let mut first: HashMap<String, Place> = HashMap::new();
        let mut entries = Vec::with_capacity(object.properties.len());
        for property in object.properties {
            let place = self.cursor.place(property.name.range().start);
            let name = property.name.into_string();
            let node = self.node(property.value);
            if let Some(earlier) = first.get(&name) {
                duplicate_key(&mut self.report, &name, &place, earlier);
                continue;
            }
            first.insert(name.clone(), place.clone());
            entries.push((Key { name, place, plain: false }, node));
        }
        entries
    }
}
