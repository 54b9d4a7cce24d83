//! One invalid document for each rule about responses, bodies, schemas, names and extensions. A `^` marks the position
//! of the finding, see `support::expect`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use hss_spec::Severity;
use support::{expect, says};

const SCHEMAS: &str = "  schemas:\n";
const TASK: &str = "        id:\n          type: string\n";

#[test]
fn statuses() {
    let status = "        '200':\n";
    expect(status, "        ^200:\n", &["response-status-unquoted"]);
    let success = "response-success | responses:";
    for wrong in ["'2xx'", "'20'", "'600'", "OK"] {
        expect(status, &format!("        ^{wrong}:\n"), &[success, "response-status"]);
    }
    expect(status, "        ^default:\n", &[success, "response-default"]);
    expect(status, "        ^'302':\n", &[success, "response-status-unused"]);
    expect(status, "        ^'2XX':\n", &["response-success"]);
    for unknown in ["209", "225", "227", "250", "299"] {
        expect(status, &format!("        ^'{unknown}':\n"), &["response-success-unknown"]);
    }
    expect(status, "        '226':\n", &[]);
    expect("        '4XX':\n", "        ^'202':\n", &["response-success"]);
    let empty = "paths:\n  /v5/x:\n    get:\n      operationId: GetX\n      summary: Get x\n      description: Gets x.\n      \
                 x-source: {page: 'https://example.com/', updated: '2024-11-19'}\n      ^responses: {}\n";
    expect("paths:\n", empty, &["missing-key"]);
}

#[test]
fn error_schemas() {
    let errors = "        '4XX':\n          $ref: '#/components/responses/Error'\n        '5XX':\n          $ref: '#/components/responses/Error'\n  /v5";
    let other = "{description: x, content: {application/json: {schema: {$ref: '#/components/schemas/Task'}}}}";
    let error = "{$ref: '#/components/responses/Error'}";
    let case = |to: &str, expected: &[&str]| expect(errors, &format!("{to}  /v5"), expected);
    case(&format!("        '401': {error}\n        ^'404': {other}\n"), &["response-errors"]);
    case(&format!("        '401': {error}\n        ^'404': {{description: x}}\n"), &["response-errors"]);
    case(&format!("        ^default: {error}\n        '4XX': {error}\n"), &["response-default"]);
    case(&format!("        ^'404': {error}\n        '4XX': {error}\n"), &["response-overlap"]);
    case(&format!("        '401': {error}\n        '404': {error}\n"), &[]);
    says(
        errors,
        &format!("        '401': {error}\n        '404': {{description: x}}\n  /v5"),
        "ListHosts: status 404 has no body, status 401 has `ErrorResponse` → use one shared error schema",
    );
}

