//! Documents for which progenitor panics, fails, or generates wrong code. A rule refuses each of them first, at the
//! right position. The document is the one that is used to test all rules.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::panic::catch_unwind;

use hss_spec::{check, parse};

const GOOD: &str = include_str!("../../spec/tests/support/good.yaml");

/// The result for a document without the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// A panic, or an error without a position.
    Fails,
    /// Wrong code, or code that rustc or its lints refuse. Only a rule detects it.
    Passes,
    /// The generator does not end. The test does not run it.
    Endless,
}
use Fate::{Endless, Fails, Passes};

struct Trap {
    name: &'static str,
    from: &'static str,
    to: &'static str,
    rule: &'static str,
    /// The changed text at the position of the finding.
    at: &'static str,
    fate: Fate,
}

const fn trap(
    name: &'static str,
    from: &'static str,
    to: &'static str,
    rule: &'static str,
    at: &'static str,
    fate: Fate,
) -> Trap {
    Trap { name, from, to, rule, at, fate }
}

const OK: &str = "        '200':\n          description: One page.\n";
const STARTED: &str = "        '201':\n          description: Started.\n";
const ERROR: &str = "'4XX':\n          $ref: '#/components/responses/Error'\n        '5XX':\n          $ref: '#/components/responses/Error'\n  /v5/{project_id}/tasks:";
const LIMIT: &str = "      name: limit\n      in: query\n";
const JSON: &str = "        content:\n          application/json:\n            schema:\n              $ref: '#/components/schemas/StartTaskRequest'\n";
const TASK: &str = "    Task:\n      type: object\n";
const STATUS: &str = "      enum:\n        - scanning\n        - failed\n";

