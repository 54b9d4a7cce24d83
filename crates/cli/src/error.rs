//! Defines the error of a command: that of a call, or of work that the command does itself.

use std::error::Error as StdError;
use std::fmt;

use hss_client::{ErrorKind, excerpt, printable};

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// The maximum number of characters of a message and of a cause.
const MAX_LENGTH: usize = 2000;

/// What failed, and a hint. Its `Display` output is the whole message, which is safe to print to a terminal.
#[derive(Debug)]
pub(crate) struct Error {
    kind: ErrorKind,
    /// The operation, unless the error of the call names it.
    operation: Option<&'static str>,
    message: String,
    /// The innermost cause, which names the file, the address or the byte.
    cause: Option<String>,
    hint: Option<String>,
    /// The error of the call, if one failed.
    call: Option<hss_client::Error>,
}

impl Error {
    /// Returns an error of `kind`. `message` describes the failure in a sentence without a final period.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, operation: None, message: message.into(), cause: None, hint: None, call: None }
    }

    /// Returns an error of [`ErrorKind::Usage`].
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Sets the hint, in whole sentences.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Appends a sentence to the hint.
    pub(crate) fn add_hint(mut self, hint: &str) -> Self {
        self.hint = Some(match self.hint.take() {
            Some(first) => format!("{first} {hint}"),
            None => hint.to_owned(),
        });
        self
    }

    /// Sets the cause.
    pub(crate) fn caused_by(mut self, cause: impl StdError + 'static) -> Self {
        self.cause = Some(innermost(&cause).to_string());
        self
    }

    /// Sets the operation, unless the error of the call names one.
    pub(crate) fn in_operation(mut self, id: &'static str) -> Self {
        if self.call.as_ref().is_none_or(|call| call.operation().is_none()) {
            self.operation = Some(id);
        }
        self
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the description of the failure, without location, cause and hint.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Returns the error of the call, if one failed.
    pub(crate) fn call(&self) -> Option<&hss_client::Error> {
        self.call.as_ref()
    }
}

impl From<hss_client::Error> for Error {
    fn from(call: hss_client::Error) -> Self {
        let cause = call.source().map(|cause| innermost(cause).to_string());
        let (message, hint) = (call.message().to_owned(), call.hint().map(str::to_owned));
        Self { kind: call.kind(), operation: None, message, cause, hint, call: Some(call) }
    }
}

fn innermost<'a>(mut cause: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.call.as_ref().map_or_else(|| excerpt(&self.message, MAX_LENGTH), ToString::to_string);
        if let Some(operation) = self.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&text)?;
        if let Some(cause) = &self.cause {
            write!(f, ": {}", excerpt(cause, MAX_LENGTH))?;
        }
        if let Some(hint) = &self.hint {
            // The client writes each source of missing credentials on a line.
            write!(f, "{}{}", if text.contains('\n') { "\n" } else { ". " }, printable(hint))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn display_is_the_safe_message_with_operation_cause_and_hint() {
        let cause = io::Error::other(io::Error::other("disk\n1"));
        let error = Error::usage("cannot read a\u{1b}[2J").caused_by(cause).in_operation("ListServers");
        let error = error.add_hint("First this.").add_hint("Then\nthat.");
        assert_eq!(error.to_string(), r"ListServers: cannot read a\u{1b}[2J: disk\u{a}1. First this. Then\u{a}that.");
        assert_eq!(
            error.hint("Only this.").to_string(),
            r"ListServers: cannot read a\u{1b}[2J: disk\u{a}1. Only this."
        );
    }

    #[tokio::test]
    async fn the_error_of_a_call_keeps_its_report() {
        let one_line = hss_client::Endpoint::parse("ftp://a").unwrap_err();
        let source = hss_client::credentials::Profile;
        let identity = hss_client::Identity::from_source(source);
        let several_lines = identity.current(&hss_client::TestRuntime::default().share()).await.unwrap_err();
        for (call, separator) in [(one_line, ". "), (several_lines, "\n")] {
            let report = format!("{call:#}");
            assert!(report.ends_with(&format!("{separator}{}", call.hint().unwrap())), "{report}");
            let error = Error::from(call);
            assert_eq!((error.to_string(), error.kind()), (report, ErrorKind::Usage));
            assert!(error.call().is_some());
        }
    }
}
