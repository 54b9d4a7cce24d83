//! Listings that are stopped and gone on with.

use std::fs;
use std::path::Path;

use hss_emulator::Fault;
use serde_json::Value;

use crate::canned::{self, Canned};
use crate::program::{Ran, TASK, hss_at, newest_task, run};

/// An emulator of 1000 servers whose third page fails once.
fn failing() -> (Canned, String) {
    let fault = Fault {
        operation: Some("ListVulScanTaskHost".to_owned()),
        page: Some(3),
        times: Some(1),
        status: Some(500),
        ..Fault::default()
    };
    let emulator = canned::on_emulator(1000, vec![fault]);
    let task = newest_task(&emulator.url);
    (emulator, task)
}

fn list(url: &str, task: &str, file: &Path, more: &[&str]) -> Ran {
    run(hss_at(url, &["scan", "hosts", task, "--checkpoint", file.to_str().unwrap()]).args(more))
}

fn ids(text: &str) -> Vec<String> {
    let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["host_id"].as_str().unwrap().to_owned();
    text.lines().map(id).collect()
}

fn offsets(emulator: &Canned) -> Vec<String> {
    let pages = emulator.requests().into_iter().filter(|line| line.contains("/hosts?"));
    pages.map(|line| line.split("offset=").nth(1).unwrap().split('&').next().unwrap().to_owned()).collect()
}

#[test]
fn lines_go_on_where_they_stopped() {
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let file = directory.path().join("checkpoint");
    let first = list(&emulator.url, &task, &file, &["-o", "ndjson"]);
    assert_eq!((first.status, first.stdout.lines().count()), (Some(1), 400), "{}", first.stderr);
    let second = list(&emulator.url, &task, &file, &["-o", "ndjson"]);
    assert_eq!((second.status, second.stdout.lines().count()), (Some(0), 600), "{}", second.stderr);
    let mut all = ids(&(first.stdout + &second.stdout));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 1000, "each once");
    assert_eq!(offsets(&emulator), ["0", "200", "400", "400", "600", "800"]);
    assert!(!file.exists(), "a listing that is whole leaves nothing to go on with");
}

#[test]
fn a_document_is_whole_in_the_end() {
    for format in ["json", "csv", "tsv", "table"] {
        let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
        let file = directory.path().join("checkpoint");
        let first = list(&emulator.url, &task, &file, &["-o", format, "--fail-on", "failed"]);
        assert_eq!((first.status, first.stdout.is_empty()), (Some(1), format != "table"), "{}", first.stderr);
        let second = list(&emulator.url, &task, &file, &["-o", format, "--fail-on", "failed"]);
        assert_eq!(second.status, Some(10), "servers that were read before count: {}", second.stderr);
        assert!(second.stderr.contains("the scan failed on 100 servers"), "{}", second.stderr);
        let rows = match format {
            "json" => serde_json::from_str::<Value>(&second.stdout).unwrap()["data_list"].as_array().unwrap().len(),
            _ => second.stdout.lines().count() - 1,
        };
        assert_eq!(rows, 1000, "{format}");
        assert_eq!(offsets(&emulator), ["0", "200", "400", "400", "600", "800"]);
    }
}

#[test]
fn what_was_written_as_lines_can_still_become_a_document() {
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let file = directory.path().join("checkpoint");
    list(&emulator.url, &task, &file, &["-o", "ndjson"]);
    let document = list(&emulator.url, &task, &file, &["-o", "json"]).json();
    assert_eq!(document["data_list"].as_array().unwrap().len(), 1000);
}

#[test]
fn a_line_that_was_not_written_to_its_end_is_read_again() {
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let file = directory.path().join("checkpoint");
    list(&emulator.url, &task, &file, &["-o", "json"]);
    let kept = fs::read(&file).unwrap();
    fs::write(&file, &kept[..kept.len() - 100]).unwrap();
    let document = list(&emulator.url, &task, &file, &["-o", "json"]).json();
    assert_eq!(document["data_list"].as_array().unwrap().len(), 1000);
    assert_eq!(offsets(&emulator), ["0", "200", "400", "200", "400", "600", "800"]);
}

