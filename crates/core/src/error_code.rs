//! Defines descriptions of error codes.

use crate::error_kind::ErrorKind;

/// The description of an error code in a manual.
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

    /// Sets the kind of errors with this code. Without it, the HTTP status determines the kind.
    #[must_use]
    pub const fn kind(self, kind: ErrorKind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// Sets the hint, in whole sentences. Without it, the kind of the error determines the hint.
    #[must_use]
    pub const fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// Returns the code, such as `Ecs.0114`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Returns its meaning in English.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        self.meaning
    }
}
