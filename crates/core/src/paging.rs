//! Reading all pages of a listing: every row once, in order, with as few requests as there are pages.
//!
//! An operation that lists by offset and limit implements [`Paged`], which generated code does; [`pages`] and
//! [`stream`] do the rest. They stop at the total that each page states, so that no request is spent on finding
//! the end. If the rows do not add up to the total, they end with an error of [`ErrorKind::Incomplete`]. If the service
//! states no total, they read on until a page has no rows.
//!
//! The first page is fetched alone: it says how many rows there are, how many fit on a page, and that the credentials
//! are accepted. After it, as many pages are fetched at once as the caller allows and the quota has left. Each page
//! is fetched by a task of its own, so a reader may pause at any point for as long as it likes. Pages are handed out in
//! order. Dropping a stream aborts its tasks.
//!
//! [`ErrorKind::Incomplete`]: crate::Kind::Incomplete

mod listing;
mod row_count;
#[cfg(test)]
mod tests;

use std::future::Future;

use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};

use self::listing::Listing;
use crate::{Operation, Response, Result};

/// A request for a listing whose pages can be asked for one by one.
pub trait Paged: Clone + Send + Sync + 'static {
    /// One page, as the service answers it.
    type Page: Send + 'static;
    /// One row.
    type Item: Send + 'static;

    /// The operation, which must have [`pagination`](Operation::pagination).
    const OPERATION: &'static Operation;

    /// Offset of the first row wanted, if the caller set one.
    fn first_offset(&self) -> Option<i64>;

    /// Rows on a page, if the caller set a number.
    fn page_size(&self) -> Option<i64>;

    /// How many rows are wanted, if not all: no page is asked for that begins beyond them.
    fn wanted(&self) -> Option<i64>;

    /// Returns how many more pages may be fetched now, while `pending` pages are being fetched or wait for the reader: what
    /// the caller allows, and what the quota has left.
    fn remaining(&self, pending: usize) -> usize;

    /// Asks for one page.
    fn fetch(&self, offset: i64, limit: i64) -> impl Future<Output = Result<Response<Self::Page>>> + Send;

    /// Number of rows on all pages, as the page states it.
    fn total(page: &Self::Page) -> Option<i64>;

    /// The rows of the page; `None` where it has no list of them.
    fn items(page: &Self::Page) -> Option<&[Self::Item]>;

    /// The rows of the page, for keeps.
    fn into_items(page: Self::Page) -> Vec<Self::Item>;

    /// What tells a row from others, where rows have such a thing.
    fn key(item: &Self::Item) -> Option<&str>;
}

/// Returns all pages from the first offset on, one request each, in order. The stream ends after its first error.
///
/// Poll it within a Tokio runtime, which runs the tasks that fetch pages. Polling is cancel safe: a page that was
/// fetched while nothing polled the stream is handed out by the next poll.
pub fn pages<R: Paged>(request: R) -> BoxStream<'static, Result<Response<R::Page>>> {
    let listing = Listing::new(request);
    futures::stream::unfold(Some(listing), |listing| async {
        match listing? {
            Err(error) => Some((Err(error), None)),
            // An error is the last thing a listing says; what would follow it could look complete.
            Ok(mut listing) => match listing.next().await? {
                Err(error) => Some((Err(error), None)),
                Ok(page) => Some((Ok(page), Some(Ok(listing)))),
            },
        }
    })
    .boxed()
}

/// Returns all rows of all pages, or as many as are wanted, one by one. The stream ends after its first error.
///
/// Polling is cancel safe, as for [`pages`].
pub fn stream<R: Paged>(request: R) -> BoxStream<'static, Result<R::Item>> {
    let wanted = request.wanted().map_or(usize::MAX, |rows| usize::try_from(rows).unwrap_or(0));
    pages(request)
        .map_ok(|page| futures::stream::iter(R::into_items(page.into_inner()).into_iter().map(Ok)))
        .try_flatten()
        .take(wanted)
        .boxed()
}
