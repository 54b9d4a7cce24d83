//! The `hss` command line program for the Huawei Cloud Host Security Service.
//!
//! Data flows in one direction. The command line is parsed into [`args`]. A [`session`] is built from these and the
//! environment. The client of the session sends the requests, and [`output`] writes the result. Every failure is an
//! [`exit::CommandError`], which alone decides the exit status.

mod api;
mod args;
mod auth;
mod bounds;
mod checkpoint;
mod completions;
mod config;
mod deadline;
mod demo;
mod dry_run;
mod emulator;
mod error;
mod exit;
mod file;
mod format;
mod global;
mod help;
mod input;
mod interrupt;
mod listing;
mod man;
mod output;
mod row_counts;
mod scan;
mod session;
mod shell;
mod unknown;
mod version;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::ErrorKind;
use hss_client::printable;

use crate::args::{AuthCommand, Cli, Command};
use crate::exit::CommandError;
use crate::output::{Options, Output};

fn main() -> ExitCode {
    let Cli { globals, command } = match global::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return print_usage(error),
    };
    let output = Output::new(Options {
        format: globals.output,
        query: globals.query.clone(),
        columns: globals.columns.clone(),
        is_wide: globals.wide,
        is_raw: globals.raw_csv,
        is_quiet: globals.quiet,
        is_verbose: globals.verbose,
    });
    // Commands run on the main thread, which blocks while the reader of standard output is slow. Connections, timers
    // and pages that are fetched early need other threads.
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let outcome = match interrupt::listen(globals.timeout, &output).and_then(|()| runtime()) {
        Ok(runtime) => {
            let outcome = runtime.block_on(async {
                tokio::select! {
                    biased;
                    signal = interrupt::unhandled() => Err(CommandError::Interrupted(signal, String::new())),
                    outcome = Box::pin(run(command, &globals, &output)) => outcome,
                }
            });
            // A name look-up that is still running after a timeout must not keep the process alive.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(CommandError::local("start", &error)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(command_error) => {
            output.print_error(&command_error);
            command_error.status().into()
        }
    }
}

async fn run(command: Command, globals: &args::Globals, output: &Output) -> Result<(), CommandError> {
    globals.check()?;
    match command {
        Command::Scan { command } => scan::run(command, globals, output).await,
        Command::Api(args) => api::run(args, globals, output).await,
        Command::Auth { command: AuthCommand::Status { check } } => auth::status(check, globals, output).await,
        Command::Completions { shell } => completions::run(shell, output),
        Command::Man { directory } => man::run(&directory, output),
        Command::Version => version::run(output),
        Command::Emulator(args) => emulator::run(&args, globals, output).await,
    }
}

/// Prints help or the version to standard output, or a usage error to standard error.
///
/// Most messages of clap repeat arguments unchanged. If one has hidden characters, all are escaped and parsed again.
/// Messages about invalid values escape these themselves.
fn print_usage(error: clap::Error) -> ExitCode {
    let (kind, status) = (error.kind(), error.exit_code());
    let is_escaped = matches!(kind, ErrorKind::InvalidValue | ErrorKind::ValueValidation);
    let is_hidden = |argument: &OsString| matches!(printable(&argument.to_string_lossy()), Cow::Owned(_));
    // Errors are ignored: if the pipe is closed, the text has no reader.
    let _ = if !is_escaped && std::env::args_os().any(|argument| is_hidden(&argument)) {
        let shown = std::env::args_os().map(|argument| printable(&argument.to_string_lossy()).into_owned());
        match global::parse(shown.map(OsString::from)) {
            Err(error) => args::reword(error, &global::command()).print(),
            // The escaped arguments parse, so the error is a different one. Its kind does not repeat any argument.
            Ok(_) => writeln!(io::stderr(), "error: {}", printable(&kind.to_string())),
        }
    } else {
        args::reword(error, &global::command()).print()
    };
    u8::try_from(status).map_or(ExitCode::FAILURE, ExitCode::from)
}
