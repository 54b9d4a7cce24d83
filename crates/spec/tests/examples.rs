//! Validation of examples against their schemas.

#![cfg(feature = "examples")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use hss_spec::{Finding, check_examples, load};
use support::{GOOD, brief, document, show, spoilt};

fn examples_of(text: &str) -> Vec<Finding> {
    check_examples(&document(text), &[])
}

#[track_caller]
fn expect(from: &str, to: &str, expected: &[&str]) {
    support::expect_of(examples_of, from, to, expected);
}

#[track_caller]
fn says(from: &str, to: &str, words: &str) {
    let shown = show(&examples_of(&spoilt(from, to)));
    assert!(shown.contains(words), "{shown}");
}

#[test]
fn accepts_valid_examples() {
    assert_eq!(show(&examples_of(GOOD)), "");
}

#[test]
fn refuses_examples_that_contradict_their_schema() {
    let mismatch = ["example-mismatch"];
    // Reached through a reference to `components.examples`.
    expect("scan_status: failed\n", "scan_status: ^'failed:'\n", &mismatch);
    says("scan_status: failed\n", "scan_status: 'failed:'\n", "\"failed:\" is not one of \"scanning\" or \"failed\"");
    expect("total_num: 1\n", "total_num: ^'1'\n", &mismatch);
    expect("reasons: []\n", "reasons: ^{}\n", &mismatch);
    expect("host_id: h1\n", "^host_Id: h1\n", &["example-undocumented-key"]);
    says("host_id: h1\n", "host_Id: h1\n", "did you mean `host_id`?");
    expect("host_id: h1\n", "host_id: h1\n            ^x: 1\n", &["example-undocumented-key"]);
    // Examples of a body, a property and a parameter.
    expect("mode: quick\n", "mode: ^slow\n", &mismatch);
    expect("              mode: quick\n", "              ^note: null\n", &mismatch);
    expect("example: h1\n", "example: ^1\n", &mismatch);
    expect("example: abc\n", "example: ^''\n", &mismatch);
    // `null`, which the schema allows.
    expect("mode: quick\n", "mode: quick\n              note: null\n", &[]);
}

#[test]
fn refuses_undocumented_keys_with_additional_properties_false() {
    let host = "    Host:\n      type: object\n";
    let text = spoilt("host_id: h1\n", "host_Id: h1\n").replacen(
        host,
        &format!("{host}      additionalProperties: false\n"),
        1,
    );
    assert_eq!(brief(&examples_of(&text)), ["example-undocumented-key 152:13"]);
}

#[test]
fn refuses_integers_outside_of_their_format() {
    let mismatch = ["example-mismatch"];
    expect("total_num: 1\n", "total_num: 9223372036854775807\n", &[]);
    expect("total_num: 1\n", "total_num: ^9223372036854775808\n", &mismatch);
    expect("total_num: 1\n", "total_num: ^1.5\n", &mismatch);
    let offset = "        minimum: 0\n";
    expect(offset, "        minimum: 0\n        exclusiveMinimum: true\n      example: ^0\n", &mismatch);
    expect(offset, "        minimum: 0\n      example: ^2147483648\n", &mismatch);
}

#[test]
fn reports_patterns_that_do_not_compile() {
    expect("          example: h1\n", "          pattern: ^'('\n          example: h1\n", &["example-schema"]);
}

#[test]
fn findings_in_example_files_have_positions_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.json");
    std::fs::write(&file, "{\n  \"total_num\": 1,\n  \"data_list\": [{\"scan_status\": \"gone\"}]\n}").unwrap();
    let path = folder.path().join("hss.yaml");
    std::fs::write(&path, spoilt("$ref: '#/components/examples/Page'", "externalValue: page.json")).unwrap();
    let document = load(&path).unwrap();
    let found = check_examples(&document, &[]);
    assert_eq!(brief(&found), ["example-mismatch 3:33"]);
    assert_eq!(*found[0].place.file, *file);
}

#[test]
fn terminates_for_reference_cycles() {
    let loops = "  schemas:\n    A: {$ref: '#/components/schemas/A'}\n    B:\n      type: object\n      example: {a: 1}\n      \
                 properties: {a: {$ref: '#/components/schemas/A'}, b: {$ref: '#/components/schemas/B'}}\n";
    expect("  schemas:\n", loops, &[]);
}

/// Otherwise, the same problem would be reported for each example.
#[test]
fn does_not_compare_examples_with_broken_schemas() {
    let found = |text: &str| {
        let document = document(text);
        brief(&check_examples(&document, &hss_spec::check(&document)))
    };
    let text = GOOD.replace("mode: quick", "mode: slow").replace("scan_status: failed", "scan_status: gone");
    let both = found(&text);
    assert_eq!(both.len(), 2, "{both:?}");
    // A name that is not usual breaks no schema.
    assert_eq!(found(&text.replace("StartTaskRequest", "start_request")), both);
    // The first example has this schema, directly or below it.
    for (from, to) in [
        ("          nullable: true\n", "          nullable: true\n          anyOf: []\n"),
        ("      enum: [quick, full]\n", "      enum: [quick, quick]\n"),
        ("#/components/schemas/Mode", "#/components/schemas/None"),
    ] {
        assert_eq!(found(&text.replacen(from, to, 1)).len(), 1, "{to}");
    }
}

#[test]
fn a_shared_example_is_reported_once() {
    let example =
        "            examples: {a: {$ref: '#/components/examples/Task'}, b: {$ref: '#/components/examples/Task'}}\n";
    let text = GOOD.replacen("            example:\n              mode: quick\n", example, 1).replacen(
        "\n  examples:\n",
        "\n  examples:\n    Task: {value: {mode: 1, note: 2}}\n",
        1,
    );
    // `mode` has neither the type nor one of the values.
    let found = examples_of(&text);
    assert_eq!(found.len(), 3, "{}", show(&found));
}

/// Each schema reaches all others, and one of them is broken. This must take linear time.
#[test]
fn finds_broken_schemas_in_linear_time() {
    let schemas = 10_000;
    let mut text = GOOD.to_owned();
    for index in 0..schemas {
        let next = (index + 1) % schemas;
        text += &format!(
            "    Part{index}X:\n      type: object\n      example: {{name: 1}}\n      properties:\n        next:\n          \
             $ref: '#/components/schemas/Part{next}X'\n        name:\n          type: string\n"
        );
    }
    let document =
        document(&text.replacen("          type: string\n    Part1X", "          type: strng\n    Part1X", 1));
    let found = hss_spec::check(&document);
    assert_eq!(brief(&found).len(), 1, "{}", show(&found));
    assert_eq!(show(&check_examples(&document, &found)), "");
}
