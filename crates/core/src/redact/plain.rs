//! Decodes a text, so that a secret is found however it was escaped.

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

/// The maximum number of nested escapes.
const MAX_DEPTH: usize = 4;

/// Decodes escapes of URLs and forms (`%2F`, `+`), of JSON and programming languages (`\u002f`, `%u002f`, `\x2f`, `\/`)
/// and of HTML (`&#47;`, `&amp;`), also if they are nested. Backslashes are removed, and `+` becomes a space.
pub(super) fn plain(text: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(text.to_owned());
    for _ in 0..MAX_DEPTH {
        let decoded = Zeroizing::new(percent_decode_str(&unescaped(&text)).decode_utf8_lossy().into_owned());
        if *decoded == *text {
            break;
        }
        text = decoded;
    }
    Zeroizing::new(text.replace('+', " "))
}

/// Decodes escapes of JSON, programming languages and HTML.
fn unescaped(text: &str) -> Zeroizing<String> {
    let mut decoded = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '%', '&']) {
        let (before, escape) = rest.split_at(at);
        decoded.push_str(before);
        let numeric =
            || [("\\u", 4), ("%u", 4), ("\\x", 2)].iter().find_map(|(start, digits)| code(escape, start, *digits));
        let length = match numeric().or_else(|| html_escape(escape)) {
            Some((character, length)) => {
                decoded.push(character);
                length
            }
            None => {
                decoded.push_str(escape.get(..1).filter(|start| *start != "\\").unwrap_or_default());
                1
            }
        };
        rest = escape.get(length..).unwrap_or_default();
    }
    decoded.push_str(rest);
    decoded
}

/// Parses an escape with this start and this number of hexadecimal digits. Returns the character and the length of the
/// escape.
fn code(text: &str, start: &str, digits: usize) -> Option<(char, usize)> {
    let number = text.strip_prefix(start)?.get(..digits)?;
    Some((char::from_u32(u32::from_str_radix(number, 16).ok()?)?, start.len() + digits))
}

/// Parses `&#47;`, `&#x2f;` or `&amp;`. Returns the character and the length of the escape.
fn html_escape(text: &str) -> Option<(char, usize)> {
    let (name, _) = text.strip_prefix('&')?.split_once(';').filter(|(name, _)| name.len() <= 8)?;
    let character = match (name, name.strip_prefix('#')) {
        ("amp", _) => '&',
        ("lt", _) => '<',
        ("gt", _) => '>',
        ("quot", _) => '"',
        ("apos", _) => '\'',
        ("sol", _) => '/',
        ("plus", _) => '+',
        ("equals", _) => '=',
        (_, Some(number)) => {
            let hexadecimal = number.strip_prefix(['x', 'X']).map(|digits| u32::from_str_radix(digits, 16));
            char::from_u32(hexadecimal.unwrap_or_else(|| number.parse()).ok()?)?
        }
        _ => return None,
    };
    Some((character, name.len() + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_escapes() {
        for (text, decoded) in [
            ("", ""),
            ("tok/en+=x", "tok/en =x"),
            ("tok%2fen%2B%3Dx", "tok/en =x"),
            ("tok%252fen", "tok/en"),
            (r"tok\u002fen\u003Dx\/y", "tok/en=x/y"),
            (r"tok\x2fen%u003dx", "tok/en=x"),
            ("tok&sol;en&equals;x&plus;", "tok/en=x "),
            (r"%u12 \x2", "%u12 x2"),
            (r#"{\"a\":\"b\\\"c\"}"#, r#"{"a":"b"c"}"#),
            ("a&amp;b&#38;c&#x26;d&quot;e&apos;f&lt;&gt;", "a&b&c&d\"e'f<>"),
            ("&amp;amp;lt;", "<"),
            ("%41&#66;\\u0043", "ABC"),
            ("100% & more; \\ \\u12 &# &#x; &; &other; \\u", "100% & more;  u12 &# &#x; &; &other; u"),
            ("生产\u{fffd}-1", "生产\u{fffd}-1"),
        ] {
            assert_eq!(*plain(text), decoded, "{text}");
        }
    }
}
