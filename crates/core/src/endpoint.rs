//! Determines the address of a service.

mod configured;
mod regions_file;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;

use crate::regions::{self, UnknownRegion, suggestion};
use crate::{Error, Result, Service};

pub use configured::{configured_endpoint, endpoint};

const LOCALHOST: &str = "localhost";
const HINT: &str = "Use the form https://SERVICE.REGION.myhuaweicloud.com or http://127.0.0.1:8080.";

/// The address of a service: only scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
    /// The region from which the address was derived, if it is unknown.
    unknown_region: Option<UnknownRegion>,
}

impl Endpoint {
    /// Parses the address of a service, such as `https://ecs.cn-north-4.myhuaweicloud.com`, with or without a final
    /// slash.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the address has no scheme or host, or has a path,
    /// query, fragment or user name. Plain `http` is permitted only for this machine, since it would expose the token
    /// to the network.
    ///
    /// ```
    /// use huaweicloud_core::Endpoint;
    ///
    /// let endpoint = Endpoint::parse("http://127.0.0.1:18080/")?;
    /// assert_eq!(endpoint.to_string(), "http://127.0.0.1:18080");
    /// assert!(Endpoint::parse("http://ecs.cn-north-4.myhuaweicloud.com").is_err());
    /// # Ok::<(), huaweicloud_core::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        check(text).map_err(|message| Error::usage(message).with_hint(HINT))
    }

    /// Parses an address like [`parse`](Self::parse). Errors also contain the source of the address.
    pub(crate) fn parse_at(place: &str, text: &str) -> Result<Self> {
        check(text).map_err(|message| Error::usage(format!("{place}: {message}")).with_hint(HINT))
    }

    /// Returns the address of `service` in `region` by the built-in rule: `https://ecs.cn-north-4.myhuaweicloud.com`.
    /// [`endpoint`](crate::endpoint()) reads the environment of the user first.
    ///
    /// The region need not be one of the known [regions of the service](Service::regions), so that new regions work.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if `region` is not a valid label of a host name. A region
    /// can therefore not change the host.
    ///
    /// ```
    /// use huaweicloud_core::{Endpoint, IAM};
    ///
    /// let endpoint = Endpoint::of_region(&IAM, "cn-north-4")?;
    /// assert_eq!(endpoint.to_string(), "https://iam.cn-north-4.myhuaweicloud.com");
    /// assert!(Endpoint::of_region(&IAM, "example.com#").is_err());
    /// # Ok::<(), huaweicloud_core::Error>(())
    /// ```
    pub fn of_region(service: &'static Service, region: &str) -> Result<Self> {
        if !is_label(region) {
            let message = format!("invalid region {}: expected lower-case letters, digits and hyphens", quoted(region));
            return Err(Error::usage(message).with_hint(suggestion(service.regions, region)));
        }
        let endpoint = Self::parse(&format!("https://{}", regions::host(service, region)))?;
        Ok(Self { unknown_region: UnknownRegion::of(service, region), ..endpoint })
    }

    /// Reports whether the address is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Returns the name `localhost` with its addresses, if it is the host.
    ///
    /// The name is not resolved: a host that answers for it could receive the credentials without encryption.
    pub(crate) fn localhost(&self) -> Option<(&'static str, [SocketAddr; 2])> {
        // The port of the URL replaces port 0.
        let addresses =
            [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()].map(|address| (address, 0).into());
        (self.url.host_str() == Some(LOCALHOST)).then_some((LOCALHOST, addresses))
    }

    /// Returns the URL, with an empty path.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the region from which the address was derived, if it is unknown.
    pub(crate) fn unknown_region(&self) -> Option<&UnknownRegion> {
        self.unknown_region.as_ref()
    }
}

/// Parses an address, or returns a description of the problem.
fn check(text: &str) -> Result<Endpoint, String> {
    // The text before an @ may be a password, even if the rest is not an address.
    let shown = if text.contains('@') { "with an @".to_owned() } else { quoted(text) };
    let refuse = |why: &str| Err(format!("invalid endpoint {shown}: {why}"));
    if !text.contains("://") {
        return refuse("missing scheme");
    }
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => return refuse(&format!("{error}")),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("it must not contain a user name or password");
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return refuse("http is only allowed to this machine, since it does not encrypt the credentials"),
        _ => return refuse("expected https or http"),
    }
    if url.host_str().is_none_or(str::is_empty) {
        return refuse("missing host");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return refuse("expected only scheme, host and port");
    }
    Ok(Endpoint { url, unknown_region: None })
}

