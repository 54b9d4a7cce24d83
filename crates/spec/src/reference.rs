//! Parses and resolves `$ref`.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;

use crate::Node;
use crate::node::unescape;

/// Maximum length of a chain of references.
pub(crate) const MAX_HOPS: usize = 8;

/// The reason why a `$ref` cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrokenReference {
    /// The value of `$ref` is not text.
    NotText,
    /// The target is outside of the document: in another file or on the network.
    External(String),
    /// The percent-encoding is invalid.
    Malformed(String),
    /// The target does not exist. Contains the decoded target.
    Missing(String),
    /// The references form a cycle. Contains them in order, with the first one repeated at the end.
    Loop(Vec<String>),
    /// The chain of references is too long. Contains the last reference that was followed.
    TooLong(String),
}

impl fmt::Display for BrokenReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText => f.write_str("`$ref` is not a string"),
            Self::External(target) => write!(f, "`$ref` points out of this document: `{target}`"),
            Self::Malformed(target) => write!(f, "`$ref` has a broken percent-encoding: `{target}`"),
            Self::Missing(target) => write!(f, "`$ref` points to `{target}`, which does not exist"),
            Self::TooLong(last) => {
                write!(f, "`$ref` leads through more than {MAX_HOPS} references, to `{last}` and on")
            }
            Self::Loop(chain) => write!(f, "`$ref` leads back to itself: {}", chain.join(" → ")),
        }
    }
}

impl std::error::Error for BrokenReference {}

/// Returns the segments of a reference into this document. Decodes the percent-encoding, then `~1` and `~0`.
pub(crate) fn segments(reference: &str) -> Result<Vec<String>, BrokenReference> {
    let Some(fragment) = reference.strip_prefix('#') else {
        return Err(BrokenReference::External(reference.to_owned()));
    };
    let pointer = if fragment.contains('%') {
        percent_decode(fragment).ok_or_else(|| BrokenReference::Malformed(reference.to_owned()))?
    } else {
        fragment.to_owned()
    };
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    match pointer.strip_prefix('/') {
        Some(path) => Ok(path.split('/').map(unescape).collect()),
        None => Err(BrokenReference::Missing(pointer)),
    }
}

/// Returns section and name of the `$ref` in `node`, if it refers to a component and has no escapes.
pub(crate) fn component_of(node: &Node) -> Option<(&str, &str)> {
    let (section, name) = node.text("$ref")?.strip_prefix("#/components/")?.split_once('/')?;
    (!name.contains(['/', '~', '%'])).then_some((section, name))
}

/// Returns section and name of a reference to a component: `#/components/schemas/Host` gives `("schemas", "Host")`.
pub(crate) fn component(reference: &str) -> Option<(String, String)> {
    match <[String; 3]>::try_from(segments(reference).ok()?) {
        Ok([components, section, name]) if components == "components" => Some((section, name)),
        _ => None,
    }
}

/// Returns the name of the component schema to which the `$ref` in `node` refers.
pub(crate) fn schema_name(node: &Node) -> Option<String> {
    component(node.text("$ref")?).filter(|(section, _)| section == "schemas").map(|(_, name)| name)
}

/// Returns the `$ref` of a schema that gives a reference a description of its own: `allOf` with this reference alone, beside
/// `description` and `deprecated`.
pub(crate) fn described_reference(schema: &Node) -> Option<&Node> {
    let [one] = schema.get("allOf")?.items() else { return None };
    let is_own = |name: &str| matches!(name, "allOf" | "description" | "deprecated");
    let is_described = schema.get("description").is_some() && schema.entries().iter().all(|(key, _)| is_own(&key.name));
    (is_described && one.get("$ref").is_some()).then_some(one)
}

/// Decodes percent-encoding. Returns `None` if an escape is invalid or the text is not UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    let is_escape =
        |rest: &str| rest.get(..2).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if !text.split('%').skip(1).all(is_escape) {
        return None;
    }
    percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_segments() {
        assert_eq!(
            segments("#/paths/~1v5~1%7Bproject_id%7D~1x"),
            Ok(vec!["paths".to_owned(), "/v5/{project_id}/x".to_owned()])
        );
        assert_eq!(segments("#/a~01"), Ok(vec!["a~1".to_owned()]));
        assert_eq!(segments("#/a%2"), Err(BrokenReference::Malformed("#/a%2".to_owned())));
        assert_eq!(segments("#/a%+1"), Err(BrokenReference::Malformed("#/a%+1".to_owned())));
        assert_eq!(segments("#/%ff"), Err(BrokenReference::Malformed("#/%ff".to_owned())));
        assert_eq!(segments("x.yaml#/a"), Err(BrokenReference::External("x.yaml#/a".to_owned())));
    }
}
