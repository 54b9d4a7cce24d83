//! Signs one attempt in the form in which it is sent.

use std::time::SystemTime;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use reqwest::{Request, Url};

use super::{AccessKey, Signable, Signed, X_SDK_CONTENT_SHA256, X_SECURITY_TOKEN, sign};
use crate::headers::is_reserved;
use crate::{Error, Result};

const X_PROJECT_ID: HeaderName = HeaderName::from_static("x-project-id");

/// Signs `request` with a fresh signature, which replaces that of an earlier attempt.
///
/// Host, project id, date, security token, content type and the headers of the caller are signed. `User-Agent` and
/// similar headers are not, since proxies may change them. The HTTP library sends the signed host: as `Host` over
/// HTTP/1.1, and as `:authority` over HTTP/2, where proxies refuse requests with both. The query is rewritten to its
/// canonical form. The signature then does not depend on how the gateway parses `+` for a space or a key without `=`. The
/// returned value can be compared with the canonical request in a refusal.
///
/// # Errors
///
/// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the request has no host, a body that is not in memory, or a
/// project id or content type that no header can carry. Also returns the errors of [`sign`]. On error the request is
/// not changed.
pub(crate) fn sign_request(
    request: &mut Request,
    key: &AccessKey,
    project_id: Option<&str>,
    at: SystemTime,
) -> Result<Signed> {
    let host = host(request.url())?;
    let project_id = match project_id {
        Some(id) => Some(HeaderValue::from_str(id).map_err(|_| unsendable("the project id"))?),
        None => request.headers().get(X_PROJECT_ID).cloned(),
    };
    let signed = {
        let body = match request.body() {
            None => &[],
            Some(body) => body
                .as_bytes()
                .ok_or_else(|| Error::usage("cannot sign the request body: expected a body in memory"))?,
        };
        let content_type =
            request.headers().get(CONTENT_TYPE).map(|value| text("the content type", value)).transpose()?;
        let mut headers = Vec::with_capacity(3);
        headers.push(("host", text("the host", &host)?));
        if let Some(id) = &project_id {
            headers.push(("x-project-id", text("the project id", id)?));
        }
        if let Some(kind) = content_type {
            headers.push(("content-type", kind));
        }
        for name in request.headers().keys().filter(|name| !is_reserved(name)) {
            if let Some(value) = request.headers().get(name) {
                headers.push((name.as_str(), text("a header", value)?));
            }
        }
        let signable = Signable {
            method: request.method().as_str(),
            path: request.url().path(),
            query: request.url().query().unwrap_or_default(),
            headers: &headers,
            body,
        };
        sign(&signable, key, at)?
    };

    let query = Some(signed.canonical_query()).filter(|query| !query.is_empty());
    if request.url().query() != query {
        request.url_mut().set_query(query);
    }
    let headers = request.headers_mut();
    if let Some(id) = project_id {
        headers.insert(X_PROJECT_ID, id);
    }
    // An earlier attempt may have used another key, and none of its unsigned headers may remain. A `Host` header would
    // replace the one from the HTTP library.
    for stale in [AUTHORIZATION, X_SECURITY_TOKEN, X_SDK_CONTENT_SHA256, HOST] {
        headers.remove(stale);
    }
    for (name, value) in signed.headers() {
        headers.insert(name, value.clone());
    }
    Ok(signed)
}

/// Returns the host that the HTTP library sends for a URL, with the port unless it is the default port of the scheme.
fn host(url: &Url) -> Result<HeaderValue> {
    let Some(host) = url.host_str() else { return Err(Error::usage("invalid URL of the request: it has no host")) };
    match url.port() {
        Some(port) => HeaderValue::from_str(&format!("{host}:{port}")),
        None => HeaderValue::from_str(host),
    }
    .map_err(|_| unsendable("the host"))
}

fn text<'a>(what: &str, value: &'a HeaderValue) -> Result<&'a str> {
    value.to_str().map_err(|_| unsendable(what))
}

