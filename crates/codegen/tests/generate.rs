//! Generation from the project's documents, valid and with errors.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use hss_codegen::{Error, Generated};
use hss_spec::Document;

const HSS: &str = include_str!("../../../openapi/hss-v5.yaml");

fn parse(text: &str) -> Document {
    let name = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/hss-v5.yaml");
    hss_spec::parse(&name, text).unwrap_or_else(|findings| panic!("{findings:?}"))
}

fn generate(text: &str) -> Result<Generated, Error> {
    hss_codegen::generate(&parse(text), Some("hss_client"))
}

#[test]
fn errors_in_a_document_are_found_before_generation() {
    for (from, to, rule) in [
        ("      operationId: ListVulScanTaskHost\n", "", "operation-id-missing"),
        ("        - $ref: '#/components/parameters/TaskId'\n", "", "path-parameter-undeclared"),
        ("    FailedReason:\n", "    FailedReasons:\n", "ref-dangling"),
    ] {
        assert!(HSS.contains(from), "{from}");
        let Err(Error::Document(findings)) = generate(&HSS.replacen(from, to, 1)) else {
            panic!("{rule} was not found")
        };
        assert!(findings.iter().any(|finding| finding.rule == rule), "{findings:?}");
        assert!(findings.iter().all(|finding| !finding.hint.is_empty()));
    }
}

#[test]
fn names_and_errors_of_other_documents_are_generated() {
    // Names in another case have the same code. Errors are not described in it.
    let text = HSS
        .replace("operationId: ListVulScanTaskHost\n", "operationId: list-vul-scan-task-host\n")
        .replace("VulScanTaskHostInfo", "vul_scan_task_host_info")
        .replace("ScanStatus:", "scan-status:")
        .replace("/ScanStatus'", "/scan-status'")
        .replace("        '4XX':\n", "        default:\n");
    assert!(text.contains("scan-status'") && text.contains("default:\n          $ref"));
    let surface = |text: &str| hss_codegen::surface(&generate(text).unwrap().client).unwrap();
    assert_eq!(surface(HSS), surface(&text));
}

#[test]
fn integers_of_other_formats_have_64_bits() {
    let page = "        total_num:\n          type: integer\n          format: int64\n";
    assert!(HSS.contains(page), "the document has no {page:?}");
    let text = HSS.replacen(page, &page.replace("int64", "uint16"), 1);
    assert!(generate(&text).unwrap().client.contains("pub total_num: ::std::option::Option<i64>"));
}

#[test]
fn titles_do_not_name_types() {
    let name = "        host_name:\n          type: string\n";
    assert!(HSS.contains(name), "the document has no {name:?}");
    let text = HSS.replacen(name, &format!("{name}          title: ScanStatus\n"), 1);
    assert!(generate(HSS).unwrap().client == generate(&text).unwrap().client);
}

#[test]
fn inlines_named_schemas_of_plain_values() {
    let filter = HSS.split_once("    ScanTypeFilter:\n").unwrap().1.split_once("    ShortFilter:\n").unwrap().0;
    let generated = generate(&HSS.replacen(filter, "      $ref: '#/components/schemas/ShortFilter'\n", 1)).unwrap();
    let surface = hss_codegen::surface(&generated.client).unwrap();
    let setter = "fn     requests::ListVulScanTask::scan_type(self, value: impl Into<String>) -> Self";
    assert!(surface.iter().any(|line| line == setter), "{surface:?}");
}

#[test]
fn line_ends_do_not_change_the_code() {
    let unix = generate(HSS).unwrap();
    let windows = generate(&HSS.replace('\n', "\r\n")).unwrap();
    assert!(unix.client == windows.client && unix.mock == windows.mock);
}

#[test]
fn an_edit_that_changes_no_operation_changes_no_signature() {
    let surface = |text: &str| hss_codegen::surface(&generate(text).unwrap().client).unwrap();
    let described = HSS.replacen("description: Largest number of rows on the page.", "description: Something else.", 1);
    assert_ne!(described, HSS);
    assert_eq!(surface(HSS), surface(&described));
    let renamed = HSS.replacen("        private_ip:\n", "        private_address:\n", 1);
    assert_ne!(surface(HSS), surface(&renamed));
}

#[test]
fn fields_have_the_order_of_the_document() {
    let client = generate(HSS).unwrap().client;
    let start = client.find("pub struct VulScanTaskHostInfo").unwrap();
    let body = client.get(start..).unwrap().split_once('}').unwrap().0;
    let fields: Vec<_> = body
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(':'))
        .map(|(name, _)| name)
        .collect();
    let expected = [
        "host_id",
        "host_name",
        "public_ip",
        "private_ip",
        "asset_value",
        "scan_status",
        "failed_reasons",
        "vul_scan_details",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn lowering_removes_unsupported_features() {
    let lowered = hss_codegen::lower::lower(&parse(HSS)).unwrap().document;
    let text = lowered.to_string();
    for gone in ["4XX", "5XX", "ErrorResponse", "minLength", "maxLength", "\"minimum\""] {
        assert!(!text.contains(gone), "{gone} is left");
    }
    // Types that a caller sends have required fields. Types of responses have none.
    for (name, schema) in lowered.pointer("/components/schemas").unwrap().as_object().unwrap() {
        assert!(schema.get("required").is_none() || name.ends_with("RequestInfo"), "{name}");
    }
    let statuses = lowered.pointer("/paths/~1v5~1{project_id}~1vulnerability~1scan-tasks/get/responses").unwrap();
    assert_eq!(statuses.as_object().unwrap().keys().collect::<Vec<_>>(), ["200"]);
    let list = lowered.pointer("/components/schemas/ListVulScanTaskResponse/properties/data_list").unwrap();
    assert_eq!(list.get("nullable"), Some(&true.into()));
}

#[test]
fn deprecated_parts_of_a_document_are_deprecated_in_rust() {
    let books = include_str!("documents/books.yaml");
    let client = hss_codegen::generate(&parse(books), None).unwrap().client;
    for (note, item) in [
        ("drop the book into the box.", "pub fn return_book("),
        ("use `shelves`.", "pub fn genre("),
        ("ask the publisher.", "pub printed:"),
    ] {
        let (before, _) = client.split_once(item).unwrap();
        let last = format!("#[deprecated(note = \"{note}\")]");
        let documented = before.rsplit_once(&last).unwrap_or_else(|| panic!("{item} has no {last}")).0;
        let documented = documented.rsplit([',', '}']).next().unwrap();
        assert!(!documented.contains("Deprecated:"), "{note} is twice");
    }
    assert_eq!(client.matches("#[deprecated(").count(), 3);
}
