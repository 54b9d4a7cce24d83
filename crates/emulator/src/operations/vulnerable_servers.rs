//! Lists servers of a vulnerability (`ListVulHosts`), vulnerabilities of a server (`ListHostVuls`), servers with
//! vulnerabilities (`ListVulHostHosts`), and vulnerabilities of servers (`ListVulHostVuls`).

use std::collections::BTreeSet;

use hss_client::models::{
    AgentStatus, DisabledOperation, HandleStatus, HostStatus, HostVulApp, HostVulInfo, ListHostVulsResponse,
    ListVulHostHostsResponse, ListVulHostVulsResponse, ListVulHostsResponse, NodeType, OsType, VulCve, VulHostInfo,
    VulIdsByType, VulNumByRepairPriority, VulOnHost, VulnerableHost,
};

use super::call::{Call, total};
use super::documented;
use crate::response::Response;
use crate::state::findings::{Finding, Findings, HostFilter, Rows, Tally};
use crate::state::fleet::Host;
use crate::state::handling::{Action, Pair, Record, Statuses, VulStatus};
use crate::state::host_groups::HostGroup;
use crate::state::vulnerabilities::{Set, Vulnerability, find};
use crate::state::{SCANNED_AT, State};

/// The levels of vulnerabilities, worst first.
const LEVELS: [&str; 4] = ["Critical", "High", "Medium", "Low"];

/// `ListVulHosts`.
pub(super) fn list_hosts(state: &State, call: &Call) -> Response {
    let (id, kind) = (call.text("vul_id").unwrap_or_default(), call.text("type").unwrap_or_default());
    if find(id).is_none_or(|(_, known)| known.kind != kind) {
        return Response::unknown("vulnerability", id);
    }
    let findings = state.findings(call.view, call.elapsed);
    let mut hosts = call.hosts();
    hosts.is_none |= !scanned_in_time(call);
    let (count, rows) = findings.page(&hosts, call.vulnerabilities(), call.statuses(), call.page());
    let mut response = ListVulHostsResponse::default();
    response.total_num = total(count);
    response.data_list = Some(rows.iter().map(|finding| host_row(state, &findings, finding)).collect());
    Response::json(call.operation.success.status, &response)
}

/// `ListHostVuls`.
pub(super) fn list_vulnerabilities(state: &State, call: &Call) -> Response {
    let id = call.text("host_id").unwrap_or_default();
    if state.is_documented_host(id) {
        return documented(state, call);
    }
    let Some(place) = state.fleet().places_of([id], call.view).remove(id) else {
        return Response::unknown("server", id);
    };
    let findings = state.findings(call.view, call.elapsed);
    let host = HostFilter { places: Some(BTreeSet::from([place])), ..HostFilter::default() };
    let known = call.vulnerabilities().and(call.of_type());
    let (count, rows) = findings.page(&host, known, call.statuses(), call.page());
    let mut response = ListHostVulsResponse::default();
    response.total_num = total(count);
    response.data_list = Some(rows.iter().map(|finding| vulnerability_row(&findings, finding)).collect());
    Response::json(call.operation.success.status, &response)
}

/// `ListVulHostHosts`. A server is handled if all of its vulnerabilities are.
pub(super) fn list_vulnerable_hosts(state: &State, call: &Call) -> Response {
    let findings = state.findings(call.view, call.elapsed);
    let hosts = chosen_hosts(state, call);
    let by_status = Statuses::matching(|status| call.is_in("status", status.name()));
    let mut rows = Rows::new(call.page());
    findings.each_host(&hosts, |place, found| {
        let open = findings.open(place);
        let has_status = call.filter("status").is_none() || {
            let mut statuses = found.iter().filter_map(|(number, _)| findings.finding(Pair { place, number }));
            statuses.any(|finding| by_status.contains(finding.status))
        };
        let status = if open.is_empty() { "handled" } else { "unhandled" };
        if has_status && call.is("handle_status", status) && call.is("severity_level", severity(open)) {
            rows.add((place, open));
        }
    });
    let (count, rows) = rows.done();
    let mut response = ListVulHostHostsResponse::default();
    response.total_num = total(count);
    response.data_list = Some(rows.into_iter().map(|(place, open)| vulnerable_host(state, place, open)).collect());
    Response::json(call.operation.success.status, &response)
}

