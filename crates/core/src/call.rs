//! Connects a generated client with the transport, for one typed call.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use progenitor_client::ResponseValue;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

use crate::lenient::repaired;
use crate::{Error, ErrorKind, Operation, Response, Result, Transport};

pub use crate::arguments::required;

/// The state of one call of a generated client.
///
/// The hooks of a generated client can return only types of reqwest. Further results of the transport are stored here.
#[derive(Debug, Clone)]
pub struct Call {
    transport: Transport,
    operation: &'static Operation,
    outcome: Arc<Mutex<Option<Result<Answered>>>>,
}

/// The data of a successful response, except its body.
#[derive(Debug, Default)]
struct Answered {
    status: u16,
    request_id: Option<String>,
    headers: HeaderMap,
    /// The body of a page of a listing; empty for other operations.
    body: Bytes,
}

impl Call {
    /// Creates a call of `operation`. Sends no request.
    #[must_use]
    pub fn new(transport: Transport, operation: &'static Operation) -> Self {
        Self { transport, operation, outcome: Arc::default() }
    }

    /// Sends the request that the generated client has built. The `exec` hook consists of this call.
    ///
    /// # Errors
    ///
    /// Never returns an error of reqwest. A failure is stored for [`finish`]. The generated method then receives a
    /// response with an undocumented status.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`Transport::execute`].
    pub async fn exec(&self, mut request: reqwest::Request) -> reqwest::Result<reqwest::Response> {
        // The generator adds the version of the document as a header, which no API uses.
        request.headers_mut().remove("api-version");
        let (outcome, response) = match self.transport.execute(request, self.operation).await {
            Ok(answer) => {
                let (status, request_id) = (answer.status(), answer.request_id().map(str::to_owned));
                let headers = answer.headers().clone();
                let body = answer.into_inner();
                let kept = if self.operation.pagination.is_some() { body.clone() } else { Bytes::new() };
                let answered = Answered { status, request_id, headers, body: kept };
                let mut response = http::Response::new(body);
                // The generated method accepts only the documented status, but any 2xx status is a success.
                *response.status_mut() = http::StatusCode::from_u16(self.operation.success.status).unwrap_or_default();
                (Ok(answered), response)
            }
            // The generated method fails for a status that no operation documents.
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

/// Combines the result of the generated method with that of the transport.
///
/// # Errors
///
/// Returns the error of the transport. Returns [`ErrorKind::Protocol`] with the JSON path of the invalid value if the
/// body cannot be decoded. Text that is not valid Unicode is [`repaired`] first.
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
                    tracing::warn!(
                        operation = call.operation.id,
                        "the response contains text that is not valid Unicode"
                    );
                    let response = Response::new(value, status, request_id).with_headers(headers);
                    Ok(response.with_body(body).repaired())
                }
                Err(error) => Err(call.transport.redacted(error.answered(status, None, request_id, &body), &headers)),
            }
        }
        Err(error) => Err(Error::usage("cannot build the request").caused_by(error)),
    }
    .map_err(|error| error.in_operation(call.operation.id))
}

/// Returns an error with the JSON path of the first invalid value. The error of the generated client does not contain
/// the path.
fn undecodable<T: DeserializeOwned>(body: &[u8], error: serde_json::Error) -> Error {
    let mut decoder = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, T>(&mut decoder) {
        Err(located) if located.path().iter().next().is_some() => {
            let path = located.path().to_string();
            Error::new(ErrorKind::Protocol, format!("invalid response: unexpected value at {path}"))
                .caused_by(located.into_inner())
        }
        _ => Error::new(ErrorKind::Protocol, "invalid response: not the documented JSON").caused_by(error),
    }
}
