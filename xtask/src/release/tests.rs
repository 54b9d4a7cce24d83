use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use time::Month;

use super::*;
use crate::diff::Revision;
use crate::place;

const FIRST: &str = "openapi/released/hss-v5-0.1.0.json";

/// The parts of the repository that a release reads.
const PARTS: [&str; 6] =
    ["openapi", "tests/snapshots", "crates/core/fuzz/Cargo.lock", "Cargo.lock", "Cargo.toml", "CHANGELOG.md"];

type Contents = BTreeMap<PathBuf, Vec<u8>>;

/// Returns the files in a folder, by their relative paths.
fn contents(root: &Path, part: &Path, found: &mut Contents) {
    if root.join(part).is_dir() {
        for entry in fs::read_dir(root.join(part)).unwrap() {
            contents(root, &part.join(entry.unwrap().file_name()), found);
        }
    } else {
        found.insert(part.to_owned(), fs::read(root.join(part)).unwrap());
    }
}

fn all(root: &Path) -> Contents {
    let mut found = Contents::new();
    contents(root, Path::new(""), &mut found);
    found
}

/// Copies the repository without its releases. Its version is 0.1.0, and its changelog is short.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Contents::new();
    for part in PARTS {
        contents(&place::root(), Path::new(part), &mut files);
    }
    files.retain(|path, _| !path.starts_with(FOLDER));
    for (path, content) in files {
        let copy = folder.path().join(path);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::write(copy, content).unwrap();
    }
    let root = folder.path();
    let current = packages::version(root).unwrap();
    let mut files = Files::new(root);
    packages::set_version(&mut files, &current, &Version::new(0, 1, 0)).unwrap();
    files.write().unwrap();
    fs::write(root.join("CHANGELOG.md"), "# Changelog\n\n## Unreleased\n\n### Added\n\n- a\n").unwrap();
    folder
}

fn release(root: &Path, version: &str) -> Result<bool, String> {
    run(root, version, Date::from_calendar_date(2026, Month::March, 7).unwrap())
}

fn text(root: &Path, name: &str) -> String {
    fs::read_to_string(root.join(name)).unwrap()
}

/// Edits a chapter, and updates the snapshots of the generated code.
fn edit(root: &Path, from: &str, to: &str) {
    let chapter = root.join("openapi/hss-v5/scan-tasks.yaml");
    let before = fs::read_to_string(&chapter).unwrap();
    assert!(before.contains(from), "{from:?} is not in the chapter");
    fs::write(chapter, before.replacen(from, to, 1)).unwrap();
    let document = hss_spec::load(&root.join(place::HSS)).unwrap();
    for (name, text) in hss_codegen::artefacts(&document, place::CLIENT).unwrap() {
        fs::write(root.join(place::SNAPSHOTS).join(format!("{name}.snap")), format!("---\nsource: s\n---\n{text}\n"))
            .unwrap();
    }
}

const SCAN_TYPE: &str = "        - $ref: '#/components/parameters/ScanType'\n";

#[test]
fn a_release_keeps_the_document_and_refuses_to_be_repeated() {
    let folder = repository();
    let root = folder.path();
    assert!(Revision::released(root).unwrap().is_none());
    let before = all(root);
    assert_eq!(release(root, "0.1.0"), Ok(true));
    let after = all(root);
    let changed: Vec<_> = after.iter().filter(|(path, content)| before.get(*path) != Some(content)).collect();
    let names: Vec<_> = changed.iter().map(|(path, _)| path.to_str().unwrap()).collect();
    assert_eq!(names, ["CHANGELOG.md", SUMS, FIRST]);
    assert!(before.keys().all(|path| after.contains_key(path)));

    let document = Revision::working_tree(root).unwrap();
    assert_eq!(text(root, FIRST), hss_spec::bundle(&document.document, Extensions::Keep));
    assert_eq!(
        text(root, "CHANGELOG.md"),
        "# Changelog\n\n## Unreleased\n\n## 0.1.0 - 2026-03-07\n\n### Added\n\n- a\n"
    );
    let sums =
        Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(root.join(FOLDER)).output();
    // The program is not on every system.
    assert!(sums.is_ok_and(|sums| sums.status.success()) || cfg!(not(target_os = "linux")));
    let comparison = Comparison::new(&Revision::released(root).unwrap().unwrap(), &document).unwrap();
    assert!(comparison.is_empty(), "{}", comparison.verdict());

    let refused = release(root, "0.1.0").unwrap_err();
    let hint = " → release 0.1.1 or a greater version";
    assert_eq!(refused, format!("0.1.0 is already released, and released documents never change{hint}"));
    assert!(release(root, "0.0.9").unwrap_err().contains("0.0.9 is not greater than 0.1.0, the newest release"));
    assert_eq!(all(root), after);
    assert_eq!(check::project(root, None, Format::Human), Ok(true));
    fs::write(root.join(FIRST), "{}").unwrap();
    assert_eq!(check::project(root, None, Format::Human), Ok(false));
}

