//! All that is written: data to standard output, everything else to standard error.

pub(crate) mod column;
mod delimited;
pub(crate) mod json;
pub(crate) mod progress;
mod query;
pub(crate) mod rows;
mod stdout;
mod table;

use std::io::{self, BufRead as _, BufReader, BufWriter, IsTerminal as _, Seek as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use hss_client::printable;
use tempfile::{SpooledTempFile, spooled_tempfile};

use self::progress::Progress;
use crate::exit::CommandError;
use crate::format::Format;

/// What is not whole yet is kept in memory up to this many bytes, and in a file without a name from there on.
const SPOOL: usize = 8 * 1024 * 1024;
/// The most list members and fields of one answer that are made into values: 500 in each of 200 rows. With a query, each can
/// take 900 bytes of memory.
pub(crate) const ELEMENTS: usize = 100_000;
/// It is written and read in blocks of so many bytes.
const BLOCK: usize = 64 * 1024;

/// What the user asks for: the form of the data, and how much is said beside it.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub(crate) struct Options {
    pub(crate) format: Option<Format>,
    pub(crate) query: Option<String>,
    /// The columns that are wanted, by name; none stands for the usual ones.
    pub(crate) columns: Vec<String>,
    /// Whether tables have all columns, as wide as they are.
    pub(crate) is_wide: bool,
    /// Whether cells of csv and tsv are left as they came.
    pub(crate) is_raw: bool,
    pub(crate) is_quiet: bool,
    pub(crate) is_verbose: bool,
}

/// Where a command writes and in which form, and how much it says beside its data.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub(crate) options: Options,
    pub(crate) format: Format,
    /// Columns of the terminal that standard output is, if it is one.
    pub(crate) width: Option<usize>,
    pub(crate) has_colour: bool,
    /// Whether standard output is a terminal.
    pub(crate) is_terminal: bool,
    pub(crate) progress: Progress,
}

impl Output {
    pub(crate) fn new(options: Options) -> Self {
        let stdout = io::stdout();
        Self {
            format: options.format.unwrap_or_default(),
            width: terminal_size::terminal_size_of(&stdout)
                .map(|(width, _)| usize::from(width.0))
                .filter(|width| *width > 0 && stdout.is_terminal()),
            is_terminal: stdout.is_terminal(),
            has_colour: AutoStream::choice(&stdout) != ColorChoice::Never,
            // With -v there are lines to read instead.
            progress: Progress::new(!options.is_quiet && !options.is_verbose && io::stderr().is_terminal()),
            options,
        }
    }

    /// Whether rows of a listing are written as they come.
    pub(crate) fn is_streamed(&self) -> bool {
        self.format == Format::Ndjson && self.options.query.is_none()
    }

    /// Whether it is a table of rows, and not of what a query makes of them.
    pub(crate) fn is_table(&self) -> bool {
        self.format == Format::Table && self.options.query.is_none()
    }

    /// Whether it is made from values, and not from cells.
    pub(crate) fn has_values(&self) -> bool {
        self.options.query.is_some() || matches!(self.format, Format::Json | Format::Ndjson)
    }

    /// Whether the user chose how data looks: a command that has a form of its own uses it otherwise.
    pub(crate) fn is_form_given(&self) -> bool {
        self.options.format.is_some() || self.options.query.is_some() || !self.options.columns.is_empty()
    }

    /// Writes data, and does not return before it is written.
    ///
    /// # Errors
    ///
    /// [`CommandError::BrokenPipe`] if nobody reads it any more.
    pub(crate) fn data(&self, bytes: &[u8]) -> Result<(), CommandError> {
        if self.is_terminal {
            self.progress.clear();
        }
        // Nothing of the progress is locked meanwhile: a reader may pause, and others have something to say.
        stdout::write_all(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => CommandError::BrokenPipe,
            _ => CommandError::local("write standard output", &error),
        })
    }

    /// Writes a server's bytes as they are, with a line feed at their end. On a terminal, characters that it would act on are
    /// escaped.
    ///
    /// # Errors
    ///
    /// As [`data`](Self::data).
    pub(crate) fn unchanged(&self, bytes: &[u8]) -> Result<(), CommandError> {
        let mut bytes = if self.is_terminal {
            json::escape_all(&String::from_utf8_lossy(bytes)).into_bytes()
        } else {
            bytes.to_vec()
        };
        if bytes.last().is_some_and(|last| *last != b'\n') {
            bytes.push(b'\n');
        }
        self.data(&bytes)
    }

    /// Writes what was kept until it is whole.
    ///
    /// # Errors
    ///
    /// As [`data`](Self::data); [`CommandError::Local`] if it cannot be read again.
    pub(crate) fn kept(&self, spool: Spool) -> Result<(), CommandError> {
        let mut kept = reread(spool)?;
        loop {
            let bytes = kept.fill_buf().map_err(|error| not_kept(&error))?;
            if bytes.is_empty() {
                return Ok(());
            }
            self.data(bytes)?;
            let length = bytes.len();
            kept.consume(length);
        }
    }

    /// Says something about the data, unless `-q`.
    pub(crate) fn note(&self, text: &str) {
        if !self.options.is_quiet {
            self.say(text);
        }
    }

    /// Says how the data is come by, with `-v`.
    pub(crate) fn detail(&self, text: &str) {
        if self.options.is_verbose {
            self.say(text);
        }
    }

    /// Says why the command stopped.
    pub(crate) fn print_error(&self, command_error: &CommandError) {
        if let Some(message) = command_error.message() {
            self.say(&format!("hss: {message}"));
        }
    }

    /// Writes one line to standard error, with hidden characters escaped. If that is closed, there is nobody to tell.
    fn say(&self, line: &str) {
        self.progress.aside(|| {
            let _ = writeln!(io::stderr().lock(), "{}", printable(line));
        });
    }
}

/// What is not whole yet.
pub(crate) type Spool = BufWriter<SpooledTempFile>;

/// Room for what is not whole yet.
pub(crate) fn spool() -> Spool {
    BufWriter::with_capacity(BLOCK, spooled_tempfile(SPOOL))
}

/// The error for what cannot be kept until it is whole, or cannot be read again.
pub(crate) fn not_kept(error: &io::Error) -> CommandError {
    let directory = std::env::temp_dir();
    CommandError::local(&format!("keep rows in a temporary file (TMPDIR {})", directory.display()), error)
}

/// What was kept, from its beginning.
///
/// # Errors
///
/// [`CommandError::Local`] if it cannot be read again.
pub(crate) fn reread(spool: Spool) -> Result<BufReader<SpooledTempFile>, CommandError> {
    let mut kept = spool.into_inner().map_err(|error| not_kept(error.error()))?;
    kept.rewind().map_err(|error| not_kept(&error))?;
    Ok(BufReader::with_capacity(BLOCK, kept))
}
