//! Reading all pages of a listing: every row once, in order, with as few requests as there are pages.
//!
//! An operation that lists by offset and limit implements [`Paged`], which generated code does; [`pages`] and
//! [`stream`] do the rest. They stop by the total that each page states, so that no request is spent on finding
//! the end, and they end with an error of [`Kind::Incomplete`] where the rows do not add up to it.
//!
//! The first page goes alone: it says how many rows there are and how many come at once, and that the credentials hold.
//! After it, as many pages are asked for at once as the caller wants and the quota has room for. They are handed out in
//! order, and no more than so many are held.

use std::collections::HashSet;
use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};

use futures::future::BoxFuture;
use futures::stream::{BoxStream, FuturesOrdered, StreamExt as _, TryStreamExt as _};

use crate::{Error, Kind, Operation, Response, Result};

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

    /// How many pages may be asked for at once, now: what the caller wants and the quota has room for.
    fn room(&self) -> usize;

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

/// All pages from the first offset on, one request each, in order. Ends after its first error.
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

/// All rows of all pages, or as many as are wanted, one by one. Ends after its first error.
pub fn stream<R: Paged>(request: R) -> BoxStream<'static, Result<R::Item>> {
    let wanted = request.wanted().map_or(usize::MAX, |rows| usize::try_from(rows).unwrap_or(0));
    pages(request)
        .map_ok(|page| futures::stream::iter(R::into_items(page.into_inner()).into_iter().map(Ok)))
        .try_flatten()
        .take(wanted)
        .boxed()
}

/// A page that is asked for: its offset, and the answer to come.
type Fetch<P> = BoxFuture<'static, (i64, Result<Response<P>>)>;

/// A listing being read.
struct Listing<R: Paged> {
    request: R,
    limit: i64,
    /// Offset of the next page to ask for, the first that is not wanted, and the greatest that can be asked for.
    next: i64,
    until: i64,
    last: i64,
    /// Pages asked for and not handed out yet, in order.
    fetches: FuturesOrdered<Fetch<R::Page>>,
    /// What the first page said.
    first: Option<First>,
    /// Keys of the rows of the page before, hashed.
    keys: HashSet<u64>,
    hasher: RandomState,
    /// What is wrong with the whole, though each page came.
    doubt: Option<Error>,
}

#[derive(Clone, Copy)]
struct First {
    total: Option<i64>,
    rows: i64,
}

impl<R: Paged> Listing<R> {
    fn new(request: R) -> Result<Self> {
        let bound = |name| match R::OPERATION.parameter(name).map(|parameter| parameter.kind) {
            Some(crate::operation::Kind::Integer { maximum, .. }) => Some(maximum),
            _ => None,
        };
        let names = R::OPERATION
            .pagination
            .ok_or_else(|| Error::usage("the operation does not list by pages").in_operation(R::OPERATION.id))?;
        // The quota counts requests, so the page is as large as the service allows.
        let limit = request.page_size().or_else(|| bound(names.limit)).unwrap_or(100);
        let next = request.first_offset().unwrap_or(0);
        Ok(Self {
            limit,
            next,
            until: request.wanted().map_or(i64::MAX, |rows| next.saturating_add(rows)),
            last: bound(names.offset).unwrap_or(i64::MAX),
            request,
            fetches: FuturesOrdered::new(),
            first: None,
            keys: HashSet::new(),
            hasher: RandomState::new(),
            doubt: None,
        })
    }

    /// The next page; `None` after the last.
    async fn next(&mut self) -> Option<Result<Response<R::Page>>> {
        while self.fetches.is_empty() || self.fetches.len() < self.request.room() {
            if !self.ask() {
                break;
            }
        }
        match self.fetches.next().await {
            Some((offset, Ok(page))) => Some(self.judge(offset, page)),
            Some((offset, Err(error))) => Some(Err(place::<R>(offset, error))),
            None => self.doubt.take().map(Err),
        }
    }

