//! Findings in the format that code hosts and editors exchange: SARIF 2.1.0.

use std::collections::BTreeSet;

use hss_spec::Finding;
use serde_json::json;

use crate::place::shown;

pub(super) fn text(findings: &[Finding]) -> String {
    let rules: BTreeSet<_> = findings.iter().map(|finding| finding.rule).collect();
    let rules: Vec<_> = rules.into_iter().map(|rule| json!({"id": rule})).collect();
    let results: Vec<_> = findings
        .iter()
        .map(|finding| {
            // A URI has slashes, whatever the system has.
            let uri = shown(&finding.place.file).to_string_lossy().replace('\\', "/");
            let region = json!({"startLine": finding.place.line, "startColumn": finding.place.column});
            json!({
                "ruleId": finding.rule,
                "level": finding.severity.to_string(),
                "message": {"text": format!("{} → {}", finding.message, finding.remedy)},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}],
            })
        })
        .collect();
    let sarif = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            // Columns count Unicode scalar values.
            "columnKind": "unicodeCodePoints",
            "tool": {"driver": {"name": "cargo xtask check", "rules": rules}},
            "results": results,
        }],
    });
    format!("{sarif:#}")
}
