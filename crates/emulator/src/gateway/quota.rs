//! Limits the number of requests per user and operation in a sliding window.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hss_client::Quota;

/// Maximum number of requests of a quota.
pub(crate) const MAX_REQUESTS: u32 = 100_000;
/// Maximum number of pairs of user and operation that are counted.
const MAX_PAIRS: usize = 10_000;
/// Maximum number of counted requests of all pairs together.
const MAX_COUNTED_REQUESTS: usize = 100_000;

/// The counted requests, by user and operation.
#[derive(Debug)]
pub(crate) struct Quotas {
    quota: Quota,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    pairs: HashMap<(String, &'static str), VecDeque<Duration>>,
    /// Number of requests of all pairs.
    requests: usize,
}

impl Quotas {
    /// Creates counters for this quota of at most [`MAX_REQUESTS`] requests.
    pub(crate) fn new(quota: Quota) -> Self {
        Self { quota, counts: Mutex::default() }
    }

    /// Counts a request at `now`.
    ///
    /// # Errors
    ///
    /// Returns the error message of the gateway if the quota is exhausted. The request is then not counted.
    pub(crate) fn admit(&self, user: &str, operation: &'static str, now: Duration) -> Result<(), String> {
        let Quota { requests, window } = self.quota;
        let is_counted = |at: &Duration| now.saturating_sub(*at) < window;
        let pair = (user.to_owned(), operation);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        // Removed from the map first, so that it is not evicted itself.
        let mut times = counts.take(&pair);
        while times.front().is_some_and(|at| !is_counted(at)) {
            times.pop_front();
        }
        times.shrink_to(2 * times.len());
        let is_admitted = times.len() < usize::try_from(requests).unwrap_or(usize::MAX);
        if is_admitted {
            times.push_back(now);
        }
        counts.make_room(times.len());
        counts.put(pair, times);
        if is_admitted {
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

impl Counts {
    fn take(&mut self, pair: &(String, &'static str)) -> VecDeque<Duration> {
        let times = self.pairs.remove(pair).unwrap_or_default();
        self.requests -= times.len();
        times
    }

    fn put(&mut self, pair: (String, &'static str), times: VecDeque<Duration>) {
        self.requests += times.len();
        self.pairs.insert(pair, times);
    }

    /// Makes room for one more pair with this number of requests. Pairs whose last request is the oldest are removed
    /// first.
    fn make_room(&mut self, requests: usize) {
        if self.pairs.len() < MAX_PAIRS && self.requests + requests <= MAX_COUNTED_REQUESTS {
            return;
        }
        let mut idle: Vec<_> = self.pairs.iter().map(|(pair, times)| (times.back().copied(), pair.clone())).collect();
        idle.sort_unstable();
        for (_, pair) in idle {
            // Removes a tenth of the pairs at once, so that this is rarely necessary.
            if self.pairs.len() <= MAX_PAIRS - MAX_PAIRS / 10 && self.requests + requests <= MAX_COUNTED_REQUESTS {
                return;
            }
            self.take(&pair);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_window_slides_and_refused_requests_are_not_counted() {
        let quotas = Quotas::new(Quota { requests: 2, window: at(60) });
        let admit = |seconds| quotas.admit("u", "A", at(seconds)).is_ok();
        assert_eq!([0, 30, 40, 59, 60, 61, 89, 90].map(admit), [true, true, false, false, true, false, false, true]);
    }

    #[test]
    fn each_user_and_operation_has_its_own_quota() {
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
    fn limits_the_number_of_counted_pairs() {
        // Within one window, and over many.
        for requests_a_second in [u64::MAX, 100] {
            let quotas = Quotas::new(Quota { requests: 1, window: at(60) });
            for number in 0..3 * MAX_PAIRS {
                let now = at(number as u64 / requests_a_second);
                quotas.admit(&number.to_string(), "A", now).unwrap();
                assert!(quotas.counts.lock().unwrap().pairs.len() <= MAX_PAIRS);
            }
            let last = (3 * MAX_PAIRS - 1).to_string();
            let now = at((3 * MAX_PAIRS - 1) as u64 / requests_a_second);
            assert!(quotas.admit(&last, "A", now).is_err(), "the newest are counted");
        }
    }

    #[test]
    fn limits_the_number_of_counted_requests() {
        let quotas = Quotas::new(Quota { requests: MAX_REQUESTS, window: at(60) });
        for user in ["u", "v", "w"] {
            for _ in 0..MAX_COUNTED_REQUESTS / 2 {
                quotas.admit(user, "A", at(1)).unwrap();
            }
        }
        let counts = quotas.counts.lock().unwrap();
        assert_eq!((counts.pairs.len(), counts.requests), (2, MAX_COUNTED_REQUESTS));
        assert_eq!(counts.requests, counts.pairs.values().map(VecDeque::len).sum::<usize>());
        assert!(counts.pairs.contains_key(&("w".to_owned(), "A")));
    }
}
