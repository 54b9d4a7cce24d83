//! Reads the files of the corpus, and verifies their hashes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// The largest file that is read. Files of the corpus have less than 200 KB.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Reads a file. Refuses links that leave the folder, large files, and what is no file.
///
/// `folder` must be canonical.
pub(super) fn read(folder: &Path, name: &str) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("{name} cannot be read: {error}");
    let path = folder.join(name).canonicalize().map_err(unreadable)?;
    if !path.starts_with(folder) {
        return Err(format!("{name} is a link to a file outside of the folder"));
    }
    // Opening a pipe would wait for a writer.
    if !path.is_file() {
        return Err(format!("{name} is no file"));
    }
    let mut text = String::new();
    File::open(&path).map_err(unreadable)?.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(format!("{name} is larger than {MAX_BYTES} bytes"));
    }
    Ok(text)
}

/// Reads a file with this hash.
pub(super) fn verified(folder: &Path, name: &str, hashes: &BTreeMap<String, String>) -> Result<String, String> {
    let text = read(folder, name)?;
    match hashes.get(name) {
        Some(hash) if *hash == sha256(&text) => Ok(text),
        Some(_) => Err(format!("{name} has changed: its hash is not the recorded one")),
        None => Err(format!("{name} has no recorded hash: run the task with --write")),
    }
}

pub(super) fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hash, byte| {
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

/// Returns the folder as an absolute path without links.
pub(super) fn folder(path: &Path) -> Result<PathBuf, String> {
    path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))
}
