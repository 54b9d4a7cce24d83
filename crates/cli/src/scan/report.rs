//! `hss scan report`.

mod page;

use std::time::{SystemTime, UNIX_EPOCH};

use hss_client::models::{
    AssetValue, ScanStatusFilter, ScanTaskStatus, ScanType, VulScanTaskHostInfo, VulScanTaskInfo, VulType,
};
use hss_client::{Error, operations, printable};

use self::page::{Cause, Report, Server};
use super::SERVERS;
use super::cause::{self, Counts};
use super::task::{self, moment};
use crate::args::{Globals, ReportArgs};
use crate::exit::Ending;
use crate::file::Document;
use crate::input::is_standard_input;
use crate::interrupt::unless;
use crate::listing;
use crate::output::Output;
use crate::reached::Reached;
use crate::session::Session;

/// Writes a page about a task.
pub(crate) async fn run(args: &ReportArgs, globals: &Globals, output: &Output) -> Result<(), Ending> {
    let is_file = !is_standard_input(&args.html);
    let file = is_file.then_some(Document { option: "--html", path: &args.html, force: args.force });
    if let Some(file) = &file {
        file.check()?;
    }
    let session =
        Session::open(globals, &operations::LIST_VUL_SCAN_TASK_HOST, task::arguments(&args.task_id), output).await?;
    let task = task::find(&args.task_id, &session).await?;
    let mut counts = Counts::default();
    let mut servers = Vec::new();
    let request = session.client.list_vul_scan_task_host(&args.task_id).scan_status(ScanStatusFilter::Failed);
    let take = |page: &[VulScanTaskHostInfo], _| {
        for host in page {
            counts.add(host);
            servers.push(server(host));
        }
        Ok(())
    };
    listing::read(request, &mut Reached::default(), SERVERS, &session, output, take).await?;
    let failed = task::counts(&task).failed;
    let page = report(&task, counts, servers)
        .render()
        .map_err(|error| Error::usage("the page cannot be made").caused_by(error))?;
    match file {
        None => output.data(page.as_bytes())?,
        Some(file) => {
            let writing = session.deadline.within(file.write(page.into_bytes()));
            unless(writing, || "The report was not written.".to_owned()).await??;
            output.note(&format!("written to {}", args.html.display()));
        }
    }
    args.failure.check(failed)
}

fn report(task: &VulScanTaskInfo, counts: Counts, servers: Vec<Server>) -> Report {
    let task::Counts { scanning, success, failed } = task::counts(task);
    let shown = |text: Option<&str>| printable(text.unwrap_or_default()).into_owned();
    let causes = counts.into_causes().into_iter().map(|cause| Cause {
        vul_type: shown(cause.vul_type.as_deref()),
        reason: shown(cause.failed_reason.as_deref()),
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
    let shown = |text: Option<&String>| printable(text.map_or("", String::as_str)).into_owned();
    Server {
        host_name: shown(host.host_name.as_ref()),
        host_id: shown(host.host_id.as_ref()),
        public_ip: shown(host.public_ip.as_ref()),
        private_ip: shown(host.private_ip.as_ref()),
        importance: printable(host.asset_value.as_ref().map_or("", AssetValue::as_str)).into_owned(),
        causes: printable(&cause::joined(host)).into_owned(),
    }
}
