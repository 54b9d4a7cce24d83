//! Runs the calls of the client in programs that do not use `async`.

use std::fmt;
use std::io;

use futures_core::stream::BoxStream;
use tokio::runtime::{Builder, Runtime};

use crate::{Client, ClientBuilder, Error, ErrorKind, Result};

/// Waits for calls on the current thread. A runtime on a separate thread drives their I/O.
///
/// It runs the futures of a [`Client`] unchanged, so the documentation of the client applies here, too.
/// Connections, timers and prefetched pages make progress while the program does other work. The loop over
/// [`rows`](Self::rows) may therefore be slow.
///
/// Do not use it within `async` code: it blocks the thread on which other tasks run.
///
/// ```no_run
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let (blocking, client) = hss_client::blocking::Blocking::from_env()?;
/// let tasks = blocking.wait(client.list_vul_scan_task().limit(10).send())?;
/// println!("{:?}", tasks.get_ref().total_num);
/// for host in blocking.rows(client.list_vul_scan_task_host("2b31ed520xxxxxxebedb6e57xxxxxxxx").stream()) {
///     println!("{:?}", host?.host_name);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Blocking(Runtime);

impl Blocking {
    /// Starts the runtime and its thread.
    ///
    /// # Errors
    ///
    /// Returns the system's error if it has no threads or file descriptors left.
    pub fn new() -> io::Result<Self> {
        Builder::new_multi_thread().worker_threads(1).thread_name("hss-client").enable_all().build().map(Self)
    }

    /// Starts the runtime, and builds a client with the settings of the environment, as
    /// [`Client::from_env`] does.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`] if the runtime cannot start. Otherwise returns the errors of
    /// [`ClientBuilder::build`].
    pub fn from_env() -> Result<(Self, Client)> {
        Self::build(Client::builder())
    }

    /// Starts the runtime, and builds a client.
    ///
    /// # Errors
    ///
    /// The same as [`from_env`](Self::from_env).
    ///
    /// ```no_run
    /// # fn example() -> hss_client::Result<()> {
    /// use hss_client::{Client, blocking::Blocking};
    ///
    /// let (blocking, client) = Blocking::build(Client::builder().region("cn-north-4"))?;
    /// let tasks = blocking.wait(client.list_vul_scan_task().limit(10).send())?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn build(builder: ClientBuilder) -> Result<(Self, Client)> {
        let blocking =
            Self::new().map_err(|error| Error::new(ErrorKind::Usage, format!("cannot start a thread: {error}")))?;
        let client = blocking.wait(builder.build())?;
        Ok((blocking, client))
    }

    /// Blocks until the call, or a [`Waiter`](crate::Waiter), has finished.
    ///
    /// # Errors
    ///
    /// Returns the error of the call.
    pub fn wait<T>(&self, call: impl IntoFuture<Output = Result<T>>) -> Result<T> {
        self.0.block_on(call.into_future())
    }

    /// Returns an iterator over the rows or pages of a stream. Each step blocks until the next item has arrived. The
    /// iterator ends after the first error.
    pub fn rows<T>(&self, mut stream: BoxStream<'static, Result<T>>) -> impl Iterator<Item = Result<T>> {
        std::iter::from_fn(move || self.0.block_on(std::future::poll_fn(|context| stream.as_mut().poll_next(context))))
    }
}

impl fmt::Debug for Blocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blocking")
    }
}
