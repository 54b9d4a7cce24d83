//! What tasks print.

use std::fmt::Display;
use std::io::{self, Write as _};

use hss_spec::{Finding, Place, Severity};

use crate::place::shown;

/// Prints a finding, and the line that it is about.
pub(crate) fn finding(finding: &Finding) {
    let Place { file, line: number, column } = &finding.place;
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let (rule, message, remedy) = (finding.rule, &finding.message, &finding.remedy);
    line(&format_args!("{}:{number}:{column} {severity} {rule} {message} → {remedy}", shown(file).display()));
    if let Some(source) = source_line(&finding.place) {
        line(&format_args!("{number:>6} | {source}"));
    }
}

/// Prints a line of result.
pub(crate) fn line(text: &dyn Display) {
    // A reader that has gone away, as in `| head -1`, has what it wanted; the exit status still says the rest.
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Prints why a task could not run.
pub(crate) fn error(message: &str) {
    let _ = writeln!(io::stderr().lock(), "xtask: {message}");
}

/// The line at a place, shortened to what fits beside its number.
fn source_line(place: &Place) -> Option<String> {
    let text = std::fs::read(&place.file).ok()?;
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().nth(usize::try_from(place.line).ok()?.checked_sub(1)?)?;
    let line: String = line.trim_end().chars().filter(|character| !character.is_control()).take(120).collect();
    (!line.is_empty()).then_some(line)
}
