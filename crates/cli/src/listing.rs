//! Selects, reads and shows the rows of a listing.

use std::path::Path;
use std::time::Instant;

use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use hss_client::paging::{self, Paged, Pager, Position};
use hss_client::{ErrorKind, Operation, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::args::PaginationArgs;
use crate::bounds;
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::exit::CommandError;
use crate::format::Format;
use crate::interrupt::interrupt;
use crate::output::Output;
use crate::output::column::View;
use crate::output::progress::TICK;
use crate::output::rows::Rows;
use crate::row_counts::{RowCounts, count};
use crate::session::{Session, request_id};
use crate::unknown::Unknown;

/// The message about replaced text.
pub(crate) const INVALID_TEXT_NOTE: &str =
    "the service sent text that is not valid Unicode: invalid parts are shown as U+FFFD";

/// A part of a listing, within the bounds of its operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) offset: i32,
    /// The number of rows per page.
    pub(crate) limit: i32,
    /// The maximum number of rows. `None` means all rows.
    pub(crate) max: Option<u32>,
}

impl Span {
    /// Checks arguments against the operation table, and fills in the page size.
    ///
    /// The default is the largest page, since the quota counts requests, but no larger than the number of rows wanted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] naming the option that is out of bounds.
    pub(crate) fn new(pagination: PaginationArgs, operation: &'static Operation) -> Result<Self> {
        let Some(names) = operation.pagination else {
            return Err(Error::usage("the operation has no pagination").in_operation(operation.id));
        };
        let (min, max) = bounds::bounds(operation, names.limit).unwrap_or((1, 100));
        // A page without rows would not advance.
        let min = min.max(1);
        let max_rows = pagination.max.map_or(max, i64::from);
        let size = pagination.page_size.unwrap_or_else(|| max_rows.max(min).min(max));
        let offsets = bounds::bounds(operation, names.offset).unwrap_or((0, i64::from(i32::MAX)));
        Ok(Self {
            offset: bounds::within_bounds("--offset", pagination.offset.unwrap_or(0), offsets)?,
            limit: bounds::within_bounds("--page-size", size, (min, max))?,
            max: pagination.max,
        })
    }
}

/// Shows a listing, and calls `on_row` for each row.
///
/// With a checkpoint, the rows that it stores are not requested again.
///
/// # Errors
///
/// The error of the first page that could not be read. A table then has the rows before it. A document is not begun,
/// since a complete document would look like the complete list.
pub(crate) async fn show<R>(
    listing: &Listing<'_, R::Item>,
    request: R,
    mut on_row: impl FnMut(&R::Item),
) -> Result<(), CommandError>
where
    R: Paged,
    R::Item: Serialize + DeserializeOwned,
{
    let Listing { view, session, output, .. } = *listing;
    let mut rows = Rows::new(view, output)?;
    let mut unknown = Unknown::default();
    let mut note = |row: &R::Item| {
        (view.note_unknown)(row, &mut unknown);
        on_row(row);
    };
    let is_streamed = output.is_streamed();
    let mut checkpoint = match listing.checkpoint {
        None => None,
        Some((file, identity)) => {
            Some(Checkpoint::open(file, identity, &request, is_streamed, output, |stored: &[R::Item]| {
                stored.iter().for_each(&mut note);
                if is_streamed { Ok(()) } else { rows.push(stored) }
            })?)
        }
    };
    let mut row_counts = RowCounts::default();
    let (first, max) = (request.first_offset().unwrap_or(0), request.row_limit());
    let pages = match &checkpoint {
        None => without_positions(request),
        Some(Checkpoint { position: None, .. }) => with_positions(Pager::new(request)),
        Some(Checkpoint { position: Some(position), rows, .. }) => {
            row_counts = RowCounts::stored(position, first, *rows);
            with_positions(Pager::resume(request, position.clone())?)
        }
    };
    let take = |page: &[R::Item], position| {
        page.iter().for_each(&mut note);
        if let (Some(checkpoint), Some(position)) = (&mut checkpoint, position) {
            checkpoint.store::<R>(page, position, is_streamed, output)?;
            if is_streamed {
                return Ok(());
            }
        }
        rows.push(page)
    };
    let outcome = read_pages::<R>(pages, (first, max), &mut row_counts, view.nouns, session, output, take).await;
    let outcome = match outcome {
        Err(command_error) if row_counts.rows == 0 => {
            // A checkpoint without pages would only prevent another listing from using the file.
            if let Some(empty) = checkpoint.filter(Checkpoint::is_empty) {
                empty.remove()?;
            }
            return Err(command_error);
        }
        Err(command_error) => {
            let command_error = match &checkpoint {
                Some(checkpoint) => resumable(command_error, checkpoint),
                None => command_error,
            };
            rows.stop().and(Err(command_error))
        }
        Ok(()) => {
            let total = row_counts.total.unwrap_or_else(|| i64::try_from(row_counts.rows).unwrap_or(i64::MAX));
            rows.finish(total)
        }
    };
    if let Err(CommandError::BrokenPipe) = outcome {
        return outcome;
    }
    if outcome.is_ok() || output.format == Format::Table {
        unknown.warnings().for_each(|warning| output.note(&warning));
    }
    match empty_listing_hint(row_counts, R::OPERATION, view.nouns, session) {
        Some(hint) if outcome.is_ok() => output.note(&hint),
        _ if output.is_table() => output.note(&count(row_counts, view.nouns)),
        _ => {}
    }
    outcome?;
    // The checkpoint is removed last: until everything is written, the command must be able to continue.
    checkpoint.map_or(Ok(()), |checkpoint| Ok(checkpoint.remove()?))
}

