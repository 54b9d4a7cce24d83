//! Generation from the project's documents, valid and with errors.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hss_codegen::{Error, Generated};
use hss_openapi::{DIRECTORY, HSS};
use hss_spec::Document;

fn load(path: &Path) -> Document {
    hss_spec::load(path).unwrap_or_else(|findings| panic!("{findings:?}"))
}

fn generate(document: &Document) -> Result<Generated, Error> {
    hss_codegen::generate(document, Some("hss_client"))
}

/// Returns the project's document with edited chapters, loaded from a copy.
fn edited(edit: impl Fn(&str) -> String) -> Document {
    let folder = tempfile::tempdir().unwrap();
    let mut is_edited = false;
    for file in load(&HSS.path()).files().filter(|file| file.is_file()) {
        let copy = folder.path().join(file.strip_prefix(DIRECTORY).unwrap());
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        let text = fs::read_to_string(file).unwrap();
        let edited = edit(&text);
        is_edited |= edited != text;
        fs::write(copy, edited).unwrap();
    }
    assert!(is_edited, "the edit changes no chapter");
    load(&folder.path().join(HSS.file_name))
}

/// Returns the project's document with the first `from` of each chapter replaced.
fn replaced(from: &str, to: &str) -> Document {
    edited(|chapter| chapter.replacen(from, to, 1))
}

#[test]
fn errors_in_a_document_are_found_before_generation() {
    for (from, to, rule) in [
        ("      operationId: ListVulScanTaskHost\n", "", "operation-id-missing"),
        ("        - $ref: '#/components/parameters/TaskId'\n", "", "path-parameter-undeclared"),
        ("    FailedReason:\n", "    FailedReasons:\n", "ref-dangling"),
    ] {
        let Err(Error::Document(findings)) = generate(&replaced(from, to)) else { panic!("{rule} was not found") };
        assert!(findings.iter().any(|finding| finding.rule == rule), "{findings:?}");
        assert!(findings.iter().all(|finding| !finding.hint.is_empty()));
        // The finding has the chapter in which it is.
        assert!(findings.iter().any(|finding| finding.place.file.ends_with("hss-v5/scan-tasks.yaml")), "{findings:?}");
    }
}

#[test]
fn names_and_errors_of_other_documents_are_generated() {
    // Names in another case have the same code. Errors are not described in it.
    let document = edited(|chapter| {
        chapter
            .replace("operationId: ListVulScanTaskHost\n", "operationId: list-vul-scan-task-host\n")
            .replace("VulScanTaskHostInfo", "vul_scan_task_host_info")
            .replace("\n    ScanStatus:", "\n    scan-status:")
            .replace("/ScanStatus'", "/scan-status'")
            .replace(
                "      responses:\n",
                "      responses:\n        default:\n          $ref: '#/components/responses/Error'\n",
            )
    });
    let text = document.to_json().to_string();
    for edit in ["/scan-status\"", "\"default\":{\"$ref\"", "list-vul-scan-task-host"] {
        assert!(text.contains(edit), "the document has no {edit:?}");
    }
    let surface = |document: &Document| hss_codegen::surface(&generate(document).unwrap().client).unwrap();
    assert_eq!(surface(&load(&HSS.path())), surface(&document));
}

#[test]
fn integers_of_other_formats_have_64_bits() {
    let page = "        total_num:\n          type: integer\n          format: int64\n";
    let document = replaced(page, &page.replace("int64", "uint16"));
    assert!(generate(&document).unwrap().client.contains("pub total_num: ::std::option::Option<i64>"));
}

#[test]
fn titles_do_not_name_types() {
    let name = "        host_name:\n          type: string\n";
    let document = replaced(name, &format!("{name}          title: ScanStatus\n"));
    assert!(generate(&load(&HSS.path())).unwrap().client == generate(&document).unwrap().client);
}

#[test]
fn inlines_named_schemas_of_plain_values() {
    let document = edited(|chapter| match chapter.split_once("    ScanTypeFilter:\n") {
        Some((before, after)) => {
            let (_, next) = after.split_once("        - 'schedule'\n").unwrap();
            format!("{before}    ScanTypeFilter:\n      $ref: '#/components/schemas/IdFilter'\n{next}")
        }
        None => chapter.to_owned(),
    });
    let generated = generate(&document).unwrap();
    let surface = hss_codegen::surface(&generated.client).unwrap();
    let setter = "fn     requests::ListVulScanTask::scan_type(self, value: impl Into<String>) -> Self";
    assert!(surface.iter().any(|line| line == setter), "{surface:?}");
}

