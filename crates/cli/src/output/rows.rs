//! Rows of one sort, in any format, taken page by page.

pub(crate) mod document;

use std::borrow::Cow;
use std::io::Write as _;

use serde::Serialize;

use super::column::{Cell, Column, View};
use super::delimited::Delimited;
use super::table::Table;
use super::{Output, Spool, json, not_kept, query, spool};
use crate::exit::CommandError;
use crate::format::Format;

/// Takes rows, and writes them: lines of JSON at once, all else when it is whole.
#[derive(Debug)]
pub(crate) struct Rows<'a, T: 'static> {
    output: &'a Output,
    columns: Vec<&'static (Column, Cell<T>)>,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Lines,
    /// The members of a list, as text, and how many there are.
    List(Spool, usize),
    Grid(Grid),
    /// What a query is asked of: all of it at once.
    Asked(query::Document),
}

impl<'a, T: Serialize> Rows<'a, T> {
    /// Ready to take rows.
    ///
    /// # Errors
    ///
    /// As [`View::choose`].
    pub(crate) fn new(view: &View<T>, output: &'a Output) -> Result<Self, CommandError> {
        let mut columns = Vec::new();
        let form = match output.format {
            // What columns there are is then the query's affair.
            _ if output.options.query.is_some() => Form::Asked(query::Document::default()),
            Format::Ndjson => Form::Lines,
            Format::Json => Form::List(spool(), 0),
            Format::Table | Format::Csv | Format::Tsv => {
                columns = view.choose(output)?;
                let columns = columns.iter().map(|(column, _)| column.clone()).collect();
                Form::Grid(Grid::new(output, columns)?)
            }
        };
        Ok(Self { output, columns, form })
    }

    /// Takes rows.
    ///
    /// # Errors
    ///
    /// If they cannot be written, or there is no room to keep them.
    pub(crate) fn push(&mut self, rows: &[T]) -> Result<(), CommandError> {
        match &mut self.form {
            Form::Lines => self.output.data(json::lines(rows)?.as_bytes()),
            Form::List(list, count) => {
                for row in rows {
                    let separator = if *count == 0 { "\n" } else { ",\n" };
                    let member = format!("{separator}{}", json::member(row)?);
                    list.write_all(member.as_bytes()).map_err(|error| not_kept(&error))?;
                    *count += 1;
                }
                Ok(())
            }
            Form::Grid(grid) => {
                for row in rows {
                    let cells = self.columns.iter().map(|(_, cell)| cell(row));
                    grid.push(cells)?;
                }
                Ok(())
            }
            Form::Asked(document) => Ok(document.push(rows)?),
        }
    }

    /// Writes what was kept: there are no more rows. In JSON it is a page of the API's own shape, with this number of all
    /// rows.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub(crate) fn finish(self, total: i64) -> Result<(), CommandError> {
        match self.form {
            Form::Lines => Ok(()),
            Form::Grid(grid) => grid.finish(self.output),
            Form::Asked(rows) => {
                let query = self.output.options.query.as_deref().unwrap_or_default();
                document::answer(&rows.ask(query, total)?, self.output)
            }
            Form::List(list, count) => {
                self.output.data(format!("{{\n  \"total_num\": {total},\n  \"data_list\": [").as_bytes())?;
                self.output.kept(list)?;
                self.output.data(if count == 0 { b"]\n}\n" } else { b"\n  ]\n}\n" })
            }
        }
    }

    /// Writes what there is of a table, though more should follow; of the others nothing, since it would look whole.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub(crate) fn stop(self) -> Result<(), CommandError> {
        match self.form {
            Form::Grid(grid @ Grid::Table(_)) => grid.finish(self.output),
            _ => Ok(()),
        }
    }
}

/// Writes rows that are all there, as a list.
///
/// # Errors
///
/// As for rows that come page by page.
pub(crate) fn all<T: Serialize>(view: &View<T>, rows: &[T], output: &Output) -> Result<(), CommandError> {
    if output.has_values() {
        return document::write(&json::value(&rows)?, output);
    }
    let mut grid = Rows::new(view, output)?;
    grid.push(rows)?;
    grid.finish(0)
}

/// Writes one row by itself: in a table, one field below the other.
///
/// # Errors
///
/// As for rows.
pub(crate) fn one<T: Serialize>(view: &View<T>, row: &T, output: &Output) -> Result<(), CommandError> {
    if output.has_values() {
        return document::write(&json::value(row)?, output);
    }
    if output.format != Format::Table {
        return all(view, std::slice::from_ref(row), output);
    }
    let columns = if output.options.columns.is_empty() { view.columns.iter().collect() } else { view.choose(output)? };
    let mut grid = Grid::new(output, vec![Column::of_field(""), Column::of_states("", "", 0)])?;
    for (column, cell) in columns {
        grid.push([Cow::Borrowed(&*column.title), cell(row)].into_iter())?;
    }
    grid.finish(output)
}

/// Takes rows of cells, and writes them once all are there.
#[derive(Debug)]
enum Grid {
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
    fn new(output: &Output, columns: Vec<Column>) -> Result<Self, CommandError> {
        if output.format == Format::Table {
            return Ok(Self::Table(Table::new(columns)));
        }
        let mut delimited = Delimited::new(output);
        if columns.iter().any(|column| !column.name.is_empty()) {
            delimited
                .push(columns.iter().map(|column| Cow::Borrowed(&*column.name)))
                .map_err(|error| not_kept(&error))?;
        }
        Ok(Self::Delimited(delimited))
    }

    fn push<'a>(&mut self, cells: impl Iterator<Item = Cow<'a, str>>) -> Result<(), CommandError> {
        match self {
            Self::Table(table) => table.push(cells),
            Self::Delimited(delimited) => delimited.push(cells),
        }
        .map_err(|error| not_kept(&error))
    }

    fn finish(self, output: &Output) -> Result<(), CommandError> {
        match self {
            Self::Table(table) => table.finish(output),
            Self::Delimited(delimited) => delimited.finish(output),
        }
    }
}
