//! Vulnerabilities of servers: both directions, counts, handling and its history.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hss_client::TestRuntime;
use hss_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::{Response, ask, get};

const ALL: &str = "enterprise_project_id=all_granted_eps";

async fn start(runtime: &TestRuntime, hosts: u32) -> Emulator {
    Emulator::builder().hosts(hosts).runtime(runtime.share()).start().await.unwrap()
}

async fn list(emulator: &Emulator, target: &str) -> Value {
    let response = get(emulator, &format!("/v5/p/{target}")).await;
    assert_eq!(response.status, 200, "{target}: {}", response.text);
    response.json()
}

/// Returns the rows of all pages, of the smallest size.
async fn rows(emulator: &Emulator, target: &str) -> Vec<Value> {
    let (mut rows, mut total) = (Vec::new(), None);
    loop {
        let page = list(emulator, &format!("{target}&limit=10&offset={}", rows.len())).await;
        assert!(total.is_none() || total == page["total_num"].as_u64(), "{target}");
        total = page["total_num"].as_u64();
        let more = page["data_list"].as_array().unwrap();
        rows.extend(more.iter().cloned());
        if rows.len() as u64 >= total.unwrap() {
            assert_eq!(Some(rows.len() as u64), total, "{target}");
            return rows;
        }
        assert_eq!(more.len(), 10, "{target}");
    }
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_else(|| panic!("no {name} in {row}"))
}

const TYPES: [&str; 4] = ["linux_vul", "windows_vul", "web_cms", "app_vul"];

async fn vulnerabilities(emulator: &Emulator, query: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for kind in TYPES {
        all.extend(rows(emulator, &format!("vulnerability/vulnerabilities?type={kind}&{query}")).await);
    }
    all
}

async fn vulnerabilities_of(emulator: &Emulator, host: &str, query: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for kind in TYPES {
        all.extend(rows(emulator, &format!("vulnerability/host/{host}?type={kind}&{query}")).await);
    }
    all
}

async fn change(emulator: &Emulator, body: &Value) -> Response {
    ask(emulator, "PUT", &format!("/v5/p/vulnerability/status?{ALL}"), &[], &body.to_string()).await
}

async fn changed(emulator: &Emulator, body: Value) {
    let response = change(emulator, &body).await;
    assert_eq!((response.status, response.text.as_str()), (200, ""), "{body}");
}

/// Facts by server and vulnerability: the state.
type Facts = BTreeMap<(String, String), String>;

fn facts(rows: &[Value]) -> Facts {
    let fact = |row: &Value| {
        ((text(row, "host_id").to_owned(), text(row, "vul_id").to_owned()), text(row, "status").to_owned())
    };
    let facts: Facts = rows.iter().map(fact).collect();
    assert_eq!(facts.len(), rows.len(), "no row twice");
    facts
}

