//! `cargo xtask clients`: the official SDKs, unmodified, against the emulator. What they list must be what we list, and
//! what they are refused must be what the gateway refuses.

mod language;
mod rows;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use self::language::Program;
use crate::emulator::{Emulator, KEY, build_hss};
use crate::{place, program, report};

pub(crate) use self::language::Language;

const PROJECT: &str = "0123456789abcdef0123456789abcdef";
/// The task of the manual's example.
const TASK: &str = "2b31ed520xxxxxxebedb6e57xxxxxxxx";
const HOSTS: usize = 450;

/// What is asked of a client, and what has to come of it.
struct Case {
    name: &'static str,
    options: &'static [&'static str],
    secret: Option<&'static str>,
    outcome: Outcome,
}

enum Outcome {
    /// The servers on which the documented scan failed, in one request.
    Documented,
    /// All servers of the newest task, page by page.
    All,
    /// An error of that status and code, with these words in it.
    Refused(u16, &'static str, &'static str),
}

const CASES: [Case; 5] = [
    Case { name: "documented failure", options: &[], secret: None, outcome: Outcome::Documented },
    Case { name: "450 hosts in 3 pages", options: &[], secret: None, outcome: Outcome::All },
    Case {
        name: "wrong secret key",
        options: &[],
        secret: Some("wrong"),
        outcome: Outcome::Refused(401, "APIGW.0301", "canonicalRequest:GET|"),
    },
    Case {
        name: "clock 20 minutes behind",
        options: &["--clock-offset", "20m"],
        secret: None,
        outcome: Outcome::Refused(401, "APIGW.0301", "signature expired"),
    },
    Case {
        name: "throttled on page 3",
        options: &["--rate", "2/min"],
        secret: None,
        outcome: Outcome::Refused(429, "APIGW.0308", "limit:2,time:1 minute"),
    },
];

/// Runs the programs of these languages, or of all. A language whose tools are not here is skipped, unless `required`.
pub(crate) fn run(languages: &[Language], required: bool) -> Result<bool, String> {
    let root = place::root();
    let hss = build_hss(&root)?;
    let mut all_well = true;
    for &language in if languages.is_empty() { Language::ALL } else { languages } {
        if let Some(missing) = language.missing() {
            report::line(&format_args!("{language}: skipped, there is no {missing} here"));
            all_well &= !required;
            continue;
        }
        let client = language.set_up(&root)?;
        for case in &CASES {
            let verdict = judge(&hss, &client, case)?;
            all_well &= verdict.is_ok();
            let (word, more) = match &verdict {
                Ok(()) => ("as it should be", ""),
                Err(difference) => ("WRONG: ", difference.as_str()),
            };
            report::line(&format_args!("{language} {}: {}: {word}{more}", client.version, case.name));
        }
    }
    Ok(all_well)
}

/// Runs one case. The inner error says what is not as it should be.
fn judge(hss: &Path, client: &Program, case: &Case) -> Result<Result<(), String>, String> {
    let mut options = vec!["--hosts", "450", "--auth", "aksk"];
    options.extend(case.options);
    let mut emulator = Emulator::start(hss, &options)?;
    let task = match case.outcome {
        Outcome::Documented => TASK.to_owned(),
        _ => newest(hss, &options)?,
    };
    let status = matches!(case.outcome, Outcome::Documented).then_some("failed");
    let theirs = client.list(&emulator.url, &task, status, case.secret)?;
    let requests = emulator.requests().iter().filter(|line| line.contains("/hosts?")).count();

    if let Outcome::Refused(status, code, words) = case.outcome {
        return Ok(refused(&theirs, client.keeps_throttled || status != 429, status, code, words));
    }
    if !theirs.status.success() {
        return Ok(Err(format!("it failed: {}", String::from_utf8_lossy(&theirs.stderr))));
    }
    // Ours pages and signs by itself, against an emulator that has not been asked for anything.
    let fresh = Emulator::start(hss, &options)?;
    let mut ours = hss_at(hss, &fresh.url);
    ours.args(["scan", "hosts", &task, "--output", "json"]).args(status.map(|status| format!("--status={status}")));
    let ours = rows::of_document(&program::step(&mut ours)?.stdout)?;
    let expected = match case.outcome {
        Outcome::All => (HOSTS, 3),
        _ => (1, 1),
    };
    if (ours.len(), requests) != expected {
        return Ok(Err(format!("{} rows of ours, {requests} requests of theirs, not {expected:?}", ours.len())));
    }
    Ok(rows::compare(&ours, &rows::of_lines(&theirs.stdout)?))
}

/// Whether a client failed with that error.
fn refused(output: &Output, keeps_body: bool, status: u16, code: &str, words: &str) -> Result<(), String> {
    let said = String::from_utf8_lossy(&output.stderr);
    let error: Value = said.lines().rev().find_map(|line| serde_json::from_str(line).ok()).unwrap_or_default();
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_status = output.status.code() == Some(3) && error.get("status") == Some(&status.into());
    let is_told = text("code") == code && text("message").contains(words) && !text("request_id").is_empty();
    // A client that drops the gateway's answer is known for it; should it mend its ways, the table has to be mended.
    if is_status && is_told == keeps_body { Ok(()) } else { Err(format!("{}: {said}", output.status)) }
}

/// Id of the newest task of an emulator that was started so: the same each time.
fn newest(hss: &Path, options: &[&str]) -> Result<String, String> {
    let emulator = Emulator::start(hss, options)?;
    let output = program::step(hss_at(hss, &emulator.url).args(["scan", "list", "--max", "1", "--output", "json"]))?;
    let page: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("hss scan list: {error}"))?;
    let id = page.pointer("/data_list/0/id").and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| "hss scan list has no task".to_owned())
}

fn hss_at(hss: &Path, url: &str) -> Command {
    let mut command = Command::new(hss);
    command.env_clear().envs(KEY).args(["--endpoint", url, "--project-id", PROJECT, "--quiet"]);
    command
}
