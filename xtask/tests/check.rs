//! Tests of `cargo xtask check` on the command line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// The document that is checked.
const DOCUMENT: &str = "hss-v5";
/// The chapter that is edited.
const CHAPTER: &str = "hss-v5/scan-tasks.yaml";

/// Creates a folder with a copy of the project's document and its examples, in which a chapter is edited.
fn edited(from: &str, to: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let openapi = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("openapi");
    for part in [DOCUMENT, "examples"] {
        fs::create_dir(folder.path().join(part)).unwrap();
        for entry in fs::read_dir(openapi.join(part)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.path().join(part).join(entry.file_name())).unwrap();
        }
    }
    let chapter = folder.path().join(CHAPTER);
    let text = fs::read_to_string(&chapter).unwrap();
    assert!(text.contains(from), "{from:?} is not in the chapter");
    fs::write(chapter, text.replacen(from, to, 1)).unwrap();
    folder
}

fn check(folder: &TempDir, file: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(["check", file]).current_dir(folder.path()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Returns line and column of `text` in the edited document.
fn place(folder: &TempDir, text: &str) -> String {
    let document = fs::read_to_string(folder.path().join(CHAPTER)).unwrap();
    let offset = document.find(text).unwrap_or_else(|| panic!("{text:?} is not in the edited chapter"));
    let before = document.get(..offset).unwrap();
    let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
    format!("{CHAPTER}:{}:{column}", before.matches('\n').count() + 1)
}

#[test]
fn a_valid_document_has_no_findings() {
    let output = check(&edited("paths:", "paths:"), DOCUMENT);
    assert_eq!(
        (output.status.code(), stdout(&output).as_str()),
        (Some(0), "documents: 1, errors: 0, warnings: 0, stale snapshots: 0\n")
    );
}

#[test]
fn reports_a_missing_part_with_position_rule_and_hint() {
    for (from, to, at, rule) in [
        ("      operationId: ListVulScanTaskHost\n", "", "get:", "operation-id-missing"),
        ("        - $ref: '#/components/parameters/TaskId'\n", "", "get:", "path-parameter-undeclared"),
        ("    FailedReason:\n", "    FailedReasons:\n", "'#/components/schemas/FailedReason'", "ref-dangling"),
    ] {
        let folder = edited(from, to);
        let output = check(&folder, DOCUMENT);
        assert_eq!(output.status.code(), Some(1), "{rule}");
        let reported = stdout(&output);
        let expected = format!("{} error {rule} ", place(&folder, at));
        let line = reported
            .lines()
            .find(|line| line.starts_with(&expected))
            .unwrap_or_else(|| panic!("no {expected:?} in {reported}"));
        assert!(line.contains(" → "), "{line}");
    }
}

#[test]
fn reports_an_invalid_example_in_its_own_file() {
    let folder = edited("paths:", "paths:");
    let file = folder.path().join("examples/ListVulScanTaskHost.json");
    let example = fs::read_to_string(&file).unwrap();
    fs::write(&file, example.replace("\"failed\"", "\"failed:\"")).unwrap();
    let output = check(&folder, DOCUMENT);
    assert_eq!(output.status.code(), Some(1));
    let reported = stdout(&output);
    assert!(
        reported.contains("examples/ListVulScanTaskHost.json:") && reported.contains(" error example-mismatch "),
        "{reported}"
    );
}

#[test]
fn exits_with_status_2_for_unreadable_files() {
    let output = check(&edited("paths:", "paths:"), "none.yaml");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("none.yaml"));
}
