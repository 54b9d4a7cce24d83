//! The document as other tools get it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use hss_spec::{Extensions, bundle, check, load, parse};
use serde_json::Value;

fn project(name: &str) -> hss_spec::Document {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi").join(name)).unwrap()
}

#[test]
fn the_documents_of_the_project_stand_alone() {
    for name in ["hss-v5.yaml", "iam-v3.yaml"] {
        let document = project(name);
        for extensions in [Extensions::Keep, Extensions::Drop] {
            let text = bundle(&document, extensions);
            assert_eq!(text, bundle(&project(name), extensions), "the same each time");
            assert!(!text.contains("externalValue"));
            assert_eq!(text.contains("\"x-"), extensions == Extensions::Keep);
            let again = parse(Path::new("bundle.json"), &text).unwrap();
            assert_eq!(bundle(&again, extensions), text, "it is its own bundle");
            if extensions == Extensions::Keep {
                assert!(check(&again).is_empty(), "{:?}", check(&again));
            }
        }
    }
}

#[test]
fn an_example_file_is_where_it_was_named() {
    let bundled: Value = serde_json::from_str(&bundle(&project("hss-v5.yaml"), Extensions::Drop)).unwrap();
    let path = "/paths/~1v5~1{project_id}~1vulnerability~1scan-task~1{task_id}~1hosts/get";
    let example = bundled.pointer(&format!("{path}/responses/200/content/application~1json/examples/documented"));
    let file = include_str!("../../../openapi/examples/ListVulScanTaskHost.json");
    let page = "https://support.huaweicloud.com/intl/en-us/api-hss2.0/ListVulScanTaskHost.html";
    assert_eq!(bundled.pointer(&format!("{path}/externalDocs/url")).unwrap(), page);
    assert_eq!(example.unwrap()["value"], serde_json::from_str::<Value>(file).unwrap());
}

#[test]
fn names_and_data_are_no_extensions_and_line_ends_make_no_difference() {
    let text = "openapi: 3.0.3\nx-own: 1\npaths: {}\ncomponents:\n  schemas:\n    x-schema:\n      type: object\n      \
                x-own: {a: 1}\n      properties:\n        x-name: {type: string, x-own: 2}\n      \
                example: {x-name: n, b: 1.50}\n";
    let expected = r#"{"openapi":"3.0.3","paths":{},"components":{"schemas":{"x-schema":{"type":"object","properties":{"x-name":{"type":"string"}},"example":{"x-name":"n","b":1.5}}}}}"#;
    for text in [text.to_owned(), text.replace('\n', "\r\n")] {
        let bundled = bundle(&parse(Path::new("d.yaml"), &text).unwrap(), Extensions::Drop);
        let bundled: Value = serde_json::from_str(&bundled).unwrap();
        assert_eq!(bundled.to_string(), expected);
    }
}
