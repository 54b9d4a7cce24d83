//! Stores the rows of a listing in a file, so that the same command continues after an interruption.
//!
//! The first line identifies the listing. Other lines are pages of rows. Where rows are written page by page, further
//! lines state the number of pages written so far and the length of standard output after them.
//!
//! A page is stored before it is written. The next run therefore knows the content of standard output, regardless of
//! when this one is killed.

mod stdout;

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use hss_client::ErrorKind;
use hss_client::paging::{Paged, Position};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::stdout::End;
use crate::error::{Error, Result};
use crate::exit::CommandError;
use crate::file::{FileType, Target, is_private};
use crate::output::{Output, json};

const OPTION: &str = "--checkpoint";
/// The first key of the first line, and the version of the file format.
const FORMAT_KEY: &str = "hss_checkpoint";
const VERSION: u64 = 2;
/// The length limit of a line in bytes: many times the largest page.
const MAX_LINE_LENGTH: u64 = 64 * 1024 * 1024;

/// The checkpoint of one listing.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    path: PathBuf,
    file: File,
    keys: HashSet<String>,
    /// The pages that were written. `None` if rows are not written page by page.
    written: Option<Written>,
    /// The number of stored rows.
    pub(crate) rows: usize,
    /// The position after the stored pages, if there are any.
    pub(crate) position: Option<Position>,
}

/// A line after the first.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<L> {
    /// A page.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_list: Option<L>,
    /// The position after the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Position>,
    /// The pages that were written so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    written: Option<Written>,
}

impl<L> Default for Line<L> {
    fn default() -> Self {
        Self { data_list: None, position: None, written: None }
    }
}

/// The number of pages that were written, and the end of the last one in standard output.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    pages: usize,
    to: End,
}

/// The structure of the file, as found by a first pass.
#[derive(Default)]
struct Structure {
    /// The length of the complete lines in bytes.
    end: u64,
    /// The offset of each page in bytes.
    pages: Vec<u64>,
}

/// Checks before the first request that a path can be a checkpoint of this listing.
///
/// Only the arguments that are already known are compared.
///
/// # Errors
///
/// [`ErrorKind::Usage`] if the path leads to something else than a regular file, to a file that cannot be written, or
/// to the checkpoint of another listing.
pub(crate) fn check(path: &Path, listing: &Map<String, Value>) -> Result<()> {
    let target = Target::find(OPTION, path)?;
    let Some(file) = open_existing(&target)? else { return target.check_writable() };
    let mut line = Vec::new();
    match next_line(&mut BufReader::new(&file), &mut line).map_err(|error| target.io_error("read", error))? {
        Some(_) => check_header(path, &line, listing),
        None if file.metadata().is_ok_and(|metadata| metadata.len() == 0) => Ok(()),
        None => Err(invalid_checkpoint(path)),
    }
}

