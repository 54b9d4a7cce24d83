//! Finds the OpenAPI objects in a document.

use std::collections::HashSet;

use crate::grammar::{Kind, METHODS, Shape};
use crate::{Document, Key, Node};

/// The objects of a document by kind. All rules share it, so that none needs to search the document.
pub(crate) struct Outline<'d> {
    pub(crate) document: &'d Document,
    /// Every object of the grammar, in the order of the document. All are maps.
    pub(crate) sites: Vec<Site<'d>>,
    pub(crate) endpoints: Vec<Endpoint<'d>>,
}

/// An object of the specification.
#[derive(Clone, Copy)]
pub(crate) struct Site<'d> {
    pub(crate) kind: Kind,
    pub(crate) node: &'d Node,
    /// The key of the object. `None` in a list.
    pub(crate) key: Option<&'d Key>,
    /// Its name, if it is a direct entry of a section of `components`.
    pub(crate) component: Option<&'d str>,
}

/// An operation with its path.
pub(crate) struct Endpoint<'d> {
    pub(crate) path: &'d Key,
    /// The path item.
    pub(crate) item: &'d Node,
    pub(crate) method: &'d Key,
    pub(crate) node: &'d Node,
    /// The parameters of the path come first.
    pub(crate) parameters: Vec<Declared<'d>>,
}

/// A parameter that an operation or its path declares.
pub(crate) struct Declared<'d> {
    /// The parameter or the reference to it, as written in the operation.
    pub(crate) written: &'d Node,
    /// The parameter itself. `None` if the reference is broken.
    pub(crate) node: Option<&'d Node>,
}

impl<'d> Declared<'d> {
    /// Returns `name`.
    pub(crate) fn name(&self) -> &'d str {
        self.node.and_then(|node| node.text("name")).unwrap_or_default()
    }

    /// Returns `in`.
    pub(crate) fn location(&self) -> &'d str {
        self.node.and_then(|node| node.text("in")).unwrap_or_default()
    }
}

impl<'d> Endpoint<'d> {
    /// Returns `operationId`, or method and path if it is missing.
    pub(crate) fn title(&self) -> String {
        self.node
            .text("operationId")
            .map_or_else(|| format!("{} {}", self.method.name.to_ascii_uppercase(), self.path.name), str::to_owned)
    }

    /// Returns the responses with their statuses, without broken references.
    pub(crate) fn responses(&self, document: &'d Document) -> Vec<(&'d Key, &'d Node)> {
        let responses = self.node.get("responses").map(Node::entries).unwrap_or_default();
        responses
            .iter()
            .filter(|(key, _)| !key.name.starts_with("x-"))
            .filter_map(|(key, node)| Some((key, document.resolve(node).ok()?)))
            .collect()
    }

    /// Returns the request body, unless its reference is broken.
    pub(crate) fn body(&self, document: &'d Document) -> Option<&'d Node> {
        document.resolve(self.node.get("requestBody")?).ok()
    }
}

impl<'d> Outline<'d> {
    /// Finds all objects in one pass.
    pub(crate) fn new(document: &'d Document) -> Self {
        let mut sites = Vec::new();
        let root = Site { kind: Kind::Document, node: document.root(), key: None, component: None };
        collect(root, &mut sites);
        Self { document, sites, endpoints: endpoints(document) }
    }

    /// Returns the objects of a kind, without references to such objects.
    pub(crate) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Site<'d>> {
        self.sites.iter().filter(move |site| site.kind == kind && !site.is_reference())
    }

    /// Returns every schema that is reachable from `roots`, including through references. Each schema is returned once.
    pub(crate) fn reachable(&self, roots: impl IntoIterator<Item = &'d Node>) -> Vec<&'d Node> {
        let mut visited: HashSet<*const Node> = HashSet::new();
        let mut found = Vec::new();
        let mut open: Vec<&'d Node> = roots.into_iter().collect();
        while let Some(node) = open.pop() {
            let Ok(schema) = self.document.resolve(node) else {
                continue;
            };
            if visited.insert(schema) {
                found.push(schema);
                open.extend(subschemas(schema));
            }
        }
        found
    }
}

impl Site<'_> {
    /// Returns whether this is a reference in place of an object.
    pub(crate) fn is_reference(&self) -> bool {
        self.kind.section().is_some() && self.node.get("$ref").is_some()
    }
}

