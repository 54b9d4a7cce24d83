//! Decides whether and when a failed attempt is retried.

use std::time::{Duration, SystemTime};

use crate::constructors::constructors;
use crate::{Error, ErrorKind, proxy, tls};

/// The first backoff, before jitter.
const MIN_BACKOFF: Duration = Duration::from_millis(500);
/// The maximum backoff of the client, before jitter.
const MAX_BACKOFF: Duration = Duration::from_secs(30);

/// The limits for retries of a call.
///
/// ```
/// use std::time::Duration;
///
/// use huaweicloud_core::Retries;
///
/// let retries = Retries::new().attempts(3).total(Duration::from_secs(30));
/// assert_eq!((retries.attempts, retries.total), (3, Duration::from_secs(30)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retries {
    /// The maximum number of attempts, at least 1. The first attempt counts. So does an attempt after a refresh of
    /// credentials or a correction of the clock.
    pub attempts: u32,
    /// The maximum time for all attempts and the waits between them, except waits for a quota. No attempt starts later,
    /// and an attempt in progress is cut off then.
    pub total: Duration,
}

constructors! {
    Retries()
    attempts: u32 = 5,
    total: Duration = Duration::from_secs(90)
}

impl Default for Retries {
    /// Five attempts within 90 seconds.
    fn default() -> Self {
        Self::new()
    }
}

/// The state of a call after a failed attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failed<'a> {
    pub(crate) error: &'a Error,
    /// The number of attempts so far.
    pub(crate) attempts: u32,
    /// The time spent on the attempts and the waits between them.
    pub(crate) elapsed: Duration,
    /// The wait that the service requested.
    pub(crate) asked: Option<Duration>,
    /// How long the quota stays exhausted, if that is known.
    pub(crate) quota: Option<Duration>,
    /// Whether sending the request twice has the same effect as sending it once.
    pub(crate) idempotent: bool,
    /// Whether the request left this machine.
    pub(crate) is_sent: bool,
}

/// Returns how long to wait before the next attempt, or `None` if there is no retry. `jitter` is between 0 and 1.
pub(crate) fn wait(failed: Failed<'_>, retries: Retries, jitter: f64) -> Option<Duration> {
    if failed.attempts >= retries.attempts || !failed.error.is_retryable() || !may_repeat(failed) {
        return None;
    }
    // Full jitter: clients that failed together do not retry together.
    let longest =
        MIN_BACKOFF.saturating_mul(2_u32.saturating_pow(failed.attempts.saturating_sub(1).min(16))).min(MAX_BACKOFF);
    let own = longest.mul_f64(jitter.clamp(0.0, 1.0));
    if let Some(quota) = failed.quota {
        // Waiting for a known quota does not use up the time for attempts.
        return Some(own.max(quota));
    }
    let wait = own.max(failed.asked.unwrap_or_default());
    (failed.elapsed.saturating_add(wait) < retries.total).then_some(wait)
}

/// Reports whether a retry cannot repeat the effect of the request.
fn may_repeat(failed: Failed<'_>) -> bool {
    failed.idempotent || !failed.is_sent || failed.error.is_refused_by_gateway()
}

impl Error {
    /// Reports whether the same call may succeed a little later. The client has already retried such a call, as far as
    /// its [`Retries`] allow. Before sending a call again that changes something, check
    /// [`may_have_reached_service`](Self::may_have_reached_service).
    ///
    /// The timeout of a whole call or of a [`Waiter`](crate::Waiter) is not a transient error.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.kind() {
            // An invalid certificate stays invalid, and a wrong password stays wrong.
            ErrorKind::Connection => tls::tls_error(self).is_none() && !proxy::is_final_error(self),
            ErrorKind::Timeout => !self.is_deadline(),
            ErrorKind::Throttled => true,
            ErrorKind::Service => matches!(self.status(), Some(500 | 502 | 503 | 504)),
            _ => false,
        }
    }
}

