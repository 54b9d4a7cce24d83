//! Tests of `cargo xtask check` on the command line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// The document that is checked.
const DOCUMENT: &str = hss_openapi::HSS.file_name;
/// The chapters that are edited.
const CHAPTER: &str = "hss-v5/scan-tasks.yaml";
const ROOT: &str = "hss-v5/document.yaml";

/// Creates a folder with a copy of the project's document and its examples, in which one chapter is edited.
fn edited(from: &str, to: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let openapi = Path::new(hss_openapi::DIRECTORY);
    for part in [DOCUMENT, "examples"] {
        fs::create_dir(folder.path().join(part)).unwrap();
        for entry in fs::read_dir(openapi.join(part)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.path().join(part).join(entry.file_name())).unwrap();
        }
    }
    for chapter in [CHAPTER, ROOT].map(|chapter| folder.path().join(chapter)) {
        let text = fs::read_to_string(&chapter).unwrap();
        if text.contains(from) {
            fs::write(chapter, text.replacen(from, to, 1)).unwrap();
            return folder;
        }
    }
    panic!("{from:?} is not in the chapters");
}

fn check(folder: &TempDir, file: &str) -> Output {
    check_with(folder, &[file])
}

fn check_with(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("check").args(arguments).current_dir(folder.path()).output().unwrap()
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
    assert_eq!(output.status.code(), Some(0));
    let reported = stdout(&output);
    assert!(
        reported.contains("examples/ListVulScanTaskHost.json:")
            && reported.contains(" warning example-mismatch [house] "),
        "{reported}"
    );
}

/// One problem of each class.
#[test]
fn a_profile_selects_the_findings_that_are_shown_and_fail() {
    let name = "operationId: ListVulScanTaskHost\n";
    // Status and number of findings, without a profile, and with `openapi`, `generator` and `house`.
    for (from, to, expected) in [
        ("  version: v5\n", "  version: 5\n", [(1, 1), (1, 1), (1, 1), (1, 1)]),
        (name, "operationId: ListVulnerabilities\n", [(1, 1), (1, 1), (1, 1), (1, 1)]),
        ("      operationId: ListVulScanTaskHost\n", "", [(1, 1), (0, 0), (1, 1), (1, 1)]),
        (name, "operationId: listHosts\n", [(0, 1), (0, 0), (0, 0), (1, 1)]),
        ("3.0.3", "3.0.3", [(0, 0), (0, 0), (0, 0), (0, 0)]),
        // Cannot be loaded, so that no rule was applied.
        ("openapi: 3.0.3\n", "openapi: 3.0.3\nopenapi: 3.0.3\n", [(1, 1), (1, 1), (1, 1), (1, 1)]),
    ] {
        let folder = edited(from, to);
        let profiles: [&[&str]; 4] =
            [&[], &["--profile", "openapi"], &["--profile", "generator"], &["--profile", "house"]];
        for (profile, (status, count)) in profiles.into_iter().zip(expected) {
            let output = check_with(&folder, &[&[DOCUMENT], profile].concat());
            let lines = stdout(&output).lines().filter(|line| line.contains(" → ")).count();
            let found = (output.status.code(), lines);
            assert_eq!(found, (Some(status), count), "{to:?} {profile:?}: {}", stdout(&output));
        }
    }
}

#[test]
fn reports_show_the_class() {
    let folder = edited("operationId: ListVulScanTaskHost\n", "operationId: listHosts\n");
    let shown = |format: &str| stdout(&check_with(&folder, &[DOCUMENT, "--format", format]));
    assert!(shown("human").contains(" warning operation-id-form [house] "));
    assert!(shown("github").contains("title=operation-id-form (house)::"));
    assert!(shown("json").contains("\"class\": \"house\""));
    assert!(shown("sarif").contains("\"tags\": [\n                  \"house\"\n"), "{}", shown("sarif"));
}

#[test]
fn lists_the_rules() {
    let output = check_with(&edited("paths:", "paths:"), &["--rules"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stdout(&output).lines().count(), hss_spec::rules().count());
    assert!(stdout(&output).contains("\nhouse     yaml-word "));
}

/// The names of schemas do not matter for examples.
#[test]
fn checks_examples_despite_other_findings() {
    let folder = edited("    FailedReason:\n", "    failed_reason:\n");
    let document = fs::read_to_string(folder.path().join(CHAPTER)).unwrap();
    let document = document.replace("schemas/FailedReason'", "schemas/failed_reason'");
    fs::write(folder.path().join(CHAPTER), document).unwrap();
    let file = folder.path().join("examples/ListVulScanTaskHost.json");
    let example = fs::read_to_string(&file).unwrap();
    fs::write(&file, example.replace("\"failed\"", "\"failed:\"")).unwrap();
    let reported = stdout(&check(&folder, DOCUMENT));
    assert!(reported.contains(" component-name ") && reported.contains(" example-mismatch "), "{reported}");
}

#[test]
fn exits_with_status_2_for_unreadable_files() {
    let output = check(&edited("paths:", "paths:"), "none.yaml");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("none.yaml"));
}
