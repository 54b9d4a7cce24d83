//! Determines why a proxy refuses a tunnel to an endpoint.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::HeaderValue;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Proxy;
use crate::Endpoint;
use crate::error::causes;

/// The timeout for the response of a proxy.
const LIMIT: Duration = Duration::from_secs(5);

/// The status with which a proxy refused a tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TunnelError(u16);

impl TunnelError {
    /// Reports whether the proxy would refuse the tunnel again. Other statuses mean that the proxy or the endpoint is
    /// not ready.
    pub(super) fn is_final(self) -> bool {
        (400..500).contains(&self.0) && !matches!(self.0, 408 | 425 | 429)
    }
}

impl fmt::Display for TunnelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy responded to CONNECT with HTTP {}", self.0)
    }
}

impl StdError for TunnelError {}

impl Proxy {
    /// Returns the status with which the proxy refused a tunnel to `endpoint`, if the connection failed for this
    /// reason.
    ///
    /// The HTTP client does not provide the status, so this sends a second request to the proxy. It does not do so if
    /// the connection to the proxy is encrypted.
    pub(crate) async fn tunnel_error(
        &self,
        endpoint: &Endpoint,
        user_agent: &HeaderValue,
        error: &reqwest::Error,
    ) -> Option<TunnelError> {
        // The HTTP library has no public type for this error. A test fails if its text changes.
        let is_refused = causes(error).any(|cause| cause.to_string().contains("tunnel error: unsuccessful"));
        if !is_refused || self.is_https() {
            return None;
        }
        let status = tokio::time::timeout(LIMIT, self.request_tunnel(endpoint, user_agent)).await.ok()??;
        (!(200..300).contains(&status)).then_some(TunnelError(status))
    }

    /// Requests a tunnel and returns the status of the response.
    async fn request_tunnel(&self, endpoint: &Endpoint, user_agent: &HeaderValue) -> Option<u16> {
        let (url, address) = (endpoint.url(), self.target.uri());
        let host = format!("{}:{}", url.host_str()?, url.port_or_known_default()?);
        let user_agent = user_agent.to_str().ok()?;
        let mut request =
            format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {user_agent}\r\n").into_bytes();
        if let Some(credentials) = self.target.basic_auth() {
            request.extend([b"Proxy-Authorization: ", credentials.as_bytes(), b"\r\n"].concat());
        }
        request.extend(b"\r\n");
        let address = format!("{}:{}", address.host()?, address.port_u16().unwrap_or(80));
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.write_all(&request).await.ok()?;
        let mut start = [0; b"HTTP/1.1 200".len()];
        stream.read_exact(&mut start).await.ok()?;
        let start = str::from_utf8(&start).ok()?;
        start.strip_prefix("HTTP/1.")?.get(2..)?.parse().ok()
    }
}
