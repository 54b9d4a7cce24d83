//! Implements a runtime for tests.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;

use super::Runtime;

/// The initial time of the wall clock: 2024-11-25T08:00:00Z.
const START: Duration = Duration::from_secs(1_732_521_600);

/// A runtime for tests. Time passes only by sleeping, which returns immediately. Variables and files are those that the
/// test has set.
///
/// Clones share their clock. The methods `with_…` return a runtime with a separate clock that continues from the same
/// time.
///
/// ```
/// use std::time::Duration;
/// use huaweicloud_core::{TestRuntime, Runtime as _};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let runtime = TestRuntime::default().with_variable("HW_REGION_NAME", "cn-north-4");
/// runtime.sleep(Duration::from_secs(3600)).await;
/// assert_eq!(runtime.elapsed(), Duration::from_secs(3600));
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct TestRuntime {
    /// Milliseconds that have passed.
    elapsed: Arc<AtomicU64>,
    /// Seconds by which the wall clock was set forward.
    clock: Arc<AtomicI64>,
    setting: Arc<Setting>,
}

#[derive(Clone)]
struct Setting {
    random: f64,
    home: Option<PathBuf>,
    variables: HashMap<String, OsString>,
    files: HashMap<PathBuf, Vec<u8>>,
    hosts: HashMap<String, IpAddr>,
}

impl TestRuntime {
    /// Returns a copy with an environment variable.
    #[must_use]
    pub fn with_variable(&self, name: &str, value: impl Into<OsString>) -> Self {
        self.changed(|setting| drop(setting.variables.insert(name.to_owned(), value.into())))
    }

    /// Returns a copy with a file.
    #[must_use]
    pub fn with_file(&self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) -> Self {
        self.changed(|setting| drop(setting.files.insert(path.into(), content.into())))
    }

    /// Returns a copy with a host name that resolves to this address. Other names do not resolve.
    #[must_use]
    pub fn with_host(&self, name: &str, address: impl Into<IpAddr>) -> Self {
        self.changed(|setting| {
            setting.hosts.insert(name.to_owned(), address.into());
        })
    }

    /// Returns a copy without a home directory. The default is `/home/user`.
    #[must_use]
    pub fn without_home(&self) -> Self {
        self.changed(|setting| setting.home = None)
    }

    /// Returns a copy with a fixed random number, from 0 up to, but not including, 1. The default is 0.
    #[must_use]
    pub fn with_random(&self, random: f64) -> Self {
        self.changed(|setting| setting.random = random)
    }

    /// Advances the clock of all clones.
    pub fn pass(&self, time: Duration) {
        self.elapsed.fetch_add(milliseconds(time), Ordering::SeqCst);
    }

    /// Sets the wall clock forward by a number of seconds, or back if it is negative. The elapsed time does not change.
    pub fn set_clock(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Returns a shared handle to this runtime, with the same clock.
    #[must_use]
    pub fn share(&self) -> Arc<dyn Runtime> {
        Arc::new(self.clone())
    }

    /// Returns the identity of the clock, which clones share.
    pub(crate) fn clock(&self) -> Weak<AtomicU64> {
        Arc::downgrade(&self.elapsed)
    }

    fn changed(&self, change: impl FnOnce(&mut Setting)) -> Self {
        let mut setting = Setting::clone(&self.setting);
        change(&mut setting);
        Self {
            elapsed: Arc::new(self.elapsed.load(Ordering::SeqCst).into()),
            clock: Arc::new(self.clock.load(Ordering::SeqCst).into()),
            setting: Arc::new(setting),
        }
    }
}

impl Runtime for TestRuntime {
    fn now(&self) -> SystemTime {
        let now = SystemTime::UNIX_EPOCH + START + self.elapsed();
        let seconds = self.clock.load(Ordering::SeqCst);
        let by = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 { now - by } else { now + by }
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.elapsed.load(Ordering::SeqCst))
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        let clock = Arc::clone(&self.elapsed);
        let until = milliseconds(self.elapsed().saturating_add(time));
        Box::pin(async move {
            // Ready tasks run first. Then time passes for all tasks.
            tokio::task::yield_now().await;
            clock.fetch_max(until, Ordering::SeqCst);
        })
    }

    fn random(&self) -> f64 {
        self.setting.random
    }

    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let address = self.setting.hosts.get(host).copied();
        Box::pin(async move {
            match address {
                Some(address) => Ok(vec![address]),
                None => Err(io::Error::new(io::ErrorKind::NotFound, "no such host")),
            }
        })
    }

    fn variable(&self, name: &str) -> Option<OsString> {
        self.setting.variables.get(name).cloned()
    }

    fn home(&self) -> Option<PathBuf> {
        self.setting.home.clone()
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let content = self.setting.files.get(path).ok_or(io::ErrorKind::NotFound)?;
        if u64::try_from(content.len()).is_ok_and(|length| length <= limit) {
            Ok(content.clone())
        } else {
            Err(io::ErrorKind::FileTooLarge.into())
        }
    }
}

/// Converts a duration to milliseconds and rounds up, so that no sleep ends too early.
fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

impl Default for Setting {
    fn default() -> Self {
        let home = Some(PathBuf::from("/home/user"));
        Self { random: 0.0, home, variables: HashMap::new(), files: HashMap::new(), hosts: HashMap::new() }
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Variables and files contain secrets for which tests search the output.
        f.debug_struct("Setting").finish_non_exhaustive()
    }
}
