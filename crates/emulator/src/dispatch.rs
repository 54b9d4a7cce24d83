//! Dispatches a request: assigns an id, finds the operation, authenticates the caller, validates the parameters, runs
//! the operation and logs the request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hss_client::operation::Location;
use hss_client::operations::ALL;
use hss_client::{Arguments, Operation, Runtime};
use http_body_util::Full;
use hyper::header::HeaderValue;
use hyper::http::request::Parts;
use serde_json::json;

use crate::changes::Changes;
use crate::clock::Clock;
use crate::control::Control;
use crate::faults::{Faults, Loaded, RequestProperties, Script};
use crate::gateway::access::Access;
use crate::gateway::body;
use crate::gateway::log::{Received, RequestLog};
use crate::gateway::origin::AllowedHosts;
use crate::gateway::percent::{decode, decode_query};
use crate::gateway::quota::Quotas;
use crate::gateway::route::{Matched, Router};
use crate::iam::{self, Iam, X_IAM_TRACE_ID};
use crate::metadata::Metadata;
use crate::operations;
use crate::reference::Reference;
use crate::response::{GatewayError, Response};
use crate::state::State;
use crate::state::random::{Random, branches};

/// Maximum length of path and query, in bytes.
const TARGET_LIMIT: usize = 8 * 1024;
/// Maximum size of the names and values of all headers, in bytes. A token alone may have 32 768 bytes.
const HEADERS_LIMIT: usize = 64 * 1024;
/// Maximum number of headers of a request.
const HEADERS: usize = 100;

/// The components that process a request, shared by all connections.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    router: Router,
    clock: Clock,
    access: Access,
    quotas: Option<Quotas>,
    iam: Iam,
    metadata: Metadata,
    reference: Reference,
    state: State,
    changes: Changes,
    log: RequestLog,
    allowed_hosts: AllowedHosts,
    latency: Duration,
    faults: Faults,
    control: Control,
    request_ids: Random,
    count: AtomicU64,
}

/// The settings of a dispatcher.
pub(crate) struct Settings {
    pub(crate) random: Random,
    pub(crate) clock: Clock,
    pub(crate) access: Access,
    pub(crate) metadata: Metadata,
    pub(crate) quotas: Option<Quotas>,
    pub(crate) latency: Duration,
    pub(crate) state: State,
    pub(crate) log: RequestLog,
    pub(crate) allowed_hosts: AllowedHosts,
}

impl Dispatcher {
    pub(crate) fn new(settings: Settings) -> Self {
        let Settings { random, clock, access, metadata, quotas, latency, state, log, allowed_hosts } = settings;
        let operations: Vec<_> = ALL.iter().copied().chain(iam::operations()).collect();
        Self {
            router: Router::new(&operations),
            clock,
            access,
            quotas,
            iam: Iam::new(random.branch(branches::PROJECTS)),
            metadata,
            reference: Reference::default(),
            state,
            changes: Changes::default(),
            log,
            allowed_hosts,
            latency,
            faults: Faults::default(),
            control: Control::default(),
            request_ids: random.branch(branches::REQUEST_IDS),
            count: AtomicU64::new(0),
        }
    }

