//! Explains why the gateway refused a signature.
//!
//! If a signature does not match, the gateway returns the canonical request that it computed, with `|` instead of line
//! ends: `… verify aksk signature fail, canonicalRequest:GET|/path/||host:…||host;x-sdk-date|<hash>`. A part that
//! differs from ours was changed in transit or signed incorrectly.

use crate::printable::excerpt;

/// The maximum number of characters of a value that are shown.
const MAX_VALUE_LENGTH: usize = 200;
/// The maximum number of differences that are listed.
const MAX_DIFFERENCES: usize = 10;
/// The hint for a request that arrived unchanged.
const MISMATCHED_KEY: &str = "The gateway read the request as it was signed, so the secret key is not that of the \
    access key id. More than five refused signatures lock the key for 5 minutes.";

/// Lists the lines of the canonical request in `message` that differ from `signed_parts`. Returns `None` if the message
/// contains no complete canonical request.
///
/// It shows no secret: neither the values of headers with secrets, nor our secrets in any other part of the message.
pub(crate) fn explain_mismatch(message: &str, signed_parts: &str) -> Option<String> {
    let (_, echo) = message.split_once("canonicalRequest:")?;
    let (received, signed_parts) = (Parts::read(echo, '|')?, Parts::read(signed_parts, '\n')?);
    let mut differences = Vec::new();
    let shown = |text: &str| signed_parts.show(text);
    for (what, read, signed) in [
        ("the method", received.method, signed_parts.method),
        ("the path", received.path, signed_parts.path),
        ("the query", received.query, signed_parts.query),
    ] {
        if read != signed {
            differences.push(format!("{what} is {} instead of {}", shown(read), shown(signed)));
        }
    }
    for &(name, signed) in &signed_parts.headers {
        match received.header(name) {
            Some(read) if read == signed => {}
            Some(_) if is_secret(name) => differences.push(format!("header {name} has a different value")),
            Some(read) => {
                differences.push(format!("header {name} is {} instead of {}", shown(read), shown(signed)));
            }
            None => differences.push(format!("header {name} is missing")),
        }
    }
    for &(name, _) in received.headers.iter().filter(|(name, _)| signed_parts.header(name).is_none()) {
        differences.push(format!("header {} was added", shown(name)));
    }
    if received.names != signed_parts.names {
        differences.push(format!(
            "the signed headers are {} instead of {}",
            shown(received.names),
            shown(signed_parts.names)
        ));
    }
    if received.payload != signed_parts.payload {
        differences.push("the body has a different hash".to_owned());
    }
    if differences.is_empty() {
        return Some(MISMATCHED_KEY.to_owned());
    }
    // The message may contain any number of headers.
    differences.truncate(MAX_DIFFERENCES);
    Some(format!("The gateway received a different request than the signed one: {}.", differences.join("; ")))
}

/// The lines of a canonical request.
struct Parts<'a> {
    method: &'a str,
    path: &'a str,
    query: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    names: &'a str,
    payload: &'a str,
}

