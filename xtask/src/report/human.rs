//! Formats findings for people.

use std::collections::HashMap;
use std::path::Path;

use hss_spec::{Finding, Place};

use crate::place::shown;

/// Returns the lines for all findings, each followed by its line in the document.
pub(super) fn lines(findings: &[Finding]) -> Vec<String> {
    let mut output = Vec::new();
    // Each file is read only once, even if it has a thousand findings.
    let mut files: HashMap<&Path, Vec<String>> = HashMap::new();
    for Finding { rule, class, severity, place, message, hint } in findings {
        let Place { file, line: number, column } = place;
        output.push(format!(
            "{}:{number}:{column} {severity} {rule} [{class}] {message} → {hint}",
            shown(file).display()
        ));
        let lines = files.entry(file).or_insert_with(|| source(file));
        if let Some(source) = usize::try_from(*number).ok().and_then(|number| lines.get(number.checked_sub(1)?))
            && let source = shorten(source)
            && !source.is_empty()
        {
            output.push(format!("{number:>6} | {source}"));
        }
    }
    output
}

/// Returns the lines of a file. Returns no lines if the file can no longer be read.
fn source(file: &Path) -> Vec<String> {
    let text = std::fs::read(file).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()
}

/// Shortens a line to fit next to its number.
fn shorten(line: &str) -> String {
    line.trim_end().chars().filter(|character| !character.is_control()).take(120).collect()
}
