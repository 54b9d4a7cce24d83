//! The initial tasks: that of the document, and those derived from the seed.

use std::sync::Mutex;
use std::time::Duration;

use hss_client::models::{
    ListVulScanTaskHostResponse, ListVulScanTaskResponse, ScanTaskStatus, ScanType, VulScanTaskInfo, VulType,
};
use hss_client::{Operation, operations};
use serde::de::DeserializeOwned;

use super::progress::{Scan, Status};
use super::random::Random;
use super::tasks::{Hosts, Part, Task};
use super::{DOCUMENTED_TASK, HOUR, MIDNIGHT, MINUTE};

/// Maximum number of servers of any task except the newest.
const OLDER_TASK_HOSTS: u32 = 500;

/// Returns all initial tasks, newest first. The default enterprise project has `hosts` servers.
///
/// # Errors
///
/// Returns a message if the examples of the document do not contain the documented task.
pub(super) fn tasks(ids: Random, hosts: u32) -> Result<Vec<Task>, String> {
    let mut tasks = vec![documented_task(ids.branch(0))?];
    tasks.push(
        Plan { start: MIDNIGHT + 3 * HOUR, parts: vec![hosts], is_manual: true, is_running: false }
            .task(ids.branch(1), hosts),
    );
    // The policy scans some servers of each enterprise project every night. Every fourth task was started manually
    // instead. The last one is still running.
    for night in 0..10 {
        let some = (hosts / (night + 2)).min(OLDER_TASK_HOSTS);
        tasks.push(
            Plan {
                start: MIDNIGHT + 2 * HOUR - i64::from(night) * 24 * HOUR,
                parts: vec![some, some / 4, some / 8],
                is_manual: night % 4 == 3,
                is_running: night == 0,
            }
            .task(ids.branch(2 + u64::from(night)), hosts),
        );
    }
    tasks.sort_by_key(|task| std::cmp::Reverse(task.info.start_time));
    Ok(tasks)
}

/// Returns the place of the first server of each enterprise project. The default one has `hosts` servers, the next one
/// a quarter as many, and the last one an eighth as many.
pub(super) fn firsts(hosts: u32) -> [usize; 3] {
    let hosts = hosts as usize;
    [0, hosts, hosts + hosts / 4]
}

/// The parameters of a task, apart from random values.
struct Plan {
    start: i64,
    /// Number of servers of each enterprise project.
    parts: Vec<u32>,
    is_manual: bool,
    is_running: bool,
}

impl Plan {
    /// Creates the task. The default enterprise project has `hosts` servers.
    fn task(self, random: Random, hosts: u32) -> Task {
        let mut types = vec![VulType::LinuxVul, VulType::WindowsVul, VulType::WebCms, VulType::AppVul];
        // A policy cannot scan for newly disclosed vulnerabilities.
        types.extend(self.is_manual.then_some(VulType::UrgentVul));
        // Limited for any number of servers: a finished task of this morning must end before the emulator starts.
        let minutes = 5 + i64::from((self.parts.first().unwrap_or(&0) / 50).min(50));
        let remaining = self.is_running.then(|| Duration::from_secs(60 * minutes.unsigned_abs()));
        // The servers of each enterprise project follow those of the previous one.
        let part = |(enterprise_project, (hosts, first)): (usize, (u32, usize))| {
            // The branch of the default one is unchanged since it was the only enterprise project.
            let random =
                if enterprise_project == 0 { random.branch(0) } else { random.branch(2 + enterprise_project as u64) };
            let scan = Mutex::new(Scan::draw(random, hosts, remaining));
            Part { enterprise_project, hosts: Hosts::From(first), scan }
        };
        let mut info = VulScanTaskInfo::default();
        info.id = Some(random.branch(1).hexadecimal());
        info.scan_type = Some(if self.is_manual { ScanType::Manual } else { ScanType::Schedule });
        info.start_time = Some(self.start);
        info.end_time = (!self.is_running).then_some(self.start + minutes * MINUTE);
        info.scan_vul_types = Some(types);
        info.status = Some(ScanTaskStatus::Finished);
        // The manual gives no unit; minutes are what the console shows.
        info.estimated_time = Some(0);
        let parts = self.parts.into_iter().zip(firsts(hosts)).enumerate().map(part).collect();
        Task { info, random: random.branch(2), parts, ends: Mutex::new(remaining), documented: Vec::new() }
    }
}

/// Creates the task of the documented examples: first the documented servers, then others until the counts match.
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
        let expected_count = usize::try_from(count.unwrap_or_default()).unwrap_or_default();
        let present = statuses.iter().filter(|present| **present == status).count();
        statuses.extend(std::iter::repeat_n(status, expected_count.saturating_sub(present)));
    }
    let scan = Mutex::new(Scan::new(statuses));
    let parts = vec![Part { enterprise_project: 0, hosts: Hosts::From(0), scan }];
    Ok(Task { info, random, parts, ends: Mutex::new(None), documented })
}

/// Parses the documented response of an operation.
fn sample<T: DeserializeOwned>(operation: &Operation) -> Result<T, String> {
    serde_json::from_str(operation.success.sample.unwrap_or_default())
        .map_err(|error| format!("the example of {} does not match its schema: {error}", operation.id))
}
