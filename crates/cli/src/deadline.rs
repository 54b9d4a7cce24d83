//! The time that `--timeout` leaves a command.

use std::time::Duration;

use hss_client::{Error, ErrorKind, Result};
use tokio::time::Instant;

/// The moment at which a command began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start(Instant);

impl Default for Start {
    fn default() -> Self {
        Self(Instant::now())
    }
}

/// The time that `--timeout` leaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Option<(Instant, Duration)>);

impl Deadline {
    /// Returns the deadline `limit` after the start of the command. Without a limit, there is none.
    pub(crate) fn since(Start(start): Start, limit: Option<Duration>) -> Self {
        Self(limit.and_then(|limit| start.checked_add(limit).map(|end| (end, limit))))
    }

    /// Waits for `work`, but not for longer than there is time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Timeout`] when the time is over, and those of `work`.
    pub(crate) async fn within<T>(self, work: impl Future<Output = Result<T>>) -> Result<T> {
        match self.0 {
            None => work.await,
            Some((end, limit)) => tokio::time::timeout_at(end, work).await.unwrap_or_else(|_| Err(timed_out(limit))),
        }
    }
}

/// The error for a command that takes longer than `--timeout` allows.
pub(crate) fn timed_out(limit: Duration) -> Error {
    Error::new(ErrorKind::Timeout, format!("not done within the {limit:?} of --timeout"))
}
