//! Reads only the error fields of a JSON object.

use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::ERROR_NAMES;

/// The error fields at the top level of a body.
#[derive(Debug, Default)]
pub(super) struct TopLevel {
    /// The fields with names of error fields.
    pub(super) errors: Map<String, Value>,
    /// Whether the object has the list of rows.
    pub(super) is_page: bool,
}

/// Reads the top level of a body. Below it, only error fields are decoded. `items` is the name of the list of rows.
///
/// # Errors
///
/// Returns an error if the body is not a JSON object.
pub(super) fn top_level(body: &[u8], items: Option<&str>) -> serde_json::Result<TopLevel> {
    serde_json::Deserializer::from_slice(body).deserialize_map(Object { items })
}

struct Object<'a> {
    items: Option<&'a str>,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = TopLevel;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<TopLevel, A::Error> {
        let mut found = TopLevel::default();
        while let Some(name) = fields.next_key::<String>()? {
            if ERROR_NAMES.contains(&name.as_str()) {
                found.errors.insert(name, fields.next_value()?);
            } else {
                found.is_page |= self.items == Some(name.as_str());
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}
