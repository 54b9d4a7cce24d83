//! One invalid document for each rule about structure, references, paths, operations and parameters. A `^` marks the
//! position of the finding, see `support::expect`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use hss_spec::Class;
use support::{expect, findings, says, spoilt};

const SCHEMAS: &str = "  schemas:\n";
const TASK: &str = "        id:\n          type: string\n";

#[test]
fn structure() {
    expect("openapi: 3.0.3", "openapi: ^3.1.0", &["openapi-version"]);
    expect("openapi: 3.0.3", "openapi: ^'3.0.'", &["openapi-version"]);
    expect("info:\n  title: Test\n", "^info:\n", &["missing-key"]);
    expect("paths:", "^pahts:", &["missing-key | openapi", "unknown-key"]);
    says("paths:", "pahts:", "did you mean `paths`?");
}

#[test]
fn values_of_the_wrong_type() {
    expect("  version: v1", "  version: ^5", &["wrong-type"]);
    expect("  version: v1", "  ^version:", &["wrong-type"]);
    expect("required: [mode]", "required: ^mode", &["wrong-type"]);
    expect("required: [mode]", "required: [mode, ^1]", &["wrong-type"]);
    expect("      minLength: 1", "      minLength: ^-1", &["wrong-type"]);
    expect("          nullable: true", "          nullable: ^'true'", &["wrong-type"]);
    expect("        default: a", "        default: a\n        enum: ^a", &["wrong-type"]);
    expect("      parameters:\n        - $ref", "      parameters:\n        - ^x\n        - $ref", &["wrong-type"]);
    expect("  securitySchemes:\n", "  securitySchemes:\n    other: ^[]\n", &["wrong-type"]);
}

#[test]
fn security_and_servers() {
    expect("  - token: []", "  - ^tokens: []", &["security-undeclared"]);
    expect("  - token: []", "  - token: ^{}", &["wrong-type"]);
    expect("      type: apiKey", "      type: ^apikey", &["security-scheme"]);
    expect("      in: header", "      in: ^headers", &["security-scheme"]);
    expect("      type: apiKey", "      type: ^http", &["security-scheme"]);
    expect("https://{region}.", "^https://{region}.{domain}.", &["server-variable"]);
}

#[test]
fn words_of_yaml_1_1_and_values_of_another_type() {
    let filter = "      enum:\n        - scanning\n        - failed\n";
    expect(filter, "      enum: [scanning, ^no, ^off, ^y]\n", &["yaml-word"; 3]);
    expect(filter, "      enum: [scanning, 'no', \"off\", 'y']\n", &[]);
    // In another case, the variant has the same name in Rust.
    expect(filter, "      enum: [scanning, 'no', ^'NO']\n", &["enum-collision"]);
    expect(filter, "      enum: [scanning, ^true]\n", &["enum-type"]);
    expect(filter, "      enum: [^1, ^2]\n", &["enum-type"; 2]);
    let id = "      minLength: 1\n";
    expect(id, "      default: ^off\n", &["yaml-word"]);
    expect(id, "      default: ^true\n", &["default-invalid"]);
    expect(TASK, "        ^on:\n          type: string\n", &["yaml-word"]);
    expect("updated: '2024-11-19'", "updated: ^2024-11-19", &["yaml-word"]);
}

#[test]
fn references() {
    // (a) The valid document contains the cycle Host.child → Host. (b) A schema without finite values.
    let host = "    Host:\n      type: object\n";
    let endless = "schema-endless | $ref: '#/components/schemas/Host'\n    Status";
    expect(host, &format!("{host}      required: [child]\n"), &[endless]);
    let two =
        "  schemas:\n    A:\n      $ref: ^'#/components/schemas/B'\n    B:\n      $ref: ^'#/components/schemas/A'\n";
    expect(SCHEMAS, two, &["ref-loop"; 2]);
    says(SCHEMAS, &two.replace('^', ""), "#/components/schemas/B → #/components/schemas/A → #/components/schemas/B");
    let one = "  schemas:\n    A:\n      $ref: ^'#/components/schemas/A'\n";
    expect(SCHEMAS, one, &["ref-loop"]);
    expect(SCHEMAS, &format!("{one}      ^description: x\n"), &["ref-loop", "ref-siblings"]);
    let chain: String =
        (1..=8).map(|link| format!("    A{link}:\n      $ref: '#/components/schemas/A{}'\n", link + 1)).collect();
    let chain =
        format!("{SCHEMAS}    A0:\n      $ref: ^'#/components/schemas/A1'\n{chain}    A9:\n      type: string\n");
    expect(SCHEMAS, &chain, &["ref-chain"]);
    let items = "            $ref: '#/components/schemas/Host'\n";
    let rows = "pagination | data_list";
    expect(items, "            $ref: ^'#/components/schemas/Hots'\n", &[rows, "ref-dangling"]);
    expect(items, "            $ref: ^7\n", &[rows, "wrong-type"]);
}

