//! The public API of the emulator: [`Emulator`] and its builder.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hss_client::{Quota, Runtime, System};
use tokio::task::JoinHandle;

use crate::changes::Change;
use crate::clock::Clock;
use crate::dispatch::{Dispatcher, Settings};
use crate::faults::Fault;
use crate::gateway::access::{Access, Auth, Configured, KeyPair};
use crate::gateway::issuer::Issuer;
use crate::gateway::log::{Observer, Received, RequestLog};
use crate::gateway::origin::AllowedHosts;
use crate::gateway::quota::{MAX_REQUESTS, Quotas};
use crate::metadata::Metadata;
use crate::server;
use crate::state::State;
use crate::state::random::{Random, branches};

/// The default seed of the state.
const DEFAULT_SEED: u64 = 1;
/// The maximum number of servers: half of the largest offset that a request may have.
pub const MAX_HOSTS: u32 = 1_000_000;
/// The maximum offset of the clock, in seconds.
const MAX_CLOCK_OFFSET: u64 = 10 * 366 * 24 * 60 * 60;

/// A running emulator. Dropping it stops the emulator and closes its connections.
#[derive(Debug)]
pub struct Emulator {
    address: SocketAddr,
    pub(crate) dispatcher: Arc<Dispatcher>,
    task: JoinHandle<()>,
}

/// Configures and starts an [`Emulator`].
#[must_use = "a builder does nothing until it starts the emulator"]
pub struct EmulatorBuilder {
    listen: SocketAddr,
    allow_remote: bool,
    allowed_hosts: Vec<String>,
    hosts: u32,
    seed: Option<u64>,
    auth: Auth,
    configured: Configured,
    quota: Option<Quota>,
    latency: Duration,
    clock_offset: i64,
    past: Vec<Change>,
    age: Duration,
    runtime: Option<Arc<dyn Runtime>>,
    faults: Vec<Fault>,
    observer: Option<Observer>,
}

