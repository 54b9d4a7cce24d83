//! Limits the duration of a whole call.

use std::time::Duration;

use crate::{Error, ErrorKind, Result, Runtime};

/// The time at which a call must have finished.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    /// The timeout of the call, if it has one.
    timeout: Option<Duration>,
    at: Duration,
}

impl Deadline {
    /// Returns the deadline of a call that starts at `now`.
    pub(super) fn new(timeout: Option<Duration>, now: Duration) -> Self {
        Self { timeout, at: timeout.map_or(Duration::MAX, |timeout| now.saturating_add(timeout)) }
    }

    /// Returns the remaining time.
    pub(super) fn remaining(self, now: Duration) -> Duration {
        self.at.saturating_sub(now)
    }

    /// Returns the error of a call that has not finished in time.
    pub(super) fn error(self) -> Error {
        let timeout = self.timeout.unwrap_or_default();
        Error::new(ErrorKind::Timeout, format!("the call did not finish within its timeout of {timeout:?}"))
    }

    /// Runs `work`, but not beyond the deadline.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Timeout`] at the deadline.
    pub(super) async fn within<T>(self, runtime: &dyn Runtime, work: impl Future<Output = Result<T>>) -> Result<T> {
        if self.timeout.is_none() {
            return work.await;
        }
        let remaining = self.remaining(runtime.elapsed());
        tokio::time::timeout(remaining, work).await.unwrap_or_else(|_| Err(self.error()))
    }
}
