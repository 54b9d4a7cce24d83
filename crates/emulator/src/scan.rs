//! How a scan went on each server of a task: what filtering needs, and no more, so that a million servers take a few
//! megabytes and a page costs the same wherever it begins.

use std::time::Duration;

use hss_client::models::ScanStatus;

use crate::random::Random;

/// State of the scan on one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Scanning,
    Success,
    Failed,
}

impl Status {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Scanning, Self::Success, Self::Failed].into_iter().find(|status| status.name() == name)
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

/// Rows of a list: how many to skip, and how many to take at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) offset: usize,
    pub(crate) limit: usize,
}

/// A scan that had not finished when the emulator started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Running {
    /// How much longer it took from then on; more than a second.
    pub(crate) remaining: Duration,
    /// How long ago that was.
    pub(crate) elapsed: Duration,
}

/// The states on all servers of a task, by their place in its list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scan {
    statuses: Vec<Status>,
    scanning: Vec<u32>,
    success: Vec<u32>,
    failed: Vec<u32>,
}

impl Scan {
    /// At most `u32::MAX` of them.
    pub(crate) fn new(statuses: Vec<Status>) -> Self {
        let mut scan = Self::default();
        for (place, status) in (0..).zip(&statuses) {
            match status {
                Status::Scanning => scan.scanning.push(place),
                Status::Success => scan.success.push(place),
                Status::Failed => scan.failed.push(place),
            }
        }
        scan.statuses = statuses;
        scan
    }

    /// A scan that failed on one server in ten and, if it runs, had one in twenty still to finish when the emulator
    /// started; on at least one of each, so that small tasks have something to show. Each of these finishes at a moment of
    /// its own, the last when `running` says.
    pub(crate) fn draw(random: Random, hosts: u32, running: Option<Running>) -> Self {
        let (scanning, failed) = (random.branch(0), random.branch(1));
        let is_unfinished = |place: u32| {
            running.is_some_and(|Running { remaining, elapsed }| {
                is_drawn(scanning, place, 20, hosts)
                    && elapsed < moment(random.branch(2).branch(place.into()), remaining)
            })
        };
        let status = |place| match place {
            _ if is_unfinished(place) => Status::Scanning,
            _ if is_drawn(failed, place, 10, hosts) => Status::Failed,
            _ => Status::Success,
        };
        Self::new((0..hosts).map(status).collect())
    }

    /// The number of servers, in that state or in any.
    pub(crate) fn count(&self, filter: Option<Status>) -> usize {
        filter.map_or(self.statuses.len(), |status| self.places(status).len())
    }

    /// Places and states of the servers on a page of those in that state or in any.
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
}

/// When one server is done: after the first second, in which nothing changes, and before all are.
fn moment(random: Random, remaining: Duration) -> Duration {
    let milliseconds = u64::try_from(remaining.as_millis()).unwrap_or(u64::MAX).saturating_sub(1_000);
    Duration::from_millis(1_000 + random.below(milliseconds))
}

/// Whether this place is the one drawn of its block; the last block may be shorter.
fn is_drawn(random: Random, place: u32, block: u32, places: u32) -> bool {
    let start = place - place % block;
    let length = block.min(places - start);
    random.branch(start.into()).below(length.into()) == u64::from(place - start)
}

#[cfg(test)]
mod tests {
    use hss_client::operation::Kind;
    use hss_client::operations::LIST_VUL_SCAN_TASK_HOST;

    use super::*;

    const ALL: Page = Page { offset: 0, limit: usize::MAX };

    const HOUR: Duration = Duration::from_secs(3600);

    fn after(elapsed: Duration) -> Running {
        Running { remaining: HOUR, elapsed }
    }

    #[test]
    fn shares_are_exact_and_no_task_is_without() {
        let start = Some(after(Duration::ZERO));
        for (hosts, running, counts) in
            [(0, start, [0, 0, 0]), (1, None, [0, 0, 1]), (23, None, [0, 20, 3]), (450, None, [0, 405, 45])]
        {
            let scan = Scan::draw(Random::seeded(1), hosts, running);
            let found = [Status::Scanning, Status::Success, Status::Failed].map(|status| scan.count(Some(status)));
            assert_eq!(found, counts, "{hosts}");
        }
        let scan = Scan::draw(Random::seeded(1), 1000, start);
        assert_eq!(scan.count(Some(Status::Scanning)), 50);
        assert_eq!(scan.count(None), 1000);
    }

    #[test]
    fn a_running_scan_goes_on_and_none_of_its_servers_goes_back() {
        let at = |elapsed| Scan::draw(Random::seeded(1), 1000, Some(after(elapsed)));
        let done = Scan::draw(Random::seeded(1), 1000, None);
        let mut left = vec![1000];
        let mut before = at(Duration::ZERO);
        for minute in 0..=60 {
            let now = at(Duration::from_secs(60 * minute));
            for (place, (old, new)) in before.statuses.iter().zip(&now.statuses).enumerate() {
                assert!(old == new || *old == Status::Scanning && *new == done.statuses[place], "{minute} {place}");
            }
            left.push(now.count(Some(Status::Scanning)));
            before = now;
        }
        assert!(left.is_sorted_by(|one, next| one >= next), "{left:?}");
        assert!((15..35).contains(&left[31]), "{left:?}");
        assert_eq!(before.statuses, done.statuses);
        assert_eq!(at(Duration::from_millis(999)).statuses, at(Duration::ZERO).statuses);
    }

    #[test]
    fn pages_of_a_filter_are_the_rows_that_pass_it() {
        let scan = Scan::draw(Random::seeded(7), 500, Some(after(Duration::ZERO)));
        let all = scan.page(None, ALL);
        assert_eq!(all.iter().map(|(place, _)| *place).collect::<Vec<_>>(), (0..500).collect::<Vec<_>>());
        for status in [Status::Scanning, Status::Success, Status::Failed] {
            let passing: Vec<_> = all.iter().copied().filter(|(_, found)| *found == status).collect();
            assert_eq!(scan.page(Some(status), ALL), passing);
            assert_eq!(scan.page(Some(status), Page { offset: 3, limit: 4 }), passing[3..7]);
        }
        assert_eq!(scan.page(None, Page { offset: 500, limit: 10 }), []);
        assert_eq!(scan.page(None, Page { offset: 495, limit: 10 }).len(), 5);
    }

    #[test]
    fn every_state_that_a_caller_may_ask_for_is_known() {
        let parameter = LIST_VUL_SCAN_TASK_HOST.parameter("scan_status").unwrap();
        let Kind::String { allowed, .. } = parameter.kind else { panic!("{parameter:?}") };
        assert!(allowed.iter().all(|name| Status::from_name(name).is_some()), "{allowed:?}");
        assert!(ScanStatus::KNOWN.iter().all(|name| Status::from_name(name).is_some()));
    }
}
