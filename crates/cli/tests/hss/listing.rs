//! Tests of `hss scan hosts` and `hss scan list`.

use hss_emulator::{Fault, Place};
use serde_json::{Value, json};

use crate::canned::{self, Canned};
use crate::program::{Emulator, TASK, hss, hss_at, newest_task, run};

fn requests_of<'a>(log: &'a [String], operation: &str) -> Vec<&'a str> {
    log.iter().filter_map(|line| line.strip_suffix(&format!(" {operation}"))).collect()
}

#[test]
fn the_documented_example_works_in_the_demo() {
    let ran = run(&mut hss(&["--demo", "scan", "hosts", TASK, "--status", "failed"]));
    assert_eq!(
        ran.printed(),
        "HOST NAME          PUBLIC IP    PRIVATE IP    IMPORTANCE  STATUS  CAUSES\n\
         ecs-ubuntu-abc123  112.10.10.3  192.168.10.1  important   failed  linux_vul: this_is_failed_reason\n"
    );
    assert_eq!(ran.stderr, "1 server\n");
    let quiet = run(&mut hss(&["scan", "hosts", TASK, "--status", "failed", "-q", "--demo"]));
    assert_eq!((quiet.printed(), quiet.stderr.as_str()), (ran.printed(), ""));
}

#[test]
fn the_documented_example_as_json_is_the_documented_body() {
    let documented: Value =
        serde_json::from_str(&std::fs::read_to_string(hss_openapi::example("ListVulScanTaskHost")).unwrap()).unwrap();
    let ran = run(&mut hss(&["--demo", "scan", "hosts", TASK, "--status", "failed", "-o", "json"]));
    assert_eq!(ran.json(), documented);
    assert!(
        ran.stdout.starts_with("{\n  \"total_num\": 1,\n  \"data_list\": [\n    {\n      \"host_id\": "),
        "{}",
        ran.stdout
    );
    assert_eq!(ran.stderr, "");
}

#[test]
fn the_demo_ignores_the_environment() {
    let mut command = hss(&["--demo", "scan", "list"]);
    for name in
        ["HUAWEICLOUD_SDK_REGION_ID", "HW_REGION_NAME", "HW_AUTH_TOKEN", "HW_PROJECT_ID", "HW_ENTERPRISE_PROJECT_ID"]
    {
        command.env(name, "no/where\n?");
    }
    run(&mut command).printed();
}

#[test]
fn tasks_show_times_in_utc() {
    let body = std::fs::read_to_string(hss_openapi::example("ListVulScanTask")).unwrap();
    let server = Canned::new([canned::json(200, &body)]);
    let ran = run(&mut hss_at(&server.url, &["scan", "list", "--type", "manual"]));
    assert_eq!(
        ran.printed(),
        "TASK ID                           TYPE    STATUS    STARTED               ENDED                 SUCCESS  FAILED  SCANNING  VULNERABILITY TYPES\n\
         2b31ed520xxxxxxebedb6e57xxxxxxxx  manual  finished  2024-11-25T08:00:00Z  2024-11-25T08:10:00Z  2        1       0         linux_vul, windows_vul, web_cms, app_vul\n"
    );
    assert_eq!(ran.stderr, "1 task\n");
    assert_eq!(server.requests(), ["GET /v5/p/vulnerability/scan-tasks?limit=200&offset=0&scan_type=manual"]);
}

