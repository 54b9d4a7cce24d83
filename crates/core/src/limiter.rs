//! Limits requests to a quota: at most N requests of one operation in any window of time.

mod registry;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::operation::Operation;
use crate::quota::Quota;
use crate::rate::Rate;
use crate::{Result, Runtime};

/// The maximum number of requests remembered for one operation, unless a quota allows more.
const MAX_REMEMBERED: usize = 10_000;

/// The maximum wait that a service may request if no quota of the operation is known.
const MAX_WAIT: Duration = Duration::from_secs(5 * 60);

/// Limits the requests of all operations to one endpoint. All transports of a process to this endpoint share it.
///
/// It counts in a sliding window. A token bucket would permit a full bucket and its refill in one window, which is
/// twice the quota.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    windows: Mutex<HashMap<&'static str, Window>>,
}

/// The requests of one operation.
#[derive(Debug, Default)]
struct Window {
    /// Requests without a response yet, which may not have been sent. The service counts them at some future time.
    open: HashSet<u64>,
    /// The number and time of each other counted request, ordered by time.
    made: VecDeque<(u64, Duration)>,
    next: u64,
    /// The quota that refusals have put in force, for the adaptive rate.
    quota: Option<Quota>,
    /// The longest window and the most requests of all quotas so far, to remember enough requests for each of them.
    longest: Duration,
    most: usize,
    /// The quota in the last message of the service that contained one.
    named: Option<Quota>,
    /// No request may be sent before this time.
    closed_until: Duration,
}

/// The place of a request in the window. It is released if the permit is dropped before the request was sent.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    limiter: &'a Limiter,
    operation: &'static Operation,
    rate: Rate,
    number: u64,
    /// When the request was sent, if it was.
    sent: Option<Duration>,
}

impl Permit<'_> {
    /// Records that the request is sent at this time. From here on the service may count it.
    pub(crate) fn set_sent(&mut self, now: Duration) {
        self.sent = Some(now);
    }

    /// Records that no connection could be established for the request.
    pub(crate) fn set_unsent(&mut self) {
        self.sent = None;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        match self.sent {
            // A response that was already recorded is not recorded again.
            Some(sent) => self.limiter.record_response(self, sent),
            None => self.limiter.release(self),
        }
    }
}

