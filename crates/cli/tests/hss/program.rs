//! Runs `hss`, and `hss emulator` as its server.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The task id of the example in the API manual.
pub(crate) const TASK: &str = "2b31ed520xxxxxxebedb6e57xxxxxxxx";

/// Returns `hss` with an empty environment.
pub(crate) fn hss(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hss"));
    // Tests must not use the state of the user's own demo.
    command.env_clear().env("TMPDIR", env!("CARGO_TARGET_TMPDIR")).args(arguments).stdin(Stdio::null());
    command
}

/// Returns `hss` configured for the server at `url`.
pub(crate) fn hss_at(url: &str, arguments: &[&str]) -> Command {
    // Retries are tested in the transport with a virtual clock. One request at a time keeps the order of requests.
    let mut command = hss(&["--endpoint", url, "--project-id", "p", "--max-attempts", "1", "--concurrency", "1"]);
    command.args(arguments).env("HW_AUTH_TOKEN", "t");
    command
}

/// Returns the follow-up command that a command of [`hss_at`] suggests.
pub(crate) fn follow_up(url: &str, words: &str) -> String {
    format!("hss --endpoint {url} --project-id p {words}")
}

/// Returns the newest task, which covers all servers of the emulator.
pub(crate) fn newest_task(url: &str) -> String {
    let tasks = run(&mut hss_at(url, &["scan", "list", "--max", "1", "-o", "json"])).json();
    tasks["data_list"][0]["id"].as_str().unwrap().to_owned()
}

/// Makes a FIFO with `mkfifo`, which every Unix system has.
#[cfg(unix)]
pub(crate) fn make_fifo(path: &std::path::Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Makes a link to a device. If the program wrongly replaces devices, it destroys only the link, even when root runs
/// the test.
#[cfg(unix)]
pub(crate) fn link_to(device: &str, directory: &std::path::Path) -> String {
    let link = directory.join(device.replace('/', "-"));
    std::os::unix::fs::symlink(device, &link).unwrap();
    link.to_str().unwrap().to_owned()
}

/// Sends a signal. It uses the shell, since the program `kill` is not installed on every machine.
#[cfg(unix)]
pub(crate) fn signal(name: &str, process: u32) {
    let status = Command::new("sh").args(["-c", &format!("kill -s {name} {process}")]).status();
    assert!(status.unwrap().success());
}

/// The result of a run of `hss`.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Checks the exit status and that only errors were printed. Returns the errors.
    #[track_caller]
    pub(crate) fn failed_with(&self, status: i32) -> &str {
        assert_eq!(self.status, Some(status), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        assert!(!self.stderr.contains("panicked") && !self.stderr.is_empty(), "{self:?}");
        &self.stderr
    }

    /// Checks that the run succeeded. Returns its standard output.
    #[track_caller]
    pub(crate) fn printed(&self) -> &str {
        assert_eq!(self.status, Some(0), "{self:?}");
        &self.stdout
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.printed()).unwrap()
    }
}

/// Runs a command until it ends.
pub(crate) fn run(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs a command until it ends, with `input` on standard input.
pub(crate) fn run_with_input(command: &mut Command, input: &[u8]) -> Ran {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    Ran {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// `hss emulator` in a separate process.
pub(crate) struct Emulator {
    child: Child,
    // Kept open, since the emulator may write to it.
    _stdout: BufReader<ChildStdout>,
    pub(crate) url: String,
}

impl Emulator {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    /// Starts the emulator with these environment variables.
    pub(crate) fn start_with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = hss(&["emulator"]);
        command.args(arguments).envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let url = line.strip_prefix("listening on ").and_then(|rest| rest.strip_suffix('\n'));
        let url = url.unwrap_or_else(|| panic!("first line {line:?}")).to_owned();
        Self { child, _stdout: stdout, url }
    }

    /// Returns the process id.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Stops the emulator. Returns the lines of its access log.
    pub(crate) fn stop(mut self) -> Vec<String> {
        // The emulator writes the last lines of its log after a signal to terminate, but not if it is killed.
        #[cfg(unix)]
        signal("TERM", self.child.id());
        #[cfg(not(unix))]
        self.child.kill().unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        log.lines().map(str::to_owned).collect()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Kills the process of a failed test. After `stop`, it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
