//! Prints differences, and entries of the list of accepted ones that are wrong.

use serde_json::json;

use super::accepted::Problem;
use super::compare::Difference;
use crate::place::shown;
use crate::report::{self, Diagnostic, Format, Level};

const TASK: &str = "cargo xtask upstream";

/// Prints each difference with its position and hint.
pub(super) fn print(differences: &[Difference], problems: &[Problem], format: Format) {
    let text = |found: &Difference| {
        format!("{}: {} in the document, {} in the SDKs → {}", found.at, found.ours, found.theirs, found.kind.hint())
    };
    let diagnostic = |id, place, text| Diagnostic { id, class: None, level: Level::Error, place, text };
    let differences_shown = differences.iter().map(|found| diagnostic(found.kind.name(), &found.place, text(found)));
    let problems_shown = problems
        .iter()
        .map(|problem| diagnostic("accepted", &problem.place, format!("{} → {}", problem.message, problem.hint)));
    let all: Vec<_> = differences_shown.chain(problems_shown).collect();
    match format {
        Format::Human => {
            for Diagnostic { id, place, text, .. } in all {
                let file = shown(&place.file);
                report::line(&format_args!("{}:{}:{} {id} {text}", file.display(), place.line, place.column));
            }
        }
        Format::Json => {
            let list: Vec<_> = all
                .iter()
                .map(|Diagnostic { id, place, text, .. }| {
                    json!({
                        "file": shown(&place.file).to_string_lossy(), "line": place.line, "column": place.column,
                        "kind": id, "message": text,
                    })
                })
                .collect();
            report::line(&format_args!("{:#}", json!(list)));
        }
        Format::Sarif => report::sarif(TASK, &all),
        Format::Github => report::github(&all),
    }
}
