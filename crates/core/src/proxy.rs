//! Determines the proxy: from the caller, or from environment variables.

mod tunnel;

use std::error::Error as StdError;
use std::ffi::OsString;
use std::fmt;

use http::Uri;
use http::uri::InvalidUri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use reqwest::Url;

use self::tunnel::TunnelError;
use crate::error::causes;
use crate::{Endpoint, Error, Result, Runtime};

const NAMES: &[&str] = &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const EXCEPTIONS: &[&str] = &["NO_PROXY", "no_proxy"];

/// The proxy between this machine and an endpoint.
///
/// `Display` and `Debug` show its address without user name and password, and the variable that contains it.
pub(crate) struct Proxy {
    /// The variable; `None` if the caller set the proxy.
    variable: Option<&'static str>,
    /// The address, with user name and password stored separately.
    target: Intercept,
    rule: reqwest::Proxy,
}

/// The URL of a proxy, from the caller. `Debug` does not show it, since it may contain a password.
#[derive(Clone)]
pub(crate) struct ProxyUrl(String);

impl ProxyUrl {
    pub(crate) fn new(url: String) -> Self {
        Self(url)
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProxyUrl")
    }
}

impl Proxy {
    /// Returns the proxy for `endpoint` that the caller set. Returns `None` for an endpoint on this machine.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if it is not the URL of an HTTP proxy.
    pub(crate) fn explicit(endpoint: &Endpoint, url: &ProxyUrl) -> Result<Option<Self>> {
        let proxy = Self::new(None, &url.0, &target(endpoint)?)?;
        Ok(Some(proxy).filter(|_| !endpoint.is_loopback()))
    }

    /// Reads the proxy for `endpoint` from the environment: `HTTPS_PROXY`, or else `ALL_PROXY`, unless `NO_PROXY`
    /// excludes the endpoint. Lower-case names are also read.
    ///
    /// Returns `None` for an endpoint on this machine: a proxy could not reach it, and must not see its requests.
    /// Connections to all other endpoints are encrypted, so `HTTP_PROXY` is never used.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the variable is not the URL of an HTTP proxy.
    pub(crate) fn to(endpoint: &Endpoint, runtime: &dyn Runtime) -> Result<Option<Self>> {
        if endpoint.is_loopback() {
            return Ok(None);
        }
        let Some((variable, value)) = first(runtime, NAMES.iter().copied()) else { return Ok(None) };
        let exceptions = match first(runtime, EXCEPTIONS.iter().copied()) {
            Some((name, value)) => text(name, value)?,
            None => String::new(),
        };
        // reqwest uses the same matcher internally, so both interpret the variables in the same way.
        let target = target(endpoint)?;
        let is_excluded = Matcher::builder().all("http://proxy").no(exceptions).build().intercept(&target).is_none();
        if is_excluded {
            return Ok(None);
        }
        Self::new(Some(variable), &text(variable, value)?, &target).map(Some)
    }

    fn new(variable: Option<&'static str>, value: &str, target: &Uri) -> Result<Self> {
        let url = url(variable, value)?;
        let matched = Matcher::builder().all(url.as_str()).build().intercept(target);
        let target = matched.ok_or_else(|| malformed(variable))?;
        let rule = reqwest::Proxy::all(url).map_err(|_| malformed(variable))?;
        Ok(Self { variable, target, rule })
    }

    /// Reports whether the connection to the proxy is encrypted.
    pub(crate) fn is_https(&self) -> bool {
        self.target.uri().scheme_str() == Some("https")
    }

    /// Returns the proxy for the HTTP client.
    pub(crate) fn rule(&self) -> reqwest::Proxy {
        self.rule.clone()
    }
}

