//! Accepts or refuses requests by their `Host` and `Origin` headers.
//!
//! This prevents a web page from reading an emulator on the machine of its visitor. If the page uses its own host name
//! that resolves to the emulator (DNS rebinding), `Host` contains this name. If the page has another origin, `Origin`
//! contains this origin.

use std::net::{Ipv4Addr, Ipv6Addr};

use hyper::header::{HOST, ORIGIN};
use hyper::http::request::Parts;

use crate::response::GatewayError;

/// The host names of the emulator, in addition to IP addresses and `localhost`.
#[derive(Debug)]
pub(crate) struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    /// Allows these names.
    ///
    /// # Errors
    ///
    /// Returns a message if a name is not a valid host name.
    pub(crate) fn new(names: Vec<String>) -> Result<Self, String> {
        let is_name = |name: &str| {
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
            !name.is_empty() && name.bytes().all(is_part)
        };
        match names.iter().find(|name| !is_name(name)) {
            Some(name) => Err(format!("invalid host name {name:?}: expected a name without a port, such as emulator")),
            None => Ok(Self(names)),
        }
    }

    /// Checks the `Host` and `Origin` headers of a request.
    ///
    /// # Errors
    ///
    /// Returns the reason for the refusal.
    pub(crate) fn check(&self, head: &Parts) -> Result<(), GatewayError> {
        let mut hosts = head.headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return Err(GatewayError::ONE_HOST) };
        let host = host.to_str().ok().filter(|host| !host.is_empty()).ok_or(GatewayError::ONE_HOST)?;
        // A request in the form for proxies has the host in its target, too.
        let target = head.uri.authority().filter(|_| head.uri.scheme().is_some());
        let target = target.map_or(host, |authority| authority.as_str());
        if let Some(other) = [host, target].into_iter().find(|host| !self.allows(host)) {
            return Err(GatewayError::misdirected(other));
        }
        let own = format!("http://{host}");
        let is_own = |origin: &[u8]| origin.eq_ignore_ascii_case(own.as_bytes());
        if !head.headers.get_all(ORIGIN).iter().all(|origin| is_own(origin.as_bytes())) {
            return Err(GatewayError::FOREIGN_ORIGIN);
        }
        Ok(())
    }

    fn allows(&self, host: &str) -> bool {
        // The colons of an IPv6 address are inside brackets. Only the port follows after them.
        let (is_known, port) = match host.strip_prefix('[') {
            Some(rest) => match rest.split_once(']') {
                Some((address, port)) => (address.parse::<Ipv6Addr>().is_ok(), port),
                None => return false,
            },
            None => {
                let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
                (self.is_known(name), port)
            }
        };
        is_known && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
    }

    /// Returns whether the name is an IPv4 address or a host name of the emulator.
    fn is_known(&self, name: &str) -> bool {
        name.parse::<Ipv4Addr>().is_ok()
            || name.eq_ignore_ascii_case("localhost")
            || self.0.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

fn is_port(text: &str) -> bool {
    // Parsing alone would accept a sign.
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn status(hosts: &AllowedHosts, headers: &[(&str, &str)]) -> Option<u16> {
        let request = headers.iter().fold(Request::get("/"), |request, (name, value)| request.header(*name, *value));
        hosts.check(&request.body(()).unwrap().into_parts().0).err().map(|gateway_error| gateway_error.status())
    }

    #[test]
    fn allows_addresses_localhost_and_configured_names() {
        let hosts = AllowedHosts::new(vec!["emulator".to_owned(), "hss.test".to_owned()]).unwrap();
        for host in [
            "127.0.0.1",
            "127.0.0.1:8080",
            "[::1]:8080",
            "[::ffff:127.0.0.1]",
            "[2001:DB8::1]",
            "[::1]:65535",
            "127.0.0.1:0",
            "192.168.1.10:1",
            "localhost",
            "LOCALHOST:80",
            "emulator:8080",
            "Emulator",
            "hss.test",
        ] {
            assert_eq!(status(&hosts, &[("host", host)]), None, "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "localhost@evil.example",
            "evil.example@127.0.0.1",
            "127.0.0.1:8080@evil.example",
            "a.hss.test",
            "127.0.0.1/evil.example",
            "127.0.0.1 evil.example",
            "[::1",
            "*",
            ":8080",
            "[::1].evil.example",
            "[::1].evil.example:8080",
            "[::1]x",
            "[::1]8080",
            "[::1]:80:80",
            "[::1]:",
            "[::1]:x",
            "[::1]:+80",
            "[::1]:65536",
            "[::1]:80.evil.example",
            "[[::1]]",
            "[::1]]",
            "::1",
            "[127.0.0.1]",
            "[localhost]",
            "[emulator]",
            "[]",
            "127.0.0.1:80:80",
            "127.0.0.1:",
            "127.0.0.1:x",
            "127.0.0.1:+80",
            "127.0.0.1:-1",
            "127.0.0.1:65536",
            "127.0.0.1:123456",
            "127.0.0.1.",
            "127.0.0.1]",
            "127.1",
            "2130706433",
            "0x7f.0.0.1",
            "localhost.",
            "localhost:x",
            "emulator:",
            "emulator.",
            "[::1%25lo]",
            "[v1.x]",
        ] {
            assert_eq!(status(&hosts, &[("host", host)]), Some(421), "{host}");
        }
        for hosts_given in [&[][..], &[("host", "")], &[("host", "localhost"), ("host", "localhost")]] {
            assert_eq!(status(&hosts, hosts_given), Some(400), "{hosts_given:?}");
        }
    }

    #[test]
    fn allows_only_its_own_origin() {
        let hosts = AllowedHosts::new(Vec::new()).unwrap();
        let of = |host, origins: &[&'static str]| {
            let headers: Vec<_> = origins.iter().map(|origin| ("origin", *origin)).chain([("host", host)]).collect();
            status(&hosts, &headers)
        };
        assert_eq!(of("127.0.0.1:8080", &["http://127.0.0.1:8080"]), None);
        assert_eq!(of("[::1]:8080", &["HTTP://[::1]:8080"]), None);
        for origin in [
            "http://evil.example",
            "https://127.0.0.1:8080",
            "http://127.0.0.1",
            "http://127.0.0.1:8081",
            "http://localhost:8080",
            "http://127.0.0.1:8080.evil.example",
            "null",
            "",
        ] {
            assert_eq!(of("127.0.0.1:8080", &[origin]), Some(403), "{origin}");
        }
        assert_eq!(of("127.0.0.1:8080", &["http://127.0.0.1:8080", "http://evil.example"]), Some(403));
    }

    #[test]
    fn checks_the_host_in_the_target_as_well() {
        let hosts = AllowedHosts::new(Vec::new()).unwrap();
        for (target, allowed) in [("http://127.0.0.1:8080/v5", true), ("http://evil.example/v5", false), ("/v5", true)]
        {
            let (head, ()) = Request::get(target).header("host", "localhost").body(()).unwrap().into_parts();
            assert_eq!(hosts.check(&head).is_ok(), allowed, "{target}");
        }
    }

    #[test]
    fn refuses_invalid_names() {
        for name in ["", "*", "*.test", "emulator:8080", "http://emulator", "a/b", "user@emulator", "[::1]", "ä"] {
            assert!(AllowedHosts::new(vec![name.to_owned()]).unwrap_err().contains("invalid host name"), "{name}");
        }
    }
}
