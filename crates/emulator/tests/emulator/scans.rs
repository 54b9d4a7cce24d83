//! Starting, following and repeating scans, with a test clock.

use std::time::Duration;

use hss_client::TestRuntime;
use hss_emulator::{DOCUMENTED_TASK, Emulator};
use serde_json::{Value, json};

use crate::support::{Response, get, hosts_of, raw, read, tasks};

async fn start(runtime: &TestRuntime, hosts: u32) -> Emulator {
    Emulator::builder().hosts(hosts).runtime(runtime.share()).start().await.unwrap()
}

async fn send(emulator: &Emulator, method: &str, path: &str, body: &str) -> Response {
    let length = body.len();
    let request = format!(
        "{method} /v5/p/vulnerability/{path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    read(&raw(emulator, request.as_bytes()).await)
}

async fn scan(emulator: &Emulator, more: Value) -> Response {
    let mut body = json!({"manual_scan_type": ["linux_vul", "app_vul"], "batch_flag": true, "range_type": "all_host"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    send(emulator, "POST", "scan-task", &body.to_string()).await
}

fn id(started: &Response) -> String {
    assert_eq!(started.status, 200, "{}", started.text);
    started.json()["task_id"].as_str().unwrap().to_owned()
}

/// Returns the state of a task and its counts: scanning, success, failed.
async fn reported(emulator: &Emulator, task: &str) -> (String, [u64; 3]) {
    let page = get(emulator, &tasks(&format!("task_id={task}"))).await.json();
    let row = &page["data_list"][0];
    let count = |state: &str| row[format!("{state}_host_num")].as_u64().unwrap();
    (row["status"].as_str().unwrap().to_owned(), ["scanning", "success", "failed"].map(count))
}

#[tokio::test]
async fn a_scan_starts_progresses_ends_and_repeats_failed_servers() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, 200).await;
    let task = id(&scan(&emulator, json!({})).await);
    assert_eq!(task.len(), 32);
    let newest = get(&emulator, &tasks("limit=10")).await.json()["data_list"][0].clone();
    assert_eq!((newest["id"].as_str(), newest["scan_type"].as_str()), (Some(task.as_str()), Some("manual")));
    assert_eq!(newest["scan_vul_types"], json!(["linux_vul", "app_vul"]));
    assert!(newest.get("end_time").is_none_or(Value::is_null), "{newest}");
    assert_eq!(reported(&emulator, &task).await, ("running".to_owned(), [200, 0, 0]));

    runtime.pass(Duration::from_secs(20));
    let (status, [scanning, success, failed]) = reported(&emulator, &task).await;
    assert_eq!((status.as_str(), scanning + success + failed), ("running", 200));
    assert!((40..160).contains(&scanning), "{scanning} are left in the middle");

    // 20 s, plus 0.1 s for each server.
    runtime.pass(Duration::from_secs(20));
    assert_eq!(reported(&emulator, &task).await, ("finished".to_owned(), [0, 180, 20]));
    let failures = get(&emulator, &hosts_of(&task, "scan_status=failed&limit=200")).await.json();
    assert_eq!(failures["total_num"], 20);
    let reasons = failures["data_list"][0]["failed_reasons"].as_array().unwrap();
    assert!(!reasons.is_empty());

    let path = format!("scan/task/{task}/rescan");
    let repeated = send(&emulator, "PUT", &path, r#"{"range_type":"all_failed_host"}"#).await;
    assert_eq!((repeated.status, repeated.text.as_str()), (200, ""));
    assert_eq!((repeated.header("content-type"), repeated.header("content-length").as_deref()), (None, Some("0")));
    assert_eq!(reported(&emulator, &task).await, ("running".to_owned(), [20, 180, 0]));
    runtime.pass(Duration::from_secs(30));
    let (status, [scanning, success, failed]) = reported(&emulator, &task).await;
    assert_eq!((status.as_str(), scanning), ("finished", 0));
    assert!(success > 180 && failed < 20, "{success} {failed}");
}

#[tokio::test]
async fn a_finished_scan_scans_no_server() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, 37).await;
    runtime.pass(Duration::from_millis(3_300));
    let task = id(&scan(&emulator, json!({})).await);
    for _ in 0..60 {
        runtime.pass(Duration::from_secs(1));
        let (status, [scanning, ..]) = reported(&emulator, &task).await;
        assert!(status == "running" || scanning == 0, "{status} with {scanning}");
    }
    assert_eq!(reported(&emulator, &task).await.0, "finished");
}

