//! An operation added to the document, and nothing else touched, is there everywhere: in the client, the command line,
//! the emulator, the mocks and the snapshots.
//!
//! The test copies the workspace, edits the copy's document, adds two programs that use the new operation, and has
//! cargo build and run them. What the copy depends on is shared with the workspace's own build.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the copy is made of.
const PARTS: [&str; 6] = ["Cargo.toml", "Cargo.lock", "openapi", "crates", "xtask", "tests"];

const OPERATION: &str = include_str!("third_operation/operation.yaml");
const SCHEMAS: &str = include_str!("third_operation/schemas.yaml");
const IN_CLIENT: &str = include_str!("third_operation/in_client.rs");
const IN_CLI: &str = include_str!("third_operation/in_cli.rs");

#[test]
fn an_operation_added_to_the_document_alone_is_there_everywhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let target = target_directory();
    let copy = target.join("third-operation");
    for part in PARTS {
        copy_changed(&root.join(part), &copy.join(part));
    }

    let document = fs::read_to_string(root.join("openapi/hss-v5.yaml")).unwrap();
    let document = insert_after(&document, "\npaths:\n", OPERATION);
    let document = insert_after(&document, "\n  schemas:\n", SCHEMAS);
    write_changed(&copy.join("openapi/hss-v5.yaml"), &document);
    let manifest = fs::read_to_string(root.join("tests/Cargo.toml")).unwrap();
    let manifest = format!("{manifest}\n[[test]]\nname = \"third_in_client\"\npath = \"third_in_client.rs\"\n");
    write_changed(&copy.join("tests/Cargo.toml"), &manifest);
    write_changed(&copy.join("tests/third_in_client.rs"), IN_CLIENT);
    write_changed(&copy.join("crates/cli/tests/third_in_cli.rs"), IN_CLI);

    let output = Command::new(env!("CARGO"))
        .args([
            "test",
            "--offline",
            "--workspace",
            "--test",
            "snapshots",
            "--test",
            "third_in_client",
            "--test",
            "third_in_cli",
        ])
        .current_dir(&copy)
        .env("CARGO_TARGET_DIR", &target)
        .env("INSTA_UPDATE", "always")
        .env("INSTA_FORCE_PASS", "1")
        .output()
        .unwrap();
    let told = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}");
    for test in ["used_through_the_client", "used_through_the_command_line"] {
        assert!(told.contains(&format!("test {test} ... ok")), "{test} did not run: {told}");
    }
    for end in ["decoded", "encoded", "schema"] {
        assert!(copy.join(format!("tests/snapshots/list_host_groups-{end}.snap")).is_file(), "no snapshot of {end}");
    }
}

/// The directory that cargo built this test into: `<target>/<profile>/deps/<test>`.
fn target_directory() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(3).unwrap().to_owned()
}

fn insert_after(text: &str, anchor: &str, insertion: &str) -> String {
    let (before, after) = text.split_once(anchor).unwrap_or_else(|| panic!("{anchor:?} is not in the document"));
    format!("{before}{anchor}{insertion}{after}")
}

/// Copies what differs, so that a second run builds next to nothing.
fn copy_changed(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy_changed(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        write_changed(to, fs::read(from).unwrap());
    }
}

fn write_changed(to: &Path, content: impl AsRef<[u8]>) {
    if fs::read(to).is_ok_and(|present| present == content.as_ref()) {
        return;
    }
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::write(to, content).unwrap();
}