/// Adds the hint that a command with a checkpoint continues, if it was interrupted or timed out, or that it cannot
/// continue.
fn resumable(command_error: CommandError, checkpoint: &Checkpoint) -> CommandError {
    const HINT: &str = "Run the same command again to continue.";
    match command_error {
        CommandError::Interrupted(signal, incomplete) => {
            CommandError::Interrupted(signal, format!("{incomplete} {HINT}"))
        }
        CommandError::Failed(error) if error.kind() == ErrorKind::Timeout => error.add_hint(HINT).into(),
        // The list changed between two runs. Other inconsistencies have an offset.
        CommandError::Failed(error)
            if error.kind() == ErrorKind::Incomplete && error.call().is_some_and(|call| call.offset().is_none()) =>
        {
            error.hint(checkpoint.changed_hint()).into()
        }
        other => other,
    }
}

/// A listing and its options.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listing<'a, T: 'static> {
    pub(crate) view: &'static View<T>,
    pub(crate) session: &'a Session,
    pub(crate) output: &'a Output,
    /// The checkpoint file, and the arguments that identify this listing.
    pub(crate) checkpoint: Option<(&'a Path, &'a Map<String, Value>)>,
}

/// The pages of a listing, with the position after each if there is a checkpoint.
type Pages<P> = BoxStream<'static, hss_client::Result<(Response<P>, Option<Position>)>>;

/// Returns the pages of a listing with the position after each.
fn with_positions<R: Paged>(pager: Pager<R>) -> Pages<R::Page> {
    futures::stream::try_unfold(pager, |mut pager| async {
        let page = pager.next().await?;
        Ok(page.map(|page| ((page, Some(pager.position())), pager)))
    })
    .boxed()
}

fn without_positions<R: Paged>(request: R) -> Pages<R::Page> {
    paging::pages(request).map_ok(|page| (page, None)).boxed()
}

/// Reads pages until the last one or until enough rows were read, and calls `take` with the rows of each.
///
/// # Errors
///
/// The error of the first page that could not be read; [`CommandError::Interrupted`]; the errors of `take`.
pub(crate) async fn read<R: Paged>(
    request: R,
    row_counts: &mut RowCounts,
    nouns: (&str, &str),
    session: &Session,
    output: &Output,
    take: impl FnMut(&[R::Item], Option<Position>) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let bounds = (request.first_offset().unwrap_or(0), request.row_limit());
    read_pages::<R>(without_positions(request), bounds, row_counts, nouns, session, output, take).await
}

