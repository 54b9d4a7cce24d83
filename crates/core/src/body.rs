//! Validates request bodies against the operation table, in the client and in a server that emulates the service.

use serde_json::Value;

use crate::arguments::check_kind;
use crate::operation::{Body, Field, Items, Operation, ParameterType};
use crate::{Error, Result};

impl Operation {
    /// Checks the fields of a body against the OpenAPI document: required fields, types and bounds. `null` counts as
    /// absent. Unknown fields are ignored.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) with the name of the field.
    ///
    /// ```
    /// use huaweicloud_core::operation::{Body, Field, Items, ParameterType};
    /// use serde_json::json;
    ///
    /// # const KIND: ParameterType = ParameterType::String { min_length: Some(1), max_length: Some(64), allowed: &[] };
    /// # const HOST_IDS: Field =
    /// #     Field::new("host_ids").required(true).list(Some(Items::new(1).max(Some(1000)))).kind(Some(KIND));
    /// # let operation = huaweicloud_core::IAM_OPERATIONS[0].body(Some(Body::new("Wanted", "{}", &[HOST_IDS])));
    /// let refused = operation.check_body(&json!({"host_ids": []})).unwrap_err();
    /// assert_eq!(refused.message(), "invalid host_ids: 0 values; expected at least 1");
    /// assert!(operation.check_body(&json!({"host_ids": ["h1"]})).is_ok());
    /// ```
    pub fn check_body(&self, body: &Value) -> Result<()> {
        let in_operation = |error: Error| error.with_operation(self.id);
        let Some(Body { fields, .. }) = self.body else { return Ok(()) };
        if !body.is_object() {
            return Err(in_operation(Error::usage("invalid request body: expected a JSON object")));
        }
        fields.iter().try_for_each(|field| check_field(field, body.get(field.name))).map_err(in_operation)
    }

    /// Checks the text of a body that was not created from a model. It must be JSON and pass
    /// [`check_body`](Self::check_body) and [`check_body_names`](Self::check_body_names).
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) for the first problem.
    pub fn check_body_text(&self, text: &[u8]) -> Result<()> {
        let body = serde_json::from_slice(text).map_err(|error| {
            Error::usage("invalid request body: expected JSON").with_cause(error).with_operation(self.id)
        })?;
        self.check_body_names(&body)?;
        self.check_body(&body)
    }

    /// Refuses a body with fields that the document does not define. The service would silently ignore them.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) with the first unknown field and the names of all known
    /// fields.
    pub fn check_body_names(&self, body: &Value) -> Result<()> {
        let (Some(Body { fields, .. }), Some(given)) = (self.body, body.as_object()) else { return Ok(()) };
        match given.keys().find(|name| !fields.iter().any(|field| field.name == *name)) {
            Some(name) => {
                let known: Vec<_> = fields.iter().map(|field| field.name).collect();
                let error = Error::usage(format!("unknown field {name:?} in the request body"));
                Err(error.with_hint(format!("The fields are {}.", known.join(", "))).with_operation(self.id))
            }
            None => Ok(()),
        }
    }
}

fn check_field(field: &Field, value: Option<&Value>) -> Result<()> {
    let name = field.name;
    let value = match value {
        None | Some(Value::Null) if field.required => return Err(Error::usage(format!("missing {name}"))),
        None | Some(Value::Null) => return Ok(()),
        Some(value) => value,
    };
    let Some(Items { min, max }) = field.list else { return check_value(name, field.kind, value) };
    let Value::Array(values) = value else { return Err(Error::usage(format!("invalid {name}: expected a list"))) };
    let count = values.len() as u64;
    match max {
        _ if count < min => Err(Error::usage(format!("invalid {name}: {count} values; expected at least {min}"))),
        Some(max) if count > max => {
            Err(Error::usage(format!("invalid {name}: {count} values; expected at most {max}")))
        }
        _ => values.iter().try_for_each(|value| check_value(name, field.kind, value)),
    }
}

