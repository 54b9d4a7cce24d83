//! Compares responses and their headers.

use std::collections::HashMap;

use super::{Diff, Effect, Side};
use crate::outline::Endpoint;
use crate::{Document, Key, Node};

impl<'d> Diff<'d> {
    /// Compares the responses. A range like `2XX` describes the statuses that are not listed, and `default` all others.
    pub(super) fn responses(&mut self, before: &Endpoint<'d>, now: &Endpoint<'d>) {
        let (old, new) = (before.responses(self.old), now.responses(self.new));
        self.spend(old.len() + new.len());
        let (olds, news) = (Statuses::new(&old), Statuses::new(&new));
        for (status, node) in &new {
            match olds.describing(&status.name) {
                Some((_, before)) => self.response(before, node, &status.name),
                None => {
                    let message = format!("it may have the response {}", status.name);
                    self.add("response-added", Effect::Risky, &status.place, message);
                }
            }
        }
        for (status, node) in &old {
            match news.describing(&status.name) {
                Some((name, _)) if name == status.name => {}
                Some((_, now)) => self.response(node, now, &status.name),
                None => {
                    // A part of a range is still possible.
                    let is_narrowed = status.name == "2XX" && news.has_success;
                    let is_success = status.name.starts_with('2') && !is_narrowed;
                    let effect = if is_success { Effect::Breaking } else { Effect::Additive };
                    let message = format!("it no longer has the response {}", status.name);
                    self.add("response-removed", effect, &status.place, message);
                }
            }
        }
    }

    fn response(&mut self, before: &'d Node, now: &'d Node, status: &str) {
        let of = format!("the response {status}");
        self.keys(before, now, &[("description", "words-changed", Effect::Docs)], &of);
        self.keys(before, now, &[("links", "links-changed", Effect::Docs)], &of);
        self.headers(before, now, &of);
        self.content(before, now, Side::Response, &of);
    }

    fn headers(&mut self, before: &'d Node, now: &'d Node, of: &str) {
        let (old, new) = (headers(self.old, before), headers(self.new, now));
        self.spend(old.len() + new.len());
        let by_name = |list: &[(&'d Key, &'d Node)]| -> HashMap<String, &'d Node> {
            list.iter().map(|(key, node)| (key.name.to_ascii_lowercase(), *node)).collect()
        };
        let (olds, news) = (by_name(&old), by_name(&new));
        for (key, node) in &new {
            match olds.get(&key.name.to_ascii_lowercase()) {
                Some(before) => self.header(before, node, key),
                None => {
                    let message = format!("{of} has the header {}", key.name);
                    self.add("header-added", Effect::Additive, &key.place, message);
                }
            }
        }
        for (key, node) in old.iter().filter(|(key, _)| !news.contains_key(&key.name.to_ascii_lowercase())) {
            // An optional header may have been missing before.
            let effect = if node.flag("required") { Effect::Breaking } else { Effect::Risky };
            let message = format!("{of} no longer has the header {}", key.name);
            self.add("header-removed", effect, &key.place, message);
        }
    }

    fn header(&mut self, before: &'d Node, now: &'d Node, key: &'d Key) {
        let name = &key.name;
        match (before.flag("required"), now.flag("required")) {
            (true, false) => {
                self.add("header-optional", Effect::Breaking, &key.place, format!("{name} may be missing"));
            }
            (false, true) => {
                self.add("header-required", Effect::Additive, &key.place, format!("{name} is always present"));
            }
            _ => {}
        }
        self.deprecation(before, now, name);
        self.keys(before, now, &[("description", "words-changed", Effect::Docs)], name);
        self.serialization(before, now, "header", name);
        self.examples(before, now, name);
        self.value(before, now, Side::Response, name);
    }
}

/// The responses of an operation by status.
struct Statuses<'d> {
    by_status: HashMap<&'d str, &'d Node>,
    has_success: bool,
}

impl<'d> Statuses<'d> {
    fn new(list: &[(&'d Key, &'d Node)]) -> Self {
        Self {
            by_status: list.iter().map(|(status, node)| (status.name.as_str(), *node)).collect(),
            has_success: list.iter().any(|(status, _)| status.name.starts_with('2')),
        }
    }

    /// Returns the description of a status: that of the status itself, of its range, or of all others. Beside a
    /// success, `default` describes failures.
    fn describing(&self, status: &str) -> Option<(&'d str, &'d Node)> {
        let range = status.chars().next().filter(char::is_ascii_digit).map(|first| format!("{first}XX"));
        let is_other = !(status.starts_with('2') && self.has_success);
        let names = [Some(status), range.as_deref(), is_other.then_some("default")];
        let found = names.into_iter().flatten().find_map(|name| self.by_status.get_key_value(name));
        found.map(|(name, node)| (*name, *node))
    }
}

/// Returns the headers of a response. The media types describe `Content-Type`, so that it is ignored here.
fn headers<'d>(document: &'d Document, node: &'d Node) -> Vec<(&'d Key, &'d Node)> {
    let entries = node.get("headers").map(Node::entries).unwrap_or_default();
    let headers = entries.iter().filter(|(key, _)| !key.name.eq_ignore_ascii_case("Content-Type"));
    headers.filter_map(|(key, node)| Some((key, document.resolve(node).ok()?))).collect()
}