#[test]
fn the_file_of_another_listing_or_of_something_else_is_refused_and_left_alone() {
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let file = directory.path().join("checkpoint");
    list(&emulator.url, &task, &file, &["-o", "json"]);
    let before = offsets(&emulator).len();
    let kept = fs::read(&file).unwrap();
    for (task, more, named) in [
        (TASK, &[][..], format!("its task_id is {task:?}, and {TASK:?} is asked for")),
        (task.as_str(), &["--status", "failed"], "its scan_status is null, and \"failed\" is asked for".to_owned()),
        (task.as_str(), &["--max", "5"], "its max is null, and 5 is asked for".to_owned()),
        (task.as_str(), &["--project-id", "q"], "its project_id is \"p\", and \"q\" is asked for".to_owned()),
    ] {
        let ran = list(&emulator.url, task, &file, more);
        assert!(ran.failed_with(2).contains(&named), "{named}: {}", ran.stderr);
    }
    assert_eq!(fs::read(&file).unwrap(), kept);
    let header = String::from_utf8(kept.clone()).unwrap().lines().next().unwrap().to_owned();
    let wrong_row = header.clone() + "\n{\"data_list\":[{\"host_id\":17}],\"total_num\":1000}\n";
    let more_written = header + "\n{\"written\":3}\n";
    for other in
        [wrong_row.as_str(), &more_written, "notes\n", "no line feed", "{}\n", "{\"hss_checkpoint\":2}\n", "[1]\n{}\n"]
    {
        fs::write(&file, other).unwrap();
        let ran = list(&emulator.url, &task, &file, &[]);
        assert!(ran.failed_with(2).contains("is no checkpoint of this version"), "{other:?}: {}", ran.stderr);
        assert_eq!(fs::read_to_string(&file).unwrap(), other, "nothing is overwritten");
    }
    let ran = list(&emulator.url, &task, &directory.path().join("none/checkpoint"), &[]);
    assert!(ran.failed_with(2).contains("Its directory must exist"), "{}", ran.stderr);
    assert_eq!(offsets(&emulator).len(), before, "nothing was sent");
}

#[test]
fn a_listing_that_never_began_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("checkpoint");
    let emulator = canned::on_emulator(30, Vec::new());
    list(&emulator.url, "..", &file, &[]).failed_with(2);
    list(&emulator.url, "00000000000000000000000000000000", &file, &[]).failed_with(4);
    assert!(list(&emulator.url, TASK, &file, &["--dry-run"]).printed().starts_with("curl"));
    assert!(!file.exists());
}

#[test]
fn bc_43_a_list_that_changed_in_between_is_not_whole() {
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let file = directory.path().join("checkpoint");
    list(&emulator.url, &task, &file, &["-o", "json"]);
    let kept = fs::read_to_string(&file).unwrap();
    // As if there had been more servers then.
    fs::write(&file, kept.replace("\"total_num\":1000", "\"total_num\":1001")).unwrap();
    let ran = list(&emulator.url, &task, &file, &["-o", "json"]);
    assert!(
        ran.failed_with(6).contains("the total changed from 1001 to 1000 since the list was begun"),
        "{}",
        ran.stderr
    );
    // As if the first page had moved back by some.
    let mut lines: Vec<_> = kept.lines().collect();
    lines.remove(1);
    fs::write(&file, lines.join("\n") + "\n").unwrap();
    let ran = list(&emulator.url, &task, &file, &["-o", "json"]);
    assert!(ran.failed_with(6).contains("a row came that was read before"), "{}", ran.stderr);
}

/// Runs it with standard output at the end of a file.
fn append(url: &str, task: &str, file: &Path, output: &Path) -> Ran {
    let stdout = fs::OpenOptions::new().append(true).create(true).open(output).unwrap();
    let mut command = hss_at(url, &["scan", "hosts", task, "-o", "ndjson", "--checkpoint", file.to_str().unwrap()]);
    let ran = command.stdout(stdout).output().unwrap();
    Ran { status: ran.status.code(), stdout: String::new(), stderr: String::from_utf8(ran.stderr).unwrap() }
}

#[cfg(unix)]
#[test]
fn a_page_that_was_being_written_is_finished() {
    for (left, is_clear) in [(0, true), (1, true), (100, true), (20_000, true), (usize::MAX, true), (0, false)] {
        let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
        let (file, output) = (directory.path().join("checkpoint"), directory.path().join("hosts.ndjson"));
        assert_eq!(append(&emulator.url, &task, &file, &output).status, Some(1));
        // As if the program had been killed while it wrote the second page, of which so many bytes were written.
        let kept = fs::read_to_string(&file).unwrap();
        let kept: Vec<_> = kept.lines().collect();
        assert_eq!(kept.len(), 7, "a header, two pages, and for each a line before and one after it was written");
        fs::write(&file, kept[..6].join("\n") + "\n").unwrap();
        let whole = fs::read(&output).unwrap();
        let first = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(199).unwrap().0 + 1;
        fs::write(&output, &whole[..(first + left.min(whole.len())).min(whole.len())]).unwrap();
        if !is_clear {
            let ran = list(&emulator.url, &task, &file, &["-o", "ndjson"]);
            assert!(ran.failed_with(2).contains("nobody knows how much of page 2 was written"), "{}", ran.stderr);
            let other = directory.path().join("other.ndjson");
            assert_eq!(append(&emulator.url, &task, &file, &other).status, Some(2));
            let all = list(&emulator.url, &task, &file, &["-o", "json"]).json();
            assert_eq!(all["data_list"].as_array().unwrap().len(), 1000, "they can be had as a document");
            continue;
        }
        let ran = append(&emulator.url, &task, &file, &output);
        assert_eq!(ran.status, Some(0), "{left}: {}", ran.stderr);
        let mut all = ids(&fs::read_to_string(&output).unwrap());
        all.sort();
        let rows = all.len();
        all.dedup();
        assert_eq!((rows, all.len()), (1000, 1000), "{left}: each once");
    }
}