    pub(crate) fn log(&self) -> &RequestLog {
        &self.log
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn changes(&self) -> &Changes {
        &self.changes
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    pub(crate) fn runtime(&self) -> &dyn Runtime {
        &*self.clock.runtime
    }

    /// Returns the id of the next request.
    pub(crate) fn next_request_id(&self) -> String {
        self.request_ids.branch(self.count.fetch_add(1, Ordering::Relaxed)).hexadecimal()
    }

    /// Returns the response to a request that is refused because of its head alone.
    pub(crate) fn refuse(&self, head: &Parts, request_id: &str) -> Option<hyper::Response<Full<Bytes>>> {
        let gateway_error = self.admit(head).err()?;
        let response = to_http(head, gateway_error.response(request_id), request_id, self.clock.now());
        self.log.add(Received::new(head).with_status(response.status()));
        Some(response.map(Full::new))
    }

    /// Returns the response to a request whose head was accepted. Its body may be incomplete.
    ///
    /// # Errors
    ///
    /// Returns the script to send over the connection instead of a response.
    pub(crate) async fn respond(
        &self,
        head: &Parts,
        body: Result<Bytes, GatewayError>,
        request_id: &str,
    ) -> Result<hyper::Response<Full<Bytes>>, Script> {
        if let Ok(body) = &body
            && let Some(response) = self.own(head, body).await
        {
            return Ok(response.into_response(request_id, self.clock.now()).map(Full::new));
        }
        let route = self.route(head);
        let sent = body.as_deref().unwrap_or_default();
        let fault = self.fault(head, sent, route.as_ref().ok().map(|matched| matched.operation));
        let delay = fault.as_ref().and_then(|loaded| loaded.fault.delay).map_or(Duration::ZERO, |time| time.0);
        if !(self.latency + delay).is_zero() {
            self.clock.runtime.sleep(self.latency + delay).await;
        }
        let now = self.clock.now();
        let mut received = Received::new(head);
        received.operation = route.as_ref().ok().map(|matched| matched.operation.id);
        let response = match (&fault, body) {
            (Some(fault), _) if fault.is_whole_response() => Ok(Response::json(200, &json!({}))),
            (_, Ok(body)) => self.serve(head, &body, route, now, &mut received),
            (_, Err(gateway_error)) => Err(gateway_error),
        };
        let response = response.unwrap_or_else(|gateway_error| gateway_error.response(request_id));
        let mut response = to_http(head, response, request_id, now);
        if let Some(fault) = &fault {
            fault.shape(&mut response);
        }
        self.log.add(received.with_status(response.status()));
        match fault.filter(|fault| fault.breaks_the_connection()) {
            Some(fault) => Err(Script::new(&fault, response.status(), response.headers(), response.body())),
            None => Ok(response.map(Full::new)),
        }
    }

    /// Returns the response if the request is for the emulator itself: the reference page or the control API.
    async fn own(&self, head: &Parts, body: &[u8]) -> Option<Response> {
        match self.reference.respond(head, &self.state) {
            Some(response) => Some(response),
            None => self.control.respond(head, body, &self.faults, &self.log).await,
        }
    }

    /// Returns the fault that applies to a request.
    fn fault(&self, head: &Parts, body: &[u8], operation: Option<&'static Operation>) -> Option<Arc<Loaded>> {
        if self.faults.is_empty() {
            return None;
        }
        let query = decode_query(head.uri.query().unwrap_or_default()).unwrap_or_default();
        let number = |name: &str| {
            let given = query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            given.or_else(|| operation?.parameter(name)?.default)?.parse::<u64>().ok()
        };
        let names = operation.and_then(|operation| operation.pagination);
        let page = names.and_then(|names| number(names.offset)?.checked_div(number(names.limit)?));
        self.faults.find(&RequestProperties {
            operation: operation.map(|operation| operation.id),
            method: head.method.as_str(),
            path: head.uri.path(),
            target: target(head),
            page: page.map(|page| page.saturating_add(1)),
            client: self.access.claimed(head).as_deref(),
            body,
        })
    }

    fn serve(
        &self,
        head: &Parts,
        body: &[u8],
        route: Result<Matched, GatewayError>,
        now: SystemTime,
        received: &mut Received,
    ) -> Result<Response, GatewayError> {
        if let Some(response) = self.metadata.respond(head, &self.access, now) {
            return Ok(response);
        }
        let matched = route?;
        let operation = matched.operation;
        let is_iam = iam::is_iam(operation);
        let caller = if iam::is_open(operation) {
            self.access.unverified(head)
        } else {
            let caller = self.access.caller(head, body, now).map_err(GatewayError::unauthorized)?;
            if let Some(quotas) = self.quotas.as_ref().filter(|_| !is_iam) {
                quotas.admit(&caller.name, operation.id, self.clock.elapsed()).map_err(GatewayError::throttled)?;
            }
            received.caller = Some(caller.name.clone());
            caller
        };
        let Some(arguments) = arguments(head, matched) else {
            return Ok(Response::refused(
                "HSS.0002",
                "the request cannot be parsed",
                "a query or header value is not UTF-8",
            ));
        };
        if let Err(error) = arguments.check_document(operation) {
            return Ok(if is_iam {
                iam::refused(400, "Bad Request", error.message())
            } else {
                Response::bad_parameter(&error)
            });
        }
        if is_iam {
            let call = iam::Call { operation, arguments: &arguments, head, body, caller: &caller, now };
            return Ok(self.iam.respond(&call, &self.access));
        }
        if let (Some(allowed), Some(asked)) = (&caller.project, arguments.get("project_id"))
            && allowed != asked
        {
            return Ok(Response::denied(&format!("the token is for project {allowed}, not for {asked}")));
        }
        let body = match body::read(operation, body) {
            Ok(body) => body,
            Err(response) => return Ok(response),
        };
        let elapsed = self.clock.elapsed();
        let change = operations::changes_state(operation).then(|| (arguments.clone(), body.clone()));
        let response = operations::respond(&self.state, operation, arguments, body, elapsed);
        if let Some((arguments, body)) = change.filter(|_| response.is_success()) {
            self.changes.note(operation, &arguments, &body, elapsed);
        }
        #[cfg(feature = "validate")]
        let response = crate::validate::validated(operation, response);
        Ok(response)
    }

    /// Checks the requirements that apply to every request.
    fn admit(&self, head: &Parts) -> Result<(), GatewayError> {
        if target(head).len() > TARGET_LIMIT {
            return Err(GatewayError::URI_TOO_LONG);
        }
        let size: usize = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if size > HEADERS_LIMIT || head.headers.len() > HEADERS {
            return Err(GatewayError::HEADERS_TOO_LARGE);
        }
        self.allowed_hosts.check(head)
    }

    fn route(&self, head: &Parts) -> Result<Matched, GatewayError> {
        // Split before decoding: an escaped slash is part of a value.
        let segments: Option<Vec<_>> = head.uri.path().split('/').skip(1).map(decode).collect();
        let segments = segments.ok_or(GatewayError::BAD_PATH)?;
        self.router.find(head.method.as_str(), &segments).ok_or(GatewayError::UNPUBLISHED)
    }
}

/// Builds the response to a service request, with the headers that all responses have.
fn to_http(head: &Parts, response: Response, request_id: &str, now: SystemTime) -> hyper::Response<Bytes> {
    let mut response = response.into_response(request_id, now);
    if iam::serves(head.uri.path()) {
        response.headers_mut().extend(HeaderValue::from_str(request_id).ok().map(|id| (X_IAM_TRACE_ID, id)));
    }
    response
}

fn target(head: &Parts) -> &str {
    head.uri.path_and_query().map_or("", |target| target.as_str())
}

/// Returns the values of the operation's parameters in a request. Returns `None` if a value is not text.
fn arguments(head: &Parts, Matched { operation, values }: Matched) -> Option<Arguments> {
    let mut arguments = Arguments::new();
    for (name, value) in values {
        arguments.push(name, value);
    }
    for (name, value) in decode_query(head.uri.query().unwrap_or_default())? {
        // As in the service, query parameters that the operation does not define are ignored. This includes a query
        // parameter with the name of a path parameter.
        if operation.parameter(&name).is_some_and(|parameter| parameter.location == Location::Query) {
            let is_set = value.is_empty() && iam::is_flag(&name);
            arguments.push(name, if is_set { "true".to_owned() } else { value });
        }
    }
    for parameter in operation.parameters.iter().filter(|parameter| parameter.location == Location::Header) {
        for value in head.headers.get_all(parameter.name) {
            arguments.push(parameter.name, value.to_str().ok()?);
        }
    }
    Some(arguments)
}
