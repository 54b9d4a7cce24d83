//! Loads temporary credentials of the cloud server on which the program runs.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Method, Request, StatusCode, Url};
use serde::Deserialize;

use super::{AuthMethod, CredentialSummary, ResolvedCredentials, Setting, Source, key};
use crate::endpoint::is_loopback_address;
use crate::{Credentials, Error, ErrorKind, Result, Runtime, timestamp, tls};

/// The address of the metadata service for every cloud server. It is link-local, so routers do not forward it.
const ADDRESS: &str = "http://169.254.169.254";
const TOKEN_PATH: &str = "/meta-data/latest/api/token";
const KEY_PATH: &str = "/openstack/latest/securitykey";
const TOKEN: HeaderName = HeaderName::from_static("x-metadata-token");
const TOKEN_TTL: HeaderName = HeaderName::from_static("x-metadata-token-ttl-seconds");
/// The token is used immediately and requested again each time.
const TTL_SECONDS: HeaderValue = HeaderValue::from_static("60");
/// The service is local: it responds quickly or does not exist.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Many times the size of the largest response.
const LIMIT: usize = 64 * 1024;
/// The files in which Linux describes the machine.
const MACHINE_FILES: [&str; 3] =
    ["/sys/class/dmi/id/chassis_asset_tag", "/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name"];
/// The texts by which a cloud server is recognised. It is an `OpenStack` server, with its own product name in newer
/// regions.
const CLOUD_MARKERS: [&str; 4] = ["HUAWEICLOUD", "OpenTelekomCloud", "OpenStack", "Huawei"];

/// Loads the temporary access key of an ECS (a cloud server) that has an agency, from its metadata service.
///
/// The key is requested with a session token. The service gives such tokens only to programs on the server, so an
/// attacker cannot use a proxy there to forward requests. A service that is older than session tokens is used without
/// one.
///
/// If no such service responds, or the server has no agency, this source is not configured. On a machine that does not
/// look like a cloud server, no request is sent, since each would wait three seconds for the timeout.
#[derive(Debug, Clone)]
pub struct Metadata {
    base: Url,
    /// Whether to send requests on any machine.
    always: bool,
}

impl Metadata {
    /// Uses the service at this address on any machine: for tests, and for cloud servers that are not recognised as
    /// such.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`] if the address is neither on this machine nor that of the metadata service.
    pub fn at(address: &str) -> Result<Self> {
        let base = Url::parse(address)
            .map_err(|error| Error::usage(format!("invalid address {address:?}")).with_cause(error))?;
        if base.scheme() != "http" || !(is_loopback_address(&base) || base.as_str().trim_end_matches('/') == ADDRESS) {
            return Err(Error::usage(format!("invalid address {address:?}: expected a metadata service"))
                .with_hint(format!("Use {ADDRESS}, or an IP address of this machine.")));
        }
        Ok(Self { base, always: true })
    }

