//! Compares who has access: security requirements and schemes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::equality::value;
use super::{Diff, Effect, Scope, became};
use crate::{Document, Node};

/// The keys of a flow that have an address.
const ADDRESSES: [&str; 3] = ["authorizationUrl", "tokenUrl", "refreshUrl"];

/// The requirements of an operation in both documents, and how access changed.
pub(super) type KnownAccess = HashMap<(Option<*const Node>, Option<*const Node>), Option<Scope>>;

/// A set of schemes, each with its scopes, that together give access.
type Alternative = BTreeMap<String, BTreeSet<String>>;

impl<'d> Diff<'d> {
    /// Compares whether callers with the same credentials still have access.
    pub(super) fn security(&mut self, before: &'d Node, now: &'d Node) {
        let of = |node: &'d Node, root: &'d Node| node.get("security").or_else(|| root.get("security"));
        let (old, new) = (of(before, self.old.root()), of(now, self.new.root()));
        if self.equality.of(old, new) {
            return;
        }
        let effect = self.access(old, new);
        let place = new.map_or(&now.place, |node| &node.place);
        let message = format!("security {}", became(old, new));
        match effect {
            Some(Scope::Narrower) => self.add("security-narrowed", Effect::Breaking, place, message),
            Some(Scope::Wider) => self.add("security-widened", Effect::Additive, place, message),
            _ => {}
        }
    }

    /// Compares two requirements. Most operations share that of the document, so that the result is remembered.
    fn access(&mut self, old: Option<&'d Node>, new: Option<&'d Node>) -> Option<Scope> {
        let address = |node: Option<&'d Node>| node.map(std::ptr::from_ref);
        if let Some(known) = self.known_access.get(&(address(old), address(new))) {
            return *known;
        }
        let (olds, news) = (alternatives(old, &self.renamed_schemes), alternatives(new, &HashMap::new()));
        self.spend(olds.len() + news.len());
        let scope = if olds.iter().any(|caller| !self.admits(&news, caller)) {
            Some(Scope::Narrower)
        } else if news.iter().any(|caller| !self.admits(&olds, caller)) {
            Some(Scope::Wider)
        } else {
            None
        };
        self.known_access.insert((address(old), address(new)), scope);
        scope
    }

    /// Returns whether a caller has access: one of the alternatives requires nothing more than the caller has.
    fn admits(&mut self, list: &BTreeSet<Alternative>, caller: &Alternative) -> bool {
        let suffices = |required: &Alternative| {
            required.iter().all(|(scheme, scopes)| caller.get(scheme).is_some_and(|has| scopes.is_subset(has)))
        };
        list.contains(caller) || self.spend(list.len()) && list.iter().any(suffices)
    }

    /// Compares the definitions of schemes. Operations show whether the removal of one affects a caller.
    pub(super) fn security_schemes(&mut self, used: &HashSet<&str>) {
        let (olds, news) = (schemes(self.old), schemes(self.new));
        for (name, now) in &news {
            let Some(before) = olds.get(name) else {
                self.add("security-scheme-added", Effect::Additive, &now.place, format!("{name} is new"));
                continue;
            };
            self.keys(before, now, &[("description", "words-changed", Effect::Docs)], name);
            if definition(before) != definition(now) {
                let effect = if used.contains(*name) { Effect::Breaking } else { Effect::Docs };
                let message = format!("{name} {}", became(Some(before), Some(now)));
                self.add("security-scheme-changed", effect, &now.place, message);
            }
            self.flows(before, now, name, used.contains(*name));
        }
        for (name, before) in &olds {
            if !news.contains_key(name) {
                self.add("security-scheme-removed", Effect::Docs, &before.place, format!("{name} is removed"));
            }
        }
    }

    /// Compares the ways in which a program gets a token.
    fn flows(&mut self, before: &Node, now: &Node, name: &str, is_used: bool) {
        let (olds, news) = (flows(before), flows(now));
        let rated = |effect: Effect| if is_used { effect } else { Effect::Docs };
        for (flow, now) in &news {
            match olds.get(flow) {
                Some(before) => self.flow(before, now, &format!("{flow} of {name}"), is_used),
                None => {
                    self.add(
                        "security-flow-added",
                        Effect::Additive,
                        &now.place,
                        format!("{name} has the flow {flow}"),
                    );
                }
            }
        }
        for (flow, before) in olds.iter().filter(|(flow, _)| !news.contains_key(*flow)) {
            let message = format!("{name} no longer has the flow {flow}");
            self.add("security-flow-removed", rated(Effect::Breaking), &before.place, message);
        }
    }

