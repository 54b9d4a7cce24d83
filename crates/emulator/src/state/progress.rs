//! The progress of a scan on each server of a task.
//!
//! It stores only the data that filtering needs. A million servers use a few megabytes, and the cost of a page does not
//! depend on its offset.

use std::cmp::Reverse;
use std::time::Duration;

use hss_client::models::ScanStatus;

use super::random::Random;

/// Interval in seconds at which servers report their progress. Nothing changes in between.
///
/// The cost of a change is proportional to the number of servers of a task: some milliseconds for a million. Therefore,
/// the state must not change with each request.
const REPORT_INTERVAL: u64 = 5;

/// Returns the time of the report that includes servers finished at `done`. A task ends no earlier. Otherwise, it would
/// end with servers that are still being scanned.
pub(crate) fn reported_at(done: Duration) -> Duration {
    let seconds = done.as_secs() + u64::from(done.subsec_nanos() > 0);
    Duration::from_secs(seconds.div_ceil(REPORT_INTERVAL) * REPORT_INTERVAL)
}

/// State of the scan on one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Scanning,
    Success,
    Failed,
}

impl Status {
    pub(crate) const ALL: [Self; 3] = [Self::Scanning, Self::Success, Self::Failed];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Scanning => "scanning",
            Self::Success => "success",
            Self::Failed => "failed",
        }
    }
}

impl From<Status> for ScanStatus {
    fn from(status: Status) -> Self {
        status.name().into()
    }
}

/// A page of a list: the number of rows to skip, and the maximum number of rows to return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) offset: usize,
    pub(crate) limit: usize,
}

/// A future result on one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pending {
    /// Time since the start of the emulator.
    due: Duration,
    place: u32,
    outcome: Status,
}

/// The states on all servers of a task, by their place in its list.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    statuses: Vec<Status>,
    /// Places of each state, in order.
    scanning: Vec<u32>,
    success: Vec<u32>,
    failed: Vec<u32>,
    /// Sorted so that the next one is last.
    pending: Vec<Pending>,
}

impl Scan {
    /// Creates a scan from the states of at most `u32::MAX` servers.
    pub(crate) fn new(statuses: Vec<Status>) -> Self {
        let mut scan = Self { statuses, ..Self::default() };
        scan.sort_places();
        scan
    }

    /// Draws a scan that was started before the emulator.
    ///
    /// The scan fails on one server in ten. If `remaining` is given, one in twenty is still being scanned. At least one
    /// server is in each of these states, so that small tasks show them, too. Each remaining server finishes at a
    /// different time within `remaining`, which must exceed one second.
    pub(crate) fn draw(random: Random, hosts: u32, remaining: Option<Duration>) -> Self {
        let [scanning, failed, moments] = [0, 1, 2].map(|branch| random.branch(branch));
        let mut pending = Vec::new();
        let statuses = (0..hosts).map(|place| {
            let outcome = if is_drawn(failed, place, 10, hosts) { Status::Failed } else { Status::Success };
            let Some(remaining) = remaining.filter(|_| is_drawn(scanning, place, 20, hosts)) else {
                return outcome;
            };
            pending.push(Pending { due: moment(moments.branch(place.into()), remaining), place, outcome });
            Status::Scanning
        });
        let mut scan = Self::new(statuses.collect());
        scan.pending = pending;
        scan.sort_pending();
        scan
    }

    /// Starts a scan now on all servers. Each server finishes at a different time before the scan ends.
    ///
    /// The scan fails on one server in ten, and on at least one. It also fails on all servers for which `cannot`
    /// returns `true`. Its argument is the place of the server in the list.
    pub(crate) fn start(
        random: Random,
        hosts: u32,
        now: Duration,
        length: Duration,
        cannot: impl Fn(usize) -> bool,
    ) -> Self {
        let [failed, moments] = [1, 2].map(|branch| random.branch(branch));
        let mut scan = Self::new(vec![Status::Scanning; hosts as usize]);
        let pending = (0..hosts).map(|place| {
            let fails = is_drawn(failed, place, 10, hosts) || cannot(place as usize);
            let outcome = if fails { Status::Failed } else { Status::Success };
            Pending { due: now + moment(moments.branch(place.into()), length), place, outcome }
        });
        scan.pending = pending.collect();
        scan.sort_pending();
        scan
    }

