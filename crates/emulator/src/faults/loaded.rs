//! A fault that is prepared for use.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, TRANSFER_ENCODING};

use super::{Fault, HEADERS, Place, file};

/// A fault and the bytes that it sends. All requests share the bytes, so that unread responses use no memory.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) fault: Fault,
    /// The body of the response, if the fault sets it.
    body: Option<Bytes>,
    /// The bytes of the whole response, if the fault sets them.
    pub(super) raw: Option<Bytes>,
}

impl Loaded {
    pub(super) fn new(fault: Fault) -> Self {
        let text = |text: &Option<String>| text.clone().map(Bytes::from);
        let hex = |hex: &Option<String>| hex.as_deref().and_then(file::bytes).map(Bytes::from);
        let json = || fault.json.as_ref().map(|json| Bytes::copy_from_slice(json.as_str().as_bytes()));
        let body = text(&fault.body).or_else(json).or_else(|| hex(&fault.hex));
        let raw = text(&fault.raw).or_else(|| hex(&fault.raw_hex));
        Self { fault, body, raw }
    }

    /// Returns whether an HTTP response alone cannot implement the fault.
    pub(crate) fn breaks_the_connection(&self) -> bool {
        let Fault { cut, slow, length, .. } = &self.fault;
        cut.is_some() || slow.is_some() || length.is_some() || self.fault.end().is_some() || self.raw.is_some()
    }

    /// Returns whether the fault replaces the emulator's own response completely.
    pub(crate) fn is_whole_response(&self) -> bool {
        self.fault.status.is_some()
            || self.raw.is_some()
            || self.body.is_some()
            || self.fault.end() == Some(Place::Request)
    }

    /// Applies the status, headers and body of the fault to a response.
    pub(crate) fn shape(&self, response: &mut hyper::Response<Bytes>) {
        if let Some(status) = self.fault.status.and_then(|status| StatusCode::from_u16(status).ok()) {
            *response.status_mut() = status;
        }
        if self.is_whole_response() {
            *response.body_mut() = self.body.clone().unwrap_or_default();
            if response.body().is_empty() {
                response.headers_mut().remove(CONTENT_TYPE);
            }
        }
        // Faults that are not read from a file are not validated and may have more or other headers. hyper panics for
        // more than 32 768 headers, or for headers that delimit the body.
        for (name, value) in self.fault.headers.iter().take(HEADERS) {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
                && !matches!(name, CONTENT_LENGTH | TRANSFER_ENCODING)
            {
                response.headers_mut().insert(name, value);
            }
        }
    }
}
