//! The `hss scan hosts` command.

use std::borrow::Cow;

use hss_client::models::{ScanStatus, ScanStatusFilter, VulScanTaskHostInfo};
use hss_client::operations;
use serde_json::{Map, Value, json};

use super::SERVERS;
use super::{cause, task};
use crate::args::{FailOn, Globals, GroupBy, HostsArgs};
use crate::checkpoint;
use crate::config;
use crate::error::{Error, Result};
use crate::exit::CommandError;
use crate::listing::{self, Listing, Span};
use crate::output::Output;
use crate::output::column::{Cell, Column, View, WIDE, display, text};
use crate::session::Session;
use crate::unknown::Unknown;

const COLUMNS: &[(Column, Cell<VulScanTaskHostInfo>)] = &[
    (Column::of_ids("host_id", "HOST ID", WIDE), |host| text(host.host_id.as_ref())),
    (Column::new("host_name", "HOST NAME", 0), |host| text(host.host_name.as_ref())),
    (Column::of_values("public_ip", "PUBLIC IP", 4), |host| text(host.public_ip.as_ref())),
    (Column::of_values("private_ip", "PRIVATE IP", 3), |host| text(host.private_ip.as_ref())),
    (Column::new("asset_value", "IMPORTANCE", 5), |host| display(host.asset_value.as_ref())),
    (Column::of_states("scan_status", "STATUS", 1), |host| display(host.scan_status.as_ref())),
    (Column::new("causes", "CAUSES", 2), |host| Cow::Owned(cause::join_causes(host))),
];

pub(crate) static HOSTS: View<VulScanTaskHostInfo> = View { nouns: SERVERS, columns: COLUMNS, note_unknown };

/// Lists the servers of a scan task, or counts them by cause.
pub(crate) async fn run(args: &HostsArgs, globals: &Globals, output: &Output) -> Result<(), CommandError> {
    let operation = &operations::LIST_VUL_SCAN_TASK_HOST;
    let span = Span::new(args.pagination, operation)?;
    check(args)?;
    match args.group_by {
        None => HOSTS.check(output)?,
        Some(GroupBy::Cause) => cause::CAUSES.check(output)?,
    }
    // A dry run neither reads nor stores rows.
    let checkpoint = args.checkpoint.as_deref().filter(|_| !globals.dry_run);
    // Only failed servers have causes, so the pages of the others need not be read.
    let status = args.status.or(args.group_by.map(|GroupBy::Cause| ScanStatusFilter::Failed));
    if let Some(file) = checkpoint {
        let mut settings = identity(args, status);
        settings.extend(known_settings(globals)?);
        checkpoint::check(file, &settings)?;
    }
    let session = Session::open(globals, operation, task::arguments(&args.task_id), output).await?;
    let mut request = session.client.list_vul_scan_task_host(&args.task_id).offset(span.offset).limit(span.limit);
    if let Some(status) = status {
        request = request.scan_status(status);
    }
    if let Some(rows) = span.max {
        request = request.max_rows(rows);
    }
    let mut failed = 0;
    let mut on_row = |host: &VulScanTaskHostInfo| {
        failed += u64::from(host.scan_status == Some(ScanStatus::Failed));
    };
    let outcome = if args.group_by.is_some() {
        cause::count(request, &session, output, on_row).await
    } else {
        let mut identity = identity(args, status);
        identity.extend(session_settings(globals, &session));
        let listing =
            Listing { view: &HOSTS, session: &session, output, checkpoint: checkpoint.map(|file| (file, &identity)) };
        listing::show(&listing, request, &mut on_row).await
    };
    outcome.map_err(|command_error| task::name_missing(command_error, &args.task_id, &session))?;
    args.failure.check(failed)
}

/// Rejects a `--group-by` without causes to count, and a `--fail-on` that these arguments can never match.
fn check(args: &HostsArgs) -> Result<()> {
    if let (Some(GroupBy::Cause), Some(status)) = (args.group_by, args.status)
        && status != ScanStatusFilter::Failed
    {
        return Err(Error::usage(format!("--group-by cause cannot be used with --status {status}"))
            .hint("Only failed servers have causes."));
    }
    let Some(FailOn(failed)) = args.failure.fail_on else { return Ok(()) };
    let refuse = |option: String| {
        Err(Error::usage(format!("--fail-on failed={failed} can never match with {option}"))
            .hint("--fail-on counts the failed servers that are listed."))
    };
    match (args.status, args.pagination.max) {
        (Some(status), _) if status != ScanStatusFilter::Failed => refuse(format!("--status {status}")),
        (_, Some(max)) if u64::from(max) < failed => refuse(format!("--max {max}")),
        _ => Ok(()),
    }
}

/// Returns the arguments that identify this listing.
fn identity(args: &HostsArgs, status: Option<ScanStatusFilter>) -> Map<String, Value> {
    object(json!({
        "operation": operations::LIST_VUL_SCAN_TASK_HOST.id,
        "task_id": args.task_id,
        "scan_status": status.map(|status| status.to_string()),
        "offset": args.pagination.offset,
        "max": args.pagination.max,
    }))
}

/// Returns the settings that identify the listing, as far as options and variables define them. The project may be
/// missing.
fn known_settings(globals: &Globals) -> Result<Map<String, Value>> {
    if globals.demo {
        return Ok(object(json!({ "endpoint": "--demo" })));
    }
    let configuration = config::builder(globals).configuration()?;
    let endpoint = config::endpoint(globals, &configuration)?;
    let mut settings = object(json!({
        "endpoint": endpoint.to_string(),
        "enterprise_project_id": configuration.enterprise_project_id.map(|setting| setting.value),
    }));
    settings.extend(configuration.project_id.map(|setting| ("project_id".to_owned(), setting.value.into())));
    Ok(settings)
}

/// Returns the settings that identify the listing.
fn session_settings(globals: &Globals, session: &Session) -> Map<String, Value> {
    // Each emulator of `--demo` listens on a different port, but all have the same servers.
    let endpoint = if globals.demo { "--demo".to_owned() } else { session.client.endpoint().to_string() };
    let settings = session.client.settings();
    object(json!({
        "endpoint": endpoint,
        "project_id": settings.project_id,
        "enterprise_project_id": settings.enterprise_project_id,
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
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
    #[expect(deprecated, reason = "older versions of the service have only this list")]
    let reasons = host.failed_reasons.iter().flatten().filter_map(|reason| reason.vul_type.as_ref());
    for value in reasons.chain(details.filter_map(|detail| detail.vul_type.as_ref())) {
        unknown.note("vul_type", value.as_str(), value.is_known());
    }
}
