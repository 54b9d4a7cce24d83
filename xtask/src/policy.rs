//! `openapi/rules.toml`: what the project has decided about warnings, and why.
//!
//! An error stops the build of the client, whatever is written there, and so can neither be lowered nor suppressed.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use hss_spec::{Finding, Place, Severity};
use serde::Deserialize;
use toml::Spanned;

/// The file, in the folder of the documents.
pub(crate) const FILE: &str = "openapi/rules.toml";

/// What is decided.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rules {
    severity: Vec<Spanned<Decision>>,
    suppress: Vec<Spanned<Suppression>>,
    answer: Vec<Answer>,
}

/// Why what another linter says is as it should be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    pub(crate) tool: String,
    pub(crate) rule: String,
    /// A part of what it says; all that the rule says unless given.
    #[serde(default)]
    pub(crate) message: String,
    pub(crate) reason: String,
}

/// How bad a rule's findings are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    rule: String,
    level: Level,
    reason: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Error,
    Off,
}

/// Warnings that are as they should be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suppression {
    rule: String,
    /// A part of their message; all of the rule's unless given.
    #[serde(default)]
    message: String,
    reason: String,
}

/// The findings that are left, and one for each decision without a reason or a use.
///
/// # Errors
///
/// Why the file cannot be read.
pub(crate) fn apply(root: &Path, findings: Vec<Finding>) -> Result<Vec<Finding>, String> {
    let (rules, text) = read(root)?;
    Ok(decide(&rules, &Arc::from(root.join(FILE)), &text, findings))
}

/// The answers to other linters.
///
/// # Errors
///
/// Why the file cannot be read, or that one gives no reason.
pub(crate) fn answers(root: &Path) -> Result<Vec<Answer>, String> {
    let answers = read(root)?.0.answer;
    match answers.iter().find(|answer| answer.reason.trim().is_empty()) {
        Some(Answer { tool, rule, .. }) => Err(format!("{FILE}: no reason is given for {rule} of {tool}")),
        None => Ok(answers),
    }
}

/// The file, as what it says and as it is written. There may be none.
fn read(root: &Path) -> Result<(Rules, String), String> {
    let path = root.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    let rules =
        toml::from_str(&text).map_err(|error| format!("{}: {}", path.display(), error.to_string().trim_end()))?;
    Ok((rules, text))
}

fn decide(rules: &Rules, path: &Arc<Path>, text: &str, mut findings: Vec<Finding>) -> Vec<Finding> {
    let mut complaints = Vec::new();
    let mut complain = |rule: &'static str, at: usize, message: String, hint: &str| {
        let before = text.get(..at).unwrap_or_default();
        let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX);
        let place = Place { file: Arc::clone(path), line, column: 1 };
        complaints.push(Finding { rule, severity: Severity::Error, place, message, hint: hint.to_owned() });
    };
    for decision in &rules.severity {
        let (at, Decision { rule, level, reason }) = (decision.span().start, decision.get_ref());
        if reason.trim().is_empty() {
            complain("reason-missing", at, format!("no reason is given for {rule}"), "say why, or remove the entry");
        }
        if !hss_spec::RULES.contains(&rule.as_str()) {
            complain("rule-unknown", at, format!("there is no rule {rule}"), "correct its name, or remove the entry");
        }
        match level {
            Level::Error => {
                findings
                    .iter_mut()
                    .filter(|found| found.rule == rule)
                    .for_each(|found| found.severity = Severity::Error);
            }
            Level::Off => findings.retain(|found| found.rule != rule || found.severity == Severity::Error),
        }
    }
    for suppression in &rules.suppress {
        let (at, Suppression { rule, message, reason }) = (suppression.span().start, suppression.get_ref());
        if reason.trim().is_empty() {
            complain("reason-missing", at, format!("no reason is given for {rule}"), "say why, or remove the entry");
        }
        let is_meant = |found: &Finding| {
            found.severity == Severity::Warning && found.rule == rule && found.message.contains(message.as_str())
        };
        if !findings.iter().any(is_meant) {
            complain("suppression-unused", at, format!("{rule} warns of no such thing"), "remove the entry");
        }
        findings.retain(|found| !is_meant(found));
    }
    findings.extend(complaints);
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: &'static str, severity: Severity, message: &str) -> Finding {
        let place = Place { file: Arc::from(Path::new("d.yaml")), line: 1, column: 1 };
        Finding { rule, severity, place, message: message.to_owned(), hint: String::new() }
    }

    /// Rules and lines of what is left.
    fn left(file: &str) -> Vec<(&'static str, Severity, u32)> {
        let findings = vec![
            finding("yaml-word", Severity::Warning, "`no` in A"),
            finding("yaml-word", Severity::Warning, "`no` in B"),
            finding("enum-type", Severity::Error, "1 in C"),
        ];
        let path: Arc<Path> = Arc::from(Path::new("rules.toml"));
        let decided = decide(&toml::from_str(file).unwrap(), &path, file, findings);
        decided.into_iter().map(|found| (found.rule, found.severity, found.place.line)).collect()
    }

    const ERROR: (&str, Severity, u32) = ("enum-type", Severity::Error, 1);
    const WARNING: (&str, Severity, u32) = ("yaml-word", Severity::Warning, 1);

    #[test]
    fn warnings_are_suppressed_lowered_and_raised_and_errors_stay() {
        assert_eq!(left(""), [WARNING, WARNING, ERROR]);
        assert_eq!(left("[[suppress]]\nrule = 'yaml-word'\nmessage = 'in A'\nreason = 'r'\n"), [WARNING, ERROR]);
        assert_eq!(left("[[suppress]]\nrule = 'yaml-word'\nreason = 'r'\n"), [ERROR]);
        assert_eq!(left("[[severity]]\nrule = 'yaml-word'\nlevel = 'off'\nreason = 'r'\n"), [ERROR]);
        assert_eq!(left("[[severity]]\nrule = 'enum-type'\nlevel = 'off'\nreason = 'r'\n"), [WARNING, WARNING, ERROR]);
        let raised = ("yaml-word", Severity::Error, 1);
        assert_eq!(left("[[severity]]\nrule = 'yaml-word'\nlevel = 'error'\nreason = 'r'\n"), [raised, raised, ERROR]);
    }

    #[test]
    fn what_has_no_use_and_no_reason_is_an_error_itself() {
        let complaint = |rule, line| (rule, Severity::Error, line);
        assert_eq!(
            left("\n[[suppress]]\nrule = 'enum-type'\nreason = 'errors stay'\n"),
            [WARNING, WARNING, ERROR, complaint("suppression-unused", 2)]
        );
        assert_eq!(
            left(
                "[[suppress]]\nrule = 'yaml-word'\nreason = ' '\n[[severity]]\nrule = 'nonsense'\nlevel = 'off'\nreason = 'r'\n"
            ),
            [ERROR, complaint("rule-unknown", 4), complaint("reason-missing", 1)]
        );
        assert!(toml::from_str::<Rules>("[[suppress]]\nrule = 'yaml-word'\n").is_err(), "a reason is part of it");
        assert!(toml::from_str::<Rules>("[[suppres]]\n").is_err());
    }
}
