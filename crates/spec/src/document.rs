//! A loaded document.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::example_files::{self, ExampleFiles};
use crate::finding::refuse;
use crate::limits::Used;
use crate::place::start_of;
use crate::reference::{self, BrokenReference, MAX_HOPS, described_reference, segments};
use crate::source::{self, Source};
use crate::{Finding, Key, Node, chapters, defaults};

/// An OpenAPI document with the position of every node.
#[derive(Debug)]
pub struct Document {
    root: Node,
    /// The defaults of operations, which the operations in `root` already have.
    defaults: Option<(Key, Node)>,
    path: Arc<Path>,
    /// The files in the folder at `path`. Empty if `path` is a file.
    chapters: Vec<Arc<Path>>,
    /// Index of every component in its section, by `section/name`, so that references are resolved without a search.
    components: HashMap<String, usize>,
    /// Contents of the example files, by the text of `externalValue`.
    examples: HashMap<String, Node>,
    /// All example files that are referenced, including unreadable ones.
    example_files: Vec<Arc<Path>>,
    /// Findings in the example files.
    findings: Vec<Finding>,
}

/// Reads and parses a document and its example files. The document is a file, or a folder of chapters.
///
/// A file is parsed as JSON if its name ends in `.json` or its first character is a brace, otherwise as YAML 1.2. Limits of
/// a document: 16 MiB, 64 levels, 500 000 keys and values, 4 MiB repeated by YAML aliases, 100 chapters.
///
/// Chapters are the files in the folder whose names end in `.yaml`, `.yml` or `.json`, except hidden ones. Sub-folders are
/// not searched. The root chapter is the one with the key `openapi`. The others have `paths` and `components` only, which
/// are added to those of the root chapter in the order of the file names. Thus, references to components do not depend on
/// the chapter: `#/components/schemas/Host`. A path or component that two chapters have is an error.
///
/// Operations get what they lack of `x-operation-defaults` at the root: `x-rate-limit`, and each status of `responses`.
///
/// Example files are relative to the folder of the file that names them. They must be in the folder that contains the
/// document, or in folders below it.
///
/// # Errors
///
/// Returns findings with their positions if a file cannot be read or parsed, or if the chapters do not form one document.
pub fn load(path: &Path) -> Result<Document, Vec<Finding>> {
    if path.is_dir() {
        let chapters::Chapters { mut root, files, mut used } = chapters::read(path)?;
        let defaults = defaults::apply(&mut root, &mut used)?;
        let examples = example_files::of_chapters(path, &root);
        return Ok(Document::new(path, root, defaults, files, examples));
    }
    let bytes = source::read(path).map_err(|error| {
        let message = format!("cannot read the file: {error}");
        refuse("file-unreadable", &start_of(&Arc::from(path)), message, "check its name and its permissions")
    })?;
    from_bytes(path, &bytes)
}

/// Parses a document from memory. `name` is the file name in positions. Example files are read relative to its folder.
///
/// # Errors
///
/// Returns the same errors as [`load`].
pub fn parse(name: &Path, text: &str) -> Result<Document, Vec<Finding>> {
    from_bytes(name, text.as_bytes())
}

fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Document, Vec<Finding>> {
    let mut used = Used::default();
    let mut root = Source::from_bytes(path, bytes, &mut used)?.parse(&mut used)?;
    if root.as_object().is_none() {
        let message = format!("the document is {} instead of a map", root.what());
        return Err(refuse("wrong-type", &root.place, message, "start it with `openapi: 3.0.3`"));
    }
    let defaults = defaults::apply(&mut root, &mut used)?;
    let examples = example_files::of_file(path, &root);
    Ok(Document::new(path, root, defaults, Vec::new(), examples))
}

fn index(root: &Node) -> HashMap<String, usize> {
    let sections = root.get("components").map(Node::entries).unwrap_or_default();
    sections
        .iter()
        .flat_map(|(section, names)| {
            let position =
                |(position, (key, _)): (usize, &(Key, Node))| (format!("{}/{}", section.name, key.name), position);
            names.entries().iter().enumerate().map(position)
        })
        .collect()
}

impl Document {
    fn new(
        path: &Path,
        root: Node,
        defaults: Option<(Key, Node)>,
        chapters: Vec<Arc<Path>>,
        examples: ExampleFiles,
    ) -> Self {
        Self {
            components: index(&root),
            root,
            defaults,
            path: Arc::from(path),
            chapters,
            examples: examples.values,
            example_files: examples.files,
            findings: examples.findings,
        }
    }

