//! What stands in front of the operations: it finds the one that a request is for, checks its parameters, numbers the
//! request and logs it. Credentials, quotas and faults have their place here.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use hss_client::operation::Location;
use hss_client::{Arguments, operations};
use http_body_util::Full;
use hyper::Response;
use hyper::http::request::Parts;

use crate::answer::{Answer, Refusal};
use crate::log::{Received, RequestLog};
use crate::operations::{Call, behaviour};
use crate::percent::{decode, decode_query};
use crate::random::Random;
use crate::route::{Matched, Router};
use crate::state::State;

/// Longest path and query, in bytes.
const TARGET_LIMIT: usize = 8 * 1024;

/// Everything that a request meets, shared by all connections.
#[derive(Debug)]
pub(crate) struct Gateway {
    router: Router,
    state: State,
    log: RequestLog,
    request_ids: Random,
    count: AtomicU64,
}

impl Gateway {
    pub(crate) fn new(state: State, log: RequestLog, request_ids: Random) -> Self {
        Self { router: Router::new(operations::ALL), state, log, request_ids, count: AtomicU64::new(0) }
    }

    pub(crate) fn log(&self) -> &RequestLog {
        &self.log
    }

    /// Answers one request; `refusal` says what is wrong with its body, if anything.
    pub(crate) fn answer(&self, head: &Parts, refusal: Option<Refusal>) -> Response<Full<Bytes>> {
        let request_id = self.request_ids.branch(self.count.fetch_add(1, Ordering::Relaxed)).hexadecimal();
        let (operation, answer) = match refusal.map_or_else(|| self.route(head), Err) {
            Ok(matched) => (Some(matched.operation.id), self.operate(head, matched)),
            Err(refusal) => (None, refusal.answer(&request_id)),
        };
        self.log.add(Received {
            method: head.method.as_str().to_owned(),
            // One that is too long would fill the log's memory.
            target: target(head).chars().take(TARGET_LIMIT).collect(),
            operation,
            status: answer.status,
        });
        answer.into_response(&request_id)
    }

    fn route(&self, head: &Parts) -> Result<Matched, Refusal> {
        if target(head).len() > TARGET_LIMIT {
            return Err(Refusal::URI_TOO_LONG);
        }
        // Split before decoding: an escaped slash is part of a value.
        let segments: Option<Vec<_>> = head.uri.path().split('/').skip(1).map(decode).collect();
        let segments = segments.ok_or(Refusal::BAD_PATH)?;
        self.router.find(head.method.as_str(), &segments).ok_or(Refusal::UNPUBLISHED)
    }

    fn operate(&self, head: &Parts, matched: Matched) -> Answer {
        let operation = matched.operation;
        let Some(arguments) = arguments(head, matched) else {
            return Answer::refused("HSS.0002", "the request cannot be parsed", "a query or header value is not UTF-8");
        };
        if let Err(error) = arguments.check(operation) {
            return Answer::bad_parameter(&error);
        }
        behaviour(operation.id)(&self.state, &Call { operation, arguments })
    }
}

fn target(head: &Parts) -> &str {
    head.uri.path_and_query().map_or("", |target| target.as_str())
}

/// The values of a request for the parameters of its operation; `None` if one is not text.
fn arguments(head: &Parts, Matched { operation, values }: Matched) -> Option<Arguments> {
    let mut arguments = Arguments::new();
    for (name, value) in values {
        arguments.push(name, value);
    }
    for (name, value) in decode_query(head.uri.query().unwrap_or_default())? {
        // As the service does, ignore a query parameter that the operation does not have. One that is named like a
        // path parameter is such a one.
        if operation.parameter(&name).is_some_and(|parameter| parameter.location == Location::Query) {
            arguments.push(name, value);
        }
    }
    for parameter in operation.parameters.iter().filter(|parameter| parameter.location == Location::Header) {
        for value in head.headers.get_all(parameter.name) {
            arguments.push(parameter.name, value.to_str().ok()?);
        }
    }
    Some(arguments)
}
