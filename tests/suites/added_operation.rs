//! An operation added to the document, and nothing else touched, is there everywhere: in the client, the command line,
//! the emulator, the mocks and the snapshots.
//!
//! The test copies the workspace, edits the copy's document, adds two programs that use the new operation, and has
//! cargo build and run them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod workspace_copy;

use workspace_copy::WorkspaceCopy;

const DOCUMENT: &str = "openapi/hss-v5.yaml";
const OPERATIONS: &str = include_str!("../fixtures/third_operation/operations.yaml");
const SCHEMAS: &str = include_str!("../fixtures/third_operation/schemas.yaml");
const IN_CLIENT: &str = include_str!("../fixtures/third_operation/in_client.rs");
const IN_CLI: &str = include_str!("../fixtures/third_operation/in_cli.rs");

#[test]
fn an_operation_added_to_the_document_alone_is_there_everywhere() {
    let mut copy = WorkspaceCopy::new("third");
    copy.edit(DOCUMENT, |document| {
        let document = insert_after(document, "\npaths:\n", OPERATIONS);
        insert_after(&document, "\n  schemas:\n", SCHEMAS)
    });
    copy.edit("tests/Cargo.toml", |manifest| {
        format!("{manifest}\n[[test]]\nname = \"third_in_client\"\npath = \"third_in_client.rs\"\n")
    });
    copy.insert("tests/third_in_client.rs", IN_CLIENT);
    copy.insert("crates/cli/tests/third_in_cli.rs", IN_CLI);

    let (folder, mut cargo) = copy.cargo();
    cargo.args(["test", "--offline", "--workspace"]);
    cargo.args(["--test", "snapshots", "--test", "third_in_client", "--test", "third_in_cli"]);
    let output = cargo.env("INSTA_UPDATE", "always").env("INSTA_FORCE_PASS", "1").output().unwrap();

    let told = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}");
    for test in ["used_through_the_client", "used_through_the_command_line"] {
        assert!(told.contains(&format!("test {test} ... ok")), "{test} did not run: {told}");
    }
    for name in ["list_host_groups", "create_host_group"] {
        for end in ["decoded", "encoded", "schema"] {
            let snapshot = format!("tests/snapshots/{name}-{end}.snap");
            assert!(folder.join(&snapshot).is_file(), "no {snapshot}");
        }
    }
}

fn insert_after(text: &str, anchor: &str, insertion: &str) -> String {
    let (before, after) = text.split_once(anchor).unwrap_or_else(|| panic!("{anchor:?} is not in the document"));
    format!("{before}{anchor}{insertion}{after}")
}
