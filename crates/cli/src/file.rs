//! Resolves and writes the files that options name.
//!
//! A regular file is replaced as a whole. A FIFO or a character device is written to, and so is a file named by the
//! link of an open descriptor. Nothing else is ever written, replaced or removed. A symbolic link is kept, and its
//! target is written.

mod descriptor;

use std::fs::{self, Metadata};
use std::io::{self, BufReader, BufWriter, Seek as _, Write as _};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use tempfile::{NamedTempFile, SpooledTempFile};

use self::descriptor::Descriptor;

use crate::error::{Error, Result};
use crate::output::spool;

/// The maximum number of symbolic links that are followed, as on Linux.
const MAX_LINKS: usize = 40;
/// The permissions of new files. They are private, since the content names servers and their weaknesses.
#[cfg(unix)]
const NEW_FILE_MODE: u32 = 0o600;

/// The type of file that a path leads to after symbolic links are followed.
#[derive(Debug)]
pub(crate) enum FileType {
    /// No file exists. One can be created.
    Missing,
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
    pub(crate) file_type: FileType,
}

impl<'a> Target<'a> {
    /// Resolves a path without opening it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if it leads to a directory or a socket, if it leads to a FIFO
    /// or through a symbolic link of another user, or if its directory does not exist.
    pub(crate) fn find(option: &'static str, given: &'a Path) -> Result<Self> {
        let mut target = Self { option, given, path: given.to_owned(), file_type: FileType::Missing };
        if let Some(descriptor) = target.follow_links()? {
            // The text of such a link may not be a path, or may by now be the path of another file. Only the system can
            // follow it.
            let metadata = fs::metadata(&target.path).map_err(|error| target.io_error("read", error))?;
            target.file_type = match target.classify(metadata)? {
                FileType::Regular(_) => FileType::Open(descriptor),
                other => other,
            };
            return Ok(target);
        }
        match fs::symlink_metadata(&target.path) {
            Ok(metadata) if is_fifo(&metadata) && !is_trusted(&metadata) => {
                return Err(target.refuse("it is a FIFO of another user", "Use a file, or your own FIFO."));
            }
            Ok(metadata) => target.file_type = target.classify(metadata)?,
            Err(_) if !parent_directory(&target.path).is_dir() => {
                let hint = "Create the directory, or use another file.";
                return Err(target.refuse("its directory does not exist", hint));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(target.io_error("read", error)),
            Err(_) if ends_in_separator(&target.path) => return Err(target.directory_error()),
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
        let outcome = match self.file_type {
            FileType::Stream => check_write_access(&self.path),
            FileType::Open(descriptor) => descriptor.duplicate().map(drop),
            // A file is replaced by a new one in its directory. The file created here is unnamed, or is removed at
            // once.
            FileType::Missing | FileType::Regular(_) => {
                tempfile::tempfile_in(parent_directory(&self.path)).map(drop).map_err(|error| without_path(&error))
            }
        };
        outcome.map_err(|error| self.io_error("write", error))
    }

    /// Returns an error of this option with a hint: `--html FILE reason`.
    pub(crate) fn refuse(&self, reason: &str, hint: &str) -> Error {
        Error::usage(format!("cannot use {} {}: {reason}", self.option, self.given.display())).hint(hint)
    }

    /// Returns an error of this option that the system reports.
    pub(crate) fn io_error(&self, what: &str, error: io::Error) -> Error {
        Error::usage(format!("cannot {what} {} {}", self.option, self.given.display())).caused_by(error)
    }

    fn directory_error(&self) -> Error {
        self.refuse("it is a directory", "Use a file in it.")
    }

    /// Follows symbolic links in the last component of the path, up to the link of a descriptor.
    fn follow_links(&mut self) -> Result<Option<Descriptor>> {
        for _ in 0..MAX_LINKS {
            match fs::symlink_metadata(&self.path) {
                Ok(metadata) if metadata.is_symlink() => {
                    if !is_trusted(&metadata) {
                        let hint = "Use the target of the link, if you trust it.";
                        return Err(self.refuse("it contains a symbolic link of another user", hint));
                    }
                    if let Some(descriptor) = Descriptor::of_link(&self.path, &parent_directory(&self.path)) {
                        return Ok(Some(descriptor));
                    }
                    let next = fs::read_link(&self.path).map_err(|error| self.io_error("read", error))?;
                    self.path = parent_directory(&self.path).join(next);
                }
                _ => return Ok(None),
            }
        }
        Err(self.refuse("it has too many symbolic links", "Use the target of the links."))
    }

    fn classify(&self, metadata: Metadata) -> Result<FileType> {
        if metadata.is_dir() {
            Err(self.directory_error())
        } else if metadata.is_file() {
            Ok(FileType::Regular(metadata))
        } else if is_stream(&metadata) {
            Ok(FileType::Stream)
        } else {
            Err(self.refuse("it is neither a file nor a stream", "Use another file."))
        }
    }
}

/// A file whose content is written at once, or as a [`Draft`].
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
        match &target.file_type {
            // An empty file has no content to lose. `mktemp` creates such files.
            FileType::Regular(metadata) if metadata.len() > 0 && !self.force => {
                return Err(target.refuse("it already exists", "Use another file, or --force to replace it."));
            }
            _ => target.check_writable()?,
        }
        Ok(target)
    }

