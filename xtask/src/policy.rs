//! `openapi/rules.toml`: the project's decisions about the findings in its own documents, with their reasons.
//!
//! They concern house rules. A finding of another class always stops the build of the client. Therefore, it can be
//! neither lowered nor suppressed.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use hss_spec::{Class, Finding, Place, Severity};
use serde::Deserialize;
use toml::Spanned;

/// The file, relative to the root of the workspace.
pub(crate) const FILE: &str = "openapi/rules.toml";

/// The contents of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rules {
    severity: Vec<Spanned<Decision>>,
    suppress: Vec<Spanned<Suppression>>,
    answer: Vec<Exception>,
}

/// The reason why a warning of another linter is acceptable.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    pub(crate) tool: String,
    pub(crate) rule: String,
    /// Part of the warning. Empty for all warnings of the rule.
    #[serde(default)]
    pub(crate) message: String,
    pub(crate) reason: String,
}

/// The severity of the findings of a house rule, or of all house rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    /// The rule. A decision about a rule takes precedence over one about the class.
    rule: Option<String>,
    /// `house`, in place of a rule.
    class: Option<HouseClass>,
    level: Level,
    reason: String,
}

/// The only class of which the findings can be decided.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum HouseClass {
    House,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Error,
    Warning,
    Off,
}

/// Acceptable findings of a house rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suppression {
    rule: String,
    /// Part of the message. Empty for all findings of the rule.
    #[serde(default)]
    message: String,
    reason: String,
}

/// Returns the remaining findings, and one for each decision without a reason or without any effect.
///
/// # Errors
///
/// Returns an error if the file cannot be read.
pub(crate) fn apply(root: &Path, findings: Vec<Finding>) -> Result<Vec<Finding>, String> {
    let (rules, text) = read(root)?;
    Ok(decide(&rules, &Arc::from(root.join(FILE)), &text, findings))
}

/// Returns the answers to other linters.
///
/// # Errors
///
/// Returns an error if the file cannot be read, or if an answer has no reason.
pub(crate) fn exceptions(root: &Path) -> Result<Vec<Exception>, String> {
    let exceptions = read(root)?.0.answer;
    match exceptions.iter().find(|answer| answer.reason.trim().is_empty()) {
        Some(Exception { tool, rule, .. }) => Err(format!("{FILE}: missing reason for {rule} of {tool}")),
        None => Ok(exceptions),
    }
}

