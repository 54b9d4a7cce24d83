//! `hss scan report`.

mod page;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use hss_client::models::{
    AssetValue, ScanStatusFilter, ScanTaskStatus, ScanType, VulScanTaskHostInfo, VulScanTaskInfo, VulType,
};
use hss_client::{Error, printable};

use self::page::{Cause, Report, Server};
use super::SERVERS;
use super::cause::{self, Counts};
use super::task::{self, moment};
use crate::args::{Globals, ReportArgs};
use crate::config;
use crate::exit::Ending;
use crate::listing::{self, Reached};
use crate::output::Output;
use crate::session::Session;

/// Writes a page about a task.
pub(crate) async fn run(args: &ReportArgs, globals: &Globals, output: &Output) -> Result<(), Ending> {
    let file = (!config::is_standard_input(&args.html)).then_some(&args.html);
    let over = file.map(|file| may_write_over(file, args.force)).transpose()?.unwrap_or(false);
    let session = Session::open(globals, true, output).await?;
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
            write(file, over, page.as_bytes())?;
            output.note(&format!("written to {}", file.display()));
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

/// Whether the file is there and may be written over. That it cannot be written is found out before the quota is spent
/// on it.
fn may_write_over(file: &Path, force: bool) -> Result<bool, Error> {
    let refuse =
        |what: &str, remedy: &str| Err(Error::usage(format!("--html {} {what}", file.display())).remedy(remedy));
    if !folder(file).is_dir() {
        return refuse("is in a directory that does not exist", "Make it, or give another file.");
    }
    match fs::metadata(file) {
        Ok(found) if found.is_dir() => refuse("is a directory", "Give a file in it."),
        // Nothing is lost with an empty file, such as those that mktemp makes.
        Ok(found) if force || found.len() == 0 => Ok(true),
        Ok(_) => refuse("exists", "Give another file, or --force to write over it."),
        Err(_) => Ok(false),
    }
}

/// Writes a file whole or not at all.
fn write(file: &Path, over: bool, content: &[u8]) -> Result<(), Error> {
    let cannot = |error| Error::usage(format!("--html {} cannot be written", file.display())).caused_by(error);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".hss-report-");
    // As readable as the user's other files.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut new = builder.tempfile_in(folder(file)).map_err(cannot)?;
    new.write_all(content).and_then(|()| new.as_file().sync_all()).map_err(cannot)?;
    let persisted = if over { new.persist(file) } else { new.persist_noclobber(file) };
    persisted.map(|_| ()).map_err(|error| cannot(error.error))
}

fn folder(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}