    /// Returns the root of the tree, which is a map.
    #[must_use]
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// Returns the default of a key of operations (`x-operation-defaults`): `x-rate-limit` or `responses`. The operations in
    /// the tree have it, unless they state otherwise.
    #[must_use]
    pub fn operation_default(&self, key: &str) -> Option<&Node> {
        self.defaults.as_ref()?.1.get(key)
    }

    /// Returns the defaults of operations, which are not in the tree: its operations have them.
    pub(crate) fn defaults(&self) -> Option<&(Key, Node)> {
        self.defaults.as_ref()
    }

    /// Returns the path that was passed to [`load`] or [`parse`].
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns every file of the document, including example files that could not be read, and the folder of chapters. A
    /// build that depends on the document must run again when one of them changes, or a chapter is added.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(&self.path).chain(&self.chapters).chain(&self.example_files).map(AsRef::as_ref)
    }

    /// Follows `$ref` from `node` to a node without `$ref`. Returns `node` itself if it has none.
    ///
    /// # Errors
    ///
    /// Returns an error if a reference is invalid or missing, is external, or is part of a cycle.
    pub fn resolve<'d>(&'d self, node: &'d Node) -> Result<&'d Node, BrokenReference> {
        // The usual case: a component that is not a reference itself.
        if let Some((section, name)) = reference::component_of(node)
            && let Some(component) = self.component(section, name).filter(|node| node.get("$ref").is_none())
        {
            return Ok(component);
        }
        let mut chain: Vec<String> = Vec::new();
        let mut node = node;
        while let Some(reference) = node.get("$ref") {
            let reference = reference.as_str().ok_or(BrokenReference::NotText)?;
            if chain.iter().any(|passed| passed == reference) {
                chain.push(reference.to_owned());
                return Err(BrokenReference::Loop(chain));
            }
            // Chains are short. The limit avoids quadratic time for a document that consists of one long chain.
            if chain.len() == MAX_HOPS {
                return Err(BrokenReference::TooLong(reference.to_owned()));
            }
            chain.push(reference.to_owned());
            let segments = segments(reference)?;
            node = self.find(&segments).ok_or_else(|| BrokenReference::Missing(format!("#/{}", segments.join("/"))))?;
        }
        Ok(node)
    }

    /// Follows references like [`resolve`](Self::resolve), and references with a description of their own: `allOf` with
    /// one reference, beside `description`.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`resolve`](Self::resolve).
    pub fn resolve_schema<'d>(&'d self, node: &'d Node) -> Result<&'d Node, BrokenReference> {
        let mut schema = self.resolve(node)?;
        for _ in 0..MAX_HOPS {
            match described_reference(schema) {
                Some(reference) => schema = self.resolve(reference)?,
                None => return Ok(schema),
            }
        }
        Err(BrokenReference::TooLong(schema.text("$ref").unwrap_or("allOf").to_owned()))
    }

    /// Returns the component with this section and name: `component("schemas", "Host")`.
    #[must_use]
    pub fn component(&self, section: &str, name: &str) -> Option<&Node> {
        let position = self.components.get(&format!("{section}/{name}"))?;
        Some(&self.root.get("components")?.get(section)?.entries().get(*position)?.1)
    }

    /// Returns the name of the component schema to which `node` refers by `$ref`.
    #[must_use]
    pub fn schema_name(&self, node: &Node) -> Option<String> {
        reference::schema_name(node)
    }

    /// Returns the value of an Example Object: its `value`, or the contents of the file in its `externalValue`.
    #[must_use]
    pub fn example_value<'d>(&'d self, example: &'d Node) -> Option<&'d Node> {
        let example = self.resolve(example).ok()?;
        example.get("value").or_else(|| self.examples.get(example.text("externalValue")?))
    }

    /// Converts the document to JSON without positions. The order of maps is kept.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        self.root.to_json()
    }

    /// Returns the findings in the example files.
    pub(crate) fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns the node at these unescaped pointer segments.
    pub(crate) fn find(&self, segments: &[String]) -> Option<&Node> {
        match segments {
            [components, section, name, rest @ ..] if components == "components" => {
                rest.iter().try_fold(self.component(section, name)?, |node, segment| node.child(segment))
            }
            _ => segments.iter().try_fold(&self.root, |node, segment| node.child(segment)),
        }
    }
}