impl<'a> Parts<'a> {
    /// Parses a canonical request. Returns `None` if it is incomplete.
    fn read(text: &'a str, line_end: char) -> Option<Self> {
        let mut lines = text.split(line_end);
        let (method, path, query) = (lines.next()?.trim(), lines.next()?, lines.next()?);
        let mut headers = Vec::new();
        loop {
            match lines.next()? {
                "" => break,
                line => headers.push(line.split_once(':')?),
            }
        }
        let names = lines.next()?;
        let payload = lines.next()?;
        // The message continues after the canonical request.
        let end = payload.find(|character: char| !character.is_ascii_alphanumeric() && character != '-');
        let payload = end.map_or(payload, |end| payload.get(..end).unwrap_or(payload));
        Some(Self { method, path, query, headers, names, payload })
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// Returns `text` in quotes, or a placeholder if it contains a secret of this request.
    fn show(&self, text: &str) -> String {
        let has_secret = self.headers.iter().any(|(name, value)| is_secret(name) && text.contains(value));
        let names_secret = text.split(':').rev().skip(1).any(|before| {
            let name = before.rsplit(|character: char| !character.is_ascii_alphanumeric() && character != '-').next();
            name.is_some_and(is_secret)
        });
        if has_secret || names_secret {
            "[redacted]".to_owned()
        } else {
            format!("\"{}\"", excerpt(text, MAX_VALUE_LENGTH))
        }
    }
}

fn is_secret(header: &str) -> bool {
    ["x-security-token", "x-auth-token", "x-subject-token", "authorization", "cookie"]
        .iter()
        .any(|secret| header.eq_ignore_ascii_case(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANONICAL_REQUEST: &str = "GET\n/v5/p/hosts/\nlimit=10\nhost:127.0.0.1:18080\nx-sdk-date:20241125T080000Z\n\
        x-security-token:SENTINEL\n\nhost;x-sdk-date;x-security-token\ne3b0c442";

    /// The gateway's message, with our canonical request changed in transit.
    fn echo(from: &str, to: &str) -> String {
        assert!(CANONICAL_REQUEST.contains(from), "{from}");
        let read = CANONICAL_REQUEST.replacen(from, to, 1).replace('\n', "|");
        format!("Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:{read}")
    }

    #[test]
    fn lists_the_line_that_differs() {
        for (from, to, explanation) in [
            ("GET", "POST", r#"the method is "POST" instead of "GET""#),
            ("/hosts/", "/hosts2/", r#"the path is "/v5/p/hosts2/" instead of "/v5/p/hosts/""#),
            ("limit=10", "", r#"the query is "" instead of "limit=10""#),
            (":18080", "", r#"header host is "127.0.0.1" instead of "127.0.0.1:18080""#),
            ("x-sdk-date:20241125T080000Z\n", "", "header x-sdk-date is missing"),
            ("x-sdk-date:", "x-a:b\nx-sdk-date:", r#"header "x-a" was added"#),
            (
                "host;x-sdk",
                "x-sdk",
                r#"the signed headers are "x-sdk-date;x-security-token" instead of "host;x-sdk-date;x-security-token""#,
            ),
            ("e3b0c442", "e3b0c443", "the body has a different hash"),
            ("token:SENTINEL", "token:SENTINEL-OF-OTHERS", "header x-security-token has a different value"),
            (
                "GET\n/v5/p/hosts/",
                "PUT\n/",
                r#"the method is "PUT" instead of "GET"; the path is "/" instead of "/v5/p/hosts/""#,
            ),
        ] {
            assert_eq!(
                explain_mismatch(&echo(from, to), CANONICAL_REQUEST).unwrap(),
                format!("The gateway received a different request than the signed one: {explanation}.")
            );
        }
    }

    #[test]
    fn an_unchanged_request_means_a_wrong_secret() {
        for message in [echo("GET", "GET"), echo("e3b0c442", "e3b0c442, request id: 1")] {
            assert_eq!(explain_mismatch(&message, CANONICAL_REQUEST).unwrap(), MISMATCHED_KEY);
        }
    }

    #[test]
    fn does_not_explain_an_incomplete_canonical_request() {
        for message in ["", "verify aksk signature fail", "canonicalRequest:GET|/|", "canonicalRequest:GET|/||host|"] {
            assert_eq!(explain_mismatch(message, CANONICAL_REQUEST), None, "{message}");
        }
    }

    #[test]
    fn shows_no_secret_in_any_part_of_the_request() {
        for (from, to) in [
            ("GET", "SENTINEL"),
            ("/v5/p/hosts/", "/SENTINEL"),
            ("limit=10", "x-security-token:SENTIN"),
            ("limit=10", "X-Security-Token:SENTIN x:y"),
            ("host:127.0.0.1", "host:x-auth-token:SENTIN"),
            ("host:", "SENTINEL:"),
            ("host;", "SENTINEL;"),
            ("x-sdk-date:", "authorization:SENTIN\nx-sdk-date:"),
            ("x-sdk-date:", "\nx-security-token:SENTIN\n"),
        ] {
            let explanation = explain_mismatch(&echo(from, to), CANONICAL_REQUEST).unwrap();
            assert!(!explanation.contains("SENTIN"), "{explanation}");
            assert!(explanation.contains("a different request than the signed one"), "{explanation}");
        }
    }

    #[test]
    fn an_explanation_of_many_headers_is_shortened() {
        let explanation =
            explain_mismatch(&echo("host:", &format!("{}host:", "x:\n".repeat(20_000))), CANONICAL_REQUEST).unwrap();
        assert!(explanation.len() < 1000, "{} bytes", explanation.len());
    }

    #[test]
    fn an_explanation_is_safe_to_print() {
        let explanation =
            explain_mismatch(&echo("limit=10", &format!("\u{1b}[2J{}", "x".repeat(10_000))), CANONICAL_REQUEST)
                .unwrap();
        assert!(!explanation.contains('\u{1b}') && explanation.len() < 500, "{explanation}");
    }
}