/// Asserts that all views of the vulnerabilities agree. Returns their states.
async fn consistent(emulator: &Emulator, project: &str) -> Facts {
    let all = facts(&rows(emulator, &format!("vulnerability/host-vulnerability/vulnerabilities?{project}")).await);
    let is_open = |status: &str| !matches!(status, "vul_status_ignored" | "vul_status_fixed");

    let mut by_vulnerability = Facts::new();
    let mut open = 0;
    for row in vulnerabilities(emulator, project).await {
        let (id, kind) = (text(&row, "vul_id"), text(&row, "type"));
        let hosts = rows(emulator, &format!("vulnerability/hosts?vul_id={id}&type={kind}&{project}")).await;
        assert_eq!(row["host_num"].as_u64(), Some(hosts.len() as u64), "{id}");
        let of_status = |status: &str| hosts.iter().filter(|host| text(host, "status") == status).count() as u64;
        assert_eq!(row["ignored_num"].as_u64(), Some(of_status("vul_status_ignored")), "{id}");
        assert_eq!(row["fixed_num"].as_u64(), Some(of_status("vul_status_fixed")), "{id}");
        for (handle_status, is_asked) in [("unhandled", true), ("handled", false)] {
            let target = format!("vulnerability/hosts?vul_id={id}&type={kind}&handle_status={handle_status}&{project}");
            let some = rows(emulator, &target).await;
            let expected: Vec<_> =
                hosts.iter().filter(|host| is_open(text(host, "status")) == is_asked).cloned().collect();
            assert_eq!(some, expected, "{id} {handle_status}");
            if is_asked {
                assert_eq!(row["unhandle_host_num"].as_u64(), Some(some.len() as u64), "{id}");
                open += some.len();
            }
        }
        let status_of =
            |host: &Value| ((text(host, "host_id").to_owned(), id.to_owned()), text(host, "status").to_owned());
        by_vulnerability.extend(hosts.iter().map(status_of));
    }
    assert_eq!(by_vulnerability, all);

    let mut by_server = Facts::new();
    let hosts = rows(emulator, &format!("vulnerability/host/hosts?{project}")).await;
    let listed: BTreeMap<_, _> = rows(emulator, &format!("host-management/hosts?{project}"))
        .await
        .into_iter()
        .map(|row| (text(&row, "host_id").to_owned(), row["vulnerability"].as_u64().unwrap()))
        .collect();
    let mut vulnerable = 0;
    for host in &hosts {
        let id = text(host, "host_id");
        let of_host = vulnerabilities_of(emulator, id, project).await;
        let left = of_host.iter().filter(|row| is_open(text(row, "status"))).count() as u64;
        assert_eq!(listed[id], left, "ListHostStatus counts what is left");
        assert_eq!(text(host, "handle_status"), if left > 0 { "unhandled" } else { "handled" });
        let numbers = host["vul_num_with_repair_priority_list"].as_array().unwrap();
        assert_eq!(numbers.iter().map(|row| row["vul_num"].as_u64().unwrap()).sum::<u64>(), left);
        let ids: usize =
            host["vul_ids_info"].as_object().unwrap().values().map(|ids| ids.as_array().unwrap().len()).sum();
        assert_eq!(ids as u64, left);
        vulnerable += u64::from(left > 0);
        let status_of = |row: &Value| ((id.to_owned(), text(row, "vul_id").to_owned()), text(row, "status").to_owned());
        by_server.extend(of_host.iter().map(status_of));
    }
    assert_eq!(by_server, all);
    assert!(listed.iter().all(|(id, count)| *count == 0 || hosts.iter().any(|host| host["host_id"] == id.as_str())));

    let counts = list(emulator, &format!("vulnerability/statistics?{project}")).await;
    assert_eq!(counts["unrepair"].as_u64(), Some(open as u64));
    assert_eq!(counts["existed_vul_hosts"].as_u64(), Some(vulnerable));
    assert_eq!(counts["all_handle"].as_u64(), Some((all.len() - open) as u64));
    for (name, field) in [("need_urgent_repair", "need_urgent_repair"), ("unrepair", "unrepair")] {
        let target = format!("vulnerability/host-vulnerability/vulnerabilities?repair_type={name}&{project}");
        assert_eq!(rows(emulator, &target).await.len() as u64, counts[field].as_u64().unwrap(), "{name}");
    }
    let affected = list(emulator, &format!("vulnerability/statistics/affected?select_type=all_host&{project}")).await;
    assert_eq!(affected["total_vul_num"].as_u64(), Some(open as u64));
    assert_eq!(affected["host_num"].as_u64(), Some(vulnerable));
    all
}

#[tokio::test]
async fn both_directions_and_statistics_agree_in_every_enterprise_project() {
    let emulator = start(&TestRuntime::default(), 120).await;
    let mut sum = 0;
    for project in emulator.enterprise_projects() {
        sum += consistent(&emulator, &format!("enterprise_project_id={project}")).await.len();
    }
    let all = consistent(&emulator, ALL).await;
    assert_eq!(all.len(), sum);
    assert!(all.values().all(|status| status == "vul_status_unfix"));
}