#[test]
fn bodies() {
    let media =
        "            application/json:\n              schema:\n                $ref: '#/components/schemas/Task'\n";
    expect(media, &media.replace("application/json", "^text/plain"), &["response-media-type"]);
    expect(media, &media.replace("application/json", "application/json; charset=utf-8"), &[]);
    expect(
        media,
        &format!(
            "{media}            ^application/json; x=y:\n              schema: {{$ref: '#/components/schemas/Task'}}\n"
        ),
        &["response-media-type"],
    );
    expect(
        media,
        "            application/json:\n              ^schema:\n                type: string\n",
        &["response-schema"],
    );
    let whole = format!("{media}              example:\n                id: t1\n");
    expect(&whole, "            ^application/json: {}\n", &["response-schema"]);
    expect(
        "    Task:\n      type: object\n",
        "    Task:\n      type: string\n",
        &[
            "response-schema | schema:\n                $ref: '#/components/schemas/Task'",
            "schema-keyword | properties:\n        id",
        ],
    );
    // Bytes: exactly this form, and in responses of success alone.
    let bytes = |media: &str, schema: &str| format!("            {media}:\n              {schema}\n");
    let binary = "schema: {type: string, format: binary}";
    let octets = "application/octet-stream";
    expect(&whole, &bytes(octets, binary), &[]);
    expect(&whole, &bytes(octets, "schema: {type: string, format: binary, description: A file}"), &[]);
    expect(
        &whole,
        &bytes("^application/zip", binary),
        &["response-media-type", "response-schema | schema: {type: string, format: binary}"],
    );
    expect(
        &whole,
        &bytes("^application/octet-stream; x=y", binary),
        &["response-media-type", "response-schema | schema: {type: string, format: binary}"],
    );
    for schema in [
        "^schema: {type: string}",
        "^schema: {type: string, format: byte}",
        "^schema: {type: string, format: binary, maxLength: 3}",
        "^schema: {$ref: '#/components/schemas/Task'}",
    ] {
        expect(&whole, &bytes(octets, schema), &["response-schema"]);
    }
    expect(&whole, &format!("            ^{octets}: {{}}\n"), &["response-schema"]);
    let both = format!(
        "{}            ^application/json:\n              schema: {{$ref: '#/components/schemas/Task'}}\n",
        bytes(octets, binary)
    );
    expect(&whole, &both, &["response-media-type"]);
    let body = "      requestBody:\n        required: true\n        content:\n          application/json:\n";
    expect(body, &body.replace("application/json", "^application/octet-stream"), &["body-media-type"]);
    expect(body, &body.replace("true", "^false"), &["body-required"]);
    let schema = "            schema:\n              $ref: '#/components/schemas/StartTaskRequest'\n            example:\n              mode: quick\n";
    expect(schema, "            ^schema:\n              type: string\n", &["body-schema"]);
    expect(body, &body.replace("application/json", "^multipart/form-data"), &["body-media-type"]);
    expect(body, &format!("{body}            ^encoding: {{}}\n"), &["media-encoding"]);
    let get = "      operationId: ListHosts\n";
    expect(
        get,
        &format!(
            "{get}      ^requestBody: {{required: true, content: {{application/json: {{schema: {{$ref: '#/components/schemas/Task'}}}}}}}}\n"
        ),
        &["body-method"],
    );
}

#[test]
fn schemas() {
    let case = |to: &str, expected: &[&str]| expect(TASK, to, expected);
    for key in ["oneOf", "anyOf", "allOf"] {
        case(&format!("        id:\n          ^{key}: []\n"), &["schema-combinator"]);
    }
    // A reference can have a description of its own.
    let mode = "{$ref: '#/components/schemas/Mode'}";
    let both = "enum-both-ways | enum: [quick";
    case(&format!("        id:\n          allOf: [{mode}]\n"), &[both]);
    case(&format!("        id:\n          example: a\n          ^allOf: [{mode}]\n"), &["schema-combinator", both]);
    case(&format!("        id:\n          nullable: true\n          ^allOf: [{mode}]\n"), &["schema-combinator", both]);
    case(&format!("        id:\n          ^allOf: [{mode}, {{type: string}}]\n"), &["schema-combinator", both]);
    case("        id:\n          type: ^strng\n", &["schema-type"]);
    case("        id:\n          ^maxLength: 3\n", &["schema-typeless"]);
    case("        id:\n          ^format: int64\n", &["schema-typeless"]);
    case("        id:\n          type: object\n          ^format: int64\n", &["schema-keyword"]);
    case("        id:\n          ^type: array\n", &["schema-items"]);
    case("        id:\n          type: string\n          ^minimum: 3\n", &["schema-keyword"]);
    case("        id:\n          type: number\n          ^exclusiveMinimum: true\n", &["schema-keyword"]);
    case(
        "        id:\n          ^type: object\n          nullable: true\n          properties: {}\n",
        &["schema-inline"],
    );
    case("        id:\n          type: object\n          properties: {}\n", &[]);
    let reasons = "        reasons:\n";
    expect(
        reasons,
        &format!("        page:\n          ^type: object\n          properties: {{}}\n{reasons}"),
        &["type-collision"],
    );
    case("        id:\n          type: ^integer\n", &["integer-format"]);
    case("        id:\n          type: integer\n          format: ^int16\n", &["integer-format"]);
    case(
        "        id:\n          type: integer\n          format: int32\n          maximum: ^2147483648\n",
        &["integer-bounds"],
    );
    case(
        "        id:\n          type: integer\n          format: int32\n          minimum: 0\n          ^maximum: -1\n",
        &["integer-bounds"],
    );
    expect("required: [mode]", "required: [mode, ^mood]", &["required-undeclared"]);
    expect("        default: 10", "        default: ^9", &["default-invalid"]);
    expect(
        "      maxLength: 64\n    StatusFilter",
        "      maxLength: 2\n      default: ^abc\n    StatusFilter",
        &["default-invalid"],
    );
    expect(
        "        - failed\n    HostPage",
        "        - failed\n      default: ^other\n    HostPage",
        &["default-invalid"],
    );
    expect("          nullable: true\n", "          nullable: true\n          ^x: 1\n", &["unknown-key"]);
    says("      properties:\n        id:", "      propertes:\n        id:", "did you mean `properties`?");
}

