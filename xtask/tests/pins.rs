//! Packages for tests are pinned by hash, and lock files contain no registry URLs.

#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Returns the files with this name in the sources of tests.
fn files(name: &str) -> Vec<PathBuf> {
    fn find(folder: &Path, name: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                find(&path, name, found);
            } else if path.file_name().is_some_and(|file| file == name) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    find(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests"), name, &mut found);
    assert!(!found.is_empty(), "{name}");
    found
}

#[test]
fn every_python_package_has_a_version_and_a_hash() {
    for file in files("requirements.txt") {
        let text = fs::read_to_string(&file).unwrap();
        let packages = text.lines().filter(|line| !line.starts_with([' ', '#']) && !line.is_empty()).count();
        let entries = text.replace("\\\n", "");
        for entry in entries.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            assert!(entry.contains("==") && entry.contains(" --hash=sha256:"), "{}: {entry}", file.display());
        }
        assert!(packages > 0 && !text.contains("://"), "{}", file.display());
    }
}

#[test]
fn every_npm_package_has_a_hash_and_no_url() {
    for file in files("package-lock.json") {
        let lock: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let packages = lock.get("packages").unwrap().as_object().unwrap();
        for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
            let integrity = package.get("integrity").and_then(Value::as_str).unwrap_or_default();
            assert!(integrity.starts_with("sha512-"), "{}: {name}", file.display());
            assert!(package.get("resolved").is_none(), "{}: {name}", file.display());
        }
        let beside = file.with_file_name("package.json");
        assert!(beside.is_file(), "{}", beside.display());
    }
}
