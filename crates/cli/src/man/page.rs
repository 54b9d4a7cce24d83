//! The text of a man page. `clap_mangen` writes the options. This module writes the synopsis and the text after the
//! options.

use std::io;

use clap::builder::Resettable;
use clap::{Arg, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// Returns the man page of a command. The command must be built.
///
/// # Errors
///
/// Those of `clap_mangen`, which writes to memory.
pub(super) fn page(command: &Command) -> io::Result<Vec<u8>> {
    let text = command.get_after_long_help().or(command.get_after_help()).map(ToString::to_string);
    let synopsis = synopsis(command.clone());
    let shown =
        command.clone().override_usage(synopsis).after_help(Resettable::Reset).after_long_help(Resettable::Reset);
    let mut page = Vec::new();
    // Without quotation marks, the next field would take the place of an empty date.
    Man::new(shown).date("\"\"").source(concat!("hss ", env!("CARGO_PKG_VERSION"))).render(&mut page)?;
    page.extend_from_slice(sections(&text.unwrap_or_default()).to_roff().as_bytes());
    Ok(page)
}

/// Returns the usage of a command with its own options by name. `[GLOBAL OPTIONS]` stands for the others.
fn synopsis(mut command: Command) -> String {
    let usage = command.render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    let is_named = |option: &Arg| {
        let mut words = usage.split(|character: char| !character.is_ascii_alphanumeric() && !"-_".contains(character));
        option.get_long().is_some_and(|long| words.any(|word| word.strip_prefix("--") == Some(long)))
    };
    let is_global = |option: &&Arg| option.get_help_heading() == Some("Global options");
    let own =
        command.get_arguments().filter(|option| !option.is_positional() && !is_global(option) && !is_named(option));
    let own: Vec<_> = own.map(|option| format!("[{option}]")).collect();
    let end = if command.get_arguments().any(|option| is_global(&option)) { " [GLOBAL OPTIONS]" } else { "" };
    let lines = usage.lines().map(|line| format!("{}{end}", line.trim().replace("[OPTIONS]", &own.join(" "))));
    lines.collect::<Vec<_>>().join("\n")
}

/// Formats the text after the options. Each block with a heading becomes a section.
fn sections(text: &str) -> Roff {
    let mut page = Roff::new();
    for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) {
        match block.split_once('\n') {
            Some((heading, lines)) if heading.ends_with(':') => {
                section(&mut page, heading.trim_end_matches(':'), lines);
            }
            _ => {
                page.control("SH", ["NOTES"]);
                for (index, line) in block.lines().enumerate() {
                    if index > 0 {
                        page.control("br", []);
                    }
                    page.text([roman(line)]);
                }
            }
        }
    }
    page
}

/// Adds a section. Its lines are a table, a paragraph, or lines to copy.
fn section(page: &mut Roff, heading: &str, lines: &str) {
    // The text after the first comma or semicolon of a heading is a remark.
    let (title, remark) = heading.split_once([',', ';']).unwrap_or((heading, ""));
    page.control("SH", [title.to_uppercase().as_str()]);
    if !remark.is_empty() {
        page.text([roman(format!("({})", remark.trim()))]);
    }
    if let Some(rows) = table(lines) {
        for (term, description) in rows {
            page.control("TP", []);
            page.text([bold(term)]);
            page.text([roman(description)]);
        }
    } else if lines.lines().all(|line| line.starts_with("  ") && !line.starts_with("  hss ")) {
        if !remark.is_empty() {
            page.control("PP", []);
        }
        page.text([roman(lines.split_whitespace().collect::<Vec<_>>().join(" "))]);
    } else {
        page.control("nf", []);
        for line in lines.lines() {
            page.text([roman(line.trim_start())]);
        }
        page.control("fi", []);
    }
}

/// Splits lines into terms and descriptions, which two spaces separate. A line with a deep indent continues the
/// description before it. Returns `None` if the lines are not a table.
fn table(lines: &str) -> Option<Vec<(&str, String)>> {
    let mut rows: Vec<(&str, String)> = Vec::new();
    for line in lines.lines() {
        let text = line.trim_start();
        match (text.split_once("  "), rows.last_mut()) {
            (Some((term, description)), _) => rows.push((term, description.trim_start().to_owned())),
            (None, Some((_, description))) if line.len() - text.len() > 8 => {
                description.push(' ');
                description.push_str(text);
            }
            _ => return None,
        }
    }
    Some(rows)
}
