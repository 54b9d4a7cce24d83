//! Builds the `hss` program and starts its emulator as a process.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::program;

/// Timeout for the start, long enough for the slowest machine.
const START: Duration = Duration::from_secs(60);

/// An access key that the emulators of all tasks accept.
pub(crate) const KEY: [(&str, &str); 2] =
    [("HUAWEICLOUD_SDK_AK", "XTASKACCESSKEY000001"), ("HUAWEICLOUD_SDK_SK", "secret-key-of-xtask")];
/// A token that they accept.
pub(crate) const TOKEN: (&str, &str) = ("HW_AUTH_TOKEN", "token-of-xtask");

/// The demo user, whom the emulators of all tasks accept.
pub(crate) const USER: [(&str, &str); 3] =
    [("HW_USER_NAME", "demo"), ("HW_USER_PASSWORD", "password-of-the-hss-emulator-demo"), ("HW_DOMAIN_NAME", "demo")];

/// A project. The emulator accepts any id.
pub(crate) const PROJECT: &str = "0123456789abcdef0123456789abcdef";

/// Builds `hss` and returns its path.
pub(crate) fn build_hss(root: &Path) -> Result<PathBuf, String> {
    let built = program::build(root, &["--package", "hss-cli", "--features", "validate"])?;
    built.into_iter().next_back().ok_or_else(|| "cargo did not report the path of hss".to_owned())
}

/// Returns a command for `hss` with this endpoint and these credentials, and an otherwise empty environment.
pub(crate) fn hss_at(hss: &Path, url: &str, credentials: &[(&str, &str)]) -> Command {
    let mut command = Command::new(hss);
    command.env_clear().envs(credentials.iter().copied()).args(["--endpoint", url, "--quiet"]);
    command
}

/// Returns the id of the newest task of an emulator. It is the same for all emulators with the same options.
pub(crate) fn newest_task(hss: &Path, url: &str, credentials: &[(&str, &str)]) -> Result<String, String> {
    let mut command = hss_at(hss, url, credentials);
    command.args(["--project-id", PROJECT, "scan", "list", "--max", "1", "--output", "json"]);
    let output = program::step(&mut command)?;
    let page: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("hss scan list: {error}"))?;
    let id = page.pointer("/data_list/0/id").and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| "hss scan list has no task".to_owned())
}

/// A running emulator. Dropping it stops the emulator.
pub(crate) struct Emulator {
    child: Child,
    pub(crate) url: String,
    log: Receiver<String>,
}

impl Emulator {
    /// Starts an emulator with these options on a free port.
    pub(crate) fn start(hss: &Path, options: &[&str]) -> Result<Self, String> {
        let mut command = Command::new(hss);
        command.args(["emulator", "--listen", "127.0.0.1:0"]).args(options);
        command.envs(KEY).envs([TOKEN]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| program::not_started(&command, &error))?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err("the emulator has no output".to_owned());
        };
        let (first, address) = channel();
        thread::spawn(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| first.send(line))
        });
        let (entry, log) = channel();
        thread::spawn(move || {
            BufReader::new(stderr).lines().map_while(Result::ok).try_for_each(|line| entry.send(line))
        });
        let mut emulator = Self { child, url: String::new(), log };
        let line = address.recv_timeout(START).unwrap_or_default();
        match line.strip_prefix("listening on ") {
            Some(url) => url.clone_into(&mut emulator.url),
            None => return Err(format!("the emulator did not start: {}", emulator.requests().join("\n"))),
        }
        Ok(emulator)
    }

    /// Returns the log lines since the last call.
    pub(crate) fn requests(&mut self) -> Vec<String> {
        // A request is logged before its response is sent, but the line still has to pass a thread of this task.
        let mut lines = Vec::new();
        while let Ok(line) = self.log.recv_timeout(Duration::from_millis(200)) {
            lines.push(line);
        }
        lines
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
