//! Protection of an access key from being locked: until the service has accepted it, requests go one at a time.
//!
//! More than five refused signatures in a row lock the key for five minutes, for everyone who uses it. A client with a
//! wrong secret and many calls at once must therefore send one request, not many.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::MutexGuard as Turn;

use crate::{Error, Grant, Kind, Result};

/// A refused key is not sent again for this long: as long as the service locks a key.
const LOCK: Duration = Duration::from_secs(5 * 60);

#[derive(Debug, Default)]
pub(crate) struct Trial {
    /// Held by the one request that is sent while the key is neither accepted nor refused.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    accepted: Option<Arc<Grant>>,
    refusal: Option<Refusal>,
}

/// The last refusal.
#[derive(Debug)]
struct Refusal {
    grant: Arc<Grant>,
    error: Arc<Error>,
    at: Duration,
}

impl Trial {
    /// Waits until a request with these credentials may be sent. If it is to go alone, it returns the turn, which lasts
    /// until it is dropped. `elapsed` reads the clock after the wait.
    ///
    /// # Errors
    ///
    /// The error that the credentials were refused with in the last five minutes.
    pub(crate) async fn turn(
        &self,
        grant: &Arc<Grant>,
        elapsed: impl Fn() -> Duration,
    ) -> Result<Option<Turn<'_, ()>>> {
        if self.state().accepts(grant) {
            return Ok(None);
        }
        let turn = self.turn.lock().await;
        let state = self.state();
        match &state.refusal {
            _ if state.accepts(grant) => Ok(None),
            Some(Refusal { grant: refused, error, at })
                if Arc::ptr_eq(refused, grant) && elapsed() < at.saturating_add(LOCK) =>
            {
                Err(Error::shared(error))
            }
            _ => Ok(Some(turn)),
        }
    }

    /// Records the outcome of a request that was sent with these credentials. A success or an error of the service itself
    /// proves that they are accepted. An error of the gateway or of a load balancer proves nothing.
    pub(crate) fn settle(&self, grant: &Arc<Grant>, outcome: std::result::Result<(), &Arc<Error>>, now: Duration) {
        let mut state = self.state();
        match outcome {
            Err(error) if error.kind() == Kind::Credentials => {
                if state.accepts(grant) {
                    state.accepted = None;
                }
                state.refusal = Some(Refusal { grant: Arc::clone(grant), error: Arc::clone(error), at: now });
            }
            Err(error) if !error.is_from_service() => {}
            Ok(()) | Err(_) => state.accepted = Some(Arc::clone(grant)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn accepts(&self, grant: &Arc<Grant>) -> bool {
        self.accepted.as_ref().is_some_and(|accepted| Arc::ptr_eq(accepted, grant))
    }
}
