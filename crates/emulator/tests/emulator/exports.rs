//! Exports, the scan policy and quotas, with a test clock.

use std::time::Duration;

use hss_client::TestRuntime;
use hss_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::{Response, ask, get};

const ALL: &str = "enterprise_project_id=all_granted_eps";

async fn start(runtime: &TestRuntime) -> Emulator {
    Emulator::builder().hosts(60).runtime(runtime.share()).start().await.unwrap()
}

async fn send(emulator: &Emulator, method: &str, target: &str, body: &Value) -> Response {
    ask(emulator, method, &format!("/v5/p/{target}"), &[], &body.to_string()).await
}

async fn shown(emulator: &Emulator, target: &str) -> Value {
    let response = get(emulator, &format!("/v5/p/{target}")).await;
    assert_eq!(response.status, 200, "{target}: {}", response.text);
    response.json()
}

#[tokio::test]
async fn each_export_runs_and_succeeds() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime).await;
    let ignored = json!({"operate_type": "ignore", "select_type": "all_host"});
    assert_eq!(send(&emulator, "PUT", &format!("vulnerability/status?{ALL}"), &ignored).await.status, 200);
    for (target, body) in [
        (format!("vul/export?category=vul&export_size=100&{ALL}"), json!({"export_headers": [["vul_id", "Id"]]})),
        (format!("vul/export?category=host&export_size=100&{ALL}"), json!({"export_headers": [["host_id", "Id"]]})),
        (
            format!("vulnerability/handle-history/export-task?{ALL}"),
            json!({"export_header_list": [["vul_id", "Id"], ["handle_time", "Time"]], "export_size": 10}),
        ),
        (
            format!("vulnerability/history/export-task?{ALL}"),
            json!({"export_headers": [["vul_id", "Id"]], "handle_cycle": "today", "status": "vul_status_ignored"}),
        ),
    ] {
        let started = send(&emulator, "POST", &target, &body).await;
        assert_eq!(started.status, 200, "{target}: {}", started.text);
        let id = started.json()["task_id"].as_str().unwrap().to_owned();
        let task = format!("export-task/{id}?{ALL}");
        let running = shown(&emulator, &task).await;
        assert_eq!((&running["task_id"], &running["task_status"]), (&json!(id), &json!("running")));
        assert!(running.get("file_id").is_none(), "{running}");
        runtime.pass(Duration::from_secs(60));
        let done = shown(&emulator, &task).await;
        assert_eq!(done["task_status"], "success");
        assert!(done["file_name"].as_str().unwrap().starts_with("hss-vul-"), "{done}");
        assert_eq!(done["file_id"].as_str().unwrap().len(), 36);
        // It has data of all enterprise projects.
        assert_eq!(get(&emulator, &format!("/v5/p/export-task/{id}")).await.status, 400);
    }
    assert_eq!(emulator.changes().len(), 5);
}

#[tokio::test]
async fn the_scan_policy_can_be_changed() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime).await;
    let target = "vulnerability/scan-policy";
    let before = shown(&emulator, target).await;
    assert_eq!((&before["scan_period"], &before["status"]), (&json!("one_day"), &json!("open")));
    let protected = shown(&emulator, "host-management/hosts?protect_status=opened").await["total_num"].clone();
    assert_eq!(before["total_host_num"], protected);
    let host = shown(&emulator, "host-management/hosts").await["data_list"][0]["host_id"].clone();
    let changed = json!({"scan_period": "one_week", "scan_range_type": "specific_host", "host_ids": [host],
        "scan_vul_types": ["linux_vul"], "status": "open",
        "time": {"day_part": [5], "hour_part": 3, "minute_part": 30, "timezone_offset": -480}});
    let response = send(&emulator, "PUT", target, &changed).await;
    assert_eq!((response.status, response.text.as_str()), (200, ""));
    let after = shown(&emulator, target).await;
    for name in ["scan_period", "scan_range_type", "host_ids", "scan_vul_types", "status"] {
        assert_eq!(after[name], changed[name], "{name}");
    }
    // Friday, 2024-11-29 03:30 in UTC+8.
    assert_eq!(after["time"]["next_scan_time"], 1_732_822_200_000_i64);
    let of_others =
        shown(&emulator, &format!("{target}?enterprise_project_id={}", emulator.enterprise_projects()[1])).await;
    assert_eq!(of_others["scan_period"], "one_week", "there is one policy");
    for (field, value) in [
        ("host_ids", json!([])),
        ("host_ids", json!(["none"])),
        ("scan_vul_types", json!(["none"])),
        ("time", json!({"hour_part": 24})),
        ("time", json!({"day_part": [32]})),
        ("time", json!({"timezone_offset": 721})),
    ] {
        let mut body = changed.clone();
        body[field] = value;
        let response = send(&emulator, "PUT", target, &body).await;
        assert_eq!(response.status, 400, "{body}");
    }
    assert_eq!(shown(&emulator, target).await, after);
    assert_eq!(emulator.changes().len(), 1);
}

#[tokio::test]
async fn quotas_are_used_by_protected_servers() {
    let emulator = start(&TestRuntime::default()).await;
    for query in ["", &format!("&{ALL}")] {
        let quotas = shown(&emulator, &format!("billing/quotas?version=hss.version.enterprise{query}")).await;
        let [row] = quotas["data_list"].as_array().unwrap().as_slice() else { panic!("{quotas}") };
        let hosts = async |filter: &str| {
            shown(&emulator, &format!("host-management/hosts?{filter}{query}")).await["total_num"].clone()
        };
        assert_eq!(row["used_num"], hosts("version=hss.version.enterprise").await);
        assert_eq!(row["total_num"], hosts("limit=10").await);
        let number = |name: &str| row[name].as_u64().unwrap();
        assert_eq!(number("available_num"), number("total_num") - number("used_num"));
        assert_eq!(row["available_resources_list"].as_array().unwrap().len() as u64, number("available_num"));
    }
    let all = shown(&emulator, "billing/quotas").await;
    assert_eq!(all["data_list"].as_array().unwrap().len(), 6);
    let on_demand = shown(&emulator, "billing/quotas?charging_mode=on_demand").await;
    assert_eq!(on_demand, json!({"data_list": []}));
}
