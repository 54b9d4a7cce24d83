//! Compares media types and their schemas.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;

use super::equality::{is_trivial, value};
use super::view::{Property, View};
use super::{Diff, Effect, Scope, Side, became};
use crate::{Document, Key, Node};

impl<'d> Diff<'d> {
    /// Compares the media types of a body, parameter or header.
    pub(super) fn content(&mut self, before: &'d Node, now: &'d Node, side: Side, of: &str) {
        let (old, new) = (Types::of(before), Types::of(now));
        self.spend(old.list.len() + new.list.len());
        for (media, name, node) in &new.list {
            let Some((_, covering, before)) = old.covering(name) else {
                let effect = if side == Side::Request { Effect::Additive } else { Effect::Risky };
                self.add("media-type-added", effect, &media.place, format!("{of} may be {}", media.name));
                continue;
            };
            if covering != name && side == Side::Response {
                let message = format!("{of} is {} and was {covering}", media.name);
                self.add("media-type-narrowed", Effect::Additive, &media.place, message);
            }
            self.media(before, node, side, (name, of));
        }
        for (media, name, node) in &old.list {
            match new.covering(name) {
                Some((_, covering, _)) if covering == name => {}
                // A wildcard covers the previous type.
                Some((new_media, covering, now)) => {
                    let effect = if side == Side::Request { Effect::Additive } else { Effect::Risky };
                    let message = format!("{of} was {} and may be {covering}", media.name);
                    self.add("media-type-widened", effect, &new_media.place, message);
                    self.media(node, now, side, (name, of));
                }
                None => {
                    // The new types are among those of a removed wildcard.
                    let is_narrowed = new.has_part_of(name);
                    let effect =
                        if side == Side::Response && is_narrowed { Effect::Additive } else { Effect::Breaking };
                    let message = format!("{of} is no longer {}", media.name);
                    self.add("media-type-removed", effect, &media.place, message);
                }
            }
        }
    }

    fn media(&mut self, before: &'d Node, now: &'d Node, side: Side, (media, of): (&str, &str)) {
        self.examples(before, now, of);
        let is_form = media.starts_with("multipart/") || media.starts_with("application/x-www-form-urlencoded");
        let effect = if is_form && side == Side::Request { Effect::Breaking } else { Effect::Docs };
        self.encoding(before, now, effect, of);
        let (old, new) = (before.get("schema"), now.get("schema"));
        let restricts = |schema: Option<&Node>| schema.is_some_and(|schema| !is_trivial(schema));
        let scope = match (old, new) {
            (Some(_), Some(_)) => {
                self.schemas(old, new, side, of.to_owned(), &now.place);
                return;
            }
            (None, new) if restricts(new) => Scope::Narrower,
            (old, None) if restricts(old) => Scope::Wider,
            _ => return,
        };
        let place = new.map_or(&now.place, |schema| &schema.place);
        self.add("schema-changed", side.effect(scope), place, format!("schema of {of} {}", became(old, new)));
    }

    fn encoding(&mut self, before: &'d Node, now: &'d Node, effect: Effect, of: &str) {
        if self.equality.of(before.get("encoding"), now.get("encoding")) {
            return;
        }
        let (old, new) = (encodings(self.old, before), encodings(self.new, now));
        if old != new {
            let place = now.get("encoding").map_or(&now.place, |node| &node.place);
            let message = format!("encoding of {of} {}", became(before.get("encoding"), now.get("encoding")));
            self.add("serialization-changed", effect, place, message);
        }
    }
}

/// Returns the settings of each property that differ from the defaults.
fn encodings<'d>(document: &'d Document, media: &'d Node) -> BTreeMap<&'d str, Vec<(&'d str, String)>> {
    let mut found = BTreeMap::new();
    let schemas: Vec<_> = media.get("schema").into_iter().collect();
    let properties = View::new(document, &schemas, &media.place).properties(document, Side::Request);
    for (property, encoding) in media.get("encoding").map(Node::entries).unwrap_or_default() {
        let style = encoding.text("style").unwrap_or("form");
        let settings: BTreeMap<_, _> = encoding.entries().iter().map(|(key, node)| (key.name.as_str(), node)).collect();
        let stated = settings.into_iter().filter(|(key, node)| match *key {
            "style" => style != "form",
            "explode" => node.as_bool() != Some(style == "form"),
            "allowReserved" => node.as_bool() != Some(false),
            "contentType" => {
                node.as_str().map(normal).as_deref() != default_type(document, properties.get(&property.name))
            }
            _ => !node.is_empty(),
        });
        let stated: Vec<_> = stated.map(|(key, node)| (key, value(node))).collect();
        if !stated.is_empty() {
            found.insert(property.name.as_str(), stated);
        }
    }
    found
}

/// Returns the media type of a property of a form. It depends on the type.
fn default_type<'d>(document: &'d Document, property: Option<&Property<'d>>) -> Option<&'static str> {
    let mut view = View::shallow(document, property?.schemas.first()?);
    if view.kind() == Some("array") {
        view = View::shallow(document, view.get("items")?);
    }
    match (view.kind()?, view.get("format").and_then(Node::as_str)) {
        ("object" | "array", _) => Some("application/json"),
        ("string", Some("binary")) => Some("application/octet-stream"),
        _ => Some("text/plain"),
    }
}

/// The media types of a body, in one notation.
struct Types<'d> {
    list: Vec<(&'d Key, String, &'d Node)>,
    positions: HashMap<String, usize>,
    /// What stands before the slash.
    kinds: HashSet<String>,
}

impl<'d> Types<'d> {
    fn of(node: &'d Node) -> Self {
        let entries = node.get("content").map(Node::entries).unwrap_or_default();
        let list: Vec<_> = entries.iter().map(|(key, node)| (key, normal(&key.name), node)).collect();
        let positions = list.iter().enumerate().map(|(position, (_, name, _))| (name.clone(), position)).collect();
        let kinds = list.iter().map(|(_, name, _)| name.split('/').next().unwrap_or_default().to_owned()).collect();
        Self { list, positions, kinds }
    }

    /// Returns whether a type is among those of a range.
    fn has_part_of(&self, range: &str) -> bool {
        match range.strip_suffix("/*") {
            Some("*") => !self.list.is_empty(),
            Some(kind) => self.kinds.contains(kind),
            None => false,
        }
    }

    /// Returns the most specific type that includes this one.
    fn covering(&self, name: &str) -> Option<&(&'d Key, String, &'d Node)> {
        let (plain, _) = name.split_once(';').unwrap_or((name, ""));
        let (kind, _) = plain.split_once('/').unwrap_or((plain, ""));
        let range = format!("{kind}/*");
        let found = [name, plain, range.as_str(), "*/*"].iter().find_map(|name| self.positions.get(*name))?;
        self.list.get(*found)
    }
}

/// Returns a media type in one notation: lower case, sorted parameters, no spaces. UTF-8 is the default.
fn normal(media: &str) -> String {
    let mut parts = media.split(';').map(str::trim);
    let mut name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let mut parameters: Vec<_> = parts
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (key.trim().to_ascii_lowercase(), value.trim().trim_matches('"').to_owned())
        })
        .filter(|(key, value)| !(key == "charset" && value.eq_ignore_ascii_case("utf-8")))
        .collect();
    parameters.sort();
    for (key, value) in parameters {
        let _ = write!(name, ";{key}={value}");
    }
    name
}
