//! `hss scan show`.

use super::task;
use crate::args::{Globals, TaskArgs};
use crate::exit::Ending;
use crate::output::Output;
use crate::session::Session;

/// Shows one task with its counts.
pub(crate) async fn run(args: &TaskArgs, globals: &Globals, output: &Output) -> Result<(), Ending> {
    task::TASKS.check(output)?;
    let session = Session::open(globals, true, output).await?;
    let task = task::find(&args.task_id, &session).await?;
    task::print(&task, output)?;
    args.failure.check(task::counts(&task).failed)
}
