//! Counts vulnerabilities (`ShowVulStatics`), and what a change would affect (`ShowVulAffectedStatics`).

use std::collections::{BTreeMap, BTreeSet};

use hss_client::models::{ShowVulAffectedStaticsResponse, ShowVulStaticsResponse, VulNumByType};

use super::call::{Call, total};
use super::vulnerable_servers::urgent;
use crate::response::Response;
use crate::state::findings::HostFilter;
use crate::state::handling::Statuses;
use crate::state::vulnerabilities::{CATALOGUE, Set, find};
use crate::state::{LIBRARY_UPDATED_AT, State, is_same_day};

/// `ShowVulStatics`. Counts each vulnerability on each server, as `ListVulHostVuls` and `ListHandleVuls` list them.
pub(super) fn show(state: &State, call: &Call) -> Response {
    let findings = state.findings(call.view, call.elapsed);
    let (mut unhandled, mut urgently) = (0, 0);
    for (number, _, tally) in findings.tallied() {
        unhandled += tally.unhandled().total();
        urgently += if urgent().contains(number) { tally.unhandled().total() } else { 0 };
    }
    let handled = findings.reader().current().filter(|record| findings.sees(record.pair.place));
    let handled = handled.filter(|record| record.status(call.elapsed).is_handled());
    let (mut today, mut all) = (0, 0);
    for record in handled {
        all += 1;
        today += i32::from(is_same_day(record.since(call.elapsed), call.elapsed));
    }
    let mut response = ShowVulStaticsResponse::default();
    response.need_urgent_repair = Some(urgently);
    response.unrepair = Some(unhandled);
    response.existed_vul_hosts = total(findings.vulnerable_hosts());
    response.today_handle = Some(today);
    response.all_handle = Some(all);
    response.supported = total(CATALOGUE.len());
    response.vul_library_update_time = Some(LIBRARY_UPDATED_AT);
    Response::json(call.operation.success.status, &response)
}

/// `ShowVulAffectedStatics`. Counts what is neither ignored nor fixed.
pub(super) fn show_affected(state: &State, call: &Call) -> Response {
    if call.text("select_type") == Some("all_vul") && call.filter("type").is_none() {
        return Response::invalid("select_type all_vul needs a type");
    }
    let mut hosts: HostFilter = call.hosts();
    hosts.is_none |= call.text("category").is_some_and(|category| category != "host")
        || call.arguments.get_all("container_ids").next().is_some();
    let ids: BTreeSet<&str> = call.arguments.get_all("host_ids").collect();
    if !ids.is_empty() {
        match state.chosen(ids, call.view) {
            Ok(places) => hosts.places = Some(places.into_values().collect()),
            Err(id) => return Response::unknown("server", id),
        }
    }
    let mut known = Set::ALL;
    let ids: BTreeSet<&str> = call.arguments.get_all("vul_ids").collect();
    if let Some(id) = ids.iter().find(|id| find(id).is_none()) {
        return Response::unknown("vulnerability", id);
    }
    if !ids.is_empty() {
        known = Set::matching(|known| ids.contains(known.id));
    }
    let findings = state.findings(call.view, call.elapsed);
    let (mut servers, mut last, mut vulnerabilities, mut count) = (0, None, Set::default(), 0);
    let mut by_type: BTreeMap<&str, Set> = BTreeMap::new();
    let unhandled = Statuses::matching(|status| !status.is_handled());
    findings.each(&hosts, known.and(call.vulnerabilities()), unhandled, |finding| {
        // Those of one server follow each other.
        let server = Some(finding.pair.place);
        servers += usize::from(server != last);
        last = server;
        vulnerabilities = vulnerabilities.with(finding.pair.number);
        let of_type = by_type.entry(finding.known.kind).or_default();
        *of_type = of_type.with(finding.pair.number);
        count += 1;
    });
    let mut response = ShowVulAffectedStaticsResponse::default();
    response.vul_num = Some(vulnerabilities.len());
    response.host_num = total(servers);
    response.image_num = Some(0);
    response.container_num = Some(0);
    response.data_list = (call.text("select_type") != Some("all_vul")).then(|| {
        let row = |(kind, numbers): (&str, Set)| {
            let mut row = VulNumByType::default();
            row.type_ = Some(kind.into());
            row.vul_num = Some(numbers.len());
            row
        };
        by_type.into_iter().map(row).collect()
    });
    response.total_vul_num = Some(count);
    response.cce_vul_num = Some(0);
    response.basic_host_num = Some(0);
    Response::json(call.operation.success.status, &response)
}
