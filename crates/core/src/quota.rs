//! How many requests a service takes.

use std::time::Duration;

/// At most `requests` requests in any `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Requests allowed in one window; at least 1.
    pub requests: u32,
    /// Length of the window; not zero.
    pub window: Duration,
}
