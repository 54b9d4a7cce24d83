//! Checking a signature as the gateway does: strictly, from what arrived.

use std::time::{Duration, SystemTime};

use huaweicloud_core::{AccessKey, Signable, parse_sdk_date, sdk_date, sign};
use hyper::HeaderMap;
use hyper::header::HeaderValue;
use hyper::http::request::Parts;
use ring::digest;
use subtle::ConstantTimeEq as _;

/// How far a date may be from the gateway's clock.
const TOLERANCE: Duration = Duration::from_secs(15 * 60);
const ALGORITHM: &str = "SDK-HMAC-SHA256 ";
const DATE: &str = "x-sdk-date";
const CONTENT_HASH: &str = "x-sdk-content-sha256";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// What an `Authorization` header claims.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Claim<'a> {
    /// Id of the access key.
    pub(crate) key: &'a str,
    /// Names of the headers that are signed.
    headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Claim<'a> {
    /// Reads `SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…`.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in the words of an answer.
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

    /// Returns whether this header, by its name in lower case, is among those that are signed.
    pub(crate) fn signs(&self, header: &str) -> bool {
        self.headers.contains(&header)
    }

    /// Checks it for a request that arrived at `now`, against the key that it names.
    ///
    /// What is signed must be what arrived: each signed header with its one value, the host with its port, path, query
    /// and body. The date must be signed.
    ///
    /// # Errors
    ///
    /// Why not, in the gateway's words: with the canonical request as it was read, if that is what differs.
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
        // How long the comparison takes must not tell how much of a guess is right.
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
/// Why there is no such value. A header that is given twice has none, since only one of its values would be checked.
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

