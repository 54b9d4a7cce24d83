//! Defines the quota of a service.

use std::time::Duration;

/// At most `requests` requests in any `window`. Programs construct it from its two fields, and no field will be added.
///
/// ```
/// use std::time::Duration;
///
/// use huaweicloud_core::{Quota, Rate};
///
/// let twice_per_second = Quota { requests: 2, window: Duration::from_secs(1) };
/// assert_eq!("2/s".parse::<Rate>()?, Rate::Strict(twice_per_second));
/// # Ok::<(), huaweicloud_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The number of requests allowed in one window; at least 1.
    pub requests: u32,
    /// The length of the window; not zero.
    pub window: Duration,
}
