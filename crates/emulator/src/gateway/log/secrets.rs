//! Masks secrets in what the log keeps: values that are named like a secret, and the user information of URLs.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Stands in place of a secret.
const MASK: &str = "[redacted]";
/// Parts of names whose values are secret.
const PARTS: [&str; 12] = [
    "assertion",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "key",
    "passphrase",
    "passw",
    "secret",
    "session",
    "signature",
    "token",
];
/// Words of names whose values are secret. They are too short to look for inside of other words, such as `task_id`.
const WORDS: [&str; 8] = ["auth", "jwt", "oauth", "otp", "pass", "pwd", "sig", "sk"];
/// How many times over a text may be percent-encoded.
const ENCODINGS: usize = 4;

/// Returns whether the value of a header or parameter with this name is secret.
pub(super) fn is_secret(name: &str) -> bool {
    let name = decoded(name);
    // Every reader makes something else of a name whose encoding is wrong.
    if name.contains(['%', char::REPLACEMENT_CHARACTER]) {
        return true;
    }
    let spaced = spaced(&name);
    let words: Vec<_> = spaced.split_ascii_whitespace().collect();
    let lower = name.to_ascii_lowercase();
    PARTS.iter().any(|part| lower.contains(part))
        || words.iter().any(|word| WORDS.contains(word))
        // Alone, it is what OAuth logs in with; `error_code` is not.
        || matches!(*words, ["code"] | ["x", "code"])
}

/// The words of a name in lower case: `user pwd` for `userPwd1`.
fn spaced(name: &str) -> String {
    let mut spaced = String::with_capacity(name.len());
    let mut is_lower = false;
    for character in name.chars() {
        if is_lower && character.is_ascii_uppercase() {
            spaced.push(' ');
        }
        is_lower = character.is_ascii_lowercase();
        spaced.push(if character.is_ascii_alphabetic() { character.to_ascii_lowercase() } else { ' ' });
    }
    spaced
}

/// A target or the value of a header, without its secrets.
pub(super) fn redacted(text: &str) -> String {
    if !text.contains(['=', '@', '%']) {
        return text.to_owned();
    }
    let text = redacted_once(text);
    // A value may be a URL or a query itself, with an encoding of its own.
    if !text.contains('%') || hides_nothing(&text) {
        return text;
    }
    let part = |part: &str| {
        let (Some(escape), false) = (part.find('%'), hides_nothing(part)) else { return part.to_owned() };
        let value = part.get(..escape).and_then(|before| before.rfind('=')).map_or(0, |equals| equals + 1);
        format!("{}{MASK}", part.get(..value).unwrap_or_default())
    };
    let text = text.split('&').map(part).collect::<Vec<_>>().join("&");
    if hides_nothing(&text) { text } else { MASK.to_owned() }
}

/// An authority without its user information.
pub(super) fn redacted_authority(authority: &str) -> String {
    authority.rsplit_once('@').map_or_else(|| authority.to_owned(), |(_, host)| format!("{MASK}@{host}"))
}

/// Returns whether a text has no secret once it is decoded.
fn hides_nothing(text: &str) -> bool {
    let decoded = decoded(text);
    redacted_once(&decoded) == decoded && decode_lossy(&decoded) == decoded
}

/// A text without the secrets that it has as it is.
fn redacted_once(text: &str) -> String {
    without_users(text).split('&').map(without_value).collect::<Vec<_>>().join("&")
}

/// A text without the user information of its URLs and authorities.
fn without_users(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for piece in text.split_inclusive(|character: char| character.is_whitespace() || "/?#\\".contains(character)) {
        match piece.rsplit_once('@') {
            // Without slashes before it, what has no password is an e-mail address.
            Some((user, host)) if kept.ends_with("//") || user.contains(':') => kept += &format!("{MASK}@{host}"),
            _ => kept += piece,
        }
    }
    kept
}

/// A part of a text, up to the first value that is secret. What follows may be part of that value: not all servers let
/// `;` end it.
fn without_value(part: &str) -> String {
    let is_end = |character: char| !(character.is_alphanumeric() || "-_.%+[]$~\u{fffd}".contains(character));
    for (equals, _) in part.match_indices('=') {
        let before = part.get(..equals).unwrap_or_default();
        let name = before.trim_end_matches([' ', '"', '\'']).rsplit(is_end).next().unwrap_or_default();
        if is_secret(name) {
            return format!("{before}={MASK}");
        }
    }
    part.to_owned()
}

/// A text without its percent-encoding, even if it has several, one inside the other.
fn decoded(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..ENCODINGS {
        if !text.contains('%') {
            break;
        }
        text = decode_lossy(&text).into_owned();
    }
    text
}

/// A text with one percent-encoding less. What is no escape stays, and what is not UTF-8 becomes U+FFFD.
fn decode_lossy(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}
