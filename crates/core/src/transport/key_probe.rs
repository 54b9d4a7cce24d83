//! Protection of an access key from being locked: until the service has accepted it, requests go one at a time.
//!
//! More than five refused signatures in a row lock the key for five minutes, for everyone who uses it. A client with a
//! wrong secret and many calls at once must therefore send one request, not many.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::MutexGuard as Turn;

use super::skew::difference;
use crate::{Error, ErrorKind, ResolvedCredentials, Result, Runtime};

/// A clock that moved by more may make the next signature expired.
const JUMP: Duration = Duration::from_secs(60);

/// A refused key is not sent again for this long: as long as the service locks a key.
const LOCK: Duration = Duration::from_secs(5 * 60);

#[derive(Debug, Default)]
pub(crate) struct KeyProbe {
    /// Held by the one request that is sent while the key is neither accepted nor refused.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    accepted: Option<Accepted>,
    refusal: Option<Refusal>,
}

/// The key that the service accepted last.
#[derive(Debug)]
struct Accepted {
    resolved: Arc<ResolvedCredentials>,
    /// When the program started, by the wall clock of then. It moves if that clock is set.
    start: SystemTime,
}

/// The last refusal.
#[derive(Debug)]
struct Refusal {
    resolved: Arc<ResolvedCredentials>,
    error: Arc<Error>,
    at: Duration,
}

impl KeyProbe {
    /// Waits until a request with these credentials may be sent. If it is to go alone, it returns the turn, which lasts
    /// until it is dropped. So it does after the clock was set, since all signatures could be expired.
    ///
    /// # Errors
    ///
    /// The error that the credentials were refused with in the last five minutes.
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
        match &state.refusal {
            _ if state.accepts(resolved, runtime) => Ok(None),
            Some(Refusal { resolved: refused, error, at })
                if Arc::ptr_eq(refused, resolved) && runtime.elapsed() < at.saturating_add(LOCK) =>
            {
                Err(Error::shared(error))
            }
            _ => Ok(Some(turn)),
        }
    }

    /// Records the outcome of a request that was sent with these credentials. A success or an error of the service itself
    /// proves that they are accepted. An error of the gateway or of a load balancer proves nothing, and neither does a
    /// refusal without an error code.
    pub(crate) fn settle(
        &self,
        resolved: &Arc<ResolvedCredentials>,
        outcome: std::result::Result<(), &Arc<Error>>,
        runtime: &dyn Runtime,
    ) {
        let mut state = self.state();
        match outcome {
            Err(error) if error.kind() == ErrorKind::Credentials && error.code().is_some() => {
                state.accepted = state.accepted.take().filter(|accepted| !Arc::ptr_eq(&accepted.resolved, resolved));
                let at = runtime.elapsed();
                state.refusal = Some(Refusal { resolved: Arc::clone(resolved), error: Arc::clone(error), at });
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
            Arc::ptr_eq(&accepted.resolved, resolved) && difference(start(runtime), accepted.start) < JUMP
        })
    }
}

/// Returns when the program started, by the wall clock of now.
fn start(runtime: &dyn Runtime) -> SystemTime {
    runtime.now().checked_sub(runtime.elapsed()).unwrap_or(SystemTime::UNIX_EPOCH)
}
