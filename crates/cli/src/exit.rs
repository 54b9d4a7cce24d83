//! Errors that end a command, and the exit status of each.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use hss_client::ErrorKind;

use crate::error::Error;

/// Whether this process has sent a request.
static HAS_SENT: AtomicBool = AtomicBool::new(false);

/// Records that a request was sent. Exit status 2 guarantees that no request was sent.
pub(crate) fn note_sent() {
    HAS_SENT.store(true, Ordering::Relaxed);
}

/// A signal that asks the program to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// An interrupt from the keyboard, SIGINT.
    Interrupt,
    /// A termination request from the system, SIGTERM.
    Terminate,
}

/// Why a command stopped.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// The reader of standard output closed it. This is not a failure, and no message is printed.
    BrokenPipe,
    /// A local operation failed. The text states the operation and the reason.
    Local(String),
    /// The call failed.
    Failed(Error),
    /// The command succeeded, but the number of failed servers reached the threshold of `--fail-on`.
    Matched(String),
    /// A signal interrupted the command. The text states which work is incomplete.
    Interrupted(Signal, String),
    /// A signal stopped a command that runs until it receives one. No message is printed.
    Stopped(Signal),
}

impl CommandError {
    /// Creates the error of a local operation: `cannot write standard output: no space left on device`.
    pub(crate) fn local(what: &str, error: &io::Error) -> Self {
        Self::Local(format!("cannot {what}: {}", reason(error)))
    }

    /// Adds a hint in whole sentences. It replaces an earlier hint of the failure.
    pub(crate) fn with_hint(self, hint: &str) -> Self {
        match self {
            Self::Local(message) => Self::Local(format!("{message}. {hint}")),
            Self::Failed(error) => Self::Failed(error.hint(hint)),
            other => other,
        }
    }

    /// Returns the error message. `None` means that nothing is printed.
    pub(crate) fn message(&self) -> Option<String> {
        match self {
            Self::BrokenPipe | Self::Stopped(_) => None,
            Self::Failed(error) if error.kind() == ErrorKind::DryRun => None,
            Self::Failed(error) => Some(error.to_string()),
            Self::Local(message) | Self::Matched(message) => Some(message.clone()),
            Self::Interrupted(Signal::Interrupt, incomplete) => {
                Some(format!("interrupted. {incomplete}").trim_end().to_owned())
            }
            Self::Interrupted(Signal::Terminate, incomplete) => {
                Some(format!("terminated. {incomplete}").trim_end().to_owned())
            }
        }
    }

    /// Returns the exit status.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::BrokenPipe => 0,
            Self::Local(_) => 1,
            Self::Failed(error) => status(error.kind(), HAS_SENT.load(Ordering::Relaxed)),
            Self::Matched(_) => 10,
            // The statuses that shells report for programs that these signals end.
            Self::Interrupted(Signal::Interrupt, _) | Self::Stopped(Signal::Interrupt) => 130,
            Self::Interrupted(Signal::Terminate, _) | Self::Stopped(Signal::Terminate) => 143,
        }
    }
}

impl From<Error> for CommandError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<hss_client::Error> for CommandError {
    fn from(error: hss_client::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Describes an error of the system without its number, in lower case.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    first.to_lowercase() + rest
}

/// Returns the exit status by which scripts distinguish failures.
fn status(kind: ErrorKind, has_sent: bool) -> u8 {
    match kind {
        // A dry run that sends nothing has done its work.
        ErrorKind::DryRun => 0,
        // The response to an earlier request revealed the usage error, so status 2 would be wrong.
        ErrorKind::Usage if has_sent => 1,
        ErrorKind::Usage => 2,
        ErrorKind::Credentials | ErrorKind::Permission => 3,
        ErrorKind::NotFound => 4,
        ErrorKind::Throttled | ErrorKind::Timeout => 5,
        ErrorKind::Incomplete => 6,
        // A failure of the service or the network. Kinds added in the future also count as such.
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_error_ends_in_the_reason_without_its_number() {
        let full = io::Error::from_raw_os_error(28);
        let message = CommandError::local("write standard output", &full).message();
        #[cfg(target_os = "linux")]
        assert_eq!(message.as_deref(), Some("cannot write standard output: no space left on device"));
        let other = CommandError::local("start", &io::Error::other("")).message();
        assert!(message.is_some() && other.as_deref() == Some("cannot start: "));
    }

    #[test]
    fn maps_every_error_kind_to_its_exit_status() {
        let kinds = [
            (ErrorKind::Service, 1),
            (ErrorKind::Connection, 1),
            (ErrorKind::Protocol, 1),
            (ErrorKind::Usage, 2),
            (ErrorKind::Credentials, 3),
            (ErrorKind::Permission, 3),
            (ErrorKind::NotFound, 4),
            (ErrorKind::Throttled, 5),
            (ErrorKind::Timeout, 5),
            (ErrorKind::Incomplete, 6),
            (ErrorKind::DryRun, 0),
        ];
        for (kind, expected) in kinds {
            assert_eq!(status(kind, false), expected, "{kind:?}");
            let later = if kind == ErrorKind::Usage { 1 } else { expected };
            assert_eq!(status(kind, true), later, "{kind:?}");
        }
    }
}
