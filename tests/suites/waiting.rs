//! Waiting for scans and rescans with the typed client, and resuming a typed listing. A test clock measures the waits.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use hss_client::mock::MockServerExt as _;
use hss_client::models::{
    ExportTaskStatus, ListQueryExportTaskResponse, ListVulScanTaskResponse, ManualScanType, ManualVulScanRequestInfo,
    RescanRangeType, RescanVulScanTaskRequestInfo, ScanRangeType, ScanStatusFilter, ScanTaskStatus, VulScanTaskInfo,
};
use hss_client::paging::Position;
use hss_client::{Client, Credentials, ErrorKind, Runtime as _, Secret, TestRuntime};
use hss_emulator::Emulator;
use httpmock::{Mock, MockServer};

async fn client(url: &str, runtime: &TestRuntime) -> Client {
    let token = Credentials::Token(Secret::new("token", "t").unwrap());
    Client::builder().endpoint(url).credentials(token).project_id("p").runtime(runtime.share()).build().await.unwrap()
}

async fn emulator(hosts: u32, runtime: &TestRuntime) -> Emulator {
    Emulator::builder().hosts(hosts).runtime(runtime.share()).start().await.unwrap()
}

#[tokio::test]
async fn waits_for_a_scan_and_its_rescan() {
    let runtime = TestRuntime::default();
    let emulator = emulator(100, &runtime).await;
    let client = client(&emulator.url(), &runtime).await;
    let scan = ManualVulScanRequestInfo::new(vec![ManualScanType::LinuxVul], true, ScanRangeType::AllHost);
    let id = client.create_vulnerability_scan_task(scan).send().await.unwrap().into_inner().task_id.unwrap();

    let began = runtime.elapsed();
    let mut seen = Vec::new();
    let waiter = client.wait_for_scan_task(&id).on_progress(|task| seen.push(task.scanning_host_num.unwrap()));
    let ended = waiter.await.unwrap().into_inner();
    assert_eq!((ended.status.as_ref(), ended.scanning_host_num), (Some(&ScanTaskStatus::Finished), Some(0)));
    assert!(seen.len() >= 2 && seen.is_sorted_by(|earlier, later| earlier >= later), "{seen:?}");
    let polls = Duration::from_secs(15) * u32::try_from(seen.len()).unwrap();
    assert_eq!(runtime.elapsed().checked_sub(began).unwrap(), polls, "one poll every 15 seconds");

    let failed = ended.failed_host_num.unwrap();
    assert!(failed > 0);
    let again = RescanVulScanTaskRequestInfo::new(RescanRangeType::AllFailedHost);
    client.recreate_vul_scan_task(&id, again).send().await.unwrap();
    let mut scanning = 0;
    let waiter =
        client.wait_for_rescan(&id).on_progress(|task| scanning = scanning.max(task.scanning_host_num.unwrap()));
    let ended = waiter.await.unwrap().into_inner();
    assert_eq!((scanning, ended.status), (failed, Some(ScanTaskStatus::Finished)));
}

#[tokio::test]
async fn a_timeout_states_the_progress_of_the_scan() {
    let server = MockServer::start_async().await;
    let mut running = task(ScanTaskStatus::Running, 0);
    (running.scanning_host_num, running.success_host_num, running.failed_host_num) = (Some(80), Some(108), Some(12));
    let mock = answer(&server, &running);
    let runtime = TestRuntime::default();
    let error = client(&server.base_url(), &runtime)
        .await
        .wait_for_scan_task("t-1")
        .interval(Duration::from_secs(20))
        .timeout(Duration::from_secs(60))
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Timeout, Some("ListVulScanTask")));
    assert_eq!(
        error.message(),
        "timed out after 60s while waiting for scan task \"t-1\": 120 of 200 servers, 12 failed"
    );
    assert_eq!((mock.calls(), runtime.elapsed()), (4, Duration::from_secs(60)));
}

#[tokio::test]
async fn a_task_that_is_never_listed_is_not_found() {
    let runtime = TestRuntime::default();
    let emulator = emulator(10, &runtime).await;
    let client = client(&emulator.url(), &runtime).await;
    for (limit, polls) in [(None, 5), (Some(0), 1)] {
        let before = emulator.requests().len();
        let mut waiter = client.wait_for_scan_task("t-1");
        if let Some(limit) = limit {
            waiter = waiter.not_found_limit(limit);
        }
        let error = waiter.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.message().starts_with("scan task not found: \"t-1\" (request id "), "{error}");
        assert_eq!(emulator.requests().len() - before, polls);
    }
}

/// Returns the task `t-1`.
fn task(status: ScanTaskStatus, end_time: i64) -> VulScanTaskInfo {
    let mut task = VulScanTaskInfo::default();
    (task.id, task.status, task.end_time) = (Some("t-1".to_owned()), Some(status), Some(end_time));
    task
}

