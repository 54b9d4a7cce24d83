//! Formats a section of the changelog.

use std::fmt::Write as _;

use hss_codegen::SurfaceChange;
use hss_spec::{Change, Effect};

use super::Comparison;
use super::revision::WORKING_TREE;

/// Maximum number of new lines of the public surface that are listed.
const MAX_NEW: usize = 200;

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
        text.push_str("\n#### The public surface in Rust\n\n");
        surface(&mut text, comparison.surface_changes());
    }
    if comparison.is_empty() {
        text.push_str("\nNothing changed.\n");
    }
    let _ = write!(text, "\n{}.", escaped(&comparison.verdict()));
    text
}

/// Appends the lines that are gone, and those that are new unless there are too many to read.
fn surface(text: &mut String, changes: &[SurfaceChange]) {
    let new = changes.iter().filter(|change| change.is_new).count();
    let mut listed = changes.iter().filter(|change| !change.is_new || new <= MAX_NEW).peekable();
    if listed.peek().is_some() {
        text.push_str("```diff\n");
        for change in listed {
            let sign = if change.is_new { '+' } else { '-' };
            let _ = writeln!(text, "{sign} {}", change.line.replace("```", "` ` `"));
        }
        text.push_str("```\n");
    }
    if new > MAX_NEW {
        let _ = writeln!(text, "{new} lines are new. `cargo xtask diff` lists them.");
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_new_lines_are_counted_and_removed_ones_listed() {
        let line = |is_new, number| SurfaceChange {
            effect: if is_new { Effect::Additive } else { Effect::Breaking },
            is_new,
            line: format!("line {number}"),
        };
        let of = |new: usize| {
            let mut text = String::new();
            let changes: Vec<_> = (0..new).map(|number| line(true, number)).chain([line(false, 9_999)]).collect();
            surface(&mut text, &changes);
            text
        };
        assert!(of(MAX_NEW).contains("+ line 199\n- line 9999\n") && !of(MAX_NEW).contains("are new"));
        assert_eq!(of(201), "```diff\n- line 9999\n```\n201 lines are new. `cargo xtask diff` lists them.\n");
    }
}
