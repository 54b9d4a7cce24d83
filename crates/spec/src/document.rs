//! A loaded document.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::finding::refuse;
use crate::place::start_of;
use crate::reference::{self, BrokenReference, HOPS, segments};
use crate::source::Source;
use crate::{Finding, Node, example_files};

/// An OpenAPI document with the place of every node.
#[derive(Debug)]
pub struct Document {
    root: Node,
    path: Arc<Path>,
    /// Position of every component in its section, by `section/name`, so that references cost no search.
    components: HashMap<String, usize>,
    /// What the `externalValue`s hold, by their text.
    examples: HashMap<String, Node>,
    /// Example files that were looked for, read or not.
    example_files: Vec<Arc<Path>>,
    /// What was wrong with the example files.
    findings: Vec<Finding>,
}

/// Reads and parses a document, and the example files that it names.
///
/// The file is JSON if its name ends in `.json` or its first character is a brace, YAML 1.2 otherwise. Limits: 16 MiB,
/// 64 levels, 500 000 keys and values, 4 MiB repeated by YAML aliases.
///
/// # Errors
///
/// Findings with their places, if the file cannot be read or parsed.
pub fn load(path: &Path) -> Result<Document, Vec<Finding>> {
    let bytes = std::fs::read(path).map_err(|error| {
        let message = format!("cannot read the file: {error}");
        refuse("file-unreadable", &start_of(&Arc::from(path)), message, "check its name and its permissions")
    })?;
    from_bytes(path, &bytes)
}

/// Parses a document from memory. `name` stands in places, and example files are looked for in its folder.
///
/// # Errors
///
/// As [`load`].
pub fn parse(name: &Path, text: &str) -> Result<Document, Vec<Finding>> {
    from_bytes(name, text.as_bytes())
}

fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Document, Vec<Finding>> {
    let source = Source::from_bytes(path, bytes)?;
    let root = source.parse()?;
    if root.as_object().is_none() {
        let message = format!("the document is {}, not a map", root.what());
        return Err(refuse("wrong-type", &root.place, message, "start it with `openapi: 3.0.3`"));
    }
    let examples = example_files::read(path, &root);
    Ok(Document {
        components: index(&root),
        root,
        path: Arc::from(path),
        examples: examples.values,
        example_files: examples.files,
        findings: examples.findings,
    })
}

fn index(root: &Node) -> HashMap<String, usize> {
    let sections = root.get("components").map(Node::entries).unwrap_or_default();
    sections
        .iter()
        .flat_map(|(section, names)| {
            let position = |(position, (key, _)): (usize, &(crate::Key, Node))| {
                (format!("{}/{}", section.name, key.name), position)
            };
            names.entries().iter().enumerate().map(position)
        })
        .collect()
}

impl Document {
    /// The whole tree; a map.
    #[must_use]
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The file, as it was named to [`load`] or [`parse`].
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Every file that the document was read from, and those it names that could not be read: a build that depends on
    /// the document must run again when one of them changes.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(self.path()).chain(self.example_files.iter().map(AsRef::as_ref))
    }

    /// Follows `$ref` from `node` until something else comes; `node` itself if it has none.
    ///
    /// # Errors
    ///
    /// Where it leads nowhere, out of the document or in a circle.
    pub fn resolve<'d>(&'d self, node: &'d Node) -> Result<&'d Node, BrokenReference> {
        let mut chain: Vec<String> = Vec::new();
        let mut node = node;
        while let Some(reference) = node.get("$ref") {
            let reference = reference.as_str().ok_or(BrokenReference::NotText)?;
            if chain.iter().any(|passed| passed == reference) {
                chain.push(reference.to_owned());
                return Err(BrokenReference::Loop(chain));
            }
            // Chains are short. A document of nothing but one long chain must not take quadratic time, though.
            if chain.len() == HOPS {
                return Err(BrokenReference::TooLong(reference.to_owned()));
            }
            chain.push(reference.to_owned());
            let segments = segments(reference)?;
            node = self.find(&segments).ok_or_else(|| BrokenReference::Missing(format!("#/{}", segments.join("/"))))?;
        }
        Ok(node)
    }

    /// The component of this section and name: `component("schemas", "Host")`.
    #[must_use]
    pub fn component(&self, section: &str, name: &str) -> Option<&Node> {
        let position = self.components.get(&format!("{section}/{name}"))?;
        Some(&self.root.get("components")?.get(section)?.entries().get(*position)?.1)
    }

    /// The name of the component schema that `node` refers to by `$ref`.
    #[must_use]
    pub fn schema_name(&self, node: &Node) -> Option<String> {
        reference::schema_name(node)
    }

    /// The value of an Example Object: its `value`, or what the file of its `externalValue` holds.
    #[must_use]
    pub fn example_value<'d>(&'d self, example: &'d Node) -> Option<&'d Node> {
        let example = self.resolve(example).ok()?;
        example.get("value").or_else(|| self.examples.get(example.text("externalValue")?))
    }

    /// The document without places; the order of maps is kept.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        self.root.to_json()
    }

    /// What was wrong with the example files.
    pub(crate) fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The node under unescaped pointer segments.
    pub(crate) fn find(&self, segments: &[String]) -> Option<&Node> {
        match segments {
            [components, section, name, rest @ ..] if components == "components" => {
                rest.iter().try_fold(self.component(section, name)?, |node, segment| node.child(segment))
            }
            _ => segments.iter().try_fold(&self.root, |node, segment| node.child(segment)),
        }
    }
}
