//! `hss scan rescan`.

use hss_client::models::{RescanRangeType, RescanVulScanTaskRequestInfo, ScanStatusFilter, VulScanTaskHostInfo};
use hss_client::{Kind, operations, printable};

use super::SERVERS;
use super::change::once;
use super::servers::Wanted;
use super::wait::{self, follow};
use crate::args::{Globals, RescanArgs};
use crate::exit::Ending;
use crate::listing::{self, Reached};
use crate::output::Output;
use crate::session::Session;
use crate::value;

/// Scans servers of a task again, and follows it if that is wanted.
pub(crate) async fn run(args: &RescanArgs, globals: &Globals, output: &Output) -> Result<(), Ending> {
    let operation = &operations::RECREATE_VUL_SCAN_TASK;
    wait::check(args.polling, args.wait, output)?;
    let wanted = if args.failed {
        None
    } else {
        Some(Wanted::new(&args.servers, None, value::most_items(operation, "host_ids"))?)
    };
    let session = Session::open(globals, true, output).await?;
    let body = match &wanted {
        None => RescanVulScanTaskRequestInfo::new(RescanRangeType::AllFailedHost),
        Some(wanted) => {
            let mut body = RescanVulScanTaskRequestInfo::new(RescanRangeType::SpecificHost);
            body.host_ids = match ids(args, wanted, &session, output).await {
                Err(Ending::Failed(error)) if error.kind() == Kind::Rehearsed => {
                    wanted.names().iter().map(|name| format!("ID OF {name}")).collect()
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
    let unclear =
        format!("It may have begun all the same: see {} scan show {}.", session.program, printable(&args.task_id));
    once(request.send(), &session, &unclear).await?;
    output.note(&format!("{what} being scanned again"));
    if args.wait {
        return follow(&args.task_id, false, args.polling, globals.rate, &session, output).await;
    }
    output.note(&format!("follow it with: {} scan wait {}", session.program, printable(&args.task_id)));
    Ok(())
}

/// The ids of failed servers of the task.
async fn ids(args: &RescanArgs, wanted: &Wanted, session: &Session, output: &Output) -> Result<Vec<String>, Ending> {
    let mut hosts: Vec<VulScanTaskHostInfo> = Vec::new();
    let request = session.client.list_vul_scan_task_host(&args.task_id).scan_status(ScanStatusFilter::Failed);
    let take = |page: &[VulScanTaskHostInfo], _| {
        hosts.extend_from_slice(page);
        Ok(())
    };
    listing::read(request, &mut Reached::default(), SERVERS, session, output, take).await?;
    let hint = "Only servers of the task on which the scan failed can be scanned again by it.";
    let found = wanted.among(&hosts, |host| host.host_name.as_deref(), |host| host.host_id.as_deref(), hint)?;
    Ok(found.into_iter().filter_map(|host| host.host_id.clone()).collect())
}
