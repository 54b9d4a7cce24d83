//! The data of the emulator, requested over HTTP.

use std::collections::HashSet;

use crate::support::{documented_hosts, get, hosts_of, newest, start, tasks};
use hss_client::operations::{LIST_VUL_SCAN_TASK, LIST_VUL_SCAN_TASK_HOST};
use hss_emulator::DOCUMENTED_TASK;
use serde_json::Value;

fn rows(page: &Value) -> Vec<Value> {
    page["data_list"].as_array().unwrap().clone()
}

fn count(row: &Value, status: &str) -> u64 {
    row[format!("{status}_host_num")].as_u64().unwrap()
}

#[tokio::test]
async fn the_documented_request_returns_the_documented_response() {
    let emulator = start(30, 1).await;
    let query = "offset=0&limit=10&scan_status=failed&enterprise_project_id=all_granted_eps";
    let response = get(&emulator, &documented_hosts(query)).await;
    assert_eq!((response.status, response.content_type.as_str()), (200, "application/json"));
    // The sample in the operation table is the example file without its line breaks.
    assert_eq!(response.text, LIST_VUL_SCAN_TASK_HOST.success.sample.unwrap());
    let file: Value =
        serde_json::from_str(&std::fs::read_to_string(hss_openapi::example("ListVulScanTaskHost")).unwrap()).unwrap();
    assert_eq!(response.json(), file);

    let response = get(&emulator, &tasks(&format!("task_id={DOCUMENTED_TASK}"))).await;
    assert_eq!(response.text, LIST_VUL_SCAN_TASK.success.sample.unwrap());
}

