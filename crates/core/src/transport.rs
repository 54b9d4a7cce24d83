//! Sends requests and reads responses: waits for the quota, resolves credentials, makes attempts and retries them.

mod builder;
mod check;
mod elements;
mod key_probe;
mod region;
mod response;
mod skew;
mod wait;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::Request;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use tokio::sync::OnceCell;
use tracing::Instrument as _;

pub use self::builder::TransportBuilder;
pub use self::elements::count_elements;
use self::key_probe::KeyProbe;
pub use self::region::check_region;
use self::response::{Delivery, Failure};
use self::skew::Skew;
pub use self::wait::{Reason, Wait};
use crate::limiter::{Limiter, Permit};
use crate::proxy::Proxy;
use crate::redact::Redaction;
use crate::regions::UnknownRegion;
use crate::retry::{Failed, Retries, wait};
use crate::sign::mismatch::explain_mismatch;
use crate::sign::sign_request;
use crate::task::in_task;
use crate::{
    Credentials, Endpoint, Error, ErrorKind, Identity, Operation, ResolvedCredentials, Response, Result, Runtime,
    Secret, hints, proxy, tls,
};

/// Sends requests to one endpoint with one identity, within the quotas. It retries transient errors and reads responses
/// completely.
///
/// Clones share connections, quotas and credentials.
#[derive(Debug, Clone)]
pub struct Transport(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    http: reqwest::Client,
    /// The proxy for all connections.
    proxy: Option<Proxy>,
    /// Set once the region of the endpoint is known to exist.
    region: OnceCell<()>,
    endpoint: Endpoint,
    identity: Identity,
    project_id: Option<String>,
    /// Secrets in the bodies of requests.
    secrets: Vec<Secret>,
    limiter: Limiter,
    retries: Retries,
    attempt_timeout: Duration,
    body_limit: usize,
    skew: Skew,
    key_probe: KeyProbe,
    on_wait: Hook<Wait>,
    dry_run: Option<Hook<Request>>,
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

/// One attempt: its input and, afterwards, its times.
struct Attempt<'a> {
    permit: Permit<'a>,
    /// The credentials that were refused earlier in this call. A server may still quote them.
    refused: Option<Arc<ResolvedCredentials>>,
    /// The maximum duration of the attempt.
    timeout: Duration,
    /// The time in the signature: the local clock at that time, with the correction known then.
    signed_at: Option<SystemTime>,
    /// The time at which the attempt was sent.
    started: Duration,
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
        TransportBuilder::new(endpoint, identity.into())
    }

    /// Returns the endpoint to which requests are sent.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// Returns the underlying HTTP client, with which generated code builds requests. Requests sent directly with it
    /// carry no credentials.
    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.0.http
    }

    /// Returns how many requests of `operation` can be sent now without exceeding its quota. That is the quota in
    /// force, or else the documented one.
    #[must_use]
    pub fn remaining(&self, operation: &'static Operation) -> usize {
        self.0.limiter.remaining(operation, self.0.runtime.elapsed())
    }

    /// Removes secrets from an error about a response: those of the caller and those that the response issued.
    pub(crate) fn redacted(&self, error: Error, headers: &HeaderMap) -> Error {
        let resolved = self.0.identity.cached();
        let credentials = resolved.as_ref().map_or(&Credentials::Anonymous, |resolved| &resolved.credentials);
        error.redacted(&self.0.redaction(credentials, None, None).with_issued(headers))
    }

    /// Sends a request of `operation`, retries it if that may help, and reads its response completely.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`], without sending a request, if a parameter or field is missing, unknown or out of
    /// bounds. Returns an error if the response is not a success, has no body although `operation` documents one, or is
    /// incomplete. The error is that of the last attempt. It contains the operation and the number of attempts.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection of a request in progress. The service may have carried out such a
    /// request, and it counts toward the quota. A request that was still waiting was not sent and does not count.
    pub async fn execute(&self, request: Request, operation: &'static Operation) -> Result<Response<Bytes>> {
        let span = tracing::info_span!("call", operation = operation.id);
        let shared = Arc::clone(&self.0);
        let call = async move { shared.execute(request, operation).await }.instrument(span);
        in_task(call).await.map_err(|error| error.with_operation(operation.id))
    }
}

