//! Validates requests before they are sent.

use reqwest::{Body, Request};

use crate::{Arguments, Error, Operation, Result};

/// Checks path, query, headers and body of a request against the operation table.
///
/// # Errors
///
/// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) with the name of the parameter or field.
pub(super) fn check(request: &Request, operation: &'static Operation) -> Result<()> {
    Arguments::of_request(operation, request)?.check(operation)?;
    match (request.body().map(Body::as_bytes), &operation.body) {
        (None, None) => Ok(()),
        (Some(Some(body)), Some(_)) => operation.check_body_text(body),
        (Some(None), Some(_)) => Err(Error::usage("invalid request body: expected a body in memory")),
        (Some(_), None) => Err(Error::usage("invalid request: the operation has no request body")),
        (None, Some(body)) => Err(Error::usage(format!("missing request body: expected JSON of type {}", body.schema))),
    }
}
