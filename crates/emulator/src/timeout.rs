//! How long a connection may keep the emulator waiting.

use std::time::Duration;

/// Time for the head of a request to arrive, and for its body. With the time for the answer before it to be read, it is
/// counted from that answer. Longer than the minute that a throttled client waits, whose connection would else close just as
/// it sends again.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(75);
