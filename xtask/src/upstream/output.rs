//! Prints differences, and entries of the list of accepted ones that are wrong.

use hss_spec::Place;
use serde_json::json;

use super::accepted::Problem;
use super::compare::Difference;
use crate::place::shown;
use crate::report::{self, Diagnostic, Format, Level};

const TASK: &str = "cargo xtask upstream";

/// A difference or a wrong entry.
struct Row<'r> {
    id: &'static str,
    place: &'r Place,
    message: String,
    hint: &'static str,
}

impl<'r> From<&'r Difference> for Row<'r> {
    fn from(found: &'r Difference) -> Self {
        let Difference { place, at, kind, ours, theirs, source } = found;
        let source = if source.is_empty() { String::new() } else { format!(" ({source})") };
        let message = format!("{at}: {ours} in the document, {theirs} in the SDKs{source}");
        Self { id: kind.name(), place, message, hint: kind.hint() }
    }
}

impl<'r> From<&'r Problem> for Row<'r> {
    fn from(problem: &'r Problem) -> Self {
        let Problem { place, message, hint } = problem;
        Self { id: "accepted", place, message: message.clone(), hint }
    }
}

impl<'r> From<Row<'r>> for Diagnostic<'r> {
    fn from(Row { id, place, message, hint }: Row<'r>) -> Self {
        Self { id, class: None, level: Level::Error, place, text: format!("{message} → {hint}") }
    }
}

/// Prints each difference with its position and hint.
pub(super) fn print(differences: &[Difference], problems: &[Problem], format: Format) {
    let rows = differences.iter().map(Row::from).chain(problems.iter().map(Row::from));
    match format {
        Format::Human => {
            for Row { id, place, message, hint } in rows {
                let file = shown(&place.file);
                report::line(&format_args!(
                    "{}:{}:{} {id} {message} → {hint}",
                    file.display(),
                    place.line,
                    place.column
                ));
            }
        }
        Format::Json => {
            let rows = rows.map(|Row { id, place, message, hint }| {
                json!({
                    "file": shown(&place.file).to_string_lossy(), "line": place.line, "column": place.column,
                    "kind": id, "message": message, "hint": hint,
                })
            });
            report::line(&format_args!("{:#}", rows.collect::<serde_json::Value>()));
        }
        Format::Sarif => report::sarif(TASK, &rows.map(Diagnostic::from).collect::<Vec<_>>()),
        Format::Github => report::github(&rows.map(Diagnostic::from).collect::<Vec<_>>()),
    }
}
