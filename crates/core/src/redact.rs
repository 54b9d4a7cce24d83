//! Removes the secrets of a request from text that a server returns.
//!
//! A gateway quotes a request that it could not verify, with the security token. IAM quotes the body of a login. An
//! error must not write these secrets to a log.

mod plain;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use memchr::memmem;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderMap;
use zeroize::Zeroizing;

use self::plain::plain;
use crate::printable::excerpt;

/// The replacement of a secret.
const REDACTED: &str = "[redacted]";
/// The minimum length of a replaced value. Shorter values are not secrets of a real service, and would match
/// everywhere.
const MIN_SECRET_LENGTH: usize = 6;
/// The length from which a part of a secret is treated as secret. Servers and this client shorten the text they quote.
const MIN_PART_LENGTH: usize = 24;
/// The maximum number of bytes of a body in an error.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;
/// The number of bytes removed from the end of a shortened body, which may contain the start of a secret.
const TRUNCATION_MARGIN: usize = 256;
/// The maximum number of characters of a usual request id: hexadecimal digits, as a UUID or without dashes.
const MAX_ID_LENGTH: usize = 36;
/// The maximum number of characters of a response in a message.
const MAX_EXCERPT_LENGTH: usize = 200;

/// The characters that are escaped in a URL.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The secrets that a server may quote.
pub(crate) struct Redaction<'a>(Vec<&'a str>);

impl<'a> Redaction<'a> {
    /// Creates a redaction of these secrets.
    pub(crate) fn new(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        Self(secrets.into_iter().filter(|secret| secret.len() >= MIN_SECRET_LENGTH).collect())
    }

    /// Creates a redaction without secrets.
    #[cfg(any(test, fuzzing))]
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds the secrets in these response headers.
    pub(crate) fn with_issued(&self, headers: &'a HeaderMap) -> Self {
        let issued = headers.get_all("x-subject-token").iter().filter_map(|token| token.to_str().ok());
        Self::new(self.0.iter().copied().chain(issued))
    }

    /// Returns a request id, or the replacement if it contains a secret or a long part of one. Every successful
    /// response has a request id. For speed, encoded secrets are searched only if the id is very long.
    pub(crate) fn id(&self, id: String) -> String {
        let is_usual = id.len() <= MAX_ID_LENGTH && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        // Encodings of a secret are not shorter than the secret.
        if !is_usual && id.len() >= MIN_SECRET_LENGTH {
            let is_clean = matches!(self.text(&id), Cow::Borrowed(_));
            return if is_clean { id } else { REDACTED.to_owned() };
        }
        let has = |secret: &str, part| memmem::find(secret.as_bytes(), part).is_some();
        // Every part of this length contains the middle of a usual id, so that one search suffices if it is absent.
        let middle = id.as_bytes().get(id.len().saturating_sub(MIN_PART_LENGTH)..MIN_PART_LENGTH);
        let is_part = |secret: &str| {
            middle.is_some_and(|middle| has(secret, middle))
                && id.as_bytes().windows(MIN_PART_LENGTH).any(|part| has(secret, part))
        };
        let has_secret = self.0.iter().any(|secret| id.contains(secret) || is_part(secret));
        if has_secret { REDACTED.to_owned() } else { id }
    }

