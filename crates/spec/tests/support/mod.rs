//! A document without findings, and functions to introduce errors into it.

#![allow(dead_code, reason = "each test file uses a part of this")]

use std::path::Path;

use hss_spec::{Document, Finding, check, parse};

/// A small document that satisfies all rules. `tests/support/good.yaml`.
pub(crate) const GOOD: &str = include_str!("good.yaml");

/// Returns the valid document with its first `from` replaced by `to`.
pub(crate) fn spoilt(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "the good document has no `{from}`");
    GOOD.replacen(from, to, 1)
}

/// Parses a document without errors.
pub(crate) fn document(text: &str) -> Document {
    parse(Path::new("good.yaml"), text).unwrap_or_else(|findings| panic!("{}", show(&findings)))
}

/// Returns the findings of the loader or, if it succeeds, of the rules.
pub(crate) fn findings(text: &str) -> Vec<Finding> {
    match parse(Path::new("good.yaml"), text) {
        Ok(document) => check(&document),
        Err(findings) => findings,
    }
}

/// Returns `rule line:column` for each finding.
pub(crate) fn brief(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|f| format!("{} {}:{}", f.rule, f.place.line, f.place.column)).collect()
}

/// Returns one line for each finding.
pub(crate) fn show(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}

/// Asserts that replacing `from` by `to` gives exactly these findings, in the order of their positions.
///
/// `^` in `to` marks the position of the next finding that is given as `rule` alone; it is not part of the text. A
/// finding outside of `to` is given as `rule | text`. Its position is the first occurrence of the text in the document.
#[track_caller]
pub(crate) fn expect(from: &str, to: &str, expected: &[&str]) {
    expect_of(findings, from, to, expected);
}

/// Like [`expect`], with another check.
#[track_caller]
pub(crate) fn expect_of(check: fn(&str) -> Vec<Finding>, from: &str, to: &str, expected: &[&str]) {
    let (text, marks) = marked(spoilt(from, to));
    let mut marks = marks.into_iter();
    let mut located = Vec::new();
    for finding in expected {
        located.push(match finding.split_once(" | ") {
            Some((rule, at)) => format!("{rule} {}", place(&text, text.find(at).expect(at))),
            None => format!("{finding} {}", marks.next().expect("a mark for each finding")),
        });
    }
    assert_eq!(marks.next(), None, "a mark without finding");
    let found = check(&text);
    assert_eq!(brief(&found), located, "`{from}` → `{to}`:\n{}", show(&found));
}

/// Returns the text without its marks `^`, and `line:column` of each.
pub(crate) fn marked(mut text: String) -> (String, Vec<String>) {
    let mut marks = Vec::new();
    while let Some(offset) = text.find('^') {
        marks.push(place(&text, offset));
        text.remove(offset);
    }
    (text, marks)
}

/// Returns the findings of the loader or, if it succeeds, of all checks.
#[cfg(feature = "examples")]
pub(crate) fn all_findings(text: &str) -> Vec<Finding> {
    let document = match parse(Path::new("good.yaml"), text) {
        Ok(document) => document,
        Err(findings) => return findings,
    };
    let mut findings = check(&document);
    findings.extend(hss_spec::check_examples(&document, &findings));
    findings.extend(hss_spec::check_documentation(&document));
    findings.sort_by(|a, b| a.place.cmp(&b.place));
    findings
}

/// Returns `line:column` of a byte.
fn place(text: &str, offset: usize) -> String {
    let before = &text[..offset];
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!("{}:{column}", before.matches('\n').count() + 1)
}

/// Asserts that the findings contain this text.
#[track_caller]
pub(crate) fn says(from: &str, to: &str, words: &str) {
    let shown = show(&findings(&spoilt(from, to)));
    assert!(shown.contains(words), "{shown}");
}
