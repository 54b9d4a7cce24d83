//! Lists the headers that callers cannot set.

use http::HeaderName;

/// Reports whether the transport or the HTTP library sets this header.
pub(crate) fn is_reserved(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "accept"
            | "accept-encoding"
            | "authorization"
            | "connection"
            | "content-encoding"
            | "content-length"
            | "content-type"
            | "expect"
            | "host"
            | "keep-alive"
            | "proxy-authorization"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "user-agent"
            | "x-auth-token"
            | "x-project-id"
            | "x-sdk-content-sha256"
            | "x-sdk-date"
            | "x-security-token"
    )
}
