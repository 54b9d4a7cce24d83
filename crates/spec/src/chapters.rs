//! Reads a document that is a folder of chapters, and merges them into one tree.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::excerpt::shorten;
use crate::finding::{Report, duplicate_key, refuse};
use crate::limits::{CHAPTERS, Used};
use crate::place::start_of;
use crate::source::{self, Source};
use crate::{Finding, Key, Node, Value};

/// The merged chapters of a document.
pub(crate) struct Chapters {
    pub(crate) root: Node,
    /// The files, in the order of their names.
    pub(crate) files: Vec<Arc<Path>>,
    /// The part of the limits that they use.
    pub(crate) used: Used,
}

type Entries = Vec<(Key, Node)>;

/// Reads all chapters in this folder. The entries of the root chapter come first. Those of the others follow in the order
/// of the file names.
pub(crate) fn read(folder: &Path) -> Result<Chapters, Vec<Finding>> {
    let place = start_of(&Arc::from(folder));
    let names = names(folder).map_err(|error| {
        let message = format!("cannot read the folder: {error}");
        refuse("file-unreadable", &place, message, "check its name and its permissions")
    })?;
    if names.is_empty() {
        let message = "the folder has no chapters: files that end in `.yaml`, `.yml` or `.json`";
        return Err(refuse("chapter-root", &place, message, "name the file or the folder of an OpenAPI 3.0 document"));
    }
    if names.len() > CHAPTERS {
        let message = format!("the folder has {} chapters; the limit is {CHAPTERS}", names.len());
        return Err(refuse("chapter-limit", &place, message, "join some of the files"));
    }
    let mut report = Report::default();
    let mut used = Used::default();
    let mut root: Option<(Key, Node)> = None;
    let mut chapters: Vec<Entries> = Vec::new();
    for path in &names {
        let node = match chapter(folder, path, &mut used) {
            Ok(node) => node,
            Err(findings) => {
                report.extend(&findings);
                // All later chapters would be refused for the same reason.
                if used.is_exhausted() {
                    break;
                }
                continue;
            }
        };
        match (node.entry("openapi").map(|(key, _)| key.clone()), &root) {
            (Some(key), None) => root = Some((key, node)),
            (Some(key), Some((earlier, _))) => report.add(
                "chapter-root",
                &key.place,
                format!("the document has a second root chapter; the first has `openapi` at {}", earlier.place),
                "keep `openapi`, and all keys other than `paths` and `components`, in one chapter",
            ),
            (None, _) => chapters.push(into_entries(node)),
        }
    }
    if !report.is_empty() {
        return Err(report.into_findings());
    }
    let Some((_, mut root)) = root else {
        let message = "the document has no root chapter: no file in this folder has the key `openapi`";
        let hint = "add `openapi: 3.0.3` and `info` to one of the files";
        return Err(refuse("chapter-root", &place, message, hint));
    };
    merge_all(&mut root, chapters, &mut report);
    if report.is_empty() {
        Ok(Chapters { root, files: names.into_iter().map(Arc::from).collect(), used })
    } else {
        Err(report.into_findings())
    }
}

/// Returns the files with the ending of a chapter, sorted by name. Hidden files and sub-folders are no chapters.
fn names(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let path = entry.path();
        let is_chapter = path
            .extension()
            .is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known)));
        if is_chapter && !is_hidden && !path.is_dir() {
            names.push(path);
        }
    }
    names.sort();
    Ok(names)
}

fn chapter(folder: &Path, path: &Path, used: &mut Used) -> Result<Node, Vec<Finding>> {
    let bytes = source::read_within(folder, path).map_err(|reason| {
        let message = format!("the chapter {reason}");
        refuse(
            "file-unreadable",
            &start_of(&Arc::from(path)),
            message,
            "correct the file, or move it to another folder",
        )
    })?;
    let node = Source::from_bytes(path, &bytes, used)?.parse(used)?;
    if node.as_object().is_none() {
        let message = format!("the chapter is {} instead of a map", node.what());
        return Err(refuse("wrong-type", &node.place, message, "start it with `paths` or `components`"));
    }
    Ok(node)
}

fn into_entries(node: Node) -> Entries {
    match node.value {
        Value::Object(entries) => entries,
        _ => Vec::new(),
    }
}

fn merge_all(root: &mut Node, chapters: Vec<Entries>, report: &mut Report) {
    let file = root.place.file.display().to_string();
    let Value::Object(merged) = &mut root.value else { return };
    for (key, node) in chapters.into_iter().flatten() {
        // The entries of `components` are maps of components.
        let levels = match key.name.as_str() {
            "paths" => 1,
            "components" => 2,
            name => {
                let message = format!("only the root chapter can have the key `{}`", shorten(name));
                report.add("chapter-key", &key.place, message, format!("move it to {file}"));
                continue;
            }
        };
        merge(merged, vec![(key, node)], levels, report);
    }
}

/// Appends entries. Maps that both have are merged, down to this number of levels; below, and for
/// other values, a name that both have is an error.
fn merge(into: &mut Entries, from: Entries, levels: u8, report: &mut Report) {
    let mut positions: HashMap<String, usize> =
        into.iter().enumerate().map(|(position, (key, _))| (key.name.clone(), position)).collect();
    for (key, node) in from {
        let position = match positions.entry(key.name.clone()) {
            Entry::Vacant(vacant) => {
                vacant.insert(into.len());
                into.push((key, node));
                continue;
            }
            Entry::Occupied(occupied) => *occupied.get(),
        };
        let Some((earlier, present)) = into.get_mut(position) else { continue };
        match (levels, &mut present.value, node.value) {
            (0, ..) => duplicate_key(report, &key.name, &key.place, &earlier.place),
            (_, Value::Object(into), Value::Object(from)) => merge(into, from, levels - 1, report),
            (_, Value::Object(_), _) => not_a_map(&key, report),
            (_, _, Value::Object(_)) => not_a_map(earlier, report),
            _ => duplicate_key(report, &key.name, &key.place, &earlier.place),
        }
    }
}

fn not_a_map(key: &Key, report: &mut Report) {
    let message = format!("`{}` is not a map", shorten(&key.name));
    report.add("wrong-type", &key.place, message, "write its entries below it, or `{}` if it has none");
}
