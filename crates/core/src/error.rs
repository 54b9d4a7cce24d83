//! Defines the error type of a call.

mod predicates;

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

/// The error of a failed call: what failed, where, and a hint.
///
/// Programs use [`kind`](Self::kind) or a predicate such as [`is_not_found`](Self::is_not_found). Details of the
/// response are in [`status`](Self::status), [`code`](Self::code) and [`request_id`](Self::request_id).
///
/// - `{}` shows operation, message and response, without the cause ([`source`](StdError::source)) and the
///   [`hint`](Self::hint). Programs that print all causes of an error do not repeat one.
/// - `{:#}` adds the innermost cause and the hint: the whole report.
/// - `{:?}` is the kind and the whole report.
///
/// The texts are safe to print to a terminal. They are one line, except for missing credentials: then each source of
/// credentials has a line.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    operation: Option<&'static str>,
    offset: Option<i64>,
    attempts: u32,
    may_have_reached_service: bool,
    /// Whether the time that the caller allows for a whole call or wait is over.
    is_deadline: bool,
    status: Option<u16>,
    code: Option<String>,
    /// The description of the code, if one is known.
    known_code: Option<&'static ErrorCode>,
    /// Whether the code belongs to the service behind the gateway.
    is_from_service: bool,
    request_id: Option<String>,
    body: Bytes,
    /// Lines below the message.
    details: Vec<String>,
    hint: Option<String>,
    /// The cause, shared by the copies of the error.
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Returns an error of `kind`. `message` describes the failure in a sentence without a final period.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            offset: None,
            attempts: 0,
            may_have_reached_service: !matches!(kind, ErrorKind::Usage | ErrorKind::DryRun),
            is_deadline: false,
            status: None,
            code: None,
            known_code: None,
            is_from_service: false,
            request_id: None,
            body: Bytes::new(),
            details: Vec::new(),
            hint: None,
            source: None,
        }))
    }

    /// Returns an error of [`ErrorKind::Usage`].
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Returns an error of [`ErrorKind::Timeout`]: the time that the caller allows for a whole call or wait is over.
    pub(crate) fn deadline(message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Timeout, message);
        error.0.is_deadline = true;
        error
    }

    /// Reports whether the error is from [`deadline`](Self::deadline).
    pub(crate) fn is_deadline(&self) -> bool {
        self.0.is_deadline
    }

    /// Sets the hint, in whole sentences.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Sets lines that `Display` shows below the message.
    #[must_use]
    pub(crate) fn with_details(mut self, details: Vec<String>) -> Self {
        self.0.details = details;
        self
    }

    /// Sets the cause.
    #[must_use]
    pub(crate) fn with_cause(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Prefixes the message with the step that failed, such as `cannot get a token for user x`. Removes the operation, which the
    /// caller did not call.
    pub(crate) fn during(mut self, what: &str) -> Self {
        self.0.message = format!("{what}: {}", self.0.message);
        self.0.operation = None;
        self
    }

    /// Sets the id of the operation.
    #[must_use]
    pub(crate) fn with_operation(mut self, id: &'static str) -> Self {
        self.0.operation = Some(id);
        self
    }

    /// Sets the offset of the page.
    #[must_use]
    pub(crate) fn with_offset(mut self, offset: i64) -> Self {
        self.0.offset = Some(offset);
        self
    }

    /// Sets the number of attempts.
    #[must_use]
    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Removes secrets from all text that came from a server.
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
        // A cause cannot be changed. If it contains a secret, its redacted text replaces it.
        let is_secret = |cause: &(dyn StdError + 'static)| matches!(redaction.text(&cause.to_string()), Cow::Owned(_));
        if let Some(source) = inner.source.as_deref()
            && causes(source).any(is_secret)
        {
            let cause = causes(source).last().map(ToString::to_string).unwrap_or_default();
            let cause: Box<dyn StdError + Send + Sync> = redaction.text(&cause).into();
            inner.source = Some(Arc::from(cause));
        }
        self
    }

    /// Sets the result of [`may_have_reached_service`](Self::may_have_reached_service).
    #[must_use]
    pub(crate) fn with_reach(mut self, may_have_reached_service: bool) -> Self {
        self.0.may_have_reached_service = may_have_reached_service;
        self
    }

    /// Sets the status, error code, request id and body of the response.
    #[must_use]
    pub(crate) fn with_response(
        mut self,
        status: u16,
        code: Option<String>,
        request_id: Option<String>,
        body: &Bytes,
    ) -> Self {
        self.0.status = Some(status);
        self.0.code = code;
        self.0.request_id = request_id;
        self.0.may_have_reached_service = !self.is_refused_by_gateway();
        // A slice of a large body would keep all of it in memory.
        self.0.body = body.get(..BODY_LIMIT).map_or_else(|| body.clone(), Bytes::copy_from_slice);
        self
    }

    /// Adds the description of the code, as a code of `service` or of the gateway.
    #[must_use]
    pub(crate) fn with_service(mut self, service: &Service) -> Self {
        if let (Some(status), Some(code)) = (self.0.status, self.0.code.as_deref()) {
            self.0.known_code = service.error_code(status, code);
            self.0.is_from_service = service.has_code(code);
        }
        self
    }

    /// Returns the kind of the failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the description of the failure, without location and hint. It may contain unescaped text of the service.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the id of the operation.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// Returns the offset of the requested page of a listing.
    #[must_use]
    pub fn offset(&self) -> Option<i64> {
        self.0.offset
    }

    /// Returns the number of attempts; 0 if no attempt was made.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Reports whether the service may have received the request, and so may have carried it out.
    ///
    /// It is `false` only if that is certain: no attempt sent anything, or the API gateway refused all that was sent, with
    /// an error code of the gateway (`APIGW` or `APIG`) and a status of 4xx or the kind [`ErrorKind::Throttled`]. For an
    /// error from [`new`](Self::new), it is `false` for [`ErrorKind::Usage`] and [`ErrorKind::DryRun`].
    #[must_use]
    pub fn may_have_reached_service(&self) -> bool {
        self.0.may_have_reached_service
    }

    /// Returns the HTTP status of the response, if one was received.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns the error code of the service or the gateway, such as `APIGW.0308` or `Ecs.0114`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Returns the meaning of the code in English, if a manual explains it.
    #[must_use]
    pub fn code_meaning(&self) -> Option<&'static str> {
        self.0.known_code.map(|known| known.meaning)
    }

    /// Returns the hint of the manual for the code.
    pub(crate) fn known_hint(&self) -> Option<&'static str> {
        self.0.known_code.and_then(|known| known.hint)
    }

    /// Reports whether the error comes from the service behind the gateway. Such an error proves that the credentials
    /// were accepted.
    pub(crate) fn is_from_service(&self) -> bool {
        self.0.is_from_service
    }

    /// Reports whether the gateway refused the request, which did not reach the service.
    pub(crate) fn is_refused_by_gateway(&self) -> bool {
        let is_refusal = self.kind() == ErrorKind::Throttled || matches!(self.status(), Some(400..500));
        is_refusal && self.code().is_some_and(gateway::is_code)
    }

    /// Returns the request id of the gateway, for inquiries to the support of the service.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Returns the hint: what the caller can check or change, in whole sentences. It may contain unescaped text of the
    /// service.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Returns the body of the response without secrets, at most 64 KiB. It is empty if no body was received.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }
}

