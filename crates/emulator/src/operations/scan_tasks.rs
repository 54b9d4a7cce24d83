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

use super::call::{Call, total};
use crate::response::Response;
use crate::state::progress::{Page, Status};
use crate::state::{Hosts, State, Task};

/// Minimum duration of a scan, additional duration for each server, and maximum duration. They are short, so that a
/// user can watch the progress.
const MIN_DURATION: Duration = Duration::from_secs(20);
const DURATION_PER_SERVER: Duration = Duration::from_millis(100);
const MAX_DURATION: Duration = Duration::from_secs(600);

/// `ListVulScanTask`.
pub(super) fn list(state: &State, call: &Call) -> Response {
    let from = call.number::<i64>("min_start_time").unwrap_or(i64::MIN);
    let to = call.number::<i64>("max_start_time").unwrap_or(i64::MAX);
    let matches_filters = |task: &Arc<Task>| {
        call.text("task_id").is_none_or(|id| task.id() == Some(id))
            && call.text("scan_type").is_none_or(|kind| task.scan_type() == Some(kind))
            && task.start_time().is_none_or(|time| (from..=to).contains(&time))
    };
    let tasks: Vec<_> = state.tasks(call.view).filter(matches_filters).collect();
    let Page { offset, limit } = call.page();
    let mut page = ListVulScanTaskResponse::default();
    page.total_num = total(tasks.len());
    let infos = tasks.into_iter().skip(offset).take(limit).map(|task| task.info(call.view, call.elapsed));
    page.data_list = Some(infos.collect());
    Response::json(call.operation.success.status, &page)
}

/// `ListVulScanTaskHost`.
pub(super) fn list_hosts(state: &State, call: &Call) -> Response {
    let id = call.text("task_id").unwrap_or_default();
    let Some(task) = state.task(id, call.view) else {
        return Response::no_task(id);
    };
    let filter = call.text("scan_status").and_then(Status::from_name);
    let (count, hosts) = state.task_hosts(&task, call.view, call.elapsed, filter, call.page());
    let mut page = ListVulScanTaskHostResponse::default();
    page.total_num = total(count);
    page.data_list = Some(hosts);
    Response::json(call.operation.success.status, &page)
}

/// `CreateVulnerabilityScanTask`.
pub(super) fn start(state: &State, call: &Call) -> Response {
    let requested: ManualVulScanRequestInfo = match call.body() {
        Ok(requested) => requested,
        Err(response) => return response,
    };
    let hosts = match chosen(state, call, requested.range_type, &requested.agent_id_list) {
        Ok(hosts) => hosts,
        Err(response) => return response,
    };
    let count: u32 = hosts.iter().map(|(.., count)| count).sum();
    if count == 0 {
        return Response::invalid("there are no servers to scan");
    }
    let mut types: Vec<VulType> = Vec::new();
    for requested in requested.manual_scan_type {
        let requested = VulType::from(requested.to_string().as_str());
        if !types.contains(&requested) {
            types.push(requested);
        }
    }
    let task = Task::started(state.next_task(), state.fleet(), types, hosts, call.elapsed, length(count as usize));
    let mut response = CreateVulnerabilityScanTaskResponse::default();
    response.task_id = task.id().map(str::to_owned);
    if !state.add(task, call.elapsed) {
        return Response::refused("HSS.0001", "too many scans are running", "wait for some of them to end");
    }
    Response::json(call.operation.success.status, &response)
}

/// `RecreateVulScanTask`.
pub(super) fn repeat(state: &State, call: &Call) -> Response {
    let requested: RescanVulScanTaskRequestInfo = match call.body() {
        Ok(requested) => requested,
        Err(response) => return response,
    };
    let id = call.text("task_id").unwrap_or_default();
    let Some(task) = state.task(id, call.view) else {
        return Response::no_task(id);
    };
    let chosen: Option<HashSet<String>> = match requested.range_type {
        RescanRangeType::SpecificHost if requested.host_ids.is_empty() => {
            return Response::invalid("host_ids is missing");
        }
        RescanRangeType::SpecificHost => Some(requested.host_ids.into_iter().collect()),
        _ => None,
    };
    let id_of = |place: usize| {
        let documented = task.documented().get(place).and_then(|row: &VulScanTaskHostInfo| row.host_id.clone());
        documented.or_else(|| state.fleet().host(place).info().host_id.clone()).unwrap_or_default()
    };
    let is_chosen = |place: usize| chosen.as_ref().is_none_or(|ids| ids.contains(&id_of(place)));
    if task.rescan(state.fleet(), call.view, call.elapsed, is_chosen, length) == 0 {
        return Response::invalid("there is no server of that task on which the scan failed");
    }
    Response::empty(call.operation.success.status)
}

/// `ShowVulScanTaskEstimatedTime`. The result is in minutes, as in the tasks.
pub(super) fn estimate(state: &State, call: &Call) -> Response {
    let requested: ShowVulScanTaskEstimatedTimeRequestInfo = match call.body() {
        Ok(requested) => requested,
        Err(response) => return response,
    };
    let range = requested.range_type.unwrap_or(ScanRangeType::AllHost);
    let hosts = match chosen(state, call, range, &requested.agent_ids) {
        Ok(hosts) => hosts,
        Err(response) => return response,
    };
    let count: u32 = hosts.iter().map(|(.., count)| count).sum();
    let minutes = length(count as usize).as_secs().div_ceil(60);
    let mut response = ShowVulScanTaskEstimatedTimeResponse::default();
    response.queue_time = Some(0);
    response.run_time = i64::try_from(minutes).ok();
    response.total_time = i32::try_from(minutes).ok();
    Response::json(call.operation.success.status, &response)
}

/// `ShowVulTaskStatistics`. Every finished task counts as unread, because the emulator has no console.
pub(super) fn count(state: &State, call: &Call) -> Response {
    let finished = state.tasks(call.view).filter(|task| !task.is_running(call.elapsed)).count();
    let mut response = ShowVulTaskStatisticsResponse::default();
    response.unread_task_num = i32::try_from(finished).ok();
    Response::json(call.operation.success.status, &response)
}

/// Returns the selected servers by enterprise project, with their number.
fn chosen(
    state: &State,
    call: &Call,
    range: ScanRangeType,
    agents: &[String],
) -> Result<Vec<(usize, Hosts, u32)>, Response> {
    let fleet = state.fleet();
    let visible = fleet.parts().iter().enumerate().filter(|(part, _)| call.view.sees(*part));
    if range == ScanRangeType::AllHost {
        let all = visible.map(|(part, places)| (part, Hosts::From(places.start), number(places.len())));
        return Ok(all.filter(|(.., count)| *count > 0).collect());
    }
    if agents.is_empty() {
        return Err(Response::invalid("the ids of agents are missing"));
    }
    // The agent of a server is known only after generating the server. Therefore, all of them are generated, one by
    // one.
    let mut left: HashSet<&str> = agents.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    for (part, places) in visible {
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
        Some(id) => Err(Response::invalid(&format!("there is no agent {id}"))),
        None => Ok(found),
    }
}

fn length(hosts: usize) -> Duration {
    (MIN_DURATION + DURATION_PER_SERVER.saturating_mul(number(hosts))).min(MAX_DURATION)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
