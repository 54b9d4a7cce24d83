//! Files that options name: what a path leads to, and how it is written.
//!
//! A regular file is replaced as a whole. A FIFO or a character device is written to, and so is a file by the link of an open
//! descriptor. Nothing else is ever written, replaced or removed. A symbolic link stays, and the file that it leads to is
//! written.

mod descriptor;

use std::fs::{self, Metadata};
use std::io::{self, BufReader};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use hss_client::{Error, Result};
use tempfile::SpooledTempFile;

use self::descriptor::Descriptor;

/// The number of symbolic links that are followed, as on Linux.
const LINKS: usize = 40;
/// The permissions of new files: they name servers and their weaknesses.
#[cfg(unix)]
const MODE: u32 = 0o600;

/// What a path leads to, once symbolic links are followed.
#[derive(Debug)]
pub(crate) enum Found {
    /// Nothing. A file can be created.
    Nothing,
    /// A regular file.
    Regular(Metadata),
    /// A FIFO or a character device.
    Stream,
    /// A regular file, by the link of a descriptor: what is written goes to where that is.
    Open(Descriptor),
}

/// The path of an option, and what it leads to.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    option: &'static str,
    given: &'a Path,
    /// The path whose last component is no symbolic link.
    pub(crate) path: PathBuf,
    pub(crate) found: Found,
}

impl<'a> Target<'a> {
    /// Finds out what a path leads to. Nothing is opened.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if it leads to a directory or socket, to a FIFO or through a symbolic link of
    /// another user, or if its directory does not exist.
    pub(crate) fn find(option: &'static str, given: &'a Path) -> Result<Self> {
        let mut target = Self { option, given, path: given.to_owned(), found: Found::Nothing };
        if let Some(descriptor) = target.follow_links()? {
            // The text of such a link may be no path, or by now that of another file. Only the system can follow it.
            let found = fs::metadata(&target.path).map_err(|error| target.cannot("be read", error))?;
            target.found = match target.classify(found)? {
                Found::Regular(_) => Found::Open(descriptor),
                other => other,
            };
            return Ok(target);
        }
        match fs::symlink_metadata(&target.path) {
            Ok(found) if is_fifo(&found) && !is_trusted(&found) => {
                return Err(target.refuse("is a FIFO of another user", "Give a file, or a FIFO of your own."));
            }
            Ok(found) => target.found = target.classify(found)?,
            Err(_) if !folder(&target.path).is_dir() => {
                let hint = "Create the directory, or give another file.";
                return Err(target.refuse("is in a directory that does not exist", hint));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(target.cannot("be read", error)),
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
            // A file is replaced by a new one in its directory. This one has no name, or is removed at once.
            Found::Nothing | Found::Regular(_) => {
                tempfile::tempfile_in(folder(&self.path)).map(drop).map_err(|error| without_path(&error))
            }
        };
        outcome.map_err(|error| self.cannot("be written", error))
    }

    /// An error of this option: `--html FILE reason`, and what to do about it.
    pub(crate) fn refuse(&self, reason: &str, hint: &str) -> Error {
        Error::usage(format!("{} {} {reason}", self.option, self.given.display())).hint(hint)
    }

    /// An error of this option that the system reports.
    pub(crate) fn cannot(&self, what: &str, error: io::Error) -> Error {
        Error::usage(format!("{} {} cannot {what}", self.option, self.given.display())).caused_by(error)
    }

    fn is_directory(&self) -> Error {
        self.refuse("is a directory", "Give a file in it.")
    }

    /// Follows the symbolic links that the last component of the path is, up to that of a descriptor.
    fn follow_links(&mut self) -> Result<Option<Descriptor>> {
        for _ in 0..LINKS {
            match fs::symlink_metadata(&self.path) {
                Ok(found) if found.is_symlink() => {
                    if !is_trusted(&found) {
                        let hint = "Give the file that it leads to, if you trust it.";
                        return Err(self.refuse("leads through a symbolic link of another user", hint));
                    }
                    if let Some(descriptor) = Descriptor::of_link(&self.path, &folder(&self.path)) {
                        return Ok(Some(descriptor));
                    }
                    let next = fs::read_link(&self.path).map_err(|error| self.cannot("be read", error))?;
                    self.path = folder(&self.path).join(next);
                }
                _ => return Ok(None),
            }
        }
        Err(self.refuse("leads through too many symbolic links", "Give the file that they lead to."))
    }

    fn classify(&self, found: Metadata) -> Result<Found> {
        if found.is_dir() {
            Err(self.is_directory())
        } else if found.is_file() {
            Ok(Found::Regular(found))
        } else if is_stream(&found) {
            Ok(Found::Stream)
        } else {
            Err(self.refuse("is neither a file nor a stream", "Give another file."))
        }
    }
}

/// A file whose content is written in one go.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) option: &'static str,
    pub(crate) path: &'a Path,
    /// Whether it may replace a regular file that has content.
    pub(crate) force: bool,
}

impl<'a> Document<'a> {
    /// Checks that it can be written. Nothing is written.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) as for [`Target::find`] and [`Target::check_writable`], and if a file
    /// exists and is not to be replaced.
    pub(crate) fn check(&self) -> Result<Target<'a>> {
        let target = Target::find(self.option, self.path)?;
        match &target.found {
            // Nothing is lost with an empty file, such as those that mktemp creates.
            Found::Regular(found) if found.len() > 0 && !self.force => {
                return Err(target.refuse("exists", "Give another file, or --force to replace it."));
            }
            _ => target.check_writable()?,
        }
        Ok(target)
    }

    /// Writes it: a regular file as a whole or not at all, a stream as far as it is read, an open file where its offset is.
    ///
    /// A FIFO has to wait for its reader. The wait ends with the program.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) as for [`check`](Self::check), and if writing fails.
    pub(crate) async fn write(&self, mut content: BufReader<SpooledTempFile>) -> Result<()> {
        // The path may lead elsewhere by now.
        let target = self.check()?;
        let failed = |error| target.cannot("be written", error);
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
        return Err(io::Error::other("it became a regular file"));
    }
    io::copy(content, &mut file).map(drop)
}

/// Puts a new file in the place of `old`, or where there is none.
fn replace(path: &Path, old: Option<&Metadata>, content: &mut BufReader<SpooledTempFile>) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".hss-");
    let mut new = builder.tempfile_in(folder(path)).map_err(|error| without_path(&error))?;
    // Others whom the owner lets read the old report may read the new one. An empty file is no report.
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

/// An error without the name of a temporary file in it.
fn without_path(error: &io::Error) -> io::Error {
    error.kind().into()
}

/// The directory of a file.
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
    // What a block device holds would be lost.
    is_fifo(found) || found.file_type().is_char_device()
}

#[cfg(not(unix))]
fn is_stream(_: &Metadata) -> bool {
    false
}

/// Checks the permissions of the caller. A stream is not opened for this: its reader would see its end.
#[cfg(unix)]
fn may_write(path: &Path) -> io::Result<()> {
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).map_err(Into::into)
}

#[cfg(not(unix))]
fn may_write(_: &Path) -> io::Result<()> {
    Ok(())
}
