//! Compares bodies of requests and responses, and headers of responses.

use super::{Diff, Effect, Side};
use crate::outline::Endpoint;
use crate::{Document, Key, Node};

impl<'d> Diff<'d> {
    pub(super) fn request_body(&mut self, before: &'d Node, now: &'d Node) {
        let body = |document: &'d Document, node: &'d Node| document.resolve(node.get("requestBody")?).ok();
        match (body(self.old, before), body(self.new, now)) {
            (None, None) => {}
            (None, Some(body)) if body.flag("required") => {
                self.add("body-added-required", Effect::Breaking, &body.place, "it has a new body");
            }
            (None, Some(body)) => self.add("body-added", Effect::Additive, &body.place, "it may have a body"),
            (Some(body), None) => self.add("body-removed", Effect::Breaking, &body.place, "it no longer has a body"),
            (Some(old), Some(new)) => {
                match (old.flag("required"), new.flag("required")) {
                    (false, true) => self.add("body-required", Effect::Breaking, &new.place, "its body is required"),
                    (true, false) => self.add("body-optional", Effect::Additive, &new.place, "its body is optional"),
                    _ => {}
                }
                self.keys(old, new, &[("description", "words-changed", Effect::Docs)], "the body");
                self.content(old, new, Side::Request, "the body");
            }
        }
    }

    pub(super) fn responses(&mut self, before: &Endpoint<'d>, now: &Endpoint<'d>) {
        let (old, new) = (before.responses(self.old), now.responses(self.new));
        for (status, node) in &new {
            let name = &status.name;
            let Some((_, before)) = old.iter().find(|(known, _)| known.name == *name) else {
                self.add("response-added", Effect::Risky, &status.place, format!("it may have the response {name}"));
                continue;
            };
            let of = format!("the response {name}");
            self.keys(before, node, &[("description", "words-changed", Effect::Docs)], &of);
            self.keys(before, node, &[("links", "links-changed", Effect::Docs)], &of);
            self.headers(before, node, &of);
            self.content(before, node, Side::Response, &of);
        }
        for (status, _) in &old {
            let name = &status.name;
            if !new.iter().any(|(known, _)| known.name == *name) {
                let effect = if name.starts_with('2') { Effect::Breaking } else { Effect::Additive };
                self.add("response-removed", effect, &status.place, format!("it no longer has the response {name}"));
            }
        }
    }

    fn headers(&mut self, before: &'d Node, now: &'d Node, of: &str) {
        let (old, new) = (named(self.old, before, "headers"), named(self.new, now, "headers"));
        for (key, node) in &new {
            let name = &key.name;
            // Names of headers are case-insensitive.
            let Some((_, before)) = old.iter().find(|(known, _)| known.name.eq_ignore_ascii_case(name)) else {
                self.add("header-added", Effect::Additive, &key.place, format!("{of} has the header {name}"));
                continue;
            };
            match (before.flag("required"), node.flag("required")) {
                (true, false) => {
                    self.add("header-optional", Effect::Breaking, &key.place, format!("{name} may be missing"));
                }
                (false, true) => {
                    self.add("header-required", Effect::Additive, &key.place, format!("{name} is always present"));
                }
                _ => {}
            }
            self.keys(before, node, &[("description", "words-changed", Effect::Docs)], name);
            if let (Some(before), Some(now)) = (before.get("schema"), node.get("schema")) {
                self.pair(before, now, Side::Response, name.clone());
            }
        }
        for (key, _) in &old {
            if !new.iter().any(|(known, _)| known.name.eq_ignore_ascii_case(&key.name)) {
                let message = format!("{of} no longer has the header {}", key.name);
                self.add("header-removed", Effect::Breaking, &key.place, message);
            }
        }
    }

    /// Compares the media types of a body, and their schemas.
    pub(super) fn content(&mut self, before: &'d Node, now: &'d Node, side: Side, of: &str) {
        let types = |node: &'d Node| node.get("content").map(Node::entries).unwrap_or_default();
        for (media, node) in types(now) {
            let Some((_, before)) = types(before).iter().find(|(known, _)| known.name == media.name) else {
                let effect = if side == Side::Request { Effect::Additive } else { Effect::Risky };
                self.add("media-type-added", effect, &media.place, format!("{of} may be {}", media.name));
                continue;
            };
            self.examples(before, node, of);
            self.keys(before, node, &[("encoding", "serialization-changed", Effect::Breaking)], of);
            match (before.get("schema"), node.get("schema")) {
                (Some(before), Some(now)) => self.pair(before, now, side, of.to_owned()),
                (None, None) => {}
                (before, now) => {
                    let place = now.or(before).map_or(&node.place, |schema| &schema.place);
                    self.add(
                        "schema-changed",
                        Effect::Breaking,
                        place,
                        format!("the schema of {of} was added or removed"),
                    );
                }
            }
        }
        for (media, _) in types(before) {
            if !types(now).iter().any(|(known, _)| known.name == media.name) {
                let message = format!("{of} is no longer {}", media.name);
                self.add("media-type-removed", Effect::Breaking, &media.place, message);
            }
        }
    }
}

/// Returns the entries of the map under `key`, with references resolved.
fn named<'d>(document: &'d Document, node: &'d Node, key: &str) -> Vec<(&'d Key, &'d Node)> {
    let entries = node.get(key).map(Node::entries).unwrap_or_default();
    entries.iter().filter_map(|(key, node)| Some((key, document.resolve(node).ok()?))).collect()
}