    fn io_error(&self, error: io::Error) -> Error {
        Error::usage(format!("cannot write {} {}", self.option, self.path.display())).caused_by(error)
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
        let failed = |error| target.io_error("write", error);
        match &target.file_type {
            FileType::Stream => {
                let path = target.path.clone();
                let writing = tokio::task::spawn_blocking(move || write_stream(&path, &mut content));
                writing.await.map_err(io::Error::other).and_then(|outcome| outcome).map_err(failed)
            }
            FileType::Open(descriptor) => {
                let copied = descriptor.duplicate().and_then(|mut file| io::copy(&mut content, &mut file));
                copied.map(drop).map_err(failed)
            }
            FileType::Regular(metadata) => replace(&target.path, Some(metadata), &mut content).map_err(failed),
            FileType::Missing => replace(&target.path, None, &mut content).map_err(failed),
        }
    }
}

/// The content of a [`Document`] while it is not complete. It replaces the file at the end, or is removed.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    document: &'a Document<'a>,
    content: DraftContent,
}

#[derive(Debug)]
enum DraftContent {
    /// A new file in the directory of the old one, so that nothing is copied.
    New(NamedTempFile),
    /// The content for a stream or for an open file.
    Spool(BufWriter<SpooledTempFile>),
}

impl<'a> Draft<'a> {
    /// Begins to write a file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) as for [`Document::check`], and if no file can be created.
    pub(crate) fn new(document: &'a Document<'a>) -> Result<Self> {
        let target = document.check()?;
        let new = match &target.file_type {
            FileType::Missing => Some(new_file(&target.path, None)),
            FileType::Regular(old) => Some(new_file(&target.path, Some(old))),
            FileType::Stream | FileType::Open(_) => None,
        };
        let content = match new {
            Some(new) => DraftContent::New(new.map_err(|error| target.io_error("write", error))?),
            None => DraftContent::Spool(spool()),
        };
        Ok(Self { document, content })
    }

    /// Adds bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if they cannot be written.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = match &mut self.content {
            DraftContent::New(file) => file.as_file_mut().write_all(bytes),
            DraftContent::Spool(spool) => spool.write_all(bytes),
        };
        written.map_err(|error| self.document.io_error(without_path(&error)))
    }

    /// Replaces the file, or writes all bytes to the stream.
    ///
    /// # Errors
    ///
    /// The same as for [`Document::write`].
    pub(crate) async fn finish(self) -> Result<()> {
        let Self { document, content } = self;
        let new = match content {
            DraftContent::New(new) => new,
            DraftContent::Spool(spool) => {
                let mut content = spool.into_inner().map_err(|error| document.io_error(error.into_error()))?;
                content.rewind().map_err(|error| document.io_error(error))?;
                return document.write(BufReader::new(content)).await;
            }
        };
        // The path may lead to a different file by now.
        let target = document.check()?;
        let persisted = match &target.file_type {
            FileType::Missing => persist(new, &target.path, false),
            FileType::Regular(_) => persist(new, &target.path, true),
            FileType::Stream | FileType::Open(_) => {
                return Err(target.refuse("it was replaced by a stream", "Use another file."));
            }
        };
        persisted.map_err(|error| target.io_error("write", error))
    }
}

