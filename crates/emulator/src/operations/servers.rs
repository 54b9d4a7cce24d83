//! Lists servers with their agent and protection (`ListHostStatus`), and their groups (`ListHostGroups`).

use hss_client::models::{
    self, DetectResult, HostGroupItem, HostStatus, ListHostGroupsResponse, ListHostStatusResponse, ProtectStatus,
};

use super::call::{Call, total};
use super::vulnerable_servers::edition;
use crate::response::Response;
use crate::state::State;
use crate::state::findings::Findings;
use crate::state::host_groups::{self, HostGroup};
use crate::state::progress::Page;

/// Maximum number of ids of servers in the row of a group. Larger groups have no list of ids.
const MAX_GROUP_IDS: usize = 10_000;

/// `ListHostStatus`. Filters for properties that no server of the emulator has, such as clusters, are ignored.
pub(super) fn list(state: &State, call: &Call) -> Response {
    let fleet = state.fleet();
    let ids = state.enterprise_projects().ids();
    let visible = fleet.parts().iter().zip(ids).enumerate().filter(|(part, _)| call.view.sees(*part));
    let rows = visible.flat_map(|(_, (range, id))| range.clone().map(move |place| (place, id)));
    let Page { offset, limit } = call.page();
    let findings = state.findings(call.view, call.elapsed);
    let (count, rows): (usize, Vec<_>) = if FILTERS.iter().all(|name| call.text(name).is_none()) {
        let count = state.server_count(call.view);
        // The cost of skipping is proportional to the number of skipped rows, but no server is generated.
        (count, rows.skip(offset).take(limit).map(|(place, id)| row(state, &findings, place, id)).collect())
    } else {
        // The filtered properties are known only after generating the server. Therefore, all of them are generated, one
        // by one.
        let (mut count, mut page) = (0, Vec::new());
        for (place, id) in rows {
            let row = row(state, &findings, place, id);
            if matches_filters(call, &row) {
                if (offset..offset.saturating_add(limit)).contains(&count) {
                    page.push(row);
                }
                count += 1;
            }
        }
        (count, page)
    };
    let mut response = ListHostStatusResponse::default();
    response.total_num = total(count);
    response.data_list = Some(rows);
    Response::json(call.operation.success.status, &response)
}

/// `ListHostGroups`.
pub(super) fn list_groups(state: &State, call: &Call) -> Response {
    let findings = state.findings(call.view, call.elapsed);
    let groups: Vec<_> = state.host_groups().all().iter().filter(|group| call.is("group_name", group.name)).collect();
    let Page { offset, limit } = call.page();
    let mut response = ListHostGroupsResponse::default();
    response.total_num = total(groups.len());
    let row = |group: &HostGroup| {
        let (mut count, mut at_risk, mut unprotected, mut places) = (0, 0, 0, Vec::new());
        for place in state.fleet().places(call.view) {
            let traits = state.fleet().traits(place);
            if host_groups::group(traits) != Some(group.name) {
                continue;
            }
            count += 1;
            at_risk += i32::from(traits.is_protected() && !findings.open(place).is_empty());
            unprotected += i32::from(!traits.is_protected());
            if places.len() <= MAX_GROUP_IDS {
                places.push(place);
            }
        }
        let mut row = HostGroupItem::default();
        row.group_id = Some(group.id.clone());
        row.group_name = Some(group.name.to_owned());
        row.host_num = Some(count);
        row.risk_host_num = Some(at_risk);
        row.unprotect_host_num = Some(unprotected);
        let ids = || places.iter().filter_map(|place| state.fleet().host(*place).info().host_id.clone()).collect();
        row.host_id_list = (places.len() <= MAX_GROUP_IDS).then(ids);
        row.is_outside = Some(false);
        row
    };
    response.data_list = Some(groups.into_iter().skip(offset).take(limit).map(row).collect());
    Response::json(call.operation.success.status, &response)
}

