//! Tests of the bundle for external tools.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use hss_spec::{Document, Extensions, Node, bundle, check, load, parse};
use serde_json::Value;

const DOCUMENTS: [&str; 2] = ["hss-v5", "iam-v3.yaml"];

fn openapi() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi")
}

fn project(name: &str) -> Document {
    load(&openapi().join(name)).unwrap()
}

/// Returns the bundle without extensions, on one line.
fn dropped(text: &str) -> String {
    let bundled = bundle(&parse(Path::new("d.yaml"), text).unwrap(), Extensions::Drop);
    serde_json::from_str::<Value>(&bundled).unwrap().to_string()
}

/// Collects every reference in a tree.
fn references<'d>(node: &'d Node, found: &mut Vec<&'d Node>) {
    found.extend(node.get("$ref").map(|_| node));
    for child in node.items().iter().chain(node.entries().iter().map(|(_, value)| value)) {
        references(child, found);
    }
}

#[test]
fn bundles_of_the_project_documents_are_self_contained() {
    for name in DOCUMENTS {
        let document = project(name);
        for extensions in [Extensions::Keep, Extensions::Drop] {
            let text = bundle(&document, extensions);
            assert_eq!(text, bundle(&project(name), extensions), "the same each time");
            assert!(text.starts_with("{\n  \"openapi\": \"3.0.3\",\n  \"info\": {\n    \"title\": "), "{text:.80}");
            assert!(text.ends_with("}\n") && !text.ends_with("\n\n"));
            assert!(!text.contains("externalValue"));
            assert_eq!(text.contains("\"x-"), extensions == Extensions::Keep);
            let again = parse(Path::new("bundle.json"), &text).unwrap();
            assert_eq!(bundle(&again, extensions), text, "it is its own bundle");
            let mut found = Vec::new();
            references(again.root(), &mut found);
            assert!(found.len() > 10);
            for reference in found {
                assert_eq!(again.resolve(reference).err(), None);
            }
            if extensions == Extensions::Keep {
                assert_eq!(check(&again), []);
            }
        }
    }
}

#[test]
fn line_ends_do_not_change_the_bundle() {
    for name in DOCUMENTS {
        let folder = tempfile::tempdir().unwrap();
        for file in project(name).files().filter(|file| file.is_file()) {
            let text = fs::read_to_string(file).unwrap().replace("\r\n", "\n").replace('\n', "\r\n");
            let copy = folder.path().join(file.strip_prefix(openapi()).unwrap());
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::write(copy, text).unwrap();
        }
        let other = load(&folder.path().join(name)).unwrap();
        for extensions in [Extensions::Keep, Extensions::Drop] {
            assert_eq!(bundle(&other, extensions), bundle(&project(name), extensions));
        }
    }
}

#[test]
fn inlines_example_files() {
    let bundled: Value = serde_json::from_str(&bundle(&project("hss-v5"), Extensions::Drop)).unwrap();
    let path = "/paths/~1v5~1{project_id}~1vulnerability~1scan-task~1{task_id}~1hosts/get";
    let example = bundled.pointer(&format!("{path}/responses/200/content/application~1json/examples/documented"));
    let file = include_str!("../../../openapi/examples/ListVulScanTaskHost.json");
    let page = "https://support.huaweicloud.com/intl/en-us/api-hss2.0/ListVulScanTaskHost.html";
    assert_eq!(bundled.pointer(&format!("{path}/externalDocs/url")).unwrap(), page);
    assert_eq!(example.unwrap()["value"], serde_json::from_str::<Value>(file).unwrap());
}

#[test]
fn keeps_the_name_of_a_missing_example_file() {
    let text = "paths: {}\ncomponents: {examples: {a: {externalValue: gone.json}}}\n";
    let expected = r#"{"paths":{},"components":{"examples":{"a":{"externalValue":"gone.json"}}}}"#;
    assert_eq!(dropped(text), expected);
}

#[test]
fn names_and_data_are_not_extensions() {
    let text = "openapi: 3.0.3\nx-own: 1\npaths: {}\ncomponents:\n  schemas:\n    x-schema:\n      type: object\n      \
                x-own: {a: 1}\n      properties:\n        x-name: {type: string, x-own: 2}\n      \
                example: {x-name: n, b: 1.50}\n";
    let expected = r#"{"openapi":"3.0.3","paths":{},"components":{"schemas":{"x-schema":{"type":"object","properties":{"x-name":{"type":"string"}},"example":{"x-name":"n","b":1.5}}}}}"#;
    assert_eq!(dropped(text), expected);
    assert_eq!(dropped(&text.replace('\n', "\r\n")), expected);
    // The document also chooses the names of schemes and bodies. A requirement refers to a scheme.
    let text = "security: [{x-key: []}]\npaths: {}\ncomponents:\n  securitySchemes:\n    x-key: {type: apiKey, x-own: 1}\n    \
                o: {flows: {implicit: {scopes: {x-read: r}}}}\n  requestBodies:\n    x-body: {content: {x-type: {}}}\n";
    let expected = r#"{"security":[{"x-key":[]}],"paths":{},"components":{"securitySchemes":{"x-key":{"type":"apiKey"},"o":{"flows":{"implicit":{"scopes":{"x-read":"r"}}}}},"requestBodies":{"x-body":{"content":{"x-type":{}}}}}}"#;
    assert_eq!(dropped(text), expected);
}

#[test]
fn removes_extensions_next_to_paths_statuses_and_expressions() {
    let text = "paths:\n  x-own: {get: 1}\n  /a:\n    x-own: 1\n    get:\n      responses:\n        x-own: 1\n        \
                '200': {description: d, x-own: 1}\n      callbacks:\n        x-done:\n          x-own: 1\n          \
                '{$url}': {post: {x-own: 1, responses: {}}}\n";
    let expected = r#"{"paths":{"/a":{"get":{"responses":{"200":{"description":"d"}},"callbacks":{"x-done":{"{$url}":{"post":{"responses":{}}}}}}}}}"#;
    assert_eq!(dropped(text), expected);
}

#[test]
fn links_the_manual_unless_the_operation_has_a_link() {
    let operation = |entries: &str| format!("paths: {{/a: {{get: {{{entries}}}}}}}\n");
    let source = "x-source: {page: 'https://m/a', updated: u}";
    let manual = r#"{"paths":{"/a":{"get":{"externalDocs":{"description":"API manual","url":"https://m/a"}}}}}"#;
    assert_eq!(dropped(&operation(source)), manual);
    let own = r#"{"paths":{"/a":{"get":{"externalDocs":{"url":"https://own"}}}}}"#;
    assert_eq!(dropped(&operation(&format!("{source}, externalDocs: {{url: 'https://own'}}"))), own);
    assert_eq!(dropped(&operation(&format!("externalDocs: {{url: 'https://own'}}, {source}"))), own);
    // A response has no `externalDocs`.
    let elsewhere = operation(&format!("responses: {{'200': {{description: d, {source}}}}}"));
    assert_eq!(dropped(&elsewhere), r#"{"paths":{"/a":{"get":{"responses":{"200":{"description":"d"}}}}}}"#);
}
