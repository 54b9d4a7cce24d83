//! Valid and invalid input of the loader, with positions.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::fmt::Write as _;
use std::path::Path;

use hss_spec::{Class, Finding, Value, load, parse};
use support::{GOOD, brief, document, expect, findings, show, spoilt};

fn refused(name: &str, text: &str) -> Vec<Finding> {
    parse(Path::new(name), text).err().unwrap_or_default()
}

/// Asserts the rule and position of the only finding for `text`.
#[track_caller]
fn refuses(name: &str, text: &str, expected: &str) -> String {
    let found = refused(name, text);
    assert_eq!(brief(&found), [expected], "{}", show(&found));
    show(&found)
}

#[test]
fn a_valid_document_has_no_findings() {
    assert_eq!(show(&findings(GOOD)), "");
}

#[test]
fn every_node_has_its_position() {
    let text = "a: 1\nb:\n  - x\n  - {c: 'ü', d: e}\n# comment\nlast: |\n  two\n  lines\n";
    let document = parse(Path::new("folder/name.yaml"), text).unwrap();
    let place = |pointer: &str| document.root().pointer(pointer).unwrap().place.to_string();
    assert_eq!(place(""), "folder/name.yaml:1:1");
    assert_eq!(place("/a"), "folder/name.yaml:1:4");
    assert_eq!(place("/b/0"), "folder/name.yaml:3:5");
    assert_eq!(place("/b/1/c"), "folder/name.yaml:4:9");
    assert_eq!(place("/b/1/d"), "folder/name.yaml:4:17");
    let (key, value) = document.root().entry("last").unwrap();
    assert_eq!((key.place.line, key.place.column), (6, 1));
    assert_eq!(value.as_str(), Some("two\nlines\n"));
    assert_eq!(document.to_json().to_string(), r#"{"a":1,"b":["x",{"c":"ü","d":"e"}],"last":"two\nlines\n"}"#);
}

#[test]
fn json_has_the_same_positions_and_accepts_all_valid_json() {
    let text = "{\n\t\"a\": \"\\ud83d\\ude00\",\n  \"ü\": [1, {\"b\": 1.5e3}], \"c\": null\n}";
    let document = parse(Path::new("x.json"), text).unwrap();
    let place = |pointer: &str| document.root().pointer(pointer).unwrap().place.to_string();
    assert_eq!(document.root().text("a"), Some("😀"));
    assert_eq!(place("/ü/0"), "x.json:3:9");
    assert_eq!(place("/ü/1/b"), "x.json:3:18");
    assert_eq!(place("/c"), "x.json:3:32");
    // The first character determines the format if the file name does not.
    assert_eq!(parse(Path::new("x.yaml"), text).unwrap().to_json(), document.to_json());
}

#[test]
fn json_is_strict() {
    for (text, expected) in [
        ("{\"a\": 1,}", "json-syntax 1:9"),
        ("{\"a\": 1 // no\n}", "json-syntax 1:9"),
        ("{\"a\": [1 {\"b\": 2}]}", "syntax 1:10"),
        ("{'a': 1}", "json-syntax 1:2"),
        ("{\"a\": 01}", "json-syntax 1:8"),
        ("{\"ü\": tru}", "json-syntax 1:10"),
        ("{\"a\": 1} {}", "syntax 1:10"),
        ("{\"a\": \"\\ud800\"}", "syntax 1:8"),
        ("{\"a\": 1e999}", "number-range 1:7"),
        ("{\"a\": 1,\n \"b\": 2,\n \"a\": 3}", "duplicate-key 3:2"),
    ] {
        refuses("x.json", text, expected);
    }
}

#[test]
fn text_in_braces_may_be_yaml() {
    let document = parse(Path::new("x.yaml"), "{a: 1, b: [x,],}\n").unwrap();
    assert_eq!(document.to_json().to_string(), r#"{"a":1,"b":["x"]}"#);
    refuses("x.yaml", "{\"a\": 1\n", "syntax 2:1");
}

#[test]
fn ignores_byte_order_mark_and_crlf() {
    let crlf = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
    assert_eq!(document(&crlf).root(), document(GOOD).root());
    assert_eq!(findings(&crlf), []);
    let bad = spoilt("propert", "propretie");
    assert_eq!(findings(&bad.replace('\n', "\r\n")), findings(&bad));
    let block = "a: |\n  one\n  two\nb: 'x\n\n  y'\n";
    let read = |text: &str| parse(Path::new("x.yaml"), text).unwrap().root().clone();
    assert_eq!(read(&block.replace('\n', "\r\n")), read(block));
}

#[test]
fn syntax_errors_have_positions() {
    refuses("x.yaml", "a: 1\nb: [1, 2\nc: 3\n", "syntax 3:2");
    refuses("x.yaml", "a: 1\n  b: 2\n", "syntax 2:4");
    refuses("x.yaml", "a: 'open\n", "syntax 1:4");
    refuses("x.yaml", "a: *missing\n", "syntax 1:4");
}

/// Other parsers accept this, so that the document may be valid OpenAPI.
#[test]
fn syntax_that_only_this_loader_refuses_is_of_the_class_generator() {
    for text in ["title:\tt\n", "a: 'b\n\tc'\n"] {
        let found = refused("x.yaml", text);
        assert_eq!(found.iter().map(|f| (f.rule, f.class)).collect::<Vec<_>>(), [("syntax", Class::Generator)]);
    }
}

#[test]
fn refuses_empty_files() {
    refuses("x.yaml", "", "empty-file 1:1");
    refuses("x.json", " \n\n", "empty-file 1:1");
    refuses("x.yaml", "# only a comment\n", "empty-file 1:1");
    refuses("x.yaml", "- a\n", "wrong-type 1:1");
    refuses("x.yaml", "text\n", "wrong-type 1:1");
}

#[test]
fn refuses_bytes_that_are_not_text() {
    refuses("x.yaml", "a: 1\nb: \0\nc: 2\n", "control-character 2:4");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.yaml");
    std::fs::write(&path, b"a: \xc3\xbc\nb: \xff\n").unwrap();
    assert_eq!(brief(&load(&path).unwrap_err()), ["not-utf8 2:4"]);
    assert_eq!(brief(&load(&folder.path().join("none.yaml")).unwrap_err()), ["file-unreadable 1:1"]);
}

#[test]
fn duplicate_keys_mention_the_first_key() {
    let text = "200: a\nb: c\n'200': d\n";
    let shown = refuses("x.yaml", text, "duplicate-key 3:1");
    assert!(shown.contains("already given at x.yaml:1:1"), "{shown}");
    expect("'200':\n", "200: {description: x}\n        ^'200':\n", &["duplicate-key"]);
}

#[test]
fn refuses_merge_keys_tags_and_complex_keys() {
    refuses("x.yaml", "a: &a {b: 1}\nc:\n  <<: *a\n", "merge-key 3:3");
    refuses("x.yaml", "a: !!str 1\n", "yaml-tag 1:4");
    refuses("x.yaml", "a: !mine\n  b: 1\n", "yaml-tag 1:4");
    refuses("x.yaml", "a:\n  ? [1, 2]\n  : 3\n", "key-not-text 2:5");
    refuses("x.yaml", "a: &a b\n*a : 1\n", "key-not-text 2:1");
    refuses("x.yaml", "a: 1\n---\nb: 2\n", "several-documents 2:1");
    refuses("x.yaml", "a: 99999999999999999999\n", "number-range 1:4");
    refuses("x.yaml", "a: &a [*a]\n", "alias-loop 1:8");
    assert!(parse(Path::new("x.yaml"), "---\na: 1\n...\n").is_ok());
}

/// A value that repeats a key is the text or the number of the key.
#[test]
fn keys_can_have_anchors() {
    let document = parse(Path::new("x.yaml"), "&a name: 1\nb: *a\n&c 5: [*a, *c]\n&d 'x y': *d\n").unwrap();
    assert_eq!(document.to_json().to_string(), r#"{"name":1,"b":"name","5":["name",5],"x y":"x y"}"#);
    refuses("x.yaml", "&a a: &b [*b]\n", "alias-loop 1:11");
}

#[test]
fn aliases_repeat_their_anchor() {
    let document = parse(Path::new("x.yaml"), "a: &a {b: [1]}\nc: *a\n").unwrap();
    assert_eq!(document.root().pointer("/c/b/0").unwrap().place.to_string(), "x.yaml:1:12");
    assert!(matches!(document.root().pointer("/c").unwrap().value, Value::Object(_)));
}

#[test]
fn limits_alias_expansion() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..=8 {
        let alias = format!("*a{}", level - 1);
        writeln!(text, "a{level}: &a{level} [{}]", [alias.as_str(); 9].join(", ")).unwrap();
    }
    let found = refused("x.yaml", &text);
    assert_eq!(found.first().map(|f| f.rule), Some("alias-limit"));
    assert!(found.first().unwrap().message.contains("aliases repeat more than the limit"));
    // One long text, repeated.
    let text = format!("a: &a '{}'\nb: [{}]\n", "x".repeat(1 << 20), ["*a"; 1000].join(", "));
    assert_eq!(refused("x.yaml", &text).first().map(|f| f.rule), Some("alias-limit"));
    // Depth that is added by aliases.
    let mut text = String::from("a0: &a0 [x]\n");
    for level in 1..=70 {
        writeln!(text, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    assert_eq!(refused("x.yaml", &text).first().map(|f| f.rule), Some("depth-limit"));
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    for depth in [65, 200, 100_000] {
        let found = refused("x.json", &format!("{{\"a\": {}", "[".repeat(depth)));
        assert_eq!(brief(&found), ["depth-limit 1:70"]);
        let found = refused("x.yaml", &"- ".repeat(depth));
        assert_eq!(brief(&found), ["depth-limit 1:129"]);
        let found = refused("x.yaml", &format!("a: {}", "[".repeat(depth)));
        assert!(matches!(found.first().map(|f| f.rule), Some("depth-limit" | "syntax")), "{}", show(&found));
    }
}

#[test]
fn limits_sizes() {
    let huge = format!("a: '{}'\n", "x".repeat(16 * 1024 * 1024));
    refuses("x.yaml", &huge, "file-too-large 1:1");
    let long = format!("a: '{}'\n", "x".repeat(1024 * 1024));
    assert!(parse(Path::new("x.yaml"), &long).is_ok());
    let many = format!("{{\"a\": [{}1]}}", "1,".repeat(500_001));
    assert_eq!(refused("x.json", &many).first().map(|f| f.rule), Some("node-limit"));
}

#[test]
fn finds_example_files_from_any_working_directory() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("dir with space");
    std::fs::create_dir_all(inner.join("examples")).unwrap();
    std::fs::write(folder.path().join("secret.json"), "{}").unwrap();
    std::fs::write(inner.join("examples/page.json"), "{\"total_num\": 7,\n \"data_list\": []}").unwrap();
    std::fs::write(inner.join("examples/bad.json"), "{\"total_num\": 7,\n oops}").unwrap();
    let check = |value: &str| {
        let text = spoilt("$ref: '#/components/examples/Page'", &format!("externalValue: '{value}'"));
        let path = inner.join("hss.yaml");
        std::fs::write(&path, text).unwrap();
        let document = load(&path).unwrap_or_else(|found| panic!("{}", show(&found)));
        let files: Vec<_> =
            document.files().map(|file| file.strip_prefix(&inner).unwrap().display().to_string()).collect();
        (document, files)
    };
    for value in ["examples/page.json", "./examples/../examples/page.json"] {
        let (document, files) = check(value);
        assert_eq!(show(&hss_spec::check(&document)), "");
        assert_eq!(files, ["hss.yaml", "examples/page.json"]);
        let sample = hss_spec::operations(&document).remove(0).success.sample.unwrap();
        assert_eq!(sample.to_string(), r#"{"total_num":7,"data_list":[]}"#);
    }
    for value in [
        "../secret.json",
        "examples/../../secret.json",
        "/etc/passwd",
        "http://127.0.0.1:9/x.json",
        "examples\\page.json",
    ] {
        let (document, files) = check(value);
        assert_eq!(brief(&hss_spec::check(&document)), ["example-file 52:34"], "{value}");
        assert_eq!(files, ["hss.yaml"]);
    }
    let (document, files) = check("examples/missing.json");
    assert_eq!(brief(&hss_spec::check(&document)), ["example-file 52:34"]);
    assert_eq!(files, ["hss.yaml", "examples/missing.json"]);
    let (document, _) = check("examples/bad.json");
    let found = hss_spec::check(&document);
    assert_eq!(brief(&found), ["example-file 2:2"]);
    assert!(found[0].place.file.ends_with("examples/bad.json"));
}

#[cfg(unix)]
#[test]
fn refuses_example_files_outside_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(folder.path().join("secret.json"), "{}").unwrap();
    std::os::unix::fs::symlink("../secret.json", inner.join("link.json")).unwrap();
    let path = inner.join("hss.yaml");
    std::fs::write(&path, spoilt("$ref: '#/components/examples/Page'", "externalValue: link.json")).unwrap();
    assert_eq!(brief(&hss_spec::check(&load(&path).unwrap())), ["example-file 52:34"]);
}

/// Loading and checking must take linear time. A document a hundred times as large may take at most a few hundred times
/// as long.
#[test]
fn checks_large_documents_in_linear_time() {
    let large = |schemas: usize| {
        let mut text = GOOD.to_owned();
        for index in 0..schemas {
            let next = (index + 1) % schemas;
            write!(
                text,
                "    Part{index}X:\n      type: object\n      properties:\n        next:\n          \
                 $ref: '#/components/schemas/Part{next}X'\n        name:\n          type: string\n"
            )
            .unwrap();
        }
        text
    };
    let text = large(10_000);
    assert_eq!(show(&findings(&text)), "");
}