fn row(state: &State, findings: &Findings, place: usize, enterprise_project: &str) -> models::Host {
    let host = state.fleet().host(place);
    let (traits, agent) = (host.traits(), host.agent());
    let (name, version) = traits.system();
    let count = findings.open(place).len();
    let group = state.host_groups().of(traits);
    let info = host.info();
    let mut row = models::Host::default();
    row.host_name.clone_from(&info.host_name);
    row.host_id.clone_from(&info.host_id);
    row.agent_id = agent.id;
    row.private_ip.clone_from(&info.private_ip);
    row.public_ip = info.public_ip.clone().filter(|address| !address.is_empty());
    row.enterprise_project_id = Some(enterprise_project.to_owned());
    row.enterprise_project_name = (enterprise_project == "0").then(|| "default".to_owned());
    row.os_name = Some(name.to_owned());
    row.os_version = Some(version.to_owned());
    row.host_status = Some(HostStatus::Active);
    row.agent_status = Some(agent.status.into());
    row.version = Some(edition(agent.protects).into());
    row.protect_status = Some(if agent.protects { ProtectStatus::Opened } else { ProtectStatus::Closed });
    row.os_type = Some(if traits.is_windows() { "Windows" } else { "Linux" }.into());
    row.os_bit = Some("64".to_owned());
    row.detect_result = Some(match (agent.protects, count) {
        (false, _) => DetectResult::Undetected,
        (true, 0) => DetectResult::Clean,
        (true, _) => DetectResult::Risk,
    });
    row.outside_host = Some(false);
    row.group_id = group.map(|group| group.id.clone());
    row.group_name = group.map(|group| group.name.to_owned());
    row.vulnerability = Some(count);
    row.asset_value.clone_from(&info.asset_value);
    row.agent_version = agent.protects.then(|| "3.2.19".to_owned());
    row
}

/// The parameters that filter the emulator's servers.
const FILTERS: [&str; 20] = [
    "version",
    "agent_status",
    "detect_result",
    "host_name",
    "host_id",
    "host_status",
    "os_type",
    "private_ip",
    "public_ip",
    "ip_addr",
    "protect_status",
    "group_id",
    "group_name",
    "host_name_list",
    "host_id_list",
    "public_ip_list",
    "private_ip_list",
    "has_vul",
    "asset_value",
    "outside_host",
];

/// Returns whether a server matches the filters.
fn matches_filters(call: &Call, row: &models::Host) -> bool {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let is = |name: &str, value: &str| call.text(name).is_none_or(|requested| requested == value);
    let is_in =
        |name: &str, value: &str| call.text(name).is_none_or(|requested| requested.split(',').any(|one| one == value));
    let is_flag = |name: &str, value: bool| call.text(name).is_none_or(|requested| requested == value.to_string());
    let (name, id) = (text(&row.host_name), text(&row.host_id));
    let (private, public) = (text(&row.private_ip), text(&row.public_ip));
    let agent = row.agent_status.as_ref().map(models::AgentStatus::as_str).unwrap_or_default();
    is("version", row.version.as_ref().map(models::HssVersion::as_str).unwrap_or_default())
        && call.text("agent_status").is_none_or(|requested| match requested {
            "installed" => matches!(agent, "online" | "offline"),
            "not_online" => agent != "online",
            requested => requested == agent,
        })
        && is("detect_result", row.detect_result.as_ref().map(DetectResult::as_str).unwrap_or_default())
        && call.text("host_name").is_none_or(|part| name.contains(part))
        && is("host_id", &id)
        && is("host_status", "ACTIVE")
        && is("os_type", row.os_type.as_ref().map(models::OsType::as_str).unwrap_or_default())
        && is("private_ip", &private)
        && is("public_ip", &public)
        && call.text("ip_addr").is_none_or(|requested| requested == private || requested == public)
        && is("protect_status", row.protect_status.as_ref().map(ProtectStatus::as_str).unwrap_or_default())
        && is("group_id", row.group_id.as_deref().unwrap_or_default())
        && is("group_name", row.group_name.as_deref().unwrap_or_default())
        && is("asset_value", row.asset_value.as_ref().map(models::AssetValue::as_str).unwrap_or_default())
        && is_in("host_name_list", &name)
        && is_in("host_id_list", &id)
        && is_in("public_ip_list", &public)
        && is_in("private_ip_list", &private)
        && is_flag("has_vul", row.vulnerability > Some(0))
        && is_flag("outside_host", false)
}
