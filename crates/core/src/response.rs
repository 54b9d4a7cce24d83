//! What a successful call brings back.

use std::ops::Deref;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, SET_COOKIE};

/// A decoded answer, with what identifies the call to the service's support.
///
/// Dereferences to the value, so that `response.total_num` reads as it would on the value itself.
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
    /// Puts together a response, as a transport or a test does.
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

    /// Adds the headers of the answer. Those that are secret are shown by no `{:?}`.
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

    /// Keeps the body, so that the rows of a page can be counted as the service sent them.
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

    /// Returns the offset at which the next page begins, if this is a page that [`paging::pages`](crate::paging::pages)
    /// read. It counts rows as the service does, which includes rows that are `null` and were dropped.
    pub fn next_offset(&self) -> Option<i64> {
        self.next_offset
    }

    pub(crate) fn repaired(mut self) -> Self {
        self.is_repaired = true;
        self
    }

    /// Whether the answer had text that is not valid Unicode, and has U+FFFD in its place.
    pub fn is_repaired(&self) -> bool {
        self.is_repaired
    }

    /// HTTP status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The id that the gateway gave the request, for questions to the service's support.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The headers of the answer.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn a_token_among_the_headers_is_not_shown() {
        let name = HeaderName::from_static("x-subject-token");
        let headers = HeaderMap::from_iter([(name.clone(), HeaderValue::from_static("SENTINEL"))]);
        let response = Response::new((), 201, None).with_headers(headers);
        assert_eq!(response.headers().get(name).unwrap(), "SENTINEL");
        assert!(!format!("{response:?}").contains("SENTINEL"));
    }
}
