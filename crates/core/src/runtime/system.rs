//! Implements the runtime with the operating system.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use futures::future::BoxFuture;

use super::Runtime;

/// The time from which all runtimes measure elapsed time.
static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The runtime of this process: the clocks, environment and files of the system.
#[derive(Debug, Clone, Copy)]
pub struct System {
    started: Instant,
}

impl Default for System {
    fn default() -> Self {
        Self { started: *STARTED }
    }
}

impl Runtime for System {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn random(&self) -> f64 {
        fastrand::f64()
    }

    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let host = host.to_owned();
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(addresses.map(|address| address.ip()).collect())
        })
    }

    fn variable(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }

    fn home(&self) -> Option<PathBuf> {
        ["HOME", "USERPROFILE"]
            .into_iter()
            .filter_map(std::env::var_os)
            .find(|home| !home.is_empty())
            .map(PathBuf::from)
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        // The size in the metadata of a file may be wrong: for a pipe or a device it is 0.
        let mut content = Vec::new();
        File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut content)?;
        if content.len() as u64 > limit {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {limit} bytes")));
        }
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_whole_file_or_fails() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"12345").unwrap();
        let runtime = System::default();
        assert_eq!(runtime.read(&path, 5).unwrap(), b"12345");
        assert_eq!(runtime.read(&path, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(runtime.read(&folder.path().join("none"), 4).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn random_numbers_are_below_one() {
        let runtime = System::default();
        assert!((0..1000).all(|_| (0.0..1.0).contains(&runtime.random())));
    }
}
