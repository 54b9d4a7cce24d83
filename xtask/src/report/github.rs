//! Findings as workflow commands of GitHub Actions.

use hss_spec::Finding;

use crate::place::shown;

pub(super) fn text(finding: &Finding) -> String {
    let Finding { rule, severity, place, message, remedy } = finding;
    let file = property(&shown(&place.file).to_string_lossy());
    let (line, column) = (place.line, place.column);
    let text = data(&format!("{message} → {remedy}"));
    format!("::{severity} file={file},line={line},col={column},title={rule}::{text}")
}

/// What would end a command or its parts is escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
