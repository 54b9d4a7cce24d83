//! The table of rules: every rule has a class and an example, for which it reports exactly the marked positions.

#![cfg(feature = "examples")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use hss_spec::{Class, Example, Rule, rules};
use support::{GOOD, all_findings, marked, show};

/// Returns the document of an example without its marks, and the marked positions.
fn document(rule: &Rule) -> Option<(String, Vec<String>)> {
    if let Example::Edits(edits) = rule.example {
        let missing = edits.iter().find(|(from, _)| !GOOD.contains(from));
        assert_eq!(missing, None, "{}: the document of the tests has no such text", rule.id);
    }
    rule.example.marked(GOOD).map(marked)
}

#[test]
fn the_valid_document_has_no_findings_of_any_class() {
    assert_eq!(show(&all_findings(GOOD)), "");
}

#[test]
fn each_rule_reports_its_example_at_the_marks() {
    let mut wrong = Vec::new();
    for rule in rules() {
        let Some((text, marks)) = document(rule) else { continue };
        let found = all_findings(&text);
        let at: Vec<_> = found
            .iter()
            .filter(|finding| finding.rule == rule.id)
            .map(|finding| format!("{}:{}", finding.place.line, finding.place.column))
            .collect();
        if at != marks || marks.is_empty() {
            wrong.push(format!("{}: marks {marks:?}, findings\n{}", rule.id, show(&found)));
        }
        if found.iter().any(|finding| finding.class != rule.class && finding.class < Class::House) {
            wrong.push(format!("{}: a finding of another class\n{}", rule.id, show(&found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn ids_are_unique_and_sorted_within_their_class() {
    for class in Class::ALL {
        let ids: Vec<_> = rules().filter(|rule| rule.class == class).map(|rule| rule.id).collect();
        assert!(ids.is_sorted(), "{ids:?}");
    }
    let mut ids: Vec<_> = rules().map(|rule| rule.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), rules().count());
    assert!(rules().all(|rule| !rule.meaning.is_empty() && !rule.meaning.ends_with('.')));
}
