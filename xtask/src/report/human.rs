//! Prints findings for people.

use std::collections::HashMap;
use std::path::Path;

use hss_spec::{Finding, Place};

use super::line;
use crate::place::shown;

/// Prints findings, each with its line in the document.
pub(super) fn print(findings: &[Finding]) {
    // Each file is read only once, even if it has a thousand findings.
    let mut files: HashMap<&Path, Vec<String>> = HashMap::new();
    for Finding { rule, class, severity, place, message, hint } in findings {
        let Place { file, line: number, column } = place;
        line(&format_args!(
            "{}:{number}:{column} {severity} {rule} [{class}] {message} → {hint}",
            shown(file).display()
        ));
        let lines = files.entry(file).or_insert_with(|| lines(file));
        if let Some(source) = usize::try_from(*number).ok().and_then(|number| lines.get(number.checked_sub(1)?))
            && let source = shorten(source)
            && !source.is_empty()
        {
            line(&format_args!("{number:>6} | {source}"));
        }
    }
}

/// Returns the lines of a file. Returns no lines if the file can no longer be read.
fn lines(file: &Path) -> Vec<String> {
    let text = std::fs::read(file).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()
}

/// Shortens a line to fit next to its number.
fn shorten(line: &str) -> String {
    line.trim_end().chars().filter(|character| !character.is_control()).take(120).collect()
}