/// Reports whether a connection failed because the proxy requires other credentials. The proxy would refuse them again,
/// and repeating a wrong password can lock a user.
pub(crate) fn asks_for_credentials(error: &(dyn StdError + 'static)) -> bool {
    // The HTTP library has no public type for this error. A test fails if its text changes.
    causes(error).any(|cause| cause.to_string().contains("proxy authorization required"))
}

/// Reports whether a connection failed because of a final refusal by the proxy.
pub(crate) fn is_final_error(error: &(dyn StdError + 'static)) -> bool {
    asks_for_credentials(error)
        || causes(error).filter_map(|cause| cause.downcast_ref()).any(|error: &TunnelError| error.is_final())
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.target.uri().to_string();
        write!(f, "the proxy {}", address.trim_end_matches('/'))?;
        self.variable.map_or(Ok(()), |variable| write!(f, " ({variable})"))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Returns the address of an endpoint in the form that proxies are compared with.
fn target(endpoint: &Endpoint) -> Result<Uri> {
    endpoint.url().as_str().parse().map_err(|error: InvalidUri| {
        Error::usage(format!("cannot compare endpoint {endpoint} with NO_PROXY")).with_cause(error)
    })
}

/// Returns the first of these variables that is not empty.
fn first(runtime: &dyn Runtime, names: impl Iterator<Item = &'static str>) -> Option<(&'static str, OsString)> {
    let mut set = names.filter_map(|name| Some((name, runtime.variable(name)?)));
    set.find(|(_, value)| !value.is_empty())
}

fn text(variable: &str, value: OsString) -> Result<String> {
    // The value may contain a password, so messages do not show it.
    value.into_string().map_err(|_| {
        Error::usage(format!("invalid {variable}: not valid Unicode"))
            .with_hint(format!("Correct or unset {variable}."))
    })
}

/// Parses the address of a proxy. An address without a scheme is an HTTP proxy, as in other programs.
fn url(variable: Option<&str>, value: &str) -> Result<Url> {
    let value = value.trim();
    let value = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let url = Url::parse(&value).map_err(|_| malformed(variable))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        scheme if scheme.starts_with("socks") => {
            let error = Error::usage(format!("invalid {}: SOCKS proxies are not supported", place(variable)));
            Err(error.with_hint(match variable {
                Some(variable) => format!(
                    "Set {variable} to the http:// or https:// address of a proxy, unset it, or add the host to NO_PROXY."
                ),
                None => "Use the http:// or https:// address of a proxy.".to_owned(),
            }))
        }
        _ => Err(malformed(variable)),
    }
}

fn malformed(variable: Option<&str>) -> Error {
    let unset = variable.map(|variable| format!(", or unset {variable}")).unwrap_or_default();
    Error::usage(format!("invalid {}: expected the URL of an HTTP proxy", place(variable)))
        .with_hint(format!("Use the form http://proxy.example.com:3128{unset}."))
}

/// Returns the place of the setting, for messages.
fn place(variable: Option<&str>) -> &str {
    variable.unwrap_or("proxy")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, TestRuntime};

    fn runtime(variables: &[(&str, &str)]) -> TestRuntime {
        variables.iter().fold(TestRuntime::default(), |runtime, (name, value)| runtime.with_variable(name, *value))
    }

    fn to(endpoint: &str, variables: &[(&str, &str)]) -> Result<Option<String>> {
        let endpoint = Endpoint::parse(endpoint).unwrap();
        Proxy::to(&endpoint, &runtime(variables)).map(|proxy| proxy.map(|proxy| proxy.to_string()))
    }

    const ECS: &str = "https://ecs.cn-north-4.myhuaweicloud.com";

    #[test]
    fn uses_the_first_variable_for_the_scheme() {
        for (endpoint, variables, expected) in [
            (ECS, &[][..], None),
            (ECS, &[("HTTPS_PROXY", "http://a:1")], Some("the proxy http://a:1 (HTTPS_PROXY)")),
            (ECS, &[("HTTPS_PROXY", ""), ("https_proxy", "a:1")], Some("the proxy http://a:1 (https_proxy)")),
            (ECS, &[("HTTP_PROXY", "http://a:1"), ("http_proxy", "http://a:1")], None),
            (ECS, &[("ALL_PROXY", "https://a"), ("https_proxy", "b")], Some("the proxy http://b (https_proxy)")),
            (ECS, &[("all_proxy", "https://a/")], Some("the proxy https://a (all_proxy)")),
            (ECS, &[("HTTPS_PROXY", " http://[::1]:3128\n")], Some("the proxy http://[::1]:3128 (HTTPS_PROXY)")),
            ("https://127.0.0.1:1", &[("HTTPS_PROXY", "nonsense://")], None),
            ("http://[::1]:1", &[("ALL_PROXY", "nonsense://")], None),
        ] {
            assert_eq!(to(endpoint, variables).unwrap().as_deref(), expected, "{endpoint} {variables:?}");
        }
    }

    #[test]
    fn a_proxy_of_the_caller_is_used_for_other_machines_only() {
        let explicit = |endpoint: &str, url: &str| {
            let proxy = Proxy::explicit(&Endpoint::parse(endpoint).unwrap(), &ProxyUrl::new(url.to_owned()));
            proxy.map(|proxy| proxy.map(|proxy| proxy.to_string())).map_err(|error| format!("{error:#}"))
        };
        assert_eq!(explicit(ECS, "http://user:SENTINEL@a:1").unwrap().as_deref(), Some("the proxy http://a:1"));
        assert_eq!(explicit("http://127.0.0.1:1", "http://a:1"), Ok(None));
        let malformed = "invalid proxy: expected the URL of an HTTP proxy. Use the form http://proxy.example.com:3128.";
        for endpoint in [ECS, "http://127.0.0.1:1"] {
            for url in ["", "nonsense://SENTINEL@a", "http://user:SENTINEL@proxy:99999"] {
                assert_eq!(explicit(endpoint, url).unwrap_err(), malformed, "{url}");
            }
        }
        let socks = "invalid proxy: SOCKS proxies are not supported. Use the http:// or https:// address of a proxy.";
        assert_eq!(explicit(ECS, "socks5://a").unwrap_err(), socks);
    }

    #[test]
    fn no_proxy_excludes_hosts() {
        for (exceptions, is_excluded) in [
            ("*", true),
            (".myhuaweicloud.com", true),
            ("example.com, myhuaweicloud.com", true),
            ("ecs.cn-north-4.myhuaweicloud.com", true),
            ("huaweicloud.com", false),
            ("", false),
        ] {
            for name in EXCEPTIONS {
                let found = to(ECS, &[("HTTPS_PROXY", "a"), (name, exceptions)]).unwrap();
                assert_eq!(found.is_none(), is_excluded, "{name}={exceptions}");
            }
        }
        assert_eq!(to(ECS, &[("HTTPS_PROXY", "nonsense://"), ("NO_PROXY", "*")]).unwrap(), None, "not used");
    }

    #[test]
    fn refuses_an_invalid_proxy_without_showing_it() {
        for value in [
            "nonsense://",
            "nonsense://SENTINEL@proxy:1",
            "http://",
            "http://user:SENTINEL@",
            "http://user:SENTINEL@proxy:99999",
            "user:SENTINEL@proxy:port",
            "://",
            " ",
            "http://a b",
            "socks5://user:SENTINEL@proxy:1080",
            "socks5h://proxy",
            "SOCKS4://proxy",
            "file:///etc/proxy",
        ] {
            for name in NAMES {
                let error = to(ECS, &[(name, value)]).unwrap_err();
                let message = format!("{error:#}");
                assert_eq!(error.kind(), ErrorKind::Usage);
                assert!(
                    message.starts_with(&format!("invalid {name}: ")) && !message.contains("SENTINEL"),
                    "{value}: {message}"
                );
                assert_eq!(message.contains("SOCKS"), value.to_lowercase().starts_with("socks"), "{message}");
            }
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        for value in ["http://user:SENTINEL@proxy:1", "user:SENTINEL@proxy:1", "http://user:SENTINEL%40%2F@proxy:1"] {
            let shown = to(ECS, &[("HTTPS_PROXY", value)]).unwrap();
            assert_eq!(shown.as_deref(), Some("the proxy http://proxy:1 (HTTPS_PROXY)"));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_unicode_is_refused() {
        use std::os::unix::ffi::OsStringExt as _;
        let runtime = TestRuntime::default().with_variable("HTTPS_PROXY", OsString::from_vec(b"http://\xff".to_vec()));
        let error = Proxy::to(&Endpoint::parse(ECS).unwrap(), &runtime).map(|_| ()).unwrap_err();
        assert_eq!(format!("{error:#}"), "invalid HTTPS_PROXY: not valid Unicode. Correct or unset HTTPS_PROXY.");
    }
}
