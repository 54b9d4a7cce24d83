//! Formats remarks as workflow commands of GitHub Actions.

use super::{Diagnostic, Level};
use crate::place::shown;

pub(super) fn text(diagnostic: &Diagnostic<'_>) -> String {
    let Diagnostic { id, class, level, place, text } = diagnostic;
    let command = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let file = property(&shown(&place.file).to_string_lossy());
    let class = class.map(|class| format!(" ({class})")).unwrap_or_default();
    format!("::{command} file={file},line={},col={},title={id}{class}::{}", place.line, place.column, data(text))
}

/// Escapes characters that would end a command or one of its parts.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
