//! Formats remarks as SARIF 2.1.0, a format for code hosts and editors.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Diagnostic, Level};
use crate::place::shown;

/// Returns the remarks of a task, for example `cargo xtask check`.
pub(super) fn text(task: &str, diagnostics: &[Diagnostic<'_>]) -> String {
    let rules: BTreeMap<_, _> = diagnostics.iter().map(|diagnostic| (diagnostic.id, diagnostic.class)).collect();
    let rules: Vec<_> = rules
        .into_iter()
        .map(|(rule, class)| match class {
            Some(class) => json!({"id": rule, "properties": {"tags": [class.name()]}}),
            None => json!({"id": rule}),
        })
        .collect();
    let results: Vec<_> = diagnostics
        .iter()
        .map(|Diagnostic { id, level, place, text, .. }| {
            let level = match level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "note",
            };
            // A URI has slashes on every system.
            let uri = shown(&place.file).to_string_lossy().replace('\\', "/");
            let region = json!({"startLine": place.line, "startColumn": place.column});
            json!({
                "ruleId": id,
                "level": level,
                "message": {"text": text},
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
            "tool": {"driver": {"name": task, "rules": rules}},
            "results": results,
        }],
    });
    format!("{sarif:#}")
}
