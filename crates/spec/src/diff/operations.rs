//! Compares operations, their calls and the settings of the whole document.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::{Diff, Effect, became};
use crate::outline::{Endpoint, endpoints};
use crate::{Node, Place};

impl<'d> Diff<'d> {
    pub(super) fn operations(&mut self) {
        let (old, new) = (endpoints(self.old), endpoints(self.new));
        let by_title: HashMap<_, _> = old.iter().map(|before| (before.title(), before)).collect();
        let by_call: HashMap<_, _> = old.iter().map(|before| (call(before), before)).collect();
        let mut met = HashSet::new();
        for now in &new {
            self.operation = Some(now.title());
            self.visited.clear();
            match by_title.get(&now.title()).or_else(|| by_call.get(&call(now))) {
                Some(before) => {
                    met.insert(before.title());
                    self.endpoint(before, now);
                }
                None => {
                    self.add("operation-added", Effect::Additive, &now.node.place, format!("{} is new", shown(now)));
                }
            }
        }
        for before in &old {
            if !met.contains(&before.title()) {
                self.operation = Some(before.title());
                let message = format!("{} is removed", shown(before));
                self.add("operation-removed", Effect::Breaking, &before.node.place, message);
            }
        }
    }

    fn endpoint(&mut self, before: &Endpoint<'d>, now: &Endpoint<'d>) {
        let place = &now.node.place;
        if before.title() != now.title() {
            // The service does not use operation ids. People and generated programs do.
            let message = format!("it was renamed from {}", before.title());
            self.add("operation-renamed", Effect::Risky, place, message);
        }
        if call(before) != call(now) {
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
            ("x-idempotent", "idempotency-changed", Effect::Risky),
            ("servers", "servers-changed", Effect::Risky),
            ("callbacks", "callbacks-changed", Effect::Risky),
        ];
        self.keys(before.node, now.node, &kinds, "the operation");
        self.security(before.node, now.node);
        self.parameters(before, now);
        self.request_body(before.node, now.node);
        self.responses(before, now);
        self.schemas();
    }

    /// Compares whether callers with the same credentials still have access.
    fn security(&mut self, before: &'d Node, now: &'d Node) {
        let of = |node: &'d Node, root: &'d Node| node.get("security").or_else(|| root.get("security"));
        let (old, new) = (of(before, self.old.root()), of(now, self.new.root()));
        let requirements = |node: Option<&Node>| -> Vec<_> {
            let requirements: Vec<_> = node.map(Node::items).unwrap_or_default().iter().map(Node::to_json).collect();
            // Without a requirement, everyone has access.
            if requirements.is_empty() { vec![json!({})] } else { requirements }
        };
        let (old_requirements, new_requirements) = (requirements(old), requirements(new));
        let allows_anonymous = new_requirements.contains(&json!({}));
        let place = new.map_or(&now.place, |node| &node.place);
        if !allows_anonymous && old_requirements.iter().any(|requirement| !new_requirements.contains(requirement)) {
            let message = format!("security {}", became(old, new));
            self.add("security-narrowed", Effect::Breaking, place, message);
        } else if new_requirements.iter().any(|requirement| !old_requirements.contains(requirement)) {
            self.add("security-widened", Effect::Additive, place, format!("security {}", became(old, new)));
        }
    }

    /// Compares the settings that apply to all operations.
    pub(super) fn document(&mut self) {
        let (old, new) = (self.old.root(), self.new.root());
        let docs = ["openapi", "info", "tags", "externalDocs"].map(|key| (key, "words-changed", Effect::Docs));
        self.keys(old, new, &docs, "the document");
        let (before, now) = (entries(old, "servers", "url"), entries(new, "servers", "url"));
        self.each(&before, &now, ["server-removed", "server-changed", "server-added"], Effect::Risky);
        let schemes = |root: &'d Node| {
            let schemes = root.pointer("/components/securitySchemes").map(Node::entries).unwrap_or_default();
            schemes.iter().map(|(key, node)| (key.name.as_str(), node)).collect::<Vec<_>>()
        };
        let ids = ["security-scheme-removed", "security-scheme-changed", "security-scheme-added"];
        self.each(&schemes(old), &schemes(new), ids, Effect::Breaking);
    }

    /// Compares named items: removed, changed and added ones. A change of descriptions alone is reported as such.
    fn each(&mut self, old: &[(&str, &Node)], new: &[(&str, &Node)], ids: [&'static str; 3], effect: Effect) {
        let [removed, changed, added] = ids;
        let plain = |node: &Node| {
            let mut json = node.to_json();
            json.as_object_mut().map(|map| map.remove("description"));
            json
        };
        for (name, now) in new {
            match old.iter().find(|(before, _)| before == name) {
                None => self.add(added, Effect::Additive, &now.place, format!("{name} is new")),
                Some((_, before)) if plain(before) != plain(now) => {
                    self.add(changed, effect, &now.place, format!("{name} {}", became(Some(before), Some(now))));
                }
                Some((_, before)) => self.keys(before, now, &[("description", "words-changed", Effect::Docs)], name),
            }
        }
        for (name, before) in old {
            if !new.iter().any(|(now, _)| now == name) {
                self.add(removed, effect, &before.place, format!("{name} is removed"));
            }
        }
    }

    /// Compares the examples of a media type or parameter.
    pub(super) fn examples(&mut self, before: &'d Node, now: &'d Node, of: &str) {
        let values = |document: &'d crate::Document, node: &'d Node| -> Vec<_> {
            let listed = node.get("examples").map(Node::entries).unwrap_or_default();
            let named = listed.iter().filter_map(|(_, example)| document.example_value(example));
            node.get("example").into_iter().chain(named).map(Node::to_json).collect()
        };
        if values(self.old, before) != values(self.new, now) {
            let place: &Place =
                now.get("examples").or_else(|| now.get("example")).map_or(&now.place, |node| &node.place);
            self.add("examples-changed", Effect::Docs, place, format!("the examples of {of} differ"));
        }
    }
}

/// Returns the objects of a list, each with the text that names it.
fn entries<'d>(root: &'d Node, list: &str, key: &str) -> Vec<(&'d str, &'d Node)> {
    let items = root.get(list).map(Node::items).unwrap_or_default();
    items.iter().filter_map(|node| Some((node.text(key)?, node))).collect()
}

/// Returns method and path without the names of path parameters, which the service does not see.
fn call(endpoint: &Endpoint<'_>) -> (String, String) {
    let path = &endpoint.path.name;
    let mut visited = String::with_capacity(path.len());
    let mut in_name = false;
    for character in path.chars() {
        in_name = character == '{' || in_name && character != '}';
        if !in_name || character == '{' {
            visited.push(character);
        }
    }
    (endpoint.method.name.clone(), visited)
}

fn shown(endpoint: &Endpoint<'_>) -> String {
    format!("{} {}", endpoint.method.name.to_ascii_uppercase(), endpoint.path.name)
}
