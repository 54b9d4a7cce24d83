//! Formats requests as `curl` commands.

use hss_client::credentials::AuthMethod;

use crate::shell::quoted;

/// The placeholder for a secret.
const MASK: &str = "***";

/// Formats a request as a `curl` command with masked secrets. `headers` are the headers without authentication.
pub(crate) fn curl<'a>(
    (method, url): (&str, &str),
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    body: Option<&[u8]>,
    auth_method: &AuthMethod,
) -> String {
    let mut words = vec![format!("curl --globoff --request {} {}", quoted(method), quoted(url))];
    let mut header = |name: &str, value: &str| words.push(format!("--header {}", quoted(&format!("{name}: {value}"))));
    for (name, value) in headers {
        header(name, value);
    }
    match auth_method {
        // The signature is masked, since it is valid only for its date and for 15 minutes. The user has to sign the
        // request.
        AuthMethod::AccessKey { is_temporary, .. } => {
            header("X-Sdk-Date", MASK);
            if *is_temporary {
                header("X-Security-Token", MASK);
            }
            header("Authorization", &format!("SDK-HMAC-SHA256 Access={MASK}, SignedHeaders={MASK}, Signature={MASK}"));
        }
        AuthMethod::Anonymous => {}
        _ => header("X-Auth-Token", MASK),
    }
    if let Some(body) = body {
        words.push(format!("--data-raw {}", quoted(&String::from_utf8_lossy(body))));
    }
    words.join(" \\\n  ") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_values_for_curl_and_the_shell() {
        let body = "@/etc/passwd\t\u{1b}[2J";
        assert_eq!(
            curl(("POST", "http://h/[1-9]{a,b}"), std::iter::empty(), Some(body.as_bytes()), &AuthMethod::Anonymous),
            "curl --globoff --request POST 'http://h/[1-9]{a,b}' \\\n  --data-raw $'@/etc/passwd\\011\\033[2J'\n"
        );
    }

    #[test]
    fn quotes_the_command_and_masks_secrets() {
        let auth_method = AuthMethod::AccessKey { id: "AKID".to_owned(), is_temporary: true };
        assert_eq!(
            curl(
                ("POST", "https://h/a?b=1&c='"),
                [("content-type", "application/json")].into_iter(),
                Some(b"{\"a\":\"it's\"}"),
                &auth_method
            ),
            "curl --globoff --request POST 'https://h/a?b=1&c='\\''' \\\n  \
             --header 'content-type: application/json' \\\n  \
             --header 'X-Sdk-Date: ***' \\\n  \
             --header 'X-Security-Token: ***' \\\n  \
             --header 'Authorization: SDK-HMAC-SHA256 Access=***, SignedHeaders=***, Signature=***' \\\n  \
             --data-raw '{\"a\":\"it'\\''s\"}'\n"
        );
    }
}
