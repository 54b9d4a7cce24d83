//! Adds hints to errors of a service: what the caller can check or change.

use crate::operation::Location;
use crate::{Credentials, Error, ErrorKind, Operation};

const PROJECT: &str = "project_id";
const ENTERPRISE_PROJECT: &str = "enterprise_project_id";

/// Adds the hint for the operation and the credentials of a call, unless the error already has a hint.
pub(crate) fn add(error: Error, operation: &Operation, credentials: &Credentials) -> Error {
    if error.hint().is_some() {
        return error;
    }
    match hint(&error, operation, credentials) {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

fn hint(error: &Error, operation: &Operation, credentials: &Credentials) -> Option<String> {
    let known = error.known_hint();
    match (error.kind(), error.status()?) {
        (ErrorKind::Credentials, _) => of_credentials(error.message(), known, credentials).map(str::to_owned),
        _ if known.is_some() => known.map(str::to_owned),
        (ErrorKind::Permission, _) => Some(permission(operation)),
        (ErrorKind::Throttled, _) => quota(operation),
        (ErrorKind::NotFound, status) => Some(not_found(operation, status)),
        (ErrorKind::Service, 431 | 494) => Some(large_headers(credentials)),
        (ErrorKind::Protocol, 300..=399) => Some(
            "Check the endpoint. Redirects are not followed, since they would carry the credentials elsewhere."
                .to_owned(),
        ),
        _ => None,
    }
}

fn of_credentials(message: &str, known: Option<&'static str>, credentials: &Credentials) -> Option<&'static str> {
    match credentials {
        Credentials::Token(_) => known.or(Some(
            "Check that the token is complete, has not expired (24 hours) and belongs to the region of the endpoint.",
        )),
        Credentials::AccessKey(_) if message.contains("failed to reach the limit") => {
            Some("Wait 5 minutes: the access key is locked after more than five refused signatures.")
        }
        Credentials::AccessKey(_) if message.contains("signature expired") => {
            Some("Set the clock of this machine: it differs by more than 15 minutes from that of the service.")
        }
        Credentials::AccessKey(key) if key.is_temporary() => Some(
            "Check that access key id, secret key and security token belong together and have not expired, the clock of \
             this machine, and the region of the endpoint. More than five refused signatures lock the key for 5 minutes.",
        ),
        Credentials::AccessKey(_) => Some(
            "Check that access key id and secret key belong together, that the key is enabled, the clock of this \
             machine, and the region of the endpoint. More than five refused signatures lock the key for 5 minutes.",
        ),
        Credentials::Anonymous => None,
    }
}

fn permission(operation: &Operation) -> String {
    if !has_setting(operation, ENTERPRISE_PROJECT) {
        return "Check the permissions of the user.".to_owned();
    }
    // The value for all enterprise projects is valid only in queries.
    let all = if operation.method == "GET" { " (all_granted_eps for all that are granted)" } else { "" };
    format!("Check the permissions of the user and the enterprise project{all}.")
}

fn quota(operation: &Operation) -> Option<String> {
    let limit = operation.rate_limit?;
    let window = match limit.seconds {
        1 => "second".to_owned(),
        60 => "minute".to_owned(),
        seconds => format!("{seconds} seconds"),
    };
    Some(format!(
        "The quota of this operation is exhausted: the documented quota is {} requests per {window}.",
        limit.requests
    ))
}

/// Returns a hint with the parts of the request that the caller controls.
fn not_found(operation: &Operation, status: u16) -> String {
    let has_id = operation.body.is_some()
        || operation
            .parameters
            .iter()
            .any(|parameter| parameter.location == Location::Path && parameter.setting.is_none());
    let named = [
        ("the id", has_id),
        ("the project", has_setting(operation, PROJECT)),
        ("the enterprise project", has_setting(operation, ENTERPRISE_PROJECT)),
        ("the endpoint", status == 404),
    ];
    let named: Vec<_> = named.into_iter().filter_map(|(what, applies)| applies.then_some(what)).collect();
    match named.as_slice() {
        [] => "Check the region.".to_owned(),
        [one] => format!("Check {one}."),
        [first @ .., last] => format!("Check {} and {last}.", first.join(", ")),
    }
}

fn large_headers(credentials: &Credentials) -> String {
    let header = match credentials {
        Credentials::Token(_) => " The token may be too long.",
        Credentials::AccessKey(key) if key.is_temporary() => " The security token may be too long.",
        _ => "",
    };
    format!("The headers of the request are too large for the endpoint.{header}")
}

fn has_setting(operation: &Operation, setting: &str) -> bool {
    operation.parameters.iter().any(|parameter| parameter.setting == Some(setting))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::error_body::ErrorResponse;
    use crate::operation::{self, EXAMPLE, Parameter, RateLimit};
    use crate::{AccessKey, IAM_OPERATIONS, Secret};

    const fn parameter(name: &'static str, location: Location, setting: Option<&'static str>) -> Parameter {
        Parameter::new(name, location, operation::ParameterType::Boolean).setting(setting)
    }

    /// An operation with settings, a path parameter and a quota.
    const HOSTS: Operation = Operation {
        parameters: &[
            parameter("project_id", Location::Path, Some(PROJECT)),
            parameter("task_id", Location::Path, None),
            parameter("enterprise_project_id", Location::Query, Some(ENTERPRISE_PROJECT)),
        ],
        rate_limit: Some(RateLimit { requests: 5, seconds: 60 }),
        ..EXAMPLE
    };

    fn secret(text: &str) -> Secret {
        Secret::new("secret", text).unwrap()
    }

    fn token() -> Credentials {
        Credentials::Token(secret("t"))
    }

    fn key() -> AccessKey {
        AccessKey::new("AK", "AKEXAMPLE", secret("s")).unwrap()
    }

    /// Returns the hint for a response, or an empty text if there is none.
    fn hint(operation: &Operation, credentials: &Credentials, status: u16, code: &str, message: &str) -> String {
        let body = serde_json::json!({"error_code": code, "error_msg": message}).to_string();
        let error =
            add(ErrorResponse::new(operation.service, status, &Bytes::from(body)).error(), operation, credentials);
        error.hint().unwrap_or_default().to_owned()
    }

    #[test]
    fn refused_credentials_get_the_hint_for_their_kind() {
        let permanent = Credentials::AccessKey(key());
        let temporary = Credentials::AccessKey(key().with_security_token(secret("s")));
        for code in ["APIGW.0301", "APIG.0303", "APIGW.0307", "X.1"] {
            let hint = |credentials: &Credentials| hint(&HOSTS, credentials, 401, code, "m");
            assert!(hint(&token()).contains("token") && !hint(&token()).contains("access key"), "{code}");
            for word in ["access key id and secret key", "enabled", "clock", "region", "5 minutes"] {
                assert!(hint(&permanent).contains(word) && !hint(&permanent).contains("token"), "{code}: {word}");
            }
            for word in ["security token", "expired", "clock", "region", "5 minutes"] {
                assert!(hint(&temporary).contains(word), "{code}: {word}");
            }
            assert_eq!(hint(&Credentials::Anonymous), "");
        }
        assert!(hint(&HOSTS, &token(), 401, "APIGW.0307", "m").starts_with("Get a new token"));
        let locked = "AK access failed to reach the limit,forbidden";
        assert!(hint(&HOSTS, &permanent, 401, "APIGW.0301", locked).starts_with("Wait 5 minutes"));
        let expired = "verify aksk signature fail, signature expired";
        assert!(hint(&HOSTS, &temporary, 401, "APIGW.0301", expired).starts_with("Set the clock"));
        assert!(hint(&HOSTS, &token(), 200, "APIGW.0301", "m").contains("token"), "under a status of success");
    }

    #[test]
    fn a_hint_contains_only_parameters_of_the_operation() {
        let list = Operation { parameters: &HOSTS.parameters[..1], rate_limit: None, ..HOSTS };
        let change = Operation { method: "POST", ..HOSTS };
        let iam = IAM_OPERATIONS.iter().find(|operation| operation.id == "KeystoneListProjects").unwrap();
        for (operation, status, code, expected) in [
            (
                &HOSTS,
                429,
                "APIGW.0308",
                "The quota of this operation is exhausted: the documented quota is 5 requests per minute.",
            ),
            (iam, 429, "429", ""),
            (
                &HOSTS,
                403,
                "Ecs.0010",
                "Check the permissions of the user and the enterprise project (all_granted_eps for all that are granted).",
            ),
            (&change, 403, "Ecs.0010", "Check the permissions of the user and the enterprise project."),
            (iam, 403, "403", "Check the permissions of the user."),
            (&HOSTS, 400, "Ecs.0011", "Check the id, the project and the enterprise project."),
            (&HOSTS, 404, "X.1", "Check the id, the project, the enterprise project and the endpoint."),
            (&list, 404, "X.1", "Check the project and the endpoint."),
            (iam, 404, "404", "Check the endpoint."),
            (&HOSTS, 500, "X.1", ""),
            (&HOSTS, 400, "Ecs.0012", "Unlock the server."),
        ] {
            assert_eq!(hint(operation, &token(), status, code, "m"), expected, "{} {status} {code}", operation.id);
        }
    }

    #[test]
    fn a_hint_for_long_headers_depends_on_the_credentials() {
        let temporary = Credentials::AccessKey(key().with_security_token(secret("s")));
        for (credentials, words) in [
            (token(), "The token may"),
            (Credentials::AccessKey(key()), "the endpoint."),
            (temporary, "security token"),
        ] {
            let hint = hint(&HOSTS, &credentials, 431, "X.1", "m");
            assert!(hint.contains(words), "{hint}");
        }
    }

    #[test]
    fn keeps_the_hint_of_the_response() {
        let error = Error::new(ErrorKind::Permission, "m")
            .with_response(403, None, None, &Bytes::new())
            .with_hint("Decode it.");
        assert_eq!(add(error, &HOSTS, &token()).hint(), Some("Decode it."));
    }
}
