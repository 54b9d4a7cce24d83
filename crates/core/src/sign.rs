//! Signs requests with an access key, as the gateway of Huawei Cloud verifies them.
//!
//! [`sign`] is a pure function of a request, a key and a time. It returns the headers to add and every intermediate
//! stage ([`Signed`]), which help to find the difference when the gateway refuses a signature. The guide "API request
//! signing" describes the scheme. Where the guide and the official SDKs differ, this module follows the Python SDK,
//! whose requests are known to be accepted.

mod canonical;
mod date;
mod key;
pub(crate) mod mismatch;
mod request;

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use ring::{digest, hmac};
use zeroize::Zeroizing;

use crate::{Error, Result};

pub use date::{parse_sdk_date, sdk_date};
pub use key::AccessKey;
pub(crate) use request::sign_request;

const X_SDK_DATE: HeaderName = HeaderName::from_static("x-sdk-date");
const X_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-security-token");
const X_SDK_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-sdk-content-sha256");
/// The name of the signature scheme.
const ALGORITHM: &str = "SDK-HMAC-SHA256";

/// The parts of a request that are signed.
#[derive(Clone, Copy)]
pub struct Signable<'a> {
    /// The method, such as `GET` or `POST`.
    pub method: &'a str,
    /// The path as in the URL, percent-encoded.
    pub path: &'a str,
    /// The query as in the URL, without `?`; empty if there is none. The order and the encoding do not matter.
    pub query: &'a str,
    /// The headers to sign, with names in any letter case. If a name occurs twice, the first is used. Headers with `_`
    /// in the name are not signed, since gateways drop them. The date, and the security token of the key if it has one,
    /// are added and replace headers with the same name.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body. Its hash is signed. If the body is not empty, a signed header `X-Sdk-Content-Sha256` replaces the
    /// hash.
    pub body: &'a [u8],
}

/// A signature and its intermediate stages.
///
/// `{:?}` shows no part that must not be logged. The accessors return all parts.
pub struct Signed {
    canonical_request: Zeroizing<String>,
    string_to_sign: String,
    signature: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Signed {
    /// Returns the canonical request, which is hashed. It contains the security token, if there is one.
    #[must_use]
    pub fn canonical_request(&self) -> &str {
        &self.canonical_request
    }

    /// Returns the query of the canonical request: sorted, and with a unique encoding.
    #[must_use]
    pub fn canonical_query(&self) -> &str {
        // The preceding lines contain no line end: a method is one word, and the path is encoded.
        self.canonical_request.split('\n').nth(2).unwrap_or_default()
    }

    /// Returns the text that the key signs: algorithm, date and hash of the canonical request, one per line.
    #[must_use]
    pub fn string_to_sign(&self) -> &str {
        &self.string_to_sign
    }

    /// Returns the signature, 64 hexadecimal digits.
    #[must_use]
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// Returns the headers to set on the request. They replace headers with the same name.
    #[must_use]
    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The canonical request contains the security token, and the signature allows anyone to send the request again.
        f.debug_struct("Signed").field("string_to_sign", &self.string_to_sign).finish_non_exhaustive()
    }
}

/// Signs `request` with `key` at the time `at`.
///
/// # Errors
///
/// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if `at` is before 1970 or after 9999, or if the name of a
/// signed header contains a character that no header can carry.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use huaweicloud_core::{AccessKey, Secret, Signable, sign};
///
/// let key = AccessKey::new("HUAWEICLOUD_SDK_AK", "AKEXAMPLE", Secret::new("HUAWEICLOUD_SDK_SK", "sk-example")?)?;
/// let request = Signable {
///     method: "GET",
///     path: "/v1/p/cloudservers",
///     query: "offset=0&limit=200",
///     headers: &[("host", "ecs.cn-north-4.myhuaweicloud.com")],
///     body: b"",
/// };
/// let signed = sign(&request, &key, SystemTime::UNIX_EPOCH + Duration::from_secs(1_732_521_600))?;
/// assert_eq!(signed.canonical_query(), "limit=200&offset=0");
/// assert!(signed.string_to_sign().starts_with("SDK-HMAC-SHA256\n20241125T080000Z\n"));
/// # Ok::<(), huaweicloud_core::Error>(())
/// ```
pub fn sign(request: &Signable<'_>, key: &AccessKey, at: SystemTime) -> Result<Signed> {
    let date = sdk_date(at)?;
    let headers = signed_headers(request, key, &date);
    let names = join(headers.iter().map(|(name, _)| name.as_ref()));
    let canonical_request = canonical::request(request, &headers, &names);

    let hash = hex(digest::digest(&digest::SHA256, canonical_request.as_bytes()).as_ref());
    let string_to_sign = format!("{ALGORITHM}\n{date}\n{hash}");
    let hmac_key = hmac::Key::new(hmac::HMAC_SHA256, key.secret().as_bytes());
    let signature = hex(hmac::sign(&hmac_key, string_to_sign.as_bytes()).as_ref());

    let authorization = format!("{ALGORITHM} Access={}, SignedHeaders={names}, Signature={signature}", key.id());
    let mut added = Vec::with_capacity(4);
    added.push((X_SDK_DATE, value("the date", &date)?));
    if let Some(token) = key.security_token() {
        added.push((X_SECURITY_TOKEN, sensitive(value("the security token", token)?)));
    }
    added.push((AUTHORIZATION, sensitive(value("the name of a header", &authorization)?)));
    Ok(Signed { canonical_request, string_to_sign, signature, headers: added })
}

/// Returns lower-case names and trimmed values of all signed headers, sorted by name.
fn signed_headers<'a>(request: &Signable<'a>, key: &'a AccessKey, date: &'a str) -> Vec<(Cow<'a, str>, &'a str)> {
    let mut headers = Vec::with_capacity(request.headers.len() + 3);
    // Added headers come first, so that they win over headers with the same name.
    headers.push((Cow::Borrowed("x-sdk-date"), date));
    if let Some(token) = key.security_token() {
        headers.push((Cow::Borrowed("x-security-token"), token));
    }
    for &(name, value) in request.headers {
        if !name.contains('_') {
            let name = if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
                Cow::Owned(name.to_ascii_lowercase())
            } else {
                Cow::Borrowed(name)
            };
            headers.push((name, value.trim()));
        }
    }
    headers.sort_by(|(one, _), (other, _)| one.cmp(other));
    headers.dedup_by(|(later, _), (earlier, _)| later == earlier);
    headers
}

fn join<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut joined = String::with_capacity(96);
    for name in names {
        if !joined.is_empty() {
            joined.push(';');
        }
        joined.push_str(name);
    }
    joined
}

/// Returns lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 });
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

fn value(what: &str, text: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(text)
        .map_err(|_| Error::usage(format!("{what} contains a character that HTTP headers cannot contain")))
}

fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}
