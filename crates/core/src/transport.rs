//! Sends requests and reads responses: waits for the quota, resolves credentials, makes attempts and retries them.

mod builder;
mod check;
mod connection_error;
mod deadline;
mod download;
mod elements;
mod file_name;
mod interceptor;
mod key_probe;
mod options;
mod region;
mod response;
mod skew;
mod span;
mod wait;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use reqwest::Request;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::sync::OnceCell;
use tracing::{Instrument as _, Span};

pub use self::builder::TransportBuilder;
use self::deadline::Deadline;
pub use self::download::Download;
pub use self::elements::count_elements;
use self::interceptor::Interceptors;
pub use self::interceptor::{AttemptOutcome, AttemptRequest, Interceptor};
use self::key_probe::KeyProbe;
pub use self::options::CallOptions;
pub use self::region::check_region;
use self::region::check_region_with;
use self::response::{Body, Delivery, Failure};
use self::skew::Skew;
pub use self::wait::{Reason, Wait};
use crate::limiter::{Limiter, Permit, documented};
use crate::proxy::Proxy;
use crate::redact::Redaction;
use crate::retry::{Failed, wait};
use crate::sign::mismatch::explain_mismatch;
use crate::sign::sign_request;
use crate::task::in_task;
use crate::{
    Arguments, Credentials, Endpoint, Error, ErrorKind, Identity, Operation, Quota, Rate, ResolvedCredentials,
    Response, Result, Runtime, Secret, hints,
};

/// Sends requests to one endpoint with one identity, within the quotas. It retries transient errors and reads responses
/// completely.
///
/// Clones share connections, quotas and credentials. All transports to one endpoint in a process share the quotas, since
/// a quota belongs to the user and to the source address.
#[derive(Debug, Clone)]
pub struct Transport {
    shared: Arc<Shared>,
    /// The project that signed requests name.
    project_id: Option<Arc<str>>,
    options: Arc<CallOptions>,
}

#[derive(Debug)]
struct Shared {
    http: reqwest::Client,
    /// The proxy for all connections.
    proxy: Option<Proxy>,
    /// Set once the region of the endpoint is known to exist.
    region: OnceCell<()>,
    endpoint: Endpoint,
    identity: Identity,
    /// Secrets in the bodies of requests.
    secrets: Vec<Secret>,
    limiter: Arc<Limiter>,
    attempt_timeout: Duration,
    body_limit: usize,
    skew: Skew,
    key_probe: KeyProbe,
    on_wait: Hook<Wait>,
    dry_run: Option<Hook<http::Request<Bytes>>>,
    interceptors: Interceptors,
    user_agent: HeaderValue,
    runtime: Arc<dyn Runtime>,
}

/// A callback of the caller.
struct Hook<T>(Arc<dyn Fn(&T) + Send + Sync>);

impl<T> Clone for Hook<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Hook<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// The body of a success.
#[derive(Debug)]
pub(crate) enum Content {
    /// A body that was read completely.
    Whole(Bytes),
    /// Bytes, such as a file, which the caller reads.
    Download(Box<Download>),
}

impl Content {
    /// Returns a body that was read completely. That of a download is empty.
    pub(crate) fn into_whole(self) -> Bytes {
        match self {
            Self::Whole(bytes) => bytes,
            Self::Download(_) => Bytes::new(),
        }
    }
}

/// The parts of a call that do not change between attempts.
struct Call {
    operation: &'static Operation,
    project_id: Option<Arc<str>>,
    options: Arc<CallOptions>,
    deadline: Deadline,
}

/// One attempt: its input and, afterwards, its times.
struct Attempt<'a> {
    permit: Permit<'a>,
    /// The number within the call, from 1.
    number: u32,
    /// The credentials that were refused earlier in this call. A server may still quote them.
    refused: Option<Arc<ResolvedCredentials>>,
    /// The maximum duration of the attempt.
    timeout: Duration,
    /// The time in the signature: the local clock at that time, with the correction known then.
    signed_at: Option<SystemTime>,
    /// The time at which the attempt was sent.
    started: Duration,
    /// Whether the interceptors have seen the request.
    is_intercepted: bool,
}

/// The corrections made after refused attempts of one call.
#[derive(Default)]
struct Corrections {
    of_the_clock: bool,
    /// The refused credentials, if newer ones replaced them.
    of_the_credentials: Option<Arc<ResolvedCredentials>>,
}

