//! A fault at work.

use bytes::Bytes;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, TRANSFER_ENCODING};
use hyper::{Response, StatusCode};

use super::{Fault, HEADERS, Place, file};

/// A fault, and the bytes that it sends. All requests share them, so that answers that nobody reads take no memory.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) fault: Fault,
    /// The body of its answer, if it has one.
    body: Option<Bytes>,
    /// Everything that it sends, if it says so.
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

    /// Returns whether it takes more than an answer of HTTP to do it.
    pub(crate) fn breaks_the_connection(&self) -> bool {
        let Fault { cut, slow, length, .. } = &self.fault;
        cut.is_some() || slow.is_some() || length.is_some() || self.fault.end().is_some() || self.raw.is_some()
    }

    /// Returns whether it leaves nothing of the emulator's own answer.
    pub(crate) fn is_whole_answer(&self) -> bool {
        self.fault.status.is_some()
            || self.raw.is_some()
            || self.body.is_some()
            || self.fault.end() == Some(Place::Request)
    }

    /// Gives an answer the status, headers and body of the fault.
    pub(crate) fn shape(&self, response: &mut Response<Bytes>) {
        if let Some(status) = self.fault.status.and_then(|status| StatusCode::from_u16(status).ok()) {
            *response.status_mut() = status;
        }
        if self.is_whole_answer() {
            *response.body_mut() = self.body.clone().unwrap_or_default();
            if response.body().is_empty() {
                response.headers_mut().remove(CONTENT_TYPE);
            }
        }
        // A program may give more without a file, and other ones. Beyond 32 768 of them, or if they say where the body
        // ends, hyper panics.
        for (name, value) in self.fault.headers.iter().take(HEADERS) {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
                && !matches!(name, CONTENT_LENGTH | TRANSFER_ENCODING)
            {
                response.headers_mut().insert(name, value);
            }
        }
    }
}
