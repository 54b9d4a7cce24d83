//! Reads a listing: decides which page to fetch next, and checks whether the pages are consistent.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use super::Paged;
use super::row_count::row_count;
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
    names: Pagination,
    limit: i64,
    /// The offset of the next page to fetch.
    next: i64,
    /// The offset at which the requested rows end.
    until: i64,
    /// The maximum offset that the service accepts.
    greatest: i64,
    /// Pages that are being fetched or wait for the reader, in order.
    fetches: VecDeque<Fetch<R::Page>>,
    /// The total and the number of rows on the first page.
    first: Option<First>,
    /// Whether the last page has been read.
    is_done: bool,
    /// Hashes of the row keys of previous pages: all in a listing without a total, otherwise of at most [`MAX_COMPARED_ROWS`]
    /// rows or one page.
    keys: HashSet<u64>,
    hasher: RandomState,
    /// The body of the previous page in a listing without a total.
    body: Bytes,
    /// The inconsistency between pages that were each read successfully.
    inconsistency: Option<Error>,
}

#[derive(Clone, Copy)]
struct First {
    total: Option<i64>,
    rows: i64,
}

impl<R: Paged> Listing<R> {
    /// Prepares to read the listing. Sends no request.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`] if the operation has no pagination, or the page size is less than 1.
    pub(super) fn new(request: R) -> Result<Self> {
        let bound = |name| match R::OPERATION.parameter(name).map(|parameter| parameter.kind) {
            Some(ParameterType::Integer { maximum, .. }) => Some(maximum),
            _ => None,
        };
        let names = R::OPERATION
            .pagination
            .ok_or_else(|| Error::usage("the operation does not have pages").with_operation(R::OPERATION.id))?;
        let next = request.first_offset().unwrap_or(0);
        // The quota counts requests, so the largest page size is used.
        let limit = request.page_size().or_else(|| bound(names.limit)).unwrap_or(100);
        if limit < 1 {
            let message = format!("invalid limit {limit}: a listing needs pages of at least 1 row");
            return Err(Error::usage(message).with_operation(R::OPERATION.id));
        }
        Ok(Self {
            names,
            limit,
            next,
            until: request.row_limit().map_or(i64::MAX, |rows| next.saturating_add(rows)),
            greatest: bound(names.offset).unwrap_or(i64::MAX),
            request,
            fetches: VecDeque::new(),
            first: None,
            is_done: false,
            keys: HashSet::new(),
            hasher: RandomState::new(),
            body: Bytes::new(),
            inconsistency: None,
        })
    }

    /// Returns the next page, or `None` after the last.
    pub(super) async fn next(&mut self) -> Option<Result<Response<R::Page>>> {
        let Ok(runtime) = Handle::try_current() else {
            let error = Error::usage("cannot read a listing outside of a Tokio runtime");
            return Some(Err(error.with_operation(R::OPERATION.id)));
        };
        // Evaluated once, since each task takes its share of the quota as soon as it runs.
        let remaining = self.request.remaining(self.fetches.len()).max(usize::from(self.fetches.is_empty()));
        for _ in 0..remaining {
            let Some(offset) = self.next_offset() else { break };
            let (request, limit) = (self.request.clone(), self.limit);
            let fetch = async move { request.fetch(offset, limit).await }.in_current_span();
            self.fetches.push_back(Fetch { offset, task: AbortOnDropHandle::new(runtime.spawn(fetch)) });
        }
        let Some(Fetch { offset, task }) = self.fetches.pop_front() else {
            return self.inconsistency.take().map(Err);
        };
        let page = task.await.unwrap_or_else(|stopped| {
            Err(Error::new(ErrorKind::Connection, "the task that fetches the page was stopped").with_cause(stopped))
        });
        Some(match page {
            Ok(page) => self.validate(offset, page),
            Err(error) => Err(at_page::<R>(offset, error)),
        })
    }

    /// Returns the offset of the next page to fetch. Returns `None` if there is none or it depends on pending pages.
    fn next_offset(&mut self) -> Option<i64> {
        let offset = self.next;
        match self.first {
            _ if self.is_done => return None,
            None if self.fetches.is_empty() => {}
            None => return None,
            // Without a total, only the previous page shows whether another one follows.
            Some(First { total: None, .. }) if !self.fetches.is_empty() => return None,
            Some(First { total: Some(total), .. }) if offset >= total => return None,
            Some(_) if offset >= self.until => return None,
            Some(_) if offset > self.greatest => {
                let message =
                    format!("the service reports more rows, but returns none from offset {} on", self.greatest);
                let error = Error::new(ErrorKind::Incomplete, message).with_hint("Use a filter to list fewer rows.");
                self.inconsistency.get_or_insert(at_page::<R>(offset, error));
                return None;
            }
            Some(First { rows, .. }) => self.next = offset.saturating_add(rows),
        }
        Some(offset)
    }

