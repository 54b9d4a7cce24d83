//! Redacts secrets in log entries: values with names of secrets, and the user information of URLs.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Replaces a secret.
const MASK: &str = "[redacted]";
/// Substrings of names whose values are secret.
const PARTS: [&str; 22] = [
    "assertion",
    "authorization",
    "bearer",
    "cookie",
    "cred",
    "csrf",
    "dpop",
    "hmac",
    "key",
    "passc",
    "passp",
    "passw",
    "pswd",
    "saml",
    "secret",
    "sessid",
    "session",
    "signature",
    "ticket",
    "token",
    "verifier",
    "xsrf",
];
/// Words of names whose values are secret. They are too short to be matched inside other words, such as `task_id`.
const WORDS: [&str; 12] = ["aksk", "auth", "jwt", "mfa", "oauth", "pin", "psw", "sid", "sig", "sign", "sk", "tok"];
/// Suffixes of words of names whose values are secret.
const SUFFIXES: [&str; 4] = ["otp", "pass", "pw", "pwd"];
/// A word with one of these suffixes that does not denote a secret.
const BYPASS: &str = "bypass";
/// Words before credentials in a header, in addition to the names of secrets.
const SCHEMES: [&str; 6] = ["apikey", "basic", "digest", "hawk", "negotiate", "ntlm"];
/// Maximum number of nested percent-encodings.
const ENCODINGS: usize = 4;

/// Returns whether the value of a header or parameter with this name is secret.
pub(super) fn is_secret(name: &str) -> bool {
    let name = decoded(name);
    // Parsers interpret names with an invalid encoding or with invisible characters differently. All documented names
    // consist of visible ASCII characters.
    if name.contains(['%', '\\']) || name.chars().any(|character| !character.is_ascii() || character.is_control()) {
        return true;
    }
    let spaced = spaced(&name);
    let words: Vec<_> = spaced.split_ascii_whitespace().collect();
    has_secret_part(&name)
        || words.iter().any(|word| is_secret_word(word))
        // OAuth uses these to log in. `error_code` is not secret.
        || matches!(*words, ["code"] | [.., "x" | "device" | "user", "code"])
}

fn has_secret_part(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    PARTS.iter().any(|part| lower.contains(part))
}

fn is_secret_word(word: &str) -> bool {
    WORDS.contains(&word) || word != BYPASS && SUFFIXES.iter().any(|end| word.ends_with(end))
}

/// Returns whether credentials follow after this word and a space, as in `Bearer …`.
fn is_scheme(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let word = lower.as_str();
    SCHEMES.contains(&word) || PARTS.contains(&word) || is_secret_word(word)
}

/// Returns the words of a name in lower case: `user pwd` for `userPwd1`.
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

/// Redacts the secrets in a target or in the value of a header.
pub(super) fn redacted(text: &str) -> String {
    let text = redacted_once(text);
    // A value may be a URL or a query itself, with its own percent-encoding.
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

/// Redacts the user information of an authority.
pub(super) fn redacted_authority(authority: &str) -> String {
    authority.rsplit_once('@').map_or_else(|| authority.to_owned(), |(_, host)| format!("{MASK}@{host}"))
}

/// Returns whether a text contains no secret after decoding.
fn hides_nothing(text: &str) -> bool {
    let decoded = decoded(text);
    redacted_once(&decoded) == decoded && decode_lossy(&decoded) == decoded
}

/// Redacts the secrets in a text without decoding it.
fn redacted_once(text: &str) -> String {
    without_values(&without_users(text))
}

/// Redacts the user information of all URLs and authorities in a text.
fn without_users(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    // Start of user information whose password contains a delimiter of the authority.
    let mut open = None;
    for piece in text.split_inclusive(|character: char| character.is_whitespace() || "/?#\\".contains(character)) {
        let is_authority = kept.ends_with("//");
        match piece.rsplit_once('@') {
            // Without leading slashes and without a password, it is an e-mail address.
            Some((user, host)) if is_authority || open.is_some() || user.contains(':') => {
                kept.truncate(open.unwrap_or(kept.len()));
                kept += &format!("{MASK}@{host}");
            }
            _ => {
                if (is_authority || kept.is_empty() || kept.ends_with(char::is_whitespace)) && has_password(piece) {
                    open = Some(kept.len());
                }
                kept += piece;
            }
        }
        if piece.ends_with(char::is_whitespace) {
            open = None;
        }
    }
    kept
}

/// Returns whether the first colon of an authority's beginning is followed by anything other than a port.
fn has_password(piece: &str) -> bool {
    let after_address = piece.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(piece, |(_, rest)| rest);
    let Some((_, port)) = after_address.split_once(':') else { return false };
    port.trim_end_matches(|character: char| character.is_whitespace() || "/?#\\".contains(character))
        .contains(|character: char| !character.is_ascii_digit())
}

/// Redacts the values of secrets in a text.
fn without_values(text: &str) -> String {
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = secret(rest) {
        kept += before;
        kept += MASK;
        rest = after;
    }
    kept + rest
}

/// Finds the first secret value. Returns the text before and after it.
fn secret(text: &str) -> Option<(&str, &str)> {
    for (at, separator) in text.char_indices().filter(|(_, character)| is_separator(*character)) {
        let (before, value) = (text.get(..at)?, text.get(at + separator.len_utf8()..)?);
        // Only the first space after a word is a separator. Checking each of thousands of spaces would take seconds.
        if separator.is_whitespace() && !before.ends_with(char::is_alphanumeric) {
            continue;
        }
        let quoted =
            before.trim_end_matches(|character: char| character.is_whitespace() || "\"'\\".contains(character));
        let name = quoted.rsplit(ends_name).next().unwrap_or_default();
        let context = quoted.strip_suffix(name).unwrap_or_default();
        let is_unquoted = quoted.len() == before.len();
        let length = match separator {
            // Text after `;` may belong to the value, because not all servers treat `;` as a separator.
            '=' if is_secret(name) => value.find('&'),
            '/' if is_unquoted && context.ends_with('/') && !context.ends_with("://") && has_secret_part(name) => {
                value.find(['?', '&'])
            }
            // As in a header or in JSON, where the value may be an object.
            ':' if is_secret(name) && !(is_unquoted && is_port(context, value)) => None,
            _ if separator.is_whitespace() && is_unquoted && is_scheme(name) => None,
            _ => continue,
        };
        let length = length.unwrap_or(value.len());
        if length > 0 || separator == '=' {
            return Some((text.get(..text.len() - value.len())?, value.get(length..)?));
        }
    }
    None
}

fn is_separator(character: char) -> bool {
    "=:/".contains(character) || character.is_whitespace()
}

/// Returns whether a character delimits a name on its left. Invisible characters do not, because some parsers skip
/// them.
fn ends_name(character: char) -> bool {
    character.is_whitespace() || character.is_ascii_punctuation() && !"-_.%+[]$~\\".contains(character)
}

/// Returns whether the text around a host name and a colon indicates a port.
fn is_port(context: &str, value: &str) -> bool {
    context.ends_with(['/', '@']) && value.starts_with(|character: char| character.is_ascii_digit())
}

/// Decodes all nested percent-encodings of a text, up to [`ENCODINGS`].
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

/// Decodes one level of percent-encoding. Invalid escapes are kept, and invalid UTF-8 becomes U+FFFD.
fn decode_lossy(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}
