//! The state of the emulated service: servers, their vulnerabilities, scan tasks and what callers started.

pub(crate) mod enterprise_projects;
pub(crate) mod exports;
pub(crate) mod findings;
pub(crate) mod fleet;
pub(crate) mod handling;
pub(crate) mod host_groups;
mod plan;
pub(crate) mod progress;
pub(crate) mod random;
pub(crate) mod scan_policy;
mod tasks;
pub(crate) mod vulnerabilities;
pub(crate) mod white_list;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use hss_client::models::VulScanTaskHostInfo;
use hss_client::operations::ALL;
use serde_json::Value;

use self::enterprise_projects::{EnterpriseProjects, View};
use self::exports::Exports;
use self::findings::Findings;
use self::fleet::Fleet;
use self::handling::Handling;
use self::host_groups::HostGroups;
use self::plan::firsts;
use self::progress::{Page, Status};
use self::random::{Random, branches};
use self::scan_policy::ScanPolicy;
use self::vulnerabilities::Vulnerabilities;
use self::white_list::WhiteList;

pub(crate) use self::tasks::{Hosts, Task, moment};

/// The id of the scan task in the API manual's example. Filtered by `failed`, its servers are those of the example.
pub const DOCUMENTED_TASK: &str = "2b31ed520xxxxxxebedb6e57xxxxxxxx";

/// Midnight at the beginning of 2024-11-26, in milliseconds since 1970-01-01 UTC.
///
/// The emulator's calendar always begins on this day, so that responses do not depend on the date of the run.
const MIDNIGHT: i64 = 1_732_579_200_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
/// The time of that day at which the emulator starts.
const START: i64 = MIDNIGHT + 4 * HOUR;
/// The time of the last vulnerability scan.
pub(crate) const SCANNED_AT: i64 = MIDNIGHT + 3 * HOUR;
/// The time at which the vulnerability library was updated.
pub(crate) const LIBRARY_UPDATED_AT: i64 = MIDNIGHT + HOUR;
/// Maximum number of tasks, and maximum number of servers of all tasks together.
const MAX_TASKS: usize = 112;
const MAX_SCANS: usize = 4_000_000;
/// Random branches below this number are used for the initial tasks.
const FIRST_STARTED: u64 = 1_000;

/// The state that all callers share, in any project.
#[derive(Debug)]
pub(crate) struct State {
    fleet: Fleet,
    host_groups: HostGroups,
    vulnerabilities: Vulnerabilities,
    handling: Handling,
    white_list: WhiteList,
    scan_policy: ScanPolicy,
    exports: Exports,
    /// The branch for ids of quotas.
    quotas: Random,
    enterprise_projects: EnterpriseProjects,
    /// The ids of the servers in the examples of the document. Collected at the first request that needs them.
    documented_hosts: OnceLock<HashSet<String>>,
    /// Newest first.
    tasks: RwLock<Vec<Arc<Task>>>,
    /// Number of tasks that callers have started.
    started: AtomicU64,
    random: Random,
}

impl State {
    /// Creates the state of a seed. Its newest task covers `hosts` servers.
    ///
    /// # Errors
    ///
    /// Returns a message if the examples of the document do not contain the documented task.
    pub(crate) fn new(random: Random, hosts: u32) -> Result<Self, String> {
        let ids = random.branch(branches::TASKS);
        let tasks = plan::tasks(ids, hosts)?;
        let enterprise_projects = EnterpriseProjects::new(random.branch(branches::ENTERPRISE_PROJECTS));
        let ends = firsts(hosts);
        let parts = vec![ends[0]..ends[1], ends[1]..ends[2], ends[2]..ends[2] + hosts as usize / 8];
        let fleet = Fleet::new(random.branch(branches::HOSTS), parts);
        let tasks = RwLock::new(tasks.into_iter().map(Arc::new).collect());
        Ok(Self {
            fleet,
            host_groups: HostGroups::new(random.branch(branches::HOST_GROUPS)),
            vulnerabilities: Vulnerabilities::default(),
            handling: Handling::new(random.branch(branches::HANDLING)),
            white_list: WhiteList::new(random.branch(branches::WHITE_LIST)),
            scan_policy: ScanPolicy::default(),
            exports: Exports::new(random.branch(branches::EXPORTS)),
            quotas: random.branch(branches::QUOTAS),
            enterprise_projects,
            documented_hosts: OnceLock::new(),
            tasks,
            started: AtomicU64::new(0),
            random: ids,
        })
    }

    pub(crate) fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Returns the number of servers in a view.
    pub(crate) fn server_count(&self, view: View) -> usize {
        let visible = self.fleet.parts().iter().enumerate().filter(|(part, _)| view.sees(*part));
        visible.map(|(_, places)| places.len()).sum()
    }

    pub(crate) fn host_groups(&self) -> &HostGroups {
        &self.host_groups
    }

    pub(crate) fn handling(&self) -> &Handling {
        &self.handling
    }

    pub(crate) fn white_list(&self) -> &WhiteList {
        &self.white_list
    }

    pub(crate) fn scan_policy(&self) -> &ScanPolicy {
        &self.scan_policy
    }

