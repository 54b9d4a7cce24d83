//! `hss scan report`: the file it writes, and those it does not.

use std::fs;

use serde_json::json;

use crate::canned::{self, Canned};
use crate::program::{Emulator, TASK, hss, hss_at, newest_task, run};

#[test]
fn a_page_is_written_whole_and_over_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("report.html");
    let name = file.to_str().unwrap();
    let report = |more: &[&str]| run(hss(&["--demo", "scan", "report", TASK, "--html", name]).args(more));
    let ran = report(&["--fail-on", "failed"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(10), ""));
    assert!(ran.stderr.starts_with(&format!("written to {name}\n")), "{}", ran.stderr);
    let page = fs::read_to_string(&file).unwrap();
    for said in [TASK, "ecs-ubuntu-abc123", "this_is_failed_reason", "</html>"] {
        assert!(page.contains(said), "{said}");
    }
    fs::write(&file, "").unwrap();
    report(&[]).printed();
    fs::write(&file, "mine").unwrap();
    assert!(report(&[]).failed_with(2).contains("exists. Give another file, or --force"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    report(&["--force"]).printed();
    assert!(fs::read_to_string(&file).unwrap().contains(TASK));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no half of a page is left");
    let printed = run(&mut hss(&["--demo", "scan", "report", TASK, "--html", "-"]));
    assert!(printed.printed().starts_with("<!doctype html>"));
}

#[test]
fn a_page_that_cannot_be_written_costs_no_request() {
    let emulator = Emulator::start(&[]);
    let directory = tempfile::tempdir().unwrap();
    let (folder, none) = (directory.path().to_str().unwrap(), directory.path().join("none/report.html"));
    for (file, said) in [(folder, "is a directory"), (none.to_str().unwrap(), "is in a directory that does not exist")]
    {
        let ran = run(&mut hss_at(&emulator.url, &["scan", "report", TASK, "--html", file]));
        assert!(ran.failed_with(2).contains(said), "{}", ran.stderr);
    }
    assert_eq!(emulator.stop(), [""; 0]);
}

#[test]
fn a_listing_that_fails_leaves_no_page() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("report.html");
    let task = json!({"total_num": 1, "data_list": [{"id": TASK, "status": "finished", "failed_host_num": 1}]});
    let server = Canned::new([canned::json(200, &task.to_string()), canned::json(502, "")]);
    let ran = run(&mut hss_at(&server.url, &["scan", "report", TASK, "--html", file.to_str().unwrap()]));
    ran.failed_with(1);
    assert!(!file.exists());
}

#[test]
fn a_page_takes_as_few_requests_as_can_be_and_hostile_names_stay_text() {
    let emulator = Emulator::start(&["--hosts", "5000"]);
    let task = newest_task(&emulator.url);
    let ran = run(&mut hss_at(&emulator.url, &["scan", "report", &task, "--html", "-", "-q"]));
    assert_eq!(ran.printed().matches("<th scope=\"row\">").count(), 500);
    let log = emulator.stop();
    assert_eq!(log.len(), 5, "one for the task before, one for it here, three pages of the failed: {log:?}");

    let hosts = json!({"total_num": 1, "data_list": [{"host_name": "<script>alert(1)</script>\u{202e}\u{1b}", "scan_status": "failed"}]});
    let task = json!({"total_num": 1, "data_list": [{"id": TASK, "status": "<b>"}]});
    let server = Canned::new([canned::json(200, &task.to_string()), canned::json(200, &hosts.to_string())]);
    let ran = run(&mut hss_at(&server.url, &["scan", "report", TASK, "--html", "-"]));
    let page = ran.printed();
    assert!(!page.contains("<script>alert") && !page.contains("<b>") && !page.contains(['\u{202e}', '\u{1b}']));
    assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62;\\u{202e}\\u{1b}"), "{page}");
}
