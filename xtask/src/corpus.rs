//! `cargo xtask corpus`: compares the results of `diff` with those of oasdiff on pairs of documents that are not part of
//! this repository. Each difference must have a reason.

mod files;
mod record;
mod verdicts;

use std::path::Path;

use crate::oasdiff::tool;
use crate::{place, program, report};

/// The default list of pairs.
const RECORD: &str = "tests/corpus.toml";

/// Compares the pairs of the list `file`. `folder` has their documents.
pub(crate) fn run(folder: &Path, file: Option<&Path>, write: bool) -> Result<bool, String> {
    let default = place::root().join(RECORD);
    let file = file.unwrap_or(&default);
    let folder = files::folder(folder)?;
    let mut record = record::read(file)?;
    if write {
        update(&folder, &mut record.recorded)?;
        record::write(file, &mut record.recorded)?;
    }
    Ok(verdicts::compare(&folder, &record))
}

/// Records the hashes of all files, and the results of oasdiff.
fn update(folder: &Path, recorded: &mut record::Recorded) -> Result<(), String> {
    program::need(&[("go", "version")])?;
    let oasdiff = tool::install(&place::root().join("target/oasdiff"))?;
    let mut hashes = Vec::new();
    for name in recorded.names() {
        hashes.push((name.to_owned(), files::sha256(&files::read(folder, name)?)));
    }
    recorded.files = hashes.into_iter().collect();
    for pair in &mut recorded.pairs {
        let compare = |old: &str, new: &str| match tool::compare(&oasdiff, folder, old, new) {
            Ok(level) => Some(level),
            Err(message) => {
                report::line(&format_args!("{old} > {new}: {message}"));
                None
            }
        };
        pair.there = compare(&pair.old, &pair.new);
        pair.back = compare(&pair.new, &pair.old);
    }
    Ok(())
}
