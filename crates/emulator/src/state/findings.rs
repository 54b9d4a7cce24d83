//! The vulnerabilities of servers at one time, as a caller sees them: the same facts by server, by vulnerability, and
//! counted.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::time::Duration;

use super::enterprise_projects::View;
use super::fleet::{Fleet, Host, Traits};
use super::handling::{Pair, Reader, Record, Statuses, VulStatus};
use super::host_groups::group;
use super::progress::Page;
use super::vulnerabilities::{CATALOGUE, Index, Numbers, Set, Vulnerability, catalogue};

/// The vulnerabilities of the servers in a view.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    fleet: &'a Fleet,
    index: &'a Index,
    reader: Reader<'a>,
    view: View,
    /// Counted when first requested.
    tallies: OnceCell<[Tally; CATALOGUE.len()]>,
}

/// A vulnerability of a server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finding {
    pub(crate) pair: Pair,
    pub(crate) known: &'static Vulnerability,
    pub(crate) status: VulStatus,
}

/// The numbers of one vulnerability.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Servers on which it was found.
    pub(crate) found: Numbers,
    /// Servers on which it is ignored or fixed.
    pub(crate) handled: Numbers,
    /// Servers by state, in the order of [`VulStatus::ALL`].
    states: [i32; VulStatus::ALL.len()],
}

impl Tally {
    pub(crate) fn unhandled(&self) -> Numbers {
        self.found.minus(self.handled)
    }

    /// Returns the number of servers on which it was repaired, even if they must be restarted.
    pub(crate) fn repaired(&self) -> i32 {
        self.of(VulStatus::Fixed) + self.of(VulStatus::Reboot)
    }

    pub(crate) fn of(&self, status: VulStatus) -> i32 {
        self.states.get(status as usize).copied().unwrap_or_default()
    }

    /// Returns whether the vulnerability is in one of these states on any server.
    pub(crate) fn has(&self, statuses: Statuses) -> bool {
        VulStatus::ALL.into_iter().any(|status| statuses.contains(status) && self.of(status) > 0)
    }
}

/// Selects servers.
#[derive(Debug, Default)]
pub(crate) struct HostFilter<'a> {
    pub(crate) importance: Option<&'a str>,
    pub(crate) group: Option<&'a str>,
    /// A part of the name.
    pub(crate) name: Option<&'a str>,
    /// The private or the public address.
    pub(crate) address: Option<&'a str>,
    pub(crate) private: Option<&'a str>,
    pub(crate) public: Option<&'a str>,
    /// Only the servers at these places.
    pub(crate) places: Option<BTreeSet<usize>>,
    /// No server: for filters by what the emulator does not have, such as clusters and containers.
    pub(crate) is_none: bool,
}

impl HostFilter<'_> {
    pub(crate) fn matches(&self, fleet: &Fleet, place: usize) -> bool {
        if self.is_none || self.places.as_ref().is_some_and(|places| !places.contains(&place)) {
            return false;
        }
        // What needs text comes last, and only for the servers that are left.
        let traits = (self.importance.is_some() || self.group.is_some()).then(|| fleet.traits(place));
        let is_of_kind = traits.is_none_or(|host| {
            self.importance.is_none_or(|asked| asked == host.importance().name())
                && self.group.is_none_or(|asked| group(host) == Some(asked))
        });
        let needs_text =
            [self.name, self.address, self.private, self.public].into_iter().any(|filter| filter.is_some());
        is_of_kind && (!needs_text || self.matches_text(&fleet.host(place)))
    }

    fn matches_text(&self, host: &Host) -> bool {
        let info = host.info();
        let is =
            |asked: Option<&str>, value: &Option<String>| asked.is_none_or(|asked| value.as_deref() == Some(asked));
        self.name.is_none_or(|part| info.host_name.as_ref().is_some_and(|name| name.contains(part)))
            && (is(self.address, &info.private_ip) || is(self.address, &info.public_ip))
            && is(self.private, &info.private_ip)
            && is(self.public, &info.public_ip)
    }
}

