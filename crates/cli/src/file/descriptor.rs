//! Descriptors of open files that links in `/proc` name, such as `/dev/stdout` and `/proc/self/fd/3`.

use std::fs::File;
use std::io;
use std::path::Path;

/// A descriptor of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descriptor {
    process: i32,
    number: i32,
}

impl Descriptor {
    /// Returns the descriptor that a symbolic link in this directory names. Only Linux has such links.
    pub(super) fn of_link(link: &Path, directory: &Path) -> Option<Self> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let directory = std::fs::canonicalize(directory).ok()?;
        // A process has the directory `fd`, and each of its threads `task/ID/fd`.
        let process = directory.strip_prefix("/proc").ok()?.iter().next()?.to_str()?.parse().ok()?;
        let number = link.file_name()?.to_str()?.parse().ok()?;
        (directory.file_name()? == "fd").then_some(Self { process, number })
    }

    /// Duplicates the descriptor for writing. Both share the offset, which would not be the case if the link was opened
    /// again.
    #[cfg(target_os = "linux")]
    pub(super) fn duplicate(self) -> io::Result<File> {
        use std::os::fd::AsFd as _;

        use rustix::fs::{OFlags, fcntl_getfl};
        use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
        let process = Pid::from_raw(self.process).ok_or(io::ErrorKind::NotFound)?;
        let descriptor = match self.number {
            1 if process == getpid() => io::stdout().as_fd().try_clone_to_owned()?,
            2 if process == getpid() => io::stderr().as_fd().try_clone_to_owned()?,
            number => pidfd_getfd(pidfd_open(process, PidfdFlags::empty())?, number, PidfdGetfdFlags::empty())?,
        };
        if fcntl_getfl(&descriptor)?.intersects(OFlags::WRONLY | OFlags::RDWR) {
            Ok(File::from(descriptor))
        } else {
            Err(io::Error::other("it is open for reading only"))
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn duplicate(self) -> io::Result<File> {
        let Self { process, number } = self;
        Err(io::Error::other(format!("this system cannot duplicate descriptor {number} of process {process}")))
    }
}
