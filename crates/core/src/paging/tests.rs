use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures::StreamExt as _;
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
    status: Option<&'static str>,
    /// Offsets of pages that cannot be fetched once.
    failures: Arc<Mutex<Vec<i64>>>,
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
            status: None,
            failures: Arc::default(),
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

    fn with_row_limit(mut self, rows: i64) -> Self {
        self.row_limit = Some(rows);
        self
    }

    fn with_status(mut self, status: &'static str) -> Self {
        self.status = Some(status);
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

    fn filters(&self) -> Arguments {
        let mut filters = Arguments::new();
        filters.push_some("status", self.status);
        filters
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
        let mut failures = self.failures.lock().unwrap();
        if let Some(index) = failures.iter().position(|failure| *failure == offset) {
            failures.remove(index);
            return Err(Error::new(ErrorKind::Connection, "the connection was closed"));
        }
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
    assert!(format!("{error:#}").contains("invalid limit 0: a listing needs pages of at least 1 row"), "{error}");
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
    assert_eq!((read.len(), error.map(|error| format!("{error:#}"))), (45, None));
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

/// Returns a pager after it has read this number of pages, and the rows.
async fn read_pages(mut pager: Pager<Rows>, number: usize) -> (Pager<Rows>, Vec<i64>) {
    let mut rows = Vec::new();
    for _ in 0..number {
        rows.extend(numbers(pager.next().await.unwrap().unwrap()));
    }
    (pager, rows)
}

fn numbers(page: Response<Page>) -> Vec<i64> {
    Rows::into_items(page.into_inner()).iter().map(|row| row.parse().unwrap()).collect()
}

async fn rest(mut pager: Pager<Rows>) -> (Vec<i64>, Option<Error>) {
    let mut rows = Vec::new();
    loop {
        match pager.next().await {
            Ok(Some(page)) => rows.extend(numbers(page)),
            Ok(None) => return (rows, None),
            Err(error) => return (rows, Some(error)),
        }
    }
}

/// Saves a position as text and loads it again.
fn saved(position: &Position) -> Position {
    let text = serde_json::to_string(position).unwrap();
    assert!(text.len() < 4096, "{} bytes", text.len());
    let loaded = serde_json::from_str(&text).unwrap();
    assert_eq!(&loaded, position);
    loaded
}

#[tokio::test]
async fn a_listing_resumes_after_each_page() {
    let listings = [
        Rows::of(95).with_page_size(10).with_remaining(4),
        Rows::of(95).with_page_size(10).with_remaining(4).with_row_limit(42),
        // Without a total.
        Rows::new(|offset, limit| (None, Some((offset..(offset + limit).min(95)).collect()))).with_page_size(10),
        // Only the third page states the total.
        Rows::new(|offset, limit| ((offset == 20).then_some(95), Some((offset..(offset + limit).min(95)).collect())))
            .with_page_size(10),
    ];
    for rows in listings {
        let (all, error) = rest(Pager::new(rows.clone())).await;
        assert!(error.is_none() && all.len() >= 50, "{error:?}");
        let whole = std::mem::take(&mut *rows.asked.lock().unwrap());
        for number in 0..=whole.len() {
            let (pager, mut read) = read_pages(Pager::new(rows.clone()), number).await;
            let position = saved(&pager.position());
            assert_eq!((position.offset(), position.rows()), (i64::try_from(read.len()).unwrap(), read.len() as u64));
            drop(pager);
            rows.asked.lock().unwrap().clear();
            let (left, error) = rest(Pager::resume(rows.clone(), position).unwrap()).await;
            assert!(error.is_none(), "{error:?}");
            read.extend(left);
            assert_eq!(read, all, "after page {number}");
            assert_eq!(*rows.asked.lock().unwrap(), whole[number..], "no page is requested twice");
        }
    }
}

#[tokio::test]
async fn the_position_does_not_include_prefetched_pages() {
    let rows = Rows::of(450).with_page_size(10).with_remaining(4);
    let (pager, _) = read_pages(Pager::new(rows.clone()), 2).await;
    assert_eq!(rows.asked.lock().unwrap().len(), 5);
    assert_eq!((pager.position().offset(), pager.position().rows(), pager.position().total()), (20, 20, Some(450)));
    assert!(!pager.position().is_complete());
}

#[tokio::test]
async fn a_cancelled_wait_for_a_page_loses_nothing() {
    let rows = Rows::of(95).with_page_size(10).with_remaining(4);
    let mut pager = Pager::new(rows.clone());
    let mut read = Vec::new();
    loop {
        let mut next = Box::pin(pager.next());
        let page = match next.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(page) => page.unwrap(),
            Poll::Pending => {
                drop(next);
                tokio::task::yield_now().await;
                continue;
            }
        };
        drop(next);
        let Some(page) = page else { break };
        read.extend(numbers(page));
        assert_eq!(pager.position().rows(), read.len() as u64);
    }
    assert_eq!(read, (0..95).collect::<Vec<_>>());
    assert_eq!(rows.asked.lock().unwrap().len(), 10, "each page once");
}

#[tokio::test]
async fn a_resumed_listing_may_have_another_page_size() {
    let (pager, mut read) = read_pages(Pager::new(Rows::of(95).with_page_size(10)), 3).await;
    let rows = Rows::of(95).with_page_size(40).with_remaining(4);
    read.extend(rest(Pager::resume(rows.clone(), pager.position()).unwrap()).await.0);
    assert_eq!(read, (0..95).collect::<Vec<_>>());
    assert_eq!(*rows.asked.lock().unwrap(), [(30, 40), (70, 40)]);
}

#[tokio::test]
async fn a_complete_listing_resumes_without_a_request() {
    for (rows, number) in [(Rows::of(20), 2), (Rows::of(0), 1), (Rows::of(95).with_row_limit(12), 2)] {
        let rows = rows.with_page_size(10);
        let (pager, _) = read_pages(Pager::new(rows.clone()), number).await;
        assert_eq!(pager.position().is_complete(), rows.row_limit.is_none());
        rows.asked.lock().unwrap().clear();
        let (left, error) = rest(Pager::resume(rows.clone(), saved(&pager.position())).unwrap()).await;
        assert_eq!((left, error.map(|error| error.to_string())), (vec![], None));
        assert_eq!(*rows.asked.lock().unwrap(), []);
    }
}

#[tokio::test]
async fn the_maximum_number_of_rows_includes_those_before_the_position() {
    let rows = Rows::of(95).with_page_size(10);
    let (pager, _) = read_pages(Pager::new(rows.clone()), 3).await;
    for (maximum, left) in [(10, 0), (30, 0), (31, 1), (42, 12), (1000, 65)] {
        let rows = rows.clone().with_row_limit(maximum);
        rows.asked.lock().unwrap().clear();
        let read: Vec<_> = Pager::resume(rows.clone(), pager.position()).unwrap().stream().collect().await;
        assert_eq!(read.len(), left, "{maximum}");
        assert_eq!(rows.asked.lock().unwrap().len(), left.div_ceil(10), "{maximum}");
    }
}

#[tokio::test]
async fn a_changed_total_makes_a_resumed_listing_incomplete() {
    let (pager, _) = read_pages(Pager::new(Rows::of(95).with_page_size(10)), 3).await;
    let position = saved(&pager.position());
    let mut pager = Pager::resume(Rows::of(94).with_page_size(10), position.clone()).unwrap();
    for _ in 0..2 {
        let error = pager.next().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Incomplete, "the list changed between two runs: its total was 95 and is 94")
        );
        assert_eq!(pager.position(), position, "the page was not returned");
    }
}

