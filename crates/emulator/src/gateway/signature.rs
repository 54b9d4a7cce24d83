//! Verifies signatures as the API gateway does: strictly, against the request as received.

use std::time::{Duration, SystemTime};

use huaweicloud_core::{AccessKey, Signable, parse_sdk_date, sdk_date, sign};
use hyper::HeaderMap;
use hyper::header::HeaderValue;
use hyper::http::request::Parts;
use ring::digest;
use subtle::ConstantTimeEq as _;

/// Maximum difference between the date of a request and the gateway's clock.
const TOLERANCE: Duration = Duration::from_secs(15 * 60);
const ALGORITHM: &str = "SDK-HMAC-SHA256 ";
const DATE: &str = "x-sdk-date";
const CONTENT_HASH: &str = "x-sdk-content-sha256";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// The contents of an `Authorization` header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authorization<'a> {
    /// Id of the access key.
    pub(crate) key: &'a str,
    /// Names of the signed headers.
    headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Parses `SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…`.
    ///
    /// # Errors
    ///
    /// Returns the error message of the gateway.
    pub(crate) fn read(authorization: &'a str) -> Result<Self, &'static str> {
        let rest = authorization.strip_prefix(ALGORITHM).ok_or("unsupported signature algorithm")?;
        let [mut key, mut headers, mut signature] = [None; 3];
        for part in rest.split(',') {
            let (name, value) = part.trim().split_once('=').ok_or("the Authorization header is malformed")?;
            let place = match name {
                "Access" => &mut key,
                "SignedHeaders" => &mut headers,
                "Signature" => &mut signature,
                _ => return Err("the Authorization header is malformed"),
            };
            if place.replace(value).is_some() {
                return Err("the Authorization header is malformed");
            }
        }
        match (key, headers, signature) {
            (Some(key), Some(headers), Some(signature)) => {
                Ok(Self { key, headers: headers.split(';').collect(), signature })
            }
            _ => Err("the Authorization header is malformed"),
        }
    }

    /// Returns whether the header with this lower-case name is signed.
    pub(crate) fn signs(&self, header: &str) -> bool {
        self.headers.contains(&header)
    }

    /// Verifies the signature of a request that arrived at `now` with the access key that it names.
    ///
    /// The signature must match the received request: each signed header with its single value, the host with its port,
    /// the path, the query and the body. The date must be signed.
    ///
    /// # Errors
    ///
    /// Returns the error message of the gateway. If the signature differs, the message contains the canonical request.
    pub(crate) fn verify(&self, head: &Parts, body: &[u8], key: &AccessKey, now: SystemTime) -> Result<(), String> {
        let failed = |why: &str| format!("verify aksk signature fail, {why}");
        if !self.signs(DATE) {
            return Err(failed("X-Sdk-Date is not in SignedHeaders"));
        }
        let date = signed_header(&head.headers, DATE).map_err(|why| failed(&why))?;
        let at = parse_sdk_date(date).ok_or_else(|| failed("X-Sdk-Date is not a date"))?;
        if distance(at, now) > TOLERANCE {
            let clock = sdk_date(now).unwrap_or_default();
            return Err(failed(&format!("signature expired, signature time:{date},server time:{clock}")));
        }
        let mut headers = Vec::with_capacity(self.headers.len());
        for &name in &self.headers {
            let value = signed_header(&head.headers, name).map_err(|why| failed(&why))?;
            if name == CONTENT_HASH && value != UNSIGNED && value != hash(body) {
                return Err(failed("X-Sdk-Content-Sha256 is not the hash of the body"));
            }
            headers.push((name, value));
        }
        let signable = Signable {
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query().unwrap_or_default(),
            headers: &headers,
            body,
        };
        let signed = sign(&signable, key, at).map_err(|error| failed(error.message()))?;
        // Constant time, so that the duration does not reveal how much of a guessed signature is correct.
        if signed.signature().as_bytes().ct_eq(self.signature.as_bytes()).into() {
            return Ok(());
        }
        Err(failed(&format!("canonicalRequest:{}", signed.canonical_request().replace('\n', "|"))))
    }
}

