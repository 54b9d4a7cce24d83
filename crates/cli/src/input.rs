//! Reads files that options name, and standard input.
//!
//! They are read on a separate thread: a FIFO, a pipe or a terminal may block for any time, and signals and `--timeout`
//! end the wait.

mod permissions;
#[cfg(unix)]
mod terminal;

use std::fs::File;
use std::io::{self, BufReader, IsTerminal as _, Read};
use std::path::Path;

use hss_client::Secret;
use tokio::sync::oneshot;

pub(crate) use self::permissions::warn_if_accessible;
#[cfg(unix)]
use self::terminal::NoEcho;
use crate::args::Globals;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::output::Output;

/// The size limit of a token in bytes: several times the size of the largest token.
const TOKEN_LIMIT: u64 = 64 * 1024;

/// Reads a file that an option names, or standard input for `-`, up to `limit` bytes.
///
/// # Errors
///
/// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if it cannot be read or is larger;
/// [`ErrorKind::Timeout`](hss_client::ErrorKind::Timeout) if the deadline passes first.
pub(crate) async fn read(option: &str, file: &Path, limit: u64, deadline: Deadline) -> Result<Vec<u8>> {
    let path = file.to_owned();
    let is_stdin = is_standard_input(file);
    let reading = on_thread(move || {
        let source: Box<dyn Read> = if is_stdin { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
        let mut bytes = Vec::new();
        source.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    let bytes = deadline.within(async { reading.await.map_err(|error| read_error(option, file, error)) }).await?;
    check_size(limit, bytes, option, file)
}

fn check_size(limit: u64, bytes: Vec<u8>, option: &str, file: &Path) -> Result<Vec<u8>> {
    if bytes.len() as u64 > limit {
        return Err(Error::usage(format!("cannot read {option} {}: it is larger than {limit} bytes", file.display())));
    }
    Ok(bytes)
}

/// Reads the token of `--token-file`. A token typed on a terminal is not echoed.
///
/// # Errors
///
/// The same as [`read`]; [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if it is not a valid token.
pub(crate) async fn token(globals: &Globals, output: &Output) -> Result<Option<Secret>> {
    const OPTION: &str = "--token-file";
    let Some(file) = &globals.token_file else { return Ok(None) };
    let bytes = match terminal(file) {
        Some(terminal) => {
            let line = globals.deadline().within(read_hidden(terminal, OPTION, file, output)).await?;
            check_size(TOKEN_LIMIT, line, OPTION, file)?
        }
        None => read(OPTION, file, TOKEN_LIMIT, globals.deadline()).await?,
    };
    let place = if is_standard_input(file) { "standard input".to_owned() } else { file.display().to_string() };
    let name = format!("the token in {place}");
    // The error of the conversion is dropped, since it contains the token.
    let text = String::from_utf8(bytes).map_err(|_| Error::usage(format!("{name} is not valid UTF-8")))?;
    Ok(Some(Secret::new(&name, text)?))
}

/// Returns the terminal that a file leads to, if it is one.
#[cfg(unix)]
fn terminal(file: &Path) -> Option<File> {
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::FileTypeExt as _;
    let terminal = if is_standard_input(file) {
        File::from(io::stdin().as_fd().try_clone_to_owned().ok()?)
    } else {
        // Opening other types of files may block.
        let metadata = std::fs::metadata(file).ok()?;
        metadata.file_type().is_char_device().then(|| File::open(file).ok())??
    };
    Some(terminal).filter(File::is_terminal)
}

#[cfg(not(unix))]
fn terminal(file: &Path) -> Option<io::Stdin> {
    Some(io::stdin()).filter(|stdin| is_standard_input(file) && stdin.is_terminal())
}

/// Reads a token from a terminal. The terminal is restored when this future ends or is dropped.
#[cfg(unix)]
async fn read_hidden(terminal: File, option: &str, file: &Path, output: &Output) -> Result<Vec<u8>> {
    let failed = |error| read_error(option, file, error);
    let keys = terminal.try_clone().map_err(failed)?;
    let _no_echo = NoEcho::new(terminal).map_err(failed)?;
    output.note("type or paste the token (not shown), and press Enter:");
    on_thread(|| terminal::read_line(BufReader::new(keys), TOKEN_LIMIT)).await.map_err(failed)
}

#[cfg(not(unix))]
async fn read_hidden(_: io::Stdin, option: &str, file: &Path, _: &Output) -> Result<Vec<u8>> {
    Err(Error::usage(format!("cannot read {option} {}: it is a terminal, which would show the token", file.display()))
        .hint("Pass the token through a pipe, or use a file."))
}

fn read_error(option: &str, file: &Path, error: io::Error) -> Error {
    Error::usage(format!("cannot read {option} {}", file.display())).caused_by(error)
}

/// Runs blocking work on a separate thread. If the future is dropped, the thread continues until the program ends.
async fn on_thread<T: Send + 'static>(read: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    let (sender, outcome) = oneshot::channel();
    // A thread of the runtime would stop the virtual clock of tests, and the runtime would wait for it.
    std::thread::Builder::new().spawn(move || {
        let _ = sender.send(read());
    })?;
    outcome.await.unwrap_or_else(|_| Err(io::Error::other("the reading thread stopped unexpectedly")))
}

/// Rejects two options that both read standard input: `option`, and `--token-file`.
///
/// # Errors
///
/// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if both do.
pub(crate) fn one_reads_standard_input(option: &str, file: Option<&Path>, globals: &Globals) -> Result<()> {
    match (file, globals.token_file.as_deref()) {
        (Some(file), Some(token)) if is_standard_input(file) && is_standard_input(token) => {
            Err(Error::usage(format!("{option} and --token-file cannot both read standard input")))
        }
        _ => Ok(()),
    }
}

/// Returns whether a file is standard input, a pipe or a device. Their content can be read only once.
pub(crate) fn is_read_once(file: &Path) -> bool {
    is_standard_input(file) || std::fs::metadata(file).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// Returns whether the file of an option is `-`.
pub(crate) fn is_standard_input(file: &Path) -> bool {
    file.as_os_str() == "-"
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hss_client::ErrorKind;

    use super::*;
    use crate::deadline::Start;

    #[tokio::test]
    async fn a_file_larger_than_the_limit_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("token");
        std::fs::write(&file, [b'x'; 11]).unwrap();
        let forever = Deadline::new(Start::default(), None);
        assert_eq!(read("--token-file", &file, 11, forever).await.unwrap().len(), 11);
        let error = read("--token-file", &file, 10, forever).await.unwrap_err();
        assert!(error.to_string().ends_with("it is larger than 10 bytes"), "{error}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn reading_a_fifo_without_a_writer_times_out() {
        let directory = tempfile::tempdir().unwrap();
        let fifo = directory.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        // If the read blocked this thread, opening the other end would let the test continue.
        let other_side = fifo.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(10));
            File::options().write(true).open(other_side).map(drop)
        });
        let soon = Deadline::new(Start::default(), Some(Duration::from_millis(20)));
        let error = read("--hosts-from", &fifo, 10, soon).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        // A signal drops the future.
        let mut reading = std::pin::pin!(read("--hosts-from", &fifo, 10, Deadline::new(Start::default(), None)));
        tokio::select! {
            biased;
            outcome = &mut reading => panic!("{outcome:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
}
