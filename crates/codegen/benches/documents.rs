//! Measures the time to check documents, compare them, and generate code. It must not grow faster than the size of the
//! document.
//!
//! ```text
//! cargo bench -p hss-codegen
//! ```

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use std::path::Path;

use divan::Bencher;
use hss_codegen::{compare_surfaces, generate, surface};
use hss_spec::{Severity, check, diff, parse};
use serde_json::{Map, Value, json};

/// Numbers of operations. Each adds three schemas, and about 2 kB of JSON.
const OPERATIONS: [usize; 4] = [75, 150, 300, 600];

const NAME: &str = "large.json";

fn main() {
    divan::main();
}

/// Creates a document with this number of operations, each with its own filter, page and row schemas.
fn document(operations: usize) -> String {
    let reference = |section: &str, name: &str| json!({"$ref": format!("#/components/{section}/{name}")});
    let (mut paths, mut schemas, mut parameters) = (Map::new(), Map::new(), Map::new());
    for (name, location, schema) in [
        ("project_id", "path", json!({"type": "string"})),
        ("limit", "query", json!({"type": "integer", "format": "int32"})),
        ("offset", "query", json!({"type": "integer", "format": "int32"})),
    ] {
        let words = "What every operation takes.";
        let is_required = location == "path";
        let parameter =
            json!({"name": name, "in": location, "required": is_required, "description": words, "schema": schema});
        parameters.insert(name.to_owned(), parameter);
    }
    for number in 0..operations {
        let (page, row, filter) =
            (format!("List{number}Response"), format!("Row{number}Info"), format!("Kind{number}Filter"));
        let operation = json!({
            "operationId": format!("List{number}Rows"),
            "tags": ["Rows"],
            "summary": "List the rows",
            "description": "Lists the rows of a table, with the state of each row and, where it has one, its cause. One call returns one page.",
            "x-source": {"page": "https://support.huaweicloud.com/intl/en-us/api-hss2.0/ListVulScanTaskHost.html", "updated": "2024-11-19"},
            "x-idempotent": true,
            "x-rate-limit": {"requests": 5, "seconds": 60},
            "x-pagination": {"offset": "offset", "limit": "limit", "items": "data_list", "total": "total_num", "key": "id"},
            "parameters": [
                reference("parameters", "project_id"), reference("parameters", "limit"), reference("parameters", "offset"),
                {"name": "kind", "in": "query", "description": "Lists only rows of this kind.", "schema": reference("schemas", &filter)},
            ],
            "responses": {"200": {"description": "One page.", "content": {"application/json": {"schema": reference("schemas", &page)}}}},
        });
        paths.insert(format!("/v5/{{project_id}}/tables-{number}/rows"), json!({"get": operation}));
        schemas.insert(
            filter,
            json!({"type": "string", "description": "Kind of row, to filter by.", "enum": ["one", "two", "three"]}),
        );
        schemas.insert(page, json!({"type": "object", "description": "One page.", "properties": {
            "total_num": {"type": "integer", "format": "int64", "description": "Number of all rows."},
            "data_list": {"type": "array", "description": "The rows of this page.", "items": reference("schemas", &row)},
        }}));
        schemas.insert(
            row,
            json!({"type": "object", "description": "One row.", "properties": {
                "id": {"type": "string", "description": "Id of the row.", "maxLength": 64},
                "name": {"type": "string", "description": "Name of the row, as its owner gave it."},
                "state": {"type": "string", "description": "State of the row."},
                "count": {"type": "integer", "format": "int32", "description": "How often it was counted."},
                "created": {"type": "integer", "format": "int64", "description": "When it was made, in milliseconds."},
            }}),
        );
    }
    let scheme = json!({"token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}});
    let document: Value = json!({
        "openapi": "3.0.3",
        "info": {"title": "Tables", "version": "v5", "description": "Tables."},
        "servers": [{"url": "https://tables.example", "description": "All."}],
        "security": [{"token": []}],
        "tags": [{"name": "Rows", "description": "Rows."}],
        "paths": paths,
        "components": {"parameters": parameters, "schemas": schemas, "securitySchemes": scheme},
    });
    format!("{document:#}")
}

#[divan::bench(args = OPERATIONS, sample_count = 5)]
fn check_a_document(bencher: Bencher<'_, '_>, operations: usize) {
    let text = document(operations);
    bencher.bench(|| {
        let document = parse(Path::new(NAME), &text).unwrap();
        assert!(check(&document).iter().all(|finding| finding.severity == Severity::Warning));
    });
}

#[divan::bench(args = OPERATIONS, sample_count = 3)]
fn generate_a_client(bencher: Bencher<'_, '_>, operations: usize) {
    let document = parse(Path::new(NAME), &document(operations)).unwrap();
    bencher.bench(|| generate(&document, None).unwrap());
}

/// Returns a document and a later one, with a change in each operation.
fn documents(operations: usize) -> (String, String) {
    let old = document(operations);
    let new = old.replace("\"maxLength\": 64", "\"maxLength\": 128").replace("\"three\"", "\"four\"");
    (old, new)
}

#[divan::bench(args = OPERATIONS, sample_count = 5)]
fn compare_on_the_wire(bencher: Bencher<'_, '_>, operations: usize) {
    let (old, new) = documents(operations);
    let (old, new) = (parse(Path::new(NAME), &old).unwrap(), parse(Path::new(NAME), &new).unwrap());
    bencher.bench(|| assert!(diff(&old, &new).len() > operations));
}

#[divan::bench(args = OPERATIONS, sample_count = 5)]
fn compare_in_rust(bencher: Bencher<'_, '_>, operations: usize) {
    let (old, new) = documents(operations);
    let client = |text: &str| generate(&parse(Path::new(NAME), text).unwrap(), None).unwrap().client;
    let (old, new) = (client(&old), client(&new));
    bencher.bench(|| compare_surfaces(&surface(&old).unwrap(), &surface(&new).unwrap()));
}
