//! What the emulated service knows: scan tasks, and through them servers.

use hss_client::models::{
    ListVulScanTaskHostResponse, ListVulScanTaskResponse, ScanTaskStatus, ScanType, VulScanTaskHostInfo,
    VulScanTaskInfo, VulType,
};
use hss_client::{Operation, operations};
use serde::de::DeserializeOwned;

use crate::hosts::Host;
use crate::random::{Random, branches};
use crate::scan::{Page, Scan, Status};

/// The scan task of the API manual's example. Filtered by `failed`, its servers are that example.
pub const DOCUMENTED_TASK: &str = "2b31ed520xxxxxxebedb6e57xxxxxxxx";

/// Midnight at the beginning of 2024-11-26, the emulator's today, in milliseconds since 1970-01-01 UTC. Its clock
/// stands still, so that what it answers never depends on when.
const MIDNIGHT: i64 = 1_732_579_200_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// The most servers of any task but the newest.
const OLDER_TASK_HOSTS: u32 = 500;

/// Everything that is the same for all callers. Any project and enterprise project sees all of it.
#[derive(Debug)]
pub(crate) struct State {
    hosts: Random,
    /// Newest first.
    tasks: Vec<Task>,
}

/// A scan task.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) info: VulScanTaskInfo,
    random: Random,
    scan: Scan,
    /// Rows that stand at the beginning of its list instead of servers made from the seed.
    documented: Vec<VulScanTaskHostInfo>,
}

impl State {
    /// The state of that seed, whose newest task covers so many servers.
    ///
    /// # Errors
    ///
    /// A sentence, if the examples of the document do not hold the documented task.
    pub(crate) fn new(random: Random, hosts: u32) -> Result<Self, String> {
        let ids = random.branch(branches::TASKS);
        let mut tasks = vec![documented_task(ids.branch(0))?];
        tasks.push(Plan { start: MIDNIGHT + 3 * HOUR, hosts, is_manual: true, is_running: false }.task(ids.branch(1)));
        // Each night's scan by the policy; every fourth was started by hand. The last one still runs.
        for night in 0..10 {
            tasks.push(
                Plan {
                    start: MIDNIGHT + 2 * HOUR - i64::from(night) * 24 * HOUR,
                    hosts: (hosts / (night + 2)).min(OLDER_TASK_HOSTS),
                    is_manual: night % 4 == 3,
                    is_running: night == 0,
                }
                .task(ids.branch(2 + u64::from(night))),
            );
        }
        tasks.sort_by_key(|task| std::cmp::Reverse(task.info.start_time));
        Ok(Self { hosts: random.branch(branches::HOSTS), tasks })
    }

    /// All tasks, newest first.
    pub(crate) fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// The task of that id.
    pub(crate) fn task(&self, id: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.info.id.as_deref() == Some(id))
    }

    /// One page of the servers of a task, in that state or in any, and how many there are on all pages.
    pub(crate) fn task_hosts(
        &self,
        task: &Task,
        filter: Option<Status>,
        page: Page,
    ) -> (usize, Vec<VulScanTaskHostInfo>) {
        let types = task.info.scan_vul_types.as_deref().unwrap_or_default();
        let row = |(place, status): (usize, Status)| match task.documented.get(place) {
            Some(row) => row.clone(),
            None => Host::new(self.hosts, place).scanned(task.random.branch(place as u64), types, status),
        };
        (task.scan.count(filter), task.scan.page(filter, page).into_iter().map(row).collect())
    }
}

/// What a task is made from, besides chance.
struct Plan {
    start: i64,
    hosts: u32,
    is_manual: bool,
    is_running: bool,
}

