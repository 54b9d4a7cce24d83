//! How a command ends when it does not end well, and the exit status for it.

use std::io;
use std::process::ExitCode;

use hss_client::{Error, Kind};

/// Why a command stopped.
#[derive(Debug)]
pub(crate) enum Ending {
    /// Whoever read standard output has seen enough: no failure, and nothing to say.
    ReaderGone,
    /// This machine failed: standard output cannot be written, or there is no memory or thread left.
    Local(io::Error),
    /// The call failed.
    Failed(Error),
    /// All went well, but so many servers failed as `--fail-on` calls a failure.
    Matched(String),
    /// The user ended it; what was left undone.
    Interrupted(String),
}

impl Ending {
    /// What there is to say about it.
    pub(crate) fn message(&self) -> Option<String> {
        match self {
            Self::ReaderGone => None,
            Self::Failed(error) if error.kind() == Kind::Rehearsed => None,
            Self::Local(error) => Some(error.to_string()),
            Self::Failed(error) => Some(error.to_string()),
            Self::Matched(message) => Some(message.clone()),
            Self::Interrupted(left) => Some(format!("interrupted. {left}").trim_end().to_owned()),
        }
    }
}

impl From<Error> for Ending {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::ReaderGone => Self::SUCCESS,
            Ending::Local(_) => Self::FAILURE,
            Ending::Failed(error) => status(error.kind()).into(),
            Ending::Matched(_) => 10.into(),
            // What shells give to those that an interrupt ends.
            Ending::Interrupted(_) => 130.into(),
        }
    }
}

/// The exit status by which a script tells failures apart.
fn status(kind: Kind) -> u8 {
    match kind {
        // That was what was asked for.
        Kind::Rehearsed => 0,
        Kind::Usage => 2,
        Kind::Credentials | Kind::Permission => 3,
        Kind::NotFound => 4,
        Kind::Throttled | Kind::Timeout => 5,
        Kind::Incomplete => 6,
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
            (Kind::Service, 1),
            (Kind::Connection, 1),
            (Kind::Protocol, 1),
            (Kind::Usage, 2),
            (Kind::Credentials, 3),
            (Kind::Permission, 3),
            (Kind::NotFound, 4),
            (Kind::Throttled, 5),
            (Kind::Timeout, 5),
            (Kind::Incomplete, 6),
            (Kind::Rehearsed, 0),
        ];
        for (kind, expected) in kinds {
            assert_eq!(status(kind), expected, "{kind:?}");
        }
    }
}