impl Emulator {
    /// Returns a builder with the default settings.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            allow_remote: false,
            allowed_hosts: Vec::new(),
            hosts: 30,
            seed: None,
            auth: Auth::default(),
            configured: Configured::default(),
            quota: None,
            latency: Duration::ZERO,
            clock_offset: 0,
            past: Vec::new(),
            age: Duration::ZERO,
            runtime: None,
            faults: Vec::new(),
            observer: None,
        }
    }

    /// Returns the address on which the emulator listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of the emulator: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the requests received so far, in the order of their responses.
    ///
    /// The log keeps the newest 10 000 requests, in at most 16 MiB. A request is added to the log before its response
    /// is sent. Bytes that are not an HTTP request are not logged.
    #[must_use]
    pub fn requests(&self) -> Vec<Received> {
        self.dispatcher.log().entries()
    }

    /// Returns the ids of the enterprise projects. The first is the default enterprise project.
    ///
    /// A request without an enterprise project covers only the servers of the default one. The value `all_granted_eps`
    /// covers all enterprise projects.
    #[must_use]
    pub fn enterprise_projects(&self) -> &[String] {
        self.dispatcher.state().enterprise_projects().ids()
    }

    /// Returns the changes that callers made so far, including those passed to [`past`](EmulatorBuilder::past). For
    /// `hss --demo`.
    #[doc(hidden)]
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.dispatcher.changes().all()
    }

    /// Replaces all faults. The new faults apply from now on.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.dispatcher.faults().replace(faults);
    }

    /// Waits until the emulator stops. It stops by itself only if its tokio runtime shuts down.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the emulator.
    pub async fn stopped(mut self) {
        // The task ends by itself only if the shutdown of the runtime cancels it. That is not a failure.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl EmulatorBuilder {
    /// Sets the address to listen on. The default is `127.0.0.1:0`; with port 0 the system chooses a port.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Sets the number of servers: 0 to 1 000 000; the default is 30. The newest scan task covers all of them.
    pub fn hosts(mut self, number: u32) -> Self {
        self.hosts = number;
        self
    }

    /// Sets the seed of the state and of all issued secrets: tokens, temporary keys and session tokens.
    ///
    /// By default, the state is derived from seed 1. Issued secrets then come from the randomness of the system, so
    /// that they cannot be guessed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Allows an address that other machines can reach.
    ///
    /// Every machine that reaches the emulator can use it, unless it requires [credentials](Self::auth). Credentials
    /// are sent unencrypted.
    ///
    /// The control API requires no credentials. Other machines can set faults and read the request log, which tests in
    /// another container need. The metadata service responds only to this machine.
    pub fn allow_remote(mut self) -> Self {
        self.allow_remote = true;
        self
    }

    /// Accepts requests for this host name, for example the name of a container. The name has no port. May be called
    /// repeatedly.
    ///
    /// IP addresses and `localhost` are always accepted. A request for any other name is refused with status 421. This
    /// prevents web pages from reading the emulator through a name that resolves to this machine.
    pub fn allow_host(mut self, name: &str) -> Self {
        self.allowed_hosts.push(name.to_owned());
        self
    }

    /// Sets the credentials that the emulator requires. The default is [`Auth::Off`].
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    /// Adds an access key. It replaces [`DEMO_ACCESS_KEY`](crate::DEMO_ACCESS_KEY).
    pub fn access_key(mut self, id: &str, secret: &str) -> Self {
        self.configured.keys.push(KeyPair { id: id.to_owned(), secret: secret.to_owned(), security_token: None });
        self
    }

    /// Adds a temporary access key. It is valid until the emulator stops.
    pub fn temporary_access_key(mut self, id: &str, secret: &str, security_token: &str) -> Self {
        let security_token = Some(security_token.to_owned());
        self.configured.keys.push(KeyPair { id: id.to_owned(), secret: secret.to_owned(), security_token });
        self
    }

    /// Adds a token. It replaces [`DEMO_TOKEN`](crate::DEMO_TOKEN) and is valid until the emulator stops.
    pub fn token(mut self, token: &str) -> Self {
        self.configured.tokens.push(token.to_owned());
        self
    }

    /// Refuses signatures that do not cover the `X-Security-Token` header of the request.
    ///
    /// By default, this header need not be signed, since some clients add it after signing. A wrong security token is
    /// always refused.
    pub fn require_signed_security_token(mut self) -> Self {
        self.configured.signed_security_token = true;
        self
    }

    /// Adds an IAM user, who can get tokens at `/v3/auth/tokens`. It replaces [`DEMO_USER`](crate::DEMO_USER).
    pub fn user(mut self, account: &str, name: &str, password: &str) -> Self {
        self.configured.users.push((account.to_owned(), name.to_owned(), password.to_owned()));
        self
    }

    /// Sets the quota of each user and operation. By default, requests are not throttled. HSS documents 5 requests per
    /// minute.
    pub fn quota(mut self, quota: Quota) -> Self {
        self.quota = Some(quota);
        self
    }

    /// Sets the delay before each response.
    pub fn latency(mut self, time: Duration) -> Self {
        self.latency = time;
        self
    }

    /// Sets the faults that are injected from the start.
    pub fn faults(mut self, faults: Vec<Fault>) -> Self {
        self.faults = faults;
        self
    }

    /// Sets the offset of the clock in seconds, up to ten years. Use it to test how a client handles a wrong local
    /// clock.
    pub fn clock_offset(mut self, seconds: i64) -> Self {
        self.clock_offset = seconds;
        self
    }

    /// Sets the age of the emulator and the [changes](Emulator::changes) that were made during this time. It then
    /// continues from the state of another emulator with the same seed and number of servers. For `hss --demo`.
    #[doc(hidden)]
    pub fn past(mut self, changes: Vec<Change>, age: Duration) -> Self {
        self.past = changes;
        self.age = age;
        self
    }

    /// Sets the clock that the emulator uses instead of that of the system.
    ///
    /// With the virtual clock of hss-client (`TestRuntime`, feature `test-util`), a test controls quotas, the expiry of
    /// tokens and the progress of scans.
    pub fn runtime(mut self, runtime: Arc<dyn Runtime>) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Sets a callback for each request, for example to write an access log.
    ///
    /// The callback runs on the task of the connection, before the response is sent. While it blocks, its thread serves
    /// no other requests.
    pub fn on_request(mut self, observer: impl Fn(&Received) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Starts the emulator on the current tokio runtime. The runtime must have the I/O and time drivers enabled.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](io::ErrorKind::InvalidInput) for
    ///
    /// - an address that other machines can reach, unless [`allow_remote`](Self::allow_remote) is set,
    /// - too many servers,
    /// - a quota of too many requests,
    /// - a clock offset beyond the limit, or
    /// - an invalid access key or host name.
    ///
    /// Other errors are those of the system, most likely [`AddrInUse`](io::ErrorKind::AddrInUse).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future starts nothing, or stops the emulator if it was started.
    #[expect(clippy::unused_async, reason = "it needs a runtime, and callers await it")]
    pub async fn start(self) -> io::Result<Emulator> {
        let Self { listen, hosts, .. } = self;
        if !listen.ip().is_loopback() && !self.allow_remote {
            return Err(invalid(format!(
                "other machines can reach {listen}. Add --allow-remote to accept their requests, or use 127.0.0.1:{}.",
                listen.port()
            )));
        }
        if hosts > MAX_HOSTS {
            return Err(invalid(format!("invalid number of hosts {hosts}: expected at most {MAX_HOSTS}")));
        }
        if self.quota.is_some_and(|quota| quota.requests > MAX_REQUESTS) {
            return Err(invalid(format!("invalid quota: expected at most {MAX_REQUESTS} requests")));
        }
        if self.clock_offset.unsigned_abs() > MAX_CLOCK_OFFSET {
            return Err(invalid("invalid clock offset: expected at most ten years".to_owned()));
        }
        let random = Random::seeded(self.seed.unwrap_or(DEFAULT_SEED));
        let state = State::new(random, hosts).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        let issuer = |branch: u64| Issuer::new(self.seed.map(|_| random.branch(branch)));
        let runtime = self.runtime.unwrap_or_else(|| Arc::new(System::default()));
        let clock = Clock { offset: self.clock_offset, started: runtime.elapsed(), age: self.age, runtime };
        let access = Access::new(self.auth, self.configured, issuer(branches::CREDENTIALS), random, clock.now())
            .map_err(|error| invalid(format!("{error:#}")))?;
        let metadata = Metadata::new(issuer(branches::SESSIONS));
        let quotas = self.quota.map(Quotas::new);
        let log = RequestLog::new(self.observer);
        let latency = self.latency;
        let allowed_hosts = AllowedHosts::new(self.allowed_hosts).map_err(invalid)?;
        let settings = Settings { random, clock, access, metadata, quotas, latency, state, log, allowed_hosts };
        let dispatcher = Arc::new(Dispatcher::new(settings));
        dispatcher.faults().replace(self.faults);
        dispatcher.changes().replay(self.past, dispatcher.state());
        let listener = server::listen(listen)?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(server::run(listener, Arc::clone(&dispatcher)));
        Ok(Emulator { address, dispatcher, task })
    }
}

impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listen, hosts, seed, auth, quota, .. } = self;
        f.debug_struct("EmulatorBuilder")
            .field("listen", listen)
            .field("hosts", hosts)
            .field("seed", seed)
            .field("auth", auth)
            .field("quota", quota)
            .finish_non_exhaustive()
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