#[tokio::test]
async fn they_agree_while_a_repair_progresses() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, 60).await;
    let before = consistent(&emulator, ALL).await;
    changed(&emulator, json!({"operate_type": "immediate_repair", "select_type": "all_host"})).await;
    let count = |facts: &Facts, status: &str| facts.values().filter(|one| *one == status).count();
    let started = consistent(&emulator, ALL).await;
    let fixing = count(&started, "vul_status_fixing");
    assert!(fixing > 30 && fixing < before.len(), "{fixing}: those of applications must be repaired manually");
    assert_eq!(started.keys().collect::<BTreeSet<_>>(), before.keys().collect::<BTreeSet<_>>());
    runtime.pass(Duration::from_secs(12));
    let half = count(&consistent(&emulator, ALL).await, "vul_status_fixing");
    assert!(half > 0 && half < fixing, "{half} of {fixing}");
    runtime.pass(Duration::from_secs(60));
    let done = consistent(&emulator, ALL).await;
    for status in ["vul_status_fixed", "vul_status_reboot", "vul_status_failed", "vul_status_unfix"] {
        assert!(count(&done, status) > 0, "{status}");
    }
    assert_eq!(count(&done, "vul_status_fixing"), 0);

    // The history has the same states, and the failures their causes.
    let history = rows(&emulator, &format!("vulnerability/handle-history?{ALL}")).await;
    assert_eq!(history.len(), fixing);
    let recorded = facts(&history);
    assert!(recorded.iter().all(|(pair, status)| done[pair] == *status));
    let failed: Vec<_> = history.iter().filter(|row| row["status"] == "vul_status_failed").collect();
    for row in &failed {
        let target = format!("vulnerability/{}/fail-detail?vul_id={}&{ALL}", text(row, "host_id"), text(row, "vul_id"));
        let details = list(&emulator, &target).await;
        assert_eq!(details["data_list"][0]["reason_description"], row["failed_reason"]);
    }
    let two = "status=vul_status_failed&status=vul_status_reboot";
    let some = rows(&emulator, &format!("vulnerability/handle-history?{two}&{ALL}")).await;
    assert_eq!(some.len(), failed.len() + count(&done, "vul_status_reboot"));
    // A repaired vulnerability has no failure.
    let fine = history.iter().find(|row| row["status"] == "vul_status_fixed").unwrap();
    let target = format!("vulnerability/{}/fail-detail?vul_id={}&{ALL}", text(fine, "host_id"), text(fine, "vul_id"));
    assert_eq!(list(&emulator, &target).await, json!({"data_list": []}));
}

#[tokio::test]
async fn ignores_and_unignores_by_vulnerability_and_by_server() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, 60).await;
    let target = "vulnerability/hosts?vul_id=HCVD-APP-2021-3517&type=app_vul";
    let hosts = rows(&emulator, target).await;
    let ids: Vec<_> = hosts[..2].iter().map(|host| text(host, "host_id").to_owned()).collect();
    let by_vulnerability = |action: &str| {
        json!({"operate_type": action, "remark": "accepted", "data_list":
            [{"vul_id": "HCVD-APP-2021-3517", "host_id_list": ids}]})
    };
    changed(&emulator, by_vulnerability("ignore")).await;
    let ignored = rows(&emulator, &format!("{target}&status=vul_status_ignored")).await;
    let listed: Vec<_> = ignored.iter().map(|row| text(row, "host_id").to_owned()).collect();
    assert_eq!(listed, ids);
    assert_eq!(ignored[0]["remark"], "accepted");
    let disabled = |row: &Value| -> Vec<String> {
        let rows = row["disabled_operate_types"].as_array().unwrap();
        rows.iter().map(|row| text(row, "operate_type").to_owned()).collect()
    };
    assert!(disabled(&ignored[0]).contains(&"ignore".to_owned()));
    assert!(disabled(&hosts[0]).contains(&"immediate_repair".to_owned()), "applications are repaired manually");
    consistent(&emulator, ALL).await;

    // What the row says is impossible is refused.
    let refused = change(&emulator, &by_vulnerability("ignore")).await;
    assert_eq!((refused.status, refused.json()["error_code"].as_str()), (400, Some("HSS.1059")), "{}", refused.text);
    let handled = rows(&emulator, "vulnerability/handle/vulnerabilities?handle_circle=today").await;
    assert_eq!(facts(&handled).len(), 2);
    assert_eq!(list(&emulator, "vulnerability/statistics?").await["today_handle"], 2);
    // The next day.
    runtime.pass(Duration::from_secs(24 * 60 * 60));
    assert!(rows(&emulator, "vulnerability/handle/vulnerabilities?handle_circle=today").await.is_empty());
    assert_eq!(rows(&emulator, "vulnerability/handle/vulnerabilities?handle_circle=all").await, handled);

    let by_server = json!({"operate_type": "not_ignore", "host_data_list":
        [{"host_id": ids[0], "vul_id_list": ["HCVD-APP-2021-3517"]}]});
    changed(&emulator, by_server).await;
    assert_eq!(rows(&emulator, &format!("{target}&status=vul_status_ignored")).await.len(), 1);
    let history = rows(&emulator, &format!("vulnerability/handle-history?{ALL}")).await;
    let types: Vec<_> = history.iter().map(|row| text(row, "handle_type")).collect();
    assert_eq!(types, ["not_ignore", "ignore", "ignore"], "newest first");
    let oldest =
        rows(&emulator, &format!("vulnerability/handle-history?sort_key=handle_time&sort_dir=asc&{ALL}")).await;
    assert_eq!(oldest.iter().rev().cloned().collect::<Vec<_>>(), history);
    let ids: BTreeSet<_> = history.iter().map(|row| text(row, "id")).collect();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn a_manual_repair_is_verified() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, 200).await;
    let target = "vulnerability/hosts?vul_id=HCVD-APP-2022-1106&type=app_vul&limit=200&";
    changed(&emulator, json!({"operate_type": "manual_repair", "select_type": "all_vul", "type": "app_vul"})).await;
    let count =
        async |status: &str| list(&emulator, &format!("{target}status={status}&{ALL}")).await["total_num"].clone();
    let all = count("vul_status_fixed").await;
    assert!(all.as_u64().unwrap() > 10);
    changed(&emulator, json!({"operate_type": "verify", "select_type": "all_vul", "type": "app_vul"})).await;
    assert_eq!(count("vul_status_verified").await, all);
    runtime.pass(Duration::from_secs(300));
    let (fixed, unfixed) = (count("vul_status_fixed").await, count("vul_status_unfix").await);
    assert_eq!(fixed.as_u64().unwrap() + unfixed.as_u64().unwrap(), all.as_u64().unwrap());
    assert!(unfixed.as_u64().unwrap() < fixed.as_u64().unwrap());
}

