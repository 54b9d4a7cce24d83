//! Defines the builder of a transport.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
use tokio::sync::OnceCell;

use super::interceptor::{Interceptor, Interceptors};
use super::key_probe::KeyProbe;
use super::options::CallOptions;
use super::skew::Skew;
use super::{Hook, Shared, Transport, Wait};
use crate::limiter::Limiter;
use crate::proxy::{Proxy, ProxyUrl};
use crate::rate::Rate;
use crate::retry::Retries;
use crate::tls::Authority;
use crate::{Endpoint, Error, Identity, Result, Runtime, Secret, System, USER_AGENT, tls};

/// The default size limit of a body: 80 KiB for each row of a full page.
const BODY_LIMIT: usize = 16 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// Builds a [`Transport`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it builds"]
pub struct TransportBuilder {
    endpoint: Option<Endpoint>,
    identity: Identity,
    project_id: Option<String>,
    secrets: Vec<Secret>,
    pub(crate) options: CallOptions,
    body_limit: usize,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    on_wait: Hook<Wait>,
    dry_run: Option<Hook<http::Request<Bytes>>>,
    interceptors: Interceptors,
    user_agent_suffix: Option<String>,
    authorities: Vec<Authority>,
    proxy: Option<ProxyUrl>,
    pub(crate) runtime: Arc<dyn Runtime>,
}

impl Default for TransportBuilder {
    /// Returns a builder without endpoint and credentials.
    fn default() -> Self {
        Self {
            endpoint: None,
            identity: Identity::anonymous(),
            project_id: None,
            secrets: Vec::new(),
            options: CallOptions::default(),
            body_limit: BODY_LIMIT,
            connect_timeout: CONNECT_TIMEOUT,
            attempt_timeout: ATTEMPT_TIMEOUT,
            on_wait: Hook(Arc::new(|_| {})),
            dry_run: None,
            interceptors: Interceptors::default(),
            user_agent_suffix: None,
            authorities: Vec::new(),
            proxy: None,
            runtime: Arc::new(System::default()),
        }
    }
}

impl TransportBuilder {
    /// Sets the endpoint to which requests are sent.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Sets the credentials. The default is anonymous requests.
    pub fn identity(mut self, identity: impl Into<Identity>) -> Self {
        self.identity = identity.into();
        self
    }

    /// Returns a builder for requests to IAM, with the same connections, timeouts of attempts and retries. Headers,
    /// interceptors and callbacks are meant for the service. A body for IAM can contain a password.
    pub(crate) fn for_iam(&self, endpoint: Endpoint) -> Self {
        let mut options = CallOptions::default();
        options.retries = self.options.retries;
        Self {
            endpoint: Some(endpoint),
            options,
            on_wait: Hook(Arc::new(|_| {})),
            dry_run: None,
            interceptors: Interceptors::default(),
            project_id: None,
            ..self.clone()
        }
    }

    /// Reports whether requests are only shown, not sent.
    pub(crate) fn is_dry_run(&self) -> bool {
        self.dry_run.is_some()
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
        self.options.rate = rate;
        self
    }

    /// Sets the limits for retries. The default is [`Retries::default`].
    pub fn retries(mut self, retries: Retries) -> Self {
        self.options.retries = retries;
        self
    }