impl Checkpoint {
    /// Creates the file, or continues it, and calls `take` for each stored page.
    ///
    /// With `is_streamed`, pages that are missing in standard output are written.
    ///
    /// # Errors
    ///
    /// The same as [`check`]; the errors of `take`.
    pub(crate) fn open<R: Paged>(
        path: &Path,
        listing: &Map<String, Value>,
        request: &R,
        is_streamed: bool,
        output: &Output,
        mut take: impl FnMut(&[R::Item]) -> Result<(), CommandError>,
    ) -> Result<Self, CommandError>
    where
        R::Item: Serialize + DeserializeOwned,
    {
        let target = Target::find(OPTION, path)?;
        let file = match open_existing(&target)? {
            Some(file) => file,
            None => create(&target)?,
        };
        let failed = |error| CommandError::from(target.io_error("read", error));
        let mut lines = BufReader::new(file.try_clone().map_err(failed)?);
        let mut checkpoint =
            Self { path: target.path.clone(), file, keys: HashSet::new(), written: None, rows: 0, position: None };
        let structure = checkpoint.read_structure(&mut lines, listing)?;
        if structure.end == 0 {
            let mut header = Map::new();
            header.insert(FORMAT_KEY.to_owned(), VERSION.into());
            header.extend(listing.clone());
            checkpoint.append(&header)?;
        }
        let (written_pages, mut skipped) =
            if is_streamed { checkpoint.begin_writing::<R>(&structure, &mut lines, output)? } else { (usize::MAX, 0) };
        for (index, offset) in structure.pages.iter().enumerate() {
            let page = checkpoint.page::<R>(&mut lines, *offset)?;
            let rows = page.data_list.unwrap_or_default();
            checkpoint.record::<R>(&rows)?;
            let position = page.position.ok_or_else(|| invalid_checkpoint(&checkpoint.path))?;
            // Rows after the maximum are not stored.
            let limit = request.row_limit().and_then(|rows| u64::try_from(rows).ok()).unwrap_or(u64::MAX);
            if checkpoint.rows as u64 != position.rows().min(limit) {
                return Err(invalid_checkpoint(&checkpoint.path).into());
            }
            checkpoint.position = Some(position);
            take(&rows)?;
            if index >= written_pages {
                checkpoint.write(json::lines(&rows)?.as_bytes().get(skipped..).unwrap_or_default(), output)?;
                skipped = 0;
            }
        }
        Ok(checkpoint)
    }

    /// Reads the file once. Checks its listing, and finds its pages and the number of them that were written.
    fn read_structure(&mut self, lines: &mut BufReader<File>, listing: &Map<String, Value>) -> Result<Structure> {
        let failed = |error| io_error(&self.path, "read", error);
        let (mut structure, mut line) = (Structure::default(), Vec::new());
        while let Some(length) = next_line(lines, &mut line).map_err(failed)? {
            if structure.end == 0 {
                check_header(&self.path, &line, listing)?;
            } else {
                let line: Line<IgnoredAny> =
                    serde_json::from_slice(&line).map_err(|error| invalid_checkpoint(&self.path).caused_by(error))?;
                if line.data_list.is_some() {
                    structure.pages.push(structure.end);
                }
                self.written = line.written.or(self.written);
            }
            structure.end += length;
        }
        let length = self.file.metadata().map_err(failed)?.len();
        if (structure.end == 0 && length > 0)
            || self.written.is_some_and(|written| written.pages > structure.pages.len())
        {
            return Err(invalid_checkpoint(&self.path));
        }
        // An incomplete line remains if an earlier run was killed.
        self.file.set_len(structure.end).map_err(failed)?;
        Ok(structure)
    }

    /// Reads the page at this offset.
    fn page<R: Paged>(&self, lines: &mut BufReader<File>, offset: u64) -> Result<Line<Vec<R::Item>>>
    where
        R::Item: DeserializeOwned,
    {
        let mut line = Vec::new();
        let read = lines.seek(SeekFrom::Start(offset)).and_then(|_| next_line(lines, &mut line));
        read.map_err(|error| io_error(&self.path, "read", error))?;
        serde_json::from_slice(&line).map_err(|error| invalid_checkpoint(&self.path).caused_by(error))
    }

    /// Returns how much standard output already has: the number of pages, and of bytes of the page after them.
    ///
    /// Both are 0 unless standard output is the file that was written before. The only addition allowed is the
    /// beginning of the next page.
    fn begin_writing<R: Paged>(
        &mut self,
        structure: &Structure,
        lines: &mut BufReader<File>,
        output: &Output,
    ) -> Result<(usize, usize), CommandError>
    where
        R::Item: Serialize + DeserializeOwned,
    {
        let now = End::now();
        if let Some(Written { pages, to }) = self.written {
            let added = now.growth_since(to).and_then(|added| usize::try_from(added).ok());
            let next = match structure.pages.get(pages) {
                // The program may have been killed while it wrote this page.
                Some(offset) if added > Some(0) => {
                    json::lines(&self.page::<R>(lines, *offset)?.data_list.unwrap_or_default())?
                }
                _ => String::new(),
            };
            let partial = added.and_then(|added| next.as_bytes().get(..added));
            if let Some(partial) = partial.filter(|partial| now.ends_with(partial)) {
                return Ok((pages, partial.len()));
            }
            if pages > 0 {
                output.note("standard output is a different file or was changed: all rows are written again");
            }
            if now.ends_mid_line() {
                output.data(b"\n")?;
            }
        }
        self.record_written(Written { pages: 0, to: End::now() })?;
        Ok((0, 0))
    }

