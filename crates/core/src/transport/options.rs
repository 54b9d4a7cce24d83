//! Defines the options of a call.

use std::fmt;
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::headers::is_reserved;
use crate::operation::Location;
use crate::{Error, Operation, Rate, Result, Retries};

/// The headers that the client sets before interceptors see a request.
pub(super) const OWN: [HeaderName; 2] = [ACCEPT, CONTENT_TYPE];

/// The options of a call. Those of a transport or client are the defaults of its calls.
///
/// `{:?}` does not show the values of headers.
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CallOptions {
    /// The maximum duration of the whole call, with all waits and retries, and with reading of a
    /// [`Download`](crate::Download). By default, it is not limited.
    pub timeout: Option<Duration>,
    /// The limits for retries.
    pub retries: Retries,
    /// How the quota of the operation is applied.
    pub rate: Rate,
    headers: Vec<(String, String)>,
}

impl CallOptions {
    /// Sets a header, which is sent and signed with every attempt. It replaces an earlier header of the same name.
    /// Its value may be a secret: errors and `{:?}` do not show it.
    ///
    /// The call returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) for a name or value that HTTP does not permit, a
    /// name with `_`, which gateways drop, a parameter of the operation, and a header that the client sets itself, such
    /// as `Authorization`, `X-Auth-Token`, `X-Project-Id`, `Host` or `User-Agent`.
    pub fn set_header(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let name = name.into();
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        self.headers.push((name, value.into()));
    }

    /// Returns the values of the headers, which may be secrets.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(_, value)| value.as_str())
    }

    /// Checks the options, and adds the headers to those of a request of `operation`.
    pub(super) fn apply(&self, operation: &'static Operation, headers: &mut HeaderMap) -> Result<()> {
        self.rate.check()?;
        for (name, value) in &self.headers {
            let (name, value) = parse(operation, name, value)?;
            headers.insert(name, value);
        }
        Ok(())
    }
}

fn parse(operation: &'static Operation, name: &str, value: &str) -> Result<(HeaderName, HeaderValue)> {
    // The value may be a secret, so messages do not show it.
    let refuse = |why: &str| Error::usage(format!("invalid header {name:?}: {why}"));
    let parsed = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| refuse("the name contains a character that HTTP headers cannot contain"))?;
    check(&parsed)?;
    if is_parameter(operation, name) {
        return Err(refuse("it is a parameter of the operation").with_hint("Pass it as this parameter."));
    }
    let mut value = HeaderValue::from_str(value)
        .ok()
        .filter(|value| value.to_str().is_ok())
        .ok_or_else(|| refuse("the value contains a character other than visible ASCII characters and spaces"))?;
    value.set_sensitive(true);
    Ok((parsed, value))
}

/// Returns whether a header is a parameter of the operation.
fn is_parameter(operation: &'static Operation, name: &str) -> bool {
    let mut parameters = operation.parameters.iter().filter(|parameter| parameter.location == Location::Header);
    parameters.any(|parameter| parameter.name.eq_ignore_ascii_case(name))
}

/// Checks the headers of a request after interceptors could change them. `own` are the values before of [`OWN`].
/// Marks the values of callers as sensitive.
pub(super) fn check_intercepted(
    operation: &'static Operation,
    own: &[Option<HeaderValue>],
    headers: &mut HeaderMap,
) -> Result<()> {
    if let Some((changed, _)) = OWN.iter().zip(own).find(|(name, value)| headers.get(*name) != value.as_ref()) {
        return check(changed);
    }
    headers.keys().filter(|name| !OWN.contains(name)).try_for_each(check)?;
    if let Some(name) = headers.keys().find(|name| headers.get_all(*name).iter().nth(1).is_some()) {
        let error = Error::usage(format!("invalid header {:?}: it has several values", name.as_str()));
        return Err(error.with_hint("Set one value: only one can be signed."));
    }
    for (name, value) in headers.iter_mut().filter(|(name, _)| !OWN.contains(name)) {
        value.set_sensitive(!is_parameter(operation, name.as_str()));
    }
    Ok(())
}

/// Refuses headers that callers cannot set.
fn check(name: &HeaderName) -> Result<()> {
    let refuse = |why: &str| Error::usage(format!("invalid header {:?}: {why}", name.as_str()));
    if is_reserved(name) {
        let error = refuse("the client sets it itself");
        return Err(match name.as_str() {
            "user-agent" => error.with_hint("Add a suffix to the user agent instead."),
            "x-project-id" => error.with_hint("Use a client of the project."),
            "authorization" | "x-auth-token" | "x-security-token" => {
                error.with_hint("Set the credentials of the client.")
            }
            _ => error,
        });
    }
    if name.as_str().contains('_') {
        return Err(refuse("gateways drop names with `_`").with_hint("Use `-` instead."));
    }
    Ok(())
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("retries", &self.retries)
            .field("rate", &self.rate)
            .field("headers", &names)
            .finish()
    }
}
