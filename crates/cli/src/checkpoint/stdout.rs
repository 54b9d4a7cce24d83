//! Identifies the file that is standard output, so that another run can continue it.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};

use serde::{Deserialize, Serialize};

/// The path that opens standard output again.
const STDOUT: &str = if cfg!(target_os = "linux") { "/proc/self/fd/1" } else { "/dev/fd/1" };

/// The end of standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    /// The file, as device and inode. `None` for pipes, terminals, and files that are not written at their end.
    file: Option<(u64, u64)>,
    length: u64,
}

impl End {
    /// Returns the current end.
    pub(super) fn now() -> Self {
        let stdout = appended_file().ok().flatten();
        Self { file: stdout.as_ref().and_then(identity), length: stdout.map_or(0, |metadata| metadata.len()) }
    }

    /// Returns by how many bytes the file has grown since `before`. Returns `None` if it is a different file.
    pub(super) fn growth_since(self, before: Self) -> Option<u64> {
        if self.file.is_some() && self.file == before.file { self.length.checked_sub(before.length) } else { None }
    }

    /// Returns whether the file ends with these bytes. A file that cannot be read does not.
    pub(super) fn ends_with(self, bytes: &[u8]) -> bool {
        bytes.is_empty() || self.read_end(bytes.len()).is_ok_and(|last| last == bytes)
    }

    /// Returns whether the last line lacks its line feed. This is false for an empty file, and for one that cannot be
    /// read.
    pub(super) fn ends_mid_line(self) -> bool {
        self.read_end(1).is_ok_and(|last| last != b"\n")
    }

    /// Reads the last `number` bytes. Standard output is opened again for this, since it may be open for writing only.
    fn read_end(self, number: usize) -> io::Result<Vec<u8>> {
        let mut file = File::open(STDOUT)?;
        if !self.is_same_file(&file) {
            return Err(io::Error::other("cannot open standard output again"));
        }
        let start = self.length.checked_sub(number as u64).ok_or(io::ErrorKind::UnexpectedEof)?;
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = vec![0; number];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Returns whether standard output is this file.
    pub(super) fn is_same_file(self, file: &File) -> bool {
        let other = file.metadata().ok().as_ref().and_then(identity);
        other.is_some() && other == self.file
    }
}

/// Returns the regular file that is standard output, if writes are appended at its end.
#[cfg(unix)]
fn appended_file() -> io::Result<Option<Metadata>> {
    use std::os::fd::AsFd as _;

    use rustix::fs::{OFlags, fcntl_getfl, tell};
    let stdout = io::stdout().as_fd().try_clone_to_owned()?;
    let is_appended = fcntl_getfl(&stdout)?.contains(OFlags::APPEND);
    let file = File::from(stdout);
    let metadata = file.metadata()?;
    Ok((metadata.is_file() && (is_appended || tell(&file)? == metadata.len())).then_some(metadata))
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
pub(super) fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

/// These systems do not tell which file standard output is.
#[cfg(not(unix))]
fn appended_file() -> io::Result<Option<Metadata>> {
    Ok(None)
}

#[cfg(not(unix))]
pub(super) fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}