/// `ListVulHostVuls`.
pub(super) fn list_pairs(state: &State, call: &Call) -> Response {
    let findings = state.findings(call.view, call.elapsed);
    let unhandled = Statuses::matching(|status| !status.is_handled());
    let (known, statuses) = match call.text("repair_type") {
        Some("need_urgent_repair") => (urgent(), unhandled),
        Some(_) => (Set::ALL, unhandled),
        None => (Set::ALL, Statuses::ALL),
    };
    let (known, statuses) = (call.vulnerabilities().and(known), call.statuses().and(statuses));
    let (count, rows) = findings.page(&chosen_hosts(state, call), known, statuses, call.page());
    pairs(call, &findings, count, &rows)
}

/// Returns the response with these vulnerabilities of servers.
pub(super) fn pairs(call: &Call, findings: &Findings, count: usize, rows: &[Finding]) -> Response {
    let mut response = ListVulHostVulsResponse::default();
    response.total_num = total(count);
    response.data_list = Some(rows.iter().map(|finding| pair_row(findings, finding)).collect());
    Response::json(call.operation.success.status, &response)
}

/// Returns the vulnerabilities that must be repaired urgently.
pub(super) fn urgent() -> Set {
    Set::matching(|known| known.level == "Critical")
}

/// Returns the servers that match, including `host_id_list`.
fn chosen_hosts<'a>(state: &State, call: &'a Call) -> HostFilter<'a> {
    let places = call.filter("host_id_list").map(|ids| state.fleet().places_of(ids.split(','), call.view));
    HostFilter { places: places.map(|places| places.into_values().collect()), ..call.hosts() }
}

/// Returns whether the last scan was in the requested period.
fn scanned_in_time(call: &Call) -> bool {
    let (from, to) = (call.number("min_scan_time"), call.number("max_scan_time"));
    from.is_none_or(|from: i64| from <= SCANNED_AT) && to.is_none_or(|to: i64| SCANNED_AT <= to)
}

/// Returns the risk of a server with these open vulnerabilities, in the levels of the console.
fn severity(open: Set) -> &'static str {
    let has = |level: &str| open.iter().any(|(_, known)| known.level == level);
    match () {
        () if has("Critical") => "High",
        () if has("High") || has("Medium") => "Medium",
        () if has("Low") => "Low",
        () => "Security",
    }
}

fn vulnerable_host(state: &State, place: usize, open: Set) -> VulnerableHost {
    let host = state.fleet().host(place);
    let (traits, agent, info) = (host.traits(), host.agent(), host.info());
    let group = state.host_groups().of(traits);
    let of_level = |level: &str| open.and(Set::matching(|known| known.level == level)).len();
    let of_kind = |kind: &str| {
        Some(open.iter().filter(|(_, known)| known.kind == kind).map(|(_, known)| known.id.to_owned()).collect())
    };
    let mut ids = VulIdsByType::default();
    ids.linux_vul_id_list = of_kind("linux_vul");
    ids.windows_vul_id_list = of_kind("windows_vul");
    ids.webcms_vul_id_list = of_kind("web_cms");
    ids.app_vul_id_list = of_kind("app_vul");
    ids.urgent_vul_id_list = of_kind("urgent_vul");
    let by_level = |level: &&str| {
        let mut numbers = VulNumByRepairPriority::default();
        numbers.repair_priority = Some((*level).into());
        numbers.vul_num = Some(of_level(level));
        numbers
    };
    let mut row = VulnerableHost::default();
    row.host_id.clone_from(&info.host_id);
    row.agent_id = agent.id;
    row.host_name.clone_from(&info.host_name);
    row.public_ip.clone_from(&info.public_ip);
    row.private_ip.clone_from(&info.private_ip);
    row.group_id = Some(group.map(|group| group.id.clone()).unwrap_or_default());
    row.group_name = Some(group.map(|group| group.name.to_owned()).unwrap_or_default());
    row.os_type = Some(os_type(&host));
    row.asset_value = Some(traits.importance().name().into());
    row.scan_time = Some(SCANNED_AT);
    row.severity_level = Some(severity(open).into());
    row.score = Some((100 - 30 * of_level("Critical") - 10 * of_level("High") - 5 * of_level("Medium")).max(0));
    row.version = Some(edition(agent.protects).to_owned());
    row.handle_status = Some(HandleStatus::from(if open.is_empty() { "handled" } else { "unhandled" }));
    row.vul_num_with_repair_priority_list = Some(LEVELS.iter().map(by_level).collect());
    row.vul_ids_info = Some(ids);
    row.node_type = Some(NodeType::from("not_cce"));
    row
}

