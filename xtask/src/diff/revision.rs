//! Loads a document from a file, or from a revision of the repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use hss_spec::{Change, Document};

use crate::{check, place, program, released, report};

/// The name of the current document for users.
pub(super) const WORKING_TREE: &str = "the working tree";

/// A document with a name for users.
pub(crate) struct Revision {
    pub(crate) document: Document,
    /// The file or the revision.
    pub(crate) name: String,
    /// The temporary folder of a revision's files, and the prefix that replaces it in file names.
    unpacked: Option<(PathBuf, String)>,
}

impl Revision {
    /// Loads the document of the working tree.
    pub(crate) fn working_tree(root: &Path) -> Result<Self, String> {
        Self::load(&root.join(place::HSS), WORKING_TREE)
    }

    /// Loads the file or the folder of chapters with this name; the release, if there is neither; or the revision.
    pub(crate) fn named(root: &Path, name: &str) -> Result<Self, String> {
        if Path::new(name).exists() {
            return Self::load(Path::new(name), name);
        }
        match released::path(root, name)? {
            Some(path) => Self::load(&path, name),
            None => Self::commit(root, name),
        }
    }

    /// Loads the newest release, if there is one.
    pub(crate) fn released(root: &Path) -> Result<Option<Self>, String> {
        let newest = released::newest(root)?;
        newest.map(|(version, path)| Self::load(&path, &version.to_string())).transpose()
    }

    /// Loads the document of this revision.
    pub(crate) fn commit(root: &Path, name: &str) -> Result<Self, String> {
        // An argument that starts with a dash must not become an option of git.
        let named = format!("{name}^{{commit}}");
        let found = program::output(git(root).args(["rev-parse", "--verify", "--quiet", "--end-of-options", &named]))?;
        if !found.status.success() {
            return Err(format!("{name} is neither a file, a release nor a revision"));
        }
        let id = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        let folder = root.join("target/diff").join(&id);
        unpack(root, &id, &folder).map_err(|error| format!("{name} has no {}: {error}", place::OPENAPI))?;
        let chapters = folder.join(place::HSS);
        let file = folder.join(place::HSS_IN_ONE_FILE);
        let document = [chapters, file].into_iter().find(|path| path.exists());
        let document = document.ok_or_else(|| {
            let (chapters, file) = (place::HSS, place::HSS_IN_ONE_FILE);
            format!("{name} has neither {chapters} nor {file} → name another revision")
        })?;
        let mut revision = Self::load(&document, name)?;
        revision.unpacked = Some((folder, format!("{name}:")));
        Ok(revision)
    }

    #[cfg(test)]
    pub(super) fn of(document: Document, name: &str) -> Self {
        Self { document, name: name.to_owned(), unpacked: None }
    }

    /// Loads this file or folder of chapters.
    pub(crate) fn load(path: &Path, name: &str) -> Result<Self, String> {
        match check::comparable(path)? {
            Ok(document) => Ok(Self { document, name: name.to_owned(), unpacked: None }),
            Err(findings) => {
                report::refused(&findings);
                Err(format!("{name} is not compared: fix it first"))
            }
        }
    }

    /// Replaces the position of a change in this document by one that names the revision.
    pub(crate) fn place(&self, change: &mut Change) {
        let Some((folder, prefix)) = &self.unpacked else { return };
        if let Ok(inside) = change.place.file.strip_prefix(folder) {
            change.place.file = Arc::from(Path::new(&format!("{prefix}{}", inside.display())));
        }
    }
}

fn git(root: &Path) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(root);
    git
}

/// Writes the documents of a commit to a folder, unless it already has them.
fn unpack(root: &Path, id: &str, folder: &Path) -> Result<(), String> {
    let target = folder.join(place::OPENAPI);
    if target.is_dir() {
        return Ok(());
    }
    let said = |error: std::io::Error| error.to_string();
    fs::create_dir_all(folder).map_err(said)?;
    // Uses a separate index, because that of the repository belongs to its user. The folder is renamed when it is
    // complete.
    let (index, partial) = (folder.join("index"), folder.join("partial"));
    let mut prefix = partial.clone().into_os_string();
    prefix.push("/");
    let tree = format!("{id}:{}", place::OPENAPI);
    program::step(git(root).args(["read-tree", &tree]).env("GIT_INDEX_FILE", &index))?;
    let mut checkout = git(root);
    checkout.args(["checkout-index", "--all", "--force", "--prefix"]).arg(&prefix).env("GIT_INDEX_FILE", &index);
    program::step(&mut checkout)?;
    fs::remove_file(&index).map_err(said)?;
    fs::rename(&partial, &target).map_err(said)
}
