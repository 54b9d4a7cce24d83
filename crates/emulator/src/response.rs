//! Responses with a status and a body, mostly JSON, in the formats of the service and of the API gateway in front of it.

use std::borrow::Cow;
use std::time::SystemTime;

use bytes::Bytes;
use hss_client::Error;
use hyper::StatusCode;
use hyper::header::{CONTENT_DISPOSITION, CONTENT_TYPE, DATE, HeaderName, HeaderValue};
use serde::Serialize;

const JSON: &str = "application/json";
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A response of the emulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// Additional headers.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

/// Code and message for a caller whom the gateway does not authenticate.
pub(crate) type AuthenticationError = (&'static str, String);

/// The reason why the gateway refuses a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GatewayError {
    status: u16,
    code: &'static str,
    message: Cow<'static, str>,
}

impl GatewayError {
    /// No operation has this method and path.
    pub(crate) const UNPUBLISHED: Self = Self {
        status: 404,
        code: "APIGW.0101",
        message: Cow::Borrowed("The API does not exist or has not been published in the environment"),
    };
    pub(crate) const BAD_PATH: Self = Self::bad(400, "Bad request: the path is not percent-encoded UTF-8");
    pub(crate) const BODY_CUT: Self = Self::bad(400, "Bad request: the body did not arrive whole");
    pub(crate) const BODY_TOO_LARGE: Self = Self::bad(413, "Request entity too large: the body exceeds 12 MB");
    pub(crate) const HEADERS_TOO_LARGE: Self = Self::bad(494, "Request header too large");
    pub(crate) const ONE_HOST: Self = Self::bad(400, "Bad request: it needs one Host header");
    pub(crate) const FOREIGN_ORIGIN: Self =
        Self::bad(403, "the emulator refuses requests of other web pages: Origin is not its address");
    pub(crate) const URI_TOO_LONG: Self = Self::bad(414, "Request URI too large");

    const fn bad(status: u16, message: &'static str) -> Self {
        Self { status, code: "APIGW.0201", message: Cow::Borrowed(message) }
    }

    /// Refuses a request for a host name that is not allowed.
    pub(crate) fn misdirected(host: &str) -> Self {
        let message = format!(
            "the emulator is not served as {host}: if it should be, start it with --allow-host and that name without a \
             port (EmulatorBuilder::allow_host in Rust)"
        );
        Self { message: message.into(), ..Self::bad(421, "") }
    }

    /// Returns the status of the response.
    #[cfg(test)]
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// Refuses a caller who is not authenticated.
    pub(crate) fn unauthorized((code, message): AuthenticationError) -> Self {
        Self { status: 401, code, message: message.into() }
    }

    /// Refuses a request because the quota is exhausted.
    pub(crate) fn throttled(message: String) -> Self {
        Self { status: 429, code: "APIGW.0308", message: message.into() }
    }

    pub(crate) fn response(self, request_id: &str) -> Response {
        #[derive(Serialize)]
        struct Body<'a> {
            error_msg: &'a str,
            error_code: &'a str,
            request_id: &'a str,
        }
        let Self { status, code, message } = self;
        Response::json(status, &Body { error_msg: &message, error_code: code, request_id })
    }
}

impl Response {
    /// Returns whether the status is 2xx.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn json(status: u16, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self::new(status, JSON, body),
            // Serialization of our own types does not fail. If that changes, the empty 500 response shows it.
            Err(_) => Self::new(500, JSON, Bytes::new()),
        }
    }

    /// Builds a response without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self::new(status, JSON, Bytes::new())
    }

    pub(crate) fn text(status: u16, text: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text.to_owned())
    }

    /// Builds a response that is a file. Its name is sent in `Content-Disposition`.
    pub(crate) fn file(status: u16, content_type: &'static str, name: &str, bytes: impl Into<Bytes>) -> Self {
        let mut response = Self::new(status, content_type, bytes);
        let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
        response.headers.extend(disposition.ok().map(|value| (CONTENT_DISPOSITION, value)));
        response
    }

    pub(crate) fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, content_type, headers: Vec::new(), body: body.into() }
    }

    /// Builds an error response of HSS itself, which uses status 400 for nearly all errors.
    pub(crate) fn refused(code: &str, message: &str, description: &str) -> Self {
        #[expect(clippy::struct_field_names, reason = "they are the names on the wire")]
        #[derive(Serialize)]
        struct Body<'a> {
            error_code: &'a str,
            error_msg: &'a str,
            error_description: &'a str,
        }
        Self::json(400, &Body { error_code: code, error_msg: message, error_description: description })
    }

    /// Builds the error for parameters or a body that the document allows and the service does not.
    pub(crate) fn invalid(description: &str) -> Self {
        Self::refused("HSS.0001", "a parameter is wrong", description)
    }

    /// Builds the error for a task id that does not exist or is not visible to the caller.
    pub(crate) fn no_task(id: &str) -> Self {
        Self::unknown("vulnerability scan task", id)
    }

    /// Builds the error for the id of a resource that does not exist or is not visible to the caller.
    pub(crate) fn unknown(resource: &str, id: &str) -> Self {
        let (message, description) = (format!("the {resource} does not exist"), format!("there is no {resource} {id}"));
        Self::refused("HSS.0011", &message, &description)
    }

    /// Builds the response of HSS when access is denied: without a message, and with a code in another format.
    pub(crate) fn denied(description: &str) -> Self {
        #[derive(Serialize)]
        struct Body<'a> {
            error_code: &'a str,
            error_description: &'a str,
        }
        Self::json(403, &Body { error_code: "00000010", error_description: description })
    }

    /// Builds the error for a parameter that is missing, out of bounds, or given twice.
    pub(crate) fn bad_parameter(error: &Error) -> Self {
        Self::refused("HSS.0001", error.message(), &format!("{error:#}"))
    }

    /// Converts this to the HTTP response for the request id, with `now` as its date.
    pub(crate) fn into_response(self, request_id: &str, now: SystemTime) -> hyper::Response<Bytes> {
        let mut response = hyper::Response::new(self.body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let has_body = !response.body().is_empty();
        let headers = response.headers_mut();
        if has_body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        // Taken from the emulator's own clock. Clients use it to detect the offset of their clock.
        let date = HeaderValue::try_from(httpdate::fmt_http_date(now));
        headers.extend(date.ok().map(|date| (DATE, date)));
        headers.extend(HeaderValue::from_str(request_id).ok().map(|id| (X_REQUEST_ID, id)));
        headers.extend(self.headers);
        response
    }
}
