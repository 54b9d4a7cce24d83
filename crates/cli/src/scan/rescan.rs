//! The `hss scan rescan` command.

use hss_client::models::{
    RescanRangeType, RescanVulScanTaskRequestInfo, ScanStatus, ScanStatusFilter, VulScanTaskHostInfo,
};
use hss_client::{ErrorKind, operations};

use super::SERVERS;
use super::change::{STARTED_TASKS, StartedTask, is_refusal, send_once};
use super::servers::{Selection, check_unicode, join_names};
use super::task;
use super::wait::{self, Begun, follow};
use crate::args::{Globals, RescanArgs};
use crate::bounds;
use crate::error::Error;
use crate::exit::CommandError;
use crate::interrupt::interruptible;
use crate::listing;
use crate::output::{Output, rows};
use crate::row_counts::RowCounts;
use crate::session::Session;

/// The maximum number of rows of a task that are read to explain an error. The quota of one minute is enough for them.
const MAX_ROWS: u32 = 1000;
const HINT: &str = "Only servers on which the scan failed can be scanned again.";

/// Scans servers of a task again, and follows the task with `--wait`.
pub(crate) async fn run(args: &RescanArgs, globals: &Globals, output: &Output) -> Result<(), CommandError> {
    let operation = &operations::RECREATE_VUL_SCAN_TASK;
    wait::check(args.polling, args.wait, output)?;
    let selection = if args.failed {
        None
    } else {
        Some(Selection::new(args.servers.clone(), bounds::max_items(operation, "host_ids"))?)
    };
    let session = Session::open(globals, operation, task::arguments(&args.task_id), output).await?;
    let body = match &selection {
        None => RescanVulScanTaskRequestInfo::new(RescanRangeType::AllFailedHost),
        Some(selection) => {
            let mut body = RescanVulScanTaskRequestInfo::new(RescanRangeType::SpecificHost);
            body.host_ids = match ids(args, selection, &session, output).await {
                Err(CommandError::Failed(error)) if error.kind() == ErrorKind::DryRun => {
                    selection.names().iter().map(|name| format!("ID OF {name}")).collect()
                }
                Err(CommandError::Interrupted(signal, _)) => {
                    return Err(CommandError::Interrupted(signal, "No scan was started.".to_owned()));
                }
                found => found.map_err(|error| task::name_missing(error, &args.task_id, &session))?,
            };
            body
        }
    };
    let what = match body.host_ids.len() {
        0 => "all failed servers".to_owned(),
        1 => "1 server".to_owned(),
        many => format!("{many} servers"),
    };
    let request = session.client.recreate_vul_scan_task(&args.task_id, body);
    let hint = format!("The scan may have started: see {}", session.command_about("scan show", &args.task_id));
    let is_started = match send_once(request.send(), &session, &hint).await {
        Err(CommandError::Failed(error)) if args.failed && is_refusal(&error) => {
            // The service refuses to rescan if no server failed. This is checked only after a refusal, since in most
            // tasks some servers failed.
            match has_no_failures(args, &session).await {
                Ok(true) => {
                    output.detail(&error.to_string());
                    false
                }
                Err(command_error @ CommandError::Interrupted(..)) => return Err(command_error),
                _ => return Err(task::name_missing(error.into(), &args.task_id, &session)),
            }
        }
        response => {
            response.map_err(|error| task::name_missing(error, &args.task_id, &session))?;
            true
        }
    };
    output.note(&if is_started {
        format!("scanning {what} again")
    } else {
        "the scan failed on no server: no scan was started".to_owned()
    });
    if args.wait {
        let begun = if is_started { Begun::Again } else { Begun::Before };
        return follow(&args.task_id, begun, args.polling, &session, output).await;
    }
    let follow_command = session.command_about("scan wait", &args.task_id);
    if is_started {
        output.note(&format!("follow it with: {follow_command}"));
    }
    if !output.is_format_given() {
        return Ok(());
    }
    let written = rows::one(&STARTED_TASKS, &StartedTask { task_id: args.task_id.clone() }, output);
    let hint = if is_started {
        format!("The scan continues. Follow it with: {follow_command}")
    } else {
        "No scan was started.".to_owned()
    };
    written.map_err(|command_error| command_error.with_hint(&hint))
}

