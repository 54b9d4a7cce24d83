//! Rows of cells, as a table or delimited.

use std::borrow::Cow;
use std::io;

use super::Output;
use super::column::Column;
use super::delimited::Delimited;
use super::table::Table;
use crate::exit::Ending;
use crate::format::Format;

/// Takes rows of cells, and writes them once all are there.
#[derive(Debug)]
pub(crate) enum Grid {
    /// Aligned columns.
    Table(Table),
    /// csv or tsv.
    Delimited(Delimited),
}

impl Grid {
    /// A grid in the format that is wanted, with a header if its columns have names.
    ///
    /// # Errors
    ///
    /// If there is no room for its header.
    pub(crate) fn new(output: &Output, columns: Vec<Column>) -> io::Result<Self> {
        if output.format == Format::Table {
            return Ok(Self::Table(Table::new(columns)));
        }
        let mut delimited = Delimited::new(output);
        if columns.iter().any(|column| !column.name.is_empty()) {
            delimited.push(columns.iter().map(|column| Cow::Borrowed(&*column.name)))?;
        }
        Ok(Self::Delimited(delimited))
    }

    pub(crate) fn push<'a>(&mut self, cells: impl Iterator<Item = Cow<'a, str>>) -> io::Result<()> {
        match self {
            Self::Table(table) => table.push(cells),
            Self::Delimited(delimited) => delimited.push(cells),
        }
    }

    pub(crate) fn finish(self, output: &Output) -> Result<(), Ending> {
        match self {
            Self::Table(table) => table.finish(output),
            Self::Delimited(delimited) => delimited.finish(output),
        }
    }
}
