//! Where a service is.

use std::fmt;

use reqwest::Url;

use crate::{Error, Result};

/// The address of a service: scheme, host and port, nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Reads an address as a person gives it: `https://hss.cn-north-4.myhuaweicloud.com`, with or without a
    /// final slash.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`](crate::Kind::Usage) if it has no scheme or host, has a path, query, fragment or user name,
    /// or is plain `http` to anything but this machine, which would show the token to the network.
    ///
    /// ```
    /// use huaweicloud_core::Endpoint;
    ///
    /// let endpoint = Endpoint::parse("http://127.0.0.1:18080/")?;
    /// assert_eq!(endpoint.to_string(), "http://127.0.0.1:18080");
    /// assert!(Endpoint::parse("http://hss.cn-north-4.myhuaweicloud.com").is_err());
    /// # Ok::<(), huaweicloud_core::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = |why: &str| {
            Error::usage(format!("endpoint {text:?} {why}"))
                .remedy("Write it like https://hss.cn-north-4.myhuaweicloud.com or http://127.0.0.1:8080.")
        };
        if !text.contains("://") {
            return Err(refuse("has no scheme"));
        }
        let url = Url::parse(text).map_err(|error| refuse("is not an address").caused_by(error))?;
        let Some(_) = url.host_str().filter(|host| !host.is_empty()) else {
            return Err(refuse("has no host"));
        };
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => {
                return Err(refuse(
                    "is plain http to another machine, which would show the credentials to the network",
                ));
            }
            _ => return Err(refuse("is neither https nor http")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::usage("the endpoint has a user name or password in it, which no request would use"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("has more than scheme, host and port"));
        }
        Ok(Self(url))
    }

    /// The address of `service` in `region`: `https://hss.cn-north-4.myhuaweicloud.com`.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`](crate::Kind::Usage) if `region` could not be a label of a host name, so that nothing passed
    /// as a region can name another host.
    pub fn of_region(service: &str, region: &str) -> Result<Self> {
        let is_label = !region.is_empty()
            && region.len() <= 63
            && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !region.starts_with('-')
            && !region.ends_with('-');
        if !is_label {
            return Err(Error::usage(format!("region {region:?} is not the name of a region"))
                .remedy("A region is named like cn-north-4 or ap-southeast-1."));
        }
        // The European site is another company's, under another top-level domain.
        let domain = if region == "eu-west-101" { "myhuaweicloud.eu" } else { "myhuaweicloud.com" };
        Self::parse(&format!("https://{service}.{region}.{domain}"))
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Its address, with an empty path.
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

impl fmt::Display for Endpoint {
    /// Without a final slash, so that a path can follow.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bc_11_a_final_slash_makes_no_difference() {
        let bare = Endpoint::parse("http://127.0.0.1:18080").unwrap();
        assert_eq!(bare, Endpoint::parse("http://127.0.0.1:18080/").unwrap());
        assert_eq!(bare.to_string(), "http://127.0.0.1:18080");
        for refused in ["http://127.0.0.1:18080//", "http://127.0.0.1:18080/prefix/", "127.0.0.1:18080", "", "https://"]
        {
            assert!(Endpoint::parse(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for allowed in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "https://example.com"] {
            assert!(Endpoint::parse(allowed).is_ok(), "{allowed}");
        }
        for refused in
            ["http://example.com", "http://127.0.0.1.example.com", "http://localhost.example.com", "ftp://127.0.0.1"]
        {
            assert!(Endpoint::parse(refused).is_err(), "{refused}");
        }
        let error = Endpoint::parse("https://user:SENTINEL@example.com").unwrap_err().to_string();
        assert!(!error.contains("SENTINEL"), "{error}");
    }

    #[test]
    fn a_region_never_becomes_another_host() {
        assert_eq!(
            Endpoint::of_region("hss", "eu-west-101").unwrap().to_string(),
            "https://hss.eu-west-101.myhuaweicloud.eu"
        );
        for refused in ["", "a.example.com/", "a/b", "a@b", "-a", "a#", "CN-NORTH-4", "a.b"] {
            assert!(Endpoint::of_region("hss", refused).is_err(), "{refused}");
        }
    }
}
