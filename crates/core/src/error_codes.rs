//! What the codes of errors mean, in words.
//!
//! The service's own messages are often in Chinese, and the gateway's say little. The gateway's codes are those of
//! `apig-faq-0003`, the service's those of the page on error codes in the HSS manual, which gives all of them as HTTP 400.

/// The code of HSS for a host or task that the caller may not see, and for one that does not exist.
const ACCESS_DENIED: &str = "00000010";

/// What `code` means in an answer of that status; `None` if it is none of those that the manuals explain.
pub(crate) fn meaning(status: u16, code: &str) -> Option<&'static str> {
    // Public pages spell the gateway's prefix both ways.
    if let Some(number) = code.strip_prefix("APIGW.").or_else(|| code.strip_prefix("APIG.")) {
        return gateway(status, number);
    }
    match code.strip_prefix("HSS.") {
        Some(number) => service(number),
        None => (code == ACCESS_DENIED).then_some("access denied, or no such resource"),
    }
}

/// Whether it is a code of the gateway, not of the service behind it.
pub(crate) fn is_gateway(code: &str) -> bool {
    // Public pages spell the prefix both ways.
    code.starts_with("APIGW.") || code.starts_with("APIG.")
}

/// Whether it is a code of the service behind the gateway, such as `HSS.0011`. What proxies and load balancers say in
/// place of a code does not have this form.
pub(crate) fn is_service(code: &str) -> bool {
    let is_named = code.split_once('.').is_some_and(|(name, number)| {
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    (is_named && !is_gateway(code)) || code == ACCESS_DENIED
}

fn gateway(status: u16, number: &str) -> Option<&'static str> {
    Some(match (number, status) {
        ("0101", _) => "the API is not published here, or has no such method",
        ("0103", _) => "the API has no backend",
        ("0104", _) => "a plug-in of the API is misconfigured",
        ("0105", _) => "the backend of the API is misconfigured",
        ("0106", _) => "the API is orchestrated wrongly",
        ("0201", 413) => "the request's body is larger than 12 MB",
        ("0201", 414) => "the request's URI is too long",
        ("0201", 431 | 494) => "the request's headers are too large",
        ("0201", 502) => "the service behind the gateway cannot be reached",
        ("0201", 504) => "the service behind the gateway did not answer in time",
        ("0201", _) => "the request is malformed",
        ("0301", _) => "IAM does not accept the token or signature",
        ("0302", _) => "the IAM user may not call this API",
        ("0303", _) => "the app's credentials are wrong",
        ("0307", _) => "the token must be renewed, or is of another region",
        ("0308", _) => "too many requests",
        ("0705", _) => "the gateway could not sign for the service behind it",
        (_, 503) => "IAM cannot be reached by the gateway",
        _ => return None,
    })
}

fn service(number: &str) -> Option<&'static str> {
    Some(match number {
        "0001" => "invalid parameter",
        "0002" => "the request cannot be parsed",
        "0010" => "access denied",
        "0011" => "no such resource",
        "0013" => "insufficient permissions",
        "0014" => "quotas may not be created",
        "0041" => "the hosts could not be queried",
        "1001" => "the server has no agent",
        "1002" => "not enough quota for protection",
        "1003" => "a protected server cannot be ignored",
        "1004" => "the policy could not be queried",
        "1005" => "no such policy",
        "1006" => "the command could not be sent to the agent",
        "1007" => "the agent is offline",
        "1008" => "the host could not be queried",
        "1009" => "the web tamper protection could not be saved",
        "1010" => "the web tamper protection could not be changed",
        "1011" => "the time could not be converted",
        "1012" => "the time ranges overlap",
        "1013" => "the time without protection could not be added",
        "1014" => "the description of the time without protection could not be added",
        "1015" => "the privileged process could not be added",
        "1016" => "the days without protection could not be set",
        "1017" => "the report could not be queried",
        "1018" => "invalid file",
        "1019" => "the server group could not be queried",
        "1020" => "a policy group of that name exists",
        "1021" => "the policy group could not be queried",
        "1059" => "the vulnerability cannot be handled so",
        "1060" => "the vulnerability could not be fixed",
        "1061" => "the vulnerability is being fixed",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_manuals_has_words() {
        let gateway = ["0101", "0103", "0104", "0105", "0106", "0201", "0301", "0302", "0303", "0307", "0308", "0705"];
        for prefix in ["APIGW", "APIG"] {
            for number in gateway {
                assert!(meaning(400, &format!("{prefix}.{number}")).is_some(), "{prefix}.{number}");
            }
        }
        let service = [1, 2, 10, 11, 13, 14, 41].into_iter().chain(1001..=1021).chain(1059..=1061);
        let words: Vec<_> = service.filter_map(|number| meaning(400, &format!("HSS.{number:04}"))).collect();
        assert_eq!(words.len(), 31);
        assert!(words.iter().all(|text| words.iter().filter(|other| *other == text).count() == 1), "{words:?}");
    }

    #[test]
    fn one_code_of_the_gateway_means_what_its_status_says() {
        assert_eq!(meaning(413, "APIGW.0201"), Some("the request's body is larger than 12 MB"));
        assert_eq!(meaning(504, "APIG.0201"), Some("the service behind the gateway did not answer in time"));
        assert_eq!(meaning(503, "APIGW.0401"), Some("IAM cannot be reached by the gateway"));
    }

    #[test]
    fn a_code_of_the_service_is_told_from_that_of_a_server_on_the_way() {
        for code in ["HSS.0011", "HSS.1054", "Ecs.0114", "00000010"] {
            assert!(is_service(code), "{code}");
        }
        for code in ["APIGW.0308", "APIG.0101", "502", "", ".1", "HSS.", "error.html", "a b.1"] {
            assert!(!is_service(code), "{code}");
        }
    }

    #[test]
    fn an_unknown_code_means_nothing() {
        for code in ["", "HSS.", "HSS.1", "HSS.9999", "APIGW.9999", "Ecs.0114", "CBC.0001", "403"] {
            assert_eq!(meaning(400, code), None, "{code}");
        }
    }
}
