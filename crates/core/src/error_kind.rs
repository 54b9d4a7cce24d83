//! Defines the kinds of errors.

/// The kind of a failure, by which a caller can decide how to react.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller's input or configuration is wrong. Nothing was sent.
    Usage,
    /// The service did not accept the credentials.
    Credentials,
    /// The service accepted the credentials and does not permit the call.
    Permission,
    /// The requested resource does not exist.
    NotFound,
    /// A quota is exhausted.
    Throttled,
    /// An attempt, a call or a [`Waiter`](crate::Waiter) did not finish in time.
    /// [`may_have_reached_service`](crate::Error::may_have_reached_service) reports whether a request may have been carried
    /// out.
    Timeout,
    /// No connection was established, or it broke before the response was complete.
    Connection,
    /// The service responded with an error of another kind.
    Service,
    /// The response does not match the API documentation.
    Protocol,
    /// A listing is incomplete: it changed while it was read, or rows are missing.
    Incomplete,
    /// The request was not sent because the transport is in [dry run](crate::TransportBuilder::dry_run).
    DryRun,
}
