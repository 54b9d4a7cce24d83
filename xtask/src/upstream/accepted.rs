//! `openapi/upstream.toml`: the accepted differences from the vendor, with their reasons.

use std::path::Path;
use std::sync::Arc;

use hss_spec::Place;
use serde::Deserialize;
use toml::Spanned;

use super::aspect::Aspect;
use super::compare::Difference;

/// The file, relative to the root of the workspace.
pub(super) const FILE: &str = "openapi/upstream.toml";

/// The contents of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Accepted {
    accept: Vec<Spanned<Entry>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Places with this difference, as the task prints them.
    at: Vec<String>,
    kind: Aspect,
    /// The fact in the document. An edit of the document is not accepted.
    document: String,
    /// The fact in the SDKs. Another one in a later SDK is not accepted.
    sdk: String,
    reason: String,
}

/// An entry that has no effect or no reason.
#[derive(Debug, PartialEq)]
pub(super) struct Problem {
    pub(super) place: Place,
    pub(super) message: String,
    pub(super) hint: &'static str,
}

/// Reads the file.
pub(super) fn read(text: &str) -> Result<Accepted, String> {
    toml::from_str(text).map_err(|error| format!("{FILE}: {error}"))
}

impl Accepted {
    /// Returns whether a difference is accepted.
    pub(super) fn has(&self, found: &Difference) -> bool {
        self.accept.iter().map(Spanned::get_ref).any(|entry| entry.at.iter().any(|at| entry.is_about(at, found)))
    }
}

impl Entry {
    fn is_about(&self, at: &str, found: &Difference) -> bool {
        found.at == at && found.kind == self.kind && found.ours == self.document && found.theirs == self.sdk
    }
}

/// Removes the accepted differences. Returns their number, and the entries that are wrong.
pub(super) fn apply(
    accepted: &Accepted,
    path: &Path,
    text: &str,
    differences: &mut Vec<Difference>,
) -> (usize, Vec<Problem>) {
    let file: Arc<Path> = Arc::from(path);
    let before = differences.len();
    let all = differences.clone();
    let mut problems = Vec::new();
    for entry in &accepted.accept {
        let known = entry.get_ref();
        let Entry { at, kind, document, sdk, reason } = known;
        let line = text.get(..entry.span().start).unwrap_or_default().matches('\n').count() + 1;
        let place = Place { file: Arc::clone(&file), line: u32::try_from(line).unwrap_or(u32::MAX), column: 1 };
        let mut problem = |message: String, hint| problems.push(Problem { place: place.clone(), message, hint });
        if reason.trim().is_empty() {
            problem(format!("no reason for {}", at.join(", ")), "add a reason, or remove the entry");
        }
        if at.is_empty() {
            problem("an entry without a place".to_owned(), "add the place, or remove the entry");
        }
        for at in at {
            if !all.iter().any(|found| known.is_about(at, found)) {
                let kind = kind.name();
                let message =
                    format!("no difference `{kind}` at {at} with `{document}` in the document and `{sdk}` in the SDKs");
                problem(message, "remove the entry, or correct it");
            }
            differences.retain(|found| !known.is_about(at, found));
        }
    }
    (before - differences.len(), problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(at: &str, theirs: &str) -> Difference {
        let place = Place { file: Arc::from(Path::new("d.yaml")), line: 1, column: 1 };
        let (ours, theirs) = ("no bounds".to_owned(), theirs.to_owned());
        Difference { place, at: at.to_owned(), kind: Aspect::Length, ours, theirs, source: String::new() }
    }

    /// Returns the places of the differences that are left, and the lines of wrong entries.
    fn left(text: &str) -> (Vec<String>, Vec<u32>) {
        let mut differences = vec![difference("A.x", "1..2"), difference("A.y", "1..2")];
        let (_, problems) = apply(&read(text).unwrap(), Path::new(FILE), text, &mut differences);
        (
            differences.into_iter().map(|found| found.at).collect(),
            problems.into_iter().map(|problem| problem.place.line).collect(),
        )
    }

    const X: &str = "[[accept]]\nat = ['A.x']\nkind = 'length'\ndocument = 'no bounds'\nsdk = '1..2'\nreason = 'r'\n";

    #[test]
    fn accepts_a_difference_at_the_place_with_the_kind_and_both_facts() {
        assert_eq!(left(""), (vec!["A.x".to_owned(), "A.y".to_owned()], vec![]));
        assert_eq!(left(X), (vec!["A.y".to_owned()], vec![]));
        assert_eq!(left(&X.replace("['A.x']", "['A.x', 'A.y']")), (vec![], vec![]));
    }

    #[test]
    fn an_entry_without_effect_or_reason_is_a_problem() {
        for (from, to) in [("A.x", "A.z"), ("'length'", "'range'"), ("no bounds", "..5"), ("1..2", "1..3")] {
            let text = format!("\n{}", X.replace(from, to));
            assert_eq!(left(&text), (vec!["A.x".to_owned(), "A.y".to_owned()], vec![2]), "{to}");
        }
        assert_eq!(left(&X.replace("'A.x'", "")), (vec!["A.x".to_owned(), "A.y".to_owned()], vec![1]));
        assert_eq!(left(&X.replace("'r'", "' '")), (vec!["A.y".to_owned()], vec![1]));
        assert_eq!(left(&X.replace("['A.x']", "['A.x', 'A.z']")), (vec!["A.y".to_owned()], vec![1]));
        for part in ["document = 'no bounds'\n", "sdk = '1..2'\n", "reason = 'r'\n"] {
            assert!(read(&X.replace(part, "")).is_err(), "{part}");
        }
        assert!(read(&X.replace("'length'", "'lengths'")).is_err());
    }
}
