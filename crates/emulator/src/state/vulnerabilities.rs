//! A small catalog of vulnerabilities, and the servers that each one affects.

use std::sync::OnceLock;

use super::enterprise_projects::View;
use super::fleet::{Fleet, Importance, Traits};
use super::{DAY, SCANNED_AT};

/// A vulnerability that affects some servers.
#[derive(Debug)]
pub(crate) struct Vulnerability {
    pub(crate) id: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) level: &'static str,
    /// One of this many servers is affected, among those that can be.
    one_in: u64,
    pub(crate) cve: Cve,
    pub(crate) label: Option<&'static str>,
    pub(crate) description: &'static str,
    pub(crate) solution: &'static str,
    pub(crate) software: Software,
    /// Whether the server must be restarted after the repair.
    pub(crate) needs_restart: bool,
}

/// A CVE, as in the National Vulnerability Database.
#[derive(Debug)]
pub(crate) struct Cve {
    pub(crate) id: &'static str,
    pub(crate) score: f32,
    /// CVSS vector, version 3.1.
    pub(crate) vector: &'static str,
    /// Time of the publication, in milliseconds since 1970-01-01 UTC.
    pub(crate) published: i64,
}

/// The software that is vulnerable.
#[derive(Debug)]
pub(crate) struct Software {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) fixed: &'static str,
    pub(crate) path: &'static str,
}

const fn vulnerability(id: &'static str, kind: &'static str, level: &'static str, one_in: u64) -> Vulnerability {
    let cve = Cve { id: "", score: 0.0, vector: "", published: 0 };
    let software = Software { name: "", version: "", fixed: "", path: "" };
    let (label, description, solution, needs_restart) = (None, "", "", false);
    Vulnerability { id, kind, level, one_in, cve, label, description, solution, software, needs_restart }
}

const fn cve(id: &'static str, score: f32, vector: &'static str, published: i64) -> Cve {
    Cve { id, score, vector, published }
}

const fn software(name: &'static str, version: &'static str, fixed: &'static str, path: &'static str) -> Software {
    Software { name, version, fixed, path }
}

const KERNEL: &str = "Upgrade the kernel to the version that the notice names, and restart the server.";
const PACKAGE: &str = "Upgrade the package to the version that the notice names.";
const UPDATE: &str = "Install the update of that number, and restart the server.";

const LOCAL: &str = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H";
const NETWORK: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
const NETWORK_BEYOND: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H";

