//! Compares signatures with those of the official SDKs and the signing guide. The vectors have a README.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};

use huaweicloud_core::{AccessKey, Secret, Signable, Signed, parse_sdk_date, sign};
use reqwest::Url;
use ring::{digest, hmac};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    #[serde(rename = "source")]
    _source: String,
    key: Key,
    request: Request,
    expected: Expected,
    #[serde(default)]
    wrong_signatures: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    id: String,
    secret: String,
    security_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    method: String,
    path: String,
    #[serde(default)]
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    date: String,
    #[serde(default)]
    body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    canonical_path: Option<String>,
    canonical_query: Option<String>,
    canonical_request_sha256: Option<String>,
    signed_headers: String,
    signature: String,
}

/// A line of `random.jsonl`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Random {
    id: String,
    secret: String,
    token: Option<String>,
    method: String,
    path: String,
    #[serde(default)]
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: String,
    date: String,
    authorization: String,
}

impl Key {
    fn access_key(&self) -> AccessKey {
        let key = AccessKey::new("AK", &self.id, Secret::new("SK", self.secret.as_str()).unwrap()).unwrap();
        match &self.security_token {
            Some(token) => key.with_security_token(Secret::new("token", token.as_str()).unwrap()),
            None => key,
        }
    }
}

impl Request {
    fn sign(&self, key: &Key) -> Signed {
        // Encoded as the transport does, with `+` for a space. This differs from the canonical form.
        let mut url = Url::parse("https://example.com").unwrap();
        url.query_pairs_mut().extend_pairs(&self.query);
        let mut headers: Vec<_> = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        // The official SDKs do not sign a body of another type. They declare it in a header.
        let is_other = |(name, value): &(&str, &str)| {
            let is_signed = value.starts_with("application/json") || value.starts_with("application/bson");
            name.eq_ignore_ascii_case("content-type") && !is_signed
        };
        if headers.iter().any(is_other) {
            headers.push(("x-sdk-content-sha256", "UNSIGNED-PAYLOAD"));
        }
        let request = Signable {
            method: &self.method,
            path: &self.path,
            query: url.query().unwrap_or_default(),
            headers: &headers,
            body: self.body.as_bytes(),
        };
        sign(&request, &key.access_key(), parse_sdk_date(&self.date).unwrap()).unwrap()
    }
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn vector(file: &Path) -> Vector {
    serde_json::from_str(&fs::read_to_string(file).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn sign_vector(vector: &Vector) -> Signed {
    vector.request.sign(&vector.key)
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256(text: &str) -> String {
    hex(digest::digest(&digest::SHA256, text.as_bytes()))
}

fn header<'a>(signed: &'a Signed, name: &str) -> &'a str {
    let (_, value) = signed.headers().iter().find(|(header, _)| header == name).expect(name);
    value.to_str().unwrap()
}

#[test]
fn every_vector_is_reproduced() {
    let mut files: Vec<_> = fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    assert_eq!(files.len(), 20, "a vector was added or lost");
    for file in files {
        let vector = vector(&file);
        let (name, expected) = (&vector.name, &vector.expected);
        let signed = sign_vector(&vector);
        let lines: Vec<_> = signed.canonical_request().split('\n').collect();
        if let Some(path) = &expected.canonical_path {
            assert_eq!(lines[1], path, "{name}");
        }
        if let Some(query) = &expected.canonical_query {
            assert_eq!(signed.canonical_query(), query, "{name}");
        }
        assert_eq!(lines[lines.len() - 2], expected.signed_headers, "{name}");
        let hash = sha256(signed.canonical_request());
        assert!(signed.string_to_sign().ends_with(&format!("\n{hash}")), "{name}");
        if let Some(expected) = &expected.canonical_request_sha256 {
            assert_eq!(&hash, expected, "{name}:\n{}", signed.canonical_request());
        }
        assert_eq!(signed.signature(), expected.signature, "{name}:\n{}", signed.canonical_request());
        let authorization = header(&signed, "authorization");
        let end = format!(", SignedHeaders={}, Signature={}", expected.signed_headers, expected.signature);
        assert!(authorization.ends_with(&end), "{name}: {authorization}");
        for (mistake, signature) in &vector.wrong_signatures {
            assert_ne!(signature.as_str().unwrap(), signed.signature(), "{name}: {mistake}");
        }
    }
}

/// Checks that the known wrong signatures result from the known mistakes. A verifier can then be tested with them for
/// the mistakes.
#[test]
fn the_wrong_signatures_result_from_the_known_mistakes() {
    let vector = vector(&directory().join("case-v2.json"));
    let signed = sign_vector(&vector);
    let right = signed.canonical_request();
    let signature = |from: &str, to: &str| {
        let canonical = right.replacen(from, to, 1);
        assert_ne!(canonical, right);
        let text = format!("SDK-HMAC-SHA256\n20241125T080000Z\n{}", sha256(&canonical));
        let key = hmac::Key::new(hmac::HMAC_SHA256, vector.key.secret.as_bytes());
        hex(hmac::sign(&key, text.as_bytes()))
    };
    let unsorted: Vec<_> = vector.request.query.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let query = signed.canonical_query();
    assert_eq!(vector.wrong_signatures.len(), 3);
    assert_eq!(vector.wrong_signatures["query_dropped"], signature(query, ""));
    assert_eq!(vector.wrong_signatures["query_unsorted"], signature(query, &unsorted.join("&")));
    assert_eq!(vector.wrong_signatures["no_final_slash"], signature("/hosts/\n", "/hosts\n"));
}

#[test]
fn random_requests_are_signed_as_the_official_sdk_does() {
    let fixture = fs::read_to_string(directory().join("random.jsonl")).unwrap();
    let mut compared = 0;
    for (index, line) in fixture.lines().enumerate() {
        let random: Random = serde_json::from_str(line).unwrap();
        let key = Key { id: random.id, secret: random.secret, security_token: random.token };
        let Random { method, path, query, headers, body, date, .. } = random;
        let signed = Request { method, path, query, headers, date, body }.sign(&key);
        let canonical = signed.canonical_request();
        assert_eq!(header(&signed, "authorization"), random.authorization, "line {}:\n{canonical}", index + 1);
        compared += 1;
    }
    assert_eq!(compared, 1300);
}

#[test]
fn the_headers_to_set_are_those_that_were_not_given() {
    let names = |file: &str| -> Vec<String> {
        let signed = sign_vector(&vector(&directory().join(file)));
        signed.headers().iter().map(|(name, _)| name.to_string()).collect()
    };
    assert_eq!(names("case-v1.json"), ["x-sdk-date", "authorization"]);
    assert_eq!(names("case-v6.json"), ["x-sdk-date", "x-security-token", "authorization"]);
}

#[test]
fn the_first_of_repeated_headers_is_signed() {
    let vector = vector(&directory().join("case-v6.json"));
    let mut request = vector.request;
    let stale = [("x-sdk-date", "19991231T235959Z"), ("X-SECURITY-TOKEN", "old"), ("HOST", "other.example")];
    request.headers.extend(stale.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(request.sign(&vector.key).signature(), vector.expected.signature);
}

#[test]
fn debug_shows_neither_secrets_nor_the_signature() {
    let mut vector = vector(&directory().join("case-v6.json"));
    vector.key.secret = "SENTINEL-SECRET".into();
    vector.key.security_token = Some("SENTINEL-TOKEN".into());
    let signed = sign_vector(&vector);
    let shown = format!("{signed:#?} {:#?} {:#?}", signed.headers(), vector.key.access_key());
    assert!(!shown.contains("SENTINEL"), "{shown}");
    assert!(!shown.contains(signed.signature()), "{shown}");
    assert!(
        shown.contains(r"SDK-HMAC-SHA256\n20241125T080000Z\n") && shown.contains("AKEXAMPLE0000000TEST"),
        "{shown}"
    );
}

#[test]
fn values_that_are_not_ascii_are_signed_as_utf_8() {
    let vector = vector(&directory().join("case-v1.json"));
    let mut request = vector.request;
    request.path = "/v5/主机".into();
    request.query = vec![("名".into(), "漏洞".into())];
    request.headers.push(("X-Name".into(), " é ".into()));
    let signed = request.sign(&vector.key);
    assert_eq!(
        signed.canonical_request().strip_suffix("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        Some(
            "GET\n/v5/%E4%B8%BB%E6%9C%BA/\n%E5%90%8D=%E6%BC%8F%E6%B4%9E\nhost:hss.cn-north-4.myhuaweicloud.com\n\
             x-name:é\nx-sdk-date:20241125T080000Z\n\nhost;x-name;x-sdk-date\n"
        )
    );
}

#[test]
fn refuses_an_invalid_header_name() {
    let vector = vector(&directory().join("case-v1.json"));
    let request = Signable { method: "GET", path: "/", query: "", headers: &[("a\nb", "x")], body: b"" };
    let at = parse_sdk_date(&vector.request.date).unwrap();
    let error = sign(&request, &vector.key.access_key(), at).unwrap_err();
    assert_eq!(error.kind(), huaweicloud_core::ErrorKind::Usage);
    assert_eq!(format!("{error:#}"), "the name of a header contains a character that HTTP headers cannot contain");
}
