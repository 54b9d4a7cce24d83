//! Writes rows of one type in any format, page by page.

pub(crate) mod document;

use std::borrow::Cow;
use std::io::Write as _;

use serde::Serialize;

use super::column::{Cell, Column, Overflow, View};
use super::delimited::Delimited;
use super::table::Table;
use super::{Output, Spool, json, query, spool, spool_error};
use crate::exit::CommandError;
use crate::format::Format;

/// Collects rows, and writes them. Lines of JSON are written at once, other formats after the last row.
#[derive(Debug)]
pub(crate) struct Rows<'a, T: 'static> {
    output: &'a Output,
    columns: Vec<&'static (Column, Cell<T>)>,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    Lines,
    /// The members of a list as text, and their number.
    List(Spool, usize),
    Grid(Grid),
    /// The document of a query, which needs all rows.
    Query(query::Document),
}

impl<'a, T: Serialize> Rows<'a, T> {
    /// Creates a writer without rows.
    ///
    /// # Errors
    ///
    /// The same as [`View::select`].
    pub(crate) fn new(view: &View<T>, output: &'a Output) -> Result<Self, CommandError> {
        let mut columns = Vec::new();
        let sink = match output.format {
            // The query decides which columns exist.
            _ if output.options.query.is_some() => Sink::Query(query::Document::default()),
            Format::Ndjson => Sink::Lines,
            Format::Json => Sink::List(spool(), 0),
            Format::Table | Format::Csv | Format::Tsv => {
                columns = view.select(output)?;
                let columns = columns.iter().map(|(column, _)| column.clone()).collect();
                Sink::Grid(Grid::new(output, columns)?)
            }
        };
        Ok(Self { output, columns, sink })
    }

    /// Adds rows.
    ///
    /// # Errors
    ///
    /// If they cannot be written, or if there is no space to keep them.
    pub(crate) fn push(&mut self, rows: &[T]) -> Result<(), CommandError> {
        match &mut self.sink {
            Sink::Lines => self.output.data(json::lines(rows)?.as_bytes()),
            Sink::List(list, count) => {
                for row in rows {
                    let separator = if *count == 0 { "\n" } else { ",\n" };
                    let member = format!("{separator}{}", json::member(row)?);
                    list.write_all(member.as_bytes()).map_err(|error| spool_error(&error))?;
                    *count += 1;
                }
                Ok(())
            }
            Sink::Grid(grid) => {
                for row in rows {
                    let cells = self.columns.iter().map(|(_, cell)| cell(row));
                    grid.push(cells)?;
                }
                Ok(())
            }
            Sink::Query(document) => Ok(document.push(rows)?),
        }
    }

    /// Writes the collected rows after the last one.
    ///
    /// JSON output is a page in the API's shape, with `total` as the number of all rows.
    ///
    /// # Errors
    ///
    /// If the rows cannot be written.
    pub(crate) fn finish(self, total: i64) -> Result<(), CommandError> {
        match self.sink {
            Sink::Lines => Ok(()),
            Sink::Grid(grid) => grid.finish(self.output),
            Sink::Query(rows) => {
                let query = self.output.options.query.as_deref().unwrap_or_default();
                document::write_result(&rows.evaluate(query, total)?, self.output)
            }
            Sink::List(list, count) => {
                self.output.data(format!("{{\n  \"total_num\": {total},\n  \"data_list\": [").as_bytes())?;
                self.output.write_spool(list)?;
                self.output.data(if count == 0 { b"]\n}\n" } else { b"\n  ]\n}\n" })
            }
        }
    }

    /// Writes the collected rows of a table after a failure.
    ///
    /// Other formats write nothing, since the output would look complete.
    ///
    /// # Errors
    ///
    /// If the table cannot be written.
    pub(crate) fn stop(self) -> Result<(), CommandError> {
        match self.sink {
            Sink::Grid(grid @ Grid::Table(_)) => grid.finish(self.output),
            _ => Ok(()),
        }
    }
}

/// Returns the names of all columns of a view.
pub(crate) fn names<T>(view: &'static View<T>) -> Vec<&'static str> {
    view.columns.iter().map(|(column, _)| &*column.name).collect()
}

/// Writes a complete set of rows as a list.
///
/// # Errors
///
/// The same as for rows that arrive page by page.
pub(crate) fn all<T: Serialize>(view: &View<T>, rows: &[T], output: &Output) -> Result<(), CommandError> {
    if output.has_values() {
        return document::write(&json::value(&rows)?, output);
    }
    let mut grid = Rows::new(view, output)?;
    grid.push(rows)?;
    grid.finish(0)
}

/// Writes a single row. A table shows one field per line.
///
/// # Errors
///
/// The same as for rows.
pub(crate) fn one<T: Serialize>(view: &View<T>, row: &T, output: &Output) -> Result<(), CommandError> {
    if output.has_values() {
        return document::write(&json::value(row)?, output);
    }
    if output.format != Format::Table {
        return all(view, std::slice::from_ref(row), output);
    }
    let columns = if output.options.columns.is_empty() { view.columns.iter().collect() } else { view.select(output)? };
    // One of the values is an id.
    let values = Column { overflow: Overflow::Keep, ..Column::of_states("", "", 0) };
    let mut grid = Grid::new(output, vec![Column::of_field(""), values])?;
    for (column, cell) in columns {
        grid.push([Cow::Borrowed(&*column.title), cell(row)].into_iter())?;
    }
    grid.finish(output)
}

/// Collects rows of cells, and writes them after the last one.
#[derive(Debug)]
enum Grid {
    /// Aligned columns.
    Table(Table),
    /// csv or tsv.
    Delimited(Delimited),
}

impl Grid {
    /// Creates a grid in the selected format, with a header if its columns have names.
    ///
    /// # Errors
    ///
    /// If there is no space for the header.
    fn new(output: &Output, columns: Vec<Column>) -> Result<Self, CommandError> {
        if output.format == Format::Table {
            return Ok(Self::Table(Table::new(columns)));
        }
        let mut delimited = Delimited::new(output);
        if columns.iter().any(|column| !column.name.is_empty()) {
            delimited
                .push(columns.iter().map(|column| Cow::Borrowed(&*column.name)))
                .map_err(|error| spool_error(&error))?;
        }
        Ok(Self::Delimited(delimited))
    }

    fn push<'a>(&mut self, cells: impl Iterator<Item = Cow<'a, str>>) -> Result<(), CommandError> {
        match self {
            Self::Table(table) => table.push(cells),
            Self::Delimited(delimited) => delimited.push(cells),
        }
        .map_err(|error| spool_error(&error))
    }

    fn finish(self, output: &Output) -> Result<(), CommandError> {
        match self {
            Self::Table(table) => table.finish(output),
            Self::Delimited(delimited) => delimited.finish(output),
        }
    }
}
