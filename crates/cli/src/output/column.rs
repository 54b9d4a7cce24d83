//! Columns, which turn rows into cells.

use std::borrow::Cow;

use hss_client::printable;

use super::Output;
use crate::error::{Error, Result};
use crate::format::Format;
use crate::unknown::Unknown;

/// The properties of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// The name that selects the column, and its header in csv. It is the name of the JSON field if there is one.
    pub(crate) name: Cow<'static, str>,
    /// The header in a table.
    pub(crate) title: Cow<'static, str>,
    /// The order in which columns are hidden on a narrow terminal. The greatest rank is hidden first. Rank 0 is hidden
    /// only if there is no space beside the ids.
    pub(crate) rank: u8,
    /// Whether its cells are states, which are coloured.
    pub(crate) is_state: bool,
    pub(crate) overflow: Overflow,
}

/// The way in which a column adapts to a narrow terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// Truncate the cells, and hide the column if that is not enough.
    Truncate,
    /// Hide the column: a part of an address or of a time is misleading.
    Hide,
    /// Neither truncate nor hide: ids, which other commands take.
    Keep,
}

/// The rank of columns that tables show only with `--wide` or `--columns`.
pub(crate) const WIDE: u8 = u8::MAX;

impl Column {
    pub(crate) const fn new(name: &'static str, title: &'static str, rank: u8) -> Self {
        let (name, title) = (Cow::Borrowed(name), Cow::Borrowed(title));
        Self { name, title, rank, is_state: false, overflow: Overflow::Truncate }
    }

    /// Creates a column whose cells are shown in full or not at all.
    pub(crate) const fn of_values(name: &'static str, title: &'static str, rank: u8) -> Self {
        let mut column = Self::new(name, title, rank);
        column.overflow = Overflow::Hide;
        column
    }

    /// Creates a column that is always shown in full. [`WIDE`] columns have to be selected first.
    pub(crate) const fn of_ids(name: &'static str, title: &'static str, rank: u8) -> Self {
        let mut column = Self::new(name, title, rank);
        column.overflow = Overflow::Keep;
        column
    }

    /// Creates a column whose cells are states.
    pub(crate) const fn of_states(name: &'static str, title: &'static str, rank: u8) -> Self {
        let mut column = Self::new(name, title, rank);
        column.is_state = true;
        column
    }

    /// Creates a column for a field whose name comes from the data. If all names are empty, the grid has no header.
    ///
    /// The name shows whether the cells are ids. Without a name, they may be.
    pub(crate) fn of_field(name: &str) -> Self {
        let may_be_id = name.is_empty() || name == "id" || name.ends_with("_id");
        Self {
            name: Cow::Owned(name.to_owned()),
            title: printable(name).into_owned().into(),
            rank: 0,
            is_state: false,
            overflow: if may_be_id { Overflow::Keep } else { Overflow::Truncate },
        }
    }
}

/// Returns the text of a cell.
pub(crate) type Cell<T> = fn(&T) -> Cow<'_, str>;

/// The columns of one type of row.
#[derive(Debug)]
pub(crate) struct View<T: 'static> {
    /// The noun for one row, and its plural.
    pub(crate) nouns: (&'static str, &'static str),
    pub(crate) columns: &'static [(Column, Cell<T>)],
    /// Records values that this version does not know.
    pub(crate) note_unknown: fn(&T, &mut Unknown),
}

impl<T> View<T> {
    /// Returns the columns to show.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if a selected column does not exist.
    pub(crate) fn select(&self, output: &Output) -> Result<Vec<&'static (Column, Cell<T>)>> {
        if output.options.columns.is_empty() {
            let is_narrow = output.format == Format::Table && !output.options.is_wide;
            return Ok(self.columns.iter().filter(|(column, _)| !is_narrow || column.rank < WIDE).collect());
        }
        let find = |name: &String| self.columns.iter().find(|(column, _)| column.name == name.as_str());
        output.options.columns.iter().map(|name| find(name).ok_or_else(|| self.unknown_column(name))).collect()
    }

    /// Checks before the first request that all selected columns exist.
    ///
    /// # Errors
    ///
    /// The same as [`select`](Self::select).
    pub(crate) fn check(&self, output: &Output) -> Result<()> {
        if output.has_values() { Ok(()) } else { self.select(output).map(|_| ()) }
    }

    fn unknown_column(&self, name: &str) -> Error {
        let names: Vec<_> = self.columns.iter().map(|(column, _)| &*column.name).collect();
        Error::usage(format!("invalid column {name:?} of {}: expected {}", self.nouns.1, names.join(", ")))
    }
}

/// Formats text that may be missing.
pub(crate) fn text(value: Option<&String>) -> Cow<'_, str> {
    Cow::Borrowed(value.map_or("", String::as_str))
}

/// Formats any other value that may be missing.
pub(crate) fn display<T: ToString>(value: Option<T>) -> Cow<'static, str> {
    Cow::Owned(value.map(|value| value.to_string()).unwrap_or_default())
}
