//! Reads and writes the list of pairs, with the hashes of their files and the results of oasdiff.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::oasdiff::tool::{Level, OASDIFF};

/// The line before the part that the task writes.
const RECORDED: &str = "\n[recorded]\n";

#[derive(Debug, Deserialize)]
pub(super) struct Record {
    /// Written by people.
    #[serde(default)]
    pub(super) difference: Vec<Difference>,
    pub(super) recorded: Recorded,
}

/// Why our results differ from those of oasdiff.
#[derive(Debug, Deserialize)]
pub(super) struct Difference {
    pub(super) because: String,
    /// Our result.
    pub(super) ours: Level,
    /// Comparisons: `old > new`.
    pub(super) of: Vec<String>,
}

/// Written by the task.
#[derive(Debug, Deserialize)]
pub(super) struct Recorded {
    /// The version of oasdiff.
    #[serde(default)]
    pub(super) by: String,
    pub(super) pairs: Vec<Pair>,
    /// SHA-256 of each file.
    #[serde(default)]
    pub(super) files: BTreeMap<String, String>,
}

/// Two documents, and the results of oasdiff in both directions. No result means that oasdiff refuses a document.
#[derive(Debug, Deserialize)]
pub(super) struct Pair {
    pub(super) old: String,
    pub(super) new: String,
    pub(super) there: Option<Level>,
    pub(super) back: Option<Level>,
}

impl Pair {
    /// Returns old document, new document and result of each direction.
    pub(super) fn ways(&self) -> [(&str, &str, Option<Level>); 2] {
        [(&self.old, &self.new, self.there), (&self.new, &self.old, self.back)]
    }
}

impl Recorded {
    /// Returns the names of all files of the pairs.
    pub(super) fn names(&self) -> BTreeSet<&str> {
        self.pairs.iter().flat_map(|pair| [pair.old.as_str(), pair.new.as_str()]).collect()
    }

    fn to_toml(&self) -> String {
        let mut text = format!("{}by = \"{}\"\npairs = [\n", RECORDED.trim_start(), self.by);
        for Pair { old, new, there, back } in &self.pairs {
            let _ = write!(text, "  {{ old = \"{old}\", new = \"{new}\"");
            for (way, level) in [("there", there), ("back", back)] {
                if let Some(level) = level {
                    let _ = write!(text, ", {way} = \"{level}\"");
                }
            }
            text.push_str(" },\n");
        }
        text.push_str("]\n\n[recorded.files]\n");
        for (name, hash) in &self.files {
            let _ = writeln!(text, "\"{name}\" = \"{hash}\"");
        }
        text
    }
}

pub(super) fn read(path: &Path) -> Result<Record, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| failed(&error))?;
    let record: Record = toml::from_str(&text).map_err(|error| failed(&error))?;
    if let Some(name) = record.recorded.names().iter().find(|name| !is_plain(name)) {
        return Err(failed(&format_args!(
            "invalid file name {name:?}: expected a relative path of letters, digits and `-_.`, without `..`"
        )));
    }
    Ok(record)
}

/// Writes the recorded part. Keeps the text before it, which people write.
pub(super) fn write(path: &Path, recorded: &mut Recorded) -> Result<(), String> {
    OASDIFF.clone_into(&mut recorded.by);
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(failed)?;
    let written_by_people = text.split_once(RECORDED).map_or("", |(before, _)| before);
    fs::write(path, format!("{written_by_people}\n{}", recorded.to_toml())).map_err(failed)
}

/// Returns whether a name stays inside its folder, and needs no escape in the record.
fn is_plain(name: &str) -> bool {
    name.split('/').all(|part| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character))
    })
}
