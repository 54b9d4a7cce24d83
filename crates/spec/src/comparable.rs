//! Finds what prevents a comparison of documents.

use std::collections::HashSet;

use crate::grammar::Kind;
use crate::outline::Outline;
use crate::{Class, Document, Finding, check};

/// Rules of OpenAPI whose findings leave nothing uncompared. A missing key counts as absent; the path determines its
/// parameters; an unknown type is compared as a name.
const TOLERATED: [&str; 6] = [
    "missing-key",
    "path-parameter-required",
    "path-parameter-undeclared",
    "path-parameter-unused",
    "required-duplicate",
    "schema-type",
];

/// Rules of other classes. The target of such a reference is not compared, and only one of two equal paths.
const ALSO: [&str; 6] = ["path-ambiguous", "ref-chain", "ref-dangling", "ref-external", "ref-loop", "ref-path"];

/// Checks whether [`diff`](crate::diff) can compare every part of a document. Returns the findings that prevent this:
/// those of the class [`Class::OpenApi`] that make parts invisible or ambiguous, and references without a target.
///
/// A document can be compared although [`check`] has other findings, for example a response without a description.
#[must_use]
pub fn check_comparable(document: &Document) -> Vec<Finding> {
    let outline = Outline::new(document);
    // Without them, a parameter has no identity.
    let is_named = |node: &crate::Node| node.text("name").is_some() && node.text("in").is_some();
    let parameters = outline.of_kind(Kind::Parameter).filter(|site| !is_named(site.node));
    let unnamed: HashSet<_> =
        parameters.map(|site| site.key.map_or(&site.node.place, |key| &key.place).clone()).collect();
    let mut findings = check(document);
    findings.retain(|finding| match finding.rule {
        "missing-key" if unnamed.contains(&finding.place) => true,
        rule if ALSO.contains(&rule) => true,
        rule => finding.class == Class::OpenApi && !TOLERATED.contains(&rule),
    });
    findings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{parse, rule};

    /// Returns the rules that prevent the comparison of a document with these paths.
    fn rules(paths: &str) -> Vec<&'static str> {
        let text = format!("openapi: 3.0.3\ninfo: {{title: t, version: v}}\npaths:\n{paths}");
        let document = parse(Path::new("t.yaml"), &text).unwrap();
        check_comparable(&document).iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn all_rules_exist() {
        for id in TOLERATED.iter().chain(&ALSO) {
            assert!(rule(id).is_some(), "{id}");
        }
    }

    #[test]
    fn documents_with_missing_keys_can_be_compared() {
        let none: [&str; 0] = [];
        assert_eq!(rules("  /a/{b}:\n    get:\n      responses: {'200': {}}\n"), none);
        assert_eq!(rules("  /a:\n    get:\n      parameters: [{in: path, name: c, schema: {type: text}}]\n"), none);
    }

    #[test]
    fn invisible_and_ambiguous_parts_prevent_a_comparison() {
        let get = "get: {responses: {'200': {description: d}}}";
        assert_eq!(rules(&format!("  /a/{{b}}: {{{get}}}\n  /a/{{c}}: {{{get}}}\n")), ["path-ambiguous"]);
        assert_eq!(rules("  /a:\n    get:\n      responses: {'200': {$ref: 'b.yaml#/c'}}\n"), ["ref-external"]);
        assert_eq!(rules("  /a:\n    get:\n      respones: {}\n"), ["unknown-key"]);
        assert_eq!(rules("  /a:\n    get:\n      responses: []\n"), ["wrong-type"]);
        assert_eq!(
            rules("  /a:\n    get:\n      parameters: [{in: query, schema: {}}]\n      responses: {}\n"),
            ["missing-key"]
        );
    }
}
