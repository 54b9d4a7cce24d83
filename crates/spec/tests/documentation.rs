//! Checks of the documentation in a document, with the position of each gap.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use hss_spec::{check_documentation, parse};

/// A completely documented document.
const GOOD: &str = r"openapi: 3.0.3
info: {title: t, version: v, description: d}
servers: [{url: 'https://a.example', description: d}]
security: [{token: []}]
tags: [{name: t, description: d}]
paths:
  /hosts:
    post:
      operationId: StartHosts
      tags: [t]
      parameters: [{name: kind, in: query, description: d, schema: {type: string}}]
      requestBody: {description: d, content: {application/json: {schema: {type: object}, example: {name: n}}}}
      responses:
        '200':
          description: d
          headers: {X-Count: {description: d, schema: {type: string}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Host'}, example: {password: not-a-real-one}}}
components:
  securitySchemes: {token: {type: apiKey, description: d, in: header, name: X-Auth-Token}}
  schemas:
    Host: {type: object, description: d, properties: {password: {type: string, description: d}}}
";

/// Asserts the finding after replacing `from` by `to`. The mark `^` in `to`, which is removed, is the expected
/// position.
#[track_caller]
fn expect(from: &str, to: &str, rule: &str) {
    assert_eq!(GOOD.matches(from).count(), 1, "{from}");
    let text = GOOD.replace(from, to);
    let offset = text.find('^').unwrap();
    let before = text.get(..offset).unwrap();
    let (line, column) = (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap().chars().count() + 1);
    let document = parse("good.yaml".as_ref(), &text.replacen('^', "", 1)).unwrap();
    let found: Vec<_> = check_documentation(&document)
        .iter()
        .map(|finding| (finding.rule, finding.place.line as usize, finding.place.column as usize))
        .collect();
    assert_eq!(found, [(rule, line, column)], "{to}");
}

#[test]
fn a_complete_document_has_no_findings() {
    assert_eq!(check_documentation(&parse("good.yaml".as_ref(), GOOD).unwrap()), []);
}

#[test]
fn requires_descriptions_everywhere() {
    for (from, to) in [
        ("info: {title: t, version: v, description: d}", "^info: {title: t, version: v}"),
        ("[{url: 'https://a.example', description: d}]", "[^{url: 'https://a.example'}]"),
        ("tags: [{name: t, description: d}]", "tags: [^{name: t}]"),
        ("[{name: kind, in: query, description: d,", "[^{name: kind, in: query, description: ' ',"),
        ("requestBody: {description: d, content", "^requestBody: {content"),
        ("{X-Count: {description: d, schema", "{^X-Count: {schema"),
        ("{token: {type: apiKey, description: d,", "{^token: {type: apiKey,"),
        ("Host: {type: object, description: d,", "^Host: {type: object,"),
        ("{password: {type: string, description: d}}", "{^password: {type: string}}"),
    ] {
        expect(from, to, "description-missing");
    }
}

#[test]
fn refuses_the_texts_of_a_draft() {
    for (from, to) in [
        ("info: {title: t, version: v, description: d}", "info: {title: t, version: v, description: ^TODO}"),
        ("      tags: [t]\n", "      tags: [t]\n      summary: ^TODO\n"),
        ("tags: [{name: t, description: d}]", "tags: [{name: t, description: ^'TODO: which page'}]"),
        ("{name: kind, in: query, description: d,", "{name: kind, in: query, description: ^TODO,"),
        ("requestBody: {description: d,", "requestBody: {description: ^TODO,"),
        ("'200':\n          description: d\n", "'200':\n          description: ^TODO\n"),
        ("Host: {type: object, description: d,", "Host: {type: object, description: ^TODO,"),
        ("{password: {type: string, description: d}}", "{password: {type: string, description: ^TODO}}"),
    ] {
        expect(from, to, "todo");
    }
    let tag = GOOD
        .replace("[{name: t, description: d}]", "[{name: TODO, description: d}]")
        .replace("tags: [t]", "tags: [TODO]");
    let found = check_documentation(&parse("good.yaml".as_ref(), &tag).unwrap());
    assert_eq!(found.iter().map(|finding| finding.rule).collect::<Vec<_>>(), ["todo"]);
    let name = GOOD.replace("description: d}}}\n", "description: The list `TODO`.}}}\n");
    assert_eq!(check_documentation(&parse("good.yaml".as_ref(), &name).unwrap()), []);
}

#[test]
fn requires_a_note_on_what_is_deprecated() {
    let note = "description: \"d\\n\\nDeprecated: use x\", deprecated: true";
    for (from, flag) in [
        ("    post:\n      operationId: StartHosts\n", "\n      deprecated: ^true"),
        ("{name: kind, in: query, description: d,", " deprecated: ^true,"),
        ("{password: {type: string, description: d", ", deprecated: ^true"),
    ] {
        expect(
            from,
            &format!("{}{flag}{}", from.trim_end(), if from.ends_with('\n') { "\n" } else { "" }),
            "deprecation-note",
        );
    }
    let text = GOOD.replace("{password: {type: string, description: d", &format!("{{password: {{type: string, {note}"));
    assert_eq!(check_documentation(&parse("good.yaml".as_ref(), &text).unwrap()), []);
}

#[test]
fn requires_tags_and_security_of_operations() {
    expect(
        "    post:\n      operationId: StartHosts\n      tags: [t]\n",
        "    ^post:\n      operationId: StartHosts\n",
        "tag-missing",
    );
    expect("      tags: [t]\n", "      tags: [t, ^u]\n", "tag-undeclared");
    let tag = "tags: [{name: t, description: d}]\n";
    expect(tag, "tags: [{name: t, description: d}, {description: d, name: ^t}]\n", "tag-duplicate");
    let all = "security: [{token: []}]\ntags: [{name: t, description: d}]\npaths:\n  /hosts:\n    post:\n";
    expect(all, &all.replace("security: [{token: []}]\n", "").replace("post", "^post"), "security-missing");
}

#[test]
fn requires_examples_of_bodies_without_real_credentials() {
    expect(
        "{application/json: {schema: {type: object}, example: {name: n}}}",
        "{^application/json: {schema: {type: object}}}",
        "example-missing",
    );
    let json = "{application/json: {schema: {$ref: '#/components/schemas/Host'}, example: {password: not-a-real-one}}}";
    assert!(GOOD.contains(json));
    let bytes = GOOD.replace(json, "{application/octet-stream: {schema: {type: string, format: binary}}}");
    assert_eq!(check_documentation(&parse("good.yaml".as_ref(), &bytes).unwrap()), []);
    expect(", example: {password: not-a-real-one}}", ", example: {password: ^Hunter22!}}", "example-credential");
    expect(
        ", example: {password: not-a-real-one}}",
        ", examples: {a: {value: {list: [^HPUA0QX9R7TZ2K4M8B1C]}}}}",
        "example-credential",
    );
}

/// The finding states where the value is, also if the value is in a list.
#[test]
fn names_the_place_of_a_credential() {
    let kind = "{name: kind, in: query, description: d, schema: {type: string}}";
    let host = "{password: {type: string, description: d}}";
    for (from, to, within) in [
        (", example: {password: not-a-real-one}}", ", example: [HPUA0QX9R7TZ2K4M8B1C]}", "credential →"),
        (
            ", example: {password: not-a-real-one}}",
            ", example: {keys: [HPUA0QX9R7TZ2K4M8B1C]}}",
            "credential in `keys` →",
        ),
        (kind, "{name: token, in: query, description: d, schema: {type: string}, example: Hunter22!}", "in `token` →"),
        (
            kind,
            "{name: kind, in: query, description: d, schema: {type: array, items: {type: string}}, example: [HPUA0QX9R7TZ2K4M8B1C]}",
            "in `kind` →",
        ),
        (host, "{password: {type: string, description: d, example: Hunter22!}}", "in `password` →"),
    ] {
        let text = GOOD.replacen(from, to, 1);
        let found = check_documentation(&parse("good.yaml".as_ref(), &text).unwrap());
        let shown = found.iter().map(ToString::to_string).collect::<String>();
        assert!(found.len() == 1 && shown.contains(within), "{to}: {shown}");
    }
}
