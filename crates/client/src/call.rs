//! One typed call: the seam between the generated client and the transport.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use huaweicloud_core::{Error, Kind, Operation, Response, Result, Transport};
use progenitor_client::{ClientHooks, OperationInfo, ResponseValue};
use serde::de::DeserializeOwned;

use crate::generated::wire;

/// What the generated client carries through one call.
///
/// Its hooks can only answer with reqwest's types, so what the transport says beyond those waits here.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    transport: Transport,
    operation: &'static Operation,
    outcome: Arc<Mutex<Option<Result<Answered>>>>,
}

/// What is known of a success besides its body.
#[derive(Debug)]
struct Answered {
    status: u16,
    request_id: Option<String>,
}

impl Call {
    pub(crate) fn new(transport: Transport, operation: &'static Operation) -> Self {
        Self { transport, operation, outcome: Arc::default() }
    }

    fn outcome(&self) -> Option<Result<Answered>> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ClientHooks<Call> for wire::Client {
    async fn exec(&self, mut request: reqwest::Request, _: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        // The generator adds the document's version as a header, which the API does not have.
        request.headers_mut().remove("api-version");
        let call = &self.inner;
        let (outcome, response) = match call.transport.execute(request, call.operation).await {
            Ok(answer) => {
                let answered = Answered { status: answer.status(), request_id: answer.request_id().map(str::to_owned) };
                let mut response = http::Response::new(answer.into_inner());
                // A success is one whichever status of 2xx it has; the generated method knows the documented one.
                *response.status_mut() = http::StatusCode::from_u16(call.operation.success.status).unwrap_or_default();
                (Ok(answered), response)
            }
            // Any status that no operation documents leads out of the generated method.
            Err(error) => {
                let mut response = http::Response::new(Bytes::new());
                *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
                (Err(error), response)
            }
        };
        *call.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        Ok(response.into())
    }
}

/// Puts together what the generated method returned and what the transport said.
pub(crate) fn finish<T: DeserializeOwned>(
    wire: &wire::Client,
    returned: std::result::Result<ResponseValue<T>, wire::Error<()>>,
) -> Result<Response<T>> {
    let operation = wire.inner.operation;
    let outcome = wire.inner.outcome().transpose()?;
    let (status, request_id) = outcome.map_or((0, None), |answered| (answered.status, answered.request_id));
    match returned {
        Ok(value) => Ok(Response::new(value.into_inner(), status, request_id)),
        Err(wire::Error::InvalidResponsePayload(body, error)) => {
            Err(undecodable::<T>(&body, error).answered(status, None, request_id, &body))
        }
        Err(error) => Err(Error::usage("the request cannot be built").caused_by(error)),
    }
    .map_err(|error| error.in_operation(operation.id))
}

/// Says where in the body the first value is that is not as documented: the generated client only says what.
fn undecodable<T: DeserializeOwned>(body: &[u8], error: serde_json::Error) -> Error {
    let mut decoder = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, T>(&mut decoder) {
        Err(located) if located.path().iter().next().is_some() => {
            let path = located.path().to_string();
            Error::new(Kind::Protocol, format!("the answer is not as documented at {path}"))
                .caused_by(located.into_inner())
        }
        _ => Error::new(Kind::Protocol, "the answer is not the documented JSON").caused_by(error),
    }
}
