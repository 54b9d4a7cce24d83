//! Reads a listing: decides which page to fetch next, and checks whether the pages are consistent.

use std::collections::{HashSet, VecDeque};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument as _, Span};

use super::hashes::hash;
use super::row_count::row_count;
use super::{Paged, Position};
use crate::operation::{Pagination, ParameterType};
use crate::{Error, ErrorKind, Response, Result};

/// The maximum number of rows with which later rows are compared.
const MAX_COMPARED_ROWS: usize = 100_000;

/// A page that is being fetched.
struct Fetch<P> {
    offset: i64,
    task: AbortOnDropHandle<Result<Response<P>>>,
}

/// A listing that is being read.
pub(super) struct Listing<R: Paged> {
    request: R,
    /// The position after the last consistent page that was returned.
    position: Position,
    /// Whether an earlier run reached the position, and this one has read no page yet.
    is_resumed: bool,
    /// The offset of the next page to fetch.
    next: i64,
    /// Pages that are being fetched or wait for the reader, in order.
    fetches: VecDeque<Fetch<R::Page>>,
    /// The offset of a page that could not be fetched. It is fetched again, before pages that follow it.
    failed: Option<i64>,
    /// The number of rows on the first page of this run, by which the offsets of later pages are computed.
    page_rows: Option<i64>,
    /// Hashes of the row keys of previous pages: all in a listing without a total, otherwise of at most [`MAX_COMPARED_ROWS`]
    /// rows or one page.
    keys: HashSet<u64>,
    /// The parent of the spans of all pages.
    span: Span,
}

/// A page, and why it is inconsistent with the pages before it.
type CheckedPage<P> = (Response<P>, Option<Error>);

impl<R: Paged> Listing<R> {
    /// Prepares to read the listing from a position. Sends no request.
    pub(super) fn new(request: R, position: Position, is_resumed: bool) -> Self {
        Self {
            request,
            is_resumed: is_resumed && position.is_begun(),
            next: position.offset,
            fetches: VecDeque::new(),
            failed: None,
            page_rows: None,
            keys: position.keys.0.iter().copied().collect(),
            position,
            span: tracing::info_span!("listing", operation = R::OPERATION.id),
        }
    }

    /// Returns the position after the last consistent page that was returned.
    pub(super) fn position(&self) -> &Position {
        &self.position
    }

    /// Returns the number of rows that are still wanted, if the request has a maximum.
    pub(super) fn rows_left(&self) -> Option<i64> {
        let read = i64::try_from(self.position.rows).unwrap_or(i64::MAX);
        self.request.row_limit().map(|rows| rows.saturating_sub(read))
    }

    /// Drops the prefetched pages, so that the next page is the one after the position.
    fn restart(&mut self) {
        self.fetches.clear();
        self.next = self.position.offset;
        self.page_rows = None;
    }

    /// Returns the next page, or `None` after the last.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`] if the operation has no pagination, or the page size is less than 1; the error of
    /// the request; [`ErrorKind::Incomplete`] if the service does not return all rows.
    pub(super) async fn next(&mut self) -> Result<Option<CheckedPage<R::Page>>> {
        let (names, limit) = page_size(&self.request)?;
        let Ok(runtime) = Handle::try_current() else {
            let error = Error::usage("cannot read a listing outside of a Tokio runtime");
            return Err(error.with_operation(R::OPERATION.id));
        };
        if let Some(offset) = self.failed.take() {
            let fetch = self.fetch(&runtime, offset, limit);
            self.fetches.push_front(fetch);
        }
        // Evaluated once, since each task takes its share of the quota as soon as it runs.
        let remaining = self.request.remaining(self.fetches.len()).max(usize::from(self.fetches.is_empty()));
        let greatest = bound::<R>(names.offset).unwrap_or(i64::MAX);
        for _ in 0..remaining {
            let Some(offset) = self.next_offset(greatest) else { break };
            let fetch = self.fetch(&runtime, offset, limit);
            self.fetches.push_back(fetch);
        }
        let Some(Fetch { offset, task }) = self.fetches.front_mut() else {
            if self.is_at_end() {
                return Ok(None);
            }
            let message = format!("the service reports more rows, but returns none from offset {greatest} on");
            let error = Error::new(ErrorKind::Incomplete, message).with_hint("Use a filter to list fewer rows.");
            return Err(at_page::<R>(self.next, error));
        };
        let offset = *offset;
        // The page stays in the queue until it has arrived, so that a reader can stop waiting for it.
        let page = task.await.unwrap_or_else(|stopped| {
            Err(Error::new(ErrorKind::Connection, "the task that fetches the page was stopped").with_cause(stopped))
        });
        self.fetches.pop_front();
        match page {
            Ok(page) => {
                let checked = self.validate(offset, page, names, limit);
                if !matches!(checked, Ok((_, None))) {
                    // The pages that were prefetched may be inconsistent, too.
                    self.restart();
                }
                checked.map(Some)
            }
            Err(error) => {
                self.failed = Some(offset);
                Err(at_page::<R>(offset, error))
            }
        }
    }

