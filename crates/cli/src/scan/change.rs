//! Calls that change something, and are sent once.

use hss_client::{Error, ErrorKind, Result};
use serde::Serialize;

use crate::exit::CommandError;
use crate::interrupt::unless;
use crate::output::column::{Cell, Column, View};
use crate::session::Session;

/// The task that a call started or changed, in the shape in which the API answers when one is started.
#[derive(Debug, Serialize)]
pub(crate) struct Changed {
    pub(crate) task_id: String,
}

const COLUMNS: &[(Column, Cell<Changed>)] =
    &[(Column::new("task_id", "TASK ID", 0), |changed| (&changed.task_id).into())];

pub(crate) static CHANGED: View<Changed> = View { nouns: ("task", "tasks"), columns: COLUMNS, note_unknown: |_, _| {} };

/// Waits for the answer to such a call. `unclear` is the hint for a call that may have been carried out.
///
/// # Errors
///
/// Those of the call; [`CommandError::Interrupted`].
pub(crate) async fn once<T>(
    call: impl Future<Output = Result<T>>,
    session: &Session,
    unclear: &str,
) -> Result<T, CommandError> {
    let answer = session.answer(Box::pin(call));
    let answer = unless(answer, || unclear.to_owned()).await?;
    answer.map_err(|error| if may_be_done(&error) { error.add_hint(unclear).into() } else { error.into() })
}

fn may_be_done(error: &Error) -> bool {
    let is_unclear = match error.kind() {
        ErrorKind::Timeout | ErrorKind::Connection | ErrorKind::Protocol => true,
        ErrorKind::Service => !is_refusal(error),
        // What the gateway refuses does not reach the service.
        ErrorKind::Throttled => !error.is_from_gateway(),
        _ => false,
    };
    // The deadline belongs to no operation, and does not know what was sent until then.
    let is_deadline = error.kind() == ErrorKind::Timeout && error.operation().is_none();
    is_unclear && (error.is_sent() || is_deadline)
}

/// Whether the service answered that it did not do what the call asks for.
pub(crate) fn is_refusal(error: &Error) -> bool {
    error.kind() == ErrorKind::Service && error.status().is_some_and(|status| (400..500).contains(&status))
}
