//! Describes the error codes of the API gateway in front of every service.

use crate::error_code::ErrorCode;
use crate::error_kind::ErrorKind;

/// Status codes, or none for any status, and the error code by its number. The first matching row applies. The codes
/// are those of `apig-faq-0003` in the manual of the gateway.
static ERROR_CODES: &[(&[u16], ErrorCode)] = &[
    (
        &[],
        ErrorCode::new("0101", "the API is not published here, or does not have this method")
            .kind(ErrorKind::Service)
            .hint(
                "This endpoint does not offer the operation: check region and endpoint. The resource itself may exist.",
            ),
    ),
    (&[], ErrorCode::new("0103", "the API has no backend")),
    (&[], ErrorCode::new("0104", "a plug-in of the API is misconfigured")),
    (&[], ErrorCode::new("0105", "the backend of the API is misconfigured")),
    (&[], ErrorCode::new("0106", "the orchestration of the API is misconfigured")),
    (&[413], ErrorCode::new("0201", "the request's body is larger than 12 MB")),
    (&[414], ErrorCode::new("0201", "the request's URI is too long")),
    (&[431, 494], ErrorCode::new("0201", "the request's headers are too large")),
    (&[502], ErrorCode::new("0201", "the service behind the gateway cannot be reached")),
    (&[504], ErrorCode::new("0201", "the service behind the gateway timed out")),
    (&[], ErrorCode::new("0201", "the request is malformed")),
    (&[], ErrorCode::new("0301", "IAM does not accept the token or signature").kind(ErrorKind::Credentials)),
    (&[], ErrorCode::new("0302", "the IAM user may not call this API").kind(ErrorKind::Permission)),
    (&[], ErrorCode::new("0303", "the credentials of the app are wrong").kind(ErrorKind::Credentials)),
    (
        &[],
        ErrorCode::new("0307", "the token has expired, or belongs to another region")
            .kind(ErrorKind::Credentials)
            .hint("Get a new token: this one has expired or belongs to another region."),
    ),
    (&[], ErrorCode::new("0308", "too many requests").kind(ErrorKind::Throttled)),
    (&[], ErrorCode::new("0705", "the gateway could not sign for the service behind it")),
];

/// Any other code with status 503.
static IAM_UNREACHABLE: ErrorCode = ErrorCode::new("", "IAM cannot be reached by the gateway");

/// Returns the number of a gateway code: `0308` for `APIGW.0308`. Public pages use both prefixes.
pub(crate) fn number(code: &str) -> Option<&str> {
    code.strip_prefix("APIGW.").or_else(|| code.strip_prefix("APIG."))
}

/// Returns whether a code belongs to the gateway, not to the service behind it.
pub(crate) fn is_code(code: &str) -> bool {
    number(code).is_some()
}

/// Returns the description of the code with this number for a status.
pub(crate) fn error_code(status: u16, number: &str) -> Option<&'static ErrorCode> {
    let fits = |(statuses, known): &&(&[u16], ErrorCode)| {
        known.code == number && (statuses.is_empty() || statuses.contains(&status))
    };
    ERROR_CODES.iter().find(fits).map(|(_, known)| known).or_else(|| (status == 503).then_some(&IAM_UNREACHABLE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::EXAMPLE;

    fn meaning(status: u16, code: &str) -> Option<&'static str> {
        EXAMPLE.error_code(status, code).map(ErrorCode::meaning)
    }

    #[test]
    fn every_code_of_the_manual_has_a_meaning() {
        let numbers = ["0101", "0103", "0104", "0105", "0106", "0201", "0301", "0302", "0303", "0307", "0308", "0705"];
        for prefix in ["APIGW", "APIG"] {
            for number in numbers {
                assert!(meaning(400, &format!("{prefix}.{number}")).is_some(), "{prefix}.{number}");
            }
        }
    }

    #[test]
    fn the_meaning_of_a_code_depends_on_the_status() {
        assert_eq!(meaning(413, "APIGW.0201"), Some("the request's body is larger than 12 MB"));
        assert_eq!(meaning(504, "APIG.0201"), Some("the service behind the gateway timed out"));
        assert_eq!(meaning(400, "APIG.0201"), Some("the request is malformed"));
        assert_eq!(meaning(503, "APIGW.0401"), Some("IAM cannot be reached by the gateway"));
    }

    #[test]
    fn an_unknown_code_has_no_meaning() {
        assert_eq!(meaning(400, "Ecs.0011"), Some("no such server"));
        for code in ["", "Ecs.", "Ecs.1", "APIGW.9999", "APIG.", "CBC.0001", "403"] {
            assert_eq!(meaning(400, code), None, "{code}");
        }
    }
}