    /// Starts to fetch a page.
    fn fetch(&self, runtime: &Handle, offset: i64, limit: i64) -> Fetch<R::Page> {
        let request = self.request.clone();
        let fetch = async move { request.fetch(offset, limit).await }.instrument(self.span.clone());
        Fetch { offset, task: AbortOnDropHandle::new(runtime.spawn(fetch)) }
    }

    /// Returns whether all requested rows before the offset `next` were fetched.
    fn is_at_end(&self) -> bool {
        let until = self.rows_left().map_or(i64::MAX, |rows| self.position.offset.saturating_add(rows));
        self.position.is_complete
            || self.is_begun() && (self.next >= until || self.position.total.is_some_and(|total| self.next >= total))
    }

    /// Returns whether a page was read, in this run or an earlier one.
    fn is_begun(&self) -> bool {
        self.page_rows.is_some() || self.position.is_begun()
    }

    /// Returns the offset of the next page to fetch. Returns `None` if there is none or it depends on pending pages.
    fn next_offset(&mut self, greatest: i64) -> Option<i64> {
        let offset = self.next;
        if self.is_at_end() || (self.is_begun() && offset > greatest) {
            return None;
        }
        match (self.page_rows, self.position.total) {
            (Some(rows), Some(_)) => self.next = offset.saturating_add(rows),
            // The first page is requested alone. Without a total, only the previous page shows whether another one
            // follows.
            _ if self.fetches.is_empty() => {}
            _ => return None,
        }
        Some(offset)
    }