const TRAPS: &[Trap] = &[
    trap(
        "a default answer beside a success",
        ERROR,
        "default:\n          $ref: '#/components/responses/Error'\n  /v5/{project_id}/tasks:",
        "response-default",
        "default:\n          $ref",
        Fails,
    ),
    trap(
        "two answers of success",
        OK,
        "        '202':\n          description: Later.\n          content: {application/json: {schema: {$ref: '#/components/schemas/Task'}}}\n        '200':\n          description: One page.\n",
        "response-success",
        "'20",
        Fails,
    ),
    trap(
        "two bodies of failure",
        ERROR,
        "'404':\n          description: d\n          content: {application/json: {schema: {$ref: '#/components/schemas/Task'}}}\n        '5XX':\n          $ref: '#/components/responses/Error'\n  /v5/{project_id}/tasks:",
        "response-errors",
        "",
        Fails,
    ),
    trap(
        "a failure with a body and one without",
        ERROR,
        "'404':\n          description: d\n        '5XX':\n          $ref: '#/components/responses/Error'\n  /v5/{project_id}/tasks:",
        "response-errors",
        "",
        Fails,
    ),
    trap(
        "a code and its range",
        ERROR,
        "'404':\n          $ref: '#/components/responses/Error'\n        '4XX':\n          $ref: '#/components/responses/Error'\n  /v5/{project_id}/tasks:",
        "response-overlap",
        "",
        Passes,
    ),
    trap(
        "an answer elsewhere",
        OK,
        "        '302':\n          description: Elsewhere.\n        '200':\n          description: One page.\n",
        "response-status-unused",
        "'302'",
        Passes,
    ),
    trap(
        "a success that is not registered",
        STARTED,
        "        '299':\n          description: Started.\n",
        "response-success-unknown",
        "'299'",
        Fails,
    ),
    trap("no success", STARTED, "        '404':\n          description: Started.\n", "response-success", "", Fails),
    trap(
        "an answer that is no JSON",
        "      content:\n        application/json:\n          schema:\n            $ref: '#/components/schemas/ErrorResponse'",
        "      content:\n        application/problem+json:\n          schema:\n            $ref: '#/components/schemas/ErrorResponse'",
        "error-body",
        "application/problem",
        Passes,
    ),
    trap("a cookie", LIMIT, "      name: limit\n      in: cookie\n", "parameter-cookie", "cookie", Fails),
    trap(
        "a deep object",
        LIMIT,
        "      name: limit\n      in: query\n      style: deepObject\n",
        "parameter-style",
        "deepObject",
        Fails,
    ),
    trap(
        "a list in one value",
        LIMIT,
        "      name: limit\n      in: query\n      explode: false\n",
        "parameter-style",
        "false",
        Passes,
    ),
    trap(
        "a path parameter that may be absent",
        "      name: task_id\n      in: path\n      required: true\n",
        "      name: task_id\n      in: path\n      required: false\n",
        "path-parameter-required",
        "false",
        Fails,
    ),
    trap(
        "a path parameter without a declaration",
        "        - $ref: '#/components/parameters/TaskId'\n",
        "",
        "path-parameter-undeclared",
        "get:",
        Fails,
    ),
    trap(
        "two slashes in a path",
        "/tasks/{task_id}/hosts",
        "//tasks/{task_id}/hosts",
        "path-form",
        "/v5/{project_id}//",
        Passes,
    ),
    trap(
        "two types of body",
        JSON,
        "        content:\n          text/plain: {schema: {type: string}}\n          application/json:\n            schema:\n              $ref: '#/components/schemas/StartTaskRequest'\n",
        "body-media-type",
        "",
        Fails,
    ),
    trap(
        "a body in parts",
        JSON,
        "        content:\n          multipart/form-data:\n            schema:\n              $ref: '#/components/schemas/StartTaskRequest'\n",
        "body-media-type",
        "multipart",
        Fails,
    ),
    trap(
        "a body that may be absent",
        "      requestBody:\n        required: true\n",
        "      requestBody:\n        required: false\n",
        "body-required",
        "false",
        Passes,
    ),
    trap("no id", "      operationId: StartTask\n", "", "operation-id-missing", "post:", Fails),
    trap(
        "an id that starts with a digit",
        "operationId: StartTask",
        "operationId: 2fa",
        "operation-id-name",
        "2fa",
        Passes,
    ),
    trap(
        "one id twice",
        "operationId: StartTask",
        "operationId: ListHosts",
        "operation-id-duplicate",
        "ListHosts\n      summary: Start",
        Fails,
    ),
    trap(
        "ids that become one function",
        "operationId: StartTask",
        "operationId: List_hosts",
        "operation-id-snake",
        "List_hosts",
        Passes,
    ),
    trap(
        "a path by reference",
        "  /v5/{project_id}/tasks:\n",
        "  /v5/{project_id}/other:\n    $ref: '#/paths/x'\n  /v5/{project_id}/tasks:\n",
        "ref-path",
        "$ref: '#/paths",
        Fails,
    ),
    trap(
        "a reference to another file",
        "$ref: '#/components/schemas/Mode'",
        "$ref: 'other.yaml#/Mode'",
        "ref-external",
        "'other",
        Fails,
    ),
    trap(
        "a reference to nothing",
        "$ref: '#/components/schemas/Mode'",
        "$ref: '#/components/schemas/None'",
        "ref-dangling",
        "'#/components/schemas/None",
        Fails,
    ),
    trap("a type that does not exist", TASK, "    Task:\n      type: strng\n", "schema-type", "strng", Fails),
    trap(
        "a key that does not exist",
        TASK,
        "    Task:\n      type: object\n      propertes: {}\n",
        "unknown-key",
        "propertes",
        Passes,
    ),
    trap(
        "a list of itself",
        TASK,
        "    Tree:\n      type: array\n      items: {$ref: '#/components/schemas/Tree'}\n    Task:\n      type: object\n",
        "schema-array-loop",
        "{$ref: '#/components/schemas/Tree'}",
        Endless,
    ),
    trap(
        "lists of each other",
        TASK,
        "    Rows:\n      type: array\n      items: {$ref: '#/components/schemas/Columns'}\n    Columns:\n      type: array\n      items: {$ref: '#/components/schemas/Rows'}\n    Task:\n      type: object\n",
        "schema-array-loop",
        "{$ref: '#/components/schemas/Rows'}",
        Endless,
    ),
    trap(
        "values that become one variant",
        STATUS,
        "      enum:\n        - scanning\n        - SCANNING\n",
        "enum-collision",
        "SCANNING",
        Fails,
    ),
    trap(
        "alternatives of texts",
        TASK,
        "    Task:\n      anyOf: [{type: string, enum: [a]}, {type: string}]\n",
        "schema-combinator",
        "anyOf",
        Passes,
    ),
    trap(
        "a closed list in an answer",
        "      x-extensible-enum:\n        - scanning\n        - failed\n",
        STATUS,
        "response-enum",
        "enum:\n        - scanning\n        - failed\n    Task",
        Passes,
    ),
    trap(
        "a map that is closed in an answer",
        TASK,
        "    Task:\n      type: object\n      additionalProperties: false\n",
        "response-additional-properties",
        "false",
        Passes,
    ),
    trap(
        "a least of one in an answer",
        "        total_num:\n          type: integer\n",
        "        total_num:\n          type: integer\n          minimum: 1\n",
        "response-minimum",
        "minimum: 1",
        Passes,
    ),
    trap(
        "a pattern in an answer",
        "        id:\n          type: string\n",
        "        id:\n          type: string\n          pattern: '^a$'\n",
        "response-pattern",
        "pattern",
        Passes,
    ),
    trap(
        "schemas that become one type",
        TASK,
        "    TASK:\n      type: object\n    Task:\n      type: object\n",
        "type-collision",
        "",
        Passes,
    ),
    trap(
        "a credential among the parameters",
        LIMIT,
        "      name: X-Auth-Token\n      in: header\n",
        "parameter-header",
        "X-Auth-Token\n      in",
        Passes,
    ),
];

