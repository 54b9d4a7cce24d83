//! So many requests of each user and operation in any window of so much time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hss_client::Quota;

/// As many pairs of user and operation as are remembered; those without a request in the window go first.
const PAIRS: usize = 10_000;

/// The requests that count, by user and operation.
#[derive(Debug)]
pub(crate) struct Quotas {
    quota: Quota,
    made: Mutex<HashMap<(String, &'static str), VecDeque<Duration>>>,
}

impl Quotas {
    pub(crate) fn new(quota: Quota) -> Self {
        Self { quota, made: Mutex::default() }
    }

    /// Counts a request at `now`.
    ///
    /// # Errors
    ///
    /// If it is one too many, which then does not count; in the gateway's words.
    pub(crate) fn admit(&self, user: &str, operation: &'static str, now: Duration) -> Result<(), String> {
        let Quota { requests, window } = self.quota;
        let counts = |at: &Duration| now.saturating_sub(*at) < window;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.len() >= PAIRS {
            made.retain(|_, times| times.back().is_some_and(counts));
        }
        let times = made.entry((user.to_owned(), operation)).or_default();
        while times.front().is_some_and(|at| !counts(at)) {
            times.pop_front();
        }
        if times.len() < usize::try_from(requests).unwrap_or(usize::MAX) {
            times.push_back(now);
            return Ok(());
        }
        let (number, unit) = match window.as_secs() {
            seconds if seconds > 0 && seconds % 60 == 0 => (seconds / 60, "minute"),
            seconds => (seconds, "second"),
        };
        Err(format!(
            "The throttling threshold has been reached: policy user over ratelimit,limit:{requests},time:{number} {unit}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_window_slides_and_what_is_refused_does_not_count() {
        let quotas = Quotas::new(Quota { requests: 2, window: at(60) });
        let admit = |seconds| quotas.admit("u", "A", at(seconds)).is_ok();
        assert_eq!([0, 30, 40, 59, 60, 61, 89, 90].map(admit), [true, true, false, false, true, false, false, true]);
    }

    #[test]
    fn each_user_and_operation_has_its_own() {
        let quotas = Quotas::new(Quota { requests: 1, window: at(1) });
        for (user, operation) in [("u", "A"), ("u", "B"), ("v", "A")] {
            assert_eq!(quotas.admit(user, operation, at(0)), Ok(()));
        }
        assert_eq!(
            quotas.admit("u", "A", at(0)).unwrap_err(),
            "The throttling threshold has been reached: policy user over ratelimit,limit:1,time:1 second"
        );
    }

    #[test]
    fn memory_is_bounded_by_those_who_call_within_a_window() {
        let quotas = Quotas::new(Quota { requests: 1, window: at(60) });
        for number in 0..3 * PAIRS {
            let now = at(number as u64 / 100);
            quotas.admit(&number.to_string(), "A", now).unwrap();
        }
        assert!(quotas.made.lock().unwrap().len() <= PAIRS + 1);
    }
}
