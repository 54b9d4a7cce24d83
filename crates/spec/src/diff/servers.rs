//! Compares the addresses of a service.

use std::collections::{BTreeMap, BTreeSet};

use super::{Diff, Effect, became};
use crate::outline::Endpoint;
use crate::{Document, Node, Place};

impl<'d> Diff<'d> {
    /// Compares the servers of the document.
    pub(super) fn document_servers(&mut self) {
        let (old, new) = (self.old.root(), self.new.root());
        self.servers(old.get("servers"), new.get("servers"), &new.place);
    }

    /// Compares the servers of an operation, unless they are those of the document.
    pub(super) fn operation_servers(&mut self, before: &Endpoint<'d>, now: &Endpoint<'d>) {
        let own = |endpoint: &Endpoint<'d>| {
            let stated = [endpoint.node, endpoint.item].map(|node| node.get("servers").filter(|list| !list.is_empty()));
            stated.into_iter().flatten().next()
        };
        let (old, new) = (own(before), own(now));
        if old.is_some() || new.is_some() {
            let of = |own: Option<&'d Node>, document: &'d Document| own.or_else(|| document.root().get("servers"));
            self.servers(of(old, self.old), of(new, self.new), &now.node.place);
        }
    }

    fn servers(&mut self, old: Option<&'d Node>, new: Option<&'d Node>, place: &'d Place) {
        if self.equality.of(old, new) {
            return;
        }
        let (olds, news) = (by_url(old), by_url(new));
        self.spend(olds.len() + news.len());
        let place = new.map_or(place, |node| &node.place);
        for (url, now) in &news {
            match olds.get(url) {
                None => {
                    let place = now.map_or(place, |node| &node.place);
                    self.add("server-added", Effect::Additive, place, format!("{url} is new"));
                }
                Some(before) => {
                    let (Some(before), Some(now)) = (before, now) else { continue };
                    self.keys(before, now, &[("description", "words-changed", Effect::Docs)], url);
                    self.variables(before, now, url);
                }
            }
        }
        for (url, before) in olds.iter().filter(|(url, _)| !news.contains_key(*url)) {
            let place = before.map_or(place, |node| &node.place);
            self.add("server-removed", Effect::Risky, place, format!("{url} is removed"));
        }
    }

    fn variables(&mut self, before: &Node, now: &Node, url: &str) {
        let (olds, news) = (variables(before), variables(now));
        for name in olds.keys().chain(news.keys()).collect::<BTreeSet<_>>() {
            let (old, new) = (olds.get(name).copied(), news.get(name).copied());
            let default = |node: Option<&Node>| node.and_then(|node| node.text("default")).map(str::to_owned);
            let (old_values, new_values) = (old.and_then(values), new.and_then(values));
            let is_kept = match (&old_values, &new_values) {
                (_, None) => true,
                (None, Some(_)) => false,
                (Some(old), Some(new)) => old.is_subset(new),
            };
            let effect = match (old_values == new_values, default(old) == default(new)) {
                (true, true) => continue,
                (false, true) if is_kept && old.is_some() && new.is_some() => Effect::Additive,
                _ => Effect::Risky,
            };
            let place = new.map_or(&now.place, |node| &node.place);
            self.add("server-changed", effect, place, format!("{name} of {url} {}", became(old, new)));
        }
    }
}

fn variables(server: &Node) -> BTreeMap<&str, &Node> {
    let variables = server.get("variables").map(Node::entries).unwrap_or_default();
    variables.iter().map(|(key, node)| (key.name.as_str(), node)).collect()
}

/// Returns the values of a variable, or `None` if it may have any.
fn values(variable: &Node) -> Option<BTreeSet<&str>> {
    Some(variable.get("enum")?.items().iter().filter_map(Node::as_str).collect())
}

/// Returns the servers by URL. Without one, the URL is that of the host itself. A slash at its end has no meaning, because
/// every path starts with one.
fn by_url(servers: Option<&Node>) -> BTreeMap<&str, Option<&Node>> {
    fn url(node: &Node) -> Option<&str> {
        let url = node.text("url")?;
        Some(url.strip_suffix('/').filter(|url| !url.is_empty()).unwrap_or(url))
    }
    let items = servers.map(Node::items).unwrap_or_default();
    let stated: BTreeMap<_, _> = items.iter().filter_map(|node| Some((url(node)?, Some(node)))).collect();
    if stated.is_empty() { BTreeMap::from([("/", None)]) } else { stated }
}
