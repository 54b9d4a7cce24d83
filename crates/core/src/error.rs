//! One error for everything that can go wrong in a call.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::error_code::ErrorCode;
use crate::error_kind::ErrorKind;
use crate::gateway;
use crate::printable::{excerpt, printable};
use crate::redact::{BODY_LIMIT, Redaction};
use crate::service::Service;

/// Why a call failed: what, where, and what to do about it.
///
/// Its `Display` is one line for people, safe to print to a terminal. Programs ask [`kind`](Self::kind) and,
/// for what the service itself said, [`status`](Self::status), [`code`](Self::code) and
/// [`request_id`](Self::request_id).
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    operation: Option<&'static str>,
    offset: Option<i64>,
    attempts: u32,
    is_sent: bool,
    status: Option<u16>,
    code: Option<String>,
    /// What is known of that code.
    known_code: Option<&'static ErrorCode>,
    /// Whether that code is one of the service behind the gateway.
    is_from_service: bool,
    request_id: Option<String>,
    body: Bytes,
    hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; `message` says what happened, in a sentence without its final period.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            offset: None,
            attempts: 0,
            is_sent: false,
            status: None,
            code: None,
            known_code: None,
            is_from_service: false,
            request_id: None,
            body: Bytes::new(),
            hint: None,
            source: None,
        }))
    }

    /// The same error for one more of those who waited for what failed.
    pub(crate) fn shared(error: &Arc<Self>) -> Self {
        let Inner {
            kind,
            ref message,
            operation,
            offset,
            attempts,
            is_sent,
            status,
            ref code,
            known_code,
            is_from_service,
            ref request_id,
            ref body,
            ref hint,
            ..
        } = *error.0;
        Self(Box::new(Inner {
            kind,
            message: message.clone(),
            operation,
            offset,
            attempts,
            is_sent,
            status,
            code: code.clone(),
            known_code,
            is_from_service,
            request_id: request_id.clone(),
            body: body.clone(),
            hint: hint.clone(),
            // What caused it cannot be copied; the error that it belongs to can be held on to.
            source: error.0.source.is_some().then(|| Box::from(Arc::clone(error))),
        }))
    }

    /// An error of [`ErrorKind::Usage`].
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Says what to do about it, in whole sentences.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds to what to do about it, in whole sentences.
    #[must_use]
    pub fn add_hint(mut self, hint: &str) -> Self {
        self.0.hint = Some(match self.0.hint.take() {
            Some(first) => format!("{first} {hint}"),
            None => hint.to_owned(),
        });
        self
    }

    /// Reports whether it says what to do about it.
    pub(crate) fn has_hint(&self) -> bool {
        self.0.hint.is_some()
    }

    /// Says what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Says what it kept from being done, in front of the message: `no token for user x`. That stands in place of the
    /// operation, which is no operation that the caller knows of.
    pub(crate) fn during(mut self, what: &str) -> Self {
        self.0.message = format!("{what}: {}", self.0.message);
        self.0.operation = None;
        self
    }

    /// Says which operation it happened in.
    #[must_use]
    pub fn in_operation(mut self, id: &'static str) -> Self {
        self.0.operation = Some(id);
        self
    }

    /// Says which page it happened on.
    #[must_use]
    pub fn at_offset(mut self, offset: i64) -> Self {
        self.0.offset = Some(offset);
        self
    }

    /// Says how often it was tried.
    #[must_use]
    pub fn after(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Removes secrets from everything that a server said.
    #[must_use]
    pub(crate) fn redacted(mut self, redaction: &Redaction<'_>) -> Self {
        let inner = &mut *self.0;
        let texts = [inner.code.as_mut(), inner.request_id.as_mut(), inner.hint.as_mut()];
        for text in texts.into_iter().flatten().chain([&mut inner.message]) {
            if let Cow::Owned(cleaned) = redaction.text(text) {
                *text = cleaned;
            }
        }
        inner.body = redaction.body(&inner.body);
        // A cause cannot be changed. One that quotes a secret is replaced by its text.
        let is_secret = |cause: &(dyn StdError + 'static)| matches!(redaction.text(&cause.to_string()), Cow::Owned(_));
        if let Some(source) = inner.source.as_deref()
            && causes(source).any(is_secret)
        {
            let cause = causes(source).last().map(ToString::to_string).unwrap_or_default();
            inner.source = Some(redaction.text(&cause).into());
        }
        self
    }

    /// Says whether the request, or a part of it, was sent.
    #[must_use]
    pub(crate) fn sent(mut self, is_sent: bool) -> Self {
        self.0.is_sent = is_sent;
        self
    }

    /// Keeps what the service answered: its status, error code, request id and body.
    #[must_use]
    pub fn answered(mut self, status: u16, code: Option<String>, request_id: Option<String>, body: &Bytes) -> Self {
        self.0.is_sent = true;
        self.0.status = Some(status);
        self.0.code = code;
        self.0.request_id = request_id;
        // A slice of a large body would keep all of it in memory.
        self.0.body = body.get(..BODY_LIMIT).map_or_else(|| body.clone(), Bytes::copy_from_slice);
        self
    }

    /// Adds what is known of its code, as one of `service` or of the gateway before it.
    #[must_use]
    pub(crate) fn of_service(mut self, service: &Service) -> Self {
        if let (Some(status), Some(code)) = (self.0.status, self.0.code.as_deref()) {
            self.0.known_code = service.error_code(status, code);
            self.0.is_from_service = service.has_code(code);
        }
        self
    }

    /// What sort of failure it was.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What happened, without place and remedy. May hold text of the service as it came.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The operation that was called.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The offset of the page that was asked for, where a listing was read.
    #[must_use]
    pub fn offset(&self) -> Option<i64> {
        self.0.offset
    }

    /// How many attempts were made; 0 where none was.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether the request, or a part of it, was sent in any of the attempts. If not, the service did not carry it out.
    #[must_use]
    pub fn is_sent(&self) -> bool {
        self.0.is_sent
    }

    /// HTTP status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's or the gateway's own code: `APIGW.0308`, `Ecs.0114`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What that code means, in English, where a manual explains it.
    #[must_use]
    pub fn code_meaning(&self) -> Option<&'static str> {
        self.0.known_code.map(|known| known.meaning)
    }

    /// What the manual of that code advises.
    pub(crate) fn known_hint(&self) -> Option<&'static str> {
        self.0.known_code.and_then(|known| known.hint)
    }

    /// Whether the service behind the gateway answered with it, which proves that the credentials were accepted.
    pub(crate) fn is_from_service(&self) -> bool {
        self.0.is_from_service
    }

    /// Whether the gateway answered with it, so that the request did not reach the service.
    #[must_use]
    pub fn is_from_gateway(&self) -> bool {
        self.code().is_some_and(gateway::is_code)
    }

    /// The id that the gateway gave the request, for questions to the service's support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The body of the answer as it came, up to 64 KiB; empty if there was none.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }
}

