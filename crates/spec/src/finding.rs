//! Findings: problems in a document, with their positions and hints.

use std::fmt;

use crate::excerpt::shorten;
use crate::{Place, RULES};

/// Maximum number of collected findings. A hostile document could cause millions.
const MAX_FINDINGS: usize = 1000;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// No code may be generated from the document.
    Error,
    /// The document is usable, but should be improved.
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

/// A problem that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable id of the rule, in kebab case.
    pub rule: &'static str,
    /// Severity.
    pub severity: Severity,
    /// Position.
    pub place: Place,
    /// Description of the problem.
    pub message: String,
    /// How to fix the problem.
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

    /// Adds existing findings.
    pub(crate) fn extend(&mut self, findings: &[Finding]) {
        let room = MAX_FINDINGS.saturating_sub(self.findings.len());
        self.findings.extend(findings.iter().take(room).cloned());
    }

    /// Returns whether there are no findings.
    pub(crate) fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns the findings, sorted by position. Findings with the same position keep their order.
    pub(crate) fn into_findings(self) -> Vec<Finding> {
        let mut findings = self.findings;
        findings.sort_by(|a, b| a.place.cmp(&b.place));
        findings
    }

    fn add(&mut self, rule: &'static str, severity: Severity, place: &Place, message: String, hint: String) {
        debug_assert!(RULES.contains(&rule), "{rule} is not in RULES");
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding { rule, severity, place: place.clone(), message, hint });
        } else if self.findings.len() == MAX_FINDINGS {
            self.findings.push(Finding {
                rule: "too-many-findings",
                severity: Severity::Error,
                place: place.clone(),
                message: format!("more than {MAX_FINDINGS} findings; the others are not shown"),
                hint: "correct these first".to_owned(),
            });
        }
    }
}

/// Returns a single error in the form that the loader returns.
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

/// Reports a duplicate key of a map.
pub(crate) fn duplicate_key(report: &mut Report, name: &str, place: &Place, earlier: &Place) {
    report.error(
        "duplicate-key",
        place,
        format!("the key `{}` is already given at {earlier}", shorten(name)),
        "keep one of the two",
    );
}
