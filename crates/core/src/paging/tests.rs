use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;

use super::*;
use crate::operation::{EXAMPLE, Location, Parameter};
use crate::{Error, ErrorKind};

const fn parameter(name: &'static str, minimum: i64, maximum: i64) -> Parameter {
    Parameter::new(name, Location::Query, crate::operation::ParameterType::Integer { minimum, maximum })
}

static LIST: Operation =
    Operation { parameters: &[parameter("limit", 10, 200), parameter("offset", 0, 10_000)], ..EXAMPLE };

type Page = (Option<i64>, Option<Vec<String>>);
type PageSource = Box<dyn Fn(i64, i64) -> (Option<i64>, Option<Vec<i64>>) + Send + Sync>;

/// A listing whose pages a closure provides. It records the requests.
#[derive(Clone)]
struct Rows {
    response: Arc<PageSource>,
    size: Option<i64>,
    remaining: usize,
    row_limit: Option<i64>,
    asked: Arc<Mutex<Vec<(i64, i64)>>>,
    /// The number of completed fetches.
    answered: Arc<AtomicUsize>,
}

impl Rows {
    fn new(response: impl Fn(i64, i64) -> (Option<i64>, Option<Vec<i64>>) + Send + Sync + 'static) -> Self {
        Self {
            response: Arc::new(Box::new(response)),
            size: None,
            remaining: 1,
            row_limit: None,
            asked: Arc::default(),
            answered: Arc::default(),
        }
    }

    /// A consistent list of `count` rows.
    fn of(count: i64) -> Self {
        Self::new(move |offset, limit| (Some(count), Some((offset.min(count)..(offset + limit).min(count)).collect())))
    }

    fn with_page_size(mut self, size: i64) -> Self {
        self.size = Some(size);
        self
    }

