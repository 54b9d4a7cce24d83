//! An operation added to the document, and nothing else touched, is there everywhere: in the client, the command line,
//! the emulator, the mocks and the snapshots.
//!
//! The test copies the workspace, edits the copy's document, adds two programs that use the new operation, and has
//! cargo build and run them. What the copy depends on is shared with the workspace's own build.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the copy is made of.
const PARTS: [&str; 6] = ["Cargo.toml", "Cargo.lock", "openapi", "crates", "xtask", "tests"];

const DOCUMENT: &str = "openapi/hss-v5.yaml";
const OPERATIONS: &str = include_str!("third_operation/operations.yaml");
const SCHEMAS: &str = include_str!("third_operation/schemas.yaml");
const IN_CLIENT: &str = include_str!("third_operation/in_client.rs");
const IN_CLI: &str = include_str!("third_operation/in_cli.rs");

/// Files by their path in the workspace.
type Files = BTreeMap<PathBuf, Vec<u8>>;

#[test]
fn an_operation_added_to_the_document_alone_is_there_everywhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Files::new();
    for part in PARTS {
        read(root, Path::new(part), &mut files);
    }
    edit(&mut files, DOCUMENT, |document| {
        let document = insert_after(document, "\npaths:\n", OPERATIONS);
        insert_after(&document, "\n  schemas:\n", SCHEMAS)
    });
    edit(&mut files, "tests/Cargo.toml", |manifest| {
        format!("{manifest}\n[[test]]\nname = \"third_in_client\"\npath = \"third_in_client.rs\"\n")
    });
    // In the target directory that both share, packages of the same name and version are the same to cargo, and so are
    // binaries of the same name: the copy's would take the place of the workspace's.
    edit(&mut files, "Cargo.toml", |manifest| {
        let (before, after) = manifest.split_once("[workspace.package]\nversion = \"").unwrap();
        format!("{before}[workspace.package]\nversion = \"{}", after.replacen('"', "-third\"", 1))
    });
    edit(&mut files, "crates/cli/Cargo.toml", |manifest| {
        let (before, after) = manifest.split_once("\nname = \"hss\"\n").unwrap();
        format!("{before}\nname = \"hss-third\"\n{after}")
    });
    files.insert("tests/third_in_client.rs".into(), IN_CLIENT.into());
    files.insert("crates/cli/tests/third_in_cli.rs".into(), IN_CLI.into());
    let target = target_directory();
    let copy = target.join("third-operation");
    write(&copy, &files);

    let mut cargo = Command::new(env!("CARGO"));
    // What cargo tells this test of its package would make it build again what build scripts made from such variables.
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_this_package(&name.to_string_lossy())) {
        cargo.env_remove(name);
    }
    cargo.args(["test", "--offline", "--workspace"]);
    cargo.args(["--test", "snapshots", "--test", "third_in_client", "--test", "third_in_cli"]);
    cargo.current_dir(&copy).env("CARGO_TARGET_DIR", &target);
    let output = cargo.env("INSTA_UPDATE", "always").env("INSTA_FORCE_PASS", "1").output().unwrap();

    let told = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}");
    for test in ["used_through_the_client", "used_through_the_command_line"] {
        assert!(told.contains(&format!("test {test} ... ok")), "{test} did not run: {told}");
    }
    for name in ["list_host_groups", "create_host_group"] {
        for end in ["decoded", "encoded", "schema"] {
            let snapshot = format!("tests/snapshots/{name}-{end}.snap");
            assert!(copy.join(&snapshot).is_file(), "no {snapshot}");
        }
    }
}

fn is_of_this_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|start| variable.starts_with(start))
}

/// The directory that cargo built this test into: `<target>/<profile>/deps/<test>`.
fn target_directory() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(3).unwrap().to_owned()
}

fn read(root: &Path, part: &Path, files: &mut Files) {
    let path = root.join(part);
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            read(root, &part.join(entry.unwrap().file_name()), files);
        }
    } else {
        files.insert(part.to_owned(), fs::read(path).unwrap());
    }
}

fn edit(files: &mut Files, path: &str, change: impl FnOnce(&str) -> String) {
    let content = files.get_mut(Path::new(path)).unwrap();
    *content = change(std::str::from_utf8(content).unwrap()).into_bytes();
}

fn insert_after(text: &str, anchor: &str, insertion: &str) -> String {
    let (before, after) = text.split_once(anchor).unwrap_or_else(|| panic!("{anchor:?} is not in the document"));
    format!("{before}{anchor}{insertion}{after}")
}

/// Makes `copy` hold these files and no others. What is the same is left alone, so that a second run builds little.
fn write(copy: &Path, files: &Files) {
    let mut present = Files::new();
    if copy.exists() {
        read(copy, Path::new(""), &mut present);
    }
    for path in present.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(copy.join(path)).unwrap();
    }
    for (path, content) in files.iter().filter(|(path, content)| present.get(*path) != Some(content)) {
        let path = copy.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}