    /// Checks that no row of a page is stored already. The position of the listing recognizes only the last ones.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Incomplete`] if the listing has changed.
    fn record<R: Paged>(&mut self, rows: &[R::Item]) -> Result<()> {
        for key in rows.iter().filter_map(R::key).filter(|key| !key.is_empty()) {
            if !self.keys.insert(key.to_owned()) {
                let message = "the list changed between two runs: a row was returned twice";
                return Err(Error::new(ErrorKind::Incomplete, message)
                    .in_operation(R::OPERATION.id)
                    .hint(self.changed_hint()));
            }
        }
        self.rows += rows.len();
        Ok(())
    }

    /// Returns the hint for a listing that has changed since its pages were stored.
    pub(crate) fn changed_hint(&self) -> String {
        let first =
            if self.path.exists() { format!("Remove {} and read", self.path.display()) } else { "Read".to_owned() };
        format!("{first} the list again.")
    }

    /// Stores a page and the position after it, and writes the page if `is_streamed` is set.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Incomplete`] if the listing has changed; [`ErrorKind::Usage`] if the page cannot be stored; an
    /// error if it cannot be written.
    pub(crate) fn store<R: Paged>(
        &mut self,
        rows: &[R::Item],
        position: Position,
        is_streamed: bool,
        output: &Output,
    ) -> Result<(), CommandError>
    where
        R::Item: Serialize,
    {
        self.record::<R>(rows)?;
        let line = Line { data_list: Some(rows), position: Some(position), ..Line::default() };
        self.append(&line)?;
        self.position = line.position;
        if is_streamed { self.write(json::lines(rows)?.as_bytes(), output) } else { Ok(()) }
    }

    /// Writes the next page that standard output does not have, or the rest of it.
    fn write(&mut self, text: &[u8], output: &Output) -> Result<(), CommandError> {
        output.data(text)?;
        let pages = self.written.map_or(0, |written| written.pages) + 1;
        Ok(self.record_written(Written { pages, to: End::now() })?)
    }

    fn record_written(&mut self, written: Written) -> Result<()> {
        self.written = Some(written);
        self.append(&Line::<()> { written: Some(written), ..Line::default() })
    }

    /// Returns whether no page was stored and none was written.
    pub(crate) fn is_empty(&self) -> bool {
        self.position.is_none() && self.written.is_none_or(|written| written.pages == 0)
    }

    /// Removes the file after the listing is complete.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] if it cannot be removed, or if its path leads to a different file in the meantime.
    pub(crate) fn remove(self) -> Result<()> {
        let failed = |error| io_error(&self.path, "remove", error);
        let metadata = fs::symlink_metadata(&self.path).map_err(failed)?;
        let is_same = metadata.is_file()
            && stdout::identity(&metadata) == stdout::identity(&self.file.metadata().map_err(failed)?);
        if !is_same {
            return Err(failed(io::Error::other("it was replaced in the meantime")));
        }
        fs::remove_file(&self.path).map_err(failed)
    }

