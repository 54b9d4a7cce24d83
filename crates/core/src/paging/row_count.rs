//! Counts the rows of a page in the response body.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Counts the elements of the list `name` in a JSON object, including `null`. Returns `None` if there is no such list.
///
/// Decoding drops `null` rows, but the service counts them in offsets and in the total.
pub(super) fn row_count(body: &[u8], name: &str) -> Option<usize> {
    serde_json::Deserializer::from_slice(body).deserialize_map(Object { name }).ok().flatten()
}

struct Object<'a> {
    name: &'a str,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let mut count = None;
        while let Some(name) = fields.next_key::<String>()? {
            if name == self.name {
                count = Some(fields.next_value_seed(List)?);
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(count)
    }
}

struct List;

impl<'de> DeserializeSeed<'de> for List {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<usize, A::Error> {
        let mut count = 0_usize;
        while members.next_element::<IgnoredAny>()?.is_some() {
            count = count.checked_add(1).ok_or_else(|| A::Error::custom("too many rows"))?;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_all_elements_of_the_named_list_only() {
        for (body, count) in [
            (r#"{"total_num":3,"rows":[null,{"rows":[1]},{}]}"#, Some(3)),
            (r#"{"rows":[]}"#, Some(0)),
            (r#"{"rows":null}"#, None),
            (r#"{"other":[1]}"#, None),
            (r#"{"rows":[1"#, None),
            ("[]", None),
            ("", None),
        ] {
            assert_eq!(row_count(body.as_bytes(), "rows"), count, "{body}");
        }
    }
}
