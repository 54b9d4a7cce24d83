//! Error codes that manuals explain.

use crate::error_kind::ErrorKind;

/// An error code that a manual explains.
#[derive(Debug, PartialEq, Eq)]
pub struct ErrorCode {
    pub(crate) code: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) kind: Option<ErrorKind>,
    pub(crate) hint: Option<&'static str>,
}

impl ErrorCode {
    /// Describes `code` by its `meaning` in English, in lower case and without a final period.
    #[must_use]
    pub const fn new(code: &'static str, meaning: &'static str) -> Self {
        Self { code, meaning, kind: None, hint: None }
    }

    /// Sets the kind of errors with this code. Without one, the HTTP status decides.
    #[must_use]
    pub const fn kind(self, kind: ErrorKind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// Sets what the caller can do, in whole sentences. Without a hint, the kind of the error decides.
    #[must_use]
    pub const fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// The code: `Ecs.0114`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What it means, in English.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        self.meaning
    }
}
