//! Lists servers with their agent and protection (`ListHostStatus`).

use hss_client::models::{self, DetectResult, HostStatus, ListHostStatusResponse, ProtectStatus};

use super::call::Call;
use crate::response::Response;
use crate::state::fleet::Host;
use crate::state::progress::Page;
use crate::state::{State, vulnerabilities};

/// `ListHostStatus`. Filters for properties that no server of the emulator has, such as groups and clusters, are
/// ignored.
pub(super) fn list(state: &State, call: &Call) -> Response {
    let fleet = state.fleet();
    let ids = state.enterprise_projects().ids();
    let visible = fleet.parts().iter().zip(ids).enumerate().filter(|(part, _)| call.view.sees(*part));
    let rows = visible.flat_map(|(_, (range, id))| range.clone().map(move |place| (place, id)));
    let Page { offset, limit } = call.page();
    let (total, rows): (usize, Vec<_>) = if FILTERS.iter().all(|name| call.text(name).is_none()) {
        let total = fleet
            .parts()
            .iter()
            .enumerate()
            .filter(|(part, _)| call.view.sees(*part))
            .map(|(_, range)| range.len())
            .sum();
        // The cost of skipping is proportional to the number of skipped rows, but no server is generated.
        (total, rows.skip(offset).take(limit).map(|(place, id)| row(&fleet.host(place), id)).collect())
    } else {
        // The filtered properties are known only after generating the server. Therefore, all of them are generated, one
        // by one.
        let (mut total, mut page) = (0, Vec::new());
        for (place, id) in rows {
            let row = row(&fleet.host(place), id);
            if matches_filters(call, &row) {
                if (offset..offset.saturating_add(limit)).contains(&total) {
                    page.push(row);
                }
                total += 1;
            }
        }
        (total, page)
    };
    let mut response = ListHostStatusResponse::default();
    response.total_num = i32::try_from(total).ok();
    response.data_list = Some(rows);
    Response::json(call.operation.success.status, &response)
}

fn row(host: &Host, enterprise_project: &str) -> models::Host {
    let agent = host.agent();
    let (name, version) = host.system();
    let count = vulnerabilities::count(host);
    let info = host.info();
    let mut row = models::Host::default();
    row.host_name.clone_from(&info.host_name);
    row.host_id.clone_from(&info.host_id);
    row.agent_id = agent.id;
    row.private_ip.clone_from(&info.private_ip);
    row.public_ip.clone_from(&info.public_ip);
    row.enterprise_project_id = Some(enterprise_project.to_owned());
    row.enterprise_project_name = (enterprise_project == "0").then(|| "default".to_owned());
    row.os_name = Some(name.to_owned());
    row.os_version = Some(version.to_owned());
    row.host_status = Some(HostStatus::Active);
    row.agent_status = Some(agent.status.into());
    row.version = Some(if agent.protects { "hss.version.enterprise" } else { "hss.version.null" }.into());
    row.protect_status = Some(if agent.protects { ProtectStatus::Opened } else { ProtectStatus::Closed });
    row.os_type = Some(if host.is_windows() { "Windows" } else { "Linux" }.into());
    row.os_bit = Some("64".to_owned());
    row.detect_result = Some(match (agent.protects, count) {
        (false, _) => DetectResult::Undetected,
        (true, 0) => DetectResult::Clean,
        (true, _) => DetectResult::Risk,
    });
    row.outside_host = Some(false);
    row.vulnerability = Some(count);
    row.asset_value.clone_from(&info.asset_value);
    row.agent_version = agent.protects.then(|| "3.2.19".to_owned());
    row
}

/// The parameters that filter the emulator's servers.
const FILTERS: [&str; 18] = [
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
        && is("asset_value", row.asset_value.as_ref().map(models::AssetValue::as_str).unwrap_or_default())
        && is_in("host_name_list", &name)
        && is_in("host_id_list", &id)
        && is_in("public_ip_list", &public)
        && is_in("private_ip_list", &private)
        && is_flag("has_vul", row.vulnerability > Some(0))
        && is_flag("outside_host", false)
}
