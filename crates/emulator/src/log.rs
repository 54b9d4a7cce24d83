//! What was asked, and how it was answered.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::request::Parts;
use serde::Serialize;

use crate::percent::decode;

/// How many requests the log holds.
const CAPACITY: usize = 10_000;
/// How many bytes they take together.
const CAPACITY_BYTES: usize = 16 * 1024 * 1024;
/// As many headers of a request as it holds.
const HEADERS: usize = 100;
/// As many bytes of a method, a header's name and a header's value as it holds.
const TEXT_LIMIT: usize = 256;
/// As many bytes of a target as it holds.
const TARGET_LIMIT: usize = 8 * 1024;
/// What the allocator takes for a text besides its bytes.
const ALLOCATION: usize = 16;
/// Parts of the names of headers and query parameters whose values are secret.
const SECRET: [&str; 7] = ["authorization", "cookie", "key", "password", "secret", "signature", "token"];

/// One request, as the emulator saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Received {
    /// HTTP method.
    pub method: String,
    /// Path and query, as on the wire, or the authority of a CONNECT: the first 8 KiB. Values of query parameters named
    /// like a secret are `[redacted]`.
    pub target: String,
    /// Id of the operation that it reached, if any: `ListVulScanTaskHost`.
    pub operation: Option<&'static str>,
    /// Who sent it, once that was proved: the id of an access key or the name of a user.
    pub caller: Option<String>,
    /// Its first 100 headers, names in lower case. Values of those named like a secret are `[n bytes]`; of other values,
    /// and of names, it has the first 256 bytes.
    pub headers: Vec<(String, String)>,
    /// Status of the answer.
    pub status: u16,
}