#[test]
fn a_listing_sends_one_request_per_page() {
    let emulator = Emulator::start(&["--hosts", "450"]);
    let task = newest_task(&emulator.url);
    let ran = run(&mut hss_at(&emulator.url, &["scan", "hosts", &task, "-o", "json"]));
    let document = ran.json();
    assert_eq!(document["total_num"], 450);
    let mut ids: Vec<_> =
        document["data_list"].as_array().unwrap().iter().map(|host| host["host_id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 450);

    let table = run(&mut hss_at(&emulator.url, &["scan", "hosts", &task]));
    assert_eq!((table.printed().lines().count(), table.stderr.as_str()), (451, "450 servers\n"));

    let log = emulator.stop();
    let pages: Vec<_> = requests_of(&log, "ListVulScanTaskHost");
    assert_eq!(pages.len(), 6, "{log:?}");
    for (page, offset) in pages.iter().zip([0, 200, 400, 0, 200, 400]) {
        assert!(page.contains(&format!("limit=200&offset={offset} 200")), "{page}");
    }
}

#[test]
fn max_and_offset_read_no_more_than_needed() {
    let emulator = Emulator::start(&["--hosts", "450"]);
    let task = newest_task(&emulator.url);
    let list = |arguments: &[&str]| {
        run(hss_at(&emulator.url, &["scan", "hosts", &task, "-o", "json"]).args(arguments)).json()["data_list"]
            .as_array()
            .unwrap()
            .clone()
    };
    let all = list(&[]);
    assert_eq!(list(&["--max", "23"]), all[..23]);
    assert_eq!(list(&["--max", "5", "--offset", "7"]), all[7..12]);
    assert_eq!(list(&["--max", "25", "--page-size", "10"]), all[..25]);
    assert_eq!(list(&["--offset", "440"]), all[440..]);
    assert_eq!(list(&["--offset", "450"]).len(), 0);

    let table = run(&mut hss_at(&emulator.url, &["scan", "hosts", &task, "--max", "23"]));
    assert_eq!(table.stderr, "23 of 450 servers\n");

    let log = emulator.stop();
    let asked: Vec<_> = requests_of(&log, "ListVulScanTaskHost")
        .iter()
        .map(|line| {
            let query = line.strip_suffix(" 200").unwrap().split_once("?limit=").unwrap().1;
            query.replace("&offset=", " ")
        })
        .collect();
    assert_eq!(
        asked,
        ["200 0", "200 200", "200 400", "23 0", "10 7", "10 0", "10 10", "10 20", "200 440", "200 450", "23 0"]
    );
}

#[test]
fn an_empty_listing_suggests_all_enterprise_projects() {
    let hint = "0 servers in the default enterprise project; --enterprise-project-id all_granted_eps searches all\n";
    let empty = || canned::json(200, r#"{"total_num":0,"data_list":[]}"#);
    for (arguments, said) in [
        (&[][..], hint),
        (&["-o", "json"], hint),
        (&["--group-by", "cause"], hint),
        (&["-q"], ""),
        (&["--enterprise-project-id", "all_granted_eps"], "0 servers\n"),
        (&["--enterprise-project-id", "all_granted_eps", "-o", "json"], ""),
    ] {
        let server = Canned::new([empty()]);
        let ran = run(hss_at(&server.url, &["scan", "hosts", TASK]).args(arguments));
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), said), "{arguments:?}");
    }
    // After the end of a list there are no rows, but the list is not empty.
    let server = Canned::new([canned::json(200, r#"{"total_num":5,"data_list":[]}"#)]);
    let ran = run(&mut hss_at(&server.url, &["scan", "hosts", TASK, "--offset", "5"]));
    assert_eq!(ran.stderr, "0 of 5 servers\n");
}

#[test]
fn a_listing_without_a_total_ends_at_an_empty_page() {
    let page = |rows: &[&str]| {
        let rows: Vec<_> = rows.iter().map(|id| json!({"host_id": id})).collect();
        canned::json(200, &json!({"data_list": rows}).to_string())
    };
    let said = "the service did not state the number of servers: pages were read until one had no rows\n";
    let server = Canned::new([page(&["a", "b"]), page(&["c"]), page(&[])]);
    let ran = run(&mut hss_at(&server.url, &["scan", "hosts", TASK, "-o", "ndjson"]));
    assert_eq!((ran.printed().lines().count(), ran.stderr.as_str()), (3, said));
    let offsets: Vec<_> = server.requests().iter().map(|line| line.rsplit('=').next().unwrap().to_owned()).collect();
    assert_eq!(offsets, ["0", "2", "3"]);

    // All requested rows were received, so no warning is needed.
    let server = Canned::new([page(&["a", "b"])]);
    let ran = run(&mut hss_at(&server.url, &["scan", "hosts", TASK, "-o", "ndjson", "--max", "2"]));
    assert_eq!((ran.printed().lines().count(), ran.stderr.as_str()), (2, ""));
}

#[test]
fn an_id_that_would_change_the_path_is_never_sent() {
    let emulator = Emulator::start(&[]);
    for id in ["", ".", "..", "a/b", "a/../../other", "x?limit=1", "x#y", "%2e%2e", "a\\b", "a\nb"] {
        let ran = run(&mut hss_at(&emulator.url, &["scan", "hosts", id]));
        assert!(
            ran.failed_with(2).starts_with(&format!("error: ListVulScanTaskHost: invalid task_id {id:?}: ")),
            "{id:?}: {ran:?}"
        );
        run(&mut hss_at(&emulator.url, &["api", "ListVulScanTaskHost", "--task_id", id])).failed_with(2);
        run(&mut hss_at(&emulator.url, &["scan", "list", "--project-id", &format!("{id}/")])).failed_with(2);
    }
    assert_eq!(emulator.stop(), [""; 0]);
}

#[test]
fn a_page_size_out_of_bounds_is_never_sent() {
    let emulator = Emulator::start(&[]);
    for size in ["9", "201", "0", "-1", "2147483648", "99999999999999999999", "abc", "", "1e2", "+20", " 20"] {
        for command in [&["scan", "hosts", TASK][..], &["scan", "list"]] {
            // The minimum page size of tasks is smaller.
            if (command[1], size) != ("list", "9") {
                let ran = run(hss_at(&emulator.url, command).args(["--page-size", size]));
                assert!(ran.failed_with(2).contains("page-size"), "{size:?}: {ran:?}");
            }
        }
        let ran = run(&mut hss_at(&emulator.url, &["api", "ListVulScanTaskHost", "--task_id", TASK, "--limit", size]));
        let expected =
            format!("error: ListVulScanTaskHost: invalid limit {size:?}: expected a whole number from 10 to 200\n");
        assert_eq!(ran.failed_with(2), expected);
    }
    for (option, value) in
        [("--offset", "-1"), ("--offset", "2000001"), ("--max", "0"), ("--max", "-1"), ("--status", "canceled")]
    {
        run(hss_at(&emulator.url, &["scan", "hosts", TASK]).args([option, value])).failed_with(2);
    }
    assert_eq!(emulator.stop(), [""; 0]);
}

#[test]
fn help_states_bounds() {
    let ran = run(&mut hss(&["scan", "hosts", "--help"]));
    for said in ["[10 to 200]", "[0 to 2000000]", "[possible values: scanning, success, failed]", "--demo"] {
        assert!(ran.printed().contains(said), "{said}: {}", ran.stdout);
    }
}

#[test]
fn a_task_that_does_not_exist_is_not_an_endpoint_without_the_operation() {
    let emulator = Emulator::start(&[]);
    run(&mut hss_at(&emulator.url, &["scan", "hosts", "00000000000000000000000000000000"])).failed_with(4);

    let unpublished = json!({"error_msg": "API does not exist or has not been published", "error_code": "APIGW.0101"});
    let server = Canned::new([canned::json(404, &unpublished.to_string())]);
    let ran = run(&mut hss_at(&server.url, &["scan", "hosts", TASK]));
    assert!(ran.failed_with(1).contains("check region and endpoint"), "{ran:?}");
}

#[test]
fn every_kind_of_refusal_has_its_exit_status() {
    for (status, code, expected) in [
        (401, "APIGW.0301", 3),
        (403, "HSS.0010", 3),
        (404, "HSS.1054", 4),
        (429, "APIGW.0308", 5),
        (500, "HSS.0001", 1),
    ] {
        let server = Canned::new([canned::json(status, &json!({"error_code": code, "error_msg": "m"}).to_string())]);
        let ran = run(&mut hss_at(&server.url, &["scan", "hosts", TASK]));
        assert!(ran.failed_with(expected).contains(code), "{ran:?}");
    }
}

#[test]
fn a_service_that_does_not_respond_times_out() {
    let stall = || Fault { stall: Some(Place::Request), ..Fault::default() };
    let server = Canned::new([stall(), stall()]);
    let url = server.url.clone();
    for command in [&["scan", "list"][..], &["api", "ListVulScanTask"]] {
        let ran = run(hss_at(&url, command).args(["--timeout", "50ms"]));
        assert!(ran.failed_with(5).contains("timed out after 50ms (--timeout)"), "{ran:?}");
    }
    drop(server);
    let ran = run(&mut hss_at(&url, &["scan", "list"]));
    assert!(ran.failed_with(1).contains(&format!("no connection to {url}")), "{ran:?}");
    assert!(ran.stderr.contains("Check the endpoint, the network"), "{ran:?}");
}

#[test]
fn verbose_output_names_the_source_of_the_credentials_and_counts_rows() {
    let said = run(&mut hss(&["--demo", "scan", "list", "--max", "1", "-v"])).stderr;
    assert!(said.contains(" with credentials from the demo\n"), "{said}");
    assert!(said.contains("ListVulScanTask: 1 row after 0 (HTTP 200, request id "), "{said}");
    let emulator = Emulator::start(&[]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "SENTINEL").unwrap();
    let file = file.path().to_str().unwrap();
    let said = run(&mut hss_at(&emulator.url, &["scan", "list", "-v", "--token-file", file])).stderr;
    assert!(said.contains(&format!(" with credentials from --token-file {file}\n")), "{said}");
    assert!(said.contains("ListVulScanTask: 12 rows after 0"), "{said}");
}
