//! A copy of the workspace that a test edits and builds with cargo. Its dependencies share the build of the workspace.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The files and folders that are copied.
const PARTS: [&str; 6] = ["Cargo.toml", "Cargo.lock", "openapi", "crates", "xtask", "tests"];

const CLIENT: &str = include_str!("../../../crates/client/src/client.rs");
/// The rest of the manifest of a package with generated clients.
const OF_CLIENTS: &str = "version.workspace = true
edition.workspace = true
publish = false
[dependencies]
bytes.workspace = true
futures.workspace = true
futures-core.workspace = true
huaweicloud-core.workspace = true
progenitor-client.workspace = true
reqwest.workspace = true
serde.workspace = true
serde_json.workspace = true
";

/// Files by their path in the workspace.
type Files = BTreeMap<PathBuf, Vec<u8>>;

pub(crate) struct WorkspaceCopy {
    name: &'static str,
    files: Files,
}

impl WorkspaceCopy {
    pub(crate) fn new(name: &'static str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut files = Files::new();
        for part in PARTS {
            read(root, Path::new(part), &mut files);
        }
        let mut copy = Self { name, files };
        // In the shared target directory, cargo treats packages of the same name and version as the same, and also
        // binaries of the same name. The binaries of the copy would replace those of the workspace.
        copy.edit("Cargo.toml", |manifest| {
            let (before, after) = manifest.split_once("[workspace.package]\nversion = \"").unwrap();
            format!("{before}[workspace.package]\nversion = \"{}", after.replacen('"', &format!("-{name}\""), 1))
        });
        copy.edit("crates/cli/Cargo.toml", |manifest| {
            let (before, after) = manifest.split_once("\nname = \"hss\"\n").unwrap();
            format!("{before}\nname = \"hss-{name}\"\n{after}")
        });
        copy
    }

    pub(crate) fn edit(&mut self, path: &str, change: impl FnOnce(&str) -> String) {
        let content = self.files.get_mut(Path::new(path)).unwrap();
        *content = change(std::str::from_utf8(content).unwrap()).into_bytes();
    }

    pub(crate) fn insert(&mut self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), content.into());
    }

    #[allow(dead_code, reason = "not every suite that uses a copy removes files")]
    pub(crate) fn remove(&mut self, path: &str) {
        self.files.remove(Path::new(path)).unwrap();
    }

    /// Adds a package for programs that include generated clients as modules.
    #[allow(dead_code, reason = "not every suite that uses a copy has such programs")]
    pub(crate) fn add_clients(&mut self, package: &str) {
        self.edit("Cargo.toml", |manifest| manifest.replace("members = [", &format!("members = [\"{package}\", ")));
        let manifest = format!("[package]\nname = \"{package}\"\n{OF_CLIENTS}");
        self.insert(format!("{package}/Cargo.toml"), manifest);
        self.insert(format!("{package}/src/client.rs"), CLIENT);
    }

    /// Writes the copy. Returns its folder and a cargo command that runs there.
    ///
    /// The command lacks the variables that cargo sets for the package of this test. Otherwise, cargo would repeat
    /// build scripts that depend on such variables.
    pub(crate) fn cargo(&self) -> (PathBuf, Command) {
        // The directory in which cargo built this test: `<target>/<profile>/deps/<test>`.
        let test = std::env::current_exe().unwrap();
        let target = test.ancestors().nth(3).unwrap();
        let copy = target.join(self.name);
        write(&copy, &self.files);
        let mut cargo = Command::new(env!("CARGO"));
        let is_of_this_package = |variable: &str| {
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
                .iter()
                .any(|start| variable.starts_with(start))
        };
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_this_package(&name.to_string_lossy())) {
            cargo.env_remove(name);
        }
        cargo.current_dir(&copy).env("CARGO_TARGET_DIR", target);
        (copy, cargo)
    }
}

fn read(root: &Path, part: &Path, files: &mut Files) {
    let path = root.join(part);
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            read(root, &part.join(entry.unwrap().file_name()), files);
        }
    } else {
        files.insert(part.to_owned(), fs::read(path).unwrap());
    }
}

/// Writes these files to `copy` and removes all others. Unchanged files are not written, so that a second run builds
/// little.
fn write(copy: &Path, files: &Files) {
    let mut present = Files::new();
    if copy.exists() {
        read(copy, Path::new(""), &mut present);
    }
    for path in present.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(copy.join(path)).unwrap();
    }
    for (path, content) in files.iter().filter(|(path, content)| present.get(*path) != Some(content)) {
        let path = copy.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}
