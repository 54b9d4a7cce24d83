//! The version of all packages of the workspace.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use semver::Version;
use serde::Deserialize;

use super::files::Files;

const MANIFEST: &str = "Cargo.toml";
/// Files in which cargo records the versions, with the commands that update them. The fuzzers are a workspace of their own,
/// which uses some packages.
const LOCKS: [(&str, &str); 2] = [
    ("Cargo.lock", "cargo check"),
    ("crates/core/fuzz/Cargo.lock", "cargo check --manifest-path crates/core/fuzz/Cargo.toml"),
];
/// The version of packages that are in no release.
const NEVER: &str = "0.0.0";

#[derive(Deserialize)]
struct Manifest {
    workspace: Workspace,
}

#[derive(Deserialize)]
struct Workspace {
    package: Package,
    /// Version requirements and paths of packages.
    dependencies: BTreeMap<String, toml::Value>,
}

#[derive(Deserialize)]
struct Package {
    version: Version,
}

/// Returns the version of all packages.
pub(super) fn version(root: &Path) -> Result<Version, String> {
    let text = fs::read_to_string(root.join(MANIFEST)).map_err(|error| format!("cannot read {MANIFEST}: {error}"))?;
    Ok(manifest(&text)?.workspace.package.version)
}

fn manifest(text: &str) -> Result<Manifest, String> {
    toml::from_str(text).map_err(|error| format!("cannot read {MANIFEST}: {error}"))
}

/// Replaces the version in the manifest, and in all lock files.
pub(super) fn set_version(files: &mut Files<'_>, old: &Version, new: &Version) -> Result<(), String> {
    files.edit(MANIFEST, |text| in_manifest(text, old, new))?;
    for (lock, update) in LOCKS {
        files.edit(lock, |text| {
            in_lock(text, old, new).map_err(|reason| format!("{lock} is stale: {reason} → run `{update}`"))
        })?;
    }
    Ok(())
}

/// Edits the text, since writing the parsed manifest would lose its comments.
fn in_manifest(text: &str, old: &Version, new: &Version) -> Result<String, String> {
    let (before, section) = text
        .split_once("[workspace.package]\n")
        .ok_or("Cargo.toml has no [workspace.package] → add it, with the version of all packages")?;
    let (from, to) = (format!("version = \"{old}\"\n"), format!("version = \"{new}\"\n"));
    let edited = format!("{before}[workspace.package]\n{}", section.replacen(&from, &to, 1));
    let Workspace { package, dependencies } = manifest(&edited)?.workspace;
    let is_expected = package.version == *new && dependencies == manifest(text)?.workspace.dependencies;
    if is_expected {
        Ok(edited)
    } else {
        Err(format!("cannot set the version in {MANIFEST}: write it below [workspace.package] as `version = \"…\"`"))
    }
}

/// Replaces the version of packages without `source`, which are those of this repository. Returns the reason if one has
/// another version than the old one, or if there are none.
fn in_lock(text: &str, old: &Version, new: &Version) -> Result<String, String> {
    let (from, to) = (format!("\nversion = \"{old}\"\n"), format!("\nversion = \"{new}\"\n"));
    let mut blocks: Vec<_> = text.split("[[package]]\n").map(str::to_owned).collect();
    let mut count = 0;
    // The first block is not a package.
    for block in blocks.iter_mut().skip(1).filter(|block| !block.contains("\nsource = ")) {
        if block.contains(&from) {
            *block = block.replacen(&from, &to, 1);
            count += 1;
        } else if !block.contains(&format!("\nversion = \"{NEVER}\"\n")) {
            let name = block.lines().next().unwrap_or_default();
            return Err(format!("the package with {name} does not have version {old}"));
        }
    }
    if count > 0 { Ok(blocks.join("[[package]]\n")) } else { Err(format!("it has no package of version {old}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_of_the_workspace_get_the_version() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\nsource = \"registry\"\n\n[[package]]\nname = \"b\"\nversion = \"0.1.0\"\ndependencies = [\n \"a\",\n]\n\n[[package]]\nname = \"c\"\nversion = \"0.0.0\"\n";
        let (old, new) = (Version::new(0, 1, 0), Version::new(0, 2, 0));
        let expected = lock.replace("\"b\"\nversion = \"0.1.0\"", "\"b\"\nversion = \"0.2.0\"");
        assert_eq!(in_lock(lock, &old, &new).as_deref(), Ok(expected.as_str()));
        assert_eq!(in_lock(&expected, &new, &old).as_deref(), Ok(lock));
        assert_eq!(in_lock("version = 4\n", &old, &new).unwrap_err(), "it has no package of version 0.1.0");
        // One stale package among others.
        let stale = lock.replace("0.0.0", "0.0.9");
        let reason = in_lock(&stale, &old, &new).unwrap_err();
        assert_eq!(reason, "the package with name = \"c\" does not have version 0.1.0");
    }

    #[test]
    fn the_manifest_keeps_everything_else() {
        let text = "# A comment.\n[workspace.package]\nedition = \"2024\"\nversion = \"0.1.0\"\n\n[workspace.dependencies]\na = { version = \"0.1.0\" }\n";
        let (old, new) = (Version::new(0, 1, 0), Version::new(0, 2, 0));
        assert_eq!(in_manifest(text, &old, &new), Ok(text.replacen("0.1.0", "0.2.0", 1)));
        let other = text.replacen("version = \"0.1.0\"", "version='0.1.0'", 1);
        assert!(in_manifest(&other, &old, &new).unwrap_err().contains("cannot set the version"));
        assert!(in_manifest("[workspace]\n", &old, &new).unwrap_err().contains("no [workspace.package]"));
    }
}
