//! Contains the functions that the fuzzers in `fuzz` call. The tests run them with the corpus in
//! `tests/fixtures/corpus`.
//!
//! Each function parses untrusted input and asserts properties that must be true for any input.

use std::sync::OnceLock;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, Request, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::credentials::{Profile, Source as _};
use crate::error_body::ErrorResponse;
use crate::generated::{Call, finish};
use crate::operation::{EXAMPLE, Operation};
use crate::retry::{Failed, Retries, retry_after, wait};
use crate::sign::mismatch::explain_mismatch;
use crate::sign::{AccessKey, Signable, parse_sdk_date, sdk_date, sign, sign_request};
use crate::transport::Content;
use crate::{Credentials, Endpoint, Error, ErrorKind, Response, Secret, TestRuntime, Transport, endpoint, printable};

/// Replaces secrets in the seeds. It must not occur in messages.
const SENTINEL: &str = "SENTINEL";
/// 20241125T080000Z
const NOW: Duration = Duration::from_secs(1_732_521_600);

static LIST: Operation = EXAMPLE;

/// Decodes the body of a response like a generated client. A decoded value must be the same after encoding and
/// decoding.
pub fn decode<T: DeserializeOwned + Serialize>(body: &[u8]) {
    match serde_json::from_slice::<T>(body) {
        Ok(value) => {
            let written = serde_json::to_string(&value).expect("a model is written");
            let again: T = serde_json::from_str(&written).expect("a model reads what it wrote");
            assert_eq!(serde_json::to_string(&again).expect("a model is written"), written);
        }
        Err(error) => {
            let body = Bytes::copy_from_slice(body);
            let returned = Err(progenitor_client::Error::InvalidResponsePayload(body.clone(), error));
            let error = finish::<T>(&answered(body), returned).map(drop).expect_err("it was none");
            assert_eq!(error.kind(), ErrorKind::Protocol);
            assert!(shown(&error).starts_with("List: invalid response: "));
        }
    }
}

/// Returns a call that received `body`.
fn answered(body: Bytes) -> Call {
    static TRANSPORT: OnceLock<Transport> = OnceLock::new();
    let transport = TRANSPORT.get_or_init(|| {
        let nowhere = Endpoint::parse("http://127.0.0.1").expect("it is an address");
        Transport::builder(nowhere, Credentials::Anonymous).build().expect("it needs nothing of the system")
    });
    let call = Call::new(transport.clone(), &LIST);
    *call.lock() = Some(Ok(Response::new(Content::Whole(body), 200, None)));
    call
}

/// Parses the body of an error response, or of a success response that contains an error.
pub fn error_body(body: &[u8]) {
    let body = Bytes::copy_from_slice(body);
    for status in [302, 404, 429, 503] {
        let error = ErrorResponse::new(LIST.service, status, &body).error();
        assert_eq!(error.status(), Some(status));
        assert!(!error.message().is_empty() && error.code() != Some(""));
        shown(&error);
    }
    if let Some(error) = ErrorResponse::new(LIST.service, 200, &body).error_under_success(&LIST) {
        assert_ne!(error.kind(), ErrorKind::Service);
        let shown = shown(&error);
        assert!(
            shown.starts_with("the response has a status of success, but contains an error: ")
                || shown.starts_with("the response is not JSON")
        );
    }
}

/// Parses the value of `Retry-After`, or the date in a message of a gateway.
pub fn retry_after_value(value: &[u8]) {
    let Ok(value) = str::from_utf8(value) else { return };
    let asked = retry_after(value, UNIX_EPOCH + NOW);
    let error = Error::new(ErrorKind::Throttled, "m");
    let failed =
        Failed { error: &error, attempts: 1, elapsed: NOW, asked, quota: None, idempotent: true, is_sent: true };
    if let Some(wait) = wait(failed, Retries { attempts: 2, total: NOW * 2 }, 0.5) {
        assert!(wait <= NOW && asked.is_none_or(|asked| asked <= wait));
    }
    if let Some(at) = parse_sdk_date(value) {
        assert_eq!(sdk_date(at).expect("it was a date"), value);
    }
}

/// Parses the content of `~/.huaweicloud/credentials`.
pub fn credentials_file(content: &[u8]) {
    let runtime = TestRuntime::default().with_file("/home/user/.huaweicloud/credentials", content);
    if let Err(error) = Profile.summarize(&runtime) {
        assert_eq!(error.kind(), ErrorKind::Usage);
        let text = shown(&error);
        assert!(text.contains("/home/user/.huaweicloud/credentials") && !text.contains(SENTINEL), "{text}");
    }
}

/// Parses the content of `~/.huaweicloud/regions.yaml`.
pub fn regions_file(content: &[u8]) {
    let runtime = TestRuntime::default().with_file("/home/user/.huaweicloud/regions.yaml", content);
    match endpoint(&runtime, LIST.service, "cn-north-4") {
        Ok(found) => assert_eq!(Endpoint::parse(&found.to_string()).expect("it was an address"), found),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Usage);
            let text = shown(&error);
            assert!(text.starts_with("/home/user/.huaweicloud/regions.yaml"), "{text}");
        }
    }
}