impl Limiter {
    /// Waits until a request of `operation` may be sent at this rate, and counts it. `on_wait` is called when a wait
    /// begins.
    ///
    /// # Errors
    ///
    /// Returns the errors of `on_wait`.
    pub(crate) async fn admit(
        &self,
        operation: &'static Operation,
        rate: Rate,
        runtime: &dyn Runtime,
        on_wait: impl Fn(Duration) -> Result<()> + Sync,
    ) -> Result<Permit<'_>> {
        loop {
            let wait = match self.take(operation, rate, runtime.elapsed()) {
                Ok(permit) => return Ok(permit),
                Err(wait) => wait,
            };
            tracing::debug!(operation = operation.id, wait_ms = wait.as_millis(), "waiting for the quota");
            on_wait(wait)?;
            runtime.sleep(wait).await;
        }
    }

    fn take(&self, operation: &'static Operation, rate: Rate, now: Duration) -> Result<Permit<'_>, Duration> {
        let mut windows = self.windows();
        let window = windows.entry(operation.id).or_default();
        let quota = window.in_force(rate);
        if now < window.closed_until && rate != Rate::Off {
            return Err(window.closed_until.saturating_sub(now));
        }
        window.forget(now, quota.unwrap_or_else(|| documented(operation)));
        if let Some(wait) = quota.and_then(|quota| window.full(quota, now)) {
            return Err(wait);
        }
        let number = window.next;
        window.next += 1;
        window.open.insert(number);
        Ok(Permit { limiter: self, operation, rate, number, sent: None })
    }

    /// Returns how many requests can be sent now at this rate without exceeding the quota in force, or else the
    /// documented one.
    pub(crate) fn remaining(&self, operation: &'static Operation, rate: Rate, now: Duration) -> usize {
        if rate == Rate::Off {
            return usize::MAX;
        }
        let mut windows = self.windows();
        let window = windows.entry(operation.id).or_default();
        let quota = window.in_force(rate).unwrap_or_else(|| documented(operation));
        window.forget(now, quota);
        (quota.requests as usize).saturating_sub(window.count(quota, now))
    }

    /// Records that the response arrived. The request counts from now, since the service counted it at some time
    /// before.
    pub(crate) fn record_response(&self, permit: &Permit<'_>, now: Duration) {
        let mut windows = self.windows();
        let window = windows.entry(permit.operation.id).or_default();
        if window.open.remove(&permit.number) {
            // Responses arrive in any order.
            let index = window.made.partition_point(|(_, made)| *made <= now);
            window.made.insert(index, (permit.number, now));
        }
    }

    /// Removes a request that the service did not count.
    fn release(&self, permit: &Permit<'_>) {
        let mut windows = self.windows();
        let window = windows.entry(permit.operation.id).or_default();
        window.open.remove(&permit.number);
        window.made.retain(|(number, _)| *number != permit.number);
    }

    /// Records that the request was refused because of the quota. Returns how long the quota stays exhausted, if that
    /// is known. This is the wait that the service `requested` for, unless it is [too long](Self::max_wait). Otherwise
    /// it follows from the quota in the message and the recorded requests.
    pub(crate) fn record_throttling(
        &self,
        permit: &Permit<'_>,
        message: &str,
        requested: Option<Duration>,
        now: Duration,
    ) -> Option<Duration> {
        self.release(permit);
        let named = read(message);
        let mut windows = self.windows();
        let window = windows.entry(permit.operation.id).or_default();
        window.named = named.or(window.named);
        if permit.rate == Rate::Off {
            return requested;
        }
        let quota = named.or(window.in_force(permit.rate)).unwrap_or_else(|| documented(permit.operation));
        if permit.rate == Rate::Adaptive {
            window.quota = Some(quota);
        }
        window.forget(now, quota);
        let max_wait = window.max_wait(permit.operation);
        // If our own requests do not fill the window in the message, other clients share the quota. The age of their
        // requests is unknown, so the limiter waits for the whole window. A quota that is not in the message may not be
        // in force.
        let wait = requested
            .filter(|requested| *requested <= max_wait)
            .or_else(|| window.full(quota, now))
            .or(named.map(|quota| quota.window))?;
        window.closed_until = window.closed_until.max(now.saturating_add(wait));
        Some(wait)
    }

    /// Returns the maximum wait that the service may request: the longest window among the quota in its messages and
    /// the documented one, or 5 minutes if neither is known.
    pub(crate) fn max_wait(&self, operation: &'static Operation) -> Duration {
        self.windows().entry(operation.id).or_default().max_wait(operation)
    }

    /// Returns whether no request so far affects later ones.
    fn is_idle(&self, now: Duration) -> bool {
        self.windows().values().all(|window| window.is_idle(now))
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<&'static str, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    /// Returns the quota that limits requests at this rate, if one does.
    fn in_force(&self, rate: Rate) -> Option<Quota> {
        match rate {
            Rate::Strict(quota) => Some(quota),
            Rate::Adaptive => self.quota,
            Rate::Off => None,
        }
    }

    /// Removes requests that have left the windows of `quota` and of all earlier quotas. If too many remain, the oldest
    /// are removed.
    fn forget(&mut self, now: Duration, quota: Quota) {
        self.longest = self.longest.max(quota.window);
        self.most = self.most.max(quota.requests as usize);
        let memory = MAX_REMEMBERED.max(self.most);
        while self.made.len() > memory || self.made.front().is_some_and(|(_, made)| self.is_expired(*made, now)) {
            self.made.pop_front();
        }
    }

    /// Returns whether a request made at this time has left the windows of all quotas so far.
    fn is_expired(&self, made: Duration, now: Duration) -> bool {
        made.saturating_add(self.longest) <= now
    }

    /// Returns whether no request so far affects later ones.
    fn is_idle(&self, now: Duration) -> bool {
        let is_empty = self.open.is_empty() && self.made.back().is_none_or(|(_, made)| self.is_expired(*made, now));
        is_empty && self.closed_until <= now
    }

    fn max_wait(&self, operation: &Operation) -> Duration {
        let documented = operation.rate_limit.map(|_| documented(operation));
        let known = self.named.into_iter().chain(documented).map(|quota| quota.window);
        known.max().unwrap_or(MAX_WAIT)
    }

    /// Returns the number of counted requests in the window of `quota`.
    fn count(&self, quota: Quota, now: Duration) -> usize {
        self.open.len() + self.made.len() - self.left(quota, now)
    }

    /// Returns how many of the requests that are remembered have left the window of `quota`.
    fn left(&self, quota: Quota, now: Duration) -> usize {
        self.made.partition_point(|(_, made)| made.saturating_add(quota.window) <= now)
    }

    /// Returns how long it takes until one more request may be sent, or a longer time if that is not known. Returns
    /// `None` if one may be sent now.
    fn full(&self, quota: Quota, now: Duration) -> Option<Duration> {
        let excess = self.count(quota, now).checked_sub(quota.requests as usize)?;
        // Open requests leave the window after all others.
        let leaves =
            self.made.get(self.left(quota, now) + excess).map_or(now, |(_, made)| *made).saturating_add(quota.window);
        Some(leaves.saturating_sub(now))
    }
}

/// Parses the quota in the gateway's message: `…policy user over ratelimit,limit:5,time:1 minute`.
fn read(message: &str) -> Option<Quota> {
    let requests = message.split_once("limit:")?.1;
    let requests: u32 = requests.get(..requests.find(|c: char| !c.is_ascii_digit())?)?.parse().ok()?;
    let time = message.split_once("time:")?.1.trim_start();
    let (number, unit) = time.split_once(' ')?;
    let number: u64 = number.parse().ok()?;
    let seconds = match unit.trim_end_matches(|c: char| !c.is_ascii_alphabetic()) {
        unit if unit.starts_with("second") => 1,
        unit if unit.starts_with("minute") => 60,
        unit if unit.starts_with("hour") => 3600,
        _ => return None,
    };
    let window = Duration::from_secs(number.checked_mul(seconds)?);
    // A quota of 0 requests or with a window of more than an hour is a parsing error.
    (requests > 0 && !window.is_zero() && window <= Duration::from_secs(3600)).then_some(Quota { requests, window })
}

/// Returns the documented quota of an operation, or else that of its service.
pub(crate) fn documented(operation: &Operation) -> Quota {
    operation.rate_limit.map_or(operation.service.quota, |limit| Quota {
        requests: limit.requests.max(1),
        window: Duration::from_secs(limit.seconds.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{EXAMPLE, RateLimit};

    static LIST: Operation = Operation { rate_limit: Some(RateLimit { requests: 5, seconds: 60 }), ..EXAMPLE };

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Sends a request, which must be admitted immediately.
    fn send<'a>(limiter: &'a Limiter, operation: &'static Operation, rate: Rate, second: u64) -> Permit<'a> {
        let mut permit = limiter.take(operation, rate, at(second)).unwrap();
        permit.set_sent(at(second));
        permit
    }

    #[test]
    fn a_request_that_was_not_sent_does_not_count() {
        let (limiter, rate) = (Limiter::default(), Rate::Strict(Quota { requests: 1, window: at(60) }));
        drop(limiter.take(&LIST, rate, at(0)).unwrap());
        drop(send(&limiter, &LIST, rate, 0));
        assert_eq!(limiter.take(&LIST, rate, at(0)).unwrap_err(), at(60));
    }

    #[test]
    fn a_strict_quota_of_many_requests_is_applied() {
        let requests = 20_000;
        let (limiter, rate) = (Limiter::default(), Rate::Strict(Quota { requests, window: at(60) }));
        for _ in 0..requests {
            send(&limiter, &LIST, rate, 0);
        }
        assert_eq!(limiter.take(&LIST, rate, at(1)).unwrap_err(), at(59));
    }

    #[test]
    fn the_longest_wait_is_the_window_of_a_known_quota() {
        static UNKNOWN: Operation = Operation { id: "Unknown", rate_limit: None, ..LIST };
        let (limiter, rate) = (Limiter::default(), Rate::Adaptive);
        assert_eq!(limiter.max_wait(&LIST), at(60));
        assert_eq!(limiter.max_wait(&UNKNOWN), at(300));
        let permit = send(&limiter, &UNKNOWN, rate, 0);
        assert_eq!(limiter.record_throttling(&permit, "limit:5,time:1 hour", Some(at(3000)), at(0)), Some(at(3000)));
        assert_eq!(limiter.max_wait(&UNKNOWN), at(3600));

        let permit = send(&limiter, &LIST, rate, 0);
        assert_eq!(limiter.record_throttling(&permit, "too many requests", Some(at(31_536_000)), at(0)), None);
        send(&limiter, &LIST, rate, 0);
    }

    #[test]
    fn a_request_that_waits_to_be_sent_counts() {
        let (limiter, rate) = (Limiter::default(), Rate::Strict(Quota { requests: 1, window: at(1) }));
        let mut waiting = limiter.take(&LIST, rate, at(0)).unwrap();
        assert_eq!(limiter.take(&LIST, rate, at(5)).unwrap_err(), at(1));
        waiting.set_sent(at(5));
        assert_eq!(limiter.take(&LIST, rate, at(6)).unwrap_err(), at(1), "it is not answered");
        drop(waiting);
        assert!(limiter.take(&LIST, rate, at(6)).is_ok(), "it was sent at 5 s, and given up");
    }

    #[test]
    fn a_strict_window_slides() {
        let (limiter, rate) = (Limiter::default(), Rate::Strict(Quota { requests: 5, window: at(60) }));
        for second in [0, 0, 0, 10, 10] {
            send(&limiter, &LIST, rate, second);
        }
        assert_eq!(limiter.take(&LIST, rate, at(20)).unwrap_err(), at(40));
        for _ in 0..3 {
            send(&limiter, &LIST, rate, 60);
        }
        assert_eq!(limiter.take(&LIST, rate, at(60)).unwrap_err(), at(10));
        assert_eq!(limiter.remaining(&LIST, rate, at(70)), 2);
    }

    #[test]
    fn a_request_counts_from_its_response() {
        let (limiter, rate) = (Limiter::default(), Rate::Strict(Quota { requests: 1, window: at(60) }));
        let permit = send(&limiter, &LIST, rate, 0);
        limiter.record_response(&permit, at(3));
        assert_eq!(limiter.take(&LIST, rate, at(60)).unwrap_err(), at(3));
    }

    #[test]
    fn responses_leave_the_window_in_their_own_order() {
        let (limiter, rate) = (Limiter::default(), Rate::Strict(Quota { requests: 2, window: at(60) }));
        let [first, second] = [0, 0].map(|second| send(&limiter, &LIST, rate, second));
        limiter.record_response(&second, at(1));
        limiter.record_response(&first, at(9));
        assert_eq!(limiter.take(&LIST, rate, at(10)).unwrap_err(), at(51));
        send(&limiter, &LIST, rate, 61);
        assert_eq!(limiter.take(&LIST, rate, at(61)).unwrap_err(), at(8));
    }

    #[test]
    fn adaptive_applies_the_quota_in_the_message_after_a_refusal() {
        let (limiter, rate) = (Limiter::default(), Rate::Adaptive);
        let [_, _, last] = [(); 3].map(|()| send(&limiter, &LIST, rate, 1));
        let wait = limiter.record_throttling(&last, "policy user over ratelimit,limit:2,time:1 minute", None, at(2));
        assert_eq!(wait, Some(at(59)));
        assert_eq!(limiter.take(&LIST, rate, at(2)).unwrap_err(), at(59));
        send(&limiter, &LIST, rate, 61);
        send(&limiter, &LIST, rate, 61);
        assert_eq!(limiter.take(&LIST, rate, at(61)).unwrap_err(), at(60));
    }

    #[test]
    fn waits_a_whole_window_for_a_quota_that_other_clients_exhaust() {
        let (limiter, rate) = (Limiter::default(), Rate::Adaptive);
        let permit = limiter.take(&LIST, rate, at(0)).unwrap();
        assert_eq!(limiter.record_throttling(&permit, "limit:5,time:1 minute", None, at(1)), Some(at(60)));
        assert_eq!(limiter.take(&LIST, rate, at(1)).unwrap_err(), at(60));

        let (limiter, rate) = (Limiter::default(), Rate::Adaptive);
        let permit = limiter.take(&LIST, rate, at(0)).unwrap();
        assert_eq!(limiter.record_throttling(&permit, "too many requests", None, at(1)), None);
        assert!(limiter.take(&LIST, rate, at(1)).is_ok(), "the usual waits between attempts will do");
        assert_eq!(limiter.record_throttling(&permit, "too many requests", Some(at(7)), at(1)), Some(at(7)));
    }

    #[test]
    fn each_operation_has_its_own_window() {
        static OTHER: Operation = Operation { id: "Other", ..LIST };
        let (limiter, rate) = (Limiter::default(), Rate::Strict(Quota { requests: 1, window: at(60) }));
        send(&limiter, &LIST, rate, 0);
        send(&limiter, &OTHER, rate, 0);
    }

    #[test]
    fn requests_at_any_rate_count() {
        let limiter = Limiter::default();
        let strict = |requests, seconds| Rate::Strict(Quota { requests, window: at(seconds) });
        send(&limiter, &LIST, Rate::Off, 0);
        send(&limiter, &LIST, strict(1, 1), 1);
        assert_eq!(limiter.take(&LIST, strict(2, 60), at(2)).unwrap_err(), at(58), "longer than the window before");
        assert_eq!(limiter.take(&LIST, strict(1, 5), at(2)).unwrap_err(), at(4));
        assert!(limiter.take(&LIST, Rate::Adaptive, at(2)).is_ok(), "a strict quota is that of its calls only");
        assert_eq!([Rate::Adaptive, strict(3, 60)].map(|rate| limiter.remaining(&LIST, rate, at(2))), [3, 1]);
        let refused = send(&limiter, &LIST, Rate::Adaptive, 2);
        limiter.record_throttling(&refused, "limit:5,time:1 minute", Some(at(7)), at(2));
        assert_eq!(limiter.take(&LIST, strict(9, 60), at(2)).unwrap_err(), at(7));
        assert!(limiter.take(&LIST, Rate::Off, at(2)).is_ok());
    }

    #[test]
    fn a_refused_request_does_not_count_at_any_rate() {
        let limiter = Limiter::default();
        let refused = send(&limiter, &LIST, Rate::Off, 0);
        let wait = limiter.record_throttling(&refused, "limit:3,time:1 hour", Some(at(7)), at(0));
        assert_eq!((wait, limiter.max_wait(&LIST)), (Some(at(7)), at(3600)));
        drop(refused);
        assert_eq!(limiter.remaining(&LIST, Rate::Adaptive, at(0)), 5);
    }

    #[test]
    fn a_limiter_is_idle_when_no_request_counts() {
        let limiter = Limiter::default();
        assert!(limiter.is_idle(at(0)));
        let permit = send(&limiter, &LIST, Rate::Adaptive, 0);
        assert!(!limiter.is_idle(at(1000)), "no response yet");
        drop(permit);
        assert_eq!([59, 60].map(|second| limiter.is_idle(at(second))), [false, true]);
        let refused = send(&limiter, &LIST, Rate::Adaptive, 60);
        limiter.record_throttling(&refused, "limit:5,time:5 minute", Some(at(200)), at(60));
        drop(refused);
        assert_eq!([259, 260].map(|second| limiter.is_idle(at(second))), [false, true]);
    }

    #[test]
    fn parses_the_quota_in_a_message() {
        for (message, quota) in [
            ("policy user over ratelimit,limit:5,time:1 minute", Some((5, 60))),
            ("policy ip over ratelimit,limit:200,time:5 minute.", Some((200, 300))),
            ("limit:10,time:1 second", Some((10, 1))),
            ("limit:0,time:1 minute", None),
            ("limit:5,time:99999999999999999999 minute", None),
            ("limit:5,time:100 hour", None),
            ("limit:5", None),
            ("too many requests", None),
            ("limit:5,time:1 fortnight", None),
        ] {
            let expected = quota.map(|(requests, seconds)| Quota { requests, window: at(seconds) });
            assert_eq!(read(message), expected, "{message}");
        }
    }
}