    /// Checks a page against the previous pages. Unless it is inconsistent, advances the position and determines where
    /// the next page begins.
    fn validate(
        &mut self,
        offset: i64,
        page: Response<R::Page>,
        names: Pagination,
        limit: i64,
    ) -> Result<CheckedPage<R::Page>> {
        let stated = R::total(page.get_ref());
        let before = self.position.total;
        let items = match R::items(page.get_ref()) {
            Some(items) => items,
            None if stated == Some(0) => &[],
            // Some services end a list without a total in this way.
            None if self.is_begun() && before.is_none() && stated.is_none() => &[],
            None => {
                let request_id = page.request_id().map(str::to_owned);
                let error = Error::new(ErrorKind::Protocol, "the response has no list of rows").with_response(
                    page.status(),
                    None,
                    request_id,
                    &Bytes::new(),
                );
                return Err(at_page::<R>(offset, error));
            }
        };
        // From the first page that states a total, all pages must be consistent with it.
        let total = before.or(stated);
        let (decoded, rows) = count((offset, limit), &page, items.len(), total, names);
        if rows > limit {
            let message = format!("the response has {rows} rows, but {limit} were requested");
            return Err(at_page::<R>(offset, Error::new(ErrorKind::Protocol, message)));
        }
        let end = offset.saturating_add(rows);
        let page_rows = self.page_rows.unwrap_or(rows);
        let is_last = total.map_or(rows == 0, |total| end >= total);
        let keys: Vec<u64> =
            items.iter().filter_map(R::key).filter(|key| !key.is_empty()).map(|key| hash(key.as_bytes())).collect();
        let unique: HashSet<u64> = keys.iter().copied().collect();
        let repeated = unique.intersection(&self.keys).count();
        let body = if total.is_none() { vec![hash(page.body())] } else { Vec::new() };
        let change = match (total, stated) {
            (Some(before), Some(now)) if now != before && self.is_resumed => {
                Some(format!("the list changed between two runs: its total was {before} and is {now}"))
            }
            _ if repeated > 0 && self.is_resumed => {
                Some("the list changed between two runs: a row was returned twice".to_owned())
            }
            _ => None,
        };
        if let Some(message) = change {
            let error = Error::new(ErrorKind::Incomplete, message).with_operation(R::OPERATION.id);
            return Ok((page.with_next_offset(end), Some(error.with_hint("Read the list again from its start."))));
        }
        let inconsistency = match (total, stated) {
            (Some(total), Some(stated)) if stated != total => {
                Some(format!("the total changed from {total} to {stated} while the list was read"))
            }
            _ if repeated == 1 => Some("1 row is on two pages".to_owned()),
            _ if repeated > 0 => Some(format!("{repeated} rows are on two pages")),
            // Without keys and a total, only an identical body ends the listing of a service that ignores offsets.
            (None, _) if rows > 0 && !page.body().is_empty() && body == self.position.body.0 => {
                Some("the same page was returned twice".to_owned())
            }
            (Some(total), _) if rows == 0 && offset < total => {
                Some(format!("a page has no rows, although the total is {total}"))
            }
            // An offset at or beyond the end is consistent, as long as the page has no rows.
            (Some(total), _) if rows > 0 && end > total => {
                Some(format!("the pages have more rows than the total of {total}"))
            }
            // The offset of the next page was computed from the size of the first page.
            (Some(_), _) if rows > page_rows || (rows < page_rows && !is_last) => {
                Some(format!("a page has {rows} rows instead of {page_rows}"))
            }
            _ => None,
        };
        if let Some(message) = inconsistency {
            let error = Error::new(ErrorKind::Incomplete, message)
                .with_hint("The list changed while it was read, or the service omitted rows. Read it again.");
            return Ok((page.with_next_offset(end), Some(at_page::<R>(offset, error))));
        }
        // Without a total, only repeated keys end a listing whose pages repeat.
        if total.is_some() && self.keys.len().saturating_add(unique.len()) > MAX_COMPARED_ROWS {
            self.keys = unique;
        } else {
            self.keys.extend(unique);
        }
        self.page_rows = Some(page_rows);
        self.is_resumed = false;
        self.position.offset = end;
        self.position.rows = self.position.rows.saturating_add(u64::try_from(decoded).unwrap_or(0));
        self.position.total = total;
        self.position.is_complete = is_last;
        self.position.body.0 = body;
        self.position.append_keys(keys.into_iter());
        // With a total, later pages may already be in progress. Without one, each page determines the next offset.
        self.next = if total.is_some() { self.next.max(end) } else { end };
        Ok((page.with_next_offset(end), None))
    }
}

/// Returns the maximum of an integer parameter.
fn bound<R: Paged>(name: &str) -> Option<i64> {
    match R::OPERATION.parameter(name).map(|parameter| parameter.kind) {
        Some(ParameterType::Integer { maximum, .. }) => Some(maximum),
        _ => None,
    }
}

/// Returns the names for paging, and the number of rows per page.
fn page_size<R: Paged>(request: &R) -> Result<(Pagination, i64)> {
    let refuse = |message: String| Error::usage(message).with_operation(R::OPERATION.id);
    let names = R::OPERATION.pagination.ok_or_else(|| refuse("the operation does not have pages".to_owned()))?;
    // The quota counts requests, so the largest page size is used.
    let limit = request.page_size().or_else(|| R::OPERATION.page_default(names.limit)).unwrap_or_default();
    if limit < 1 {
        return Err(refuse(format!("invalid limit {limit}: a listing needs pages of at least 1 row")));
    }
    Ok((names, limit))
}

/// Returns the number of decoded rows and the number of rows sent by the service, which includes `null` rows.
fn count<P>(
    (offset, limit): (i64, i64),
    page: &Response<P>,
    decoded: usize,
    total: Option<i64>,
    names: Pagination,
) -> (i64, i64) {
    let decoded = i64::try_from(decoded).unwrap_or(i64::MAX);
    // A page that is full or reaches the total has no `null` rows, so its body need not be parsed again.
    let is_plausible = decoded == limit || total == Some(offset.saturating_add(decoded));
    let sent = if is_plausible { None } else { row_count(page.body(), names.items) };
    (decoded, sent.and_then(|sent| i64::try_from(sent).ok()).unwrap_or(decoded))
}

/// Adds the operation and the offset of the page to `error`.
fn at_page<R: Paged>(offset: i64, error: Error) -> Error {
    match error.kind() {
        // No request was sent, so the page is not relevant.
        ErrorKind::Usage => error,
        _ => error.with_operation(R::OPERATION.id).with_offset(offset),
    }
}
