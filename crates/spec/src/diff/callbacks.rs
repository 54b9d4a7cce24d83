//! Compares callbacks: calls that the service sends. It sends the bodies of their requests, and reads their responses.

use std::collections::BTreeMap;

use super::{Diff, Effect, Side};
use crate::outline::METHODS;
use crate::{Document, Node};

/// The name of a callback, its expression and its method.
type Call<'d> = (&'d str, &'d str, &'d str);

impl<'d> Diff<'d> {
    pub(super) fn callbacks(&mut self, before: &'d Node, now: &'d Node) {
        let (olds, news) = (calls(self.old, before), calls(self.new, now));
        self.spend(olds.len() + news.len());
        for (call, now) in &news {
            let of = format!("the callback {} {}", call.0, call.1);
            match olds.get(call) {
                Some(before) => self.callback(before, now, &of),
                None => self.add("callback-added", Effect::Additive, &now.place, format!("{of} is new")),
            }
        }
        for (call, before) in olds.iter().filter(|(call, _)| !news.contains_key(*call)) {
            let message = format!("the callback {} {} is removed", call.0, call.1);
            self.add("callback-removed", Effect::Breaking, &before.place, message);
        }
    }

    fn callback(&mut self, before: &'d Node, now: &'d Node, of: &str) {
        let kinds = [
            ("summary", "words-changed", Effect::Docs),
            ("description", "words-changed", Effect::Docs),
            ("parameters", "callbacks-changed", Effect::Risky),
        ];
        self.keys(before, now, &kinds, of);
        let body = |document: &'d Document, node: &'d Node| document.resolve(node.get("requestBody")?).ok();
        match (body(self.old, before), body(self.new, now)) {
            (None, None) => {}
            (Some(before), Some(now)) => self.content(before, now, Side::Response, &format!("the body of {of}")),
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

fn calls<'d>(document: &'d Document, operation: &'d Node) -> BTreeMap<Call<'d>, &'d Node> {
    let mut calls = BTreeMap::new();
    for (name, callback) in operation.get("callbacks").map(Node::entries).unwrap_or_default() {
        let Ok(callback) = document.resolve(callback) else { continue };
        for (expression, item) in callback.entries() {
            let methods = item.entries().iter().filter(|(key, _)| METHODS.contains(&key.name.as_str()));
            calls
                .extend(methods.map(|(method, node)| {
                    ((name.name.as_str(), expression.name.as_str(), method.name.as_str()), node)
                }));
        }
    }
    calls
}