#[test]
fn a_version_must_be_as_great_as_the_changes_require() {
    let folder = repository();
    let root = folder.path();
    release(root, "0.1.0").unwrap();
    let first = text(root, FIRST);
    edit(root, SCAN_TYPE, "");
    let before = all(root);
    assert_eq!(release(root, "0.1.9"), Ok(false), "a setter is gone");
    assert_eq!(all(root), before);

    assert_eq!(release(root, "0.2.0"), Ok(true));
    assert_eq!(text(root, FIRST), first);
    assert_eq!(text(root, SUMS).lines().count(), 2);
    assert!(text(root, SUMS).ends_with("  hss-v5-0.2.0.json\n"));
    assert!(text(root, "Cargo.toml").contains("[workspace.package]\nversion = \"0.2.0\"\n"));
    for lock in ["Cargo.lock", "crates/core/fuzz/Cargo.lock"] {
        assert!(text(root, lock).contains("name = \"hss-spec\"\nversion = \"0.2.0\"\n"), "{lock}");
        assert!(!text(root, lock).contains("name = \"huaweicloud-core\"\nversion = \"0.1.0\"\n"), "{lock}");
    }
    let changelog = text(root, "CHANGELOG.md");
    let expected = "# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-03-07\n\n### The API, from 0.1.0 to 0.2.0\n\n#### ";
    assert!(changelog.starts_with(expected), "{changelog}");
    assert!(changelog.contains("; major change.\n\n## 0.1.0 - 2026-03-07\n"), "{changelog}");
    assert!(!changelog.contains("<!--"), "{changelog}");

    // An addition is a small step before 1.0.0. Without any change, each greater version is possible.
    edit(
        root,
        "        - $ref: '#/components/parameters/TaskIdFilter'\n",
        &format!("        - $ref: '#/components/parameters/TaskIdFilter'\n{SCAN_TYPE}"),
    );
    assert_eq!(release(root, "0.2.1"), Ok(true));
    assert_eq!(release(root, "0.2.2"), Ok(true));
}

#[test]
fn nothing_is_written_unless_everything_can_be() {
    let folder = repository();
    let root = folder.path();
    let unchanged = |said: &str| {
        let before = all(root);
        let result = release(root, "0.1.0");
        match result {
            Ok(released) => assert!(!released && said.is_empty(), "{released} {said}"),
            Err(error) => assert!(!said.is_empty() && error.contains(said), "{error}"),
        }
        assert_eq!(all(root), before);
    };
    for (version, said) in [
        ("1", "invalid version \"1\": "),
        ("0.1.0-rc.1", "a document has no pre-releases"),
        ("0.2.0+b", "a document has no pre-releases and no builds"),
        ("0.0.9", "0.0.9 is less than 0.1.0, the version of the packages"),
    ] {
        assert!(release(root, version).unwrap_err().contains(said), "{version}");
    }
    for (name, by, said) in [
        ("CHANGELOG.md", Some("# Changelog\n"), "no heading"),
        ("CHANGELOG.md", None, "cannot read "),
        (
            "CHANGELOG.md",
            Some("# Changelog\n\n## Unreleased\n\n## 0.1.0\n"),
            "already has a section for 0.1.0 → release another version",
        ),
        ("Cargo.lock", Some("version = 4\n"), "Cargo.lock is stale: it has no package of version 0.1.0"),
        ("openapi/iam-v3.yaml", Some("openapi: 3.0.3\n"), ""),
        ("tests/snapshots/surface.snap", Some("---\nsource: s\n---\nstale\n"), ""),
    ] {
        let kept = text(root, name);
        match by {
            Some(by) => fs::write(root.join(name), by).unwrap(),
            None => fs::remove_file(root.join(name)).unwrap(),
        }
        unchanged(said);
        fs::write(root.join(name), kept).unwrap();
    }
    // A file that is not listed is not overwritten.
    fs::create_dir_all(root.join(FOLDER)).unwrap();
    fs::write(root.join(FIRST), "{}").unwrap();
    unchanged("");
    fs::remove_file(root.join(FIRST)).unwrap();
    assert_eq!(release(root, "0.1.0"), Ok(true));
    // A changed release stops the next one.
    fs::write(root.join(FIRST), "{}").unwrap();
    let before = all(root);
    assert!(release(root, "0.2.0").unwrap_err().contains("hss-v5-0.1.0.json is not the released file"));
    assert_eq!(all(root), before);
}