    fn with_remaining(mut self, remaining: usize) -> Self {
        self.remaining = remaining;
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

    fn row_limit(&self) -> Option<i64> {
        self.row_limit
    }

    fn remaining(&self, pending: usize) -> usize {
        self.remaining.saturating_sub(pending)
    }

    async fn fetch(&self, offset: i64, limit: i64) -> Result<Response<Page>> {
        self.asked.lock().unwrap().push((offset, limit));
        // Later pages complete sooner.
        for _ in 0..(1000 - offset / limit.max(1)).clamp(0, 20) {
            tokio::task::yield_now().await;
        }
        self.answered.fetch_add(1, Ordering::SeqCst);
        let (total, rows) = (self.response)(offset, limit);
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
async fn prefetched_pages_are_limited_and_in_order() {
    for remaining in [0, 1, 2, 4, 100] {
        let rows = Rows::of(450).with_page_size(10).with_remaining(remaining);
        let (read, error) = rows.read().await;
        assert!(error.is_none());
        assert_eq!(read, (0..450).collect::<Vec<_>>());
        let asked: Vec<_> = rows.asked.lock().unwrap().iter().map(|(offset, _)| *offset).collect();
        assert_eq!(asked, (0..450).step_by(10).collect::<Vec<_>>(), "each page once, the first one first");
    }
    let rows = Rows::of(450).with_page_size(10).with_remaining(4);
    let mut pages = pages(rows.clone());
    pages.next().await.unwrap().unwrap();
    assert_eq!(rows.asked.lock().unwrap().len(), 1, "the first page goes alone");
    pages.next().await.unwrap().unwrap();
    assert_eq!(rows.asked.lock().unwrap().len(), 5, "four more are fetched at once");
}

#[tokio::test]
async fn requests_no_page_beyond_the_requested_rows() {
    for (row_limit, asked) in [(1, 1), (10, 1), (11, 2), (20, 2), (21, 3), (1000, 45)] {
        let mut rows = Rows::of(450).with_page_size(10).with_remaining(8);
        rows.row_limit = Some(row_limit);
        let (read, error) = rows.read().await;
        assert!(error.is_none());
        assert_eq!(read, (0..row_limit.min(450)).collect::<Vec<_>>());
        assert_eq!(rows.asked.lock().unwrap().len(), asked, "{row_limit}");
    }
}

#[tokio::test]
async fn refuses_a_page_size_of_zero() {
    let rows = Rows::of(12).with_page_size(0);
    let (read, error) = rows.read().await;
    let error = error.unwrap();
    assert_eq!((read, error.kind()), (vec![], ErrorKind::Usage));
    assert!(error.to_string().contains("invalid limit 0: a listing needs pages of at least 1 row"), "{error}");
    assert_eq!(rows.asked.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn reads_all_rows_of_a_service_with_smaller_pages() {
    let rows = Rows::new(|offset, _| (Some(450), Some((offset..(offset + 100).min(450)).collect()))).with_remaining(4);
    let (read, error) = rows.read().await;
    assert!(error.is_none());
    assert_eq!(read, (0..450).collect::<Vec<_>>());
    assert_eq!(rows.asked.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn repeated_rows_make_a_listing_incomplete() {
    let shifted = |offset: i64, limit: i64| {
        let shift = if offset == 0 { 0 } else { 3 };
        (Some(30), Some(((offset - shift)..(offset - shift + limit).min(30 - shift)).collect()))
    };
    let (_, error) = Rows::new(shifted).with_page_size(10).read().await;
    let error = error.unwrap();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Incomplete, "3 rows are on two pages"));
    // A service that ignores the offset would otherwise be read until the total is reached.
    let (_, error) = Rows::new(|_, limit| (Some(450), Some((0..limit).collect()))).read().await;
    assert_eq!(error.unwrap().message(), "200 rows are on two pages");
    // While the list was read, a row moved to a later page and another one took its place.
    let moved = |offset: i64, limit: i64| {
        (Some(50), Some((offset..offset + limit).map(|row| if row == 37 { 3 } else { row }).collect()))
    };
    let (read, error) = Rows::new(moved).with_page_size(10).read().await;
    let error = error.unwrap();
    assert_eq!((read.len(), error.message(), error.offset()), (40, "1 row is on two pages", Some(30)));
}

#[tokio::test]
async fn rows_beyond_the_maximum_offset_make_a_listing_incomplete() {
    let (read, error) = Rows::of(20_000).with_remaining(8).read().await;
    assert_eq!((read.len(), error.unwrap().kind()), (10_200, ErrorKind::Incomplete));
}

#[tokio::test]
async fn reads_every_row_once_and_requests_no_page_twice() {
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
async fn a_changed_total_makes_a_listing_incomplete() {
    let rows = Rows::new(|offset, limit| {
        let count = if offset == 0 { 30 } else { 27 };
        (Some(count), Some((offset..(offset + limit).min(count)).collect()))
    })
    .with_page_size(10);
    let (_, error) = rows.read().await;
    let error = error.unwrap();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::Incomplete, Some(10)));
}

#[tokio::test]
async fn rows_that_do_not_add_up_to_the_total_are_an_error() {
    let answers: [(Rows, ErrorKind); 4] = [
        (Rows::new(|_, _| (Some(1), Some(vec![]))), ErrorKind::Incomplete),
        (Rows::new(|_, _| (Some(1), Some(vec![1, 2]))), ErrorKind::Incomplete),
        (Rows::new(|_, _| (Some(1), None)), ErrorKind::Protocol),
        (Rows::new(|_, _| (None, None)), ErrorKind::Protocol),
    ];
    for (rows, kind) in answers {
        assert_eq!(rows.read().await.1.unwrap().kind(), kind);
    }
}

#[tokio::test]
async fn a_page_larger_than_the_first_is_an_error() {
    // No key repeats.
    for first in [100, 199] {
        let rows = Rows::new(move |offset, limit| {
            let rows = if offset == 0 { first } else { limit };
            (Some(450), Some((offset * 1000..offset * 1000 + rows).collect()))
        });
        let error = rows.with_remaining(4).read().await.1.unwrap();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Incomplete, Some(first)));
        assert_eq!(error.message(), format!("a page has 200 rows instead of {first}"));
    }
}

#[tokio::test]
async fn a_total_that_only_a_later_page_states_must_be_reached() {
    let of = |count: i64| {
        let rows = Rows::new(move |offset, limit| {
            let total = (offset == 10).then_some(45);
            (total, Some((offset.min(count)..(offset + limit).min(count)).collect()))
        });
        rows.with_page_size(10).with_remaining(4)
    };
    let (read, error) = of(45).read().await;
    assert_eq!((read.len(), error.map(|error| error.to_string())), (45, None));
    let error = of(40).read().await.1.unwrap();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Incomplete, "a page has no rows, although the total is 45")
    );
}

