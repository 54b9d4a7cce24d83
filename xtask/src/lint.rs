//! `cargo xtask lint`: checks the documents with other linters. Each warning must be fixed, or answered with a reason
//! in `openapi/rules.toml`.
//!
//! Also checks our rules: openapi-spec-validator must refuse the example of each rule of the class openapi.

use std::fs;
use std::path::Path;
use std::process::Command;

use hss_spec::Class;
use serde_json::Value;

use crate::policy::{self, Exception};
use crate::{bundle, place, program, report};

/// The folder in which the versions of the tools are pinned.
const SOURCES: &str = "tests/programs/lint";

/// The document of which the examples of rules are edits.
const GOOD: &str = include_str!("../../crates/spec/tests/support/good.yaml");

/// A warning of a tool.
struct LinterFinding {
    tool: &'static str,
    rule: String,
    document: &'static str,
    message: String,
}

/// Runs Spectral, Redocly and openapi-spec-validator on the bundle of each document.
pub(crate) fn run() -> Result<bool, String> {
    program::need(&[("node", "--version"), ("npm", "--version"), ("python3", "--version")])?;
    let root = place::root();
    let (sources, work) = (root.join(SOURCES), root.join("target/lint"));
    let output_text = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    fs::create_dir_all(&work).map_err(|error| output_text(&work, error))?;
    for name in ["package.json", "package-lock.json", "spectral.yaml"] {
        let file = sources.join(name);
        fs::copy(&file, work.join(name)).map_err(|error| output_text(&file, error))?;
    }
    program::step(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&work))?;
    let python = program::python(&work.join("environment"), &sources.join("requirements.txt"))?;
    let mut linter_findings = Vec::new();
    for document in place::DOCUMENTS {
        let file = work.join("document.json");
        let text = bundle::for_other_tools(&root.join(document))?;
        fs::write(&file, text).map_err(|error| output_text(&file, error))?;
        linter_findings.extend(spectral(&work, document)?);
        linter_findings.extend(redocly(&work, document)?);
        linter_findings.extend(validator(&python, &work, document)?);
    }
    let accepted = accepted_examples(&python, &work.join("examples"))?;
    for rule in &accepted {
        report::line(&format_args!(
            "openapi-spec-validator accepts the example of {rule} → the rule is not of the class openapi"
        ));
    }
    Ok(conclude(&linter_findings, &policy::exceptions(&root)?) && accepted.is_empty())
}

/// Returns the rules of the class openapi whose example openapi-spec-validator accepts.
fn accepted_examples(python: &Path, folder: &Path) -> Result<Vec<&'static str>, String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut accepted = Vec::new();
    for rule in hss_spec::rules().filter(|rule| rule.class == Class::OpenApi) {
        let Some(text) = rule.example.marked(GOOD) else { continue };
        let file = folder.join("example.yaml");
        fs::write(&file, text.replace('^', "")).map_err(|error| format!("{}: {error}", file.display()))?;
        // One file for each run: a file that is not valid YAML ends it.
        let mut command = Command::new(python);
        let output = program::output(command.args(["-m", "openapi_spec_validator", "--schema", "3.0"]).arg(&file))?;
        if output.status.success() {
            accepted.push(rule.id);
        }
    }
    Ok(accepted)
}

fn spectral(work: &Path, document: &'static str) -> Result<Vec<LinterFinding>, String> {
    let arguments = ["lint", "--format", "json", "--ruleset", "spectral.yaml", "document.json"];
    let problems = json(tool(work, "spectral").args(arguments))?;
    let problems = problems.as_array().ok_or("Spectral did not print a list")?;
    Ok(problems.iter().map(|problem| linter_finding("spectral", problem, "code", document)).collect())
}

fn redocly(work: &Path, document: &'static str) -> Result<Vec<LinterFinding>, String> {
    let mut command = tool(work, "redocly");
    // Otherwise, it would send usage data and check for updates.
    command.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    let problems = json(command.args(["lint", "--format", "json", "document.json"]))?;
    let problems = problems.get("problems").and_then(Value::as_array).ok_or("Redocly did not print problems")?;
    Ok(problems.iter().map(|problem| linter_finding("redocly", problem, "ruleId", document)).collect())
}

fn validator(python: &Path, work: &Path, document: &'static str) -> Result<Option<LinterFinding>, String> {
    let mut command = Command::new(python);
    let output = program::output(command.args(["-m", "openapi_spec_validator", "document.json"]).current_dir(work))?;
    let message = String::from_utf8_lossy(&output.stdout).into_owned();
    let tool = "openapi-spec-validator";
    Ok((!output.status.success()).then(|| LinterFinding { tool, rule: "invalid".to_owned(), document, message }))
}

fn tool(work: &Path, name: &str) -> Command {
    let mut command = Command::new(work.join("node_modules/.bin").join(name));
    command.current_dir(work);
    command
}

/// Returns the output of a tool. Its exit status indicates whether there are problems, and is ignored.
fn json(command: &mut Command) -> Result<Value, String> {
    let output = program::output(command)?;
    let output_text = || String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("a linter did not print JSON: {error}\n{}", output_text()))
}

fn linter_finding(tool: &'static str, problem: &Value, rule: &str, document: &'static str) -> LinterFinding {
    let text = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let place = problem.get("path").or_else(|| problem.get("location")).map(Value::to_string).unwrap_or_default();
    LinterFinding { tool, rule: text(rule), document, message: format!("{} {place}", text("message")) }
}

/// Reports complaints without an answer, and answers without a complaint.
fn conclude(linter_findings: &[LinterFinding], exceptions: &[Exception]) -> bool {
    let is_for = |exception: &Exception, linter_finding: &LinterFinding| {
        exception.tool == linter_finding.tool
            && exception.rule == linter_finding.rule
            && linter_finding.message.contains(&exception.message)
    };
    let mut open = 0;
    for linter_finding in linter_findings
        .iter()
        .filter(|linter_finding| !exceptions.iter().any(|exception| is_for(exception, linter_finding)))
    {
        open += 1;
        let LinterFinding { tool, rule, document, message } = linter_finding;
        report::line(&format_args!(
            "{document}: {tool} {rule} {message} → fix it, or add a reason to {}",
            policy::FILE
        ));
    }
    for Exception { tool, rule, .. } in exceptions
        .iter()
        .filter(|exception| !linter_findings.iter().any(|linter_finding| is_for(exception, linter_finding)))
    {
        open += 1;
        report::line(&format_args!("{}: {tool} does not report {rule} → remove the entry", policy::FILE));
    }
    report::line(&format_args!(
        "documents: {}, findings of other linters: {}, open: {open}",
        place::DOCUMENTS.len(),
        linter_findings.len()
    ));
    open == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_complaint_requires_an_answer_and_each_answer_a_complaint() {
        let linter_finding = |rule: &str| LinterFinding {
            tool: "spectral",
            rule: rule.to_owned(),
            document: "d.yaml",
            message: "no contact [\"info\"]".to_owned(),
        };
        let exception = |rule: &str, message: &str| Exception {
            tool: "spectral".to_owned(),
            rule: rule.to_owned(),
            message: message.to_owned(),
            reason: "r".to_owned(),
        };
        assert!(conclude(&[], &[]));
        assert!(conclude(&[linter_finding("a"), linter_finding("a")], &[exception("a", "info")]));
        assert!(!conclude(&[linter_finding("a")], &[]));
        assert!(!conclude(&[linter_finding("a")], &[exception("a", "elsewhere")]));
        assert!(!conclude(&[linter_finding("a")], &[exception("a", ""), exception("b", "")]));
    }
}
