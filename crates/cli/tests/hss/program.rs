//! Runs `hss`, and `hss emulator` for it to talk to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The task of the API manual's example.
pub(crate) const TASK: &str = "2b31ed520xxxxxxebedb6e57xxxxxxxx";

/// `hss` without any environment.
pub(crate) fn hss(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hss"));
    // What the user's own demo left is not for tests.
    command.env_clear().env("TMPDIR", env!("CARGO_TARGET_TMPDIR")).args(arguments).stdin(Stdio::null());
    command
}

/// `hss` set up to talk to `url`.
pub(crate) fn hss_at(url: &str, arguments: &[&str]) -> Command {
    // Waiting between attempts is the transport's, and tested there in time that is not spent. Requests come in order.
    let mut command = hss(&["--endpoint", url, "--project-id", "p", "--max-attempts", "1", "--concurrency", "1"]);
    command.args(arguments).env("HW_AUTH_TOKEN", "t");
    command
}

/// The newest task, which covers all servers of the emulator.
pub(crate) fn newest_task(url: &str) -> String {
    let tasks = run(&mut hss_at(url, &["scan", "list", "--max", "1", "-o", "json"])).json();
    tasks["data_list"][0]["id"].as_str().unwrap().to_owned()
}

/// Makes a FIFO, with the program that every such system has.
#[cfg(unix)]
pub(crate) fn make_fifo(path: &std::path::Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Makes a link to a device. A program that is wrong about devices then destroys the link, even if root runs the test.
#[cfg(unix)]
pub(crate) fn link_to(device: &str, directory: &std::path::Path) -> String {
    let link = directory.join(device.replace('/', "-"));
    std::os::unix::fs::symlink(device, &link).unwrap();
    link.to_str().unwrap().to_owned()
}

/// Sends a signal. Every shell can, and not every machine has a program that does.
#[cfg(unix)]
pub(crate) fn signal(name: &str, process: u32) {
    let status = Command::new("sh").args(["-c", &format!("kill -s {name} {process}")]).status();
    assert!(status.unwrap().success());
}

/// What a run of `hss` came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Checks the exit status and that nothing but errors was said, and gives what was said.
    #[track_caller]
    pub(crate) fn failed_with(&self, status: i32) -> &str {
        assert_eq!(self.status, Some(status), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        assert!(!self.stderr.contains("panicked") && !self.stderr.is_empty(), "{self:?}");
        &self.stderr
    }

    /// Checks that all went well, and gives what was printed.
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

/// Runs it to its end.
pub(crate) fn run(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs it to its end with `input` on standard input.
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

/// `hss emulator` in a process of its own.
pub(crate) struct Emulator {
    child: Child,
    // Kept open: the emulator may write to it.
    _stdout: BufReader<ChildStdout>,
    pub(crate) url: String,
}

impl Emulator {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    /// Starts it with these environment variables.
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

    /// The id of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Stops it. Its access log, line by line.
    pub(crate) fn stop(mut self) -> Vec<String> {
        // It writes the last lines of its log when it is asked to stop, not when it is killed.
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
        // A test that failed leaves no process behind; after `stop` there is none.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
