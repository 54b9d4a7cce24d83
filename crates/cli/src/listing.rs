//! Listings: which part to read, reading it, and showing it.

use futures::StreamExt as _;
use hss_client::{Error, Operation, Result, printable};
use huaweicloud_core::paging::{self, Paged};
use serde::Serialize;

use crate::args::{Format, Window};
use crate::exit::Ending;
use crate::output::table::Table;
use crate::output::{Output, json};
use crate::session::Deadline;
use crate::unknown::Unknown;
use crate::value;

/// How rows of one listing are shown.
#[derive(Debug)]
pub(crate) struct View<T> {
    /// What one row is, and what many are.
    pub(crate) nouns: (&'static str, &'static str),
    pub(crate) header: &'static [&'static str],
    pub(crate) cells: fn(&T) -> Vec<String>,
    /// Takes note of values that this version does not know.
    pub(crate) note_unknown: fn(&T, &mut Unknown),
}

/// A window within the bounds of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) offset: i32,
    pub(crate) limit: i32,
}

impl Span {
    /// Checks a window against the operation table, and fills in the page size: the largest, since the quota counts
    /// requests, but no larger than the rows wanted.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`](hss_client::Kind::Usage) naming the option that is out of bounds.
    pub(crate) fn of(window: Window, operation: &'static Operation) -> Result<Self> {
        let Some(names) = operation.pagination else {
            return Err(Error::usage("it does not list by pages").in_operation(operation.id));
        };
        let (least, most) = value::bounds(operation, names.limit).unwrap_or((1, 100));
        let wanted = window.max.map_or(most, i64::from);
        let size = window.page_size.unwrap_or_else(|| wanted.max(least).min(most));
        Ok(Self {
            offset: value::within_bounds("--offset", window.offset.unwrap_or(0), operation, names.offset)?,
            limit: value::within_bounds("--page-size", size, operation, names.limit)?,
        })
    }
}

/// What was read, and what ended it early.
struct Listing<T> {
    /// The number of rows there are, as the service states it.
    total: Option<i64>,
    rows: Vec<T>,
    failure: Option<Error>,
}

/// Reads a listing and shows it.
///
/// # Errors
///
/// What kept a page away. A table then has the rows that came before; a document is not begun, since a whole one
/// would look like the whole list.
pub(crate) async fn show<R>(request: R, view: &View<R::Item>, deadline: Deadline, output: &Output) -> Result<(), Ending>
where
    R: Paged,
    R::Item: Serialize,
{
    let Listing { total, rows, failure } = read(request, deadline, output).await;
    let text = match (output.format, &failure) {
        (Format::Json, None) => Some(json::document(&Document {
            total_num: total.unwrap_or_else(|| i64::try_from(rows.len()).unwrap_or(i64::MAX)),
            data_list: &rows,
        })?),
        (Format::Table, None) => Some(table(view, &rows)),
        (Format::Table, Some(_)) if !rows.is_empty() => Some(table(view, &rows)),
        _ => None,
    };
    if let Some(text) = text {
        output.data(text.as_bytes())?;
        let mut unknown = Unknown::default();
        for row in &rows {
            (view.note_unknown)(row, &mut unknown);
        }
        unknown.warnings().for_each(|warning| output.note(&warning));
        if output.format == Format::Table {
            output.note(&count(rows.len(), total, view.nouns));
        }
    }
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

/// The shape that the API itself gives a listing.
#[derive(Serialize)]
struct Document<'a, T> {
    total_num: i64,
    data_list: &'a [T],
}

/// Reads pages until there are no more, or rows enough.
async fn read<R: Paged>(request: R, deadline: Deadline, output: &Output) -> Listing<R::Item> {
    let mut listing = Listing { total: None, rows: Vec::new(), failure: None };
    let wanted = request.wanted().map_or(usize::MAX, |rows| usize::try_from(rows).unwrap_or(0));
    let mut pages = paging::pages(request);
    loop {
        let page = match deadline.within(async { pages.next().await.transpose() }).await {
            Ok(Some(page)) => page,
            Ok(None) => break,
            Err(error) => {
                // The time limit is ours and does not know what it ended.
                listing.failure = Some(error.in_operation(R::OPERATION.id));
                break;
            }
        };
        listing.total = listing.total.or(R::total(&page));
        let received = R::items(&page).map_or(0, <[_]>::len);
        output.detail(&format!(
            "{}: {received} rows after {} (HTTP {}, request id {})",
            R::OPERATION.id,
            listing.rows.len(),
            page.status(),
            printable(page.request_id().unwrap_or("none")),
        ));
        listing.rows.extend(R::into_items(page.into_inner()));
    }
    listing.rows.truncate(wanted);
    listing
}

fn table<T>(view: &View<T>, rows: &[T]) -> String {
    let mut table = Table::new(view.header);
    for row in rows {
        table.push((view.cells)(row));
    }
    table.render()
}

/// `1 server`, `450 servers`, `23 of 450 servers`.
fn count(rows: usize, total: Option<i64>, (one, many): (&str, &str)) -> String {
    let total = total.and_then(|total| usize::try_from(total).ok()).filter(|total| *total > rows);
    match total {
        Some(total) => format!("{rows} of {total} {many}"),
        None => format!("{rows} {}", if rows == 1 { one } else { many }),
    }
}

#[cfg(test)]
mod tests {
    use hss_client::operations::LIST_VUL_SCAN_TASK_HOST;

    use super::*;

    #[test]
    fn a_page_is_as_large_as_allowed_and_no_larger_than_needed() {
        for (max, page_size, limit) in [
            (None, None, 200),
            (Some(5), None, 10),
            (Some(23), None, 23),
            (Some(450), None, 200),
            (Some(u32::MAX), None, 200),
            (Some(5), Some(50), 50),
        ] {
            let window = Window { max, offset: Some(7), page_size };
            assert_eq!(Span::of(window, &LIST_VUL_SCAN_TASK_HOST).unwrap(), Span { offset: 7, limit }, "{window:?}");
        }
    }

    #[test]
    fn bc_70_a_window_out_of_bounds_is_refused() {
        for (offset, page_size, message) in [
            (None, Some(9), "--page-size 9 is not a whole number from 10 to 200"),
            (None, Some(1 << 31), "--page-size 2147483648 is not a whole number from 10 to 200"),
            (Some(-1), None, "--offset -1 is not a whole number from 0 to 2000000"),
        ] {
            let window = Window { max: None, offset, page_size };
            assert_eq!(Span::of(window, &LIST_VUL_SCAN_TASK_HOST).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn what_is_counted() {
        let nouns = ("server", "servers");
        for (rows, total, said) in [
            (1, Some(1), "1 server"),
            (0, Some(0), "0 servers"),
            (450, None, "450 servers"),
            (23, Some(450), "23 of 450 servers"),
            (1, Some(450), "1 of 450 servers"),
        ] {
            assert_eq!(count(rows, total, nouns), said);
        }
    }
}
