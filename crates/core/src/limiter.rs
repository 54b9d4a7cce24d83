//! Keeping within a quota: so many requests of one operation in any window of so much time.

use std::collections::{HashMap, VecDeque};
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::operation::Operation;
use crate::{Error, World};

/// As many requests as one operation remembers.
const MEMORY: usize = 10_000;

/// A quota that is not known otherwise: what HSS documents.
const USUAL: Quota = Quota { requests: 5, window: Duration::from_secs(60) };

/// So many requests in any window of so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Requests allowed in one window; at least 1.
    pub requests: u32,
    /// Length of the window.
    pub window: Duration,
}

/// How a client keeps within the quota of each operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rate {
    /// Full speed until the service says that it is too much; from then on within the quota that it names, or that
    /// the document does.
    #[default]
    Adaptive,
    /// Within this quota from the start.
    Strict(Quota),
    /// As fast as can be, whatever the service says.
    Off,
}

impl FromStr for Rate {
    type Err = Error;

    /// Reads `adaptive`, `off`, or a number of requests in a second or minute: `5/min`, `2/s`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = || {
            Error::usage(format!("{text:?} is not a rate"))
                .remedy("Write adaptive, off, or a number from 1 on like 5/min or 2/s.")
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

/// The requests of all operations, shared by the clones of a transport.
///
/// It counts in a sliding window. A token bucket would let a full bucket and its refill through in one window: twice
/// the quota.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    rate: Rate,
    windows: Mutex<HashMap<&'static str, Window>>,
}

/// The requests of one operation.
#[derive(Debug, Default)]
struct Window {
    /// When the requests were made that count, oldest first: number and time.
    made: VecDeque<(u64, Duration)>,
    next: u64,
    /// The quota that is kept, once there is one.
    quota: Option<Quota>,
    /// Nothing may be sent before.
    closed_until: Duration,
}

/// A request that counts.
#[derive(Debug)]
pub(crate) struct Ticket {
    operation: &'static Operation,
    number: u64,
}

impl Limiter {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, windows: Mutex::default() }
    }

    /// Waits until a request of `operation` may be sent, and counts it. Each wait is told when it begins.
    pub(crate) async fn admit(
        &self,
        operation: &'static Operation,
        world: &dyn World,
        tell: impl Fn(Duration) + Sync,
    ) -> Ticket {
        loop {
            let wait = match self.take(operation, world.elapsed()) {
                Ok(ticket) => return ticket,
                Err(wait) => wait,
            };
            tracing::debug!(operation = operation.id, wait_ms = wait.as_millis(), "waiting for the quota");
            tell(wait);
            world.sleep(wait).await;
        }
    }

    fn take(&self, operation: &'static Operation, now: Duration) -> Result<Ticket, Duration> {
        let mut windows = self.windows();
        let window = windows.entry(operation.id).or_default();
        window.quota = match self.rate {
            Rate::Strict(quota) => Some(quota),
            Rate::Adaptive => window.quota,
            Rate::Off => None,
        };
        if now < window.closed_until {
            return Err(window.closed_until.saturating_sub(now));
        }
        window.forget(now, window.quota.unwrap_or_else(|| documented(operation)).window);
        if let Some(wait) = window.quota.and_then(|quota| window.full(quota, now)) {
            return Err(wait);
        }
        let number = window.next;
        window.next += 1;
        window.made.push_back((number, now));
        Ok(Ticket { operation, number })
    }

    /// How many requests could be sent at once without going over what is known or documented.
    pub(crate) fn room(&self, operation: &'static Operation, now: Duration) -> usize {
        let mut windows = self.windows();
        let window = windows.entry(operation.id).or_default();
        let quota = match self.rate {
            Rate::Off => return usize::MAX,
            Rate::Strict(quota) => quota,
            Rate::Adaptive => window.quota.unwrap_or_else(|| documented(operation)),
        };
        window.forget(now, quota.window);
        (quota.requests as usize).saturating_sub(window.made.len())
    }

    /// The request was answered: it counts from now, since the service counted it at some time before now.
    pub(crate) fn answered(&self, ticket: &Ticket, now: Duration) {
        let mut windows = self.windows();
        let window = windows.entry(ticket.operation.id).or_default();
        if let Some(made) = window.made.iter_mut().find(|(number, _)| *number == ticket.number) {
            made.1 = now;
        }
    }

    /// The request was not sent after all.
    pub(crate) fn returned(&self, ticket: &Ticket) {
        let mut windows = self.windows();
        windows.entry(ticket.operation.id).or_default().made.retain(|(number, _)| *number != ticket.number);
    }

    /// The request was refused for the quota. Returns how long that stays used up, if it is known: what the service asks
    /// to wait, or else what follows from the quota that it names and the requests that were made.
    pub(crate) fn refused(
        &self,
        ticket: &Ticket,
        message: &str,
        asked: Option<Duration>,
        now: Duration,
    ) -> Option<Duration> {
        if self.rate == Rate::Off {
            return asked;
        }
        self.returned(ticket);
        let mut windows = self.windows();
        let window = windows.entry(ticket.operation.id).or_default();
        let named = read(message);
        let quota = named.unwrap_or_else(|| window.quota.unwrap_or_else(|| documented(ticket.operation)));
        if self.rate == Rate::Adaptive {
            window.quota = Some(quota);
        }
        window.forget(now, quota.window);
        // Where requests of our own do not fill a window that the service names, others share it, and nobody knows how
        // old theirs are: all of it is waited for. A quota that it does not name may not be the one that is kept.
        let wait = asked.or_else(|| window.full(quota, now)).or(named.map(|quota| quota.window))?;
        window.closed_until = window.closed_until.max(now.saturating_add(wait));
        Some(wait)
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<&'static str, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    fn forget(&mut self, now: Duration, window: Duration) {
        while self.made.len() > MEMORY || self.made.front().is_some_and(|(_, made)| made.saturating_add(window) <= now)
        {
            self.made.pop_front();
        }
    }

    /// How long it is until one request less counts; `None` if one more may be made now.
    fn full(&self, quota: Quota, now: Duration) -> Option<Duration> {
        let excess = self.made.len().checked_sub(quota.requests as usize)?;
        let (_, made) = self.made.get(excess)?;
        Some(made.saturating_add(quota.window).saturating_sub(now))
    }
}