    /// Starts the scan again on these servers, by their places in the list. It fails again on one in four, and on all
    /// for which `cannot` returns `true`.
    pub(crate) fn repeat(
        &mut self,
        random: Random,
        places: &[usize],
        now: Duration,
        length: Duration,
        cannot: impl Fn(usize) -> bool,
    ) {
        let [failed, moments] = [1, 2].map(|branch| random.branch(branch));
        for &place in places {
            let (Some(status), Ok(number)) = (self.statuses.get_mut(place), u32::try_from(place)) else { continue };
            *status = Status::Scanning;
            let fails = failed.branch(place as u64).below(4) == 0 || cannot(place);
            let outcome = if fails { Status::Failed } else { Status::Success };
            let due = now + moment(moments.branch(place as u64), length);
            self.pending.push(Pending { due, place: number, outcome });
        }
        self.sort_pending();
        self.sort_places();
    }

    fn sort_pending(&mut self) {
        self.pending.sort_unstable_by_key(|server| (Reverse(server.due), server.place));
    }

    /// Advances the scan to this time since the start of the emulator. It never goes back: of two concurrent requests,
    /// the earlier one may be processed second. It then sees the state of the later one.
    pub(crate) fn advance(&mut self, elapsed: Duration) {
        let now = Duration::from_secs(elapsed.as_secs() / REPORT_INTERVAL * REPORT_INTERVAL);
        let before = self.pending.len();
        while let Some(Pending { place, outcome, .. }) = self.pending.pop_if(|server| server.due <= now) {
            if let Some(status) = self.statuses.get_mut(place as usize) {
                *status = outcome;
            }
        }
        if self.pending.len() < self.pending.capacity() / 4 {
            self.pending.shrink_to_fit();
        }
        if self.pending.len() < before {
            self.sort_places();
        }
    }

    /// Returns the number of servers, filtered by state if given.
    pub(crate) fn count(&self, filter: Option<Status>) -> usize {
        filter.map_or(self.statuses.len(), |status| self.places(status).len())
    }

    /// Returns places and states of the servers on a page, filtered by state if given.
    pub(crate) fn page(&self, filter: Option<Status>, Page { offset, limit }: Page) -> Vec<(usize, Status)> {
        match filter {
            None => self.statuses.iter().copied().enumerate().skip(offset).take(limit).collect(),
            Some(status) => {
                self.places(status).iter().skip(offset).take(limit).map(|place| (*place as usize, status)).collect()
            }
        }
    }

    fn places(&self, status: Status) -> &[u32] {
        match status {
            Status::Scanning => &self.scanning,
            Status::Success => &self.success,
            Status::Failed => &self.failed,
        }
    }

    fn sort_places(&mut self) {
        let Self { statuses, scanning, success, failed, pending: _ } = self;
        for places in [&mut *scanning, &mut *success, &mut *failed] {
            places.clear();
        }
        for (place, status) in (0..).zip(statuses) {
            match status {
                Status::Scanning => scanning.push(place),
                Status::Success => success.push(place),
                Status::Failed => failed.push(place),
            }
        }
    }
}

/// Returns the time at which one server finishes: after the first second, in which nothing changes, and before the scan
/// ends.
pub(super) fn moment(random: Random, remaining: Duration) -> Duration {
    let milliseconds = u64::try_from(remaining.as_millis()).unwrap_or(u64::MAX).saturating_sub(1_000);
    Duration::from_millis(1_000 + random.below(milliseconds))
}

/// Returns whether this place is the one drawn from its block. The last block may be shorter.
fn is_drawn(random: Random, place: u32, block: u32, places: u32) -> bool {
    let start = place - place % block;
    let length = block.min(places - start);
    random.branch(start.into()).below(length.into()) == u64::from(place - start)
}

#[cfg(test)]
mod tests {
    use hss_client::operation::ParameterType;
    use hss_client::operations::LIST_VUL_SCAN_TASK_HOST;

    use super::*;

