//! Operations on scan tasks: lists them and their servers, starts and repeats them, estimates their duration and counts
//! the finished ones.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use hss_client::models::{
    CreateVulnerabilityScanTaskResponse, ListVulScanTaskHostResponse, ListVulScanTaskResponse,
    ManualVulScanRequestInfo, RescanRangeType, RescanVulScanTaskRequestInfo, ScanRangeType,
    ShowVulScanTaskEstimatedTimeRequestInfo, ShowVulScanTaskEstimatedTimeResponse, ShowVulTaskStatisticsResponse,
    VulScanTaskHostInfo, VulType,
};
use serde::de::DeserializeOwned;

use super::call::Call;
use crate::answer::Answer;
use crate::state::progress::{Page, Status};
use crate::state::{Hosts, State, Task};

/// Minimum duration of a scan, additional duration for each server, and maximum duration. They are short, so that a
/// user can watch the progress.
const LEAST: Duration = Duration::from_secs(20);
const EACH: Duration = Duration::from_millis(100);
const MOST: Duration = Duration::from_secs(600);

/// `ListVulScanTask`.
pub(super) fn list(state: &State, call: &Call) -> Answer {
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

/// `ListVulScanTaskHost`.
pub(super) fn list_hosts(state: &State, call: &Call) -> Answer {
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

/// `CreateVulnerabilityScanTask`.
pub(super) fn start(state: &State, call: &Call) -> Answer {
    let wanted: ManualVulScanRequestInfo = match body(call) {
        Ok(wanted) => wanted,
        Err(answer) => return answer,
    };
    let hosts = match chosen(state, call, wanted.range_type, &wanted.agent_id_list) {
        Ok(hosts) => hosts,
        Err(answer) => return answer,
    };
    let count: u32 = hosts.iter().map(|(.., count)| count).sum();
    if count == 0 {
        return bad("there are no servers to scan");
    }
    let mut types: Vec<VulType> = Vec::new();
    for wanted in wanted.manual_scan_type {
        let wanted = VulType::from(wanted.to_string().as_str());
        if !types.contains(&wanted) {
            types.push(wanted);
        }
    }
    let task = Task::started(state.next_task(), state.fleet(), types, hosts, call.elapsed, length(count as usize));
    let mut answer = CreateVulnerabilityScanTaskResponse::default();
    answer.task_id = task.id().map(str::to_owned);
    if !state.add(task, call.elapsed) {
        return Answer::refused("HSS.0001", "too many scans are running", "wait for some of them to end");
    }
    Answer::json(call.operation.success.status, &answer)
}

/// `RecreateVulScanTask`.
pub(super) fn repeat(state: &State, call: &Call) -> Answer {
    let wanted: RescanVulScanTaskRequestInfo = match body(call) {
        Ok(wanted) => wanted,
        Err(answer) => return answer,
    };
    let id = call.text("task_id").unwrap_or_default();
    let Some(task) = state.task(id, call.view) else {
        return Answer::no_task(id);
    };
    let chosen: Option<HashSet<String>> = match wanted.range_type {
        RescanRangeType::SpecificHost if wanted.host_ids.is_empty() => return bad("host_ids is missing"),
        RescanRangeType::SpecificHost => Some(wanted.host_ids.into_iter().collect()),
        _ => None,
    };
    let id_of = |place: usize| {
        let documented = task.documented().get(place).and_then(|row: &VulScanTaskHostInfo| row.host_id.clone());
        documented.or_else(|| state.fleet().host(place).info().host_id.clone()).unwrap_or_default()
    };
    let is_chosen = |place: usize| chosen.as_ref().is_none_or(|ids| ids.contains(&id_of(place)));
    if task.rescan(state.fleet(), call.view, call.elapsed, is_chosen, length) == 0 {
        return bad("there is no server of that task on which the scan failed");
    }
    Answer::new(call.operation.success.status, "application/json", "")
}

/// `ShowVulScanTaskEstimatedTime`. The result is in minutes, as in the tasks.
pub(super) fn estimate(state: &State, call: &Call) -> Answer {
    let wanted: ShowVulScanTaskEstimatedTimeRequestInfo = match body(call) {
        Ok(wanted) => wanted,
        Err(answer) => return answer,
    };
    let range = wanted.range_type.unwrap_or(ScanRangeType::AllHost);
    let hosts = match chosen(state, call, range, &wanted.agent_ids) {
        Ok(hosts) => hosts,
        Err(answer) => return answer,
    };
    let count: u32 = hosts.iter().map(|(.., count)| count).sum();
    let minutes = length(count as usize).as_secs().div_ceil(60);
    let mut answer = ShowVulScanTaskEstimatedTimeResponse::default();
    answer.queue_time = Some(0);
    answer.run_time = i64::try_from(minutes).ok();
    answer.total_time = i32::try_from(minutes).ok();
    Answer::json(call.operation.success.status, &answer)
}

/// `ShowVulTaskStatistics`. Every finished task counts as unread, because the emulator has no console.
pub(super) fn count(state: &State, call: &Call) -> Answer {
    let finished = state.tasks(call.view).filter(|task| !task.is_running(call.elapsed)).count();
    let mut answer = ShowVulTaskStatisticsResponse::default();
    answer.unread_task_num = i32::try_from(finished).ok();
    Answer::json(call.operation.success.status, &answer)
}

/// Returns the selected servers by enterprise project, with their number.
fn chosen(
    state: &State,
    call: &Call,
    range: ScanRangeType,
    agents: &[String],
) -> Result<Vec<(usize, Hosts, u32)>, Answer> {
    let fleet = state.fleet();
    let seen = fleet.parts().iter().enumerate().filter(|(part, _)| call.view.sees(*part));
    if range == ScanRangeType::AllHost {
        let all = seen.map(|(part, places)| (part, Hosts::From(places.start), number(places.len())));
        return Ok(all.filter(|(.., count)| *count > 0).collect());
    }
    if agents.is_empty() {
        return Err(bad("the ids of agents are missing"));
    }
    // The agent of a server is known only after generating the server. Therefore, all of them are generated, one by
    // one.
    let mut left: HashSet<&str> = agents.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    for (part, places) in seen {
        let is_meant = |place: &usize| {
            !left.is_empty() && fleet.host(*place).agent().id.is_some_and(|id| left.remove(id.as_str()))
        };
        let these: Vec<_> = places.clone().filter(is_meant).collect();
        if !these.is_empty() {
            let count = number(these.len());
            found.push((part, Hosts::These(these), count));
        }
    }
    match left.into_iter().next() {
        Some(id) => Err(bad(&format!("there is no agent {id}"))),
        None => Ok(found),
    }
}

/// Converts a number of rows to the type of the API.
fn total(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn length(hosts: usize) -> Duration {
    (LEAST + EACH.saturating_mul(number(hosts))).min(MOST)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Deserializes the body of a call. The gateway has already validated it against the document.
fn body<T: DeserializeOwned>(call: &Call) -> Result<T, Answer> {
    serde_json::from_value(call.body.clone()).map_err(|error| bad(&error.to_string()))
}

fn bad(description: &str) -> Answer {
    Answer::refused("HSS.0001", "a parameter is wrong", description)
}