fn documented(operation: &Operation) -> Quota {
    operation.rate_limit.map_or(USUAL, |limit| Quota {
        requests: limit.requests.max(1),
        window: Duration::from_secs(limit.seconds.into()),
    })
}

/// The quota that the gateway's message names: `…policy user over ratelimit,limit:5,time:1 minute`.
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
    // A quota of none, or for longer than anyone would wait, is a misreading.
    (requests > 0 && !window.is_zero() && window <= Duration::from_secs(3600)).then_some(Quota { requests, window })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{EXAMPLE, RateLimit};

    static LIST: Operation = Operation { rate_limit: Some(RateLimit { requests: 5, seconds: 60 }), ..EXAMPLE };

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn rates_are_read_strictly() {
        assert_eq!("adaptive".parse::<Rate>().unwrap(), Rate::Adaptive);
        assert_eq!("off".parse::<Rate>().unwrap(), Rate::Off);
        assert_eq!("5/min".parse::<Rate>().unwrap(), Rate::Strict(Quota { requests: 5, window: at(60) }));
        assert_eq!("2/s".parse::<Rate>().unwrap(), Rate::Strict(Quota { requests: 2, window: at(1) }));
        for refused in ["", "5", "0/min", "-1/s", "+5/min", "5/hour", "5/ min", "1.5/s", "99999999999/s", "Adaptive"] {
            assert!(refused.parse::<Rate>().is_err(), "{refused:?}");
        }
    }

    #[test]
    fn a_strict_window_slides() {
        let limiter = Limiter::new(Rate::Strict(Quota { requests: 5, window: at(60) }));
        for second in [0, 0, 0, 10, 10] {
            assert!(limiter.take(&LIST, at(second)).is_ok());
        }
        assert_eq!(limiter.take(&LIST, at(20)).unwrap_err(), at(40));
        for _ in 0..3 {
            assert!(limiter.take(&LIST, at(60)).is_ok());
        }
        assert_eq!(limiter.take(&LIST, at(60)).unwrap_err(), at(10));
        assert_eq!(limiter.room(&LIST, at(70)), 2);
    }

    #[test]
    fn a_request_counts_from_its_answer() {
        let limiter = Limiter::new(Rate::Strict(Quota { requests: 1, window: at(60) }));
        let ticket = limiter.take(&LIST, at(0)).unwrap();
        limiter.answered(&ticket, at(3));
        assert_eq!(limiter.take(&LIST, at(60)).unwrap_err(), at(3));
    }

    #[test]
    fn adaptive_is_free_until_refused_and_then_keeps_the_quota_that_is_named() {
        let limiter = Limiter::new(Rate::Adaptive);
        let mut last = None;
        for _ in 0..3 {
            last = Some(limiter.take(&LIST, at(1)).unwrap());
        }
        let wait = limiter.refused(&last.unwrap(), "policy user over ratelimit,limit:2,time:1 minute", None, at(2));
        assert_eq!(wait, Some(at(59)));
        assert_eq!(limiter.take(&LIST, at(2)).unwrap_err(), at(59));
        assert!(limiter.take(&LIST, at(61)).is_ok());
        assert!(limiter.take(&LIST, at(61)).is_ok());
        assert_eq!(limiter.take(&LIST, at(61)).unwrap_err(), at(60));
    }

    #[test]
    fn a_quota_that_others_use_up_is_waited_for_whole_where_it_is_named() {
        let limiter = Limiter::new(Rate::Adaptive);
        let ticket = limiter.take(&LIST, at(0)).unwrap();
        assert_eq!(limiter.refused(&ticket, "limit:5,time:1 minute", None, at(1)), Some(at(60)));
        assert_eq!(limiter.take(&LIST, at(1)).unwrap_err(), at(60));

        let limiter = Limiter::new(Rate::Adaptive);
        let ticket = limiter.take(&LIST, at(0)).unwrap();
        assert_eq!(limiter.refused(&ticket, "too many requests", None, at(1)), None);
        assert!(limiter.take(&LIST, at(1)).is_ok(), "the usual waits between attempts will do");
        assert_eq!(limiter.refused(&ticket, "too many requests", Some(at(7)), at(1)), Some(at(7)));
    }

    #[test]
    fn operations_do_not_share_a_window() {
        static OTHER: Operation = Operation { id: "Other", ..LIST };
        let limiter = Limiter::new(Rate::Strict(Quota { requests: 1, window: at(60) }));
        assert!(limiter.take(&LIST, at(0)).is_ok());
        assert!(limiter.take(&OTHER, at(0)).is_ok());
    }

    #[test]
    fn the_quota_in_a_message() {
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