#[test]
fn integers_of_other_widths() {
    let other = "        id:\n          type: integer\n          format: uint32\n";
    says(TASK, other, "the client sends and reads `uint32` as a 64-bit integer → write `format: int32` or");
    says(TASK, "        id:\n          type: integer\n", "the integer has no format → add `format: int32` or");
}

#[test]
fn forward_compatibility() {
    let case = |to: &str, expected: &[&str]| expect(TASK, to, expected);
    expect(
        "    Task:\n      type: object\n",
        "    Task:\n      type: object\n      additionalProperties: ^false\n",
        &["response-additional-properties"],
    );
    case(&format!("{TASK}          ^pattern: '[a-z]+'\n"), &["response-pattern"]);
    case(
        "        id:\n          type: integer\n          format: int32\n          minimum: ^1\n",
        &["response-minimum"],
    );
    case(
        "        id:\n          type: integer\n          format: int32\n          minimum: ^0\n          exclusiveMinimum: true\n",
        &["response-minimum"],
    );
    // Requests may be strict.
    expect("          nullable: true\n", "          pattern: '[a-z]+'\n", &[]);
    let request = "    StartTaskRequest:\n      type: object\n";
    expect(request, &format!("{request}      additionalProperties: false\n"), &[]);
}

#[test]
fn enumerations() {
    let open = "      x-extensible-enum:\n        - scanning\n        - failed\n";
    expect(open, &open.replace("x-extensible-enum", "^enum"), &["response-enum"]);
    expect(open, "      x-extensible-enum:\n        - a b\n        - ^a-b\n", &["enum-collision"]);
    expect(open, "      x-extensible-enum:\n        - a\n        - ^a\n", &["enum-duplicate"]);
    expect(open, "      x-extensible-enum:\n        - ^'-'\n        - ^''\n", &["enum-name"; 2]);
    expect(open, "      ^x-extensible-enum: []\n", &["extensible-enum"]);
    expect(open, "      x-extensible-enum: ^a\n", &["extensible-enum"]);
    expect(open, &format!("{open}      ^^enum: [scanning]\n"), &["extensible-enum", "response-enum"]);
    expect(TASK, &format!("{TASK}          x-extensible-enum: [a]\n"), &[]);
    expect(TASK, &format!("{TASK}          nullable: true\n          ^x-extensible-enum: [a]\n"), &["extensible-enum"]);
    expect(
        TASK,
        "        id:\n          $ref: '#/components/schemas/Mode'\n        name:\n          type: string\n",
        &["enum-both-ways | enum: [quick"],
    );
    let filter = "      schema:\n        $ref: '#/components/schemas/StatusFilter'\n";
    expect(
        filter,
        "      schema:\n        $ref: '#/components/schemas/Status'\n",
        &["extensible-enum-parameter | x-extensible-enum"],
    );
    let mode = "    Mode:\n      type: string\n      enum: [quick, full]\n";
    let number = "    Mode:\n      type: integer\n      format: int32\n      ^enum: [1, 2]\n";
    expect(mode, number, &["enum-not-text"]);
    let nullable = "          type: string\n          nullable: true\n";
    expect(
        nullable,
        &format!("{nullable}          enum: [a, null]\n").replacen("type", "^type", 1),
        &["schema-inline"],
    );
}

