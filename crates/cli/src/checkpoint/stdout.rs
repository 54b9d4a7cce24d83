//! Standard output as a file that another run may continue.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};

use serde::{Deserialize, Serialize};

/// The path by which the system opens standard output again.
const STDOUT: &str = if cfg!(target_os = "linux") { "/proc/self/fd/1" } else { "/dev/fd/1" };

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

    /// Returns whether these are its last bytes. What cannot be read is not.
    pub(super) fn ends_with(self, bytes: &[u8]) -> bool {
        bytes.is_empty() || self.last(bytes.len()).is_ok_and(|last| last == bytes)
    }

    /// Returns whether its last line lacks its line feed. A file that cannot be read, and an empty one, has none such.
    pub(super) fn is_in_a_line(self) -> bool {
        self.last(1).is_ok_and(|last| last != b"\n")
    }

    /// Reads so many bytes before its end. Standard output is opened again for this: it may be open for writing only.
    fn last(self, number: usize) -> io::Result<Vec<u8>> {
        let mut file = File::open(STDOUT)?;
        if !self.is(&file) {
            return Err(io::Error::other("standard output cannot be opened again"));
        }
        let start = self.length.checked_sub(number as u64).ok_or(io::ErrorKind::UnexpectedEof)?;
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = vec![0; number];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
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
