//! Changes the state of vulnerabilities (`ChangeVulStatus`), and lists what was changed (`ListVulHandleHistory`,
//! `ListHandleVuls`, `ListVulRepairFailedDetail`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hss_client::models::{
    ChangeVulStatusRequestInfo, ListVulHandleHistoryResponse, ListVulRepairFailedDetailResponse, SelectType,
    VulHandleRecord, VulHandleRecordCve, VulRepairFailedDetailInfo,
};

use super::call::{Call, total};
use super::{documented, vulnerable_servers};
use crate::response::Response;
use crate::state::enterprise_projects::View;
use crate::state::findings::{Finding, Findings, HostFilter, Rows};
use crate::state::handling::{Action, Pair, Record, Request, Statuses, Unchanged, VulStatus};
use crate::state::progress::Page;
use crate::state::vulnerabilities::{CATALOGUE, Set, find};
use crate::state::white_list::Range;
use crate::state::{State, is_same_day, moment};

/// The user who appears in the history. The emulator does not know the names of callers with an access key.
const USER: &str = "emulator-user";

/// `ChangeVulStatus`.
pub(super) fn change(state: &State, call: &Call) -> Response {
    let requested: ChangeVulStatusRequestInfo = match call.body() {
        Ok(requested) => requested,
        Err(response) => return response,
    };
    let Some(action) = Action::from_name(&requested.operate_type.to_string()) else {
        return Response::invalid("operate_type is unknown");
    };
    let (pairs, backups) = match chosen(state, call, &requested)
        .and_then(|pairs| Ok((backups(state, call, &requested, action, &pairs)?, pairs)))
    {
        Ok((backups, pairs)) => (pairs, backups),
        Err(response) => return response,
    };
    // The only server was that of the examples, on which nothing changes.
    if pairs.is_empty() && requested.select_type.is_none() {
        return Response::empty(call.operation.success.status);
    }
    let remark = requested.remark.filter(|remark| !remark.is_empty()).map(Arc::from);
    let entries = if action == Action::AddToWhitelist { entries(&pairs, remark.as_ref()) } else { Vec::new() };
    let request = Request { action, remark, backups, skips: requested.select_type.is_some() };
    let fleet = state.fleet();
    match state.handling().apply(pairs, &request, |place| fleet.traits(place), call.elapsed) {
        Ok(()) => {
            // If the whitelist is full, the vulnerabilities are only ignored.
            state.white_list().add(entries, call.view);
            Response::empty(call.operation.success.status)
        }
        Err(Unchanged::Refused(Pair { place, number }, refusal)) => {
            let id = CATALOGUE.get(usize::from(number)).map_or("", |known| known.id);
            let host = fleet.host(place).info().host_id.clone().unwrap_or_default();
            let description = format!("{} is impossible for {id} on server {host}: {}", action.name(), refusal.reason);
            Response::refused(refusal.code, refusal.reason, &description)
        }
        Err(Unchanged::Nothing) => Response::refused(
            "HSS.1059",
            "the vulnerabilities cannot be handled in this way",
            &format!("there is no vulnerability for which {} is possible", action.name()),
        ),
        Err(Unchanged::TooMany) => Response::refused(
            "HSS.0001",
            "too many vulnerabilities",
            "the emulator keeps the state of 100000 vulnerabilities of servers",
        ),
    }
}

/// Returns an entry of the whitelist for each vulnerability, with its servers.
fn entries(pairs: &BTreeSet<Pair>, remark: Option<&Arc<str>>) -> Vec<(u8, Range)> {
    let mut hosts: BTreeMap<u8, BTreeSet<usize>> = BTreeMap::new();
    for Pair { place, number } in pairs {
        hosts.entry(*number).or_default().insert(*place);
    }
    let description = remark.map_or("", |remark| &**remark);
    let range = |hosts| Range { hosts: Some(hosts), description: description.to_owned() };
    hosts.into_iter().map(|(number, hosts)| (number, range(hosts))).collect()
}

