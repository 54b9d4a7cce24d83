//! Creates the spans of calls and attempts. The names of their fields are those of OpenTelemetry's conventions for HTTP
//! clients, as far as these have a name.

use std::time::Duration;

use tracing::field::{Empty, debug};
use tracing::{Span, info_span};

use crate::{Endpoint, Error, Operation};

/// Returns the span of a call, with all its waits and attempts.
pub(super) fn of_call(operation: &'static Operation) -> Span {
    info_span!(
        "call",
        operation = operation.id,
        attempts = Empty,
        request_id = Empty,
        duration_ms = Empty,
        "error.type" = Empty,
    )
}

/// Returns the span of an attempt after `earlier` others.
pub(super) fn of_attempt(operation: &'static Operation, endpoint: &Endpoint, earlier: u32) -> Span {
    let span = info_span!(
        "attempt",
        otel.name = format_args!("{} {}", operation.method, operation.path),
        otel.kind = "client",
        http.request.method = operation.method,
        url.template = operation.path,
        server.address = endpoint.url().host_str(),
        server.port = endpoint.url().port_or_known_default(),
        http.request.resend_count = Empty,
        http.response.status_code = Empty,
        request_id = Empty,
        duration_ms = Empty,
        "error.type" = Empty,
    );
    if earlier > 0 {
        span.record("http.request.resend_count", earlier);
    }
    span
}

/// Records the outcome of an attempt: the status of a success, or the error.
pub(super) fn record_attempt(span: &Span, outcome: Result<(u16, Option<&str>), &Error>, duration: Duration) {
    if span.is_disabled() {
        return;
    }
    let (status, request_id) = match outcome {
        Ok((status, request_id)) => (Some(status), request_id),
        Err(error) => (error.status(), error.request_id()),
    };
    span.record("http.response.status_code", status);
    record(span, request_id, outcome.err(), duration);
}

/// Records the outcome of a call.
pub(super) fn record_call(span: &Span, attempts: u32, outcome: Result<Option<&str>, &Error>, duration: Duration) {
    if span.is_disabled() {
        return;
    }
    span.record("attempts", attempts);
    let request_id = outcome.unwrap_or_else(Error::request_id);
    record(span, request_id, outcome.err(), duration);
}

/// Logs the failure of an attempt, for programs that use no spans.
pub(super) fn log_failure(attempts: u32, error: &Error) {
    tracing::debug!(
        attempt = attempts,
        kind = ?error.kind(),
        status = error.status(),
        code = error.code(),
        request_id = error.request_id(),
        "attempt failed"
    );
}

fn record(span: &Span, request_id: Option<&str>, error: Option<&Error>, duration: Duration) {
    span.record("request_id", request_id);
    span.record("duration_ms", u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
    if let Some(error) = error {
        match error.status() {
            // A status of an error is its type.
            Some(status) if status >= 400 => span.record("error.type", status.to_string()),
            _ => span.record("error.type", debug(error.kind())),
        };
    }
}
