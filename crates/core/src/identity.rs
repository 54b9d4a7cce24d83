//! Caches credentials for all calls and refreshes them once for all.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;

use crate::credentials::{CredentialSummary, Credentials, ResolvedCredentials, Source};
use crate::task::in_task;
use crate::{Error, ErrorKind, Result, Runtime};

/// How long before its expiration a temporary access key is refreshed. The official SDKs use the same time.
const KEY_MARGIN: Duration = Duration::from_secs(40 * 60);
/// How long before its expiration a token is refreshed, plus up to half as much jitter. Clients that were started
/// together must not all log in at the same time.
const TOKEN_MARGIN: Duration = Duration::from_secs(10 * 60);
/// The minimum time between two refreshes that were not caused by a refusal. Otherwise a wrong clock or an unavailable
/// service would turn every call into a login.
const MIN_REFRESH_INTERVAL: Duration = Duration::from_secs(60);

/// The credentials of a caller. Clones share the cached credentials and their refresh.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    sources: Vec<Box<dyn Source>>,
    /// Locked by the one caller that loads credentials; the others wait for it.
    refreshing: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    cached: Option<Cached>,
    /// The number of times that sources have been asked for credentials.
    refreshes: u64,
    failure: Option<Failure>,
}

#[derive(Clone)]
struct Cached {
    resolved: Arc<ResolvedCredentials>,
    /// The index of the source that provided them. Only this source refreshes them, so that an identity does not change
    /// while in use.
    source: usize,
    /// When to refresh them.
    refresh_at: Option<SystemTime>,
}

/// The error of the last refresh, for the callers that waited for it.
struct Failure {
    refresh: u64,
    at: Duration,
    error: Error,
}

impl Identity {
    /// Returns an identity with credentials that never change.
    #[must_use]
    pub fn fixed(credentials: Credentials) -> Self {
        Self::from_source(Explicit(credentials))
    }

