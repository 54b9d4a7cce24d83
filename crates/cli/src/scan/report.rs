//! The `hss scan report` command.

mod page;

use std::io::{self, Write as _};
use std::time::UNIX_EPOCH;

use hss_client::models::{
    AssetValue, ScanStatusFilter, ScanTaskStatus, ScanType, VulScanTaskHostInfo, VulScanTaskInfo, VulType,
};
use hss_client::{operations, printable};

use self::page::{Report, Server, Servers};
use super::SERVERS;
use super::cause::{self, Counts};
use super::task::{self, format_time};
use crate::args::{Globals, ReportArgs};
use crate::exit::CommandError;
use crate::file::Document;
use crate::input::is_standard_input;
use crate::interrupt::interruptible;
use crate::listing;
use crate::output::{Output, rewind, spool, spool_error};
use crate::row_counts::RowCounts;
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
            let written = serde_json::to_writer(&mut lines, &server(host)).map_err(io::Error::from);
            written.and_then(|()| lines.write_all(b"\n")).map_err(|error| spool_error(&error))?;
            count += 1;
        }
        Ok(())
    };
    listing::read(request, &mut RowCounts::default(), SERVERS, &session, output, take).await?;
    let failed = task::counts(&found.task).failed;
    let report = report(&found.task, counts, Servers::new(rewind(lines)?, count), &session);
    let mut page = spool();
    report.write(&mut page).map_err(|error| spool_error(&error))?;
    match file {
        None => output.write_spool(page)?,
        Some(file) => {
            let writing = session.deadline.within(file.write(rewind(page)?));
            interruptible(writing, || "The report was not written.".to_owned()).await??;
            output.note(&format!("written to {}", args.html.display()));
        }
    }
    args.failure.check(failed)
}

fn report(task: &VulScanTaskInfo, counts: Counts, servers: Servers, session: &Session) -> Report {
    let task::Counts { scanning, success, failed } = task::counts(task);
    let shown = |text: Option<&str>| printable(text.unwrap_or_default()).into_owned();
    let now = session.runtime.now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Report {
        region: shown(session.region.as_deref()),
        project: shown(session.client.settings().project_id.as_deref()),
        task_id: shown(task.id.as_deref()),
        scan_type: shown(task.scan_type.as_ref().map(ScanType::as_str)),
        status: shown(task.status.as_ref().map(ScanTaskStatus::as_str)),
        started: task.start_time.map(format_time).unwrap_or_default(),
        ended: task.end_time.map(format_time).unwrap_or_default(),
        vul_types: task.scan_vul_types.iter().flatten().map(|kind| shown(Some(VulType::as_str(kind)))).collect(),
        scanning,
        success,
        failed,
        causes: counts.into_reasons(),
        servers,
        made_at: format_time(i64::try_from(now.as_millis()).unwrap_or(i64::MAX)),
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
        causes: cause::join_causes(host),
    }
}

#[cfg(test)]
mod tests {
    use hss_client::{Runtime as _, TestRuntime};

    use super::*;
    use crate::output::Options;

    #[tokio::test]
    async fn a_report_names_region_and_project_and_has_the_time_of_the_runtime() {
        let runtime = [("HW_AUTH_TOKEN", "t"), ("HW_REGION_NAME", "cn-north-4"), ("HW_PROJECT_ID", "p")]
            .into_iter()
            .fold(TestRuntime::default(), |runtime, (name, value)| runtime.with_variable(name, value));
        let now = i64::try_from(runtime.now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
        let globals = Globals { endpoint: Some("http://127.0.0.1:9".to_owned()), ..Globals::default() };
        let output = Output::new(Options::default());
        let (operation, arguments) = (&operations::LIST_VUL_SCAN_TASK_HOST, task::arguments("t"));
        let session = Session::open_in(runtime.share(), 1024, &globals, operation, arguments, &output).await.unwrap();
        let servers = Servers::new(rewind(spool()).unwrap(), 0);
        let report = report(&VulScanTaskInfo::default(), Counts::default(), servers, &session);
        assert_eq!((report.region.as_str(), report.project.as_str()), ("cn-north-4", "p"));
        assert_eq!(report.made_at, format_time(now));
    }
}
