//! Removing the secrets of a request from what a server says about it.
//!
//! A gateway quotes the request that it could not verify, with the security token; an IAM quotes the body of a login. An
//! error must not carry them into a log.

use std::borrow::Cow;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

/// What stands in place of a secret.
const MARK: &str = "[redacted]";
/// Shorter values are not replaced: they are no secrets of a real service, and would be found everywhere.
const SHORTEST: usize = 6;

/// The characters that are escaped in a URL.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Secrets that a server may quote.
pub(crate) struct Redaction {
    /// In every form that is replaced, the longest first.
    forms: Vec<Zeroizing<String>>,
    /// Without backslashes, to find them in JSON within JSON.
    bare: Vec<Zeroizing<String>>,
}

impl Redaction {
    /// Prepares to remove these secrets.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let secrets: Vec<_> = secrets.into_iter().filter(|secret| secret.len() >= SHORTEST).collect();
        let mut forms: Vec<_> = secrets.iter().copied().flat_map(forms).collect();
        // A form that contains another must be replaced before it.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self { forms, bare: secrets.into_iter().map(without_backslashes).collect() }
    }

    /// Returns `text` without the secrets, borrowed if there are none.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for form in &self.forms {
            if text.contains(form.as_str()) {
                text = Cow::Owned(text.replace(form.as_str(), MARK));
            }
        }
        // A secret that is escaped more than once cannot be cut out. Nothing of the text is kept then.
        let bare = without_backslashes(&text);
        let is_left = self.bare.iter().any(|secret| bare.contains(secret.as_str()));
        if is_left { Cow::Owned(MARK.to_owned()) } else { text }
    }

    /// Returns `bytes` without the secrets. What is not UTF-8 is kept if there is no secret.
    pub(crate) fn bytes(&self, bytes: &Bytes) -> Bytes {
        let text = String::from_utf8_lossy(bytes);
        match self.text(&text) {
            Cow::Borrowed(_) => bytes.clone(),
            Cow::Owned(cleaned) => cleaned.into(),
        }
    }
}

fn without_backslashes(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.replace('\\', ""))
}

/// Returns the secret as it is, in a JSON string with and without escaped slashes, and percent-encoded.
fn forms(secret: &str) -> [Zeroizing<String>; 4] {
    let json = Zeroizing::new(serde_json::Value::from(secret).to_string());
    let json = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(secret);
    let percent = utf8_percent_encode(secret, RESERVED).to_string();
    [secret.to_owned(), json.replace('/', "\\/"), json.to_owned(), percent].map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_removed_in_every_form() {
        let redaction = Redaction::new(["tok/en+=x", "pass\"word\\", "short"]);
        for (text, cleaned) in [
            ("x-security-token:tok/en+=x|host", "x-security-token:[redacted]|host"),
            (r#"{"token":"tok\/en+=x"}"#, r#"{"token":"[redacted]"}"#),
            ("?token=tok%2Fen%2B%3Dx", "?token=[redacted]"),
            (r#"{"password":"pass\"word\\"}"#, r#"{"password":"[redacted]"}"#),
            ("pass\"word\\ tok/en+=x pass\"word\\", "[redacted] [redacted] [redacted]"),
            (r#"{"message":"{\"token\":\"tok\\/en+=x\"}"}"#, "[redacted]"),
            ("short and nothing else", "short and nothing else"),
            ("", ""),
        ] {
            assert_eq!(redaction.text(text), cleaned);
            assert_eq!(redaction.bytes(&Bytes::copy_from_slice(text.as_bytes())), cleaned);
        }
    }

    #[test]
    fn a_secret_that_is_part_of_another_leaves_nothing_of_it() {
        let redaction = Redaction::new(["secret", "secret-of-a-key"]);
        assert_eq!(redaction.text("a secret-of-a-key and a secret"), "a [redacted] and a [redacted]");
    }
}
