//! Reading lists and text as services send them, not only as they document them.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

/// Reads a list, where `null` is an absent list and a `null` among the rows is no row.
///
/// One such row would otherwise fail the whole page.
///
/// # Errors
///
/// Those of the deserializer, for what is no list and for rows that are none.
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

/// Reads a text as the value that is made of it, without a copy of the text.
///
/// # Errors
///
/// Those of the deserializer, for what is no text.
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

/// Replaces what is not valid Unicode in a JSON text by U+FFFD: bytes that are not UTF-8, and escapes of surrogates without
/// their other half. Returns `None` if there is nothing to replace.
///
/// A JSON parser refuses a whole page for one such name.
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

/// Replaces escapes of surrogates that are not in pairs; `None` if there are none.
fn without_lone_surrogates(text: &str) -> Option<String> {
    const REPLACEMENT: &str = r"\ufffd";
    let mut repaired = String::new();
    // How much of the text is in `repaired`, and from where on it is searched.
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

/// The surrogate whose escape begins there, if one does.
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
    fn text_that_is_not_unicode_is_replaced_and_nothing_else() {
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
