//! A call of an operation, and the values of its parameters.

use std::time::Duration;

use hss_client::{Arguments, Operation};
use serde_json::Value;

use crate::state::enterprise_projects::View;
use crate::state::progress::Page;

/// A call that has passed all checks.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) operation: &'static Operation,
    pub(crate) arguments: Arguments,
    /// Null where the operation takes none.
    pub(crate) body: Value,
    /// What the caller sees, by the enterprise project that is asked for.
    pub(crate) view: View,
    /// Time since the emulator started.
    pub(crate) elapsed: Duration,
}

/// The value of a parameter, or what the service assumes in its place.
pub(super) fn value<'a>(operation: &Operation, arguments: &'a Arguments, name: &str) -> Option<&'a str> {
    arguments.get(name).or_else(|| operation.parameter(name).and_then(|parameter| parameter.default))
}

impl Call {
    /// The value of a parameter, or what the service assumes in its place.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        value(self.operation, &self.arguments, name)
    }

    /// The same as a number.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// The page that is asked for; everything where the operation has no pages.
    pub(crate) fn page(&self) -> Page {
        let number = |name: Option<&str>| name.and_then(|name| self.number(name));
        let pagination = self.operation.pagination;
        Page {
            offset: number(pagination.map(|names| names.offset)).unwrap_or(0),
            limit: number(pagination.map(|names| names.limit)).unwrap_or(usize::MAX),
        }
    }
}
