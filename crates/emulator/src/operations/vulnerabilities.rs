//! Lists vulnerabilities (`ListVulnerabilities`).

use hss_client::models::{ListVulnerabilitiesResponse, VulCve, VulHostNumbers, VulInfo};

use super::call::Call;
use crate::response::Response;
use crate::state::vulnerabilities::{Affected, CATALOGUE, Vulnerability};
use crate::state::{SCANNED_AT, State};

/// `ListVulnerabilities`. No vulnerability has been handled, and there are no groups and no clusters.
pub(super) fn list(state: &State, call: &Call) -> Response {
    let is = |name: &str, value: &str| call.text(name).is_none_or(|asked| asked.is_empty() || asked == value);
    let kind = call.text("type").unwrap_or("linux_vul");
    let is_shown = is("handle_status", "unhandled")
        && is("status", "vul_status_unfix")
        && is("node_type", "not_cce")
        && is("group_name", "");
    let rows: Vec<_> = CATALOGUE
        .iter()
        .enumerate()
        .filter(|(_, known)| {
            is_shown
                && known.kind == kind
                && is("vul_id", known.id)
                && call.text("vul_name").is_none_or(|part| known.id.contains(part))
                && is("repair_priority", known.level)
                && is("cve_id", known.cve.0)
                && is("label_list", known.label.unwrap_or_default())
        })
        .map(|(number, known)| (known, state.vulnerabilities().in_view(state.fleet(), number, call.view)))
        .filter(|(_, Affected { important, common, test })| match call.text("asset_value") {
            Some("important") => *important > 0,
            Some("common") => *common > 0,
            Some("test") => *test > 0,
            _ => important + common + test > 0,
        })
        .collect();
    let page = call.page();
    let mut response = ListVulnerabilitiesResponse::default();
    response.total_num = i64::try_from(rows.len()).ok();
    response.data_list =
        Some(rows.into_iter().skip(page.offset).take(page.limit).map(|(known, hosts)| row(known, hosts)).collect());
    Response::json(call.operation.success.status, &response)
}

fn row(known: &Vulnerability, hosts: Affected) -> VulInfo {
    let all = hosts.important + hosts.common + hosts.test;
    let mut numbers = VulHostNumbers::default();
    // The documented maximum, which a large fleet may exceed.
    numbers.important = Some(hosts.important.min(10_000));
    numbers.common = Some(hosts.common.min(10_000));
    numbers.test = Some(hosts.test.min(10_000));
    let mut cve = VulCve::default();
    cve.cve_id = Some(known.cve.0.to_owned());
    cve.cvss = Some(known.cve.1);
    let mut row = VulInfo::default();
    row.vul_name = Some(known.id.to_owned());
    row.vul_id = Some(known.id.to_owned());
    row.label_list = Some(known.label.into_iter().map(str::to_owned).collect());
    row.repair_necessity = Some(known.level.into());
    row.severity_level = Some(known.level.into());
    row.host_num = Some(all);
    row.unhandle_host_num = Some(all);
    row.scan_time = Some(SCANNED_AT);
    row.solution_detail = Some(known.solution.to_owned());
    row.description = Some(known.description.to_owned());
    row.type_ = Some(known.kind.into());
    row.cve_list = Some(vec![cve]);
    row.repair_priority = Some(known.level.into());
    row.hosts_num = Some(numbers);
    row.fixed_num = Some(0);
    row.ignored_num = Some(0);
    row.verify_num = Some(0);
    row
}
