//! The clock of the emulator.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hss_client::Runtime;

/// The clock of the emulator.
#[derive(Debug)]
pub(crate) struct Clock {
    pub(crate) runtime: Arc<dyn Runtime>,
    /// The offset of the wall clock, in seconds.
    pub(crate) offset: i64,
    /// The time of the runtime at which the emulator started.
    pub(crate) started: Duration,
    /// The age with which the emulator was started.
    pub(crate) age: Duration,
}

impl Clock {
    pub(crate) fn now(&self) -> SystemTime {
        let (now, offset) = (self.runtime.now(), Duration::from_secs(self.offset.unsigned_abs()));
        let moved = if self.offset < 0 { now.checked_sub(offset) } else { now.checked_add(offset) };
        moved.unwrap_or(now)
    }

    /// Returns the time since the start, plus the age.
    pub(crate) fn elapsed(&self) -> Duration {
        self.runtime.elapsed().saturating_sub(self.started).saturating_add(self.age)
    }
}