    /// Sets the maximum duration of a call, with all waits and retries. The default is no limit.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.options.timeout = Some(limit);
        self
    }

    /// Sets a header that is sent and signed with every request. See [`CallOptions::set_header`] for the allowed ones.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.set_header(name, value);
        self
    }

    /// Adds an interceptor, which observes every attempt and can change its headers. Interceptors are called in the order
    /// in which they were added.
    pub fn interceptor(mut self, interceptor: impl Interceptor) -> Self {
        self.interceptors.push(interceptor);
        self
    }

    /// Appends the name of the program, such as `my-program/1.0`, to the header `User-Agent`.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent_suffix = Some(suffix.into());
        self
    }

    /// Trusts the certificates in a text in PEM format, in addition to those of the system or the environment.
    pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.authorities.push(Authority::of_pem(pem.as_ref()));
        self
    }

    /// Sets the URL of an HTTP proxy, such as `http://proxy.example.com:3128`. It replaces the proxy of the environment
    /// and its exceptions. An endpoint on this machine is still reached directly.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(ProxyUrl::new(url.into()));
        self
    }

    /// Sets the maximum size of a body in bytes, after decompression. The default is 16 MiB. A
    /// [`Download`](crate::Download) has no limit.
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
    /// The response of a [`Download`](crate::Download) must begin in this time; afterwards, each wait for bytes is limited to it.
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
    /// sent. The call returns [`ErrorKind::DryRun`](crate::ErrorKind::DryRun). Credentials are not loaded, and
    /// interceptors are not called.
    pub fn dry_run(mut self, show: impl Fn(&http::Request<Bytes>) + Send + Sync + 'static) -> Self {
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
    /// - A proxy, a root certificate or the suffix of the user agent is malformed.
    /// - A strict rate permits no requests.
    /// - The endpoint is missing.
    pub fn build(self) -> Result<Transport> {
        self.options.rate.check()?;
        let Some(endpoint) = self.endpoint else {
            return Err(Error::usage("missing endpoint").with_hint("Set the endpoint of the transport."));
        };
        let user_agent = user_agent(self.user_agent_suffix.as_deref())?;
        let mut http = reqwest::Client::builder()
            .user_agent(user_agent.clone())
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(self.connect_timeout)
            // Otherwise reqwest reads the variables itself and ignores malformed ones.
            .no_proxy();
        if let Some((name, addresses)) = endpoint.localhost() {
            http = http.resolve_to_addrs(name, &addresses);
        }
        let proxy = match &self.proxy {
            Some(url) => Proxy::explicit(&endpoint, url)?,
            None => Proxy::to(&endpoint, &*self.runtime)?,
        };
        let is_encrypted = endpoint.url().scheme() == "https" || proxy.as_ref().is_some_and(Proxy::is_https);
        let tls = if is_encrypted {
            tls::of_system(&*self.runtime, &self.authorities)?
        } else {
            tls::check(&self.authorities)?;
            tls::without_authorities()?
        };
        if let Some(proxy) = &proxy {
            http = http.proxy(proxy.rule());
        }
        let http = http
            .tls_backend_preconfigured(tls)
            .build()
            .map_err(|error| Error::usage("cannot create the HTTP client").with_cause(error))?;
        let limiter = Limiter::of(&endpoint, &self.runtime);
        let shared = Shared {
            http,
            proxy,
            region: OnceCell::new(),
            endpoint,
            identity: self.identity,
            secrets: self.secrets,
            limiter,
            attempt_timeout: self.attempt_timeout,
            body_limit: self.body_limit,
            skew: Skew::default(),
            key_probe: KeyProbe::default(),
            on_wait: self.on_wait,
            dry_run: self.dry_run,
            interceptors: self.interceptors,
            user_agent,
            runtime: self.runtime,
        };
        Ok(Transport {
            shared: Arc::new(shared),
            project_id: self.project_id.map(Into::into),
            options: Arc::new(self.options),
        })
    }
}

/// Returns the value of the header `User-Agent`.
fn user_agent(suffix: Option<&str>) -> Result<HeaderValue> {
    let Some(suffix) = suffix else { return Ok(HeaderValue::from_static(USER_AGENT)) };
    let is_valid = !suffix.trim().is_empty() && suffix.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let value = HeaderValue::try_from(format!("{USER_AGENT} {suffix}")).ok().filter(|_| is_valid);
    value.ok_or_else(|| {
        Error::usage(format!("invalid suffix of the user agent {suffix:?}: expected visible ASCII characters"))
            .with_hint("Use the form my-program/1.0.")
    })
}
