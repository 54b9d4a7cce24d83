//! Counts and formats the causes of failed scans.

use std::collections::HashMap;

use hss_client::models::{ScanStatus, VulScanTaskHostInfo, VulType};
use hss_client::requests::ListVulScanTaskHost;
use hss_client::{Error, ErrorKind, Result, operations};
use serde::Serialize;

use super::SERVERS;
use crate::exit::CommandError;
use crate::listing;
use crate::output::column::{Cell, Column, View, shown, text};
use crate::output::{Output, rows};
use crate::reached::{self, Reached};
use crate::session::Session;

/// A cause, and the number of servers that failed with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Cause {
    pub(crate) vul_type: Option<String>,
    pub(crate) failed_reason: Option<String>,
    pub(crate) hosts: u64,
}

const COLUMNS: &[(Column, Cell<Cause>)] = &[
    (Column::of_values("vul_type", "VULNERABILITY TYPE", 1), |cause| text(cause.vul_type.as_ref())),
    (Column::new("failed_reason", "REASON", 0), |cause| text(cause.failed_reason.as_ref())),
    (Column::new("hosts", "SERVERS", 0), |cause| shown(Some(cause.hosts))),
];

pub(crate) static CAUSES: View<Cause> = View { nouns: ("cause", "causes"), columns: COLUMNS, note_unknown: |_, _| {} };

/// The maximum total size of different causes in bytes: enough for a hundred thousand causes.
const BYTES: usize = 16 * 1024 * 1024;

/// The memory that each cause takes in addition to its texts, in bytes.
const OVERHEAD: usize = 64;

/// Causes with their numbers of servers.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    causes: HashMap<(Option<String>, Option<String>), u64>,
    /// The total size of the causes in bytes.
    bytes: usize,
}

impl Counts {
    /// Counts a server once for each of its causes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Protocol`] if there are more different causes than in any real task.
    pub(crate) fn add(&mut self, host: &VulScanTaskHostInfo) -> Result<()> {
        let mut causes: Vec<_> =
            of(host).into_iter().map(|(kind, reason)| (kind.map(str::to_owned), reason.map(str::to_owned))).collect();
        if causes.is_empty() && host.scan_status == Some(ScanStatus::Failed) {
            causes.push((None, None));
        }
        causes.sort();
        causes.dedup();
        for cause in causes {
            let texts = [&cause.0, &cause.1].map(|text| text.as_ref().map_or(0, String::len));
            let servers = self.causes.entry(cause).or_default();
            if *servers == 0 {
                self.bytes += texts.iter().sum::<usize>() + OVERHEAD;
            }
            *servers += 1;
        }
        if self.bytes > BYTES {
            let message = format!("the servers have more than {BYTES} bytes of different causes");
            return Err(
                Error::new(ErrorKind::Protocol, message).hint("Use hss scan hosts -o ndjson, which keeps none.")
            );
        }
        Ok(())
    }

    /// Returns the causes, sorted by descending number of servers.
    pub(crate) fn into_causes(self) -> Vec<Cause> {
        let mut causes: Vec<_> = self
            .causes
            .into_iter()
            .map(|((vul_type, failed_reason), hosts)| Cause { vul_type, failed_reason, hosts })
            .collect();
        causes.sort_by(|a, b| {
            b.hosts.cmp(&a.hosts).then_with(|| (&a.vul_type, &a.failed_reason).cmp(&(&b.vul_type, &b.failed_reason)))
        });
        causes
    }
}

/// Counts the servers of a listing by cause, and writes the counts.
pub(crate) async fn count(
    request: ListVulScanTaskHost,
    session: &Session,
    output: &Output,
    mut see: impl FnMut(&VulScanTaskHostInfo),
) -> Result<(), CommandError> {
    let mut counts = Counts::default();
    let mut reached = Reached::default();
    let take = |page: &[VulScanTaskHostInfo], _| {
        for host in page {
            see(host);
            counts.add(host)?;
        }
        Ok(())
    };
    // Counts are written only after the last page: partial counts would look complete.
    listing::read(request, &mut reached, SERVERS, session, output, take).await?;
    rows::all(&CAUSES, &counts.into_causes(), output)?;
    if let Some(hint) = listing::empty_by_default(reached, &operations::LIST_VUL_SCAN_TASK_HOST, SERVERS, session) {
        output.note(&hint);
    }
    if reached.is_partial() {
        output.note(&format!("only {} were counted", reached::count(reached, SERVERS)));
    }
    Ok(())
}

