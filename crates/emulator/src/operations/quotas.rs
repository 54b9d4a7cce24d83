//! Shows the quotas for protection (`ShowResourceQuotas`).

use std::time::{Duration, UNIX_EPOCH};

use hss_client::models::{AvailableResourceIdsInfo, HssVersion, ResourceQuotasInfo, ShowResourceQuotasResponse};

use super::call::{Call, total};
use crate::response::Response;
use crate::state::{State, moment};

/// Maximum number of quotas that are listed. All are counted.
const MAX_RESOURCES: usize = 1_000;

/// `ShowResourceQuotas`. There is a quota of the enterprise edition for every server; those with a running agent use
/// it. All quotas are paid for a period.
pub(super) fn show(state: &State, call: &Call) -> Response {
    let fleet = state.fleet();
    let count = state.server_count(call.view);
    let used = fleet.places(call.view).filter(|place| fleet.traits(*place).is_protected()).count();
    let row = |version: &str| {
        let is_owned = version == "hss.version.enterprise";
        let (count, used) = if is_owned { (count, used) } else { (0, 0) };
        let mut row = ResourceQuotasInfo::default();
        row.version = Some(version.into());
        row.total_num = total(count);
        row.used_num = total(used);
        row.available_num = total(count - used);
        row.available_resources_list = Some(resources(state, call, count - used));
        row
    };
    let versions = HssVersion::KNOWN.iter().filter(|version| **version != "hss.version.null");
    let rows = versions.filter(|version| call.is("version", version) && call.is("charging_mode", "packet_cycle"));
    let mut response = ShowResourceQuotasResponse::default();
    response.data_list = Some(rows.map(|version| row(version)).collect());
    Response::json(call.operation.success.status, &response)
}

/// Returns the quotas that are left.
fn resources(state: &State, call: &Call, count: usize) -> Vec<AvailableResourceIdsInfo> {
    let now = UNIX_EPOCH + Duration::from_millis(moment(call.elapsed).unsigned_abs());
    let resource = |id: String| {
        let mut resource = AvailableResourceIdsInfo::default();
        resource.resource_id = Some(id);
        resource.current_time = Some(humantime::format_rfc3339_seconds(now).to_string());
        resource.shared_quota = Some("unshared".into());
        resource
    };
    let unprotected = state.fleet().places(call.view).filter(|place| !state.fleet().traits(*place).is_protected());
    unprotected.take(count.min(MAX_RESOURCES)).map(|place| resource(state.quota_id(place))).collect()
}
