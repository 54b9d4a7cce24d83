//! Makes untrusted text safe to print.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Escapes every character that a terminal interprets and every invisible character. These are control characters (C0,
/// C1, DEL), line and paragraph separators, and bidirectional controls. They include all characters that Unicode allows
/// a program to hide (`Default_Ignorable_Code_Point`), such as soft hyphens, joiners and variation selectors.
///
/// Otherwise text of a server could clear the screen, forge a row or write the clipboard, and two different names could
/// look alike. Emoji with joiners or variation selectors are shown in parts.
///
/// ```
/// assert_eq!(huaweicloud_core::printable("web\u{1b}[2J"), r"web\u{1b}[2J");
/// assert_eq!(huaweicloud_core::printable("web\u{ad}-1"), r"web\u{ad}-1");
/// assert_eq!(huaweicloud_core::printable("生产-01"), "生产-01");
/// ```
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_hidden(character) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "{}", character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Reports whether a terminal interprets the character or the character is invisible.
pub(crate) fn is_hidden(character: char) -> bool {
    match character {
        ' '..='~' => false,
        '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' => true,
        _ => character.is_control() || is_default_ignorable(character),
    }
}

/// Reports whether the character has the property `Default_Ignorable_Code_Point` of Unicode 17.
fn is_default_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Returns the first `limit` characters of `text`, made printable. An ellipsis marks a shortened text.
#[must_use]
pub fn excerpt(text: &str, limit: usize) -> String {
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
    fn escapes_every_character_that_a_terminal_interprets() {
        let hostile = "\u{1b}]52;c;aGk=\u{7}|\u{9b}31m|a\rb|a\nb|\u{202e}txt|\u{7f}|\u{2028}";
        let shown = printable(hostile);
        assert!(!shown.chars().any(is_hidden), "{shown}");
        assert_eq!(shown, r"\u{1b}]52;c;aGk=\u{7}|\u{9b}31m|a\u{d}b|a\u{a}b|\u{202e}txt|\u{7f}|\u{2028}");
    }

    #[test]
    fn escapes_invisible_characters() {
        #[rustfmt::skip]
        let invisible = [
            '\u{ad}', '\u{34f}', '\u{61c}', '\u{115f}', '\u{1160}', '\u{17b4}', '\u{180b}', '\u{180e}', '\u{180f}', '\u{200b}',
            '\u{200c}', '\u{200d}', '\u{2060}', '\u{2064}', '\u{3164}', '\u{fe00}', '\u{fe0f}', '\u{feff}', '\u{ffa0}',
            '\u{fff0}', '\u{1bca0}', '\u{1d173}', '\u{e0001}', '\u{e0100}', '\u{e01ef}', '\u{e0fff}',
        ];
        for character in invisible {
            let shown = printable(&format!("web{character}-1")).into_owned();
            assert_eq!(shown, format!("web\\u{{{:x}}}-1", u32::from(character)));
        }
        for visible in
            ["web-1", "生产-数据库", "e\u{301}", "\u{1f600}", "a\u{a0}b", "\u{fe10}", "\u{e000}", "한글", "עברית"]
        {
            assert_eq!(printable(visible), visible);
        }
        assert_eq!(
            printable("\u{1f469}\u{200d}\u{1f52c}\u{2764}\u{fe0f}"),
            "\u{1f469}\\u{200d}\u{1f52c}\u{2764}\\u{fe0f}"
        );
    }

    #[test]
    fn an_excerpt_is_cut_between_characters() {
        assert_eq!(excerpt("生产数据库", 3), "生产数…");
        assert_eq!(excerpt("abc", 3), "abc");
    }
}