#[tokio::test]
async fn a_row_on_both_sides_of_the_position_makes_a_resumed_listing_incomplete() {
    let (pager, _) = read_pages(Pager::new(Rows::of(95).with_page_size(10)), 3).await;
    // A row of each earlier page moved behind the position, and another one took its place.
    for row in [29, 15, 0] {
        let moved = move |offset: i64, limit: i64| {
            let rows = offset..(offset + limit).min(95);
            (Some(95), Some(rows.map(|at| if at == 34 { row } else { at }).collect()))
        };
        let resumed = Pager::resume(Rows::new(moved).with_page_size(10), saved(&pager.position())).unwrap();
        let (read, error) = rest(resumed).await;
        let error = error.unwrap();
        assert_eq!((read.len(), error.kind()), (0, ErrorKind::Incomplete));
        assert_eq!(error.message(), "the list changed between two runs: a row was returned twice");
    }
}

#[tokio::test]
async fn a_position_of_another_listing_is_refused_before_a_request() {
    let rows = Rows::of(95).with_page_size(10).with_status("failed");
    let (pager, _) = read_pages(Pager::new(rows.clone()), 3).await;
    let position = pager.position();
    rows.asked.lock().unwrap().clear();
    let refused = |request: Rows, position: Position| {
        let error = Pager::resume(request, position).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        error.message().to_owned()
    };
    assert_eq!(
        refused(rows.clone().with_status("success"), position.clone()),
        "the position belongs to another listing (status \"failed\", not \"success\")"
    );
    let all = Rows { status: None, ..rows.clone() };
    assert_eq!(refused(all, position.clone()), "the position belongs to another listing (status \"failed\", not null)");
    let changed = |name: &str, value: serde_json::Value| {
        let mut json = serde_json::to_value(&position).unwrap();
        json[name] = value;
        serde_json::from_value(json).unwrap()
    };
    assert_eq!(
        refused(rows.clone(), changed("operation", "ListDisks".into())),
        "the position belongs to another operation: \"ListDisks\""
    );
    assert_eq!(refused(rows.clone(), changed("version", 2.into())), "the position has version 2: expected version 1");
    // Fields of later versions are ignored.
    Pager::resume(rows.clone(), changed("later", true.into())).unwrap();
    assert_eq!(rows.asked.lock().unwrap().len(), 0);
}

