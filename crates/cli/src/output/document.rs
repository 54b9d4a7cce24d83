//! Any JSON value, in any format: what a query makes of a document, or what an operation answers.

use std::borrow::Cow;
use std::collections::HashSet;

use hss_client::{Error, Result};
use serde_json::{Map, Value};

use super::column::Column;
use super::grid::Grid;
use super::{Output, json, not_kept, query};
use crate::args::Format;
use crate::exit::Ending;

/// Writes a value, or what the query makes of it.
///
/// In `ndjson` each member of a list is a line. In a grid each member is a row: an object's fields are its columns, a
/// list's members are, and anything else is one.
///
/// # Errors
///
/// If the query cannot be asked of it; if it cannot be written.
pub(crate) fn write(document: &Value, output: &Output) -> Result<(), Ending> {
    match &output.query {
        Some(query) => answer(&query::ask(query, document)?, output),
        None => answer(document, output),
    }
}

/// Writes what a query made of a document, or a document of which none is asked.
///
/// # Errors
///
/// If it cannot be written.
pub(crate) fn answer(value: &Value, output: &Output) -> Result<(), Ending> {
    match (output.format, value) {
        (Format::Json, _) => output.data(json::document(value)?.as_bytes()),
        (Format::Ndjson, Value::Array(members)) => output.data(json::lines(members)?.as_bytes()),
        (Format::Ndjson, value) => output.data(json::lines(std::slice::from_ref(value))?.as_bytes()),
        (Format::Table | Format::Csv | Format::Tsv, Value::Array(members)) => grid(members, output),
        (Format::Table | Format::Csv | Format::Tsv, value) => grid(std::slice::from_ref(value), output),
    }
}

fn grid(members: &[Value], output: &Output) -> Result<(), Ending> {
    let names = names(members, output)?;
    let longest = members.iter().filter_map(Value::as_array).map(Vec::len).max().unwrap_or(0);
    // What nobody named has no header.
    let unnamed = std::iter::repeat_n("", if names.is_empty() { longest.max(1) } else { 0 });
    let columns = names.iter().copied().chain(unnamed).map(Column::of_field).collect();
    let mut grid = Grid::new(output, columns).map_err(|error| not_kept(&error))?;
    for member in members {
        match member {
            Value::Object(fields) => {
                grid.push(names.iter().map(|name| fields.get(*name).map_or(Cow::Borrowed(""), cell)))
            }
            Value::Array(cells) if names.is_empty() => grid.push(cells.iter().map(cell)),
            other => grid.push(std::iter::once(cell(other))),
        }
        .map_err(|error| not_kept(&error))?;
    }
    grid.finish(output)
}

/// The names of all fields, in the order in which they are met, or those that are asked for.
fn names<'a>(members: &'a [Value], output: &'a Output) -> Result<Vec<&'a str>> {
    let mut seen = HashSet::new();
    let all = members.iter().filter_map(Value::as_object).flat_map(Map::keys).map(String::as_str);
    let names: Vec<_> = all.filter(|name| seen.insert(*name)).collect();
    if output.columns.is_empty() || members.is_empty() {
        return Ok(names);
    }
    match output.columns.iter().find(|column| !seen.contains(column.as_str())) {
        Some(column) => {
            let message = format!("--columns {column:?} is no field of what there is to show");
            let hint = match names.as_slice() {
                [] => "The result has no columns.".to_owned(),
                names => format!("There are {}.", names.join(", ")),
            };
            Err(Error::usage(message).remedy(hint))
        }
        None => Ok(output.columns.iter().map(String::as_str).collect()),
    }
}

/// A value as one cell: text as it is, nothing for null, all else as JSON.
fn cell(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed(""),
        other => Cow::Owned(other.to_string()),
    }
}
