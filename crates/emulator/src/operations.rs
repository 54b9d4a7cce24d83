//! Implements the operations. The table below maps operations to functions. An operation without an entry returns its
//! example.

mod call;
mod exports;
mod handling;
mod quotas;
mod scan_policy;
mod scan_tasks;
mod servers;
mod statistics;
mod vulnerabilities;
mod vulnerability_details;
mod vulnerable_servers;
mod white_lists;

use std::time::Duration;

use hss_client::models::{ListVulRepairCmdsRequestBody, VulBackupStatisticsRequestInfo};
use hss_client::{Arguments, Operation};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::response::Response;
use crate::state::State;
use crate::state::progress::Page;

use self::call::{Call, value};

/// A function that builds the response to a call from the state.
type Handler = fn(&State, &Call) -> Response;

const HANDLERS: &[(&str, Handler)] = &[
    ("AddVulWhiteList", white_lists::add),
    ("ChangeVulScanPolicy", scan_policy::change),
    ("ChangeVulStatus", handling::change),
    ("ChangeVulWhiteList", white_lists::change),
    ("CreateVulnerabilityScanTask", scan_tasks::start),
    ("DeleteVulWhiteList", white_lists::delete),
    ("ExportHandledVulnerabilities", exports::export_handled),
    ("ExportVulHandleHistory", exports::export_history),
    ("ExportVuls", exports::export),
    ("ListDownloadExportedFile", exports::download),
    ("ListHandleVuls", handling::list_handled),
    ("ListHostGroups", servers::list_groups),
    ("ListHostStatus", servers::list),
    ("ListHostVuls", vulnerable_servers::list_vulnerabilities),
    ("ListQueryExportTask", exports::show),
    ("ListVulHandleHistory", handling::list_history),
    ("ListVulHostHosts", vulnerable_servers::list_vulnerable_hosts),
    ("ListVulHostVuls", vulnerable_servers::list_pairs),
    ("ListVulHosts", vulnerable_servers::list_hosts),
    ("ListVulRepairCmds", documented_for::<ListVulRepairCmdsRequestBody>),
    ("ListVulRepairFailedDetail", handling::list_failures),
    ("ListVulScanTask", scan_tasks::list),
    ("ListVulScanTaskHost", scan_tasks::list_hosts),
    ("ListVulWhiteList", white_lists::list),
    ("ListVulWhiteListVulOptions", white_lists::list_options),
    ("ListVulnerabilities", vulnerabilities::list),
    ("RecreateVulScanTask", scan_tasks::repeat),
    ("ShowCmsVulDetail", vulnerability_details::show_cms),
    ("ShowLinuxVulDetail", vulnerability_details::show_linux),
    ("ShowResourceQuotas", quotas::show),
    ("ShowVulAffectedStatics", statistics::show_affected),
    ("ShowVulBackupStatistics", documented_for::<VulBackupStatisticsRequestInfo>),
    ("ShowVulScanPolicy", scan_policy::show),
    ("ShowVulScanTaskEstimatedTime", scan_tasks::estimate),
    ("ShowVulStatics", statistics::show),
    ("ShowVulTaskStatistics", scan_tasks::count),
    ("ShowVulWhiteListDetail", white_lists::show),
    ("ShowWindowsVulDetail", vulnerability_details::show_windows),
];

/// The operations that change the state.
const CHANGES: &[&str] = &[
    "AddVulWhiteList",
    "ChangeVulScanPolicy",
    "ChangeVulStatus",
    "ChangeVulWhiteList",
    "CreateVulnerabilityScanTask",
    "DeleteVulWhiteList",
    "ExportHandledVulnerabilities",
    "ExportVulHandleHistory",
    "ExportVuls",
    "RecreateVulScanTask",
];

/// Returns whether an operation changes the state. It may be idempotent nevertheless.
pub(crate) fn changes_state(operation: &Operation) -> bool {
    CHANGES.contains(&operation.id)
}

/// Returns the response to a call that passed all checks of the gateway, `elapsed` after the start of the emulator.
pub(crate) fn respond(
    state: &State,
    operation: &'static Operation,
    arguments: Arguments,
    body: Value,
    elapsed: Duration,
) -> Response {
    let requested = value(operation, &arguments, "enterprise_project_id");
    // Checked here for all operations, so that none returns data that the caller may not see.
    let Some(view) = state.enterprise_projects().view(requested) else {
        return Response::denied("there is no such enterprise project");
    };
    let call = Call { operation, arguments, body, view, elapsed };
    let Some((_, handler)) = HANDLERS.iter().find(|(id, _)| *id == operation.id) else {
        return documented(state, &call);
    };
    let response = handler(state, &call);
    // The examples of the document name resources that no seed has. They belong to the default enterprise project.
    let has_servers = state.fleet().places(call.view).next().is_some();
    if response.status >= 400 && has_servers && call.view.sees(0) && call.is_example() {
        documented(state, &call)
    } else {
        response
    }
}