#[tokio::test]
async fn starts_by_agent_ids_and_repeats_by_host_ids() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, 60).await;
    let servers = get(&emulator, "/v5/p/host-management/hosts?limit=30&agent_status=online").await.json();
    let of = |name: &str| -> Vec<Value> {
        servers["data_list"].as_array().unwrap().iter().map(|row| row[name].clone()).collect()
    };
    let (agents, hosts) = (of("agent_id"), of("host_id"));
    let specific = json!({"range_type": "specific_host", "batch_flag": false, "agent_id_list": agents});
    let task = id(&scan(&emulator, specific).await);
    runtime.pass(Duration::from_secs(60));
    let rows = get(&emulator, &hosts_of(&task, "limit=200")).await.json();
    let scanned: Vec<_> = rows["data_list"].as_array().unwrap().iter().map(|row| row["host_id"].clone()).collect();
    assert_eq!(scanned, hosts, "the servers of these agents, and no others");

    let failed = get(&emulator, &hosts_of(&task, "scan_status=failed&limit=200")).await.json();
    let failed = failed["data_list"].as_array().unwrap().clone();
    assert_eq!(failed.len(), 3);
    let path = format!("scan/task/{task}/rescan");
    let one = json!({"range_type": "specific_host", "host_ids": [failed[1]["host_id"]]}).to_string();
    assert_eq!(send(&emulator, "PUT", &path, &one).await.status, 200);
    let scanning = get(&emulator, &hosts_of(&task, "scan_status=scanning")).await.json();
    assert_eq!((&scanning["total_num"], &scanning["data_list"][0]["host_id"]), (&json!(1), &failed[1]["host_id"]));
    // It is already being scanned.
    assert_eq!(send(&emulator, "PUT", &path, &one).await.status, 400);
}

