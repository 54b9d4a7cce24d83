//! The control API, with which tests in any language configure and inspect the emulator. HSS has no operations under
//! its paths.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::http::request::Parts;
use serde::Serialize;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::faults::{Fault, Faults, LIMIT};
use crate::gateway::log::RequestLog;
use crate::response::Response;
use crate::timeout::TIMEOUT;

const FAULTS: &str = "/_emulator/faults";
const REQUESTS: &str = "/_emulator/requests";
const VERSION: &str = "/_emulator/version";

/// Size of a response, in bytes, up to which the number of concurrent responses is not limited.
const SMALL_RESPONSE: usize = 64 * 1024;
/// Time to wait until another client has read its large response. Longer than the timeout of the server for that
/// client.
const MAX_WAIT: Duration = Duration::from_secs(TIMEOUT.as_secs() + 15);

/// The control API.
#[derive(Debug)]
pub(crate) struct Control {
    /// The permit for a large response. A response keeps it until it is sent. Otherwise, clients that do not read their
    /// responses could keep any number of them in memory.
    large_responses: Arc<Semaphore>,
}

impl Default for Control {
    fn default() -> Self {
        Self { large_responses: Arc::new(Semaphore::new(1)) }
    }
}

/// A body in memory, with its permit.
struct Permitted {
    body: Bytes,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Permitted {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

impl Control {
    /// Returns the response if the request is for the control API.
    pub(crate) async fn respond(
        &self,
        head: &Parts,
        body: &[u8],
        faults: &Faults,
        log: &RequestLog,
    ) -> Option<Response> {
        let size = match (head.uri.path(), &head.method) {
            (FAULTS, &Method::GET) => faults.size(),
            // The response lists the faults of the request.
            (FAULTS, &Method::PUT) => body.len(),
            (REQUESTS, &Method::GET) => log.size(),
            (path, _) if path.starts_with("/_emulator/") => 0,
            _ => return None,
        };
        if size <= SMALL_RESPONSE {
            return Some(respond(head, body, faults, log));
        }
        let Ok(Ok(permit)) = timeout(MAX_WAIT, Arc::clone(&self.large_responses).acquire_owned()).await else {
            return Some(refused(503, "the emulator is busy: another caller has not read its response yet"));
        };
        let response = respond(head, body, faults, log);
        Some(Response { body: Bytes::from_owner(Permitted { body: response.body, _permit: permit }), ..response })
    }
}

fn respond(head: &Parts, body: &[u8], faults: &Faults, log: &RequestLog) -> Response {
    match (head.uri.path(), &head.method) {
        (FAULTS, &Method::GET) => list(faults),
        (FAULTS, &Method::PUT) if body.len() as u64 > LIMIT => refused(413, "invalid faults: expected at most 1 MiB"),
        (FAULTS, &Method::PUT) => match std::str::from_utf8(body).map(Fault::from_json) {
            Ok(Ok(given)) => {
                faults.replace(given);
                list(faults)
            }
            Ok(Err(error)) => refused(400, &error.to_string()),
            Err(_) => refused(400, "invalid body: not valid UTF-8"),
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
        (VERSION, &Method::GET) => version(),
        (FAULTS, _) => refused(405, "invalid method: expected GET, PUT or DELETE"),
        (REQUESTS, _) => refused(405, "invalid method: expected GET or DELETE"),
        (VERSION, _) => refused(405, "invalid method: expected GET"),
        _ => refused(404, "unknown path: expected /_emulator/faults, /_emulator/requests or /_emulator/version"),
    }
}

fn list(faults: &Faults) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        fault: Vec<&'a Fault>,
        hits: Vec<u64>,
    }
    let list = faults.list();
    let (fault, hits) = list.iter().map(|(loaded, count)| (&loaded.fault, *count)).unzip();
    Response::json(200, &Body { fault, hits })
}

fn requests(log: &RequestLog) -> Response {
    match log.to_json() {
        Ok(body) => Response::new(200, "application/json", body),
        Err(error) => refused(500, &error.to_string()),
    }
}

/// The version of the emulator, and of the document that it follows, as `hss version` shows them.
fn version() -> Response {
    let document = hss_openapi::HSS;
    let document = json!({"name": document.name, "version": document.version, "sha256": document.sha256});
    Response::json(200, &json!({"version": env!("CARGO_PKG_VERSION"), "document": document}))
}

fn refused(status: u16, message: &str) -> Response {
    Response::json(status, &json!({ "error": message }))
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;
    use crate::gateway::log::Received;

    #[tokio::test]
    async fn keeps_one_large_response_in_memory_at_a_time() {
        let head =
            |method: &str, path: &str| Request::builder().method(method).uri(path).body(()).unwrap().into_parts().0;
        let (control, faults, log) = (Control::default(), Faults::default(), RequestLog::default());
        let send = async |method: &str, path: &str, body: &str| {
            let head = head(method, path);
            let asked = control.respond(&head, body.as_bytes(), &faults, &log);
            timeout(Duration::from_millis(50), asked).await.ok().map(|response| response.unwrap().body)
        };
        let ask = async |path: &str| send("GET", path, "").await;
        let small = [ask(REQUESTS).await, ask(REQUESTS).await];
        assert!(small.iter().all(Option::is_some));
        while log.size() <= SMALL_RESPONSE {
            log.add(Received::new(&head("GET", &format!("/{}", "x".repeat(8_000)))));
        }
        let large = ask(REQUESTS).await.unwrap();
        assert_eq!(large, log.to_json().unwrap());
        assert!(ask(REQUESTS).await.is_none(), "it waits for the other to be sent");
        assert!(ask(FAULTS).await.is_some() && ask("/_emulator/else").await.is_some(), "small ones do not");
        // Changes do not wait either, regardless of the size of the faults that they replace.
        let large_fault = format!(r#"{{"fault":[{{"method":"NONE","body":"{}"}}]}}"#, "x".repeat(SMALL_RESPONSE));
        assert!(send("PUT", FAULTS, &large_fault).await.is_none(), "its answer is large");
        faults.replace(Fault::from_json(&large_fault).unwrap());
        assert!(ask(FAULTS).await.is_none());
        assert_eq!(send("PUT", FAULTS, r#"{"fault":[]}"#).await.unwrap(), r#"{"fault":[],"hits":[]}"#);
        faults.replace(Fault::from_json(&large_fault).unwrap());
        assert_eq!(send("DELETE", FAULTS, "").await.unwrap(), r#"{"fault":[],"hits":[]}"#);
        assert!(send("POST", REQUESTS, "").await.is_some());
        assert_eq!(send("DELETE", REQUESTS, "").await.unwrap(), r#"{"requests":[]}"#);
        while log.size() <= SMALL_RESPONSE {
            log.add(Received::new(&head("GET", &format!("/{}", "x".repeat(8_000)))));
        }
        assert!(ask(REQUESTS).await.is_none());
        drop(large);
        assert!(ask(REQUESTS).await.is_some());
    }
}
