//! Validates the emulator's own responses against the document, if the feature `validate` is enabled.

use std::collections::HashMap;
use std::sync::OnceLock;

use hss_client::Operation;
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use crate::response::Response;

/// JSON Schemas of the responses, by operation.
const SCHEMAS: &str = include_str!(concat!(env!("OUT_DIR"), "/answers.json"));

/// Returns the response if it is valid, otherwise an error response with the reason.
pub(crate) fn validated(operation: &Operation, response: Response) -> Response {
    static VALIDATORS: OnceLock<Result<HashMap<String, Validator>, String>> = OnceLock::new();
    if !(200..300).contains(&response.status) {
        return response;
    }
    let wrong = match VALIDATORS.get_or_init(validators) {
        Err(error) => Some(error.clone()),
        Ok(validators) => match (validators.get(operation.id), serde_json::from_slice::<Value>(&response.body)) {
            (None, _) => None,
            (Some(_), Err(error)) => Some(error.to_string()),
            (Some(validator), Ok(body)) => {
                validator.iter_errors(&body).next().map(|error| format!("{error} at {}", error.instance_path()))
            }
        },
    };
    match wrong {
        None => response,
        Some(why) => Response::json(500, &json!({"error_msg": format!("invalid response of the emulator: {why}")})),
    }
}

fn validators() -> Result<HashMap<String, Validator>, String> {
    let schemas: HashMap<String, Value> = serde_json::from_str(SCHEMAS).map_err(|error| error.to_string())?;
    let options = jsonschema::options().with_draft(Draft::Draft7).should_validate_formats(true);
    let made =
        schemas.into_iter().map(|(id, schema)| Ok((id, options.build(&schema).map_err(|error| error.to_string())?)));
    made.collect()
}

#[cfg(test)]
mod tests {
    use hss_client::operations::LIST_VUL_SCAN_TASK_HOST;

    use super::*;

    #[test]
    fn refuses_a_response_that_does_not_match_its_schema() {
        let of = |body: &Value| validated(&LIST_VUL_SCAN_TASK_HOST, Response::json(200, body));
        assert_eq!(of(&json!({"total_num": 0, "data_list": []})).status, 200);
        for body in [
            json!({"total_num": "0"}),
            json!({"total_num": -1}),
            json!({"data_list": [{"scan_status": "failed:"}]}),
            json!({"data_list": [{"host_name": "x".repeat(129)}]}),
        ] {
            let response = of(&body);
            assert_eq!(response.status, 500, "{body}");
            assert!(String::from_utf8_lossy(&response.body).contains("invalid response of the emulator"));
        }
    }
}