/// Returns an error and the causes below it.
pub(crate) fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(operation) = inner.operation {
            f.write_str(operation)?;
            if let Some(offset) = inner.offset {
                write!(f, " at offset {offset}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&excerpt(&inner.message, 2000))?;
        if inner.attempts > 1 {
            write!(f, ", after {} attempts", inner.attempts)?;
        }
        if let Some(status) = inner.status {
            write!(f, " (HTTP {status}")?;
            if let Some(code) = &inner.code {
                write!(f, ", {}", excerpt(code, 64))?;
            }
            if let Some(meaning) = self.code_meaning() {
                write!(f, ": {meaning}")?;
            }
            if let Some(request_id) = &inner.request_id {
                write!(f, ", request id {}", excerpt(request_id, 128))?;
            }
            f.write_str(")")?;
        }
        // The innermost cause is what names the file, the address or the byte.
        if let Some(cause) = inner.source.as_deref().and_then(|source| causes(source).last()) {
            // A parser repeats what it could not take, however long.
            write!(f, ": {}", excerpt(&cause.to_string(), 2000))?;
        }
        if let Some(hint) = &inner.hint {
            write!(f, ". {}", printable(hint))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No body and no cause chain: both may hold more than a log should.
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("status", &self.0.status)
            .field("message", &self.to_string())
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &dyn StdError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::EXAMPLE;

    #[test]
    fn display_says_what_where_and_what_to_do_in_one_safe_line() {
        let error = Error::new(ErrorKind::Throttled, "too many\u{1b}[2J requests")
            .in_operation("ListServers")
            .at_offset(200)
            .answered(429, Some("APIGW.0308".into()), Some("r-1".into()), &Bytes::from_static(b"{}"))
            .of_service(&EXAMPLE)
            .after(5)
            .hint("Wait a minute.");
        assert_eq!(
            error.to_string(),
            r"ListServers at offset 200: too many\u{1b}[2J requests, after 5 attempts (HTTP 429, APIGW.0308: too many requests, request id r-1). Wait a minute."
        );
    }

    #[test]
    fn what_to_do_can_be_added_to() {
        let error = Error::usage("m").add_hint("First this.").add_hint("Then that.");
        assert_eq!(error.to_string(), "m. First this. Then that.");
    }

    #[test]
    fn a_code_of_the_service_is_told_from_that_of_a_server_on_the_way() {
        let is_from_service = |code: &str| {
            let error = Error::new(ErrorKind::Service, "m").answered(400, Some(code.to_owned()), None, &Bytes::new());
            error.of_service(&EXAMPLE).is_from_service()
        };
        for code in ["Ecs.0011", "ECS.9999", "00000010"] {
            assert!(is_from_service(code), "{code}");
        }
        for code in ["APIGW.0308", "APIG.0101", "502", "", ".1", "Ecs.", "Ecs.x", "error.html", "Lb.503", "Proxy.1"] {
            assert!(!is_from_service(code), "{code}");
        }
    }

    #[test]
    fn a_shared_error_says_the_same() {
        let error = Error::new(ErrorKind::Service, "down")
            .answered(503, Some("C.1".into()), Some("r-1".into()), &Bytes::from_static(b"{}"))
            .hint("Wait.")
            .during("no token");
        let caused = Error::usage("unreadable").caused_by(std::io::Error::other("disk"));
        for error in [error, caused].map(Arc::new) {
            let shared = Error::shared(&error);
            assert_eq!(shared.to_string(), error.to_string());
            assert_eq!((shared.kind(), shared.status(), shared.body()), (error.kind(), error.status(), error.body()));
        }
    }

    #[test]
    fn what_caused_it_is_shown_within_bounds() {
        let cause = serde_json::from_str::<i64>(&format!("\"{}\"", "x".repeat(1_000_000))).unwrap_err();
        assert!(Error::new(ErrorKind::Protocol, "m").caused_by(cause).to_string().len() < 3000);
    }

    #[test]
    fn it_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
