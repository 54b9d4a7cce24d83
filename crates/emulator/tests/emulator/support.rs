//! Starts emulators and sends plain HTTP requests, which need not be valid for the API.

use hss_client::Operation;
use hss_client::operation::Location;
use hss_emulator::{DOCUMENTED_TASK, Emulator};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) const PROJECT: &str = "0123456789abcdef0123456789abcdef";

pub(crate) struct Response {
    pub(crate) status: u16,
    /// Status line and headers.
    pub(crate) head: String,
    pub(crate) request_id: String,
    pub(crate) content_type: String,
    pub(crate) text: String,
}

impl Response {
    /// Returns the values of a header by its name in lower case, joined by commas.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let lines = self.head.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let values: Vec<_> = lines.collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

pub(crate) async fn start(hosts: u32, seed: u64) -> Emulator {
    Emulator::builder().hosts(hosts).seed(seed).start().await.unwrap()
}

/// Sends `METHOD target`. The target is sent byte for byte, without parsing it as a URL.
pub(crate) async fn send(emulator: &Emulator, method: &str, target: &str) -> Response {
    ask(emulator, method, target, &[], "").await
}

/// Sends a request with these headers, in addition to `Host`, and this body.
/// Returns path with query, and headers, of the call with the documented examples of its required parameters.
pub(crate) fn example_of(operation: &Operation) -> (String, Vec<(&'static str, &'static str)>) {
    let mut path = operation.path.replace("{project_id}", PROJECT);
    let (mut query, mut headers) = (Vec::new(), Vec::new());
    for parameter in operation.parameters.iter().filter(|parameter| parameter.required) {
        let example = parameter.example.unwrap_or_default();
        match parameter.location {
            Location::Path => path = path.replace(&format!("{{{}}}", parameter.name), example),
            Location::Query => query.push(format!("{}={example}", parameter.name)),
            Location::Header => headers.push((parameter.name, example)),
        }
    }
    (format!("{path}?{}", query.join("&")), headers)
}

pub(crate) async fn ask(
    emulator: &Emulator,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let host = emulator.address();
    let request =
        format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\n{headers}{length}connection: close\r\n\r\n{body}");
    read(&raw(emulator, request.as_bytes()).await)
}

pub(crate) async fn get(emulator: &Emulator, target: &str) -> Response {
    send(emulator, "GET", target).await
}

/// Returns all bytes received on a connection over which only these bytes are sent.
pub(crate) async fn raw(emulator: &Emulator, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    // The emulator may close the connection first.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response).await;
    response
}

pub(crate) fn read(response: &[u8]) -> Response {
    let response = String::from_utf8_lossy(response).into_owned();
    let (head, text) = response.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{response:?}"));
    let mut response = Response {
        status: head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{head}")),
        head: head.to_owned(),
        request_id: String::new(),
        content_type: String::new(),
        text: text.to_owned(),
    };
    response.request_id = response.header("x-request-id").unwrap_or_default();
    response.content_type = response.header("content-type").unwrap_or_default();
    response
}

pub(crate) fn hosts_of(task: &str, query: &str) -> String {
    format!("/v5/{PROJECT}/vulnerability/scan-task/{task}/hosts?{query}")
}

pub(crate) fn documented_hosts(query: &str) -> String {
    hosts_of(DOCUMENTED_TASK, query)
}

pub(crate) fn tasks(query: &str) -> String {
    format!("/v5/{PROJECT}/vulnerability/scan-tasks?{query}")
}

/// Returns the id of the newest task.
pub(crate) async fn newest(emulator: &Emulator) -> String {
    let response = get(emulator, &tasks("")).await.json();
    response["data_list"][0]["id"].as_str().unwrap().to_owned()
}
