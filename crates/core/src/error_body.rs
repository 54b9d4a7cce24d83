//! Parses error responses in all formats that services and gateways use.

mod top_level;

use bytes::Bytes;
use memchr::{memchr, memmem};
use serde_json::{Map, Value};

use self::top_level::{TopLevel, top_level};
use crate::error::Error;
use crate::error_code::ErrorCode;
use crate::error_kind::ErrorKind;
use crate::gateway;
use crate::operation::Operation;
use crate::printable::excerpt;
use crate::redact::Redaction;
use crate::service::Service;

/// The fields of an error at any depth.
const ERROR_NAMES: &[&str] = &["error_code", "errorCode", "error_msg", "errorMsg", "error"];
/// The fields with codes in a body that also contains other data.
const CODES: &[&str] = &["error_code", "errorCode"];
/// The maximum nesting of an error object. The known formats need two levels.
const MAX_DEPTH: usize = 4;
/// The maximum number of characters shown of an encoded authorization message.
const MAX_AUTHORIZATION_LENGTH: usize = 4000;

/// The code and message found in a body.
#[derive(Debug, Default, PartialEq, Eq)]
struct ErrorFields {
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    authorization: Option<String>,
}

/// A response of a service that may contain an error.
#[derive(Clone, Copy)]
pub(crate) struct ErrorResponse<'a> {
    pub(crate) service: &'a Service,
    pub(crate) status: u16,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) body: &'a Bytes,
    pub(crate) redaction: &'a Redaction<'a>,
}

impl ErrorResponse<'_> {
    /// Returns the error that the response describes.
    pub(crate) fn error(self) -> Error {
        let Self { service, status, request_id, body, redaction } = self;
        let json = serde_json::from_slice::<Value>(body).ok();
        let fields = json.as_ref().map(|value| read(value, MAX_DEPTH)).unwrap_or_default();
        let code = fields.code.unwrap_or_default();
        let message = fields.message.unwrap_or_else(|| match code.as_str() {
            "" => undocumented_message(body, json.is_some(), redaction),
            _ => "the service returned an error code without a message".to_owned(),
        });
        let request_id = request_id.map(str::to_owned).or(fields.request_id);
        let error = Error::new(kind(status, &code, service.error_code(status, &code)), message)
            .with_response(status, (!code.is_empty()).then_some(code), request_id, body)
            .with_service(service);
        match fields.authorization {
            Some(text) => {
                let text = excerpt(&text, MAX_AUTHORIZATION_LENGTH);
                error.with_hint(format!("The denied action, encoded (decode it with STS): {text}"))
            }
            None => error,
        }
    }

    /// Returns the error in the body of a response to `operation` with a success status, if it contains one.
    ///
    /// Some gateways respond in this way. The official SDKs then return a model in which every field is empty.
    pub(crate) fn error_under_success(self, operation: &Operation) -> Option<Error> {
        if operation.success.schema.is_none() {
            return self.undocumented_error();
        }
        if !may_have_error(self.body) {
            return None;
        }
        let items = operation.pagination.map(|names| names.items);
        let Ok(TopLevel { errors, is_page }) = top_level(self.body, items) else { return None };
        let names = if is_page || has_zero(&errors, CODES) { CODES } else { ERROR_NAMES };
        names.iter().filter_map(|name| errors.get(*name)).any(is_error_value).then(|| self.error_despite_success())
    }

    /// Returns the error in a body where the document defines none. An empty body is a success, and JSON without an
    /// error code is ignored.
    fn undocumented_error(self) -> Option<Error> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let Ok(value) = serde_json::from_slice::<Value>(self.body) else {
            let message = format!("the response is not JSON: {}", self.redaction.excerpt(self.body));
            let request_id = self.request_id.map(str::to_owned);
            return Some(Error::new(ErrorKind::Protocol, message).with_response(
                self.status,
                None,
                request_id,
                self.body,
            ));
        };
        has_code(&value).then(|| self.error_despite_success())
    }

    /// Returns the error in a body that should be bytes, such as a file. Bytes that are not JSON, and JSON without an
    /// error code, are no error.
    pub(crate) fn error_instead_of_bytes(self) -> Option<Error> {
        let text = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(self.body);
        let value = serde_json::from_slice::<Value>(text).ok()?;
        has_code(&value).then(|| self.error_despite_success())
    }

    fn error_despite_success(self) -> Error {
        let error = self.error();
        let kind = if error.kind() == ErrorKind::Service { ErrorKind::Protocol } else { error.kind() };
        let (code, request_id) = (error.code().map(str::to_owned), error.request_id().map(str::to_owned));
        let message = format!("the response has a status of success, but contains an error: {}", error.message());
        Error::new(kind, message).with_response(self.status, code, request_id, self.body).with_service(self.service)
    }
}

