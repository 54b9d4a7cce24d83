//! Who calls: credentials shared by all calls, and renewed for all of them by one.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;

use crate::credentials::{Credentials, Grant, Sighting, Source};
use crate::task::in_task;
use crate::{Error, Kind, Result, World};

/// A temporary access key is renewed this long before it ends, as the official SDKs do.
const KEY_MARGIN: Duration = Duration::from_secs(40 * 60);
/// A token is renewed this long before it ends, and up to half as long again before that: clients that were started
/// together must not all log in at the same moment.
const TOKEN_MARGIN: Duration = Duration::from_secs(10 * 60);
/// The least time between two renewals that no refusal forced: a wrong clock or a service that is down must not turn
/// every call into a login.
const REST: Duration = Duration::from_secs(60);

/// Who calls. Clones share the credentials and their renewal.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    sources: Vec<Box<dyn Source>>,
    /// Held by the one caller that asks a source; the others wait for it.
    flight: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// How many times sources have been asked.
    flights: u64,
    failure: Option<Failure>,
}

#[derive(Clone)]
struct Held {
    grant: Arc<Grant>,
    /// Which of the sources gave it. That one alone renews it: an identity does not turn into another while in use.
    source: usize,
    /// When to ask for the next.
    renew_at: Option<SystemTime>,
}

/// How the last flight failed, for those who waited for it.
struct Failure {
    flight: u64,
    at: Duration,
    error: Arc<Error>,
}

impl Identity {
    /// One that is given: it never changes.
    #[must_use]
    pub fn fixed(credentials: Credentials) -> Self {
        Self::from_source(Explicit(credentials))
    }

    /// Nobody, for calls that prove nothing.
    #[must_use]
    pub fn nobody() -> Self {
        Self::fixed(Credentials::Nobody)
    }

    /// One that a source gives.
    pub fn from_source(source: impl Source) -> Self {
        Self::chain(vec![Box::new(source)])
    }

    /// One that the first configured of several sources gives.
    #[must_use]
    pub fn chain(sources: Vec<Box<dyn Source>>) -> Self {
        Self(Arc::new(Inner { sources, flight: tokio::sync::Mutex::default(), state: Mutex::default() }))
    }

    /// What each source has at hand, in the order in which they count, without asking anybody: the first that has
    /// something, or something wrong, is the one that calls would use.
    #[must_use]
    pub fn sightings(&self, world: &dyn World) -> Vec<(String, Result<Option<Sighting>>)> {
        self.0.sources.iter().map(|source| (source.name(), source.look(world))).collect()
    }

    /// The credentials to use now. They are kept, and renewed ahead of their end by one caller for all.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] with the names of all sources if none is configured; [`Kind::Credentials`] if what the source
    /// gives has already expired; otherwise what the source says. As long as the credentials at hand are valid, a
    /// failure that may pass (no connection, a timeout, a throttle, a fault of the service, an answer that is not as
    /// documented) is none.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future aborts a login that it began. Another caller that waits for that login begins one itself.
    pub async fn current(&self, world: &Arc<dyn World>) -> Result<Arc<Grant>> {
        let (held, noted) = self.look();
        if let Some(held) = held.as_ref().filter(|held| held.is_fresh(world.now())) {
            return Ok(held.grant.clone());
        }
        let (identity, world) = (self.clone(), Arc::clone(world));
        in_task(async move { identity.refreshed(held, noted, &world).await }).await
    }

