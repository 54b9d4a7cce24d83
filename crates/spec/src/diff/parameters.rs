//! Compares parameters.

use std::collections::{HashMap, HashSet};

use super::view::View;
use super::{Diff, Effect, Side, became};
use crate::outline::Endpoint;
use crate::{Node, Place};

/// The parameters of an operation.
pub(super) type Slots<'d> = Vec<(Slot<'d>, &'d Node)>;

/// The identity of a parameter within its operation: its location, and its name or, in a path, its position.
type Slot<'d> = (&'d str, String);

/// Headers whose parameters OpenAPI ignores: media types and security schemes describe them.
const IGNORED: [&str; 3] = ["accept", "authorization", "content-type"];

impl<'d> Diff<'d> {
    pub(super) fn parameters(&mut self, before: &Endpoint<'d>, now: &Endpoint<'d>) {
        let (mut old, mut new) = (declared(before), declared(now));
        self.exploded(&mut old, &mut new);
        self.spend(old.len() + new.len());
        let slots = |list: &[(Slot<'d>, &'d Node)]| -> HashMap<Slot<'d>, &'d Node> { list.iter().cloned().collect() };
        let (olds, news) = (slots(&old), slots(&new));
        let moved = self.swapped(before, now);
        for (slot, now) in &new {
            let name = now.text("name").unwrap_or_default();
            let Some(before) = olds.get(slot) else {
                // The path determines its parameters, and a change of the path has already been reported.
                if slot.0 != "path" {
                    self.parameter_added(now.flag("required"), &now.place, slot.0, name);
                }
                continue;
            };
            let old_name = before.text("name").unwrap_or_default();
            if slot.0 == "path" && old_name != name && !moved.contains(name) {
                let message = format!("path parameter {name} was renamed from {old_name}");
                self.add("parameter-renamed", Effect::Docs, &now.place, message);
            }
            self.parameter(before, now, slot.0, name);
        }
        for (slot, node) in &old {
            if slot.0 != "path" && !news.contains_key(slot) {
                self.parameter_removed(&node.place, slot.0, node.text("name").unwrap_or_default());
            }
        }
    }

    pub(super) fn parameter_added(&mut self, is_required: bool, place: &Place, location: &str, name: &str) {
        let (id, effect) = if is_required {
            ("parameter-added-required", Effect::Breaking)
        } else {
            ("parameter-added", Effect::Additive)
        };
        self.add(id, effect, place, format!("{location} parameter {name} is new"));
    }

    /// The service ignores unknown parameters. A removed filter would silently stop filtering.
    pub(super) fn parameter_removed(&mut self, place: &Place, location: &str, name: &str) {
        self.add("parameter-removed", Effect::Breaking, place, format!("{location} parameter {name} is removed"));
    }

    pub(super) fn parameter_necessity(&mut self, before: bool, now: bool, place: &Place, name: &str) {
        match (before, now) {
            (false, true) => self.add("parameter-required", Effect::Breaking, place, format!("{name} is required")),
            (true, false) => self.add("parameter-optional", Effect::Additive, place, format!("{name} is optional")),
            _ => {}
        }
    }

