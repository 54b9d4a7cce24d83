//! What time it is for the emulator.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hss_client::Runtime;

/// What time it is for the emulator.
#[derive(Debug)]
pub(crate) struct Clock {
    pub(crate) runtime: Arc<dyn Runtime>,
    /// How far its wall clock is off, in seconds.
    pub(crate) offset: i64,
    /// The world's time when the emulator started.
    pub(crate) started: Duration,
    /// How long it is said to have run before.
    pub(crate) age: Duration,
}

impl Clock {
    pub(crate) fn now(&self) -> SystemTime {
        let (now, offset) = (self.runtime.now(), Duration::from_secs(self.offset.unsigned_abs()));
        let moved = if self.offset < 0 { now.checked_sub(offset) } else { now.checked_add(offset) };
        moved.unwrap_or(now)
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.runtime.elapsed().saturating_sub(self.started).saturating_add(self.age)
    }
}