    /// Returns `text` without the secrets. It is borrowed if it contains none.
    pub(crate) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        let mut forms: Vec<_> = self.0.iter().copied().flat_map(forms).collect();
        // A form that contains another must be replaced first.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        for form in &forms {
            if text.contains(form.as_str()) {
                text = Cow::Owned(text.replace(form.as_str(), REDACTED));
            }
        }
        // A secret in another encoding, or a part of one, cannot be replaced separately. The whole text is then
        // replaced.
        if self.is_in(&plain(&text)) { Cow::Owned(REDACTED.to_owned()) } else { text }
    }

    /// Returns `body` without the secrets. A body that is not UTF-8 is kept unchanged if it contains no secret. If a
    /// body reaches the limit, only its start is returned.
    pub(crate) fn body(&self, body: &Bytes) -> Bytes {
        let start = match body.get(..BODY_LIMIT) {
            Some(start) => Bytes::copy_from_slice(start.get(..BODY_LIMIT - TRUNCATION_MARGIN).unwrap_or_default()),
            None => body.clone(),
        };
        let text = String::from_utf8_lossy(&start);
        match self.text(&text) {
            Cow::Borrowed(_) => start,
            Cow::Owned(cleaned) => cleaned.into(),
        }
    }

    /// Returns the first characters of `body` for a message, without the secrets. Secrets are removed before the text
    /// is shortened, since a shortened secret could not be recognised.
    pub(crate) fn excerpt(&self, body: &Bytes) -> String {
        excerpt(&String::from_utf8_lossy(&self.body(body)), MAX_EXCERPT_LENGTH)
    }

    /// Returns whether a text from [`plain`] contains a secret or a long part of one.
    fn is_in(&self, text: &str) -> bool {
        let text = text.as_bytes();
        let secrets = self.0.iter().flat_map(|secret| encodings(secret)).map(|secret| plain(&secret));
        let secrets = secrets.filter(|secret| secret.len() >= MIN_SECRET_LENGTH);
        let (long, short): (Vec<_>, Vec<_>) = secrets.partition(|secret| secret.len() > MIN_PART_LENGTH);
        // One pass over the text finds the pieces of all long secrets.
        let parts: HashSet<_> = long.iter().flat_map(|secret| secret.as_bytes().windows(MIN_PART_LENGTH)).collect();
        short.iter().any(|secret| memmem::find(text, secret.as_bytes()).is_some())
            || (!parts.is_empty() && text.windows(MIN_PART_LENGTH).any(|window| parts.contains(window)))
    }
}

/// Returns the secret unchanged, in a JSON string with and without escaped slashes, and percent-encoded.
fn forms(secret: &str) -> [Zeroizing<String>; 4] {
    let json = Zeroizing::new(serde_json::Value::from(secret).to_string());
    let json = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(secret);
    let percent = utf8_percent_encode(secret, RESERVED).to_string();
    [secret.to_owned(), json.replace('/', "\\/"), json.to_owned(), percent].map(Zeroizing::new)
}