fn unsendable(what: &str) -> Error {
    Error::usage(format!("cannot sign {what}: it contains a character that HTTP headers cannot contain"))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use reqwest::{Body, Method};

    use super::*;
    use crate::Secret;

    const PATH: &str = "/v1/0605767bb280d5762fd6c0133d6bea3f/boxes/2b31ed5206f44c1cbebdb6e57a1b2c3d/toys";
    const PROJECT: &str = "0605767bb280d5762fd6c0133d6bea3f";
    /// 20241125T080000Z
    const NOW: Duration = Duration::from_secs(1_732_521_600);

    fn key() -> AccessKey {
        let secret = Secret::new("SK", "sk-example-not-secret-0123456789abcdef").unwrap();
        AccessKey::new("AK", "AKEXAMPLE0000000TEST", secret).unwrap()
    }

    fn get(origin: &str, query: &str) -> Request {
        Request::new(Method::GET, Url::parse(&format!("{origin}{PATH}?{query}")).unwrap())
    }

    fn signed(mut request: Request, key: &AccessKey, project_id: Option<&str>) -> Request {
        sign_request(&mut request, key, project_id, UNIX_EPOCH + NOW).unwrap();
        request
    }

    fn header<'a>(request: &'a Request, name: &str) -> &'a str {
        let mut values = request.headers().get_all(name).iter();
        let value = values.next().unwrap_or_else(|| panic!("no {name}")).to_str().unwrap();
        assert!(values.next().is_none(), "{name} twice");
        value
    }

    /// Returns the header with a signature that another implementation has computed.
    fn authorization(names: &str, signature: &str) -> String {
        format!("SDK-HMAC-SHA256 Access=AKEXAMPLE0000000TEST, SignedHeaders={names}, Signature={signature}")
    }

    #[test]
    fn the_signed_query_is_sent() {
        let origin = "https://toy.cn-north-4.myhuaweicloud.com";
        let query = "state=broken&limit=10&offset=0";
        let request = signed(get(origin, query), &key(), None);
        assert_eq!(
            header(&request, "authorization"),
            authorization("host;x-sdk-date", "aad690ee1eae42d29eb0637de7134ba321a2204c37ef897262b5743ccc32bcdc")
        );
        assert_eq!(header(&request, "x-sdk-date"), "20241125T080000Z");
        assert_eq!(request.url().query(), Some("limit=10&offset=0&state=broken"));
        let request = signed(get(origin, "name=a+b%2Bc%E6%BC%8F'&flag"), &key(), None);
        assert_eq!(request.url().query(), Some("flag=&name=a%20b%2Bc%E6%BC%8F%27"));
        assert_eq!(request.url().path(), PATH, "no slash is added on the wire");
    }

    #[test]
    fn a_port_that_is_sent_is_signed() {
        let request = signed(get("http://127.0.0.1:18080", "limit=10"), &key(), None);
        assert_eq!(
            header(&request, "authorization"),
            authorization("host;x-sdk-date", "c7406975201c32b0c4cea838070b9522abc789fcab1ba1d3a29097c34b539f6c")
        );
        for (origin, host) in [
            ("https://example.com:443", "example.com"),
            ("https://example.com:80", "example.com:80"),
            ("http://127.0.0.1:80", "127.0.0.1"),
            ("http://[::1]:8080", "[::1]:8080"),
            ("https://EXAMPLE.com", "example.com"),
            ("https://bücher.example", "xn--bcher-kva.example"),
        ] {
            let mut request = get(origin, "");
            let signed = sign_request(&mut request, &key(), None, UNIX_EPOCH + NOW).unwrap();
            let canonical = signed.canonical_request();
            assert!(canonical.contains(&format!("\nhost:{host}\n")), "{origin}: {canonical}");
            let uri: http::Uri = request.url().as_str().parse().unwrap();
            assert_eq!(uri.authority().unwrap().as_str(), host, "the HTTP library sends the authority of the URL");
        }
    }

    #[test]
    fn the_host_header_is_left_to_the_http_library() {
        let mut request = get("https://example.com", "");
        request.headers_mut().insert(HOST, HeaderValue::from_static("other.example"));
        let request = signed(request, &key(), None);
        assert!(!request.headers().contains_key(HOST));
        assert!(header(&request, "authorization").contains("SignedHeaders=host;"));
    }

    #[test]
    fn every_attempt_gets_a_fresh_signature() {
        let mut request = signed(get("https://example.com", "limit=10&a=+"), &key(), Some(PROJECT));
        let first = header(&request, "authorization").to_owned();
        let later = UNIX_EPOCH + NOW + Duration::from_secs(16 * 60);
        sign_request(&mut request, &key(), Some(PROJECT), later).unwrap();
        assert_eq!(header(&request, "x-sdk-date"), "20241125T081600Z");
        assert_ne!(header(&request, "authorization"), first);
        sign_request(&mut request, &key(), Some(PROJECT), UNIX_EPOCH + NOW).unwrap();
        assert_eq!(header(&request, "authorization"), first, "nothing of an attempt leaks into the next");
    }

    #[test]
    fn a_security_token_is_signed_and_sent_only_with_its_key() {
        let origin = "https://toy.cn-north-4.myhuaweicloud.com";
        let temporary = key().with_security_token(Secret::new("T", "tok-abc==").unwrap());
        let mut request = signed(get(origin, "limit=10"), &temporary, Some(PROJECT));
        assert_eq!(header(&request, "x-security-token"), "tok-abc==");
        assert_eq!(header(&request, "x-project-id"), PROJECT);
        assert_eq!(
            header(&request, "authorization"),
            authorization(
                "host;x-project-id;x-sdk-date;x-security-token",
                "7b8e1c4a64f266e78996a2a8044340edbcb42a456234a66560aa40545b9dc0fa"
            )
        );
        let shown = format!("{request:?}");
        assert!(!shown.contains("tok-abc") && !shown.contains("7b8e1c4a"), "{shown}");

        // The permanent key that follows must not send the token of the temporary one.
        sign_request(&mut request, &key(), None, UNIX_EPOCH + NOW).unwrap();
        assert!(!request.headers().contains_key("x-security-token"));
        assert!(header(&request, "authorization").contains("SignedHeaders=host;x-project-id;x-sdk-date,"));
    }

    #[test]
    fn a_final_slash_of_the_endpoint_changes_nothing() {
        let sign = |endpoint: &str| {
            let mut url = crate::Endpoint::parse(endpoint).unwrap().url().clone();
            url.set_path(PATH);
            let request = signed(Request::new(Method::GET, url), &key(), None);
            (request.url().to_string(), header(&request, "authorization").to_owned())
        };
        assert_eq!(sign("http://127.0.0.1:18080"), sign("http://127.0.0.1:18080/"));
    }

    #[test]
    fn a_body_and_its_content_type_are_signed() {
        let post = |kind: &'static str, body: &'static str| {
            let url =
                Url::parse("https://toy.cn-north-4.myhuaweicloud.com/v1/0a1b2c3d4e5f60718293a4b5c6d7e8f9/x").unwrap();
            let mut request = Request::new(Method::POST, url);
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            *request.body_mut() = Some(Body::from(body));
            signed(request, &key(), None)
        };
        let json = post("application/json", "{}");
        assert!(!json.headers().contains_key("x-sdk-content-sha256"));
        assert!(header(&json, "authorization").contains("SignedHeaders=content-type;host;x-sdk-date,"));
        assert_ne!(header(&json, "authorization"), header(&post("application/json", "[]"), "authorization"));

        assert_ne!(header(&json, "authorization"), header(&post("text/plain", "{}"), "authorization"));

        // A hash header from an earlier attempt must not remain.
        let mut announced = json;
        announced.headers_mut().insert(X_SDK_CONTENT_SHA256, HeaderValue::from_static("UNSIGNED-PAYLOAD"));
        assert!(!signed(announced, &key(), None).headers().contains_key("x-sdk-content-sha256"));
    }

    #[test]
    fn refuses_an_invalid_request_without_changing_it() {
        let refuse = |mut request: Request, project_id: Option<&str>, at: SystemTime| {
            let error = sign_request(&mut request, &key(), project_id, at).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Usage);
            assert!(!request.headers().contains_key("authorization"));
            format!("{error:#}")
        };
        let now = UNIX_EPOCH + NOW;
        let plain = || get("https://example.com", "");
        let mut streaming = plain();
        let chunks = futures::stream::iter([Ok::<_, std::io::Error>("x")]);
        *streaming.body_mut() = Some(Body::wrap_stream(chunks));
        assert_eq!(refuse(streaming, None, now), "cannot sign the request body: expected a body in memory");
        let unsendable = "it contains a character that HTTP headers cannot contain";
        assert_eq!(refuse(plain(), Some("p\nq"), now), format!("cannot sign the project id: {unsendable}"));
        assert_eq!(refuse(plain(), Some("项目"), now), format!("cannot sign the project id: {unsendable}"));
        let mut typed = plain();
        typed.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_bytes("tëxt".as_bytes()).unwrap());
        assert_eq!(refuse(typed, None, now), format!("cannot sign the content type: {unsendable}"));
        let before = UNIX_EPOCH - Duration::from_secs(1);
        assert!(refuse(plain(), None, before).starts_with("invalid date: the clock shows a year before 1970"));
        let nowhere = Request::new(Method::GET, Url::parse("data:x").unwrap());
        assert_eq!(refuse(nowhere, None, now), "invalid URL of the request: it has no host");
    }
}
