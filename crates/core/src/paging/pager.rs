//! Reads a listing page by page, with a position from which it can be resumed.

use std::fmt;

use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};

use super::listing::Listing;
use super::{Paged, Position};
use crate::{Error, Response, Result};

/// Reads a listing page by page. Later pages are prefetched as for [`pages`](super::pages).
///
/// After each page, [`position`](Self::position) describes the rows that were returned so far. A program that saves
/// it can [`resume`](Self::resume) the listing later, and reads each row once.
///
/// ```
/// # use huaweicloud_core::paging::{Paged, Pager};
/// # async fn example<R: Paged>(request: R) -> Result<(), Box<dyn std::error::Error>> {
/// let mut pager = Pager::new(request);
/// while let Some(page) = pager.next().await? {
///     // Process the page first, then save the position.
///     let saved = serde_json::to_string(&pager.position())?;
/// }
/// # Ok(())
/// # }
/// ```
pub struct Pager<R: Paged>(Listing<R>);

impl<R: Paged> Pager<R> {
    /// Creates a pager that starts at the offset of the request. Sends no request.
    pub fn new(request: R) -> Self {
        let position = Position::start(&request);
        Self(Listing::new(request, position, false))
    }

    /// Creates a pager that continues after `position`. Sends no request.
    ///
    /// The position replaces the offset of the request. The page size may differ from that of the earlier run. The
    /// maximum number of rows, if the request has one, includes the rows before the position.
    ///
    /// The first page is checked against the rows before the position: [`next`](Self::next) fails with
    /// [`ErrorKind::Incomplete`](crate::ErrorKind::Incomplete) if the total has changed, or if the page contains one of
    /// the last 256 rows before the position.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the position belongs to another operation, to other
    /// filters, or to a newer version of the library, or if its numbers are invalid.
    pub fn resume(request: R, position: Position) -> Result<Self> {
        position.check(&request)?;
        Ok(Self(Listing::new(request, position, true)))
    }

    /// Returns the next page, or `None` after the last one.
    ///
    /// # Errors
    ///
    /// Returns the error of the request for the page. Returns [`ErrorKind::Incomplete`](crate::ErrorKind::Incomplete)
    /// if the page is inconsistent with the pages before it. Such a page is not returned. Returns
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) outside of a Tokio runtime.
    ///
    /// After an error, the next call requests the same page again. Prefetched pages are requested again only after an
    /// invalid or inconsistent page.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no page: the next call returns it.
    pub async fn next(&mut self) -> Result<Option<Response<R::Page>>> {
        match self.0.next().await? {
            Some((_, Some(inconsistency))) => Err(inconsistency),
            Some((page, None)) => Ok(Some(page)),
            None => Ok(None),
        }
    }

    /// Returns the position after the pages that were returned. Prefetched pages do not count.
    #[must_use]
    pub fn position(&self) -> Position {
        self.0.position().clone()
    }

    /// Returns the remaining pages. The stream ends after its first error. Unlike [`next`](Self::next), it returns a
    /// page that is inconsistent with the pages before it, and then the error.
    #[must_use]
    pub fn pages(self) -> BoxStream<'static, Result<Response<R::Page>>> {
        futures::stream::unfold(State::Reading(Box::new(self.0)), |state| async {
            let mut listing = match state {
                State::Reading(listing) => listing,
                State::Failed(error) => return Some((Err(error), State::Ended)),
                State::Ended => return None,
            };
            match listing.next().await {
                // The stream ends after an error: further pages could make the listing look complete.
                Err(error) => Some((Err(error), State::Ended)),
                Ok(Some((page, Some(inconsistency)))) => Some((Ok(page), State::Failed(inconsistency))),
                Ok(Some((page, None))) => Some((Ok(page), State::Reading(listing))),
                Ok(None) => None,
            }
        })
        .boxed()
    }

    /// Returns the remaining rows, up to the maximum number that the request sets. The stream ends after its first
    /// error.
    #[must_use]
    pub fn stream(self) -> BoxStream<'static, Result<R::Item>> {
        let rows_left = self.0.rows_left().map_or(usize::MAX, |rows| usize::try_from(rows).unwrap_or(0));
        self.pages()
            .map_ok(|page| futures::stream::iter(R::into_items(page.into_inner()).into_iter().map(Ok)))
            .try_flatten()
            .take(rows_left)
            .boxed()
    }
}

impl<R: Paged> fmt::Debug for Pager<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager").field("position", self.0.position()).finish_non_exhaustive()
    }
}

/// The state of a stream of pages.
enum State<R: Paged> {
    Reading(Box<Listing<R>>),
    /// The last page was returned, and this error follows.
    Failed(Error),
    Ended,
}