#[test]
fn a_rule_refuses_each_document_that_progenitor_cannot_handle() {
    // Panics are expected; their messages would only clutter the output.
    std::panic::set_hook(Box::new(|_| {}));
    let mut wrong = Vec::new();
    for Trap { name, from, to, rule, at, fate } in TRAPS {
        if !GOOD.contains(from) {
            wrong.push(format!("{name}: the document has no {from:?}"));
            continue;
        }
        let text = GOOD.replacen(from, to, 1);
        let document = parse("good.yaml".as_ref(), &text).unwrap();
        let findings = check(&document);
        match findings.iter().find(|finding| finding.rule == *rule) {
            None => wrong.push(format!("{name}: {rule} does not fire, but {findings:?}")),
            Some(finding) => {
                let line = text.lines().nth(finding.place.line as usize - 1).unwrap();
                let here: String = line.chars().skip(finding.place.column as usize - 1).collect();
                let first = at.lines().next().unwrap_or_default();
                if !here.starts_with(first) && !line.contains(first) {
                    wrong.push(format!("{name}: {rule} is at {here:?}"));
                }
            }
        }
        if *fate == Endless {
            continue;
        }
        // The original document, without rules and lowering.
        let json = document.to_json();
        let outcome = catch_unwind(move || {
            let spec = serde_json::from_value(json).map_err(|error| error.to_string())?;
            let mut generator = progenitor::Generator::default();
            let client = generator.generate_tokens(&spec).map(drop);
            client.and_then(|()| generator.httpmock(&spec, "a").map(drop)).map_err(|error| error.to_string())
        });
        let seen = if matches!(outcome, Ok(Ok(()))) { Passes } else { Fails };
        if seen != *fate {
            wrong.push(format!("{name}: progenitor {seen:?}"));
        }
    }
    let _ = std::panic::take_hook();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
