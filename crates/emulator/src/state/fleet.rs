//! Servers, generated on demand. The same seed and place give the same server in every task.

use std::collections::HashMap;
use std::ops::Range;

use hss_client::models::{AssetValue, FailedReason, ScanStatus, ScanVul, VulScanDetail, VulScanTaskHostInfo, VulType};

use super::enterprise_projects::View;
use super::progress::Status;
use super::random::{Random, uuid_prefix};

/// All servers of the account, by place.
#[derive(Debug)]
pub(crate) struct Fleet {
    random: Random,
    /// The places of the servers of each enterprise project.
    parts: Vec<Range<usize>>,
}

impl Fleet {
    pub(crate) fn new(random: Random, parts: Vec<Range<usize>>) -> Self {
        Self { random, parts }
    }

    pub(crate) fn parts(&self) -> &[Range<usize>] {
        &self.parts
    }

    pub(crate) fn host(&self, place: usize) -> Host {
        Host::new(self.random, place)
    }

    pub(crate) fn traits(&self, place: usize) -> Traits {
        Traits::new(self.random, place)
    }

    /// Returns the places of the servers in a view, in order.
    pub(crate) fn places(&self, view: View) -> impl Iterator<Item = usize> {
        self.parts.iter().enumerate().filter(move |(part, _)| view.sees(*part)).flat_map(|(_, places)| places.clone())
    }

    /// Returns whether a view includes the server at that place.
    pub(crate) fn sees(&self, view: View, place: usize) -> bool {
        self.parts.iter().enumerate().any(|(part, places)| view.sees(part) && places.contains(&place))
    }

    /// Returns the places of the servers with these ids in a view. Ids without a server are missing in the result.
    pub(crate) fn places_of<'a>(&self, ids: impl IntoIterator<Item = &'a str>, view: View) -> HashMap<&'a str, usize> {
        let mut wanted: HashMap<u64, Vec<&'a str>> = HashMap::new();
        for id in ids {
            if let Some(prefix) = uuid_prefix(id) {
                let same = wanted.entry(prefix).or_default();
                if !same.contains(&id) {
                    same.push(id);
                }
            }
        }
        let mut found = HashMap::new();
        for place in self.places(view) {
            if wanted.is_empty() {
                break;
            }
            // Numbers are compared, since writing the ids of all servers as text would take most of the time.
            let random = Traits::id(self.random, place);
            let Some(same) = wanted.get_mut(&random.uuid_prefix()) else { continue };
            let id = random.uuid();
            if let Some(index) = same.iter().position(|wanted| *wanted == id) {
                found.insert(same.swap_remove(index), place);
                if same.is_empty() {
                    wanted.remove(&random.uuid_prefix());
                }
            }
        }
        found
    }

    /// Returns whether none of these types applies to the server at that place.
    pub(crate) fn is_out_of_reach(&self, place: usize, types: &[VulType]) -> bool {
        let other = of_other_system(self.traits(place).is_windows());
        types.iter().all(|vul_type| *vul_type == other)
    }
}

/// The properties of a server that need no text. They cost little, so that they can be computed for all servers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traits {
    random: Random,
    role: &'static str,
    is_windows: bool,
}

/// How important a server is to its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Importance {
    Important,
    Common,
    Test,
}

impl Importance {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Important => "important",
            Self::Common => "common",
            Self::Test => "test",
        }
    }
}

impl Traits {
    fn new(random: Random, place: usize) -> Self {
        let random = random.branch(place as u64);
        let (role, is_windows) = role(random.branch(0));
        Self { random, role, is_windows }
    }

    /// Returns the random number from which the id of a server is made.
    fn id(random: Random, place: usize) -> Random {
        random.branch(place as u64).branch(1)
    }

    pub(crate) fn is_windows(self) -> bool {
        self.is_windows
    }

    /// Returns the role, which is also a part of the name of the server.
    pub(crate) fn role(self) -> &'static str {
        self.role
    }

    pub(crate) fn importance(self) -> Importance {
        match self.random.branch(3).below(100) {
            0..20 => Importance::Important,
            20..85 => Importance::Common,
            _ => Importance::Test,
        }
    }

    /// Returns the random branch for one vulnerability.
    pub(crate) fn random(self, vulnerability: u64) -> Random {
        self.random.branch(5).branch(vulnerability)
    }

    /// Returns the state of the agent. Nineteen of twenty agents are online.
    pub(crate) fn agent_status(self) -> &'static str {
        match self.random.branch(4).below(100) {
            0..95 => "online",
            95..98 => "offline",
            98 => "install_failed",
            _ => "not_installed",
        }
    }

    /// Returns whether the agent is running.
    pub(crate) fn is_protected(self) -> bool {
        self.agent_status() == "online"
    }

    /// Returns the name and version of the operating system.
    pub(crate) fn system(self) -> (&'static str, &'static str) {
        match (self.is_windows, self.random.branch(6).below(3)) {
            (true, _) => ("Windows", "Windows Server 2019"),
            (false, 0) => ("Ubuntu", "22.04"),
            (false, 1) => ("EulerOS", "2.0 SP10"),
            (false, _) => ("CentOS", "7.9"),
        }
    }
}

