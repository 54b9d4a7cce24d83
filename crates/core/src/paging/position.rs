//! Defines the position of a pager, which a later run of a program can continue from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Paged;
use super::hashes::Hashes;
use crate::{Error, Result};

/// The version of the serialized form.
const VERSION: u32 = 1;
/// The maximum number of rows before a position that it can recognize. It is more than a page has.
const MAX_KEYS: usize = 256;

/// How far a listing has been read: serializable, and smaller than 4 KiB unless the filters are long.
///
/// [`Pager::position`](super::Pager::position) returns it, and [`Pager::resume`](super::Pager::resume) continues after
/// it, in any later run of any program. The serialized form is stable: it states its version, and unknown fields are
/// ignored. It contains the filters of the request, which include the project id, and no credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Position {
    version: u32,
    operation: String,
    filters: BTreeMap<String, Vec<String>>,
    pub(super) offset: i64,
    pub(super) rows: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) total: Option<i64>,
    #[serde(default)]
    pub(super) is_complete: bool,
    /// The keys of the last rows.
    #[serde(default)]
    pub(super) keys: Hashes,
    /// The body of the last page in a listing without a total.
    #[serde(default)]
    pub(super) body: Hashes,
}

impl Position {
    /// Returns the position before the first row of a listing.
    pub(super) fn start<R: Paged>(request: &R) -> Self {
        Self {
            version: VERSION,
            operation: R::OPERATION.id.to_owned(),
            filters: filters(request),
            offset: request.first_offset().unwrap_or(0),
            rows: 0,
            total: None,
            is_complete: false,
            keys: Hashes::default(),
            body: Hashes::default(),
        }
    }

    /// Returns the id of the operation: `ListServersDetails`.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// Returns the offset of the next row. It counts rows like the service, which includes dropped `null` rows.
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.offset
    }

    /// Returns the number of rows that were read, without dropped `null` rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns the total number of rows, if the service stated one.
    #[must_use]
    pub fn total(&self) -> Option<i64> {
        self.total
    }

    /// Reports whether the last row of the listing was read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Returns whether a page was read.
    pub(super) fn is_begun(&self) -> bool {
        // A page can consist of `null` rows, which are not counted. Without a total, each page leaves its hash.
        self.rows > 0 || self.total.is_some() || !self.body.0.is_empty()
    }

    /// Checks that this is a position in the listing of `request`.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) for another operation or other filters, and for a position
    /// of a newer version or with invalid numbers.
    pub(super) fn check<R: Paged>(&self, request: &R) -> Result<()> {
        let refuse = |why: String, hint: &str| Err(Error::usage(why).with_operation(R::OPERATION.id).with_hint(hint));
        let Self { version, operation, .. } = self;
        if *version != VERSION {
            let why = format!("the position has version {version}: expected version {VERSION}");
            return refuse(why, "Resume it with the version of the library that saved it, or read the list again.");
        }
        if operation != R::OPERATION.id {
            let why = format!("the position belongs to another operation: {operation:?}");
            return refuse(why, "Resume it with a request of that operation.");
        }
        // Anybody may have written the position. Offsets count at least the rows that were read.
        let invalid = match (self.offset, self.total, self.rows) {
            (offset @ ..0, _, _) => Some(format!("the offset {offset} is negative")),
            (_, Some(total @ ..0), _) => Some(format!("the total {total} is negative")),
            (offset, _, rows) if i64::try_from(rows).is_ok_and(|rows| rows <= offset) => None,
            (offset, _, rows) => Some(format!("{rows} rows cannot precede the offset {offset}")),
        };
        if let Some(why) = invalid {
            return refuse(format!("invalid position: {why}"), "Read the list from its start.");
        }
        let requested = filters(request);
        let values = |filters: &BTreeMap<String, Vec<String>>, name: &str| match filters.get(name).map(Vec::as_slice) {
            None | Some([]) => "null".to_owned(),
            Some([value]) => format!("{value:?}"),
            Some(values) => format!("{values:?}"),
        };
        let mut names = self.filters.keys().chain(requested.keys());
        match names.find(|name| self.filters.get(*name) != requested.get(*name)) {
            None => Ok(()),
            Some(name) => {
                let (before, now) = (values(&self.filters, name), values(&requested, name));
                let why = format!("the position belongs to another listing ({name} {before}, not {now})");
                refuse(why, "Resume it with the same filters, or read the list from its start.")
            }
        }
    }

    /// Appends the keys of a page, and drops those of rows that are too far back.
    pub(super) fn append_keys(&mut self, keys: impl Iterator<Item = u64>) {
        self.keys.0.extend(keys);
        let excess = self.keys.0.len().saturating_sub(MAX_KEYS);
        self.keys.0.drain(..excess);
    }
}

/// Returns all arguments of a request except those that select its rows by number.
fn filters<R: Paged>(request: &R) -> BTreeMap<String, Vec<String>> {
    let mut filters: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (name, value) in request.filters().into_values() {
        filters.entry(name).or_default().push(value);
    }
    filters
}
