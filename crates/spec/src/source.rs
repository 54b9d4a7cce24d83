//! Reads the text of a file before it is parsed.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use crate::finding::refuse;
use crate::place::{end_of, start_of};
use crate::{Finding, Node, json, limits, yaml};

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Source {
    /// File name in positions.
    pub(crate) file: Arc<Path>,
    /// Text without byte order mark. Lines end in `\n`.
    text: String,
}

impl Source {
    /// Decodes the bytes of a file. Refuses files that are too large, are not UTF-8 or contain control characters.
    pub(crate) fn from_bytes(file: &Path, bytes: &[u8]) -> Result<Self, Vec<Finding>> {
        let file: Arc<Path> = Arc::from(file);
        if bytes.len() > limits::FILE_BYTES {
            return Err(refuse(
                "file-too-large",
                &start_of(&file),
                format!("the file has {} bytes; the limit is {}", bytes.len(), limits::FILE_BYTES),
                "split the document or remove parts of it",
            ));
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let before = String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default());
                let before = normalise(&before);
                let place = end_of(&file, &before);
                return Err(refuse("not-utf8", &place, "invalid UTF-8", "save the file as UTF-8"));
            }
        };
        let text = normalise(text).into_owned();
        // Bytes below 128 are characters of their own.
        let control = text.bytes().enumerate().find(|(_, byte)| byte.is_ascii_control() && !is_allowed(*byte));
        if let Some((offset, character)) = control {
            // The YAML scanner interprets NUL as the end of the file and would ignore the rest silently.
            let place = end_of(&file, text.get(..offset).unwrap_or_default());
            let message = format!("control character U+{:04X}", u32::from(character));
            return Err(refuse("control-character", &place, message, "remove it, or write it as an escape in quotes"));
        }
        if text.trim().is_empty() {
            let message = "the file is empty";
            return Err(refuse("empty-file", &start_of(&file), message, "write an OpenAPI 3.0 document"));
        }
        Ok(Self { file, text })
    }

    /// Parses the text as JSON if the file name ends in `.json`, otherwise as YAML. Text that starts with a brace may be
    /// both: JSON is tried first, since the YAML parser refuses some of it.
    pub(crate) fn parse(&self) -> Result<Node, Vec<Finding>> {
        let named_json = self.file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        if !named_json && !self.text.trim_start().starts_with('{') {
            return yaml::parse(&self.file, &self.text);
        }
        let findings = match json::parse(&self.file, &self.text) {
            Err(findings) if findings.iter().any(|finding| finding.rule == "syntax") => findings,
            parsed => return parsed,
        };
        match yaml::parse(&self.file, &self.text) {
            Ok(node) if !named_json => Ok(node),
            // An OpenAPI document may be YAML, whatever the name of its file is.
            Ok(_) => Err(findings.first().map_or(Vec::new(), |Finding { place, message, .. }| {
                refuse("json-syntax", place, message, "correct the JSON at this place, or name the file `.yaml`")
            })),
            Err(_) => Err(findings),
        }
    }

    /// Parses the text as JSON, regardless of the file name.
    pub(crate) fn parse_json(&self) -> Result<Node, Vec<Finding>> {
        json::parse(&self.file, &self.text)
    }
}

fn is_allowed(character: u8) -> bool {
    matches!(character, b'\t' | b'\n' | 0x7f)
}

/// Removes a byte order mark and converts line ends to `\n`. Therefore, the tree and its positions do not depend on the
/// editor that saved the file.
fn normalise(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(text) }
}