/// Returns the value of a signed header.
///
/// # Errors
///
/// Returns the reason if the header has no single value. A header that is given twice is refused, since only one of its
/// values would be checked.
fn signed_header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, String> {
    let mut values = headers.get_all(name).iter();
    match (values.next().map(HeaderValue::to_str), values.next()) {
        (Some(Ok(value)), None) => Ok(value),
        (_, Some(_)) => Err(format!("signed header {name} is given more than once")),
        _ => Err(format!("signed header {name} is missing")),
    }
}

fn distance(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}

/// Returns the SHA-256 hash in hexadecimal digits.
fn hash(body: &[u8]) -> String {
    digest::digest(&digest::SHA256, body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use huaweicloud_core::Secret;
    use hyper::Request;

    use super::*;

    const PATH: &str =
        "/v5/0605767bb280d5762fd6c0133d6bea3f/vulnerability/scan-task/2b31ed5206f44c1cbebdb6e57a1b2c3d/hosts";
    const ALL_FOUR: &str = "scan_status=failed&limit=10&offset=0&enterprise_project_id=all_granted_eps";
    const HOST: (&str, &str) = ("host", "hss.cn-north-4.myhuaweicloud.com");
    /// 20241125T080000Z
    const SIGNED_AT: u64 = 1_732_521_600;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// Verifies a request with these headers, of which `names` are signed.
    fn verified(target: &str, headers: &[(&str, &str)], names: &str, signature: &str, now: u64) -> Result<(), String> {
        let mut request = Request::get(target).header("x-sdk-date", "20241125T080000Z");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let secret = Secret::new("SK", "sk-example-not-secret-0123456789abcdef").unwrap();
        let key = AccessKey::new("AK", "AKEXAMPLE0000000TEST", secret).unwrap();
        let header =
            format!("SDK-HMAC-SHA256 Access=AKEXAMPLE0000000TEST, SignedHeaders={names}, Signature={signature}");
        Authorization::read(&header).unwrap().verify(&head, b"", &key, at(now))
    }

    fn of_query(query: &str, signature: &str) -> Result<(), String> {
        verified(&format!("{PATH}?{query}"), &[HOST], "host;x-sdk-date", signature, SIGNED_AT)
    }

    #[test]
    fn accepts_only_completely_signed_requests() {
        let good = "7b55155c3cee2cda00a0e7d7b0494393cc9103e31f2bfcfc2b592139787df744";
        assert_eq!(of_query(ALL_FOUR, good), Ok(()));
        for (mistake, signature) in [
            ("without the query", "d54a586312ae4228e7433cb5a0b312dc8d78cd907995d20a0632962015d474b7"),
            ("unsorted", "79ba2ac59f98d8f2a273052cf60a7b35b89d53be07b2cdf5f1a5d2528abbde82"),
            ("without the final slash", "206d6b919d0984f3f0fc08c38ed4f03e3d45aaa4d5e3b1362b3caba8548a6ed9"),
        ] {
            let verified = of_query(ALL_FOUR, signature).unwrap_err();
            let echo = format!("canonicalRequest:GET|{PATH}/|enterprise_project_id=all_granted_eps&limit=10&offset=0");
            assert!(verified.contains(&echo), "{mistake}: {verified}");
        }
        assert!(of_query("limit=11", good).is_err());
    }

    #[test]
    fn the_port_is_part_of_the_signed_host() {
        let (right, wrong) = (
            "f7ef09977dbd5e20a6b31c649ab56f5a56efc7c5658062dc90d4e7a846231dde",
            "f7600fe16fe165b7cfbfd42812fb64696c6ccc6462dbbd0c2009f35b2f99604e",
        );
        let of = |signature| {
            let host = ("host", "127.0.0.1:18080");
            verified(&format!("{PATH}?limit=10"), &[host], "host;x-sdk-date", signature, SIGNED_AT)
        };
        assert_eq!(of(right), Ok(()));
        assert!(of(wrong).unwrap_err().contains("|host:127.0.0.1:18080|"));
    }

    #[test]
    fn a_signed_security_token_must_match_the_header() {
        let signature = "dab4575b5d1d2700bc861963b9b8340d48b503e7c4023c3e5a5ea66928c952fe";
        let project = ("x-project-id", "0605767bb280d5762fd6c0133d6bea3f");
        let target = format!("{PATH}?limit=10");
        let headers = [HOST, project, ("x-security-token", "tok-abc==")];
        let names = "host;x-project-id;x-sdk-date;x-security-token";
        assert_eq!(verified(&target, &headers, names, signature, SIGNED_AT), Ok(()));
        let other = [HOST, project, ("x-security-token", "tok-xyz==")];
        assert!(verified(&target, &other, names, signature, SIGNED_AT).is_err());
    }

    #[test]
    fn refuses_a_signed_header_that_is_given_twice() {
        let good = "7b55155c3cee2cda00a0e7d7b0494393cc9103e31f2bfcfc2b592139787df744";
        for more in [HOST, ("host", "other.example.com"), ("x-sdk-date", "20241125T080000Z")] {
            let refused = verified(&format!("{PATH}?{ALL_FOUR}"), &[HOST, more], "host;x-sdk-date", good, SIGNED_AT);
            assert!(refused.unwrap_err().ends_with(&format!("signed header {} is given more than once", more.0)));
        }
        // An unsigned header may be repeated.
        let twice = [HOST, ("accept", "*/*"), ("accept", "*/*")];
        assert_eq!(verified(&format!("{PATH}?{ALL_FOUR}"), &twice, "host;x-sdk-date", good, SIGNED_AT), Ok(()));
    }

    #[test]
    fn accepts_dates_within_fifteen_minutes() {
        let good = "7b55155c3cee2cda00a0e7d7b0494393cc9103e31f2bfcfc2b592139787df744";
        let of = |now| verified(&format!("{PATH}?{ALL_FOUR}"), &[HOST], "host;x-sdk-date", good, now);
        assert_eq!((of(SIGNED_AT - 900), of(SIGNED_AT + 900)), (Ok(()), Ok(())));
        assert_eq!(
            of(SIGNED_AT + 901).unwrap_err(),
            "verify aksk signature fail, signature expired, signature time:20241125T080000Z,server time:20241125T081501Z"
        );
        assert!(of(SIGNED_AT - 901).unwrap_err().contains("server time:20241125T074459Z"));
    }

    #[test]
    fn refuses_missing_signed_headers() {
        let of = |names| verified(PATH, &[HOST], names, "00", SIGNED_AT).unwrap_err();
        assert!(of("host").contains("X-Sdk-Date is not in SignedHeaders"));
        assert!(of("host;x-sdk-date;content-type").contains("signed header content-type is missing"));
        let headers = [HOST, ("x-sdk-content-sha256", "00")];
        let verified = verified(PATH, &headers, "host;x-sdk-content-sha256;x-sdk-date", "00", SIGNED_AT).unwrap_err();
        assert!(verified.contains("is not the hash of the body"), "{verified}");
    }

    #[test]
    fn refuses_invalid_authorization_headers() {
        for header in [
            "",
            "Basic x",
            "SDK-HMAC-SHA256 ",
            "SDK-HMAC-SHA256 Access=a",
            "SDK-HMAC-SHA256 Access=a, Signature=b",
            "SDK-HMAC-SHA256 Access=a, Access=a, SignedHeaders=h, Signature=b",
            "SDK-HMAC-SHA256 Credential=a, SignedHeaders=h, Signature=b",
            "V11-HMAC-SHA256 Credential=a/b, SignedHeaders=h, Signature=b",
        ] {
            assert!(Authorization::read(header).is_err(), "{header}");
        }
        let claim = Authorization::read("SDK-HMAC-SHA256 Access=a,SignedHeaders=h;i,  Signature=b").unwrap();
        assert_eq!(claim, Authorization { key: "a", headers: vec!["h", "i"], signature: "b" });
    }
}
