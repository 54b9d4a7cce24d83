//! One typed call: the seam between a generated client and the transport.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use progenitor_client::ResponseValue;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

use crate::lenient::repaired;
use crate::{Error, ErrorKind, Operation, Response, Result, Transport};

pub use crate::arguments::required;

/// What a generated client carries through one call.
///
/// Its hooks can only answer with reqwest's types, so what the transport says beyond those waits here.
#[derive(Debug, Clone)]
pub struct Call {
    transport: Transport,
    operation: &'static Operation,
    outcome: Arc<Mutex<Option<Result<Answered>>>>,
}

/// What is known of a success besides its body.
#[derive(Debug, Default)]
struct Answered {
    status: u16,
    request_id: Option<String>,
    headers: HeaderMap,
    /// The body of a page of a listing; empty for other operations.
    body: Bytes,
}

impl Call {
    /// A call of `operation` that is yet to be sent.
    #[must_use]
    pub fn new(transport: Transport, operation: &'static Operation) -> Self {
        Self { transport, operation, outcome: Arc::default() }
    }

    /// Sends the request that the generated client has built: the whole of its `exec` hook.
    ///
    /// # Errors
    ///
    /// None of reqwest's: every failure is kept for [`finish`], behind an answer that leads there.
    ///
    /// # Cancel safety
    ///
    /// As for [`Transport::execute`].
    pub async fn exec(&self, mut request: reqwest::Request) -> reqwest::Result<reqwest::Response> {
        // The generator adds the document's version as a header, which no API has.
        request.headers_mut().remove("api-version");
        let (outcome, response) = match self.transport.execute(request, self.operation).await {
            Ok(answer) => {
                let (status, request_id) = (answer.status(), answer.request_id().map(str::to_owned));
                let headers = answer.headers().clone();
                let body = answer.into_inner();
                let kept = if self.operation.pagination.is_some() { body.clone() } else { Bytes::new() };
                let answered = Answered { status, request_id, headers, body: kept };
                let mut response = http::Response::new(body);
                // A success is one whichever status of 2xx it has; the generated method knows the documented one.
                *response.status_mut() = http::StatusCode::from_u16(self.operation.success.status).unwrap_or_default();
                (Ok(answered), response)
            }
            // Any status that no operation documents leads out of the generated method.
            Err(error) => {
                let mut response = http::Response::new(Bytes::new());
                *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
                (Err(error), response)
            }
        };
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        Ok(response.into())
    }
}

/// Puts together what the generated method returned and what the transport said.
///
/// # Errors
///
/// The transport's; [`ErrorKind::Protocol`] for a body that does not decode, with the place of the value that does not fit. Text
/// that is not valid Unicode is [`repaired`] first.
pub fn finish<T: DeserializeOwned>(
    call: &Call,
    returned: std::result::Result<ResponseValue<T>, progenitor_client::Error<()>>,
) -> Result<Response<T>> {
    let outcome = call.outcome.lock().unwrap_or_else(PoisonError::into_inner).take().transpose()?;
    let Answered { status, request_id, headers, body } = outcome.unwrap_or_default();
    match returned {
        Ok(value) => Ok(Response::new(value.into_inner(), status, request_id).with_headers(headers).with_body(body)),
        Err(progenitor_client::Error::InvalidResponsePayload(body, error)) => {
            let decoded = match repaired(&body) {
                Some(text) => {
                    serde_json::from_str::<T>(&text).map_err(|error| undecodable::<T>(text.as_bytes(), error))
                }
                None => Err(undecodable::<T>(&body, error)),
            };
            match decoded {
                Ok(value) => {
                    tracing::warn!(operation = call.operation.id, "the answer has text that is not valid Unicode");
                    let response = Response::new(value, status, request_id).with_headers(headers);
                    Ok(response.with_body(body).repaired())
                }
                Err(error) => Err(call.transport.redacted(error.answered(status, None, request_id, &body), &headers)),
            }
        }
        Err(error) => Err(Error::usage("the request cannot be built").caused_by(error)),
    }
    .map_err(|error| error.in_operation(call.operation.id))
}

/// Says where in the body the first value is that is not as documented: the generated client only says what.
fn undecodable<T: DeserializeOwned>(body: &[u8], error: serde_json::Error) -> Error {
    let mut decoder = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, T>(&mut decoder) {
        Err(located) if located.path().iter().next().is_some() => {
            let path = located.path().to_string();
            Error::new(ErrorKind::Protocol, format!("the answer is not as documented at {path}"))
                .caused_by(located.into_inner())
        }
        _ => Error::new(ErrorKind::Protocol, "the answer is not the documented JSON").caused_by(error),
    }
}