pub(crate) static CATALOGUE: [Vulnerability; 8] = [
    Vulnerability {
        cve: cve("CVE-2021-22555", 7.8, LOCAL, 1_625_616_000_000),
        description: "A flaw in the Linux kernel's netfilter that lets a local user gain privileges.",
        solution: KERNEL,
        software: software("kernel", "4.18.0-147.5.1.6", "4.18.0-147.5.1.6.h541", "/boot/vmlinuz-4.18.0-147.5.1.6"),
        needs_restart: true,
        ..vulnerability("EulerOS-SA-2021-1894", "linux_vul", "High", 4)
    },
    Vulnerability {
        cve: cve("CVE-2021-3156", 7.8, LOCAL, 1_611_619_200_000),
        description: "A heap overflow in sudo that lets any local user become root.",
        solution: PACKAGE,
        software: software("sudo", "1.8.27-4", "1.8.27-4.h7", "/usr/bin/sudo"),
        ..vulnerability("EulerOS-SA-2021-1134", "linux_vul", "Critical", 9)
    },
    Vulnerability {
        cve: cve("CVE-2022-0778", 7.5, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 1_647_302_400_000),
        description: "A loop without end in OpenSSL for certificates with wrong curve parameters.",
        solution: PACKAGE,
        software: software("openssl-libs", "1.1.1f-7", "1.1.1f-7.h14", "/usr/lib64/libcrypto.so.1.1.1f"),
        ..vulnerability("EulerOS-SA-2022-1624", "linux_vul", "Medium", 3)
    },
    Vulnerability {
        cve: cve("CVE-2020-1472", 10.0, NETWORK_BEYOND, 1_597_622_400_000),
        description: "A flaw in Netlogon that lets anybody in the network become domain administrator.",
        solution: UPDATE,
        software: software("Netlogon", "10.0.17763.1098", "10.0.17763.1397", "C:\\Windows\\System32\\netlogon.dll"),
        needs_restart: true,
        ..vulnerability("KB4571694", "windows_vul", "Critical", 6)
    },
    Vulnerability {
        cve: cve("CVE-2021-34527", 8.8, "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 1_625_184_000_000),
        description: "A flaw in the Windows print spooler that lets others run code as the system.",
        solution: UPDATE,
        software: software("Print Spooler", "10.0.17763.1", "10.0.17763.2029", "C:\\Windows\\System32\\spoolsv.exe"),
        needs_restart: true,
        ..vulnerability("KB5004945", "windows_vul", "High", 2)
    },
    Vulnerability {
        cve: cve("CVE-2022-21661", 7.5, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 1_641_427_200_000),
        description: "An SQL injection through WP_Query in WordPress.",
        solution: "Upgrade WordPress to 5.8.3 or later.",
        software: software("WordPress", "5.8.1", "5.8.3", "/var/www/html/wp-includes/class-wp-tax-query.php"),
        ..vulnerability("HCVD-CMS-2022-0012", "web_cms", "High", 20)
    },
    Vulnerability {
        cve: cve("CVE-2021-44228", 10.0, NETWORK_BEYOND, 1_639_094_400_000),
        label: Some("Log4j2"),
        description: "Apache Log4j2 runs code from wherever a logged text says.",
        solution: "Upgrade Log4j2 to 2.17.1 or later.",
        software: software("log4j-core", "2.14.1", "2.17.1", "/opt/app/lib/log4j-core-2.14.1.jar"),
        ..vulnerability("HCVD-APP-2021-3517", "app_vul", "Critical", 7)
    },
    Vulnerability {
        cve: cve("CVE-2022-22965", 9.8, NETWORK, 1_648_771_200_000),
        label: Some("Spring"),
        description: "Data binding in the Spring Framework that lets others run code.",
        solution: "Upgrade the Spring Framework to 5.3.18 or 5.2.20, or later.",
        software: software("spring-beans", "5.3.16", "5.3.18", "/opt/app/lib/spring-beans-5.3.16.jar"),
        ..vulnerability("HCVD-APP-2022-1106", "app_vul", "High", 11)
    },
];

/// Returns the vulnerabilities with their numbers in the catalog.
pub(crate) fn catalogue() -> impl Iterator<Item = (u8, &'static Vulnerability)> {
    (0..).zip(&CATALOGUE)
}

/// Returns the vulnerability with this id.
pub(crate) fn find(id: &str) -> Option<(u8, &'static Vulnerability)> {
    catalogue().find(|(_, known)| known.id == id)
}

/// Some vulnerabilities of the catalog: one bit for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Set(u16);

const _: () = assert!(CATALOGUE.len() <= 16, "a set has one bit for each vulnerability");

impl Set {
    /// All vulnerabilities.
    pub(crate) const ALL: Self = Self(u16::MAX);

    /// Returns the vulnerabilities for which a predicate returns `true`.
    pub(crate) fn matching(predicate: impl Fn(&Vulnerability) -> bool) -> Self {
        let numbers = catalogue().filter(|(_, known)| predicate(known)).map(|(number, _)| number);
        numbers.fold(Self::default(), Self::with)
    }

    pub(crate) fn with(self, number: u8) -> Self {
        Self(self.0 | 1 << number)
    }

    pub(crate) fn contains(self, number: u8) -> bool {
        self.0 & 1 << number != 0
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn len(self) -> i32 {
        self.0.count_ones().try_into().unwrap_or(i32::MAX)
    }

    /// Returns the vulnerabilities of the set with their numbers.
    pub(crate) fn iter(self) -> impl Iterator<Item = (u8, &'static Vulnerability)> {
        catalogue().filter(move |(number, _)| self.contains(*number))
    }
}

/// Numbers of servers by their importance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) important: i32,
    pub(crate) common: i32,
    pub(crate) test: i32,
}

impl Numbers {
    pub(crate) fn count(&mut self, importance: Importance) {
        *match importance {
            Importance::Important => &mut self.important,
            Importance::Common => &mut self.common,
            Importance::Test => &mut self.test,
        } += 1;
    }

    pub(crate) fn total(self) -> i32 {
        self.important + self.common + self.test
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            important: self.important + other.important,
            common: self.common + other.common,
            test: self.test + other.test,
        }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            important: self.important - other.important,
            common: self.common - other.common,
            test: self.test - other.test,
        }
    }
}

/// The vulnerabilities of every server. Computed at the first request.
#[derive(Debug, Default)]
pub(crate) struct Vulnerabilities(OnceLock<Index>);

/// The vulnerabilities of every server: two bytes each, so that a listing can skip a million servers in milliseconds.
#[derive(Debug)]
pub(crate) struct Index {
    /// By place.
    found: Vec<Set>,
    /// Number of affected servers by enterprise project and vulnerability.
    affected: Vec<[Numbers; CATALOGUE.len()]>,
    /// Number of servers with vulnerabilities by enterprise project.
    vulnerable: Vec<usize>,
}

impl Vulnerability {
    /// Returns whether the vulnerability with this number in the catalog affects a server.
    fn affects(&self, number: u8, host: Traits) -> bool {
        let is_possible = match self.kind {
            "linux_vul" => !host.is_windows(),
            "windows_vul" => host.is_windows(),
            _ => true,
        };
        is_possible && host.random(number.into()).below(self.one_in) == 0
    }

