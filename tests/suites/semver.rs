//! Compares the required version change with its actual effect. It must be breaking exactly if a program for the old client
//! does not compile with the new one, or does not decode the data that the old document described.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod workspace_copy;

use std::path::Path;
use std::process::Command;

use hss_codegen::{Generated, compare_surfaces, generate, surface};
use hss_spec::Effect;
use serde::Deserialize;
use workspace_copy::WorkspaceCopy;

const DOCUMENT: &str = include_str!("../fixtures/semver/animals.yaml");
const EDITS: &str = include_str!("../fixtures/semver/edits.toml");
const PROGRAM: &str = include_str!("../fixtures/semver/program.rs");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    name: String,
    breaks: bool,
    replace: Vec<String>,
    by: Vec<String>,
}

impl Edit {
    fn document(&self) -> String {
        self.replace.iter().zip(&self.by).fold(DOCUMENT.to_owned(), |document, (replace, by)| {
            assert!(document.contains(replace.as_str()), "{}: {replace}", self.name);
            document.replace(replace, by)
        })
    }
}

#[derive(Deserialize)]
struct Edits {
    edit: Vec<Edit>,
}

fn client(document: &str) -> Generated {
    let document =
        hss_spec::parse(Path::new("animals.yaml"), document).unwrap_or_else(|findings| panic!("{findings:?}"));
    generate(&document, None).unwrap_or_else(|error| panic!("{error}"))
}

fn breaks(old: &Generated, new: &Generated) -> bool {
    let surface = |generated: &Generated| surface(&generated.client).unwrap();
    compare_surfaces(&surface(old), &surface(new)).iter().any(|change| change.effect == Effect::Breaking)
}

/// Returns a binary that contains the program and its own client.
fn main_of(name: &str) -> String {
    format!(
        r#"
#![allow(warnings)]
#[path = "../client.rs"]
mod client;
mod generated {{
    use huaweicloud_core::IAM as SERVICE;
    include!("../generated/{name}.rs");
}}
pub use client::Client;
pub use generated::{{models, operations, requests}};
pub use huaweicloud_core::*;
#[path = "../program.rs"]
mod program;
fn main() {{
    program::run();
}}
"#
    )
}

#[test]
fn the_version_change_is_breaking_exactly_if_a_program_breaks() {
    let Edits { edit: edits } = toml::from_str(EDITS).unwrap();
    let old = client(DOCUMENT);
    let mut copy = WorkspaceCopy::new("semver");
    copy.add_clients("semver");
    copy.insert("semver/src/program.rs", PROGRAM);
    let mut insert = |name: &str, generated: &Generated| {
        copy.insert(format!("semver/src/generated/{name}.rs"), generated.client.clone());
        copy.insert(format!("semver/src/bin/{name}.rs"), main_of(name));
    };
    insert("unchanged", &old);
    let mut verdicts = Vec::new();
    for (number, edit) in edits.iter().enumerate() {
        let new = client(&edit.document());
        let verdict = breaks(&old, &new);
        assert_eq!(verdict, edit.breaks, "{}", edit.name);
        let name = format!("edit-{number}");
        insert(&name, &new);
        verdicts.push((edit.name.as_str(), name, verdict));
    }
    assert!(verdicts.iter().filter(|(.., verdict)| *verdict).count() >= 10, "it says so of some");
    assert!(verdicts.iter().filter(|(.., verdict)| !*verdict).count() >= 10, "and of some not");

    let (folder, mut cargo) = copy.cargo();
    let binaries = folder.join("../debug");
    for name in verdicts.iter().map(|(_, name, _)| name.as_str()).chain(["unchanged"]) {
        let _ = std::fs::remove_file(binaries.join(name));
    }
    // All packages are selected, so that cargo resolves features for the whole workspace. Only binaries of one are
    // built.
    cargo.args(["build", "--offline", "--workspace", "--keep-going", "--bin", "unchanged"]);
    for (_, name, _) in &verdicts {
        cargo.args(["--bin", name]);
    }
    let output = cargo.output().unwrap();
    let reported = String::from_utf8_lossy(&output.stderr).into_owned();
    let works = |name: &str| {
        let binary = binaries.join(name);
        binary.is_file() && Command::new(binary).output().unwrap().status.success()
    };
    assert!(works("unchanged"), "{reported}");
    for (edit, name, verdict) in &verdicts {
        assert_eq!(!works(name), *verdict, "{edit} ({name}): {reported}");
    }
}