    /// Asks for one more page, if there is one.
    fn ask(&mut self) -> bool {
        let offset = self.next;
        self.next = match self.first {
            None if !self.fetches.is_empty() => return false,
            None => offset,
            // Without a total, only the page before tells whether there is one more.
            Some(First { total: None, .. }) if !self.fetches.is_empty() => return false,
            Some(First { total, .. }) if total.is_some_and(|total| offset >= total) => return false,
            Some(_) if offset >= self.until => return false,
            Some(_) if offset > self.last => {
                let message = format!("there are more rows, but the service lists none from offset {} on", self.last);
                let error = Error::new(Kind::Incomplete, message).remedy("Narrow the list down with a filter.");
                self.doubt.get_or_insert(place::<R>(offset, error));
                return false;
            }
            Some(First { rows, .. }) => offset.saturating_add(rows),
        };
        let (request, limit) = (self.request.clone(), self.limit);
        self.fetches.push_back(Box::pin(async move { (offset, request.fetch(offset, limit).await) }));
        true
    }

    /// Takes note of a page: what it says of the whole, and what comes after it.
    fn judge(&mut self, offset: i64, page: Response<R::Page>) -> Result<Response<R::Page>> {
        let total = R::total(&page);
        let items = match R::items(&page) {
            Some(items) => items,
            None if total == Some(0) => &[],
            None => {
                let request_id = page.request_id().map(str::to_owned);
                let error = Error::new(Kind::Protocol, "the answer has no list of rows").answered(
                    page.status(),
                    None,
                    request_id,
                    &bytes::Bytes::new(),
                );
                return Err(place::<R>(offset, error));
            }
        };
        let rows = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let end = offset.saturating_add(rows);
        let first = *self.first.get_or_insert(First { total, rows });
        let is_last = total.map_or(rows < self.limit, |total| end >= total);
        let keys: HashSet<u64> = items.iter().filter_map(R::key).map(|key| self.hasher.hash_one(key)).collect();
        let again = keys.intersection(&self.keys).count();
        let doubt = if let (Some(total), Some(first)) = (total, first.total)
            && total != first
        {
            Some(format!("the total changed from {first} to {total} while the list was read"))
        } else if again > 0 {
            Some(format!("{again} rows came on two pages"))
        } else if let Some(total) = total.filter(|total| rows == 0 && offset < *total) {
            Some(format!("a page without rows, though {total} are said to be there"))
        } else if let Some(total) = total.filter(|total| rows > 0 && end > *total) {
            // An offset at or past the end is no contradiction, as long as it brings no rows.
            Some(format!("more rows than the total of {total}"))
        } else if rows < first.rows && !is_last {
            Some(format!("a page of {rows} rows among pages of {}", first.rows))
        } else {
            None
        };
        self.keys = keys;
        match doubt {
            // Reading on would bring rows that cannot make the whole complete.
            Some(message) => {
                self.next = i64::MAX;
                self.first = Some(First { total: Some(0), ..first });
                self.fetches = FuturesOrdered::new();
                let error = Error::new(Kind::Incomplete, message)
                    .remedy("The list changed while it was read, or the service left rows out. Read it again.");
                self.doubt.get_or_insert(place::<R>(offset, error));
            }
            None if is_last => self.first = Some(First { total: Some(0), ..first }),
            // The first page alone has shown how many rows come at once.
            None => self.next = self.next.max(end),
        }
        Ok(page)
    }
}

