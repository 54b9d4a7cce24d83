//! The `hss scan rescan` command.

use hss_client::models::{
    RescanRangeType, RescanVulScanTaskRequestInfo, ScanStatus, ScanStatusFilter, VulScanTaskHostInfo,
};
use hss_client::{Error, ErrorKind, operations};

use super::SERVERS;
use super::change::{CHANGED, Changed, is_refusal, once};
use super::servers::{Wanted, check_unicode, listed};
use super::task;
use super::wait::{self, follow};
use crate::args::{Globals, RescanArgs};
use crate::bounds;
use crate::exit::CommandError;
use crate::interrupt::unless;
use crate::listing;
use crate::output::{Output, rows};
use crate::reached::Reached;
use crate::session::Session;

/// The maximum number of rows of a task that are read to explain an error. The quota of one minute is enough for them.
const ROWS: u32 = 1000;
const HINT: &str = "Only servers on which the scan failed can be scanned again.";

/// Scans servers of a task again, and follows the task with `--wait`.
pub(crate) async fn run(args: &RescanArgs, globals: &Globals, output: &Output) -> Result<(), CommandError> {
    let operation = &operations::RECREATE_VUL_SCAN_TASK;
    wait::check(args.polling, args.wait, output)?;
    let wanted = if args.failed {
        None
    } else {
        Some(Wanted::new(args.servers.clone(), bounds::most_items(operation, "host_ids"))?)
    };
    let session = Session::open(globals, operation, task::arguments(&args.task_id), output).await?;
    let body = match &wanted {
        None => RescanVulScanTaskRequestInfo::new(RescanRangeType::AllFailedHost),
        Some(wanted) => {
            let mut body = RescanVulScanTaskRequestInfo::new(RescanRangeType::SpecificHost);
            body.host_ids = match ids(args, wanted, &session, output).await {
                Err(CommandError::Failed(error)) if error.kind() == ErrorKind::DryRun => {
                    wanted.names().iter().map(|name| format!("ID OF {name}")).collect()
                }
                Err(CommandError::Interrupted(signal, _)) => {
                    return Err(CommandError::Interrupted(signal, "No scan was started.".to_owned()));
                }
                found => found?,
            };
            body
        }
    };
    let what = match body.host_ids.len() {
        0 => "all servers on which the scan failed are".to_owned(),
        1 => "1 server is".to_owned(),
        many => format!("{many} servers are"),
    };
    let request = session.client.recreate_vul_scan_task(&args.task_id, body);
    let unclear = format!("The scan may have started: see {}", session.command_about("scan show", &args.task_id));
    let is_begun = match once(request.send(), &session, &unclear).await {
        Err(CommandError::Failed(error)) if args.failed && is_refusal(&error) => {
            // The service refuses to rescan if no server failed. This is checked only after a refusal, since in most
            // tasks some servers failed.
            match has_failed_nowhere(args, &session).await {
                Ok(true) => {
                    output.detail(&error.to_string());
                    false
                }
                Err(command_error @ CommandError::Interrupted(..)) => return Err(command_error),
                _ => return Err(error.into()),
            }
        }
        answer => answer.map(|_| true)?,
    };
    output.note(&if is_begun {
        format!("{what} being scanned again")
    } else {
        "the scan failed on no server: no scan was started".to_owned()
    });
    if args.wait {
        return follow(&args.task_id, is_begun, args.polling, globals.rate, &session, output).await;
    }
    let follow_it = session.command_about("scan wait", &args.task_id);
    if is_begun {
        output.note(&format!("follow it with: {follow_it}"));
    }
    if !output.is_form_given() {
        return Ok(());
    }
    let written = rows::one(&CHANGED, &Changed { task_id: args.task_id.clone() }, output);
    let hint = if is_begun {
        format!("The scan continues. Follow it with: {follow_it}")
    } else {
        "No scan was started.".to_owned()
    };
    written.map_err(|command_error| command_error.with_hint(&hint))
}

/// Returns whether the count of the task states that the scan failed on no server.
///
/// The servers of the task are not listed for this: the list contains only those of one enterprise project.
async fn has_failed_nowhere(args: &RescanArgs, session: &Session) -> Result<bool, CommandError> {
    let interrupted = || "No scan was started.".to_owned();
    let found = unless(task::find(&args.task_id, session), interrupted).await??;
    Ok(found.task.failed_host_num == Some(0))
}

/// Returns the ids of the selected servers among the failed ones of the task.
async fn ids(
    args: &RescanArgs,
    wanted: &Wanted,
    session: &Session,
    output: &Output,
) -> Result<Vec<String>, CommandError> {
    let mut hosts: Vec<VulScanTaskHostInfo> = Vec::new();
    let request = session.client.list_vul_scan_task_host(&args.task_id).scan_status(ScanStatusFilter::Failed);
    let take = |page: &[VulScanTaskHostInfo], _| {
        hosts.extend(page.iter().filter(|host| wanted.is_named(name(host), id(host))).cloned());
        Ok(())
    };
    listing::read(request, &mut Reached::default(), SERVERS, session, output, take).await?;
    let missing = wanted.missing(&hosts, name, id);
    if !missing.is_empty() {
        return Err(not_failed(&missing, args, session, output).await?.into());
    }
    let found = wanted.among(&hosts, name, id, HINT)?;
    let no_id = |host: &VulScanTaskHostInfo| {
        let message =
            format!("the service returned no id for the server {}", listed(&[name(host).unwrap_or_default()]));
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
async fn not_failed(
    missing: &[&str],
    args: &RescanArgs,
    session: &Session,
    output: &Output,
) -> Result<Error, CommandError> {
    let request = session.client.list_vul_scan_task_host(&args.task_id).max_rows(ROWS);
    let (mut succeeded, mut scanning) = (Vec::new(), Vec::new());
    let take = |page: &[VulScanTaskHostInfo], _| {
        for host in page {
            let named = missing.iter().copied().find(|server| name(host) == Some(server) || id(host) == Some(server));
            match host.scan_status {
                Some(ScanStatus::Success) => succeeded.extend(named),
                Some(ScanStatus::Scanning) => scanning.extend(named),
                _ => {}
            }
        }
        Ok(())
    };
    // Other errors are ignored: the rows read so far are enough for a partial explanation.
    if let Err(command_error @ CommandError::Interrupted(..)) =
        listing::read(request, &mut Reached::default(), SERVERS, session, output, take).await
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
    let said = parts.iter().filter(|(_, servers)| !servers.is_empty());
    let said: Vec<_> = said.map(|(what, servers)| format!("{what} {}", listed(servers))).collect();
    Ok(Error::new(ErrorKind::NotFound, said.join("; ")).hint(HINT))
}