#[tokio::test]
async fn the_list_may_be_absent_if_the_total_is_zero() {
    assert!(Rows::new(|_, _| (Some(0), None)).read().await.1.is_none());
}

#[tokio::test]
async fn without_a_total_reads_until_a_page_has_no_rows() {
    let rows = Rows::new(|offset, limit| (None, Some((offset..(offset + limit).min(25)).collect())));
    let rows = rows.with_page_size(10).with_remaining(4);
    let (read, error) = rows.read().await;
    assert!(error.is_none());
    assert_eq!(read, (0..25).collect::<Vec<_>>());
    assert_eq!(*rows.asked.lock().unwrap(), [(0, 10), (10, 10), (20, 10), (25, 10)]);

    // A short page in the middle is not the last page.
    let rows = Rows::new(|offset, limit| {
        let limit = if offset == 10 { 7 } else { limit };
        (None, Some((offset..(offset + limit).min(25)).collect()))
    });
    let (read, error) = rows.with_page_size(10).read().await;
    assert!(error.is_none());
    assert_eq!(read, (0..25).collect::<Vec<_>>());
}

#[tokio::test]
async fn without_a_total_repeated_pages_or_a_null_list_end_the_listing() {
    // The pages are A, B, A, B and so on.
    let rows = Rows::new(|offset, limit| (None, Some((offset % 20..offset % 20 + limit).collect())));
    let (read, error) = rows.with_page_size(10).read().await;
    assert_eq!((read.len(), error.unwrap().message()), (30, "10 rows are on two pages"));

    let rows = Rows::new(|offset, limit| (None, (offset < 20).then(|| (offset..offset + limit).collect())));
    let (read, error) = rows.with_page_size(10).read().await;
    assert!(error.is_none());
    assert_eq!(read, (0..20).collect::<Vec<_>>());
}

#[tokio::test]
async fn pages_are_fetched_while_the_reader_is_busy() {
    let rows = Rows::of(450).with_page_size(10).with_remaining(4);
    let mut pages = pages(rows.clone());
    for _ in 0..2 {
        pages.next().await.unwrap().unwrap();
    }
    // The reader is busy and does not poll the stream.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(rows.answered.load(Ordering::SeqCst), 5, "all pages that were asked for");
    let rest: Vec<_> = pages.collect().await;
    assert_eq!(rest.len(), 43);
    assert_eq!(rows.asked.lock().unwrap().len(), 45);
}

#[tokio::test]
async fn a_dropped_stream_leaves_no_task() {
    let alive = || Handle::current().metrics().num_alive_tasks();
    let rows = Rows::of(450).with_page_size(10).with_remaining(4);
    let mut pages = pages(rows.clone());
    pages.next().await.unwrap().unwrap();
    assert!(pages.poll_next_unpin(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(alive(), 4);
    drop(pages);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!((alive(), rows.answered.load(Ordering::SeqCst)), (0, 1));
}

#[test]
fn reading_outside_of_a_runtime_is_an_error() {
    let mut pages = pages(Rows::of(1));
    let Poll::Ready(Some(Err(error))) = pages.poll_next_unpin(&mut Context::from_waker(Waker::noop())) else {
        panic!("no error")
    };
    assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
}
