//! The classes of rules: code can be generated despite findings of the class house, but of no other class.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use hss_codegen::{Error, Generated, generate};
use hss_spec::{Class, Rule, parse, rules};

const GOOD: &str = include_str!("../../spec/tests/support/good.yaml");

/// Generates code from the example of a rule. Returns `None` if the document cannot be loaded.
fn generated(rule: &Rule) -> Option<Result<Generated, Error>> {
    let text = rule.example.marked(GOOD)?.replace('^', "");
    let document = parse(Path::new("good.yaml"), &text).ok()?;
    Some(generate(&document, Some("hss_client")))
}

#[test]
fn code_can_be_generated_despite_each_house_rule() {
    let mut wrong = Vec::new();
    for rule in rules().filter(|rule| rule.class == Class::House) {
        match generated(rule) {
            Some(Ok(_)) => {}
            Some(Err(error)) => wrong.push(format!("{}: {error}", rule.id)),
            None => wrong.push(format!("{}: the example cannot be loaded", rule.id)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