/// Iterates over an error and its causes, from the outermost to the innermost.
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
        for (index, detail) in inner.details.iter().enumerate() {
            write!(f, "{}\n  {}", if index == 0 { ":" } else { "" }, printable(detail))?;
        }
        if !f.alternate() {
            return Ok(());
        }
        // The innermost cause names the file, the address or the byte.
        if let Some(cause) = inner.source.as_deref().and_then(|source| causes(source).last()) {
            // A parser quotes the value that it rejects, at any length.
            write!(f, ": {}", excerpt(&cause.to_string(), 2000))?;
        }
        if let Some(hint) = &inner.hint {
            write!(f, "{}{}", if inner.details.is_empty() { ". " } else { "\n" }, printable(hint))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    /// Writes the kind and the whole report, which a program shows if its `main` returns the error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The body is left out: it may contain data that must not be logged.
        write!(f, "{:?}: {self:#}", self.0.kind)
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
    fn display_is_one_safe_line_with_failure_and_location() {
        let error = Error::new(ErrorKind::Throttled, "too many\u{1b}[2J requests")
            .with_operation("ListServers")
            .with_offset(200)
            .with_response(429, Some("APIGW.0308".into()), Some("r-1".into()), &Bytes::from_static(b"{}"))
            .with_service(&EXAMPLE)
            .with_attempts(5)
            .with_hint("Wait a minute.");
        assert_eq!(
            error.to_string(),
            r"ListServers at offset 200: too many\u{1b}[2J requests, after 5 attempts (HTTP 429, APIGW.0308: too many requests, request id r-1)"
        );
    }

    #[test]
    fn display_omits_the_cause_and_the_hint_that_the_report_shows() {
        let cause = std::io::Error::other(std::io::Error::other("disk\n1"));
        let error = Error::usage("unreadable").with_cause(cause).with_hint("Replace\nit.");
        assert_eq!(error.to_string(), "unreadable");
        assert_eq!(format!("{error:#}"), r"unreadable: disk\u{a}1. Replace\u{a}it.");
        assert_eq!(format!("{error:?}"), r"Usage: unreadable: disk\u{a}1. Replace\u{a}it.");
        assert_eq!(error.hint(), Some("Replace\nit."));
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("disk\n1"));
    }

    #[test]
    fn display_shows_each_detail_on_a_line_and_escapes_it() {
        let error = Error::usage("m").with_details(vec!["a: 1".to_owned(), "b:\n2".to_owned()]).with_hint("Set a.");
        assert_eq!(error.to_string(), "m:\n  a: 1\n  b:\\u{a}2");
        assert_eq!(format!("{error:#}"), "m:\n  a: 1\n  b:\\u{a}2\nSet a.");
    }

    #[test]
    fn a_request_that_the_gateway_refused_did_not_reach_the_service() {
        let answered = |kind, status, code: &str| {
            let code = (!code.is_empty()).then(|| code.to_owned());
            Error::new(kind, "m").with_response(status, code, None, &Bytes::new()).may_have_reached_service()
        };
        assert!(!Error::usage("m").may_have_reached_service());
        assert!(Error::new(ErrorKind::Incomplete, "m").may_have_reached_service());
        for (kind, status, code) in [
            (ErrorKind::Throttled, 429, "APIGW.0308"),
            (ErrorKind::Throttled, 503, "APIG.0308"),
            (ErrorKind::Credentials, 401, "APIGW.0301"),
            (ErrorKind::Service, 404, "APIG.0101"),
        ] {
            assert!(!answered(kind, status, code), "{status} {code}");
        }
        for (kind, status, code) in [
            (ErrorKind::Throttled, 429, ""),
            (ErrorKind::Throttled, 429, "Ecs.0011"),
            (ErrorKind::Service, 504, "APIGW.0201"),
            (ErrorKind::Service, 400, "Ecs.0011"),
            (ErrorKind::NotFound, 404, ""),
            (ErrorKind::Protocol, 200, ""),
        ] {
            assert!(answered(kind, status, code), "{status} {code}");
        }
    }

    #[test]
    fn distinguishes_codes_of_the_service_from_those_of_gateways_and_proxies() {
        let is_from_service = |code: &str| {
            let error =
                Error::new(ErrorKind::Service, "m").with_response(400, Some(code.to_owned()), None, &Bytes::new());
            error.with_service(&EXAMPLE).is_from_service()
        };
        for code in ["Ecs.0011", "ECS.9999", "00000010"] {
            assert!(is_from_service(code), "{code}");
        }
        for code in ["APIGW.0308", "APIG.0101", "502", "", ".1", "Ecs.", "Ecs.x", "error.html", "Lb.503", "Proxy.1"] {
            assert!(!is_from_service(code), "{code}");
        }
    }

    #[test]
    fn a_long_cause_is_shortened() {
        let cause = serde_json::from_str::<i64>(&format!("\"{}\"", "x".repeat(1_000_000))).unwrap_err();
        assert!(format!("{:#}", Error::new(ErrorKind::Protocol, "m").with_cause(cause)).len() < 3000);
    }

    #[test]
    fn the_size_of_an_error_is_one_pointer() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