    async fn load(&self) -> Result<Option<ResolvedCredentials>> {
        let http = reqwest::Client::builder()
            // No proxy may see the key or respond in place of the service.
            .no_proxy()
            .redirect(Policy::none())
            .timeout(TIMEOUT)
            .tls_backend_preconfigured(tls::without_authorities()?)
            .build()
            .map_err(|error| Error::usage("cannot create the HTTP client").with_cause(error))?;
        // Status 401 means that the session token has just expired or that the server has no agency. A second session
        // token distinguishes the two.
        for is_last in [false, true] {
            let Some(token) = self.token(&http).await? else { return Ok(None) };
            let Ok((status, body)) = self.send(&http, Method::GET, KEY_PATH, token.header()).await else {
                return Ok(None);
            };
            match status {
                StatusCode::OK => return self.resolved(&body).map(Some),
                StatusCode::UNAUTHORIZED if !is_last && !has_no_agency(&body) => {}
                _ if status.is_server_error() => return Err(self.failed(status)),
                // Other clouds have other services at this address.
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Requests a session token. Returns `None` if there is no metadata service.
    async fn token(&self, http: &reqwest::Client) -> Result<Option<Session>> {
        let Ok((status, body)) = self.send(http, Method::PUT, TOKEN_PATH, Some((TOKEN_TTL, TTL_SECONDS))).await else {
            return Ok(None);
        };
        match status {
            StatusCode::OK => {
                let mut token = HeaderValue::from_bytes(body.trim_ascii()).map_err(|_| {
                    Error::new(ErrorKind::Protocol, format!("{}: invalid session token in the response", self.name()))
                })?;
                token.set_sensitive(true);
                Ok(Some(Session(Some(token))))
            }
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::SERVICE_UNAVAILABLE => {
                Ok(Some(Session(None)))
            }
            _ if status.is_server_error() => Err(self.failed(status)),
            _ => Ok(None),
        }
    }

    async fn send(
        &self,
        http: &reqwest::Client,
        method: Method,
        path: &str,
        header: Option<(HeaderName, HeaderValue)>,
    ) -> reqwest::Result<(StatusCode, Bytes)> {
        let mut url = self.base.clone();
        url.set_path(path);
        let mut request = Request::new(method, url);
        request.headers_mut().extend(header);
        let mut response = http.execute(request).await?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await? {
            let free = LIMIT.saturating_sub(body.len());
            body.extend_from_slice(chunk.get(..free).unwrap_or(&chunk));
            if body.len() == LIMIT {
                break;
            }
        }
        Ok((response.status(), body.freeze()))
    }

    fn resolved(&self, body: &[u8]) -> Result<ResolvedCredentials> {
        // An error of serde_json may quote the text.
        let unusable =
            |what: &str| Error::new(ErrorKind::Protocol, format!("{}: invalid response: {what}", self.name()));
        let KeyResponse { credential } =
            serde_json::from_slice(body).map_err(|_| unusable("not the documented JSON"))?;
        let given = |name: &str, value| Setting { setting: format!("{name} of {}", self.name()), value };
        let Some(key) = key(
            given("access", credential.access),
            given("secret", credential.secret),
            Some(given("securitytoken", credential.securitytoken)),
        )?
        else {
            return Err(unusable("missing access key"));
        };
        let expires =
            timestamp::read(&credential.expires_at).ok_or_else(|| unusable("missing or invalid expiration time"))?;
        Ok(ResolvedCredentials::new(Credentials::AccessKey(key), self.name()).expires(expires))
    }

    fn failed(&self, status: StatusCode) -> Error {
        Error::new(ErrorKind::Service, format!("{}: unexpected status {}", self.name(), status.as_u16()))
    }
}

impl Default for Metadata {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "the address is a constant, and a test reads it")]
        let base = Url::parse(ADDRESS).expect("an address");
        Self { base, always: false }
    }
}

impl Source for Metadata {
    fn name(&self) -> String {
        format!("the ECS metadata service at {}", self.base.as_str().trim_end_matches('/'))
    }

    fn missing(&self, runtime: &dyn Runtime) -> String {
        let reason = if self.always || is_of_the_cloud(runtime) {
            "it does not respond, or the server has no agency"
        } else {
            "this machine is not a cloud server"
        };
        reason.to_owned()
    }

    fn load<'a>(&'a self, runtime: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
        Box::pin(async move { if self.always || is_of_the_cloud(&**runtime) { self.load().await } else { Ok(None) } })
    }

    fn summarize(&self, runtime: &dyn Runtime) -> Result<Option<CredentialSummary>> {
        let is_used = self.always || is_of_the_cloud(runtime);
        Ok(is_used.then(|| CredentialSummary::new(self.name(), AuthMethod::Agency, None)))
    }

    fn refreshable(&self) -> bool {
        true
    }
}

fn is_of_the_cloud(runtime: &dyn Runtime) -> bool {
    MACHINE_FILES.iter().filter_map(|file| runtime.read(Path::new(file), 4096).ok()).any(|bytes| {
        let text = String::from_utf8_lossy(&bytes);
        CLOUD_MARKERS.iter().any(|mark| text.contains(mark))
    })
}

/// The session token, or `None` if the service does not support session tokens.
struct Session(Option<HeaderValue>);

impl Session {
    fn header(self) -> Option<(HeaderName, HeaderValue)> {
        self.0.map(|token| (TOKEN, token))
    }
}

#[derive(Deserialize)]
struct KeyResponse {
    credential: Credential,
}

#[derive(Deserialize)]
struct Credential {
    access: Option<String>,
    secret: Option<String>,
    securitytoken: Option<String>,
    #[serde(default)]
    expires_at: String,
}

fn has_no_agency(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("Please configure Cloud Service Agency first")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_plain_http_only_to_the_service_or_this_machine() {
        assert_eq!(Metadata::default().base.as_str(), "http://169.254.169.254/");
        for address in ["http://127.0.0.1:1", "http://[::1]:8080", "http://169.254.169.254", "http://169.254.169.254/"]
        {
            assert!(Metadata::at(address).is_ok(), "{address}");
        }
        for address in [
            "http://example.com",
            "https://169.254.169.254",
            "http://169.254.169.254.example.com",
            "http://169.254.169.254:80@example.com",
            "http://169.254.1.1",
            "http://[::2]:8080",
            "",
        ] {
            assert!(Metadata::at(address).is_err(), "{address}");
        }
    }
}
