//! Waits that a call has before it, for those who want to say why nothing happens.

use std::time::Duration;

use crate::ErrorKind;

/// A wait that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wait {
    /// The id of the operation that waits.
    pub operation: &'static str,
    /// How long it will wait.
    pub time: Duration,
    /// What for.
    pub reason: Reason,
}

/// What a call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The quota has no room: as far as the client knows, or as the service said.
    Quota,
    /// An attempt failed, and is repeated.
    Failed {
        /// How it failed.
        kind: ErrorKind,
        /// The status of the answer, if there was one.
        status: Option<u16>,
    },
}