    const ALL: Page = Page { offset: 0, limit: usize::MAX };
    const HOUR: Duration = Duration::from_secs(3600);

    fn counts(scan: &Scan) -> [usize; 3] {
        Status::ALL.map(|status| scan.count(Some(status)))
    }

    #[test]
    fn shares_are_exact_and_every_task_has_each_state() {
        for (hosts, remaining, expected) in
            [(0, Some(HOUR), [0, 0, 0]), (1, None, [0, 0, 1]), (23, None, [0, 20, 3]), (450, None, [0, 405, 45])]
        {
            assert_eq!(counts(&Scan::draw(Random::seeded(1), hosts, remaining)), expected, "{hosts}");
        }
        let scan = Scan::draw(Random::seeded(1), 1000, Some(HOUR));
        assert_eq!(scan.count(Some(Status::Scanning)), 50);
        assert_eq!(scan.count(None), 1000);
    }

    #[test]
    fn a_running_scan_advances_and_no_server_goes_back() {
        let mut scan = Scan::draw(Random::seeded(1), 1000, Some(HOUR));
        let done = Scan::draw(Random::seeded(1), 1000, None);
        let mut left = vec![50];
        let mut before = scan.statuses.clone();
        for minute in 0..=60 {
            scan.advance(Duration::from_secs(60 * minute));
            for (place, (old, new)) in before.iter().zip(&scan.statuses).enumerate() {
                assert!(old == new || *old == Status::Scanning && *new == done.statuses[place], "{minute} {place}");
            }
            left.push(scan.count(Some(Status::Scanning)));
            assert_eq!(counts(&scan).iter().sum::<usize>(), 1000);
            before.clone_from(&scan.statuses);
        }
        assert!(left.is_sorted_by(|one, next| one >= next), "{left:?}");
        assert!((15..35).contains(&left[31]), "{left:?}");
        assert_eq!(before, done.statuses);
        assert_eq!((scan.success, scan.failed, scan.pending), (done.success, done.failed, vec![]));
    }

    #[test]
    fn progress_changes_every_five_seconds() {
        let pending = |due, place, outcome| Pending { due: Duration::from_millis(due), place, outcome };
        let mut scan = Scan::new(vec![Status::Scanning, Status::Success, Status::Scanning]);
        scan.pending = vec![pending(10_000, 2, Status::Failed), pending(1_001, 0, Status::Success)];
        for (milliseconds, expected) in [
            (0, [2, 1, 0]),
            (4_999, [2, 1, 0]),
            (5_000, [1, 2, 0]),
            (9_999, [1, 2, 0]),
            (10_000, [0, 2, 1]),
            // Time does not go back.
            (0, [0, 2, 1]),
        ] {
            scan.advance(Duration::from_millis(milliseconds));
            assert_eq!(counts(&scan), expected, "after {milliseconds} ms");
        }
    }

    #[test]
    fn filtered_pages_contain_the_matching_rows() {
        let scan = Scan::draw(Random::seeded(7), 500, Some(HOUR));
        let all = scan.page(None, ALL);
        assert_eq!(all.iter().map(|(place, _)| *place).collect::<Vec<_>>(), (0..500).collect::<Vec<_>>());
        for status in Status::ALL {
            let passing: Vec<_> = all.iter().copied().filter(|(_, found)| *found == status).collect();
            assert_eq!(scan.page(Some(status), ALL), passing);
            assert_eq!(scan.page(Some(status), Page { offset: 3, limit: 4 }), passing[3..7]);
        }
        assert_eq!(scan.page(None, Page { offset: 500, limit: 10 }), []);
        assert_eq!(scan.page(None, Page { offset: 495, limit: 10 }).len(), 5);
    }

    #[test]
    fn knows_every_state_of_the_document() {
        let parameter = LIST_VUL_SCAN_TASK_HOST.parameter("scan_status").unwrap();
        let ParameterType::String { allowed, .. } = parameter.kind else { panic!("{parameter:?}") };
        assert!(allowed.iter().all(|name| Status::from_name(name).is_some()), "{allowed:?}");
        assert!(ScanStatus::KNOWN.iter().all(|name| Status::from_name(name).is_some()));
    }
}
