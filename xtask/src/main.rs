//! The development tasks of the project. `cargo xtask` lists them.
//!
//! Exit status: 0 success, 1 findings, 2 the task could not run.

mod api;
mod bench;
mod browser;
mod bundle;
mod changelog;
mod check;
mod clients;
mod contract;
mod corpus;
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
mod release;
mod released;
mod report;
mod snapshots;
mod upstream;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Development tasks of the project
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Check that the public API of the library contains types of few other crates
    Api,
    /// Measure hss beside programs that do the minimum
    Bench {
        /// Number of servers to list
        #[arg(long, default_value_t = 1_000_000)]
        hosts: u32,
    },
    /// Test the emulator's pages and the report of a scan in headless Chromium
    Browser,
    /// Print the document with its examples as one JSON text, for other tools
    Bundle {
        /// Keep the extensions (x-...)
        #[arg(long)]
        extensions: bool,
        /// File to write [default: standard output]
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Document: a file, or a folder of chapters [default: openapi/hss-v5]
        file: Option<PathBuf>,
    },
    /// Check the documents, their examples and the snapshots
    Check {
        /// Documents: files, or folders of chapters; without rules.toml and snapshots [default: all in openapi/, with both]
        files: Vec<PathBuf>,
        /// Show and refuse only some findings [default: show all, and refuse errors]
        #[arg(long)]
        profile: Option<check::Profile>,
        /// List the rules with their classes, and check nothing
        #[arg(long, exclusive = true)]
        rules: bool,
        /// Format of findings
        #[arg(long, default_value = "human")]
        format: report::Format,
    },
    /// Run official SDKs and generated clients against the emulator, and compare their rows with those of hss
    Clients {
        /// Languages [default: all]
        languages: Vec<clients::Language>,
        /// Maker of the clients [default: all]
        #[arg(long)]
        maker: Option<clients::Maker>,
    },
    /// Check the emulator against the document with Schemathesis
    Contract {
        /// Maximum number of generated test cases for each operation [default: that of schemathesis.toml]
        #[arg(long, value_name = "NUMBER")]
        examples: Option<u32>,
    },
    /// Compare diff with oasdiff on pairs of documents in another folder
    Corpus {
        /// Folder of the documents: `data` of oasdiff's repository
        folder: PathBuf,
        /// List of pairs [default: tests/corpus.toml]
        #[arg(long, value_name = "FILE")]
        list: Option<PathBuf>,
        /// Record the hashes of all files, and the results of oasdiff
        #[arg(long)]
        write: bool,
    },
    /// Compare two documents: breaking changes on the wire and in Rust, and the version to release
    Diff {
        /// File, folder of chapters, release or revision [default: the newest release]
        old: Option<String>,
        /// File, folder of chapters, release or revision [default: the working tree]
        new: Option<String>,
        /// Format of changes
        #[arg(long, default_value = "human")]
        format: diff::Format,
        /// Exit with status 0 even if something breaks
        #[arg(long)]
        allow: bool,
    },
    /// Run Spectral, Redocly and openapi-spec-validator on the documents
    Lint,
    /// Compare diff with oasdiff on small edits of a document
    Oasdiff,
    /// Build hss for distribution, with the licences of its dependencies
    Package,
    /// Test hss through nginx, which terminates TLS in front of the emulator
    Proxy,
    /// Regenerate everything that depends on the document, and report breaking changes
    Regen {
        /// Change nothing; fail if something is stale
        #[arg(long)]
        check: bool,
    },
    /// Release the document: its file and hash, the version of all packages, and the date in the changelog
    Release {
        /// Version, greater than the newest release
        version: String,
    },
    /// Compare the document with the vendor's SDKs
    Upstream(upstream::Options),
}

fn main() -> ExitCode {
    if let Some(result) = api::as_rustdoc() {
        return result.unwrap_or_else(|message| {
            report::error(&message);
            ExitCode::from(2)
        });
    }
    let result = match Arguments::parse().task {
        Task::Api => api::run(),
        Task::Bench { hosts } => bench::run(hosts),
        Task::Browser => browser::run(),
        Task::Bundle { extensions, output, file } => bundle::run(extensions, file, output.as_deref()),
        Task::Check { rules: true, .. } => {
            check::rules();
            Ok(true)
        }
        Task::Check { files, profile, format, .. } if files.is_empty() => check::all(profile, format),
        Task::Check { files, profile, format, .. } => check::selected(&files, profile, format),
        Task::Clients { languages, maker } => clients::run(&languages, maker),
        Task::Contract { examples } => contract::run(examples),
        Task::Corpus { folder, list, write } => corpus::run(&folder, list.as_deref(), write),
        Task::Diff { old, new, format, allow } => {
            diff::run(&place::root(), old.as_deref(), new.as_deref(), format, allow)
        }
        Task::Lint => lint::run(),
        Task::Oasdiff => oasdiff::run(),
        Task::Package => package::run(),
        Task::Proxy => proxy::run(),
        Task::Regen { check: true } => regen::check(),
        Task::Regen { check: false } => regen::run(),
        Task::Release { version } => release::run(&place::root(), &version, time::OffsetDateTime::now_utc().date()),
        Task::Upstream(options) => upstream::run(&place::root(), &options),
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