/// Returns the secret unchanged, in hexadecimal digits, and in base64.
///
/// Base64 encodes groups of three bytes. The text before a secret determines its position within a group. Only the
/// characters that do not depend on adjacent bytes are known.
fn encodings(secret: &str) -> Vec<Zeroizing<String>> {
    let hexadecimal =
        secret.bytes().fold(Zeroizing::new(String::with_capacity(2 * secret.len())), |mut digits, byte| {
            // Writing to a String cannot fail.
            let _ = write!(*digits, "{byte:02x}");
            digits
        });
    let mut encodings = vec![Zeroizing::new(hexadecimal.to_ascii_uppercase()), hexadecimal];
    for before in 0..3 {
        let bytes = Zeroizing::new([&vec![0; before], secret.as_bytes()].concat());
        for engine in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
            let text = Zeroizing::new(engine.encode(&*bytes));
            // The first characters contain bits of the preceding byte, and the last characters bits of the following
            // byte.
            let known = (8 * before).div_ceil(6)..8 * bytes.len() / 6;
            encodings.push(Zeroizing::new(text.get(known).unwrap_or_default().to_owned()));
        }
    }
    encodings.push(Zeroizing::new(secret.to_owned()));
    encodings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_secrets_in_every_form() {
        let redaction = Redaction::new(["tok/en+=x", "pass\"word\\", "a&b c<d", "short"]);
        for (text, cleaned) in [
            ("x-security-token:tok/en+=x|host", "x-security-token:[redacted]|host"),
            (r#"{"token":"tok\/en+=x"}"#, r#"{"token":"[redacted]"}"#),
            ("?token=tok%2Fen%2B%3Dx", "?token=[redacted]"),
            (r#"{"password":"pass\"word\\"}"#, r#"{"password":"[redacted]"}"#),
            ("pass\"word\\ tok/en+=x pass\"word\\", "[redacted] [redacted] [redacted]"),
            ("short and nothing else", "short and nothing else"),
            ("", ""),
        ] {
            assert_eq!(redaction.text(text), cleaned);
            assert_eq!(redaction.body(&Bytes::copy_from_slice(text.as_bytes())), cleaned);
        }
    }

    #[test]
    fn replaces_a_text_with_a_secret_in_another_encoding() {
        let redaction = Redaction::new(["tok/en+=x", "pass\"word\\", "one&two three<four"]);
        for text in [
            r#"{"message":"{\"token\":\"tok\\/en+=x\"}"}"#,
            "?token=tok%2fen%2b%3dx",
            "?token=tok%252Fen%252B%253Dx",
            "?password=one%26two+three%3Cfour",
            "<p>one&amp;two three&lt;four",
            "<p>one&#38;two three&#x3c;four",
            r#"{"message":"one\u0026two three\u003cfour"}"#,
            r#"{"message":"one\u0026two three\u003Cfour"}"#,
        ] {
            assert_eq!(redaction.text(text), REDACTED, "{text}");
        }
    }

    #[test]
    fn replaces_a_text_with_a_secret_in_hexadecimal_or_base64() {
        for secret in
            ["tok/en+=x", "password", "\u{fb}\u{ff}\u{fe}\u{bf}\u{fb}\u{ff}", &"0123456789abcdefABCDEF/+".repeat(80)]
        {
            let redaction = Redaction::new([secret]);
            for (before, after) in [("", ""), ("a", ""), ("ab", "c"), ("Bearer ", "\n"), ("user:", ":realm")] {
                let text = format!("{before}{secret}{after}");
                for text in [
                    BASE64_STANDARD_NO_PAD.encode(&text),
                    BASE64_URL_SAFE_NO_PAD.encode(&text),
                    text.bytes().map(|byte| format!("{byte:02x}")).collect(),
                    text.bytes().map(|byte| format!("{byte:02X}")).collect(),
                ] {
                    assert_eq!(redaction.text(&format!("cannot verify {text}==, sorry")), REDACTED, "{text}");
                }
            }
        }
        let redaction = Redaction::new(["password"]);
        let harmless = format!("cannot verify {}", BASE64_STANDARD_NO_PAD.encode("passport and passenger"));
        assert_eq!(redaction.text(&harmless), harmless);
    }

    #[test]
    fn replaces_a_text_with_a_long_part_of_a_secret() {
        let token = format!("MIIF{}", "0123456789abcdefABCDEF/+".repeat(80));
        let redaction = Redaction::new([token.as_str()]);
        for part in [&token[..30], &token[700..740], &token[token.len() - 30..]] {
            assert_eq!(redaction.text(&format!("cannot verify {part}")), REDACTED, "{part}");
        }
        assert_eq!(redaction.text(&format!("cannot verify {}...", &token[..16])).len(), 33);
    }

    #[test]
    fn a_shortened_body_does_not_end_within_a_secret() {
        let redaction = Redaction::new(["password-of-a-user"]);
        let body = Bytes::from(format!("{}password-of", "x".repeat(BODY_LIMIT - 11)));
        assert!(redaction.body(&body).iter().all(|byte| *byte == b'x'));
    }

    #[test]
    fn an_excerpt_does_not_end_within_a_secret() {
        let redaction = Redaction::new(["password-of-a-user"]);
        let body = Bytes::from(format!("{}password-of-a-user", "x".repeat(MAX_EXCERPT_LENGTH - 10)));
        assert!(!redaction.excerpt(&body).contains("pass"));
    }

    #[test]
    fn replaces_a_request_id_with_a_secret() {
        let token = format!("MIIF{}", "0123456789abcdefABCDEF/+".repeat(80));
        let redaction = Redaction::new([token.as_str(), "password"]);
        let long = format!("{}?token={}", "x".repeat(MAX_ID_LENGTH), "%70assword");
        for id in [token.as_str(), &token[100..130], "a-password-b", &long] {
            assert_eq!(redaction.id(id.to_owned()), REDACTED, "{id}");
        }
        for id in ["cGFzc3dvcmQ=", "70617373776f7264.1", "%70assword"] {
            assert_eq!(redaction.id(id.to_owned()), REDACTED, "{id}");
        }
        for id in ["b9a54caeb9084b1fa6d5f0123456789a", "0f5a2a1c-9a76-4d32-9a76-0123456789ab", "trace-2024"] {
            assert_eq!(redaction.id(id.to_owned()), id);
        }
    }

    #[test]
    fn removes_an_issued_token() {
        let mut headers = HeaderMap::new();
        headers.insert("x-subject-token", "MIIF-issued".parse().unwrap());
        let redaction = Redaction::new(["password-of-a-user"]);
        assert_eq!(redaction.with_issued(&headers).text("a MIIF-issued"), "a [redacted]");
    }

    #[test]
    fn removes_a_secret_that_contains_another() {
        let redaction = Redaction::new(["secret", "secret-of-a-key"]);
        assert_eq!(redaction.text("a secret-of-a-key and a secret"), "a [redacted] and a [redacted]");
    }
}
