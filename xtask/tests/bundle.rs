//! Tests of `cargo xtask bundle` on the command line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn openapi() -> &'static Path {
    Path::new(hss_openapi::DIRECTORY)
}

/// Creates a folder with a document and its only example.
fn folder(document: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("iam.yaml"), document).unwrap();
    fs::create_dir(folder.path().join("examples")).unwrap();
    for entry in fs::read_dir(openapi().join("examples")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.path().join("examples").join(entry.file_name())).unwrap();
    }
    folder
}

fn iam() -> String {
    fs::read_to_string(openapi().join("iam-v3.yaml")).unwrap()
}

fn bundle(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("bundle").args(arguments).current_dir(folder.path()).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn prints_or_writes_the_bundle() {
    let folder = folder(&iam());
    let printed = bundle(&folder, &["iam.yaml"]);
    assert_eq!((printed.status.code(), stderr(&printed).as_str()), (Some(0), ""));
    let text = String::from_utf8(printed.stdout).unwrap();
    assert!(
        text.starts_with("{\n  \"openapi\": \"3.0.3\",\n") && text.ends_with("}\n") && !text.contains("\"x-"),
        "{text}"
    );

    let written = bundle(&folder, &["--output", "bundle.json", "iam.yaml"]);
    assert_eq!((written.status.code(), written.stdout.len()), (Some(0), 0), "{}", stderr(&written));
    assert_eq!(fs::read_to_string(folder.path().join("bundle.json")).unwrap(), text);
    // Overwrites the existing file, with our extensions.
    let again = bundle(&folder, &["--output", "bundle.json", "--extensions", "iam.yaml"]);
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    assert!(fs::read_to_string(folder.path().join("bundle.json")).unwrap().contains("\"x-source\""));

    let nowhere = bundle(&folder, &["--output", "gone/bundle.json", "iam.yaml"]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(stderr(&nowhere).starts_with("error: cannot write gone/bundle.json: "), "{}", stderr(&nowhere));
}

#[test]
fn bundles_the_project_document_by_default() {
    let printed = bundle(&folder(""), &[]);
    assert_eq!(printed.status.code(), Some(0), "{}", stderr(&printed));
    assert!(String::from_utf8(printed.stdout).unwrap().contains("\"operationId\": \"ListVulScanTaskHost\""));
}

#[test]
fn refuses_to_overwrite_a_source() {
    let folder = folder(&iam());
    let of_project = openapi().join("new.json");
    let example = "examples/../examples/KeystoneListProjects.json";
    for output in ["iam.yaml", "./examples/../iam.yaml", example, of_project.to_str().unwrap()] {
        let refused = bundle(&folder, &["--output", output, "iam.yaml"]);
        let expected = format!("error: {output} is a source file or its folder: write the bundle to another path\n");
        assert_eq!((refused.status.code(), stderr(&refused)), (Some(2), expected));
    }
    assert_eq!(fs::read_to_string(folder.path().join("iam.yaml")).unwrap(), iam());
    assert!(!of_project.exists());
}

#[test]
fn refuses_a_document_with_errors() {
    let folder = folder(&iam().replacen("openapi: 3.0.3", "openapi: 3.0.3\nopenapy: 1", 1));
    let refused = bundle(&folder, &["--output", "bundle.json", "iam.yaml"]);
    assert_eq!(refused.status.code(), Some(1), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("error unknown-key "), "{}", stderr(&refused));
    assert!(refused.stdout.is_empty());
    assert!(!folder.path().join("bundle.json").exists());
}

#[test]
fn bundles_a_document_that_is_valid_but_cannot_be_generated() {
    let id = "operationId: KeystoneListProjects";
    assert!(iam().contains(id));
    let folder = folder(&iam().replacen(id, "x-note: no id", 1));
    let check =
        Command::new(env!("CARGO_BIN_EXE_xtask")).args(["check", "iam.yaml"]).current_dir(folder.path()).output();
    assert_eq!(check.unwrap().status.code(), Some(1));
    let bundled = bundle(&folder, &["iam.yaml"]);
    assert_eq!(bundled.status.code(), Some(0), "{}", stderr(&bundled));
}

#[cfg(target_os = "linux")]
#[test]
fn fails_if_the_bundle_cannot_be_printed() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("bundle").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("error: cannot write the bundle to standard output: "), "{}", stderr(&output));
}
