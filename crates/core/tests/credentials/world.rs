//! A world whose time, variables and files the tests own.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;
use huaweicloud_core::World;

/// Where the profile file is unless a variable names another.
pub(crate) const PROFILE: &str = "/home/me/.huaweicloud/credentials";

/// Waiting takes no time in it. Clones are the same world; `with` makes another.
#[derive(Debug, Clone, Default)]
pub(crate) struct Virtual(Arc<Mutex<Inner>>);

#[derive(Clone, Default)]
struct Inner {
    elapsed: Duration,
    chance: f64,
    variables: HashMap<String, OsString>,
    files: HashMap<PathBuf, Vec<u8>>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The variables are what the tests look for in other places.
        f.write_str("Inner")
    }
}

impl Virtual {
    pub(crate) fn with(&self, name: &str, value: impl Into<OsString>) -> Self {
        self.changed(|inner| drop(inner.variables.insert(name.to_owned(), value.into())))
    }

    pub(crate) fn with_file(&self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.changed(|inner| drop(inner.files.insert(path.into(), content.into())))
    }

    pub(crate) fn with_chance(&self, chance: f64) -> Self {
        self.changed(|inner| inner.chance = chance)
    }

    fn changed(&self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = self.0.lock().unwrap().clone();
        change(&mut inner);
        Self(Arc::new(Mutex::new(inner)))
    }

    /// The same world, as those take it who keep it.
    pub(crate) fn share(&self) -> Arc<dyn World> {
        Arc::new(self.clone())
    }

    pub(crate) fn pass(&self, minutes: u64) {
        self.0.lock().unwrap().elapsed += Duration::from_secs(60 * minutes);
    }
}

impl World for Virtual {
    /// 2024-11-25T08:00:00Z at first.
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_732_521_600) + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap().elapsed
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        self.0.lock().unwrap().elapsed += time;
        Box::pin(std::future::ready(()))
    }

    fn random(&self) -> f64 {
        self.0.lock().unwrap().chance
    }

    fn variable(&self, name: &str) -> Option<OsString> {
        self.0.lock().unwrap().variables.get(name).cloned()
    }

    fn home(&self) -> Option<PathBuf> {
        Some("/home/me".into())
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let content = self.0.lock().unwrap().files.get(path).cloned().ok_or(io::ErrorKind::NotFound)?;
        if content.len() as u64 > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(content)
    }
}
