//! What is printed in place of running a command: help, the version, or what is wrong with the command line.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use hss_client::printable;

use crate::args::Cli;

/// Prints help or version to standard output, or what is wrong with the command line to standard error.
///
/// clap repeats arguments as they are. Those with hidden characters are parsed again with these escaped.
pub(crate) fn print(error: &clap::Error) -> ExitCode {
    let is_hidden = |argument: &OsString| matches!(printable(&argument.to_string_lossy()), Cow::Owned(_));
    // If the pipe is closed, nobody wants it.
    let _ = if std::env::args_os().any(|argument| is_hidden(&argument)) {
        let shown = std::env::args_os().map(|argument| printable(&argument.to_string_lossy()).into_owned());
        match Cli::try_parse_from(shown) {
            Err(error) => error.print(),
            // What is wrong is something else, which no argument shows.
            Ok(_) => writeln!(io::stderr(), "error: {}", printable(&error.kind().to_string())),
        }
    } else {
        error.print()
    };
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}
