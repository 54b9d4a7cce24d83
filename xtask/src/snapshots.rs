//! Checks whether the snapshots match the current document.
//!
//! Only generated code is compared here, since this does not require compiling a client. `cargo test` compares the
//! results of decoding and encoding with the compiled client, and fails with the same hint.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hss_spec::Document;

use crate::place;

/// The snapshots of a compiled client for each operation, by the suffix of their names.
const OF_OPERATION: [&str; 3] = ["decoded", "encoded", "schema"];

/// Returns a message for each snapshot that is missing, outdated or no longer needed.
pub(crate) fn stale(document: &Document, root: &Path) -> Result<Vec<String>, String> {
    let folder = root.join(place::SNAPSHOTS);
    let artefacts = hss_codegen::artefacts(document, place::CLIENT).map_err(|error| error.to_string())?;
    let (expected, kept) = (expected(document, &artefacts), names(&folder)?);
    let missing = expected.difference(&kept).map(|name| format!("snapshot {name} is missing"));
    let unused = kept.difference(&expected).map(|name| format!("snapshot {name} is not used"));
    let mut messages: Vec<_> = missing.chain(unused).collect();
    for (name, text) in &artefacts {
        if read(&folder, name).is_some_and(|kept| kept.trim_end() != text.trim_end()) {
            messages.push(format!("snapshot {name} is stale"));
        }
    }
    Ok(messages)
}

/// Removes snapshots that belong to no part of the document.
pub(crate) fn remove_unused(document: &Document, root: &Path) -> Result<(), String> {
    let folder = root.join(place::SNAPSHOTS);
    let artefacts = hss_codegen::artefacts(document, place::CLIENT).map_err(|error| error.to_string())?;
    for name in names(&folder)?.difference(&expected(document, &artefacts)) {
        let file = folder.join(format!("{name}.snap"));
        fs::remove_file(&file).map_err(|error| format!("cannot remove {}: {error}", file.display()))?;
    }
    Ok(())
}

/// Returns the names of all snapshots for the document.
fn expected(document: &Document, artefacts: &[(&str, String)]) -> BTreeSet<String> {
    let operations = hss_spec::operations(document);
    let answering = operations.iter().filter(|operation| operation.success.schema.is_some());
    let of_operations = answering.flat_map(|operation| OF_OPERATION.map(|end| format!("{}-{end}", operation.name)));
    artefacts.iter().map(|(name, _)| (*name).to_owned()).chain(of_operations).collect()
}

/// Returns the text of a snapshot, without the header of insta.
pub(crate) fn read(folder: &Path, name: &str) -> Option<String> {
    let text = fs::read_to_string(folder.join(format!("{name}.snap"))).ok()?.replace("\r\n", "\n");
    let (_, body) = text.strip_prefix("---\n")?.split_once("\n---\n")?;
    Some(body.to_owned())
}

fn names(folder: &Path) -> Result<BTreeSet<String>, String> {
    if !folder.exists() {
        return Ok(BTreeSet::new());
    }
    let entries = fs::read_dir(folder).map_err(|error| format!("cannot list {}: {error}", folder.display()))?;
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry.map_err(|error| format!("cannot list {}: {error}", folder.display()))?;
        let file = entry.file_name();
        names.extend(file.to_str().and_then(|file| file.strip_suffix(".snap")).map(str::to_owned));
    }
    Ok(names)
}
