//! A file that keeps what was read of a listing, so that the same command goes on where it was stopped.
//!
//! Its first line says which listing it is of; the lines after it are pages, and what became of them. A page that is written
//! at once is noted before and after: whenever the program ends in between, what is on standard output can be told by how
//! long that is, where it is a file. So every row is there once, and a line that was begun is finished.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use hss_client::{Error, Kind, Result};
use huaweicloud_core::paging::Paged;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::exit::Ending;
use crate::output::{Output, json};

/// What the first line begins with, and the version of all that follows.
const MARK: &str = "hss_checkpoint";
const VERSION: u64 = 1;
/// The longest line read: many times the largest page.
const LINE: u64 = 64 * 1024 * 1024;

/// Rows that are kept.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    path: PathBuf,
    file: File,
    keys: HashSet<String>,
    /// How many of its pages were written.
    written: usize,
    /// Where a page was being written when the program ended.
    unclear: Option<Place>,
    /// How many rows it keeps.
    pub(crate) rows: usize,
    /// The number of rows there are, as the service stated it.
    pub(crate) total: Option<i64>,
}

/// A line after the first.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<L> {
    /// A page.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_list: Option<L>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_num: Option<i64>,
    /// The next page that is not written is being written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    writing: Option<Place>,
    /// So many pages have been written.
    #[serde(skip_serializing_if = "Option::is_none")]
    written: Option<usize>,
}

impl<L> Default for Line<L> {
    fn default() -> Self {
        Self { data_list: None, total_num: None, writing: None, written: None }
    }
}

/// Where something is written: a file, and how long it is. All else is a stream, of which nobody knows what arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    file: Option<(u64, u64)>,
    length: u64,
}

impl Checkpoint {
    /// Makes the file, or goes on with it: each page that it keeps is handed to `take`. With `is_streamed`, pages that were
    /// not written are.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] if the file is of another listing, or of something else: it is left as it is. Those of `take`.
    pub(crate) fn open<R: Paged>(
        path: &Path,
        listing: &Map<String, Value>,
        is_streamed: bool,
        output: &Output,
        mut take: impl FnMut(&[R::Item]) -> Result<(), Ending>,
    ) -> Result<Self, Ending>
    where
        R::Item: Serialize + DeserializeOwned,
    {
        let failed = |error| Ending::from(cannot(path, "be opened", error));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(failed)?;
        let mut lines = BufReader::new(file.try_clone().map_err(failed)?);
        let mut kept =
            Self { path: path.to_owned(), file, keys: HashSet::new(), written: 0, unclear: None, rows: 0, total: None };
        let end = kept.survey(&mut lines, listing)?;
        if end == 0 {
            let mut header = Map::new();
            header.insert(MARK.to_owned(), VERSION.into());
            header.extend(listing.clone());
            kept.append(&header)?;
            return Ok(kept);
        }
        // What a sudden end left of a line is taken off.
        kept.file.set_len(end).and_then(|()| kept.file.seek(SeekFrom::End(0))).map_err(failed)?;
        let mut again = BufReader::new(File::open(path).map_err(failed)?).take(end);
        let mut line = Vec::new();
        next_line(&mut again, &mut line).map_err(failed)?;
        let mut index = 0;
        while next_line(&mut again, &mut line).map_err(failed)?.is_some() {
            let page: Line<Vec<R::Item>> =
                serde_json::from_slice(&line).map_err(|error| foreign(path).caused_by(error))?;
            let Some(rows) = page.data_list else { continue };
            kept.note::<R>(&rows, page.total_num)?;
            take(&rows)?;
            if is_streamed && index >= kept.written {
                kept.write(&rows, output)?;
            }
            index += 1;
        }
        Ok(kept)
    }

    /// Reads the file once, for how many of its pages were written. Returns how much of it is whole.
    fn survey(&mut self, lines: &mut BufReader<File>, listing: &Map<String, Value>) -> Result<u64> {
        let failed = |error| cannot(&self.path, "be read", error);
        let (mut end, mut pages, mut line) = (0, 0, Vec::new());
        while let Some(length) = next_line(lines, &mut line).map_err(failed)? {
            if end == 0 {
                agree(&self.path, &line, listing)?;
            } else {
                let line: Line<IgnoredAny> =
                    serde_json::from_slice(&line).map_err(|error| foreign(&self.path).caused_by(error))?;
                pages += usize::from(line.data_list.is_some());
                if let Some(place) = line.writing {
                    self.unclear = Some(place);
                }
                if let Some(written) = line.written {
                    self.written = written;
                    self.unclear = None;
                }
            }
            end += length;
        }
        let length = self.file.metadata().map_err(failed)?.len();
        if (end == 0 && length > 0) || self.written > pages {
            return Err(foreign(&self.path));
        }
        Ok(end)
    }

