//! Drafts the changelog section about the changes of the document since the last release. It is written between two
//! marks; all other text is written by hand.

use std::fs;
use std::path::Path;

use semver::Version;
use time::Date;

use crate::diff::{Comparison, Revision, markdown};

pub(crate) const FILE: &str = "CHANGELOG.md";
const BEGIN: &str = "<!-- cargo xtask regen -->\n";
const END: &str = "<!-- end -->\n";
/// The heading of unreleased changes.
const UNRELEASED: &str = "## Unreleased\n";

/// Returns the current section. Returns `None` before the first release, since everything is new then.
pub(crate) fn section(root: &Path) -> Result<Option<String>, String> {
    let Some(released) = Revision::released(root)? else { return Ok(None) };
    let comparison = Comparison::new(&released, &Revision::working_tree(root)?)?;
    Ok(Some(draft(&comparison)))
}

/// Returns the section about these changes. It is empty if there are none.
pub(crate) fn draft(comparison: &Comparison) -> String {
    if comparison.is_empty() { String::new() } else { markdown::section(comparison) }
}

/// Returns the changelog in which the unreleased changes are those of this version, with the final section about the
/// document. The section has no marks, so that it stays as it is.
pub(crate) fn released(text: &str, section: &str, version: &Version, date: Date) -> Result<String, String> {
    let name = version.to_string();
    let is_of = |line: &str| line.strip_prefix("## ").is_some_and(|title| title.split(' ').next() == Some(&name));
    if text.lines().any(is_of) {
        return Err(format!(
            "{FILE} already has a section for {version} → release another version, or move its text below `## Unreleased`"
        ));
    }
    let text = with(text, section)?;
    let (before, own, history) = parts(&text)?;
    let own = own.replace(BEGIN, "").replace(END, "");
    Ok(format!("{before}{UNRELEASED}\n## {version} - {date}\n{own}{history}"))
}

/// Returns whether the changelog contains the section.
pub(crate) fn has(root: &Path, section: &str) -> Result<bool, String> {
    let text = read(root)?;
    Ok(with(&text, section)? == text)
}

/// Replaces the previous section.
pub(crate) fn write(root: &Path, section: &str) -> Result<(), String> {
    let text = with(&read(root)?, section)?;
    fs::write(root.join(FILE), text).map_err(|error| format!("cannot write {FILE}: {error}"))
}

fn read(root: &Path) -> Result<String, String> {
    fs::read_to_string(root.join(FILE)).map_err(|error| format!("cannot read {FILE}: {error}"))
}

/// Returns the text before the heading of unreleased changes, that below it, and the sections of released versions, which
/// never change.
fn parts(text: &str) -> Result<(&str, &str, &str), String> {
    let headings: Vec<_> = headings(text).collect();
    let position = headings.iter().position(|(_, heading)| *heading == UNRELEASED).ok_or_else(|| {
        format!("{FILE} has no heading {:?} → add it above the newest version", UNRELEASED.trim_end())
    })?;
    let begin = headings.get(position).map_or(0, |(begin, _)| *begin);
    let end = headings.get(position + 1).map_or(text.len(), |(begin, _)| *begin);
    let (before, rest) = text.split_at(begin);
    let (own, history) = rest.split_at(end - begin);
    Ok((before, own.strip_prefix(UNRELEASED).unwrap_or(own), history))
}

/// Returns the headings of versions, each with its offset and its line end.
fn headings(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.split_inclusive('\n').scan(0, |end, line| {
        *end += line.len();
        Some((*end - line.len(), line))
    });
    lines.filter(|(_, line)| line.starts_with("## "))
}

