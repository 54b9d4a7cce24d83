//! Defines the quota of a service.

use std::time::Duration;

/// At most `requests` requests in any `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The number of requests allowed in one window; at least 1.
    pub requests: u32,
    /// The length of the window; not zero.
    pub window: Duration,
}