fn answer<'a>(server: &'a MockServer, task: &VulScanTaskInfo) -> Mock<'a> {
    let mut page = ListVulScanTaskResponse::default();
    (page.total_num, page.data_list) = (Some(1), Some(vec![task.clone()]));
    server.list_vul_scan_task(|_, then| {
        then.ok(&page);
    })
}

/// Waits for a rescan while the service returns these states, each for one poll and the last one for all others. Returns
/// the end time of the task that ended the wait, and the number of polls.
async fn wait_for_rescan(states: &[VulScanTaskInfo]) -> (Option<i64>, usize) {
    let server = MockServer::start_async().await;
    let (first, rest) = states.split_first().unwrap();
    let mut rest = rest.iter();
    let mut current = Some(answer(&server, first));
    let mut polls = 1;
    let client = client(&server.base_url(), &TestRuntime::default()).await;
    let ended = client.wait_for_rescan("t-1").on_progress(|_| {
        polls += 1;
        if let Some(next) = rest.next() {
            current.take().unwrap().delete();
            current = Some(answer(&server, next));
        }
    });
    let ended = ended.await.unwrap().into_inner().end_time;
    (ended, polls)
}

#[tokio::test]
async fn the_end_before_a_rescan_is_not_its_end() {
    use ScanTaskStatus::{Finished, Running};
    let before = || task(Finished, 1);
    for (states, end_time, polls) in [
        // The service is late with the new state.
        (vec![before(), before(), task(Running, 1), before(), task(Finished, 2)], 1, 4),
        // The rescan begins and ends between two polls.
        (vec![before(), before(), task(Finished, 2)], 2, 3),
        (vec![task(Running, 1), task(Finished, 2)], 2, 2),
        // It ended before the first poll.
        (vec![task(Finished, 2)], 2, 5),
    ] {
        assert_eq!(wait_for_rescan(&states).await, (Some(end_time), polls), "{states:?}");
    }
}

#[tokio::test]
async fn waits_for_an_export_and_returns_its_file() {
    let server = MockServer::start_async().await;
    let runtime = TestRuntime::default();
    let client = client(&server.base_url(), &runtime).await;
    let answer = |status, file_id: Option<&str>| {
        let mut task = ListQueryExportTaskResponse::default();
        (task.task_status, task.file_id) = (Some(status), file_id.map(str::to_owned));
        server.list_query_export_task(|when, then| {
            when.task_id("e-1");
            then.ok(&task);
        })
    };
    let mut running = Some(answer(ExportTaskStatus::Running, None));
    let export = client.wait_for_export("e-1").on_progress(|_| {
        if let Some(mut running) = running.take() {
            running.delete();
            answer(ExportTaskStatus::Success, Some("f-1"));
        }
    });
    assert_eq!(export.await.unwrap().into_inner().file_id.as_deref(), Some("f-1"));
    assert_eq!(runtime.elapsed(), Duration::from_secs(15));
}

#[tokio::test]
async fn a_typed_listing_is_resumed_from_a_saved_position() {
    let runtime = TestRuntime::default();
    let emulator = emulator(1000, &runtime).await;
    let client = client(&emulator.url(), &runtime).await;
    let newest = client.list_vul_scan_task().limit(10).send().await.unwrap().into_inner().data_list.unwrap().remove(0);
    let id = newest.id.unwrap();
    let request = || client.list_vul_scan_task_host(&id).scan_status(ScanStatusFilter::Success);
    let mut pager = request().pager();
    let mut hosts = pager.next().await.unwrap().unwrap().into_inner().data_list.unwrap();
    let saved = serde_json::to_value(pager.position()).unwrap();
    drop(pager);
    assert_eq!(saved["operation"], "ListVulScanTaskHost");
    let filters = serde_json::json!({"project_id": ["p"], "scan_status": ["success"], "task_id": [id]});
    assert_eq!(saved["filters"], filters);

    let position: Position = serde_json::from_value(saved).unwrap();
    let mut pager = request().limit(100).resume(position.clone()).unwrap();
    while let Some(page) = pager.next().await.unwrap() {
        hosts.extend(page.into_inner().data_list.unwrap());
    }
    let all: Vec<_> = futures::TryStreamExt::try_collect(request().stream()).await.unwrap();
    assert!(hosts.len() > 800 && hosts == all, "{} rows", hosts.len());

    let sent = emulator.requests().len();
    let failed = client.list_vul_scan_task_host(&id).scan_status(ScanStatusFilter::Failed);
    let error = failed.resume(position.clone()).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Usage, "the position belongs to another listing (scan_status \"success\", not \"failed\")")
    );
    let error = client.list_vul_scan_task().resume(position).unwrap_err();
    assert_eq!(error.message(), "the position belongs to another operation: \"ListVulScanTaskHost\"");
    assert_eq!(emulator.requests().len(), sent);
}
