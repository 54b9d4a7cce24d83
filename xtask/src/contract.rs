//! `cargo xtask contract`: tests with Schemathesis whether the emulator conforms to the document.

use std::fs;
use std::process::Command;

use crate::emulator::{Emulator, TOKEN, build_hss};
use crate::{bundle, place, program};

/// Runs Schemathesis with all its checks, and at most this number of generated test cases for each operation.
pub(crate) fn run(examples: Option<u32>) -> Result<bool, String> {
    program::need(&[("python3", "--version")])?;
    let root = place::root();
    let folder = root.join("tests/programs/contract");
    let work = root.join("target/contract");
    let python = program::python(&work, &folder.join("requirements.txt"))?;
    let document = work.join("document.json");
    let text = bundle::for_other_tools(&root.join(place::HSS))?;
    fs::write(&document, text).map_err(|error| format!("{}: {error}", document.display()))?;
    let hss = build_hss(&root)?;
    let emulator = Emulator::start(&hss, &["--hosts", "450", "--auth", "any", "--quiet"])?;
    let status = Command::new(python.with_file_name("schemathesis"))
        .arg("--config-file")
        .arg(folder.join("schemathesis.toml"))
        .args(["run", "--checks", "all", "--no-color"])
        .args(examples.map(|number| format!("--max-examples={number}")))
        .arg(document)
        // Schemathesis writes its reports and its database of failures to this folder.
        .current_dir(&work)
        .env("HSS_EMULATOR", &emulator.url)
        .envs([TOKEN])
        .status();
    status.map(|status| status.success()).map_err(|error| format!("cannot start schemathesis: {error}"))
}
