//! Defines the interface with which a program observes attempts and changes their headers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method};

use crate::{Error, Operation};

/// Observes every attempt of every call, and can change the headers of its request.
///
/// The methods run in the task of the call. They must not block.
///
/// ```
/// use huaweicloud_core::{AttemptOutcome, AttemptRequest, Interceptor};
///
/// struct Trace;
///
/// impl Interceptor for Trace {
///     fn on_request(&self, request: &mut AttemptRequest<'_>) {
///         let number = request.number().into();
///         request.headers_mut().insert("x-attempt", number);
///     }
///
///     fn on_outcome(&self, outcome: &AttemptOutcome<'_>) {
///         println!("{}: {:?} after {:?}", outcome.operation().id, outcome.status(), outcome.duration());
///     }
/// }
/// ```
pub trait Interceptor: Send + Sync + 'static {
    /// Called before an attempt is signed and sent. Headers that it sets are signed, too.
    ///
    /// Headers that the client sets itself, such as `Authorization` or `Accept`, cannot be set or removed: the call then
    /// returns [`ErrorKind::Usage`](crate::ErrorKind::Usage). See [`CallOptions::set_header`](crate::CallOptions::set_header).
    fn on_request(&self, request: &mut AttemptRequest<'_>) {
        let _ = request;
    }

    /// Called after an attempt: its response was read completely, or it failed. It is not called if the future of the
    /// call is dropped during the attempt.
    fn on_outcome(&self, outcome: &AttemptOutcome<'_>) {
        let _ = outcome;
    }
}

/// The request of an attempt, before it is signed.
pub struct AttemptRequest<'a> {
    pub(super) operation: &'static Operation,
    pub(super) number: u32,
    pub(super) request: &'a mut reqwest::Request,
}

impl AttemptRequest<'_> {
    /// Returns the operation.
    #[must_use]
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// Returns the number of the attempt within the call, from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the method.
    #[must_use]
    pub fn method(&self) -> &Method {
        self.request.method()
    }

    /// Returns the URL.
    #[must_use]
    pub fn url(&self) -> &str {
        self.request.url().as_str()
    }

    /// Returns the headers, without those of the credentials.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// Returns the headers, to change them. A name with several values is refused, since only one can be signed.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        self.request.headers_mut()
    }

    /// Returns the body. It is empty if there is none.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default()
    }
}

impl fmt::Debug for AttemptRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // URL, headers and body may contain data that must not be logged.
        f.debug_struct("AttemptRequest")
            .field("operation", &self.operation.id)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// The outcome of an attempt.
pub struct AttemptOutcome<'a> {
    pub(super) operation: &'static Operation,
    pub(super) number: u32,
    pub(super) duration: Duration,
    pub(super) status: Option<u16>,
    pub(super) headers: Option<&'a HeaderMap>,
    pub(super) error: Option<&'a Error>,
}

impl<'a> AttemptOutcome<'a> {
    /// Returns the operation.
    #[must_use]
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// Returns the number of the attempt within the call, from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the time from sending the request to the end of the response or the failure.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// Returns the status of the response, if one was received.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Returns the headers of the response, if one was received. They can contain secrets.
    #[must_use]
    pub fn headers(&self) -> Option<&'a HeaderMap> {
        self.headers
    }

    /// Returns the error of a failed attempt. The call may retry it.
    #[must_use]
    pub fn error(&self) -> Option<&'a Error> {
        self.error
    }
}

impl fmt::Debug for AttemptOutcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptOutcome")
            .field("operation", &self.operation.id)
            .field("number", &self.number)
            .field("duration", &self.duration)
            .field("status", &self.status)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// The interceptors of a transport, in order.
#[derive(Clone, Default)]
pub(super) struct Interceptors(Vec<Arc<dyn Interceptor>>);

impl Interceptors {
    pub(super) fn push(&mut self, interceptor: impl Interceptor) {
        self.0.push(Arc::new(interceptor));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn on_request(&self, request: &mut AttemptRequest<'_>) {
        self.0.iter().for_each(|interceptor| interceptor.on_request(request));
    }

    pub(super) fn on_outcome(&self, outcome: &AttemptOutcome<'_>) {
        self.0.iter().for_each(|interceptor| interceptor.on_outcome(outcome));
    }
}

impl fmt::Debug for Interceptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} interceptors", self.0.len())
    }
}