/// Returns whether a value, or a member of a list, has an error code other than 0.
fn has_code(value: &Value) -> bool {
    let has_code = |value: &Value| read(value, MAX_DEPTH).code.is_some_and(|code| code != "0");
    match value {
        Value::Array(members) => members.iter().any(has_code),
        other => has_code(other),
    }
}

#[cfg(any(test, fuzzing))]
impl<'a> ErrorResponse<'a> {
    /// Returns a response without a request id and without secrets to redact.
    pub(crate) fn new(service: &'a Service, status: u16, body: &'a Bytes) -> Self {
        static NO_SECRETS: Redaction<'static> = Redaction::none();
        Self { service, status, request_id: None, body, redaction: &NO_SECRETS }
    }
}

/// Returns whether a JSON text may contain the name of an error field. Only then the page is parsed.
fn may_have_error(body: &[u8]) -> bool {
    // A name can contain escapes. Most pages have no escapes, and a search for one byte is faster than for four.
    memmem::find(body, b"\"error").is_some() || memchr(b'\\', body).is_some() && memmem::find(body, b"\\u00").is_some()
}

/// Reports whether a value describes an error. Services send `null`, `""`, `{}` or 0 if there is no error.
fn is_error_value(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty() && !is_zero(value),
        Value::Object(fields) => {
            !has_zero(fields, &["error_code", "errorCode", "code"]) && fields.values().any(is_error_value)
        }
        Value::Array(members) => members.iter().any(is_error_value),
        Value::Number(_) => !is_zero(value),
        Value::Bool(_) => true,
    }
}

/// Reports whether one of these codes is 0. The message beside it then states that there is no error.
fn has_zero(object: &Map<String, Value>, codes: &[&str]) -> bool {
    codes.iter().filter_map(|code| object.get(*code)).any(is_zero)
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.trim() == "0",
        _ => false,
    }
}

/// Reads the first format that matches at this level, or else in the objects below it.
fn read(value: &Value, depth: usize) -> ErrorFields {
    let (Value::Object(object), true) = (value, depth > 0) else {
        return ErrorFields::default();
    };
    let text = |key: &str| match object.get(key) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let mut fields = [("error_code", "error_msg"), ("errorCode", "errorMsg"), ("code", "message")]
        .into_iter()
        .map(|(code, message)| ErrorFields { code: text(code), message: text(message), ..ErrorFields::default() })
        .find(|fields| fields.code.is_some() || fields.message.is_some())
        .unwrap_or_default();
    fields.message = fields.message.or_else(|| text("error_description"));
    if fields.code.is_none() && fields.message.is_none() {
        fields = object
            .values()
            .map(|inner| read(inner, depth - 1))
            .find(|s| *s != ErrorFields::default())
            .unwrap_or_default();
    }
    fields.request_id = fields.request_id.or_else(|| text("request_id"));
    fields.authorization = fields.authorization.or_else(|| text("encoded_authorization_message"));
    fields
}

/// Returns a message for a response without one.
fn undocumented_message(body: &Bytes, is_json: bool, redaction: &Redaction<'_>) -> String {
    if body.iter().all(u8::is_ascii_whitespace) {
        return "the service returned an error with an empty body".to_owned();
    }
    let form = if is_json { "in an unknown form" } else { "that is not JSON" };
    format!("the service returned an error {form}: {}", redaction.excerpt(body))
}

