//! The `hss scan report` command.

mod page;

use std::io::{self, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use hss_client::models::{
    AssetValue, ScanStatusFilter, ScanTaskStatus, ScanType, VulScanTaskHostInfo, VulScanTaskInfo, VulType,
};
use hss_client::{operations, printable};

use self::page::{Cause, Report, Server, Servers};
use super::SERVERS;
use super::cause::{self, Counts};
use super::task::{self, moment};
use crate::args::{Globals, ReportArgs};
use crate::exit::CommandError;
use crate::file::Document;
use crate::input::is_standard_input;
use crate::interrupt::unless;
use crate::listing;
use crate::output::{Output, not_kept, reread, spool};
use crate::reached::Reached;
use crate::session::Session;

/// Writes an HTML report about a task.
pub(crate) async fn run(args: &ReportArgs, globals: &Globals, output: &Output) -> Result<(), CommandError> {
    let is_file = !is_standard_input(&args.html);
    let file = is_file.then_some(Document { option: "--html", path: &args.html, force: args.force });
    if let Some(file) = &file {
        file.check()?;
    }
    let session =
        Session::open(globals, &operations::LIST_VUL_SCAN_TASK_HOST, task::arguments(&args.task_id), output).await?;
    let found = task::find(&args.task_id, &session).await?;
    found.note_repaired(output);
    let mut counts = Counts::default();
    let (mut lines, mut count) = (spool(), 0);
    let request = session.client.list_vul_scan_task_host(&args.task_id).scan_status(ScanStatusFilter::Failed);
    let take = |page: &[VulScanTaskHostInfo], _| {
        for host in page {
            counts.add(host)?;
            let kept = serde_json::to_writer(&mut lines, &server(host)).map_err(io::Error::from);
            kept.and_then(|()| lines.write_all(b"\n")).map_err(|error| not_kept(&error))?;
            count += 1;
        }
        Ok(())
    };
    listing::read(request, &mut Reached::default(), SERVERS, &session, output, take).await?;
    let failed = task::counts(&found.task).failed;
    let report = report(&found.task, counts, Servers::new(reread(lines)?, count));
    let mut page = spool();
    report.write(&mut page).map_err(|error| not_kept(&error))?;
    match file {
        None => output.kept(page)?,
        Some(file) => {
            let writing = session.deadline.within(file.write(reread(page)?));
            unless(writing, || "The report was not written.".to_owned()).await??;
            output.note(&format!("written to {}", args.html.display()));
        }
    }
    args.failure.check(failed)
}

fn report(task: &VulScanTaskInfo, counts: Counts, servers: Servers) -> Report {
    let task::Counts { scanning, success, failed } = task::counts(task);
    let shown = |text: Option<&str>| printable(text.unwrap_or_default()).into_owned();
    let causes = counts.into_causes().into_iter().map(|cause| Cause {
        vul_type: cause.vul_type.unwrap_or_default(),
        reason: cause.failed_reason.unwrap_or_default(),
        servers: cause.hosts,
    });
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Report {
        task_id: shown(task.id.as_deref()),
        scan_type: shown(task.scan_type.as_ref().map(ScanType::as_str)),
        status: shown(task.status.as_ref().map(ScanTaskStatus::as_str)),
        started: task.start_time.map(moment).unwrap_or_default(),
        ended: task.end_time.map(moment).unwrap_or_default(),
        vul_types: task.scan_vul_types.iter().flatten().map(|kind| shown(Some(VulType::as_str(kind)))).collect(),
        scanning,
        success,
        failed,
        causes: causes.collect(),
        servers,
        made_at: moment(i64::try_from(now.as_millis()).unwrap_or(i64::MAX)),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn server(host: &VulScanTaskHostInfo) -> Server {
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    Server {
        host_name: text(host.host_name.as_ref()),
        host_id: text(host.host_id.as_ref()),
        public_ip: text(host.public_ip.as_ref()),
        private_ip: text(host.private_ip.as_ref()),
        importance: host.asset_value.as_ref().map_or("", AssetValue::as_str).to_owned(),
        causes: cause::joined(host),
    }
}
