//! A scan task: its servers, its progress and its description in the API.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hss_client::models::{ScanTaskStatus, ScanType, VulScanTaskHostInfo, VulScanTaskInfo, VulType};

use super::START;
use super::enterprise_projects::View;
use super::fleet::Fleet;
use super::progress::{Page, Scan, Status, reported_at};
use super::random::Random;

/// A scan task.
#[derive(Debug)]
pub(crate) struct Task {
    /// The description, without the parts that are derived from the state of the servers.
    pub(super) info: VulScanTaskInfo,
    pub(super) random: Random,
    pub(super) parts: Vec<Part>,
    /// The end of the task, as time since the emulator started. `None` if it ended before the start.
    pub(super) ends: Mutex<Option<Duration>>,
    /// Rows at the beginning of the list, in place of servers derived from the seed.
    pub(super) documented: Vec<VulScanTaskHostInfo>,
}

/// The servers of a task in one enterprise project.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) enterprise_project: usize,
    pub(super) hosts: Hosts,
    pub(super) scan: Mutex<Scan>,
}

/// Servers by their places in the fleet.
#[derive(Debug)]
pub(crate) enum Hosts {
    /// Consecutive servers, from this place on.
    From(usize),
    /// The servers at these places.
    These(Vec<usize>),
}

impl Hosts {
    pub(super) fn place(&self, index: usize) -> usize {
        match self {
            Self::From(first) => first + index,
            // Each index has a state, and only such indices are requested.
            Self::These(places) => places.get(index).copied().unwrap_or_default(),
        }
    }
}

impl Task {
    /// Returns the enterprise projects of a view, each with its scan advanced to `elapsed`.
    pub(super) fn scans(&self, view: View, elapsed: Duration) -> impl Iterator<Item = (&Part, MutexGuard<'_, Scan>)> {
        self.parts.iter().filter(move |part| view.sees(part.enterprise_project)).map(move |part| {
            let mut scan = part.scan.lock().unwrap_or_else(PoisonError::into_inner);
            scan.advance(elapsed);
            (part, scan)
        })
    }

    /// Returns the description of the task in a view, `elapsed` after the start of the emulator.
    pub(crate) fn info(&self, view: View, elapsed: Duration) -> VulScanTaskInfo {
        let mut counts = [0; 3];
        for (_, scan) in self.scans(view, elapsed) {
            for (sum, status) in counts.iter_mut().zip(Status::ALL) {
                *sum += scan.count(Some(status));
            }
        }
        let [scanning, success, failed] = counts.map(|count| Some(i32::try_from(count).unwrap_or(i32::MAX)));
        let mut info = self.info.clone();
        info.scanning_host_num = scanning;
        info.success_host_num = success;
        info.failed_host_num = failed;
        let Some(ends) = self.ends() else { return info };
        // A task is finished when all of its servers are, including those outside of the view.
        match ends.checked_sub(elapsed).filter(|left| !left.is_zero()) {
            Some(left) => {
                info.status = Some(ScanTaskStatus::Running);
                info.end_time = None;
                info.estimated_time = Some(i32::try_from(left.as_secs().div_ceil(60)).unwrap_or(i32::MAX));
            }
            None => {
                info.status = Some(ScanTaskStatus::Finished);
                info.end_time = Some(moment(ends));
                info.estimated_time = Some(0);
            }
        }
        info
    }

    /// Creates a manual scan of these servers of each enterprise project, which starts now and takes `length`.
    pub(crate) fn started(
        random: Random,
        fleet: &Fleet,
        types: Vec<VulType>,
        hosts: Vec<(usize, Hosts, u32)>,
        elapsed: Duration,
        length: Duration,
    ) -> Self {
        let mut info = VulScanTaskInfo::default();
        info.id = Some(random.branch(1).hexadecimal());
        info.scan_type = Some(ScanType::Manual);
        info.start_time = Some(moment(elapsed));
        let part = |(enterprise_project, hosts, count): (usize, Hosts, u32)| {
            let random = random.branch(3 + enterprise_project as u64);
            let cannot = |index: usize| fleet.is_out_of_reach(hosts.place(index), &types);
            let scan = Scan::start(random, count, elapsed, length, cannot);
            Part { enterprise_project, hosts, scan: Mutex::new(scan) }
        };
        let parts = hosts.into_iter().map(part).collect();
        info.scan_vul_types = Some(types);
        Self {
            info,
            random: random.branch(2),
            parts,
            ends: Mutex::new(Some(reported_at(elapsed + length))),
            documented: Vec::new(),
        }
    }

    /// Repeats the scan on the failed servers for whose place `is_chosen` returns `true`. Returns their number.
    pub(crate) fn rescan(
        &self,
        fleet: &Fleet,
        view: View,
        elapsed: Duration,
        mut is_chosen: impl FnMut(usize) -> bool,
        length: impl Fn(usize) -> Duration,
    ) -> usize {
        let (mut count, mut last) = (0, None);
        for (part, mut scan) in self.scans(view, elapsed) {
            let failed = scan.page(Some(Status::Failed), Page { offset: 0, limit: usize::MAX });
            let indices = failed.into_iter().map(|(index, _)| index);
            let chosen: Vec<_> = indices.filter(|index| is_chosen(part.hosts.place(*index))).collect();
            if chosen.is_empty() {
                continue;
            }
            let length = length(chosen.len());
            // A repetition at a different time gives different outcomes.
            let random = self.random.branch(u64::MAX - part.enterprise_project as u64).branch(elapsed.as_secs());
            let types = self.info.scan_vul_types.as_deref().unwrap_or_default();
            let cannot = |index: usize| fleet.is_out_of_reach(part.hosts.place(index), types);
            scan.repeat(random, &chosen, elapsed, length, cannot);
            count += chosen.len();
            last = last.max(Some(reported_at(elapsed + length)));
        }
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        *ends = (*ends).max(last);
        count
    }

    /// Returns the rows at the beginning of the list that are those of the document.
    pub(crate) fn documented(&self) -> &[VulScanTaskHostInfo] {
        &self.documented
    }

    pub(super) fn ends(&self) -> Option<Duration> {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_running(&self, elapsed: Duration) -> bool {
        self.ends().is_some_and(|ends| ends > elapsed)
    }

    /// Returns the number of servers in all enterprise projects.
    pub(super) fn size(&self) -> usize {
        let count = |part: &Part| part.scan.lock().unwrap_or_else(PoisonError::into_inner).count(None);
        self.parts.iter().map(count).sum()
    }

    pub(crate) fn id(&self) -> Option<&str> {
        self.info.id.as_deref()
    }

    pub(crate) fn start_time(&self) -> Option<i64> {
        self.info.start_time
    }

    pub(crate) fn scan_type(&self) -> Option<&str> {
        self.info.scan_type.as_ref().map(ScanType::as_str)
    }
}

/// Converts a time since the emulator started to the emulator's calendar, in milliseconds.
pub(crate) fn moment(elapsed: Duration) -> i64 {
    START + i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX - START)
}