/// A server, before any scan.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    traits: Traits,
    info: VulScanTaskHostInfo,
}

/// The agent on a server.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) id: Option<String>,
    pub(crate) status: &'static str,
    /// Whether the agent is running.
    pub(crate) protects: bool,
}

impl Host {
    /// Generates the server at that place among all servers of the seed.
    pub(crate) fn new(random: Random, place: usize) -> Self {
        let traits = Traits::new(random, place);
        let id = Traits::id(random, place).uuid();
        let (place, host) = (place as u64, traits.random);
        let mut info = VulScanTaskHostInfo::default();
        info.host_id = Some(id);
        info.host_name = Some(format!("ecs-{}-{place:04}", traits.role));
        info.public_ip = public_ip(host.branch(2), place);
        info.private_ip = Some(private_ip(random, place));
        info.asset_value = Some(AssetValue::from(traits.importance().name()));
        Self { traits, info }
    }

    pub(crate) fn info(&self) -> &VulScanTaskHostInfo {
        &self.info
    }

    pub(crate) fn traits(&self) -> Traits {
        self.traits
    }

    /// Returns the agent.
    pub(crate) fn agent(&self) -> Agent {
        let (random, status) = (self.traits.random.branch(4), self.traits.agent_status());
        let is_there = matches!(status, "online" | "offline");
        let id = is_there.then(|| format!("{}{}", random.branch(0).hexadecimal(), random.branch(1).hexadecimal()));
        Agent { id, status, protects: self.traits.is_protected() }
    }

    /// Returns the row of the server in a task that scans for `types`. `random` is the branch of the server in that
    /// task.
    pub(crate) fn scanned(self, random: Random, types: &[VulType], status: Status) -> VulScanTaskHostInfo {
        let other_system = of_other_system(self.traits.is_windows);
        let fitting: Vec<_> = types.iter().filter(|vul_type| **vul_type != other_system).cloned().collect();
        let details = if fitting.is_empty() {
            details(random, types, status, |_| OTHER_SYSTEM)
        } else {
            details(random, &fitting, status, cause)
        };
        let mut row = self.info;
        row.scan_status = Some(status.into());
        if status == Status::Failed {
            #[expect(deprecated, reason = "the service still has this list")]
            let reasons = &mut row.failed_reasons;
            *reasons = Some(details.iter().filter_map(failed_reason).collect());
        }
        row.vul_scan_details = Some(details);
        row
    }
}

/// The reason for the failure of a scan whose types do not apply to the operating system of the server.
const OTHER_SYSTEM: &str = "The vulnerability type does not apply to the operating system of the server.";

/// Returns the type for servers with the other operating system.
fn of_other_system(is_windows: bool) -> VulType {
    if is_windows { VulType::LinuxVul } else { VulType::WindowsVul }
}

/// Returns the role of a server, and whether it runs Windows.
fn role(random: Random) -> (&'static str, bool) {
    match random.below(20) {
        0..6 => ("web", false),
        6..10 => ("api", false),
        10..13 => ("db", false),
        13..15 => ("cache", false),
        15 => ("build", false),
        16 => ("batch", false),
        17 => ("log", false),
        18 => ("iis", true),
        _ => ("ad", true),
    }
}

/// Returns the public address. Four of ten servers have one. For others, the service returns an empty value or none.
fn public_ip(random: Random, place: u64) -> Option<String> {
    match random.below(10) {
        // 198.18.0.0/15 is reserved for tests, so that no address belongs to a real machine.
        0..4 => Some(format!("198.{}.{}.{}", 18 + (place >> 16) % 2, place >> 8 & 255, place & 255)),
        4..7 => Some(String::new()),
        _ => None,
    }
}

/// Returns the private address, in subnets of 250 servers within 10.0.0.0/8.
fn private_ip(random: Random, place: u64) -> String {
    let (subnet, number) = (place / 250, place % 250);
    format!("10.{}.{}.{}", (random.below(200) + subnet / 256) % 256, subnet % 256, number + 4)
}

/// Returns the result of the scan for each type. If the scan of the server failed, one or two types failed. If it is
/// still running, the last type is running.
fn details(
    random: Random,
    types: &[VulType],
    status: Status,
    cause: impl Fn(Random) -> &'static str,
) -> Vec<VulScanDetail> {
    let count = types.len() as u64;
    let first = random.branch(0).below(count);
    let fails = |place| place == first || random.branch(1).below(10) < 3 && place == (first + 1) % count;
    (0..)
        .zip(types)
        .map(|(place, vul_type)| {
            let (status, reason) = match status {
                Status::Failed if fails(place) => (ScanStatus::Failed, Some(cause(random.branch(2)).to_owned())),
                Status::Scanning if place + 1 == count => (ScanStatus::Scanning, None),
                _ => (ScanStatus::Success, None),
            };
            let mut detail = VulScanDetail::default();
            if *vul_type == VulType::UrgentVul {
                detail.scan_vul_list = Some(vec![urgent(&status, reason.as_ref())]);
            }
            detail.vul_type = Some(vul_type.clone());
            detail.status = Some(status);
            detail.failed_reason = reason;
            detail
        })
        .collect()
}