    /// The credentials to use now, where those at hand are not fresh.
    async fn refreshed(&self, held: Option<Held>, noted: u64, world: &Arc<dyn World>) -> Result<Arc<Grant>> {
        let _flight = match (self.0.flight.try_lock(), held) {
            (Ok(flight), _) => flight,
            // Somebody is at it, and what is at hand serves until then.
            (Err(_), Some(held)) if held.is_valid(world.now()) => return Ok(held.grant),
            (Err(_), _) => self.0.flight.lock().await,
        };
        let (held, _) = self.look();
        if let Some(held) = held.as_ref().filter(|held| held.is_fresh(world.now())) {
            return Ok(held.grant.clone());
        }
        match (self.fly(noted, held.as_ref(), world).await, held) {
            (Ok(grant), _) => Ok(grant),
            (Err(error), Some(held)) if is_passing(error.kind()) && held.is_valid(world.now()) => {
                tracing::warn!(%error, source = held.grant.source, "credentials not renewed, and still valid");
                if let Some(held) = &mut self.state().held {
                    held.renew_at = Some(world.now() + REST);
                }
                Ok(held.grant)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// The service refused `refused`: newer credentials, if there are any. Whoever comes first renews for all.
    ///
    /// `None` if these cannot be renewed, or asking again gave the same.
    ///
    /// # Errors
    ///
    /// What the source says.
    ///
    /// # Cancel safety
    ///
    /// As for [`current`](Self::current).
    pub async fn renewed(&self, world: &Arc<dyn World>, refused: &Arc<Grant>) -> Result<Option<Arc<Grant>>> {
        let (identity, world, refused) = (self.clone(), Arc::clone(world), Arc::clone(refused));
        in_task(async move { identity.newer(&world, &refused).await }).await
    }

    async fn newer(&self, world: &Arc<dyn World>, refused: &Arc<Grant>) -> Result<Option<Arc<Grant>>> {
        let (_, noted) = self.look();
        let _flight = self.0.flight.lock().await;
        let (held, _) = self.look();
        if let Some(held) = &held {
            if !Arc::ptr_eq(&held.grant, refused) {
                return Ok(Some(held.grant.clone()));
            }
            if !self.0.sources.get(held.source).is_some_and(|source| source.renewable()) {
                return Ok(None);
            }
        }
        let grant = self.fly(noted, held.as_ref(), world).await?;
        Ok((!grant.credentials.are(&refused.credentials)).then_some(grant))
    }

    /// Asks the sources, or repeats how the flight failed that this caller waited for.
    async fn fly(&self, noted: u64, held: Option<&Held>, world: &Arc<dyn World>) -> Result<Arc<Grant>> {
        if let Some(failure) = &self.state().failure {
            // Repeating a refused login soon would lock the user out.
            let is_refusal = failure.error.kind() == Kind::Credentials && world.elapsed() < failure.at + REST;
            if failure.flight > noted || is_refusal {
                return Err(Error::shared(&failure.error));
            }
        }
        let outcome = match self.0.ask(held.map(|held| held.source), world).await {
            Ok((_, grant)) if !grant.is_valid(world.now()) => Err(expired(&grant)),
            outcome => outcome,
        };
        let mut state = self.state();
        state.flights += 1;
        match outcome {
            Ok((source, grant)) => {
                tracing::debug!(source = grant.source, "credentials");
                let held = Held { renew_at: renewal(&grant, world), grant: Arc::new(grant), source };
                state.failure = None;
                Ok(state.held.insert(held).grant.clone())
            }
            Err(error) => {
                let error = Arc::new(error);
                let copy = Error::shared(&error);
                state.failure = Some(Failure { flight: state.flights, at: world.elapsed(), error });
                Err(copy)
            }
        }
    }

    /// What is at hand, and how many flights there have been.
    fn look(&self) -> (Option<Held>, u64) {
        let state = self.state();
        (state.held.clone(), state.flights)
    }

    /// Returns the credentials at hand, valid or not.
    pub(crate) fn held(&self) -> Option<Arc<Grant>> {
        self.state().held.as_ref().map(|held| Arc::clone(&held.grant))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Asks the source that answered before, or else one after the other.
    async fn ask(&self, before: Option<usize>, world: &Arc<dyn World>) -> Result<(usize, Grant)> {
        for (index, source) in self.sources.iter().enumerate() {
            if before.is_none_or(|before| before == index)
                && let Some(grant) = source.load(world).await?
            {
                return Ok((index, grant));
            }
        }
        if let Some(source) = before.and_then(|before| self.sources.get(before)) {
            return Err(Error::new(Kind::Connection, format!("{} gives no credentials any more", source.name())));
        }
        let names: Vec<_> = self.sources.iter().map(|source| source.name()).collect();
        Err(Error::usage(format!("there are no credentials in {}", names.join("; in ")))
            .remedy("Give them in one of these places; where several have some, the first counts."))
    }
}

impl Held {
    /// Reports whether the credentials are valid and need no renewal yet.
    fn is_fresh(&self, now: SystemTime) -> bool {
        self.is_valid(now) && self.renew_at.is_none_or(|renew_at| now < renew_at)
    }

    fn is_valid(&self, now: SystemTime) -> bool {
        self.grant.is_valid(now)
    }
}

/// The error for credentials that have expired by the time their source gives them.
///
/// Its kind has the source asked again after a minute at the earliest.
fn expired(grant: &Grant) -> Error {
    Error::new(Kind::Credentials, format!("the credentials from {} have already expired", grant.source))
        .remedy("Check the clock of this machine.")
}

/// When to ask for the next: ahead of the end, but never more than half the validity ahead.
fn renewal(grant: &Grant, world: &Arc<dyn World>) -> Option<SystemTime> {
    let (now, expires) = (world.now(), grant.expires?);
    let margin = match grant.credentials {
        Credentials::Token(_) => TOKEN_MARGIN + TOKEN_MARGIN.mul_f64(world.random() / 2.0),
        _ => KEY_MARGIN,
    };
    let validity = expires.duration_since(now).unwrap_or_default();
    Some((now + validity.saturating_sub(margin).max(validity / 2)).max(now + REST))
}

/// Whether the same may work later.
fn is_passing(kind: Kind) -> bool {
    matches!(kind, Kind::Connection | Kind::Timeout | Kind::Throttled | Kind::Service | Kind::Protocol)
}

impl From<Credentials> for Identity {
    fn from(credentials: Credentials) -> Self {
        Self::fixed(credentials)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0.sources).finish()
    }
}

/// Credentials that the caller gave.
#[derive(Debug)]
struct Explicit(Credentials);

impl Source for Explicit {
    fn name(&self) -> String {
        "the caller".to_owned()
    }

    fn load<'a>(&'a self, _: &'a Arc<dyn World>) -> BoxFuture<'a, Result<Option<Grant>>> {
        Box::pin(async { Ok(Some(Grant::new(self.0.clone(), self.name()))) })
    }

    fn look(&self, _: &dyn World) -> Result<Option<Sighting>> {
        Ok(Some(Grant::new(self.0.clone(), self.name()).into()))
    }
}