/// Returns the parsed file and its text. Both are empty if the file does not exist.
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
    let mut errors = Vec::new();
    let mut report_error = |rule: &'static str, at: usize, message: String, hint: &str| {
        let before = text.get(..at).unwrap_or_default();
        let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX);
        let place = Place { file: Arc::clone(path), line, column: 1 };
        let (class, severity, hint) = (Class::House, Severity::Error, hint.to_owned());
        errors.push(Finding { rule, class, severity, place, message, hint });
    };
    // The class first, so that a rule can be an exception.
    let (of_rules, of_class): (Vec<_>, Vec<_>) =
        rules.severity.iter().partition(|decision| decision.get_ref().rule.is_some());
    for decision in of_class.into_iter().chain(of_rules) {
        let (at, Decision { rule, class, level, reason }) = (decision.span().start, decision.get_ref());
        let named = match (rule.as_deref(), class) {
            (Some(rule), None) => Some(rule),
            (None, Some(HouseClass::House)) => None,
            _ => {
                let message = "an entry needs either a rule or a class".to_owned();
                report_error("rule-unknown", at, message, "write `rule = \"…\"` or `class = \"house\"`");
                continue;
            }
        };
        if reason.trim().is_empty() {
            let message = format!("missing reason for {}", named.unwrap_or("the class house"));
            report_error("reason-missing", at, message, "add a reason, or remove the entry");
        }
        if let Some(name) = named {
            match hss_spec::rule(name).map(|rule| rule.class) {
                None => {
                    let message = format!("unknown rule {name}");
                    report_error("rule-unknown", at, message, "correct its name, or remove the entry");
                }
                Some(Class::House) => {}
                Some(class) => {
                    let message = format!("{name} is of the class {class}, whose findings always stop the build");
                    report_error("rule-unknown", at, message, "remove the entry");
                }
            }
        }
        let is_decided = |found: &Finding| found.class == Class::House && named.is_none_or(|rule| found.rule == rule);
        let severity = match level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Off => {
                findings.retain(|found| !is_decided(found));
                continue;
            }
        };
        findings.iter_mut().filter(|found| is_decided(found)).for_each(|found| found.severity = severity);
    }
    for suppression in &rules.suppress {
        let (at, Suppression { rule, message, reason }) = (suppression.span().start, suppression.get_ref());
        if reason.trim().is_empty() {
            report_error(
                "reason-missing",
                at,
                format!("missing reason for {rule}"),
                "add a reason, or remove the entry",
            );
        }
        let is_suppressed = |found: &Finding| {
            found.class == Class::House && found.rule == rule && found.message.contains(message.as_str())
        };
        if !findings.iter().any(is_suppressed) {
            report_error("suppression-unused", at, format!("{rule} does not report this"), "remove the entry");
        }
        findings.retain(|found| !is_suppressed(found));
    }
    findings.extend(errors);
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: &'static str, message: &str) -> Finding {
        let place = Place { file: Arc::from(Path::new("d.yaml")), line: 1, column: 1 };
        let class = hss_spec::rule(rule).unwrap().class;
        Finding { rule, class, severity: class.severity(), place, message: message.to_owned(), hint: String::new() }
    }

    /// Returns rules and lines of the remaining findings.
    fn left(file: &str) -> Vec<(&'static str, Severity, u32)> {
        let findings =
            vec![finding("yaml-word", "`no` in A"), finding("yaml-word", "`no` in B"), finding("enum-type", "1 in C")];
        let path: Arc<Path> = Arc::from(Path::new("rules.toml"));
        let decided = decide(&toml::from_str(file).unwrap(), &path, file, findings);
        decided.into_iter().map(|found| (found.rule, found.severity, found.place.line)).collect()
    }

    const ERROR: (&str, Severity, u32) = ("enum-type", Severity::Error, 1);
    const WARNING: (&str, Severity, u32) = ("yaml-word", Severity::Warning, 1);

    #[test]
    fn decides_house_rules_but_no_others() {
        assert_eq!(left(""), [WARNING, WARNING, ERROR]);
        assert_eq!(left("[[suppress]]\nrule = 'yaml-word'\nmessage = 'in A'\nreason = 'r'\n"), [WARNING, ERROR]);
        assert_eq!(left("[[suppress]]\nrule = 'yaml-word'\nreason = 'r'\n"), [ERROR]);
        assert_eq!(left("[[severity]]\nrule = 'yaml-word'\nlevel = 'off'\nreason = 'r'\n"), [ERROR]);
        let raised = ("yaml-word", Severity::Error, 1);
        assert_eq!(left("[[severity]]\nrule = 'yaml-word'\nlevel = 'error'\nreason = 'r'\n"), [raised, raised, ERROR]);
        let class = "[[severity]]\nclass = 'house'\nlevel = 'error'\nreason = 'r'\n";
        assert_eq!(left(class), [raised, raised, ERROR]);
        // A decision about a rule takes precedence, wherever it is. A raised finding can be suppressed.
        let rule = "[[severity]]\nrule = 'yaml-word'\nlevel = 'warning'\nreason = 'r'\n";
        assert_eq!(left(&format!("{rule}{class}")), [WARNING, WARNING, ERROR]);
        let one = "[[suppress]]\nrule = 'yaml-word'\nmessage = 'in A'\nreason = 'r'\n";
        assert_eq!(left(&format!("{class}{one}")), [raised, ERROR]);
    }

    #[test]
    fn reports_decisions_without_reason_or_effect() {
        let problem = |rule, line| (rule, Severity::Error, line);
        for entry in ["rule = 'enum-type'", "rule = 'yaml-word'\nclass = 'house'", ""] {
            let found = left(&format!("[[severity]]\n{entry}\nlevel = 'off'\nreason = 'r'\n"));
            assert_eq!(found, [WARNING, WARNING, ERROR, problem("rule-unknown", 1)], "{entry}");
        }
        assert_eq!(
            left("\n[[suppress]]\nrule = 'enum-type'\nreason = 'errors stay'\n"),
            [WARNING, WARNING, ERROR, problem("suppression-unused", 2)]
        );
        assert_eq!(
            left(
                "[[suppress]]\nrule = 'yaml-word'\nreason = ' '\n[[severity]]\nrule = 'nonsense'\nlevel = 'off'\nreason = 'r'\n"
            ),
            [ERROR, problem("rule-unknown", 4), problem("reason-missing", 1)]
        );
        assert!(toml::from_str::<Rules>("[[suppress]]\nrule = 'yaml-word'\n").is_err(), "a reason is part of it");
        assert!(toml::from_str::<Rules>("[[suppres]]\n").is_err());
        let other = "[[severity]]\nclass = 'openapi'\nlevel = 'off'\nreason = 'r'\n";
        assert!(toml::from_str::<Rules>(other).is_err());
    }
}