#[tokio::test]
async fn a_repair_with_a_backup_can_be_restored() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, 60).await;
    let target = "vulnerability/hosts?vul_id=EulerOS-SA-2021-1134&type=linux_vul";
    let id = text(&rows(&emulator, target).await[0], "host_id").to_owned();
    let body = json!({"operate_type": "immediate_repair", "backup_info_id": "b1",
        "custom_backup_hosts": [{"host_id": id, "vault_id": "v1", "backup_name": "before-sudo"}],
        "data_list": [{"vul_id": "EulerOS-SA-2021-1134", "host_id_list": [id]}]});
    changed(&emulator, body).await;
    runtime.pass(Duration::from_secs(60));
    let row = rows(&emulator, target).await[0].clone();
    assert_eq!((&row["support_restore"], &row["backup_name"]), (&json!(true), &json!("before-sudo")));
}

#[tokio::test]
async fn refuses_changes_that_are_ambiguous_or_of_something_unknown() {
    let emulator = start(&TestRuntime::default(), 30).await;
    let host = text(&rows(&emulator, "vulnerability/host/hosts?").await[0], "host_id").to_owned();
    let by_vulnerability = json!([{"vul_id": "EulerOS-SA-2021-1894", "host_id_list": [host]}]);
    let by_host = json!([{"host_id": host, "vul_id_list": ["EulerOS-SA-2021-1894"]}]);
    let none = json!([{"vul_id": "EulerOS-SA-2021-1894", "host_id_list": ["none"]}]);
    let unknown = json!([{"vul_id": "CVE-0000-0000", "host_id_list": [host]}]);
    for (body, code, why) in [
        (json!({"operate_type": "ignore"}), "HSS.0001", "is missing"),
        (
            json!({"operate_type": "ignore", "data_list": by_vulnerability, "host_data_list": by_host}),
            "HSS.0004",
            "only one is allowed",
        ),
        (
            json!({"operate_type": "ignore", "select_type": "all_vul", "data_list": by_vulnerability}),
            "HSS.0001",
            "together with a list",
        ),
        (json!({"operate_type": "ignore", "data_list": none}), "HSS.0011", "no server none"),
        (json!({"operate_type": "ignore", "data_list": unknown}), "HSS.0011", "no vulnerability CVE-0000-0000"),
        (json!({"operate_type": "forget", "select_type": "all_host"}), "HSS.0001", "expected one of"),
        (json!({"operate_type": "not_ignore", "select_type": "all_host"}), "HSS.1059", "there is no vulnerability"),
        (json!({"operate_type": "ignore", "data_list": [{"vul_id": "x"}]}), "HSS.0001", "host_id_list"),
    ] {
        let response = change(&emulator, &body).await;
        assert_eq!((response.status, response.json()["error_code"].as_str()), (400, Some(code)), "{body}");
        assert!(response.text.contains(why), "{body}: {}", response.text);
    }
    // A server of another enterprise project.
    let all = rows(&emulator, &format!("host-management/hosts?{ALL}")).await;
    let other = text(all.last().unwrap(), "host_id");
    for (target, code) in [
        (format!("vulnerability/host/{other}"), "HSS.0011"),
        ("vulnerability/host/none".to_owned(), "HSS.0011"),
        ("vulnerability/hosts?vul_id=none&type=linux_vul".to_owned(), "HSS.0011"),
        ("vulnerability/hosts?vul_id=KB5004945&type=linux_vul".to_owned(), "HSS.0011"),
        ("vulnerability/linux-detail?vul_id=KB5004945&limit=10&offset=0".to_owned(), "HSS.0011"),
        (format!("vulnerability/{host}/fail-detail?vul_id=none"), "HSS.0011"),
        ("vulnerability/statistics/affected?select_type=all_vul".to_owned(), "HSS.0001"),
        ("vulnerability/statistics/affected?host_ids=none".to_owned(), "HSS.0011"),
    ] {
        let response = get(&emulator, &format!("/v5/p/{target}")).await;
        assert_eq!((response.status, response.json()["error_code"].as_str()), (400, Some(code)), "{target}");
    }
    assert!(list(&emulator, &format!("vulnerability/host/{other}?{ALL}")).await["data_list"].is_array());
}