#[tokio::test]
async fn a_scan_for_the_other_operating_system_fails_with_a_cause() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, 60).await;
    let servers = get(&emulator, "/v5/p/host-management/hosts?limit=200").await.json();
    let count = |system: &str| {
        let rows = servers["data_list"].as_array().unwrap();
        rows.iter().filter(|row| row["os_type"] == system).count() as u64
    };
    let (linux, windows) = (count("Linux"), count("Windows"));
    assert!(linux > 20 && windows > 2, "{linux} {windows}");
    let id = id(&scan(&emulator, json!({"manual_scan_type": ["windows_vul"]})).await);
    // They fail again every time.
    for _ in 0..2 {
        let scanning = get(&emulator, &hosts_of(&id, "scan_status=scanning")).await.json();
        let details = &scanning["data_list"][0]["vul_scan_details"];
        assert_eq!(*details, json!([{"vul_type": "windows_vul", "status": "scanning"}]));
        runtime.pass(Duration::from_secs(60));
        let (status, [scanning, success, failed]) = reported(&emulator, &id).await;
        assert_eq!((status.as_str(), scanning, success + failed), ("finished", 0, linux + windows));
        assert!(failed >= linux && success > 0, "{failed} of {linux} Linux servers");
        let rows = get(&emulator, &hosts_of(&id, "scan_status=failed&limit=200")).await.json();
        let mut mismatches = 0;
        for row in rows["data_list"].as_array().unwrap() {
            let [reason] = row["failed_reasons"].as_array().unwrap().as_slice() else { panic!("{row}") };
            let text = reason["failed_reason"].as_str().unwrap();
            assert_eq!(reason["vul_type"], "windows_vul");
            assert!((1..=128).contains(&text.len()), "{text}");
            assert_eq!(row["vul_scan_details"][0]["failed_reason"], text);
            mismatches += u64::from(text.contains("operating system"));
        }
        assert_eq!(mismatches, linux);
        let path = format!("scan/task/{id}/rescan");
        assert_eq!(send(&emulator, "PUT", &path, r#"{"range_type":"all_failed_host"}"#).await.status, 200);
    }
}

#[tokio::test]
async fn refuses_inconsistent_bodies_with_errors_of_hss() {
    let emulator = start(&TestRuntime::default(), 30).await;
    for (body, expected) in [
        ("", "EOF"),
        ("{", "EOF"),
        ("[]", "expected a JSON object"),
        ("{}", "missing manual_scan_type"),
        (r#"{"manual_scan_type":[],"batch_flag":true,"range_type":"all_host"}"#, "expected at least 1"),
        (r#"{"manual_scan_type":["x"],"batch_flag":true,"range_type":"all_host"}"#, "expected one of linux_vul"),
        (r#"{"manual_scan_type":["app_vul"],"batch_flag":1,"range_type":"all_host"}"#, "expected true or false"),
        (r#"{"manual_scan_type":["app_vul"],"batch_flag":false,"range_type":"specific_host"}"#, "agents are missing"),
        (
            r#"{"manual_scan_type":["app_vul"],"batch_flag":false,"range_type":"specific_host","agent_id_list":["x"]}"#,
            "there is no agent x",
        ),
    ] {
        let response = send(&emulator, "POST", "scan-task", body).await;
        assert!(response.status == 400 && response.text.contains(expected), "{body}: {}", response.text);
    }
    let rescan = async |task: &str, body: &str| send(&emulator, "PUT", &format!("scan/task/{task}/rescan"), body).await;
    assert_eq!(rescan("none", r#"{"range_type":"all_failed_host"}"#).await.status, 400);
    assert!(rescan(DOCUMENTED_TASK, r#"{"range_type":"specific_host"}"#).await.text.contains("host_ids is missing"));
    let elsewhere = rescan(DOCUMENTED_TASK, r#"{"range_type":"specific_host","host_ids":["h"]}"#).await;
    assert!(elsewhere.text.contains("no server of that task on which the scan failed"), "{}", elsewhere.text);
    assert_eq!(rescan(DOCUMENTED_TASK, r#"{"range_type":"all_failed_host"}"#).await.status, 200);
}

#[tokio::test]
async fn an_estimate_equals_the_duration_and_starts_nothing() {
    let emulator = start(&TestRuntime::default(), 1_000).await;
    let before = get(&emulator, &tasks("")).await.json()["total_num"].clone();
    let body = r#"{"manual_scan_type":["linux_vul"],"range_type":"all_host"}"#;
    let estimate = send(&emulator, "POST", "scan/task/estimated-time", body).await.json();
    assert_eq!(estimate, json!({"queue_time": 0, "run_time": 2, "total_time": 2}));
    assert_eq!(get(&emulator, &tasks("")).await.json()["total_num"], before);
    let unread = get(&emulator, "/v5/p/vulnerability/task/statistics").await.json();
    assert_eq!(unread["unread_task_num"], json!(before.as_u64().unwrap() - 1), "one still runs");
}

#[tokio::test]
async fn limits_the_number_of_scans() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, 10).await;
    for _ in 0..100 {
        id(&scan(&emulator, json!({})).await);
    }
    let refused = scan(&emulator, json!({})).await;
    assert!(refused.status == 400 && refused.text.contains("too many scans are running"), "{}", refused.text);
    // Finished scans are removed. The initial tasks are kept.
    runtime.pass(Duration::from_secs(60));
    id(&scan(&emulator, json!({})).await);
    assert_eq!(reported(&emulator, DOCUMENTED_TASK).await.0, "finished");
}

#[tokio::test]
async fn replays_changes_in_another_emulator() {
    let runtime = TestRuntime::default();
    let before = start(&runtime, 60).await;
    let task = id(&scan(&before, json!({})).await);
    runtime.pass(Duration::from_secs(40));
    let path = format!("scan/task/{task}/rescan");
    assert_eq!(send(&before, "PUT", &path, r#"{"range_type":"all_failed_host"}"#).await.status, 200);
    assert_eq!(send(&before, "PUT", &path, r#"{"range_type":"specific_host"}"#).await.status, 400);
    runtime.pass(Duration::from_secs(10));
    let (reported_before, changes) = (reported(&before, &task).await, before.changes());
    assert_eq!(changes.len(), 2, "what was refused changed nothing");

    // Serialized and deserialized, as when they are stored.
    let changes = serde_json::from_value(serde_json::to_value(changes).unwrap()).unwrap();
    let builder = Emulator::builder().hosts(60).runtime(TestRuntime::default().share());
    let after = builder.past(changes, Duration::from_secs(50)).start().await.unwrap();
    assert_eq!(reported(&after, &task).await, reported_before);
    assert_eq!(after.changes(), before.changes());
}
