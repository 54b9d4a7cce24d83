//! Runs work that continues even if its caller does not poll it.

use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use crate::{Error, ErrorKind, Result};

/// Returns the Tokio runtime of the caller.
///
/// # Errors
///
/// Returns [`ErrorKind::Usage`] outside of a Tokio runtime.
pub(crate) fn runtime() -> Result<Handle> {
    Handle::try_current().map_err(|_| {
        Error::usage("cannot make the call outside of a Tokio runtime").with_hint("Use `blocking`, or a runtime.")
    })
}

/// Runs `work` in a separate task, which is aborted if the future is dropped.
///
/// Calls share locks: for a login, and for a key that is not accepted yet. A caller that keeps its future without
/// polling it, such as another branch of `select!`, would otherwise block all other calls.
///
/// # Errors
///
/// Returns [`ErrorKind::Usage`] outside of a Tokio runtime, and [`ErrorKind::Connection`] if the runtime is shut down.
pub(crate) async fn in_task<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    let done = AbortOnDropHandle::new(runtime()?.spawn(work.in_current_span())).await;
    done.unwrap_or_else(|stopped| Err(Error::new(ErrorKind::Connection, "the call was stopped").with_cause(stopped)))
}
