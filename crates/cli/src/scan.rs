//! The `hss scan` commands.

mod cause;
pub(crate) mod change;
mod hosts;
mod list;
mod report;
mod rescan;
mod servers;
mod show;
mod start;
mod task;
mod wait;

use crate::args::{FailOn, FailOnArgs, Globals, Scan};
use crate::exit::CommandError;
use crate::output::Output;
use crate::output::rows::names;

/// The noun for a row of servers, and its plural.
const SERVERS: (&str, &str) = ("server", "servers");

/// Returns the names of all columns that a command may show.
pub(crate) fn columns(command: &str) -> Vec<&'static str> {
    match command {
        "hosts" => [names(&hosts::HOSTS), names(&cause::CAUSES)].concat(),
        "list" | "show" | "wait" => names(&task::TASKS),
        "start" | "rescan" => [names(&change::STARTED_TASKS), names(&task::TASKS)].concat(),
        _ => Vec::new(),
    }
}

pub(crate) async fn run(command: Scan, globals: &Globals, output: &Output) -> Result<(), CommandError> {
    match command {
        Scan::Hosts(args) => hosts::run(&args, globals, output).await,
        Scan::List(args) => list::run(&args, globals, output).await,
        Scan::Show(args) => show::run(&args, globals, output).await,
        Scan::Start(args) => start::run(&args, globals, output).await,
        Scan::Wait(args) => wait::run(&args, globals, output).await,
        Scan::Rescan(args) => rescan::run(&args, globals, output).await,
        Scan::Report(args) => report::run(&args, globals, output).await,
    }
}

impl FailOnArgs {
    /// Compares the number of failed servers with `--fail-on`.
    ///
    /// # Errors
    ///
    /// [`CommandError::Matched`] if the number reaches the threshold.
    pub(crate) fn check(self, failed: u64) -> Result<(), CommandError> {
        match self.fail_on {
            Some(FailOn(threshold)) if failed >= threshold => {
                let servers = if failed == 1 { "server" } else { "servers" };
                Err(CommandError::Matched(format!(
                    "the scan failed on {failed} {servers}; the limit of --fail-on is {threshold}"
                )))
            }
            _ => Ok(()),
        }
    }
}
