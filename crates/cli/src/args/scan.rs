//! The command line of `hss scan`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use hss_client::models::{ManualScanType, ScanStatusFilter, ScanTypeFilter};
use hss_client::operation::ParameterType;
use hss_client::{Operation, operations};

use super::value::{self, FailOn};
use crate::{bounds, help};

/// `hss scan`.
#[derive(Debug, Subcommand)]
pub(crate) enum Scan {
    /// List the servers of a scan task with failure causes
    #[command(after_help = help::SCAN_HOSTS)]
    Hosts(HostsArgs),
    /// List scan tasks
    #[command(after_help = help::SCAN_LIST)]
    List(ListArgs),
    /// Show one scan task with its counts
    #[command(after_help = help::SCAN_SHOW)]
    Show(TaskArgs),
    /// Start a scan of some or all servers
    #[command(after_help = help::SCAN_START)]
    Start(StartArgs),
    /// Wait until a scan task ends
    #[command(after_help = help::SCAN_WAIT)]
    Wait(WaitArgs),
    /// Repeat a scan on servers where it failed
    #[command(after_help = help::SCAN_RESCAN)]
    Rescan(RescanArgs),
    /// Write an HTML report of a scan task
    #[command(after_help = help::SCAN_REPORT)]
    Report(ReportArgs),
}

/// `hss scan hosts`.
#[derive(Debug, Args)]
pub(crate) struct HostsArgs {
    /// Scan task ID, as listed by hss scan list
    pub(crate) task_id: String,
    /// List only servers with this scan status
    #[arg(long, value_parser = allowed(&operations::LIST_VUL_SCAN_TASK_HOST, "scan_status").try_map(|value| value.parse::<ScanStatusFilter>()))]
    pub(crate) status: Option<ScanStatusFilter>,
    /// Count servers by cause [default --status: failed]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) group_by: Option<GroupBy>,
    #[command(flatten)]
    pub(crate) failure: FailOnArgs,
    #[command(flatten)]
    pub(crate) pagination: PaginationArgs,
    /// File that stores the rows read so far, to continue after an interruption
    #[arg(long, value_name = "FILE", conflicts_with = "group_by")]
    pub(crate) checkpoint: Option<PathBuf>,
}

/// The field that servers are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupBy {
    /// Type of vulnerability and reason
    Cause,
}

/// The condition for exit status 10.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct FailOnArgs {
    /// Exit with status 10 if the scan failed on at least N servers [default N: 1]
    #[arg(long, value_name = "failed[=N]", value_parser = value::fail_on)]
    pub(crate) fail_on: Option<FailOn>,
}

/// Arguments of a command for one task.
#[derive(Debug, Args)]
pub(crate) struct TaskArgs {
    /// Scan task ID, as listed by hss scan list
    pub(crate) task_id: String,
    #[command(flatten)]
    pub(crate) failure: FailOnArgs,
}

/// `hss scan start`.
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("targets").args(["servers", "all_hosts", "hosts_from"]).required(true).multiple(true)),
    override_usage = "hss scan start [OPTIONS] <SERVER...|--all-hosts|--hosts-from <FILE>>"
)]
pub(crate) struct StartArgs {
    /// Server names or IDs
    #[arg(value_name = "SERVER")]
    pub(crate) servers: Vec<String>,
    /// Scan all servers
    #[arg(long, conflicts_with_all = ["servers", "hosts_from"])]
    pub(crate) all_hosts: bool,
    /// File with server names or IDs, one per line; - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) hosts_from: Option<PathBuf>,
    /// Vulnerability types [default: all]
    #[arg(long = "type", value_name = "TYPE,...", value_delimiter = ',', value_parser = PossibleValuesParser::new(bounds::allowed_in_body(&operations::CREATE_VULNERABILITY_SCAN_TASK, "manual_scan_type")).try_map(|value| value.parse::<ManualScanType>()))]
    pub(crate) types: Vec<ManualScanType>,
    /// Wait until the scan ends
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) polling: PollingArgs,
}

/// `hss scan wait`.
#[derive(Debug, Args)]
pub(crate) struct WaitArgs {
    /// Scan task ID, as listed by hss scan list
    pub(crate) task_id: String,
    #[command(flatten)]
    pub(crate) polling: PollingArgs,
}

/// Polling of a task.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct PollingArgs {
    /// Polling interval, such as 30s [default: as the quota allows]
    #[arg(long, value_name = "DURATION", value_parser = value::duration)]
    pub(crate) interval: Option<Duration>,
    #[command(flatten)]
    pub(crate) failure: FailOnArgs,
}

/// `hss scan rescan`.
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("targets").args(["servers", "failed"]).required(true).multiple(true)),
    override_usage = "hss scan rescan [OPTIONS] <TASK_ID> <SERVER...|--failed>"
)]
pub(crate) struct RescanArgs {
    /// Scan task ID, as listed by hss scan list
    pub(crate) task_id: String,
    /// Names or IDs of failed servers of the task
    #[arg(value_name = "SERVER")]
    pub(crate) servers: Vec<String>,
    /// Repeat the scan on all servers where it failed
    #[arg(long, conflicts_with = "servers")]
    pub(crate) failed: bool,
    /// Wait until the scan ends
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) polling: PollingArgs,
}

/// `hss scan report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Scan task ID, as listed by hss scan list
    pub(crate) task_id: String,
    /// File for the report; - for standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) html: PathBuf,
    /// Overwrite an existing file
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) failure: FailOnArgs,
}

/// `hss scan list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// List only tasks of this type
    #[arg(long = "type", value_parser = allowed(&operations::LIST_VUL_SCAN_TASK, "scan_type").try_map(|value| value.parse::<ScanTypeFilter>()))]
    pub(crate) scan_type: Option<ScanTypeFilter>,
    #[command(flatten)]
    pub(crate) pagination: PaginationArgs,
}

/// The range of a listing to read.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct PaginationArgs {
    /// Maximum number of rows [default: all; minimum: 1]
    #[arg(long, value_name = "N", value_parser = value::rows, allow_hyphen_values = true)]
    pub(crate) max: Option<u32>,
    // The bounds are those of one listing. A test fails if those of another differ.
    #[arg(long, value_name = "N", value_parser = value::whole_number, allow_hyphen_values = true,
        help = help::with_bounds("Number of rows to skip", &operations::LIST_VUL_SCAN_TASK_HOST, "offset"))]
    pub(crate) offset: Option<i64>,
    #[arg(long, value_name = "N", value_parser = value::whole_number, allow_hyphen_values = true,
        help = help::with_bounds("Rows per request [default: the maximum]", &operations::LIST_VUL_SCAN_TASK_HOST, "limit"))]
    pub(crate) page_size: Option<i64>,
}

/// Returns a parser of the values that the operation table allows for a parameter.
fn allowed(operation: &'static Operation, parameter: &str) -> PossibleValuesParser {
    let values = match operation.parameter(parameter).map(|parameter| parameter.kind) {
        Some(ParameterType::String { allowed, .. }) => allowed,
        _ => &[],
    };
    PossibleValuesParser::new(values)
}
