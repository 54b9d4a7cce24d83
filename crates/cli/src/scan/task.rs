//! Finds and shows a scan task.

use std::borrow::Cow;

use hss_client::models::{VulScanTaskInfo, VulType};
use hss_client::{Arguments, Response};
use time::OffsetDateTime;

use crate::error::{Error, Result};
use crate::exit::CommandError;
use crate::listing::INVALID_TEXT_NOTE;
use crate::output::Output;
use crate::output::column::{Cell, Column, View, WIDE, display, text};
use crate::output::rows::one;
use crate::session::Session;
use crate::unknown::Unknown;

const COLUMNS: &[(Column, Cell<VulScanTaskInfo>)] = &[
    (Column::of_ids("id", "TASK ID", 0), |task| text(task.id.as_ref())),
    (Column::new("scan_type", "TYPE", 7), |task| display(task.scan_type.as_ref())),
    (Column::of_states("status", "STATUS", 1), |task| display(task.status.as_ref())),
    (Column::of_values("start_time", "STARTED", 3), |task| display(task.start_time.map(format_time))),
    (Column::of_values("end_time", "ENDED", 6), |task| display(task.end_time.map(format_time))),
    (Column::new("success_host_num", "SUCCESS", 4), |task| display(task.success_host_num)),
    (Column::new("failed_host_num", "FAILED", 2), |task| display(task.failed_host_num)),
    (Column::new("scanning_host_num", "SCANNING", 5), |task| display(task.scanning_host_num)),
    (Column::new("scan_vul_types", "VULNERABILITY TYPES", 8), |task| {
        let types: Vec<_> = task.scan_vul_types.iter().flatten().map(VulType::as_str).collect();
        Cow::Owned(types.join(", "))
    }),
    (Column::new("estimated_time", "ESTIMATE", WIDE), |task| display(task.estimated_time)),
];

pub(crate) static TASKS: View<VulScanTaskInfo> = View { nouns: ("task", "tasks"), columns: COLUMNS, note_unknown };

/// Returns the arguments of a call with the id of a task.
pub(crate) fn arguments(id: &str) -> Arguments {
    let mut arguments = Arguments::new();
    arguments.push("task_id", id);
    arguments
}

/// A task that was found.
#[derive(Debug)]
pub(crate) struct FoundTask {
    pub(crate) task: VulScanTaskInfo,
    /// Whether the response had text that is not valid Unicode and was replaced by U+FFFD.
    is_repaired: bool,
}

impl FoundTask {
    /// Prints a message if text was replaced.
    pub(crate) fn note_repaired(&self, output: &Output) {
        if self.is_repaired {
            output.note(INVALID_TEXT_NOTE);
        }
    }
}

impl From<Response<VulScanTaskInfo>> for FoundTask {
    fn from(response: Response<VulScanTaskInfo>) -> Self {
        let is_repaired = response.is_repaired();
        Self { task: response.into_inner(), is_repaired }
    }
}

/// Requests one task.
///
/// # Errors
///
/// [`ErrorKind::NotFound`](hss_client::ErrorKind::NotFound) if no task has this id.
pub(crate) async fn find(id: &str, session: &Session) -> Result<FoundTask> {
    let found = session.response(Box::pin(session.client.find_scan_task(id))).await;
    found.map(FoundTask::from).map_err(|error| name_list(error, session))
}

/// Adds the command that lists all tasks to the error about a task that is not among them.
pub(crate) fn name_list(error: Error, session: &Session) -> Error {
    if error.call().is_some_and(|call| call.is_not_found() && call.status().is_none()) {
        return error.hint(format!(
            "See {}. To include other enterprise projects, add --enterprise-project-id all_granted_eps.",
            session.command("scan list")
        ));
    }
    error
}

/// Reports whether the service responded that the task does not exist.
fn is_missing(error: &Error) -> bool {
    error.call().is_some_and(|call| call.is_not_found() && call.status().is_some())
}

/// Adds the id of a task to the error of the service about a task that does not exist.
pub(crate) fn name_missing(command_error: CommandError, id: &str, session: &Session) -> CommandError {
    match command_error {
        CommandError::Failed(error) if is_missing(&error) => error
            .add_hint(&format!("The task ID is {id:?}; for the list of tasks, run {}.", session.command("scan list")))
            .into(),
        other => other,
    }
}

/// Writes one task.
pub(crate) fn print(found: &FoundTask, output: &Output) -> Result<(), CommandError> {
    let task = &found.task;
    one(&TASKS, task, output)?;
    found.note_repaired(output);
    let mut unknown = Unknown::default();
    note_unknown(task, &mut unknown);
    unknown.warnings().for_each(|warning| output.note(&warning));
    Ok(())
}

/// The numbers of servers by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) scanning: u64,
    pub(crate) success: u64,
    pub(crate) failed: u64,
}

impl Counts {
    /// Returns the number of servers with a final state.
    pub(crate) fn done(self) -> u64 {
        self.success.saturating_add(self.failed)
    }

    /// Returns the number of all servers of the task.
    pub(crate) fn all(self) -> u64 {
        self.done().saturating_add(self.scanning)
    }
}

/// Returns the numbers of servers by state. A missing number counts as 0.
pub(crate) fn counts(task: &VulScanTaskInfo) -> Counts {
    let number = |count: Option<i32>| count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
    Counts {
        scanning: number(task.scanning_host_num),
        success: number(task.success_host_num),
        failed: number(task.failed_host_num),
    }
}

/// Formats milliseconds since 1970 as UTC by RFC 3339, in whole seconds.
///
/// A value outside of the years 0 to 9999 stays a number. 0 is a time that is not set.
pub(crate) fn format_time(milliseconds: i64) -> String {
    if milliseconds == 0 {
        return String::new();
    }
    match OffsetDateTime::from_unix_timestamp(milliseconds.div_euclid(1000)) {
        Ok(at) if (0..10_000).contains(&at.year()) => format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        ),
        _ => milliseconds.to_string(),
    }
}

fn note_unknown(task: &VulScanTaskInfo, unknown: &mut Unknown) {
    if let Some(value) = &task.scan_type {
        unknown.note("scan_type", value.as_str(), value.is_known());
    }
    if let Some(value) = &task.status {
        unknown.note("status", value.as_str(), value.is_known());
    }
    for value in task.scan_vul_types.iter().flatten() {
        unknown.note("scan_vul_types", value.as_str(), value.is_known());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_times_as_utc_in_seconds() {
        for (milliseconds, expected) in [
            (1_732_521_600_000, "2024-11-25T08:00:00Z"),
            (1_732_521_600_999, "2024-11-25T08:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (0, ""),
            (i64::MAX, "9223372036854775807"),
            (i64::MIN, "-9223372036854775808"),
        ] {
            assert_eq!(format_time(milliseconds), expected);
        }
    }
}
