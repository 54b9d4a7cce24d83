//! Formats findings as JSON.

use hss_spec::Finding;
use serde_json::{Value, json};

use crate::place::shown;

pub(super) fn text(findings: &[Finding]) -> String {
    let object = |finding: &Finding| {
        json!({
            "file": shown(&finding.place.file).to_string_lossy(),
            "line": finding.place.line,
            "column": finding.place.column,
            "severity": finding.severity.to_string(),
            "class": finding.class.name(),
            "rule": finding.rule,
            "message": finding.message,
            "hint": finding.hint,
        })
    };
    format!("{:#}", Value::from(findings.iter().map(object).collect::<Vec<_>>()))
}
