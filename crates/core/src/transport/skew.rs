//! The difference between our clock and the gateway's, learnt from its answers.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use crate::Error;
use crate::sign::parse_sdk_date;

/// More than this is no clock that is wrong but an answer that lies: two days.
const MOST: i64 = 2 * 24 * 3600;

/// Seconds to add to our clock, shared by all calls of a transport.
#[derive(Debug, Default)]
pub(crate) struct Skew(AtomicI64);

impl Skew {
    /// Our time, put right.
    pub(crate) fn correct(&self, now: SystemTime) -> SystemTime {
        let seconds = self.0.load(Ordering::Relaxed);
        let time = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 { now.checked_sub(time) } else { now.checked_add(time) }.unwrap_or(now)
    }

    /// Learns from a refusal that names the gateway's time, or came with it. Returns whether it was a refusal for the
    /// time, and the time was a new one.
    pub(crate) fn learn(&self, refusal: &Error, date: Option<SystemTime>, now: SystemTime) -> bool {
        if !refusal.message().contains("signature expired") {
            return false;
        }
        let Some(theirs) = named(refusal.message()).or(date) else { return false };
        let seconds = match theirs.duration_since(now) {
            Ok(ahead) => i64::try_from(ahead.as_secs()),
            Err(behind) => i64::try_from(behind.duration().as_secs()).map(|seconds| -seconds),
        };
        let Some(seconds) = seconds.ok().filter(|seconds| seconds.abs() <= MOST) else { return false };
        self.0.swap(seconds, Ordering::Relaxed) != seconds
    }
}

/// The time in `…signature expired, signature time:20211217T064303Z,server time:20211217T065804Z`.
fn named(message: &str) -> Option<SystemTime> {
    parse_sdk_date(message.split_once("server time:")?.1.get(..16)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

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
        let refusal = Error::new(Kind::Credentials, message);
        let now = theirs - Duration::from_secs(1000);
        assert!(skew.learn(&refusal, None, now));
        assert_eq!(skew.correct(now), theirs);
        assert!(!skew.learn(&refusal, None, now), "the same difference again is no news");
        assert!(!skew.learn(&Error::new(Kind::Credentials, "wrong key"), Some(now), theirs));
    }

    #[test]
    fn a_time_far_off_is_not_believed() {
        let skew = Skew::default();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
        let refusal = Error::new(Kind::Credentials, "signature expired");
        assert!(!skew.learn(&refusal, Some(SystemTime::UNIX_EPOCH), now));
        assert!(skew.learn(&refusal, Some(now - Duration::from_secs(3600)), now));
        assert_eq!(skew.correct(now), now - Duration::from_secs(3600));
    }
}
