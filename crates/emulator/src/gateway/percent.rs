//! Strict percent-decoding. Invalid input is refused.

/// Decodes `%` escapes. Returns `None` if an escape lacks its two digits or the bytes are not UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { digit(rest.next()?)? << 4 | digit(rest.next()?)? } else { byte });
    }
    String::from_utf8(bytes).ok()
}

/// Returns the pairs of a query string, in order. A name without `=` has an empty value. Returns `None` in the same
/// cases as [`decode`].
pub(crate) fn decode_query(query: &str) -> Option<Vec<(String, String)>> {
    let read = |text: &str| decode(&text.replace('+', " "));
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((read(name)?, read(value)?))
        })
        .collect()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_or_refuses_escapes() {
        for (text, decoded) in [
            ("scan-tasks", Some("scan-tasks")),
            ("a%2Fb%2fc", Some("a/b/c")),
            ("%e4%BB%bb", Some("任")),
            ("a+b", Some("a+b")),
            ("%25", Some("%")),
            ("%ff", None),
            ("%", None),
            ("%4", None),
            ("%zz", None),
        ] {
            assert_eq!(decode(text).as_deref(), decoded, "{text}");
        }
    }

    #[test]
    fn splits_a_query_into_pairs() {
        let pairs = decode_query("a=1&&b=x+y%26&c&a=2=3").unwrap();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("a", "1"), ("b", "x y&"), ("c", ""), ("a", "2=3")]);
        assert_eq!(decode_query("a=%ff"), None);
    }
}