    /// Checks a page against the previous pages and determines where the next page begins.
    fn validate(&mut self, offset: i64, page: Response<R::Page>) -> Result<Response<R::Page>> {
        let stated = R::total(page.get_ref());
        let items = match R::items(page.get_ref()) {
            Some(items) => items,
            None if stated == Some(0) => &[],
            // Some services end a list without a total in this way.
            None if self.first.is_some_and(|first| first.total.is_none()) && stated.is_none() => &[],
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
        let total = self.first.and_then(|first| first.total).or(stated);
        let (decoded, rows) = self.count(offset, &page, items.len(), total);
        if rows > self.limit {
            let message = format!("the response has {rows} rows, but {} were requested", self.limit);
            return Err(at_page::<R>(offset, Error::new(ErrorKind::Protocol, message)));
        }
        let end = offset.saturating_add(rows);
        let first = self.first.get_or_insert(First { total, rows });
        // From the first page that states a total, all pages must be consistent with it.
        first.total = total;
        let first = *first;
        let is_last = total.map_or(rows == 0, |total| end >= total);
        let keys: HashSet<u64> = items
            .iter()
            .filter_map(R::key)
            .filter(|key| !key.is_empty())
            .map(|key| self.hasher.hash_one(key))
            .collect();
        let repeated = keys.intersection(&self.keys).count();
        // Without a total, only repeated keys end a listing whose pages repeat.
        if total.is_some() && self.keys.len().saturating_add(keys.len()) > MAX_COMPARED_ROWS {
            self.keys = keys;
        } else {
            self.keys.extend(keys);
        }
        let inconsistency = match (total, stated) {
            (Some(total), Some(stated)) if stated != total => {
                Some(format!("the total changed from {total} to {stated} while the list was read"))
            }
            _ if repeated == 1 => Some("1 row is on two pages".to_owned()),
            _ if repeated > 0 => Some(format!("{repeated} rows are on two pages")),
            // Without keys and a total, only an identical body ends the listing of a service that ignores offsets.
            (None, _) if rows > 0 && !self.body.is_empty() && self.body == page.body() => {
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
            (Some(_), _) if rows > first.rows || (rows < first.rows && !is_last) => {
                Some(format!("a page has {rows} rows instead of {}", first.rows))
            }
            _ => None,
        };
        if total.is_none() {
            self.body = page.body().clone();
        }
        if let Some(message) = inconsistency {
            // Further pages cannot make the listing complete.
            self.fetches.clear();
            self.is_done = true;
            let error = Error::new(ErrorKind::Incomplete, message)
                .with_hint("The list changed while it was read, or the service omitted rows. Read it again.");
            self.inconsistency.get_or_insert(at_page::<R>(offset, error));
        } else if is_last {
            self.is_done = true;
        } else {
            // With a total, later pages may already be in progress. Without one, each page determines the next offset.
            self.next = if total.is_some() { self.next.max(end) } else { end };
            self.until = self.until.saturating_add(rows - decoded);
        }
        Ok(page.with_next_offset(end))
    }

    /// Returns the number of decoded rows and the number of rows sent by the service, which includes `null` rows.
    fn count(&self, offset: i64, page: &Response<R::Page>, decoded: usize, total: Option<i64>) -> (i64, i64) {
        let decoded = i64::try_from(decoded).unwrap_or(i64::MAX);
        // A page that is full or reaches the total has no `null` rows, so its body need not be parsed again.
        let is_plausible = decoded == self.limit || total == Some(offset.saturating_add(decoded));
        let sent = if is_plausible { None } else { row_count(page.body(), self.names.items) };
        (decoded, sent.and_then(|sent| i64::try_from(sent).ok()).unwrap_or(decoded))
    }
}

/// Adds the operation and the offset of the page to `error`.
fn at_page<R: Paged>(offset: i64, error: Error) -> Error {
    match error.kind() {
        // No request was sent, so the page is not relevant.
        ErrorKind::Usage => error,
        _ => error.with_operation(R::OPERATION.id).with_offset(offset),
    }
}
