//! Tests of exit status 2: usage errors are found before any request is sent. Otherwise the status is different.

use std::process::Command;

use serde_json::json;

use crate::canned::{self, Canned};
#[cfg(target_os = "linux")]
use crate::program::link_to;
use crate::program::{Emulator, TASK, hss, run, run_with_input};

/// Returns `hss` without a project, so that it would have to ask IAM for it.
fn without_project(url: &str, arguments: &[&str]) -> Command {
    let mut command = hss(&["--endpoint", url, "--iam-endpoint", url, "--region", "cn-north-4", "--max-attempts", "1"]);
    command.args(arguments).env("HW_AUTH_TOKEN", "t");
    command
}

#[test]
fn usage_errors_send_nothing() {
    let emulator = Emulator::start(&[]);
    let directory = tempfile::tempdir().unwrap();
    let (folder, missing) = (directory.path().to_str().unwrap(), directory.path().join("none/file"));
    let (missing, there) = (missing.to_str().unwrap(), directory.path().join("there"));
    std::fs::write(&there, "mine\n").unwrap();
    let there = there.to_str().unwrap();
    for (arguments, said) in [
        (&["scan", "hosts", TASK, "--columns", "nope"][..], "of servers: expected"),
        (&["scan", "hosts", TASK, "--group-by", "cause", "--columns", "nope"], "of causes: expected"),
        (&["scan", "list", "--columns", "nope"], "of tasks: expected"),
        (&["scan", "show", TASK, "--columns", "nope"], "of tasks: expected"),
        (&["scan", "wait", TASK, "--columns", "nope"], "of tasks: expected"),
        (&["scan", "start", "web-1", "--columns", "nope"], "expected task_id"),
        (&["scan", "rescan", TASK, "--failed", "--columns", "nope"], "expected task_id"),
        (&["scan", "rescan", TASK, "web-1", "--wait", "--columns", "nope"], "of tasks: expected"),
        (&["scan", "report", TASK, "--html", folder], "it is a directory"),
        (&["scan", "report", TASK, "--html", missing], "its directory does not exist"),
        (&["scan", "report", TASK, "--html", there], "exists"),
        (&["scan", "hosts", TASK, "--checkpoint", folder], "it is a directory"),
        (&["scan", "hosts", TASK, "--checkpoint", missing], "its directory does not exist"),
        (&["scan", "hosts", TASK, "--checkpoint", there], "is not a checkpoint of this version"),
        (&["scan", "hosts", TASK, "--query", "nope(@)"], "undefined function nope"),
        (&["scan", "show", TASK, "--query", "length()"], "not enough arguments"),
        (&["api", "ListVulScanTask", "--query", "data_list[].nope(@)"], "undefined function nope"),
        (&["scan", "hosts", ".."], "invalid task_id \"..\": URLs cannot contain it"),
        (&["scan", "report", "..", "--html", "-"], "invalid task_id \"..\": URLs cannot contain it"),
        (&["scan", "rescan", "a/b", "--failed"], "invalid task_id \"a/b\": it contains one of"),
        (&["scan", "show", ""], "invalid task_id \"\": 0 characters"),
        (&["scan", "wait", "a\nb"], "invalid task_id \"a\\nb\": it contains the control character"),
        (&["scan", "list", "--enterprise-project-id", "a\u{1b}"], "enterprise_project_id"),
        (&["scan", "start", "a\u{1b}"], "invalid server name \"a\\u{1b}\": it contains a control character"),
        (&["scan", "rescan", TASK, "a\tb"], "invalid server name \"a\\tb\": it contains a control character"),
        (&["scan", "start", "--hosts-from", missing], "cannot read"),
        (&["scan", "start", "--all-hosts", "--fail-on", "failed"], "--fail-on requires --wait"),
        (&["scan", "list", "--token-file", missing], "cannot read"),
        (&["api", "ListVulScanTaskHost"], "--task_id <VALUE>"),
        (
            &["api", "ListVulScanTaskHost", "--task_id", TASK, "--limit", "9"],
            "invalid limit \"9\": expected a whole number",
        ),
        (&["api", "CreateVulnerabilityScanTask"], "--body <FILE>"),
        (&["api", "CreateVulnerabilityScanTask", "--body", missing], "cannot read"),
        (
            &["api", "CreateVulnerabilityScanTask", "--body", "{\"a\":1}"],
            "Give the name of a file with the request body",
        ),
        (&["scan", "start", "--hosts-from", "-"], "invalid --hosts-from -: no server names or IDs"),
        (&["api", "CreateVulnerabilityScanTask", "--body", there], "invalid request body: expected JSON"),
        (&["auth", "status", "--check", "--columns", "nope"], "of settings: expected"),
    ] {
        let ran = run(&mut without_project(&emulator.url, arguments));
        assert!(ran.failed_with(2).contains(said), "{arguments:?}: {}", ran.stderr);
    }
    let body = run_with_input(
        &mut without_project(&emulator.url, &["api", "CreateVulnerabilityScanTask", "--body", "-"]),
        br#"{"manual_scan_type":["app_vul"],"batch":true}"#,
    );
    assert!(body.failed_with(2).contains("unknown field \"batch\""), "{}", body.stderr);
    assert_eq!(emulator.stop(), [""; 0]);
}

