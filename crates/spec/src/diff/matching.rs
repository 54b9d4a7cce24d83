//! Finds the alternatives of two schemas that correspond to each other.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::equality::{Equality, is_annotation, is_trivial, value};
use super::view::View;
use crate::reference::MAX_HOPS;
use crate::{Document, Node};

/// The largest number of pairs whose properties are compared.
const MAX_COMPARED: usize = 4096;

/// Corresponding alternatives, and those that only one document has.
pub(super) struct Matching<'d> {
    /// The index of the new alternative, the old one and the new one.
    pub(super) pairs: Vec<(usize, &'d Node, &'d Node)>,
    pub(super) removed: Vec<&'d Node>,
    pub(super) added: Vec<&'d Node>,
}

/// Matches alternatives by the name of their schema, then by equality, by title, by required properties, by common
/// properties, and by type. Their order does not matter. Two schemas with different names correspond only if they are equal.
pub(super) fn matched<'d>(
    equality: &mut Equality,
    (old_document, olds): (&'d Document, &[&'d Node]),
    (new_document, news): (&'d Document, &[&'d Node]),
) -> Matching<'d> {
    let news: Vec<_> = news.iter().map(|node| unwrapped(new_document, node)).collect();
    let mut left: Vec<&'d Node> = olds.iter().map(|node| unwrapped(old_document, node)).collect();
    let mut pairs: Vec<(&'d Node, &'d Node)> = Vec::new();
    let mut right: Vec<&'d Node> = news.clone();
    let resolved = |document: &'d Document, node: &'d Node| document.resolve(node).unwrap_or(node);
    let title = |document: &'d Document, node: &'d Node| resolved(document, node).text("title").map(str::to_owned);
    // Of two schemas with a name, only the name or the contents can tell whether they correspond.
    let is_named = |document: &'d Document, node: &'d Node| document.schema_name(node).is_some();
    let has_properties = |document: &'d Document, node: &'d Node| {
        resolved(document, node).get("properties").is_some_and(|list| !list.is_empty())
    };
    let kind = |document: &'d Document, node: &'d Node| View::shallow(document, node).kind();
    pair_by(&mut left, &mut right, &mut pairs, |node, is_old| {
        if is_old { old_document.schema_name(node) } else { new_document.schema_name(node) }
    });
    let document = |is_old: bool| if is_old { old_document } else { new_document };
    pair_by(&mut left, &mut right, &mut pairs, |node, is_old| {
        Some(equality.contents(resolved(document(is_old), node)).to_string())
    });
    pair_by(&mut left, &mut right, &mut pairs, |node, is_old| {
        title(document(is_old), node).filter(|_| !is_named(document(is_old), node))
    });
    pair_by(&mut left, &mut right, &mut pairs, |node, is_old| {
        let mut names: Vec<_> = resolved(document(is_old), node).get("required")?.items().iter().map(value).collect();
        names.sort();
        (!names.is_empty() && !is_named(document(is_old), node)).then(|| names.join(","))
    });
    pair_by_properties(&mut left, &mut right, &mut pairs, |node, is_old| {
        let properties = resolved(document(is_old), node).get("properties").map(Node::entries).unwrap_or_default();
        let names = properties.iter().map(|(key, _)| key.name.as_str());
        if is_named(document(is_old), node) { HashSet::new() } else { names.collect() }
    });
    // Objects with required properties, but without a common one, do not correspond.
    pair_by(&mut left, &mut right, &mut pairs, |node, is_old| {
        let is_distinct = has_properties(document(is_old), node)
            && resolved(document(is_old), node).get("required").is_some_and(|names| !names.is_empty());
        let is_comparable = !is_distinct && !is_named(document(is_old), node);
        kind(document(is_old), node).filter(|_| is_comparable).map(str::to_owned)
    });
    // A schema that received a name, or lost it, an object that received properties, and one that allows any value.
    if let ([old], [new]) = (left.as_slice(), right.as_slice())
        && ((is_named(old_document, old) != is_named(new_document, new)
            || has_properties(old_document, old) != has_properties(new_document, new)
                && !is_named(old_document, old)
                && !is_named(new_document, new))
            && kind(old_document, old) == kind(new_document, new)
            || is_trivial(resolved(old_document, old))
            || is_trivial(resolved(new_document, new)))
    {
        pairs.push((*old, *new));
        (left, right) = (Vec::new(), Vec::new());
    }
    let positions: HashMap<*const Node, usize> =
        news.iter().enumerate().map(|(position, node)| (std::ptr::from_ref(*node), position)).collect();
    let position = |new: &'d Node| positions.get(&std::ptr::from_ref(new)).copied().unwrap_or_default();
    let pairs = pairs.into_iter().map(|(old, new)| (position(new), old, new)).collect();
    Matching { pairs, removed: left, added: right }
}