fn place<R: Paged>(offset: i64, error: Error) -> Error {
    match error.kind() {
        // Nothing was sent, so no page has anything to do with it.
        Kind::Usage => error,
        _ => error.in_operation(R::OPERATION.id).at_offset(offset),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::operation::{EXAMPLE, Location, Parameter};

    const fn parameter(name: &'static str, minimum: i64, maximum: i64) -> Parameter {
        Parameter {
            name,
            location: Location::Query,
            required: false,
            description: "",
            kind: crate::operation::Kind::Integer { minimum, maximum },
            repeated: false,
            default: None,
            setting: None,
        }
    }

    static LIST: Operation =
        Operation { parameters: &[parameter("limit", 10, 200), parameter("offset", 0, 10_000)], ..EXAMPLE };

    type Page = (Option<i64>, Option<Vec<String>>);
    type Answer = Box<dyn Fn(i64, i64) -> (Option<i64>, Option<Vec<i64>>) + Send + Sync>;

    /// A listing whose pages a closure makes, and which keeps what it was asked for.
    #[derive(Clone)]
    struct Rows {
        answer: Arc<Answer>,
        size: Option<i64>,
        room: usize,
        wanted: Option<i64>,
        asked: Arc<Mutex<Vec<(i64, i64)>>>,
    }

    impl Rows {
        fn new(answer: impl Fn(i64, i64) -> (Option<i64>, Option<Vec<i64>>) + Send + Sync + 'static) -> Self {
            Self { answer: Arc::new(Box::new(answer)), size: None, room: 1, wanted: None, asked: Arc::default() }
        }

        /// A well-behaved list of so many rows.
        fn of(count: i64) -> Self {
            Self::new(move |offset, limit| {
                (Some(count), Some((offset.min(count)..(offset + limit).min(count)).collect()))
            })
        }

        fn with_page_size(mut self, size: i64) -> Self {
            self.size = Some(size);
            self
        }

        fn with_room(mut self, room: usize) -> Self {
            self.room = room;
            self
        }

        async fn read(&self) -> (Vec<i64>, Option<Error>) {
            let mut rows = Vec::new();
            let mut stream = stream(self.clone());
            loop {
                match stream.next().await {
                    Some(Ok(row)) => rows.push(row.parse().unwrap()),
                    Some(Err(error)) => {
                        assert!(stream.next().await.is_none(), "nothing follows an error");
                        return (rows, Some(error));
                    }
                    None => return (rows, None),
                }
            }
        }
    }

    impl Paged for Rows {
        type Page = Page;
        type Item = String;
        const OPERATION: &'static Operation = &LIST;

        fn first_offset(&self) -> Option<i64> {
            None
        }

        fn page_size(&self) -> Option<i64> {
            self.size
        }

        fn wanted(&self) -> Option<i64> {
            self.wanted
        }

        fn room(&self) -> usize {
            self.room
        }

        async fn fetch(&self, offset: i64, limit: i64) -> Result<Response<Page>> {
            self.asked.lock().unwrap().push((offset, limit));
            // Later pages are answered sooner.
            for _ in 0..(1000 - offset / limit.max(1)).clamp(0, 20) {
                tokio::task::yield_now().await;
            }
            let (total, rows) = (self.answer)(offset, limit);
            let rows = rows.map(|rows| rows.iter().map(ToString::to_string).collect());
            Ok(Response::new((total, rows), 200, None))
        }

        fn total(page: &Page) -> Option<i64> {
            page.0
        }

        fn items(page: &Page) -> Option<&[String]> {
            page.1.as_deref()
        }

        fn into_items(page: Page) -> Vec<String> {
            page.1.unwrap_or_default()
        }

        fn key(item: &String) -> Option<&str> {
            Some(item)
        }
    }

    #[tokio::test]
    async fn pages_ahead_are_bounded_and_in_order() {
        for room in [0, 1, 2, 4, 100] {
            let rows = Rows::of(450).with_page_size(10).with_room(room);
            let (read, error) = rows.read().await;
            assert!(error.is_none());
            assert_eq!(read, (0..450).collect::<Vec<_>>());
            let asked: Vec<_> = rows.asked.lock().unwrap().iter().map(|(offset, _)| *offset).collect();
            assert_eq!(asked, (0..450).step_by(10).collect::<Vec<_>>(), "each page once, the first one first");
        }
        let rows = Rows::of(450).with_page_size(10).with_room(4);
        let mut pages = pages(rows.clone());
        pages.next().await.unwrap().unwrap();
        assert_eq!(rows.asked.lock().unwrap().len(), 1, "the first page goes alone");
        pages.next().await.unwrap().unwrap();
        assert_eq!(rows.asked.lock().unwrap().len(), 5, "and four after it, though nobody has asked for them yet");
    }

    #[tokio::test]
    async fn no_page_is_asked_for_that_is_not_wanted() {
        for (wanted, asked) in [(1, 1), (10, 1), (11, 2), (20, 2), (21, 3), (1000, 45)] {
            let mut rows = Rows::of(450).with_page_size(10).with_room(8);
            rows.wanted = Some(wanted);
            let (read, error) = rows.read().await;
            assert!(error.is_none());
            assert_eq!(read, (0..wanted.min(450)).collect::<Vec<_>>());
            assert_eq!(rows.asked.lock().unwrap().len(), asked, "{wanted}");
        }
    }

    #[tokio::test]
    async fn a_service_with_smaller_pages_is_read_whole() {
        let rows = Rows::new(|offset, _| (Some(450), Some((offset..(offset + 100).min(450)).collect()))).with_room(4);
        let (read, error) = rows.read().await;
        assert!(error.is_none());
        assert_eq!(read, (0..450).collect::<Vec<_>>());
        assert_eq!(rows.asked.lock().unwrap().len(), 5);
    }

    #[tokio::test]
    async fn bc_43_rows_that_come_twice_are_not_a_whole_list() {
        let shifted = |offset: i64, limit: i64| {
            let shift = if offset == 0 { 0 } else { 3 };
            (Some(30), Some(((offset - shift)..(offset - shift + limit).min(30 - shift)).collect()))
        };
        let (_, error) = Rows::new(shifted).with_page_size(10).read().await;
        let error = error.unwrap();
        assert_eq!((error.kind(), error.message()), (Kind::Incomplete, "3 rows came on two pages"));
        // A service that ignores the offset would else be read until the total is reached.
        let (_, error) = Rows::new(|_, limit| (Some(450), Some((0..limit).collect()))).read().await;
        assert_eq!(error.unwrap().message(), "200 rows came on two pages");
    }

    #[tokio::test]
    async fn what_lies_beyond_the_greatest_offset_is_missed_not_asked_for() {
        let (read, error) = Rows::of(20_000).with_room(8).read().await;
        assert_eq!((read.len(), error.unwrap().kind()), (10_200, Kind::Incomplete));
    }

    #[tokio::test]
    async fn bc_39_bc_40_every_row_once_and_no_page_twice() {
        for (count, size, asked) in [
            (450, None, vec![(0, 200), (200, 200), (400, 200)]),
            (0, None, vec![(0, 200)]),
            (200, None, vec![(0, 200)]),
            (23, Some(10), vec![(0, 10), (10, 10), (20, 10)]),
            (20, Some(10), vec![(0, 10), (10, 10)]),
        ] {
            let mut rows = Rows::of(count);
            rows.size = size;
            let (read, error) = rows.read().await;
            assert!(error.is_none());
            assert_eq!(read, (0..count).collect::<Vec<_>>());
            assert_eq!(*rows.asked.lock().unwrap(), asked);
        }
    }

    #[tokio::test]
    async fn bc_43_a_total_that_changes_is_not_a_whole_list() {
        let rows = Rows::new(|offset, limit| {
            let count = if offset == 0 { 30 } else { 27 };
            (Some(count), Some((offset..(offset + limit).min(count)).collect()))
        })
        .with_page_size(10);
        let (_, error) = rows.read().await;
        let error = error.unwrap();
        assert_eq!((error.kind(), error.offset()), (Kind::Incomplete, Some(10)));
    }

    #[tokio::test]
    async fn rows_that_do_not_add_up_to_the_total_are_an_error() {
        let answers: [(Rows, Kind); 4] = [
            (Rows::new(|_, _| (Some(1), Some(vec![]))), Kind::Incomplete),
            (Rows::new(|_, _| (Some(1), Some(vec![1, 2]))), Kind::Incomplete),
            (Rows::new(|_, _| (Some(1), None)), Kind::Protocol),
            (Rows::new(|_, _| (None, None)), Kind::Protocol),
        ];
        for (rows, kind) in answers {
            assert_eq!(rows.read().await.1.unwrap().kind(), kind);
        }
    }

    #[tokio::test]
    async fn a_list_of_nothing_may_be_absent() {
        assert!(Rows::new(|_, _| (Some(0), None)).read().await.1.is_none());
    }

    #[tokio::test]
    async fn without_a_total_a_page_that_is_not_full_is_the_last() {
        let rows =
            Rows::new(|offset, limit| (None, Some((offset..(offset + limit).min(25)).collect()))).with_page_size(10);
        let (read, error) = rows.read().await;
        assert!(error.is_none());
        assert_eq!(read.len(), 25);
        assert_eq!(rows.asked.lock().unwrap().len(), 3);
    }
}
