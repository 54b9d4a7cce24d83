//! What each operation does. A behaviour is a function in the table below; an operation that has none answers with
//! its example.

use std::sync::Arc;
use std::time::Duration;

use hss_client::models::{ListVulScanTaskHostResponse, ListVulScanTaskResponse};
use hss_client::{Arguments, Operation};
use serde_json::Value;

use crate::answer::Answer;
use crate::enterprise_projects::View;
use crate::scan::{Page, Status};
use crate::state::{State, Task};
use crate::{scans, servers, vulnerabilities};

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

/// Answers a call from the state.
pub(crate) type Behaviour = fn(&State, &Call) -> Answer;

const WRITTEN: &[(&str, Behaviour)] = &[
    ("CreateVulnerabilityScanTask", scans::start),
    ("ListHostStatus", servers::list),
    ("ListVulScanTask", list_vul_scan_task),
    ("ListVulScanTaskHost", list_vul_scan_task_host),
    ("ListVulnerabilities", vulnerabilities::list),
    ("RecreateVulScanTask", scans::repeat),
    ("ShowVulScanTaskEstimatedTime", scans::estimate),
    ("ShowVulTaskStatistics", scans::count),
];

/// Answers a call that has passed all checks of the gateway, so long after the emulator started.
pub(crate) fn answer(
    state: &State,
    operation: &'static Operation,
    arguments: Arguments,
    body: Value,
    elapsed: Duration,
) -> Answer {
    let asked = value(operation, &arguments, "enterprise_project_id");
    // Whatever the operation does, it does not show what the caller may not see.
    let Some(view) = state.enterprise_projects().view(asked) else {
        return Answer::denied("there is no such enterprise project");
    };
    let written = WRITTEN.iter().find(|(id, _)| *id == operation.id);
    written.map_or(documented as Behaviour, |(_, written)| *written)(
        state,
        &Call { operation, arguments, body, view, elapsed },
    )
}

/// The value of a parameter, or what the service assumes in its place.
fn value<'a>(operation: &Operation, arguments: &'a Arguments, name: &str) -> Option<&'a str> {
    arguments.get(name).or_else(|| operation.parameter(name).and_then(|parameter| parameter.default))
}

impl Call {
    /// The value of a parameter, or what the service assumes in its place.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        value(self.operation, &self.arguments, name)
    }

    /// The same as a number.
    fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
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

fn list_vul_scan_task(state: &State, call: &Call) -> Answer {
    let from = call.number::<i64>("min_start_time").unwrap_or(i64::MIN);
    let to = call.number::<i64>("max_start_time").unwrap_or(i64::MAX);
    let is_wanted = |task: &Arc<Task>| {
        call.text("task_id").is_none_or(|id| task.id() == Some(id))
            && call.text("scan_type").is_none_or(|kind| task.scan_type() == Some(kind))
            && task.start_time().is_none_or(|time| (from..=to).contains(&time))
    };
    let tasks: Vec<_> = state.tasks(call.view).filter(is_wanted).collect();
    let Page { offset, limit } = call.page();
    let mut page = ListVulScanTaskResponse::default();
    page.total_num = Some(total(tasks.len()));
    let infos = tasks.into_iter().skip(offset).take(limit).map(|task| task.info(call.view, call.elapsed));
    page.data_list = Some(infos.collect());
    Answer::json(call.operation.success.status, &page)
}

fn list_vul_scan_task_host(state: &State, call: &Call) -> Answer {
    let id = call.text("task_id").unwrap_or_default();
    let Some(task) = state.task(id, call.view) else {
        return Answer::no_task(id);
    };
    let filter = call.text("scan_status").and_then(Status::from_name);
    let (count, hosts) = state.task_hosts(&task, call.view, call.elapsed, filter, call.page());
    let mut page = ListVulScanTaskHostResponse::default();
    page.total_num = Some(total(count));
    page.data_list = Some(hosts);
    Answer::json(call.operation.success.status, &page)
}

/// The example of the document; where the operation lists, its rows are all that there are.
fn documented(_: &State, call: &Call) -> Answer {
    let success = call.operation.success;
    let text = success.sample.unwrap_or_default();
    let whole = Answer::new(success.status, "application/json", text);
    let (Some(names), Ok(mut sample)) = (call.operation.pagination, serde_json::from_str::<Value>(text)) else {
        return whole;
    };
    let Some(Value::Array(rows)) = sample.get_mut(names.items) else {
        return whole;
    };
    let Page { offset, limit } = call.page();
    let count = rows.len();
    *rows = std::mem::take(rows).into_iter().skip(offset).take(limit).collect();
    if let Some(number) = sample.get_mut(names.total) {
        *number = count.into();
    }
    Answer::json(success.status, &sample)
}

/// A number of rows as the API has it.
fn total(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use hss_client::operation::{Pagination, Success};
    use hss_client::operations::{ALL, LIST_VUL_SCAN_TASK};

    use super::*;
    use crate::random::Random;

    static LISTED: Operation = Operation {
        id: "ListMadeUp",
        success: Success {
            status: 200,
            schema: None,
            sample: Some(r#"{"total":9,"rows":[1,2,3,4,5,6,7,8,9,10,11,12],"note":"n"}"#),
        },
        pagination: Some(Pagination { offset: "offset", limit: "limit", items: "rows", total: "total", key: None }),
        ..LIST_VUL_SCAN_TASK
    };
    static DELETED: Operation = Operation {
        id: "DeleteMadeUp",
        success: Success { status: 204, schema: None, sample: None },
        pagination: None,
        ..LIST_VUL_SCAN_TASK
    };

    fn answered(operation: &'static Operation, values: &[(&str, &str)]) -> (u16, String) {
        let state = State::new(Random::seeded(1), 30).unwrap();
        let mut arguments = Arguments::new();
        for (name, value) in values {
            arguments.push(*name, value);
        }
        let answer = answer(&state, operation, arguments, Value::Null, Duration::ZERO);
        (answer.status, String::from_utf8(answer.body.to_vec()).unwrap())
    }

    #[test]
    fn an_operation_without_behaviour_answers_its_example_by_pages() {
        for (values, rows) in [
            (&[][..], "1,2,3,4,5,6,7,8,9,10"),
            (&[("offset", "10")], "11,12"),
            (&[("offset", "12")], ""),
            (&[("offset", "2"), ("limit", "3")], "3,4,5"),
        ] {
            let expected = format!(r#"{{"total":12,"rows":[{rows}],"note":"n"}}"#);
            assert_eq!(answered(&LISTED, values), (200, expected), "{values:?}");
        }
        assert_eq!(answered(&DELETED, &[]), (204, String::new()));
    }

    #[test]
    fn no_operation_answers_for_an_enterprise_project_that_there_is_not() {
        let state = State::new(Random::seeded(1), 30).unwrap();
        for &operation in ALL {
            let mut arguments = Arguments::new();
            arguments.push("enterprise_project_id", "nobody-s");
            assert_eq!(
                answer(&state, operation, arguments, Value::Null, Duration::ZERO).status,
                403,
                "{}",
                operation.id
            );
        }
    }

    #[test]
    fn behaviours_are_written_for_operations_that_exist() {
        for (id, _) in WRITTEN {
            assert!(ALL.iter().any(|operation| operation.id == *id), "{id}");
        }
    }
}
