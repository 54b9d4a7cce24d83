//! Resolves and writes the files that options name.
//!
//! A regular file is replaced as a whole. A FIFO or a character device is written to, and so is a file named by the
//! link of an open descriptor. Nothing else is ever written, replaced or removed. A symbolic link is kept, and its
//! target is written.

mod descriptor;

use std::fs::{self, Metadata};
use std::io::{self, BufReader};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use hss_client::{Error, Result};
use tempfile::SpooledTempFile;

use self::descriptor::Descriptor;

/// The maximum number of symbolic links that are followed, as on Linux.
const LINKS: usize = 40;
/// The permissions of new files. They are private, since the content names servers and their weaknesses.
#[cfg(unix)]
const MODE: u32 = 0o600;

/// The type of file that a path leads to after symbolic links are followed.
#[derive(Debug)]
pub(crate) enum Found {
    /// No file exists. One can be created.
    Nothing,
    /// A regular file.
    Regular(Metadata),
    /// A FIFO or a character device.
    Stream,
    /// A regular file, named by the link of a descriptor. Writes go to the offset of the descriptor.
    Open(Descriptor),
}

/// The path of an option, and the type of file that it leads to.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    option: &'static str,
    given: &'a Path,
    /// The resolved path. Its last component is not a symbolic link.
    pub(crate) path: PathBuf,
    pub(crate) found: Found,
}

impl<'a> Target<'a> {
    /// Resolves a path without opening it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if it leads to a directory or a socket, if it leads to a FIFO
    /// or through a symbolic link of another user, or if its directory does not exist.
    pub(crate) fn find(option: &'static str, given: &'a Path) -> Result<Self> {
        let mut target = Self { option, given, path: given.to_owned(), found: Found::Nothing };
        if let Some(descriptor) = target.follow_links()? {
            // The text of such a link may not be a path, or may by now be the path of another file. Only the system can
            // follow it.
            let found = fs::metadata(&target.path).map_err(|error| target.cannot("read", error))?;
            target.found = match target.classify(found)? {
                Found::Regular(_) => Found::Open(descriptor),
                other => other,
            };
            return Ok(target);
        }
        match fs::symlink_metadata(&target.path) {
            Ok(found) if is_fifo(&found) && !is_trusted(&found) => {
                return Err(target.refuse("it is a FIFO of another user", "Use a file, or your own FIFO."));
            }
            Ok(found) => target.found = target.classify(found)?,
            Err(_) if !folder(&target.path).is_dir() => {
                let hint = "Create the directory, or use another file.";
                return Err(target.refuse("its directory does not exist", hint));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(target.cannot("read", error)),
            Err(_) if ends_in_separator(&target.path) => return Err(target.is_directory()),
            Err(_) => {}
        }
        Ok(target)
    }

    /// Checks that a regular file can be replaced or created, or that a stream can be opened for writing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if it cannot.
    pub(crate) fn check_writable(&self) -> Result<()> {
        let outcome = match self.found {
            Found::Stream => may_write(&self.path),
            Found::Open(descriptor) => descriptor.duplicate().map(drop),
            // A file is replaced by a new one in its directory. The file created here is unnamed, or is removed at
            // once.
            Found::Nothing | Found::Regular(_) => {
                tempfile::tempfile_in(folder(&self.path)).map(drop).map_err(|error| without_path(&error))
            }
        };
        outcome.map_err(|error| self.cannot("write", error))
    }

    /// Returns an error of this option with a hint: `--html FILE reason`.
    pub(crate) fn refuse(&self, reason: &str, hint: &str) -> Error {
        Error::usage(format!("cannot use {} {}: {reason}", self.option, self.given.display())).hint(hint)
    }

    /// Returns an error of this option that the system reports.
    pub(crate) fn cannot(&self, what: &str, error: io::Error) -> Error {
        Error::usage(format!("cannot {what} {} {}", self.option, self.given.display())).caused_by(error)
    }

    fn is_directory(&self) -> Error {
        self.refuse("it is a directory", "Use a file in it.")
    }

    /// Follows symbolic links in the last component of the path, up to the link of a descriptor.
    fn follow_links(&mut self) -> Result<Option<Descriptor>> {
        for _ in 0..LINKS {
            match fs::symlink_metadata(&self.path) {
                Ok(found) if found.is_symlink() => {
                    if !is_trusted(&found) {
                        let hint = "Use the target of the link, if you trust it.";
                        return Err(self.refuse("it contains a symbolic link of another user", hint));
                    }
                    if let Some(descriptor) = Descriptor::of_link(&self.path, &folder(&self.path)) {
                        return Ok(Some(descriptor));
                    }
                    let next = fs::read_link(&self.path).map_err(|error| self.cannot("read", error))?;
                    self.path = folder(&self.path).join(next);
                }
                _ => return Ok(None),
            }
        }
        Err(self.refuse("it has too many symbolic links", "Use the target of the links."))
    }

    fn classify(&self, found: Metadata) -> Result<Found> {
        if found.is_dir() {
            Err(self.is_directory())
        } else if found.is_file() {
            Ok(Found::Regular(found))
        } else if is_stream(&found) {
            Ok(Found::Stream)
        } else {
            Err(self.refuse("it is neither a file nor a stream", "Use another file."))
        }
    }
}

/// A file whose content is written at once.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) option: &'static str,
    pub(crate) path: &'a Path,
    /// Whether a regular file that has content may be replaced.
    pub(crate) force: bool,
}

