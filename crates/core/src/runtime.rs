//! Defines the runtime of the client: clock, timer, random numbers, name resolution, environment and files.

mod system;
#[cfg(any(test, fuzzing, feature = "test-util"))]
mod test_runtime;

use std::any::Any;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;

pub use system::System;
#[cfg(any(test, fuzzing, feature = "test-util"))]
pub use test_runtime::TestRuntime;

/// Provides all external state, so that tests control the clock and do not wait.
pub trait Runtime: fmt::Debug + Any + Send + Sync + 'static {
    /// Returns the time of the wall clock, which dates requests and decides when tokens expire.
    fn now(&self) -> SystemTime;

    /// Returns the time since a fixed point in time, which measures waits and quotas. It never decreases.
    fn elapsed(&self) -> Duration;

    /// Waits for a duration.
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()>;

    /// Returns a uniformly distributed random number from 0 up to, but not including, 1.
    fn random(&self) -> f64;

    /// Resolves the addresses of a host name.
    ///
    /// # Errors
    ///
    /// Returns the error of the resolver if the name has no address.
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;

    /// Returns the value of an environment variable.
    fn variable(&self, name: &str) -> Option<OsString>;

    /// Returns the home directory of the user.
    fn home(&self) -> Option<PathBuf>;

    /// Returns the content of a file of at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// Returns [`NotFound`](io::ErrorKind::NotFound) if the file does not exist, and
    /// [`FileTooLarge`](io::ErrorKind::FileTooLarge) if it is larger than `limit`.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;
}
