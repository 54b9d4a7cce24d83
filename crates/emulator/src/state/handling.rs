//! The handling of vulnerabilities: ignoring, repairing and verifying them. Only what callers handled is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use super::fleet::Traits;
use super::progress::moment;
use super::random::Random;
use super::vulnerabilities::{CATALOGUE, Set, Vulnerability};

/// Maximum number of records in the history. Those that a later record replaced are dropped first.
const MAX_RECORDS: usize = 100_000;
/// Minimum duration of a repair or verification, additional duration for each vulnerability of a server, and maximum
/// duration. They are short, so that a user can watch the progress.
const MIN_DURATION: Duration = Duration::from_secs(20);
const DURATION_EACH: Duration = Duration::from_millis(100);
const MAX_DURATION: Duration = Duration::from_secs(600);

/// A vulnerability of a server: the place of the server, and the number of the vulnerability in the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    pub(crate) place: usize,
    pub(crate) number: u8,
}

/// State of a vulnerability on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VulStatus {
    Unfixed,
    Ignored,
    Verifying,
    Fixing,
    Fixed,
    Reboot,
    Failed,
    FixAfterReboot,
}

impl VulStatus {
    pub(crate) const ALL: [Self; 8] = [
        Self::Unfixed,
        Self::Ignored,
        Self::Verifying,
        Self::Fixing,
        Self::Fixed,
        Self::Reboot,
        Self::Failed,
        Self::FixAfterReboot,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unfixed => "vul_status_unfix",
            Self::Ignored => "vul_status_ignored",
            Self::Verifying => "vul_status_verified",
            Self::Fixing => "vul_status_fixing",
            Self::Fixed => "vul_status_fixed",
            Self::Reboot => "vul_status_reboot",
            Self::Failed => "vul_status_failed",
            Self::FixAfterReboot => "vul_status_fix_after_reboot",
        }
    }

    /// Returns whether no more is to be done. The manual defines it: ignored or fixed.
    pub(crate) fn is_handled(self) -> bool {
        matches!(self, Self::Ignored | Self::Fixed)
    }
}

/// Some states: one bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Statuses(u8);

impl Statuses {
    pub(crate) const ALL: Self = Self(u8::MAX);

    pub(crate) fn matching(predicate: impl Fn(VulStatus) -> bool) -> Self {
        let matching = VulStatus::ALL.into_iter().filter(|status| predicate(*status));
        Self(matching.fold(0, |set, status| set | 1 << status as u8))
    }

    pub(crate) fn contains(self, status: VulStatus) -> bool {
        self.0 & 1 << status as u8 != 0
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// What a caller does with a vulnerability of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Ignore,
    NotIgnore,
    ImmediateRepair,
    ManualRepair,
    Verify,
    AddToWhitelist,
}

impl Action {
    pub(crate) const ALL: [Self; 6] =
        [Self::Ignore, Self::NotIgnore, Self::ImmediateRepair, Self::ManualRepair, Self::Verify, Self::AddToWhitelist];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::NotIgnore => "not_ignore",
            Self::ImmediateRepair => "immediate_repair",
            Self::ManualRepair => "manual_repair",
            Self::Verify => "verify",
            Self::AddToWhitelist => "add_to_whitelist",
        }
    }

    /// Returns why this cannot be done with a vulnerability in that state.
    pub(crate) fn refusal(self, known: &Vulnerability, status: VulStatus) -> Option<Refusal> {
        use VulStatus::{Failed, FixAfterReboot, Fixed, Fixing, Ignored, Reboot, Unfixed, Verifying};
        match (self, status) {
            (_, Fixing) => Some(Refusal { code: "HSS.1061", reason: "The vulnerability is being fixed." }),
            (_, Verifying) => Some(Refusal::new("The vulnerability is being verified.")),
            (Self::NotIgnore, Ignored) => None,
            (Self::NotIgnore, _) => Some(Refusal::new("The vulnerability is not ignored.")),
            (_, Ignored) => Some(Refusal::new("The vulnerability is ignored.")),
            (Self::Verify, _) => None,
            (_, Fixed) => Some(Refusal::new("The vulnerability is fixed.")),
            (Self::ImmediateRepair, _) if !known.is_repairable() => {
                Some(Refusal::new("Vulnerabilities of this type must be repaired manually."))
            }
            (Self::ImmediateRepair, Reboot) => {
                Some(Refusal::new("The vulnerability is fixed. Restart the server, then verify it."))
            }
            (_, Unfixed | Reboot | Failed | FixAfterReboot) => None,
        }
    }
}

