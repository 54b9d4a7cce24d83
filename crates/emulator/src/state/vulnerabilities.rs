//! A small catalog of vulnerabilities, and the servers that each one affects.

use std::sync::OnceLock;

use super::enterprise_projects::View;
use super::fleet::{Fleet, Host};

/// A vulnerability that affects some servers.
#[derive(Debug)]
pub(crate) struct Vulnerability {
    pub(crate) id: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) level: &'static str,
    /// One of this many servers is affected, among those that can be.
    one_in: u64,
    pub(crate) cve: (&'static str, f32),
    pub(crate) label: Option<&'static str>,
    pub(crate) description: &'static str,
    pub(crate) solution: &'static str,
}

const fn vulnerability(id: &'static str, kind: &'static str, level: &'static str, one_in: u64) -> Vulnerability {
    Vulnerability { id, kind, level, one_in, cve: ("", 0.0), label: None, description: "", solution: "" }
}

const KERNEL: &str = "Upgrade the kernel to the version that the notice names, and restart the server.";
const PACKAGE: &str = "Upgrade the package to the version that the notice names.";
const UPDATE: &str = "Install the update of that number, and restart the server.";

pub(crate) static CATALOGUE: [Vulnerability; 8] = [
    Vulnerability {
        cve: ("CVE-2021-22555", 7.8),
        description: "A flaw in the Linux kernel's netfilter that lets a local user gain privileges.",
        solution: KERNEL,
        ..vulnerability("EulerOS-SA-2021-1894", "linux_vul", "High", 4)
    },
    Vulnerability {
        cve: ("CVE-2021-3156", 7.8),
        description: "A heap overflow in sudo that lets any local user become root.",
        solution: PACKAGE,
        ..vulnerability("EulerOS-SA-2021-1134", "linux_vul", "Critical", 9)
    },
    Vulnerability {
        cve: ("CVE-2022-0778", 7.5),
        description: "A loop without end in OpenSSL for certificates with wrong curve parameters.",
        solution: PACKAGE,
        ..vulnerability("EulerOS-SA-2022-1624", "linux_vul", "Medium", 3)
    },
    Vulnerability {
        cve: ("CVE-2020-1472", 10.0),
        description: "A flaw in Netlogon that lets anybody in the network become domain administrator.",
        solution: UPDATE,
        ..vulnerability("KB4571694", "windows_vul", "Critical", 6)
    },
    Vulnerability {
        cve: ("CVE-2021-34527", 8.8),
        description: "A flaw in the Windows print spooler that lets others run code as the system.",
        solution: UPDATE,
        ..vulnerability("KB5004945", "windows_vul", "High", 2)
    },
    Vulnerability {
        cve: ("CVE-2022-21661", 7.5),
        description: "An SQL injection through WP_Query in WordPress.",
        solution: "Upgrade WordPress to 5.8.3 or later.",
        ..vulnerability("HCVD-CMS-2022-0012", "web_cms", "High", 20)
    },
    Vulnerability {
        cve: ("CVE-2021-44228", 10.0),
        label: Some("Log4j2"),
        description: "Apache Log4j2 runs code from wherever a logged text says.",
        solution: "Upgrade Log4j2 to 2.17.1 or later.",
        ..vulnerability("HCVD-APP-2021-3517", "app_vul", "Critical", 7)
    },
    Vulnerability {
        cve: ("CVE-2022-22965", 9.8),
        label: Some("Spring"),
        description: "Data binding in the Spring Framework that lets others run code.",
        solution: "Upgrade the Spring Framework to 5.3.18 or 5.2.20, or later.",
        ..vulnerability("HCVD-APP-2022-1106", "app_vul", "High", 11)
    },
];

/// Number of affected servers in one enterprise project, by their importance.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Affected {
    pub(crate) important: i32,
    pub(crate) common: i32,
    pub(crate) test: i32,
}

/// Number of affected servers by vulnerability and enterprise project. Counted at the first request.
#[derive(Debug, Default)]
pub(crate) struct Vulnerabilities(OnceLock<Vec<Vec<Affected>>>);

impl Vulnerability {
    /// Returns whether the vulnerability with this number in the catalog affects a server.
    fn affects(&self, number: u64, host: &Host) -> bool {
        let is_possible = match self.kind {
            "linux_vul" => !host.is_windows(),
            "windows_vul" => host.is_windows(),
            _ => true,
        };
        is_possible && host.random(number).below(self.one_in) == 0
    }
}

/// Returns the number of vulnerabilities of a server.
pub(crate) fn count(host: &Host) -> i32 {
    (0..).zip(&CATALOGUE).map(|(number, known)| i32::from(known.affects(number, host))).sum()
}

impl Vulnerabilities {
    /// Returns the numbers by vulnerability and enterprise project.
    fn affected(&self, fleet: &Fleet) -> &[Vec<Affected>] {
        self.0.get_or_init(|| {
            let mut counts = vec![vec![Affected::default(); fleet.parts().len()]; CATALOGUE.len()];
            for (part, range) in fleet.parts().iter().enumerate() {
                for host in range.clone().map(|place| fleet.host(place)) {
                    for ((number, known), counts) in (0..).zip(&CATALOGUE).zip(&mut counts) {
                        if let Some(counts) = counts.get_mut(part).filter(|_| known.affects(number, &host)) {
                            *match host.importance() {
                                "important" => &mut counts.important,
                                "common" => &mut counts.common,
                                _ => &mut counts.test,
                            } += 1;
                        }
                    }
                }
            }
            counts
        })
    }

    pub(crate) fn in_view(&self, fleet: &Fleet, number: usize, view: View) -> Affected {
        let parts = self.affected(fleet).get(number).map(Vec::as_slice).unwrap_or_default();
        let visible = parts.iter().enumerate().filter(|(part, _)| view.sees(*part)).map(|(_, affected)| affected);
        visible.fold(Affected::default(), |sum, part| Affected {
            important: sum.important + part.important,
            common: sum.common + part.common,
            test: sum.test + part.test,
        })
    }
}
