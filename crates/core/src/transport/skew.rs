//! Measures the difference between the local clock and the gateway's clock, from the gateway's responses.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use crate::Error;
use crate::sign::parse_sdk_date;

/// The maximum accepted difference in seconds: two hours. Without it, a malicious gateway could collect signatures that
/// stay valid long after it is gone.
const MAX_CORRECTION: i64 = 2 * 3600;

/// Signing times that differ by less are equivalent, since a gateway tolerates 15 minutes.
const SAME_TIME_TOLERANCE: Duration = Duration::from_secs(60);

/// The correction of the local clock, shared by all calls of a transport.
#[derive(Debug, Default)]
pub(crate) struct Skew(AtomicI64);

/// The number of seconds by which the local clock is behind the gateway's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Correction(i64);

impl Correction {
    /// Returns the time of the gateway's clock when the local clock shows `now`.
    pub(crate) fn apply(self, now: SystemTime) -> SystemTime {
        let time = Duration::from_secs(self.0.unsigned_abs());
        if self.0 < 0 { now.checked_sub(time) } else { now.checked_add(time) }.unwrap_or(now)
    }
}

impl Skew {
    /// Returns the current correction.
    pub(crate) fn correction(&self) -> Correction {
        Correction(self.0.load(Ordering::Relaxed))
    }

    /// Learns from a refusal that contains the gateway's time, or from the `date` of its response. `signed_at` is the
    /// signing time of the refused attempt, plus the time since then. Returns whether a signature made now would have a
    /// different date.
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
        let Some(gateway_time) = server_time(refusal.message()).or(date) else { return false };
        let seconds = match gateway_time.duration_since(now) {
            Ok(ahead) => i64::try_from(ahead.as_secs()),
            Err(behind) => i64::try_from(behind.duration().as_secs()).map(|seconds| -seconds),
        };
        let Some(seconds) = seconds.ok().filter(|seconds| seconds.abs() <= MAX_CORRECTION) else { return false };
        self.0.store(seconds, Ordering::Relaxed);
        difference(gateway_time, signed_at) >= SAME_TIME_TOLERANCE
    }
}

/// Returns the absolute difference between two times.
pub(super) fn difference(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}

/// Returns the time in `…signature expired, signature time:20211217T064303Z,server time:20211217T065804Z`.
fn server_time(message: &str) -> Option<SystemTime> {
    parse_sdk_date(message.split_once("server time:")?.1.get(..16)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn learns_the_time_of_the_gateway_from_its_message() {
        let message = "verify aksk signature fail, signature expired, signature time:20211217T064303Z,server time:20211217T065804Z";
        let gateway_time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_639_724_284);
        assert_eq!(server_time(message), Some(gateway_time));
        for text in [
            "",
            "server time:",
            "server time:20211217",
            "server time:20211317T065804Z",
            "server time:2021121é7T065804Z",
        ] {
            assert_eq!(server_time(text), None, "{text}");
        }
        let skew = Skew::default();
        let refusal = Error::new(ErrorKind::Credentials, message);
        let now = gateway_time - Duration::from_secs(1000);
        assert_eq!(skew.correction().apply(now), now);
        assert!(skew.learn(&refusal, None, now, now));
        assert_eq!(skew.correction().apply(now), gateway_time);
        assert!(skew.learn(&refusal, None, now, now), "another call was signed before the difference was known");
        assert!(!skew.learn(&refusal, None, now, gateway_time), "the corrected time was refused, too");
        assert!(skew.learn(&refusal, None, gateway_time, now), "the clock was set right in the meantime");
        assert_eq!(skew.correction().apply(gateway_time), gateway_time);
        assert!(!skew.learn(&Error::new(ErrorKind::Credentials, "wrong key"), Some(now), gateway_time, now));
    }

    #[test]
    fn ignores_a_difference_of_more_than_two_hours() {
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
