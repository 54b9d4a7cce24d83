//! How a command ends when it does not end well, and the exit status for it.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use hss_client::{Error, ErrorKind};

/// Whether this process has sent a request.
static HAS_SENT: AtomicBool = AtomicBool::new(false);

/// Notes that a request was sent: exit status 2 promises that none was.
pub(crate) fn note_sent() {
    HAS_SENT.store(true, Ordering::Relaxed);
}

/// A signal that asks the program to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// An interrupt from the keyboard, SIGINT.
    Interrupt,
    /// A request of the system, SIGTERM.
    Terminate,
}

/// Why a command stopped.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// Whoever read standard output has seen enough: no failure, and nothing to say.
    BrokenPipe,
    /// This machine failed: the text says what it could not do, and why.
    Local(String),
    /// The call failed.
    Failed(Error),
    /// All went well, but so many servers failed as `--fail-on` calls a failure.
    Matched(String),
    /// A signal ended it, and left undone what the text says.
    Interrupted(Signal, String),
    /// A signal ended what runs until a signal comes. There is nothing to say.
    Stopped(Signal),
}

impl CommandError {
    /// An error of this machine: `cannot write standard output: No space left on device`.
    pub(crate) fn local(what: &str, error: &io::Error) -> Self {
        Self::Local(format!("cannot {what}: {error}"))
    }

    /// Adds what to do about a failure, in whole sentences, in place of another such hint.
    pub(crate) fn with_hint(self, hint: &str) -> Self {
        match self {
            Self::Local(message) => Self::Local(format!("{message}. {hint}")),
            Self::Failed(error) => Self::Failed(error.hint(hint)),
            other => other,
        }
    }

    /// What there is to say about it.
    pub(crate) fn message(&self) -> Option<String> {
        match self {
            Self::BrokenPipe | Self::Stopped(_) => None,
            Self::Failed(error) if error.kind() == ErrorKind::DryRun => None,
            Self::Failed(error) => Some(error.to_string()),
            Self::Local(message) | Self::Matched(message) => Some(message.clone()),
            Self::Interrupted(Signal::Interrupt, left) => Some(format!("interrupted. {left}").trim_end().to_owned()),
            Self::Interrupted(Signal::Terminate, left) => Some(format!("terminated. {left}").trim_end().to_owned()),
        }
    }

    /// The exit status.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::BrokenPipe => 0,
            Self::Local(_) => 1,
            Self::Failed(error) => status(error.kind(), HAS_SENT.load(Ordering::Relaxed)),
            Self::Matched(_) => 10,
            // What shells report of programs that these signals end.
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

/// The exit status by which a script tells failures apart.
fn status(kind: ErrorKind, has_sent: bool) -> u8 {
    match kind {
        // That was what was asked for.
        ErrorKind::DryRun => 0,
        // What is wrong with the command line showed only in an answer.
        ErrorKind::Usage if has_sent => 1,
        ErrorKind::Usage => 2,
        ErrorKind::Credentials | ErrorKind::Permission => 3,
        ErrorKind::NotFound => 4,
        ErrorKind::Throttled | ErrorKind::Timeout => 5,
        ErrorKind::Incomplete => 6,
        // The service or the network failed; so it is with kinds that are yet to come.
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_status() {
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
