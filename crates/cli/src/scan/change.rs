//! Sends requests that change state. They are sent only once.

use hss_client::ErrorKind;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::exit::CommandError;
use crate::interrupt::interruptible;
use crate::output::column::{Cell, Column, View};
use crate::session::Session;

/// The task that a call started or changed, in the shape of the API's response to the start of a task.
#[derive(Debug, Serialize)]
pub(crate) struct StartedTask {
    pub(crate) task_id: String,
}

const COLUMNS: &[(Column, Cell<StartedTask>)] =
    &[(Column::of_ids("task_id", "TASK ID", 0), |task| (&task.task_id).into())];

pub(crate) static STARTED_TASKS: View<StartedTask> =
    View { nouns: ("task", "tasks"), columns: COLUMNS, note_unknown: |_, _| {} };

/// Waits for the response to a call that changes state. `hint` is the hint for a call that may have been executed.
///
/// # Errors
///
/// The errors of the call; [`CommandError::Interrupted`].
pub(crate) async fn send_once<T>(
    call: impl Future<Output = hss_client::Result<T>>,
    session: &Session,
    hint: &str,
) -> Result<T, CommandError> {
    let response = session.response(Box::pin(call));
    let response = interruptible(response, || hint.to_owned()).await?;
    response.map_err(|error| if may_have_executed(&error) { error.add_hint(hint).into() } else { error.into() })
}

fn may_have_executed(error: &Error) -> bool {
    let is_uncertain = match error.kind() {
        ErrorKind::Timeout | ErrorKind::Connection | ErrorKind::Protocol | ErrorKind::Throttled => true,
        ErrorKind::Service => !is_refusal(error),
        _ => false,
    };
    // The deadline does not know which requests were sent.
    is_uncertain && error.call().is_none_or(hss_client::Error::may_have_reached_service)
}

/// Returns whether the service responded that it refused the request.
pub(crate) fn is_refusal(error: &Error) -> bool {
    let status = error.call().and_then(hss_client::Error::status);
    error.kind() == ErrorKind::Service && status.is_some_and(|status| (400..500).contains(&status))
}
