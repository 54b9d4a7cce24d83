//! Reads one response and converts it to a result. Only a body of bytes, such as a file, is left to the caller.

use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER};

use super::elements;

use crate::error_body::ErrorResponse;
use crate::redact::{BODY_LIMIT as ERROR_BODY_LIMIT, Redaction};
use crate::retry::retry_after;
use crate::{Error, ErrorKind, Operation, Response, Result};

/// A failed attempt: its error and further data of the response.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// The wait that the service requests.
    pub(crate) retry_after: Option<Duration>,
    /// The time of the service's clock, from the header `Date`.
    pub(crate) date: Option<SystemTime>,
    pub(crate) delivery: Delivery,
    /// The headers of the response, if one was received.
    pub(crate) headers: Option<Box<HeaderMap>>,
}

/// The progress of the request of a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// The request was not sent, and no connection was attempted.
    Unsent,
    /// No connection could be established.
    Unconnected,
    /// The request was sent, at least in part.
    Sent,
}

impl From<Error> for Failure {
    /// Converts the error of an attempt that failed before its request was sent.
    fn from(error: Error) -> Self {
        Self { error, retry_after: None, date: None, delivery: Delivery::Unsent, headers: None }
    }
}

/// The body of a success.
#[derive(Debug)]
pub(crate) enum Body {
    /// A body that was read completely.
    Whole(Bytes),
    /// Bytes, such as a file: what was already read, and the response with the rest.
    Unread(Bytes, Box<reqwest::Response>),
}

/// Reads a response of `operation`, up to `limit` bytes. Returns an error if it is not a success.
pub(crate) async fn read(
    response: reqwest::Response,
    operation: &'static Operation,
    limit: usize,
    now: SystemTime,
    redaction: &Redaction<'_>,
) -> Result<Response<Body>, Failure> {
    let status = response.status();
    let headers = response.headers().clone();
    let redaction = &redaction.with_issued(&headers);
    let request_id = request_id(&headers);
    let date = text(&headers, &DATE).and_then(|value| httpdate::parse_http_date(value).ok());
    let failed = |error: Error| Failure {
        error: error.redacted(redaction),
        // A date in `Retry-After` refers to the clock of the service.
        retry_after: text(&headers, &RETRY_AFTER).and_then(|value| retry_after(value, date.unwrap_or(now))),
        date,
        delivery: Delivery::Sent,
        headers: Some(Box::new(headers.clone())),
    };
    if status.is_success() && operation.success.binary {
        let mut response = response;
        let start = begin(&mut response, &headers).await.and_then(|start| {
            check_bytes(status, &headers, &start, redaction)?;
            let (request_id, service) = (request_id.as_deref(), operation.service);
            let response = ErrorResponse { service, status: status.as_u16(), request_id, body: &start, redaction };
            // Errors are smaller than what is read of them.
            let error = (start.len() < ERROR_BODY_LIMIT).then(|| response.error_instead_of_bytes()).flatten();
            error.map_or(Ok(start.clone()), Err)
        });
        return match start {
            Ok(start) => {
                let request_id = request_id.map(|id| redaction.id(id));
                Ok(Response::new(Body::Unread(start, Box::new(response)), status.as_u16(), request_id)
                    .with_headers(headers.clone()))
            }
            Err(error) if error.status().is_some() => Err(failed(error)),
            Err(error) => Err(failed(error.with_response(status.as_u16(), None, request_id.clone(), &Bytes::new()))),
        };
    }
    let body =
        if status.is_success() { read_body(response, operation, limit).await } else { read_error_body(response).await };
    let (service, number, empty) = (operation.service, status.as_u16(), Bytes::new());
    let error_response =
        |body| ErrorResponse { service, status: number, request_id: request_id.as_deref(), body, redaction };
    let invalid = |error: Error, body| error.with_response(number, None, request_id.clone(), body);
    let body = body.map_err(|error| {
        // An error response that is cut short keeps its status; only its text is lost.
        failed(if status.is_success() {
            invalid(error, &empty)
        } else {
            error_response(&empty).error().with_cause(error)
        })
    })?;
    // A byte order mark is not valid in JSON and carries no information, so it is skipped.
    let body = body.strip_prefix(b"\xef\xbb\xbf").map_or(body.clone(), |rest| body.slice_ref(rest));
    if !status.is_success() {
        return Err(failed(error_response(&body).error()));
    }
    if operation.success.schema.is_some() {
        let checked = check(number, &headers, &body, redaction).and_then(|()| elements::check(&body));
        checked.map_err(|error| failed(invalid(error, &body)))?;
    }
    match error_response(&body).error_under_success(operation) {
        Some(error) => Err(failed(error)),
        None => {
            let request_id = request_id.map(|id| redaction.id(id));
            Ok(Response::new(Body::Whole(body), number, request_id).with_headers(headers))
        }
    }
}

/// The first byte of a byte order mark in UTF-8.
const BYTE_ORDER_MARK_START: u8 = 0xef;