#[test]
fn line_ends_do_not_change_the_code() {
    let unix = generate(&load(&HSS.path())).unwrap();
    let windows = generate(&edited(|text| text.replace('\n', "\r\n"))).unwrap();
    assert!(unix.client == windows.client && unix.mock == windows.mock);
}

#[test]
fn an_edit_that_changes_no_operation_changes_no_signature() {
    let surface = |document: &Document| hss_codegen::surface(&generate(document).unwrap().client).unwrap();
    let before = surface(&load(&HSS.path()));
    let words = "description: Largest number of rows on the page.";
    assert_eq!(before, surface(&replaced(words, "description: Something else.")));
    assert_ne!(before, surface(&replaced("        private_ip:\n", "        private_address:\n")));
}

#[test]
fn fields_have_the_order_of_the_document() {
    let client = generate(&load(&HSS.path())).unwrap().client;
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

/// Returns the names of the schemas to which a part of a document refers.
fn references(part: &str) -> Vec<String> {
    let after = part.split("#/components/schemas/").skip(1);
    after.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[test]
fn lowering_removes_unsupported_features() {
    let lowered = hss_codegen::lower::lower(&load(&HSS.path())).unwrap().document;
    let text = lowered.to_string();
    for gone in ["4XX", "5XX", "ErrorResponse", "minLength", "maxLength", "\"minimum\""] {
        assert!(!text.contains(gone), "{gone} is left");
    }
    // Types that a caller sends have required fields. Types of responses have none.
    let schemas = lowered.pointer("/components/schemas").unwrap().as_object().unwrap();
    let mut open: Vec<String> = Vec::new();
    for operation in
        lowered.get("paths").unwrap().as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values())
    {
        open.extend(references(&operation.get("responses").unwrap().to_string()));
    }
    let mut received = BTreeSet::new();
    while let Some(name) = open.pop() {
        if received.insert(name.clone()) {
            open.extend(references(&schemas.get(&name).unwrap().to_string()));
        }
    }
    assert!(received.contains("VulScanTaskHostInfo") && !received.contains("CreateVulnerabilityScanTaskRequestInfo"));
    for (name, schema) in schemas {
        assert!(schema.get("required").is_none() || !received.contains(name), "{name}");
    }
    let statuses = lowered.pointer("/paths/~1v5~1{project_id}~1vulnerability~1scan-tasks/get/responses").unwrap();
    assert_eq!(statuses.as_object().unwrap().keys().collect::<Vec<_>>(), ["200"]);
    let list = lowered.pointer("/components/schemas/ListVulScanTaskResponse/properties/data_list").unwrap();
    assert_eq!(list.get("nullable"), Some(&true.into()));
}

#[test]
fn deprecated_parts_of_a_document_are_deprecated_in_rust() {
    let books = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/books.yaml"));
    let client = hss_codegen::generate(&books, None).unwrap().client;
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

#[test]
fn an_operation_that_returns_bytes_has_a_download_and_a_mock() {
    let generated = generate(&load(&HSS.path())).unwrap();
    let surface = hss_codegen::surface(&generated.client).unwrap();
    let sent = "fn     requests::ListDownloadExportedFile::send(&self) -> Result<Response<Download>> (async)";
    assert!(surface.iter().any(|line| line == sent), "{surface:?}");
    for text in
        ["generated::finish_download(", ".binary(true)", "let mut download = client.list_download_exported_file"]
    {
        assert_eq!(generated.client.matches(text).count(), 1, "{text}");
    }
    assert!(!generated.each.contains("LIST_DOWNLOAD_EXPORTED_FILE"));
    let (_, mock) = generated.mock.split_once("impl ListDownloadExportedFileThen").unwrap();
    let (mock, _) = mock.split_once("pub struct ").unwrap();
    for text in ["value: impl AsRef<[u8]>", ".body(value)", "\"application/octet-stream\"", "and these bytes."] {
        assert!(mock.contains(text), "{text}: {mock}");
    }
}