/// Formats the causes of a failed server by type: `linux_vul: out of disk; web_cms: timed out`.
pub(crate) fn joined(host: &VulScanTaskHostInfo) -> String {
    let said = of(host).into_iter().map(|(vul_type, reason)| match (vul_type, reason) {
        (Some(vul_type), Some(reason)) => format!("{vul_type}: {reason}"),
        (one, other) => one.or(other).unwrap_or_default().to_owned(),
    });
    said.collect::<Vec<_>>().join("; ")
}

/// Returns the vulnerability type and the reason of each cause. Causes without both are left out.
fn of(host: &VulScanTaskHostInfo) -> Vec<(Option<&str>, Option<&str>)> {
    let reasons = host.failed_reasons.iter().flatten();
    let reasons = known(reasons.map(|reason| (reason.vul_type.as_ref(), reason.failed_reason.as_deref())));
    if !reasons.is_empty() {
        return reasons;
    }
    // Newer versions of the service use this list. They are to retire the other one.
    let failed = host.vul_scan_details.iter().flatten().filter(|detail| detail.status == Some(ScanStatus::Failed));
    known(failed.map(|detail| (detail.vul_type.as_ref(), detail.failed_reason.as_deref())))
}

fn known<'a>(
    causes: impl Iterator<Item = (Option<&'a VulType>, Option<&'a str>)>,
) -> Vec<(Option<&'a str>, Option<&'a str>)> {
    let said = |text: &&str| !text.is_empty();
    causes
        .map(|(vul_type, reason)| (vul_type.map(VulType::as_str).filter(said), reason.filter(said)))
        .filter(|cause| *cause != (None, None))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn causes_in(host: &str) -> String {
        joined(&serde_json::from_str(host).unwrap())
    }

    #[test]
    fn causes_of_every_type_are_joined() {
        let host = r#"{"failed_reasons":[{"vul_type":"linux_vul","failed_reason":"disk"},{"vul_type":"web_cms"},{"failed_reason":"lost"}]}"#;
        assert_eq!(causes_in(host), "linux_vul: disk; web_cms; lost");
    }

    #[test]
    fn uses_details_if_the_older_list_is_empty() {
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

    #[test]
    fn refuses_more_causes_than_any_real_task_has() {
        let mut counts = Counts::default();
        let mut add = |reason: &str| {
            let host = serde_json::json!({"failed_reasons": [{"failed_reason": reason}]});
            counts.add(&serde_json::from_value(host).unwrap())
        };
        for first in ["a", "b", "c"] {
            add(&first.repeat(4 * 1024 * 1024)).unwrap();
            add(&first.repeat(4 * 1024 * 1024)).unwrap();
        }
        assert!(add(&"d".repeat(5 * 1024 * 1024)).unwrap_err().to_string().contains("different causes"));
    }

    #[test]
    fn a_server_counts_once_for_each_of_its_causes() {
        let mut counts = Counts::default();
        for host in [
            r#"{"scan_status":"failed","failed_reasons":[{"vul_type":"a","failed_reason":"x"},{"vul_type":"a","failed_reason":"x"}]}"#,
            r#"{"scan_status":"failed","failed_reasons":[{"vul_type":"b","failed_reason":"x"},{"vul_type":"a","failed_reason":"x"}]}"#,
            r#"{"scan_status":"failed"}"#,
            r#"{"scan_status":"success"}"#,
        ] {
            counts.add(&serde_json::from_str(host).unwrap()).unwrap();
        }
        let causes: Vec<_> =
            counts.into_causes().into_iter().map(|cause| (cause.vul_type, cause.failed_reason, cause.hosts)).collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(causes, [(text("a"), text("x"), 2), (None, None, 1), (text("b"), text("x"), 1)]);
    }
}