#[cfg(unix)]
#[test]
fn files_keep_their_permissions() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    fs::write(&path, "1").unwrap();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    let before = mode("a");
    let mut files = Files::new(folder.path());
    files.append("a", "2").unwrap();
    files.create("folder/b", "3");
    files.write().unwrap();
    assert_eq!((mode("a"), mode("folder/b")), (before, before));
    let written = || (text(folder.path(), "a"), text(folder.path(), "folder/b"));
    assert_eq!(written(), ("1\n2".to_owned(), "3".to_owned()));
    // A file that appeared in the meantime is kept, and so are all others.
    let mut files = Files::new(folder.path());
    files.append("a", "4").unwrap();
    files.create("folder/b", "5");
    assert!(files.write().unwrap_err().contains("the file exists"));
    assert_eq!(written(), ("1\n2".to_owned(), "3".to_owned()));
}

/// The third file cannot be written, since the second has the same name.
#[test]
fn files_before_one_that_fails_are_restored() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), "1").unwrap();
    let before = all(folder.path());
    let write = || {
        let mut files = Files::new(folder.path());
        files.append("a", "2").unwrap();
        files.create("new/b", "3");
        files.create("new/b", "4");
        files.write().unwrap_err()
    };
    let error = write();
    assert!(error.starts_with("nothing was released: cannot write ") && error.contains("b: "), "{error}");
    assert_eq!(all(folder.path()), before);
    assert!(!folder.path().join("new").exists());
    // A folder that existed is kept.
    fs::create_dir(folder.path().join("new")).unwrap();
    write();
    assert!(folder.path().join("new").exists());
}

#[test]
fn a_version_follows_the_newest_release_and_that_of_the_packages() {
    let version = |text: &str| Version::parse(text).unwrap();
    for (chosen, current, newest, said) in [
        ("0.1.0", "0.1.0", None, None),
        ("0.0.9", "0.1.0", None, Some("0.0.9 is less than 0.1.0, the version of the packages → release 0.1.0 or")),
        ("0.2.0", "0.1.0", Some("0.1.0"), None),
        (
            "0.1.0",
            "0.1.0",
            Some("0.2.0"),
            Some("0.1.0 is not greater than 0.2.0, the newest release → release 0.2.1 or"),
        ),
        // Someone has set the version of the packages by hand.
        (
            "0.1.5",
            "0.3.0",
            Some("0.1.0"),
            Some("0.1.5 is less than 0.3.0, the version of the packages → release 0.3.0 or"),
        ),
        ("0.1.0", "0.3.0", Some("0.1.0"), Some("never change → release 0.3.0 or")),
        ("0.3.0", "0.3.0", Some("0.1.0"), None),
    ] {
        let newest = newest.map(version);
        let error = follows(&version(chosen), &version(current), newest.as_ref()).err();
        match said {
            Some(said) => assert!(error.as_ref().is_some_and(|error| error.contains(said)), "{chosen}: {error:?}"),
            None => assert_eq!(error, None, "{chosen}"),
        }
    }
}