fn host_row(state: &State, findings: &Findings, finding: &Finding) -> VulHostInfo {
    let Finding { pair, known, status } = *finding;
    let host = state.fleet().host(pair.place);
    let (traits, agent, info) = (host.traits(), host.agent(), host.info());
    let (name, version) = traits.system();
    let group: Option<&HostGroup> = state.host_groups().of(traits);
    let record = findings.record(pair);
    let mut row = VulHostInfo::default();
    row.host_id.clone_from(&info.host_id);
    row.agent_id = agent.id;
    row.repair_necessity = Some(known.level.into());
    row.severity_level = Some(known.level.into());
    row.host_name.clone_from(&info.host_name);
    row.host_ip.clone_from(&info.private_ip);
    row.cve_num = Some(1);
    row.cve_id_list = Some(vec![known.cve.id.to_owned()]);
    row.status = Some(status.name().into());
    row.remark = record.and_then(|record| record.remark.as_deref()).map(str::to_owned);
    row.repair_cmd = known.repair_command(traits);
    row.version = Some(edition(agent.protects).to_owned());
    row.app_path = (known.kind == "app_vul").then(|| known.software.path.to_owned());
    row.is_affect_business = Some(known.needs_restart);
    row.asset_value.clone_from(&info.asset_value);
    row.private_ip.clone_from(&info.private_ip);
    row.group_name = Some(group.map(|group| group.name.to_owned()).unwrap_or_default());
    row.group_id = Some(group.map(|group| group.id.clone()).unwrap_or_default());
    row.os_type = Some(os_type(&host));
    row.os_name = Some(name.to_owned());
    row.os_version = Some(version.to_owned());
    row.host_status = Some(HostStatus::Active);
    row.first_scan_time = Some(known.first_found(pair.number, traits));
    row.scan_time = Some(SCANNED_AT);
    row.failed_reason = failed_reason(record, findings);
    row.support_restore = Some(can_restore(record, status));
    row.backup_name = record.and_then(Record::backup).map(str::to_owned);
    row.agent_status = Some(AgentStatus::from(agent.status));
    row.disabled_operate_types = disabled(known, status);
    row.repair_priority = Some(known.level.into());
    row.node_type = Some(NodeType::from("not_cce"));
    row
}

fn vulnerability_row(findings: &Findings, finding: &Finding) -> HostVulInfo {
    let Finding { pair, known, status } = *finding;
    let traits = findings.traits(pair.place);
    let record = findings.record(pair);
    let (software, is_application) = (&known.software, known.kind == "app_vul");
    let mut app = HostVulApp::default();
    app.app_name = Some(software.name.to_owned());
    app.app_version = Some(software.version.to_owned());
    app.upgrade_version = Some(software.fixed.to_owned());
    app.app_path = is_application.then(|| software.path.to_owned());
    let mut row = HostVulInfo::default();
    row.vul_name = Some(known.id.to_owned());
    row.vul_id = Some(known.id.to_owned());
    row.label_list = Some(labels(known));
    row.repair_necessity = Some(known.level.into());
    row.scan_time = Some(SCANNED_AT);
    row.type_ = Some(known.kind.into());
    row.app_list = Some(vec![app]);
    row.severity_level = Some(known.level.into());
    row.solution_detail = Some(known.solution.to_owned());
    row.description = Some(known.description.to_owned());
    row.repair_cmd = known.repair_command(traits);
    row.status = Some(status.name().into());
    row.repair_success_num = Some(repaired(findings, pair));
    row.cve_list = Some(cves(known));
    row.is_affect_business = Some(known.needs_restart);
    row.first_scan_time = Some(known.first_found(pair.number, traits));
    row.app_name = is_application.then(|| software.name.to_owned());
    row.app_path = is_application.then(|| software.path.to_owned());
    row.version = Some(edition(traits.is_protected()).to_owned());
    row.support_restore = Some(can_restore(record, status));
    row.disabled_operate_types = disabled(known, status);
    row.repair_priority = Some(known.level.into());
    row.software_version =
        (known.kind == "linux_vul").then(|| format!("{}, fixed in {}", software.version, software.fixed));
    row.backup_name = record.and_then(Record::backup).map(str::to_owned);
    row.failed_reason = failed_reason(record, findings);
    row
}

