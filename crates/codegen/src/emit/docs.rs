//! Converts descriptions in the document to doc comments.

use hss_spec::{Document, Node};
use syn::Attribute;

/// Returns the description of a schema, or of the schema to which it refers.
pub(super) fn description<'a>(document: &'a Document, schema: &'a Node) -> Option<&'a str> {
    let target = document.resolve(schema).ok()?;
    target.text("description")
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