#[test]
fn arrays_of_themselves() {
    let of = |name: &str| format!("$ref: '#/components/schemas/{name}'");
    let list = |name: &str, item: &str| format!("    {name}: {{type: array, description: d, items: {item}}}\n");
    let one = SCHEMAS.to_owned() + &list("L", &format!("^{{{}}}", of("L")));
    expect(SCHEMAS, &one, &["schema-array-loop"]);
    let nested = SCHEMAS.to_owned() + &list("L", &format!("{{type: array, items: ^{{{}}}}}", of("L")));
    expect(SCHEMAS, &nested, &["schema-array-loop"]);
    let map = format!("{{type: object, additionalProperties: ^{{{}}}}}", of("L"));
    expect(SCHEMAS, &(SCHEMAS.to_owned() + &list("L", &map)), &["schema-array-loop"]);
    let two = SCHEMAS.to_owned() + &list("L", &format!("{{{}}}", of("M"))) + &list("M", &format!("^{{{}}}", of("L")));
    expect(SCHEMAS, &two, &["schema-array-loop"]);
    says(SCHEMAS, &two.replace('^', ""), "`L` is a list whose elements are `L` again");
    // An object or a map with a name ends it.
    let map = format!("    M: {{type: object, description: d, additionalProperties: {{{}}}}}\n", of("L"));
    expect(SCHEMAS, &(SCHEMAS.to_owned() + &list("L", &format!("{{{}}}", of("M"))) + &map), &[]);
    let object = format!("    M: {{type: object, description: d, properties: {{l: {{{}}}}}}}\n", of("L"));
    expect(SCHEMAS, &(SCHEMAS.to_owned() + &list("L", &format!("{{{}}}", of("M"))) + &object), &[]);
}

#[test]
fn external_references() {
    let case = |target: &str, rule: &str, words: &str| {
        let from = "$ref: '#/components/parameters/Offset'";
        expect(from, &format!("$ref: ^'{target}'"), &["pagination | offset\n        limit", rule]);
        says(from, &format!("$ref: '{target}'"), words);
    };
    case("./schemas/host.yaml#/Host", "ref-external", "files are not referenced");
    case("schemas\\host.yaml", "ref-external", "write `/` instead of `\\`");
    case("../../../../etc/passwd", "ref-external", "points out of this document");
    case("http://127.0.0.1:9/x.yaml", "ref-external", "documents are not fetched from a network");
    case("#/paths/~1v5~1%7Bproject_id%7D~1x", "ref-dangling", "/v5/{project_id}/x");
    case("#/components/parameters/Offse", "ref-dangling", "did you mean `#/components/parameters/Offset`?");
    case("#/components/parameters/%zz", "ref-dangling", "broken percent-encoding");
    case("#/components/schemas/Id", "ref-target", "components.parameters");
    case("#/paths/~1v5~1{project_id}~1tasks", "ref-target", "components.parameters");
    expect("paths:\n", "paths:\n  /v5/x:\n    ^$ref: '#/paths/x'\n", &["ref-path"]);
}

#[test]
fn operation_ids_are_unique() {
    let start = "operationId: StartTask";
    expect(start, "operationId: ^ListHosts", &["operation-id-duplicate"]);
    says(start, "operationId: ListHosts", "already used at good.yaml:20:20");
    // For the same path.
    let get = "    get:\n      operationId: GetTask\n      summary: Get a task\n      description: Gets a task.\n      \
               x-source: {page: 'https://example.com/', updated: '2024-11-19'}\n      parameters:\n        \
               - $ref: '#/components/parameters/ProjectId'\n      responses:\n        '204': {description: Done.}\n";
    let tasks = "  /v5/{project_id}/tasks:\n";
    expect(tasks, &format!("{tasks}{get}"), &[]);
    expect(
        tasks,
        &format!("{tasks}{}", get.replace("GetTask", "StartTask")),
        &["operation-id-duplicate | StartTask\n      summary: Start"],
    );
}