#[test]
fn the_serialized_form_of_a_position_is_stable() {
    let text = r#"{"version":1,"operation":"List","filters":{"status":["failed"]},"offset":2,"rows":1,"total":3,"is_complete":false,"keys":"r2OtTIYBnK8","body":""}"#;
    let position: Position = serde_json::from_str(text).unwrap();
    assert_eq!((position.operation(), position.offset(), position.rows()), ("List", 2, 1));
    assert_eq!((position.total(), position.is_complete()), (Some(3), false));
    assert_eq!(serde_json::to_string(&position).unwrap(), text);
    let key = hashes::hash(b"0");
    assert_eq!(position.keys.0, [key], "the hash of a key");
    for malformed in [text.replace("r2OtTIYBnK8", "r2O9"), text.replace("\"offset\":2,", "")] {
        assert!(serde_json::from_str::<Position>(&malformed).is_err(), "{malformed}");
    }
}

#[tokio::test]
async fn a_failed_page_is_requested_again() {
    let calls = AtomicUsize::new(0);
    let rows = Rows::new(move |offset, limit| {
        // The service sends an empty page once.
        let is_empty = offset == 20 && calls.fetch_add(1, Ordering::SeqCst) == 0;
        (Some(45), Some(if is_empty { vec![] } else { (offset..(offset + limit).min(45)).collect() }))
    });
    let (mut pager, mut read) = read_pages(Pager::new(rows.with_page_size(10).with_remaining(4)), 2).await;
    let error = pager.next().await.unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::Incomplete, Some(20)));
    assert_eq!(pager.position().offset(), 20);
    read.extend(rest(pager).await.0);
    assert_eq!(read, (0..45).collect::<Vec<_>>());
}

#[tokio::test]
async fn prefetched_pages_are_kept_after_a_failure() {
    for failures in [vec![0], vec![20], vec![20, 20, 30], vec![40]] {
        let rows = Rows::of(45).with_page_size(10).with_remaining(4);
        rows.failures.lock().unwrap().clone_from(&failures);
        let mut pager = Pager::new(rows.clone());
        let (mut read, mut failed) = (Vec::new(), Vec::new());
        loop {
            match pager.next().await {
                Ok(Some(page)) => read.extend(numbers(page)),
                Ok(None) => break,
                Err(error) => failed.push(error.offset().unwrap()),
            }
        }
        assert_eq!((read, &failed), ((0..45).collect(), &failures));
        assert_eq!(rows.asked.lock().unwrap().len(), 5 + failures.len(), "only failed pages are requested again");
    }
}

#[tokio::test]
async fn invalid_numbers_in_a_position_are_refused() {
    let rows = Rows::of(95).with_page_size(10);
    let (pager, _) = read_pages(Pager::new(rows.clone()), 3).await;
    let position = serde_json::to_value(pager.position()).unwrap();
    for (name, value, why) in [
        ("offset", i64::MIN.into(), "the offset -9223372036854775808 is negative"),
        ("total", (-1).into(), "the total -1 is negative"),
        ("rows", 31.into(), "31 rows cannot precede the offset 30"),
        ("rows", u64::MAX.into(), "18446744073709551615 rows cannot precede the offset 30"),
    ] {
        let mut position: serde_json::Value = position.clone();
        position[name] = value;
        let error = Pager::resume(rows.clone(), serde_json::from_value(position).unwrap()).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Usage, format!("invalid position: {why}").as_str()));
    }
    let mut greatest = position;
    for name in ["offset", "rows", "total"] {
        greatest[name] = i64::MAX.into();
    }
    let resumed = Pager::resume(rows.with_row_limit(i64::MAX), serde_json::from_value(greatest).unwrap()).unwrap();
    assert!(rest(resumed).await.0.is_empty());
}

/// A listing without a total: a page of `null` rows, and then no list.
#[derive(Clone)]
struct NullRows;

impl Paged for NullRows {
    type Page = Page;
    type Item = String;
    const OPERATION: &'static Operation = &LIST;

    fn first_offset(&self) -> Option<i64> {
        None
    }

    fn page_size(&self) -> Option<i64> {
        Some(10)
    }

    fn filters(&self) -> Arguments {
        Arguments::new()
    }

    fn row_limit(&self) -> Option<i64> {
        None
    }

    fn remaining(&self, _: usize) -> usize {
        1
    }

    async fn fetch(&self, offset: i64, _: i64) -> Result<Response<Page>> {
        let items = LIST.pagination.unwrap().items;
        let (body, rows) =
            if offset == 0 { (format!(r#"{{"{items}":[null,null]}}"#), Some(Vec::new())) } else { ("{}".into(), None) };
        Ok(Response::new((None, rows), 200, None).with_body(body.into()))
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
async fn a_listing_resumes_after_a_page_of_null_rows() {
    let mut pager = Pager::new(NullRows);
    pager.next().await.unwrap().unwrap();
    let position = saved(&pager.position());
    assert_eq!((position.offset(), position.rows(), position.total()), (2, 0, None));
    let mut resumed = Pager::resume(NullRows, position).unwrap();
    for pager in [&mut pager, &mut resumed] {
        let page = pager.next().await.unwrap().unwrap();
        assert!(page.get_ref().1.is_none() && pager.next().await.unwrap().is_none());
    }
}
