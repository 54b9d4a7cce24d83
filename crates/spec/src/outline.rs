//! Where the objects of OpenAPI are in a document.

use std::collections::HashSet;

use crate::grammar::{Kind, Shape};
use crate::{Document, Key, Node};

/// The methods under which a path item has operations.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// What the rules read: the objects of the document by kind, so that no rule searches for them.
pub(crate) struct Outline<'d> {
    pub(crate) document: &'d Document,
    /// Every object that the grammar knows, in the order of the document. All are maps.
    pub(crate) sites: Vec<Site<'d>>,
    pub(crate) endpoints: Vec<Endpoint<'d>>,
}

/// An object of the specification.
#[derive(Clone, Copy)]
pub(crate) struct Site<'d> {
    pub(crate) kind: Kind,
    pub(crate) node: &'d Node,
    /// The key that it stands under; none in a list.
    pub(crate) key: Option<&'d Key>,
    /// Its name, if it stands directly in a section of `components`.
    pub(crate) component: Option<&'d str>,
}

/// An operation with the path that it belongs to.
pub(crate) struct Endpoint<'d> {
    pub(crate) path: &'d Key,
    pub(crate) method: &'d Key,
    pub(crate) node: &'d Node,
    /// Those of the path first.
    pub(crate) parameters: Vec<Declared<'d>>,
}

/// A parameter as an operation or its path declares it.
pub(crate) struct Declared<'d> {
    /// The parameter or the reference to it, where the operation has it.
    pub(crate) written: &'d Node,
    /// The parameter itself; none if the reference is broken.
    pub(crate) node: Option<&'d Node>,
    /// Whether it belongs to the path.
    pub(crate) of_path: bool,
}

impl<'d> Declared<'d> {
    /// `name`.
    pub(crate) fn name(&self) -> &'d str {
        self.node.and_then(|node| node.text("name")).unwrap_or_default()
    }

    /// `in`.
    pub(crate) fn location(&self) -> &'d str {
        self.node.and_then(|node| node.text("in")).unwrap_or_default()
    }
}

impl<'d> Endpoint<'d> {
    /// `operationId`, or method and path where there is none.
    pub(crate) fn title(&self) -> String {
        self.node
            .text("operationId")
            .map_or_else(|| format!("{} {}", self.method.name.to_ascii_uppercase(), self.path.name), str::to_owned)
    }

    /// The responses whose references are not broken, with their statuses.
    pub(crate) fn responses(&self, document: &'d Document) -> Vec<(&'d Key, &'d Node)> {
        let responses = self.node.get("responses").map(Node::entries).unwrap_or_default();
        responses
            .iter()
            .filter(|(key, _)| !key.name.starts_with("x-"))
            .filter_map(|(key, node)| Some((key, document.resolve(node).ok()?)))
            .collect()
    }

    /// The request body, if its reference is not broken.
    pub(crate) fn body(&self, document: &'d Document) -> Option<&'d Node> {
        document.resolve(self.node.get("requestBody")?).ok()
    }
}

impl<'d> Outline<'d> {
    /// Finds all objects. One pass.
    pub(crate) fn new(document: &'d Document) -> Self {
        let mut sites = Vec::new();
        let root = Site { kind: Kind::Document, node: document.root(), key: None, component: None };
        collect(root, &mut sites);
        Self { document, sites, endpoints: endpoints(document) }
    }

    /// The objects of a kind, references to such objects left out.
    pub(crate) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Site<'d>> {
        self.sites.iter().filter(move |site| site.kind == kind && !site.is_reference())
    }

    /// Every schema that can be met from `roots`, through references too. Each once.
    pub(crate) fn reachable(&self, roots: impl IntoIterator<Item = &'d Node>) -> Vec<&'d Node> {
        let mut seen: HashSet<*const Node> = HashSet::new();
        let mut found = Vec::new();
        let mut open: Vec<&'d Node> = roots.into_iter().collect();
        while let Some(node) = open.pop() {
            let Ok(schema) = self.document.resolve(node) else {
                continue;
            };
            if seen.insert(schema) {
                found.push(schema);
                open.extend(subschemas(schema));
            }
        }
        found
    }
}

impl Site<'_> {
    /// Whether a reference stands here in place of the object.
    pub(crate) fn is_reference(&self) -> bool {
        self.kind.section().is_some() && self.node.get("$ref").is_some()
    }
}

/// The schemas directly within a schema.
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

/// The schemas of the bodies of a response or request body.
pub(crate) fn body_schemas(node: &Node) -> impl Iterator<Item = &Node> {
    let content = node.get("content").map(Node::entries).unwrap_or_default();
    content.iter().filter_map(|(_, media)| media.get("schema"))
}

/// The operations of a document, in its order.
pub(crate) fn endpoints(document: &Document) -> Vec<Endpoint<'_>> {
    let paths = document.root().get("paths").map(Node::entries).unwrap_or_default();
    let mut endpoints = Vec::new();
    for (path, item) in paths.iter().filter(|(path, _)| !path.name.starts_with("x-")) {
        for (method, node) in item.entries().iter().filter(|(key, _)| METHODS.contains(&key.name.as_str())) {
            let mut parameters = declared(document, item, true);
            parameters.extend(declared(document, node, false));
            endpoints.push(Endpoint { path, method, node, parameters });
        }
    }
    endpoints
}

fn declared<'d>(document: &'d Document, owner: &'d Node, of_path: bool) -> Vec<Declared<'d>> {
    let list = owner.get("parameters").map(Node::items).unwrap_or_default();
    list.iter().map(|written| Declared { written, node: document.resolve(written).ok(), of_path }).collect()
}

/// Recursion follows the tree, whose depth the loader bounds, and never a reference.
fn collect<'d>(site: Site<'d>, sites: &mut Vec<Site<'d>>) {
    // What is no map is reported where a map is expected.
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
        // Extensions stand beside paths and statuses; in other maps `x-` is a name like any other.
        if matches!(kind, Kind::PathItem | Kind::Response) && !in_components && key.name.starts_with("x-") {
            continue;
        }
        let component = in_components.then_some(key.name.as_str());
        collect(Site { kind, node, key: Some(key), component }, sites);
    }
}
