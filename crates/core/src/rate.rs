//! Defines the rate limit that a caller sets.

use std::str::FromStr;
use std::time::Duration;

use crate::Error;
use crate::quota::Quota;

/// How a client applies the quota of each operation.
///
/// ```
/// use std::time::Duration;
///
/// use huaweicloud_core::{Quota, Rate};
///
/// let rate: Rate = "5/min".parse()?;
/// assert_eq!(rate, Rate::Strict(Quota { requests: 5, window: Duration::from_secs(60) }));
/// # Ok::<(), huaweicloud_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Rate {
    /// Sends without limit until the service refuses a request. Then applies the quota in its message, or else the
    /// documented one.
    #[default]
    Adaptive,
    /// Applies this quota from the start.
    Strict(Quota),
    /// Sends without limit, even after refusals.
    Off,
}

impl Rate {
    /// Checks that a strict quota permits at least one request and has a window.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) for a quota of 0 requests or without a window.
    pub(crate) fn check(self) -> Result<(), Error> {
        match self {
            Self::Strict(Quota { requests: 0, .. }) => {
                Err(Error::usage("invalid rate: a quota of 0 requests permits none")
                    .with_hint("Allow at least 1 request in a window."))
            }
            Self::Strict(Quota { window: Duration::ZERO, .. }) => {
                Err(Error::usage("invalid rate: the window of the quota is 0")
                    .with_hint("Use Rate::Off to send without limit."))
            }
            _ => Ok(()),
        }
    }
}

impl FromStr for Rate {
    type Err = Error;

    /// Parses `adaptive`, `off`, or a number of requests per second or minute: `5/min`, `2/s`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = || {
            Error::usage(format!("invalid rate {text:?}: expected adaptive, off, N/min or N/s"))
                .with_hint("N is a whole number from 1.")
        };
        let (number, window) = match (text, text.split_once('/')) {
            ("adaptive", _) => return Ok(Self::Adaptive),
            ("off", _) => return Ok(Self::Off),
            (_, Some((number, "min"))) => (number, Duration::from_secs(60)),
            (_, Some((number, "s"))) => (number, Duration::from_secs(1)),
            _ => return Err(refuse()),
        };
        match number.parse() {
            Ok(requests) if requests > 0 && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok(Self::Strict(Quota { requests, window }))
            }
            _ => Err(refuse()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_only_documented_forms() {
        assert_eq!("adaptive".parse::<Rate>().unwrap(), Rate::Adaptive);
        assert_eq!("off".parse::<Rate>().unwrap(), Rate::Off);
        assert_eq!(
            "5/min".parse::<Rate>().unwrap(),
            Rate::Strict(Quota { requests: 5, window: Duration::from_secs(60) })
        );
        assert_eq!("2/s".parse::<Rate>().unwrap(), Rate::Strict(Quota { requests: 2, window: Duration::from_secs(1) }));
        for refused in ["", "5", "0/min", "-1/s", "+5/min", "5/hour", "5/ min", "1.5/s", "99999999999/s", "Adaptive"] {
            assert!(refused.parse::<Rate>().is_err(), "{refused:?}");
        }
    }

    #[test]
    fn refuses_a_quota_without_requests_or_window() {
        for (requests, window, is_allowed) in
            [(1, Duration::from_secs(1), true), (0, Duration::from_secs(60), false), (5, Duration::ZERO, false)]
        {
            assert_eq!(Rate::Strict(Quota { requests, window }).check().is_ok(), is_allowed);
        }
    }
}