/// Reports whether the text is one lower-case label of a host name.
fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Quotes a text of the user, escapes white space, and shortens a text that is too long.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(100).and_then(|(end, _)| text.get(..end)) {
        Some(head) => format!("{:?}", format!("{head}…")),
        None => format!("{text:?}"),
    }
}

fn is_loopback(url: &Url) -> bool {
    url.host_str() == Some(LOCALHOST) || is_loopback_address(url)
}

/// Reports whether the host of a URL is an IP address of this machine, such as `127.0.0.1` or `[::1]`.
pub(crate) fn is_loopback_address(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    address.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// A value that is an [`Endpoint`], or text that [`Endpoint::parse`] accepts.
pub trait IntoEndpoint {
    /// Converts the value to an endpoint.
    ///
    /// # Errors
    ///
    /// The same as for [`Endpoint::parse`].
    fn into_endpoint(self) -> Result<Endpoint>;
}

impl IntoEndpoint for Endpoint {
    fn into_endpoint(self) -> Result<Endpoint> {
        Ok(self)
    }
}

impl IntoEndpoint for &str {
    fn into_endpoint(self) -> Result<Endpoint> {
        Endpoint::parse(self)
    }
}

impl IntoEndpoint for &String {
    fn into_endpoint(self) -> Result<Endpoint> {
        Endpoint::parse(self)
    }
}

impl IntoEndpoint for String {
    fn into_endpoint(self) -> Result<Endpoint> {
        Endpoint::parse(&self)
    }
}

impl fmt::Display for Endpoint {
    /// Writes the address without a final slash, so that a path can be appended.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::EXAMPLE;

    #[test]
    fn a_final_slash_makes_no_difference() {
        let bare = Endpoint::parse("http://127.0.0.1:18080").unwrap();
        assert_eq!(bare, Endpoint::parse("http://127.0.0.1:18080/").unwrap());
        assert_eq!(bare.to_string(), "http://127.0.0.1:18080");
        for refused in ["http://127.0.0.1:18080//", "http://127.0.0.1:18080/prefix/", "127.0.0.1:18080", "", "https://"]
        {
            assert!(Endpoint::parse(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn allows_plain_http_only_to_this_machine() {
        let this_machine =
            ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "http://[::ffff:127.0.0.1]:1"];
        for allowed in this_machine {
            assert!(Endpoint::parse(allowed).is_ok_and(|endpoint| endpoint.is_loopback()), "{allowed}");
        }
        assert!(Endpoint::parse("https://example.com").is_ok());
        for refused in [
            "http://example.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://[::2]",
            "http://[::ffff:192.0.2.1]",
            "ftp://127.0.0.1",
        ] {
            assert!(Endpoint::parse(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn localhost_is_not_resolved() {
        let addresses = |address: &str| Endpoint::parse(address).unwrap().localhost().map(|(_, addresses)| addresses);
        let expected = Some(["127.0.0.1:0", "[::1]:0"].map(|address| address.parse().unwrap()));
        assert_eq!(addresses("http://localhost:8080"), expected);
        assert_eq!(addresses("https://LOCALHOST"), expected);
        for other in ["http://127.0.0.1:1", "http://[::1]:1", "https://localhost.example.com", "https://example.com"] {
            assert_eq!(addresses(other), None, "{other}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        for refused in [
            "https://user:SENTINEL@example.com",
            "http://user:SENTINEL@example.com",
            "https://user:SENTINEL@example.com:99999",
            "user:SENTINEL@example.com",
        ] {
            let error = format!("{:#}", Endpoint::parse(refused).unwrap_err());
            assert!(error.starts_with("invalid endpoint with an @: ") && !error.contains("SENTINEL"), "{error}");
        }
    }

    #[test]
    fn a_region_cannot_change_the_host() {
        assert_eq!(
            Endpoint::of_region(&EXAMPLE, "eu-west-101").unwrap().to_string(),
            "https://ecs.eu-west-101.myhuaweicloud.eu"
        );
        let long = "a".repeat(64);
        #[rustfmt::skip]
        let refused = [
            "", " ", ".", "..", "-", "-a", "a-", "--", "a.b", "a/b", "a\\b", "a@b", "a:1", "a#", "a?", "a%2eb", "a b", "a\n", "a\0",
            "evil.com", "evil.com/", "evil.com#", "evil.com?", "evil.com:443/", "user@evil.com/", "//evil.com", "CN-NORTH-4",
            "evil\u{3002}com", "evil\u{ff0e}com", "evil\u{ff61}com", "\u{430}-1", "cn\u{2010}north\u{2010}4", &long,
        ];
        for refused in refused {
            assert!(Endpoint::of_region(&EXAMPLE, refused).is_err(), "{refused:?}");
        }
    }
}
