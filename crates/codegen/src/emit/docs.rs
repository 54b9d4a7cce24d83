//! Converts descriptions in the document to doc comments.

use hss_spec::{Node, described};
use syn::Attribute;

/// Returns the description of a schema as doc comments, and `#[deprecated]` if it is deprecated.
pub(super) fn attributes(schema: &Node) -> Vec<Attribute> {
    let (description, note) = described(schema);
    doc(&description).into_iter().chain(deprecated(note.as_deref())).collect()
}

/// Returns `#[deprecated]` if there is a note on a deprecation.
pub(super) fn deprecated(note: Option<&str>) -> Option<Attribute> {
    note.map(|note| syn::parse_quote!(#[deprecated(note = #note)]))
}

/// Converts `markdown` to doc comments, one per line.
///
/// Code blocks without a language are marked as text. Otherwise, rustdoc would compile and run them as Rust.
pub(super) fn doc(markdown: &str) -> Vec<Attribute> {
    let mut inside = false;
    let lines = markdown.trim().lines().map(|line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        let language = if fence && inside && line.trim() == "```" { "text" } else { "" };
        let text = format!(" {line}{language}");
        syn::parse_quote!(#[doc = #text])
    });
    lines.collect()
}
