//! `hss scan list`.

use hss_client::models::{VulScanTaskInfo, VulType};
use hss_client::operations;
use time::OffsetDateTime;

use crate::args::{Globals, ListArgs};
use crate::exit::Ending;
use crate::listing::{self, Span, View};
use crate::output::Output;
use crate::session::Session;
use crate::unknown::Unknown;

static TASKS: View<VulScanTaskInfo> = View {
    nouns: ("task", "tasks"),
    header: &["TASK ID", "TYPE", "STATUS", "STARTED", "ENDED", "SUCCESS", "FAILED", "SCANNING", "VULNERABILITY TYPES"],
    cells,
    note_unknown,
};

/// Lists scan tasks.
pub(crate) async fn run(args: &ListArgs, globals: &Globals, output: &Output) -> Result<(), Ending> {
    let span = Span::of(args.window, &operations::LIST_VUL_SCAN_TASK)?;
    let session = Session::open(globals, true, output).await?;
    let mut request = session.client.list_vul_scan_task().offset(span.offset).limit(span.limit);
    if let Some(scan_type) = args.scan_type {
        request = request.scan_type(scan_type);
    }
    if let Some(rows) = args.window.max {
        request = request.max_rows(rows);
    }
    listing::show(request, &TASKS, session.deadline, output).await
}

fn cells(task: &VulScanTaskInfo) -> Vec<String> {
    let number = |count: Option<i32>| count.map(|count| count.to_string()).unwrap_or_default();
    let types: Vec<_> = task.scan_vul_types.iter().flatten().map(VulType::as_str).collect();
    vec![
        task.id.clone().unwrap_or_default(),
        task.scan_type.as_ref().map(ToString::to_string).unwrap_or_default(),
        task.status.as_ref().map(ToString::to_string).unwrap_or_default(),
        task.start_time.map(moment).unwrap_or_default(),
        task.end_time.map(moment).unwrap_or_default(),
        number(task.success_host_num),
        number(task.failed_host_num),
        number(task.scanning_host_num),
        types.join(", "),
    ]
}

/// Milliseconds since 1970 as UTC by RFC 3339, to the second. What is no date stays the number it is, and 0 is a
/// time not set.
fn moment(milliseconds: i64) -> String {
    if milliseconds == 0 {
        return String::new();
    }
    match OffsetDateTime::from_unix_timestamp(milliseconds.div_euclid(1000)) {
        Ok(at) if (0..10_000).contains(&at.year()) => format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        ),
        _ => milliseconds.to_string(),
    }
}

fn note_unknown(task: &VulScanTaskInfo, unknown: &mut Unknown) {
    if let Some(value) = &task.scan_type {
        unknown.note("scan_type", value.as_str(), value.is_known());
    }
    if let Some(value) = &task.status {
        unknown.note("status", value.as_str(), value.is_known());
    }
    for value in task.scan_vul_types.iter().flatten() {
        unknown.note("scan_vul_types", value.as_str(), value.is_known());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_utc_to_the_second() {
        for (milliseconds, shown) in [
            (1_732_521_600_000, "2024-11-25T08:00:00Z"),
            (1_732_521_600_999, "2024-11-25T08:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (0, ""),
            (i64::MAX, "9223372036854775807"),
            (i64::MIN, "-9223372036854775808"),
        ] {
            assert_eq!(moment(milliseconds), shown);
        }
    }
}