/// Does the same as [`read`] with any pages of a listing that begins at the offset `first` and has at most `max` rows.
async fn read_pages<R: Paged>(
    mut pages: Pages<R::Page>,
    (first, max): (i64, Option<i64>),
    row_counts: &mut RowCounts,
    nouns: (&str, &str),
    session: &Session,
    output: &Output,
    mut take: impl FnMut(&[R::Item], Option<Position>) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let mut remaining = max.map_or(usize::MAX, |rows| usize::try_from(rows).unwrap_or(0));
    remaining = remaining.saturating_sub(row_counts.rows);
    let mut reading = Reading {
        started: Instant::now(),
        pages: 0,
        is_repaired: false,
        offset: first
            .saturating_add(i64::try_from(row_counts.rows.saturating_add(row_counts.null_rows)).unwrap_or(i64::MAX)),
        before: row_counts.rows,
        max: max.and_then(|_| i64::try_from(remaining).ok()),
    };
    let mut interrupt = std::pin::pin!(interrupt());
    let outcome = loop {
        let next = session.response(pages.try_next());
        let page = tokio::select! {
            biased;
            signal = &mut interrupt => {
                let left = format!("{} were read; the list is incomplete.", count(*row_counts, nouns));
                break Err(CommandError::Interrupted(signal, left));
            }
            page = next => page,
            () = tokio::time::sleep(TICK), if output.progress.is_shown() => {
                reading.draw(*row_counts, nouns, output);
                continue;
            }
        };
        let (page, position) = match page {
            Ok(Some(page)) => page,
            Ok(None) => break Ok(()),
            // The deadline does not know which operation it cancelled.
            Err(error) => break Err(error.in_operation(R::OPERATION.id).into()),
        };
        reading.pages += 1;
        reading.is_repaired |= page.is_repaired();
        let total = R::total(page.get_ref());
        row_counts.total = row_counts.total.or(total);
        output.detail(&format!(
            "{}: {} after {} (HTTP {}, request id {})",
            R::OPERATION.id,
            count(
                RowCounts { rows: R::items(page.get_ref()).map_or(0, <[_]>::len), ..RowCounts::default() },
                ("row", "rows")
            ),
            row_counts.rows,
            page.status(),
            request_id(&page),
        ));
        let next = page.next_offset();
        let mut rows = R::into_items(page.into_inner());
        let null_rows = reading.null_rows(next, rows.len());
        rows.truncate(remaining);
        remaining -= rows.len();
        if let Err(command_error) = take(&rows, position) {
            break Err(command_error);
        }
        row_counts.rows += rows.len();
        row_counts.null_rows = row_counts.null_rows.saturating_add(null_rows);
        // A shorter listing is done before anyone could read a progress line.
        if reading.started.elapsed() > TICK {
            reading.draw(*row_counts, nouns, output);
        }
    };
    output.progress.clear();
    if reading.is_repaired {
        output.note(INVALID_TEXT_NOTE);
    }
    let (_, many) = nouns;
    if row_counts.null_rows > 0 {
        output.note(&format!(
            "the service sent {} empty rows among the {many}; they are not shown",
            row_counts.null_rows
        ));
    }
    if outcome.is_ok() && row_counts.total.is_none() && remaining > 0 {
        output.note(&format!("the service did not state the number of {many}: pages were read until one had no rows"));
    }
    outcome
}

/// Returns a hint for a listing without rows, if the reason may be that it was limited to the default enterprise
/// project. That is the case only if no other one was configured.
pub(crate) fn empty_listing_hint(
    row_counts: RowCounts,
    operation: &'static Operation,
    (_, many): (&str, &str),
    session: &Session,
) -> Option<String> {
    const SETTING: &str = "enterprise_project_id";
    let has_setting = operation.parameters.iter().any(|parameter| parameter.setting == Some(SETTING));
    let is_empty = row_counts.rows == 0 && row_counts.total.unwrap_or(0) == 0;
    (is_empty && has_setting && session.client.settings().enterprise_project_id.is_none()).then(|| {
        format!("0 {many} in the default enterprise project; --enterprise-project-id all_granted_eps searches all")
    })
}

