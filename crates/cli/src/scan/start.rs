//! The `hss scan start` command.

use hss_client::models::{ManualScanType, ManualVulScanRequestInfo, ScanRangeType};
use hss_client::{Arguments, ErrorKind, operations, printable};

use super::change::{STARTED_TASKS, StartedTask, send_once};
use super::servers::{Selection, agent_ids, read_list};
use super::wait::{self, Begun, follow};
use crate::args::{Globals, StartArgs};
use crate::bounds;
use crate::error::Error;
use crate::exit::CommandError;
use crate::input;
use crate::output::{Output, rows};
use crate::session::{Session, request_id};

/// The maximum documented length of a task id in characters.
const MAX_ID_LENGTH: usize = 256;

/// Starts a scan, and follows it with `--wait`.
pub(crate) async fn run(args: &StartArgs, globals: &Globals, output: &Output) -> Result<(), CommandError> {
    let operation = &operations::CREATE_VULNERABILITY_SCAN_TASK;
    input::one_reads_standard_input("--hosts-from", args.hosts_from.as_deref(), globals)?;
    wait::check(args.polling, args.wait, output)?;
    let selection = if args.all_hosts {
        None
    } else {
        let max = bounds::max_items(operation, "agent_id_list");
        let mut servers = args.servers.clone();
        if let Some(file) = &args.hosts_from {
            servers.extend(read_list(file, globals.deadline()).await?);
            if servers.is_empty() {
                let message = format!("invalid --hosts-from {}: no server names or IDs", file.display());
                return Err(Error::usage(message).into());
            }
        }
        Some(Selection::new(servers, max)?)
    };
    let session = Session::open(globals, operation, Arguments::new(), output).await?;
    let types = if args.types.is_empty() { all_types() } else { args.types.clone() };
    let body = match &selection {
        None => ManualVulScanRequestInfo::new(types, true, ScanRangeType::AllHost),
        Some(selection) => {
            let mut body = ManualVulScanRequestInfo::new(types, false, ScanRangeType::SpecificHost);
            body.agent_id_list = match agent_ids(selection, &session, output).await {
                // A dry run does not know the ids of the agents, and shows placeholders.
                Err(CommandError::Failed(error)) if error.kind() == ErrorKind::DryRun => {
                    selection.names().iter().map(|name| format!("AGENT OF {name}")).collect()
                }
                // An incomplete list of agents is not used.
                Err(CommandError::Interrupted(signal, _)) => {
                    return Err(CommandError::Interrupted(signal, "No scan was started.".to_owned()));
                }
                found => found?,
            };
            body
        }
    };
    let request = session.client.create_vulnerability_scan_task(body);
    let hint = format!("The scan may have started: see {}", session.command("scan list --max 5"));
    let started = send_once(request.send(), &session, &hint).await?;
    let (request_id, is_repaired) = (request_id(&started), started.is_repaired());
    let id = started.into_inner().task_id.unwrap_or_default();
    if let Err(reason) = check_id(&id, is_repaired) {
        return Err(Error::new(ErrorKind::Protocol, format!("{reason} (request id {request_id})"))
            .in_operation(operation.id)
            .hint(format!("The scan has started: see {}", session.command("scan list --max 5")))
            .into());
    }
    if args.wait {
        output.note(&format!("started {id}"));
        return follow(&id, Begun::Now, args.polling, &session, output).await;
    }
    // The id is printed first: it must not be lost if standard output cannot be written, or if a query drops it.
    let follow_command = session.command_about("scan wait", &id);
    output.note(&format!("started; follow it with: {follow_command}"));
    let written = if output.is_format_given() {
        rows::one(&STARTED_TASKS, &StartedTask { task_id: id.clone() }, output)
    } else {
        // Only the id is written, so that a shell can capture it.
        output.data(format!("{id}\n").as_bytes())
    };
    let hint = format!("The scan has started. Follow it with: {follow_command}");
    written.map_err(|command_error| command_error.with_hint(&hint))
}

/// Checks that the id of a task can be displayed and used in a command. If text of the response `is_repaired`, U+FFFD
/// in the id replaces invalid text.
fn check_id(id: &str, is_repaired: bool) -> Result<(), String> {
    match id.chars().count() {
        0 => Err("the response has no task id".to_owned()),
        length if length > MAX_ID_LENGTH => Err(format!("the response has a task id of {length} characters")),
        _ if is_repaired && id.contains(char::REPLACEMENT_CHARACTER) => {
            Err("the response has a task id that is not valid Unicode".to_owned())
        }
        _ if printable(id) != id => Err("the response has a task id with hidden characters".to_owned()),
        _ => Ok(()),
    }
}

/// Returns all types that can be scanned for.
fn all_types() -> Vec<ManualScanType> {
    bounds::allowed_in_body(&operations::CREATE_VULNERABILITY_SCAN_TASK, "manual_scan_type")
        .iter()
        .filter_map(|name| name.parse().ok())
        .collect()
}