/// The reason for which something cannot be done with a vulnerability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) reason: &'static str,
}

impl Refusal {
    const fn new(reason: &'static str) -> Self {
        Self { code: "HSS.1059", reason }
    }
}

/// Why a repair failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) description: &'static str,
    /// The output of the repair.
    pub(crate) output: &'static str,
    pub(crate) solution: &'static str,
}

static NO_AGENT: Cause = Cause {
    description: "The agent is not running.",
    output: "send command to agent: no connection",
    solution: "Install or start the agent, then repair the vulnerability again.",
};
static CAUSES: [Cause; 4] = [
    Cause {
        description: "The package source cannot be reached.",
        output: "Cannot download repomd.xml: connection timed out after 30000 milliseconds",
        solution: "Configure a package source that the server can reach.",
    },
    Cause {
        description: "The disk space is insufficient.",
        output: "At least 312 MB more space needed on the / filesystem.",
        solution: "Free disk space, then repair the vulnerability again.",
    },
    Cause {
        description: "Another process is installing packages.",
        output: "Another app is currently holding the package manager lock; waiting for it to exit",
        solution: "Wait until the other installation has ended, or stop it.",
    },
    Cause {
        description: "The package source has no fixed version.",
        output: "No packages marked for update",
        solution: "Add the package source of the vendor of the operating system.",
    },
];

/// An entry of the history.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// Numbers all records, from 0.
    pub(crate) number: u64,
    pub(crate) pair: Pair,
    pub(crate) action: Action,
    /// Time since the emulator started.
    pub(crate) at: Duration,
    /// The end of a repair or verification.
    due: Duration,
    outcome: VulStatus,
    cause: Option<&'static Cause>,
    pub(crate) remark: Option<Arc<str>>,
    backup: Option<Arc<str>>,
}

impl Record {
    /// Returns the state in which this left the vulnerability, until the next record.
    pub(crate) fn status(&self, elapsed: Duration) -> VulStatus {
        match self.action {
            Action::ImmediateRepair if elapsed < self.due => VulStatus::Fixing,
            Action::Verify if elapsed < self.due => VulStatus::Verifying,
            _ => self.outcome,
        }
    }

    /// Returns the time since the emulator started at which the state was reached.
    pub(crate) fn since(&self, elapsed: Duration) -> Duration {
        if elapsed < self.due { self.at } else { self.due }
    }

    /// Returns the cause of a failed repair.
    pub(crate) fn cause(&self, elapsed: Duration) -> Option<&'static Cause> {
        self.cause.filter(|_| elapsed >= self.due)
    }

    /// Returns the name of the backup that was made before the repair.
    pub(crate) fn backup(&self) -> Option<&str> {
        self.backup.as_deref()
    }
}

/// A change that a caller requests.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) action: Action,
    pub(crate) remark: Option<Arc<str>>,
    /// Names of backups by place. Servers without an entry get no backup.
    pub(crate) backups: BTreeMap<usize, Arc<str>>,
    /// Whether vulnerabilities for which the action is impossible are skipped. Otherwise, all are refused.
    pub(crate) skips: bool,
}

/// Why a request changed nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unchanged {
    Refused(Pair, Refusal),
    /// The action is possible for none of the vulnerabilities.
    Nothing,
    TooMany,
}

/// All handling so far.
#[derive(Debug)]
pub(crate) struct Handling {
    random: Random,
    handled: RwLock<Handled>,
}

#[derive(Debug, Default)]
struct Handled {
    /// Oldest first.
    records: Vec<Record>,
    /// The index of the newest record of each vulnerability of a server.
    current: BTreeMap<Pair, usize>,
    /// Number of records so far, including dropped ones.
    count: u64,
}

/// The handling at one time.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    handled: RwLockReadGuard<'a, Handled>,
    elapsed: Duration,
}

impl Handling {
    pub(crate) fn new(random: Random) -> Self {
        Self { random, handled: RwLock::default() }
    }

