//! Waits for a task of a service to end: polls it at an interval, and for a limited time.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::printable::excerpt;
use crate::{Error, ErrorKind, Operation, Response, Result, Runtime, Transport};

/// The default timeout.
const TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);
/// The default number of first polls that may not find the task. The service may list it with a delay.
const MAX_NOT_FOUND: u32 = 4;
/// The minimum interval. A loop without pauses would block other tasks.
const MIN_INTERVAL: Duration = Duration::from_millis(1);

type Callback<'a, T, R> = Box<dyn FnMut(&T) -> R + Send + 'a>;
type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Waits for a task of a service to end. Await it to start.
///
/// It polls the task until it has ended. The interval is derived from the quota, so that requests are left for other
/// callers. Time is measured by the runtime of the transport.
///
/// # Cancel safety
///
/// Dropping the future ends only the polling. The task continues.
#[must_use = "a waiter does nothing until it is awaited"]
pub struct Waiter<'a, T> {
    runtime: Arc<dyn Runtime>,
    operation: &'static Operation,
    what: String,
    interval: Duration,
    timeout: Duration,
    not_found_limit: u32,
    poll: Box<dyn FnMut() -> BoxFuture<'static, Result<Response<T>>> + Send>,
    remaining: Callback<'static, T, Option<String>>,
    on_progress: Callback<'a, T, ()>,
}

impl<'a, T: 'static> Waiter<'a, T> {
    /// Creates a waiter. `what` describes the task in errors: `scan task "t-1"`.
    ///
    /// `poll` requests the state of the task with `operation`. `remaining` returns `None` for the state of a task that
    /// has ended. For other states it describes how far the task is: `120 of 200 servers`.
    pub fn new<F>(
        transport: &Transport,
        operation: &'static Operation,
        what: impl Into<String>,
        mut poll: impl FnMut() -> F + Send + 'static,
        remaining: impl FnMut(&T) -> Option<String> + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Response<T>>> + Send + 'static,
    {
        Self {
            runtime: Arc::clone(transport.runtime()),
            operation,
            what: what.into(),
            interval: transport.polling_interval(operation),
            timeout: TIMEOUT,
            not_found_limit: MAX_NOT_FOUND,
            poll: Box::new(move || Box::pin(poll())),
            remaining: Box::new(remaining),
            on_progress: Box::new(|_| {}),
        }
    }

    /// Sets the time between two polls. The default follows from the quota: 15 seconds for 5 requests per minute, the
    /// interval of a strict rate, and one second without a rate limit.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.max(MIN_INTERVAL);
        self
    }

    /// Sets the maximum time to wait. The last poll begins at its end, and is not cut short. The default is 24 hours.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the number of first polls that may not find the task, since a service may list a new task with a delay. The
    /// default is 4. With 0, a task that is not found is an error at once.
    pub fn not_found_limit(mut self, polls: u32) -> Self {
        self.not_found_limit = polls;
        self
    }

    /// Sets a callback that is called with each state except the last one, which is returned.
    pub fn on_progress<'b>(self, callback: impl FnMut(&T) + Send + 'b) -> Waiter<'b, T>
    where
        'a: 'b,
    {
        Waiter { on_progress: Box::new(callback), ..self }
    }

    async fn wait(mut self) -> Result<Response<T>> {
        let started = self.runtime.elapsed();
        let mut not_found_left = self.not_found_limit;
        loop {
            let progress = match (self.poll)().await {
                Ok(response) => {
                    let Some(progress) = (self.remaining)(response.get_ref()) else { return Ok(response) };
                    (self.on_progress)(response.get_ref());
                    not_found_left = 0;
                    progress
                }
                Err(error) if error.kind() == ErrorKind::NotFound && not_found_left > 0 => {
                    not_found_left -= 1;
                    "it was not found yet".to_owned()
                }
                Err(error) => return Err(error),
            };
            let waited = self.runtime.elapsed().saturating_sub(started);
            let left = self.timeout.saturating_sub(waited);
            if left.is_zero() {
                let message = format!("timed out after {:?} while waiting for {}: {progress}", self.timeout, self.what);
                return Err(Error::deadline(message)
                    .with_operation(self.operation.id)
                    .with_hint("It continues. Wait for it again, or set a longer timeout."));
            }
            self.runtime.sleep(self.interval.min(left)).await;
        }
    }
}

impl<'a, T: Send + 'static> IntoFuture for Waiter<'a, T> {
    type Output = Result<Response<T>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.wait())
    }
}

impl<T> fmt::Debug for Waiter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, interval, timeout, .. } = self;
        f.debug_struct("Waiter")
            .field("what", what)
            .field("interval", interval)
            .field("timeout", timeout)
            .finish_non_exhaustive()
    }
}

