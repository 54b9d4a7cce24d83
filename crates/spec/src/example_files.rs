//! Reads the example files that `externalValue` references.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::finding::Report;
use crate::limits::Used;
use crate::source::{self, Source};
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

/// Reads the example files of a document in one file.
pub(crate) fn of_file(document: &Path, root: &Node) -> ExampleFiles {
    let folder = document.parent().unwrap_or(Path::new(""));
    read(&Folders { of_file: folder, of_document: folder.to_owned() }, root)
}

/// Reads the example files of a document in a folder of chapters.
pub(crate) fn of_chapters(document: &Path, root: &Node) -> ExampleFiles {
    // A path such as `..` has no name that could be removed.
    let above =
        document.file_name().and_then(|_| document.parent()).map_or_else(|| document.join(".."), Path::to_owned);
    read(&Folders { of_file: document, of_document: above }, root)
}

/// The folders of a document.
struct Folders<'p> {
    /// The folder of the files that name examples. Names are relative to it, as other tools expect.
    of_file: &'p Path,
    /// The folder of the document, which no name may leave.
    of_document: PathBuf,
}

/// Reads every example file of the document once.
fn read(folders: &Folders<'_>, root: &Node) -> ExampleFiles {
    let mut found = ExampleFiles::default();
    let mut report = Report::default();
    let mut links = Vec::new();
    collect(root, &mut links);
    let mut visited = HashSet::new();
    for link in links {
        let Some(name) = link.as_str().filter(|name| visited.insert(*name)) else {
            continue;
        };
        match folders.path(name) {
            Err(message) => report.add(
                "example-file",
                &link.place,
                format!("`externalValue: {name}` {message}"),
                "name a JSON file in the folder of this document, with `/` between folders: `examples/Name.json`",
            ),
            Ok(path) => found.add(name, &link.place, &folders.of_document, &Arc::from(path), &mut report),
        }
    }
    found.findings = report.into_findings();
    found
}

impl ExampleFiles {
    fn add(&mut self, name: &str, link: &Place, folder: &Path, path: &Arc<Path>, report: &mut Report) {
        self.files.push(Arc::clone(path));
        let bytes = match source::read_within(folder, path) {
            Ok(bytes) => bytes,
            Err(message) => {
                let message = format!("`{}` {message}", path.display());
                report.add("example-file", link, message, "create the file or correct its name");
                return;
            }
        };
        match Source::from_bytes(path, &bytes, &mut Used::default()).and_then(|source| source.parse_json()) {
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

impl Folders<'_> {
    /// Returns the path of an example file, without `.` and `..`. Refuses a name that leaves the folder of the document.
    fn path(&self, name: &str) -> Result<PathBuf, &'static str> {
        if name.contains('\\') {
            return Err("has a backslash");
        }
        if name.contains("://") {
            return Err("is a URL, but examples are only read from files");
        }
        let mut folder = self.of_file;
        let mut path = PathBuf::new();
        for component in Path::new(name).components() {
            match component {
                Component::Normal(part) => path.push(part),
                Component::CurDir => {}
                Component::ParentDir if path.pop() => {}
                Component::ParentDir if folder != self.of_document => folder = &self.of_document,
                Component::ParentDir => return Err("leaves the folder of this document"),
                Component::RootDir | Component::Prefix(_) => return Err("is an absolute path"),
            }
        }
        if path.as_os_str().is_empty() { Err("does not name a file") } else { Ok(folder.join(path)) }
    }
}