/// SHA-256 in hexadecimal digits.
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

    /// What is said of a request with these headers, of which `names` are signed.
    fn said(target: &str, headers: &[(&str, &str)], names: &str, signature: &str, now: u64) -> Result<(), String> {
        let mut request = Request::get(target).header("x-sdk-date", "20241125T080000Z");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let secret = Secret::new("SK", "sk-example-not-secret-0123456789abcdef").unwrap();
        let key = AccessKey::new("AK", "AKEXAMPLE0000000TEST", secret).unwrap();
        let header =
            format!("SDK-HMAC-SHA256 Access=AKEXAMPLE0000000TEST, SignedHeaders={names}, Signature={signature}");
        Claim::read(&header).unwrap().verify(&head, b"", &key, at(now))
    }

    fn of_query(query: &str, signature: &str) -> Result<(), String> {
        said(&format!("{PATH}?{query}"), &[HOST], "host;x-sdk-date", signature, SIGNED_AT)
    }

    #[test]
    fn only_what_is_signed_whole_passes() {
        let good = "7b55155c3cee2cda00a0e7d7b0494393cc9103e31f2bfcfc2b592139787df744";
        assert_eq!(of_query(ALL_FOUR, good), Ok(()));
        for (mistake, signature) in [
            ("without the query", "d54a586312ae4228e7433cb5a0b312dc8d78cd907995d20a0632962015d474b7"),
            ("unsorted", "79ba2ac59f98d8f2a273052cf60a7b35b89d53be07b2cdf5f1a5d2528abbde82"),
            ("without the final slash", "206d6b919d0984f3f0fc08c38ed4f03e3d45aaa4d5e3b1362b3caba8548a6ed9"),
        ] {
            let said = of_query(ALL_FOUR, signature).unwrap_err();
            let echo = format!("canonicalRequest:GET|{PATH}/|enterprise_project_id=all_granted_eps&limit=10&offset=0");
            assert!(said.contains(&echo), "{mistake}: {said}");
        }
        assert!(of_query("limit=11", good).is_err());
    }

    #[test]
    fn the_port_is_part_of_the_host() {
        let (right, wrong) = (
            "f7ef09977dbd5e20a6b31c649ab56f5a56efc7c5658062dc90d4e7a846231dde",
            "f7600fe16fe165b7cfbfd42812fb64696c6ccc6462dbbd0c2009f35b2f99604e",
        );
        let of = |signature| {
            let host = ("host", "127.0.0.1:18080");
            said(&format!("{PATH}?limit=10"), &[host], "host;x-sdk-date", signature, SIGNED_AT)
        };
        assert_eq!(of(right), Ok(()));
        assert!(of(wrong).unwrap_err().contains("|host:127.0.0.1:18080|"));
    }

    #[test]
    fn a_security_token_that_is_signed_must_be_the_one_sent() {
        let signature = "dab4575b5d1d2700bc861963b9b8340d48b503e7c4023c3e5a5ea66928c952fe";
        let project = ("x-project-id", "0605767bb280d5762fd6c0133d6bea3f");
        let target = format!("{PATH}?limit=10");
        let headers = [HOST, project, ("x-security-token", "tok-abc==")];
        let names = "host;x-project-id;x-sdk-date;x-security-token";
        assert_eq!(said(&target, &headers, names, signature, SIGNED_AT), Ok(()));
        let other = [HOST, project, ("x-security-token", "tok-xyz==")];
        assert!(said(&target, &other, names, signature, SIGNED_AT).is_err());
    }

    #[test]
    fn a_signed_header_that_is_given_twice_is_refused() {
        let good = "7b55155c3cee2cda00a0e7d7b0494393cc9103e31f2bfcfc2b592139787df744";
        for more in [HOST, ("host", "other.example.com"), ("x-sdk-date", "20241125T080000Z")] {
            let refused = said(&format!("{PATH}?{ALL_FOUR}"), &[HOST, more], "host;x-sdk-date", good, SIGNED_AT);
            assert!(refused.unwrap_err().ends_with(&format!("signed header {} is given more than once", more.0)));
        }
        // A header that is not signed may be repeated.
        let twice = [HOST, ("accept", "*/*"), ("accept", "*/*")];
        assert_eq!(said(&format!("{PATH}?{ALL_FOUR}"), &twice, "host;x-sdk-date", good, SIGNED_AT), Ok(()));
    }

    #[test]
    fn a_date_holds_for_a_quarter_of_an_hour_either_way() {
        let good = "7b55155c3cee2cda00a0e7d7b0494393cc9103e31f2bfcfc2b592139787df744";
        let of = |now| said(&format!("{PATH}?{ALL_FOUR}"), &[HOST], "host;x-sdk-date", good, now);
        assert_eq!((of(SIGNED_AT - 900), of(SIGNED_AT + 900)), (Ok(()), Ok(())));
        assert_eq!(
            of(SIGNED_AT + 901).unwrap_err(),
            "verify aksk signature fail, signature expired, signature time:20241125T080000Z,server time:20241125T081501Z"
        );
        assert!(of(SIGNED_AT - 901).unwrap_err().contains("server time:20241125T074459Z"));
    }

    #[test]
    fn what_is_signed_must_be_there() {
        let of = |names| said(PATH, &[HOST], names, "00", SIGNED_AT).unwrap_err();
        assert!(of("host").contains("X-Sdk-Date is not in SignedHeaders"));
        assert!(of("host;x-sdk-date;content-type").contains("signed header content-type is missing"));
        let headers = [HOST, ("x-sdk-content-sha256", "00")];
        let said = said(PATH, &headers, "host;x-sdk-content-sha256;x-sdk-date", "00", SIGNED_AT).unwrap_err();
        assert!(said.contains("is not the hash of the body"), "{said}");
    }

    #[test]
    fn a_header_that_is_none_is_told() {
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
            assert!(Claim::read(header).is_err(), "{header}");
        }
        let claim = Claim::read("SDK-HMAC-SHA256 Access=a,SignedHeaders=h;i,  Signature=b").unwrap();
        assert_eq!(claim, Claim { key: "a", headers: vec!["h", "i"], signature: "b" });
    }
}
