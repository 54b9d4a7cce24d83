//! The one form of a request that both sides hash.

use std::borrow::Cow;

use ring::digest;
use zeroize::Zeroizing;

use super::{Payload, Signable, UNSIGNED_PAYLOAD, hex};

/// SHA-256 of nothing.
const EMPTY_HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Method, path, query, headers, their names and the hash of the body, one a line. A blank line follows the headers.
pub(super) fn request(request: &Signable<'_>, headers: &[(Cow<'_, str>, &str)], names: &str) -> Zeroizing<String> {
    let pairs = pairs(request.query);
    let payload = match request.payload {
        Payload::Body([]) | Payload::Unsigned([]) => Cow::Borrowed(EMPTY_HASH),
        Payload::Unsigned(_) => Cow::Borrowed(UNSIGNED_PAYLOAD),
        Payload::Body(body) => match headers.iter().find(|(name, _)| name == "x-sdk-content-sha256") {
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
    for byte in decoded(path.as_bytes()) {
        if byte == b'/' {
            text.push('/');
        } else {
            push_encoded(text, byte);
        }
    }
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
        key.iter().for_each(|&byte| push_encoded(text, byte));
        text.push('=');
        value.iter().for_each(|&byte| push_encoded(text, byte));
    }
}

fn form_decoded(text: &str) -> Cow<'_, [u8]> {
    if text.bytes().any(|byte| byte == b'%' || byte == b'+') {
        // A plus must turn into a space before escapes are read: an escaped plus is a plus.
        let spaced: Vec<u8> = text.bytes().map(|byte| if byte == b'+' { b' ' } else { byte }).collect();
        Cow::Owned(decoded(&spaced).collect())
    } else {
        Cow::Borrowed(text.as_bytes())
    }
}

/// The bytes that `text` stands for. A percent sign without two hexadecimal digits after it stands for itself.
fn decoded(text: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = text;
    std::iter::from_fn(move || match *rest {
        [b'%', high, low, ref tail @ ..] => {
            let digits = (digit(high), digit(low));
            if let (Some(high), Some(low)) = digits {
                rest = tail;
                Some(high << 4 | low)
            } else {
                rest = rest.split_first()?.1;
                Some(b'%')
            }
        }
        [byte, ref tail @ ..] => {
            rest = tail;
            Some(byte)
        }
        [] => None,
    })
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        b'A'..=b'F' => Some(character - b'A' + 10),
        _ => None,
    }
}

fn push_encoded(text: &mut String, byte: u8) {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
        text.push(char::from(byte));
    } else {
        let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 });
        text.push('%');
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
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
        let worst = Signable {
            method: "OPTIONS",
            path: "你你你",
            query: "你&你&=&=",
            headers: &[],
            payload: Payload::Body(b"x"),
        };
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