/// Returns the example of the document to a call whose body has the type `T`. The gateway checks bodies one level deep
/// only.
fn documented_for<T: DeserializeOwned>(state: &State, call: &Call) -> Response {
    match call.body::<T>() {
        Ok(_) => documented(state, call),
        Err(response) => response,
    }
}

/// Returns the example of the document, or the same short file for any operation that returns one. If the operation is a
/// list, the rows of the example are divided into pages.
fn documented(_: &State, call: &Call) -> Response {
    let success = call.operation.success;
    if success.binary {
        return Response::file(success.status, "application/octet-stream", "example.txt", "An example of a file.\n");
    }
    let text = success.sample.unwrap_or_default();
    let example = Response::new(success.status, "application/json", text);
    let (Some(names), Ok(mut sample)) = (call.operation.pagination, serde_json::from_str::<Value>(text)) else {
        return example;
    };
    let Some(Value::Array(rows)) = sample.get_mut(names.items) else {
        return example;
    };
    let Page { offset, limit } = call.page();
    let count = rows.len();
    *rows = std::mem::take(rows).into_iter().skip(offset).take(limit).collect();
    if let Some(number) = sample.get_mut(names.total) {
        *number = count.into();
    }
    Response::json(success.status, &sample)
}

#[cfg(test)]
mod tests {
    use hss_client::operation::{Pagination, Success};
    use hss_client::operations::{ALL, LIST_VUL_SCAN_TASK};

    use super::*;
    use crate::state::random::Random;

    const fn made_up(id: &'static str, success: Success) -> Operation {
        let Operation { service, name, method, path, parameters, .. } = LIST_VUL_SCAN_TASK;
        Operation::new(service, id, name, method, path, success).parameters(parameters)
    }

    static LISTED: Operation = made_up(
        "ListMadeUp",
        Success::new(200).sample(Some(r#"{"total":9,"rows":[1,2,3,4,5,6,7,8,9,10,11,12],"note":"n"}"#)),
    )
    .pagination(Some(Pagination::new("offset", "limit", "rows", "total")));
    static DELETED: Operation = made_up("DeleteMadeUp", Success::new(204));

    fn responded(operation: &'static Operation, values: &[(&str, &str)]) -> (u16, String) {
        let state = State::new(Random::seeded(1), 30).unwrap();
        let mut arguments = Arguments::new();
        for (name, value) in values {
            arguments.push(*name, value);
        }
        let response = respond(&state, operation, arguments, Value::Null, Duration::ZERO);
        (response.status, String::from_utf8(response.body.to_vec()).unwrap())
    }

    #[test]
    fn an_operation_without_implementation_returns_its_example_in_pages() {
        for (values, rows) in [
            (&[][..], "1,2,3,4,5,6,7,8,9,10"),
            (&[("offset", "10")], "11,12"),
            (&[("offset", "12")], ""),
            (&[("offset", "2"), ("limit", "3")], "3,4,5"),
        ] {
            let expected = format!(r#"{{"total":12,"rows":[{rows}],"note":"n"}}"#);
            assert_eq!(responded(&LISTED, values), (200, expected), "{values:?}");
        }
        assert_eq!(responded(&DELETED, &[]), (204, String::new()));
    }

    #[test]
    fn every_operation_refuses_an_unknown_enterprise_project() {
        let state = State::new(Random::seeded(1), 30).unwrap();
        for &operation in ALL {
            let mut arguments = Arguments::new();
            arguments.push("enterprise_project_id", "nobody-s");
            assert_eq!(
                respond(&state, operation, arguments, Value::Null, Duration::ZERO).status,
                403,
                "{}",
                operation.id
            );
        }
    }

    #[test]
    fn implementations_belong_to_existing_operations() {
        for (id, _) in HANDLERS {
            assert!(ALL.iter().any(|operation| operation.id == *id), "{id}");
        }
        assert!(HANDLERS.is_sorted_by_key(|(id, _)| *id));
        for id in CHANGES {
            assert!(HANDLERS.iter().any(|(known, _)| known == id), "{id}");
            assert!(ALL.iter().any(|operation| operation.id == *id && operation.method != "GET"), "{id}");
        }
        // All others that are implemented may be called without a trace.
        let others = ALL.iter().filter(|it| !changes_state(it) && HANDLERS.iter().any(|(id, _)| *id == it.id));
        assert!(others.into_iter().all(|it| it.idempotent));
    }
}