/// Returns whether the count of the task states that the scan failed on no server.
///
/// The servers of the task are not listed for this: the list contains only those of one enterprise project.
async fn has_no_failures(args: &RescanArgs, session: &Session) -> Result<bool, CommandError> {
    let interrupted = || "No scan was started.".to_owned();
    let found = interruptible(task::find(&args.task_id, session), interrupted).await??;
    Ok(found.task.failed_host_num == Some(0))
}

/// Returns the ids of the selected servers among the failed ones of the task.
async fn ids(
    args: &RescanArgs,
    selection: &Selection,
    session: &Session,
    output: &Output,
) -> Result<Vec<String>, CommandError> {
    let mut hosts: Vec<VulScanTaskHostInfo> = Vec::new();
    let request = session.client.list_vul_scan_task_host(&args.task_id).scan_status(ScanStatusFilter::Failed);
    let take = |page: &[VulScanTaskHostInfo], _| {
        hosts.extend(page.iter().filter(|host| selection.contains(name(host), id(host))).cloned());
        Ok(())
    };
    listing::read(request, &mut RowCounts::default(), SERVERS, session, output, take).await?;
    let missing = selection.missing(&hosts, name, id);
    if !missing.is_empty() {
        return Err(not_failed_error(&missing, args, session, output).await?.into());
    }
    let found = selection.resolve(&hosts, name, id, HINT)?;
    let no_id = |host: &VulScanTaskHostInfo| {
        let message =
            format!("the service returned no id for the server {}", join_names(&[name(host).unwrap_or_default()]));
        CommandError::from(
            Error::new(ErrorKind::Protocol, message).in_operation(operations::LIST_VUL_SCAN_TASK_HOST.id),
        )
    };
    let id = |host: &VulScanTaskHostInfo| {
        let id = host.host_id.clone().ok_or_else(|| no_id(host))?;
        check_unicode("server", &id, name(host)).map_err(|error| error.hint("No scan was started."))?;
        Ok(id)
    };
    found.into_iter().map(id).collect()
}

fn name(host: &VulScanTaskHostInfo) -> Option<&str> {
    host.host_name.as_deref()
}

fn id(host: &VulScanTaskHostInfo) -> Option<&str> {
    host.host_id.as_deref()
}

/// Returns an error with the reasons why servers are not among the failed ones. The reasons are found in the first rows
/// of the task.
async fn not_failed_error(
    missing: &[&str],
    args: &RescanArgs,
    session: &Session,
    output: &Output,
) -> Result<Error, CommandError> {
    let request = session.client.list_vul_scan_task_host(&args.task_id).max_rows(MAX_ROWS);
    let (mut succeeded, mut scanning) = (Vec::new(), Vec::new());
    let take = |page: &[VulScanTaskHostInfo], _| {
        for host in page {
            let server = missing.iter().copied().find(|server| name(host) == Some(server) || id(host) == Some(server));
            match host.scan_status {
                Some(ScanStatus::Success) => succeeded.extend(server),
                Some(ScanStatus::Scanning) => scanning.extend(server),
                _ => {}
            }
        }
        Ok(())
    };
    // Other errors are ignored: the rows read so far are enough for a partial explanation.
    if let Err(command_error @ CommandError::Interrupted(..)) =
        listing::read(request, &mut RowCounts::default(), SERVERS, session, output, take).await
    {
        return Err(command_error);
    }
    let is_known = |server: &&str| succeeded.contains(server) || scanning.contains(server);
    let unknown: Vec<_> = missing.iter().copied().filter(|server| !is_known(server)).collect();
    let parts = [
        ("the scan succeeded on", succeeded),
        ("the scan is still running on", scanning),
        ("the task has no failed server", unknown),
    ];
    let messages = parts.iter().filter(|(_, servers)| !servers.is_empty());
    let messages: Vec<_> = messages.map(|(what, servers)| format!("{what} {}", join_names(servers))).collect();
    Ok(Error::new(ErrorKind::NotFound, messages.join("; ")).hint(HINT))
}