/// The state of a listing while it is read.
struct Reading {
    started: Instant,
    /// The number of pages received.
    pages: u64,
    /// Whether a page had text that is not valid Unicode.
    is_repaired: bool,
    /// The offset of the next page.
    offset: i64,
    /// The number of rows that were read before.
    before: usize,
    /// The maximum number of rows. `None` means all rows.
    max: Option<i64>,
}

impl Reading {
    /// Advances to the offset `next` after a page with `rows` rows. Returns the number of rows that were `null`.
    fn null_rows(&mut self, next: Option<i64>, rows: usize) -> usize {
        let Some(next) = next else { return 0 };
        let advanced = next.saturating_sub(std::mem::replace(&mut self.offset, next));
        usize::try_from(advanced).map_or(0, |advanced| advanced.saturating_sub(rows))
    }

    /// Draws the progress: `page 3 of 50, 600 of 10000 servers, 120 a second`.
    fn draw(&self, row_counts: RowCounts, nouns: (&str, &str), output: &Output) {
        if self.pages == 0 {
            return output.progress.draw("requesting the first page", "");
        }
        let read = row_counts.rows.saturating_sub(self.before);
        let rows_per_page = u64::try_from(read).unwrap_or(u64::MAX) / self.pages;
        let remaining =
            row_counts.total.map(|total| total.saturating_sub(i64::try_from(self.before).unwrap_or(i64::MAX)));
        let total_rows = remaining.map(|remaining| self.max.map_or(remaining, |max| max.min(remaining)));
        let total_rows = total_rows.and_then(|rows| u64::try_from(rows).ok());
        let total_pages = total_rows.map(|rows| rows.div_ceil(rows_per_page.max(1)));
        let position = match total_pages {
            Some(total) if total >= self.pages => format!("page {} of {total}", self.pages),
            _ => format!("page {}", self.pages),
        };
        let milliseconds = usize::try_from(self.started.elapsed().as_millis()).unwrap_or(usize::MAX);
        let rate = match read.saturating_mul(1000).checked_div(milliseconds) {
            Some(rate) if rate > 0 => format!(", {rate} a second"),
            _ => String::new(),
        };
        output.progress.draw(&format!("{position}, {}", count(row_counts, nouns)), &rate);
    }
}

#[cfg(test)]
mod tests {
    use hss_client::operations::{LIST_VUL_SCAN_TASK, LIST_VUL_SCAN_TASK_HOST};

    use super::*;

    #[test]
    fn uses_the_largest_page_that_is_needed() {
        for (max, page_size, limit) in [
            (None, None, 200),
            (Some(5), None, 10),
            (Some(23), None, 23),
            (Some(450), None, 200),
            (Some(u32::MAX), None, 200),
            (Some(5), Some(50), 50),
        ] {
            let pagination = PaginationArgs { max, offset: Some(7), page_size };
            assert_eq!(
                Span::new(pagination, &LIST_VUL_SCAN_TASK_HOST).unwrap(),
                Span { offset: 7, limit, max },
                "{pagination:?}"
            );
        }
    }

    #[test]
    fn refuses_a_range_out_of_bounds() {
        for (offset, page_size, message) in [
            (None, Some(9), "invalid page-size \"9\": expected a whole number from 10 to 200"),
            (None, Some(1 << 31), "invalid page-size \"2147483648\": expected a whole number from 10 to 200"),
            (Some(-1), None, "invalid offset \"-1\": expected a whole number from 0 to 2000000"),
        ] {
            let pagination = PaginationArgs { max: None, offset, page_size };
            assert_eq!(Span::new(pagination, &LIST_VUL_SCAN_TASK_HOST).unwrap_err().to_string(), message);
        }
        let pagination = PaginationArgs { max: None, offset: None, page_size: Some(0) };
        let message = "invalid page-size \"0\": expected a whole number from 1 to 200";
        assert_eq!(Span::new(pagination, &LIST_VUL_SCAN_TASK).unwrap_err().to_string(), message);
    }
}
