//! The command line, as far as it does not depend on the operation table.

#![expect(clippy::doc_markdown, reason = "these comments are the text of help, which knows no Markdown")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand, ValueEnum};
use hss_client::models::{ScanStatusFilter, ScanTypeFilter};
use hss_client::operation::Kind;
use hss_client::{Error, Operation, Rate, Result, Retries, operations};
use hss_emulator::Auth;

use crate::api::Call;
use crate::value;

/// Huawei Cloud Host Security Service (HSS) from a terminal.
#[derive(Debug, Parser)]
#[command(name = "hss", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command, before or after its name.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// Region, such as cn-north-4 [env: HUAWEICLOUD_SDK_REGION_ID, HW_REGION_NAME]
    #[arg(long, global = true, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Address of the service, in place of the region's
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Address of IAM, in place of the region's
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) iam_endpoint: Option<String>,
    /// Project whose servers are meant [env: HUAWEICLOUD_SDK_PROJECT_ID, HW_PROJECT_ID]
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) project_id: Option<String>,
    /// Enterprise project, or all_granted_eps for all [env: HW_ENTERPRISE_PROJECT_ID]
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) enterprise_project_id: Option<String>,
    /// How to write what was read
    #[arg(short, long, global = true, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) output: Format,
    /// File with an IAM token, - for standard input; in place of the credentials that are configured
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Requests that may be sent: adaptive keeps to the quota once the service says so, N/min and N/s from the start
    #[arg(long, global = true, value_name = "RATE", default_value = "adaptive", value_parser = value::rate)]
    pub(crate) rate: Rate,
    /// How often to try a request [default: 5]
    #[arg(long, global = true, value_name = "N", value_parser = value::attempts, allow_hyphen_values = true)]
    pub(crate) max_attempts: Option<u32>,
    /// How many pages to ask for at once, as far as the quota has room [default: 4]
    #[arg(long, global = true, value_name = "N", value_parser = value::count, allow_hyphen_values = true)]
    pub(crate) concurrency: Option<usize>,
    /// Time for the whole command: 30s, 2m, 500ms
    #[arg(long, global = true, value_name = "DURATION", value_parser = value::duration)]
    pub(crate) timeout: Option<Duration>,
    /// Say on standard error what is asked and answered
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Nothing but errors on standard error
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Talk to an emulator inside this process: no account, no network, no environment
    #[arg(long, global = true)]
    pub(crate) demo: bool,
}

impl Globals {
    /// How often and how long to try.
    pub(crate) fn retries(&self) -> Retries {
        let default = Retries::default();
        Retries { attempts: self.max_attempts.unwrap_or(default.attempts), ..default }
    }

    /// Refuses options that contradict each other. clap sees only those that stand on the same side of the
    /// command's name.
    pub(crate) fn check(&self) -> Result<()> {
        if self.quiet && self.verbose {
            return Err(Error::usage("--quiet and --verbose exclude each other"));
        }
        let of_an_account = [
            ("--endpoint", self.endpoint.is_some()),
            ("--iam-endpoint", self.iam_endpoint.is_some()),
            ("--region", self.region.is_some()),
            ("--token-file", self.token_file.is_some()),
        ];
        match of_an_account.iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) if self.demo => {
                Err(Error::usage(format!("--demo talks to its own emulator and takes no {option}")))
            }
            _ => Ok(()),
        }
    }
}

/// How data is written to standard output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns
    #[default]
    Table,
    /// One document in the shape of the API
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Vulnerability scan tasks
    Scan {
        #[command(subcommand)]
        command: Scan,
    },
    /// One request of any operation, by its official name
    Api(ApiArgs),
    /// Run a local HSS to develop and test against
    Emulator(EmulatorArgs),
}

/// `hss scan`.
#[derive(Debug, Subcommand)]
pub(crate) enum Scan {
    /// List the servers of a scan task, with the causes of failed scans
    Hosts(HostsArgs),
    /// List scan tasks
    List(ListArgs),
}