/// Parses the header `Retry-After`: a number of seconds, or a date in any of the three forms of HTTP. Returns zero for
/// a date in the past, and `None` for an invalid value.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that does not fit the type is too long a wait in any case.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn error(kind: ErrorKind, status: u16) -> Error {
        Error::new(kind, "m").with_response(status, None, None, &Bytes::new())
    }

    fn failed(error: &Error) -> Failed<'_> {
        Failed {
            error,
            attempts: 1,
            elapsed: Duration::ZERO,
            asked: None,
            quota: None,
            idempotent: true,
            is_sent: true,
        }
    }

    fn after(error: &Error, attempts: u32) -> Option<Duration> {
        wait(Failed { attempts, ..failed(error) }, Retries::default(), 0.999_999)
    }

    #[test]
    fn retries_only_transient_errors() {
        for (kind, status, again) in [
            (ErrorKind::Service, 500, true),
            (ErrorKind::Service, 502, true),
            (ErrorKind::Service, 503, true),
            (ErrorKind::Timeout, 504, true),
            (ErrorKind::Throttled, 429, true),
            (ErrorKind::Connection, 200, true),
            (ErrorKind::Service, 400, false),
            (ErrorKind::Service, 431, false),
            (ErrorKind::Service, 501, false),
            (ErrorKind::Credentials, 401, false),
            (ErrorKind::Permission, 403, false),
            (ErrorKind::NotFound, 404, false),
            (ErrorKind::Protocol, 200, false),
            (ErrorKind::Usage, 0, false),
        ] {
            assert_eq!(after(&error(kind, status), 1).is_some(), again, "{kind:?} {status}");
        }
    }

    #[test]
    fn backoff_doubles_up_to_a_maximum_and_attempts_are_limited() {
        let error = error(ErrorKind::Service, 503);
        let waits: Vec<_> = (1..=5).map(|attempts| after(&error, attempts).map(|wait| wait.as_millis())).collect();
        assert_eq!(waits, [Some(499), Some(999), Some(1999), Some(3999), None]);
        let failed = failed(&error);
        assert_eq!(wait(failed, Retries::default(), 0.0), Some(Duration::ZERO));
        let many = Retries { attempts: u32::MAX, total: Duration::MAX };
        assert!(wait(Failed { attempts: u32::MAX - 1, ..failed }, many, 1.0).is_some_and(|wait| wait <= MAX_BACKOFF));
    }

    #[test]
    fn retries_a_call_that_is_not_idempotent_only_if_it_did_not_reach_the_service() {
        let throttled = |code: &str| {
            Error::new(ErrorKind::Throttled, "m").with_response(429, Some(code.to_owned()), None, &Bytes::new())
        };
        for (error, is_sent, again) in [
            (error(ErrorKind::Service, 503), true, false),
            (error(ErrorKind::Timeout, 504), true, false),
            (Error::new(ErrorKind::Connection, "reset"), true, false),
            (Error::new(ErrorKind::Connection, "refused"), false, true),
            (throttled("APIGW.0308"), true, true),
            (throttled("Ecs.0001"), true, false),
            (error(ErrorKind::Throttled, 429), true, false),
            (error(ErrorKind::Credentials, 401), false, false),
        ] {
            let failed = Failed { idempotent: false, is_sent, ..failed(&error) };
            assert_eq!(wait(failed, Retries::default(), 0.5).is_some(), again, "{error}, sent: {is_sent}");
        }
    }

    #[test]
    fn waits_as_long_as_the_service_requests_within_the_total_time() {
        let error = error(ErrorKind::Service, 503);
        let asked = |seconds| Failed {
            elapsed: Duration::from_secs(20),
            asked: Some(Duration::from_secs(seconds)),
            ..failed(&error)
        };
        assert_eq!(wait(asked(60), Retries::default(), 0.5), Some(Duration::from_secs(60)));
        assert_eq!(wait(asked(69), Retries::default(), 0.0), Some(Duration::from_secs(69)));
        assert_eq!(wait(asked(70), Retries::default(), 0.0), None);
        assert_eq!(wait(asked(u64::MAX), Retries::default(), 0.0), None);
    }

    #[test]
    fn a_wait_for_a_known_quota_does_not_count_toward_the_total_time() {
        let error = error(ErrorKind::Throttled, 429);
        let quota = Some(Duration::from_secs(3600));
        let failed = Failed { elapsed: Duration::from_secs(80), quota, ..failed(&error) };
        assert_eq!(wait(failed, Retries::default(), 0.5), quota);
        assert_eq!(wait(Failed { attempts: 5, ..failed }, Retries::default(), 0.5), None);
    }

    #[test]
    fn parses_every_form_of_retry_after() {
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
            ("99999999999999999999999", Some(u64::MAX)),
        ] {
            assert_eq!(retry_after(value, now), seconds.map(Duration::from_secs), "{value:?}");
        }
    }
}