/// Signs a request. The input has method, path and query on one line each, then headers, a blank line and the body. The
/// canonical form must be its own canonical form, the signed query must be sent, and an echo of the canonical request
/// must be recognised.
pub fn sign_any(request: &[u8]) {
    let Ok(text) = str::from_utf8(request) else { return };
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let (method, path, query) = (line(), line(), line());
    let headers: Vec<_> = lines.map(|header| header.split_once(':').unwrap_or((header, ""))).collect();

    let signed = |path: &str, query: &str| {
        let signable = Signable { method, path, query, headers: &headers, body: body.as_bytes() };
        sign(&signable, &key(), UNIX_EPOCH + NOW)
    };
    let are_names = headers.iter().all(|(name, _)| HeaderName::from_bytes(name.as_bytes()).is_ok());
    let first = match signed(path, query) {
        Ok(first) => first,
        Err(error) => {
            assert!(!are_names && error.message().contains("name of a header"), "{error}");
            return;
        }
    };
    let canonical_path = first.canonical_request().split('\n').nth(1).expect("it has a second line");
    let again = signed(canonical_path, first.canonical_query()).expect("it was signed before");
    assert_eq!(again.canonical_request(), first.canonical_request());

    if are_names && !first.canonical_request().contains('|') {
        let echo = format!("canonicalRequest:{}", first.canonical_request().replace('\n', "|"));
        let text = explain_mismatch(&echo, first.canonical_request()).expect("an echo");
        assert!(text.starts_with("The gateway read the request as it was signed"), "{text}");
    }
    sign_sent(method, path, query, &headers);
}

fn sign_sent(method: &str, path: &str, query: &str, headers: &[(&str, &str)]) {
    let (Ok(method), Ok(mut url)) = (Method::from_bytes(method.as_bytes()), Url::parse("http://127.0.0.1")) else {
        return;
    };
    url.set_path(path);
    url.set_query(Some(query));
    let mut request = Request::new(method, url);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            request.headers_mut().insert(name, value);
        }
    }
    for _ in 0..2 {
        match sign_request(&mut request, &key(), None, UNIX_EPOCH + NOW) {
            Ok(signed) => assert_eq!(request.url().query().unwrap_or_default(), signed.canonical_query()),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Usage),
        }
    }
}

fn key() -> AccessKey {
    let secret = |text| Secret::new("SK", text).expect("it is fit for a header");
    AccessKey::new("AK", "AKID", secret("sk")).expect("it is an id").with_security_token(secret("token"))
}

/// Parses the message of a gateway that refuses a signature.
pub fn mismatch(message: &[u8]) {
    const CANONICAL_REQUEST: &str = "GET\n/v5/p/hosts/\nlimit=10\nhost:127.0.0.1:18080\nx-sdk-date:20241125T080000Z\n\
        x-security-token:SENTINEL\n\nhost;x-sdk-date;x-security-token\ne3b0c442";
    let message = String::from_utf8_lossy(message);
    if let Some(text) = explain_mismatch(&message, CANONICAL_REQUEST) {
        assert!(printable(&text) == text && !text.contains(SENTINEL), "{text}");
    }
    // Our canonical request is never this malformed, but the function must not panic.
    explain_mismatch(&format!("canonicalRequest:{}", CANONICAL_REQUEST.replace('\n', "|")), &message);
}

/// Returns the text of an error, which must be one line that is safe to print.
fn shown(error: &Error) -> String {
    let text = format!("{error:#}");
    assert_eq!(printable(&text), text);
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde::Deserialize;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Page {
        #[serde(default, deserialize_with = "crate::lenient::list")]
        data_list: Option<Vec<Row>>,
        total_num: Option<i64>,
    }

    #[derive(Serialize, Deserialize)]
    struct Row {
        id: Option<String>,
        start_time: Option<i64>,
    }

    type Run = fn(&[u8]);

    #[test]
    fn every_seed_of_the_corpus_passes() {
        let targets: [(&str, Run); 7] = [
            ("decode", decode::<Page>),
            ("error_body", error_body),
            ("retry_after", retry_after_value),
            ("credentials_file", credentials_file),
            ("regions_file", regions_file),
            ("sign", sign_any),
            ("mismatch", mismatch),
        ];
        for (target, run) in targets {
            let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/corpus").join(target);
            let mut seeds = 0;
            for seed in std::fs::read_dir(&corpus).unwrap() {
                let seed = seed.unwrap().path();
                // Shown if the test fails.
                println!("{}", seed.display());
                run(&std::fs::read(&seed).unwrap());
                seeds += 1;
            }
            assert!(seeds > 1, "{target} has too few seeds");
        }
    }
}
