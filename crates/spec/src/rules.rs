//! The rules for documents. If all of them pass, code generation succeeds and gives the expected code.

mod enums;
mod extensions;
mod media;
mod names;
mod operations;
mod parameters;
mod paths;
mod references;
mod responses;
mod schemas;
mod structure;

use crate::finding::Report;
use crate::outline::Outline;
use crate::{Document, Finding, Node, Place};

/// A rule, which reads the outline and reports findings. It must not rely on the checks of other rules.
type Rule = fn(&Outline<'_>, &mut Report);

/// Checks a document with all rules. The findings are sorted by position.
#[must_use]
pub fn check(document: &Document) -> Vec<Finding> {
    let outline = Outline::new(document);
    let mut report = Report::default();
    report.extend(document.findings());
    let subjects = [
        structure::RULES,
        references::RULES,
        paths::RULES,
        operations::RULES,
        parameters::RULES,
        responses::RULES,
        media::RULES,
        schemas::RULES,
        enums::RULES,
        names::RULES,
        extensions::RULES,
    ];
    for rule in subjects.into_iter().flatten() {
        rule(&outline, &mut report);
    }
    report.into_findings()
}

/// Returns the position of a key in `node`, or of `node` if it does not have the key.
fn place_of<'d>(node: &'d Node, key: &str) -> &'d Place {
    node.entry(key).map_or(&node.place, |(key, _)| &key.place)
}
