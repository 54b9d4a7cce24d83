//! Documents that are a folder of chapters.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use hss_spec::{Document, Extensions, Finding, bundle, check, load};
use support::{GOOD, brief, document, show};
use tempfile::TempDir;

const ROOT: &str = "openapi: 3.0.3\ninfo: {title: t, version: v}\ntags:\n  - name: a\npaths: {}\ncomponents:\n  schemas:\n    \
                    Shared: {type: string}\n";
const SCANS: &str = "paths:\n  /scans:\n    get: {}\ncomponents:\n  schemas:\n    Scan: {type: object}\n";

/// Creates a document `api` of these files, in a folder of its own.
fn folder<T: AsRef<[u8]>>(files: &[(&str, T)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("api")).unwrap();
    for (name, content) in files {
        let path = folder.path().join("api").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn loaded(folder: &TempDir) -> Document {
    load(&folder.path().join("api")).unwrap_or_else(|findings| panic!("{}", show(&findings)))
}

fn refused(folder: &TempDir) -> Vec<Finding> {
    load(&folder.path().join("api")).err().unwrap_or_default()
}

/// Returns the findings without their classes, with files relative to the folder.
fn lines(folder: &TempDir) -> String {
    let shown = show(&refused(folder)).replace(&format!("{}/", folder.path().display()), "");
    ["openapi", "generator"].iter().fold(shown, |shown, class| shown.replace(&format!(" [{class}]"), ""))
}

#[track_caller]
fn refuses(files: &[(&str, &str)], expected: &str) {
    let found = lines(&folder(files));
    assert!(found.starts_with(expected), "{found}");
}

#[test]
fn merges_paths_and_components_and_keeps_positions() {
    let json =
        "{\"components\": {\"parameters\": {\"Id\": {}}, \"schemas\": {\"Host\": {}}}, \"paths\": {\"/hosts\": {}}}";
    let folder = folder(&[("z.yaml", ROOT), ("scans.yml", SCANS), ("hosts.JSON", json)]);
    let document = loaded(&folder);
    let expected = r#"{"openapi":"3.0.3","info":{"title":"t","version":"v"},"tags":[{"name":"a"}],"paths":{"/hosts":{},"/scans":{"get":{}}},"components":{"schemas":{"Shared":{"type":"string"},"Host":{},"Scan":{"type":"object"}},"parameters":{"Id":{}}}}"#;
    assert_eq!(document.to_json().to_string(), expected);
    let place = |pointer: &str| {
        let place = document.root().pointer(pointer).unwrap().place.to_string();
        place.rsplit('/').next().unwrap().to_owned()
    };
    assert_eq!(place(""), "z.yaml:1:1");
    assert_eq!(place("/paths/~1scans/get"), "scans.yml:3:10");
    assert_eq!(place("/components/schemas/Host"), "hosts.JSON:1:63");
    assert_eq!(document.component("schemas", "Scan").unwrap().text("type"), Some("object"));
    let files: Vec<_> = document.files().map(|file| file.strip_prefix(folder.path()).unwrap()).collect();
    // With the folder, a build runs again when a chapter is added.
    assert_eq!(files, ["api", "api/hosts.JSON", "api/scans.yml", "api/z.yaml"].map(Path::new));
}

#[test]
fn a_split_document_is_the_document() {
    let (before, components) = GOOD.split_once("\ncomponents:\n").unwrap();
    let (root, paths) = before.split_once("\npaths:\n").unwrap();
    let folder = folder(&[
        ("a.yaml", format!("components:\n{components}")),
        ("b.yaml", format!("paths:\n{paths}\n")),
        ("document.yaml", format!("{root}\npaths: {{}}\n")),
    ]);
    let chapters = loaded(&folder);
    assert_eq!(show(&check(&chapters)), "");
    for extensions in [Extensions::Keep, Extensions::Drop] {
        // In the order of the file names, components come first.
        let json = |document| serde_json::from_str::<serde_json::Value>(&bundle(document, extensions)).unwrap();
        assert_eq!(json(&chapters), json(&document(GOOD)));
    }
}

#[test]
fn duplicates_name_both_places() {
    let path = ("b.yaml", "paths:\n  /hosts: {}\n  /scans: {}\n");
    let hint = " → keep one of the two\n";
    refuses(
        &[("a.yaml", SCANS), path, ("c.yaml", ROOT)],
        &format!("api/b.yaml:3:3 error duplicate-key the key `/scans` is already given at api/a.yaml:2:3{hint}"),
    );
    let component = ("b.yaml", "components:\n  parameters: {Scan: {}}\n  schemas:\n    Scan: {}\n    Shared: {}\n");
    let found = lines(&folder(&[("a.yaml", SCANS), component, ("c.yaml", ROOT)]));
    assert_eq!(
        found,
        format!(
            "api/b.yaml:4:5 error duplicate-key the key `Scan` is already given at api/a.yaml:6:5{hint}\
             api/b.yaml:5:5 error duplicate-key the key `Shared` is already given at api/c.yaml:8:5{hint}"
        )
    );
    // The values of extensions are no maps of components.
    let note = ("b.yaml", "components:\n  x-note: b\n");
    refuses(
        &[("a.yaml", "components:\n  x-note: a\n"), note, ("c.yaml", ROOT)],
        &format!("api/b.yaml:2:3 error duplicate-key the key `x-note` is already given at api/a.yaml:2:3{hint}"),
    );
}

#[test]
fn exactly_one_chapter_is_the_root() {
    let none: [(&str, &str); 0] = [];
    let message =
        "api:1:1 error chapter-root the folder has no chapters: files that end in `.yaml`, `.yml` or `.json` → ";
    refuses(&none, message);
    // Hidden files, files of other types and sub-folders are no chapters.
    refuses(&[(".a.yaml", ROOT), ("README.md", "#"), ("more/a.yaml", ROOT), ("folder.yaml/a.yaml", ROOT)], message);
    refuses(
        &[("a.yaml", SCANS)],
        "api:1:1 error chapter-root the document has no root chapter: no file in this folder has the key `openapi` → ",
    );
    refuses(
        &[("a.yaml", ROOT), ("b.yaml", SCANS), ("c.yaml", "paths: {}\nopenapi: 3.0.3\n")],
        "api/c.yaml:2:1 error chapter-root the document has a second root chapter; the first has `openapi` at api/a.yaml:1:1 → ",
    );
}

#[test]
fn other_chapters_have_paths_and_components_only() {
    let other = "x-own: 1\npaths: {}\ntags: []\ninfo: {}\n";
    let found = lines(&folder(&[("a.yaml", ROOT), ("b.yaml", other)]));
    let line = |number, key| {
        format!(
            "api/b.yaml:{number}:1 error chapter-key only the root chapter can have the key `{key}` → move it to api/a.yaml\n"
        )
    };
    assert_eq!(found, [line(1, "x-own"), line(3, "tags"), line(4, "info")].concat());
    refuses(
        &[("a.yaml", ROOT), ("b.yaml", "paths:\n")],
        "api/b.yaml:1:1 error wrong-type `paths` is not a map → write its entries below it, or `{}` if it has none\n",
    );
    refuses(
        &[("a.yaml", &ROOT.replace("paths: {}", "paths: []")), ("b.yaml", SCANS)],
        "api/a.yaml:5:1 error wrong-type `paths` is not a map → ",
    );
    refuses(
        &[("a.yaml", ROOT), ("b.yaml", "components:\n  schemas: 7\n")],
        "api/b.yaml:2:3 error wrong-type `schemas` is not a map → ",
    );
    refuses(
        &[("a.yaml", ROOT), ("b.yaml", "- a\n")],
        "api/b.yaml:1:1 error wrong-type the chapter is a list instead of ",
    );
}

#[test]
fn errors_of_all_chapters_are_reported() {
    let files = [
        ("a.yaml", &b"paths:\n  /a: [\n"[..]),
        ("b.json", &b"{\"paths\": {}"[..]),
        ("c.yaml", &b"components: \xff\n"[..]),
        ("d.yaml", &b""[..]),
    ];
    assert_eq!(brief(&refused(&folder(&files))), ["syntax 3:1", "syntax 1:12", "not-utf8 1:13", "empty-file 1:1"]);
}

#[cfg(unix)]
#[test]
fn refuses_links_out_of_the_folder_and_files_that_are_none() {
    use std::os::unix::fs::symlink;

    let of = |files: &[(&str, &str)]| {
        let folder = folder(&[("a.yaml", ROOT)]);
        for (name, target) in files {
            symlink(target, folder.path().join("api").join(name)).unwrap();
        }
        fs::write(folder.path().join("outside.yaml"), SCANS).unwrap();
        lines(&folder)
    };
    let outside = of(&[("b.yaml", "../outside.yaml")]);
    assert!(
        outside.starts_with("api/b.yaml:1:1 error file-unreadable the chapter is a link to a file outside of "),
        "{outside}"
    );
    let gone = of(&[("b.yaml", "gone.yaml")]);
    assert!(gone.starts_with("api/b.yaml:1:1 error file-unreadable the chapter cannot be read: "), "{gone}");
    let device = of(&[("b.yaml", "/dev/zero")]);
    assert!(
        device.starts_with("api/b.yaml:1:1 error file-unreadable the chapter is a link to a file outside "),
        "{device}"
    );
    assert_eq!(of(&[("b.txt", "../outside.yaml")]), "");
}

#[test]
fn limits_hold_for_all_chapters_together() {
    let many: Vec<_> = (0..100).map(|number| (format!("{number:03}.yaml"), "paths: {}\n".to_owned())).collect();
    let mut files: Vec<_> = many.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    files.push(("root.yaml", ROOT));
    assert_eq!(brief(&refused(&folder(&files))), ["chapter-limit 1:1"]);
    files.pop();
    files[0].1 = ROOT;
    assert_eq!(brief(&refused(&folder(&files))), [""; 0]);

    let over = |part: String| {
        let chapter = |key: &str| format!("components:\n  schemas:\n    {key}:\n      {part}\n");
        let files = [("a.yaml", chapter("A")), ("b.yaml", chapter("B")), ("c.yaml", chapter("C"))];
        let found = refused(&folder(&files));
        let named = |finding: &Finding| {
            (finding.rule, finding.place.file.file_name().unwrap_or_default().display().to_string())
        };
        found.iter().map(named).collect::<Vec<_>>()
    };
    // The chapters after the one over the limit have no findings of their own.
    let second = |rule| vec![(rule, "b.yaml".to_owned())];
    assert_eq!(over(format!("description: d # {}", "x".repeat(9 << 20))), second("file-too-large"));
    assert_eq!(over(format!("enum: [{}1]", "1,".repeat(260_000))), second("node-limit"));
    let copies = over(format!("example: [&a '{}', *a]", "x".repeat(3 << 19)));
    assert_eq!(copies.first(), second("alias-limit").first());
}

#[test]
fn example_files_are_relative_to_the_chapter() {
    let with = |name: &str| {
        let chapter = format!(
            "paths:\n  /scans:\n    get:\n      responses:\n        '200':\n          content:\n            application/json:\n              \
             examples:\n                own: {{externalValue: '{name}'}}\n"
        );
        let folder =
            folder(&[("root.yaml", ROOT), ("scans.yaml", &chapter), ("own.json", "{\"paths\": {}, \"n\": 1}")]);
        fs::remove_file(folder.path().join("api/own.json")).unwrap();
        fs::create_dir_all(folder.path().join("examples")).unwrap();
        fs::create_dir_all(folder.path().join("api/own")).unwrap();
        fs::write(folder.path().join("examples/x.json"), "{\"n\": 1}").unwrap();
        fs::write(folder.path().join("api/own/x.json"), "{\"n\": 2}").unwrap();
        folder
    };
    for (name, file, content) in [
        ("../examples/x.json", "examples/x.json", "\"n\": 1"),
        ("./../api/../examples/x.json", "examples/x.json", "\"n\": 1"),
        ("own/x.json", "api/own/x.json", "\"n\": 2"),
    ] {
        let folder = with(name);
        let document = loaded(&folder);
        let last = document.files().last().unwrap().to_owned();
        assert_eq!(last, folder.path().join(file), "{name}");
        assert!(bundle(&document, Extensions::Keep).contains(content), "{name}");
    }
    let folder = with("../../x.json");
    let found = show(&check(&loaded(&folder)));
    assert!(
        found.contains(
            "api/scans.yaml:9:38 warning example-file [house] `externalValue: ../../x.json` leaves the folder "
        ),
        "{found}"
    );
}

/// A reference may lead to any chapter, and a finding names the chapter in which it is.
#[test]
fn findings_name_the_chapter() {
    let (before, components) = GOOD.split_once("\ncomponents:\n").unwrap();
    let mut paths =
        components.replacen("  schemas:\n", "  schemas:\n    Other:\n      $ref: '#/components/schemas/Gone'\n", 1);
    paths.insert_str(0, "components:\n");
    let folder = folder(&[("root.yaml", before), ("components.yaml", &paths)]);
    let mut found = String::new();
    for finding in check(&loaded(&folder)) {
        write!(found, "{} {};", finding.place.file.file_name().unwrap().display(), finding.rule).unwrap();
    }
    assert!(found.contains("components.yaml ref-dangling;"), "{found}");
}

#[test]
fn operations_of_all_chapters_get_the_defaults_of_the_root() {
    let written = "      x-rate-limit:\n        requests: 5\n        seconds: 60\n";
    let errors = "        '4XX':\n          $ref: '#/components/responses/Error'\n        '5XX':\n          $ref: '#/components/responses/Error'\n";
    let defaults = format!(
        "x-operation-defaults:\n  x-rate-limit: {{requests: 5, seconds: 60}}\n  responses:\n{}",
        errors.replace("        ", "    ")
    );
    // One operation has no quota of its own, the other has.
    let whole = GOOD.replacen("      tags: [Tasks]\n      parameters:\n        - $ref: '#/components/parameters/ProjectId'\n      requestBody", &format!("      x-idempotent: false\n{written}      tags: [Tasks]\n      parameters:\n        - $ref: '#/components/parameters/ProjectId'\n      requestBody"), 1);
    let without =
        whole.replace(written, "").replace(errors, "").replacen("paths:\n", &format!("{defaults}paths:\n"), 1);
    assert!(!without.contains(errors) && whole.contains(written));
    let (before, components) = without.split_once("\ncomponents:\n").unwrap();
    let (root, paths) = before.split_once("\npaths:\n").unwrap();
    let folder = folder(&[
        ("a.yaml", format!("paths:\n{paths}\n")),
        ("document.yaml", format!("{root}\npaths: {{}}\ncomponents:\n{components}\n")),
    ]);
    let chapters = loaded(&folder);
    assert_eq!(show(&check(&chapters)), "");
    for extensions in [Extensions::Keep, Extensions::Drop] {
        let expected = bundle(&document(&whole), extensions);
        assert_eq!(bundle(&chapters, extensions), expected);
        assert_eq!(bundle(&document(&without), extensions), expected);
    }
    // What an operation states itself stays, and the position of a default is where it is written.
    let other = document(&without.replacen(
        "      x-idempotent: true\n",
        "      x-idempotent: true\n      x-rate-limit: {requests: 9, seconds: 1}\n",
        1,
    ));
    let limits: Vec<_> =
        hss_spec::operations(&other).iter().map(|operation| operation.rate_limit.unwrap().requests).collect();
    assert_eq!(limits, [9, 5]);
    let place = &chapters.root().pointer("/paths/~1v5~1{project_id}~1tasks/post/x-rate-limit").unwrap().place;
    assert!(place.file.ends_with("document.yaml"), "{place}");
}

#[test]
fn defaults_count_towards_the_limit_of_a_document() {
    let items: String = (0..2000).map(|n| format!("    '4{n}': {{}}\n")).collect();
    let paths: String = (0..200).map(|n| format!("  /{n}: {{get: {{responses: {{}}}}}}\n")).collect();
    let text = format!("openapi: 3.0.3\nx-operation-defaults:\n  responses:\n{items}paths:\n{paths}");
    let found = hss_spec::parse(Path::new("a.yaml"), &text).unwrap_err();
    assert_eq!(brief(&found), ["node-limit 2:1"]);
}