/// Returns the row of `ListVulHostVuls` and `ListHandleVuls`.
pub(super) fn pair_row(findings: &Findings, finding: &Finding) -> VulOnHost {
    let Finding { pair, known, status } = *finding;
    let host = findings.fleet().host(pair.place);
    let info = host.info();
    let mut row = VulOnHost::default();
    row.label_list = Some(labels(known));
    row.repair_priority = Some(known.level.into());
    row.repair_success_num = Some(repaired(findings, pair));
    row.vul_id = Some(known.id.to_owned());
    row.vul_name = Some(known.id.to_owned());
    row.cve_list = Some(cves(known));
    row.is_affected_business = Some(known.needs_restart);
    row.host_id.clone_from(&info.host_id);
    row.public_ip.clone_from(&info.public_ip);
    row.private_ip.clone_from(&info.private_ip);
    row.host_name.clone_from(&info.host_name);
    row.asset_value.clone_from(&info.asset_value);
    row.status = Some(status.name().into());
    row.first_scan_time = Some(known.first_found(pair.number, host.traits()));
    row.scan_time = Some(SCANNED_AT);
    row.disabled_operate_types = disabled(known, status);
    row
}

pub(super) fn labels(known: &Vulnerability) -> Vec<String> {
    known.label.into_iter().map(str::to_owned).collect()
}

pub(super) fn cves(known: &Vulnerability) -> Vec<VulCve> {
    let mut cve = VulCve::default();
    cve.cve_id = Some(known.cve.id.to_owned());
    cve.cvss = Some(known.cve.score);
    vec![cve]
}

/// Returns the edition of HSS that protects a server.
pub(super) fn edition(is_protected: bool) -> &'static str {
    if is_protected { "hss.version.enterprise" } else { "hss.version.null" }
}

fn os_type(host: &Host) -> OsType {
    if host.traits().is_windows() { "Windows" } else { "Linux" }.into()
}

/// Returns the actions that are impossible in that state. Returns `None` if all are possible.
fn disabled(known: &Vulnerability, status: VulStatus) -> Option<Vec<DisabledOperation>> {
    let disabled = Action::ALL.into_iter().filter_map(|action| {
        let mut disabled = DisabledOperation::default();
        disabled.reason = Some(action.refusal(known, status)?.reason.to_owned());
        disabled.operate_type = Some(action.name().into());
        Some(disabled)
    });
    Some(disabled.collect::<Vec<_>>()).filter(|disabled| !disabled.is_empty())
}

/// Returns the number of servers on which a vulnerability was repaired.
fn repaired(findings: &Findings, pair: Pair) -> i32 {
    findings.tallies().get(usize::from(pair.number)).map_or(0, Tally::repaired)
}

fn failed_reason(record: Option<&Record>, findings: &Findings) -> Option<String> {
    Some(record?.cause(findings.elapsed())?.description.to_owned())
}

/// Returns whether a server can be restored to the backup that was made before the repair.
fn can_restore(record: Option<&Record>, status: VulStatus) -> bool {
    record.and_then(Record::backup).is_some() && status != VulStatus::Fixing
}