/// The only vulnerability that urgent scans look for.
fn urgent(status: &ScanStatus, reason: Option<&String>) -> ScanVul {
    let mut vul = ScanVul::default();
    vul.vul_id = Some("URGENT-CVE-2021-44228".to_owned());
    vul.vul_name = Some("Apache Log4j2 remote code execution vulnerability (CVE-2021-44228)".to_owned());
    vul.status = Some(status.clone());
    vul.failed_reason = reason.cloned();
    vul
}

/// Converts a detail to the older format, which the service still sends for failures.
fn failed_reason(detail: &VulScanDetail) -> Option<FailedReason> {
    let mut reason = FailedReason::default();
    reason.failed_reason = Some(detail.failed_reason.clone()?);
    reason.vul_type.clone_from(&detail.vul_type);
    Some(reason)
}

fn cause(random: Random) -> &'static str {
    match random.below(10) {
        0..3 => "The agent is offline.",
        3..6 => "The scan timed out.",
        6 => "The disk space of the server is insufficient.",
        7 => "The agent version is too early. Upgrade the agent and scan again.",
        8 => "Failed to obtain the software information of the server.",
        _ => "Failed to update the vulnerability database.",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const HOSTS: usize = 1_000_000;

    fn types() -> Vec<VulType> {
        VulType::KNOWN.iter().map(|name| VulType::from(*name)).collect()
    }

    #[test]
    fn ids_and_private_addresses_are_unique() {
        let random = Random::seeded(1);
        let ids: HashSet<_> = (0..HOSTS as u64).map(|place| random.branch(place).branch(1).uuid()).collect();
        assert_eq!(ids.len(), HOSTS);
        let addresses: HashSet<_> = (0..HOSTS as u64).map(|place| private_ip(random, place)).collect();
        assert_eq!(addresses.len(), HOSTS);
        assert!(addresses.iter().all(|address| address.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_private())));
    }

    #[test]
    fn finds_servers_by_their_ids_in_a_view() {
        let fleet = Fleet::new(Random::seeded(1), vec![0..50, 50..60]);
        let id = |place| fleet.host(place).info().host_id.clone().unwrap();
        let (first, last) = (id(0), id(59));
        let ids = [first.as_str(), last.as_str(), first.as_str(), "nope", "00000000-0000-4000-8000-000000000000"];
        let of = |view| fleet.places_of(ids, view);
        assert_eq!(of(View::All), HashMap::from([(first.as_str(), 0), (last.as_str(), 59)]));
        assert_eq!(of(View::One(1)), HashMap::from([(last.as_str(), 59)]));
        assert_eq!(of(View::One(2)), HashMap::new());
        // An id in another spelling is another id.
        assert!(fleet.places_of([first.to_uppercase().as_str()], View::All).is_empty());
        assert!(fleet.sees(View::One(1), 59) && !fleet.sees(View::One(0), 59));
        assert_eq!(fleet.places(View::One(1)).collect::<Vec<_>>(), (50..60).collect::<Vec<_>>());
    }

    #[test]
    #[expect(deprecated, reason = "the service still has this list")]
    fn the_parts_of_a_row_are_consistent() {
        let root = Random::seeded(3);
        let mut reasons_seen = HashSet::new();
        for place in 0..500 {
            for status in [Status::Scanning, Status::Success, Status::Failed] {
                let row = Host::new(root, place).scanned(root.branch(place as u64), &types(), status);
                let details = row.vul_scan_details.unwrap();
                let failed: Vec<_> =
                    details.iter().filter(|detail| detail.status == Some(ScanStatus::Failed)).collect();
                let scanning = details.iter().filter(|detail| detail.status == Some(ScanStatus::Scanning)).count();
                assert_eq!(scanning, usize::from(status == Status::Scanning));
                assert_eq!(row.failed_reasons.is_some(), status == Status::Failed);
                let reasons = row.failed_reasons.unwrap_or_default();
                reasons_seen.insert(reasons.len());
                assert_eq!(reasons.len(), failed.len());
                for (reason, detail) in reasons.iter().zip(failed) {
                    assert_eq!((&reason.vul_type, &reason.failed_reason), (&detail.vul_type, &detail.failed_reason));
                    assert!(reason.failed_reason.as_ref().is_some_and(|text| (1..=128).contains(&text.len())));
                }
                let of = |vul_type| details.iter().any(|detail| detail.vul_type.as_ref() == Some(&vul_type));
                assert_ne!(of(VulType::LinuxVul), of(VulType::WindowsVul));
            }
        }
        assert_eq!(reasons_seen, HashSet::from([0, 1, 2]));
    }
}
