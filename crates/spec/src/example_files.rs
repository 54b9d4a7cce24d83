//! Reads the example files that `externalValue` references.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::finding::Report;
use crate::source::Source;
use crate::{Finding, Node, Place};

/// The contents of all `externalValue` files of a document.
#[derive(Default)]
pub(crate) struct ExampleFiles {
    /// Contents by the text of `externalValue`.
    pub(crate) values: HashMap<String, Node>,
    /// The referenced files.
    pub(crate) files: Vec<Arc<Path>>,
    /// Findings in the files.
    pub(crate) findings: Vec<Finding>,
}

/// Reads every example file of the document once. Paths are relative to the folder of the document, not to the working
/// directory, and must not leave it.
pub(crate) fn read(document: &Path, root: &Node) -> ExampleFiles {
    let folder = document.parent().unwrap_or(Path::new(""));
    let mut found = ExampleFiles::default();
    let mut report = Report::default();
    let mut links = Vec::new();
    collect(root, &mut links);
    let mut visited = HashSet::new();
    for link in links {
        let Some(name) = link.as_str().filter(|name| visited.insert(*name)) else {
            continue;
        };
        match relative(name) {
            Err(message) => report.add(
                "example-file",
                &link.place,
                format!("`externalValue: {name}` {message}"),
                "name a JSON file in the folder of this document, with `/` between folders: `examples/Name.json`",
            ),
            Ok(relative) => found.add(name, &link.place, folder, &relative, &mut report),
        }
    }
    found.findings = report.into_findings();
    found
}

impl ExampleFiles {
    fn add(&mut self, name: &str, link: &Place, folder: &Path, relative: &Path, report: &mut Report) {
        let path: Arc<Path> = Arc::from(folder.join(relative));
        self.files.push(Arc::clone(&path));
        let bytes = match bytes(folder, &path) {
            Ok(bytes) => bytes,
            Err(message) => {
                let message = format!("`{}` {message}", path.display());
                report.add("example-file", link, message, "create the file or correct its name");
                return;
            }
        };
        match Source::from_bytes(&path, &bytes).and_then(|source| source.parse_json()) {
            // The document itself remains valid.
            Err(findings) => findings.iter().for_each(|Finding { rule, place, message, hint, .. }| {
                report.add("example-file", place, format!("{message} ({rule})"), hint);
            }),
            Ok(node) => {
                self.values.insert(name.to_owned(), node);
            }
        }
    }
}

/// Finds the `externalValue` of every Example Object. Values that are data themselves are not searched.
fn collect<'d>(node: &'d Node, links: &mut Vec<&'d Node>) {
    for item in node.items() {
        collect(item, links);
    }
    for (key, value) in node.entries() {
        match key.name.as_str() {
            "example" | "value" | "default" | "enum" => {}
            "examples" => links.extend(value.entries().iter().filter_map(|(_, example)| example.get("externalValue"))),
            _ => collect(value, links),
        }
    }
}

/// Normalizes `.` and `..` of a path. Refuses a path that leaves its folder.
fn relative(name: &str) -> Result<PathBuf, &'static str> {
    if name.contains('\\') {
        return Err("has a backslash");
    }
    if name.contains("://") {
        return Err("is a URL, but examples are only read from files");
    }
    let mut path = PathBuf::new();
    for component in Path::new(name).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir if path.pop() => {}
            Component::ParentDir => return Err("leaves the folder of this document"),
            Component::RootDir | Component::Prefix(_) => return Err("is an absolute path"),
        }
    }
    if path.as_os_str().is_empty() { Err("does not name a file") } else { Ok(path) }
}

fn bytes(folder: &Path, path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let real = path.canonicalize().map_err(unreadable)?;
    if !real.starts_with(folder.canonicalize().map_err(unreadable)?) {
        return Err("is a link to a file outside of the folder of this document".to_owned());
    }
    std::fs::read(&real).map_err(unreadable)
}