#[test]
fn operation_ids_are_unique_in_snake_case() {
    let text = spoilt("operationId: StartTask", "operationId: ListIps").replacen("ListHosts", "ListIPS", 1);
    let found = findings(&text);
    let place = text.lines().position(|line| line.contains("ListIps")).unwrap() + 1;
    assert_eq!(support::brief(&found), [format!("operation-id-snake {place}:20")]);
    assert!(found[0].message.contains("`ListIPS` at good.yaml:20:20 both become `list_ips`"), "{}", found[0].message);
}

#[test]
fn operations() {
    let start = "    post:\n      operationId: StartTask\n";
    expect("operationId: StartTask", "operationId: ^start_task", &["operation-id-form"]);
    expect("operationId: StartTask", "operationId: ^1List", &["operation-id-name"]);
    expect("operationId: StartTask", "operationId: ^_2List", &["operation-id-name"]);
    expect("operationId: StartTask", "operationId: ^_List", &["operation-id-form"]);
    expect("operationId: StartTask", "operationId: ^ApiVersion", &["operation-id-reserved"]);
    expect(start, "    ^post:\n", &["operation-id-missing"]);
    expect("summary: List hosts", "^summary: List hosts.", &["operation-summary"]);
    expect("      summary: List hosts\n", "", &["operation-summary | get:"]);
    expect("      description: Lists hosts.\n", "", &["operation-description | get:"]);
    expect(
        "      x-source:\n        page: https://example.com/ListHosts.html\n        updated: '2024-11-19'\n",
        "",
        &["source-missing | get:"],
    );
}

#[test]
fn path_parameters() {
    let listed = "        - $ref: '#/components/parameters/TaskId'\n";
    let task = "    TaskId:\n      name: task_id\n      in: path\n      required: true\n";
    let get = "path-parameter-undeclared | get:";
    let here = "path-parameter-unused | $ref: '#/components/parameters/TaskId'";
    expect(listed, "", &[get]);
    expect(task, &task.replace("task_id", "taskId"), &[get, here]);
    let extra = "        - ^name: host_id\n          in: path\n          required: true\n          \
                 schema: {$ref: '#/components/schemas/Id'}\n";
    expect(listed, &format!("{listed}{extra}"), &["path-parameter-unused"]);
    expect(
        task,
        &task.replace("in: path", "in: query"),
        &["path-parameter-undeclared | $ref: '#/components/parameters/TaskId'"],
    );
    expect(task, &task.replace("true", "^false"), &["path-parameter-required"]);
    let unsaid = task.replace("      required: true\n", "").replace("name:", "^name:");
    expect(task, &unsaid, &["path-parameter-required"]);
    expect(
        "  /v5/{project_id}/tasks/{task_id}/hosts",
        "  ^/v5/{project_id}/{task_id}/{task_id}",
        &["path-parameter-repeated"],
    );
}

/// Each of the names is free, but they become the same name.
#[test]
fn operation_ids_are_unique_in_pascal_case() {
    let found = findings(&spoilt("operationId: StartTask", "operationId: List_1").replacen("ListHosts", "List1", 1));
    assert_eq!(found.iter().filter(|finding| finding.rule == "operation-id-snake").count(), 1, "{found:?}");
}

#[test]
fn paths() {
    let tasks = "  /v5/{project_id}/tasks:";
    expect(tasks, "  ^v5/{project_id}:", &["path-slash"]);
    for path in ["/v5/{project_id}/", "/v5//{project_id}", "/v5/{project_id}?x=1", "/{project_id}.x"] {
        expect(tasks, &format!("  ^{path}:"), &["path-form"]);
    }
    expect(tasks, "  ^/v5/{project_id}/tasks/{id}/hosts:", &["path-ambiguous", "path-parameter-undeclared | post:"]);
}

