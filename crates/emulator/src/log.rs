//! What was asked, and how it was answered.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// How many requests the log remembers.
const CAPACITY: usize = 100_000;

/// One request, as the emulator saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// HTTP method.
    pub method: String,
    /// Path and query, as on the wire; one that is refused for its length is cut.
    pub target: String,
    /// Id of the operation that it reached, if any: `ListVulScanTaskHost`.
    pub operation: Option<&'static str>,
    /// Status of the answer.
    pub status: u16,
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
    use super::*;

    #[test]
    fn the_log_forgets_the_oldest() {
        let log = RequestLog::default();
        for number in 0..=CAPACITY {
            log.add(Received { method: "GET".into(), target: format!("/{number}"), operation: None, status: 404 });
        }
        let entries = log.entries();
        assert_eq!(entries.len(), CAPACITY);
        assert_eq!((entries[0].target.as_str(), entries[CAPACITY - 1].target.as_str()), ("/1", "/100000"));
    }
}