#[tokio::test]
async fn filters_are_honoured_in_each_listing() {
    let emulator = start(&TestRuntime::default(), 200).await;
    let base = "vulnerability/host-vulnerability/vulnerabilities?";
    let all = rows(&emulator, base).await;
    // Each row matches one value of each.
    for (name, values) in [
        ("type", &["linux_vul", "windows_vul", "web_cms", "app_vul", "urgent_vul"][..]),
        ("asset_value", &["important", "common", "test"]),
        ("repair_priority", &["Critical", "High", "Medium", "Low"]),
        ("severity_level", &["Critical", "High", "Medium", "Low"]),
        ("status", &["vul_status_unfix", "vul_status_ignored"]),
    ] {
        let mut sum = 0;
        for value in values {
            sum += rows(&emulator, &format!("{base}{name}={value}")).await.len();
        }
        assert_eq!(sum, all.len(), "{name}");
    }
    let one = &all[all.len() / 2];
    for (name, field) in [("host_name", "host_name"), ("host_ip", "private_ip"), ("host_id_list", "host_id")] {
        let value = text(one, field);
        let listed = rows(&emulator, &format!("{base}{name}={value}")).await;
        let expected: Vec<_> = all.iter().filter(|row| row[field] == value).cloned().collect();
        assert_eq!(listed, expected, "{name}");
    }
    let labelled = rows(&emulator, &format!("{base}label_list=Spring")).await;
    assert!(!labelled.is_empty() && labelled.iter().all(|row| row["label_list"] == json!(["Spring"])));
    let cve = rows(&emulator, &format!("{base}cve_id=CVE-2021-44228")).await;
    assert!(!cve.is_empty() && cve.iter().all(|row| row["vul_id"] == "HCVD-APP-2021-3517"));

    // Groups: those of the servers, in every listing.
    let groups = rows(&emulator, "host-management/groups?").await;
    let names: Vec<_> = groups.iter().map(|group| text(group, "group_name")).collect();
    assert_eq!(names, ["web", "api", "db", "windows"]);
    for group in &groups {
        let name = text(group, "group_name");
        let members = rows(&emulator, &format!("host-management/hosts?group_name={name}")).await;
        assert_eq!(group["host_num"].as_u64(), Some(members.len() as u64));
        let of = |field: &str, value: &str| members.iter().filter(|row| row[field] == value).count() as u64;
        assert_eq!(group["unprotect_host_num"].as_u64(), Some(of("protect_status", "closed")));
        assert_eq!(group["risk_host_num"].as_u64(), Some(of("detect_result", "risk")));
        let ids: Vec<_> = members.iter().map(|row| row["host_id"].clone()).collect();
        assert_eq!(group["host_id_list"], Value::Array(ids.clone()));
        let vulnerable = rows(&emulator, &format!("vulnerability/host/hosts?group_name={name}")).await;
        assert!(!vulnerable.is_empty() && vulnerable.iter().all(|row| ids.contains(&row["host_id"])));
        let pairs = rows(&emulator, &format!("{base}group_name={name}")).await;
        assert!(pairs.iter().all(|row| ids.contains(&row["host_id"])));
        let found = vulnerabilities(&emulator, &format!("group_name={name}")).await;
        let expected: BTreeSet<_> = pairs.iter().map(|row| text(row, "vul_id")).collect();
        assert_eq!(found.iter().map(|row| text(row, "vul_id")).collect::<BTreeSet<_>>(), expected);
    }
    // What the emulator does not have.
    for query in ["cluster_id=c", "is_container=true", "node_type=cce", "container_name=c"] {
        let target = format!("vulnerability/hosts?vul_id=EulerOS-SA-2021-1894&type=linux_vul&{query}");
        assert!(rows(&emulator, &target).await.is_empty(), "{query}");
    }
    for (status, level) in [("unhandled", "High"), ("unhandled", "Medium")] {
        let target = format!("vulnerability/host/hosts?handle_status={status}&severity_level={level}");
        let hosts = rows(&emulator, &target).await;
        assert!(!hosts.is_empty() && hosts.iter().all(|row| row["severity_level"] == level));
    }
}

