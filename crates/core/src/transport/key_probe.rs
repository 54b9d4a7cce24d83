//! Protects an access key from being locked: until the service has accepted it, requests are sent one at a time.
//!
//! More than five refused signatures in a row lock the key for five minutes, for everyone who uses it. A client with a
//! wrong secret and many concurrent calls must therefore send only one request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::MutexGuard as Turn;

use super::skew::difference;
use crate::{Error, ErrorKind, ResolvedCredentials, Result, Runtime};

/// If the clock moved by this much or more, the next signature may be expired.
const CLOCK_JUMP: Duration = Duration::from_secs(60);

/// How long a refused key is not sent again. The service locks a key for the same time.
const LOCK_TIME: Duration = Duration::from_secs(5 * 60);

#[derive(Debug, Default)]
pub(crate) struct KeyProbe {
    /// Locked by the one request in progress while the key is neither accepted nor refused.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    accepted: Option<Accepted>,
    refused_key: Option<RefusedKey>,
}

/// The key that the service accepted last.
#[derive(Debug)]
struct Accepted {
    resolved: Arc<ResolvedCredentials>,
    /// When the program started, by the wall clock at that time. The value changes when that clock is set.
    start: SystemTime,
}

/// The last refusal.
#[derive(Debug)]
struct RefusedKey {
    resolved: Arc<ResolvedCredentials>,
    error: Error,
    at: Duration,
}

impl KeyProbe {
    /// Waits until a request with these credentials may be sent. If no other request may be sent meanwhile, it returns
    /// a guard, and others wait until the guard is dropped. This also applies after the clock was set, since all
    /// signatures could be expired.
    ///
    /// # Errors
    ///
    /// Returns the error with which the service refused the credentials in the last five minutes.
    pub(crate) async fn turn(
        &self,
        resolved: &Arc<ResolvedCredentials>,
        runtime: &dyn Runtime,
    ) -> Result<Option<Turn<'_, ()>>> {
        if self.state().accepts(resolved, runtime) {
            return Ok(None);
        }
        let turn = self.turn.lock().await;
        let state = self.state();
        match &state.refused_key {
            _ if state.accepts(resolved, runtime) => Ok(None),
            Some(RefusedKey { resolved: refused, error, at })
                if Arc::ptr_eq(refused, resolved) && runtime.elapsed() < at.saturating_add(LOCK_TIME) =>
            {
                Err(error.clone())
            }
            _ => Ok(Some(turn)),
        }
    }

    /// Records the outcome of a request with these credentials. A success, or an error of the service itself, proves
    /// that they are accepted. An error of the gateway or of a load balancer proves nothing. Neither does a refusal
    /// without an error code.
    pub(crate) fn settle(
        &self,
        resolved: &Arc<ResolvedCredentials>,
        outcome: std::result::Result<(), &Error>,
        runtime: &dyn Runtime,
    ) {
        let mut state = self.state();
        match outcome {
            Err(error) if error.kind() == ErrorKind::Credentials && error.code().is_some() => {
                state.accepted = state.accepted.take().filter(|accepted| !Arc::ptr_eq(&accepted.resolved, resolved));
                let at = runtime.elapsed();
                state.refused_key = Some(RefusedKey { resolved: Arc::clone(resolved), error: error.clone(), at });
            }
            Err(error) if !error.is_from_service() => {}
            Ok(()) | Err(_) => {
                state.accepted = Some(Accepted { resolved: Arc::clone(resolved), start: start(runtime) });
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn accepts(&self, resolved: &Arc<ResolvedCredentials>, runtime: &dyn Runtime) -> bool {
        self.accepted.as_ref().is_some_and(|accepted| {
            Arc::ptr_eq(&accepted.resolved, resolved) && difference(start(runtime), accepted.start) < CLOCK_JUMP
        })
    }
}

/// Returns when the program started, by the current wall clock.
fn start(runtime: &dyn Runtime) -> SystemTime {
    runtime.now().checked_sub(runtime.elapsed()).unwrap_or(SystemTime::UNIX_EPOCH)
}
