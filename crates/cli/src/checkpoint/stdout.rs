//! Standard output as a file that another run may continue.

use std::fs::{File, Metadata};
use std::io;

use serde::{Deserialize, Serialize};

/// Where standard output ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Position {
    /// The file, by device and inode. Absent for pipes, terminals, and files that are not written at their end.
    file: Option<(u64, u64)>,
    length: u64,
}

impl Position {
    /// Where it ends now.
    pub(super) fn now() -> Self {
        let stdout = found().ok().flatten();
        Self { file: stdout.as_ref().and_then(identity), length: stdout.map_or(0, |found| found.len()) }
    }

    /// How much longer it is than `before`, if it is the same file.
    pub(super) fn since(self, before: Self) -> Option<u64> {
        if self.file.is_some() && self.file == before.file { self.length.checked_sub(before.length) } else { None }
    }

    /// Whether it is this file.
    pub(super) fn is(self, file: &File) -> bool {
        let other = file.metadata().ok().as_ref().and_then(identity);
        other.is_some() && other == self.file
    }
}

/// The regular file that standard output is, if what is written next is added at its end.
#[cfg(unix)]
fn found() -> io::Result<Option<Metadata>> {
    use std::os::fd::AsFd as _;

    use rustix::fs::{OFlags, fcntl_getfl, tell};
    let stdout = io::stdout().as_fd().try_clone_to_owned()?;
    let is_appended = fcntl_getfl(&stdout)?.contains(OFlags::APPEND);
    let file = File::from(stdout);
    let found = file.metadata()?;
    Ok((found.is_file() && (is_appended || tell(&file)? == found.len())).then_some(found))
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
pub(super) fn identity(found: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((found.dev(), found.ino()))
}

/// These systems do not say which file it is.
#[cfg(not(unix))]
fn found() -> io::Result<Option<Metadata>> {
    Ok(None)
}

#[cfg(not(unix))]
pub(super) fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}
