//! Defines the builder of a transport.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Request;
use reqwest::redirect::Policy;
use tokio::sync::OnceCell;

use super::key_probe::KeyProbe;
use super::skew::Skew;
use super::{Hook, Shared, Transport, Wait};
use crate::limiter::Limiter;
use crate::proxy::Proxy;
use crate::rate::Rate;
use crate::retry::Retries;
use crate::{Endpoint, Error, Identity, Result, Runtime, Secret, System, tls};

/// The default size limit of a body: 80 KiB for each row of a full page.
const BODY_LIMIT: usize = 16 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// Builds a [`Transport`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it builds"]
pub struct TransportBuilder {
    endpoint: Endpoint,
    identity: Identity,
    project_id: Option<String>,
    secrets: Vec<Secret>,
    rate: Rate,
    retries: Retries,
    body_limit: usize,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    on_wait: Hook<Wait>,
    dry_run: Option<Hook<Request>>,
    runtime: Arc<dyn Runtime>,
}

impl TransportBuilder {
    pub(super) fn new(endpoint: Endpoint, identity: Identity) -> Self {
        Self {
            endpoint,
            identity,
            project_id: None,
            secrets: Vec::new(),
            rate: Rate::default(),
            retries: Retries::default(),
            body_limit: BODY_LIMIT,
            connect_timeout: CONNECT_TIMEOUT,
            attempt_timeout: ATTEMPT_TIMEOUT,
            on_wait: Hook(Arc::new(|_| {})),
            dry_run: None,
            runtime: Arc::new(System::default()),
        }
    }

    /// Sets the project id that signed requests send in `X-Project-Id`. The default is the project of the credentials.
    pub fn project_id(mut self, id: impl Into<String>) -> Self {
        self.project_id = Some(id.into());
        self
    }

    /// Adds a secret in the bodies of requests, which errors must not show.
    pub(crate) fn secret(mut self, secret: Secret) -> Self {
        self.secrets.push(secret);
        self
    }

    /// Sets how the quota of each operation is applied. The default is [`Rate::Adaptive`].
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = rate;
        self
    }

    /// Sets the limits for retries. The default is [`Retries::default`].
    pub fn retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// Sets the maximum size of a body in bytes, after decompression. The default is 16 MiB.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Sets the connect timeout. The default is 10 seconds.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets the timeout of one attempt, from sending the request to the end of the response. The default is 60 seconds.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = limit;
        self
    }

    /// Sets a callback that is called when a wait begins: for the quota, or before a retry.
    pub fn on_wait(mut self, callback: impl Fn(&Wait) + Send + Sync + 'static) -> Self {
        self.on_wait = Hook(Arc::new(callback));
        self
    }

    /// Enables a dry run: `show` is called with each request, complete except for the credentials, and no request is
    /// sent. The call returns [`ErrorKind::DryRun`](crate::ErrorKind::DryRun). Credentials are not loaded.
    pub fn dry_run(mut self, show: impl Fn(&Request) + Send + Sync + 'static) -> Self {
        self.dry_run = Some(Hook(Arc::new(show)));
        self
    }

    /// Replaces the runtime of the system, which provides clock, random numbers, environment and files. For tests.
    pub fn runtime(mut self, runtime: Arc<dyn Runtime>) -> Self {
        self.runtime = runtime;
        self
    }

    /// Builds the transport. Sends no request.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) in these cases:
    ///
    /// - TLS cannot be set up on this system.
    /// - An environment variable for the proxy (such as `HTTPS_PROXY`) or for the certificates (`SSL_CERT_FILE`,
    ///   `SSL_CERT_DIR`) is malformed.
    /// - A strict rate permits no requests.
    pub fn build(self) -> Result<Transport> {
        self.rate.check()?;
        let mut http = reqwest::Client::builder()
            .user_agent(crate::USER_AGENT)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(self.connect_timeout)
            // Otherwise reqwest reads the variables itself and ignores malformed ones.
            .no_proxy();
        if let Some((name, addresses)) = self.endpoint.localhost() {
            http = http.resolve_to_addrs(name, &addresses);
        }
        let proxy = Proxy::to(&self.endpoint, &*self.runtime)?;
        let is_encrypted = self.endpoint.url().scheme() == "https" || proxy.as_ref().is_some_and(Proxy::is_https);
        let tls = if is_encrypted { tls::of_system(&*self.runtime)? } else { tls::without_authorities()? };
        if let Some(proxy) = &proxy {
            http = http.proxy(proxy.rule());
        }
        let http = http
            .tls_backend_preconfigured(tls)
            .build()
            .map_err(|error| Error::usage("cannot create the HTTP client").with_cause(error))?;
        Ok(Transport(Arc::new(Shared {
            http,
            proxy,
            region: OnceCell::new(),
            endpoint: self.endpoint,
            identity: self.identity,
            project_id: self.project_id,
            secrets: self.secrets,
            limiter: Limiter::new(self.rate),
            retries: self.retries,
            attempt_timeout: self.attempt_timeout,
            body_limit: self.body_limit,
            skew: Skew::default(),
            key_probe: KeyProbe::default(),
            on_wait: self.on_wait,
            dry_run: self.dry_run,
            runtime: self.runtime,
        })))
    }
}
