//! Records the changes that callers make, so that another emulator can replay them.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hss_client::operations::ALL;
use hss_client::{Arguments, Operation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::operations;
use crate::state::State;

/// Maximum number of changes that an emulator keeps.
const CAPACITY: usize = 1_000;
/// Maximum size of all changes together, in bytes of JSON.
const CAPACITY_BYTES: usize = 512 * 1024;

/// A call that changed the state of the emulator, such as the start of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Time of the call, in milliseconds since the emulator started.
    at: u64,
    operation: String,
    arguments: Vec<(String, String)>,
    body: Value,
}

/// The changes so far.
#[derive(Debug, Default)]
pub(crate) struct Changes(Mutex<Recorded>);

#[derive(Debug, Default)]
struct Recorded {
    /// Oldest first.
    changes: Vec<Change>,
    /// Their size in bytes of JSON.
    size: usize,
}

impl Changes {
    /// Records a call that changed the state, unless the limits are reached.
    pub(crate) fn note(&self, operation: &'static Operation, arguments: &Arguments, body: &Value, at: Duration) {
        let given = operation.parameters.iter().filter_map(|parameter| {
            arguments.get(parameter.name).map(|value| (parameter.name.to_owned(), value.to_owned()))
        });
        let change = Change {
            at: u64::try_from(at.as_millis()).unwrap_or(u64::MAX),
            operation: operation.id.to_owned(),
            arguments: given.collect(),
            body: body.clone(),
        };
        let size = serde_json::to_vec(&change).map_or(usize::MAX, |json| json.len());
        let mut recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if recorded.changes.len() < CAPACITY && size <= CAPACITY_BYTES - recorded.size {
            recorded.size += size;
            recorded.changes.push(change);
        }
    }

    pub(crate) fn all(&self) -> Vec<Change> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).changes.clone()
    }

    /// Applies these changes. Skips changes that are not valid in this version.
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
                operations::respond(state, operation, arguments, change.body, at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use hss_client::operations::RECREATE_VUL_SCAN_TASK;
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_the_number_and_size_of_changes() {
        let noted = |id: &str, calls: usize| {
            let changes = Changes::default();
            let body = json!({"range_type": "specific_host", "host_ids": [id]});
            for _ in 0..calls {
                changes.note(&RECREATE_VUL_SCAN_TASK, &Arguments::new(), &body, Duration::ZERO);
            }
            changes.all().len()
        };
        assert_eq!(noted("h", 1_100), CAPACITY);
        assert!((40..=52).contains(&noted(&"h".repeat(10_000), 60)));
        assert_eq!(noted(&"h".repeat(600_000), 2), 0);
    }
}
