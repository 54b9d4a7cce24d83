//! JSON values that are stored as text. A decoded value uses up to a hundred times as much memory.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// A JSON value, stored as compact text. Convert a [`Value`] with `into`. It can be serialized only as JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct Json(Box<str>);

impl Json {
    /// Returns the text of the value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self(value.to_string().into())
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(&self.0).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = Vec::new();
        Writer(&mut text).deserialize(deserializer)?;
        String::from_utf8(text).map(|text| Self(text.into())).map_err(D::Error::custom)
    }
}

/// Writes a value of any format as JSON while it is deserialized, so that it is never decoded as a whole.
struct Writer<'a>(&'a mut Vec<u8>);

impl Writer<'_> {
    fn write<E: serde::de::Error>(self, value: &impl Serialize) -> Result<(), E> {
        serde_json::to_writer(self.0, value).map_err(E::custom)
    }
}

impl<'de> DeserializeSeed<'de> for Writer<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Writer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.write(&())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self(text) = self;
        text.push(b'[');
        while seq.next_element_seed(Writer(&mut *text))?.is_some() {
            text.push(b',');
        }
        close(text, b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(text) = self;
        text.push(b'{');
        while let Some(name) = map.next_key::<String>()? {
            Writer(&mut *text).write(&name)?;
            text.push(b':');
            map.next_value_seed(Writer(&mut *text))?;
            text.push(b',');
        }
        close(text, b'}');
        Ok(())
    }
}

/// Closes a list or an object and replaces the comma after its last member.
fn close(text: &mut Vec<u8>, bracket: u8) {
    if text.last() == Some(&b',') {
        text.pop();
    }
    text.push(bracket);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keeps_values_of_every_type() {
        let text = r#"{"a":[0,-1,1.5,18446744073709551615,true,null,"\"\n任,"],"b":{},"c":[],"d":{"":[[","]]}}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        let json: Json = serde_json::from_str(&format!("{value:#}")).unwrap();
        assert_eq!((json.as_str(), &json), (text, &Json::from(value.clone())));
        assert_eq!(serde_json::to_string(&json).unwrap(), text);
        assert_eq!(serde_json::to_value(json).unwrap(), value);
        for text in ["0", "\"\"", "[]", "{}", "null", "false", r#"{"a":1,"a":2}"#] {
            assert_eq!(serde_json::from_str::<Json>(text).unwrap().as_str(), text);
        }
        assert_eq!(format!("{:?}", Json::from(json!([1, "a"]))), r#"[1,"a"]"#);
    }

    #[test]
    fn converts_toml_to_json() {
        #[derive(Deserialize)]
        struct File {
            json: Json,
        }
        let File { json } = toml::from_str("[json]\nb = [1, 1.5, { c = 'x' }]\na = true").unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(json.as_str()).unwrap(),
            json!({"b": [1, 1.5, {"c": "x"}], "a": true})
        );
    }

    #[test]
    fn refuses_invalid_json() {
        for text in ["", "[", "[1,]", "{\"a\"}", "nul", &"[".repeat(1_000)] {
            assert!(serde_json::from_str::<Json>(text).is_err(), "{text:.20}");
        }
    }
}
