//! The operation table and sample values.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use hss_spec::{
    Body, Field, Location, Operation, Origin, Pagination, Parameter, ParameterType, RateLimit, Source, Success,
    operations, sample,
};
use serde_json::json;
use support::{GOOD, document, spoilt};

/// Returns the description of a parameter or field in the document.
fn description(name: &str) -> String {
    let description = match name {
        "project_id" => "Id of the project.",
        "task_id" => "Id of the task.",
        "limit" => "Number of rows.",
        "offset" => "Index of the first row.",
        "scan_status" => "State of the scan.",
        "mode" => "Depth of the scan.",
        "note" => "A note.",
        other => panic!("{other}"),
    };
    description.to_owned()
}

fn parameter(name: &str, location: Location, kind: ParameterType) -> Parameter {
    Parameter {
        name: name.to_owned(),
        location,
        required: location == Location::Path,
        description: description(name),
        kind,
        repeated: false,
        default: None,
        example: None,
        setting: None,
        deprecated: None,
        schema: None,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the field that it fills is an option")]
fn page_of(page: &str) -> Option<Source> {
    let origin = Origin::Page { page: page.to_owned(), updated: "2024-11-19".to_owned() };
    Some(Source { origin, language: "en".to_owned() })
}

fn field(name: &str, required: bool, allowed: &[&str]) -> Field {
    let allowed = allowed.iter().map(|value| (*value).to_owned()).collect();
    let kind = Some(ParameterType::String { min_length: None, max_length: None, allowed });
    Field { name: name.to_owned(), required, description: description(name), kind, list: None, deprecated: None }
}

fn id() -> ParameterType {
    ParameterType::String { min_length: Some(1), max_length: Some(64), allowed: vec![] }
}

#[expect(clippy::unnecessary_wraps, reason = "the fields that it fills are options")]
fn named(name: &str) -> Option<String> {
    Some(name.to_owned())
}

#[test]
fn extracts_all_parts_of_operations() {
    let project = Parameter {
        setting: named("project_id"),
        schema: named("Id"),
        ..parameter("project_id", Location::Path, id())
    };
    let page = json!({"total_num": 1, "data_list": [{"host_id": "h1", "scan_status": "failed", "reasons": []}]});
    let list = Operation {
        id: "ListHosts".to_owned(),
        name: "list_hosts".to_owned(),
        method: "GET".to_owned(),
        path: "/v5/{project_id}/tasks/{task_id}/hosts".to_owned(),
        summary: "List hosts".to_owned(),
        description: "Lists hosts.".to_owned(),
        source: page_of("https://example.com/ListHosts.html"),
        parameters: vec![
            project.clone(),
            Parameter { schema: named("Id"), example: named("abc"), ..parameter("task_id", Location::Path, id()) },
            Parameter {
                default: named("10"),
                ..parameter(
                    "limit",
                    Location::Query,
                    ParameterType::Integer { minimum: Some(10), maximum: Some(200), int32: true },
                )
            },
            parameter(
                "offset",
                Location::Query,
                ParameterType::Integer { minimum: Some(0), maximum: None, int32: true },
            ),
            Parameter {
                schema: named("StatusFilter"),
                ..parameter(
                    "scan_status",
                    Location::Query,
                    ParameterType::String {
                        min_length: None,
                        max_length: None,
                        allowed: vec!["scanning".to_owned(), "failed".to_owned()],
                    },
                )
            },
        ],
        body: None,
        success: Success {
            status: 200,
            description: "One page.".to_owned(),
            schema: named("HostPage"),
            sample: Some(page),
            binary: false,
            deprecated: vec![],
        },
        pagination: Some(Pagination {
            offset: "offset".to_owned(),
            limit: "limit".to_owned(),
            items: "data_list".to_owned(),
            item_schema: "Host".to_owned(),
            total: "total_num".to_owned(),
            key: named("host_id"),
        }),
        rate_limit: Some(RateLimit { requests: 5, seconds: 60 }),
        idempotent: true,
        deprecated: None,
    };
    let start = Operation {
        id: "StartTask".to_owned(),
        name: "start_task".to_owned(),
        method: "POST".to_owned(),
        path: "/v5/{project_id}/tasks".to_owned(),
        summary: "Start a task".to_owned(),
        description: "Starts a task.".to_owned(),
        source: page_of("https://example.com/StartTask.html"),
        parameters: vec![project],
        body: Some(Body {
            schema: "StartTaskRequest".to_owned(),
            sample: json!({"mode": "quick"}),
            fields: vec![field("mode", true, &["quick", "full"]), field("note", false, &[])],
        }),
        success: Success {
            status: 201,
            description: "Started.".to_owned(),
            schema: named("Task"),
            sample: Some(json!({"id": "t1"})),
            binary: false,
            deprecated: vec![],
        },
        pagination: None,
        rate_limit: None,
        idempotent: false,
        deprecated: None,
    };
    assert_eq!(operations(&document(GOOD)), [list, start]);
}

#[test]
fn a_response_of_bytes_has_neither_schema_nor_sample() {
    let json = "            application/json:\n              schema:\n                $ref: '#/components/schemas/Task'\n              example:\n                id: t1\n";
    let bytes = "            application/octet-stream:\n              schema: {type: string, format: binary}\n";
    let success = operations(&document(&spoilt(json, bytes))).remove(1).success;
    assert_eq!((success.status, success.binary), (201, true));
    assert_eq!((success.schema, success.sample), (None, None));
}

#[test]
fn parameters_of_the_operation_replace_those_of_the_path() {
    let text = spoilt(
        "  /v5/{project_id}/tasks:\n",
        "  /v5/{project_id}/tasks:\n    parameters:\n      - {name: project_id, in: path, required: true, \
         description: old, schema: {type: string}}\n      - {name: tags, in: query, schema: {type: array, items: \
         {type: boolean}}}\n",
    );
    let operation = operations(&document(&text)).remove(1);
    let found: Vec<_> =
        operation.parameters.iter().map(|p| (p.name.as_str(), p.description.as_str(), p.repeated)).collect();
    assert_eq!(found, [("project_id", "Id of the project.", false), ("tags", "", true)]);
    assert_eq!(operation.parameters[1].kind, ParameterType::Boolean);
}

#[test]
fn omits_invalid_parts_of_documents() {
    // Each line is removed, replaced or shortened to its first word. Rules, table and samples must not panic.
    let lines: Vec<&str> = GOOD.lines().collect();
    for index in 0..lines.len() {
        for replacement in ["", "x: 1", "  y: [1, {z: null}]"] {
            let mut lines = lines.clone();
            lines[index] = replacement;
            if let Ok(document) = hss_spec::parse(std::path::Path::new("x.yaml"), &lines.join("\n")) {
                let _ = hss_spec::check(&document);
                let _ = operations(&document);
                #[cfg(feature = "examples")]
                let _ = hss_spec::check_examples(&document, &[]);
            }
        }
    }
}

#[test]
fn samples_match_their_schema() {
    let document = document(
        "components:\n  schemas:\n    A: {type: object, required: [b], properties: {b: {$ref: '#/components/schemas/A'}, \
         c: {$ref: '#/components/schemas/A'}, d: {$ref: '#/components/schemas/D'}, i: {type: integer, minimum: 10}, \
         j: {type: integer, maximum: 0, exclusiveMaximum: true}, s: {type: string, minLength: 8}, \
         t: {type: string, maxLength: 3}, e: {type: string, example: x}, f: {type: string, default: y}, \
         n: {type: number}, o: {type: boolean}, l: {type: array, items: {type: integer}}, z: {$ref: '#/nowhere'}}}\n    \
         D: {type: string, x-extensible-enum: [p, q]}\n",
    );
    let schema = document.component("schemas", "A").unwrap();
    let expected = json!({"b": null, "d": "p", "i": 10, "j": -1, "s": "stringst", "t": "str", "e": "x", "f": "y",
        "n": 0.0, "o": false, "l": [0]});
    assert_eq!(sample(&document, schema), expected);
}

#[test]
fn samples_respect_limits_of_lists_and_numbers() {
    let document = document(
        "components:\n  schemas:\n    \
         A: {type: object, properties: {two: {type: array, minItems: 2, items: {$ref: '#/components/schemas/E'}}, \
         none: {type: array, maxItems: 0, items: {type: integer}}, huge: {type: array, minItems: 18446744073709551615, \
         items: {$ref: '#/components/schemas/A'}}, least: {type: number, minimum: 1.5}, \
         above: {type: number, minimum: 2, exclusiveMinimum: true}, between: {type: number, minimum: 0, \
         exclusiveMinimum: true, maximum: 1, exclusiveMaximum: true}, most: {type: number, maximum: -3}, \
         below: {type: number, maximum: 0, exclusiveMaximum: true}}}\n    \
         E: {type: string, enum: [b, a]}\n",
    );
    let schema = document.component("schemas", "A").unwrap();
    let expected = json!({"two": ["b", "b"], "none": [], "huge": [], "least": 1.5, "above": 3.0, "between": 0.5,
        "most": -3.0, "below": -1.0});
    assert_eq!(sample(&document, schema), expected);
}

#[test]
fn limits_the_size_of_samples() {
    let long = document("components: {schemas: {L: {type: array, minItems: 4294967295, items: {type: integer}}}}\n");
    let value = sample(&long, long.component("schemas", "L").unwrap());
    assert!(value.to_string().len() < 1_000_000);
    // Each level contains the next one three times: 3^40 values in total.
    let mut text = String::from("components:\n  schemas:\n");
    for level in 0..40 {
        let next = format!("$ref: '#/components/schemas/L{}'", level + 1);
        text +=
            &format!("    L{level}: {{type: object, properties: {{a: {{{next}}}, b: {{{next}}}, c: {{{next}}}}}}}\n");
    }
    text += "    L40: {type: string}\n";
    let document = document(&text);
    let value = sample(&document, document.component("schemas", "L0").unwrap());
    assert!(value.to_string().len() < 1_000_000);
}

#[test]
fn deprecated_parts_have_a_note() {
    let text = GOOD.replace(
        "paths:\n",
        "paths:\n  /old:\n    post:\n      operationId: CallOld\n      description: \"Calls.\\n\\nDeprecated: call\\n`New`.\\n\\nEnd.\"\n      \
         deprecated: true\n      parameters:\n        - {name: a, in: query, deprecated: true, schema: {type: string}}\n        \
         - {name: b, in: query, description: 'Deprecated: no', schema: {type: string}}\n      \
         requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Old'}}}}\n      \
         responses: {'200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Old'}}}}}\n",
    );
    let text = text.replace(
        "  schemas:\n",
        "  schemas:\n    Old: {type: object, properties: {c: {type: string, deprecated: true, description: 'Deprecated: use d'}, \
         d: {type: array, items: {$ref: '#/components/schemas/Old'}}, e: {type: object, properties: {f: {type: string, \
         deprecated: true}}}}}\n",
    );
    let operation = operations(&document(&text)).remove(0);
    let unexplained = "the service may remove it";
    assert_eq!(
        (operation.description.as_str(), operation.deprecated.as_deref()),
        ("Calls.\n\nEnd.", Some("call `New`."))
    );
    let parameters: Vec<_> =
        operation.parameters.iter().map(|p| (p.description.as_str(), p.deprecated.as_deref())).collect();
    assert_eq!(parameters, [("", Some(unexplained)), ("Deprecated: no", None)]);
    let fields: Vec<_> = operation.body.unwrap().fields.into_iter().map(|field| field.deprecated).collect();
    assert_eq!(fields, [named("use d"), None, None]);
    let expected = [("c", "use d"), ("e.f", unexplained)].map(|(path, note)| (path.to_owned(), note.to_owned()));
    assert_eq!(operation.success.deprecated, expected);
}

#[test]
fn a_source_is_a_page_in_some_language_or_an_sdk() {
    let page = "        page: https://example.com/ListHosts.html\n        updated: '2024-11-19'\n";
    let source = |text: &str| operations(&document(&spoilt(page, text)))[0].source.clone().unwrap();
    let chinese = source(&format!("{page}        language: zh\n"));
    assert_eq!((chinese.origin, chinese.language.as_str()), (source(page).origin, "zh"));
    let sdk = source("        sdk: huaweicloudsdkhss 3.1.219\n");
    assert_eq!((sdk.origin, sdk.language.as_str()), (Origin::Sdk("huaweicloudsdkhss 3.1.219".to_owned()), "en"));
}
