//! Writes JSON that is safe to display on a terminal.

use std::fmt::Write as _;

use hss_client::{ErrorKind, printable};
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};

/// Serializes a value as a document, indented by two spaces, with a final line feed.
///
/// # Errors
///
/// [`ErrorKind::Protocol`] if the value cannot be represented in JSON.
pub(crate) fn document(value: &impl Serialize) -> Result<String> {
    let mut text = serde_json::to_string_pretty(value).map_err(json_error)?;
    text.push('\n');
    Ok(escape(text))
}

/// Serializes a value as a member of a list in a document, without a final line feed.
///
/// # Errors
///
/// The same as [`document`].
pub(crate) fn member(value: &impl Serialize) -> Result<String> {
    // Every line feed here is between values: the serializer escapes those inside strings.
    let text = serde_json::to_string_pretty(value).map_err(json_error)?.replace('\n', "\n    ");
    Ok(escape(format!("    {text}")))
}

/// Serializes values, one per line.
///
/// # Errors
///
/// The same as [`document`].
pub(crate) fn lines(values: &[impl Serialize]) -> Result<String> {
    // 512 bytes is the usual length of a row of HSS.
    let mut lines = Vec::with_capacity(values.len() * 512);
    for value in values {
        serde_json::to_writer(&mut lines, value).map_err(json_error)?;
        lines.push(b'\n');
    }
    String::from_utf8(lines).map(escape).map_err(|error| json_error(serde::ser::Error::custom(error)))
}

/// Converts any serializable value to a [`Value`].
///
/// # Errors
///
/// The same as [`document`].
pub(crate) fn value(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(json_error)
}

fn json_error(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Protocol, "cannot represent the data as JSON").caused_by(error)
}

/// Escapes characters that a terminal would interpret as `\uXXXX`. They occur only inside strings, so the value is
/// unchanged.
///
/// The serializer itself escapes the control characters below U+0020. The remaining line feeds are those between
/// values.
pub(crate) fn escape(document: String) -> String {
    // Most text is plain ASCII. Both checks process many bytes at once.
    if document.is_ascii() && !document.as_bytes().contains(&0x7f) {
        return document;
    }
    escape_unless(&document, |character| character.is_ascii() && character != '\u{7f}')
}

/// Escapes text that another program serialized, or that is not JSON.
///
/// Tabs and line feeds stay. A carriage return becomes a space, since a terminal would overwrite the line.
pub(crate) fn escape_all(text: &str) -> String {
    escape_unless(&text.replace('\r', " "), |character| matches!(character, ' '..='~' | '\t' | '\n'))
}

fn escape_unless(text: &str, is_plain: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut bytes = [0; 4];
    for character in text.chars() {
        let text = &*character.encode_utf8(&mut bytes);
        if is_plain(character) || printable(text) == text {
            escaped.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_control_characters_and_keeps_the_value() {
        let hostile = "\u{1b}]52;c;aGk=\u{7}\u{9b}31m\u{7f}a\rb\nc\u{202e}\u{e0041}生产\u{1f600}\"\\";
        let document = document(&[hostile]).unwrap();
        assert_eq!(
            document,
            "[\n  \"\\u001b]52;c;aGk=\\u0007\\u009b31m\\u007fa\\rb\\nc\\u202e\\udb40\\udc41生产\u{1f600}\\\"\\\\\"\n]\n"
        );
        assert_eq!(serde_json::from_str::<Vec<String>>(&document).unwrap(), [hostile]);
    }

    #[test]
    fn escapes_control_characters_in_foreign_json() {
        let hostile = "{\t\"a\":\r\n\"\u{1b}[2J\u{9b}\u{202e}\u{7f}\u{0}生产\"}";
        let escaped = "{\t\"a\": \n\"\\u001b[2J\\u009b\\u202e\\u007f\\u0000生产\"}";
        assert_eq!(escape_all(hostile), escaped);
        assert!(serde_json::from_str::<Value>(escaped).is_ok());
    }
}