#[test]
fn paths_are_ambiguous_only_if_they_match_the_same_requests() {
    let case = |first: &str, second: &str| {
        let item = "{parameters: [{name: a, in: path, required: true, schema: {$ref: '#/components/schemas/Id'}}]}";
        let text = spoilt("paths:\n", &format!("paths:\n  {first}: {item}\n  {second}: {item}\n"));
        let found = findings(&text);
        found.iter().filter(|finding| finding.rule == "path-ambiguous").count()
    };
    for (first, second) in [("/y/{a}.json", "/y/{a}.xml"), ("/y/{a}", "/y/{a}/z"), ("/y/v{a}", "/y/{a}"), ("/y", "/z")]
    {
        assert_eq!(case(first, second), 0, "{first} {second}");
    }
    for (first, second) in [("/y/{a}.json", "/y/{b}.json"), ("/y/{a}", "/y/{b}"), ("/y/v{a}-{b}", "/y/v{b}-{a}")] {
        assert_eq!(case(first, second), 1, "{first} {second}");
    }
}

#[test]
fn parameters_are_listed_once() {
    let limit = "{name: limit, in: query, schema: {type: integer, format: int32}}";
    // On a path without operations.
    expect(
        "paths:\n",
        &format!("paths:\n  /x:\n    parameters:\n      - {limit}\n      - ^$ref: '#/components/parameters/Limit'\n"),
        &["parameter-duplicate"],
    );
    // Once, although several operations have them.
    let responses = "responses: {'204': {description: d}}";
    let text = spoilt(
        "paths:\n",
        &format!(
            "paths:\n  /x:\n    parameters: [{limit}, {limit}]\n    get: {{operationId: GetX, {responses}}}\n    put: {{operationId: PutX, {responses}}}\n"
        ),
    );
    assert_eq!(findings(&text).iter().filter(|finding| finding.rule == "parameter-duplicate").count(), 1);
    // An operation may override the parameter of its path.
    let text = spoilt(
        "paths:\n",
        &format!(
            "paths:\n  /x:\n    parameters: [{limit}]\n    get: {{operationId: GetX, parameters: [{limit}], {responses}}}\n"
        ),
    );
    assert_eq!(findings(&text).iter().filter(|finding| finding.rule.starts_with("parameter-")).count(), 0);
}

#[test]
fn documents_that_openapi_permits_have_no_finding_of_its_class() {
    for (from, to) in [
        ("openapi: 3.0.3", "openapi: 3.0.3-rc1"),
        ("  /v5/{project_id}/tasks:\n", "  /v5/{project_id:x}/tasks:\n"),
        (
            "        id:\n          type: string\n",
            "        id:\n          discriminator: {propertyName: a, other: b}\n",
        ),
        ("              mode: quick\n", "              mode: quick\n            x-note: a\n"),
        ("$ref: '#/components/schemas/Mode'\n", "$ref: '#/components/schemas/Mode'\n          default: quick\n"),
        ("$ref: '#/components/schemas/Mode'\n", "$ref: '#/components/schemas/None'\n"),
        ("required: [mode]", "required: [mode, mood]"),
        ("  - token: []", "  - tokens: []"),
        ("  responses:\n    Error:\n", "  responses:\n    a b: {description: x}\n    Error:\n"),
        ("enum: [quick, full]", "enum: [quick, quick, 1]"),
        ("      enum: [quick, full]\n", "      x-extensible-enum: []\n"),
        ("          type: string\n          description: A code.\n", "          type: array\n"),
        ("'5XX':\n", "default:\n"),
        ("'5XX':\n", "'302':\n"),
    ] {
        let found = findings(&spoilt(from, to));
        let wrong: Vec<_> = found.iter().filter(|finding| finding.class == Class::OpenApi).collect();
        assert!(wrong.is_empty(), "{to}: {wrong:?}");
    }
}

