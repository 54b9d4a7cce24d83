//! The command line: commands, options and the parsers of their values.

#![expect(clippy::doc_markdown, reason = "these comments are the text of help, which knows no Markdown")]

mod api;
mod query;
mod scan;
mod value;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use hss_client::{Error, Rate, Result, Retries, SERVICE};
use hss_emulator::Auth;

pub(crate) use self::api::{ApiArgs, Call};
pub(crate) use self::scan::{
    Failure, GroupBy, HostsArgs, ListArgs, Polling, ReportArgs, RescanArgs, Scan, StartArgs, TaskArgs, WaitArgs, Window,
};
pub(crate) use self::value::FailOn;
use crate::deadline::{Deadline, Start};
use crate::format::Format;
use crate::help;

/// Huawei Cloud Host Security Service (HSS) from a terminal.
#[derive(Debug, Parser)]
#[command(name = "hss", version, max_term_width = 100, after_help = help::HSS, after_long_help = help::HSS_LONG)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command, before or after its name.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option that is given or not")]
pub(crate) struct Globals {
    /// Region, such as cn-north-4 [env: HUAWEICLOUD_SDK_REGION_ID, HW_REGION_NAME]
    #[arg(long, global = true, value_name = "REGION", value_parser = value::Offered(SERVICE.regions), hide_possible_values = true)]
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
    /// How to write what was read [default: table]
    #[arg(short, long, global = true, value_enum, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,
    /// Write what this JMESPath expression makes of the document that -o json would be
    #[arg(long, global = true, value_name = "JMESPATH", value_parser = query::parse)]
    pub(crate) query: Option<String>,
    /// Columns of table, csv and tsv, in this order, by their names in csv
    #[arg(long, global = true, value_name = "NAME,...", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// All columns in a table, as wide as they are
    #[arg(long, global = true)]
    pub(crate) wide: bool,
    /// Leave cells of csv and tsv as they came, even where a spreadsheet would run them as formulas
    #[arg(long, global = true)]
    pub(crate) raw_csv: bool,
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
    /// Send nothing; write the first request as a curl command, with secrets masked
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
    /// Say on standard error what is asked and answered
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Nothing but errors on standard error
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Talk to an emulator inside this process: no account, no network, no environment
    #[arg(long, global = true)]
    pub(crate) demo: bool,
    #[arg(skip)]
    pub(crate) start: Start,
}

impl Globals {
    /// Returns the deadline of `--timeout`, counted from the start of the command.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::since(self.start, self.timeout)
    }

    /// Returns the retry settings of `--max-attempts`.
    pub(crate) fn retries(&self) -> Retries {
        let default = Retries::default();
        Retries { attempts: self.max_attempts.unwrap_or(default.attempts), ..default }
    }

    /// Rejects options that contradict each other. clap only compares options on the same side of the command name.
    pub(crate) fn check(&self) -> Result<()> {
        if self.quiet && self.verbose {
            return Err(Error::usage("--quiet and --verbose exclude each other"));
        }
        if !self.columns.is_empty() && matches!(self.output, Some(Format::Json | Format::Ndjson)) {
            return Err(Error::usage("--columns goes with table, csv and tsv")
                .hint("With json and ndjson, --query 'data_list[].{host_name: host_name}' chooses fields."));
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

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Vulnerability scan tasks
    #[command(after_help = help::SCAN)]
    Scan {
        #[command(subcommand)]
        command: Scan,
    },
    /// One request of any operation, by its official name
    #[command(after_help = help::API)]
    Api(ApiArgs),
    /// Credentials
    #[command(after_help = help::AUTH)]
    Auth {
        #[command(subcommand)]
        command: Auths,
    },
    /// Run a local HSS to develop and test against
    #[command(after_help = help::EMULATOR)]
    Emulator(EmulatorArgs),
    /// Write a script that completes commands, options and their values
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// The shell to write it for
        shell: Shell,
    },
    /// Write the man pages
    #[command(after_help = help::MAN)]
    Man {
        /// Directory to write them to, made where there is none
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
}

/// `hss auth`.
#[derive(Debug, Subcommand)]
pub(crate) enum Auths {
    /// Say which credentials and settings are in use, and where they come from
    #[command(after_help = help::AUTH_STATUS)]
    Status {
        /// Make one call to see whether the service accepts them
        #[arg(long)]
        check: bool,
    },
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
    /// Seed of the servers and tasks [default: 1]. If given, issued tokens and temporary keys follow from it, too
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Credentials to ask for: those of the environment, or a demonstration's. With --rate N/min it throttles, too
    #[arg(long, value_name = "WHICH", default_value = "off", value_parser = PossibleValuesParser::new(["off", "token", "aksk", "any"]).try_map(|value| value.parse::<Auth>()))]
    pub(crate) auth: Auth,
    /// Refuse a signature that does not cover the X-Security-Token that is sent
    #[arg(long)]
    pub(crate) require_signed_security_token: bool,
    /// Time to wait before each answer
    #[arg(long, value_name = "DUR", value_parser = value::duration)]
    pub(crate) latency: Option<Duration>,
    /// File of faults to inject, in TOML or JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) fault: Option<PathBuf>,
    /// How far its clock is off: 20m ahead, -20m behind
    #[arg(long, value_name = "DUR", value_parser = value::offset, allow_hyphen_values = true)]
    pub(crate) clock_offset: Option<i64>,
    /// Let --listen be an address that other machines reach. They can set faults and read the log, whatever --auth is
    #[arg(long)]
    pub(crate) allow_remote: bool,
    /// Answer requests for this host name, too, such as that of a container. Repeatable [always: localhost and addresses]
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use hss_client::operations;

    use super::*;
    use crate::bounds::bounds;

    #[test]
    fn clap_accepts_the_command_definition() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_listing_allows_the_bounds_that_help_states() {
        for name in ["limit", "offset"] {
            let (minimum, maximum) = bounds(&operations::LIST_VUL_SCAN_TASK_HOST, name).unwrap();
            let (tasks_minimum, tasks_maximum) = bounds(&operations::LIST_VUL_SCAN_TASK, name).unwrap();
            assert!(tasks_minimum <= minimum && tasks_maximum == maximum, "{name}");
        }
    }

    #[test]
    fn accepts_global_options_before_and_after_the_command() {
        for line in
            ["hss -o json --region r scan list", "hss scan list -o json --region r", "hss scan -o json list --region r"]
        {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!((cli.globals.output, cli.globals.region.as_deref()), (Some(Format::Json), Some("r")), "{line}");
        }
    }

    #[test]
    fn refuses_contradicting_options_before_and_after_the_command() {
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
