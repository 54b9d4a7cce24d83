//! The rules of OpenAPI 3.0 itself. openapi-spec-validator refuses each of their examples.

use super::Example::{Edits, File};
use super::{Class, Example, Rule};

const fn rule(id: &'static str, meaning: &'static str, example: Example) -> Rule {
    Rule { id, class: Class::OpenApi, meaning, example }
}

pub(super) const RULES: &[Rule] = &[
    rule("control-character", "the file contains control characters", File("openapi: 3.0.3\ninfo: ^\u{1}\n")),
    rule("empty-file", "the file contains no document", File("^# only a comment\n")),
    rule("enum-empty", "`enum` has no values", Edits(&[("      enum: [quick, full]\n", "      ^enum: []\n")])),
    rule("missing-key", "an object has no value for a required key", Edits(&[("info:\n  title: Test\n", "^info:\n")])),
    rule(
        "openapi-version",
        "the document does not state that it is OpenAPI 3.0",
        Edits(&[("openapi: 3.0.3", "openapi: ^3.1.0")]),
    ),
    rule(
        "operation-id-duplicate",
        "two operations have the same id",
        Edits(&[("operationId: StartTask", "operationId: ^ListHosts")]),
    ),
    rule(
        "parameter-duplicate",
        "a parameter is listed twice in one place",
        Edits(&[(
            "        - $ref: '#/components/parameters/Limit'\n",
            "        - $ref: '#/components/parameters/Limit'\n        - ^$ref: '#/components/parameters/Limit'\n",
        )]),
    ),
    rule(
        "parameter-location",
        "a parameter is neither in the path, the query, a header nor a cookie",
        Edits(&[("      name: scan_status\n      in: query\n", "      name: scan_status\n      in: ^body\n")]),
    ),
    rule(
        "parameter-style-unknown",
        "a parameter has a style that its location does not permit",
        Edits(&[(
            "      name: limit\n      in: query\n",
            "      name: limit\n      in: query\n      style: ^matrix\n",
        )]),
    ),
    rule(
        "path-parameter-required",
        "a path parameter is not required",
        Edits(&[(
            "      name: task_id\n      in: path\n      required: true\n",
            "      name: task_id\n      in: path\n      required: ^false\n",
        )]),
    ),
    rule(
        "path-parameter-undeclared",
        "a name in a path has no parameter",
        Edits(&[(
            "    post:\n      operationId: StartTask\n",
            "    ^put: {operationId: PutTask, responses: {'204': {description: Done.}}}\n    post:\n      operationId: StartTask\n",
        )]),
    ),
    rule(
        "path-parameter-unused",
        "a path parameter has no place in its path",
        Edits(&[(
            "        - $ref: '#/components/parameters/TaskId'\n",
            "        - $ref: '#/components/parameters/TaskId'\n        - ^name: host_id\n          in: path\n          required: true\n          schema: {$ref: '#/components/schemas/Id'}\n",
        )]),
    ),
    rule(
        "path-slash",
        "a path does not start with a slash",
        Edits(&[("  /v5/{project_id}/tasks:\n", "  ^v5/{project_id}/tasks:\n")]),
    ),
    rule(
        "required-duplicate",
        "`required` lists a property twice",
        Edits(&[("required: [mode]", "required: [mode, ^mode]")]),
    ),
    rule(
        "response-status",
        "the key of a response is not a status",
        Edits(&[("        '4XX':\n", "        ^'4xx':\n")]),
    ),
    rule(
        "schema-type",
        "a schema has an unknown type",
        Edits(&[("        id:\n          type: string\n", "        id:\n          type: ^text\n")]),
    ),
    rule(
        "security-scheme",
        "a security scheme has an unknown type, or lacks a part of its type",
        Edits(&[("      type: apiKey\n", "      type: ^http\n")]),
    ),
    rule("several-documents", "the file contains several YAML documents", File("openapi: 3.0.3\n^---\ninfo: {}\n")),
    rule(
        "unknown-key",
        "an object has a key that OpenAPI does not define",
        Edits(&[(
            "        note:\n          type: string\n",
            "        note:\n          ^typ: string\n          type: string\n",
        )]),
    ),
    rule("wrong-type", "a value has another type than its key requires", Edits(&[("  version: v1", "  version: ^5")])),
];