fn with(text: &str, section: &str) -> Result<String, String> {
    let (before, own, history) = parts(text)?;
    let drafted = if section.is_empty() { String::new() } else { format!("{BEGIN}{section}\n{END}") };
    let own = match (own.split_once(BEGIN), own.split_once(END)) {
        (Some((above, _)), Some((_, below))) if !section.is_empty() => format!("{above}{drafted}{below}"),
        (Some((above, _)), Some((_, below))) => format!("{above}{}", below.trim_start_matches('\n')),
        _ if section.is_empty() => own.to_owned(),
        (None, None) => format!("\n{drafted}\n{}", own.trim_start_matches('\n')),
        _ => {
            let (begin, end) = (BEGIN.trim_end(), END.trim_end());
            return Err(format!("{FILE} has only one of {begin:?} and {end:?} → add the other, or remove both"));
        }
    };
    Ok(format!("{before}{UNRELEASED}{own}{history}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY_HAND: &str = "# Changelog\n\n## Unreleased\n\n### Added\n\n- a\n\n## 0.1.0\n\n- b\n";

    #[test]
    fn drafts_updates_and_removes_only_its_section() {
        let drafted = with(BY_HAND, "### The API\n\nX").unwrap();
        let expected = "# Changelog\n\n## Unreleased\n\n<!-- cargo xtask regen -->\n### The API\n\nX\n<!-- end -->\n\n### Added\n\n- a\n\n## 0.1.0\n\n- b\n";
        assert_eq!(drafted, expected);
        assert_eq!(with(&drafted, "### The API\n\nX").unwrap(), drafted);
        assert_eq!(with(&drafted, "Y").unwrap(), expected.replace("### The API\n\nX", "Y"));
        assert_eq!(with(&drafted, "").unwrap(), BY_HAND);
        assert_eq!(with(BY_HAND, "").unwrap(), BY_HAND);
        let only = "## Unreleased\n";
        assert_eq!(with(&with(only, "X").unwrap(), "").unwrap(), format!("{only}\n"));
    }

    #[test]
    fn a_release_dates_the_unreleased_changes() {
        let date = Date::from_calendar_date(2026, time::Month::March, 7).unwrap();
        let dated = |text: &str, section: &str| released(text, section, &Version::new(0, 2, 0), date);
        let expected = "# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-03-07\n\n### Added\n\n- a\n\n## 0.1.0\n\n- b\n";
        assert_eq!(dated(BY_HAND, "").as_deref(), Ok(expected));
        // The draft is replaced by the final section.
        let final_section = expected.replace("### Added", "### The API\n\nfinal\n\n### Added");
        let drafted = with(BY_HAND, "draft").unwrap();
        assert_eq!(dated(&drafted, "### The API\n\nfinal").as_deref(), Ok(final_section.as_str()));
        assert_eq!(dated(&drafted, "").as_deref(), Ok(expected));
        assert_eq!(dated("## Unreleased\n", "").as_deref(), Ok("## Unreleased\n\n## 0.2.0 - 2026-03-07\n"));
        for title in ["## 0.2.0", "## 0.2.0 - 2026-01-01"] {
            assert!(
                dated(&format!("{BY_HAND}\n{title}\n"), "").unwrap_err().contains("already has a section for 0.2.0")
            );
        }
        assert!(dated("# Changelog\n", "").unwrap_err().contains("no heading"));
    }

    #[test]
    fn keeps_sections_of_released_versions() {
        let history = format!("## Unreleased\n\n## 0.1.0\n\n{BEGIN}old\n{END}");
        let drafted = with(&history, "new").unwrap();
        assert!(drafted.contains("old") && drafted.find("new") < drafted.find("## 0.1.0"), "{drafted}");
        assert!(with("# Changelog\n\n### Unreleased\n", "X").unwrap_err().contains("no heading"));
        // Empty lines around headings are not required.
        let dense = "### Unreleased\n## Unreleased\n## 0.1.0\n- b\n";
        assert_eq!(parts(dense), Ok(("### Unreleased\n", "", "## 0.1.0\n- b\n")));
        assert!(with(&format!("## Unreleased\n{BEGIN}"), "X").unwrap_err().contains("only one of"));
    }
}
