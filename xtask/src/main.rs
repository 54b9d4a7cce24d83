//! The development tasks of the project. `cargo xtask` lists them.
//!
//! Exit status: 0 success, 1 findings, 2 the task could not run.

mod bench;
mod browser;
mod bundle;
mod changelog;
mod check;
mod clients;
mod contract;
mod diff;
mod emulator;
mod lint;
mod oasdiff;
mod package;
mod place;
mod policy;
mod program;
mod proxy;
mod regen;
mod report;
mod snapshots;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's tasks.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measures what `hss` costs, beside programs that do the least
    Bench {
        /// Number of servers to list
        #[arg(long, default_value_t = 1_000_000)]
        hosts: u32,
    },
    /// Looks at the emulator's pages and the report of a scan in headless Chromium
    Browser,
    /// Prints the document as one JSON text, with its examples in place, for other tools
    Bundle {
        /// Keep our extensions
        #[arg(long)]
        extensions: bool,
        /// Write it to this file instead
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// The document; that of HSS unless given
        file: Option<PathBuf>,
    },
    /// Checks the documents, their examples, and that the snapshots are current
    Check {
        /// Documents to check instead of those in openapi/; snapshots and rules.toml are then left alone
        files: Vec<PathBuf>,
        /// How findings are printed
        #[arg(long, default_value = "human")]
        format: report::Format,
    },
    /// Runs the official SDKs, and clients that openapi-generator makes, against the emulator, and compares what they list
    /// with what we do
    Clients {
        /// Those of these languages alone
        languages: Vec<clients::Language>,
        /// Those of this maker alone
        #[arg(long)]
        maker: Option<clients::Maker>,
    },
    /// Runs Schemathesis against the emulator: does it do what the document says?
    Contract,
    /// Compares two documents: what breaks on the wire and in Rust, and what the version has to do. Fails if something
    /// breaks
    Diff {
        /// A file or a revision; the newest release unless given
        old: Option<String>,
        /// A file or a revision; the working tree unless given
        new: Option<String>,
        /// How changes are printed
        #[arg(long, default_value = "human")]
        format: diff::Format,
        /// Succeed although something breaks
        #[arg(long)]
        allow: bool,
    },
    /// Runs Spectral, Redocly and openapi-spec-validator on the documents
    Lint,
    /// Compares what `diff` says of small edits with what oasdiff says
    Oasdiff,
    /// Builds hss as it is shipped, with the licences of all that is in it
    Package,
    /// Runs hss through nginx, which terminates TLS in front of the emulator
    Proxy,
    /// Renews everything that follows from an edit of the document, and says what broke: check, diff against the last
    /// commit, snapshots, changelog, clients in other languages
    Regen {
        /// Change nothing, and fail where something is stale
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Bench { hosts } => bench::run(hosts),
        Task::Browser => browser::run(),
        Task::Bundle { extensions, output, file } => bundle::run(extensions, file, output.as_deref()),
        Task::Check { files, format } if files.is_empty() => check::all(format),
        Task::Check { files, format } => check::selected(&files, format),
        Task::Clients { languages, maker } => clients::run(&languages, maker),
        Task::Contract => contract::run(),
        Task::Diff { old, new, format, allow } => {
            diff::run(&place::root(), old.as_deref(), new.as_deref(), format, allow)
        }
        Task::Lint => lint::run(),
        Task::Oasdiff => oasdiff::run(),
        Task::Package => package::run(),
        Task::Proxy => proxy::run(),
        Task::Regen { check: true } => regen::check(),
        Task::Regen { check: false } => regen::run(),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            report::error(&message);
            ExitCode::from(2)
        }
    }
}