    /// Compares the addresses of a flow, and the scopes that a token can have.
    fn flow(&mut self, before: &Node, now: &Node, of: &str, is_used: bool) {
        let rated = |effect: Effect| if is_used { effect } else { Effect::Docs };
        for key in ADDRESSES {
            let (old, new) = (before.get(key), now.get(key));
            if !self.equality.of(old, new) {
                // As for a server with another address.
                let effect = if old.is_some() { rated(Effect::Risky) } else { Effect::Additive };
                let place = new.map_or(&now.place, |node| &node.place);
                self.add("token-address-changed", effect, place, format!("{key} of {of} {}", became(old, new)));
            }
        }
        let (olds, news) = (scopes(before), scopes(now));
        for scope in news.difference(&olds) {
            self.add("scope-added", Effect::Additive, &now.place, format!("{of} has the scope {scope}"));
        }
        for scope in olds.difference(&news) {
            // A program that requests it may get no token.
            let message = format!("{of} no longer has the scope {scope}");
            self.add("scope-removed", rated(Effect::Risky), &now.place, message);
        }
    }
}

/// Returns the new name of every scheme that only has another name.
pub(super) fn renamed<'d>(old: &'d Document, new: &'d Document) -> HashMap<&'d str, &'d str> {
    let (olds, news) = (schemes(old), schemes(new));
    let added = news.iter().filter(|(name, _)| !olds.contains_key(*name));
    let mut free: HashMap<_, _> = added.map(|(name, node)| ((definition(node), addresses(node)), *name)).collect();
    let removed = olds.iter().filter(|(name, _)| !news.contains_key(*name));
    removed.filter_map(|(name, node)| Some((*name, free.remove(&(definition(node), addresses(node)))?))).collect()
}

fn alternatives(security: Option<&Node>, renamed: &HashMap<&str, &str>) -> BTreeSet<Alternative> {
    let scopes = |node: &Node| node.items().iter().filter_map(Node::as_str).map(str::to_owned).collect();
    let alternative = |node: &Node| -> Alternative {
        let entries = node.entries().iter();
        let name = |name: &str| renamed.get(name).copied().unwrap_or(name).to_owned();
        entries.map(|(key, node)| (name(&key.name), scopes(node))).collect()
    };
    let stated: BTreeSet<_> = security.map(Node::items).unwrap_or_default().iter().map(alternative).collect();
    // Without a requirement, everyone has access.
    if stated.is_empty() { BTreeSet::from([Alternative::new()]) } else { stated }
}

fn schemes(document: &Document) -> BTreeMap<&str, &Node> {
    let schemes = document.root().pointer("/components/securitySchemes").map(Node::entries).unwrap_or_default();
    schemes.iter().filter_map(|(key, node)| Some((key.name.as_str(), document.resolve(node).ok()?))).collect()
}

/// Returns what a caller must know of a scheme, in one notation. Names of headers and of HTTP schemes are
/// case-insensitive. Flows are compared separately.
fn definition(scheme: &Node) -> BTreeMap<&str, String> {
    let kind = scheme.text("type").unwrap_or_default();
    let entries = scheme.entries().iter().map(|(key, node)| (key.name.as_str(), node));
    let stated = entries.filter(|(key, _)| match *key {
        "type" => true,
        "name" | "in" => kind == "apiKey",
        "scheme" => kind == "http",
        "openIdConnectUrl" => kind == "openIdConnect",
        _ => false,
    });
    let shown = |key: &str, node: &Node| match key {
        "name" if scheme.text("in") == Some("header") => value(node).to_ascii_lowercase(),
        "scheme" => value(node).to_ascii_lowercase(),
        _ => value(node),
    };
    stated.map(|(key, node)| (key, shown(key, node))).collect()
}

/// Returns the addresses at which a program gets tokens, by flow.
fn addresses(scheme: &Node) -> BTreeSet<(&str, &str, &str)> {
    let of = |(flow, node)| ADDRESSES.into_iter().filter_map(move |key| Some((flow, key, Node::text(node, key)?)));
    flows(scheme).into_iter().flat_map(of).collect()
}

/// Returns the flows of an OAuth scheme.
fn flows(scheme: &Node) -> BTreeMap<&str, &Node> {
    let flows = scheme.get("flows").filter(|_| scheme.text("type") == Some("oauth2"));
    let entries = flows.map(Node::entries).unwrap_or_default().iter();
    entries.map(|(key, node)| (key.name.as_str(), node)).filter(|(name, _)| !name.starts_with("x-")).collect()
}

/// Returns the scopes of a flow.
fn scopes(flow: &Node) -> BTreeSet<&str> {
    let scopes = flow.get("scopes").map(Node::entries).unwrap_or_default();
    scopes.iter().map(|(scope, _)| scope.name.as_str()).collect()
}

/// Returns the schemes that the requirements of an operation or document name.
pub(super) fn named(owner: &Node) -> impl Iterator<Item = &str> {
    let requirements = owner.get("security").map(Node::items).unwrap_or_default();
    requirements.iter().flat_map(Node::entries).map(|(key, _)| key.name.as_str())
}
