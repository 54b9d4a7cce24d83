//! An operation that is added only to the document is available everywhere: in the client, the command line, the
//! emulator, the mocks and the snapshots.
//!
//! The test copies the workspace, edits the document of the copy, and adds two programs that use the new operation. It
//! then builds and runs them with cargo.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod workspace_copy;

use workspace_copy::WorkspaceCopy;

const FOLDER: &str = "openapi/hss-v5";
const CHAPTER: &str = "openapi/hss-v5/added.yaml";
/// Chapters to whose operations no hand-written code refers. The document of the copy lacks them, so that the cost of
/// this test does not grow with them.
const UNUSED: [&str; 5] = ["affected-software", "containers", "image-handling", "images", "reports"];
const OPERATIONS: &str = include_str!("../fixtures/added_operation/operations.yaml");
const SCHEMAS: &str = include_str!("../fixtures/added_operation/schemas.yaml");
const IN_CLIENT: &str = include_str!("../fixtures/added_operation/in_client.rs");
const IN_CLI: &str = include_str!("../fixtures/added_operation/in_cli.rs");

#[test]
fn an_operation_added_only_to_the_document_is_available_everywhere() {
    let mut copy = WorkspaceCopy::new("added");
    for chapter in UNUSED {
        copy.remove(&format!("{FOLDER}/{chapter}.yaml"));
    }
    copy.insert(CHAPTER, format!("paths:\n{OPERATIONS}\ncomponents:\n  schemas:\n{SCHEMAS}"));
    copy.edit("tests/Cargo.toml", |manifest| {
        format!("{manifest}\n[[test]]\nname = \"added_in_client\"\npath = \"added_in_client.rs\"\n")
    });
    copy.insert("tests/added_in_client.rs", IN_CLIENT);
    copy.insert("crates/cli/tests/added_in_cli.rs", IN_CLI);

    let (folder, mut cargo) = copy.cargo();
    cargo.args(["test", "--offline", "--workspace"]);
    cargo.args(["--test", "snapshots", "--test", "added_in_client", "--test", "added_in_cli"]);
    let output = cargo.env("INSTA_UPDATE", "always").env("INSTA_FORCE_PASS", "1").output().unwrap();

    let reported = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{reported}");
    for test in ["used_through_the_client", "used_through_the_command_line"] {
        assert!(reported.contains(&format!("test {test} ... ok")), "{test} did not run: {reported}");
    }
    for name in ["list_racks", "create_rack"] {
        for end in ["decoded", "encoded", "schema"] {
            let snapshot = format!("tests/snapshots/{name}-{end}.snap");
            assert!(folder.join(&snapshot).is_file(), "no {snapshot}");
        }
    }
}
