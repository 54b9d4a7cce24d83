//! What a successful call brings back.

use std::ops::Deref;

/// A decoded answer, with what identifies the call to the service's support.
///
/// Dereferences to the value, so that `response.total_num` reads as it would on the value itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response<T> {
    value: T,
    status: u16,
    request_id: Option<String>,
}

impl<T> Response<T> {
    /// Puts together a response, as a transport or a test does.
    pub fn new(value: T, status: u16, request_id: Option<String>) -> Self {
        Self { value, status, request_id }
    }

    /// HTTP status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The id that the gateway gave the request, for questions to the service's support.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The same response with its value turned into another.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        Response { value: change(self.value), status: self.status, request_id: self.request_id }
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
