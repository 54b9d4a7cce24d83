//! Tests of `hss api`.

use serde_json::{Value, json};

use crate::canned::{self, Canned};
use crate::program::{Emulator, TASK, hss, hss_at, run, run_with_input};

#[test]
fn operations_are_listed_from_the_table() {
    let table = run(&mut hss(&["api", "--list"]));
    let row = "ListVulScanTaskHost GET /v5/{project_id}/vulnerability/scan-task/{task_id}/hosts List the servers of a vulnerability scan task";
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(table.printed().lines().any(|line| words(line) == row), "{table:?}");
    let document = run(&mut hss(&["api", "--list", "-o", "json"])).json();
    let operations = document.as_array().unwrap();
    assert!(operations.iter().any(|operation| operation["id"] == "ListVulScanTaskHost"), "{document}");
    assert_eq!(operations.len(), table.stdout.lines().count() - 1);
}

#[test]
fn help_describes_operations_from_the_table() {
    let ran = run(&mut hss(&["api", "ListVulScanTaskHost", "--help"]));
    let words = ran.printed().split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "--task_id <VALUE> Id of the scan task, as listed by ListVulScanTask. [required; 1 to 256 characters] [alias: --task-id]",
        "--limit <NUMBER> Largest number of rows on the page. [10 to 200; default: 10]",
        "[0 to 2000000; default: 0]",
        "[scanning, success, failed] [alias: --scan-status]",
        "--project_id <VALUE>",
        "default: --enterprise-project-id, or 0]",
        "on which the scan failed: GET /v5/{project_id}/vulnerability/scan-task/",
        "Request: GET /v5/{project_id}/vulnerability/scan-task/{task_id}/hosts",
        "Quota: 5 requests in 60 seconds",
        "ListVulScanTaskHost.html (2024-11-19)",
    ] {
        assert!(words.contains(said), "{said}: {}", ran.stdout);
    }
}

#[test]
fn a_call_prints_the_body_unchanged() {
    let documented: Value =
        serde_json::from_str(&std::fs::read_to_string(hss_openapi::example("ListVulScanTaskHost")).unwrap()).unwrap();
    for arguments in [
        ["ListVulScanTaskHost", "--task_id", "--scan_status"],
        ["ListVulScanTaskHost", "--task-id", "--scan-status"],
        ["list_vul_scan_task_host", "--task_id", "--scan_status"],
    ] {
        let [operation, task_id, scan_status] = arguments;
        let ran = run(&mut hss(&["--demo", "api", operation, task_id, TASK, scan_status, "failed"]));
        assert_eq!(ran.json(), documented);
    }

    let odd = "{ \"total_num\":0,\"data_list\" : [ ],\"new\":1e2}";
    for (body, printed) in [(odd.to_owned(), format!("{odd}\n")), (format!("{odd}\n"), format!("{odd}\n"))] {
        let server = Canned::new([canned::json(200, &body)]);
        assert_eq!(run(&mut hss_at(&server.url, &["api", "ListVulScanTask", "--limit", "10"])).printed(), printed);
        assert_eq!(server.requests(), ["GET /v5/p/vulnerability/scan-tasks?limit=10"]);
    }
}

#[test]
fn an_answer_that_is_not_json_is_an_error() {
    for body in ["hello", "{\"total_num\":0", "{} {}", "NaN", "\"\u{1b}\"", "{\"total_num\":0}\u{0}"] {
        for format in [&[][..], &["-o", "json"], &["-o", "csv"], &["--query", "total_num"]] {
            let server = Canned::new([canned::json(200, body)]);
            let ran = run(hss_at(&server.url, &["api", "ListVulScanTask"]).args(format));
            assert!(
                ran.failed_with(1).contains("ListVulScanTask: the response is not JSON (HTTP 200, request id "),
                "{body:?}: {}",
                ran.stderr
            );
        }
    }
}

#[test]
fn an_argument_takes_precedence_over_the_settings() {
    let body = json!({"total_num": 0, "data_list": []}).to_string();
    let server = Canned::new([canned::json(200, &body), canned::json(200, &body)]);
    let mut command = hss_at(&server.url, &["api", "ListVulScanTask", "--enterprise-project-id", "e"]);
    run(&mut command).printed();
    run(command.args(["--project_id", "q", "--enterprise_project_id", "f"])).printed();
    assert_eq!(
        server.requests(),
        [
            "GET /v5/p/vulnerability/scan-tasks?enterprise_project_id=e",
            "GET /v5/q/vulnerability/scan-tasks?enterprise_project_id=f",
        ]
    );
}

#[test]
fn invalid_arguments_are_refused() {
    for (arguments, said) in [
        (&["ListVulScanTaskHost"][..], "--task_id <VALUE>"),
        (&["ListVulScanTaskHost", "--task_id", "a", "--task_id", "b"], "task_id is given more than once"),
        (
            &["ListVulScanTaskHost", "--task_id", TASK, "--limit", "-1"],
            "invalid limit \"-1\": expected a whole number from 10 to 200",
        ),
        (
            &["ListVulScanTaskHost", "--task_id", TASK, "--scan_status", "canceled"],
            "expected one of scanning, success, failed",
        ),
        (&["ListVulScanTask", "--body", "-"], "--body"),
        (&["ListVulScanTaskHosts"], "tip: a similar operation exists: \"ListVulScanTaskHost\"\n"),
        (&["Foo"], "error: unknown operation \"Foo\"\n\n  tip: to list the operations, run hss api --list\n\n"),
        (&["ListVulScanTask", "--no_such", "x"], "--no_such"),
    ] {
        let ran = run(hss(&["--demo", "api"]).args(arguments));
        assert!(ran.failed_with(2).contains(said), "{said}: {ran:?}");
    }
}

#[test]
fn an_invalid_body_is_not_sent() {
    let emulator = Emulator::start(&[]);
    let start = |body: &str| {
        let command = &mut hss_at(&emulator.url, &["api", "CreateVulnerabilityScanTask", "--body", "-"]);
        run_with_input(command, body.as_bytes())
    };
    for (body, said) in [
        ("{", "invalid request body: expected JSON"),
        (r#"{"manual_scan_type":["app_vul"],"batch":true,"range_type":"all_host"}"#, "unknown field \"batch\""),
        (r#"{"manual_scan_type":["x"],"batch_flag":true,"range_type":"all_host"}"#, "\"x\": expected one of linux_vul"),
        (r#"{"manual_scan_type":[],"batch_flag":true,"range_type":"all_host"}"#, "expected at least 1"),
    ] {
        let ran = start(body);
        assert!(ran.failed_with(2).contains(said), "{body}: {ran:?}");
    }
    let started = start(r#"{"manual_scan_type":["app_vul"],"batch_flag":true,"range_type":"all_host"}"#).json();
    assert_eq!(started["task_id"].as_str().unwrap().len(), 32);
    assert_eq!(emulator.stop().len(), 1);
}
