//! Decodes lists and text more leniently than documented, as services send them.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

/// Decodes a list. `null` is an absent list, and `null` rows are skipped.
///
/// Otherwise one such row would make the whole page fail.
///
/// # Errors
///
/// Returns an error of the deserializer for a value that is not a list and for rows that cannot be decoded.
pub fn list<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_option(List(PhantomData))
}

struct List<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = Option<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(row) = rows.next_element::<Option<T>>()? {
            list.extend(row);
        }
        Ok(Some(list))
    }
}

/// Decodes a text to a value that is created from it, without copying the text.
///
/// # Errors
///
/// Returns an error of the deserializer for a value that is not a text.
pub fn text_as<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: for<'a> From<&'a str>,
{
    deserializer.deserialize_str(Text(PhantomData))
}

struct Text<T>(PhantomData<T>);

impl<T: for<'a> From<&'a str>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(text.into())
    }
}

/// Replaces the parts of a JSON text that are not valid Unicode by U+FFFD: bytes that are not UTF-8, and escapes of
/// unpaired surrogates. Returns `None` if nothing needs to be replaced.
///
/// Otherwise a JSON parser refuses a whole page because of one such name.
///
/// ```
/// use huaweicloud_core::lenient::repaired;
///
/// assert_eq!(repaired(br#"{"host_name":"\ud800"}"#).as_deref(), Some(r#"{"host_name":"\ufffd"}"#));
/// assert_eq!(repaired(br#"{"host_name":"\ud83d\ude00"}"#), None);
/// ```
#[must_use]
pub fn repaired(json: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(json);
    match (without_lone_surrogates(&text), text) {
        (Some(repaired), _) => Some(repaired),
        (None, Cow::Owned(text)) => Some(text),
        (None, Cow::Borrowed(_)) => None,
    }
}

/// Replaces escapes of unpaired surrogates. Returns `None` if there are none.
fn without_lone_surrogates(text: &str) -> Option<String> {
    const REPLACEMENT: &str = r"\ufffd";
    let mut repaired = String::new();
    // The end of the text that was copied to `repaired`, and the position from which the search continues.
    let (mut copied, mut from) = (0, 0);
    while let Some(at) = text.get(from..).and_then(|rest| rest.find('\\')).map(|found| from + found) {
        from = match surrogate(text, at) {
            None => at + 2,
            Some(first) if is_high(first) && surrogate(text, at + 6).is_some_and(|second| !is_high(second)) => at + 12,
            Some(_) => {
                repaired.push_str(text.get(copied..at)?);
                repaired.push_str(REPLACEMENT);
                copied = at + 6;
                copied
            }
        };
    }
    if copied == 0 {
        return None;
    }
    repaired.push_str(text.get(copied..)?);
    Some(repaired)
}

/// Returns the surrogate whose escape begins at this position, if there is one.
fn surrogate(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    let unit = u16::from_str_radix(digits, 16).ok()?;
    (0xd800..0xe000).contains(&unit).then_some(unit)
}

fn is_high(surrogate: u16) -> bool {
    surrogate < 0xdc00
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_only_text_that_is_not_unicode() {
        for (json, expected) in [
            (&b"\"a\xd6\xf7b\""[..], Some("\"a\u{fffd}\u{fffd}b\"")),
            (br#""a\ud800b""#, Some(r#""a\ufffdb""#)),
            (br#""\uD800\uD800\uDC00""#, Some(r#""\ufffd\uD800\uDC00""#)),
            (br#""\udc00\ud800""#, Some(r#""\ufffd\ufffd""#)),
            (b"\"\xff\\ud800\"", Some("\"\u{fffd}\\ufffd\"")),
            (br#""\ud83d\ude00""#, None),
            (br#""\\ud800""#, None),
            (br#""\u00e9 \n""#, None),
            (br#""\ud80""#, None),
            (b"\"\\", None),
            ("\"\\主\"".as_bytes(), None),
            (b"", None),
        ] {
            let shown = String::from_utf8_lossy(json).into_owned();
            assert_eq!(repaired(json).as_deref(), expected, "{shown}");
        }
    }
}
