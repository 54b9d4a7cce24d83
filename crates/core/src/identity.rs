//! Who calls: credentials shared by all calls, and renewed for all of them by one.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;

use crate::credentials::{CredentialSummary, Credentials, ResolvedCredentials, Source};
use crate::task::in_task;
use crate::{Error, ErrorKind, Result, Runtime};

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
    refreshing: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    cached: Option<Cached>,
    /// How many times sources have been asked.
    refreshes: u64,
    failure: Option<Failure>,
}

#[derive(Clone)]
struct Cached {
    resolved: Arc<ResolvedCredentials>,
    /// Which of the sources gave it. That one alone renews it: an identity does not turn into another while in use.
    source: usize,
    /// When to ask for the next.
    refresh_at: Option<SystemTime>,
}

/// How the last flight failed, for those who waited for it.
struct Failure {
    refresh: u64,
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
    pub fn anonymous() -> Self {
        Self::fixed(Credentials::Anonymous)
    }

    /// One that a source gives.
    pub fn from_source(source: impl Source) -> Self {
        Self::chain(vec![Box::new(source)])
    }

    /// One that the first configured of several sources gives.
    #[must_use]
    pub fn chain(sources: Vec<Box<dyn Source>>) -> Self {
        Self(Arc::new(Inner { sources, refreshing: tokio::sync::Mutex::default(), state: Mutex::default() }))
    }

    /// What each source has at hand, in the order in which they count, without asking anybody: the first that has
    /// something, or something wrong, is the one that calls would use.
    #[must_use]
    pub fn summaries(&self, runtime: &dyn Runtime) -> Vec<(String, Result<Option<CredentialSummary>>)> {
        self.0.sources.iter().map(|source| (source.name(), source.summarize(runtime))).collect()
    }

    /// The credentials to use now. They are kept, and renewed ahead of their end by one caller for all.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] with the names of all sources if none is configured; [`ErrorKind::Credentials`] if what the source
    /// gives has already expired; otherwise what the source says. As long as the credentials at hand are valid, a
    /// failure that may pass (no connection, a timeout, a throttle, a fault of the service, an answer that is not as
    /// documented) is none.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future aborts a login that it began. Another caller that waits for that login begins one itself.
    pub async fn current(&self, runtime: &Arc<dyn Runtime>) -> Result<Arc<ResolvedCredentials>> {
        let (cached, noted) = self.held_and_refreshes();
        if let Some(cached) = cached.as_ref().filter(|cached| cached.is_fresh(runtime.now())) {
            return Ok(cached.resolved.clone());
        }
        let (identity, runtime) = (self.clone(), Arc::clone(runtime));
        in_task(async move { identity.refresh_stale(cached, noted, &runtime).await }).await
    }

