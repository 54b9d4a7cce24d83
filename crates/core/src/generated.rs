//! Defines the interface for generated code: connects a generated client with the transport, for one typed call. Not for
//! other uses: the types of reqwest in it change with the releases of reqwest.
//!
//! A method of a generated client encodes the parameters, calls the `exec` hook with the request, and decodes the
//! response of the hook. The hook can return only the types of reqwest, so [`Call`] keeps the result of the transport
//! beside it, and [`finish`] combines both.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use progenitor_client::{ByteStream, ResponseValue};
use serde::de::DeserializeOwned;

use crate::lenient::repaired;
use crate::transport::Content;
use crate::{Download, Error, ErrorKind, Operation, Response, Result, Transport};

pub use crate::arguments::required;

/// A status that no operation documents. The generated method fails for it without decoding the body.
const UNDOCUMENTED: u16 = 500;

/// Returns the HTTP client with which generated code builds requests. Requests sent directly with it carry no
/// credentials.
#[must_use]
pub fn http(transport: &Transport) -> reqwest::Client {
    transport.http().clone()
}

/// The state of one call of a generated client.
#[derive(Debug, Clone)]
pub struct Call {
    transport: Transport,
    operation: &'static Operation,
    /// The result of the transport, from [`exec`](Self::exec) to [`finish`].
    result: Arc<Mutex<Option<Result<Response<Content>>>>>,
}

impl Call {
    /// Creates a call of `operation`. Sends no request.
    #[must_use]
    pub fn new(transport: Transport, operation: &'static Operation) -> Self {
        Self { transport, operation, result: Arc::default() }
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
        let result = self.transport.execute_request(request, self.operation).await;
        // The generated method decodes the body only of the documented status, but any 2xx status is a success.
        let (status, body) = match &result {
            Ok(response) => (
                self.operation.success.status,
                match response.get_ref() {
                    Content::Whole(body) => body.clone(),
                    // The caller reads the bytes from the download, not from the response of the generated method.
                    Content::Download(_) => Bytes::new(),
                },
            ),
            Err(_) => (UNDOCUMENTED, Bytes::new()),
        };
        *self.lock() = Some(result);
        let mut response = http::Response::new(body);
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
        Ok(response.into())
    }

    /// Replaces the body of `response` by its decoded value. A page of a listing keeps its body as well, since its rows
    /// are counted there.
    fn decoded<T>(&self, response: Response<Bytes>, value: T) -> Response<T> {
        let body = if self.operation.pagination.is_some() { response.get_ref().clone() } else { Bytes::new() };
        response.with_value(value).with_body(body)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Option<Result<Response<Content>>>> {
        self.result.lock().unwrap_or_else(PoisonError::into_inner)
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
    let stored = call.lock().take().transpose();
    let stored = stored.map(|response| response.map(|response| response.map(Content::into_whole)));
    let finished = match (stored?, returned) {
        (Some(response), Ok(value)) => Ok(call.decoded(response, value.into_inner())),
        (Some(response), Err(progenitor_client::Error::InvalidResponsePayload(_, error))) => {
            decode_repaired(call, response, error)
        }
        (_, returned) => Err(unsent(returned)),
    };
    finished.map_err(|error| error.with_operation(call.operation.id))
}

/// Does the same as [`finish`] for an operation that returns bytes.
///
/// # Errors
///
/// Returns the error of the transport.
pub fn finish_download(
    call: &Call,
    returned: std::result::Result<ResponseValue<ByteStream>, progenitor_client::Error<()>>,
) -> Result<Response<Download>> {
    let stored = call.lock().take().transpose()?.map(Response::split);
    match stored {
        Some((Content::Download(download), response)) => Ok(response.with_value(*download)),
        _ => Err(unsent(returned).with_operation(call.operation.id)),
    }
}

/// Returns the error for a request that the generated method could not build.
fn unsent<T>(returned: std::result::Result<T, progenitor_client::Error<()>>) -> Error {
    let error = Error::usage("cannot build the request");
    match returned {
        Ok(_) => error,
        Err(cause) => error.with_cause(cause),
    }
}

/// Decodes a body that the generated method could not decode with `error`, after [`repaired`] has fixed its text.
fn decode_repaired<T: DeserializeOwned>(
    call: &Call,
    response: Response<Bytes>,
    error: serde_json::Error,
) -> Result<Response<T>> {
    let decoded = match repaired(response.get_ref()) {
        Some(text) => serde_json::from_str::<T>(&text).map_err(|error| undecodable::<T>(text.as_bytes(), error)),
        None => Err(undecodable::<T>(response.get_ref(), error)),
    };
    match decoded {
        Ok(value) => {
            tracing::warn!(operation = call.operation.id, "the response contains text that is not valid Unicode");
            Ok(call.decoded(response, value).repaired())
        }
        Err(error) => {
            let request_id = response.request_id().map(str::to_owned);
            let error = error.with_response(response.status(), None, request_id, response.get_ref());
            Err(call.transport.redacted(error, response.headers()))
        }
    }
}

/// Returns an error with the JSON path of the first invalid value. The error of the generated client does not contain
/// the path.
fn undecodable<T: DeserializeOwned>(body: &[u8], error: serde_json::Error) -> Error {
    let mut decoder = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, T>(&mut decoder) {
        Err(located) if located.path().iter().next().is_some() => {
            let path = located.path().to_string();
            Error::new(ErrorKind::Protocol, format!("invalid response: unexpected value at {path}"))
                .with_cause(located.into_inner())
        }
        _ => Error::new(ErrorKind::Protocol, "invalid response: not the documented JSON").with_cause(error),
    }
}
