//! The difference between our clock and the gateway's, learnt from the gateway's responses.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use crate::Error;
use crate::sign::parse_sdk_date;

/// The greatest difference that is believed, in seconds: two hours. Otherwise a gateway in the middle could collect
/// signatures that are valid long after it is gone.
const GREATEST: i64 = 2 * 3600;

/// Signing times that differ by less are the same to a gateway, which lets a quarter of an hour pass.
const SAME: Duration = Duration::from_secs(60);

/// A correction of our clock, shared by all calls of a transport.
#[derive(Debug, Default)]
pub(crate) struct Skew(AtomicI64);

/// Seconds that our clock is behind the gateway's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Correction(i64);

impl Correction {
    /// Returns the time that the gateway's clock shows when ours shows `now`.
    pub(crate) fn apply(self, now: SystemTime) -> SystemTime {
        let time = Duration::from_secs(self.0.unsigned_abs());
        if self.0 < 0 { now.checked_sub(time) } else { now.checked_add(time) }.unwrap_or(now)
    }
}

impl Skew {
    /// Returns what is known now.
    pub(crate) fn correction(&self) -> Correction {
        Correction(self.0.load(Ordering::Relaxed))
    }

    /// Learns from a refusal that names the gateway's time, or came with it. Returns whether an attempt that is signed now
    /// would have another date than the one that was refused, which was signed with what is `signed_at` by now.
    pub(crate) fn learn(
        &self,
        refusal: &Error,
        date: Option<SystemTime>,
        now: SystemTime,
        signed_at: SystemTime,
    ) -> bool {
        if !refusal.message().contains("signature expired") {
            return false;
        }
        let Some(theirs) = named(refusal.message()).or(date) else { return false };
        let seconds = match theirs.duration_since(now) {
            Ok(ahead) => i64::try_from(ahead.as_secs()),
            Err(behind) => i64::try_from(behind.duration().as_secs()).map(|seconds| -seconds),
        };
        let Some(seconds) = seconds.ok().filter(|seconds| seconds.abs() <= GREATEST) else { return false };
        self.0.store(seconds, Ordering::Relaxed);
        difference(theirs, signed_at) >= SAME
    }
}

/// Returns the time between two moments, in either order.
pub(super) fn difference(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}

/// The time in `…signature expired, signature time:20211217T064303Z,server time:20211217T065804Z`.
fn named(message: &str) -> Option<SystemTime> {
    parse_sdk_date(message.split_once("server time:")?.1.get(..16)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn the_time_of_the_gateway_is_read_from_its_message() {
        let message = "verify aksk signature fail, signature expired, signature time:20211217T064303Z,server time:20211217T065804Z";
        let theirs = SystemTime::UNIX_EPOCH + Duration::from_secs(1_639_724_284);
        assert_eq!(named(message), Some(theirs));
        for text in [
            "",
            "server time:",
            "server time:20211217",
            "server time:20211317T065804Z",
            "server time:2021121é7T065804Z",
        ] {
            assert_eq!(named(text), None, "{text}");
        }
        let skew = Skew::default();
        let refusal = Error::new(ErrorKind::Credentials, message);
        let now = theirs - Duration::from_secs(1000);
        assert_eq!(skew.correction().apply(now), now);
        assert!(skew.learn(&refusal, None, now, now));
        assert_eq!(skew.correction().apply(now), theirs);
        assert!(skew.learn(&refusal, None, now, now), "another call was signed before the difference was known");
        assert!(!skew.learn(&refusal, None, now, theirs), "the corrected time was refused, too");
        assert!(skew.learn(&refusal, None, theirs, now), "the clock was set right in the meantime");
        assert_eq!(skew.correction().apply(theirs), theirs);
        assert!(!skew.learn(&Error::new(ErrorKind::Credentials, "wrong key"), Some(now), theirs, now));
    }

    #[test]
    fn a_time_far_off_is_not_believed() {
        let skew = Skew::default();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
        let refusal = Error::new(ErrorKind::Credentials, "signature expired");
        for far in [SystemTime::UNIX_EPOCH, now + Duration::from_secs(7201), now - Duration::from_secs(7201)] {
            assert!(!skew.learn(&refusal, Some(far), now, now));
        }
        assert!(skew.learn(&refusal, Some(now - Duration::from_secs(3600)), now, now));
        assert_eq!(skew.correction().apply(now), now - Duration::from_secs(3600));
    }
}
