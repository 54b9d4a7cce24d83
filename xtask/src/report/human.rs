//! Findings for people.

use hss_spec::{Finding, Place};

use super::line;
use crate::place::shown;

/// Prints a finding, and the line that it is about.
pub(crate) fn finding(finding: &Finding) {
    let Finding { rule, severity, place, message, remedy } = finding;
    let Place { file, line: number, column } = place;
    line(&format_args!("{}:{number}:{column} {severity} {rule} {message} → {remedy}", shown(file).display()));
    if let Some(source) = source_line(place) {
        line(&format_args!("{number:>6} | {source}"));
    }
}

/// The line at a place, shortened to what fits beside its number.
fn source_line(place: &Place) -> Option<String> {
    let text = std::fs::read(&place.file).ok()?;
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().nth(usize::try_from(place.line).ok()?.checked_sub(1)?)?;
    let line: String = line.trim_end().chars().filter(|character| !character.is_control()).take(120).collect();
    (!line.is_empty()).then_some(line)
}