impl<'a> Findings<'a> {
    pub(super) fn new(fleet: &'a Fleet, index: &'a Index, reader: Reader<'a>, view: View) -> Self {
        Self { fleet, index, reader, view, tallies: OnceCell::new() }
    }

    pub(crate) fn fleet(&self) -> &'a Fleet {
        self.fleet
    }

    pub(crate) fn reader(&self) -> &Reader<'a> {
        &self.reader
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.reader.elapsed()
    }

    pub(crate) fn sees(&self, place: usize) -> bool {
        self.fleet.sees(self.view, place)
    }

    /// Returns the vulnerabilities of a server, whatever their state.
    pub(crate) fn found(&self, place: usize) -> Set {
        self.index.found(place)
    }

    /// Returns the vulnerabilities of a server that are neither ignored nor fixed.
    pub(crate) fn open(&self, place: usize) -> Set {
        self.index.found(place).without(self.reader.handled(place))
    }

    /// Returns one vulnerability of a server.
    pub(crate) fn finding(&self, pair: Pair) -> Option<Finding> {
        let known = CATALOGUE.get(usize::from(pair.number)).filter(|_| self.found(pair.place).contains(pair.number))?;
        Some(Finding { pair, known, status: self.status(pair) })
    }

    fn status(&self, pair: Pair) -> VulStatus {
        if self.reader.is_empty() { VulStatus::Unfixed } else { self.reader.status(pair) }
    }

    /// Returns the newest record of the handling of a vulnerability of a server.
    pub(crate) fn record(&self, pair: Pair) -> Option<&Record> {
        self.reader.record(pair)
    }

    /// Calls a function for each server that has vulnerabilities and matches, in order.
    pub(crate) fn each_host(&self, hosts: &HostFilter, mut call: impl FnMut(usize, Set)) {
        if hosts.is_none {
            return;
        }
        let mut visit = |place: usize| {
            let found = self.index.found(place);
            if !found.is_empty() && hosts.matches(self.fleet, place) {
                call(place, found);
            }
        };
        match &hosts.places {
            Some(places) => places.iter().copied().filter(|place| self.sees(*place)).for_each(&mut visit),
            None => self.fleet.places(self.view).for_each(&mut visit),
        }
    }

    /// Calls a function for each vulnerability of each server that matches, by server.
    pub(crate) fn each(&self, hosts: &HostFilter, known: Set, statuses: Statuses, mut call: impl FnMut(Finding)) {
        if hosts.is_none {
            return;
        }
        let mut visit = |place: usize| {
            let found = self.index.found(place).and(known);
            if found.is_empty() || !hosts.matches(self.fleet, place) {
                return;
            }
            for (number, known) in found.iter() {
                let pair = Pair { place, number };
                let status = self.status(pair);
                if statuses.contains(status) {
                    call(Finding { pair, known, status });
                }
            }
        };
        match &hosts.places {
            Some(places) => places.iter().copied().filter(|place| self.sees(*place)).for_each(&mut visit),
            None => self.fleet.places(self.view).for_each(&mut visit),
        }
    }

    /// Returns one page of the matching vulnerabilities of servers, and their number on all pages. Skipping a row
    /// costs a few nanoseconds, unless the filter needs the name or address of the server.
    pub(crate) fn page(&self, hosts: &HostFilter, known: Set, statuses: Statuses, page: Page) -> (usize, Vec<Finding>) {
        let mut rows = Rows::new(page);
        self.each(hosts, known, statuses, |finding| rows.add(finding));
        rows.done()
    }

    /// Returns the numbers of each vulnerability.
    pub(crate) fn tallies(&self) -> &[Tally; CATALOGUE.len()] {
        self.tallies.get_or_init(|| self.count())
    }

    fn count(&self) -> [Tally; CATALOGUE.len()] {
        let mut tallies = [Tally::default(); CATALOGUE.len()];
        for (tally, found) in tallies.iter_mut().zip(self.index.affected(self.view)) {
            tally.found = found;
            if let Some(unfixed) = tally.states.first_mut() {
                *unfixed = found.total();
            }
        }
        for record in self.reader.current().filter(|record| self.sees(record.pair.place)) {
            let Some(tally) = tallies.get_mut(usize::from(record.pair.number)) else { continue };
            let status = record.status(self.elapsed());
            if let Some(unfixed) = tally.states.first_mut() {
                *unfixed -= 1;
            }
            if let Some(count) = tally.states.get_mut(status as usize) {
                *count += 1;
            }
            if status.is_handled() {
                tally.handled.count(self.fleet.traits(record.pair.place).importance());
            }
        }
        tallies
    }

    /// Returns the vulnerabilities with their numbers in the catalog and their counts.
    pub(crate) fn tallied(&self) -> impl Iterator<Item = (u8, &'static Vulnerability, Tally)> {
        catalogue().zip(self.tallies()).map(|((number, known), tally)| (number, known, *tally))
    }

    /// Returns the number of servers with vulnerabilities that are neither ignored nor fixed.
    pub(crate) fn vulnerable_hosts(&self) -> usize {
        let mut handled = BTreeSet::new();
        for record in self.reader.current().filter(|record| self.sees(record.pair.place)) {
            handled.insert(record.pair.place);
        }
        let safe = handled.into_iter().filter(|place| self.open(*place).is_empty()).count();
        self.index.vulnerable(self.view).saturating_sub(safe)
    }

    pub(crate) fn traits(&self, place: usize) -> Traits {
        self.fleet.traits(place)
    }
}

