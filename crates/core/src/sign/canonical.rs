//! Builds the canonical request, which both sides hash.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};
use ring::digest;
use zeroize::Zeroizing;

use super::{Signable, hex};

/// All characters except those that RFC 3986 calls unreserved.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The same without the slash, which separates segments.
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');
/// The SHA-256 hash of empty input.
const EMPTY_HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Returns method, path, query, headers, header names and the hash of the body, one per line. A blank line follows the
/// headers.
pub(super) fn request(request: &Signable<'_>, headers: &[(Cow<'_, str>, &str)], names: &str) -> Zeroizing<String> {
    let pairs = pairs(request.query);
    let payload = match request.body {
        [] => Cow::Borrowed(EMPTY_HASH),
        body => match headers.iter().find(|(name, _)| name == "x-sdk-content-sha256") {
            Some((_, hash)) => Cow::Borrowed(*hash),
            None => Cow::Owned(hex(digest::digest(&digest::SHA256, body).as_ref())),
        },
    };
    // The capacity suffices for the whole text, so that reallocation leaves no copy of the security token in memory.
    // Escaping at most triples a byte, and each key may need a `=`. The rest is a slash and line ends.
    let of_headers: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    let of_query = 3 * request.query.len() + pairs.len();
    let room = request.method.len() + 3 * request.path.len() + of_query + of_headers + names.len() + payload.len() + 8;
    let mut text = Zeroizing::new(String::with_capacity(room));
    text.extend(request.method.chars().map(|character| character.to_ascii_uppercase()));
    text.push('\n');
    push_path(&mut text, request.path);
    text.push('\n');
    push_query(&mut text, &pairs);
    text.push('\n');
    for (name, value) in headers {
        text.push_str(name);
        text.push(':');
        text.push_str(value);
        text.push('\n');
    }
    text.push('\n');
    text.push_str(names);
    text.push('\n');
    text.push_str(&payload);
    text
}

/// Appends the path, decoded and encoded again, with a final slash that is not in the sent request.
///
/// An escaped slash becomes a plain slash and thus separates two segments, as in the official Python SDK.
fn push_path(text: &mut String, path: &str) {
    let decoded = decoded(path);
    text.extend(percent_encode(&decoded, PATH));
    if !text.ends_with('/') {
        text.push('/');
    }
}

/// The key and value of a query parameter, decoded.
type Pair<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// Returns the decoded keys and values of a query, sorted by key and then value as raw bytes.
fn pairs(query: &str) -> Vec<Pair<'_>> {
    let mut pairs: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (form_decoded(key), form_decoded(value))
        })
        .collect();
    pairs.sort_unstable();
    pairs
}

fn push_query(text: &mut String, pairs: &[Pair<'_>]) {
    for (index, (key, value)) in pairs.iter().enumerate() {
        if index > 0 {
            text.push('&');
        }
        text.extend(percent_encode(key, UNRESERVED));
        text.push('=');
        text.extend(percent_encode(value, UNRESERVED));
    }
}

fn form_decoded(text: &str) -> Cow<'_, [u8]> {
    // A plus must become a space before escapes are decoded: an escaped plus stays a plus.
    if text.contains('+') { Cow::Owned(decoded(&text.replace('+', " ")).into_owned()) } else { decoded(text) }
}

/// Decodes percent-encoding. A percent sign without two hexadecimal digits after it is kept.
fn decoded(text: &str) -> Cow<'_, [u8]> {
    percent_decode(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(of: &str) -> String {
        let mut text = String::new();
        push_path(&mut text, of);
        text
    }

    fn query(of: &str) -> String {
        let mut text = String::new();
        push_query(&mut text, &pairs(of));
        text
    }

    #[test]
    fn a_path_is_decoded_and_encoded_and_ends_with_a_slash() {
        for (given, canonical) in [
            ("", "/"),
            ("/", "/"),
            ("/v5", "/v5/"),
            ("/v5/", "/v5/"),
            ("/a//b", "/a//b/"),
            ("/a%2fb%20c", "/a/b%20c/"),
            ("/a+b'(x)!*~", "/a%2Bb%27%28x%29%21%2A~/"),
            ("/你", "/%E4%BD%A0/"),
            ("/%e4%bd%a0", "/%E4%BD%A0/"),
            ("/%ff", "/%FF/"),
            ("/%", "/%25/"),
            ("/%4", "/%254/"),
            ("/%zz%41", "/%25zzA/"),
            ("/%252F", "/%252F/"),
        ] {
            assert_eq!(path(given), canonical, "{given}");
        }
    }

    #[test]
    fn a_query_is_sorted_by_raw_key_and_value() {
        for (given, canonical) in [
            ("", ""),
            ("&&", ""),
            ("flag", "flag="),
            ("=x", "=x"),
            ("b=1&a=2&a=1&A=3", "A=3&a=1&a=2&b=1"),
            ("a-b=x&a.b=y&a=1&a%20=0", "a=1&a%20=0&a-b=x&a.b=y"),
            ("v=a+b%2Bc", "v=a%20b%2Bc"),
            ("v=a=b", "v=a%3Db"),
            ("v=%zz%e4%bd%a0你", "v=%25zz%E4%BD%A0%E4%BD%A0"),
        ] {
            assert_eq!(query(given), canonical, "{given}");
        }
    }

    #[test]
    fn the_text_is_never_reallocated() {
        let worst = Signable { method: "OPTIONS", path: "你你你", query: "你&你&=&=", headers: &[], body: b"x" };
        let token = "t".repeat(5000);
        let headers = [(Cow::Borrowed("x-security-token"), token.as_str())];
        let text = request(&worst, &headers, "x-security-token");
        // The initial capacity: the method has 7 bytes, the path 9 and the query 11 with four pairs, both tripled. The
        // header line, its name, the hash, and 8 bytes follow.
        assert_eq!(text.capacity(), 7 + 3 * 9 + (3 * 11 + 4) + 5018 + 16 + 64 + 8);
    }

    #[test]
    fn the_empty_hash_is_that_of_empty_input() {
        assert_eq!(hex(digest::digest(&digest::SHA256, b"").as_ref()), EMPTY_HASH);
    }
}
