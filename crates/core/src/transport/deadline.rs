//! Limits the duration of a whole call.

use std::time::Duration;

use crate::{Error, Result, Runtime};

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

    /// Checks that time is left.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) at the deadline.
    pub(super) fn check(self, now: Duration) -> Result<()> {
        if self.remaining(now).is_zero() { Err(self.error()) } else { Ok(()) }
    }

    /// Returns the error of a call that has not finished in time.
    pub(super) fn error(self) -> Error {
        let timeout = self.timeout.unwrap_or_default();
        Error::deadline(format!("the call did not finish within its timeout of {timeout:?}"))
    }

    /// Runs `work`, but not beyond the deadline.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) at the deadline.
    pub(super) async fn within<T>(self, runtime: &dyn Runtime, work: impl Future<Output = Result<T>>) -> Result<T> {
        if self.timeout.is_none() {
            return work.await;
        }
        let remaining = self.remaining(runtime.elapsed());
        let outcome = tokio::time::timeout(remaining, work).await;
        // The clock of the runtime may be another one than that of Tokio.
        match outcome {
            Ok(outcome) if !self.remaining(runtime.elapsed()).is_zero() => outcome,
            Ok(Err(error)) => Err(self.error().with_cause(error)),
            _ => Err(self.error()),
        }
    }
}
