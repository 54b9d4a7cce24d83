//! Descriptions of the document as documentation comments.

use hss_spec::{Document, Node};
use syn::Attribute;

/// The description of a schema, or of what it refers to.
pub(super) fn description<'a>(document: &'a Document, schema: &'a Node) -> Option<&'a str> {
    let target = document.resolve(schema).ok()?;
    target.text("description")
}

/// `markdown` as documentation comments, a line each.
///
/// A code block of the document is text: rustdoc would take one without a language for Rust, and try to run it.
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
