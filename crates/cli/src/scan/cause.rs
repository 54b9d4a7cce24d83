//! Counts and formats the causes of failed scans.

use std::collections::HashMap;
use std::sync::Arc;

use hss_client::models::{ScanStatus, VulScanTaskHostInfo, VulType};
use hss_client::requests::ListVulScanTaskHost;
use hss_client::{ErrorKind, operations};
use serde::Serialize;

use super::SERVERS;
use crate::error::{Error, Result};
use crate::exit::CommandError;
use crate::listing;
use crate::output::column::{Cell, Column, View, display, text};
use crate::output::{Output, rows};
use crate::row_counts::{self, RowCounts};
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
    (Column::new("hosts", "SERVERS", 0), |cause| display(Some(cause.hosts))),
];

pub(crate) static CAUSES: View<Cause> = View { nouns: ("cause", "causes"), columns: COLUMNS, note_unknown: |_, _| {} };

/// A reason, the number of servers that failed with it, and those for each vulnerability type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    /// Empty if the service stated none. So are the types.
    pub(crate) text: String,
    pub(crate) servers: u64,
    /// Sorted by descending number of servers.
    pub(crate) types: Vec<(String, u64)>,
}

/// The maximum total size of different causes in bytes: enough for a hundred thousand causes.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The memory that each cause takes in addition to its texts, in bytes.
const OVERHEAD: usize = 96;

/// Causes with their numbers of servers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    causes: HashMap<(Option<String>, Arc<str>), u64>,
    /// The number of servers with each reason. A missing reason is empty.
    reasons: HashMap<Arc<str>, u64>,
    /// The total size of the causes in bytes.
    bytes: usize,
}

impl Counts {
    /// Counts a server once for each of its causes, and once for each of its reasons.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Protocol`] if there are more different causes than in any real task.
    pub(crate) fn add(&mut self, host: &VulScanTaskHostInfo) -> Result<()> {
        let mut causes = causes_of(host);
        if causes.is_empty() && host.scan_status == Some(ScanStatus::Failed) {
            causes.push((None, None));
        }
        causes.sort_unstable_by_key(|(vul_type, reason)| (*reason, *vul_type));
        causes.dedup();
        let mut previous_reason = None;
        for (vul_type, reason) in causes {
            let reason = reason.unwrap_or_default();
            let existing = self.reasons.get_key_value(reason).map(|(reason, _)| Arc::clone(reason));
            let reason = existing.unwrap_or_else(|| {
                self.bytes += reason.len();
                Arc::from(reason)
            });
            let servers = self.causes.entry((vul_type.map(str::to_owned), Arc::clone(&reason))).or_default();
            if *servers == 0 {
                self.bytes += vul_type.map_or(0, str::len) + OVERHEAD;
            }
            *servers += 1;
            if previous_reason.as_ref() != Some(&reason) {
                *self.reasons.entry(Arc::clone(&reason)).or_default() += 1;
                previous_reason = Some(reason);
            }
        }
        if self.bytes > MAX_BYTES {
            let message = format!("cannot count the causes: they have more than {MAX_BYTES} bytes");
            return Err(Error::new(ErrorKind::Protocol, message)
                .hint("Use hss scan hosts -o ndjson, which does not count them."));
        }
        Ok(())
    }

    /// Returns the causes, sorted by descending number of servers.
    pub(crate) fn into_causes(self) -> Vec<Cause> {
        let mut causes: Vec<_> = self
            .causes
            .into_iter()
            .map(|((vul_type, reason), hosts)| {
                let failed_reason = Some(reason.to_string()).filter(|reason| !reason.is_empty());
                Cause { vul_type, failed_reason, hosts }
            })
            .collect();
        causes.sort_by(|a, b| {
            b.hosts.cmp(&a.hosts).then_with(|| (&a.vul_type, &a.failed_reason).cmp(&(&b.vul_type, &b.failed_reason)))
        });
        causes
    }

    /// Returns the reasons, sorted by descending number of servers.
    pub(crate) fn into_reasons(self) -> Vec<Reason> {
        let mut types: HashMap<_, Vec<_>> = HashMap::new();
        for ((vul_type, reason), servers) in self.causes {
            types.entry(reason).or_default().push((vul_type.unwrap_or_default(), servers));
        }
        let reasons = self.reasons.into_iter().map(|(reason, servers)| {
            let mut types = types.remove(&reason).unwrap_or_default();
            types.sort_by(|(a, more), (b, fewer)| fewer.cmp(more).then_with(|| a.cmp(b)));
            Reason { text: reason.to_string(), servers, types }
        });
        let mut reasons: Vec<_> = reasons.collect();
        reasons.sort_by(|a, b| b.servers.cmp(&a.servers).then_with(|| a.text.cmp(&b.text)));
        reasons
    }
}

