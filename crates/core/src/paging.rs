//! Reads all pages of a listing: every row once, in order, with one request per page.
//!
//! An operation that lists by offset and limit implements [`Paged`], which is generated. [`pages`] and [`stream`] read
//! the pages. A [`Pager`] reads them with a [`Position`] after each, from which another run of the program can continue.
//! They stop at the total that each page states, so no request is needed to find the end. If the rows do not
//! add up to the total, they end with an error of [`ErrorKind::Incomplete`]. If the service states no total, they
//! continue until a page has no rows.
//!
//! The first page is requested alone. It states the total and the page size, and proves that the credentials are
//! accepted. Then as many pages are requested at once as the caller and the remaining quota allow. Each page is fetched
//! by a separate task, so a reader may pause at any point. Pages are returned in order. Dropping a stream aborts its
//! tasks.
//!
//! [`ErrorKind::Incomplete`]: crate::ErrorKind::Incomplete

mod hashes;
mod listing;
mod pager;
mod position;
mod row_count;
#[cfg(test)]
mod tests;

use std::future::Future;

use futures::stream::BoxStream;

pub use self::pager::Pager;
pub use self::position::Position;
use crate::{Arguments, Operation, Response, Result};

/// A request for a listing whose pages can be requested separately.
pub trait Paged: Clone + Send + Sync + 'static {
    /// One page, as the service returns it.
    type Page: Send + 'static;
    /// One row.
    type Item: Send + 'static;

    /// The operation, which must have [`pagination`](Operation::pagination).
    const OPERATION: &'static Operation;

    /// Returns the offset of the first row, if the caller set one.
    fn first_offset(&self) -> Option<i64>;

    /// Returns the number of rows per page, if the caller set one.
    fn page_size(&self) -> Option<i64>;

    /// Returns all arguments except offset and limit. They identify the listing.
    fn filters(&self) -> Arguments;

    /// Returns the maximum number of rows, if the caller set one. Pages beyond it are not requested.
    fn row_limit(&self) -> Option<i64>;

    /// Returns how many more pages may be fetched now, while `pending` pages are being fetched or wait for the reader.
    /// The limits are the concurrency of the caller and the remaining quota.
    fn remaining(&self, pending: usize) -> usize;

    /// Requests one page.
    fn fetch(&self, offset: i64, limit: i64) -> impl Future<Output = Result<Response<Self::Page>>> + Send;

    /// Returns the total number of rows that the page states.
    fn total(page: &Self::Page) -> Option<i64>;

    /// Returns the rows of the page, or `None` if it has no list of rows.
    fn items(page: &Self::Page) -> Option<&[Self::Item]>;

    /// Converts the page to its rows.
    fn into_items(page: Self::Page) -> Vec<Self::Item>;

    /// Returns the key that identifies a row, if rows have one.
    fn key(item: &Self::Item) -> Option<&str>;
}

/// Returns all pages from the first offset on, in order, with one request each. The stream ends after its first error.
///
/// Poll it within a Tokio runtime, which runs the tasks that fetch pages. Polling is cancel safe: the next poll returns
/// a page that was fetched in the meantime.
pub fn pages<R: Paged>(request: R) -> BoxStream<'static, Result<Response<R::Page>>> {
    Pager::new(request).pages()
}

/// Returns all rows of all pages, or the maximum number that the request sets. The stream ends after its first error.
///
/// Polling is cancel safe, as for [`pages`].
pub fn stream<R: Paged>(request: R) -> BoxStream<'static, Result<R::Item>> {
    Pager::new(request).stream()
}
