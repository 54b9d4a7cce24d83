//! The checks of documents. If none finds a problem of the classes openapi and generator, code can be generated.

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

/// A check of one or several rules. It reads the outline and reports findings. It must not rely on other checks.
type Check = fn(&Outline<'_>, &mut Report);

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
