//! How a scan went on each server of a task: what filtering needs, and no more, so that a million servers take a few
//! megabytes and a page costs the same wherever it begins.

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

/// The states on all servers of a task, by their place in its list.
#[derive(Debug, Default)]
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

    /// A scan that failed on one server in ten and, while it runs, has one in twenty still to finish; on at least one
    /// of each, so that small tasks have something to show.
    pub(crate) fn draw(random: Random, hosts: u32, is_running: bool) -> Self {
        let (scanning, failed) = (random.branch(0), random.branch(1));
        let status = |place| match place {
            _ if is_running && is_drawn(scanning, place, 20, hosts) => Status::Scanning,
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

    #[test]
    fn shares_are_exact_and_no_task_is_without() {
        for (hosts, running, counts) in
            [(0, true, [0, 0, 0]), (1, false, [0, 0, 1]), (23, false, [0, 20, 3]), (450, false, [0, 405, 45])]
        {
            let scan = Scan::draw(Random::seeded(1), hosts, running);
            let found = [Status::Scanning, Status::Success, Status::Failed].map(|status| scan.count(Some(status)));
            assert_eq!(found, counts, "{hosts}");
        }
        let scan = Scan::draw(Random::seeded(1), 1000, true);
        assert_eq!(scan.count(Some(Status::Scanning)), 50);
        assert_eq!(scan.count(None), 1000);
    }

    #[test]
    fn pages_of_a_filter_are_the_rows_that_pass_it() {
        let scan = Scan::draw(Random::seeded(7), 500, true);
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
