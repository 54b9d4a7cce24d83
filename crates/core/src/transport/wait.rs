//! Describes the waits of a call, for callbacks that report progress.

use std::time::Duration;

use crate::ErrorKind;

/// A wait that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wait {
    /// The id of the operation that waits.
    pub operation: &'static str,
    /// The duration of the wait.
    pub time: Duration,
    /// The reason for the wait.
    pub reason: Reason,
}

/// The reason for a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The quota is exhausted, as counted by the client or reported by the service.
    Quota,
    /// An attempt failed and is retried.
    Failed {
        /// The kind of the error.
        kind: ErrorKind,
        /// The status of the response, if one was received.
        status: Option<u16>,
    },
}
