//! Gives each operation what it lacks of the defaults at the root of the document (`x-operation-defaults`).
//!
//! They are no longer in the tree afterwards: rules, generator and bundle see operations with everything. A default keeps
//! its position, so that a finding leads to the place where it is written.

use crate::finding::refuse;
use crate::grammar::METHODS;
use crate::limits::Used;
use crate::{Finding, Key, Node, Value};

/// The key at the root of the document.
pub(crate) const KEY: &str = "x-operation-defaults";

/// The keys of an operation that can have a default.
pub(crate) const DEFAULTS: [&str; 2] = ["x-rate-limit", "responses"];

/// Removes the defaults from the root and adds them to the operations. Returns them, for the rules about their form.
///
/// # Errors
///
/// Returns the finding `node-limit` if the document would become too large.
pub(crate) fn apply(root: &mut Node, used: &mut Used) -> Result<Option<(Key, Node)>, Vec<Finding>> {
    let Value::Object(entries) = &mut root.value else { return Ok(None) };
    let Some(position) = entries.iter().position(|(key, _)| key.name == KEY) else { return Ok(None) };
    let (key, defaults) = entries.remove(position);
    let paths = entries.iter_mut().find(|(key, _)| key.name == "paths").map(|(_, paths)| children(paths));
    let operations = paths
        .into_iter()
        .flatten()
        .filter(|(path, _)| !path.name.starts_with("x-"))
        .flat_map(|(_, item)| children(item))
        .filter(|(method, _)| METHODS.contains(&method.name.as_str()));
    for operation in operations.filter_map(|(_, operation)| object(operation)) {
        let is_within_limits = complete(operation, &defaults, used);
        if !is_within_limits {
            let message = "the defaults of operations make the document too large";
            return Err(refuse("node-limit", &key.place, message, "shorten them, or refer to components"));
        }
    }
    Ok(Some((key, defaults)))
}

/// Adds to an operation what it lacks. Returns whether the limit of the document permits it.
fn complete(operation: &mut Vec<(Key, Node)>, defaults: &Node, used: &mut Used) -> bool {
    if let Some((key, limit)) = defaults.entry("x-rate-limit")
        && !operation.iter().any(|(key, _)| key.name == "x-rate-limit")
    {
        // Where documents write it, so that a bundle does not depend on where it is written.
        let before = operation.iter().position(|(key, _)| key.name == "x-idempotent");
        let position = before.map_or(operation.len(), |position| position + 1);
        if !used.can_copy(limit) {
            return false;
        }
        operation.insert(position, (key.clone(), limit.clone()));
    }
    let responses = operation.iter_mut().find(|(key, _)| key.name == "responses");
    let Some(responses) = responses.and_then(|(_, responses)| object(responses)) else { return true };
    let errors = defaults.get("responses").map(Node::entries).unwrap_or_default();
    for (status, response) in errors.iter().filter(|(status, _)| is_error(&status.name)) {
        if responses.iter().all(|(key, _)| key.name != status.name) {
            if !used.can_copy(response) {
                return false;
            }
            responses.push((status.clone(), response.clone()));
        }
    }
    true
}

/// Returns whether a status is that of an error. A default for another is refused by a rule.
pub(crate) fn is_error(status: &str) -> bool {
    status.starts_with(['4', '5'])
}

fn object(node: &mut Node) -> Option<&mut Vec<(Key, Node)>> {
    match &mut node.value {
        Value::Object(entries) => Some(entries),
        _ => None,
    }
}

fn children(node: &mut Node) -> impl Iterator<Item = &mut (Key, Node)> {
    object(node).into_iter().flatten()
}
