//! The emulator as its user sees it.

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

/// The seed of the state unless one is given.
const DEFAULT_SEED: u64 = 1;
/// The most servers that it takes on: half as many as offsets reach.
const MAX_HOSTS: u32 = 1_000_000;
/// The most seconds that its clock may be off.
const MAX_CLOCK_OFFSET: u64 = 10 * 366 * 24 * 60 * 60;

/// A running emulator. Dropping it stops it and cuts its connections.
#[derive(Debug)]
pub struct Emulator {
    address: SocketAddr,
    pub(crate) dispatcher: Arc<Dispatcher>,
    task: JoinHandle<()>,
}

/// Sets up an [`Emulator`].
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
    /// Starts to set up an emulator.
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

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as an endpoint: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests answered so far, in the order of their answers: the newest 10 000, as far as 16 MiB hold them. A
    /// request is in it before its answer is sent. Bytes that are not an HTTP request are not.
    #[must_use]
    pub fn requests(&self) -> Vec<Received> {
        self.dispatcher.log().entries()
    }

    /// The ids of its enterprise projects, that of the default one first. Whoever names none in a request sees the servers
    /// of the default one alone; `all_granted_eps` stands for all of them.
    #[must_use]
    pub fn enterprise_projects(&self) -> &[String] {
        self.dispatcher.state().enterprise_projects().ids()
    }

    /// What callers changed so far, and what it [was told](EmulatorBuilder::past) that they had. For `hss --demo`.
    #[doc(hidden)]
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.dispatcher.changes().all()
    }

    /// Injects these faults from now on, in place of all before.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.dispatcher.faults().replace(faults);
    }

    /// Waits until it stops: never, unless its runtime shuts down.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the emulator.
    pub async fn stopped(mut self) {
        // The one way that it ends by itself is to be cancelled with the runtime, which is no failure.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl EmulatorBuilder {
    /// Where to listen; port 0 lets the system choose one. Unless set, `127.0.0.1:0`.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The number of servers, all of which the newest scan task covers: 0 to 1 000 000, 30 unless set.
    pub fn hosts(mut self, number: u32) -> Self {
        self.hosts = number;
        self
    }

    /// Makes all of its state from this seed, and all that it issues: tokens, temporary keys and session tokens.
    ///
    /// Unless set, the state is that of seed 1, and what it issues comes from the system's randomness, so that it
    /// cannot be guessed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Lets it listen on an address that other machines reach. Whoever reaches it may use it, unless it asks for
    /// [credentials](Self::auth), and those travel unencrypted.
    ///
    /// The control API asks for none: other machines can set faults and read the request log, for tests in another container
    /// do. The metadata service answers this machine only.
    pub fn allow_remote(mut self) -> Self {
        self.allow_remote = true;
        self
    }

    /// Answers requests for this host name, too: that of a container, for one. Without a port; may be called repeatedly.
    ///
    /// IP addresses and `localhost` are always answered. For any other name a request is refused with 421, so that no web
    /// page reads the emulator under a name that leads to this machine.
    pub fn allow_host(mut self, name: &str) -> Self {
        self.allowed_hosts.push(name.to_owned());
        self
    }

    /// Which credentials it asks for; [`Auth::Off`] unless set.
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    /// Knows this access key, in place of [`DEMO_ACCESS_KEY`](crate::DEMO_ACCESS_KEY).
    pub fn access_key(mut self, id: &str, secret: &str) -> Self {
        self.configured.keys.push(KeyPair { id: id.to_owned(), secret: secret.to_owned(), security_token: None });
        self
    }

    /// Knows this temporary access key, which ends with the emulator.
    pub fn temporary_access_key(mut self, id: &str, secret: &str, security_token: &str) -> Self {
        let security_token = Some(security_token.to_owned());
        self.configured.keys.push(KeyPair { id: id.to_owned(), secret: secret.to_owned(), security_token });
        self
    }

    /// Knows this token, in place of [`DEMO_TOKEN`](crate::DEMO_TOKEN); it ends with the emulator.
    pub fn token(mut self, token: &str) -> Self {
        self.configured.tokens.push(token.to_owned());
        self
    }

    /// Refuses a signature that leaves out the `X-Security-Token` that is sent. Unless set, such a token need not be
    /// signed, since some clients add it afterwards; a wrong one is refused in any case.
    pub fn require_signed_security_token(mut self) -> Self {
        self.configured.signed_security_token = true;
        self
    }

    /// Knows this IAM user, in place of [`DEMO_USER`](crate::DEMO_USER), who gets tokens at `/v3/auth/tokens`.
    pub fn user(mut self, account: &str, name: &str, password: &str) -> Self {
        self.configured.users.push((account.to_owned(), name.to_owned(), password.to_owned()));
        self
    }

    /// Throttles each user and operation to this; nobody unless set. HSS documents 5 requests a minute.
    pub fn quota(mut self, quota: Quota) -> Self {
        self.quota = Some(quota);
        self
    }

    /// Waits so long before each answer.
    pub fn latency(mut self, time: Duration) -> Self {
        self.latency = time;
        self
    }

    /// Injects these faults from the start.
    pub fn faults(mut self, faults: Vec<Fault>) -> Self {
        self.faults = faults;
        self
    }

    /// Sets its clock off by so many seconds, up to ten years: to see what a client does whose own clock is wrong.
    pub fn clock_offset(mut self, seconds: i64) -> Self {
        self.clock_offset = seconds;
        self
    }

    /// Has it run for so long already, and seen these [changes](Emulator::changes): it goes on where another of the same
    /// servers and seed was. For `hss --demo`.
    #[doc(hidden)]
    pub fn past(mut self, changes: Vec<Change>, age: Duration) -> Self {
        self.past = changes;
        self.age = age;
        self
    }

    /// Takes time from this world instead of the system: with a [`TestRuntime`](hss_client::TestRuntime), quotas, the
    /// ends of tokens and the progress of scans are a test's own.
    pub fn runtime(mut self, runtime: Arc<dyn Runtime>) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Calls back with each request, on the connection's task, before its answer is sent: an access log. While the callback
    /// blocks, no request on that thread is answered.
    pub fn on_request(mut self, observer: impl Fn(&Received) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Starts the emulator on the current tokio runtime, which needs its I/O and time drivers.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for an address that other machines reach, too many servers, a quota of too
    /// many requests, a clock
    /// that is off too far, or an access key or a host name that cannot be one; else what the system says, most likely
    /// [`AddrInUse`](io::ErrorKind::AddrInUse).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future starts nothing, or stops what was started.
    #[expect(clippy::unused_async, reason = "it needs a runtime, and callers await it")]
    pub async fn start(self) -> io::Result<Emulator> {
        let Self { listen, hosts, .. } = self;
        if !listen.ip().is_loopback() && !self.allow_remote {
            return Err(invalid(format!(
                "{listen} can be reached from other machines: use 127.0.0.1 or [::1], or allow remote callers by name"
            )));
        }
        if hosts > MAX_HOSTS {
            return Err(invalid(format!("the emulator has at most {MAX_HOSTS} hosts, not {hosts}")));
        }
        if self.quota.is_some_and(|quota| quota.requests > MAX_REQUESTS) {
            return Err(invalid(format!("the emulator counts at most {MAX_REQUESTS} requests of a quota")));
        }
        if self.clock_offset.unsigned_abs() > MAX_CLOCK_OFFSET {
            return Err(invalid("the emulator's clock can be off by ten years at most".to_owned()));
        }
        let random = Random::seeded(self.seed.unwrap_or(DEFAULT_SEED));
        let state = State::new(random, hosts).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        let issuer = |branch: u64| Issuer::new(self.seed.map(|_| random.branch(branch)));
        let runtime = self.runtime.unwrap_or_else(|| Arc::new(System::default()));
        let clock = Clock { offset: self.clock_offset, started: runtime.elapsed(), age: self.age, runtime };
        let access = Access::new(self.auth, self.configured, issuer(branches::CREDENTIALS), random, clock.now())
            .map_err(|error| invalid(error.to_string()))?;
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