/// Writes to a FIFO or a device.
fn write_stream(path: &Path, content: &mut BufReader<SpooledTempFile>) -> io::Result<()> {
    let mut file = fs::File::options().write(true).open(path)?;
    if file.metadata()?.is_file() {
        return Err(io::Error::other("it was replaced by a regular file"));
    }
    io::copy(content, &mut file).map(drop)
}

/// Replaces `old` by a new file, or creates one if there is no old file.
fn replace(path: &Path, old: Option<&Metadata>, content: &mut BufReader<SpooledTempFile>) -> io::Result<()> {
    let mut new = new_file(path, old)?;
    io::copy(content, new.as_file_mut())?;
    persist(new, path, old.is_some())
}

/// Creates a file in the directory of `path`, which is to replace `old`, if there is one.
fn new_file(path: &Path, old: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".hss-");
    let new = builder.tempfile_in(parent_directory(path)).map_err(|error| without_path(&error))?;
    // Users who may read the old report may also read the new one. An empty file is not a report.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let old = old.filter(|old| old.len() > 0 && is_own(old));
        let mode = old.map_or(NEW_FILE_MODE, |old| old.permissions().mode() & 0o777);
        new.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    }
    Ok(new)
}

/// Moves a new file to its path. `may_replace` states whether there may be an old one.
fn persist(new: NamedTempFile, path: &Path, may_replace: bool) -> io::Result<()> {
    new.as_file().sync_all()?;
    let persisted = if may_replace { new.persist(path) } else { new.persist_noclobber(path) };
    persisted.map(drop).map_err(|error| error.error)
}

/// Returns the error without the name of a temporary file.
fn without_path(error: &io::Error) -> io::Error {
    error.kind().into()
}

/// Returns the directory of a file.
fn parent_directory(file: &Path) -> PathBuf {
    match file.parent() {
        Some(directory) if directory != Path::new("") => directory.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn ends_in_separator(path: &Path) -> bool {
    path.to_string_lossy().ends_with(MAIN_SEPARATOR)
}

/// Returns whether a file belongs to the caller.
#[cfg(unix)]
fn is_own(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.uid() == rustix::process::geteuid().as_raw()
}

/// Returns whether only the caller, its groups and root can change a file.
#[cfg(unix)]
pub(crate) fn is_private(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    is_trusted(metadata) && metadata.mode() & 0o002 == 0
}

#[cfg(not(unix))]
pub(crate) fn is_private(_: &Metadata) -> bool {
    true
}

/// Returns whether a symbolic link or a FIFO belongs to the caller or to root.
#[cfg(unix)]
fn is_trusted(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.uid() == 0 || is_own(metadata)
}

#[cfg(not(unix))]
fn is_trusted(_: &Metadata) -> bool {
    true
}

#[cfg(unix)]
fn is_fifo(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    metadata.file_type().is_fifo()
}

#[cfg(not(unix))]
fn is_fifo(_: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn is_stream(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    // Writing to a block device would destroy its content.
    is_fifo(metadata) || metadata.file_type().is_char_device()
}

#[cfg(not(unix))]
fn is_stream(_: &Metadata) -> bool {
    false
}

/// Checks the permissions of the caller. The stream is not opened for this, since its reader would see an end of file.
#[cfg(unix)]
fn check_write_access(path: &Path) -> io::Result<()> {
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).map_err(Into::into)
}

#[cfg(not(unix))]
fn check_write_access(_: &Path) -> io::Result<()> {
    Ok(())
}
