//! Writes data to standard output and everything else to standard error.

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

/// Incomplete output is kept in memory up to this many bytes. Above that, it is kept in an unnamed file.
const SPOOL_MEMORY: usize = 8 * 1024 * 1024;
/// The maximum number of list members and fields of one response that are parsed into values: 500 in each of 200 rows.
/// With a query, each can take 900 bytes of memory.
pub(crate) const MAX_ELEMENTS: usize = 100_000;
/// The size in bytes of the buffers for reading and writing a [`Spool`].
const BUFFER_SIZE: usize = 64 * 1024;

/// The output options: the format of the data, and the amount of messages.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub(crate) struct Options {
    pub(crate) format: Option<Format>,
    pub(crate) query: Option<String>,
    /// The names of the selected columns. An empty list selects the default columns.
    pub(crate) columns: Vec<String>,
    /// Whether tables show all columns at full width.
    pub(crate) is_wide: bool,
    /// Whether cells of csv and tsv are left unchanged.
    pub(crate) is_raw: bool,
    pub(crate) is_quiet: bool,
    pub(crate) is_verbose: bool,
}

/// Writes the data of a command in a format, and its messages.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub(crate) options: Options,
    pub(crate) format: Format,
    /// The width in columns if standard output is a terminal.
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
            // With -v, log lines replace the progress line.
            progress: Progress::new(!options.is_quiet && !options.is_verbose && io::stderr().is_terminal()),
            options,
        }
    }

    /// Returns whether rows of a listing are written page by page.
    pub(crate) fn is_streamed(&self) -> bool {
        self.format == Format::Ndjson && self.options.query.is_none()
    }

    /// Returns whether the output is a table of rows, and not of the result of a query.
    pub(crate) fn is_table(&self) -> bool {
        self.format == Format::Table && self.options.query.is_none()
    }

    /// Returns whether the output is made from JSON values, and not from cells.
    pub(crate) fn has_values(&self) -> bool {
        self.options.query.is_some() || matches!(self.format, Format::Json | Format::Ndjson)
    }

    /// Returns whether the user chose a format. Without that, commands with a format of their own use it.
    pub(crate) fn is_format_given(&self) -> bool {
        self.options.format.is_some() || self.options.query.is_some() || !self.options.columns.is_empty()
    }

    /// Writes data, and returns after it is written.
    ///
    /// # Errors
    ///
    /// [`CommandError::BrokenPipe`] if the reader closed standard output.
    pub(crate) fn data(&self, bytes: &[u8]) -> Result<(), CommandError> {
        if self.is_terminal {
            self.progress.clear();
        }
        // No lock of the progress line is taken here: the reader may pause, and other tasks must be able to print
        // messages.
        stdout::write_all(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => CommandError::BrokenPipe,
            _ => CommandError::local("write standard output", &error),
        })
    }

    /// Writes bytes of a response unchanged, and ends them with a line feed. On a terminal, control characters are
    /// escaped.
    ///
    /// # Errors
    ///
    /// The same as [`data`](Self::data).
    pub(crate) fn write_unchanged(&self, bytes: &[u8]) -> Result<(), CommandError> {
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

    /// Writes the content of a spool after it is complete.
    ///
    /// # Errors
    ///
    /// The same as [`data`](Self::data); [`CommandError::Local`] if the spool cannot be read.
    pub(crate) fn write_spool(&self, spool: Spool) -> Result<(), CommandError> {
        let mut content = rewind(spool)?;
        loop {
            let bytes = content.fill_buf().map_err(|error| spool_error(&error))?;
            if bytes.is_empty() {
                return Ok(());
            }
            self.data(bytes)?;
            let length = bytes.len();
            content.consume(length);
        }
    }

    /// Prints a message about the data, unless `-q` is given.
    pub(crate) fn note(&self, text: &str) {
        if !self.options.is_quiet {
            self.print_message(text);
        }
    }

    /// Prints a message about the requests if `-v` is given.
    pub(crate) fn detail(&self, text: &str) {
        if self.options.is_verbose {
            self.print_message(text);
        }
    }

    /// Prints why the command stopped.
    pub(crate) fn print_error(&self, command_error: &CommandError) {
        if let Some(message) = command_error.message() {
            self.print_message(&format!("error: {message}"));
        }
    }

    /// Writes one line to standard error, with hidden characters escaped. Errors are ignored: if standard error is
    /// closed, the message has no reader.
    fn print_message(&self, line: &str) {
        self.progress.suspend(|| {
            let _ = writeln!(io::stderr().lock(), "{}", printable(line));
        });
    }
}

/// A buffer for output that is not complete yet.
pub(crate) type Spool = BufWriter<SpooledTempFile>;

/// Creates an empty spool.
pub(crate) fn spool() -> Spool {
    BufWriter::with_capacity(BUFFER_SIZE, spooled_tempfile(SPOOL_MEMORY))
}

/// Returns the error for a spool that cannot be written or read.
pub(crate) fn spool_error(error: &io::Error) -> CommandError {
    let directory = std::env::temp_dir();
    CommandError::local(&format!("store rows in a temporary file (TMPDIR {})", directory.display()), error)
}

/// Rewinds a spool to read its content from the beginning.
///
/// # Errors
///
/// [`CommandError::Local`] if it cannot be read.
pub(crate) fn rewind(spool: Spool) -> Result<BufReader<SpooledTempFile>, CommandError> {
    let mut content = spool.into_inner().map_err(|error| spool_error(error.error()))?;
    content.rewind().map_err(|error| spool_error(&error))?;
    Ok(BufReader::with_capacity(BUFFER_SIZE, content))
}
