//! The `hss scan show` command.

use hss_client::operations;

use super::task;
use crate::args::{Globals, TaskArgs};
use crate::exit::CommandError;
use crate::output::Output;
use crate::session::Session;

/// Shows one task with its counts.
pub(crate) async fn run(args: &TaskArgs, globals: &Globals, output: &Output) -> Result<(), CommandError> {
    task::TASKS.check(output)?;
    let session =
        Session::open(globals, &operations::LIST_VUL_SCAN_TASK, task::arguments(&args.task_id), output).await?;
    let found = task::find(&args.task_id, &session).await?;
    task::print(&found, output)?;
    args.failure.check(task::counts(&found.task).failed)
}