#[test]
fn names() {
    expect(SCHEMAS, "  schemas:\n    ^scan_task: {type: string}\n", &["component-name"]);
    expect(SCHEMAS, "  schemas:\n    ^Option: {type: string}\n", &["component-reserved"]);
    expect(
        "  responses:\n    Error:\n",
        "  responses:\n    ^a b: {description: x}\n    Error:\n",
        &["component-characters"],
    );
    expect(SCHEMAS, "  schemas:\n    TaskAB: {type: string}\n    ^TaskAb: {type: string}\n", &["type-collision"]);
    expect(SCHEMAS, "  schemas:\n    HostHostId: {type: string}\n", &["type-collision | host_id:\n          type"]);
    expect(TASK, &format!("{TASK}        ^Id:\n          type: string\n"), &["property-collision"]);
    expect(TASK, &format!("{TASK}        ^'-':\n          type: string\n"), &["property-name"]);
    expect(
        "    Task:\n      type: object\n      description: A task.\n      properties:\n        id:\n",
        "    Task:\n      type: object\n      additionalProperties: true\n      properties:\n        ^extra:\n",
        &["property-collision"],
    );
}

#[test]
fn extensions() {
    expect("x-idempotent: true", "^x-idempotnet: true", &["extension-unknown"]);
    expect("x-idempotent: true", "x-idempotent: ^1", &["idempotent"]);
    expect("x-idempotent: true", "^x-dropshot-pagination: {}", &["extension-generator"]);
    expect("x-idempotent: true", "^x-client-setting: project_id", &["extension-misplaced"]);
    expect("requests: 5", "requests: ^0", &["rate-limit"]);
    expect("requests: 5", "requests: ^'5'", &["rate-limit"]);
    expect("        requests: 5\n        seconds", "        ^seconds", &["rate-limit"]);
    expect("seconds: 60", "seconds: 60\n        ^minutes: 1", &["rate-limit"]);
    expect("page: https://example.com/L", "page: ^http://example.com/L", &["source-form"]);
    expect("updated: '2024-11-19'", "updated: ^'19.11.2024'", &["source-form"]);
    expect("updated: '2024-11-19'", "updated: ^TODO", &["source-form"]);
    expect("x-client-setting: project_id", "x-client-setting: ^domain_id", &["client-setting"]);
    for (from, to) in [
        ("offset: offset", "offset: ^start"),
        ("offset: offset", "offset: ^scan_status"),
        ("limit: limit", "limit: ^7"),
        ("items: data_list", "items: ^total_num"),
        ("total: total_num", "total: ^data_list"),
        ("key: host_id", "key: ^reasons"),
        ("key: host_id", "^keys: host_id"),
    ] {
        expect(from, to, &["pagination"]);
    }
}

#[test]
fn limits_the_findings_of_each_rule() {
    let schemas: String = (0..1003).map(|n| format!("    a_{n}: {{type: string}}\n")).collect();
    let broken = support::spoilt("openapi: 3.0.3", "openapi: 3.1.0");
    let found = support::findings(&broken.replacen(SCHEMAS, &format!("{SCHEMAS}{schemas}"), 1));
    let of_rule: Vec<_> = found.iter().filter(|finding| finding.rule == "component-name").collect();
    assert_eq!(of_rule.len(), 1001);
    assert_eq!(of_rule[1000].message, "3 more findings of this rule are not shown");
    assert!(of_rule.iter().all(|finding| finding.severity == Severity::Warning));
    // Other rules are not affected.
    assert_eq!(found.len(), 1002);
    assert_eq!(found[0].rule, "openapi-version");
}

#[test]
fn shows_findings_with_position_and_hint() {
    let found = support::findings(&support::spoilt("openapi: 3.0.3", "openapi: 3.1.0"));
    assert_eq!(
        support::show(&found),
        "good.yaml:1:10 error openapi-version [openapi] the document is not OpenAPI 3.0 → write `openapi: 3.0.3`; the generator \
         does not support 2.0 and 3.1\n"
    );
}
