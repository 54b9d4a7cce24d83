//! Constructs that few operations have: each gives the code that a caller expects.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use hss_spec::{Document, Severity};

fn document() -> Document {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/constructs.yaml");
    hss_spec::load(&path).unwrap_or_else(|findings| panic!("{findings:?}"))
}

/// Returns the generated client, and its lines without line breaks in an item.
fn client() -> (String, Vec<String>) {
    let client = hss_codegen::generate(&document(), Some("garden")).unwrap().client;
    let surface = hss_codegen::surface(&client).unwrap();
    (client, surface)
}

#[track_caller]
fn has(surface: &[String], line: &str) {
    assert!(surface.iter().any(|found| found == line), "no {line:?} in\n{}", surface.join("\n"));
}

/// Returns the part of a text between two texts.
#[track_caller]
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from:?}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to:?}")).0
}

#[test]
fn the_document_has_no_errors() {
    let errors: Vec<_> =
        hss_spec::check(&document()).into_iter().filter(|finding| finding.severity == Severity::Error).collect();
    assert_eq!(errors, []);
}

#[test]
fn required_paging_parameters_are_no_arguments_of_the_request() {
    let (client, surface) = client();
    has(&surface, "fn     Client::search_beds(&self, body: models::SearchBedsRequest) -> requests::SearchBeds");
    has(&surface, "fn     requests::SearchBeds::limit(self, value: i32) -> Self");
    has(&surface, "fn     requests::SearchBeds::offset(self, value: i32) -> Self");
    let send = between(&client, "pub struct SearchBeds {", "impl huaweicloud_core::paging::Paged for SearchBeds");
    assert!(send.contains("self.limit.unwrap_or(500)"), "{send}");
    assert!(send.contains("self.offset.unwrap_or(0)"), "{send}");
}

#[test]
fn a_listing_by_post_sends_its_body_on_each_page() {
    let (client, surface) = client();
    has(
        &surface,
        "fn     requests::SearchBeds::pages(self) -> futures_core::stream::BoxStream<'static, Result<Response<models::SearchBedsResponse>>>",
    );
    let paged = between(&client, "impl huaweicloud_core::paging::Paged for SearchBeds", "fn key(");
    // The body belongs to the filters that identify the listing, and each page is requested by a clone.
    assert!(paged.contains("filters.push(\"body\""), "{paged}");
    assert!(paged.contains("page.matching.map(i64::from)"), "{paged}");
}

#[test]
fn a_delete_has_a_body_and_its_answer_none() {
    let (client, surface) = client();
    has(&surface, "fn     Client::clear_beds(&self, body: models::ClearBedsRequest) -> requests::ClearBeds");
    let send = between(&client, "impl ClearBeds {", "generated::finish");
    assert!(send.contains("huaweicloud_core::Response<()>"), "{send}");
    let wire = between(&client, "pub async fn clear_beds", "}");
    assert!(client.contains(".delete(url)") && !wire.is_empty());
}

#[test]
fn a_query_has_arrays_and_an_answer_is_one() {
    let (_, surface) = client();
    has(&surface, "fn     Client::list_plants(&self, bed_ids: Vec<String>) -> requests::ListPlants");
    has(&surface, "fn     requests::ListPlants::seasons(self, value: Vec<models::SeasonFilter>) -> Self");
    has(&surface, "type   models::PlantList = Vec<models::Plant>");
}

#[test]
fn lists_of_lists_are_vectors_of_vectors() {
    let (_, surface) = client();
    has(&surface, "field  models::SearchBedsRequest.columns: Vec<Vec<String>>");
    // A list of a response may be `null` instead; elements that are `null` are left out.
    has(&surface, "field  models::Bed.grid: Option<Vec<Vec<String>>>");
}

#[test]
fn inline_schemas_are_named_after_their_property() {
    let (client, surface) = client();
    for name in ["SearchBedsRequestSun", "SearchBedsRequestSunDirection", "BedSoil", "BedSoilKind"] {
        assert!(client.contains(&format!("{name} {{")), "no type {name}:\n{}", surface.join("\n"));
    }
    let soil = between(&client, "pub enum BedSoilKind {", "}");
    assert!(soil.contains("Unknown(String)"), "{soil}");
    let lowered = hss_codegen::lower::lower(&document()).unwrap();
    let (_, count) = lowered.changes.iter().find(|(step, _)| step.name == "named-inline-schemas").unwrap();
    assert_eq!(*count, 4);
    let sun = lowered.document.pointer("/components/schemas/SearchBedsRequest/properties/sun/$ref").unwrap();
    assert_eq!(sun, "#/components/schemas/SearchBedsRequestSun");
}

#[test]
fn a_reference_can_have_a_description_of_its_own() {
    let (client, _) = client();
    let bed = between(&client, "pub struct Bed {", "\n        }");
    for text in ["The season in which it is planted.", "#[deprecated(note = \"use `planted`.\")]", "Its size."] {
        assert!(bed.contains(text), "no {text:?} in {bed}");
    }
    assert!(bed.contains("pub area: ::std::option::Option<Area>"), "{bed}");
    let lowered = hss_codegen::lower::lower(&document()).unwrap();
    let (_, count) = lowered.changes.iter().find(|(step, _)| step.name == "described-references").unwrap();
    assert_eq!(*count, 3);
    let operations = hss_spec::operations(&document());
    let sample = operations[0].success.sample.as_ref().unwrap().pointer("/beds/0/area/square_metres");
    assert_eq!(sample, Some(&0.into()));
}

#[test]
fn the_documentation_states_where_facts_are_from() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/constructs.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    for (source, sentence, row) in [
        (
            "{page: 'https://garden.example/zh', updated: '2024-11-19', language: zh}",
            "[SearchBeds](https://garden.example/zh) in the API manual, page of 2024-11-19 in Chinese.",
            ".language(\"zh\")",
        ),
        (
            "{sdk: gardensdk 3.1, language: zh}",
            "The API manual has no page about it. The facts are from the SDK gardensdk 3.1, which is documented in Chinese.",
            "Source::of_sdk(\"gardensdk 3.1\")",
        ),
    ] {
        let text =
            text.replacen("      summary: Search", &format!("      x-source: {source}\n      summary: Search"), 1);
        let client = hss_codegen::generate(&hss_spec::parse(&path, &text).unwrap(), None).unwrap().client;
        assert!(client.contains(sentence), "no {sentence:?}");
        assert!(client.contains(row), "no {row:?}");
    }
}
