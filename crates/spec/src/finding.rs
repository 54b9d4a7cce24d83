//! Findings: problems in a document, with their positions and hints.

use std::collections::HashMap;
use std::fmt;

use crate::catalogue::rule;
use crate::excerpt::shorten;
use crate::{Class, Place, Severity};

/// Maximum number of findings of one rule. A hostile document could cause millions.
const MAX_FINDINGS: usize = 1000;

/// A problem that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable id of the rule, in kebab case.
    pub rule: &'static str,
    /// Class of the rule.
    pub class: Class,
    /// Severity: that of the class, unless a caller changes it.
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
        let Self { rule, class, severity, place, message, hint } = self;
        write!(f, "{place} {severity} {rule} [{class}] {message} → {hint}")
    }
}

/// Collects findings, up to a limit for each rule.
#[derive(Debug, Default)]
pub(crate) struct Report {
    findings: Vec<Finding>,
    counts: HashMap<&'static str, Count>,
}

/// The findings of one rule.
#[derive(Debug)]
struct Count {
    class: Class,
    found: usize,
    /// Position of the first finding that was not collected.
    omitted: Option<Place>,
}

impl Report {
    /// Adds a finding.
    pub(crate) fn add(
        &mut self,
        rule: &'static str,
        place: &Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let count = self.counts.entry(rule).or_insert_with(|| Count { class: class_of(rule), found: 0, omitted: None });
        count.found += 1;
        if count.found > MAX_FINDINGS {
            count.omitted.get_or_insert_with(|| place.clone());
            return;
        }
        let class = count.class;
        let (message, hint) = (message.into(), hint.into());
        self.findings.push(Finding { rule, class, severity: class.severity(), place: place.clone(), message, hint });
    }

    /// Adds existing findings.
    pub(crate) fn extend(&mut self, findings: &[Finding]) {
        for Finding { rule, place, message, hint, .. } in findings {
            self.add(rule, place, message, hint);
        }
    }

    /// Returns whether there are no findings.
    pub(crate) fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns the findings, sorted by position. Findings with the same position keep their order. If a rule has more
    /// findings than the limit, its last one states how many are missing.
    pub(crate) fn into_findings(self) -> Vec<Finding> {
        let mut findings = self.findings;
        for (rule, Count { class, found, omitted }) in self.counts {
            let Some(place) = omitted else { continue };
            let message = format!("{} more findings of this rule are not shown", found - MAX_FINDINGS);
            let hint = "correct the others first".to_owned();
            findings.push(Finding { rule, class, severity: class.severity(), place, message, hint });
        }
        findings.sort_by(|a, b| a.place.cmp(&b.place));
        // A default that several operations have is visited in each.
        findings.dedup();
        findings
    }
}

fn class_of(id: &str) -> Class {
    let rule = rule(id);
    debug_assert!(rule.is_some(), "{id} is not in the table of rules");
    rule.map_or(Class::Generator, |rule| rule.class)
}

/// Returns a single finding in the form that the loader returns.
pub(crate) fn refuse(
    rule: &'static str,
    place: &Place,
    message: impl Into<String>,
    hint: impl Into<String>,
) -> Vec<Finding> {
    let mut report = Report::default();
    report.add(rule, place, message, hint);
    report.into_findings()
}

/// Reports a duplicate key of a map.
pub(crate) fn duplicate_key(report: &mut Report, name: &str, place: &Place, earlier: &Place) {
    report.add(
        "duplicate-key",
        place,
        format!("the key `{}` is already given at {earlier}", shorten(name)),
        "keep one of the two",
    );
}
