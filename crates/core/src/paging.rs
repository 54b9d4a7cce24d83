//! Reading all pages of a listing: every row once, in order, with as few requests as there are pages.
//!
//! An operation that lists by offset and limit implements [`Paged`], which generated code does; [`pages`] and
//! [`stream`] do the rest. They stop by the total that each page states, so that no request is spent on finding
//! the end, and they end with an error of [`Kind::Incomplete`] where the rows do not add up to it.

use std::future::Future;

use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};

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

    /// Asks for one page.
    fn fetch(&self, offset: i64, limit: i64) -> impl Future<Output = Result<Response<Self::Page>>> + Send;

    /// Number of rows on all pages, as the page states it.
    fn total(page: &Self::Page) -> Option<i64>;

    /// Number of rows on the page; `None` where the page has no list of rows.
    fn len(page: &Self::Page) -> Option<usize>;

    /// The rows of the page.
    fn into_items(page: Self::Page) -> Vec<Self::Item>;
}

/// All pages from the first offset on, one request each, in order. Ends after its first error.
pub fn pages<R: Paged>(request: R) -> BoxStream<'static, Result<Response<R::Page>>> {
    let cursor = Cursor::new(&request);
    let state = cursor.map(|cursor| (request, cursor));
    futures::stream::unfold(Some(state), |state| async {
        match state? {
            Err(error) => Some((Err(error), None)),
            Ok((request, cursor)) => {
                let (outcome, next) = step(&request, cursor).await;
                // An error is the last thing a listing says; what would follow it could look complete.
                let next = next.filter(|_| outcome.is_ok()).map(|cursor| cursor.map(|cursor| (request, cursor)));
                Some((outcome, next))
            }
        }
    })
    .boxed()
}

/// All rows of all pages, one by one. Ends after its first error.
pub fn stream<R: Paged>(request: R) -> BoxStream<'static, Result<R::Item>> {
    pages(request)
        .map_ok(|page| futures::stream::iter(R::into_items(page.into_inner()).into_iter().map(Ok)))
        .try_flatten()
        .boxed()
}

/// Where a listing stands.
struct Cursor {
    offset: i64,
    limit: i64,
    /// The total that the first page stated.
    total: Option<i64>,
}

impl Cursor {
    fn new<R: Paged>(request: &R) -> Result<Self> {
        let bound = |name| match R::OPERATION.parameter(name).map(|parameter| parameter.kind) {
            Some(crate::operation::Kind::Integer { maximum, .. }) => Some(maximum),
            _ => None,
        };
        let names = R::OPERATION
            .pagination
            .ok_or_else(|| Error::usage("the operation does not list by pages").in_operation(R::OPERATION.id))?;
        // The quota counts requests, so the page is as large as the service allows.
        let limit = request.page_size().or_else(|| bound(names.limit)).unwrap_or(100);
        Ok(Self { offset: request.first_offset().unwrap_or(0), limit, total: None })
    }
}

/// Fetches the page at the cursor. The second value is what comes next: nothing after the last page, a cursor
/// after any other, or an error that only shows once the page has been handed out.
async fn step<R: Paged>(request: &R, cursor: Cursor) -> (Result<Response<R::Page>>, Option<Result<Cursor>>) {
    let Cursor { offset, limit, total: first_total } = cursor;
    let place = |error: Error| match error.kind() {
        // Nothing was sent, so no page has anything to do with it.
        Kind::Usage => error,
        _ => error.in_operation(R::OPERATION.id).at_offset(offset),
    };
    let page = match request.fetch(offset, limit).await.map_err(place) {
        Ok(page) => page,
        Err(error) => return (Err(error), None),
    };
    let Some(rows) = R::len(&page).or(R::total(&page).filter(|total| *total == 0).map(|_| 0)) else {
        let error = Error::new(Kind::Protocol, "the answer has no list of rows").answered(
            page.status(),
            None,
            page.request_id().map(str::to_owned),
            &bytes::Bytes::new(),
        );
        return (Err(place(error)), None);
    };
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    let next = offset.saturating_add(rows);
    let incomplete = |message: String| {
        let error = Error::new(Kind::Incomplete, message)
            .remedy("The list changed while it was read, or the service left rows out. Read it again.");
        Some(Err(place(error)))
    };
    let following = match (R::total(&page), first_total) {
        (Some(total), Some(first)) if total != first => {
            incomplete(format!("the total changed from {first} to {total} while the list was read"))
        }
        (Some(total), _) if rows == 0 && offset < total => {
            incomplete(format!("a page without rows, though {total} are said to be there"))
        }
        // An offset at or past the end is no contradiction, as long as it brings no rows.
        (Some(total), _) if rows > 0 && next > total => incomplete(format!("more rows than the total of {total}")),
        (Some(total), _) if next >= total => None,
        // Without a total, only a page that is not full shows the end.
        (None, _) if rows < limit => None,
        (total, first) => Some(Ok(Cursor { offset: next, limit, total: first.or(total) })),
    };
    (Ok(page), following)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::operation::{Location, Pagination, Parameter, Success};

    const LIMIT: Parameter = Parameter {
        name: "limit",
        location: Location::Query,
        required: false,
        description: "",
        kind: crate::operation::Kind::Integer { minimum: 10, maximum: 200 },
        repeated: false,
        default: None,
        setting: None,
    };

    static LIST: Operation = Operation {
        id: "List",
        name: "list",
        method: "GET",
        path: "/list",
        summary: "",
        description: "",
        source: None,
        parameters: &[LIMIT],
        body: None,
        success: Success { status: 200, schema: None, sample: None },
        pagination: Some(Pagination { offset: "offset", limit: "limit", items: "rows", total: "total", key: None }),
        rate_limit: None,
        idempotent: true,
    };

    type Answer = Box<dyn Fn(i64, i64) -> (Option<i64>, Option<Vec<i64>>) + Send + Sync>;

    /// A listing whose pages a closure makes, and which keeps what it was asked for.
    #[derive(Clone)]
    struct Rows {
        answer: Arc<Answer>,
        size: Option<i64>,
        asked: Arc<Mutex<Vec<(i64, i64)>>>,
    }

    impl Rows {
        fn new(answer: impl Fn(i64, i64) -> (Option<i64>, Option<Vec<i64>>) + Send + Sync + 'static) -> Self {
            Self { answer: Arc::new(Box::new(answer)), size: None, asked: Arc::default() }
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

        async fn read(&self) -> (Vec<i64>, Option<Error>) {
            let mut rows = Vec::new();
            let mut stream = stream(self.clone());
            loop {
                match stream.next().await {
                    Some(Ok(row)) => rows.push(row),
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
        type Page = (Option<i64>, Option<Vec<i64>>);
        type Item = i64;
        const OPERATION: &'static Operation = &LIST;

        fn first_offset(&self) -> Option<i64> {
            None
        }

        fn page_size(&self) -> Option<i64> {
            self.size
        }

        async fn fetch(&self, offset: i64, limit: i64) -> Result<Response<Self::Page>> {
            self.asked.lock().unwrap().push((offset, limit));
            Ok(Response::new((self.answer)(offset, limit), 200, None))
        }

        fn total(page: &Self::Page) -> Option<i64> {
            page.0
        }

        fn len(page: &Self::Page) -> Option<usize> {
            page.1.as_ref().map(Vec::len)
        }

        fn into_items(page: Self::Page) -> Vec<i64> {
            page.1.unwrap_or_default()
        }
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
