//! Prints the results of tasks.

mod github;
mod human;
mod json;
mod sarif;

use std::fmt::Display;
use std::io::{self, Write as _};

use clap::ValueEnum;
use hss_spec::{Class, Finding, Place, Severity};

/// The output format of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// Text for people: position, rule, message, hint, and the line
    #[default]
    Human,
    /// JSON list of findings
    Json,
    /// SARIF 2.1.0, for code hosts and editors
    Sarif,
    /// Workflow commands of GitHub Actions, shown beside the lines of a change
    Github,
}

/// A message about a position, for programs that display it there.
pub(crate) struct Diagnostic<'a> {
    /// Kind of message.
    pub(crate) id: &'static str,
    /// Class of the rule, if it is a finding.
    pub(crate) class: Option<Class>,
    pub(crate) level: Level,
    pub(crate) place: &'a Place,
    pub(crate) text: String,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Level {
    Error,
    Warning,
    Note,
}

impl<'a> From<&'a Finding> for Diagnostic<'a> {
    fn from(finding: &'a Finding) -> Self {
        let Finding { rule, class, severity, place, message, hint } = finding;
        let level = match severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
        };
        Self { id: rule, class: Some(*class), level, place, text: format!("{message} → {hint}") }
    }
}

/// Prints remarks of a task as SARIF.
pub(crate) fn sarif(task: &str, diagnostics: &[Diagnostic<'_>]) {
    line(&sarif::text(task, diagnostics));
}

/// Prints remarks as commands of GitHub Actions.
pub(crate) fn github(diagnostics: &[Diagnostic<'_>]) {
    for diagnostic in diagnostics {
        line(&github::text(diagnostic));
    }
}

/// Prints all findings of a check.
pub(crate) fn findings(findings: &[Finding], format: Format) {
    match format {
        Format::Human => human::lines(findings).iter().for_each(|text| line(text)),
        Format::Json => line(&json::text(findings)),
        Format::Sarif => sarif("cargo xtask check", &findings.iter().map(Diagnostic::from).collect::<Vec<_>>()),
        Format::Github => github(&findings.iter().map(Diagnostic::from).collect::<Vec<_>>()),
    }
}

/// Prints the findings because of which a task has no result, to standard error.
pub(crate) fn refused(findings: &[Finding]) {
    let mut stderr = io::stderr().lock();
    for line in human::lines(findings) {
        let _ = writeln!(stderr, "{line}");
    }
}

/// Prints a line of the result.
pub(crate) fn line(text: &dyn Display) {
    // A reader that closes the pipe, as in `| head -1`, does not need the rest. The exit status still shows the result.
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Prints a line about the result: to standard output for people, to standard error for programs.
pub(crate) fn note(text: &dyn Display, format: Format) {
    match format {
        Format::Human => line(text),
        _ => drop(writeln!(io::stderr().lock(), "{text}")),
    }
}

/// Prints a problem that stops nothing.
pub(crate) fn warning(message: &dyn Display) {
    let _ = writeln!(io::stderr().lock(), "warning: {message}");
}

/// Prints the reason why a task could not run.
pub(crate) fn error(message: &str) {
    let _ = writeln!(io::stderr().lock(), "error: {message}");
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;

    fn finding() -> Finding {
        Finding {
            rule: "enum-type",
            class: Class::Generator,
            severity: Severity::Error,
            place: Place { file: Arc::from(Path::new("a,b:c/hss.yaml")), line: 7, column: 3 },
            message: "50 % of\n`x`".to_owned(),
            hint: "fix it".to_owned(),
        }
    }

    #[test]
    fn commands_for_github_have_one_line_each() {
        assert_eq!(
            github::text(&Diagnostic::from(&finding())),
            "::error file=a%2Cb%3Ac/hss.yaml,line=7,col=3,title=enum-type (generator)::50 %25 of%0A`x` → fix it"
        );
    }

    #[test]
    fn json_contains_all_fields() {
        let read: serde_json::Value = serde_json::from_str(&json::text(&[finding()])).unwrap();
        let expected = serde_json::json!([{
            "file": "a,b:c/hss.yaml", "line": 7, "column": 3, "severity": "error", "class": "generator", "rule": "enum-type",
            "message": "50 % of\n`x`", "hint": "fix it",
        }]);
        assert_eq!(read, expected);
    }

    #[test]
    fn sarif_lists_each_rule_once() {
        let read: serde_json::Value =
            serde_json::from_str(&sarif::text("t", &[(&finding()).into(), (&finding()).into()])).unwrap();
        assert_eq!(read["version"], "2.1.0");
        assert_eq!(
            read["runs"][0]["tool"]["driver"]["rules"],
            serde_json::json!([{"id": "enum-type", "properties": {"tags": ["generator"]}}])
        );
        let location = &read["runs"][0]["results"][1]["locations"][0]["physicalLocation"];
        assert_eq!(location["region"], serde_json::json!({"startLine": 7, "startColumn": 3}));
        assert_eq!(location["artifactLocation"]["uri"], "a,b:c/hss.yaml");
    }
}
