//! One place that everything sent and received goes through.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Request, StatusCode};

use crate::printable::excerpt;
use crate::{Credentials, Endpoint, Error, Kind, Operation, Response, Result, error_body, tls};

/// The largest body read unless the builder says otherwise: thousands of times a full page.
const BODY_LIMIT: usize = 64 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);
const USER_AGENT: &str = concat!("huaweicloud-core-rust/", env!("CARGO_PKG_VERSION"));

/// Sends requests to one endpoint with one identity, and reads the answers whole.
///
/// Clones share connections.
#[derive(Debug, Clone)]
pub struct Transport {
    http: reqwest::Client,
    endpoint: Endpoint,
    credentials: Credentials,
    body_limit: usize,
}

/// Sets up a [`Transport`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it builds"]
pub struct TransportBuilder {
    endpoint: Endpoint,
    credentials: Credentials,
    body_limit: usize,
    connect_timeout: Duration,
    attempt_timeout: Duration,
}

impl TransportBuilder {
    /// Bounds the size of a body in bytes; 64 MiB unless set.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Bounds the time to connect; 10 seconds unless set.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Bounds the time from sending a request to having its answer whole; 60 seconds unless set.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = limit;
        self
    }

    /// Builds it. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] if TLS cannot be set up on this system.
    pub fn build(self) -> Result<Transport> {
        let mut http = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .connect_timeout(self.connect_timeout)
            .timeout(self.attempt_timeout);
        if self.endpoint.is_loopback() {
            // A proxy could not reach this machine's loopback, and must not see what is meant for it. It needs no
            // TLS either unless the address says so, and reading the system's certificates costs start-up time.
            http = http.no_proxy();
        }
        if self.endpoint.url().scheme() == "https" {
            http = http.tls_backend_preconfigured(tls::of_system()?);
        } else {
            http = http.tls_backend_preconfigured(tls::of_nobody()?);
        }
        let http = http.build().map_err(|error| Error::usage("the HTTP client cannot be set up").caused_by(error))?;
        Ok(Transport { http, endpoint: self.endpoint, credentials: self.credentials, body_limit: self.body_limit })
    }
}

impl Transport {
    /// Starts to set up a transport to `endpoint` as the user that `credentials` stand for.
    pub fn builder(endpoint: Endpoint, credentials: Credentials) -> TransportBuilder {
        TransportBuilder {
            endpoint,
            credentials,
            body_limit: BODY_LIMIT,
            connect_timeout: CONNECT_TIMEOUT,
            attempt_timeout: ATTEMPT_TIMEOUT,
        }
    }

    /// Where it sends to.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The HTTP client below, for generated code that builds its requests with it. What that client sends by
    /// itself carries no credentials.
    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Sends one request of `operation` and reads its answer whole.
    ///
    /// # Errors
    ///
    /// Any answer that is not a success with a body where `operation` documents one; and whatever kept an answer
    /// from arriving whole. The error says which operation.
    pub async fn execute(&self, request: Request, operation: &'static Operation) -> Result<Response<Bytes>> {
        self.attempt(request, operation).await.map_err(|error| error.in_operation(operation.id))
    }

    async fn attempt(&self, mut request: Request, operation: &'static Operation) -> Result<Response<Bytes>> {
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        self.credentials.apply(&mut request)?;
        let response = self.http.execute(request).await.map_err(|error| self.unsent(error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let request_id = request_id(&headers);
        let body = self
            .read(response)
            .await
            .map_err(|error| error.answered(status.as_u16(), None, request_id.clone(), &Bytes::new()))?;
        if !status.is_success() {
            return Err(error_body::classify(status.as_u16(), request_id, &body));
        }
        if operation.success.schema.is_some() {
            check_body(status, &headers, &body)
                .map_err(|error| error.answered(status.as_u16(), None, request_id.clone(), &body))?;
        }
        if let Some(error) = error_body::under_success(operation, status.as_u16(), request_id.as_deref(), &body) {
            return Err(error);
        }
        Ok(Response::new(body, status.as_u16(), request_id))
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<Bytes> {
        let too_large =
            || Error::new(Kind::Protocol, format!("the answer is larger than the limit of {} bytes", self.body_limit));
        let expected = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
        if expected > self.body_limit {
            return Err(too_large());
        }
        let mut body = BytesMut::with_capacity(expected);
        while let Some(chunk) = response.chunk().await.map_err(|error| cut_off(error, body.len()))? {
            if body.len() + chunk.len() > self.body_limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    fn unsent(&self, error: reqwest::Error) -> Error {
        let error = error.without_url();
        let endpoint = &self.endpoint;
        if error.is_timeout() {
            Error::new(Kind::Timeout, format!("no answer from {endpoint} in time")).caused_by(error)
        } else if error.is_connect() {
            Error::new(Kind::Connection, format!("no connection to {endpoint}")).caused_by(error)
        } else {
            Error::new(Kind::Connection, format!("the connection to {endpoint} broke before an answer came"))
                .caused_by(error)
        }
    }
}

fn cut_off(error: reqwest::Error, received: usize) -> Error {
    let kind = if error.is_timeout() { Kind::Timeout } else { Kind::Connection };
    Error::new(kind, format!("the answer is not whole: it broke off after {received} bytes"))
        .caused_by(error.without_url())
}

/// A success that has no JSON to decode says so here, in words about the answer instead of about a parser.
fn check_body(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Result<()> {
    let Some(first) = body.iter().find(|byte| !byte.is_ascii_whitespace()) else {
        return Err(Error::new(Kind::Protocol, format!("an empty answer with status {}", status.as_u16())));
    };
    if *first != b'<' {
        return Ok(());
    }
    let kind =
        headers.get(CONTENT_TYPE).map_or("no content type".into(), |value| String::from_utf8_lossy(value.as_bytes()));
    Err(Error::new(
        Kind::Protocol,
        format!("a page ({kind}) instead of JSON: {}", excerpt(&String::from_utf8_lossy(body), 200)),
    )
    .remedy("A proxy or login page may stand between: check endpoint and proxy."))
}

/// The id under which the gateway, or IAM, knows the request.
fn request_id(headers: &HeaderMap) -> Option<String> {
    [HeaderName::from_static("x-request-id"), HeaderName::from_static("x-iam-trace-id")]
        .iter()
        .find_map(|name| headers.get(name))
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
