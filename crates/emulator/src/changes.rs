//! What callers changed, so that another emulator can be made to have seen it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hss_client::operations::ALL;
use hss_client::{Arguments, Operation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::operations;
use crate::state::State;

/// How many changes an emulator remembers.
const CAPACITY: usize = 1_000;

/// A call that changed what the emulator holds: a scan that was started or repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When it came, in milliseconds since the emulator started.
    at: u64,
    operation: String,
    arguments: Vec<(String, String)>,
    body: Value,
}

/// The changes so far, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Changes(Mutex<Vec<Change>>);

impl Changes {
    /// Takes note of a call that changed something.
    pub(crate) fn note(&self, operation: &'static Operation, arguments: &Arguments, body: &Value, at: Duration) {
        let mut changes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if changes.len() >= CAPACITY {
            return;
        }
        let given = operation.parameters.iter().filter_map(|parameter| {
            arguments.get(parameter.name).map(|value| (parameter.name.to_owned(), value.to_owned()))
        });
        changes.push(Change {
            at: u64::try_from(at.as_millis()).unwrap_or(u64::MAX),
            operation: operation.id.to_owned(),
            arguments: given.collect(),
            body: body.clone(),
        });
    }

    pub(crate) fn all(&self) -> Vec<Change> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes these changes. One that cannot be made, since it is not of this version, is passed over.
    pub(crate) fn replay(&self, changes: Vec<Change>, state: &State) {
        for change in changes.into_iter().take(CAPACITY) {
            let Some(operation) = ALL.iter().copied().find(|operation| operation.id == change.operation) else {
                continue;
            };
            let mut arguments = Arguments::new();
            for (name, value) in &change.arguments {
                arguments.push(name, value);
            }
            let at = Duration::from_millis(change.at);
            if arguments.check_document(operation).is_ok() && operation.check_body(&change.body).is_ok() {
                self.note(operation, &arguments, &change.body, at);
                operations::answer(state, operation, arguments, change.body, at);
            }
        }
    }
}