    /// Returns an identity for anonymous calls.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::fixed(Credentials::Anonymous)
    }

    /// Returns an identity with one source of credentials.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    ///
    /// use futures::future::BoxFuture;
    /// use huaweicloud_core::credentials::Source;
    /// use huaweicloud_core::{Credentials, Identity, ResolvedCredentials, Result, Runtime, Secret};
    ///
    /// /// A program of your own that stores tokens.
    /// #[derive(Debug)]
    /// struct Vault;
    ///
    /// impl Source for Vault {
    ///     fn name(&self) -> String {
    ///         "the vault".to_owned()
    ///     }
    ///
    ///     fn load<'a>(&'a self, runtime: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
    ///         Box::pin(async {
    ///             // Request the token from the vault here.
    ///             let token = Credentials::Token(Secret::new("the token in the vault", "token-example")?);
    ///             let expires = runtime.now() + Duration::from_secs(3600);
    ///             Ok(Some(ResolvedCredentials::new(token, self.name()).expires(expires)))
    ///         })
    ///     }
    ///
    ///     fn refreshable(&self) -> bool {
    ///         true
    ///     }
    /// }
    ///
    /// let identity = Identity::from_source(Vault);
    /// ```
    pub fn from_source(source: impl Source) -> Self {
        Self::chain(vec![Box::new(source)])
    }

    /// Returns an identity that uses the first configured source of a list.
    #[must_use]
    pub fn chain(sources: Vec<Box<dyn Source>>) -> Self {
        Self(Arc::new(Inner { sources, refreshing: tokio::sync::Mutex::default(), state: Mutex::default() }))
    }

    /// Returns the name and the credential summary of each source in order, without network access. Calls use the first
    /// source that has credentials or an error.
    #[must_use]
    pub fn summaries(&self, runtime: &dyn Runtime) -> Vec<(String, Result<Option<CredentialSummary>>)> {
        self.0.sources.iter().map(|source| (source.name(), source.summarize(runtime))).collect()
    }

    /// Returns a summary of the credentials that calls would use, without network access. Returns `None` if no source is
    /// configured, or if the configured one cannot tell.
    ///
    /// # Errors
    ///
    /// Returns an error if the configuration of a source is invalid, and [`ErrorKind::Usage`] outside of a Tokio runtime.
    pub async fn summary(&self, runtime: &Arc<dyn Runtime>) -> Result<Option<CredentialSummary>> {
        let (inner, runtime) = (Arc::clone(&self.0), Arc::clone(runtime));
        // Reading the profile file may block.
        let read = move || inner.sources.iter().find_map(|source| source.summarize(&*runtime).transpose()).transpose();
        in_task(async {
            tokio::task::spawn_blocking(read).await.unwrap_or_else(|stopped| {
                Err(Error::new(ErrorKind::Connection, "cannot read the settings of the credentials")
                    .with_cause(stopped))
            })
        })
        .await
    }

    /// Returns the error that lists all sources and the settings that each lacks.
    pub(crate) fn missing(&self, runtime: &dyn Runtime) -> Error {
        self.0.missing(runtime)
    }

    /// Returns the credentials to use now. They are cached. One caller refreshes them for all before they expire.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Usage`] with the names of all sources, if none is configured.
    /// - [`ErrorKind::Credentials`], if the credentials of the source have already expired.
    /// - Otherwise the error of the source.
    ///
    /// While the cached credentials are valid, transient errors are not returned: no connection, a timeout, throttling,
    /// an error of the service, or an undocumented response.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future aborts a login that it started. Another caller that waits for that login then starts its
    /// own.
    pub async fn current(&self, runtime: &Arc<dyn Runtime>) -> Result<Arc<ResolvedCredentials>> {
        let (cached, noted) = self.cached_and_refreshes();
        if let Some(cached) = cached.as_ref().filter(|cached| cached.is_fresh(runtime.now())) {
            return Ok(cached.resolved.clone());
        }
        let (identity, runtime) = (self.clone(), Arc::clone(runtime));
        in_task(async move { identity.refresh_stale(cached, noted, &runtime).await }).await
    }

    /// Returns the credentials to use now, if the cached ones are not fresh.
    async fn refresh_stale(
        &self,
        cached: Option<Cached>,
        noted: u64,
        runtime: &Arc<dyn Runtime>,
    ) -> Result<Arc<ResolvedCredentials>> {
        let _refreshing = match (self.0.refreshing.try_lock(), cached) {
            (Ok(refreshing), _) => refreshing,
            // Another caller is refreshing them. The cached credentials are used until then.
            (Err(_), Some(cached)) if cached.is_valid(runtime.now()) => return Ok(cached.resolved),
            (Err(_), _) => self.0.refreshing.lock().await,
        };
        let (cached, _) = self.cached_and_refreshes();
        if let Some(cached) = cached.as_ref().filter(|cached| cached.is_fresh(runtime.now())) {
            return Ok(cached.resolved.clone());
        }
        match (self.load_from_sources(noted, cached.as_ref(), runtime).await, cached) {
            (Ok(resolved), _) => Ok(resolved),
            (Err(error), Some(cached)) if keeps_cached(error.kind()) && cached.is_valid(runtime.now()) => {
                tracing::warn!(%error, source = cached.resolved.source, "refresh of the credentials failed; the cached ones are still valid");
                if let Some(cached) = &mut self.state().cached {
                    cached.refresh_at = Some(runtime.now() + MIN_REFRESH_INTERVAL);
                }
                Ok(cached.resolved)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Returns newer credentials after the service refused `refused`. The first caller refreshes them for all.
    ///
    /// Returns `None` if they cannot be refreshed, or if the source gave the same again.
    ///
    /// # Errors
    ///
    /// Returns the errors of the source.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`current`](Self::current).
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
        let (_, noted) = self.cached_and_refreshes();
        let _refreshing = self.0.refreshing.lock().await;
        let (cached, _) = self.cached_and_refreshes();
        if let Some(cached) = &cached {
            if !Arc::ptr_eq(&cached.resolved, refused) {
                return Ok(Some(cached.resolved.clone()));
            }
            if !self.0.sources.get(cached.source).is_some_and(|source| source.refreshable()) {
                return Ok(None);
            }
        }
        let resolved = self.load_from_sources(noted, cached.as_ref(), runtime).await?;
        Ok((!resolved.credentials.is_same(&refused.credentials)).then_some(resolved))
    }

    /// Loads credentials from the sources, or returns the error of the refresh for which this caller waited.
    async fn load_from_sources(
        &self,
        noted: u64,
        cached: Option<&Cached>,
        runtime: &Arc<dyn Runtime>,
    ) -> Result<Arc<ResolvedCredentials>> {
        if let Some(failure) = &self.state().failure {
            // Repeating a refused login soon could lock the user.
            let is_refusal =
                failure.error.kind() == ErrorKind::Credentials && runtime.elapsed() < failure.at + MIN_REFRESH_INTERVAL;
            if failure.refresh > noted || is_refusal {
                return Err(failure.error.clone());
            }
        }
        let outcome = match self.0.load_source(cached.map(|cached| cached.source), runtime).await {
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
                let failure = Failure { refresh: state.refreshes, at: runtime.elapsed(), error: error.clone() };
                state.failure = Some(failure);
                Err(error)
            }
        }
    }

    /// Returns the cached credentials and the number of refreshes.
    fn cached_and_refreshes(&self) -> (Option<Cached>, u64) {
        let state = self.state();
        (state.cached.clone(), state.refreshes)
    }

    /// Returns the cached credentials, valid or not.
    pub(crate) fn cached(&self) -> Option<Arc<ResolvedCredentials>> {
        self.state().cached.as_ref().map(|cached| Arc::clone(&cached.resolved))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while the lock is held.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Loads credentials from the source that provided them before, or else from the first configured source.
    async fn load_source(
        &self,
        before: Option<usize>,
        runtime: &Arc<dyn Runtime>,
    ) -> Result<(usize, ResolvedCredentials)> {
        for (index, source) in self.sources.iter().enumerate() {
            if before.is_none_or(|before| before == index)
                && let Some(resolved) = source.load(runtime).await?
            {
                return Ok((index, resolved));
            }
        }
        if let Some(source) = before.and_then(|before| self.sources.get(before)) {
            return Err(Error::new(ErrorKind::Connection, format!("{} no longer provides credentials", source.name())));
        }
        Err(self.missing(&**runtime))
    }

    fn missing(&self, runtime: &dyn Runtime) -> Error {
        let missing = self.sources.iter().map(|source| format!("{}: {}", source.name(), source.missing(runtime)));
        Error::usage("no credentials found")
            .with_details(missing.collect())
            .with_hint("Configure one of these sources.")
    }
}

impl Cached {
    /// Reports whether the credentials are valid and do not need a refresh yet.
    fn is_fresh(&self, now: SystemTime) -> bool {
        self.is_valid(now) && self.refresh_at.is_none_or(|refresh_at| now < refresh_at)
    }

    fn is_valid(&self, now: SystemTime) -> bool {
        self.resolved.is_valid(now)
    }
}

/// Returns the error for credentials that have already expired when their source provides them.
///
/// Its kind prevents that the source is asked again within a minute.
fn expired(resolved: &ResolvedCredentials) -> Error {
    Error::new(ErrorKind::Credentials, format!("the credentials from {} have already expired", resolved.source))
        .with_hint("Check the clock of this machine.")
}

/// Returns when to refresh the credentials: a margin before they expire, but not before half of their validity has
/// passed.
fn refresh_time(resolved: &ResolvedCredentials, runtime: &Arc<dyn Runtime>) -> Option<SystemTime> {
    let (now, expires) = (runtime.now(), resolved.expires?);
    let margin = match resolved.credentials {
        Credentials::Token(_) => TOKEN_MARGIN + TOKEN_MARGIN.mul_f64(runtime.random() / 2.0),
        _ => KEY_MARGIN,
    };
    let validity = expires.duration_since(now).unwrap_or_default();
    Some((now + validity.saturating_sub(margin).max(validity / 2)).max(now + MIN_REFRESH_INTERVAL))
}

/// Returns whether valid cached credentials stay in use after a refresh failed with this kind of error.
fn keeps_cached(kind: ErrorKind) -> bool {
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

/// Credentials that the caller provided.
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
