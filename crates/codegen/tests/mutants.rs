//! Documents that lack one piece: each is refused with a place, or is generated from. The generator never panics, and
//! never writes what is not Rust.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use hss_codegen::Error;
use serde_json::Value;

/// Every member of every map in the document, as the pointer to the map and the name of the member.
fn members(value: &Value, pointer: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                found.push((pointer.to_owned(), name.clone()));
                members(inner, &format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                members(inner, &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn a_document_that_lacks_any_one_piece_is_refused_or_generated_from() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/hss-v5.yaml");
    let whole = hss_spec::load(&path).unwrap().to_json();
    let mut pieces = Vec::new();
    members(&whole, "", &mut pieces);
    assert!(pieces.len() > 300, "{}", pieces.len());
    let (mut refused, mut generated, mut failed) = (0, 0, Vec::new());
    for (pointer, name) in pieces {
        let mut mutant = whole.clone();
        mutant.pointer_mut(&pointer).and_then(Value::as_object_mut).unwrap().shift_remove(&name);
        let text = serde_json::to_string_pretty(&mutant).unwrap();
        let place = format!("without {pointer}/{name}");
        let outcome = hss_spec::parse(&path.with_file_name("mutant.json"), &text)
            .map_err(Error::Document)
            .and_then(|document| hss_codegen::generate(&document, Some("hss_client")));
        match outcome {
            Ok(_) => generated += 1,
            Err(Error::Document(findings)) => {
                refused += 1;
                assert!(findings.iter().all(|finding| finding.place.line > 0 && !finding.remedy.is_empty()), "{place}");
            }
            Err(Error::Generator(message)) => failed.push(format!("{place}: {message}")),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(refused > 50 && generated > 50, "{refused} refused, {generated} generated");
}