/// Returns the vulnerabilities of servers that a request selects.
fn chosen(state: &State, call: &Call, requested: &ChangeVulStatusRequestInfo) -> Result<BTreeSet<Pair>, Response> {
    let kind = requested.type_.as_ref().map(ToString::to_string);
    let (by_vulnerability, by_host) = (&requested.data_list, &requested.host_data_list);
    match (&requested.select_type, by_vulnerability.is_empty(), by_host.is_empty()) {
        (None, true, true) => return Err(Response::invalid("data_list, host_data_list or select_type is missing")),
        (_, false, false) => {
            // Users of the service report this code.
            return Err(Response::refused(
                "HSS.0004",
                "a parameter is wrong",
                "data_list and host_data_list are given, but only one is allowed",
            ));
        }
        (Some(_), false, _) | (Some(_), _, false) => {
            return Err(Response::invalid("select_type is given together with a list"));
        }
        _ => {}
    }
    if let Some(select_type) = &requested.select_type {
        let kind = kind.as_deref().unwrap_or("linux_vul");
        let is_of_all_types = *select_type == SelectType::AllHost;
        let known = Set::matching(|known| is_of_all_types || known.kind == kind);
        let mut pairs = BTreeSet::new();
        let findings = state.findings(call.view, call.elapsed);
        findings.each(&HostFilter::default(), known, Statuses::ALL, |finding| {
            pairs.insert(finding.pair);
        });
        return Ok(pairs);
    }
    let listed = by_vulnerability
        .iter()
        .flat_map(|one| one.host_id_list.iter().map(|host| (one.vul_id.as_str(), host.as_str())))
        .chain(by_host.iter().flat_map(|one| one.vul_id_list.iter().map(|id| (id.as_str(), one.host_id.as_str()))));
    let hosts: BTreeSet<&str> = listed.clone().map(|(_, host)| host).collect();
    let places = state.chosen(hosts, call.view).map_err(|id| Response::unknown("server", id))?;
    let findings = state.findings(call.view, call.elapsed);
    let mut pairs = BTreeSet::new();
    for (id, host) in listed {
        // Without a type, the service expects vulnerabilities of Linux. Nothing shows that it refuses others.
        let known = find(id).filter(|(_, known)| kind.as_ref().is_none_or(|kind| known.kind == kind));
        let Some((number, _)) = known else { return Err(Response::unknown("vulnerability", id)) };
        let Some(&place) = places.get(host) else { continue };
        let pair = Pair { place, number };
        if findings.finding(pair).is_none() {
            return Err(Response::unknown("vulnerability", &format!("{id} on server {host}")));
        }
        pairs.insert(pair);
    }
    Ok(pairs)
}

/// Returns the names of the backups that are made before a repair, by place.
fn backups(
    state: &State,
    call: &Call,
    requested: &ChangeVulStatusRequestInfo,
    action: Action,
    pairs: &BTreeSet<Pair>,
) -> Result<BTreeMap<usize, Arc<str>>, Response> {
    let Some(id) = requested.backup_info_id.as_deref().filter(|_| action == Action::ImmediateRepair) else {
        return Ok(BTreeMap::new());
    };
    let name: Arc<str> = format!("vul_backup_{id}").into();
    let mut backups: BTreeMap<_, _> = pairs.iter().map(|pair| (pair.place, Arc::clone(&name))).collect();
    let custom = &requested.custom_backup_hosts;
    let hosts = custom.iter().filter_map(|host| host.host_id.as_deref()).collect();
    let places = state.chosen(hosts, call.view).map_err(|id| Response::unknown("server", id))?;
    for host in custom {
        let place = host.host_id.as_deref().and_then(|id| places.get(id));
        if let (Some(place), Some(name)) = (place, &host.backup_name)
            && let Some(backup) = backups.get_mut(place)
        {
            *backup = name.as_str().into();
        }
    }
    Ok(backups)
}

/// `ListVulHandleHistory`.
pub(super) fn list_history(state: &State, call: &Call) -> Response {
    let filter = HistoryFilter {
        hosts: call.hosts(),
        statuses: call.statuses(),
        vulnerability: call.filter("vul_id"),
        kind: call.filter("vul_type"),
    };
    let findings = state.findings(call.view, call.elapsed);
    let (count, rows) = history(&findings, &filter, call.text("sort_dir") == Some("asc"), call.page());
    let mut response = ListVulHandleHistoryResponse::default();
    response.total_num = total(count);
    response.data_list = Some(rows.into_iter().filter_map(|record| history_row(state, &findings, record)).collect());
    Response::json(call.operation.success.status, &response)
}

/// Selects records of the history.
#[derive(Debug)]
pub(super) struct HistoryFilter<'a> {
    pub(super) hosts: HostFilter<'a>,
    pub(super) statuses: Statuses,
    pub(super) vulnerability: Option<&'a str>,
    pub(super) kind: Option<&'a str>,
}

/// Returns one page of the matching records, newest first unless `ascending`, and their number on all pages.
pub(super) fn history<'a>(
    findings: &'a Findings,
    filter: &HistoryFilter,
    ascending: bool,
    page: Page,
) -> (usize, Vec<&'a Record>) {
    let known = Set::matching(|known| {
        filter.vulnerability.is_none_or(|id| known.id == id) && filter.kind.is_none_or(|kind| known.kind == kind)
    });
    let is_shown = |record: &&Record| {
        known.contains(record.pair.number)
            && findings.sees(record.pair.place)
            && filter.statuses.contains(record.status(findings.elapsed()))
            && filter.hosts.matches(findings.fleet(), record.pair.place)
    };
    let mut rows = Rows::new(page);
    let records = findings.reader().history();
    if ascending {
        records.iter().filter(is_shown).for_each(|record| rows.add(record));
    } else {
        records.iter().rev().filter(is_shown).for_each(|record| rows.add(record));
    }
    rows.done()
}

