//! Describes requests that got no response.

use super::Shared;
use crate::regions::UnknownRegion;
use crate::{Error, ErrorKind, proxy, tls};

impl Shared {
    /// Describes a request that got no response, with the endpoint, the proxy and a hint.
    pub(super) async fn connection_error(&self, error: reqwest::Error) -> Error {
        let error = error.without_url();
        let peer = self.peer();
        if error.is_timeout() {
            self.no_response().with_cause(error)
        } else if error.is_connect() {
            let failure = Error::new(ErrorKind::Connection, format!("no connection to {peer}"));
            let failure = failure.with_hint(self.connection_hint(&error));
            let refusal = match &self.proxy {
                Some(proxy) => proxy.tunnel_error(&self.endpoint, &self.user_agent, &error).await,
                None => None,
            };
            match refusal {
                Some(refusal) => failure.with_cause(refusal),
                None => failure.with_cause(error),
            }
        } else {
            Error::new(ErrorKind::Connection, format!("the connection to {peer} was closed before the response"))
                .with_cause(error)
        }
    }

    /// Returns the error for an attempt that took too long.
    pub(super) fn no_response(&self) -> Error {
        Error::new(ErrorKind::Timeout, format!("no response from {} in time", self.peer()))
    }

    /// Returns the endpoint, and the proxy if there is one.
    fn peer(&self) -> String {
        match &self.proxy {
            Some(proxy) => format!("{} through {proxy}", self.endpoint),
            None => self.endpoint.to_string(),
        }
    }

    /// Returns the hint for a failed connection.
    fn connection_hint(&self, error: &reqwest::Error) -> String {
        let hint = match tls::tls_error(error) {
            Some(rustls::Error::InvalidCertificate(_)) => {
                "Check endpoint and proxy. Add the certificate of your own authority to the system's \
                 store, or to the file in SSL_CERT_FILE."
            }
            Some(_) => "Check endpoint and proxy: the server does not use TLS correctly.",
            None if proxy::asks_for_credentials(error) => {
                "Set the user name and password of the proxy in its variable."
            }
            None => {
                let region = self.endpoint.unknown_region().map(UnknownRegion::hint);
                let proxy = self.proxy.as_ref().map(|_| "Check that the proxy is running and allows this host.");
                return match (region, proxy) {
                    (Some(region), Some(proxy)) => format!("{region} {proxy}"),
                    (Some(region), None) => region,
                    (None, Some(proxy)) => proxy.to_owned(),
                    (None, None) => "Check the endpoint, the network, and whether HTTPS_PROXY must be set.".to_owned(),
                };
            }
        };
        hint.to_owned()
    }
}
