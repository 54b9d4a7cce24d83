//! What a `$ref` points to.

use std::fmt;

use crate::node::unescape;
use crate::{Document, Node};

/// How many references are followed from one.
const HOPS: usize = 8;

/// Why a `$ref` leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrokenReference {
    /// The value of `$ref` is not text.
    NotText,
    /// It points out of the document: to another file or to the network.
    External(String),
    /// Its percent-encoding is broken.
    Malformed(String),
    /// There is nothing under it. The target is decoded.
    Missing(String),
    /// It leads back to itself. The references passed, in order, the first once more at the end.
    Loop(Vec<String>),
    /// It leads through more references than anybody follows. The last one that was followed.
    TooLong(String),
}

impl fmt::Display for BrokenReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText => f.write_str("`$ref` is not text"),
            Self::External(target) => write!(f, "`$ref` points out of this document: `{target}`"),
            Self::Malformed(target) => write!(f, "`$ref` has a broken percent-encoding: `{target}`"),
            Self::Missing(target) => write!(f, "`$ref` points to `{target}`, which does not exist"),
            Self::TooLong(last) => write!(f, "`$ref` leads through more than {HOPS} references, to `{last}` and on"),
            Self::Loop(chain) => write!(f, "`$ref` leads back to itself: {}", chain.join(" → ")),
        }
    }
}

impl std::error::Error for BrokenReference {}

/// The segments of a reference into this document: percent-encoding decoded, then `~1` and `~0`.
pub(crate) fn segments(reference: &str) -> Result<Vec<String>, BrokenReference> {
    let Some(fragment) = reference.strip_prefix('#') else {
        return Err(BrokenReference::External(reference.to_owned()));
    };
    let pointer = percent_decode(fragment).ok_or_else(|| BrokenReference::Malformed(reference.to_owned()))?;
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    match pointer.strip_prefix('/') {
        Some(path) => Ok(path.split('/').map(unescape).collect()),
        None => Err(BrokenReference::Missing(pointer)),
    }
}

/// Section and name of a reference to a component: `#/components/schemas/Host` gives `("schemas", "Host")`.
pub(crate) fn component(reference: &str) -> Option<(String, String)> {
    match <[String; 3]>::try_from(segments(reference).ok()?) {
        Ok([components, section, name]) if components == "components" => Some((section, name)),
        _ => None,
    }
}

/// The name of the component schema that a `$ref` in `node` points to.
pub(crate) fn schema_name(node: &Node) -> Option<String> {
    component(node.text("$ref")?).filter(|(section, _)| section == "schemas").map(|(_, name)| name)
}

/// Follows `$ref` from `node` until something else comes.
pub(crate) fn resolve<'d>(document: &'d Document, node: &'d Node) -> Result<&'d Node, BrokenReference> {
    let mut chain: Vec<String> = Vec::new();
    let mut node = node;
    while let Some(reference) = node.get("$ref") {
        let reference = reference.as_str().ok_or(BrokenReference::NotText)?;
        if chain.iter().any(|passed| passed == reference) {
            chain.push(reference.to_owned());
            return Err(BrokenReference::Loop(chain));
        }
        // Chains are short. A document of nothing but one long chain must not take quadratic time, though.
        if chain.len() == HOPS {
            return Err(BrokenReference::TooLong(reference.to_owned()));
        }
        chain.push(reference.to_owned());
        let segments = segments(reference)?;
        node = document.find(&segments).ok_or_else(|| BrokenReference::Missing(format!("#/{}", segments.join("/"))))?;
    }
    Ok(node)
}

/// The candidate that is most like `name`, if one is like it.
pub(crate) fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let bound = (name.chars().count() / 2).clamp(1, 3);
    candidates
        // Enough for any document made by people; a hostile one shall not cost quadratic time.
        .take(500)
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= 8 && name.len() <= 80)
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= bound || candidate.eq_ignore_ascii_case(name))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The number of characters to insert, remove or replace to make `a` into `b` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut left = i + 1;
        let mut next = vec![left];
        for (to, pair) in b.iter().zip(row.windows(2)) {
            let [diagonal, above] = pair else { continue };
            left = (diagonal + usize::from(from != *to)).min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%' {
            let (digits, tail) = rest.split_at_checked(2)?;
            let digits =
                std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = tail;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_decoded() {
        assert_eq!(
            segments("#/paths/~1v5~1%7Bproject_id%7D~1x"),
            Ok(vec!["paths".to_owned(), "/v5/{project_id}/x".to_owned()])
        );
        assert_eq!(segments("#/a~01"), Ok(vec!["a~1".to_owned()]));
        assert_eq!(segments("#/a%2"), Err(BrokenReference::Malformed("#/a%2".to_owned())));
        assert_eq!(nearest("Hosst", ["Task", "Host"].into_iter()), Some("Host"));
        assert_eq!(nearest("propertes", ["pattern", "properties"].into_iter()), Some("properties"));
        assert_eq!(nearest("Page", ["Task", "Host"].into_iter()), None);
        assert_eq!(segments("x.yaml#/a"), Err(BrokenReference::External("x.yaml#/a".to_owned())));
    }
}