    pub(crate) fn reader(&self, elapsed: Duration) -> Reader<'_> {
        Reader { handled: self.handled.read().unwrap_or_else(PoisonError::into_inner), elapsed }
    }

    /// Returns the id of a record.
    pub(crate) fn record_id(&self, record: &Record) -> String {
        self.random.branch(1).branch(record.number).uuid()
    }

    /// Applies a change to some vulnerabilities of servers.
    ///
    /// # Errors
    ///
    /// Changes nothing if the change is impossible.
    pub(crate) fn apply(
        &self,
        pairs: BTreeSet<Pair>,
        request: &Request,
        traits: impl Fn(usize) -> Traits,
        elapsed: Duration,
    ) -> Result<(), Unchanged> {
        let mut handled = self.handled.write().unwrap_or_else(PoisonError::into_inner);
        let mut possible = Vec::new();
        for pair in pairs {
            let Some(known) = CATALOGUE.get(usize::from(pair.number)) else { continue };
            let status = handled.status(pair, elapsed);
            match request.action.refusal(known, status) {
                None if possible.len() == MAX_RECORDS => return Err(Unchanged::TooMany),
                None => possible.push((pair, known, status)),
                Some(_) if request.skips => {}
                Some(refusal) => return Err(Unchanged::Refused(pair, refusal)),
            }
        }
        if possible.is_empty() {
            return Err(Unchanged::Nothing);
        }
        if !handled.make_space(possible.len()) {
            return Err(Unchanged::TooMany);
        }
        let count = u32::try_from(possible.len()).unwrap_or(u32::MAX);
        let length = (MIN_DURATION + DURATION_EACH.saturating_mul(count)).min(MAX_DURATION);
        for (pair, known, status) in possible {
            let number = handled.count;
            let random = self.random.branch(0).branch(number);
            let takes_time = matches!(request.action, Action::ImmediateRepair | Action::Verify);
            let due = if takes_time { elapsed + moment(random.branch(0), length) } else { elapsed };
            let before = handled.current.get(&pair).and_then(|index| handled.records.get(*index));
            let (outcome, cause) = match request.action {
                Action::Ignore | Action::AddToWhitelist => (VulStatus::Ignored, None),
                Action::NotIgnore => (VulStatus::Unfixed, None),
                Action::ManualRepair => (VulStatus::Fixed, None),
                Action::Verify => (verified(random.branch(1), status, before), None),
                Action::ImmediateRepair => repaired(random.branch(1), known, traits(pair.place)),
            };
            let record = Record {
                number,
                pair,
                action: request.action,
                at: elapsed,
                due,
                outcome,
                cause,
                remark: request.remark.clone(),
                backup: request.backups.get(&pair.place).cloned(),
            };
            let index = handled.records.len();
            handled.records.push(record);
            handled.current.insert(pair, index);
            handled.count += 1;
        }
        Ok(())
    }
}

impl Handled {
    fn record(&self, pair: Pair) -> Option<&Record> {
        self.records.get(*self.current.get(&pair)?)
    }

    fn status(&self, pair: Pair, elapsed: Duration) -> VulStatus {
        self.record(pair).map_or(VulStatus::Unfixed, |record| record.status(elapsed))
    }

    /// Drops the records that later ones replaced, if this many more do not fit. Returns whether they fit then.
    fn make_space(&mut self, more: usize) -> bool {
        if self.records.len() + more <= MAX_RECORDS {
            return true;
        }
        if self.current.len() + more > MAX_RECORDS {
            return false;
        }
        let Self { records, current, .. } = self;
        let mut kept = Vec::with_capacity(current.len());
        for (index, record) in records.drain(..).enumerate() {
            if current.get(&record.pair) == Some(&index) {
                current.insert(record.pair, kept.len());
                kept.push(record);
            }
        }
        *records = kept;
        true
    }
}

