//! Compares callbacks: calls that the service sends. It sends the bodies of their requests, and reads their responses.

use std::collections::BTreeMap;

use super::{Diff, Effect, Side};
use crate::grammar::METHODS;
use crate::{Document, Node};

/// The name of a callback, its expression and its method.
type Call<'d> = (&'d str, &'d str, &'d str);

/// The path item and the operation of a callback.
type Written<'d> = (&'d Node, &'d Node);

/// Parameters by location and name.
type Parameters<'d> = BTreeMap<(&'d str, String), &'d Node>;

impl<'d> Diff<'d> {
    pub(super) fn callbacks(&mut self, before: &'d Node, now: &'d Node) {
        let (olds, news) = (calls(self.old, before), calls(self.new, now));
        self.spend(olds.len() + news.len());
        for (call, now) in &news {
            let of = format!("the callback {} {}", call.0, call.1);
            match olds.get(call) {
                Some(before) => self.callback(before, now, &of),
                None => self.add("callback-added", Effect::Additive, &now.1.place, format!("{of} is new")),
            }
        }
        for (call, before) in olds.iter().filter(|(call, _)| !news.contains_key(*call)) {
            let message = format!("the callback {} {} is removed", call.0, call.1);
            self.add("callback-removed", Effect::Breaking, &before.1.place, message);
        }
    }

    fn callback(&mut self, (old_item, before): &Written<'d>, (new_item, now): &Written<'d>, of: &str) {
        let kinds = ["summary", "description"].map(|key| (key, "words-changed", Effect::Docs));
        self.keys(before, now, &kinds, of);
        let (olds, news) = (parameters(self.old, [old_item, before]), parameters(self.new, [new_item, now]));
        self.callback_parameters(&olds, &news, of);
        let body = |document: &'d Document, node: &'d Node| document.resolve(node.get("requestBody")?).ok();
        match (body(self.old, before), body(self.new, now)) {
            (None, None) => {}
            (Some(before), Some(now)) => {
                match (before.flag("required"), now.flag("required")) {
                    (true, false) => {
                        let message = format!("the body of {of} may be missing");
                        self.add("callbacks-changed", Effect::Breaking, &now.place, message);
                    }
                    (false, true) => {
                        let message = format!("the body of {of} is always present");
                        self.add("callbacks-changed", Effect::Additive, &now.place, message);
                    }
                    _ => {}
                }
                self.content(before, now, Side::Response, &format!("the body of {of}"));
            }
            (before, now) => {
                let place = now.or(before).map_or(&self.new.root().place, |node| &node.place);
                let what = if now.is_some() { "has a body" } else { "no longer has a body" };
                self.add("callbacks-changed", Effect::Risky, place, format!("{of} {what}"));
            }
        }
        let responses = |document: &'d Document, node: &'d Node| -> BTreeMap<&'d str, &'d Node> {
            let responses = node.get("responses").map(Node::entries).unwrap_or_default().iter();
            responses.filter_map(|(key, node)| Some((key.name.as_str(), document.resolve(node).ok()?))).collect()
        };
        let (olds, news) = (responses(self.old, before), responses(self.new, now));
        for (status, now) in &news {
            match olds.get(status) {
                Some(before) => self.content(before, now, Side::Request, &format!("the response {status} of {of}")),
                None => {
                    let message = format!("{of} may have the response {status}");
                    self.add("callbacks-changed", Effect::Additive, &now.place, message);
                }
            }
        }
        for (status, before) in olds.iter().filter(|(status, _)| !news.contains_key(*status)) {
            let message = format!("{of} may no longer have the response {status}");
            self.add("callbacks-changed", Effect::Risky, &before.place, message);
        }
    }
}

impl<'d> Diff<'d> {
    /// Compares the parameters that the service sends, like the headers of a response.
    fn callback_parameters(&mut self, olds: &Parameters<'d>, news: &Parameters<'d>, of: &str) {
        self.spend(olds.len() + news.len());
        for ((location, name), now) in news {
            let parameter = format!("{location} parameter {name} of {of}");
            let Some(before) = olds.get(&(*location, name.clone())) else {
                self.add("callbacks-changed", Effect::Additive, &now.place, format!("{parameter} is new"));
                continue;
            };
            let (effect, what) = match (before.flag("required"), now.flag("required")) {
                (true, false) => (Effect::Breaking, "may be missing"),
                (false, true) => (Effect::Additive, "is always present"),
                _ => (Effect::Docs, ""),
            };
            if !what.is_empty() {
                self.add("callbacks-changed", effect, &now.place, format!("{parameter} {what}"));
            }
            self.keys(before, now, &[("description", "words-changed", Effect::Docs)], &parameter);
            self.serialization(before, now, location, &parameter);
            self.value(before, now, Side::Response, &parameter);
        }
        for ((location, name), before) in olds.iter().filter(|(slot, _)| !news.contains_key(*slot)) {
            // An optional parameter may have been missing before.
            let effect = if before.flag("required") { Effect::Breaking } else { Effect::Risky };
            let message = format!("{location} parameter {name} of {of} is removed");
            self.add("callbacks-changed", effect, &before.place, message);
        }
    }
}

/// Returns the parameters of a call. Those of the operation override those of its path.
fn parameters<'d>(document: &'d Document, owners: [&'d Node; 2]) -> Parameters<'d> {
    let listed = owners.into_iter().filter_map(|owner| owner.get("parameters")).flat_map(Node::items);
    let resolved = listed.filter_map(|node| document.resolve(node).ok());
    let slot = |node: &'d Node| {
        let (location, name) = (node.text("in")?, node.text("name")?);
        Some((location, if location == "header" { name.to_ascii_lowercase() } else { name.to_owned() }))
    };
    resolved.filter_map(|node| Some((slot(node)?, node))).collect()
}

fn calls<'d>(document: &'d Document, operation: &'d Node) -> BTreeMap<Call<'d>, Written<'d>> {
    let mut calls = BTreeMap::new();
    for (name, callback) in operation.get("callbacks").map(Node::entries).unwrap_or_default() {
        let Ok(callback) = document.resolve(callback) else { continue };
        for (expression, item) in callback.entries() {
            let methods = item.entries().iter().filter(|(key, _)| METHODS.contains(&key.name.as_str()));
            calls.extend(methods.map(|(method, node)| {
                ((name.name.as_str(), expression.name.as_str(), method.name.as_str()), (item, node))
            }));
        }
    }
    calls
}
