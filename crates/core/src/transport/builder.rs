//! Setting up a transport.

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

/// The largest body that is read unless the builder says otherwise: 80 KiB for each row of a full page.
const BODY_LIMIT: usize = 16 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// Sets up a [`Transport`].
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

    /// The project that signed requests name in `X-Project-Id`; unless set, the one that came with the credentials.
    pub fn project_id(mut self, id: impl Into<String>) -> Self {
        self.project_id = Some(id.into());
        self
    }

    /// Names a secret in the bodies of requests, which no error may show.
    pub(crate) fn secret(mut self, secret: Secret) -> Self {
        self.secrets.push(secret);
        self
    }

    /// How to keep within the quota of each operation; [`Rate::Adaptive`] unless set.
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = rate;
        self
    }

    /// How often and how long to try; see [`Retries::default`].
    pub fn retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// Bounds the size of a body in bytes, after decompression; 16 MiB unless set.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Bounds the time to connect; 10 seconds unless set.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Bounds the time from sending a request to having its answer whole; 60 seconds unless set.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = limit;
        self
    }

    /// Is told of each wait when it begins: for the quota, or before a request is sent again.
    pub fn on_wait(mut self, tell: impl Fn(&Wait) + Send + Sync + 'static) -> Self {
        self.on_wait = Hook(Arc::new(tell));
        self
    }

    /// Sends nothing: each request is shown, whole but for the credentials, and its call ends with
    /// [`ErrorKind::DryRun`](crate::ErrorKind::DryRun). Credentials are not looked for.
    pub fn dry_run(mut self, show: impl Fn(&Request) + Send + Sync + 'static) -> Self {
        self.dry_run = Some(Hook(Arc::new(show)));
        self
    }

    /// Takes time, chance, variables and files from another world than the system's: for tests.
    pub fn runtime(mut self, runtime: Arc<dyn Runtime>) -> Self {
        self.runtime = runtime;
        self
    }

    /// Builds it. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if TLS cannot be set up on this system, an environment variable is malformed that names the proxy
    /// (`HTTPS_PROXY` and the like) or the certificates (`SSL_CERT_FILE`, `SSL_CERT_DIR`), or a strict rate lets no requests
    /// through.
    pub fn build(self) -> Result<Transport> {
        self.rate.check()?;
        let mut http = reqwest::Client::builder()
            .user_agent(crate::USER_AGENT)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(self.connect_timeout)
            // Otherwise it reads the variables itself, and passes over those that are malformed.
            .no_proxy();
        if let Some((name, addresses)) = self.endpoint.localhost() {
            http = http.resolve_to_addrs(name, &addresses);
        }
        let proxy = Proxy::to(&self.endpoint, &*self.runtime)?;
        let is_encrypted = self.endpoint.url().scheme() == "https" || proxy.as_ref().is_some_and(Proxy::is_https);
        let tls = if is_encrypted { tls::of_system(&*self.runtime)? } else { tls::of_anonymous()? };
        if let Some(proxy) = &proxy {
            http = http.proxy(proxy.rule());
        }
        let http = http
            .tls_backend_preconfigured(tls)
            .build()
            .map_err(|error| Error::usage("the HTTP client cannot be set up").caused_by(error))?;
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