impl Plan {
    fn task(self, random: Random) -> Task {
        let scan = Scan::draw(random.branch(0), self.hosts, self.is_running);
        let mut types = vec![VulType::LinuxVul, VulType::WindowsVul, VulType::WebCms, VulType::AppVul];
        // A policy cannot scan for vulnerabilities just disclosed.
        types.extend(self.is_manual.then_some(VulType::UrgentVul));
        let minutes = 5 + i64::from(self.hosts / 50);
        let mut info = VulScanTaskInfo::default();
        info.id = Some(random.branch(1).hexadecimal());
        info.scan_type = Some(if self.is_manual { ScanType::Manual } else { ScanType::Schedule });
        info.start_time = Some(self.start);
        info.end_time = (!self.is_running).then_some(self.start + minutes * MINUTE);
        info.scan_vul_types = Some(types);
        info.status = Some(if self.is_running { ScanTaskStatus::Running } else { ScanTaskStatus::Finished });
        info.scanning_host_num = Some(number(scan.count(Some(Status::Scanning))));
        info.success_host_num = Some(number(scan.count(Some(Status::Success))));
        info.failed_host_num = Some(number(scan.count(Some(Status::Failed))));
        // The manual gives no unit; minutes are what the console shows.
        info.estimated_time = Some(if self.is_running { i32::try_from(minutes).unwrap_or(i32::MAX) } else { 0 });
        Task { info, random: random.branch(2), scan, documented: Vec::new() }
    }
}

/// The task of the documented examples: the servers that are documented, then as many others as its counts ask for.
fn documented_task(random: Random) -> Result<Task, String> {
    let tasks: ListVulScanTaskResponse = sample(&operations::LIST_VUL_SCAN_TASK)?;
    let info = tasks
        .data_list
        .unwrap_or_default()
        .into_iter()
        .find(|task| task.id.as_deref() == Some(DOCUMENTED_TASK))
        .ok_or_else(|| format!("the example of ListVulScanTask has no task {DOCUMENTED_TASK}"))?;
    let hosts: ListVulScanTaskHostResponse = sample(&operations::LIST_VUL_SCAN_TASK_HOST)?;
    let documented = hosts.data_list.unwrap_or_default();
    let mut statuses = documented
        .iter()
        .map(|row| row.scan_status.as_ref().and_then(|status| Status::from_name(status.as_str())))
        .collect::<Option<Vec<_>>>()
        .ok_or("the example of ListVulScanTaskHost has a server without a known scan_status")?;
    for (status, count) in [
        (Status::Scanning, info.scanning_host_num),
        (Status::Success, info.success_host_num),
        (Status::Failed, info.failed_host_num),
    ] {
        let wanted = usize::try_from(count.unwrap_or_default()).unwrap_or_default();
        let present = statuses.iter().filter(|present| **present == status).count();
        statuses.extend(std::iter::repeat_n(status, wanted.saturating_sub(present)));
    }
    Ok(Task { info, random, scan: Scan::new(statuses), documented })
}

/// The documented answer of an operation.
fn sample<T: DeserializeOwned>(operation: &Operation) -> Result<T, String> {
    serde_json::from_str(operation.success.sample.unwrap_or_default())
        .map_err(|error| format!("the example of {} is not of its schema: {error}", operation.id))
}

/// A count as the API has it.
fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_task_covers_all_servers_and_is_finished() {
        for hosts in [0, 1, 30, 20_000] {
            let state = State::new(Random::seeded(1), hosts).unwrap();
            let newest = &state.tasks()[0];
            assert_eq!(newest.scan.count(None), hosts as usize);
            assert_eq!(newest.info.status, Some(ScanTaskStatus::Finished));
            assert!(state.tasks().is_sorted_by_key(|task| std::cmp::Reverse(task.info.start_time)));
            assert_eq!(state.tasks().iter().filter(|t| t.info.status == Some(ScanTaskStatus::Running)).count(), 1);
        }
    }

    #[test]
    fn task_ids_differ() {
        let state = State::new(Random::seeded(1), 30).unwrap();
        let mut ids: Vec<_> = state.tasks().iter().map(|task| task.info.id.clone().unwrap()).collect();
        assert!(ids.iter().all(|id| id.len() == 32));
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 12);
    }
}