/// `hss scan hosts`.
#[derive(Debug, Args)]
pub(crate) struct HostsArgs {
    /// Id of the scan task, as listed by `hss scan list`
    pub(crate) task_id: String,
    /// Only servers on which the scan is in this state
    #[arg(long, value_parser = allowed(&operations::LIST_VUL_SCAN_TASK_HOST, "scan_status").try_map(|value| value.parse::<ScanStatusFilter>()))]
    pub(crate) status: Option<ScanStatusFilter>,
    #[command(flatten)]
    pub(crate) window: Window,
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
    // The bounds of one listing stand for all: a test fails once they differ.
    #[arg(long, value_name = "N", value_parser = value::whole_number, allow_hyphen_values = true,
        help = value::with_bounds("Skip so many rows", &operations::LIST_VUL_SCAN_TASK_HOST, "offset"))]
    pub(crate) offset: Option<i64>,
    #[arg(long, value_name = "N", value_parser = value::whole_number, allow_hyphen_values = true,
        help = value::with_bounds("Rows in one request; as many as allowed unless given", &operations::LIST_VUL_SCAN_TASK_HOST, "limit"))]
    pub(crate) page_size: Option<i64>,
}

/// `hss api`.
#[derive(Debug, Args)]
#[command(
    override_usage = "hss api OPERATION_ID [--NAME VALUE]... [--body FILE]\n       hss api --list",
    disable_help_subcommand = true
)]
pub(crate) struct ApiArgs {
    /// List the operations
    #[arg(long)]
    pub(crate) list: bool,
    #[command(subcommand)]
    pub(crate) call: Option<Call>,
}

/// `hss emulator`.
#[derive(Debug, Args)]
pub(crate) struct EmulatorArgs {
    /// Address to listen on; port 0 stands for any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Number of servers that the newest scan task covers
    #[arg(long, value_name = "N")]
    pub(crate) hosts: Option<u32>,
    /// What everything else is made from; the same seed makes the same
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Credentials to ask for: those of the environment, or a demonstration's. With --rate N/min it throttles, too
    #[arg(long, value_name = "WHICH", default_value = "off", value_parser = PossibleValuesParser::new(["off", "token", "aksk", "any"]).try_map(|value| value.parse::<Auth>()))]
    pub(crate) auth: Auth,
    /// Time to wait before each answer
    #[arg(long, value_name = "DUR", value_parser = value::duration)]
    pub(crate) latency: Option<Duration>,
    /// File of faults to inject, in TOML or JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) fault: Option<PathBuf>,
    /// How far its clock is off: 20m ahead, -20m behind
    #[arg(long, value_name = "DUR", value_parser = value::offset, allow_hyphen_values = true)]
    pub(crate) clock_offset: Option<i64>,
    /// Let --listen be an address that other machines reach
    #[arg(long)]
    pub(crate) allow_remote: bool,
}

/// The values that the table allows for a parameter.
fn allowed(operation: &'static Operation, parameter: &str) -> PossibleValuesParser {
    let values = match operation.parameter(parameter).map(|parameter| parameter.kind) {
        Some(Kind::String { allowed, .. }) => allowed,
        _ => &[],
    };
    PossibleValuesParser::new(values)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_listing_has_the_bounds_that_help_states() {
        let (hosts, tasks) = (&operations::LIST_VUL_SCAN_TASK_HOST, &operations::LIST_VUL_SCAN_TASK);
        for name in ["limit", "offset"] {
            assert_eq!(hosts.parameter(name).unwrap().kind, tasks.parameter(name).unwrap().kind);
        }
    }

    #[test]
    fn global_options_stand_on_either_side() {
        for line in
            ["hss -o json --region r scan list", "hss scan list -o json --region r", "hss scan -o json list --region r"]
        {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!((cli.globals.output, cli.globals.region.as_deref()), (Format::Json, Some("r")), "{line}");
        }
    }

    #[test]
    fn options_that_contradict_each_other_are_refused_on_either_side() {
        for line in [
            "hss --demo scan list --region r",
            "hss --endpoint u scan list --demo",
            "hss --demo --token-file f scan list",
            "hss -q scan list -v",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).unwrap().globals.check().is_err(), "{line}");
        }
        assert!(
            Cli::try_parse_from(["hss", "--demo", "scan", "list", "--project-id", "p"])
                .unwrap()
                .globals
                .check()
                .is_ok()
        );
    }
}
