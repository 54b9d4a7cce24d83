//! A call of an operation and the values of its parameters.

use std::time::Duration;

use hss_client::{Arguments, Operation};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::response::Response;
use crate::state::enterprise_projects::View;
use crate::state::findings::HostFilter;
use crate::state::handling::{Statuses, VulStatus};
use crate::state::progress::Page;
use crate::state::vulnerabilities::Set;

/// Maximum number of rows on a page, where the document does not limit it.
const MAX_ROWS: usize = 200;

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

    /// Returns the value of a parameter that filters. An empty value does not filter.
    pub(super) fn filter(&self, name: &str) -> Option<&str> {
        self.text(name).filter(|value| !value.is_empty())
    }

    /// Returns whether a parameter that filters is not given, or is the value.
    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.filter(name).is_none_or(|asked| asked == value)
    }

    /// Returns whether a parameter that filters is not given, or contains the value in its list, separated by commas.
    pub(super) fn is_in(&self, name: &str, value: &str) -> bool {
        self.filter(name).is_none_or(|asked| asked.split(',').any(|one| one == value))
    }

    /// Returns whether a parameter that filters is not given, or is a part of the value.
    pub(super) fn is_part(&self, name: &str, value: &str) -> bool {
        self.filter(name).is_none_or(|part| value.contains(part))
    }

    /// Returns the vulnerabilities of the requested type, which is `linux_vul` by default.
    pub(super) fn of_type(&self) -> Set {
        let kind = self.filter("type").unwrap_or("linux_vul");
        Set::matching(|known| known.kind == kind)
    }

    /// Returns the value of a parameter as a number.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// Returns whether the call is the documented example: its required parameters, its body, and nothing else than the
    /// page and the settings of a client.
    pub(super) fn is_example(&self) -> bool {
        let pages = |name| self.operation.pagination.is_some_and(|names| [names.offset, names.limit].contains(&name));
        let compared =
            self.operation.parameters.iter().filter(|parameter| parameter.setting.is_none() && !pages(parameter.name));
        let is_same_body = match self.operation.body {
            Some(body) => serde_json::from_str(body.sample).is_ok_and(|sample: Value| sample == self.body),
            None => true,
        };
        let mut expected = compared.map(|parameter| (parameter.name, parameter.example.filter(|_| parameter.required)));
        is_same_body && expected.all(|(name, example)| self.arguments.get(name) == example)
    }

    /// Returns the requested page. If the operation is not paginated, the page covers everything.
    pub(crate) fn page(&self) -> Page {
        let Some(names) = self.operation.pagination else {
            return Page { offset: 0, limit: usize::MAX };
        };
        let limit = self.number(names.limit).unwrap_or(10).min(MAX_ROWS);
        Page { offset: self.number(names.offset).unwrap_or(0), limit }
    }

    /// Deserializes the body. The gateway has already validated it against the document, one level deep.
    pub(super) fn body<T: DeserializeOwned>(&self) -> Result<T, Response> {
        serde_json::from_value(self.body.clone()).map_err(|error| Response::invalid(&error.to_string()))
    }

    /// Returns the servers that match the parameters that are common to the operations on vulnerabilities.
    pub(super) fn hosts(&self) -> HostFilter<'_> {
        HostFilter {
            importance: self.filter("asset_value"),
            group: self.filter("group_name"),
            name: self.filter("host_name"),
            address: self.filter("host_ip"),
            private: self.filter("private_ip"),
            public: self.filter("public_ip"),
            places: None,
            is_none: ["cluster_id", "cluster_name", "container_name"].iter().any(|name| self.filter(name).is_some())
                || self.text("is_container") == Some("true")
                || !self.is("node_type", "not_cce"),
        }
    }

    /// Returns the states that match `status` and `handle_status`.
    pub(super) fn statuses(&self) -> Statuses {
        let mut asked = self.arguments.get_all("status").filter(|status| !status.is_empty()).peekable();
        let by_status = if asked.peek().is_none() {
            Statuses::ALL
        } else {
            let asked: Vec<_> = asked.flat_map(|status| status.split(',')).collect();
            Statuses::matching(|status| asked.contains(&status.name()))
        };
        by_status.and(match self.text("handle_status") {
            Some("handled") => Statuses::matching(VulStatus::is_handled),
            Some("unhandled") => Statuses::matching(|status| !status.is_handled()),
            _ => Statuses::ALL,
        })
    }

    /// Returns the vulnerabilities that match the parameters that are common to the operations on vulnerabilities.
    pub(super) fn vulnerabilities(&self) -> Set {
        Set::matching(|known| {
            let label = known.label.unwrap_or_default();
            self.is("type", known.kind)
                && self.is("vul_id", known.id)
                && self.is_part("vul_name", known.id)
                && self.is("cve_id", known.cve.id)
                && self.is_in("repair_priority", known.level)
                && self.is_in("severity_level", known.level)
                && self.is_in("label_list", label)
                && self.filter("excluded_label_list").is_none_or(|excluded| excluded.split(',').all(|one| one != label))
                && self.is("is_affect_business", if known.needs_restart { "true" } else { "false" })
        })
    }
}

/// Converts a number of rows to the type of the API.
pub(super) fn total<T: TryFrom<usize>>(count: usize) -> Option<T> {
    T::try_from(count).ok()
}
