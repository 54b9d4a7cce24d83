//! Compiles the clients of documents that break the rules of this project. Such a rule is a warning, because code can be
//! generated despite its findings. `hss-codegen` tests that it is generated; this test, that it compiles.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod workspace_copy;

use std::path::Path;

use hss_spec::{Class, Example, Rule, rules};
use workspace_copy::WorkspaceCopy;

const GOOD: &str = include_str!("../../crates/spec/tests/support/good.yaml");

/// Returns the ids of the rules of the class house with findings in a document, without those about examples and
/// documentation, which the generator ignores.
fn broken_rules(text: &str) -> Vec<&'static str> {
    let document = hss_spec::parse(Path::new("good.yaml"), text).unwrap_or_else(|findings| panic!("{findings:?}"));
    let findings = hss_spec::check(&document);
    findings.iter().map(|finding| if finding.class == Class::House { finding.rule } else { "" }).collect()
}

/// Combines the examples of the rules to as few documents as possible, since each takes a while to compile. An example
/// is added to a document only if each rule still has a finding there.
fn documents() -> Vec<String> {
    let mut documents: Vec<(String, Vec<&Rule>)> = Vec::new();
    for rule in rules().filter(|rule| rule.class == Class::House) {
        let Example::Edits(edits) = rule.example else { panic!("{}: not a document", rule.id) };
        let with = |text: &str| {
            let is_complete = edits.iter().all(|(from, _)| text.contains(from));
            is_complete.then(|| rule.example.marked(text).unwrap().replace('^', ""))
        };
        let alone = broken_rules(&with(GOOD).unwrap());
        if !alone.contains(&rule.id) {
            continue;
        }
        let found = documents.iter_mut().find_map(|(text, rules)| {
            let combined = with(text)?;
            let broken = broken_rules(&combined);
            let all = rules.iter().chain([&rule]).all(|rule| broken.contains(&rule.id)) && !broken.contains(&"");
            all.then_some((text, rules, combined))
        });
        match found {
            Some((text, rules, combined)) => {
                *text = combined;
                rules.push(rule);
            }
            None => documents.push((with(GOOD).unwrap(), vec![rule])),
        }
    }
    documents.into_iter().map(|(text, _)| text).collect()
}

fn main_of(name: &str) -> String {
    format!(
        r#"#![allow(warnings)]
#[path = "../client.rs"]
mod client;
mod generated {{
    use huaweicloud_core::IAM as SERVICE;
    include!("../generated/{name}.rs");
}}
pub use client::Client;
pub use generated::{{models, operations, requests}};
pub use huaweicloud_core::*;
fn main() {{}}
"#
    )
}

#[test]
#[ignore = "compiles for minutes"]
fn the_code_of_a_document_that_breaks_house_rules_compiles() {
    let mut copy = WorkspaceCopy::new("house-rules");
    copy.add_clients("house-rules");
    let documents = documents();
    for (number, text) in documents.iter().enumerate() {
        let name = format!("document-{number}");
        let document = hss_spec::parse(Path::new("good.yaml"), text).unwrap();
        let generated = hss_codegen::generate(&document, None).unwrap_or_else(|error| panic!("{error}\n{text}"));
        copy.insert(format!("house-rules/src/generated/{name}.rs"), generated.client);
        copy.insert(format!("house-rules/src/bin/{name}.rs"), main_of(&name));
    }
    let (_, mut cargo) = copy.cargo();
    // All packages are selected, so that cargo resolves features for the whole workspace.
    let output = cargo.args(["build", "--offline", "--workspace", "--keep-going"]);
    let output =
        output.args((0..documents.len()).flat_map(|number| ["--bin".to_owned(), format!("document-{number}")]));
    let output = output.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