/// Returns the kind of error for a status and an error code.
fn kind(status: u16, code: &str, known: Option<&ErrorCode>) -> ErrorKind {
    let is_gateway = gateway::is_code(code);
    let known = known.and_then(|known| known.kind);
    match status {
        429 => ErrorKind::Throttled,
        // The code of a gateway is more precise than its status. For a service, the status is more precise.
        401 if !is_gateway => ErrorKind::Credentials,
        403 if !is_gateway => ErrorKind::Permission,
        _ if known.is_some() => known.unwrap_or(ErrorKind::Service),
        401 => ErrorKind::Credentials,
        403 => ErrorKind::Permission,
        404 if !is_gateway => ErrorKind::NotFound,
        408 | 504 => ErrorKind::Timeout,
        300..=399 => ErrorKind::Protocol,
        _ => ErrorKind::Service,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{EXAMPLE, Success};
    use crate::service::EXAMPLE as EXAMPLE_SERVICE;

    fn response(status: u16, body: &Bytes) -> ErrorResponse<'_> {
        ErrorResponse::new(&EXAMPLE_SERVICE, status, body)
    }

    fn of(status: u16, body: &'static str) -> Error {
        response(status, &Bytes::from_static(body.as_bytes())).error()
    }

    #[test]
    fn parses_every_format_of_error_body() {
        for (status, body, code, message) in [
            (401, r#"{"error_code":"APIGW.0301","error_msg":"m","request_id":"r"}"#, Some("APIGW.0301"), "m"),
            (400, r#"{"errorCode":"Ecs.1","errorMsg":"m"}"#, Some("Ecs.1"), "m"),
            (400, r#"{"code":"Ecs.0114","message":"m"}"#, Some("Ecs.0114"), "m"),
            (400, r#"{"error":{"message":"m","code":"Ecs.0114"}}"#, Some("Ecs.0114"), "m"),
            (403, r#"{"forbidden":{"code":403,"message":"m"}}"#, Some("403"), "m"),
            (403, r#"{"error_code":"00000010","error_description":"d"}"#, Some("00000010"), "d"),
            (
                400,
                r#"{"error_code":"Ecs.0011"}"#,
                Some("Ecs.0011"),
                "the service returned an error code without a message",
            ),
            (502, "<html>", None, "the service returned an error that is not JSON: <html>"),
            (503, "", None, "the service returned an error with an empty body"),
            (500, r#"{"x":[1]}"#, None, r#"the service returned an error in an unknown form: {"x":[1]}"#),
        ] {
            let error = of(status, body);
            assert_eq!(error.code(), code, "{body}");
            assert_eq!(error.message(), message, "{body}");
            assert_eq!(error.status(), Some(status));
            assert_eq!(error.body(), body.as_bytes());
        }
        assert_eq!(of(401, r#"{"error_code":"APIGW.0301","error_msg":"m","request_id":"r"}"#).request_id(), Some("r"));
        let encoded = r#"{"error_code":"Ecs.0403","error_msg":"m","encoded_authorization_message":"XYZ"}"#;
        assert!(of(403, encoded).hint().unwrap().ends_with("XYZ"));
        let long = format!(r#"{{"error_code":"e","encoded_authorization_message":"{}"}}"#, "X".repeat(60_000)).into();
        let shown = format!("{:#}", response(403, &long).error());
        assert!(shown.len() < 5000 && shown.ends_with("XX…"), "{} bytes", shown.len());
    }

    #[test]
    fn an_unpublished_api_is_not_a_missing_server() {
        let unpublished = of(404, r#"{"error_msg":"API does not exist","error_code":"APIGW.0101","request_id":"r"}"#);
        let missing = of(404, r#"{"error_code":"Ecs.1054","error_msg":"server not exist"}"#);
        assert_eq!((unpublished.kind(), missing.kind()), (ErrorKind::Service, ErrorKind::NotFound));
        assert_ne!(format!("{unpublished:#}"), format!("{missing:#}"));
    }

    #[test]
    fn a_body_that_is_not_utf_8_is_shortened_and_escaped() {
        let error = response(502, &Bytes::from_static(b"<h1>\xcd\xf8\xb9\xd8\x1b[2J</h1>")).error();
        let shown = format!("{error:#}");
        assert!(shown.contains("<h1>") && !shown.contains('\u{1b}'), "{shown}");
        assert!(shown.len() < 400);
    }

    #[test]
    fn an_error_or_a_page_is_an_error_where_no_body_is_documented() {
        static CHANGE: Operation = Operation { success: Success { schema: None, ..EXAMPLE.success }, ..EXAMPLE };
        let under =
            |body: &'static str| response(200, &Bytes::from_static(body.as_bytes())).error_under_success(&CHANGE);
        for success in [
            "",
            " \r\n",
            "{}",
            "null",
            "[]",
            r#"{"task_id":"t"}"#,
            r#"{"error_code":null}"#,
            r#"{"error_code":0,"error_msg":"success"}"#,
            r#"[{"code":"0"}]"#,
        ] {
            assert!(under(success).is_none(), "{success}");
        }
        for error in [
            "<html><form>Login",
            "not json",
            r#"[{"error_code":"Ecs.1"}]"#,
            r#"{"code":"X.1","message":"m"}"#,
            r#"{"error_code":"Ecs.1"}"#,
        ] {
            assert!(under(error).is_some(), "{error}");
        }
    }

    #[test]
    fn finds_an_error_in_a_large_body_with_a_success_status() {
        static LIST: Operation = Operation { success: Success { schema: Some("Page"), ..EXAMPLE.success }, ..EXAMPLE };
        let rows = vec![r#"{"error":"of a row"}"#; 5_000].join(",");
        let under = |body: String| response(200, &Bytes::from(body)).error_under_success(&LIST).map(|e| e.kind());
        assert_eq!(
            under(format!(r#"{{"rows":[{rows}],"total":5000,"error_code":"APIGW.0301"}}"#)),
            Some(ErrorKind::Credentials)
        );
        assert_eq!(under(format!(r#"{{"padding":[{rows}],"\u0065rror_code":"Ecs.1"}}"#)), Some(ErrorKind::Protocol));
        assert_eq!(under(format!(r#"{{"rows":[{rows}],"total":5000}}"#)), None);
    }

    #[test]
    fn finds_an_error_in_a_body_with_a_success_status() {
        static LIST: Operation = Operation { success: Success { schema: Some("Page"), ..EXAMPLE.success }, ..EXAMPLE };
        let under = |body: &'static str| response(200, &Bytes::from_static(body.as_bytes())).error_under_success(&LIST);
        let error = under(r#"{"error_code":"APIGW.0301","error_msg":"m"}"#).unwrap();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Credentials, Some("APIGW.0301")));
        assert_eq!(under(r#"{"error":{"code":"X.1","message":"m"}}"#).unwrap().kind(), ErrorKind::Protocol);
        for page in [r#"{"total":0,"rows":[]}"#, r#"{"rows":[{"error":"of a row"}]}"#, r#"{"rows":[],"error":null}"#] {
            assert!(under(page).is_none(), "{page}");
        }
        for started in [
            r#"{"task_id":"t","error_msg":null}"#,
            r#"{"task_id":"t","error_code":"","error_msg":""}"#,
            r#"{"task_id":"t","error_code":null,"error":{"code":null,"message":""}}"#,
            r#"{"task_id":"t","error_code":0}"#,
            r#"{"task_id":"t","error_code":"0","error_msg":"success"}"#,
            r#"{"task_id":"t","error_code":0,"error":{"code":0,"message":"ok"}}"#,
            r#"{"total":0,"rows":[],"errorCode":0,"error_msg":"ok"}"#,
        ] {
            assert!(under(started).is_none(), "{started}");
        }
        for error in [
            r#"{"task_id":"t","error_code":"Ecs.0001"}"#,
            r#"{"error_code":"Ecs.0001","error_msg":null}"#,
            r#"{"error_code":"Ecs.0001","error_msg":""}"#,
            r#"{"task_id":"t","error_msg":"failed"}"#,
            r#"{"total":0,"rows":[],"error_code":"Ecs.0001"}"#,
            r#"{"task_id":"t","error_code":1}"#,
            r#"{"task_id":"t","error_code":0,"errorCode":"Ecs.0001"}"#,
        ] {
            assert!(under(error).is_some(), "{error}");
        }
        assert_eq!(of(400, r#"{"error_code":0,"error_msg":"m"}"#).code(), Some("0"), "under other statuses it is one");
    }
}