/// Counts the servers of a listing by cause, and writes the counts.
pub(crate) async fn count(
    request: ListVulScanTaskHost,
    session: &Session,
    output: &Output,
    mut on_row: impl FnMut(&VulScanTaskHostInfo),
) -> Result<(), CommandError> {
    let mut counts = Counts::default();
    let mut row_counts = RowCounts::default();
    let take = |page: &[VulScanTaskHostInfo], _| {
        for host in page {
            on_row(host);
            counts.add(host)?;
        }
        Ok(())
    };
    // Counts are written only after the last page: partial counts would look complete.
    listing::read(request, &mut row_counts, SERVERS, session, output, take).await?;
    let causes = counts.into_causes();
    rows::all(&CAUSES, &causes, output)?;
    if let Some(hint) = listing::empty_listing_hint(row_counts, &operations::LIST_VUL_SCAN_TASK_HOST, SERVERS, session)
    {
        output.note(&hint);
    } else if output.is_table() {
        let number = |rows, nouns| row_counts::count(RowCounts { rows, ..RowCounts::default() }, nouns);
        let (number_of_causes, servers) = (number(causes.len(), CAUSES.nouns), number(row_counts.rows, SERVERS));
        let causes_of_rows: u64 = causes.iter().map(|cause| cause.hosts).sum();
        let is_repeated = causes_of_rows > row_counts.rows as u64;
        let more = if is_repeated { "; a server with several causes is counted under each of them" } else { "" };
        output.note(&format!("{number_of_causes} of {servers}{more}"));
    }
    if row_counts.is_partial() {
        output.note(&format!("only {} were counted", row_counts::count(row_counts, SERVERS)));
    }
    Ok(())
}

/// Formats the causes of a failed server by type: `linux_vul: out of disk; web_cms: timed out`.
pub(crate) fn join_causes(host: &VulScanTaskHostInfo) -> String {
    let causes = causes_of(host).into_iter().map(|(vul_type, reason)| match (vul_type, reason) {
        (Some(vul_type), Some(reason)) => format!("{vul_type}: {reason}"),
        (one, other) => one.or(other).unwrap_or_default().to_owned(),
    });
    causes.collect::<Vec<_>>().join("; ")
}

/// Returns the vulnerability type and the reason of each cause. Causes without both are left out.
fn causes_of(host: &VulScanTaskHostInfo) -> Vec<(Option<&str>, Option<&str>)> {
    #[expect(deprecated, reason = "older versions of the service have only this list")]
    let reasons = host.failed_reasons.iter().flatten();
    let reasons = non_empty(reasons.map(|reason| (reason.vul_type.as_ref(), reason.failed_reason.as_deref())));
    if !reasons.is_empty() {
        return reasons;
    }
    // Newer versions of the service use this list. They are to retire the other one.
    let failed = host.vul_scan_details.iter().flatten().filter(|detail| detail.status == Some(ScanStatus::Failed));
    non_empty(failed.map(|detail| (detail.vul_type.as_ref(), detail.failed_reason.as_deref())))
}

fn non_empty<'a>(
    causes: impl Iterator<Item = (Option<&'a VulType>, Option<&'a str>)>,
) -> Vec<(Option<&'a str>, Option<&'a str>)> {
    let is_stated = |text: &&str| !text.is_empty();
    causes
        .map(|(vul_type, reason)| (vul_type.map(VulType::as_str).filter(is_stated), reason.filter(is_stated)))
        .filter(|cause| *cause != (None, None))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn causes_in(host: &str) -> String {
        join_causes(&serde_json::from_str(host).unwrap())
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
        assert!(add(&"d".repeat(5 * 1024 * 1024)).unwrap_err().to_string().contains("cannot count the causes"));
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
        let types =
            |types: &[(&str, u64)]| types.iter().map(|(name, servers)| ((*name).to_owned(), *servers)).collect();
        // The server with both types counts once in the total.
        let expected = [
            Reason { text: "x".to_owned(), servers: 2, types: types(&[("a", 2), ("b", 1)]) },
            Reason { text: String::new(), servers: 1, types: types(&[("", 1)]) },
        ];
        assert_eq!(counts.clone().into_reasons(), expected);
        let causes: Vec<_> =
            counts.into_causes().into_iter().map(|cause| (cause.vul_type, cause.failed_reason, cause.hosts)).collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(causes, [(text("a"), text("x"), 2), (None, None, 1), (text("b"), text("x"), 1)]);
    }
}