impl Transport {
    /// Returns a builder of a transport to `endpoint` that authenticates with `identity`.
    pub fn builder(endpoint: Endpoint, identity: impl Into<Identity>) -> TransportBuilder {
        TransportBuilder::default().endpoint(endpoint).identity(identity)
    }

    /// Returns the endpoint to which requests are sent.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.shared.endpoint
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.shared.http
    }

    /// Returns the options of calls.
    #[must_use]
    pub fn options(&self) -> &CallOptions {
        &self.options
    }

    /// Returns the options of calls, to change them for this transport. Other clones keep theirs.
    pub fn options_mut(&mut self) -> &mut CallOptions {
        Arc::make_mut(&mut self.options)
    }

    /// Returns a transport for calls to another project, which shares connections, quotas and credentials.
    ///
    /// Signed requests then name this project in `X-Project-Id`. A token is valid for one project only, so the
    /// credentials should be an access key of a user with permissions in both projects.
    #[must_use]
    pub fn for_project(&self, id: &str) -> Self {
        Self { project_id: Some(id.into()), ..self.clone() }
    }

    /// Returns how many requests of `operation` can be sent now without exceeding its quota. That is the quota in
    /// force, or else the documented one.
    #[must_use]
    pub fn remaining(&self, operation: &'static Operation) -> usize {
        self.shared.limiter.remaining(operation, self.options.rate, self.shared.runtime.elapsed())
    }

    /// Returns the interval at which a program can poll `operation` and leave requests of the quota for other callers: the
    /// interval of a strict rate, or 5/4 of the interval of the documented quota. The minimum is one second, which is also
    /// the interval without a rate limit.
    #[must_use]
    pub fn polling_interval(&self, operation: &'static Operation) -> Duration {
        let interval = |quota: Quota| quota.window / quota.requests.max(1);
        let interval = match self.options.rate {
            Rate::Strict(quota) => interval(quota),
            Rate::Adaptive => interval(documented(operation)) * 5 / 4,
            Rate::Off => Duration::ZERO,
        };
        interval.max(Duration::from_secs(1))
    }

    /// Returns the clock by which the transport waits.
    pub(crate) fn runtime(&self) -> &Arc<dyn Runtime> {
        &self.shared.runtime
    }

    /// Checks that the region of the endpoint exists, unless a proxy resolves its host.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`check_region`], and [`ErrorKind::Usage`] outside of a Tokio runtime.
    pub(crate) async fn check_region(&self) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        in_task(async move { shared.check_region().await }).await
    }

    /// Removes secrets from an error about a response: those of the caller and those that the response issued.
    pub(crate) fn redacted(&self, error: Error, headers: &HeaderMap) -> Error {
        let resolved = self.shared.identity.cached();
        let credentials = resolved.as_ref().map_or(&Credentials::Anonymous, |resolved| &resolved.credentials);
        error.redacted(&self.shared.redaction(credentials, None, self.options.secrets()).with_issued(headers))
    }

    /// Sends a request of `operation`, retries it if that may help, and reads its response completely. `body` is JSON.
    /// If the response is a file, use [`download`](Self::download), which does not keep it in memory.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`], without sending a request, if a parameter or field is missing, unknown or out of
    /// bounds, or an option is invalid. Returns [`ErrorKind::Timeout`] if the call does not finish within the timeout of
    /// the options. Returns an error if the response is not a success, has no body although `operation` documents one, or is
    /// incomplete. The error is that of the last attempt. It contains the operation and the number of attempts.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection of a request in progress. The service may have carried out such a
    /// request, and it counts toward the quota. A request that was still waiting was not sent and does not count.
    pub async fn execute(
        &self,
        operation: &'static Operation,
        arguments: &Arguments,
        body: Option<Bytes>,
    ) -> Result<Response<Bytes>> {
        let response = self.execute_request(self.request(operation, arguments, body)?, operation).await?;
        let limit = self.shared.body_limit;
        let mut whole = BytesMut::new();
        let (mut content, response) = response.split();
        if let Content::Download(download) = &mut content {
            while let Some(chunk) = download.chunk().await? {
                if whole.len() + chunk.len() > limit {
                    return Err(download.too_large(limit));
                }
                whole.extend_from_slice(&chunk);
            }
            content = Content::Whole(whole.freeze());
        }
        Ok(response.with_value(content.into_whole()))
    }

    /// Sends a request of an operation whose response is bytes, such as a file. Returns when the response has begun; the
    /// caller reads the bytes, of any number. Attempts are retried until then. `body` is JSON.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`execute`](Self::execute), and [`ErrorKind::Usage`] if the operation does not return bytes.
    /// An error object or a web page in place of the bytes is an error.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`execute`](Self::execute).
    pub async fn download(
        &self,
        operation: &'static Operation,
        arguments: &Arguments,
        body: Option<Bytes>,
    ) -> Result<Response<Download>> {
        let request = self.request(operation, arguments, body)?;
        if !operation.success.binary {
            return Err(Error::usage("the operation returns JSON instead of a file").with_operation(operation.id));
        }
        let (content, response) = self.execute_request(request, operation).await?.split();
        match content {
            Content::Download(download) => Ok(response.with_value(*download)),
            Content::Whole(_) => Err(Error::usage("the operation returns JSON instead of a file")),
        }
    }

    /// Returns the request of a call that is selected at run time.
    fn request(&self, operation: &'static Operation, arguments: &Arguments, body: Option<Bytes>) -> Result<Request> {
        let mut request = arguments.to_request(operation, self.endpoint())?;
        if let Some(body) = body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.into());
        }
        Ok(request)
    }

    /// Sends a request that is already built, retries it if that may help, and reads its response, unless it is bytes.
    pub(crate) async fn execute_request(
        &self,
        request: Request,
        operation: &'static Operation,
    ) -> Result<Response<Content>> {
        let shared = Arc::clone(&self.shared);
        let started = shared.runtime.elapsed();
        let call = Call {
            operation,
            project_id: self.project_id.clone(),
            deadline: Deadline::new(self.options.timeout, started),
            options: Arc::clone(&self.options),
        };
        let deadline = call.deadline;
        let span = span::of_call(operation);
        let recorded = span.clone();
        let work = async move {
            let mut attempts = 0;
            let outcome = shared.execute(request, &call, &mut attempts).await;
            let duration = shared.runtime.elapsed().saturating_sub(started);
            span::record_call(&recorded, attempts, outcome.as_ref().map(Response::request_id), duration);
            outcome
        };
        // Boxed, so that the future of the caller stays small.
        let response = in_task(Box::pin(work.instrument(span))).await;
        let (body, response) = response.map_err(|error| error.with_operation(operation.id))?.split();
        let content = match body {
            Body::Whole(bytes) => Content::Whole(bytes),
            Body::Unread(start, rest) => {
                Content::Download(Box::new(Download::new(self.clone(), operation, deadline, &response, start, rest)))
            }
        };
        Ok(response.with_value(content))
    }
}

