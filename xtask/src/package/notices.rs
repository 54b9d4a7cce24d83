//! Collects the licences of the packages in the program.
//!
//! The texts come from the packages. Missing texts are in `xtask/notices`, in files named after the packages.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{PACKAGE, failed};
use crate::program;

/// The folder of texts that packages lack.
const SUPPLEMENTS: &str = "xtask/notices";
/// Packages that a build script embeds into the program.
const EMBEDDED: [&str; 1] = ["utoipa-swagger-ui-vendored"];
/// Prefixes of the names of licence files.
const NAMES: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];
/// Extensions of files with these prefixes that are not licences.
const OTHER_EXTENSIONS: [&str; 6] = ["rs", "html", "json", "toml", "js", "jsx"];

/// A package in the output of cargo.
#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    repository: Option<String>,
    manifest_path: PathBuf,
    /// Source of the package; `None` for the project's own packages.
    source: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// Returns the notices for the program that is built for `host`.
///
/// # Errors
///
/// Returns an error for a package without a licence, for a supplement without a package, or if cargo fails.
pub(super) fn write(root: &Path, host: &str) -> Result<String, String> {
    let packages = linked(root, host)?;
    let supplements = supplements(&root.join(SUPPLEMENTS))?;
    if let Some(name) = supplements.keys().find(|name| !packages.iter().any(|package| package.name == **name)) {
        return Err(format!("{SUPPLEMENTS}/{name}.txt: the program does not contain this package → remove the file"));
    }
    let mut listed = Vec::new();
    for package in &packages {
        let folder = package.manifest_path.parent().unwrap_or(&package.manifest_path);
        let mut texts = texts(folder)?;
        texts.extend(supplements.get(&package.name).cloned());
        listed.push((package, texts));
    }
    render(&listed)
}

/// Returns the packages in the program, sorted by name.
fn linked(root: &Path, host: &str) -> Result<Vec<Package>, String> {
    let mut tree = program::cargo();
    tree.args(["tree", "--locked", "--package", PACKAGE, "--target", host, "--edges", "normal,no-proc-macro"]);
    let tree = program::step(tree.args(["--prefix", "none", "--format", "{p}"]).current_dir(root))?;
    let tree = String::from_utf8_lossy(&tree.stdout).into_owned();
    let linked: BTreeSet<(&str, &str)> =
        tree.lines().filter_map(|line| line.split_once(" v")).map(|(name, rest)| (name, word(rest))).collect();
    let mut metadata = program::cargo();
    metadata.args(["metadata", "--locked", "--format-version", "1", "--filter-platform", host]);
    let metadata = program::step(metadata.current_dir(root))?;
    let Metadata { mut packages } =
        serde_json::from_slice(&metadata.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    packages.retain(|package| {
        let is_linked = linked.contains(&(package.name.as_str(), package.version.as_str()));
        package.source.is_some() && (is_linked || EMBEDDED.contains(&package.name.as_str()))
    });
    packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(packages)
}

fn word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

/// Returns the texts that packages lack, by the name of the package.
fn supplements(folder: &Path) -> Result<BTreeMap<String, String>, String> {
    let mut supplements = BTreeMap::new();
    for file in entries(folder)? {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        supplements.insert(name, read(&file)?);
    }
    Ok(supplements)
}

/// Returns the licences in a folder and its subfolders.
fn texts(folder: &Path) -> Result<BTreeSet<String>, String> {
    let mut texts = BTreeSet::new();
    for path in entries(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        if path.is_dir() {
            texts.extend(self::texts(&path)?);
        } else if NAMES.iter().any(|start| name.starts_with(start))
            && !path.extension().is_some_and(|end| OTHER_EXTENSIONS.iter().any(|other| end == *other))
        {
            texts.insert(read(&path)?);
        }
    }
    Ok(texts)
}

/// Returns the contents of a folder, sorted by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| failed(folder, &error))?;
    let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.map_err(|error| failed(folder, &error))?;
    paths.sort();
    Ok(paths)
}

/// Reads a text and normalizes its line ends.
fn read(file: &Path) -> Result<String, String> {
    let text = fs::read_to_string(file).map_err(|error| failed(file, &error))?;
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    Ok(lines.join("\n").trim_matches('\n').to_owned())
}

/// Returns the list of packages, and each distinct text with the packages to which it applies.
fn render(packages: &[(&Package, BTreeSet<String>)]) -> Result<String, String> {
    let mut notices =
        "hss contains the packages below. The source code of each is at the address beside it.\n\n".to_owned();
    let mut texts: Vec<(&str, Vec<String>)> = Vec::new();
    for (package, licences) in packages {
        let Package { name, version, license, repository, .. } = package;
        let license = license.as_deref().unwrap_or("see its text");
        // Writing to a String cannot fail.
        let _ = writeln!(notices, "{name} {version}, {license}, {}", repository.as_deref().unwrap_or("no address"));
        if licences.iter().all(String::is_empty) {
            return Err(format!("{name} {version} has no licence text → put it into {SUPPLEMENTS}/{name}.txt"));
        }
        for text in licences {
            let label = format!("{name} {version}");
            match texts.iter_mut().find(|(known, _)| known == text) {
                Some((_, labels)) => labels.push(label),
                None => texts.push((text, vec![label])),
            }
        }
    }
    for (text, labels) in texts {
        let _ = write!(notices, "\n{}\n{}\n\n{text}\n", "=".repeat(80), labels.join(", "));
    }
    Ok(notices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Rust;
    use crate::place;

    #[test]
    fn every_package_in_the_program_has_its_licence() {
        let (root, host) = (place::root(), Rust::find().unwrap().host);
        let notices = write(&root, &host).unwrap();
        let (list, texts) = notices.split_once("\n\n====").unwrap();
        for package in linked(&root, &host).unwrap() {
            let label = format!("{} {}", package.name, package.version);
            assert!(list.contains(&format!("\n{label}, ")) && texts.contains(&label), "{label}");
        }
        for needed in [
            "\nprogenitor-client ",
            "github.com/oxidecomputer/progenitor",
            "Mozilla Public License Version 2.0",
            "\nring ",
            "\nutoipa-swagger-ui-vendored ",
            "Copyright 2020-2021 SmartBear Software Inc.",
            "Copyright (c) 2015 Michael Dowling",
        ] {
            assert!(notices.contains(needed), "{needed}");
        }
        for absent in ["\njsonschema ", "\nhttpmock ", "\nprogenitor ", "\nhss-", place::root().to_str().unwrap()] {
            assert!(!notices.contains(absent), "{absent}");
        }
        assert_eq!(write(&root, &host).unwrap(), notices);
    }

    #[test]
    fn refuses_packages_without_licence_and_lists_each_text_once() {
        let package = |name: &str| Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: Some("MIT".to_owned()),
            repository: None,
            manifest_path: PathBuf::new(),
            source: None,
        };
        let (a, b) = (package("a"), package("b"));
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let error = render(&[(&a, texts(&[]))]).unwrap_err();
        assert_eq!(error, "a 1.0.0 has no licence text → put it into xtask/notices/a.txt");
        assert!(render(&[(&a, texts(&[""]))]).is_err());
        let notices = render(&[(&a, texts(&["one", "two"])), (&b, texts(&["two"]))]).unwrap();
        assert!(notices.contains("\na 1.0.0, MIT, no address\nb 1.0.0, MIT, no address\n"), "{notices}");
        assert!(notices.contains("\na 1.0.0\n\none\n") && notices.contains("\na 1.0.0, b 1.0.0\n\ntwo\n"), "{notices}");
        assert_eq!(notices.matches("two").count(), 1);
    }
}
