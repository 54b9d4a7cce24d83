//! What two documents differ in, and whom it breaks: small edits, there and back.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;

use hss_spec::{Change, Document, diff, parse};
use serde::Deserialize;

const BASE: &str = include_str!("../../../tests/fixtures/diff/base.yaml");
const EDITS: &str = include_str!("../../../tests/fixtures/diff/edits.toml");

/// Other fields are for the comparison with oasdiff.
#[derive(Deserialize)]
struct Edit {
    name: String,
    replace: String,
    by: String,
    there: Vec<String>,
    back: Vec<String>,
}

#[derive(Deserialize)]
struct Edits {
    edit: Vec<Edit>,
}

fn document(text: &str) -> Document {
    parse(Path::new("farm.yaml"), text).unwrap_or_else(|findings| panic!("{findings:?}"))
}

/// What differs between the base and it with a part replaced.
fn changes(replace: &str, by: &str) -> Vec<Change> {
    assert_eq!(BASE.matches(replace).count(), 1, "{replace}");
    diff(&document(BASE), &document(&BASE.replace(replace, by)))
}

/// The line of a text in the base, counted from 1.
fn line(text: &str) -> usize {
    BASE.lines().position(|line| line.contains(text)).unwrap() + 1
}

/// Effects and ids, each once, sorted.
fn reported(changes: &[Change]) -> Vec<String> {
    let mut reported: Vec<_> = changes.iter().map(|change| format!("{} {}", change.effect, change.id)).collect();
    reported.sort();
    reported.dedup();
    reported
}

#[test]
fn every_edit_is_judged_there_and_back() {
    let Edits { edit: edits } = toml::from_str(EDITS).unwrap();
    assert!(edits.len() >= 60);
    let base = document(BASE);
    assert_eq!(diff(&base, &base), []);
    for Edit { name, replace, by, there, back } in edits {
        assert_eq!(BASE.matches(&replace).count(), 1, "{name}");
        let edited = document(&BASE.replace(&replace, &by));
        assert_eq!(reported(&diff(&base, &edited)), there, "{name}, there");
        assert_eq!(reported(&diff(&edited, &base)), back, "{name}, back");
    }
}

#[test]
fn a_change_is_where_it_was_made_and_told_once() {
    let change = changes("minimum: 10, maximum", "minimum: 20, maximum").remove(0);
    assert_eq!(change.message, "minimum of limit was 10 and is 20");
    assert_eq!(change.operations, ["ListAnimals"]);
    assert_eq!((change.place.line as usize, change.place.column), (line("minimum: 10"), 59));

    // One schema, two operations, and a circle: one change.
    let changes = changes("          maxLength: 64\n", "          maxLength: 128\n");
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].operations, ["ListAnimals", "AddAnimal"]);
    assert_eq!(changes[0].message, "maxLength of Animal.id was 64 and is 128");
    assert_eq!(changes[0].place.line as usize, line("          maxLength: 64"));
}

/// Changes of the project's document by an edit of its schema `schema`, whose lists of values end in `'failed'`: effect,
/// id and line, as counted from that of the schema.
fn of_statuses(schema: &str, replace: &str, by: &str) -> Vec<(String, &'static str, usize)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/hss-v5.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, after) = text.split_once(&format!("    {schema}:\n      type: string\n")).unwrap();
    assert!(after.contains(replace));
    let edited = format!("{before}    {schema}:\n      type: string\n{}", after.replacen(replace, by, 1));
    let parse = |text: &str| parse(&path, text).unwrap();
    let first = before.lines().count() + 1;
    let line = |change: &Change| change.place.line as usize - first;
    let changes = diff(&parse(&text), &parse(&edited));
    changes.iter().map(|change| (change.effect.to_string(), change.id, line(change))).collect()
}

#[test]
fn a_value_breaks_whom_it_is_sent_by() {
    let more = "        - 'failed'\n        - 'canceled'\n";
    let all = |effect: &str, id, line| vec![(effect.to_owned(), id, line)];
    let (open, closed) = ("ScanStatus", "ScanStatusFilter");
    assert_eq!(of_statuses(open, "        - 'failed'\n", more), all("risky", "response-value-added", 7));
    assert_eq!(of_statuses(open, "        - 'scanning'\n", ""), all("additive", "response-value-removed", 4));
    assert_eq!(of_statuses(closed, "        - 'scanning'\n", ""), all("breaking", "request-value-removed", 4));
    assert_eq!(of_statuses(closed, "        - 'failed'\n", more), all("additive", "request-value-added", 7));

    // One schema for both sides, which is a closed list for whoever reads it, too.
    let both = BASE.replace("enum: [cow, hen, pig]}", "$ref: '#/components/schemas/Kind'}");
    let both = both.replace("{type: string, $ref", "{$ref").replace(
        "        kind:\n          type: string\n          enum: [cow, hen, pig]\n",
        "        kind: {$ref: '#/components/schemas/Kind'}\n",
    );
    let both = format!("{both}    Kind: {{type: string, enum: [cow, hen, pig]}}\n");
    let of = |enumeration: &str| diff(&document(&both), &document(&both.replace("[cow, hen, pig]", enumeration)));
    let line = u32::try_from(both.lines().count()).unwrap();
    for (enumeration, expected) in [
        ("[cow, hen, pig, goat]", ["additive request-value-added", "breaking response-value-added"]),
        ("[hen, pig]", ["additive response-value-removed", "breaking request-value-removed"]),
    ] {
        let changes = of(enumeration);
        assert_eq!(reported(&changes), expected);
        assert!(changes.iter().all(|change| change.place.line == line), "{changes:?}");
    }
}

#[test]
fn what_is_gone_is_where_it_was() {
    let change = changes("        reason: {type: string}\n", "").remove(0);
    assert_eq!((change.message.as_str(), change.place.line as usize), ("Error.reason is gone", line("reason:")));
}

#[test]
fn one_schema_for_both_sides_is_judged_for_each() {
    let both = BASE.replace("schemas/NewAnimal", "schemas/Animal");
    let narrower = both.replace("maxLength: 64\n", "maxLength: 32\n");
    let reported = reported(&diff(&document(&both), &document(&narrower)));
    assert_eq!(reported, ["additive response-bound-narrowed", "breaking request-bound-narrowed"]);
}

#[test]
fn references_may_be_chained_as_deep_as_a_document_is_long() {
    let chain = |last: &str| {
        let link = |number: usize| {
            format!(
                "    S{number}: {{type: object, properties: {{p: {{$ref: '#/components/schemas/S{}'}}}}}}\n",
                number + 1
            )
        };
        let chain: String = (0..20_000).map(link).collect();
        let used = BASE.replace("schemas/NewAnimal", "schemas/S0");
        document(&format!("{used}{chain}    S20000: {{type: {last}}}\n"))
    };
    let changes = diff(&chain("string"), &chain("integer"));
    assert_eq!(reported(&changes), ["breaking type-changed"]);
    assert!(changes[0].message.starts_with("type of S20000 was"), "{}", changes[0].message);
}