impl Shared {
    /// Makes the call. `attempts` is the number of attempts so far.
    async fn execute(&self, mut request: Request, call: &Call, attempts: &mut u32) -> Result<Response<Body>> {
        let &Call { operation, ref options, deadline, .. } = call;
        self.prepare(&mut request, call)?;
        // This check precedes the credentials, which may need a login.
        let region = self.region.get_or_try_init(|| self.check_region());
        deadline.within(&*self.runtime, region).await.map_err(|error| error.with_reach(false))?;
        let (mut is_reached, mut corrections) = (false, Corrections::default());
        // The time spent on attempts and waits between them. Waits for the quota are not part of it.
        let mut spent = Duration::ZERO;
        loop {
            let permit =
                self.admit(call).await.map_err(|error| error.with_attempts(*attempts).with_reach(is_reached))?;
            // Resolved after the wait, since a token may expire during it.
            let resolved = deadline.within(&*self.runtime, self.identity.current(&self.runtime)).await;
            let resolved = resolved.map_err(|error| error.with_attempts(*attempts).with_reach(is_reached))?;
            let span = span::of_attempt(operation, &self.endpoint, *attempts);
            let mut attempt = Attempt {
                permit,
                number: *attempts + 1,
                refused: corrections.of_the_credentials.clone(),
                timeout: self.attempt_timeout.min(options.retries.total.saturating_sub(spent)),
                signed_at: None,
                started: self.runtime.elapsed(),
                is_intercepted: false,
            };
            let outcome = self.attempt(&request, call, &resolved, &mut attempt).instrument(span.clone()).await;
            let now = self.runtime.elapsed();
            let outcome = outcome.map_err(|failure| {
                *attempts += u32::from(failure.delivery != Delivery::Unsent);
                is_reached |= failure.delivery == Delivery::Sent && !failure.error.is_refused_by_gateway();
                Failure { error: failure.error.with_attempts(*attempts).with_reach(is_reached), ..failure }
            });
            self.report(&span, operation, &attempt, &outcome, now);
            let Attempt { permit, timeout, signed_at, started, .. } = attempt;
            // Time beyond the limit of the attempt was not spent on it: the program was suspended.
            spent = spent.saturating_add(now.saturating_sub(started).min(timeout));
            self.limiter.record_response(&permit, now);
            let Failure { error, retry_after, date, delivery, .. } = match outcome {
                Ok(response) => {
                    *attempts += 1;
                    return Ok(response);
                }
                Err(failure) => failure,
            };
            if delivery == Delivery::Unsent && !resolved.is_valid(self.runtime.now()) {
                // The credentials expired while the attempt waited for its turn.
                continue;
            }
            span::log_failure(*attempts, &error);
            if error.kind() == ErrorKind::Credentials {
                let signed_at = signed_at.and_then(|at| at.checked_add(now.saturating_sub(started)));
                let is_corrected = signed_at.is_some_and(|at| self.skew.learn(&error, date, self.runtime.now(), at));
                if *attempts < options.retries.attempts {
                    let newer = self.corrected(&resolved, is_corrected, &mut corrections);
                    let newer = deadline.within(&*self.runtime, newer).await;
                    if newer.map_err(|error| error.with_attempts(*attempts).with_reach(is_reached))? {
                        continue;
                    }
                }
                return Err(error);
            }
            let quota = match error.kind() {
                ErrorKind::Throttled => self.limiter.record_throttling(&permit, error.message(), retry_after, now),
                _ => None,
            };
            let longest = self.limiter.max_wait(operation);
            if let Some(asked) = retry_after.filter(|asked| *asked > longest && error.is_retryable()) {
                let hint = format!(
                    "The service requests a wait of {} s. The client waits for at most {} s.",
                    asked.as_secs(),
                    longest.as_secs()
                );
                return Err(error.with_hint(hint));
            }
            let failed = Failed {
                error: &error,
                attempts: *attempts,
                elapsed: spent,
                asked: retry_after,
                quota,
                idempotent: operation.idempotent,
                is_sent: delivery == Delivery::Sent,
            };
            let Some(time) = wait(failed, options.retries, self.runtime.random()) else {
                return Err(error);
            };
            if time >= deadline.remaining(now) {
                let late = deadline.error().with_attempts(*attempts).with_reach(is_reached);
                return Err(late.with_cause(error));
            }
            tracing::debug!(wait_ms = time.as_millis(), "retrying");
            let reason = match error.kind() {
                ErrorKind::Throttled => Reason::Quota,
                kind => Reason::Failed { kind, status: error.status() },
            };
            // The wait does not need the place in the window.
            drop(permit);
            self.on_wait(operation, time, reason);
            self.runtime.sleep(time).await;
            if quota.is_none() {
                spent = spent.saturating_add(time);
            }
        }
    }