impl Received {
    /// A request that is not answered yet.
    pub(crate) fn new(head: &Parts) -> Self {
        // What is asked of a proxy has no path.
        let authority = || head.uri.authority().map_or("", |authority| authority.as_str());
        let target = match (head.uri.path(), head.uri.query()) {
            ("", None) => authority().to_owned(),
            (path, None) => path.to_owned(),
            (path, Some(query)) => format!("{path}?{}", redacted(query)),
        };
        let shown = |(name, value): (&HeaderName, &HeaderValue)| {
            let text = if is_secret(name.as_str()) {
                format!("[{} bytes]", value.len())
            } else {
                let bytes = value.as_bytes();
                String::from_utf8_lossy(bytes.get(..TEXT_LIMIT).unwrap_or(bytes)).into_owned()
            };
            (cut(name.as_str(), TEXT_LIMIT), text)
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

    /// The same, answered with this status.
    pub(crate) fn answered(self, status: StatusCode) -> Self {
        Self { status: status.as_u16(), ..self }
    }

    /// Returns about how many bytes of memory it takes.
    fn size(&self) -> usize {
        let Self { method, target, caller, headers, .. } = self;
        let text = |text: &String| size_of::<String>() + text.len() + ALLOCATION;
        size_of::<Self>()
            + text(method)
            + text(target)
            + caller.as_ref().map_or(0, text)
            + headers.iter().map(|(name, value)| text(name) + text(value)).sum::<usize>()
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
    entries: Mutex<Entries>,
    observer: Option<Observer>,
}

#[derive(Default)]
struct Entries {
    requests: VecDeque<Received>,
    /// About how many bytes of memory they take.
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

    /// Writes all requests as JSON, without a copy of them: `{"requests":[…]}`.
    pub(crate) fn to_json(&self) -> serde_json::Result<Bytes> {
        #[derive(Serialize)]
        struct Body<'a> {
            requests: &'a VecDeque<Received>,
        }
        let entries = self.lock();
        // Mostly enough, so that it need not grow.
        let mut json = Vec::with_capacity(entries.size);
        serde_json::to_writer(&mut json, &Body { requests: &entries.requests })?;
        Ok(json.into())
    }

    /// Returns about how many bytes of memory all requests take.
    pub(crate) fn size(&self) -> usize {
        self.lock().size
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether the value of a header or query parameter with this name is secret.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET.iter().any(|part| name.contains(part))
}

/// A query without the values of parameters named like a secret.
fn redacted(query: &str) -> String {
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if is_secret(&decode(name).unwrap_or_else(|| name.to_owned())) => format!("{name}=[redacted]"),
        _ => pair.to_owned(),
    };
    query.split('&').map(pair).collect::<Vec<_>>().join("&")
}

/// The first characters of a text that fit into so many bytes.
fn cut(text: &str, limit: usize) -> String {
    let end = (0..=limit.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default().to_owned()
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

    fn received(target: &str, headers: &[(&str, &str)]) -> Received {
        let request = headers.iter().fold(Request::get(target), |request, (name, value)| request.header(*name, *value));
        Received::new(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn secrets_are_not_in_it() {
        for name in [
            "Authorization",
            "Proxy-Authorization",
            "Cookie",
            "Set-Cookie",
            "X-Auth-Token",
            "X-Subject-Token",
            "X-Security-Token",
            "X-Metadata-Token",
            "X-Secret",
            "X-Api-Key",
            "X-Password",
            "X-Signature",
        ] {
            let received = received("/", &[(name, "SENTINEL"), ("host", "h")]);
            assert_eq!(received.header(&name.to_lowercase()), Some("[8 bytes]"));
            assert_eq!(received.header("host"), Some("h"));
            assert!(!format!("{received:?}").contains("SENTINEL"), "{name}");
        }
        for (query, logged) in [
            ("limit=10&token=SENTINEL&x=y", "limit=10&token=[redacted]&x=y"),
            ("X-Auth-Token=SENTINEL", "X-Auth-Token=[redacted]"),
            ("access_key=SENTINEL&SECRET=SENTINEL=SENTINEL", "access_key=[redacted]&SECRET=[redacted]"),
            ("%74oken=SENTINEL&%zzpassword=SENTINEL", "%74oken=[redacted]&%zzpassword=[redacted]"),
            ("token&&=&x=%20", "token&&=&x=%20"),
            ("", ""),
        ] {
            assert_eq!(received(&format!("/p?{query}"), &[]).target, format!("/p?{logged}"));
        }
    }

    #[test]
    fn texts_are_cut() {
        let long = "x".repeat(60_000);
        let received = received(&format!("/{long}\u{e4}"), &[(&long, &long), ("host", &"h".repeat(300))]);
        assert_eq!(received.header("host"), Some("h".repeat(256).as_str()));
        assert_eq!((received.target.len(), received.headers.len()), (TARGET_LIMIT, 2));
        assert!(received.headers.iter().all(|(name, value)| name.len() <= 256 && value.len() <= 256));
        assert_eq!(
            (cut("a\u{e4}b", 2), cut("a\u{e4}b", 3), cut("", 3)),
            ("a".to_owned(), "a\u{e4}".to_owned(), String::new())
        );
    }

    #[test]
    fn the_log_forgets_the_oldest() {
        let log = RequestLog::default();
        for number in 0..=CAPACITY {
            log.add(received(&format!("/{number}"), &[]));
        }
        let entries = log.entries();
        assert_eq!(entries.len(), CAPACITY);
        assert_eq!((entries[0].target.as_str(), entries[CAPACITY - 1].target.as_str()), ("/1", "/10000"));
        let json: serde_json::Value = serde_json::from_slice(&log.to_json().unwrap()).unwrap();
        assert_eq!(json["requests"].as_array().unwrap().len(), CAPACITY);
        log.clear();
        assert_eq!((log.entries().len(), log.lock().size), (0, 0));
    }

    #[test]
    fn the_log_is_bounded_in_bytes() {
        let log = RequestLog::default();
        let headers: Vec<_> =
            (0..HEADERS).map(|number| (format!("{number}{}", "n".repeat(500)), "v".repeat(500))).collect();
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        for number in 0..500 {
            log.add(received(&format!("/{number}{}", "x".repeat(8_000)), &headers));
            let entries = log.lock();
            assert_eq!(entries.size, entries.requests.iter().map(Received::size).sum::<usize>());
            assert!(entries.size <= CAPACITY_BYTES);
        }
        assert!((200..300).contains(&log.entries().len()), "{}", log.entries().len());
        assert!(log.entries().last().unwrap().target.starts_with("/499"));
    }
}
