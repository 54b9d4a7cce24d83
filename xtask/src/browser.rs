//! `cargo xtask browser`: the emulator's pages, looked at by headless Chromium.

use std::fs;
use std::process::Command;

use crate::emulator::{Emulator, TOKEN, build_hss};
use crate::{place, program, report};

/// The tests and their dependencies, in `tests/browser`.
const FILES: [&str; 4] = ["package.json", "package-lock.json", "contrast.mjs", "reference.mjs"];
/// The names that the browser goes by.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Runs the browser tests; screenshots are in `target/browser` afterwards. Skips them where something is missing.
pub(crate) fn run() -> Result<bool, String> {
    let browser = BROWSERS.into_iter().find(|name| program::is_there(name, "--version"));
    let npm = Some("npm").filter(|name| program::is_there(name, "--version"));
    let (Some(browser), Some(npm)) = (browser, npm) else {
        let missing = if npm.is_none() { "npm" } else { "Chromium" };
        report::line(&format_args!("browser: skipped, there is no {missing} here"));
        return Ok(true);
    };
    let root = place::root();
    let folder = root.join("target/browser");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    // Beside their dependencies, which do not belong among the sources.
    for name in FILES {
        let from = root.join("tests/browser").join(name);
        fs::copy(&from, folder.join(name)).map_err(|error| format!("{}: {error}", from.display()))?;
    }
    program::step(Command::new(npm).args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder))?;
    let path = program::step(Command::new("sh").args(["-c", "command -v \"$0\"", browser]))?;
    let path = String::from_utf8_lossy(&path.stdout).trim().to_owned();
    let hss = build_hss(&root)?;
    let emulator = Emulator::start(&hss, &["--quiet", "--auth", "token"])?;
    let status = Command::new("node")
        .args(["reference.mjs", &path, &emulator.url, TOKEN.1])
        .arg(&folder)
        .current_dir(&folder)
        .status()
        .map_err(|error| format!("node cannot be started: {error}"))?;
    Ok(status.success())
}
