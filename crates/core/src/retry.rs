//! Whether and when a failed attempt is made again.

use std::time::{Duration, SystemTime};

use crate::{Error, Kind, tls};

/// The first wait, before chance.
const BASE: Duration = Duration::from_millis(500);
/// The longest wait of our own choosing, before chance.
const CAP: Duration = Duration::from_secs(30);

/// How often and for how long a call is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Attempts in all, the first one included; at least 1.
    pub attempts: u32,
    /// Time for all of them and the waits between, but not for waits until the quota has room. An attempt that would
    /// start later is not made, and one that is under way then is cut off.
    pub total: Duration,
}

impl Default for Retries {
    /// Five attempts within a minute and a half: enough to wait for a quota of one minute once.
    fn default() -> Self {
        Self { attempts: 5, total: Duration::from_secs(90) }
    }
}

/// What is known when an attempt has failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failed<'a> {
    pub(crate) error: &'a Error,
    /// Attempts made so far.
    pub(crate) attempts: u32,
    /// Time that they and the waits between them took.
    pub(crate) elapsed: Duration,
    /// What the service asks to wait.
    pub(crate) asked: Option<Duration>,
    /// Whether sending it twice is as good as once.
    pub(crate) idempotent: bool,
}

/// How long to wait before the next attempt; `None` if there is to be none. `chance` is from 0 up to 1.
pub(crate) fn wait(failed: Failed<'_>, retries: Retries, chance: f64) -> Option<Duration> {
    if !failed.idempotent || failed.attempts >= retries.attempts || !may_pass(failed.error) {
        return None;
    }
    // Full jitter: clients that failed together do not come back together.
    let most = BASE.saturating_mul(2_u32.saturating_pow(failed.attempts.saturating_sub(1).min(16))).min(CAP);
    let own = most.mul_f64(chance.clamp(0.0, 1.0));
    let wait = own.max(failed.asked.unwrap_or_default());
    (failed.elapsed.saturating_add(wait) < retries.total).then_some(wait)
}

/// Whether the same request may well succeed a little later.
fn may_pass(error: &Error) -> bool {
    match error.kind() {
        // A certificate does not become a good one.
        Kind::Connection => tls::refusal(error).is_none(),
        Kind::Timeout | Kind::Throttled => true,
        Kind::Service => matches!(error.status(), Some(500 | 502 | 503 | 504)),
        _ => false,
    }
}

/// The wait that a `Retry-After` header asks for: a number of seconds, or a moment in any of the three forms that HTTP
/// has; a moment that is past asks for none. What is neither asks for nothing.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return value.bytes().all(|byte| byte.is_ascii_digit()).then(|| Duration::from_secs(seconds));
    }
    let moment = httpdate::parse_http_date(value).ok()?;
    Some(moment.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn error(kind: Kind, status: u16) -> Error {
        Error::new(kind, "m").answered(status, None, None, &Bytes::new())
    }

    fn after(error: &Error, attempts: u32) -> Option<Duration> {
        let failed = Failed { error, attempts, elapsed: Duration::ZERO, asked: None, idempotent: true };
        wait(failed, Retries::default(), 0.999_999)
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for (kind, status, again) in [
            (Kind::Service, 500, true),
            (Kind::Service, 502, true),
            (Kind::Service, 503, true),
            (Kind::Timeout, 504, true),
            (Kind::Throttled, 429, true),
            (Kind::Connection, 200, true),
            (Kind::Service, 400, false),
            (Kind::Service, 431, false),
            (Kind::Service, 501, false),
            (Kind::Credentials, 401, false),
            (Kind::Permission, 403, false),
            (Kind::NotFound, 404, false),
            (Kind::Protocol, 200, false),
            (Kind::Usage, 0, false),
        ] {
            assert_eq!(after(&error(kind, status), 1).is_some(), again, "{kind:?} {status}");
        }
    }

    #[test]
    fn waits_double_up_to_a_limit_and_attempts_end() {
        let error = error(Kind::Service, 503);
        let waits: Vec<_> = (1..=5).map(|attempts| after(&error, attempts).map(|wait| wait.as_millis())).collect();
        assert_eq!(waits, [Some(499), Some(999), Some(1999), Some(3999), None]);
        let failed = Failed { error: &error, attempts: 1, elapsed: Duration::ZERO, asked: None, idempotent: true };
        assert_eq!(wait(failed, Retries::default(), 0.0), Some(Duration::ZERO));
        let many = Retries { attempts: u32::MAX, total: Duration::MAX };
        assert!(wait(Failed { attempts: u32::MAX - 1, ..failed }, many, 1.0).is_some_and(|wait| wait <= CAP));
    }

    #[test]
    fn what_is_not_idempotent_is_sent_once() {
        let error = error(Kind::Service, 503);
        let failed = Failed { error: &error, attempts: 1, elapsed: Duration::ZERO, asked: None, idempotent: false };
        assert_eq!(wait(failed, Retries::default(), 0.5), None);
    }

    #[test]
    fn the_service_is_waited_for_unless_it_takes_too_long() {
        let error = error(Kind::Throttled, 429);
        let asked = |seconds| Failed {
            error: &error,
            attempts: 1,
            elapsed: Duration::from_secs(20),
            asked: Some(Duration::from_secs(seconds)),
            idempotent: true,
        };
        assert_eq!(wait(asked(60), Retries::default(), 0.5), Some(Duration::from_secs(60)));
        assert_eq!(wait(asked(69), Retries::default(), 0.0), Some(Duration::from_secs(69)));
        assert_eq!(wait(asked(70), Retries::default(), 0.0), None);
        assert_eq!(wait(asked(u64::MAX), Retries::default(), 0.0), None);
    }

    #[test]
    fn bc_48_retry_after_in_every_form() {
        // Sun, 06 Nov 1994 08:49:37 GMT
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 - 3);
        for (value, seconds) in [
            ("2", Some(2)),
            ("0", Some(0)),
            (" 7 ", Some(7)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(3)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(3)),
            ("Sun Nov  6 08:49:37 1994", Some(3)),
            ("Sun, 06 Nov 1994 08:49:30 GMT", Some(0)),
            ("-1", None),
            ("+2", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(retry_after(value, now), seconds.map(Duration::from_secs), "{value:?}");
        }
    }
}
