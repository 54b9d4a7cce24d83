//! A file that keeps what was read of a listing, so that the same command goes on where it was stopped.
//!
//! Its first line says which listing it is of; each line after it is a page. A page is kept after it was handed out, in one
//! write; what a sudden end leaves of a line is taken off again. So every row is there once, whichever page was the last.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use hss_client::{Error, Kind, Result};
use huaweicloud_core::paging::Paged;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::exit::Ending;

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
    /// How many rows it keeps.
    pub(crate) rows: usize,
    /// The number of rows there are, as the service stated it.
    pub(crate) total: Option<i64>,
}

/// A page.
#[derive(Serialize, Deserialize)]
struct Page<L> {
    total_num: Option<i64>,
    /// Whether it went to standard output when it was read.
    written: bool,
    data_list: L,
}

impl Checkpoint {
    /// Makes the file, or goes on with it: each page that it keeps is handed to `take`, with whether it was written
    /// before.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] if the file is of another listing, or of something else: it is left as it is. Those of `take`.
    pub(crate) fn open<R: Paged>(
        path: &Path,
        listing: &Map<String, Value>,
        mut take: impl FnMut(&[R::Item], bool) -> Result<(), Ending>,
    ) -> Result<Self, Ending>
    where
        R::Item: DeserializeOwned,
    {
        let failed = |error| Ending::from(cannot(path, "be opened", error));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed)?;
        let mut lines = BufReader::new(file.try_clone().map_err(failed)?);
        let mut kept = Self {
            path: path.to_owned(),
            file: file.try_clone().map_err(failed)?,
            keys: HashSet::new(),
            rows: 0,
            total: None,
        };
        let mut line = Vec::new();
        // Up to here the file is whole.
        let mut end = 0;
        while let Some(length) = next_line(&mut lines, &mut line).map_err(failed)? {
            if end == 0 {
                agree(path, &line, listing)?;
            } else {
                let page: Page<Vec<R::Item>> =
                    serde_json::from_slice(&line).map_err(|error| foreign(path).caused_by(error))?;
                kept.note::<R>(&page.data_list, page.total_num)?;
                take(&page.data_list, page.written)?;
            }
            end += length;
        }
        if end == 0 && file.metadata().map_err(failed)?.len() > 0 {
            return Err(foreign(path).into());
        }
        file.set_len(end).and_then(|()| file.seek(SeekFrom::End(0))).map_err(failed)?;
        if end == 0 {
            let mut header = Map::new();
            header.insert(MARK.to_owned(), VERSION.into());
            header.extend(listing.clone());
            kept.append(&header)?;
        }
        Ok(kept)
    }

    /// Checks a page against those that it keeps.
    ///
    /// # Errors
    ///
    /// [`Kind::Incomplete`] if the listing is not the one that it was.
    pub(crate) fn note<R: Paged>(&mut self, rows: &[R::Item], total: Option<i64>) -> Result<()> {
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

    /// Keeps a page.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] if it cannot be written.
    pub(crate) fn keep<T: Serialize>(&mut self, rows: &[T], total: Option<i64>, written: bool) -> Result<()> {
        self.append(&Page { total_num: total, written, data_list: rows })
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
        let written = self.file.write_all(&bytes).and_then(|()| self.file.sync_data());
        written.map_err(|error| cannot(&self.path, "be written", error))
    }
}

/// Reads a line that has its end; `None` after the last such.
fn next_line(lines: &mut BufReader<File>, line: &mut Vec<u8>) -> io::Result<Option<u64>> {
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
