//! A text without its encoding, in which a secret is found whatever way it was escaped.

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

/// How often a text may be escaped.
const DEPTH: usize = 4;

/// Decodes the escapes of URLs and forms (`%2F`, `+`), of JSON (`\u002f`, `\/`) and of HTML (`&#47;`, `&amp;`), one inside
/// of another. Backslashes are removed, and `+` becomes a space.
pub(super) fn plain(text: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(text.to_owned());
    for _ in 0..DEPTH {
        let decoded = Zeroizing::new(percent_decode_str(&unescaped(&text)).decode_utf8_lossy().into_owned());
        if *decoded == *text {
            break;
        }
        text = decoded;
    }
    Zeroizing::new(text.replace('+', " "))
}

/// Decodes the escapes of JSON and HTML.
fn unescaped(text: &str) -> Zeroizing<String> {
    let mut decoded = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '&']) {
        let (before, escape) = rest.split_at(at);
        decoded.push_str(before);
        let length = match json_escape(escape).or_else(|| html_escape(escape)) {
            Some((character, length)) => {
                decoded.push(character);
                length
            }
            None => {
                decoded.push_str(if escape.starts_with('&') { "&" } else { "" });
                1
            }
        };
        rest = escape.get(length..).unwrap_or_default();
    }
    decoded.push_str(rest);
    decoded
}

/// Reads `\u002f`: the character and the length of the escape.
fn json_escape(text: &str) -> Option<(char, usize)> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    Some((char::from_u32(u32::from_str_radix(digits, 16).ok()?)?, 6))
}

/// Reads `&#47;`, `&#x2f;` or `&amp;`: the character and the length of the escape.
fn html_escape(text: &str) -> Option<(char, usize)> {
    let (name, _) = text.strip_prefix('&')?.split_once(';').filter(|(name, _)| name.len() <= 8)?;
    let character = match (name, name.strip_prefix('#')) {
        ("amp", _) => '&',
        ("lt", _) => '<',
        ("gt", _) => '>',
        ("quot", _) => '"',
        ("apos", _) => '\'',
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
    fn escapes_are_decoded() {
        for (text, decoded) in [
            ("", ""),
            ("tok/en+=x", "tok/en =x"),
            ("tok%2fen%2B%3Dx", "tok/en =x"),
            ("tok%252fen", "tok/en"),
            (r"tok\u002fen\u003Dx\/y", "tok/en=x/y"),
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
