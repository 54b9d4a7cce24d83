//! Text of others, made safe to look at.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` with every character escaped that a terminal would act on instead of showing: control characters
/// (C0, C1, DEL), line and paragraph separators, and the marks that reverse or hide what follows them.
///
/// What a server sends could otherwise clear the screen, forge a row or write the clipboard.
///
/// ```
/// assert_eq!(huaweicloud_core::printable("web\u{1b}[2J"), r"web\u{1b}[2J");
/// assert_eq!(huaweicloud_core::printable("生产-01"), "生产-01");
/// ```
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts_on_a_terminal) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if acts_on_a_terminal(character) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "{}", character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

fn acts_on_a_terminal(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The first `limit` characters of `text`, made printable, with an ellipsis where something was cut off.
pub(crate) fn excerpt(text: &str, limit: usize) -> String {
    let mut characters = text.chars();
    let head: String = characters.by_ref().take(limit).collect();
    let mut shown = printable(head.trim()).into_owned();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bc_52_nothing_that_a_terminal_acts_on_is_left() {
        let hostile = "\u{1b}]52;c;aGk=\u{7}|\u{9b}31m|a\rb|a\nb|\u{202e}txt|\u{7f}|\u{2028}";
        let shown = printable(hostile);
        assert!(!shown.chars().any(acts_on_a_terminal), "{shown}");
        assert_eq!(shown, r"\u{1b}]52;c;aGk=\u{7}|\u{9b}31m|a\u{d}b|a\u{a}b|\u{202e}txt|\u{7f}|\u{2028}");
    }

    #[test]
    fn an_excerpt_is_cut_between_characters() {
        assert_eq!(excerpt("生产数据库", 3), "生产数…");
        assert_eq!(excerpt("abc", 3), "abc");
    }
}
