//! Writes any JSON value in any format: the result of a query, or the response of an operation.

use std::borrow::Cow;
use std::collections::HashSet;

use hss_client::excerpt;
use serde_json::Value;

use super::Grid;
use crate::error::{Error, Result};
use crate::exit::CommandError;
use crate::format::Format;
use crate::output::column::Column;
use crate::output::{Output, json, query};

/// The maximum number of columns of a grid that is made from the fields of objects.
const MAX_COLUMNS: usize = 1000;
/// A grid with more cells than this must not be almost empty.
const SPARSE_CHECK_CELLS: usize = 1_000_000;
/// A grid is almost empty if fewer than one in this number of cells has a value.
const SPARSE_RATIO: usize = 10;
/// The maximum number of names that an error lists.
const MAX_NAMES: usize = 50;
/// The maximum number of characters of a name in an error.
const MAX_NAME_LENGTH: usize = 64;

/// Writes a value, or the result of the query on it.
///
/// In `ndjson`, each member of a list is a line. In a grid, each member of a list is a row. Its columns are the fields
/// of an object or the members of a list; any other value is one column.
///
/// # Errors
///
/// If the query is invalid or fails on the value; if the result cannot be written.
pub(crate) fn write(document: &Value, output: &Output) -> Result<(), CommandError> {
    match &output.options.query {
        Some(query) => write_result(&query::evaluate(query, document)?, output),
        None => write_value(document, output),
    }
}

/// Writes the result of a query. A message explains a result without a value.
///
/// # Errors
///
/// If it cannot be written.
pub(crate) fn write_result(value: &Value, output: &Output) -> Result<(), CommandError> {
    write_value(value, output)?;
    if value.is_null() {
        output.note("the query matched nothing; it applies to the whole JSON document (for rows: data_list[])");
    }
    Ok(())
}

fn write_value(value: &Value, output: &Output) -> Result<(), CommandError> {
    match (output.format, value) {
        (Format::Json, _) => output.data(json::document(value)?.as_bytes()),
        (Format::Ndjson, Value::Array(members)) => output.data(json::lines(members)?.as_bytes()),
        (Format::Ndjson, value) => output.data(json::lines(std::slice::from_ref(value))?.as_bytes()),
        (Format::Table | Format::Csv | Format::Tsv, Value::Array(members)) => grid(members, output),
        (Format::Table | Format::Csv | Format::Tsv, value) => grid(std::slice::from_ref(value), output),
    }
}

fn grid(members: &[Value], output: &Output) -> Result<(), CommandError> {
    let names = names(members, output)?;
    let longest = members.iter().filter_map(Value::as_array).map(Vec::len).max().unwrap_or(0);
    // Columns without names have no header.
    let unnamed = std::iter::repeat_n("", if names.is_empty() { longest.max(1) } else { 0 });
    let columns = names.iter().copied().chain(unnamed).map(Column::of_field).collect();
    let mut grid = Grid::new(output, columns)?;
    for member in members {
        match member {
            Value::Object(fields) => {
                grid.push(names.iter().map(|name| fields.get(*name).map_or(Cow::Borrowed(""), cell)))
            }
            Value::Array(cells) if names.is_empty() => grid.push(cells.iter().map(cell)),
            other => grid.push(std::iter::once(cell(other))),
        }?;
    }
    grid.finish(output)?;
    if let Some(list) = nested_list(members).filter(|_| output.options.query.is_none()) {
        output.note(&format!("use --query {list} for one row per item"));
    }
    Ok(())
}

/// Returns the name of the first field that is a list of objects, if a query can name it without quotes.
fn nested_list(members: &[Value]) -> Option<&str> {
    let is_list = |value: &Value| value.as_array().is_some_and(|items| items.iter().any(Value::is_object));
    let is_plain = |name: &str| name.chars().all(|character| character.is_ascii_alphabetic() || character == '_');
    let mut fields = members.iter().filter_map(Value::as_object).flatten();
    fields.find(|(name, value)| is_list(value) && is_plain(name)).map(|(name, _)| name.as_str())
}

/// Returns the names of all fields in the order of their first occurrence, or the selected ones.
///
/// # Errors
///
/// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if a selected field does not exist, or if the grid would be much
/// larger than its content.
fn names<'a>(members: &'a [Value], output: &'a Output) -> Result<Vec<&'a str>> {
    let (mut seen, mut names, mut values) = (HashSet::new(), Vec::new(), 0);
    for fields in members.iter().filter_map(Value::as_object) {
        values += fields.len();
        names.extend(fields.keys().map(String::as_str).filter(|name| seen.insert(*name)));
    }
    if output.options.columns.is_empty() || members.is_empty() {
        let cells = names.len().saturating_mul(members.len());
        if names.len() > MAX_COLUMNS || (cells > SPARSE_CHECK_CELLS && values < cells / SPARSE_RATIO) {
            let message = format!("too many cells: {} rows with {} different fields", members.len(), names.len());
            return Err(Error::usage(message).hint("Select fields with --columns, or use -o json or -o ndjson."));
        }
        return Ok(names);
    }
    match output.options.columns.iter().find(|column| !seen.contains(column.as_str())) {
        Some(column) => {
            let expected = match names.as_slice() {
                [] => "the result has no columns".to_owned(),
                names => format!("expected {}", join_names(names)),
            };
            Err(Error::usage(format!("invalid column {column:?}: {expected}")))
        }
        None => Ok(output.options.columns.iter().map(String::as_str).collect()),
    }
}

/// Lists the first names, each truncated.
fn join_names(names: &[&str]) -> String {
    let shown: Vec<_> = names.iter().take(MAX_NAMES).map(|name| excerpt(name, MAX_NAME_LENGTH)).collect();
    match names.len().checked_sub(MAX_NAMES) {
        Some(more @ 1..) => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

/// Formats a value as one cell: text unchanged, null as an empty cell, and other values as JSON.
fn cell(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed(""),
        other => Cow::Owned(other.to_string()),
    }
}
