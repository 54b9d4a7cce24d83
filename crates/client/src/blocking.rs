//! The same client for programs that do not use `async`.

use std::fmt;
use std::io;

use futures::stream::{BoxStream, StreamExt as _};
use tokio::runtime::{Builder, Runtime};

use crate::Result;

/// Waits for calls, on the thread that asks.
///
/// It drives the calls of a [`Client`](crate::Client) as they are, so that everything that holds for them holds here.
/// It must not be used from within `async` code, where waiting would stop the thread that others run on.
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
    /// Gets ready to wait.
    ///
    /// # Errors
    ///
    /// What the system says if it has no means left to wait for connections and time.
    pub fn new() -> io::Result<Self> {
        Builder::new_current_thread().enable_all().build().map(Self)
    }

    /// Waits for one call.
    ///
    /// # Errors
    ///
    /// Those of the call.
    pub fn wait<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        self.0.block_on(call)
    }

    /// The rows or pages of a stream, each waited for when it is asked for. Ends after the first error.
    pub fn rows<T>(&self, mut stream: BoxStream<'static, Result<T>>) -> impl Iterator<Item = Result<T>> {
        std::iter::from_fn(move || self.0.block_on(stream.next()))
    }
}

impl fmt::Debug for Blocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blocking")
    }
}