    /// Reports path parameters that have another position. The form of a request stays the same, but callers that pass
    /// values by position now pass each to the wrong parameter. Returns the names of these parameters.
    fn swapped(&mut self, before: &Endpoint<'d>, now: &Endpoint<'d>) -> HashSet<&'d str> {
        let (old, new) = (path_names(&before.path.name), path_names(&now.path.name));
        if old.len() != new.len() {
            return HashSet::new();
        }
        let positions: HashMap<_, _> = old.iter().enumerate().map(|(position, name)| (*name, position)).collect();
        let is_moved = |position: usize, name: &str| positions.get(name).is_some_and(|before| *before != position);
        let moved = new.iter().enumerate().filter(|(position, name)| is_moved(*position, name));
        let moved: HashSet<_> = moved.map(|(_, name)| *name).collect();
        if !moved.is_empty() {
            let message = format!("path parameters changed places: {} is {}", before.path.name, now.path.name);
            self.add("parameters-swapped", Effect::Breaking, &now.path.place, message);
        }
        moved
    }

    fn parameter(&mut self, before: &'d Node, now: &'d Node, location: &str, name: &str) {
        // A part of a path is always required.
        if location != "path" {
            self.parameter_necessity(before.flag("required"), now.flag("required"), &now.place, name);
        }
        self.deprecation(before, now, name);
        let kinds = [
            ("description", "words-changed", Effect::Docs),
            ("x-client-setting", "client-setting-changed", Effect::Risky),
        ];
        self.keys(before, now, &kinds, name);
        self.serialization(before, now, location, name);
        self.examples(before, now, name);
        self.value(before, now, Side::Request, name);
    }

    /// Compares how a parameter or header is written. Defaults may be omitted.
    pub(super) fn serialization(&mut self, before: &'d Node, now: &'d Node, location: &str, name: &str) {
        let style = |node: &'d Node| {
            let default = if matches!(location, "query" | "cookie") { "form" } else { "simple" };
            node.text("style").unwrap_or(default)
        };
        let (old, new) = (style(before), style(now));
        let place = |key: &str| now.get(key).map_or(&now.place, |node| &node.place);
        // These two add something to each value.
        let is_prefixed = [old, new].iter().any(|style| matches!(*style, "label" | "matrix"));
        if old != new && (is_prefixed || self.has_parts(before, now)) {
            let message = format!("style of {name} was {old} and is {new}");
            self.add("serialization-changed", Effect::Breaking, place("style"), message);
        }
        let explode = |node: &'d Node| node.get("explode").and_then(Node::as_bool).unwrap_or(style(node) == "form");
        let (old, new) = (explode(before), explode(now));
        if old != new && self.has_parts(before, now) {
            let message = format!("explode of {name} was {old} and is {new}");
            self.add("serialization-changed", Effect::Breaking, place("explode"), message);
        }
        if location == "query" {
            // Either flag permits more. What was sent before is still allowed.
            for key in ["allowReserved", "allowEmptyValue"] {
                let effect = if now.flag(key) { Effect::Additive } else { Effect::Breaking };
                self.flag(before, now, (key, "serialization-changed", effect), name);
            }
        }
    }

    /// Returns whether both values consist of parts: only lists and maps do.
    fn has_parts(&mut self, before: &'d Node, now: &'d Node) -> bool {
        [(self.old, before), (self.new, now)].into_iter().all(|(document, node)| {
            let Some(schema) = node.get("schema") else { return false };
            let view = View::new(document, &[schema], &node.place);
            self.spend(view.size());
            view.kind().is_none_or(|kind| matches!(kind, "array" | "object"))
        })
    }

    /// Compares the schemas of a parameter or header, or its media type.
    pub(super) fn value(&mut self, before: &'d Node, now: &'d Node, side: Side, name: &str) {
        match (before.get("content"), now.get("content")) {
            (Some(_), Some(_)) => self.content(before, now, side, name),
            (None, None) => {
                let (old, new) = (before.get("schema"), now.get("schema"));
                if !old.zip(new).is_some_and(|(old, new)| self.text(old, new, side, name)) {
                    self.schemas(old, new, side, name.to_owned(), &now.place);
                }
            }
            (old, new) => {
                let message = format!("content of {name} {}", became(old, new));
                self.add("serialization-changed", Effect::Breaking, &now.place, message);
            }
        }
    }
}

/// Returns the parameters with their slots. Parameters of the operation override those of the path.
fn declared<'d>(endpoint: &Endpoint<'d>) -> Slots<'d> {
    let names = path_names(&endpoint.path.name);
    let positions: HashMap<_, _> = names.iter().enumerate().map(|(position, name)| (*name, position)).collect();
    let slot = |node: &'d Node| {
        let (location, name) = (node.text("in")?, node.text("name")?);
        let key = match location {
            "path" => positions.get(name).map_or_else(|| name.to_owned(), ToString::to_string),
            "header" => name.to_ascii_lowercase(),
            _ => name.to_owned(),
        };
        (location != "header" || !IGNORED.contains(&key.as_str())).then_some(((location, key), node))
    };
    let mut found: Vec<_> =
        endpoint.parameters.iter().filter_map(|parameter| parameter.node).filter_map(slot).collect();
    found.reverse();
    let mut met = HashSet::new();
    found.retain(|(slot, _)| met.insert(slot.clone()));
    found.reverse();
    found
}

/// Returns the names of the parameters in a path.
fn path_names(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect()
}
