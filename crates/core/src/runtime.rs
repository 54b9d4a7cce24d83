//! What comes from outside a call: time, waiting, chance, host names, variables and files.

mod system;
mod test_runtime;

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;

pub use system::System;
pub use test_runtime::TestRuntime;

/// The outside world, as one input, so that tests decide what time it is and never wait for it.
pub trait Runtime: fmt::Debug + Send + Sync + 'static {
    /// The wall clock, by which requests are dated and tokens expire.
    fn now(&self) -> SystemTime;

    /// Time since some fixed moment, by which waits and quotas are measured. Never goes back.
    fn elapsed(&self) -> Duration;

    /// Waits.
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()>;

    /// A number from 0 up to, but not including, 1; each as likely as any other.
    fn random(&self) -> f64;

    /// Looks up the addresses of a host name.
    ///
    /// # Errors
    ///
    /// What the resolver says, if the name has no address.
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;

    /// An environment variable.
    fn variable(&self, name: &str) -> Option<OsString>;

    /// The user's home directory.
    fn home(&self) -> Option<PathBuf>;

    /// The content of a file, up to `limit` bytes.
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) where there is none, [`FileTooLarge`](io::ErrorKind::FileTooLarge) for a larger one.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;
}