    /// Returns the time of the scan that found this vulnerability on a server for the first time.
    pub(crate) fn first_found(&self, number: u8, host: Traits) -> i64 {
        let days = host.random(number.into()).branch(0).below(60);
        let found = SCANNED_AT - i64::try_from(days).unwrap_or_default() * DAY;
        found.max(self.cve.published)
    }

    /// Returns whether the agent can repair this vulnerability.
    pub(crate) fn is_repairable(&self) -> bool {
        matches!(self.kind, "linux_vul" | "windows_vul")
    }

    /// Returns the command that repairs this vulnerability on a server. Only those of Linux have one.
    pub(crate) fn repair_command(&self, host: Traits) -> Option<String> {
        let package = self.software.name;
        match (self.kind, host.system().0) {
            ("linux_vul", "Ubuntu") => Some(format!("apt-get install -y --only-upgrade {package}")),
            ("linux_vul", _) => Some(format!("yum update -y {package}")),
            _ => None,
        }
    }
}

impl Vulnerabilities {
    pub(super) fn index(&self, fleet: &Fleet) -> &Index {
        self.0.get_or_init(|| Index::new(fleet))
    }
}

impl Index {
    fn new(fleet: &Fleet) -> Self {
        let mut index = Self { found: Vec::new(), affected: Vec::new(), vulnerable: Vec::new() };
        // The enterprise projects follow each other, without gaps.
        index.found.reserve_exact(fleet.parts().last().map_or(0, |places| places.end));
        for places in fleet.parts() {
            let (mut affected, mut vulnerable) = ([Numbers::default(); CATALOGUE.len()], 0);
            for host in places.clone().map(|place| fleet.traits(place)) {
                let mut found = Set::default();
                for ((number, known), affected) in catalogue().zip(&mut affected) {
                    if known.affects(number, host) {
                        found = found.with(number);
                        affected.count(host.importance());
                    }
                }
                vulnerable += usize::from(!found.is_empty());
                index.found.push(found);
            }
            index.affected.push(affected);
            index.vulnerable.push(vulnerable);
        }
        index
    }

    /// Returns the vulnerabilities of a server.
    pub(super) fn found(&self, place: usize) -> Set {
        self.found.get(place).copied().unwrap_or_default()
    }

    /// Returns the number of affected servers in a view, by vulnerability.
    pub(super) fn affected(&self, view: View) -> [Numbers; CATALOGUE.len()] {
        let mut sums = [Numbers::default(); CATALOGUE.len()];
        for (_, affected) in self.affected.iter().enumerate().filter(|(part, _)| view.sees(*part)) {
            for (sum, numbers) in sums.iter_mut().zip(affected) {
                *sum = sum.plus(*numbers);
            }
        }
        sums
    }

    /// Returns the number of servers with vulnerabilities in a view.
    pub(super) fn vulnerable(&self, view: View) -> usize {
        self.vulnerable.iter().enumerate().filter(|(part, _)| view.sees(*part)).map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::state::random::Random;

    #[test]
    fn the_catalogue_has_unique_ids_and_complete_entries() {
        let ids: HashSet<_> = CATALOGUE.iter().map(|known| known.id).collect();
        assert_eq!(ids.len(), CATALOGUE.len());
        for known in &CATALOGUE {
            for text in [known.cve.id, known.cve.vector, known.description, known.solution, known.software.path] {
                assert!(!text.is_empty(), "{}", known.id);
            }
            assert!((1_577_836_800_000..SCANNED_AT).contains(&known.cve.published), "{}", known.id);
        }
    }

    #[test]
    fn sets_contain_what_they_were_made_of() {
        let set = Set::default().with(0).with(7);
        assert_eq!(set.iter().map(|(number, _)| number).collect::<Vec<_>>(), [0, 7]);
        assert_eq!((set.len(), set.contains(1), set.contains(7)), (2, false, true));
        assert_eq!(set.without(Set::default().with(0)), Set::default().with(7));
        assert!(set.and(Set::default().with(1)).is_empty());
        assert_eq!(Set::matching(|known| known.kind == "windows_vul").len(), 2);
    }

    #[test]
    fn counts_equal_the_servers() {
        let fleet = Fleet::new(Random::seeded(1), vec![0..900, 900..1_000]);
        let known = Vulnerabilities::default();
        let index = known.index(&fleet);
        for view in [View::One(0), View::One(1), View::All] {
            for ((number, _), affected) in catalogue().zip(index.affected(view)) {
                let places: Vec<_> = fleet.places(view).filter(|place| index.found(*place).contains(number)).collect();
                assert_eq!(affected.total(), i32::try_from(places.len()).unwrap());
                let mut counted = Numbers::default();
                for place in &places {
                    counted.count(fleet.traits(*place).importance());
                }
                assert_eq!(affected, counted);
            }
            let vulnerable = fleet.places(view).filter(|place| !index.found(*place).is_empty()).count();
            assert_eq!(index.vulnerable(view), vulnerable);
            assert!(vulnerable > 0);
        }
    }
}