#[tokio::test]
async fn details_count_the_affected_servers() {
    let emulator = start(&TestRuntime::default(), 200).await;
    for (kind, path, query) in [
        ("linux_vul", "linux-detail", "limit=10&offset=0&"),
        ("windows_vul", "windows-detail", ""),
        ("web_cms", "cms-detail", "limit=10&offset=0&"),
    ] {
        for row in rows(&emulator, &format!("vulnerability/vulnerabilities?type={kind}")).await {
            let id = text(&row, "vul_id");
            let details = list(&emulator, &format!("vulnerability/{path}?{query}vul_id={id}")).await;
            assert_eq!(details["total_num"], 1);
            let detail = &details["data_list"][0];
            assert_eq!(detail["hosts_num"], row["hosts_num"], "{id}");
            assert_eq!(detail["cve_id"], row["cve_list"][0]["cve_id"]);
            let handled =
                list(&emulator, &format!("vulnerability/{path}?{query}vul_id={id}&handle_status=handled")).await;
            assert_eq!(handled["data_list"][0]["hosts_num"], json!({"important": 0, "common": 0, "test": 0}));
        }
    }
}

#[tokio::test]
async fn the_server_of_the_examples_is_accepted() {
    let emulator = start(&TestRuntime::default(), 30).await;
    let example: Value =
        serde_json::from_str(&std::fs::read_to_string(hss_openapi::example("ListVulScanTaskHost")).unwrap()).unwrap();
    let host = text(&example["data_list"][0], "host_id");
    assert_eq!(get(&emulator, &format!("/v5/p/vulnerability/host/{host}")).await.status, 200);
    let body =
        json!({"operate_type": "ignore", "data_list": [{"vul_id": "EulerOS-SA-2021-1894", "host_id_list": [host]}]});
    changed(&emulator, body).await;
    assert!(rows(&emulator, &format!("vulnerability/handle-history?{ALL}")).await.is_empty());
}

