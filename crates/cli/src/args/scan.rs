//! The command line of `hss scan`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand, ValueEnum};
use hss_client::models::{ManualScanType, ScanStatusFilter, ScanTypeFilter};
use hss_client::operation::ParameterType;
use hss_client::{Operation, operations};

use super::value::{self, FailOn};
use crate::{bounds, help};

/// `hss scan`.
#[derive(Debug, Subcommand)]
pub(crate) enum Scan {
    /// List the servers of a scan task, with the causes of failed scans
    #[command(after_help = help::SCAN_HOSTS)]
    Hosts(HostsArgs),
    /// List scan tasks
    #[command(after_help = help::SCAN_LIST)]
    List(ListArgs),
    /// Show one scan task with its counts
    #[command(after_help = help::SCAN_SHOW)]
    Show(TaskArgs),
    /// Start a scan of servers, or of all
    #[command(after_help = help::SCAN_START)]
    Start(StartArgs),
    /// Follow a scan task to its end
    #[command(after_help = help::SCAN_WAIT)]
    Wait(WaitArgs),
    /// Scan servers of a task again on which the scan failed
    #[command(after_help = help::SCAN_RESCAN)]
    Rescan(RescanArgs),
    /// Write a page about a scan task: counts, causes, the servers that failed
    #[command(after_help = help::SCAN_REPORT)]
    Report(ReportArgs),
}

/// `hss scan hosts`.
#[derive(Debug, Args)]
pub(crate) struct HostsArgs {
    /// Id of the scan task, as listed by `hss scan list`
    pub(crate) task_id: String,
    /// Only servers on which the scan is in this state
    #[arg(long, value_parser = allowed(&operations::LIST_VUL_SCAN_TASK_HOST, "scan_status").try_map(|value| value.parse::<ScanStatusFilter>()))]
    pub(crate) status: Option<ScanStatusFilter>,
    /// Count the servers for each cause, in place of listing them; of failed servers unless --status says otherwise
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) group_by: Option<GroupBy>,
    #[command(flatten)]
    pub(crate) failure: Failure,
    #[command(flatten)]
    pub(crate) window: Window,
    /// Regular file that keeps the rows read, for the same command to continue after an interruption
    #[arg(long, value_name = "FILE", conflicts_with = "group_by")]
    pub(crate) checkpoint: Option<PathBuf>,
}

/// What rows are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupBy {
    /// Type of vulnerability and reason
    Cause,
}

/// When a command that went well fails all the same.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct Failure {
    /// Exit with status 10 if the scan failed on so many servers or more; 1 unless given
    #[arg(long, value_name = "failed[=N]", value_parser = value::fail_on)]
    pub(crate) fail_on: Option<FailOn>,
}

/// A command about one task.
#[derive(Debug, Args)]
pub(crate) struct TaskArgs {
    /// Id of the scan task, as listed by `hss scan list`
    pub(crate) task_id: String,
    #[command(flatten)]
    pub(crate) failure: Failure,
}

/// `hss scan start`.
#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    /// Names or ids of servers
    #[arg(value_name = "SERVER", required_unless_present_any = ["all_hosts", "hosts_from"])]
    pub(crate) servers: Vec<String>,
    /// Scan all servers
    #[arg(long, conflicts_with_all = ["servers", "hosts_from"])]
    pub(crate) all_hosts: bool,
    /// File with names or ids of servers, one a line; - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) hosts_from: Option<PathBuf>,
    /// What to scan for; everything unless given
    #[arg(long = "type", value_name = "TYPE,...", value_delimiter = ',', value_parser = PossibleValuesParser::new(bounds::allowed_in_body(&operations::CREATE_VULNERABILITY_SCAN_TASK, "manual_scan_type")).try_map(|value| value.parse::<ManualScanType>()))]
    pub(crate) types: Vec<ManualScanType>,
    /// Follow the scan to its end
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) polling: Polling,
}

/// `hss scan wait`.
#[derive(Debug, Args)]
pub(crate) struct WaitArgs {
    /// Id of the scan task, as listed by `hss scan list`
    pub(crate) task_id: String,
    #[command(flatten)]
    pub(crate) polling: Polling,
}

/// How a task is followed.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct Polling {
    /// Time between two looks at the task; what the quota allows unless given
    #[arg(long, value_name = "DURATION", value_parser = value::duration)]
    pub(crate) interval: Option<Duration>,
    #[command(flatten)]
    pub(crate) failure: Failure,
}

/// `hss scan rescan`.
#[derive(Debug, Args)]
pub(crate) struct RescanArgs {
    /// Id of the scan task, as listed by `hss scan list`
    pub(crate) task_id: String,
    /// Names or ids of failed servers of that task
    #[arg(value_name = "SERVER", required_unless_present = "failed")]
    pub(crate) servers: Vec<String>,
    /// Scan all servers again on which the scan failed
    #[arg(long, conflicts_with = "servers")]
    pub(crate) failed: bool,
    /// Follow the scan to its end
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) polling: Polling,
}

/// `hss scan report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Id of the scan task, as listed by `hss scan list`
    pub(crate) task_id: String,
    /// File to write the page to; - for standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) html: PathBuf,
    /// Write it over a file that is there
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) failure: Failure,
}

/// `hss scan list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only tasks started in this way
    #[arg(long = "type", value_parser = allowed(&operations::LIST_VUL_SCAN_TASK, "scan_type").try_map(|value| value.parse::<ScanTypeFilter>()))]
    pub(crate) scan_type: Option<ScanTypeFilter>,
    #[command(flatten)]
    pub(crate) window: Window,
}

/// The part of a listing to read.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct Window {
    /// Stop after so many rows
    #[arg(long, value_name = "N", value_parser = value::rows, allow_hyphen_values = true)]
    pub(crate) max: Option<u32>,
    // The bounds of one listing are used for all. A test fails if they differ.
    #[arg(long, value_name = "N", value_parser = value::whole_number, allow_hyphen_values = true,
        help = help::with_bounds("Skip so many rows", &operations::LIST_VUL_SCAN_TASK_HOST, "offset"))]
    pub(crate) offset: Option<i64>,
    #[arg(long, value_name = "N", value_parser = value::whole_number, allow_hyphen_values = true,
        help = help::with_bounds("Rows in one request; as many as allowed unless given", &operations::LIST_VUL_SCAN_TASK_HOST, "limit"))]
    pub(crate) page_size: Option<i64>,
}

/// Returns a parser for the values that the table allows for a parameter.
fn allowed(operation: &'static Operation, parameter: &str) -> PossibleValuesParser {
    let values = match operation.parameter(parameter).map(|parameter| parameter.kind) {
        Some(ParameterType::String { allowed, .. }) => allowed,
        _ => &[],
    };
    PossibleValuesParser::new(values)
}
