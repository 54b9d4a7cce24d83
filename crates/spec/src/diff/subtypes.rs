//! Finds the schemas that a discriminator selects without `oneOf`: those whose `allOf` refers to the schema.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::discriminators::mapping;
use super::view::View;
use crate::{Document, Node};

/// The components of a document by the components that they extend.
pub(super) struct Subtypes<'d> {
    extending: HashMap<*const Node, Vec<(&'d str, &'d Node)>>,
    components: HashSet<*const Node>,
}

impl<'d> Subtypes<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        let mut found = Self { extending: HashMap::new(), components: HashSet::new() };
        for (key, node) in document.root().pointer("/components/schemas").map(Node::entries).unwrap_or_default() {
            found.components.insert(node);
            for part in node.get("allOf").map(Node::items).unwrap_or_default() {
                if let Ok(extended) = document.resolve(part) {
                    found.extending.entry(extended).or_default().push((&key.name, node));
                }
            }
        }
        found
    }

    /// Returns the name of the selected schema for each value of the discriminator, or `None` if this schema, or the one
    /// that it wraps, has no discriminator of its own. A component that extends such a schema is only itself.
    pub(super) fn selected(&self, document: &'d Document, view: &View<'d>) -> Option<BTreeMap<String, String>> {
        let root = view.parts.first().filter(|_| view.unions.is_empty())?;
        let wrapped =
            root.get("allOf").map(Node::items).filter(|_| !self.components.contains(&std::ptr::from_ref(*root)));
        let wrapped = wrapped.unwrap_or_default().iter().filter_map(|part| document.resolve(part).ok());
        let base = std::iter::once(*root).chain(wrapped).find(|node| node.get("discriminator").is_some())?;
        let mut found = mapping(base.get("discriminator")?, std::iter::empty());
        let mapped: HashSet<_> = found.values().cloned().collect();
        let mut visited: HashSet<*const Node> = HashSet::new();
        let mut open = vec![base];
        while let Some(node) = open.pop() {
            for (name, node) in self.extending.get(&std::ptr::from_ref(node)).into_iter().flatten() {
                if visited.insert(*node) {
                    open.push(node);
                    if !mapped.contains(*name) {
                        found.insert((*name).to_owned(), (*name).to_owned());
                    }
                }
            }
        }
        Some(found)
    }
}
