//! Findings for people.

use std::collections::HashMap;
use std::path::Path;

use hss_spec::{Finding, Place};

use super::line;
use crate::place::shown;

/// Prints findings, each with the line that it is about.
pub(super) fn print(findings: &[Finding]) {
    // A file that has a thousand findings is read once.
    let mut files: HashMap<&Path, Vec<String>> = HashMap::new();
    for Finding { rule, severity, place, message, hint } in findings {
        let Place { file, line: number, column } = place;
        line(&format_args!("{}:{number}:{column} {severity} {rule} {message} → {hint}", shown(file).display()));
        let lines = files.entry(file).or_insert_with(|| lines(file));
        if let Some(source) = usize::try_from(*number).ok().and_then(|number| lines.get(number.checked_sub(1)?))
            && !source.is_empty()
        {
            line(&format_args!("{number:>6} | {source}"));
        }
    }
}

/// The lines of a file, each shortened to what fits beside its number; none if it cannot be read any more.
fn lines(file: &Path) -> Vec<String> {
    let text = std::fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let shortened =
        |line: &str| line.trim_end().chars().filter(|character| !character.is_control()).take(120).collect();
    text.lines().map(shortened).collect()
}
