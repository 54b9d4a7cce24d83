//! The rules of the loader and of the code generator. Many of these documents are valid OpenAPI 3.0.

use super::Example::{Edits, File, Loader};
use super::{Class, Example, Rule};

const fn rule(id: &'static str, meaning: &'static str, example: Example) -> Rule {
    Rule { id, class: Class::Generator, meaning, example }
}

const BODY: &str =
    "          application/json:\n            schema:\n              $ref: '#/components/schemas/StartTaskRequest'\n";
const ANSWER: &str =
    "            application/json:\n              schema:\n                $ref: '#/components/schemas/Task'\n";
const TASK: &str = "        id:\n          type: string\n";
const LIMIT: &str = "      name: limit\n      in: query\n";
const OPEN: &str = "      x-extensible-enum:\n        - scanning\n        - failed\n";
const FILTER: &str = "      schema:\n        $ref: '#/components/schemas/StatusFilter'\n";
const SCHEMAS: &str = "  schemas:\n";

pub(super) const RULES: &[Rule] = &[
    rule("alias-limit", "YAML aliases repeat too much", Loader),
    rule("alias-loop", "a YAML alias is inside the value that it repeats", File("a: &a [^*a]\n")),
    rule(
        "body-media-type",
        "a request body has another media type than JSON, or several",
        Edits(&[(
            BODY,
            "          ^text/plain:\n            schema:\n              $ref: '#/components/schemas/StartTaskRequest'\n",
        )]),
    ),
    rule(
        "body-schema",
        "the schema of a request body has no name",
        Edits(&[(BODY, "          application/json:\n            ^schema: {type: object}\n")]),
    ),
    rule("chapter-key", "a chapter other than the root chapter has more than paths and components", Loader),
    rule("chapter-limit", "the folder has too many chapters", Loader),
    rule("chapter-root", "the chapters in the folder have no root chapter, or several", Loader),
    rule(
        "client-setting",
        "`x-client-setting` names a setting that the client does not have",
        Edits(&[("x-client-setting: project_id", "x-client-setting: ^domain_id")]),
    ),
    rule(
        "component-characters",
        "the name of a component has characters that OpenAPI does not permit",
        Edits(&[("  responses:\n    Error:\n", "  responses:\n    ^a b: {description: x}\n    Error:\n")]),
    ),
    rule(
        "component-reserved",
        "a schema has a name that the generated code uses itself",
        Edits(&[(SCHEMAS, "  schemas:\n    ^Option: {type: string}\n")]),
    ),
    rule(
        "default-invalid",
        "a default does not match its schema",
        Edits(&[("        default: 10", "        default: ^ten")]),
    ),
    rule("depth-limit", "maps and lists are nested too deeply", Loader),
    rule(
        "duplicate-key",
        "a map has a key twice, or two chapters have the same part",
        File("openapi: 3.0.3\ninfo: {}\n^openapi: 3.0.3\n"),
    ),
    rule(
        "enum-collision",
        "two values of an enumeration have the same name in Rust",
        Edits(&[(OPEN, "      x-extensible-enum:\n        - scanning\n        - ^SCANNING\n")]),
    ),
    rule(
        "enum-duplicate",
        "an enumeration lists a value twice",
        Edits(&[(OPEN, "      x-extensible-enum:\n        - scanning\n        - ^scanning\n")]),
    ),
    rule(
        "enum-name",
        "a value of an enumeration has no name in Rust",
        Edits(&[(OPEN, "      x-extensible-enum: [^'-']\n")]),
    ),
    rule(
        "enum-not-text",
        "an enumeration lists numbers",
        Edits(&[(
            "    Mode:\n      type: string\n      enum: [quick, full]\n",
            "    Mode:\n      type: integer\n      format: int32\n      ^enum: [1, 2]\n",
        )]),
    ),
    rule(
        "enum-type",
        "an enumeration of strings has a value of another type",
        Edits(&[("enum: [quick, full]", "enum: [quick, ^1]")]),
    ),
    rule(
        "extensible-enum",
        "`x-extensible-enum` is not the list of values of a named string schema",
        Edits(&[(OPEN, "      x-extensible-enum: ^scanning\n")]),
    ),
    rule(
        "extensible-enum-parameter",
        "a parameter has an open enumeration",
        Edits(&[
            (FILTER, "      schema:\n        $ref: '#/components/schemas/Status'\n"),
            ("      x-extensible-enum:\n", "      ^x-extensible-enum:\n"),
        ]),
    ),
    rule(
        "extension-generator",
        "an extension changes the output of the generator",
        Edits(&[("x-idempotent: true", "^x-dropshot-pagination: {}")]),
    ),
    rule("file-too-large", "the file is too large", Loader),
    rule("file-unreadable", "the file cannot be read", Loader),
    rule("json-syntax", "the file is named as JSON, but is YAML", Loader),
    rule("key-not-text", "a key of a map is not a plain word or a string", File("a:\n  ? ^[1, 2]\n  : 3\n")),
    rule(
        "media-encoding",
        "a media type has `encoding`",
        Edits(&[(
            BODY,
            "          application/json:\n            ^encoding: {mode: {contentType: text/plain}}\n            schema:\n              $ref: '#/components/schemas/StartTaskRequest'\n",
        )]),
    ),
    rule("merge-key", "the file has a merge key (`<<`) of YAML 1.1", File("a: &a {b: 1}\nc:\n  ^<<: *a\n")),
    rule("node-limit", "the file has too many keys and values", Loader),
    rule("not-utf8", "the file is not UTF-8", Loader),
    rule("number-range", "a number does not fit 64 bits", File("a: ^99999999999999999999\n")),
    rule(
        "operation-id-missing",
        "an operation has no id",
        Edits(&[("    post:\n      operationId: StartTask\n", "    ^post:\n")]),
    ),
    rule(
        "operation-id-name",
        "an operation has an id that starts with a digit",
        Edits(&[("operationId: StartTask", "operationId: ^2fa")]),
    ),
    rule(
        "operation-id-reserved",
        "an operation has an id that the generated client uses itself",
        Edits(&[("operationId: StartTask", "operationId: ^ApiVersion")]),
    ),
    rule(
        "operation-id-snake",
        "two operation ids become the same name in Rust",
        Edits(&[("operationId: StartTask", "operationId: ^List_hosts")]),
    ),
    rule(
        "pagination",
        "`x-pagination` does not name parameters and fields of its operation",
        Edits(&[("offset: offset", "offset: ^start")]),
    ),
    rule(
        "parameter-collision",
        "two parameters, or a parameter and a method, have the same name in Rust",
        Edits(&[(
            "        - $ref: '#/components/parameters/Limit'\n",
            "        - $ref: '#/components/parameters/Limit'\n        - ^{name: Limit, in: query, schema: {$ref: '#/components/schemas/Id'}}\n",
        )]),
    ),
    rule(
        "parameter-cookie",
        "a parameter is a cookie",
        Edits(&[(
            "        - $ref: '#/components/parameters/Limit'\n",
            "        - $ref: '#/components/parameters/Limit'\n        - {name: session, in: ^cookie, schema: {$ref: '#/components/schemas/Id'}}\n",
        )]),
    ),
    rule(
        "parameter-name",
        "the name of a parameter does not start with a letter",
        Edits(&[("      name: scan_status\n", "      name: ^_status\n")]),
    ),
    rule(
        "parameter-style",
        "a parameter is serialized in an unusual way",
        Edits(&[(LIMIT, "      name: limit\n      in: query\n      style: ^deepObject\n")]),
    ),
    rule(
        "parameter-type",
        "a parameter is neither a string, an integer, a boolean nor a list of these in the query",
        Edits(&[(
            "        - $ref: '#/components/parameters/Limit'\n",
            "        - $ref: '#/components/parameters/Limit'\n        - name: ratio\n          in: query\n          ^schema: {type: number}\n",
        )]),
    ),
    rule(
        "path-form",
        "a segment of a path is neither text nor one name, or is empty",
        Edits(&[("  /v5/{project_id}/tasks:\n", "  ^/v5/{project_id}.json/tasks:\n")]),
    ),
    rule(
        "path-parameter-repeated",
        "a path has a name twice",
        Edits(&[("  /v5/{project_id}/tasks:\n", "  ^/v5/{project_id}/{project_id}:\n")]),
    ),
    rule(
        "property-collision",
        "two properties have the same name in Rust",
        Edits(&[(TASK, "        id:\n          type: string\n        ^Id:\n          type: string\n")]),
    ),
    rule(
        "property-name",
        "a property has no name in Rust",
        Edits(&[(TASK, "        ^'-':\n          type: string\n")]),
    ),
    rule(
        "ref-chain",
        "a reference leads through too many references",
        Edits(&[(
            SCHEMAS,
            "  schemas:\n    A0: {$ref: ^'#/components/schemas/A1'}\n    A1: {$ref: '#/components/schemas/A2'}\n    A2: {$ref: '#/components/schemas/A3'}\n    A3: {$ref: '#/components/schemas/A4'}\n    A4: {$ref: '#/components/schemas/A5'}\n    A5: {$ref: '#/components/schemas/A6'}\n    A6: {$ref: '#/components/schemas/A7'}\n    A7: {$ref: '#/components/schemas/A8'}\n    A8: {$ref: '#/components/schemas/Id'}\n",
        )]),
    ),
    rule(
        "ref-dangling",
        "a reference has no target",
        Edits(&[("$ref: '#/components/schemas/Mode'", "$ref: ^'#/components/schemas/None'")]),
    ),
    rule(
        "ref-external",
        "a reference leads to another file",
        Edits(&[("$ref: '#/components/schemas/Mode'", "$ref: ^'other.yaml#/Mode'")]),
    ),
    rule(
        "ref-loop",
        "references lead back to themselves",
        Edits(&[(
            SCHEMAS,
            "  schemas:\n    A: {$ref: ^'#/components/schemas/B'}\n    B: {$ref: ^'#/components/schemas/A'}\n",
        )]),
    ),
    rule("ref-path", "a path is a reference", Edits(&[("paths:\n", "paths:\n  /v5/x:\n    ^$ref: '#/paths/x'\n")])),
    rule(
        "ref-target",
        "a reference does not lead to a component of the right kind",
        Edits(&[(
            "          items:\n            $ref: '#/components/schemas/Host'\n",
            "          items:\n            $ref: ^'#/components/schemas/HostPage/properties/total_num'\n",
        )]),
    ),
    rule(
        "response-media-type",
        "a success response has another media type than JSON or `application/octet-stream`, or several",
        Edits(&[(
            ANSWER,
            "            ^text/plain:\n              schema:\n                $ref: '#/components/schemas/Task'\n",
        )]),
    ),
    rule(
        "response-schema",
        "the schema of a success response has no name, or is not that of bytes",
        Edits(&[(ANSWER, "            application/json:\n              ^schema: {type: object}\n")]),
    ),
    rule(
        "response-success",
        "an operation does not have exactly one success response",
        Edits(&[("        '4XX':\n", "        ^'202':\n")]),
    ),
    rule(
        "response-success-unknown",
        "the status of a success response is not registered",
        Edits(&[("        '201':\n", "        ^'299':\n")]),
    ),
    rule(
        "schema-array-loop",
        "the elements of an array are arrays like itself",
        Edits(&[(SCHEMAS, "  schemas:\n    Tree: {type: array, items: ^{$ref: '#/components/schemas/Tree'}}\n")]),
    ),
    rule(
        "schema-combinator",
        "a schema has `allOf`, `oneOf`, `anyOf`, `not` or `discriminator`",
        Edits(&[(TASK, "        id:\n          ^anyOf: [{type: string}, {type: boolean}]\n")]),
    ),
    rule(
        "schema-inline",
        "an object or enumeration without a name is nullable, or has no property to be named after",
        Edits(&[(
            TASK,
            "        id:\n          ^type: object\n          nullable: true\n          properties: {a: {type: string, description: A.}}\n",
        )]),
    ),
    rule("schema-items", "an array has no `items`", Edits(&[(TASK, "        id:\n          ^type: array\n")])),
    rule(
        "schema-keyword",
        "a schema has a keyword that does not belong to its type",
        Edits(&[(TASK, "        id:\n          type: object\n          ^format: int64\n")]),
    ),
    rule(
        "schema-typeless",
        "a schema has a keyword without a type",
        Edits(&[(TASK, "        id:\n          ^maxLength: 3\n")]),
    ),
    // Parsers differ in what they accept. Some accept a tab where this one does not.
    rule("syntax", "the file cannot be read as YAML or JSON", File("openapi: 3.0.3\ninfo: [1, 2\npaths^: 3\n")),
    rule(
        "type-collision",
        "two schemas have the same name in Rust",
        Edits(&[(SCHEMAS, "  schemas:\n    TaskAB: {type: string}\n    ^TaskAb: {type: string}\n")]),
    ),
    rule("yaml-tag", "the file has a YAML tag (`!`)", File("a: ^!!str 1\n")),
];
