//! All that is written: data to standard output, everything else to standard error.

pub(crate) mod json;
pub(crate) mod table;

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::args::{Format, Globals};
use crate::exit::Ending;

/// Where a command writes, and how much it says beside its data.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub(crate) format: Format,
    is_quiet: bool,
    is_verbose: bool,
}

impl Output {
    pub(crate) fn new(globals: &Globals) -> Self {
        Self { format: globals.output, is_quiet: globals.quiet, is_verbose: globals.verbose }
    }

    /// Writes data, and does not return before it is written.
    ///
    /// # Errors
    ///
    /// [`Ending::ReaderGone`] if nobody reads it any more.
    #[expect(clippy::unused_self, reason = "only what holds an Output may write")]
    pub(crate) fn data(&self, bytes: &[u8]) -> Result<(), Ending> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Ending::ReaderGone,
            _ => Ending::Local(error),
        })
    }

    /// Says something about the data, unless `-q`.
    pub(crate) fn note(&self, text: &str) {
        if !self.is_quiet {
            say(text);
        }
    }

    /// Whether `-q` is given.
    pub(crate) fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Whether `-v` is given.
    pub(crate) fn is_verbose(&self) -> bool {
        self.is_verbose
    }

    /// Says how the data is come by, with `-v`.
    pub(crate) fn detail(&self, text: &str) {
        if self.is_verbose {
            say(text);
        }
    }

    /// Says why the command stopped.
    #[expect(clippy::unused_self, reason = "only what holds an Output may write")]
    pub(crate) fn print_ending(&self, ending: &Ending) {
        match ending {
            Ending::ReaderGone => {}
            Ending::Local(error) => say(&format!("hss: {error}")),
            Ending::Failed(error) => say(&format!("hss: {error}")),
        }
    }
}

/// Prints help or version to standard output, or what is wrong with the command line to standard error.
pub(crate) fn print_usage(error: &clap::Error) -> ExitCode {
    // Whoever has closed the pipe does not want it.
    let _ = error.print();
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// One line to standard error. If that is closed, there is nobody to tell.
fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
