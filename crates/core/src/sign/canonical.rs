//! The one form of a request that both sides hash.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};
use ring::digest;
use zeroize::Zeroizing;

use super::{Signable, hex};

/// Every character but those that RFC 3986 calls unreserved.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The same, where slashes divide.
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');
/// SHA-256 of nothing.
const EMPTY_HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Method, path, query, headers, their names and the hash of the body, one a line. A blank line follows the headers.
pub(super) fn request(request: &Signable<'_>, headers: &[(Cow<'_, str>, &str)], names: &str) -> Zeroizing<String> {
    let pairs = pairs(request.query);
    let payload = match request.body {
        [] => Cow::Borrowed(EMPTY_HASH),
        body => match headers.iter().find(|(name, _)| name == "x-sdk-content-sha256") {
            Some((_, hash)) => Cow::Borrowed(*hash),
            None => Cow::Owned(hex(digest::digest(&digest::SHA256, body).as_ref())),
        },
    };
    // Room for all, so that no smaller copy with the security token in it stays behind: escaping triples a byte
    // at most, each key may need its `=`, and the rest is a slash and line ends.
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

/// The path, decoded and encoded again, with a final slash that is not on the wire.
///
/// An escaped slash becomes a plain one and so two segments, as in the official Python SDK.
fn push_path(text: &mut String, path: &str) {
    let decoded = decoded(path);
    text.extend(percent_encode(&decoded, PATH));
    if !text.ends_with('/') {
        text.push('/');
    }
}

/// Key and value of a query, decoded.
type Pair<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// Keys and values of a query, decoded, by key and then value, both by their raw bytes.
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
    // A plus must turn into a space before escapes are read: an escaped plus is a plus.
    if text.contains('+') { Cow::Owned(decoded(&text.replace('+', " ")).into_owned()) } else { decoded(text) }
}

/// The bytes that `text` stands for. A percent sign without two hexadecimal digits after it stands for itself.
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
    fn a_path_is_decoded_encoded_and_ends_in_a_slash() {
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
    fn the_text_is_never_moved_while_it_is_written() {
        let worst = Signable { method: "OPTIONS", path: "你你你", query: "你&你&=&=", headers: &[], body: b"x" };
        let token = "t".repeat(5000);
        let headers = [(Cow::Borrowed("x-security-token"), token.as_str())];
        let text = request(&worst, &headers, "x-security-token");
        // What it asked for at first: seven of method, 9 of path and 11 of query with four pairs, both tripled, the
        // header line, its name, a hash, and eight.
        assert_eq!(text.capacity(), 7 + 3 * 9 + (3 * 11 + 4) + 5018 + 16 + 64 + 8);
    }

    #[test]
    fn the_empty_hash_is_that_of_nothing() {
        assert_eq!(hex(digest::digest(&digest::SHA256, b"").as_ref()), EMPTY_HASH);
    }
}
