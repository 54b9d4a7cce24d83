//! `cargo xtask proxy`: runs `hss` through nginx, which terminates TLS in front of the emulator. `hss` must list the
//! same rows as without nginx, and handle the refusals of nginx.

mod nginx;

use std::path::Path;
use std::process::{Command, Output};

use self::nginx::{Nginx, Request};
use crate::emulator::{Emulator, KEY, PROJECT, TOKEN, build_hss, hss_at, newest_task};
use crate::{place, program, report};

/// The required programs, each with an option that has no effect.
const PROGRAMS: [(&str, &str); 2] = [("nginx", "-v"), ("openssl", "version")];

/// The name of credentials, and the environment variables that contain them.
type Credentials = (&'static str, &'static [(&'static str, &'static str)]);

const CREDENTIALS: [Credentials; 2] = [("token", &[TOKEN]), ("access key", &KEY)];

/// A listing through nginx.
struct Case {
    name: &'static str,
    /// The server in the configuration.
    server: &'static str,
    options: &'static [&'static str],
    expected: Expected,
}

enum Expected {
    /// The same rows, with requests of this HTTP version, none of which is refused.
    Rows(&'static str),
    /// The same rows, after nginx refused requests with this status.
    RowsAfter(u16),
    /// This exit status, no rows, and a message with the status of nginx.
    Failure(i32, u16),
}

/// Enough attempts to complete at 5 requests per second.
const WITH_RETRIES: &[&str] = &["--max-attempts", "10"];
const WITHOUT_RETRIES: &[&str] = &["--max-attempts", "1", "--project-id", PROJECT];

const CASES: [Case; 6] = [
    Case { name: "HTTP/2", server: "HTTP_2", options: &[], expected: Expected::Rows("HTTP/2.0") },
    Case { name: "HTTP/1.1", server: "HTTP_1", options: &[], expected: Expected::Rows("HTTP/1.1") },
    Case { name: "limited with 503", server: "STEADY_503", options: WITH_RETRIES, expected: Expected::RowsAfter(503) },
    Case { name: "limited with 429", server: "STEADY_429", options: WITH_RETRIES, expected: Expected::RowsAfter(429) },
    Case {
        name: "refused with 503",
        server: "SINGLE_503",
        options: WITHOUT_RETRIES,
        expected: Expected::Failure(1, 503),
    },
    Case {
        name: "refused with 429",
        server: "SINGLE_429",
        options: WITHOUT_RETRIES,
        expected: Expected::Failure(5, 429),
    },
];

/// Runs all cases with a token and with an access key.
pub(crate) fn run() -> Result<bool, String> {
    program::need(&PROGRAMS)?;
    let root = place::root();
    let hss = build_hss(&root)?;
    let emulator = Emulator::start(&hss, &["--hosts", "450", "--auth", "any", "--quiet"])?;
    let task = newest_task(&hss, &emulator.url, &[TOKEN])?;
    let mut all_well = true;
    for (credentials, variables) in CREDENTIALS {
        // A server that allows one request per minute is sufficient for only one listing.
        let mut nginx = Nginx::start(&root, &emulator.url)?;
        let direct = program::output(&mut listing(&hss, &emulator.url, &task, variables))?;
        for case in &CASES {
            let mut command = listing(&hss, &nginx.url(case.server)?, &task, variables);
            command.args(case.options).env("SSL_CERT_FILE", nginx.certificate());
            let through = program::output(&mut command)?;
            let verdict = verify(case, &direct, &through, &nginx.requests()?);
            all_well &= verdict.is_ok();
            let (word, more) = match &verdict {
                Ok(()) => ("as expected", ""),
                Err(difference) => ("WRONG: ", difference.as_str()),
            };
            report::line(&format_args!("proxy: {} with {credentials}: {word}{more}", case.name));
        }
    }
    Ok(all_well)
}

/// Returns an error if the outcome is not the expected one.
fn verify(case: &Case, direct: &Output, through: &Output, requests: &[Request]) -> Result<(), String> {
    let said = || format!("{}: {}", through.status, String::from_utf8_lossy(&through.stderr).trim_end());
    let has_rows = || if direct.status.success() && through.stdout == direct.stdout { Ok(()) } else { Err(said()) };
    let refused = |status: u16| requests.iter().filter(|request| request.status == status).count();
    match case.expected {
        Expected::Rows(version) => {
            has_rows()?;
            // One request for the project, and three pages.
            let is_right =
                |request: &Request| request.version == version && request.status == 200 && request.encoding == "gzip";
            if requests.len() == 4 && requests.iter().all(is_right) { Ok(()) } else { Err(format!("{requests:?}")) }
        }
        Expected::RowsAfter(status) => {
            has_rows()?;
            if refused(status) > 0 { Ok(()) } else { Err(format!("no request was refused: {requests:?}")) }
        }
        Expected::Failure(exit, status) => {
            let names_status = String::from_utf8_lossy(&through.stderr).contains(&format!("HTTP {status}"));
            let is_right = through.status.code() == Some(exit) && through.stdout.is_empty() && names_status;
            if is_right && refused(status) > 0 { Ok(()) } else { Err(said()) }
        }
    }
}

/// Returns a command that lists all servers of a task, after a look-up of the project.
fn listing(hss: &Path, url: &str, task: &str, credentials: &[(&str, &str)]) -> Command {
    let mut command = hss_at(hss, url, credentials);
    command.args(["--iam-endpoint", url, "--region", "cn-north-4", "scan", "hosts", task, "--output", "json"]);
    command
}
