//! Tests of `cargo xtask diff` on the command line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::process::{Command, Output};

/// Compares a document that cannot be compared with itself.
fn refused(format: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), "openapi: 3.0.3\ninfo: {title: t, version: v}\npaths: []\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["diff", "a.yaml", "a.yaml", "--format", format]).current_dir(folder.path()).output().unwrap()
}

/// A program that reads the output would take them for the result.
#[test]
fn findings_of_a_refused_document_are_printed_to_standard_error() {
    for format in ["human", "json", "sarif", "github", "markdown"] {
        let output = refused(format);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{format}: {stderr}");
        assert!(stderr.starts_with("a.yaml:3:8 error wrong-type [openapi] "), "{format}: {stderr}");
        assert!(stderr.ends_with("error: a.yaml is not compared: fix it first\n"), "{format}: {stderr}");
    }
}