#[test]
fn parameters() {
    let limit = "    Limit:\n      name: limit\n      in: query\n";
    let offset = "    Offset:\n      name: offset\n      in: query\n";
    let status = "    Status:\n      name: scan_status\n      in: query\n";
    expect(offset, &offset.replace("query", "^cookie"), &["pagination | offset\n        limit", "parameter-cookie"]);
    for style in ["style: ^deepObject", "explode: ^false", "^allowReserved: true"] {
        expect(limit, &format!("{limit}      {style}\n"), &["parameter-style"]);
    }
    for name in ["Authorization", "X-Auth-Token", "content-type"] {
        let to = format!("    Status:\n      name: ^{name}\n      in: header\n");
        expect(status, &to, &["parameter-header"]);
    }
    for name in ["'2fa'", "_status", "''"] {
        expect(status, &status.replace("scan_status", &format!("^{name}")), &["parameter-name"]);
    }
    let here = "$ref: '#/components/parameters/Status'";
    for name in ["Limit", "send"] {
        expect(status, &status.replace("scan_status", name), &[&format!("parameter-collision | {here}")]);
    }
    let listed = "        - $ref: '#/components/parameters/Limit'\n";
    expect(listed, &format!("{listed}        - ^$ref: '#/components/parameters/Limit'\n"), &["parameter-duplicate"]);
    expect(
        "  /v5/{project_id}/tasks:\n",
        "  /v5/{project_id}/tasks:\n    parameters:\n      - $ref: '#/components/parameters/ProjectId'\n",
        &[],
    );
}

#[test]
fn parameter_types() {
    let filter = "      schema:\n        $ref: '#/components/schemas/StatusFilter'\n";
    let array = "      schema:\n        type: array\n        items:\n          ";
    expect(filter, "      ^schema:\n        type: number\n", &["parameter-type"]);
    expect(filter, "      ^schema:\n        $ref: '#/components/schemas/ErrorResponse'\n", &["parameter-type"]);
    expect(
        filter,
        &format!("{array}type: array\n          items: {{type: string}}\n").replace("schema", "^schema"),
        &["parameter-type"],
    );
    expect(filter, "", &["missing-key | name: scan_status"]);
    expect(filter, &format!("{array}$ref: '#/components/schemas/Id'\n"), &[]);
    expect(filter, "      schema:\n        ^type: string\n        minLength: 1\n", &["parameter-inline"]);
    expect(filter, &format!("{array}^type: string\n          enum: [a]\n"), &["parameter-inline"]);
}

#[test]
fn defaults_of_operations() {
    const PATHS: &str = "paths:\n";
    let case = |defaults: &str, expected: &[&str]| {
        expect(PATHS, &format!("{defaults}\n{PATHS}"), expected);
    };
    case("x-operation-defaults: {x-rate-limit: {requests: 1, seconds: 1}}", &[]);
    case("x-operation-defaults: {responses: {'5XX': {$ref: '#/components/responses/Error'}}}", &[]);
    case("^x-operation-defaults: {}", &["operation-defaults"]);
    case("^x-operation-defaults: 5", &["operation-defaults"]);
    case("x-operation-defaults: {^x-pagination: {}}", &["operation-defaults"]);
    case("x-operation-defaults: {responses: ^[]}", &["operation-defaults"]);
    case("x-operation-defaults: {responses: {^'200': {description: x}}}", &["operation-defaults"]);
    // A finding in a default is reported once, although two operations have it.
    case("x-operation-defaults: {x-rate-limit: {requests: ^0, seconds: 1}}", &["rate-limit"]);
    case("x-operation-defaults: {responses: {'401': {$ref: ^'#/components/responses/None'}}}", &["ref-dangling"]);
    expect(
        "      x-idempotent: true\n",
        "      x-idempotent: true\n      ^x-operation-defaults: {}\n",
        &["extension-misplaced"],
    );
}

#[test]
fn sources() {
    let page = "        page: https://example.com/ListHosts.html\n        updated: '2024-11-19'\n";
    let case = |text: &str, expected: &[&str]| expect(page, text, expected);
    case(&format!("{page}        language: zh\n"), &[]);
    case("        sdk: huaweicloudsdkhss 3.1.219\n        language: zh\n", &[]);
    case("        sdk: ^huaweicloudsdkhss\n", &["source-form"]);
    case("        sdk: ^a b\n", &["source-form"]);
    case("        sdk: a 1\n        ^updated: '2024-11-19'\n", &["source-form"]);
    case(&format!("{page}        language: ^Chinese\n"), &["source-form"]);
    expect(
        "      x-source:\n        page: https://example.com/L",
        "      x-source:\n        page: ^x/L",
        &["source-form"],
    );
}