impl Reader<'_> {
    /// Returns whether callers have handled nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.handled.current.is_empty()
    }

    pub(crate) fn status(&self, pair: Pair) -> VulStatus {
        self.handled.status(pair, self.elapsed)
    }

    /// Returns the newest record of a vulnerability of a server.
    pub(crate) fn record(&self, pair: Pair) -> Option<&Record> {
        self.handled.record(pair)
    }

    /// Returns the newest record of each vulnerability of a server that was handled, by place.
    pub(crate) fn current(&self) -> impl Iterator<Item = &Record> {
        self.handled.current.values().filter_map(|index| self.handled.records.get(*index))
    }

    /// Returns all records, oldest first.
    pub(crate) fn history(&self) -> &[Record] {
        &self.handled.records
    }

    /// Returns the vulnerabilities of a server that are ignored or fixed.
    pub(crate) fn handled(&self, place: usize) -> Set {
        if self.is_empty() {
            return Set::default();
        }
        let (first, last) = (Pair { place, number: 0 }, Pair { place, number: u8::MAX });
        let indices = self.handled.current.range(first..=last).map(|(_, index)| *index);
        let records = indices.filter_map(|index| self.handled.records.get(index));
        let handled = records.filter(|record| record.status(self.elapsed).is_handled());
        handled.fold(Set::default(), |set, record| set.with(record.pair.number))
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

/// Draws the outcome of a repair by the agent. One in five fails.
fn repaired(random: Random, known: &Vulnerability, host: Traits) -> (VulStatus, Option<&'static Cause>) {
    if !host.is_protected() {
        return (VulStatus::Failed, Some(&NO_AGENT));
    }
    match random.below(20) {
        0..4 => {
            let cause = usize::try_from(random.branch(0).below(CAUSES.len() as u64)).unwrap_or_default();
            (VulStatus::Failed, CAUSES.get(cause))
        }
        4 => (VulStatus::FixAfterReboot, None),
        _ if known.needs_restart => (VulStatus::Reboot, None),
        _ => (VulStatus::Fixed, None),
    }
}

/// Draws the result of a verification. One in eight manual repairs had no effect.
fn verified(random: Random, before: VulStatus, record: Option<&Record>) -> VulStatus {
    match before {
        // In the meantime, the server was restarted.
        VulStatus::Reboot => VulStatus::Fixed,
        VulStatus::Fixed => match record {
            Some(Record { action: Action::ManualRepair, .. }) if random.below(8) == 0 => VulStatus::Unfixed,
            _ => VulStatus::Fixed,
        },
        _ => VulStatus::Unfixed,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use hss_client::models;

    use super::*;
    use crate::state::fleet::Fleet;

    const MINUTE: Duration = Duration::from_secs(60);

    fn fleet() -> Fleet {
        Fleet::new(Random::seeded(1), vec![0..1_000; 1])
    }

    fn pairs(number: u8, places: std::ops::Range<usize>) -> BTreeSet<Pair> {
        places.map(|place| Pair { place, number }).collect()
    }

    fn apply(handling: &Handling, pairs: BTreeSet<Pair>, action: Action, at: Duration) -> Result<(), Unchanged> {
        let request = Request { action, remark: None, backups: BTreeMap::new(), skips: false };
        let fleet = fleet();
        handling.apply(pairs, &request, |place| fleet.traits(place), at)
    }

    fn count(handling: &Handling, at: Duration, status: VulStatus) -> usize {
        handling.reader(at).current().filter(|record| record.status(at) == status).count()
    }

    #[test]
    fn knows_the_names_of_the_document() {
        assert_eq!(VulStatus::ALL.map(VulStatus::name).as_slice(), models::VulStatus::KNOWN);
        assert_eq!(Action::ALL.map(Action::name).as_slice(), models::OperateType::KNOWN);
        for action in Action::ALL {
            assert_eq!(Action::from_name(action.name()), Some(action));
        }
    }

    #[test]
    fn a_repair_progresses_and_ends_in_each_outcome() {
        let handling = Handling::new(Random::seeded(1));
        apply(&handling, pairs(0, 0..200), Action::ImmediateRepair, MINUTE).unwrap();
        assert_eq!(count(&handling, MINUTE, VulStatus::Fixing), 200);
        let left = count(&handling, MINUTE + Duration::from_secs(20), VulStatus::Fixing);
        assert!((40..160).contains(&left), "{left} are left in the middle");
        // 20 s, plus 0.1 s for each.
        let end = MINUTE + Duration::from_secs(40);
        let counts = VulStatus::ALL.map(|status| count(&handling, end, status));
        let [unfixed, ignored, verifying, fixing, fixed, reboot, failed, after_reboot] = counts;
        assert_eq!((unfixed, ignored, verifying, fixing, fixed), (0, 0, 0, 0, 0), "the kernel needs a restart");
        assert!(reboot > 100 && failed > 20 && after_reboot > 0, "{counts:?}");
        let reader = handling.reader(end);
        let causes: HashSet<_> =
            reader.current().filter_map(|record| record.cause(end)).map(|cause| cause.description).collect();
        assert_eq!(causes.len(), CAUSES.len() + 1);
        for record in reader.current() {
            assert_eq!(record.cause(end).is_some(), record.status(end) == VulStatus::Failed);
            assert_eq!(record.cause(MINUTE), None);
            assert!(record.since(MINUTE) == MINUTE && record.since(end) > MINUTE && record.since(end) <= end);
        }
        drop(reader);
        // Those that need a restart are fixed when they are verified.
        let waiting: BTreeSet<_> = {
            let reader = handling.reader(end);
            reader.current().filter(|it| it.status(end) == VulStatus::Reboot).map(|it| it.pair).collect()
        };
        apply(&handling, waiting, Action::Verify, end).unwrap();
        assert_eq!(count(&handling, end, VulStatus::Verifying), reboot);
        assert_eq!(count(&handling, end + MINUTE, VulStatus::Fixed), reboot);
        assert_eq!(handling.reader(end).history().len(), 200 + reboot);
    }

    #[test]
    fn ignoring_can_be_undone() {
        let handling = Handling::new(Random::seeded(1));
        let one = || pairs(1, 5..6);
        let pair = Pair { place: 5, number: 1 };
        let status = |at| handling.reader(at).status(pair);
        let refused = |action| match apply(&handling, one(), action, MINUTE) {
            Err(Unchanged::Refused(refused, Refusal { code, .. })) => Some((refused, code)),
            _ => None,
        };
        assert_eq!(refused(Action::NotIgnore), Some((pair, "HSS.1059")));
        apply(&handling, one(), Action::Ignore, MINUTE).unwrap();
        assert_eq!(status(MINUTE), VulStatus::Ignored);
        assert_eq!(handling.reader(MINUTE).handled(5), Set::default().with(1));
        assert_eq!(refused(Action::ImmediateRepair), Some((pair, "HSS.1059")));
        apply(&handling, one(), Action::NotIgnore, MINUTE).unwrap();
        assert_eq!(status(MINUTE), VulStatus::Unfixed);
        assert!(handling.reader(MINUTE).handled(5).is_empty());
        apply(&handling, one(), Action::ImmediateRepair, MINUTE).unwrap();
        assert_eq!(refused(Action::Ignore), Some((pair, "HSS.1061")));
    }

    #[test]
    fn a_refused_change_changes_nothing_unless_it_skips() {
        let handling = Handling::new(Random::seeded(1));
        apply(&handling, pairs(2, 3..4), Action::Ignore, MINUTE).unwrap();
        assert!(apply(&handling, pairs(2, 0..10), Action::Ignore, MINUTE).is_err());
        assert_eq!(handling.reader(MINUTE).history().len(), 1);
        let request = Request { action: Action::Ignore, remark: None, backups: BTreeMap::new(), skips: true };
        let fleet = fleet();
        let again = |places| handling.apply(pairs(2, places), &request, |place| fleet.traits(place), MINUTE);
        again(0..10).unwrap();
        assert_eq!(handling.reader(MINUTE).history().len(), 10);
        assert_eq!(again(0..10), Err(Unchanged::Nothing));
    }

    #[test]
    fn some_manual_repairs_turn_out_to_be_without_effect() {
        let handling = Handling::new(Random::seeded(1));
        apply(&handling, pairs(6, 0..100), Action::ManualRepair, MINUTE).unwrap();
        assert_eq!(count(&handling, MINUTE, VulStatus::Fixed), 100);
        apply(&handling, pairs(6, 0..100), Action::Verify, MINUTE).unwrap();
        let unfixed = count(&handling, 2 * MINUTE, VulStatus::Unfixed);
        assert!((1..40).contains(&unfixed), "{unfixed}");
        assert_eq!(count(&handling, 2 * MINUTE, VulStatus::Fixed), 100 - unfixed);
    }

    #[test]
    fn limits_the_history() {
        let handling = Handling::new(Random::seeded(1));
        assert_eq!(apply(&handling, pairs(6, 0..MAX_RECORDS + 1), Action::Ignore, MINUTE), Err(Unchanged::TooMany));
        apply(&handling, pairs(6, 0..40_000), Action::Ignore, MINUTE).unwrap();
        apply(&handling, pairs(6, 0..40_000), Action::NotIgnore, MINUTE).unwrap();
        // The records of the first change are dropped.
        apply(&handling, pairs(6, 0..40_000), Action::Ignore, MINUTE).unwrap();
        let reader = handling.reader(MINUTE);
        assert_eq!((reader.history().len(), reader.current().count()), (80_000, 40_000));
        assert_eq!(reader.status(Pair { place: 39_999, number: 6 }), VulStatus::Ignored);
        assert!(reader.history().is_sorted_by_key(|record| record.number));
        drop(reader);
        assert_eq!(apply(&handling, pairs(7, 0..70_000), Action::Ignore, MINUTE), Err(Unchanged::TooMany));
        apply(&handling, pairs(7, 0..60_000), Action::Ignore, MINUTE).unwrap();
        assert_eq!(handling.reader(MINUTE).history().len(), MAX_RECORDS);
    }
}
