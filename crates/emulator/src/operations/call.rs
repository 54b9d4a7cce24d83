//! A call of an operation and the values of its parameters.

use std::time::Duration;

use hss_client::{Arguments, Operation};
use serde_json::Value;

use crate::state::enterprise_projects::View;
use crate::state::progress::Page;

/// A call that passed all checks.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) operation: &'static Operation,
    pub(crate) arguments: Arguments,
    /// Null if the operation has no body.
    pub(crate) body: Value,
    /// The servers that the caller sees, according to the requested enterprise project.
    pub(crate) view: View,
    /// Time since the emulator started.
    pub(crate) elapsed: Duration,
}

/// Returns the value of a parameter, or its default in the service.
pub(super) fn value<'a>(operation: &Operation, arguments: &'a Arguments, name: &str) -> Option<&'a str> {
    arguments.get(name).or_else(|| operation.parameter(name).and_then(|parameter| parameter.default))
}

impl Call {
    /// Returns the value of a parameter, or its default in the service.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        value(self.operation, &self.arguments, name)
    }

    /// Returns the value of a parameter as a number.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// Returns whether the call is the documented example: its required parameters and its body.
    pub(super) fn is_example(&self) -> bool {
        let pages = |name| self.operation.pagination.is_some_and(|names| [names.offset, names.limit].contains(&name));
        let mut required = self.operation.parameters.iter().filter(|parameter| {
            parameter.required && parameter.setting.is_none() && !pages(parameter.name)
        });
        let is_same_body = match self.operation.body {
            Some(body) => serde_json::from_str(body.sample).is_ok_and(|sample: Value| sample == self.body),
            None => true,
        };
        is_same_body && required.all(|parameter| self.text(parameter.name) == parameter.example)
    }

    /// Returns the requested page. If the operation is not paginated, the page covers everything.
    pub(crate) fn page(&self) -> Page {
        let number = |name: Option<&str>| name.and_then(|name| self.number(name));
        let pagination = self.operation.pagination;
        Page {
            offset: number(pagination.map(|names| names.offset)).unwrap_or(0),
            limit: number(pagination.map(|names| names.limit)).unwrap_or(usize::MAX),
        }
    }
}
