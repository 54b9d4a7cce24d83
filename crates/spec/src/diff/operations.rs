//! Compares operations and the settings of the whole document.

use std::collections::{HashMap, HashSet};

use super::{Diff, Effect, security};
use crate::outline::{Endpoint, endpoints};
use crate::{Document, Node, Place};

impl<'d> Diff<'d> {
    pub(super) fn operations(&mut self) {
        let (old, new) = (endpoints(self.old), endpoints(self.new));
        let matches = matched(&old, &new);
        let met: HashSet<_> = matches.iter().flatten().copied().collect();
        for (now, before) in new.iter().zip(&matches) {
            self.operation = Some(now.title());
            match before.and_then(|position| old.get(position)) {
                Some(before) if self.spend(1) => self.endpoint(before, now),
                Some(_) => {}
                None => {
                    self.add("operation-added", Effect::Additive, &now.node.place, format!("{} is new", shown(now)));
                }
            }
        }
        for (_, before) in old.iter().enumerate().filter(|(position, _)| !met.contains(position)) {
            self.operation = Some(before.title());
            let message = format!("{} is removed", shown(before));
            self.add("operation-removed", Effect::Breaking, &before.node.place, message);
        }
        self.operation = None;
        let used = |document: &'d Document, list: &[Endpoint<'d>]| -> HashSet<&'d str> {
            let inherits = list.iter().any(|endpoint| endpoint.node.get("security").is_none());
            let root = Some(document.root()).filter(|_| inherits);
            let stated = list.iter().map(|endpoint| endpoint.node).chain(root);
            stated.flat_map(security::named).collect()
        };
        let (before, now) = (used(self.old, &old), used(self.new, &new));
        self.security_schemes(&before.intersection(&now).copied().collect());
    }

    fn endpoint(&mut self, before: &Endpoint<'d>, now: &Endpoint<'d>) {
        let place = &now.node.place;
        let id = |endpoint: &Endpoint<'d>| endpoint.node.text("operationId");
        match (id(before), id(now)) {
            // The service does not use operation ids. People and generated programs do.
            (old, Some(new)) if old != Some(new) => {
                let message = format!("it was renamed from {}", before.title());
                self.add("operation-renamed", Effect::Risky, place, message);
            }
            (Some(old), None) => {
                self.add("operation-renamed", Effect::Risky, place, format!("it no longer has the id {old}"));
            }
            _ => {}
        }
        if shape(before) != shape(now) {
            let message = format!("it was {} and is {}", shown(before), shown(now));
            self.add("operation-moved", Effect::Breaking, place, message);
        }
        self.deprecation(before.node, now.node, "the operation");
        let kinds = [
            ("summary", "words-changed", Effect::Docs),
            ("description", "words-changed", Effect::Docs),
            ("tags", "tags-changed", Effect::Docs),
            ("externalDocs", "source-changed", Effect::Docs),
            ("x-source", "source-changed", Effect::Docs),
            ("x-pagination", "pagination-changed", Effect::Risky),
            ("x-rate-limit", "rate-limit-changed", Effect::Risky),
        ];
        self.keys(before.node, now.node, &kinds, "the operation");
        self.flag(before.node, now.node, ("x-idempotent", "idempotency-changed", Effect::Risky), "the operation");
        self.operation_servers(before, now);
        self.security(before.node, now.node);
        self.parameters(before, now);
        self.request_body(before, now);
        self.responses(before, now);
        self.callbacks(before.node, now.node);
        self.compare_scheduled();
    }

    /// Compares the settings that apply to all operations.
    pub(super) fn document(&mut self) {
        let (old, new) = (self.old.root(), self.new.root());
        let docs = ["openapi", "info", "tags", "externalDocs"].map(|key| (key, "words-changed", Effect::Docs));
        self.keys(old, new, &docs, "the document");
        self.document_servers();
    }

    /// Compares the examples of a media type or parameter.
    pub(super) fn examples(&mut self, before: &'d Node, now: &'d Node, of: &str) {
        let values = |document: &'d Document, node: &'d Node| -> Vec<_> {
            let listed = node.get("examples").map(Node::entries).unwrap_or_default();
            let named = listed.iter().filter_map(|(_, example)| document.example_value(example));
            node.get("example").into_iter().chain(named).collect()
        };
        let (old, new) = (values(self.old, before), values(self.new, now));
        self.spend(old.len() + new.len());
        let is_equal =
            old.len() == new.len() && old.iter().zip(&new).all(|(old, new)| self.equality.of(Some(*old), Some(*new)));
        if !is_equal {
            let place: &Place =
                now.get("examples").or_else(|| now.get("example")).map_or(&now.place, |node| &node.place);
            self.add("examples-changed", Effect::Docs, place, format!("the examples of {of} differ"));
        }
    }
}

/// Returns the position of the previous operation for each new one: the one with the same method and path, then with
/// the same method and form of path, then with the same id. Callers use method and path, so an id can move to another
/// operation without effect on them.
fn matched<'d>(old: &[Endpoint<'d>], new: &[Endpoint<'d>]) -> Vec<Option<usize>> {
    let mut matches = vec![None; new.len()];
    let mut met = HashSet::new();
    let key = |endpoint: &Endpoint<'d>, step: usize| match step {
        0 => Some(shown(endpoint)),
        // Of several paths with the same form, the id decides.
        1 => endpoint.node.text("operationId").map(|id| format!("{} {id}", shape(endpoint))),
        2 => Some(shape(endpoint)),
        _ => endpoint.node.text("operationId").map(str::to_owned),
    };
    for step in 0..4 {
        let free = old.iter().enumerate().filter(|(position, _)| !met.contains(position));
        let known: HashMap<_, _> = free.filter_map(|(position, before)| Some((key(before, step)?, position))).collect();
        for (now, found) in new.iter().zip(&mut matches).filter(|(_, found)| found.is_none()) {
            let position = key(now, step).and_then(|key| known.get(&key)).copied();
            if let Some(position) = position
                && met.insert(position)
            {
                *found = Some(position);
            }
        }
    }
    matches
}

/// Returns method and path without the names of path parameters, which the service does not see.
fn shape(endpoint: &Endpoint<'_>) -> String {
    let mut shape = endpoint.method.name.clone();
    let mut in_name = false;
    for character in endpoint.path.name.chars() {
        in_name = character == '{' || in_name && character != '}';
        if !in_name || character == '{' {
            shape.push(character);
        }
    }
    shape
}

fn shown(endpoint: &Endpoint<'_>) -> String {
    format!("{} {}", endpoint.method.name.to_ascii_uppercase(), endpoint.path.name)
}
