//! Finds the limiter of an endpoint, which all transports of the process share.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::Limiter;
use crate::{Endpoint, Runtime, System};

/// The limiters in use.
static ENTRIES: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

struct Entry {
    endpoint: Endpoint,
    clock: Clock,
    limiter: Weak<Limiter>,
}

/// The clock of a limiter, which measures the age of requests.
enum Clock {
    /// The clock of the system, which all [`System`] runtimes share.
    System,
    Other(Weak<dyn Runtime>),
}

impl Clock {
    fn of(runtime: &Arc<dyn Runtime>) -> Self {
        let any: &dyn Any = &**runtime;
        if any.is::<System>() { Self::System } else { Self::Other(Arc::downgrade(runtime)) }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::System, Self::System) => true,
            (Self::Other(one), Self::Other(other)) => Weak::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Limiter {
    /// Returns the limiter of the transports to `endpoint` with the clock of `runtime`. It forgets its requests when the
    /// last of these transports is dropped.
    pub(crate) fn of(endpoint: &Endpoint, runtime: &Arc<dyn Runtime>) -> Arc<Self> {
        let clock = Clock::of(runtime);
        let mut entries = ENTRIES.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| entry.limiter.strong_count() > 0);
        let known = entries.iter().find(|entry| entry.endpoint.url() == endpoint.url() && entry.clock.is_same(&clock));
        known.and_then(|entry| entry.limiter.upgrade()).unwrap_or_else(|| {
            let limiter = Arc::default();
            entries.push(Entry { endpoint: endpoint.clone(), clock, limiter: Arc::downgrade(&limiter) });
            limiter
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TestRuntime;

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
}
