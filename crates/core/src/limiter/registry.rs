//! Finds the limiter of an endpoint, which all transports of the process share.

use std::any::Any;
#[cfg(any(test, fuzzing, feature = "test-util"))]
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::Limiter;
#[cfg(any(test, fuzzing, feature = "test-util"))]
use crate::TestRuntime;
use crate::{Endpoint, Runtime, System};

/// The number of limiters from which unused ones are dropped early.
const MAX_LIMITERS: usize = 1000;

/// The limiters in use, and those whose requests still count.
static ENTRIES: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

struct Entry {
    endpoint: Endpoint,
    clock: Clock,
    limiter: Weak<Limiter>,
    /// Keeps a limiter with the clock of the system while no transport uses it.
    kept: Option<Arc<Limiter>>,
}

impl Entry {
    /// Returns whether no transport uses the limiter.
    fn is_unused(&self) -> bool {
        self.limiter.strong_count() == usize::from(self.kept.is_some())
    }

    /// Returns whether the requests so far count no longer. `now` is the time of the system.
    fn is_idle(&self, now: Duration) -> bool {
        self.kept.as_ref().is_none_or(|limiter| limiter.is_idle(now))
    }
}

/// The clock of a limiter, which measures the age of requests.
enum Clock {
    /// The clock of the system, which all [`System`] runtimes share.
    System,
    /// The clock that the clones of a [`TestRuntime`] share.
    #[cfg(any(test, fuzzing, feature = "test-util"))]
    Test(Weak<AtomicU64>),
    Other(Weak<dyn Runtime>),
}

impl Clock {
    fn of(runtime: &Arc<dyn Runtime>) -> Self {
        let any: &dyn Any = &**runtime;
        #[cfg(any(test, fuzzing, feature = "test-util"))]
        if let Some(runtime) = any.downcast_ref::<TestRuntime>() {
            return Self::Test(runtime.clock());
        }
        if any.is::<System>() { Self::System } else { Self::Other(Arc::downgrade(runtime)) }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::System, Self::System) => true,
            #[cfg(any(test, fuzzing, feature = "test-util"))]
            (Self::Test(one), Self::Test(other)) => Weak::ptr_eq(one, other),
            (Self::Other(one), Self::Other(other)) => Weak::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Limiter {
    /// Returns the limiter of the transports to `endpoint` with the clock of `runtime`.
    ///
    /// With the clock of the system, it remembers its requests as long as they count, since a program may create a
    /// transport for each request. Otherwise it forgets them when the last of these transports is dropped.
    pub(crate) fn of(endpoint: &Endpoint, runtime: &Arc<dyn Runtime>) -> Arc<Self> {
        let clock = Clock::of(runtime);
        let mut entries = ENTRIES.lock().unwrap_or_else(PoisonError::into_inner);
        let now = System::default().elapsed();
        entries.retain(|entry| !(entry.is_unused() && entry.is_idle(now)));
        let known = entries.iter().find(|entry| entry.endpoint.url() == endpoint.url() && entry.clock.is_same(&clock));
        known.and_then(|entry| entry.limiter.upgrade()).unwrap_or_else(|| {
            if entries.len() >= MAX_LIMITERS
                && let Some(oldest) = entries.iter().position(Entry::is_unused)
            {
                entries.remove(oldest);
            }
            let limiter = Arc::default();
            let kept = matches!(clock, Clock::System).then(|| Arc::clone(&limiter));
            entries.push(Entry { endpoint: endpoint.clone(), clock, limiter: Arc::downgrade(&limiter), kept });
            limiter
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::EXAMPLE;
    use crate::{Operation, Quota, Rate};

    #[test]
    fn transports_to_one_endpoint_share_a_limiter() {
        let limiter =
            |endpoint: &str, runtime: &Arc<dyn Runtime>| Limiter::of(&Endpoint::parse(endpoint).unwrap(), runtime);
        let [system, other_system]: [Arc<dyn Runtime>; 2] = [Arc::new(System::default()), Arc::new(System::default())];
        let test = TestRuntime::default().share();
        let first = limiter("https://a.example", &system);
        assert!(Arc::ptr_eq(&first, &limiter("https://a.example:443/", &other_system)));
        let in_test = limiter("https://a.example", &test);
        assert!(Arc::ptr_eq(&in_test, &limiter("https://a.example", &test)));
        for other in [
            &limiter("https://b.example", &system),
            &limiter("https://a.example:444", &system),
            &in_test,
            &limiter("https://a.example", &TestRuntime::default().share()),
        ] {
            assert!(!Arc::ptr_eq(&first, other));
        }
        let clock: Vec<_> = [&system, &other_system].iter().map(|runtime| runtime.elapsed()).collect();
        assert!(clock.is_sorted(), "one clock: {clock:?}");
    }

    #[test]
    fn clones_of_a_test_runtime_share_a_limiter() {
        let endpoint = Endpoint::parse("https://c.example").unwrap();
        let runtime = TestRuntime::default();
        let limiter = Limiter::of(&endpoint, &runtime.share());
        assert!(Arc::ptr_eq(&limiter, &Limiter::of(&endpoint, &runtime.clone().share())));
        assert!(!Arc::ptr_eq(&limiter, &Limiter::of(&endpoint, &runtime.with_random(0.5).share())), "another clock");
    }

    #[tokio::test]
    async fn a_limiter_is_kept_as_long_as_its_requests_count() {
        static LIST: Operation = EXAMPLE;
        let endpoint = Endpoint::parse("https://d.example").unwrap();
        let in_test = TestRuntime::default().share();
        let system: Arc<dyn Runtime> = Arc::new(System::default());
        let rate = Rate::Strict(Quota { requests: 2, window: Duration::from_secs(1000) });
        for (runtime, left) in [(&system, 1), (&in_test, 2)] {
            let limiter = Limiter::of(&endpoint, runtime);
            let mut permit = limiter.admit(&LIST, rate, &**runtime, |_| Ok(())).await.unwrap();
            permit.set_sent(runtime.elapsed());
            drop(permit);
            drop(limiter);
            assert_eq!(Limiter::of(&endpoint, runtime).remaining(&LIST, rate, runtime.elapsed()), left, "{runtime:?}");
        }
        let is_known = |endpoint: &Endpoint| {
            let entries = ENTRIES.lock().unwrap();
            entries.iter().any(|entry| entry.endpoint.url() == endpoint.url())
        };
        let unused = Endpoint::parse("https://e.example").unwrap();
        drop(Limiter::of(&unused, &system));
        Limiter::of(&endpoint, &system);
        assert_eq!([&endpoint, &unused].map(is_known), [true, false]);
    }
}