#[tokio::test]
async fn a_vulnerability_of_a_million_servers_has_a_last_page() {
    let emulator = start(&TestRuntime::default(), 1_000_000).await;
    let query = "vul_id=EulerOS-SA-2022-1624&type=linux_vul&limit=200";
    let first = list(&emulator, &format!("vulnerability/hosts?{query}")).await;
    let total = first["total_num"].as_u64().unwrap();
    assert!(total > 250_000, "{total}");
    let last = list(&emulator, &format!("vulnerability/hosts?{query}&offset={}", total - 7)).await;
    assert_eq!(last["data_list"].as_array().unwrap().len(), 7);
    let host = text(&last["data_list"][6], "host_id");
    let of_host = list(&emulator, &format!("vulnerability/host/{host}?vul_id=EulerOS-SA-2022-1624")).await;
    assert_eq!(of_host["total_num"], 1);
    let counts = list(&emulator, "vulnerability/statistics?").await;
    let target =
        format!("vulnerability/host-vulnerability/vulnerabilities?offset={}", counts["unrepair"].as_u64().unwrap() - 3);
    assert_eq!(list(&emulator, &target).await["data_list"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn handling_is_replayed_in_another_emulator() {
    let runtime = TestRuntime::default();
    let before = start(&runtime, 60).await;
    changed(&before, json!({"operate_type": "immediate_repair", "select_type": "all_vul"})).await;
    runtime.pass(Duration::from_secs(12));
    let changes = before.changes();
    assert_eq!(changes.len(), 1);
    let builder = Emulator::builder().hosts(60).runtime(TestRuntime::default().share());
    let after = builder.past(changes, Duration::from_secs(12)).start().await.unwrap();
    let target = format!("vulnerability/handle-history?{ALL}");
    assert_eq!(rows(&after, &target).await, rows(&before, &target).await);
}

#[tokio::test]
async fn the_whitelist_ignores_what_was_found() {
    let emulator = start(&TestRuntime::default(), 60).await;
    let send = async |method: &str, path: &str, body: Value| {
        ask(&emulator, method, &format!("/v5/p/vulnerability/white-list{path}"), &[], &body.to_string()).await
    };
    let target = "vulnerability/hosts?vul_id=EulerOS-SA-2021-1894&type=linux_vul";
    let hosts = rows(&emulator, target).await;
    let host = text(&hosts[0], "host_id");
    let one = json!({"vul_type": "linux_vul", "vul_ids": ["EulerOS-SA-2021-1894"], "rule_type": "specific_host",
        "host_ids": [host], "description": "accepted"});
    assert_eq!(send("POST", "", one.clone()).await.status, 200);
    let ignored = rows(&emulator, &format!("{target}&status=vul_status_ignored")).await;
    assert_eq!((ignored.len(), text(&ignored[0], "host_id")), (1, host));
    let entries = rows(&emulator, "vulnerability/white-lists?").await;
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((&entry["vul_id"], &entry["rule_type"]), (&json!("EulerOS-SA-2021-1894"), &json!("specific_host")));
    assert_eq!(entry["hosts"], json!([{"host_id": host, "host_name": hosts[0]["host_name"]}]));
    let id = text(entry, "id");
    assert_eq!(list(&emulator, &format!("vulnerability/white-list/{id}")).await, *entry);
    assert_eq!(send("PUT", &format!("/{id}"), json!({"rule_type": "all_host"})).await.status, 200);
    let changed = list(&emulator, &format!("vulnerability/white-list/{id}")).await;
    assert_eq!((&changed["rule_type"], &changed["hosts"]), (&json!("all_host"), &json!([])));
    assert!(rows(&emulator, "vulnerability/white-lists?vul_type=app_vul").await.is_empty());
    // Without ignoring, and for an unknown vulnerability or server.
    let mut other = one.clone();
    other["with_ignore"] = json!(false);
    other["host_ids"] = json!([hosts[1]["host_id"]]);
    assert_eq!(send("POST", "", other).await.status, 200);
    assert_eq!(rows(&emulator, &format!("{target}&status=vul_status_ignored")).await, ignored);
    for (field, value) in [("vul_ids", json!(["KB5004945"])), ("host_ids", json!(["none"]))] {
        let mut wrong = one.clone();
        wrong[field] = value;
        assert_eq!(send("POST", "", wrong).await.json()["error_code"], "HSS.0011", "{field}");
    }
    assert_eq!(send("DELETE", "", json!({"ids": ["none"]})).await.json()["error_code"], "HSS.0011");
    assert_eq!(send("DELETE", "", json!({"ids": [id]})).await.status, 200);
    assert_eq!(rows(&emulator, "vulnerability/white-lists?").await.len(), 1);
    // What is handled by status gets an entry, too.
    let handled = json!({"operate_type": "add_to_whitelist", "data_list":
        [{"vul_id": "EulerOS-SA-2021-1894", "host_id_list": [hosts[1]["host_id"]]}]});
    self::changed(&emulator, handled).await;
    assert_eq!(rows(&emulator, &format!("vulnerability/white-lists?{ALL}")).await.len(), 2);
    let options = rows(&emulator, "vulnerability/white-list/vulnerability-options?vul_type=windows_vul").await;
    assert_eq!(options.iter().map(|row| text(row, "vul_id")).collect::<Vec<_>>(), ["KB4571694", "KB5004945"]);
}
