//! `cargo xtask browser`: tests the emulator's pages and the report of a scan in headless Chromium.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::emulator::{Emulator, TOKEN, build_hss};
use crate::{place, program};

/// The tests and their dependencies, in `tests/programs/browser`.
const FILES: [&str; 5] = ["package.json", "package-lock.json", "contrast.mjs", "reference.mjs", "report.mjs"];
/// An existing task of the emulator.
const TASK: &str = "2b31ed520xxxxxxebedb6e57xxxxxxxx";
/// The possible names of the browser.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Number of rows of a page that `hss` requests.
const PAGE: usize = 200;

/// Runs the browser tests and writes screenshots to `target/browser`.
pub(crate) fn run() -> Result<bool, String> {
    program::need(&[("node", "--version"), ("npm", "--version")])?;
    let browser = BROWSERS.into_iter().find(|name| program::is_installed(name, "--version"));
    let browser = browser.ok_or("cannot start Chromium, which this task needs: install it")?;
    let root = place::root();
    let folder = root.join("target/browser");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    // Copied to the folder of their dependencies, which must not be among the sources.
    for name in FILES {
        let from = root.join("tests/programs/browser").join(name);
        fs::copy(&from, folder.join(name)).map_err(|error| format!("{}: {error}", from.display()))?;
    }
    program::step(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder))?;
    let path = program::step(Command::new("sh").args(["-c", "command -v \"$0\"", browser]))?;
    let path = String::from_utf8_lossy(&path.stdout).trim().to_owned();
    let hss = build_hss(&root)?;
    let report = make_report(&hss, &folder)?;
    let emulator = Emulator::start(&hss, &["--quiet", "--auth", "token"])?;
    let node = |arguments: &[&str]| {
        let mut command = Command::new("node");
        let status = command.args(arguments).arg(&folder).current_dir(&folder).status();
        status.map(|status| status.success()).map_err(|error| format!("cannot start node: {error}"))
    };
    let reference = node(&["reference.mjs", &path, &emulator.url, TOKEN.1])?;
    Ok(node(&["report.mjs", &path, &report.to_string_lossy()])? && reference)
}

/// Runs `hss` to create a report with more failed servers than are initially shown. Some of them contain hostile texts.
fn make_report(hss: &Path, folder: &Path) -> Result<PathBuf, String> {
    let faults = folder.join("failed-servers.json");
    let rows: Vec<Value> = (0..600).map(failed_server).collect();
    let pages = (1..).zip(rows.chunks(PAGE)).map(|(page, servers)| {
        let answer = json!({"total_num": rows.len(), "data_list": servers});
        json!({"operation": "ListVulScanTaskHost", "page": page, "json": answer})
    });
    fs::write(&faults, json!({"fault": pages.collect::<Vec<_>>()}).to_string())
        .map_err(|error| format!("{}: {error}", faults.display()))?;
    let emulator = Emulator::start(hss, &["--quiet", "--fault", &faults.to_string_lossy()])?;
    let file = folder.join("report.html");
    program::step(
        Command::new(hss)
            .args(["--endpoint", &emulator.url, "--project-id", "p", "scan", "report", TASK, "--force", "--html"])
            .arg(&file)
            .envs([TOKEN]),
    )?;
    Ok(file)
}

/// Returns a server with all fields, one with hostile texts, or one with few fields.
fn failed_server(number: usize) -> Value {
    let hostile = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "{{x}} {% x %}",
        "\u{202e}cod.exe",
        "</script></style>",
    ];
    let reason = |kind: &str, text: &str| json!({"vul_type": kind, "failed_reason": text});
    let hostile = hostile.get(number).copied();
    let cause = if number.is_multiple_of(2) { "The agent is offline." } else { "The scan timed out." };
    let causes = match hostile {
        Some(text) => vec![reason("web_cms", text), reason("app_vul", &text.repeat(40))],
        None => vec![reason("linux_vul", cause)],
    };
    let is_known = number % 50 != 49;
    json!({
        "host_id": format!("{number:08x}-2f88-4d66-9852-a1df8e4c0d7f"),
        "host_name": hostile.map_or_else(|| format!("ecs-web-{number}"), str::to_owned),
        "private_ip": format!("10.0.{}.{}", number / 256, number % 256),
        "public_ip": is_known.then(|| format!("198.18.{}.{}", number / 256, number % 256)),
        "asset_value": is_known.then(|| if number.is_multiple_of(3) { "important" } else { "common" }),
        "scan_status": "failed",
        "failed_reasons": causes,
    })
}