/// Returns the row of a record.
pub(super) fn history_row(state: &State, findings: &Findings, record: &Record) -> Option<VulHandleRecord> {
    let Finding { pair, known, .. } = findings.finding(record.pair)?;
    let host = findings.fleet().host(pair.place);
    let info = host.info();
    let mut cve = VulHandleRecordCve::default();
    cve.cve_id = Some(known.cve.id.to_owned());
    cve.cvss = Some(known.cve.score);
    cve.vul_id = Some(known.id.to_owned());
    let mut row = VulHandleRecord::default();
    row.id = Some(state.handling().record_id(record));
    row.user_name = Some(USER.to_owned());
    row.type_ = Some(known.kind.to_owned());
    row.host_id.clone_from(&info.host_id);
    row.host_name.clone_from(&info.host_name);
    row.public_ip.clone_from(&info.public_ip);
    row.private_ip.clone_from(&info.private_ip);
    row.handle_time = Some(moment(record.at).to_string());
    row.status = Some(record.status(findings.elapsed()).name().to_owned());
    row.failed_reason = Some(record.cause(findings.elapsed()).map_or("", |cause| cause.description).to_owned());
    row.description = Some(record.remark.as_deref().unwrap_or_default().to_owned());
    row.vul_id = Some(known.id.to_owned());
    row.vul_name = Some(known.id.to_owned());
    row.asset_value = Some(host.traits().importance().name().to_owned());
    row.cve_list = Some(vec![cve]);
    row.app_name = Some(known.software.name.to_owned());
    row.app_path = Some(known.software.path.to_owned());
    row.app_version = Some(known.software.version.to_owned());
    row.handle_type = Some(record.action.name().to_owned());
    Some(row)
}

/// `ListHandleVuls`. It has no parameter for the enterprise project, so that it covers all of them.
pub(super) fn list_handled(state: &State, call: &Call) -> Response {
    let findings = state.findings(View::All, call.elapsed);
    let is_today = call.text("handle_circle") == Some("today");
    let (count, rows) =
        handled(&findings, &call.hosts(), call.vulnerabilities(), call.statuses(), is_today, call.page());
    vulnerable_servers::pairs(call, &findings, count, &rows)
}

/// Returns one page of the vulnerabilities of servers that were ignored or fixed, and their number on all pages.
pub(super) fn handled(
    findings: &Findings,
    hosts: &HostFilter,
    known: Set,
    statuses: Statuses,
    is_today: bool,
    page: Page,
) -> (usize, Vec<Finding>) {
    let elapsed = findings.elapsed();
    let statuses = statuses.and(Statuses::matching(VulStatus::is_handled));
    let mut rows = Rows::new(page);
    for record in findings.reader().current() {
        if known.contains(record.pair.number)
            && statuses.contains(record.status(elapsed))
            && findings.sees(record.pair.place)
            && (!is_today || is_same_day(record.since(elapsed), elapsed))
            && hosts.matches(findings.fleet(), record.pair.place)
            && let Some(finding) = findings.finding(record.pair)
        {
            rows.add(finding);
        }
    }
    rows.done()
}

/// `ListVulRepairFailedDetail`. The list is empty unless the last repair failed.
pub(super) fn list_failures(state: &State, call: &Call) -> Response {
    let (host, id) = (call.text("host_id").unwrap_or_default(), call.text("vul_id").unwrap_or_default());
    if state.is_documented_host(host) {
        return documented(state, call);
    }
    let Some(place) = state.fleet().places_of([host], call.view).remove(host) else {
        return Response::unknown("server", host);
    };
    let Some((number, known)) = find(id) else {
        return Response::unknown("vulnerability", id);
    };
    let findings = state.findings(call.view, call.elapsed);
    let cause = findings.record(Pair { place, number }).and_then(|record| record.cause(call.elapsed));
    let row = cause.map(|cause| {
        let mut row = VulRepairFailedDetailInfo::default();
        row.software = Some(known.software.name.to_owned());
        row.reason = Some(cause.output.to_owned());
        row.reason_description = Some(cause.description.to_owned());
        #[expect(deprecated, reason = "the service still sends it")]
        let misspelled = &mut row.reason_describtion;
        *misspelled = Some(cause.description.to_owned());
        row.reason_solution = Some(cause.solution.to_owned());
        row
    });
    let mut response = ListVulRepairFailedDetailResponse::default();
    response.data_list = Some(row.into_iter().collect());
    Response::json(call.operation.success.status, &response)
}