    pub(crate) fn exports(&self) -> &Exports {
        &self.exports
    }

    /// Returns the id of the quota for the server at that place.
    pub(crate) fn quota_id(&self, place: usize) -> String {
        self.quotas.branch(place as u64).uuid()
    }

    /// Returns the vulnerabilities of the servers in a view, at a time.
    pub(crate) fn findings(&self, view: View, elapsed: Duration) -> Findings<'_> {
        let index = self.vulnerabilities.index(&self.fleet);
        Findings::new(&self.fleet, index, self.handling.reader(elapsed), view)
    }

    /// Returns whether this is the id of a server in the examples of the document. They are no servers of the seed.
    /// Operations accept them, so that the examples can be tried.
    pub(crate) fn is_documented_host(&self, id: &str) -> bool {
        self.documented_hosts.get_or_init(documented_hosts).contains(id)
    }

    pub(crate) fn enterprise_projects(&self) -> &EnterpriseProjects {
        &self.enterprise_projects
    }

    /// Returns the places of the servers with these ids in a view. Those in the examples of the document have none.
    ///
    /// # Errors
    ///
    /// Returns the first id that has no server.
    pub(crate) fn chosen<'a>(&self, ids: BTreeSet<&'a str>, view: View) -> Result<HashMap<&'a str, usize>, &'a str> {
        let found = self.fleet.places_of(ids.iter().copied(), view);
        let is_unknown = |id: &&str| !found.contains_key(id) && !self.is_documented_host(id);
        match ids.into_iter().find(is_unknown) {
            Some(id) => Err(id),
            None => Ok(found),
        }
    }

    /// Returns all tasks of a view, newest first.
    pub(crate) fn tasks(&self, view: View) -> impl Iterator<Item = Arc<Task>> {
        let tasks = self.tasks.read().unwrap_or_else(PoisonError::into_inner).clone();
        tasks.into_iter().filter(move |task| task.parts.iter().any(|part| view.sees(part.enterprise_project)))
    }

    /// Returns the task with this id.
    pub(crate) fn task(&self, id: &str, view: View) -> Option<Arc<Task>> {
        self.tasks(view).find(|task| task.info.id.as_deref() == Some(id))
    }

    /// Returns the random branch for the next task.
    pub(crate) fn next_task(&self) -> Random {
        self.random.branch(FIRST_STARTED + self.started.fetch_add(1, Ordering::Relaxed))
    }

    /// Adds a task that has just started. Returns `false` if a limit is reached.
    pub(crate) fn add(&self, task: Task, elapsed: Duration) -> bool {
        let mut tasks = self.tasks.write().unwrap_or_else(PoisonError::into_inner);
        let servers = |tasks: &[Arc<Task>]| tasks.iter().map(|task| task.size()).sum::<usize>();
        while tasks.len() >= MAX_TASKS || servers(&tasks) + task.size() > MAX_SCANS {
            // Remove the oldest finished task that a caller started.
            let is_done = |task: &Arc<Task>| task.start_time() >= Some(START) && !task.is_running(elapsed);
            match tasks.iter().rposition(is_done) {
                Some(oldest) => drop(tasks.remove(oldest)),
                None => return false,
            }
        }
        tasks.insert(0, Arc::new(task));
        true
    }

    /// Returns one page of the servers of a task, filtered by status if given, and the total number on all pages.
    pub(crate) fn task_hosts(
        &self,
        task: &Task,
        view: View,
        elapsed: Duration,
        filter: Option<Status>,
        Page { mut offset, limit }: Page,
    ) -> (usize, Vec<VulScanTaskHostInfo>) {
        let types = task.info.scan_vul_types.as_deref().unwrap_or_default();
        let (mut total, mut rows) = (0, Vec::new());
        for (part, scan) in task.scans(view, elapsed) {
            let count = scan.count(filter);
            total += count;
            let page = scan.page(filter, Page { offset, limit: limit.saturating_sub(rows.len()) });
            // Other callers need not wait while the rows are built.
            drop(scan);
            rows.extend(page.into_iter().map(|(place, status)| match task.documented.get(place) {
                Some(row) => row.clone(),
                None => {
                    let place = part.hosts.place(place);
                    self.fleet.host(place).scanned(task.random.branch(place as u64), types, status)
                }
            }));
            offset = offset.saturating_sub(count);
        }
        (total, rows)
    }
}

/// Returns the ids of the servers in the examples of the document.
fn documented_hosts() -> HashSet<String> {
    fn collect(value: &Value, is_id: bool, ids: &mut HashSet<String>) {
        match value {
            Value::String(id) if is_id => {
                ids.insert(id.clone());
            }
            Value::Array(values) => values.iter().for_each(|value| collect(value, is_id, ids)),
            Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                collect(value, matches!(name.as_str(), "host_id" | "host_ids" | "host_id_list"), ids);
            }),
            _ => {}
        }
    }
    let samples = ALL
        .iter()
        .flat_map(|operation| operation.success.sample.into_iter().chain(operation.body.map(|body| body.sample)));
    let mut ids = HashSet::new();
    for sample in samples.filter_map(|sample| serde_json::from_str(sample).ok()) {
        collect(&sample, false, &mut ids);
    }
    ids
}

