//! Runs the calls of the client in programs that do not use `async`.

use std::fmt;
use std::io;

use futures_core::stream::BoxStream;
use tokio::runtime::{Builder, Runtime};

use crate::Result;

/// Waits for calls on the current thread. A runtime on a separate thread drives their I/O.
///
/// It runs the futures of a [`Client`](crate::Client) unchanged, so the documentation of the client applies here, too.
/// Connections, timers and prefetched pages make progress while the program does other work. The loop over
/// [`rows`](Self::rows) may therefore be slow.
///
/// Do not use it within `async` code: it blocks the thread on which other tasks run.
///
/// ```no_run
/// # fn example(client: &hss_client::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let blocking = hss_client::blocking::Blocking::new()?;
/// let tasks = blocking.wait(client.list_vul_scan_task().limit(10).send())?;
/// println!("{:?}", tasks.total_num);
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

    /// Blocks until the call has finished.
    ///
    /// # Errors
    ///
    /// Returns the error of the call.
    pub fn wait<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        self.0.block_on(call)
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