/// Returns whether OpenAPI permits this name of a component.
pub(crate) fn is_component_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// Returns the direct subschemas of a schema.
pub(crate) fn subschemas(schema: &Node) -> Vec<&Node> {
    let mut found = Vec::new();
    for (key, value) in schema.entries() {
        match key.name.as_str() {
            "items" | "additionalProperties" | "not" => found.push(value),
            "properties" => found.extend(value.entries().iter().map(|(_, property)| property)),
            "allOf" | "oneOf" | "anyOf" => found.extend(value.items()),
            _ => {}
        }
    }
    found
}

/// Returns the schemas of the bodies of a response or request body.
pub(crate) fn body_schemas(node: &Node) -> impl Iterator<Item = &Node> {
    let content = node.get("content").map(Node::entries).unwrap_or_default();
    content.iter().filter_map(|(_, media)| media.get("schema"))
}

/// Returns the operations of a document, in its order.
pub(crate) fn endpoints(document: &Document) -> Vec<Endpoint<'_>> {
    let paths = document.root().get("paths").map(Node::entries).unwrap_or_default();
    let mut endpoints = Vec::new();
    for (path, item) in paths.iter().filter(|(path, _)| !path.name.starts_with("x-")) {
        for (method, node) in item.entries().iter().filter(|(key, _)| METHODS.contains(&key.name.as_str())) {
            let mut parameters = declared(document, item);
            parameters.extend(declared(document, node));
            endpoints.push(Endpoint { path, item, method, node, parameters });
        }
    }
    endpoints
}

fn declared<'d>(document: &'d Document, owner: &'d Node) -> Vec<Declared<'d>> {
    let list = owner.get("parameters").map(Node::items).unwrap_or_default();
    list.iter().map(|written| Declared { written, node: document.resolve(written).ok() }).collect()
}

/// The recursion follows the tree, whose depth the loader limits. It never follows a reference.
fn collect<'d>(site: Site<'d>, sites: &mut Vec<Site<'d>>) {
    // A rule reports values that are not maps where a map is expected.
    if site.node.as_object().is_none() {
        return;
    }
    sites.push(site);
    if site.is_reference() {
        return;
    }
    if site.kind == Kind::Callback {
        collect_map(Kind::PathItem, site.node, false, sites);
    }
    for (key, node) in site.node.entries() {
        let Some(field) = site.kind.fields().iter().find(|field| field.name == key.name) else {
            continue;
        };
        let in_components = site.kind == Kind::Components;
        match field.shape {
            Shape::One(kind) => collect(Site { kind, node, key: Some(key), component: None }, sites),
            Shape::FlagOrSchema if node.as_object().is_some() => {
                collect(Site { kind: Kind::Schema, node, key: Some(key), component: None }, sites);
            }
            Shape::List(kind) => {
                for node in node.items() {
                    collect(Site { kind, node, key: None, component: None }, sites);
                }
            }
            Shape::Map(kind) | Shape::Patterned(kind) => collect_map(kind, node, in_components, sites),
            _ => {}
        }
    }
}

fn collect_map<'d>(kind: Kind, map: &'d Node, in_components: bool, sites: &mut Vec<Site<'d>>) {
    for (key, node) in map.entries() {
        // Extensions occur next to paths and statuses. In other maps, names that start with `x-` have no special
        // meaning.
        if matches!(kind, Kind::PathItem | Kind::Response) && !in_components && key.name.starts_with("x-") {
            continue;
        }
        // OpenAPI does not define the contents of a component with such a name. A rule reports the name.
        if in_components && !is_component_name(&key.name) {
            continue;
        }
        let component = in_components.then_some(key.name.as_str());
        collect(Site { kind, node, key: Some(key), component }, sites);
    }
}