    /// Checks that the region of the endpoint exists, unless a proxy resolves its host.
    async fn check_region(&self) -> Result<()> {
        check_region_with(&self.endpoint, self.proxy.as_ref(), &*self.runtime).await
    }

    /// Checks the request, and adds the headers of the options.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::DryRun`] in a dry run, after the request was shown.
    fn prepare(&self, request: &mut Request, call: &Call) -> Result<()> {
        check::check(request, call.operation)?;
        call.options.apply(call.operation, request.headers_mut())?;
        // A file may have any type, and an error is JSON.
        let accepted = if call.operation.success.binary { "*/*" } else { "application/json" };
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accepted));
        if let Some(Hook(show)) = &self.dry_run {
            show(&shown(request)?);
            return Err(Error::new(ErrorKind::DryRun, "dry run: the request was not sent"));
        }
        Ok(())
    }

    /// Waits for the quota, but not if the wait ends after the deadline.
    async fn admit(&self, call: &Call) -> Result<Permit<'_>> {
        let on_wait = |time| {
            if time >= call.deadline.remaining(self.runtime.elapsed()) {
                let hint = "It would have to wait longer for the quota of the operation.";
                return Err(call.deadline.error().with_hint(hint));
            }
            self.on_wait(call.operation, time, Reason::Quota);
            Ok(())
        };
        self.limiter.admit(call.operation, call.options.rate, &*self.runtime, on_wait).await
    }

    /// Returns whether a call with refused credentials may be sent again: with another date if the clock
    /// `is_corrected`, or with newer credentials. Each correction is made once per call, because more than five refused
    /// signatures lock a key.
    ///
    /// # Errors
    ///
    /// Returns the errors of the source of the credentials.
    async fn corrected(
        &self,
        resolved: &Arc<ResolvedCredentials>,
        is_corrected: bool,
        made: &mut Corrections,
    ) -> Result<bool> {
        let (is_key, is_refreshable) = match &resolved.credentials {
            Credentials::AccessKey(key) => (true, key.is_temporary()),
            Credentials::Token(_) => (false, true),
            Credentials::Anonymous => (false, false),
        };
        if is_key && is_corrected && !made.of_the_clock {
            made.of_the_clock = true;
            return Ok(true);
        }
        let is_refreshable = is_refreshable && made.of_the_credentials.is_none();
        if is_refreshable && self.identity.refresh(&self.runtime, resolved).await?.is_some() {
            made.of_the_credentials = Some(Arc::clone(resolved));
            return Ok(true);
        }
        Ok(false)
    }

    fn on_wait(&self, operation: &'static Operation, time: Duration, reason: Reason) {
        (self.on_wait.0)(&Wait { operation: operation.id, time, reason });
    }

    /// Reports the outcome of an attempt to its span and to the interceptors.
    fn report(
        &self,
        span: &Span,
        operation: &'static Operation,
        attempt: &Attempt<'_>,
        outcome: &Result<Response<Body>, Failure>,
        now: Duration,
    ) {
        let duration = now.saturating_sub(attempt.started);
        let result = match outcome {
            Ok(response) => Ok((response.status(), response.request_id())),
            Err(failure) => Err(&failure.error),
        };
        span::record_attempt(span, result, duration);
        if attempt.is_intercepted {
            let (status, headers, error) = match outcome {
                Ok(response) => (Some(response.status()), Some(response.headers()), None),
                Err(Failure { error, headers, .. }) => {
                    (error.status(), headers.as_deref(), Some(error.clone().with_operation(operation.id)))
                }
            };
            let error = error.as_ref();
            let number = attempt.number;
            self.interceptors.on_outcome(&AttemptOutcome { operation, number, duration, status, headers, error });
        }
    }

    /// Lets the interceptors change the headers of an attempt.
    fn intercept(&self, request: &mut Request, operation: &'static Operation, attempt: &mut Attempt<'_>) -> Result<()> {
        if self.interceptors.is_empty() {
            return Ok(());
        }
        attempt.is_intercepted = true;
        let own = options::OWN.map(|name| request.headers().get(name).cloned());
        self.interceptors.on_request(&mut AttemptRequest { operation, number: attempt.number, request });
        options::check_intercepted(operation, &own, request.headers_mut())
    }

    /// Makes one attempt. Each attempt gets a fresh date and signature, since a date is valid for 15 minutes.
    async fn attempt(
        &self,
        request: &Request,
        call: &Call,
        resolved: &Arc<ResolvedCredentials>,
        attempt: &mut Attempt<'_>,
    ) -> Result<Response<Body>, Failure> {
        let &Call { operation, ref project_id, deadline, .. } = call;
        let mut request = request.try_clone().ok_or_else(|| Error::usage("cannot send the request body again"))?;
        let explained = |failure: Failure| {
            let error = hints::add(failure.error, operation, &resolved.credentials);
            Failure { error, ..failure }
        };
        let Credentials::AccessKey(key) = &resolved.credentials else {
            deadline.check(attempt.started)?;
            *request.timeout_mut() = Some(attempt.timeout.min(deadline.remaining(attempt.started)));
            self.intercept(&mut request, operation, attempt)?;
            let secrets = sensitive(request.headers());
            resolved.credentials.apply(request.headers_mut())?;
            let refused = attempt.refused.clone();
            let redaction = self.redaction(&resolved.credentials, refused.as_deref(), texts(&secrets));
            return self.send(request, operation, &mut attempt.permit, &redaction).await.map_err(explained);
        };
        let turn = self.key_probe.turn(resolved, &*self.runtime);
        let _turn = deadline.within(&*self.runtime, turn).await?;
        if !resolved.is_valid(self.runtime.now()) {
            return Err(Error::new(ErrorKind::Credentials, "the credentials have expired").into());
        }
        let project_id = project_id.as_deref().or(resolved.project_id.as_deref());
        let at = self.skew.correction().apply(self.runtime.now());
        (attempt.started, attempt.signed_at) = (self.runtime.elapsed(), Some(at));
        deadline.check(attempt.started)?;
        *request.timeout_mut() = Some(attempt.timeout.min(deadline.remaining(attempt.started)));
        self.intercept(&mut request, operation, attempt)?;
        let secrets = sensitive(request.headers());
        let signed = sign_request(&mut request, key, project_id, at)?;
        let refused = attempt.refused.clone();
        let others = texts(&secrets).chain([signed.signature()]);
        let redaction = self.redaction(&resolved.credentials, refused.as_deref(), others);
        let outcome = self.send(request, operation, &mut attempt.permit, &redaction).await;
        match outcome {
            Ok(response) => {
                self.key_probe.settle(resolved, Ok(()), &*self.runtime);
                Ok(response)
            }
            Err(mut failure) => {
                let canonical = redaction.text(signed.canonical_request());
                if let Some(difference) = explain_mismatch(failure.error.message(), &canonical) {
                    failure.error = failure.error.with_hint(difference);
                }
                let failure = explained(failure);
                // A refusal because of the date does not prove that the key is wrong.
                if !failure.error.message().contains("signature expired") {
                    self.key_probe.settle(resolved, Err(&failure.error), &*self.runtime);
                }
                Err(failure)
            }
        }
    }

    /// Sends a signed request, and reads its response.
    async fn send(
        &self,
        mut request: Request,
        operation: &'static Operation,
        permit: &mut Permit<'_>,
        redaction: &Redaction<'_>,
    ) -> Result<Response<Body>, Failure> {
        if !operation.success.binary {
            return self.exchange(request, operation, permit, redaction).await;
        }
        // Otherwise reqwest accepts a compressed body, whose size is unknown.
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        // The timeout of a request would also limit the time in which the caller reads the body.
        let limit = request.timeout_mut().take().unwrap_or(self.attempt_timeout);
        match tokio::time::timeout(limit, self.exchange(request, operation, permit, redaction)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure { delivery: Delivery::Sent, ..self.no_response().into() }),
        }
    }

    async fn exchange(
        &self,
        request: Request,
        operation: &'static Operation,
        permit: &mut Permit<'_>,
        redaction: &Redaction<'_>,
    ) -> Result<Response<Body>, Failure> {
        // From here on the service may count the request, even if this future is dropped.
        permit.set_sent(self.runtime.elapsed());
        let response = match self.http.execute(request).await {
            Ok(response) => response,
            Err(error) => {
                let is_connected = !error.is_connect();
                if !is_connected {
                    permit.set_unsent();
                }
                let delivery = if is_connected { Delivery::Sent } else { Delivery::Unconnected };
                // A server chooses the names in its certificate and the text of some connection errors.
                let error = self.connection_error(error).await.redacted(redaction);
                return Err(Failure { delivery, ..error.into() });
            }
        };
        response::read(response, operation, self.body_limit, self.runtime.now(), redaction).await
    }

    /// Returns a redaction with the secrets of an attempt.
    fn redaction<'a>(
        &'a self,
        credentials: &'a Credentials,
        refused: Option<&'a ResolvedCredentials>,
        others: impl Iterator<Item = &'a str>,
    ) -> Redaction<'a> {
        let secrets = self.secrets.iter().map(Secret::expose);
        let refused = refused.map(|resolved| resolved.credentials.secrets()).unwrap_or_default();
        Redaction::new(credentials.secrets().into_iter().chain(refused).chain(secrets).chain(others))
    }
}

/// Returns the header values that may be secrets.
fn sensitive(headers: &HeaderMap) -> Vec<HeaderValue> {
    headers.values().filter(|value| value.is_sensitive()).cloned().collect()
}

fn texts(values: &[HeaderValue]) -> impl Iterator<Item = &str> {
    values.iter().filter_map(|value| value.to_str().ok())
}

/// Returns a request for a dry run.
fn shown(request: &Request) -> Result<http::Request<Bytes>> {
    let body = request.body().and_then(reqwest::Body::as_bytes).map(Bytes::copy_from_slice).unwrap_or_default();
    let mut shown = http::Request::new(body);
    *shown.method_mut() = request.method().clone();
    *shown.uri_mut() = request
        .url()
        .as_str()
        .parse()
        .map_err(|error: http::uri::InvalidUri| Error::usage("invalid URL of the request").with_cause(error))?;
    *shown.headers_mut() = request.headers().clone();
    Ok(shown)
}