impl<'a> Document<'a> {
    /// Checks that the file can be written, without writing to it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) as for [`Target::find`] and [`Target::check_writable`], and
    /// if a file exists that must not be replaced.
    pub(crate) fn check(&self) -> Result<Target<'a>> {
        let target = Target::find(self.option, self.path)?;
        match &target.found {
            // An empty file has no content to lose. `mktemp` creates such files.
            Found::Regular(found) if found.len() > 0 && !self.force => {
                return Err(target.refuse("it already exists", "Use another file, or --force to replace it."));
            }
            _ => target.check_writable()?,
        }
        Ok(target)
    }

    /// Writes the file.
    ///
    /// A regular file is written as a whole or not at all, and an open file from its offset. A stream is written as far
    /// as its reader reads it. Opening a FIFO waits for its reader. The wait ends with the program.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) as for [`check`](Self::check), and if writing fails.
    pub(crate) async fn write(&self, mut content: BufReader<SpooledTempFile>) -> Result<()> {
        // The path may lead to a different file by now.
        let target = self.check()?;
        let failed = |error| target.cannot("write", error);
        match &target.found {
            Found::Stream => {
                let path = target.path.clone();
                let writing = tokio::task::spawn_blocking(move || stream(&path, &mut content));
                writing.await.map_err(io::Error::other).and_then(|outcome| outcome).map_err(failed)
            }
            Found::Open(descriptor) => {
                let copied = descriptor.duplicate().and_then(|mut file| io::copy(&mut content, &mut file));
                copied.map(drop).map_err(failed)
            }
            Found::Regular(found) => replace(&target.path, Some(found), &mut content).map_err(failed),
            Found::Nothing => replace(&target.path, None, &mut content).map_err(failed),
        }
    }
}

/// Writes to a FIFO or a device.
fn stream(path: &Path, content: &mut BufReader<SpooledTempFile>) -> io::Result<()> {
    let mut file = fs::File::options().write(true).open(path)?;
    if file.metadata()?.is_file() {
        return Err(io::Error::other("it was replaced by a regular file"));
    }
    io::copy(content, &mut file).map(drop)
}

/// Replaces `old` by a new file, or creates one if there is no old file.
fn replace(path: &Path, old: Option<&Metadata>, content: &mut BufReader<SpooledTempFile>) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".hss-");
    let mut new = builder.tempfile_in(folder(path)).map_err(|error| without_path(&error))?;
    // Users who may read the old report may also read the new one. An empty file is not a report.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let old = old.filter(|old| old.len() > 0 && is_own(old));
        let mode = old.map_or(MODE, |old| old.permissions().mode() & 0o777);
        new.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    }
    io::copy(content, new.as_file_mut())?;
    new.as_file().sync_all()?;
    let persisted = if old.is_some() { new.persist(path) } else { new.persist_noclobber(path) };
    persisted.map(drop).map_err(|error| error.error)
}

/// Returns the error without the name of a temporary file.
fn without_path(error: &io::Error) -> io::Error {
    error.kind().into()
}

/// Returns the directory of a file.
fn folder(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn ends_in_separator(path: &Path) -> bool {
    path.to_string_lossy().ends_with(MAIN_SEPARATOR)
}

/// Returns whether a file belongs to the caller.
#[cfg(unix)]
fn is_own(found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    found.uid() == rustix::process::geteuid().as_raw()
}

/// Returns whether only the caller, its groups and root can change a file.
#[cfg(unix)]
pub(crate) fn is_private(found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    is_trusted(found) && found.mode() & 0o002 == 0
}

#[cfg(not(unix))]
pub(crate) fn is_private(_: &Metadata) -> bool {
    true
}

/// Returns whether a symbolic link or a FIFO belongs to the caller or to root.
#[cfg(unix)]
fn is_trusted(found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    found.uid() == 0 || is_own(found)
}

#[cfg(not(unix))]
fn is_trusted(_: &Metadata) -> bool {
    true
}

#[cfg(unix)]
fn is_fifo(found: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    found.file_type().is_fifo()
}

#[cfg(not(unix))]
fn is_fifo(_: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn is_stream(found: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    // Writing to a block device would destroy its content.
    is_fifo(found) || found.file_type().is_char_device()
}

#[cfg(not(unix))]
fn is_stream(_: &Metadata) -> bool {
    false
}

/// Checks the permissions of the caller. The stream is not opened for this, since its reader would see an end of file.
#[cfg(unix)]
fn may_write(path: &Path) -> io::Result<()> {
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).map_err(Into::into)
}

#[cfg(not(unix))]
fn may_write(_: &Path) -> io::Result<()> {
    Ok(())
}
