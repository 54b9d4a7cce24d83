//! Defines the response of a successful call.

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, SET_COOKIE};

/// A decoded response, with the data that the support of the service needs to find the request.
///
/// ```
/// use huaweicloud_core::Response;
///
/// let response = Response::new(vec!["ecs-1", "ecs-2"], 200, Some("example-request-id".to_owned()));
/// assert_eq!(response.get_ref().len(), 2);
/// assert_eq!(response.request_id(), Some("example-request-id"));
/// let names: Vec<_> = response.into_inner();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response<T> {
    value: T,
    status: u16,
    request_id: Option<String>,
    headers: HeaderMap,
    /// The body of a page of a listing; empty for other responses.
    body: Bytes,
    next_offset: Option<i64>,
    is_repaired: bool,
}

impl<T> Response<T> {
    /// Creates a response, for transports and tests.
    pub fn new(value: T, status: u16, request_id: Option<String>) -> Self {
        Self {
            value,
            status,
            request_id,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            next_offset: None,
            is_repaired: false,
        }
    }

    /// Replaces the value.
    pub(crate) fn with_value<U>(self, value: U) -> Response<U> {
        let Self { value: _, status, request_id, headers, body, next_offset, is_repaired } = self;
        Response { value, status, request_id, headers, body, next_offset, is_repaired }
    }

    /// Separates the value from the rest.
    pub(crate) fn split(self) -> (T, Response<()>) {
        let Self { value, status, request_id, headers, body, next_offset, is_repaired } = self;
        (value, Response { value: (), status, request_id, headers, body, next_offset, is_repaired })
    }

    /// Converts the value.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Response<U> {
        let Self { value, status, request_id, headers, body, next_offset, is_repaired } = self;
        Response { value: convert(value), status, request_id, headers, body, next_offset, is_repaired }
    }

    /// Adds the headers of the response. `{:?}` does not show secret headers.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        for name in [HeaderName::from_static("x-subject-token"), SET_COOKIE] {
            if let Some(value) = self.headers.get_mut(name) {
                value.set_sensitive(true);
            }
        }
        self
    }

    /// Adds the body, so that rows can be counted before decoding.
    pub(crate) fn with_body(mut self, body: Bytes) -> Self {
        self.body = body;
        self
    }

    pub(crate) fn body(&self) -> &Bytes {
        &self.body
    }

    pub(crate) fn with_next_offset(mut self, offset: i64) -> Self {
        self.next_offset = Some(offset);
        self
    }

    /// Returns the offset of the next page, if [`paging::pages`](crate::paging::pages) returned this page. It counts
    /// rows like the service, which includes dropped `null` rows.
    pub fn next_offset(&self) -> Option<i64> {
        self.next_offset
    }

    pub(crate) fn repaired(mut self) -> Self {
        self.is_repaired = true;
        self
    }

    /// Reports whether the response contained text that is not valid Unicode, which U+FFFD replaces.
    pub fn is_repaired(&self) -> bool {
        self.is_repaired
    }

    /// Returns the HTTP status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the request id of the gateway, for inquiries to the support of the service.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Returns the headers of the response.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the value.
    pub fn get_ref(&self) -> &T {
        &self.value
    }

    /// Returns only the value.
    pub fn into_inner(self) -> T {
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn debug_does_not_show_a_token_header() {
        let name = HeaderName::from_static("x-subject-token");
        let headers = HeaderMap::from_iter([(name.clone(), HeaderValue::from_static("SENTINEL"))]);
        let response = Response::new((), 201, None).with_headers(headers);
        assert_eq!(response.headers().get(name).unwrap(), "SENTINEL");
        assert!(!format!("{response:?}").contains("SENTINEL"));
    }
}