    /// Appends a line.
    fn append(&mut self, line: &impl Serialize) -> Result<()> {
        let mut bytes = serde_json::to_vec(line).map_err(|error| io_error(&self.path, "write", error.into()))?;
        bytes.push(b'\n');
        self.file
            .seek(SeekFrom::End(0))
            .and_then(|_| self.file.write_all(&bytes))
            .map_err(|error| io_error(&self.path, "write", error))
    }
}

/// Opens the file of an existing checkpoint.
///
/// Paths that do not lead to a regular file are not opened.
///
/// # Errors
///
/// [`ErrorKind::Usage`] if the file cannot be read and written, or is not a regular file.
fn open_existing(target: &Target) -> Result<Option<File>> {
    match target.file_type {
        FileType::Missing => Ok(None),
        FileType::Stream | FileType::Open(_) => {
            Err(target.refuse("it is not a regular file", "A checkpoint cannot be a FIFO, a device or a descriptor."))
        }
        FileType::Regular(_) => {
            let file = options().open(&target.path).map_err(|error| target.io_error("open", error))?;
            // The file may have been replaced since the path was resolved.
            let metadata = file.metadata().map_err(|error| target.io_error("read", error))?;
            if !metadata.is_file() {
                return Err(target.refuse("it is not a regular file", "Use another file."));
            }
            if !is_private(&metadata) {
                return Err(target.refuse("other users can change it", "Use another file."));
            }
            if End::now().is_same_file(&file) {
                return Err(target.refuse("it is also standard output", "Use another file."));
            }
            lock(target, &file)?;
            Ok(Some(file))
        }
    }
}

fn create(target: &Target) -> Result<File> {
    let file = options().create_new(true).open(&target.path).map_err(|error| target.io_error("create", error))?;
    lock(target, &file)?;
    Ok(file)
}

/// Locks the file until it is closed: two commands with one checkpoint would write the same rows twice.
///
/// # Errors
///
/// [`ErrorKind::Usage`] if another process has locked it. A file system without locks is not an error.
#[cfg(unix)]
fn lock(target: &Target, file: &File) -> Result<()> {
    use rustix::fs::{FlockOperation, flock};
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Err(error) if error == rustix::io::Errno::WOULDBLOCK => {
            Err(target.refuse("another hss process uses it", "Wait until that process has ended, or use another file."))
        }
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn lock(_: &Target, _: &File) -> Result<()> {
    Ok(())
}

/// Returns the options to open a file for reading and writing, accessible by the caller only. Symbolic links are not
/// followed, since the path is already resolved.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    options
}

/// Reads a complete line. Returns its length in bytes, or `None` after the last complete line.
fn next_line(lines: &mut impl io::BufRead, line: &mut Vec<u8>) -> io::Result<Option<u64>> {
    line.clear();
    let length = lines.take(MAX_LINE_LENGTH).read_until(b'\n', line)?;
    Ok((line.pop() == Some(b'\n')).then_some(length as u64))
}

/// Checks that the first line identifies this listing.
fn check_header(path: &Path, line: &[u8], listing: &Map<String, Value>) -> Result<()> {
    let header: Map<String, Value> = serde_json::from_slice(line).map_err(|_| invalid_checkpoint(path))?;
    if header.get(FORMAT_KEY) != Some(&VERSION.into()) {
        return Err(invalid_checkpoint(path));
    }
    match listing.iter().find(|(name, value)| header.get(*name) != Some(value)) {
        None => Ok(()),
        Some((name, value)) => {
            let before = header.get(name).unwrap_or(&Value::Null);
            Err(Error::usage(format!("{} belongs to another listing ({name} {before}, not {value})", path.display()))
                .hint("Use another file, or the same command as before."))
        }
    }
}

fn invalid_checkpoint(path: &Path) -> Error {
    Error::usage(format!("{} is not a checkpoint of this version", path.display()))
        .hint("Remove it, or use another file.")
}

fn io_error(path: &Path, what: &str, error: io::Error) -> Error {
    Error::usage(format!("cannot {what} {OPTION} {}", path.display())).caused_by(error)
}