#[tokio::test]
async fn the_documented_task_has_two_more_servers() {
    let emulator = start(30, 1).await;
    let page = get(&emulator, &documented_hosts("")).await.json();
    let statuses: Vec<_> = rows(&page).iter().map(|row| row["scan_status"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        (page["total_num"].as_u64(), statuses),
        (Some(3), ["failed", "success", "success"].map(String::from).to_vec())
    );
    // The data does not depend on the project.
    let other = format!("/v5/other/vulnerability/scan-task/{DOCUMENTED_TASK}/hosts?enterprise_project_id=0");
    assert_eq!(get(&emulator, &other).await.json(), page);
}

#[tokio::test]
async fn lists_450_servers_on_three_pages_in_order_without_duplicates() {
    let emulator = start(450, 1).await;
    let task = newest(&emulator).await;
    let mut listed = Vec::new();
    for (offset, expected) in [(0, 200), (200, 200), (400, 50)] {
        let page = get(&emulator, &hosts_of(&task, &format!("limit=200&offset={offset}"))).await.json();
        assert_eq!((page["total_num"].as_u64(), rows(&page).len()), (Some(450), expected));
        listed.extend(rows(&page));
    }
    for (place, row) in listed.iter().enumerate() {
        let name = row["host_name"].as_str().unwrap();
        assert!(name.ends_with(&format!("-{place:04}")), "{name} at {place}");
        assert_eq!(row["host_id"].as_str().unwrap().len(), 36);
    }
    let ids: HashSet<_> = listed.iter().map(|row| row["host_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 450);
    // Smaller pages are parts of the same list.
    let page = get(&emulator, &hosts_of(&task, "limit=20&offset=190")).await.json();
    assert_eq!(rows(&page), listed[190..210]);
}

#[tokio::test]
async fn counts_of_a_task_equal_its_listed_servers() {
    let emulator = start(450, 1).await;
    let page = get(&emulator, &tasks("limit=200")).await.json();
    assert_eq!(page["total_num"].as_u64(), Some(12));
    let mut running = 0;
    for task in rows(&page) {
        let id = task["id"].as_str().unwrap();
        let mut sum = 0;
        for status in ["scanning", "success", "failed"] {
            let hosts = get(&emulator, &hosts_of(id, &format!("limit=200&scan_status={status}"))).await.json();
            assert_eq!(hosts["total_num"].as_u64(), Some(count(&task, status)), "{status} of {task}");
            assert!(rows(&hosts).iter().all(|row| row["scan_status"] == status), "{status} of {task}");
            assert_eq!(rows(&hosts).len() as u64, count(&task, status).min(200));
            sum += count(&task, status);
        }
        let hosts = get(&emulator, &hosts_of(id, "")).await.json();
        assert_eq!(hosts["total_num"].as_u64(), Some(sum));
        let is_running = task["status"] == "running";
        running += u32::from(is_running);
        assert_eq!((task.get("end_time").is_none(), count(&task, "scanning") > 0), (is_running, is_running), "{task}");
    }
    assert_eq!(running, 1);
    // The newest task covers all servers.
    let newest = &rows(&page)[0];
    assert_eq!(["scanning", "success", "failed"].map(|status| count(newest, status)), [0, 405, 45]);
}

#[tokio::test]
async fn lists_tasks_newest_first_in_pages_with_filters() {
    let emulator = start(30, 1).await;
    let all = rows(&get(&emulator, &tasks("limit=200")).await.json());
    let times: Vec<_> = all.iter().map(|task| task["start_time"].as_i64().unwrap()).collect();
    assert!(times.is_sorted_by(|one, next| one > next), "{times:?}");

    let second = get(&emulator, &tasks("offset=10")).await.json();
    assert_eq!((second["total_num"].as_u64(), rows(&second)), (Some(12), all[10..].to_vec()));

    for (limit, count) in [(0, 0), (1, 1), (9, 9)] {
        let page = get(&emulator, &tasks(&format!("limit={limit}"))).await.json();
        assert_eq!((page["total_num"].as_u64(), rows(&page)), (Some(12), all[..count].to_vec()));
    }

    let manual = rows(&get(&emulator, &tasks("scan_type=manual")).await.json());
    let expected: Vec<_> = all.iter().filter(|task| task["scan_type"] == "manual").cloned().collect();
    assert_eq!(manual, expected);
    assert_eq!(manual.len(), 4);

    // Both bounds are inclusive.
    let between =
        rows(&get(&emulator, &tasks(&format!("min_start_time={}&max_start_time={}", times[4], times[2]))).await.json());
    assert_eq!(between, all[2..=4]);

    let none = get(&emulator, &tasks(&format!("task_id={DOCUMENTED_TASK}&scan_type=schedule"))).await;
    assert_eq!(none.text, r#"{"total_num":0,"data_list":[]}"#);
}

#[tokio::test]
async fn the_seed_determines_all_data() {
    let (one, same, other) = (start(60, 7).await, start(60, 7).await, start(60, 8).await);
    let task = newest(&one).await;
    assert_ne!(task, newest(&other).await);
    for target in [tasks("limit=200"), hosts_of(&task, "limit=200")] {
        assert_eq!(get(&one, &target).await.text, get(&same, &target).await.text, "{target}");
    }
    assert_eq!(get(&one, &hosts_of(&task, "")).await.status, 200);
    assert_eq!(get(&other, &hosts_of(&task, "")).await.status, 400);
}

#[tokio::test]
async fn a_million_servers_have_a_last_page() {
    let emulator = start(1_000_000, 1).await;
    let task = newest(&emulator).await;
    let page = get(&emulator, &hosts_of(&task, "limit=200&offset=999990")).await.json();
    assert_eq!((page["total_num"].as_u64(), rows(&page).len()), (Some(1_000_000), 10));
    assert!(rows(&page)[9]["host_name"].as_str().unwrap().ends_with("-999999"));
    let failed = get(&emulator, &hosts_of(&task, "limit=200&offset=99995&scan_status=failed")).await.json();
    assert_eq!((failed["total_num"].as_u64(), rows(&failed).len()), (Some(100_000), 5));
}

#[tokio::test]
async fn works_without_servers() {
    let emulator = start(0, 1).await;
    let task = newest(&emulator).await;
    assert_eq!(get(&emulator, &hosts_of(&task, "")).await.text, r#"{"total_num":0,"data_list":[]}"#);
}

#[tokio::test]
async fn enterprise_projects_limit_the_visible_servers() {
    let emulator = start(450, 1).await;
    let [default, one, other] = emulator.enterprise_projects() else { panic!("three") };
    assert_eq!((default.as_str(), one.len(), other.len()), ("0", 36, 36));
    let list = async |query: &str| get(&emulator, &tasks(&format!("limit=200{query}"))).await.json();
    let of = async |id: &str| list(&format!("&enterprise_project_id={id}")).await;
    assert_eq!(list("").await, of("0").await, "who names none sees the default one");
    assert_eq!(
        (of(one).await["total_num"].as_u64(), of("all_granted_eps").await["total_num"].as_u64()),
        (Some(10), Some(12))
    );

    let task = rows(&of(one).await)[0]["id"].as_str().unwrap().to_owned();
    let hosts = async |id: &str| {
        let page = get(&emulator, &hosts_of(&task, &format!("limit=200&enterprise_project_id={id}"))).await.json();
        rows(&page).into_iter().map(|row| row["host_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut parts = Vec::new();
    for id in [default, one, other] {
        parts.extend(hosts(id).await);
    }
    // 225 servers of the default one, and a quarter and an eighth as many of the others: two pages.
    assert_eq!(parts.len(), 200 + 56 + 28);
    assert_eq!(hosts("all_granted_eps").await[..200], parts[..200]);

    let unseen = get(&emulator, &documented_hosts(&format!("enterprise_project_id={one}"))).await;
    assert_eq!((unseen.status, unseen.json()["error_code"].as_str()), (400, Some("HSS.0011")));
    let unknown = get(&emulator, &tasks("enterprise_project_id=nobody-s")).await;
    assert_eq!(unknown.status, 403);
    assert_eq!(unknown.text, r#"{"error_code":"00000010","error_description":"there is no such enterprise project"}"#);
}

fn servers(query: &str) -> String {
    format!("/v5/p/host-management/hosts?limit=200&{query}")
}

#[tokio::test]
async fn lists_servers_with_agents_as_in_the_scans() {
    let emulator = start(450, 1).await;
    let list = async |query: &str| get(&emulator, &servers(query)).await.json();
    let first = list("").await;
    assert_eq!((first["total_num"].as_u64(), rows(&first).len()), (Some(450), 200));
    assert_eq!(list("enterprise_project_id=all_granted_eps").await["total_num"], 450 + 112 + 56);
    let task = newest(&emulator).await;
    let scanned = rows(&get(&emulator, &hosts_of(&task, "limit=200")).await.json());
    for (server, row) in rows(&first).iter().zip(&scanned) {
        for name in ["host_id", "host_name", "private_ip", "asset_value"] {
            assert_eq!(server.get(name), row.get(name));
        }
        // A scan has an empty address for some servers without one.
        assert_eq!(server.get("public_ip"), row.get("public_ip").filter(|address| *address != ""));
        let is_there = matches!(server["agent_status"].as_str().unwrap(), "online" | "offline");
        assert_eq!(server.get("agent_id").is_some(), is_there, "{server}");
    }
    let agents: HashSet<_> = rows(&first).iter().filter_map(|row| Some(row["agent_id"].as_str()?.to_owned())).collect();
    assert!(agents.len() > 180 && agents.iter().all(|id| id.len() == 64));

    // Filters: each server matches one value of each.
    for (name, values) in [
        ("agent_status", &["online", "not_online"][..]),
        ("os_type", &["Linux", "Windows"]),
        ("asset_value", &["important", "common", "test"]),
        ("protect_status", &["opened", "closed"]),
        ("has_vul", &["true", "false"]),
        ("detect_result", &["clean", "risk", "undetected"]),
    ] {
        let mut sum = 0;
        for value in values {
            let page = list(&format!("{name}={value}")).await;
            assert!(page["total_num"].as_u64().unwrap() > 0, "{name}={value}");
            sum += page["total_num"].as_u64().unwrap();
        }
        assert_eq!(sum, 450, "{name}");
    }
    let one = &rows(&first)[17];
    for (name, field) in
        [("host_id", "host_id"), ("host_name", "host_name"), ("ip_addr", "private_ip"), ("host_id_list", "host_id")]
    {
        let value = one[field].as_str().unwrap();
        assert_eq!(rows(&list(&format!("{name}={value}")).await), std::slice::from_ref(one), "{name}");
    }
    let second = list("offset=200").await;
    assert_eq!(rows(&list("offset=190").await)[10..20], rows(&second)[..10]);
    // A page of a filtered list is a part of the filtered list.
    let linux = list("os_type=Linux").await;
    assert_eq!(rows(&list("os_type=Linux&offset=150").await)[..50], rows(&linux)[150..]);
}

#[tokio::test]
async fn vulnerabilities_count_their_affected_servers() {
    let emulator = start(450, 1).await;
    let of = async |query: &str| get(&emulator, &format!("/v5/p/vulnerability/vulnerabilities?{query}")).await.json();
    let mut affected = 0;
    for kind in ["linux_vul", "windows_vul", "web_cms", "app_vul"] {
        let page = of(&format!("type={kind}")).await;
        assert!(page["total_num"].as_u64().unwrap() > 0, "{kind}");
        for row in rows(&page) {
            assert_eq!(row["type"], kind);
            let numbers = &row["hosts_num"];
            let sum: u64 = ["important", "common", "test"].iter().map(|name| numbers[name].as_u64().unwrap()).sum();
            assert_eq!(row["host_num"].as_u64(), Some(sum));
            affected += sum;
        }
    }
    let mut counted = 0;
    for offset in [0, 200, 400] {
        let page = get(&emulator, &servers(&format!("offset={offset}"))).await.json();
        counted += rows(&page).iter().map(|row| row["vulnerability"].as_u64().unwrap()).sum::<u64>();
    }
    assert_eq!(affected, counted);
    assert_eq!(of("").await, of("type=linux_vul").await, "the default type");
    assert_eq!(rows(&of("type=app_vul&cve_id=CVE-2021-44228").await)[0]["vul_id"], "HCVD-APP-2021-3517");
    assert_eq!(of("handle_status=handled").await["total_num"], 0);
    assert!(
        of("enterprise_project_id=all_granted_eps").await["data_list"][0]["host_num"].as_u64()
            > of("").await["data_list"][0]["host_num"].as_u64()
    );
}
