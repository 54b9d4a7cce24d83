//! An access key on trial: until it has been accepted once, one request at a time goes out with it.
//!
//! More than five refused signatures in a row lock the key for five minutes, for everyone who uses it. A client with a
//! wrong secret and many calls at once must therefore send one request, not many.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, MutexGuard};

use crate::{Error, Grant, Kind, Result};

#[derive(Debug, Default)]
pub(crate) struct Trial {
    accepted: AtomicBool,
    refused: Mutex<Refused>,
}

/// The credentials that were refused, and how.
type Refused = Option<(Arc<Grant>, Arc<Error>)>;

/// The turn of one request; none is needed for a key that has been accepted.
#[derive(Debug)]
pub(crate) struct Turn<'a>(Option<MutexGuard<'a, Refused>>);

impl Trial {
    /// Waits for a turn with these credentials.
    ///
    /// # Errors
    ///
    /// The error of the request that they were refused for, if they were.
    pub(crate) async fn turn(&self, grant: &Arc<Grant>) -> Result<Turn<'_>> {
        if self.accepted.load(Ordering::Acquire) {
            return Ok(Turn(None));
        }
        let refused = self.refused.lock().await;
        match &*refused {
            Some((known, error)) if Arc::ptr_eq(known, grant) => Err(Error::shared(error)),
            _ if self.accepted.load(Ordering::Acquire) => Ok(Turn(None)),
            _ => Ok(Turn(Some(refused))),
        }
    }

    /// Takes note of how the request went. An answer of any other sort than a refusal proves the key; no answer proves
    /// nothing.
    pub(crate) fn settle(&self, turn: Turn<'_>, grant: &Arc<Grant>, outcome: std::result::Result<(), &Arc<Error>>) {
        match outcome {
            Ok(()) => self.accepted.store(true, Ordering::Release),
            Err(error) if error.kind() == Kind::Credentials => {
                self.accepted.store(false, Ordering::Release);
                if let Some(mut refused) = turn.0 {
                    *refused = Some((Arc::clone(grant), Arc::clone(error)));
                }
            }
            Err(error) if error.status().is_some() => self.accepted.store(true, Ordering::Release),
            Err(_) => {}
        }
    }
}