/// The rows of one page, and the number of rows on all pages.
#[derive(Debug)]
pub(crate) struct Rows<T> {
    page: Page,
    total: usize,
    on_page: Vec<T>,
}

impl<T> Rows<T> {
    pub(crate) fn new(page: Page) -> Self {
        Self { page, total: 0, on_page: Vec::new() }
    }

    pub(crate) fn add(&mut self, row: T) {
        if self.total >= self.page.offset && self.on_page.len() < self.page.limit {
            self.on_page.push(row);
        }
        self.total += 1;
    }

    pub(crate) fn done(self) -> (usize, Vec<T>) {
        (self.total, self.on_page)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::state::State;
    use crate::state::handling::{Action, Request};
    use crate::state::random::Random;
    use crate::state::vulnerabilities::catalogue;

    const ALL: Page = Page { offset: 0, limit: usize::MAX };
    const VIEWS: [View; 4] = [View::One(0), View::One(1), View::One(2), View::All];

    /// Returns a state in which some vulnerabilities were ignored, and others are being repaired.
    fn state() -> State {
        let state = State::new(Random::seeded(3), 300).unwrap();
        for (action, one_in) in [(Action::Ignore, 5), (Action::ImmediateRepair, 3)] {
            let mut pairs = BTreeSet::new();
            state.findings(View::All, Duration::ZERO).each(&HostFilter::default(), Set::ALL, Statuses::ALL, |found| {
                if found.pair.place % one_in == 0 {
                    pairs.insert(found.pair);
                }
            });
            let request = Request { action, remark: None, backups: BTreeMap::new(), skips: true };
            state.handling().apply(pairs, &request, |place| state.fleet().traits(place), Duration::ZERO).unwrap();
        }
        state
    }

    fn facts(rows: &[Finding]) -> BTreeSet<(Pair, &'static str)> {
        rows.iter().map(|row| (row.pair, row.status.name())).collect()
    }

    #[test]
    fn both_directions_and_counts_agree_in_every_view_at_any_time() {
        let state = state();
        for seconds in [0, 20, 40, 3_600] {
            for view in VIEWS {
                let findings = state.findings(view, Duration::from_secs(seconds));
                let (total, rows) = findings.page(&HostFilter::default(), Set::ALL, Statuses::ALL, ALL);
                let all = facts(&rows);
                assert_eq!((all.len(), rows.len()), (total, total), "no row twice");

                // By vulnerability, in pages.
                let mut by_vulnerability = BTreeSet::new();
                for (number, _) in catalogue() {
                    let known = Set::default().with(number);
                    for offset in (0..).step_by(10) {
                        let page = Page { offset, limit: 10 };
                        let (_, rows) = findings.page(&HostFilter::default(), known, Statuses::ALL, page);
                        if rows.is_empty() {
                            break;
                        }
                        by_vulnerability.extend(facts(&rows));
                    }
                }
                assert_eq!(by_vulnerability, all);

                // By server.
                let mut by_server = BTreeSet::new();
                let (mut servers, mut open_servers) = (0, 0);
                findings.each_host(&HostFilter::default(), |place, found| {
                    let host = HostFilter { places: Some(BTreeSet::from([place])), ..HostFilter::default() };
                    let (count, rows) = findings.page(&host, Set::ALL, Statuses::ALL, ALL);
                    assert_eq!(i32::try_from(count).unwrap(), found.len());
                    let open = rows.iter().filter(|row| !row.status.is_handled()).count();
                    assert_eq!(i32::try_from(open).unwrap(), findings.open(place).len());
                    servers += 1;
                    open_servers += usize::from(open > 0);
                    by_server.extend(facts(&rows));
                });
                assert_eq!(by_server, all);
                assert_eq!(findings.vulnerable_hosts(), open_servers);
                assert!(servers > open_servers, "some servers have been handled");

                // Counts.
                for (number, _, tally) in findings.tallied() {
                    let known = Set::default().with(number);
                    let count = |statuses| {
                        let (count, _) = findings.page(&HostFilter::default(), known, statuses, ALL);
                        i32::try_from(count).unwrap()
                    };
                    assert_eq!(tally.found.total(), count(Statuses::ALL));
                    assert_eq!(tally.handled.total(), count(Statuses::matching(VulStatus::is_handled)));
                    for status in VulStatus::ALL {
                        let only = Statuses::matching(|one| one == status);
                        assert_eq!(tally.of(status), count(only), "{status:?}");
                        assert_eq!(tally.has(only), count(only) > 0);
                    }
                }
            }
        }
    }

    #[test]
    fn filters_select_what_the_server_has() {
        let state = state();
        let findings = state.findings(View::All, Duration::from_secs(60));
        let (_, rows) = findings.page(&HostFilter::default(), Set::ALL, Statuses::ALL, ALL);
        let one = state.fleet().host(rows[17].pair.place);
        let (info, traits) = (one.info().clone(), one.traits());
        let of_server: Vec<_> = rows.iter().filter(|row| row.pair.place == rows[17].pair.place).collect();
        let listed = |filter: HostFilter| findings.page(&filter, Set::ALL, Statuses::ALL, ALL).1;
        for filter in [
            HostFilter { name: info.host_name.as_deref(), ..HostFilter::default() },
            HostFilter { address: info.private_ip.as_deref(), ..HostFilter::default() },
            HostFilter { private: info.private_ip.as_deref(), ..HostFilter::default() },
        ] {
            assert_eq!(listed(filter).len(), of_server.len());
        }
        let importance = Some(traits.importance().name());
        for row in listed(HostFilter { importance, ..HostFilter::default() }) {
            assert_eq!(findings.traits(row.pair.place).importance(), traits.importance());
        }
        let mut grouped = 0;
        for name in state.host_groups().all().iter().map(|group| group.name) {
            let rows = listed(HostFilter { group: Some(name), ..HostFilter::default() });
            assert!(rows.iter().all(|row| group(findings.traits(row.pair.place)) == Some(name)));
            grouped += rows.len();
        }
        assert!(grouped > 0 && grouped < rows.len());
        assert!(listed(HostFilter { is_none: true, ..HostFilter::default() }).is_empty());
        // Places outside of the view are not visible.
        let places = Some((0..1_000).collect());
        assert_eq!(listed(HostFilter { places, ..HostFilter::default() }).len(), rows.len());
        let default = state.findings(View::One(0), Duration::ZERO);
        let places = Some((300..400).collect());
        let hidden = HostFilter { places, ..HostFilter::default() };
        assert_eq!(default.page(&hidden, Set::ALL, Statuses::ALL, ALL).0, 0);
    }
}