    /// Checks a page against those that it keeps.
    ///
    /// # Errors
    ///
    /// [`Kind::Incomplete`] if the listing is not the one that it was.
    fn note<R: Paged>(&mut self, rows: &[R::Item], total: Option<i64>) -> Result<()> {
        let changed = |what: String| {
            Error::new(Kind::Incomplete, what)
                .in_operation(R::OPERATION.id)
                .remedy(format!("Remove {} and read the list again.", self.path.display()))
        };
        if let (Some(before), Some(total)) = (self.total, total)
            && before != total
        {
            return Err(changed(format!("the total changed from {before} to {total} since the list was begun")));
        }
        for key in rows.iter().filter_map(R::key) {
            if !self.keys.insert(key.to_owned()) {
                return Err(changed("a row came that was read before: the list changed since it was begun".to_owned()));
            }
        }
        self.rows += rows.len();
        self.total = total.or(self.total);
        Ok(())
    }

    /// Keeps a page, and writes it if it `is_streamed`.
    ///
    /// # Errors
    ///
    /// [`Kind::Incomplete`] if the listing is not the one that it was; [`Kind::Usage`] if the page cannot be kept; if it
    /// cannot be written.
    pub(crate) fn keep<R: Paged>(
        &mut self,
        rows: &[R::Item],
        total: Option<i64>,
        is_streamed: bool,
        output: &Output,
    ) -> Result<(), Ending>
    where
        R::Item: Serialize,
    {
        self.note::<R>(rows, total)?;
        self.append(&Line { data_list: Some(rows), total_num: total, ..Line::default() })?;
        if is_streamed { self.write(rows, output) } else { Ok(()) }
    }

    /// Writes the next page that is not written: all of it, or what is left of it.
    fn write(&mut self, rows: &[impl Serialize], output: &Output) -> Result<(), Ending> {
        let text = json::lines(rows)?;
        let place = here();
        let rest = match self.unclear.take() {
            None => {
                self.append(&Line::<()> { writing: Some(place), ..Line::default() })?;
                text.as_bytes()
            }
            Some(before) => {
                let there = (before.file.is_some() && before.file == place.file)
                    .then(|| usize::try_from(place.length.checked_sub(before.length)?).ok())
                    .flatten();
                match there.and_then(|there| text.as_bytes().get(there..)) {
                    Some(rest) => rest,
                    None => return Err(self.unclear_page().into()),
                }
            }
        };
        output.data(rest)?;
        self.written += 1;
        Ok(self.append(&Line::<()> { written: Some(self.written), ..Line::default() })?)
    }

    fn unclear_page(&self) -> Error {
        let page = self.written + 1;
        Error::usage(format!(
            "nobody knows how much of page {page} was written when the program ended, since standard output is no file or \
             not the same"
        ))
        .remedy(format!(
            "Write to the same file as before (>>), or have all rows with -o json, csv or tsv: {} keeps them.",
            self.path.display()
        ))
    }

    /// Removes the file: the listing is whole.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] if it cannot be removed.
    pub(crate) fn remove(self) -> Result<()> {
        std::fs::remove_file(&self.path).map_err(|error| cannot(&self.path, "be removed", error))
    }

    fn append(&mut self, line: &impl Serialize) -> Result<()> {
        let mut bytes = serde_json::to_vec(line).map_err(|error| cannot(&self.path, "be written", error.into()))?;
        bytes.push(b'\n');
        self.file.write_all(&bytes).map_err(|error| cannot(&self.path, "be written", error))
    }
}

/// Standard output as it is now.
#[cfg(unix)]
fn here() -> Place {
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::MetadataExt as _;
    let stdout = io::stdout();
    let found = stdout.as_fd().try_clone_to_owned().and_then(|stdout| File::from(stdout).metadata());
    match found {
        Ok(found) if found.is_file() => Place { file: Some((found.dev(), found.ino())), length: found.len() },
        _ => Place { file: None, length: 0 },
    }
}

/// Standard output, which these systems tell nothing of.
#[cfg(not(unix))]
fn here() -> Place {
    Place { file: None, length: 0 }
}

/// Reads a line that has its end; `None` after the last such.
fn next_line(lines: &mut impl io::BufRead, line: &mut Vec<u8>) -> io::Result<Option<u64>> {
    line.clear();
    let length = lines.take(LINE).read_until(b'\n', line)?;
    Ok((line.pop() == Some(b'\n')).then_some(length as u64))
}

/// Checks that the first line names this listing.
fn agree(path: &Path, line: &[u8], listing: &Map<String, Value>) -> Result<()> {
    let header: Map<String, Value> = serde_json::from_slice(line).map_err(|_| foreign(path))?;
    if header.get(MARK) != Some(&VERSION.into()) {
        return Err(foreign(path));
    }
    match listing.iter().find(|(name, value)| header.get(*name) != Some(value)) {
        None => Ok(()),
        Some((name, value)) => {
            let before = header.get(name).unwrap_or(&Value::Null);
            Err(Error::usage(format!(
                "{} keeps another listing: its {name} is {before}, and {value} is asked for",
                path.display()
            ))
            .remedy("Give another file, or the same command as before."))
        }
    }
}

fn foreign(path: &Path) -> Error {
    Error::usage(format!("{} is no checkpoint of this version", path.display()))
        .remedy("It is left as it is; give another file.")
}

fn cannot(path: &Path, what: &str, error: io::Error) -> Error {
    let hint = if error.kind() == ErrorKind::NotFound { " Its directory must exist." } else { "" };
    Error::usage(format!("--checkpoint {} cannot {what}", path.display()))
        .remedy(format!("Give a file that can be written.{hint}"))
        .caused_by(error)
}
