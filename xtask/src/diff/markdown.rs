//! Formats a section of the changelog.

use std::fmt::Write as _;

use hss_spec::{Change, Effect};

use super::Comparison;
use super::revision::WORKING_TREE;

/// Returns the changes, ordered by effect. Texts of the documents are in backticks or escaped, so that they contain no
/// markup.
pub(crate) fn section(comparison: &Comparison) -> String {
    let mut text = match comparison.new.as_str() {
        WORKING_TREE => format!("### The API since {}\n", comparison.old),
        new => format!("### The API, from {} to {new}\n", comparison.old),
    };
    for (effect, title) in [
        (Effect::Breaking, "Breaking on the wire"),
        (Effect::Risky, "Other notable changes"),
        (Effect::Additive, "New"),
        (Effect::Docs, "Words"),
    ] {
        let changes: Vec<_> = comparison.wire.iter().filter(|change| change.effect == effect).collect();
        if changes.is_empty() {
            continue;
        }
        let _ = write!(text, "\n#### {title}\n\n");
        for Change { id, operations, message, .. } in changes {
            let of = if operations.is_empty() { "the document".to_owned() } else { code(&operations.join(", ")) };
            let _ = writeln!(text, "- {of}: {} ({})", escaped(message), code(id));
        }
    }
    if !comparison.surface_changes().is_empty() {
        text.push_str("\n#### The public surface in Rust\n\n```diff\n");
        for change in comparison.surface_changes() {
            let sign = if change.is_new { '+' } else { '-' };
            let _ = writeln!(text, "{sign} {}", change.line.replace("```", "` ` `"));
        }
        text.push_str("```\n");
    }
    if comparison.is_empty() {
        text.push_str("\nNothing changed.\n");
    }
    let _ = write!(text, "\n{}.", escaped(&comparison.verdict()));
    text
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'"))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\`*_[]<>#|".contains(character) {
            escaped.push('\\');
        }
        escaped.push(if character.is_control() { ' ' } else { character });
    }
    escaped
}
