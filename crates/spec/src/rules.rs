//! The rules: what a document must be, so that generating from it neither fails nor surprises.

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

/// A rule reads the outline and reports what it finds. It may not rely on what another rule has checked.
type Rule = fn(&Outline<'_>, &mut Report);

/// Checks a document by all rules. The findings are sorted by place.
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

/// The place of a key in `node`, or of `node` where it does not have the key.
fn place_of<'d>(node: &'d Node, key: &str) -> &'d Place {
    node.entry(key).map_or(&node.place, |(key, _)| &key.place)
}
