//! Signing requests with an access key, as the gateway of Huawei Cloud checks it.
//!
//! [`sign`] is a pure function: the parts of a request, a key and a time go in; the headers to add come out, and
//! with them every stage between ([`Signed`]), which is what one compares when the two sides disagree. The scheme
//! is described in the guide "API request signing"; where that and the official SDKs differ, this does what
//! the Python SDK does, since its requests are known to pass.

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
/// The name of the scheme.
const ALGORITHM: &str = "SDK-HMAC-SHA256";

/// What of a request is signed.
#[derive(Clone, Copy)]
pub struct Signable<'a> {
    /// `GET`, `POST` and so on.
    pub method: &'a str,
    /// The path as in the URL, percent-encoded.
    pub path: &'a str,
    /// The query as in the URL, without its `?`; empty if there is none. Order and way of encoding are free.
    pub query: &'a str,
    /// The headers to sign, by any spelling of their names; of two with one name the first counts. Those with `_` in
    /// the name are left out, since gateways drop them. The date, and the security token if the key has one,
    /// are added and replace what is here.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body. Its hash is signed, or what a signed header `X-Sdk-Content-Sha256` says if it is not empty.
    pub body: &'a [u8],
}

/// A signature and how it came about.
///
/// `{:?}` shows no part of it that a log must not have; the accessors do.
pub struct Signed {
    canonical_request: Zeroizing<String>,
    string_to_sign: String,
    signature: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Signed {
    /// The request in the form that is hashed. Holds the security token, if there is one.
    #[must_use]
    pub fn canonical_request(&self) -> &str {
        &self.canonical_request
    }

    /// The query in the form that is hashed: sorted, and encoded in the one way that leaves no choice.
    #[must_use]
    pub fn canonical_query(&self) -> &str {
        // Neither of the lines before holds a line end itself: a method is one word, and the path is encoded.
        self.canonical_request.split('\n').nth(2).unwrap_or_default()
    }

    /// What the key signs: algorithm, date and hash of the canonical request, one a line.
    #[must_use]
    pub fn string_to_sign(&self) -> &str {
        &self.string_to_sign
    }

    /// The signature, 64 hexadecimal digits.
    #[must_use]
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// The headers to set on the request, in place of any of the same name.
    #[must_use]
    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The canonical request holds the security token, and whoever has the signature can send the request again.
        f.debug_struct("Signed").field("string_to_sign", &self.string_to_sign).finish_non_exhaustive()
    }
}

/// Signs `request` with `key` at the time `at`.
///
/// # Errors
///
/// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if `at` cannot be written as a date (before 1970, after 9999), or the name of
/// a header to sign has a character that no header can carry.
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

/// Lower-case names and trimmed values of all headers that are signed, by name.
fn signed_headers<'a>(request: &Signable<'a>, key: &'a AccessKey, date: &'a str) -> Vec<(Cow<'a, str>, &'a str)> {
    let mut headers = Vec::with_capacity(request.headers.len() + 3);
    // What is added comes first, so that it is what stays of two with the same name.
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

/// Lower-case hexadecimal digits.
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
        .map_err(|_| Error::usage(format!("{what} has a character that no HTTP header can carry")))
}

fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}
