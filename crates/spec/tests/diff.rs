//! Differences between two documents and their effects, tested with small edits in both directions.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;

use hss_spec::{Change, Document, diff, parse};
use serde::Deserialize;

const BASE: &str = include_str!("../../../tests/fixtures/diff/base.yaml");
const COMPOSED: &str = include_str!("../../../tests/fixtures/diff/composed.yaml");
const EDITS: &str = include_str!("../../../tests/fixtures/diff/edits.toml");

/// Other fields are used for the comparison with oasdiff.
#[derive(Deserialize)]
struct Edit {
    name: String,
    document: Option<String>,
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

/// Returns the changes between the base document and a copy with one replacement.
fn changes(replace: &str, by: &str) -> Vec<Change> {
    assert_eq!(BASE.matches(replace).count(), 1, "{replace}");
    diff(&document(BASE), &document(&BASE.replace(replace, by)))
}

/// Returns the line of a text in the base document, counted from 1.
fn line(text: &str) -> usize {
    BASE.lines().position(|line| line.contains(text)).unwrap() + 1
}

/// Returns the distinct effects and ids, sorted.
fn reported(changes: &[Change]) -> Vec<String> {
    let mut reported: Vec<_> = changes.iter().map(|change| format!("{} {}", change.effect, change.id)).collect();
    reported.sort();
    reported.dedup();
    reported
}

#[test]
fn detects_every_edit_in_both_directions() {
    let Edits { edit: edits } = toml::from_str(EDITS).unwrap();
    assert!(edits.len() >= 150);
    let documents = [("base.yaml", BASE), ("composed.yaml", COMPOSED)];
    let documents = documents.map(|(name, text)| (name, text, document(text)));
    for (_, _, base) in &documents {
        assert_eq!(diff(base, base), []);
    }
    let mut wrong = Vec::new();
    for Edit { name, document: file, replace, by, there, back } in edits {
        let file = file.as_deref().unwrap_or("base.yaml");
        let (_, text, base) = documents.iter().find(|(name, ..)| *name == file).unwrap();
        assert_eq!(text.matches(&replace).count(), 1, "{name}");
        let edited = document(&text.replace(&replace, &by));
        for (way, expected, changes) in [("there", there, diff(base, &edited)), ("back", back, diff(&edited, base))] {
            if reported(&changes) != expected {
                wrong.push(format!("{name}, {way}: {:?} instead of {expected:?}", reported(&changes)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn reports_a_change_once_at_its_position() {
    let change = changes("minimum: 10, maximum", "minimum: 20, maximum").remove(0);
    assert_eq!(change.message, "minimum of limit was 10 and is 20");
    assert_eq!(change.operations, ["ListAnimals"]);
    assert_eq!((change.place.line as usize, change.place.column), (line("minimum: 10"), 59));

    // One schema, used by two operations and recursively, gives one change.
    let changes = changes("          maxLength: 64\n", "          maxLength: 128\n");
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].operations, ["ListAnimals", "AddAnimal"]);
    assert_eq!(changes[0].message, "maxLength of Animal.id was 64 and is 128");
    assert_eq!(changes[0].place.line as usize, line("          maxLength: 64"));
}

/// Returns the changes caused by an edit of the schema `schema` in the project's document: effect, id, and line
/// relative to the schema. The enumerations of this schema end in `'failed'`. This crate is below hss-openapi, which knows
/// the path.
fn of_statuses(schema: &str, replace: &str, by: &str) -> Vec<(String, &'static str, usize)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/hss-v5/scan-tasks.yaml");
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
fn the_effect_of_a_value_depends_on_its_sender() {
    let more = "        - 'failed'\n        - 'canceled'\n";
    let all = |effect: &str, id, line| vec![(effect.to_owned(), id, line)];
    let (open, closed) = ("ScanStatus", "ScanStatusFilter");
    assert_eq!(of_statuses(open, "        - 'failed'\n", more), all("risky", "response-value-added", 7));
    assert_eq!(of_statuses(open, "        - 'scanning'\n", ""), all("additive", "response-value-removed", 4));
    assert_eq!(of_statuses(closed, "        - 'scanning'\n", ""), all("breaking", "request-value-removed", 4));
    assert_eq!(of_statuses(closed, "        - 'failed'\n", more), all("additive", "request-value-added", 7));

    // One schema for both directions. It is a closed enumeration in responses, too.
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
fn removed_parts_have_their_old_position() {
    let change = changes("        reason: {type: string}\n", "").remove(0);
    assert_eq!((change.message.as_str(), change.place.line as usize), ("Error.reason is removed", line("reason:")));
}

#[test]
fn compares_a_shared_schema_for_each_direction() {
    let both = BASE.replace("schemas/NewAnimal", "schemas/Animal");
    let narrower = both.replace("maxLength: 64\n", "maxLength: 32\n");
    let reported = reported(&diff(&document(&both), &document(&narrower)));
    assert_eq!(reported, ["additive response-bound-narrowed", "breaking request-bound-narrowed"]);
}

#[test]
fn supports_chains_of_references_as_long_as_the_document() {
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

#[test]
fn paths_that_match_the_same_requests_are_paired_by_id() {
    let of = |paths: &[(&str, &str, &str)]| {
        let operation = |(path, id, kind): &(&str, &str, &str)| {
            format!(
                "  {path}:\n    get:\n      operationId: {id}\n      responses:\n        '200':\n          description: d\n          \
                 content: {{application/json: {{schema: {{type: {kind}}}}}}}\n"
            )
        };
        let paths: String = paths.iter().map(operation).collect();
        document(&format!("openapi: 3.0.3\ninfo: {{title: t, version: v}}\npaths:\n{paths}"))
    };
    let old = of(&[("/a/{b}", "First", "string"), ("/a/{c}", "Second", "integer")]);
    let renamed = of(&[("/a/{d}", "Second", "integer"), ("/a/{e}", "First", "string")]);
    assert_eq!(reported(&diff(&old, &renamed)), ["docs unseen-changed"]);
    let moved = of(&[("/a/{c}", "First", "integer"), ("/a/{b}", "Second", "string")]);
    assert_eq!(reported(&diff(&old, &moved)), ["risky operation-renamed"]);
}