/// Reads the beginning of bytes if it may be an error object or a page: if the type is JSON, text or unknown, and the
/// first character fits. An error has at most [`ERROR_BODY_LIMIT`] bytes.
async fn begin(response: &mut reqwest::Response, headers: &HeaderMap) -> Result<Bytes> {
    let kind = text(headers, &CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let mut start = BytesMut::new();
    if !(kind.is_empty() || kind.starts_with("text/") || kind.ends_with("json")) {
        return Ok(Bytes::new());
    }
    let mut first = None;
    while let Some(chunk) = response.chunk().await.map_err(|error| cut_off(error, start.len()))? {
        first = first.or_else(|| chunk.iter().copied().find(|byte| !byte.is_ascii_whitespace()));
        start.extend_from_slice(&chunk);
        if start.len() >= ERROR_BODY_LIMIT
            || first.is_some_and(|first| !matches!(first, b'{' | b'[' | b'<' | BYTE_ORDER_MARK_START))
        {
            break;
        }
    }
    Ok(start.freeze())
}

/// Rejects a success without the bytes of a file: no content, a part of it, or a page.
fn check_bytes(status: StatusCode, headers: &HeaderMap, start: &Bytes, redaction: &Redaction<'_>) -> Result<()> {
    let is_html = text(headers, &CONTENT_TYPE).is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"));
    match status {
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT => Err(empty(status.as_u16())),
        StatusCode::PARTIAL_CONTENT => {
            Err(Error::new(ErrorKind::Protocol, "the response is a part of the file, but the whole was requested"))
        }
        _ if is_html && start.trim_ascii_start().starts_with(b"<") => Err(page(headers, start, redaction, "a file")),
        _ => Ok(()),
    }
}

/// Reads the body of an error response, up to the size that an error keeps.
async fn read_error_body(mut response: reqwest::Response) -> Result<Bytes> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| cut_off(error, body.len()))? {
        body.extend_from_slice(&chunk);
        if body.len() >= ERROR_BODY_LIMIT {
            // The rest is not read: dropping the response closes the connection.
            body.truncate(ERROR_BODY_LIMIT);
            break;
        }
    }
    Ok(body.freeze())
}

async fn read_body(mut response: reqwest::Response, operation: &Operation, limit: usize) -> Result<Bytes> {
    let too_large = || {
        let error = Error::new(ErrorKind::Protocol, format!("the response is larger than the limit of {limit} bytes"));
        if operation.pagination.is_some() { error.with_hint(elements::HINT) } else { error }
    };
    let expected = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
    if expected > limit {
        return Err(too_large());
    }
    // Most pages arrive in one chunk, which then need not be copied.
    let mut first = Bytes::new();
    let mut body = BytesMut::new();
    let mut received = 0;
    while let Some(chunk) = response.chunk().await.map_err(|error| cut_off(error, received))? {
        received += chunk.len();
        if received > limit {
            return Err(too_large());
        }
        if first.is_empty() {
            first = chunk;
            continue;
        }
        if body.is_empty() {
            body.reserve(expected.max(received));
            body.extend_from_slice(&first);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(if body.is_empty() { first } else { body.freeze() })
}

/// Returns the error for a body that ended after `received` bytes.
pub(crate) fn cut_off(error: reqwest::Error, received: impl std::fmt::Display) -> Error {
    let kind = if error.is_timeout() { ErrorKind::Timeout } else { ErrorKind::Connection };
    Error::new(kind, format!("the response is incomplete: the connection was closed after {received} bytes"))
        .with_cause(error.without_url())
}

/// Rejects a success without JSON. The error describes the response, which is clearer than an error of the JSON parser.
fn check(status: u16, headers: &HeaderMap, body: &Bytes, redaction: &Redaction<'_>) -> Result<()> {
    let Some(first) = body.iter().find(|byte| !byte.is_ascii_whitespace()) else {
        return Err(empty(status));
    };
    if *first == b'<' { Err(page(headers, body, redaction, "JSON")) } else { Ok(()) }
}

fn empty(status: u16) -> Error {
    Error::new(ErrorKind::Protocol, format!("empty response with status {status}"))
}

fn page(headers: &HeaderMap, body: &Bytes, redaction: &Redaction<'_>, expected: &str) -> Error {
    let kind = text(headers, &CONTENT_TYPE).unwrap_or("no content type");
    let page = redaction.excerpt(body);
    Error::new(ErrorKind::Protocol, format!("the response is a page ({kind}) instead of {expected}: {page}"))
        .with_hint("It may be the page of a proxy or a login. Check endpoint and proxy.")
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Returns the request id of the gateway or of IAM.
fn request_id(headers: &HeaderMap) -> Option<String> {
    [HeaderName::from_static("x-request-id"), HeaderName::from_static("x-iam-trace-id")]
        .iter()
        .find_map(|name| headers.get(name))
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