/// Returns the only part of a schema that consists of one part, and nothing else.
fn unwrapped<'d>(document: &'d Document, schema: &'d Node) -> &'d Node {
    let mut schema = schema;
    for _ in 0..MAX_HOPS {
        let resolved = document.resolve(schema).unwrap_or(schema);
        let mut stated = resolved.entries().iter().filter(|(key, _)| !is_annotation(&key.name));
        match (stated.next(), stated.next()) {
            (Some((key, list)), None) if matches!(key.name.as_str(), "allOf" | "oneOf" | "anyOf") => {
                let [one] = list.items() else { break };
                schema = one;
            }
            _ => break,
        }
    }
    schema
}

/// Moves the nodes with the most common properties to the pairs. Long lists are not searched.
fn pair_by_properties<'d>(
    olds: &mut Vec<&'d Node>,
    news: &mut Vec<&'d Node>,
    pairs: &mut Vec<(&'d Node, &'d Node)>,
    names: impl Fn(&'d Node, bool) -> HashSet<&'d str>,
) {
    if olds.len() * news.len() > MAX_COMPARED {
        return;
    }
    let of_all =
        |nodes: &[&'d Node], is_old: bool| -> Vec<_> { nodes.iter().map(|node| names(node, is_old)).collect() };
    let (old_names, new_names) = (of_all(olds, true), of_all(news, false));
    let mut found = Vec::new();
    for (new, new_names) in news.iter().zip(&new_names) {
        for (old, old_names) in olds.iter().zip(&old_names) {
            found.push((old_names.intersection(new_names).count(), *old, *new));
        }
    }
    // Stable, so that the order of the documents decides between equal numbers.
    found.sort_by_key(|(common, ..)| Reverse(*common));
    for (_, old, new) in found.into_iter().filter(|(common, ..)| *common > 0) {
        let position = |nodes: &[&'d Node], node: &'d Node| nodes.iter().position(|other| std::ptr::eq(*other, node));
        if let (Some(old_position), Some(new_position)) = (position(olds, old), position(news, new)) {
            pairs.push((old, new));
            olds.remove(old_position);
            news.remove(new_position);
        }
    }
}

/// Moves nodes with the same key to the pairs, in their order.
fn pair_by<'d>(
    olds: &mut Vec<&'d Node>,
    news: &mut Vec<&'d Node>,
    pairs: &mut Vec<(&'d Node, &'d Node)>,
    mut key: impl FnMut(&'d Node, bool) -> Option<String>,
) {
    if olds.is_empty() || news.is_empty() {
        return;
    }
    let mut waiting: HashMap<String, Vec<&'d Node>> = HashMap::new();
    let mut unkeyed: Vec<&'d Node> = Vec::new();
    for old in olds.drain(..).rev() {
        match key(old, true) {
            Some(key) => waiting.entry(key).or_default().push(old),
            None => unkeyed.push(old),
        }
    }
    let mut rest = Vec::new();
    for new in news.drain(..) {
        match key(new, false).and_then(|key| waiting.get_mut(&key)?.pop()) {
            Some(old) => pairs.push((old, new)),
            None => rest.push(new),
        }
    }
    *news = rest;
    unkeyed.extend(waiting.into_values().flatten());
    unkeyed.sort_by_key(|node| (node.place.line, node.place.column));
    *olds = unkeyed;
}