/// Returns whether both times since the emulator started are on the same day of its calendar, in UTC.
pub(crate) fn is_same_day(one: Duration, other: Duration) -> bool {
    moment(one).div_euclid(DAY) == moment(other).div_euclid(DAY)
}

#[cfg(test)]
mod tests {
    use hss_client::models::{ScanTaskStatus, VulScanTaskInfo};

    use super::*;

    const NOW: Duration = Duration::ZERO;
    const ALL: Page = Page { offset: 0, limit: usize::MAX };

    fn counts(info: &VulScanTaskInfo) -> [i32; 3] {
        [info.scanning_host_num, info.success_host_num, info.failed_host_num].map(Option::unwrap)
    }

    #[test]
    fn the_newest_task_is_finished_and_covers_all_servers_in_every_view() {
        for hosts in [0, 1, 30, 20_000] {
            let state = State::new(Random::seeded(1), hosts).unwrap();
            for view in [View::One(0), View::All] {
                let infos: Vec<_> = state.tasks(view).map(|task| task.info(view, NOW)).collect();
                assert_eq!(counts(&infos[0]).iter().sum::<i32>(), i32::try_from(hosts).unwrap());
                assert_eq!(infos[0].status, Some(ScanTaskStatus::Finished));
                assert!(infos.iter().all(|info| info.end_time.is_none_or(|end| end <= START)), "{hosts}");
                assert!(infos.is_sorted_by_key(|info| std::cmp::Reverse(info.start_time)));
                assert_eq!(infos.iter().filter(|info| info.status == Some(ScanTaskStatus::Running)).count(), 1);
            }
        }
    }

    #[test]
    fn task_ids_differ() {
        let state = State::new(Random::seeded(1), 30).unwrap();
        let mut ids: Vec<_> = state.tasks(View::All).map(|task| task.id().unwrap().to_owned()).collect();
        assert!(ids.iter().all(|id| id.len() == 32));
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 12);
    }

    #[test]
    fn counts_equal_the_listed_servers_in_every_view_at_any_time() {
        let state = State::new(Random::seeded(5), 2_000).unwrap();
        for minutes in [0, 1, 7, 14, 15, 60] {
            let elapsed = Duration::from_secs(60 * minutes);
            for view in [View::One(0), View::One(1), View::One(2), View::All] {
                for task in state.tasks(view) {
                    let info = task.info(view, elapsed);
                    let mut ids = HashSet::new();
                    for (status, count) in Status::ALL.into_iter().zip(counts(&info)) {
                        let (total, rows) = state.task_hosts(&task, view, elapsed, Some(status), ALL);
                        assert_eq!(
                            (total, rows.len()),
                            (usize::try_from(count).unwrap(), total),
                            "{view:?} {elapsed:?}"
                        );
                        ids.extend(rows.into_iter().map(|row| row.host_id));
                    }
                    let (total, rows) = state.task_hosts(&task, view, elapsed, None, ALL);
                    assert_eq!((ids.len(), rows.len()), (total, total), "no server twice");
                    // Pages that begin in one enterprise project and end in another.
                    let page = |offset| state.task_hosts(&task, view, elapsed, None, Page { offset, limit: 7 }).1;
                    let paged: Vec<_> = (0..total).step_by(7).flat_map(page).collect();
                    assert_eq!(paged, rows);
                }
            }
        }
    }

    #[test]
    fn other_views_contain_only_their_servers_of_the_policy_tasks() {
        let state = State::new(Random::seeded(1), 450).unwrap();
        let sum = |view: View| {
            let counted = state.tasks(view).map(|task| counts(&task.info(view, NOW)).iter().sum::<i32>());
            counted.sum::<i32>()
        };
        assert_eq!([View::One(0), View::One(1), View::One(2)].map(|view| state.tasks(view).count()), [12, 10, 10]);
        assert_eq!(sum(View::All), sum(View::One(0)) + sum(View::One(1)) + sum(View::One(2)));
        assert!(state.task(DOCUMENTED_TASK, View::One(1)).is_none());
        assert!(state.task(DOCUMENTED_TASK, View::All).is_some());
    }

    #[test]
    fn the_running_task_ends_at_its_estimated_time() {
        let state = State::new(Random::seeded(1), 450).unwrap();
        let task = state.tasks(View::All).find(|task| task.ends().is_some()).unwrap();
        let at = |minutes: u64| task.info(View::All, Duration::from_secs(60 * minutes));
        let reported = |info: VulScanTaskInfo| (info.status.unwrap(), info.estimated_time.unwrap(), info.end_time);
        assert!(counts(&at(0))[0] > 10);
        assert_eq!(reported(at(0)), (ScanTaskStatus::Running, 9, None));
        assert_eq!(reported(at(8)), (ScanTaskStatus::Running, 1, None));
        assert_eq!(reported(at(9)), (ScanTaskStatus::Finished, 0, Some(START + 9 * MINUTE)));
        assert_eq!(counts(&at(9))[0], 0);
    }
}
