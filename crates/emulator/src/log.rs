//! What was asked, and how it was answered.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use hyper::header::{HeaderName, HeaderValue};
use hyper::http::request::Parts;
use serde::Serialize;

/// How many requests the log remembers.
const CAPACITY: usize = 10_000;
/// As many bytes of a header's value as it remembers.
const VALUE_LIMIT: usize = 256;
/// Headers whose values are nobody's business.
const SECRET: [&str; 6] =
    ["authorization", "x-auth-token", "x-security-token", "x-metadata-token", "cookie", "proxy-authorization"];

/// One request, as the emulator saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Received {
    /// HTTP method.
    pub method: String,
    /// Path and query, as on the wire, or the authority of a CONNECT; one that is refused for its length is cut.
    pub target: String,
    /// Id of the operation that it reached, if any: `ListVulScanTaskHost`.
    pub operation: Option<&'static str>,
    /// Who sent it, once that was proved: the id of an access key or the name of a user.
    pub caller: Option<String>,
    /// Its headers, names in lower case. Values of secret ones are `[n bytes]`; of others, the first 256 bytes.
    pub headers: Vec<(String, String)>,
    /// Status of the answer.
    pub status: u16,
}

impl Received {
    /// A request that is not answered yet; of its target, so many bytes are kept.
    pub(crate) fn new(head: &Parts, target_limit: usize) -> Self {
        // What is asked of a proxy has no path.
        let authority = || head.uri.authority().map_or("", |authority| authority.as_str());
        let target = head.uri.path_and_query().map_or_else(authority, |target| target.as_str());
        let shown = |(name, value): (&HeaderName, &HeaderValue)| {
            let text = if SECRET.contains(&name.as_str()) {
                format!("[{} bytes]", value.len())
            } else {
                let bytes = value.as_bytes();
                String::from_utf8_lossy(bytes.get(..VALUE_LIMIT).unwrap_or(bytes)).into_owned()
            };
            (name.as_str().to_owned(), text)
        };
        Self {
            method: head.method.as_str().to_owned(),
            // One that is too long would fill the log's memory.
            target: target.chars().take(target_limit).collect(),
            operation: None,
            caller: None,
            headers: head.headers.iter().map(shown).collect(),
            status: 0,
        }
    }

    /// The value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What is called with each request once its answer is known.
pub(crate) type Observer = Box<dyn Fn(&Received) + Send + Sync>;

/// The newest requests, in the order in which they were answered.
#[derive(Default)]
pub(crate) struct RequestLog {
    entries: Mutex<VecDeque<Received>>,
    observer: Option<Observer>,
}

impl RequestLog {
    pub(crate) fn new(observer: Option<Observer>) -> Self {
        Self { entries: Mutex::default(), observer }
    }

    pub(crate) fn add(&self, received: Received) {
        if let Some(observer) = &self.observer {
            observer(&received);
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        entries.push_back(received);
    }

    pub(crate) fn clear(&self) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(crate) fn entries(&self) -> Vec<Received> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl fmt::Debug for RequestLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestLog").field("observed", &self.observer.is_some()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    #[test]
    fn secrets_are_not_in_it() {
        let request = Request::get("/").header("X-Auth-Token", "SENTINEL").header("Host", "h".repeat(300));
        let (head, ()) = request.body(()).unwrap().into_parts();
        let received = Received::new(&head, 100);
        assert_eq!(received.header("x-auth-token"), Some("[8 bytes]"));
        assert_eq!(received.header("host"), Some("h".repeat(256).as_str()));
        assert!(!format!("{received:?}").contains("SENTINEL"));
    }

    #[test]
    fn the_log_forgets_the_oldest() {
        let log = RequestLog::default();
        for number in 0..=CAPACITY {
            let (head, ()) = Request::get(format!("/{number}")).body(()).unwrap().into_parts();
            log.add(Received::new(&head, 100));
        }
        let entries = log.entries();
        assert_eq!(entries.len(), CAPACITY);
        assert_eq!((entries[0].target.as_str(), entries[CAPACITY - 1].target.as_str()), ("/1", "/10000"));
    }
}
