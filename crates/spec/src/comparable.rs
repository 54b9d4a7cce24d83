//! Finds what prevents a comparison of documents.

use crate::finding::Report;
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

/// Rules of other classes: the target of such a reference is not compared.
const ALSO: [&str; 5] = ["ref-chain", "ref-dangling", "ref-external", "ref-loop", "ref-path"];

/// Checks whether [`diff`](crate::diff) can compare every part of a document. Returns the findings that prevent this:
/// those of the class [`Class::OpenApi`] that make parts invisible or ambiguous, and references without a target.
///
/// A document can be compared although [`check`] has other findings, for example a response without a description.
#[must_use]
pub fn check_comparable(document: &Document) -> Vec<Finding> {
    let mut findings = check(document);
    findings.retain(|finding| {
        ALSO.contains(&finding.rule) || finding.class == Class::OpenApi && !TOLERATED.contains(&finding.rule)
    });
    findings.extend(unnamed_parameters(document));
    findings.sort_by(|a, b| a.place.cmp(&b.place));
    findings
}

/// A parameter without name or location cannot be found in the other document. The findings of [`check`] may lack it,
/// because their number is limited.
fn unnamed_parameters(document: &Document) -> Vec<Finding> {
    let mut report = Report::default();
    let outline = Outline::new(document);
    for site in outline.of_kind(Kind::Parameter) {
        // Another rule reports values that are not strings.
        if let Some(key) = ["name", "in"].into_iter().find(|key| site.node.get(key).is_none()) {
            let place = site.key.map_or(&site.node.place, |key| &key.place);
            report.add("missing-key", place, format!("the parameter has no `{key}`"), format!("add `{key}`"));
        }
    }
    report.into_findings()
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
    fn a_missing_key_counts_as_absent() {
        let none: [&str; 0] = [];
        assert_eq!(rules("  /a/{b}:\n    get:\n      responses: {'200': {}}\n"), none);
        assert_eq!(rules("  /a:\n    get:\n      parameters: [{in: path, name: c, schema: {type: text}}]\n"), none);
    }

    #[test]
    fn invisible_and_ambiguous_parts_prevent_a_comparison() {
        assert_eq!(rules("  /a:\n    get:\n      responses: {'200': {$ref: 'b.yaml#/c'}}\n"), ["ref-external"]);
        assert_eq!(rules("  /a:\n    get:\n      respones: {}\n"), ["unknown-key"]);
        assert_eq!(rules("  /a:\n    get:\n      responses: []\n"), ["wrong-type"]);
        assert_eq!(
            rules("  /a:\n    get:\n      parameters: [{in: query, schema: {}}]\n      responses: {}\n"),
            ["missing-key"]
        );
        assert_eq!(
            rules("  /a:\n    get:\n      parameters: [{name: 7, in: query}]\n      responses: {}\n"),
            ["wrong-type"]
        );
    }

    #[test]
    fn paths_that_match_the_same_requests_can_be_compared() {
        let get = "get: {responses: {'200': {description: d}}}";
        let none: [&str; 0] = [];
        assert_eq!(rules(&format!("  /a/{{b}}: {{{get}}}\n  /a/{{c}}: {{{get}}}\n")), none);
    }

    #[test]
    fn the_limit_of_findings_hides_no_parameter_without_a_name() {
        let mut paths: String =
            (0..1001).map(|number| format!("  /a{number}: {{get: {{responses: {{'200': {{}}}}}}}}\n")).collect();
        paths.push_str("  /b:\n    get:\n      parameters: [{in: query, schema: {}}]\n      responses: {}\n");
        assert_eq!(rules(&paths), ["missing-key"]);
    }
}
