//! What tests in any language tell the emulator, and ask it, under paths that HSS cannot have.

use hyper::Method;
use hyper::http::request::Parts;
use serde_json::json;

use crate::answer::Answer;
use crate::faults::{Fault, Faults, LIMIT};
use crate::log::RequestLog;

const FAULTS: &str = "/_emulator/faults";
const REQUESTS: &str = "/_emulator/requests";

/// The answer, if the request is for the control API.
pub(crate) fn answer(head: &Parts, body: &[u8], faults: &Faults, log: &RequestLog) -> Option<Answer> {
    let path = head.uri.path();
    if !path.starts_with("/_emulator/") {
        return None;
    }
    Some(match (path, &head.method) {
        (FAULTS, &Method::GET) => list(faults),
        (FAULTS, &Method::PUT) if body.len() as u64 > LIMIT => refused(413, "the faults are larger than 1 MiB"),
        (FAULTS, &Method::PUT) => match std::str::from_utf8(body).map(Fault::from_json) {
            Ok(Ok(given)) => {
                faults.replace(given);
                list(faults)
            }
            Ok(Err(error)) => refused(400, &error.to_string()),
            Err(_) => refused(400, "the body is not UTF-8"),
        },
        (FAULTS, &Method::DELETE) => {
            faults.replace(Vec::new());
            list(faults)
        }
        (REQUESTS, &Method::GET) => requests(log),
        (REQUESTS, &Method::DELETE) => {
            log.clear();
            requests(log)
        }
        (FAULTS, _) => refused(405, "faults take GET, PUT and DELETE"),
        (REQUESTS, _) => refused(405, "requests take GET and DELETE"),
        _ => refused(404, "there are /_emulator/faults and /_emulator/requests"),
    })
}

fn list(faults: &Faults) -> Answer {
    let (faults, hits): (Vec<_>, Vec<_>) = faults.list().into_iter().unzip();
    Answer::json(200, &json!({ "fault": faults, "hits": hits }))
}

fn requests(log: &RequestLog) -> Answer {
    match log.to_json() {
        Ok(body) => Answer::new(200, "application/json", body),
        Err(error) => refused(500, &error.to_string()),
    }
}

fn refused(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({ "error": message }))
}