/// Returns the error for a resource that a successful response does not contain. `what` describes it: `scan task`.
pub fn not_found<T>(operation: &'static Operation, what: &str, id: &str, response: &Response<T>, hint: &str) -> Error {
    let request_id = response.request_id().map_or_else(|| "none".to_owned(), |id| excerpt(id, 128));
    Error::new(ErrorKind::NotFound, format!("{what} not found: {id:?} (request id {request_id})"))
        .with_operation(operation.id)
        .with_hint(hint)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::operation::{EXAMPLE, RateLimit};
    use crate::{Credentials, Endpoint, Quota, Rate, TestRuntime};

    static SHOW: Operation = Operation { rate_limit: Some(RateLimit { requests: 5, seconds: 60 }), ..EXAMPLE };

    fn transport(runtime: &TestRuntime, rate: Rate) -> Transport {
        let endpoint = Endpoint::parse("http://127.0.0.1:9").unwrap();
        Transport::builder(endpoint, Credentials::Anonymous).runtime(runtime.share()).rate(rate).build().unwrap()
    }

    fn missing() -> Error {
        not_found(&SHOW, "task", "t-1", &Response::new((), 200, Some("r-1".to_owned())), "List the tasks.")
    }

    /// Returns a waiter for a task with 4 parts of which one ends before each poll after the first, and the times of
    /// its polls. The first polls do not find it.
    fn waiter(
        transport: &Transport,
        not_found: u32,
        runtime: &TestRuntime,
    ) -> (Waiter<'static, u32>, Arc<Mutex<Vec<u64>>>) {
        let times: Arc<Mutex<Vec<u64>>> = Arc::default();
        let polls = AtomicU32::new(0);
        let (polled, runtime) = (Arc::clone(&times), runtime.clone());
        let poll = move || {
            polled.lock().unwrap().push(runtime.elapsed().as_secs());
            let poll = polls.fetch_add(1, Ordering::SeqCst);
            async move {
                let done = poll.checked_sub(not_found).ok_or_else(missing)?;
                Ok(Response::new(done, 200, None))
            }
        };
        let remaining = |done: &u32| (*done < 4).then(|| format!("{done} of 4 parts"));
        (Waiter::new(transport, &SHOW, "task \"t-1\"", poll, remaining), times)
    }

    #[tokio::test]
    async fn polls_at_the_interval_of_the_quota() {
        let strict = |requests, seconds| Rate::Strict(Quota { requests, window: Duration::from_secs(seconds) });
        for (rate, interval) in
            [(Rate::Adaptive, 15), (strict(5, 60), 12), (strict(1, 60), 60), (strict(200, 60), 1), (Rate::Off, 1)]
        {
            let runtime = TestRuntime::default();
            let (waiter, times) = waiter(&transport(&runtime, rate), 0, &runtime);
            assert_eq!(waiter.await.unwrap().into_inner(), 4);
            assert_eq!(*times.lock().unwrap(), [0, 1, 2, 3, 4].map(|poll| poll * interval), "{rate:?}");
        }
        let runtime = TestRuntime::default();
        let (waiter, times) = waiter(&transport(&runtime, Rate::Adaptive), 0, &runtime);
        waiter.interval(Duration::from_secs(7)).await.unwrap();
        assert_eq!(*times.lock().unwrap(), [0, 7, 14, 21, 28]);
    }

    #[tokio::test]
    async fn a_timeout_names_the_task_and_its_progress() {
        let runtime = TestRuntime::default();
        let (waiter, times) = waiter(&transport(&runtime, Rate::Adaptive), 0, &runtime);
        let error = waiter.timeout(Duration::from_secs(40)).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Timeout, Some("List")));
        assert!(!error.is_retryable());
        assert_eq!(error.message(), "timed out after 40s while waiting for task \"t-1\": 3 of 4 parts");
        assert_eq!(*times.lock().unwrap(), [0, 15, 30, 40], "the last poll begins at the end");
        let (waiter, _) = self::waiter(&transport(&runtime, Rate::Adaptive), 9, &runtime);
        let error = waiter.timeout(Duration::ZERO).await.unwrap_err();
        assert_eq!(error.message(), "timed out after 0ns while waiting for task \"t-1\": it was not found yet");
    }

    #[tokio::test]
    async fn a_new_task_may_not_be_found_at_first() {
        let runtime = TestRuntime::default();
        let transport = transport(&runtime, Rate::Adaptive);
        for (not_found, limit, polls) in
            [(4, None, Ok(9)), (5, None, Err(5)), (1, Some(0), Err(1)), (1, Some(1), Ok(6))]
        {
            let (mut waiter, times) = waiter(&transport, not_found, &runtime);
            if let Some(limit) = limit {
                waiter = waiter.not_found_limit(limit);
            }
            let outcome = waiter.await;
            let made = times.lock().unwrap().len();
            assert_eq!(outcome.as_ref().map(|_| made).map_err(|_| made), polls, "{not_found} {limit:?}");
            if let Err(error) = outcome {
                assert_eq!(format!("{error:#}"), "List: task not found: \"t-1\" (request id r-1). List the tasks.");
            }
        }
    }

    #[tokio::test]
    async fn a_task_that_disappears_is_an_error() {
        let runtime = TestRuntime::default();
        let polls = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&polls);
        let poll = move || {
            let poll = counted.fetch_add(1, Ordering::SeqCst);
            async move { if poll == 0 { Ok(Response::new(0, 200, None)) } else { Err(missing()) } }
        };
        let waiter = Waiter::new(&transport(&runtime, Rate::Off), &SHOW, "task", poll, |_: &u32| Some(String::new()));
        assert_eq!(waiter.await.unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(polls.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn the_callback_gets_each_state_but_the_last() {
        let runtime = TestRuntime::default();
        let mut seen = Vec::new();
        let (waiter, _) = waiter(&transport(&runtime, Rate::Off), 1, &runtime);
        let last = waiter.on_progress(|done| seen.push(*done)).await.unwrap();
        assert_eq!((seen, last.into_inner()), (vec![0, 1, 2, 3], 4));
    }
}
