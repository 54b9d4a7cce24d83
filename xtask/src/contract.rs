//! `cargo xtask contract`: tests with Schemathesis whether the emulator conforms to the document.

use std::process::Command;

use crate::emulator::{Emulator, TOKEN, build_hss};
use crate::{place, program};

/// Runs Schemathesis with all its checks.
pub(crate) fn run() -> Result<bool, String> {
    program::need(&[("python3", "--version")])?;
    let root = place::root();
    let folder = root.join("tests/programs/contract");
    let python = program::python(&root.join("target/contract"), &folder.join("requirements.txt"))?;
    let hss = build_hss(&root)?;
    let emulator = Emulator::start(&hss, &["--hosts", "450", "--auth", "any", "--quiet"])?;
    let status = Command::new(python.with_file_name("schemathesis"))
        .arg("--config-file")
        .arg(folder.join("schemathesis.toml"))
        .args(["run", "--checks", "all", "--no-color"])
        .arg(root.join("openapi/hss-v5.yaml"))
        // Schemathesis writes its reports and its database of failures to this folder.
        .current_dir(root.join("target/contract"))
        .env("HSS_EMULATOR", &emulator.url)
        .envs([TOKEN])
        .status();
    status.map(|status| status.success()).map_err(|error| format!("cannot start schemathesis: {error}"))
}
