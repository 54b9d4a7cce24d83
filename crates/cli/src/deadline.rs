//! Enforces `--timeout`.

use std::time::Duration;

use hss_client::ErrorKind;
use tokio::time::Instant;

use crate::error::{Error, Result};

/// The time at which a command started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start(Instant);

impl Default for Start {
    fn default() -> Self {
        Self(Instant::now())
    }
}

/// The deadline of `--timeout`, if one is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Option<(Instant, Duration)>);

impl Deadline {
    /// Returns the deadline `limit` after the start of the command. Without a limit, there is none.
    pub(crate) fn new(Start(start): Start, limit: Option<Duration>) -> Self {
        Self(limit.and_then(|limit| start.checked_add(limit).map(|end| (end, limit))))
    }

    /// Waits for `work` until the deadline.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Timeout`] if the deadline passes; the errors of `work`.
    pub(crate) async fn within<T, E>(self, work: impl Future<Output = Result<T, E>>) -> Result<T>
    where
        Error: From<E>,
    {
        let finished = match self.0 {
            None => work.await,
            Some((end, limit)) => tokio::time::timeout_at(end, work).await.map_err(|_| timeout_error(limit))?,
        };
        Ok(finished?)
    }
}

/// Returns the error for a command that exceeds `--timeout`.
pub(crate) fn timeout_error(limit: Duration) -> Error {
    Error::new(ErrorKind::Timeout, format!("timed out after {limit:?} (--timeout)"))
}
