//! What sort of failure an error is.

/// What sort of failure it was: what a caller can decide by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller's input or configuration is wrong. Nothing was sent.
    Usage,
    /// The service did not accept who the caller is.
    Credentials,
    /// The service knows the caller and does not allow the call.
    Permission,
    /// What the call names does not exist.
    NotFound,
    /// A quota is used up.
    Throttled,
    /// No complete answer came in time. The request may have been carried out.
    Timeout,
    /// There was no connection, or it broke before the answer was whole.
    Connection,
    /// The service answered with an error of another sort.
    Service,
    /// The answer is not one that the API documents.
    Protocol,
    /// A listing is not whole: it changed while it was read, or rows are missing.
    Incomplete,
    /// The transport shows requests instead of [sending](crate::TransportBuilder::dry_run) them.
    DryRun,
}
