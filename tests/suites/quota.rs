//! Listings with a quota that the emulator enforces, with a test clock.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::TryStreamExt as _;
use hss_client::operations::{LIST_VUL_SCAN_TASK, LIST_VUL_SCAN_TASK_HOST};
use hss_client::{Client, Credentials, ErrorKind, Quota, Rate, Reason, Runtime as _, Secret, TestRuntime};
use hss_emulator::{Emulator, Fault};

const HOSTS: u32 = 10_000;
const QUOTA: Quota = Quota { requests: 5, window: Duration::from_secs(60) };

/// Reads all hosts of the newest task. Returns the number of accepted requests, the number of refused requests, and the
/// seconds.
async fn read(rate: Rate, concurrency: usize) -> (usize, usize, f64) {
    let runtime = TestRuntime::default().with_random(0.5);
    let emulator = Emulator::builder().hosts(HOSTS).quota(QUOTA).runtime(runtime.share()).start().await.unwrap();
    let token = Credentials::Token(Secret::new("token", "t").unwrap());
    let client = Client::builder()
        .endpoint(emulator.url())
        .credentials(token)
        .project_id("p")
        .concurrency(concurrency)
        .runtime(runtime.share())
        .rate(rate)
        .build()
        .await
        .unwrap();
    let newest = client.list_vul_scan_task().limit(10).send().await.unwrap().into_inner().data_list.unwrap().remove(0);
    let began = runtime.elapsed();
    let hosts: Vec<_> = client.list_vul_scan_task_host(newest.id.unwrap()).stream().try_collect().await.unwrap();

    let names: Vec<_> = hosts.iter().filter_map(|host| host.host_name.as_deref()).collect();
    let numbers = names.iter().map(|name| name.rsplit('-').next().unwrap().parse().unwrap());
    assert_eq!(numbers.collect::<Vec<u32>>(), (0..HOSTS).collect::<Vec<_>>(), "every host once, and in order");
    assert_eq!(hosts.iter().filter_map(|host| host.host_id.as_deref()).collect::<HashSet<_>>().len(), hosts.len());
    let statuses: Vec<_> = emulator
        .requests()
        .into_iter()
        .filter(|request| request.operation == Some("ListVulScanTaskHost"))
        .map(|request| request.status)
        .collect();
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!(count(200) + count(429), statuses.len());
    (count(200), count(429), runtime.elapsed().saturating_sub(began).as_secs_f64())
}

#[tokio::test]
async fn strict_is_never_refused_and_takes_the_minimum_time() {
    for concurrency in [1, 4, 8] {
        // 50 requests are ten windows of 5. There are nine waits of a minute, since the first five requests need none.
        assert_eq!(read(Rate::Strict(QUOTA), concurrency).await, (50, 0, 540.0), "concurrency {concurrency}");
    }
}

#[tokio::test]
async fn adaptive_is_refused_at_most_once_per_window() {
    for concurrency in [1, 4, 8] {
        let (accepted, refused, seconds) = read(Rate::Adaptive, concurrency).await;
        assert_eq!(accepted, 50, "concurrency {concurrency}");
        assert!(refused <= 1, "{refused} refused with concurrency {concurrency}");
        assert!(seconds <= 541.0, "{seconds} s with concurrency {concurrency}");
    }
}

#[tokio::test]
async fn reports_each_wait_with_its_reason() {
    let runtime = TestRuntime::default().with_random(0.5);
    let fails_once = Fault { page: Some(2), status: Some(503), times: Some(1), ..Fault::default() };
    let emulator =
        Emulator::builder().hosts(1_200).runtime(runtime.share()).faults(vec![fails_once]).start().await.unwrap();
    let token = Credentials::Token(Secret::new("token", "t").unwrap());
    let waits = Arc::new(Mutex::new(Vec::new()));
    let reported = Arc::clone(&waits);
    let client = Client::builder()
        .endpoint(emulator.url())
        .credentials(token)
        .project_id("p")
        .concurrency(1)
        .runtime(runtime.share())
        .rate(Rate::Strict(QUOTA))
        .on_wait(move |wait| reported.lock().unwrap().push(*wait))
        .build()
        .await
        .unwrap();
    let newest = client.list_vul_scan_task().limit(10).send().await.unwrap().into_inner().data_list.unwrap().remove(0);
    assert_eq!(client.remaining(&LIST_VUL_SCAN_TASK), 4);
    let hosts: Vec<_> = client.list_vul_scan_task_host(newest.id.unwrap()).stream().try_collect().await.unwrap();
    assert_eq!(
        (hosts.len(), client.remaining(&LIST_VUL_SCAN_TASK_HOST)),
        (1_200, 0),
        "the last five of seven requests are in this window"
    );

    let waits = waits.lock().unwrap();
    assert!(waits.iter().all(|wait| wait.operation == "ListVulScanTaskHost" && !wait.time.is_zero()), "{waits:?}");
    let reasons: Vec<_> = waits.iter().map(|wait| wait.reason).collect();
    assert_eq!(reasons, [Reason::Failed { kind: ErrorKind::Service, status: Some(503) }, Reason::Quota]);
    let waited: Duration = waits.iter().map(|wait| wait.time).sum();
    assert_eq!(waited, runtime.elapsed(), "nothing else took time");
}
