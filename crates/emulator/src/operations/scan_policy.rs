//! The policy for scheduled scans (`ShowVulScanPolicy`, `ChangeVulScanPolicy`).

use hss_client::models::{ChangeVulScanPolicyRequestInfo, ScanPolicyTime, ScanRangeType, ShowVulScanPolicyResponse};

use super::call::{Call, total};
use crate::response::Response;
use crate::state::State;
use crate::state::enterprise_projects::View;
use crate::state::scan_policy::{Period, Policy, Time};

/// The documented maximum of `total_host_num`, which a large fleet may exceed.
const MAX_TOTAL: usize = 20_000;

/// `ShowVulScanPolicy`.
pub(super) fn show(state: &State, call: &Call) -> Response {
    let policy = state.scan_policy().get();
    let fleet = state.fleet();
    let scannable = fleet.places(call.view).filter(|place| fleet.traits(*place).is_protected()).take(MAX_TOTAL).count();
    let mut time = ScanPolicyTime::default();
    time.next_scan_time = policy.next_scan(call.elapsed);
    time.day_part = Some(policy.time.days);
    time.hour_part = Some(policy.time.hour);
    time.minute_part = Some(policy.time.minute);
    time.timezone_offset = Some(policy.time.offset);
    let mut response = ShowVulScanPolicyResponse::default();
    response.scan_period = Some(policy.period.name().into());
    response.scan_vul_types = Some(policy.types.iter().map(|name| name.as_str().into()).collect());
    response.scan_range_type = Some(if policy.hosts.is_some() { "specific_host" } else { "all_host" }.into());
    response.host_ids = Some(policy.hosts.unwrap_or_default());
    response.total_host_num = total(scannable);
    response.status = Some(if policy.is_open { "open" } else { "close" }.into());
    response.time = Some(time);
    Response::json(call.operation.success.status, &response)
}

/// `ChangeVulScanPolicy`. It applies to all enterprise projects. Types and time that are not given stay as they are.
pub(super) fn change(state: &State, call: &Call) -> Response {
    let requested: ChangeVulScanPolicyRequestInfo = match call.body() {
        Ok(requested) => requested,
        Err(response) => return response,
    };
    let Some(period) = Period::from_name(&requested.scan_period.to_string()) else {
        return Response::invalid("scan_period is unknown");
    };
    let old = state.scan_policy().get();
    let hosts = if requested.scan_range_type == ScanRangeType::AllHost {
        None
    } else {
        if requested.host_ids.is_empty() {
            return Response::invalid("host_ids is missing");
        }
        if let Err(id) = state.chosen(requested.host_ids.iter().map(String::as_str).collect(), View::All) {
            return Response::unknown("server", id);
        }
        Some(requested.host_ids)
    };
    let types: Vec<_> = requested.scan_vul_types.iter().map(ToString::to_string).collect();
    let time = match requested.time.map(|time| checked(&time, &old.time)) {
        Some(Err(error)) => return Response::invalid(error),
        Some(Ok(time)) => time,
        None => old.time,
    };
    let policy = Policy {
        period,
        types: if types.is_empty() { old.types } else { types },
        hosts,
        is_open: requested.status.to_string() == "open",
        time,
    };
    state.scan_policy().set(policy);
    Response::empty(call.operation.success.status)
}

/// Returns the requested time. The document gives bounds, but the gateway checks bodies one level deep only.
fn checked(requested: &ScanPolicyTime, old: &Time) -> Result<Time, &'static str> {
    let days = requested.day_part.clone().unwrap_or_else(|| old.days.clone());
    let hour = requested.hour_part.unwrap_or(old.hour);
    let minute = requested.minute_part.unwrap_or(old.minute);
    let offset = requested.timezone_offset.unwrap_or(old.offset);
    // The SDKs document hours from 0 to 11, but have no field that tells morning from afternoon.
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) {
        return Err("hour_part must be 0 to 23, and minute_part 0 to 59");
    }
    if !(-840..=720).contains(&offset) {
        return Err("timezone_offset must be -840 to 720");
    }
    if days.len() > 31 || days.iter().any(|day| !(0..=31).contains(day)) {
        return Err("day_part must have at most 31 days, each 0 to 31");
    }
    Ok(Time { days, hour, minute, offset })
}