#[test]
fn usage_errors_found_in_a_response_have_another_status() {
    let hosts = json!({"total_num": 1, "data_list": [{"host_name": "web-1", "host_id": "h"}]}).to_string();
    let tasks = json!({"total_num": 1, "data_list": [{"id": TASK, "status": "finished"}]}).to_string();
    let projects = json!({"projects": [{"id": "p1"}, {"id": "p2"}]}).to_string();
    let at = |url: &str, arguments: &[&str]| {
        let mut command = without_project(url, &["--project-id", "p"]);
        command.args(arguments);
        command
    };
    for (answers, arguments, status, said) in [
        (vec![&hosts], vec!["scan", "hosts", TASK, "--query", "length(total_num)"], 1, "invalid query: argument 1"),
        (
            vec![&tasks],
            vec!["scan", "show", TASK, "--query", "length(failed_host_num)"],
            1,
            "invalid query: argument 1",
        ),
        (vec![&tasks], vec!["api", "ListVulScanTask", "--query", "length(total_num)"], 1, "invalid query: argument 1"),
        (vec![&tasks], vec!["api", "ListVulScanTask", "-o", "csv", "--columns", "nope"], 1, "invalid column \"nope\""),
        (
            vec![&hosts],
            vec!["scan", "hosts", TASK, "--query", "data_list", "--columns", "nope"],
            1,
            "invalid column \"nope\"",
        ),
        (vec![&hosts], vec!["scan", "start", "web-1"], 4, "cannot scan \"web-1\": no agent is installed"),
        (vec![&hosts], vec!["scan", "start", "web-2"], 4, "server not found: \"web-2\""),
    ] {
        let server = Canned::new(answers.iter().map(|body| canned::json(200, body)));
        let ran = run(&mut at(&server.url, &arguments));
        assert!(ran.failed_with(status).contains(said), "{arguments:?}: {}", ran.stderr);
        assert_eq!(server.requests().len(), answers.len(), "{arguments:?}");
    }
    let server = Canned::new([canned::json(200, &projects)]);
    let ran = run(&mut without_project(&server.url, &["scan", "list"]));
    assert!(ran.failed_with(4).contains("has 2 projects: p1, p2"), "{}", ran.stderr);

    // The scan has started, but the API does not accept the id of its task.
    let server = Canned::new([canned::json(200, &json!({"task_id": "a\u{7}b"}).to_string())]);
    let ran = run(&mut at(&server.url, &["scan", "start", "--all-hosts", "--wait"]));
    assert!(ran.failed_with(1).contains("has a task id with hidden characters"), "{}", ran.stderr);
    assert_eq!(server.requests().len(), 1);

    // A server without an id is not skipped.
    let servers = json!({"total_num": 1, "data_list": [{"host_name": "web-1", "scan_status": "failed"}]}).to_string();
    let server = Canned::new([canned::json(200, &servers)]);
    let ran = run(&mut at(&server.url, &["scan", "rescan", TASK, "web-1"]));
    assert!(ran.failed_with(1).contains("returned no id for the server \"web-1\""), "{}", ran.stderr);

    // The checkpoint belongs to a different project, which only IAM knows.
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("checkpoint");
    let listing = ["scan", "hosts", TASK, "--checkpoint", file.to_str().unwrap(), "--page-size", "10"];
    let ten: Vec<_> = (0..10).map(|number| json!({"host_id": number.to_string()})).collect();
    let page = json!({"total_num": 20, "data_list": ten}).to_string();
    let server = Canned::new([
        canned::json(200, &page),
        canned::json(500, ""),
        canned::json(200, &json!({"projects": [{"id": "other"}]}).to_string()),
    ]);
    assert_eq!(run(&mut at(&server.url, &listing)).status, Some(1));
    let ran = run(&mut without_project(&server.url, &listing));
    assert!(
        ran.failed_with(1).contains("belongs to another listing (project_id \"p\", not \"other\")"),
        "{}",
        ran.stderr
    );
    assert_eq!(server.requests().len(), 3);
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_fails_during_writing_has_another_status() {
    let directory = tempfile::tempdir().unwrap();
    let full = link_to("/dev/full", directory.path());
    let ran = run(&mut hss(&["--demo", "scan", "report", TASK, "--html", &full]));
    assert!(ran.failed_with(1).contains(&format!("cannot write --html {full}: No space left")), "{}", ran.stderr);
}

#[test]
fn client_settings_are_checked_before_asking_iam() {
    let iam = Emulator::start(&[]);
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing.pem");
    for (name, value) in [("SSL_CERT_FILE", missing.to_str().unwrap()), ("HTTPS_PROXY", "nonsense://")] {
        for more in [&[][..], &["-v", "--project-id", "p"]] {
            // Nothing listens at the endpoint. The test does not need it.
            let mut command = hss(&["--endpoint", "https://192.0.2.1", "--iam-endpoint", &iam.url]);
            command.args(["--region", "cn-north-4", "--max-attempts", "1", "scan", "list"]).args(more).envs([
                (name, value),
                ("HW_USER_NAME", "u"),
                ("HW_USER_PASSWORD", "SENTINEL"),
                ("HW_DOMAIN_NAME", "d"),
            ]);
            let ran = run(&mut command);
            assert!(ran.failed_with(2).contains(name), "{name} {more:?}: {}", ran.stderr);
        }
    }
    assert_eq!(iam.stop(), [""; 0]);
}

#[test]
fn a_checkpoint_of_another_endpoint_is_refused_before_asking_iam() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("checkpoint");
    let listing = ["scan", "hosts", TASK, "--checkpoint", file.to_str().unwrap(), "--page-size", "10"];
    let ten: Vec<_> = (0..10).map(|number| json!({"host_id": number.to_string()})).collect();
    let page = json!({"total_num": 20, "data_list": ten}).to_string();
    let server = Canned::new([canned::json(200, &page), canned::json(500, "")]);
    assert_eq!(run(without_project(&server.url, &listing).args(["--project-id", "p"])).status, Some(1));
    let other = Emulator::start(&[]);
    let ran = run(&mut without_project(&other.url, &listing));
    let said = format!("belongs to another listing (endpoint \"{}\", not \"{}\")", server.url, other.url);
    assert!(ran.failed_with(2).contains(&said), "{}", ran.stderr);
    let ran = run(without_project(&server.url, &listing).args(["--enterprise-project-id", "e"]));
    assert!(ran.failed_with(2).contains("(enterprise_project_id null, not \"e\")"), "{}", ran.stderr);
    assert_eq!((server.requests().len(), other.stop()), (2, Vec::<String>::new()));
}
