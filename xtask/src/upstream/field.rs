//! A parameter or field, and the facts in its description.

use std::cell::OnceCell;

use super::kind::Kind;
use super::prose::{Facts, Reader};

/// A parameter, or a field of a body.
pub(super) struct Field {
    /// The name on the wire.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) is_mandatory: bool,
    /// Values that the Go SDK lists as code.
    pub(super) values: Vec<String>,
    /// The vendor's description, in Chinese.
    pub(super) text: String,
    /// Position in the SDK.
    pub(super) place: String,
    facts: OnceCell<Facts>,
}

impl Field {
    pub(super) fn new(name: &str, kind: Kind, is_mandatory: bool, text: String, place: String) -> Self {
        Self { name: name.to_owned(), kind, is_mandatory, values: Vec::new(), text, place, facts: OnceCell::new() }
    }

    /// Returns the facts in the vendor's description.
    pub(super) fn facts(&self, reader: &Reader) -> &Facts {
        self.facts.get_or_init(|| reader.read(&self.text, &self.kind, &self.values))
    }
}
