//! What is wrong with a document, where, and what to do about it.

use std::fmt;

use crate::excerpt::shorten;
use crate::{Place, RULES};

/// More findings than this are not collected: nobody reads them, and a hostile document could make millions.
const MOST_FINDINGS: usize = 1000;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing may be generated from the document.
    Error,
    /// The document works, but should be better.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One thing that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable id of the rule, in kebab case.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, severity, place, message, hint } = self;
        write!(f, "{place} {severity} {rule} {message} → {hint}")
    }
}

/// Collects findings, up to a limit.
#[derive(Debug, Default)]
pub(crate) struct Report {
    findings: Vec<Finding>,
}

impl Report {
    /// Adds an error.
    pub(crate) fn error(
        &mut self,
        rule: &'static str,
        place: &Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add(rule, Severity::Error, place, message.into(), hint.into());
    }

    /// Adds a warning.
    pub(crate) fn warning(
        &mut self,
        rule: &'static str,
        place: &Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add(rule, Severity::Warning, place, message.into(), hint.into());
    }

    /// Adds findings that were made elsewhere.
    pub(crate) fn extend(&mut self, findings: &[Finding]) {
        let room = MOST_FINDINGS.saturating_sub(self.findings.len());
        self.findings.extend(findings.iter().take(room).cloned());
    }

    /// Whether nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// The findings, sorted by place; those of one place stay in the order in which they were made.
    pub(crate) fn into_findings(self) -> Vec<Finding> {
        let mut findings = self.findings;
        findings.sort_by(|a, b| a.place.cmp(&b.place));
        findings
    }

    fn add(&mut self, rule: &'static str, severity: Severity, place: &Place, message: String, hint: String) {
        debug_assert!(RULES.contains(&rule), "{rule} is not in RULES");
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(Finding { rule, severity, place: place.clone(), message, hint });
        } else if self.findings.len() == MOST_FINDINGS {
            self.findings.push(Finding {
                rule: "too-many-findings",
                severity: Severity::Error,
                place: place.clone(),
                message: format!("there are more than {MOST_FINDINGS} findings; the rest is not shown"),
                hint: "correct these first".to_owned(),
            });
        }
    }
}

/// One error, as the loader returns it.
pub(crate) fn refuse(
    rule: &'static str,
    place: &Place,
    message: impl Into<String>,
    hint: impl Into<String>,
) -> Vec<Finding> {
    let mut report = Report::default();
    report.error(rule, place, message, hint);
    report.into_findings()
}

/// Reports a key that a map has twice.
pub(crate) fn duplicate_key(report: &mut Report, name: &str, place: &Place, earlier: &Place) {
    report.error(
        "duplicate-key",
        place,
        format!("the key `{}` is already given at {earlier}", shorten(name)),
        "keep one of the two",
    );
}
