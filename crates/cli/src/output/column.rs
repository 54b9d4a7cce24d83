//! Columns: how rows are shown as cells.

use std::borrow::Cow;

use hss_client::{Error, Result, printable};

use super::Output;
use crate::format::Format;
use crate::unknown::Unknown;

/// What one column is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// By which it is chosen, and what stands above it in csv: the name of its field on the wire, where it is one.
    pub(crate) name: Cow<'static, str>,
    /// What stands above it in a table.
    pub(crate) title: Cow<'static, str>,
    /// Which columns go first where a terminal is too narrow: those with the greatest rank. 0 never goes.
    pub(crate) rank: u8,
    /// Whether its cells are states, which have colours.
    pub(crate) is_state: bool,
}

/// The rank of columns that no table has unless it is `--wide` or they are asked for.
pub(crate) const WIDE: u8 = u8::MAX;

impl Column {
    pub(crate) const fn new(name: &'static str, title: &'static str, rank: u8) -> Self {
        Self { name: Cow::Borrowed(name), title: Cow::Borrowed(title), rank, is_state: false }
    }

    /// Such a column, whose cells are states.
    pub(crate) const fn of_states(name: &'static str, title: &'static str, rank: u8) -> Self {
        Self { name: Cow::Borrowed(name), title: Cow::Borrowed(title), rank, is_state: true }
    }

    /// A column for a field that somebody else named; without a name, the grid has no header.
    pub(crate) fn of_field(name: &str) -> Self {
        Self { name: Cow::Owned(name.to_owned()), title: printable(name).into_owned().into(), rank: 0, is_state: false }
    }
}

/// A cell's text.
pub(crate) type Cell<T> = fn(&T) -> Cow<'_, str>;

/// How rows of one sort are shown.
#[derive(Debug)]
pub(crate) struct View<T: 'static> {
    /// What one row is, and what many are.
    pub(crate) nouns: (&'static str, &'static str),
    pub(crate) columns: &'static [(Column, Cell<T>)],
    /// Takes note of values that this version does not know.
    pub(crate) note_unknown: fn(&T, &mut Unknown),
}

impl<T> View<T> {
    /// The columns to show.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if one is asked for that there is not.
    pub(crate) fn choose(&self, output: &Output) -> Result<Vec<&'static (Column, Cell<T>)>> {
        if output.options.columns.is_empty() {
            let is_narrow = output.format == Format::Table && !output.options.is_wide;
            return Ok(self.columns.iter().filter(|(column, _)| !is_narrow || column.rank < WIDE).collect());
        }
        let find = |name: &String| self.columns.iter().find(|(column, _)| column.name == name.as_str());
        output.options.columns.iter().map(|name| find(name).ok_or_else(|| self.no_column(name))).collect()
    }

    /// Finds out that a column is asked for that there is not, before anything is sent.
    ///
    /// # Errors
    ///
    /// As [`choose`](Self::choose).
    pub(crate) fn check(&self, output: &Output) -> Result<()> {
        if output.has_values() { Ok(()) } else { self.choose(output).map(|_| ()) }
    }

    fn no_column(&self, name: &str) -> Error {
        let names: Vec<_> = self.columns.iter().map(|(column, _)| &*column.name).collect();
        Error::usage(format!("invalid column {name:?} of {}: expected {}", self.nouns.1, names.join(", ")))
    }
}

/// Text that may be missing.
pub(crate) fn text(value: Option<&String>) -> Cow<'_, str> {
    Cow::Borrowed(value.map_or("", String::as_str))
}

/// Anything else that may be missing.
pub(crate) fn shown<T: ToString>(value: Option<T>) -> Cow<'static, str> {
    Cow::Owned(value.map(|value| value.to_string()).unwrap_or_default())
}