    /// The credentials to use now, where those at hand are not fresh.
    async fn refresh_stale(
        &self,
        cached: Option<Cached>,
        noted: u64,
        runtime: &Arc<dyn Runtime>,
    ) -> Result<Arc<ResolvedCredentials>> {
        let _refreshing = match (self.0.refreshing.try_lock(), cached) {
            (Ok(refreshing), _) => refreshing,
            // Somebody is at it, and what is at hand serves until then.
            (Err(_), Some(cached)) if cached.is_valid(runtime.now()) => return Ok(cached.resolved),
            (Err(_), _) => self.0.refreshing.lock().await,
        };
        let (cached, _) = self.held_and_refreshes();
        if let Some(cached) = cached.as_ref().filter(|cached| cached.is_fresh(runtime.now())) {
            return Ok(cached.resolved.clone());
        }
        match (self.ask_sources(noted, cached.as_ref(), runtime).await, cached) {
            (Ok(resolved), _) => Ok(resolved),
            (Err(error), Some(cached)) if is_passing(error.kind()) && cached.is_valid(runtime.now()) => {
                tracing::warn!(%error, source = cached.resolved.source, "credentials not renewed, and still valid");
                if let Some(cached) = &mut self.state().cached {
                    cached.refresh_at = Some(runtime.now() + REST);
                }
                Ok(cached.resolved)
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
    pub async fn refresh(
        &self,
        runtime: &Arc<dyn Runtime>,
        refused: &Arc<ResolvedCredentials>,
    ) -> Result<Option<Arc<ResolvedCredentials>>> {
        let (identity, runtime, refused) = (self.clone(), Arc::clone(runtime), Arc::clone(refused));
        in_task(async move { identity.refresh_refused(&runtime, &refused).await }).await
    }

    async fn refresh_refused(
        &self,
        runtime: &Arc<dyn Runtime>,
        refused: &Arc<ResolvedCredentials>,
    ) -> Result<Option<Arc<ResolvedCredentials>>> {
        let (_, noted) = self.held_and_refreshes();
        let _refreshing = self.0.refreshing.lock().await;
        let (cached, _) = self.held_and_refreshes();
        if let Some(cached) = &cached {
            if !Arc::ptr_eq(&cached.resolved, refused) {
                return Ok(Some(cached.resolved.clone()));
            }
            if !self.0.sources.get(cached.source).is_some_and(|source| source.refreshable()) {
                return Ok(None);
            }
        }
        let resolved = self.ask_sources(noted, cached.as_ref(), runtime).await?;
        Ok((!resolved.credentials.are(&refused.credentials)).then_some(resolved))
    }

    /// Asks the sources, or repeats how the flight failed that this caller waited for.
    async fn ask_sources(
        &self,
        noted: u64,
        cached: Option<&Cached>,
        runtime: &Arc<dyn Runtime>,
    ) -> Result<Arc<ResolvedCredentials>> {
        if let Some(failure) = &self.state().failure {
            // Repeating a refused login soon would lock the user out.
            let is_refusal = failure.error.kind() == ErrorKind::Credentials && runtime.elapsed() < failure.at + REST;
            if failure.refresh > noted || is_refusal {
                return Err(Error::shared(&failure.error));
            }
        }
        let outcome = match self.0.ask(cached.map(|cached| cached.source), runtime).await {
            Ok((_, resolved)) if !resolved.is_valid(runtime.now()) => Err(expired(&resolved)),
            outcome => outcome,
        };
        let mut state = self.state();
        state.refreshes += 1;
        match outcome {
            Ok((source, resolved)) => {
                tracing::debug!(source = resolved.source, "credentials");
                let cached =
                    Cached { refresh_at: refresh_time(&resolved, runtime), resolved: Arc::new(resolved), source };
                state.failure = None;
                Ok(state.cached.insert(cached).resolved.clone())
            }
            Err(error) => {
                let error = Arc::new(error);
                let copy = Error::shared(&error);
                state.failure = Some(Failure { refresh: state.refreshes, at: runtime.elapsed(), error });
                Err(copy)
            }
        }
    }

    /// What is at hand, and how many flights there have been.
    fn held_and_refreshes(&self) -> (Option<Cached>, u64) {
        let state = self.state();
        (state.cached.clone(), state.refreshes)
    }

    /// Returns the credentials at hand, valid or not.
    pub(crate) fn cached(&self) -> Option<Arc<ResolvedCredentials>> {
        self.state().cached.as_ref().map(|cached| Arc::clone(&cached.resolved))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Asks the source that answered before, or else one after the other.
    async fn ask(&self, before: Option<usize>, runtime: &Arc<dyn Runtime>) -> Result<(usize, ResolvedCredentials)> {
        for (index, source) in self.sources.iter().enumerate() {
            if before.is_none_or(|before| before == index)
                && let Some(resolved) = source.load(runtime).await?
            {
                return Ok((index, resolved));
            }
        }
        if let Some(source) = before.and_then(|before| self.sources.get(before)) {
            return Err(Error::new(ErrorKind::Connection, format!("{} gives no credentials any more", source.name())));
        }
        let names: Vec<_> = self.sources.iter().map(|source| source.name()).collect();
        Err(Error::usage(format!("there are no credentials in {}", names.join("; in ")))
            .hint("Give them in one of these places; where several have some, the first counts."))
    }
}

impl Cached {
    /// Reports whether the credentials are valid and need no renewal yet.
    fn is_fresh(&self, now: SystemTime) -> bool {
        self.is_valid(now) && self.refresh_at.is_none_or(|refresh_at| now < refresh_at)
    }

    fn is_valid(&self, now: SystemTime) -> bool {
        self.resolved.is_valid(now)
    }
}

/// The error for credentials that have expired by the time their source gives them.
///
/// Its kind has the source asked again after a minute at the earliest.
fn expired(resolved: &ResolvedCredentials) -> Error {
    Error::new(ErrorKind::Credentials, format!("the credentials from {} have already expired", resolved.source))
        .hint("Check the clock of this machine.")
}

/// When to ask for the next: ahead of the end, but never more than half the validity ahead.
fn refresh_time(resolved: &ResolvedCredentials, runtime: &Arc<dyn Runtime>) -> Option<SystemTime> {
    let (now, expires) = (runtime.now(), resolved.expires?);
    let margin = match resolved.credentials {
        Credentials::Token(_) => TOKEN_MARGIN + TOKEN_MARGIN.mul_f64(runtime.random() / 2.0),
        _ => KEY_MARGIN,
    };
    let validity = expires.duration_since(now).unwrap_or_default();
    Some((now + validity.saturating_sub(margin).max(validity / 2)).max(now + REST))
}

/// Whether the same may work later.
fn is_passing(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Connection | ErrorKind::Timeout | ErrorKind::Throttled | ErrorKind::Service | ErrorKind::Protocol
    )
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

    fn load<'a>(&'a self, _: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
        Box::pin(async { Ok(Some(ResolvedCredentials::new(self.0.clone(), self.name()))) })
    }

    fn summarize(&self, _: &dyn Runtime) -> Result<Option<CredentialSummary>> {
        Ok(Some(ResolvedCredentials::new(self.0.clone(), self.name()).into()))
    }
}