fn check_value(name: &str, kind: Option<ParameterType>, value: &Value) -> Result<()> {
    let refuse = |why: String| Error::usage(format!("invalid {name} {value}: {why}"));
    match (&kind, value) {
        (None, _) | (Some(ParameterType::Boolean), Value::Bool(_)) => Ok(()),
        (Some(kind @ ParameterType::String { .. }), Value::String(text)) => check_kind(kind, text).map_err(refuse),
        // In JSON, 1.0 is not a whole number.
        (Some(kind @ ParameterType::Integer { .. }), Value::Number(number)) => {
            check_kind(kind, &number.to_string()).map_err(refuse)
        }
        (Some(ParameterType::String { .. }), _) => Err(refuse("expected a string".to_owned())),
        (Some(ParameterType::Integer { .. }), _) => Err(refuse("expected a number".to_owned())),
        (Some(ParameterType::Boolean), _) => Err(refuse("expected true or false".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::operation::EXAMPLE;

    const fn field(name: &'static str, kind: Option<ParameterType>, list: Option<Items>) -> Field {
        Field::new(name).kind(kind).list(list)
    }

    const TEXT: ParameterType = ParameterType::String { min_length: Some(1), max_length: Some(3), allowed: &[] };
    const MODE: ParameterType = ParameterType::String { min_length: None, max_length: None, allowed: &["a", "b"] };
    static OPERATION: Operation = EXAMPLE.body(Some(Body::new(
        "Wanted",
        "{}",
        &[
            field("mode", Some(MODE), None).required(true),
            field("ids", Some(TEXT), Some(Items { min: 1, max: Some(2) })),
            field("count", Some(ParameterType::Integer { minimum: 0, maximum: 9 }), None),
            field("flag", Some(ParameterType::Boolean), None),
            field("labels", None, None),
        ],
    )));

    #[test]
    fn accepts_valid_bodies() {
        for body in [
            json!({"mode": "a"}),
            json!({"mode": "b", "ids": null, "count": null}),
            json!({"mode": "a", "ids": ["1", "主机1"], "count": 9, "flag": false, "labels": {"x": [1]}, "other": 1}),
        ] {
            OPERATION.check_body(&body).unwrap();
        }
        EXAMPLE.check_body(&json!(7)).unwrap();
    }

    #[test]
    fn refuses_invalid_bodies() {
        for (body, expected) in [
            (json!([]), "invalid request body: expected a JSON object"),
            (json!({}), "missing mode"),
            (json!({"mode": null}), "missing mode"),
            (json!({"mode": "c"}), "invalid mode \"c\": expected one of a, b"),
            (json!({"mode": 1}), "invalid mode 1: expected a string"),
            (json!({"mode": "a", "ids": "x"}), "invalid ids: expected a list"),
            (json!({"mode": "a", "ids": []}), "invalid ids: 0 values; expected at least 1"),
            (json!({"mode": "a", "ids": ["1", "2", "3"]}), "invalid ids: 3 values; expected at most 2"),
            (json!({"mode": "a", "ids": [""]}), "invalid ids \"\": 0 characters; expected at least 1"),
            (json!({"mode": "a", "ids": [null]}), "invalid ids null: expected a string"),
            (json!({"mode": "a", "count": 10}), "invalid count 10: expected a whole number from 0 to 9"),
            (json!({"mode": "a", "count": 1.0}), "invalid count 1.0: expected a whole number from 0 to 9"),
            (json!({"mode": "a", "count": "1"}), "invalid count \"1\": expected a number"),
            (json!({"mode": "a", "flag": 1}), "invalid flag 1: expected true or false"),
        ] {
            let error = OPERATION.check_body(&body).unwrap_err();
            assert_eq!((error.kind(), error.message()), (crate::ErrorKind::Usage, expected), "{body}");
        }
    }

    #[test]
    fn refuses_an_unknown_field_and_lists_the_known_fields() {
        OPERATION.check_body_names(&json!({"mode": "a", "flag": true})).unwrap();
        let error = OPERATION.check_body_names(&json!({"mode": "a", "id": []})).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains("unknown field \"id\"") && error.contains("mode, ids, count, flag, labels"), "{error}");
    }
}
