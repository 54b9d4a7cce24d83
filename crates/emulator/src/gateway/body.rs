//! Parses request bodies. Only documented fields are kept; others are discarded during parsing.

use std::fmt;

use hss_client::Operation;
use hss_client::operation::Field;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::response::Response;

/// Maximum size of the value of a field, in bytes of JSON. The longest lists that are allowed use half of it.
const FIELD_LIMIT: usize = 256 * 1024;

/// Parses and validates the body of a request. The body is ignored if the operation has none.
///
/// # Errors
///
/// Returns the error response of HSS.
pub(crate) fn read(operation: &Operation, body: &[u8]) -> Result<Value, Response> {
    let Some(documented) = operation.body else { return Ok(Value::Null) };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = Documented(documented.fields)
        .deserialize(&mut deserializer)
        .and_then(|read| deserializer.end().map(|()| read))
        .map_err(|error| Response::refused("HSS.0002", "the request cannot be parsed", &error.to_string()))?;
    operation.check_body(&read).map_err(|error| Response::bad_parameter(&error))?;
    Ok(read)
}

/// Deserializes an object with these fields. Other fields are ignored, as in the service, before they use memory.
struct Documented(&'static [Field]);

impl<'de> DeserializeSeed<'de> for Documented {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Documented {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if !self.0.iter().any(|field| field.name == name) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            // A decoded value uses many times as much memory as its text.
            let text = map.next_value::<&RawValue>()?.get();
            if text.len() > FIELD_LIMIT {
                return Err(A::Error::custom(format!("{name} has more than {FIELD_LIMIT} bytes")));
            }
            read.insert(name, serde_json::from_str(text).map_err(A::Error::custom)?);
        }
        Ok(Value::Object(read))
    }
}

#[cfg(test)]
mod tests {
    use hss_client::operations::{CREATE_VULNERABILITY_SCAN_TASK, LIST_VUL_SCAN_TASK};
    use serde_json::json;

    use super::*;

    const GOOD: &str = r#""manual_scan_type": ["app_vul"], "batch_flag": true, "range_type": "all_host""#;

    fn read_it(body: &str) -> Result<Value, String> {
        read(&CREATE_VULNERABILITY_SCAN_TASK, body.as_bytes())
            .map_err(|response| String::from_utf8(response.body.to_vec()).unwrap())
    }

    #[test]
    fn drops_undocumented_fields() {
        let good = json!({"manual_scan_type": ["app_vul"], "batch_flag": true, "range_type": "all_host"});
        for more in [
            "",
            r#", "unknown": {"deep": [[[1, "x"], {}], null]}"#,
            r#", "": "", "x": "\ud83d\ude00""#,
            &format!(r#", "unknown": [{}0]"#, "0,".repeat(FIELD_LIMIT)),
            &format!(r#", "{}": 0"#, "n".repeat(FIELD_LIMIT)),
        ] {
            assert_eq!(read_it(&format!("{{{GOOD}{more}}}")).unwrap(), good);
        }
        assert_eq!(read(&LIST_VUL_SCAN_TASK, b"{").unwrap(), Value::Null, "this operation takes none");
    }

    #[test]
    fn refuses_invalid_bodies() {
        for (body, why) in [
            ("", "EOF"),
            ("{", "EOF"),
            ("[]", "expected a JSON object"),
            ("null", "expected a JSON object"),
            ("{} {}", "trailing characters"),
            (r#"{"unknown": [}"#, "expected value"),
            (r#"{"batch_flag": truth}"#, "expected"),
            ("{}", "missing manual_scan_type"),
            (&format!(r#"{{{GOOD}, "agent_id_list": [{}0]}}"#, "0,".repeat(FIELD_LIMIT)), "has more than 262144 bytes"),
            (&format!(r#"{{{GOOD}, "agent_id_list": {}{}}}"#, "[".repeat(500), "]".repeat(500)), "recursion limit"),
        ] {
            let refused = read_it(body).unwrap_err();
            assert!(refused.contains(why), "{body:.100}: {refused:.300}");
        }
    }
}
