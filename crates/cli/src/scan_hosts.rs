//! `hss scan hosts`.

use hss_client::models::{ScanStatus, VulScanTaskHostInfo, VulType};
use hss_client::operations;

use crate::args::{Globals, HostsArgs};
use crate::exit::Ending;
use crate::listing::{self, Span, View};
use crate::output::Output;
use crate::session::Session;
use crate::unknown::Unknown;

static HOSTS: View<VulScanTaskHostInfo> = View {
    nouns: ("server", "servers"),
    header: &["HOST NAME", "PUBLIC IP", "PRIVATE IP", "IMPORTANCE", "STATUS", "CAUSES"],
    cells,
    note_unknown,
};

/// Lists the servers of a scan task.
pub(crate) async fn run(args: &HostsArgs, globals: &Globals, output: &Output) -> Result<(), Ending> {
    let span = Span::of(args.window, &operations::LIST_VUL_SCAN_TASK_HOST)?;
    let session = Session::open(globals, true, output).await?;
    let mut request = session.client.list_vul_scan_task_host(&args.task_id).offset(span.offset).limit(span.limit);
    if let Some(status) = args.status {
        request = request.scan_status(status);
    }
    if let Some(rows) = args.window.max {
        request = request.max_rows(rows);
    }
    listing::show(request, &HOSTS, session.deadline, output).await
}

fn cells(host: &VulScanTaskHostInfo) -> Vec<String> {
    vec![
        host.host_name.clone().unwrap_or_default(),
        host.public_ip.clone().unwrap_or_default(),
        host.private_ip.clone().unwrap_or_default(),
        host.asset_value.as_ref().map(ToString::to_string).unwrap_or_default(),
        host.scan_status.as_ref().map(ToString::to_string).unwrap_or_default(),
        causes(host),
    ]
}

/// Why the scan failed, type by type: `linux_vul: out of disk; web_cms: timed out`.
fn causes(host: &VulScanTaskHostInfo) -> String {
    let reasons = host.failed_reasons.iter().flatten();
    let reasons = joined(reasons.map(|reason| (reason.vul_type.as_ref(), reason.failed_reason.as_deref())));
    if !reasons.is_empty() {
        return reasons;
    }
    // Newer versions of the service say it here, and are to retire the other list.
    let failed = host.vul_scan_details.iter().flatten().filter(|detail| detail.status == Some(ScanStatus::Failed));
    joined(failed.map(|detail| (detail.vul_type.as_ref(), detail.failed_reason.as_deref())))
}

fn joined<'a>(reasons: impl Iterator<Item = (Option<&'a VulType>, Option<&'a str>)>) -> String {
    let said = reasons.filter_map(|(vul_type, reason)| {
        match (vul_type.map_or("", VulType::as_str), reason.unwrap_or_default()) {
            ("", "") => None,
            ("", reason) => Some(reason.to_owned()),
            (vul_type, "") => Some(vul_type.to_owned()),
            (vul_type, reason) => Some(format!("{vul_type}: {reason}")),
        }
    });
    said.collect::<Vec<_>>().join("; ")
}

fn note_unknown(host: &VulScanTaskHostInfo, unknown: &mut Unknown) {
    if let Some(value) = &host.asset_value {
        unknown.note("asset_value", value.as_str(), value.is_known());
    }
    if let Some(value) = &host.scan_status {
        unknown.note("scan_status", value.as_str(), value.is_known());
    }
    let details = host.vul_scan_details.iter().flatten();
    for value in details.clone().filter_map(|detail| detail.status.as_ref()) {
        unknown.note("vul_scan_details.status", value.as_str(), value.is_known());
    }
    let reasons = host.failed_reasons.iter().flatten().filter_map(|reason| reason.vul_type.as_ref());
    for value in reasons.chain(details.filter_map(|detail| detail.vul_type.as_ref())) {
        unknown.note("vul_type", value.as_str(), value.is_known());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn causes_in(host: &str) -> String {
        causes(&serde_json::from_str(host).unwrap())
    }

    #[test]
    fn causes_of_every_type_are_joined() {
        let host = r#"{"failed_reasons":[{"vul_type":"linux_vul","failed_reason":"disk"},{"vul_type":"web_cms"},{"failed_reason":"lost"}]}"#;
        assert_eq!(causes_in(host), "linux_vul: disk; web_cms; lost");
    }

    #[test]
    fn details_stand_in_where_the_older_list_says_nothing() {
        let details = r#""vul_scan_details":[{"vul_type":"app_vul","status":"success"},{"vul_type":"linux_vul","status":"failed","failed_reason":"disk"}]"#;
        for reasons in ["null", "[]", "[null]", r#"[{"vul_type":null,"failed_reason":null}]"#] {
            assert_eq!(
                causes_in(&format!("{{\"failed_reasons\":{reasons},{details}}}")),
                "linux_vul: disk",
                "{reasons}"
            );
        }
        assert_eq!(causes_in(&format!("{{{details}}}")), "linux_vul: disk");
        assert_eq!(causes_in(r#"{"failed_reasons":[{"vul_type":null,"failed_reason":""}]}"#), "");
    }
}