impl Shared {
    async fn execute(&self, mut request: Request, operation: &'static Operation) -> Result<Response<Bytes>> {
        check::check(&request, operation)?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(Hook(show)) = &self.dry_run {
            show(&request);
            return Err(Error::new(ErrorKind::DryRun, "dry run: the request was not sent"));
        }
        // This check precedes the credentials, which may need a login.
        self.region.get_or_try_init(|| check_region(&self.endpoint, &*self.runtime)).await?;
        let (mut attempts, mut is_reached, mut corrections) = (0, false, Corrections::default());
        // The time spent on attempts and waits between them. Waits for the quota are not part of it.
        let mut spent = Duration::ZERO;
        loop {
            let on_wait = |time| self.on_wait(operation, time, Reason::Quota);
            let permit = self.limiter.admit(operation, &*self.runtime, on_wait).await;
            // Resolved after the wait, since a token may expire during it.
            let resolved = self
                .identity
                .current(&self.runtime)
                .await
                .map_err(|error| error.with_attempts(attempts).with_reach(is_reached))?;
            let mut attempt = Attempt {
                permit,
                refused: corrections.of_the_credentials.clone(),
                timeout: self.attempt_timeout.min(self.retries.total.saturating_sub(spent)),
                signed_at: None,
                started: self.runtime.elapsed(),
            };
            let outcome = self.attempt(&request, operation, &resolved, &mut attempt).await;
            let Attempt { permit, timeout, signed_at, started, .. } = attempt;
            let now = self.runtime.elapsed();
            // Time beyond the limit of the attempt was not spent on it: the program was suspended.
            spent = spent.saturating_add(now.saturating_sub(started).min(timeout));
            self.limiter.record_response(&permit, now);
            let Failure { error, retry_after, date, delivery } = match outcome {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            if delivery == Delivery::Unsent && !resolved.is_valid(self.runtime.now()) {
                // The credentials expired while the attempt waited for its turn.
                continue;
            }
            attempts += u32::from(delivery != Delivery::Unsent);
            is_reached |= delivery == Delivery::Sent && !error.is_refused_by_gateway();
            let error = error.with_attempts(attempts).with_reach(is_reached);
            tracing::debug!(
                attempt = attempts,
                kind = ?error.kind(),
                status = error.status(),
                code = error.code(),
                request_id = error.request_id(),
                "attempt failed"
            );
            if error.kind() == ErrorKind::Credentials {
                let signed_at = signed_at.and_then(|at| at.checked_add(now.saturating_sub(started)));
                let is_corrected = signed_at.is_some_and(|at| self.skew.learn(&error, date, self.runtime.now(), at));
                if attempts < self.retries.attempts {
                    let newer = self.corrected(&resolved, is_corrected, &mut corrections).await;
                    if newer.map_err(|error| error.with_attempts(attempts).with_reach(is_reached))? {
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
                attempts,
                elapsed: spent,
                asked: retry_after,
                quota,
                idempotent: operation.idempotent,
                is_sent: delivery == Delivery::Sent,
            };
            let Some(time) = wait(failed, self.retries, self.runtime.random()) else {
                return Err(error);
            };
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

    /// Makes one attempt. Each attempt gets a fresh date and signature, since a date is valid for 15 minutes.
    async fn attempt(
        &self,
        request: &Request,
        operation: &'static Operation,
        resolved: &Arc<ResolvedCredentials>,
        attempt: &mut Attempt<'_>,
    ) -> Result<Response<Bytes>, Failure> {
        let mut request = request.try_clone().ok_or_else(|| Error::usage("cannot send the request body again"))?;
        *request.timeout_mut() = Some(attempt.timeout);
        let explained = |failure: Failure| {
            let error = hints::add(failure.error, operation, &resolved.credentials);
            Failure { error, ..failure }
        };
        let Credentials::AccessKey(key) = &resolved.credentials else {
            resolved.credentials.apply(&mut request)?;
            let refused = attempt.refused.clone();
            let redaction = self.redaction(&resolved.credentials, refused.as_deref(), None);
            return self.send(request, operation, &mut attempt.permit, &redaction).await.map_err(explained);
        };
        let _turn = self.key_probe.turn(resolved, &*self.runtime).await?;
        if !resolved.is_valid(self.runtime.now()) {
            return Err(Error::new(ErrorKind::Credentials, "the credentials have expired").into());
        }
        let project_id = self.project_id.as_deref().or(resolved.project_id.as_deref());
        let at = self.skew.correction().apply(self.runtime.now());
        (attempt.started, attempt.signed_at) = (self.runtime.elapsed(), Some(at));
        let signed = sign_request(&mut request, key, project_id, at)?;
        let refused = attempt.refused.clone();
        let redaction = self.redaction(&resolved.credentials, refused.as_deref(), Some(signed.signature()));
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

    async fn send(
        &self,
        request: Request,
        operation: &'static Operation,
        permit: &mut Permit<'_>,
        redaction: &Redaction<'_>,
    ) -> Result<Response<Bytes>, Failure> {
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
                let error = self.unsent(error).await.redacted(redaction);
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
        signature: Option<&'a str>,
    ) -> Redaction<'a> {
        let secrets = self.secrets.iter().map(Secret::expose);
        let refused = refused.map(|resolved| resolved.credentials.secrets()).unwrap_or_default();
        Redaction::new(credentials.secrets().into_iter().chain(refused).chain(secrets).chain(signature))
    }

    async fn unsent(&self, error: reqwest::Error) -> Error {
        let error = error.without_url();
        let peer = match &self.proxy {
            Some(proxy) => format!("{} through {proxy}", self.endpoint),
            None => self.endpoint.to_string(),
        };
        if error.is_timeout() {
            Error::new(ErrorKind::Timeout, format!("no response from {peer} in time")).with_cause(error)
        } else if error.is_connect() {
            let failure = Error::new(ErrorKind::Connection, format!("no connection to {peer}"));
            let failure = failure.with_hint(self.connection_hint(&error));
            let refusal = match &self.proxy {
                Some(proxy) => proxy.tunnel_error(&self.endpoint, &error).await,
                None => None,
            };
            match refusal {
                Some(refusal) => failure.with_cause(refusal),
                None => failure.with_cause(error),
            }
        } else {
            Error::new(ErrorKind::Connection, format!("the connection to {peer} was closed before the response"))
                .with_cause(error)
        }
    }

    /// Returns the hint for a failed connection.
    fn connection_hint(&self, error: &reqwest::Error) -> String {
        let hint = match tls::tls_error(error) {
            Some(rustls::Error::InvalidCertificate(_)) => {
                "Check endpoint and proxy. Add the certificate of your own authority to the system's \
                 store, or to the file in SSL_CERT_FILE."
            }
            Some(_) => "Check endpoint and proxy: the server does not use TLS correctly.",
            None if proxy::asks_for_credentials(error) => {
                "Set the user name and password of the proxy in its variable."
            }
            None => {
                let region = self.endpoint.unknown_region().map(UnknownRegion::hint);
                let proxy = self.proxy.as_ref().map(|_| "Check that the proxy is running and allows this host.");
                return match (region, proxy) {
                    (Some(region), Some(proxy)) => format!("{region} {proxy}"),
                    (Some(region), None) => region,
                    (None, Some(proxy)) => proxy.to_owned(),
                    (None, None) => "Check the endpoint, the network, and whether HTTPS_PROXY must be set.".to_owned(),
                };
            }
        };
        hint.to_owned()
    }
}
