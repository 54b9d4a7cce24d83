//! The request log: requests and the status of their responses.

mod secrets;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::request::Parts;
use serde::Serialize;

use self::secrets::{is_secret, redacted, redacted_authority};

/// Maximum number of requests in the log.
const CAPACITY: usize = 10_000;
/// Maximum size of all requests in the log, in bytes.
const CAPACITY_BYTES: usize = 16 * 1024 * 1024;
/// Maximum number of logged headers of a request.
const HEADERS: usize = 100;
/// Maximum number of logged bytes of a method, of a header's name and of a header's value.
const TEXT_LIMIT: usize = 256;
/// Maximum number of logged bytes of a target.
const TARGET_LIMIT: usize = 8 * 1024;
/// Overhead of the allocator for a string, in bytes.
const ALLOCATION: usize = 16;

/// A request that the emulator received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Received {
    /// HTTP method.
    pub method: String,
    /// Path and query as on the wire, or the authority of a CONNECT request; at most the first 8 KiB.
    ///
    /// Values of parameters with names of secrets are replaced by `[redacted]`, up to the next `&`. So are values after
    /// such a name in JSON, in the form of a header, or in a path, and the user information of URLs.
    pub target: String,
    /// Id of the requested operation, if any: `ListVulScanTaskHost`.
    pub operation: Option<&'static str>,
    /// The authenticated caller: the id of an access key or the name of a user.
    pub caller: Option<String>,
    /// The first 100 headers, with names in lower case.
    ///
    /// Values of headers with names of secrets are replaced by `[n bytes]`. Other values are redacted in the same way
    /// as `target`. Names and values are truncated to 256 bytes.
    pub headers: Vec<(String, String)>,
    /// Status of the response.
    pub status: u16,
}

impl Received {
    /// Creates an entry for a request without a response.
    pub(crate) fn new(head: &Parts) -> Self {
        // A CONNECT request to a proxy has no path.
        let authority = || head.uri.authority().map_or("", |authority| authority.as_str());
        let target = match (head.uri.path(), head.uri.query()) {
            ("", None) => redacted_authority(authority()),
            (path, None) => redacted(path),
            (path, Some(query)) => redacted(&format!("{path}?{query}")),
        };
        let shown = |(name, value): (&HeaderName, &HeaderValue)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            let text = match name.as_str() {
                name if is_secret(name) => format!("[{} bytes]", value.len()),
                "host" => redacted_authority(&text),
                _ => redacted(&text),
            };
            (cut(name.as_str(), TEXT_LIMIT), cut(&text, TEXT_LIMIT))
        };
        Self {
            method: cut(head.method.as_str(), TEXT_LIMIT),
            target: cut(&target, TARGET_LIMIT),
            operation: None,
            caller: None,
            headers: head.headers.iter().take(HEADERS).map(shown).collect(),
            status: 0,
        }
    }

    /// Returns the entry with the status of the response.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status: status.as_u16(), ..self }
    }

    /// Returns the approximate size in memory, in bytes.
    fn size(&self) -> usize {
        let Self { method, target, caller, headers, .. } = self;
        let text = |text: &String| size_of::<String>() + text.len() + ALLOCATION;
        size_of::<Self>()
            + text(method)
            + text(target)
            + caller.as_ref().map_or(0, text)
            + headers.iter().map(|(name, value)| text(name) + text(value)).sum::<usize>()
    }

    /// Returns the value of a header by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The callback for each request, called when its response is known.
pub(crate) type Observer = Box<dyn Fn(&Received) + Send + Sync>;

/// The newest requests, in the order of their responses.
#[derive(Default)]
pub(crate) struct RequestLog {
    entries: Mutex<Entries>,
    observer: Option<Observer>,
}

#[derive(Default)]
struct Entries {
    requests: VecDeque<Received>,
    /// Approximate size of all requests in memory, in bytes.
    size: usize,
}

impl RequestLog {
    pub(crate) fn new(observer: Option<Observer>) -> Self {
        Self { entries: Mutex::default(), observer }
    }

    pub(crate) fn add(&self, received: Received) {
        if let Some(observer) = &self.observer {
            observer(&received);
        }
        let mut entries = self.lock();
        entries.size += received.size();
        entries.requests.push_back(received);
        while entries.requests.len() > CAPACITY || entries.size > CAPACITY_BYTES {
            let Some(oldest) = entries.requests.pop_front() else { break };
            entries.size -= oldest.size();
        }
    }

    pub(crate) fn clear(&self) {
        *self.lock() = Entries::default();
    }

    pub(crate) fn entries(&self) -> Vec<Received> {
        self.lock().requests.iter().cloned().collect()
    }

    /// Serializes all requests as JSON without copying them: `{"requests":[…]}`.
    pub(crate) fn to_json(&self) -> serde_json::Result<Bytes> {
        #[derive(Serialize)]
        struct Body<'a> {
            requests: &'a VecDeque<Received>,
        }
        let entries = self.lock();
        // Usually enough, so that the buffer need not grow.
        let mut json = Vec::with_capacity(entries.size);
        serde_json::to_writer(&mut json, &Body { requests: &entries.requests })?;
        Ok(json.into())
    }

    /// Returns the approximate size of all requests in memory, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.lock().size
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the longest prefix of a text that has at most `limit` bytes.
fn cut(text: &str, limit: usize) -> String {
    let end = (0..=limit.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default().to_owned()
}

impl fmt::Debug for RequestLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestLog").field("observed", &self.observer.is_some()).finish_non_exhaustive()
    }
}
