//! Serves the API reference page, which Swagger UI renders from the document.
//!
//! The files of Swagger UI are embedded in the program, so that the page loads nothing from elsewhere. Its "try it out"
//! sends requests to this emulator.

use std::sync::OnceLock;

use bytes::Bytes;
use hyper::Method;
use hyper::header::{ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue};
use hyper::http::request::Parts;

use serde_json::Value;

use crate::response::Response;
use crate::state::State;

/// Fields of request bodies that list agents.
const AGENT_LISTS: [&str; 2] = ["agent_id_list", "agent_ids"];

/// Content security policy of the page: it may load and request only from this emulator. Swagger UI has icons in its
/// style sheet, and sets inline styles.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
struct File {
    path: &'static str,
    content_type: &'static str,
    body: &'static [u8],
    is_gzip: bool,
}

const fn plain(path: &'static str, content_type: &'static str, text: &'static str) -> File {
    File { path, content_type, body: text.as_bytes(), is_gzip: false }
}

const fn packed(path: &'static str, content_type: &'static str, body: &'static [u8]) -> File {
    File { path, content_type, body, is_gzip: true }
}

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The document, with the examples of the manual.
const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
const DOCUMENT_PATH: &str = "/openapi.json";

static FILES: [File; 7] = [
    plain("/", HTML, include_str!("reference/index.html")),
    plain(DOCUMENT_PATH, "application/json", DOCUMENT),
    plain("/_emulator/reference/page.js", SCRIPT, include_str!("reference/page.js")),
    plain("/_emulator/reference/page.css", STYLE, include_str!("reference/page.css")),
    packed(
        "/_emulator/reference/swagger-ui-bundle.js",
        SCRIPT,
        include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz")),
    ),
    packed(
        "/_emulator/reference/swagger-ui.css",
        STYLE,
        include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz")),
    ),
    packed(
        "/_emulator/reference/swagger-ui-license.txt",
        "text/plain; charset=utf-8",
        include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-license.txt.gz")),
    ),
];

/// Returns whether a client accepts only JSON. Keystone clients send such requests to find the versions of IAM.
fn wants_json(head: &Parts) -> bool {
    let accepted = head.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types = accepted.flat_map(|value| value.split(',')).map(|one| one.split(';').next().unwrap_or(one).trim());
    let is_json = |one: &str| one.eq_ignore_ascii_case("application/json");
    types.next().is_some_and(is_json) && types.all(is_json)
}

/// The files of the page, as this emulator serves them.
#[derive(Debug, Default)]
pub(crate) struct Reference {
    /// The document with examples that are valid for the emulator's own servers. Created at the first request.
    document: OnceLock<Bytes>,
}

impl Reference {
    /// Returns the response if the request is for the page or one of its files.
    pub(crate) fn respond(&self, head: &Parts, state: &State) -> Option<Response> {
        let file = FILES.iter().find(|file| file.path == head.uri.path())?;
        if !matches!(head.method, Method::GET | Method::HEAD) || (file.path == "/" && wants_json(head)) {
            return None;
        }
        let body = match file.path {
            DOCUMENT_PATH => self.document.get_or_init(|| document(state)).clone(),
            _ => Bytes::from_static(file.body),
        };
        let mut response = Response::new(200, file.content_type, body);
        let mut headers: Vec<(HeaderName, _)> = vec![
            (CONTENT_SECURITY_POLICY, POLICY),
            (CACHE_CONTROL, "no-cache"),
            (HeaderName::from_static("x-content-type-options"), "nosniff"),
        ];
        headers.extend(file.is_gzip.then_some((CONTENT_ENCODING, "gzip")));
        response.headers = headers.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
        Some(response)
    }
}

/// Returns the document with an existing agent in the examples of requests. "Try it out" starts from these examples,
/// and the emulator does not have the agents of the manual.
fn document(state: &State) -> Bytes {
    let fleet = state.fleet();
    let mut places = fleet.parts().iter().flat_map(Clone::clone);
    let agent = places.find_map(|place| fleet.host(place).agent().id);
    let filled = agent.zip(serde_json::from_str(DOCUMENT).ok()).map(|(agent, mut document)| {
        name_agent(&mut document, &agent);
        Bytes::from(Value::to_string(&document))
    });
    filled.unwrap_or_else(|| Bytes::from_static(DOCUMENT.as_bytes()))
}

/// Replaces the contents of every list of agents with this agent.
fn name_agent(value: &mut Value, agent: &str) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::Array(agents) if AGENT_LISTS.contains(&name.as_str()) => *agents = vec![agent.into()],
                    value => name_agent(value, agent),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| name_agent(value, agent)),
        _ => {}
    }
}
