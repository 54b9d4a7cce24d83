//! This project's own rules: names, reuse, forward compatibility, documentation and sources. Code can be generated from
//! each of these documents.

use super::Example::Edits;
use super::{Class, Example, Rule};

const fn rule(id: &'static str, meaning: &'static str, example: Example) -> Rule {
    Rule { id, class: Class::House, meaning, example }
}

const TASK: &str = "        id:\n          type: string\n";
const ERROR: &str = "        '4XX':\n          $ref: '#/components/responses/Error'\n";
const FILTER: &str = "      schema:\n        $ref: '#/components/schemas/StatusFilter'\n";
const LIMIT: &str = "        - $ref: '#/components/parameters/Limit'\n";

pub(super) const RULES: &[Rule] = &[
    rule(
        "body-method",
        "a request with GET or HEAD has a body",
        Edits(&[(
            "      x-idempotent: true\n",
            "      x-idempotent: true\n      ^requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Task'}}}}\n",
        )]),
    ),
    rule(
        "body-required",
        "a request body is optional, but the client always sends it",
        Edits(&[("      requestBody:\n        required: true\n", "      requestBody:\n        required: ^false\n")]),
    ),
    rule(
        "component-name",
        "the name of a schema is not in PascalCase",
        Edits(&[
            ("    Task:\n", "    ^scan-task:\n"),
            ("$ref: '#/components/schemas/Task'", "$ref: '#/components/schemas/scan-task'"),
        ]),
    ),
    rule(
        "deprecation-note",
        "the description of a deprecated part does not tell what to use instead",
        Edits(&[(TASK, "        id:\n          deprecated: ^true\n          type: string\n")]),
    ),
    rule(
        "description-missing",
        "a part has no description",
        Edits(&[("    Task:\n      type: object\n      description: A task.\n", "    ^Task:\n      type: object\n")]),
    ),
    rule(
        "enum-both-ways",
        "a closed enumeration is used in requests and responses",
        Edits(&[
            (TASK, "        id:\n          $ref: '#/components/schemas/Mode'\n        name:\n          type: string\n"),
            ("      enum: [quick, full]\n", "      ^enum: [quick, full]\n"),
        ]),
    ),
    rule(
        "error-body",
        "the body of an error is not JSON with a named schema",
        Edits(&[(
            ERROR,
            "        '404': {description: x, content: {^text/plain: {schema: {$ref: '#/components/schemas/ErrorResponse'}}}}\n",
        )]),
    ),
    rule(
        "example-credential",
        "an example seems to contain a credential",
        Edits(&[("              mode: quick\n", "              mode: quick\n              secret: ^Hunter22!\n")]),
    ),
    rule(
        "example-file",
        "an example file is missing or is not valid JSON",
        Edits(&[("$ref: '#/components/examples/Page'", "externalValue: ^missing.json")]),
    ),
    rule(
        "example-mismatch",
        "an example does not match its schema",
        Edits(&[("              mode: quick\n", "              mode: ^slow\n")]),
    ),
    rule(
        "example-missing",
        "a body has no example",
        Edits(&[(
            "          application/json:\n            schema:\n              $ref: '#/components/schemas/StartTaskRequest'\n            example:\n              mode: quick\n",
            "          ^application/json:\n            schema:\n              $ref: '#/components/schemas/StartTaskRequest'\n",
        )]),
    ),
    rule(
        "example-schema",
        "examples cannot be checked with this schema",
        Edits(&[("          example: h1\n", "          pattern: ^'('\n          example: h1\n")]),
    ),
    rule(
        "example-undocumented-key",
        "an example has a key that its schema does not have",
        Edits(&[("              mode: quick\n", "              mode: quick\n              ^mood: full\n")]),
    ),
    rule(
        "extension-misplaced",
        "an extension of this project is in the wrong object",
        Edits(&[("      x-idempotent: true\n", "      ^x-client-setting: project_id\n")]),
    ),
    rule("extension-unknown", "an extension is unknown", Edits(&[("x-idempotent: true", "^x-idempotnet: true")])),
    rule("idempotent", "`x-idempotent` is not a boolean", Edits(&[("x-idempotent: true", "x-idempotent: ^1")])),
    rule(
        "integer-bounds",
        "the bounds of an integer do not fit its format or each other",
        Edits(&[(
            TASK,
            "        id:\n          type: integer\n          format: int32\n          maximum: ^2147483648\n",
        )]),
    ),
    rule("integer-format", "an integer has no width", Edits(&[(TASK, "        id:\n          type: ^integer\n")])),
    rule(
        "operation-defaults",
        "`x-operation-defaults` is not a map of `x-rate-limit` and the responses to errors",
        Edits(&[("paths:\n", "x-operation-defaults:\n  ^x-idempotent: true\npaths:\n")]),
    ),
    rule(
        "operation-description",
        "an operation has no description",
        Edits(&[(
            "    get:\n      operationId: ListHosts\n      summary: List hosts\n      description: Lists hosts.\n",
            "    ^get:\n      operationId: ListHosts\n      summary: List hosts\n",
        )]),
    ),
    rule(
        "operation-id-form",
        "an operation id is not in PascalCase",
        Edits(&[("operationId: StartTask", "operationId: ^start-task")]),
    ),
    rule(
        "operation-summary",
        "an operation has no summary of one line without a final period",
        Edits(&[("summary: List hosts", "^summary: List hosts.")]),
    ),
    rule(
        "parameter-header",
        "a parameter is a header that the client sets itself",
        Edits(&[(
            LIMIT,
            "        - $ref: '#/components/parameters/Limit'\n        - {name: ^X-Auth-Token, in: header, schema: {$ref: '#/components/schemas/Id'}}\n",
        )]),
    ),
    rule(
        "parameter-inline",
        "the constrained schema of a parameter has no name",
        Edits(&[(FILTER, "      schema:\n        ^type: string\n        enum: [scanning, failed]\n")]),
    ),
    rule(
        "path-ambiguous",
        "two paths match the same requests",
        Edits(&[(
            "  /v5/{project_id}/tasks:\n",
            "  ^/v5/{project_id}/tasks/{id}/hosts:\n    parameters: [{name: id, in: path, required: true, schema: {$ref: '#/components/schemas/Id'}}]\n",
        )]),
    ),
    rule(
        "rate-limit",
        "`x-rate-limit` is not a number of requests and of seconds",
        Edits(&[("requests: 5", "requests: ^0")]),
    ),
    rule(
        "ref-siblings",
        "a key beside `$ref` is ignored",
        Edits(&[(
            "          $ref: '#/components/schemas/Mode'\n",
            "          $ref: '#/components/schemas/Mode'\n          ^description: x\n",
        )]),
    ),
    rule(
        "required-undeclared",
        "a required property is not declared",
        Edits(&[("required: [mode]", "required: [mode, ^mood]")]),
    ),
    rule(
        "response-additional-properties",
        "a response must not have unknown fields",
        Edits(&[(
            "    Task:\n      type: object\n",
            "    Task:\n      type: object\n      additionalProperties: ^false\n",
        )]),
    ),
    rule(
        "response-default",
        "the errors of an operation are described under `default`",
        Edits(&[(ERROR, "        ^default:\n          $ref: '#/components/responses/Error'\n")]),
    ),
    rule(
        "response-enum",
        "a response has a closed enumeration",
        Edits(&[("      x-extensible-enum:\n", "      ^enum:\n")]),
    ),
    rule(
        "response-errors",
        "the errors of an operation have different schemas",
        Edits(&[(
            ERROR,
            "        '401':\n          $ref: '#/components/responses/Error'\n        ^'404': {description: x}\n",
        )]),
    ),
    rule(
        "response-minimum",
        "an integer of a response must not be 0",
        Edits(&[(TASK, "        id:\n          type: integer\n          format: int32\n          minimum: ^1\n")]),
    ),
    rule(
        "response-overlap",
        "a status and its range are both described",
        Edits(&[(
            ERROR,
            "        ^'404':\n          $ref: '#/components/responses/Error'\n        '4XX':\n          $ref: '#/components/responses/Error'\n",
        )]),
    ),
    rule(
        "response-pattern",
        "a text of a response must match a pattern",
        Edits(&[(TASK, "        id:\n          type: string\n          ^pattern: '[a-z]+'\n")]),
    ),
    rule("response-status-unquoted", "a status is not in quotes", Edits(&[("        '200':\n", "        ^200:\n")])),
    rule(
        "response-status-unused",
        "a response has a status 1xx or 3xx, which the client does not read",
        Edits(&[(ERROR, "        ^'302': {description: Elsewhere.}\n")]),
    ),
    rule(
        "schema-endless",
        "a schema requires itself",
        Edits(&[
            ("    Host:\n      type: object\n", "    Host:\n      type: object\n      required: [child]\n"),
            ("        child:\n          $ref", "        child:\n          ^$ref"),
        ]),
    ),
    rule(
        "security-missing",
        "an operation does not state how to authenticate",
        Edits(&[("security:\n  - token: []\n", ""), ("    get:\n", "    ^get:\n"), ("    post:\n", "    ^post:\n")]),
    ),
    rule(
        "security-undeclared",
        "a required security scheme is not declared",
        Edits(&[("  - token: []", "  - ^tokens: []")]),
    ),
    rule(
        "server-variable",
        "a variable in the address of a server is not declared",
        Edits(&[("https://{region}.", "^https://{region}.{domain}.")]),
    ),
    rule(
        "source-form",
        "`x-source` is neither the address and date of a page, nor an SDK",
        Edits(&[("page: https://example.com/L", "page: ^http://example.com/L")]),
    ),
    rule(
        "source-missing",
        "an operation has no `x-source`",
        Edits(&[
            ("      x-source:\n        page: https://example.com/StartTask.html\n        updated: '2024-11-19'\n", ""),
            ("    post:\n", "    ^post:\n"),
        ]),
    ),
    rule(
        "tag-duplicate",
        "a tag is declared twice",
        Edits(&[("  - name: Tasks\n", "  - name: Tasks\n    description: The same.\n  - name: ^Tasks\n")]),
    ),
    rule(
        "tag-missing",
        "an operation has no tag",
        Edits(&[("      tags: [Tasks]\n", ""), ("    get:\n", "    ^get:\n")]),
    ),
    rule(
        "tag-undeclared",
        "a tag of an operation is not declared",
        Edits(&[("tags: [Tasks]", "tags: [Tasks, ^Hosts]")]),
    ),
    rule(
        "todo",
        "a summary, description or tag is still to be written",
        Edits(&[("summary: List hosts", "summary: ^TODO")]),
    ),
    rule(
        "yaml-word",
        "a word is a boolean or a date in YAML 1.1",
        Edits(&[("      enum: [quick, full]\n", "      enum: [quick, ^no]\n")]),
    ),
];
