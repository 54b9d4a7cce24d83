//! The emulator as its user sees it.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::gateway::Gateway;
use crate::log::{Observer, Received, RequestLog};
use crate::random::{Random, branches};
use crate::server;
use crate::state::State;

/// The most servers that it takes on: half as many as offsets reach.
const MAX_HOSTS: u32 = 1_000_000;

/// A running emulator. Dropping it stops it and cuts its connections.
#[derive(Debug)]
pub struct Emulator {
    address: SocketAddr,
    gateway: Arc<Gateway>,
    task: JoinHandle<()>,
}

/// Sets up an [`Emulator`].
#[must_use = "a builder does nothing until it starts the emulator"]
pub struct EmulatorBuilder {
    listen: SocketAddr,
    hosts: u32,
    seed: u64,
    observer: Option<Observer>,
}

impl Emulator {
    /// Starts to set up an emulator.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder { listen: (Ipv4Addr::LOCALHOST, 0).into(), hosts: 30, seed: 1, observer: None }
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

    /// The requests answered so far, in the order of their answers: the newest 100 000. A request is in it before its
    /// answer is sent. Bytes that are not an HTTP request are not.
    #[must_use]
    pub fn requests(&self) -> Vec<Received> {
        self.gateway.log().entries()
    }

    /// Waits until it stops: never, unless its runtime shuts down. Dropping the future stops the emulator.
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
    /// Where to listen, on this machine alone; port 0 lets the system choose one. Unless set, `127.0.0.1:0`.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The number of servers, all of which the newest scan task covers: 0 to 1 000 000, 30 unless set.
    pub fn hosts(mut self, number: u32) -> Self {
        self.hosts = number;
        self
    }

    /// What all of its state follows from; 1 unless set.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Calls back with each request, on the connection's task, before its answer is sent: an access log.
    pub fn on_request(mut self, observer: impl Fn(&Received) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Starts the emulator on the current tokio runtime, which needs its I/O and time drivers.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for an address of another machine or too many servers; else what
    /// the system says, most likely [`AddrInUse`](io::ErrorKind::AddrInUse).
    pub async fn start(self) -> io::Result<Emulator> {
        let Self { listen, hosts, seed, observer } = self;
        if !listen.ip().is_loopback() {
            return Err(invalid(format!(
                "the emulator asks for no password and so listens on this machine alone, not on {listen}: use 127.0.0.1 or [::1]"
            )));
        }
        if hosts > MAX_HOSTS {
            return Err(invalid(format!("the emulator has at most {MAX_HOSTS} hosts, not {hosts}")));
        }
        let random = Random::seeded(seed);
        let state = State::new(random, hosts).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        let gateway = Arc::new(Gateway::new(state, RequestLog::new(observer), random.branch(branches::REQUEST_IDS)));
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(server::run(listener, Arc::clone(&gateway)));
        Ok(Emulator { address, gateway, task })
    }
}

impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listen, hosts, seed, observer: _ } = self;
        f.debug_struct("EmulatorBuilder")
            .field("listen", listen)
            .field("hosts", hosts)
            .field("seed", seed)
            .finish_non_exhaustive()
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
