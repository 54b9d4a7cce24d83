//! Lists vulnerabilities (`ListVulnerabilities`).

use hss_client::models::{ListVulnerabilitiesResponse, VulHostNumbers, VulInfo};

use super::call::{Call, total};
use super::vulnerable_servers::{cves, labels};
use crate::response::Response;
use crate::state::findings::{HostFilter, Tally};
use crate::state::handling::{Statuses, VulStatus};
use crate::state::vulnerabilities::{Numbers, Set, Vulnerability};
use crate::state::{SCANNED_AT, State};

/// `ListVulnerabilities`. A vulnerability is listed if it matches on any server. Its row describes it on all servers.
pub(super) fn list(state: &State, call: &Call) -> Response {
    let rows = rows(state, call, &call.hosts(), call.vulnerabilities().and(call.of_type()));
    let page = call.page();
    let mut response = ListVulnerabilitiesResponse::default();
    response.total_num = total(rows.len());
    response.data_list = Some(rows.into_iter().skip(page.offset).take(page.limit).collect());
    Response::json(call.operation.success.status, &response)
}

/// Returns the vulnerabilities of a set that match on any of these servers.
pub(super) fn rows(state: &State, call: &Call, hosts: &HostFilter, known: Set) -> Vec<VulInfo> {
    let findings = state.findings(call.view, call.elapsed);
    let statuses = call.statuses();
    let matching = if is_unfiltered(hosts) {
        findings
            .tallied()
            .filter(|(.., tally)| tally.has(statuses))
            .fold(Set::default(), |set, (number, ..)| set.with(number))
    } else {
        let mut matching = Set::default();
        findings.each(hosts, known, statuses, |finding| matching = matching.with(finding.pair.number));
        matching
    };
    let matching = matching.and(known);
    let rows = findings.tallied().filter(|(number, ..)| matching.contains(*number));
    rows.map(|(_, known, tally)| row(known, &tally)).collect()
}

/// Returns whether all servers match, so that the counts suffice.
fn is_unfiltered(hosts: &HostFilter) -> bool {
    let HostFilter { importance, group, name, address, private, public, places, is_none } = hosts;
    !is_none && places.is_none() && [importance, group, name, address, private, public].iter().all(|it| it.is_none())
}

/// Returns the row of a vulnerability.
pub(super) fn row(known: &Vulnerability, tally: &Tally) -> VulInfo {
    let mut row = VulInfo::default();
    row.vul_name = Some(known.id.to_owned());
    row.vul_id = Some(known.id.to_owned());
    row.label_list = Some(labels(known));
    row.repair_necessity = Some(known.level.into());
    row.severity_level = Some(known.level.into());
    row.host_num = Some(tally.found.total());
    row.unhandle_host_num = Some(tally.unhandled().total());
    row.scan_time = Some(SCANNED_AT);
    row.solution_detail = Some(known.solution.to_owned());
    row.description = Some(known.description.to_owned());
    row.type_ = Some(known.kind.into());
    row.cve_list = Some(cves(known));
    row.repair_priority = Some(known.level.into());
    row.hosts_num = Some(host_numbers(tally.found));
    row.repair_success_num = Some(tally.repaired());
    row.fixed_num = Some(tally.of(VulStatus::Fixed).into());
    row.ignored_num = Some(tally.of(VulStatus::Ignored).into());
    row.verify_num = Some(tally.of(VulStatus::Verifying));
    row
}

/// Returns numbers of servers. Each is at most the documented maximum, which a large fleet may exceed.
pub(super) fn host_numbers(numbers: Numbers) -> VulHostNumbers {
    let mut limited = VulHostNumbers::default();
    limited.important = Some(numbers.important.min(10_000));
    limited.common = Some(numbers.common.min(10_000));
    limited.test = Some(numbers.test.min(10_000));
    limited
}

/// Returns the numbers of servers on which a vulnerability is in one of the requested states.
pub(super) fn numbers(tally: &Tally, statuses: Statuses) -> Numbers {
    match (statuses.contains(VulStatus::Unfixed), statuses.contains(VulStatus::Fixed)) {
        (true, true) => tally.found,
        (true, false) => tally.unhandled(),
        (false, _) => tally.handled,
    }
}
