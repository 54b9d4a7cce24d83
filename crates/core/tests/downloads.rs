//! Tests of responses that are bytes. A server of a few lines sends exactly the bytes of each test.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::TryStreamExt as _;
use huaweicloud_core::operation::{Location, Operation, Parameter, ParameterType, Success};
use huaweicloud_core::{
    Arguments, AttemptOutcome, Credentials, Download, Endpoint, Error, ErrorKind, Interceptor, Quota, Response, Result,
    Secret, Service, TestRuntime, Transport, TransportBuilder,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const TOKEN: &str = "SENTINEL-TOKEN-0123456789";
/// The only wait in real time.
const STALL: Duration = Duration::from_millis(300);

static EVS: Service = Service::new("evs", &[], Quota { requests: 1000, window: Duration::from_secs(1) });

const TEXT: ParameterType = ParameterType::String { min_length: None, max_length: None, allowed: &[] };
static EXPORT: Operation =
    Operation::new(&EVS, "DownloadExport", "download_export", "GET", "/v1/{id}", Success::new(200).binary(true))
        .parameters(&[Parameter::new("id", Location::Path, TEXT).required(true)])
        .idempotent(true);
static SHOW: Operation =
    Operation::new(&EVS, "Show", "show", "GET", "/v1/{id}", Success::new(200).schema(Some("Disk")))
        .parameters(&[Parameter::new("id", Location::Path, TEXT).required(true)]);

/// What the server does after the bytes of a response.
#[derive(Debug, Clone, Copy)]
enum End {
    Close,
    Stall,
    /// Sends this many MiB more.
    More(usize),
}

struct Server {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts a server that sends these bytes, one for each connection.
    async fn start(responses: Vec<(Vec<u8>, End)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::default();
        let received = Arc::clone(&heads);
        tokio::spawn(async move {
            for (bytes, end) in responses {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, bytes, end, Arc::clone(&received)));
            }
        });
        Self { url, heads }
    }

    fn transport(&self) -> Transport {
        self.builder().build().unwrap()
    }

    fn builder(&self) -> TransportBuilder {
        let token = Credentials::Token(Secret::new("token", TOKEN).unwrap());
        Transport::builder(Endpoint::parse(&self.url).unwrap(), token)
            .runtime(TestRuntime::default().share())
            .attempt_timeout(STALL)
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, bytes: Vec<u8>, end: End, heads: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    heads.lock().unwrap().push(String::from_utf8(head).unwrap());
    // Errors are ignored: the client may close the connection first.
    let _ = stream.write_all(&bytes).await;
    let piece = vec![b'x'; 64 * 1024];
    match end {
        End::Close => {}
        End::Stall => tokio::time::sleep(Duration::from_secs(60)).await,
        End::More(mebibytes) => {
            for _ in 0..mebibytes * 16 {
                if stream.write_all(&piece).await.is_err() {
                    return;
                }
            }
        }
    }
    let _ = stream.shutdown().await;
}

/// Returns the bytes of a response with a length.
fn response(headers: &str, length: usize, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nx-request-id: r-1\r\n{headers}content-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

const OCTETS: &str = "content-type: application/octet-stream\r\n";
const JSON: &str = "content-type: application/json;charset=utf-8\r\n";

fn arguments() -> Arguments {
    let mut arguments = Arguments::new();
    arguments.push("id", "f-1");
    arguments
}

async fn begin(transport: &Transport) -> Result<Response<Download>> {
    transport.download(&EXPORT, &arguments(), None).await
}

/// Returns the outcome of a download of one response: all bytes, or the error.
async fn outcome(bytes: Vec<u8>, end: End) -> Result<Vec<u8>> {
    let server = Server::start(vec![(bytes, end)]).await;
    let mut options = server.builder();
    options = options.retries(huaweicloud_core::Retries::new().attempts(1));
    let mut download = begin(&options.build().unwrap()).await?.into_inner();
    let mut whole = Vec::new();
    loop {
        match download.chunk().await {
            Ok(Some(chunk)) => whole.extend_from_slice(&chunk),
            Ok(None) => {
                assert_eq!(download.received(), whole.len() as u64);
                return Ok(whole);
            }
            Err(error) => {
                let again = download.chunk().await.unwrap_err();
                assert_eq!(again.to_string(), error.to_string(), "an error does not become an end");
                return Err(error);
            }
        }
    }
}

#[tokio::test]
async fn a_file_is_handed_out_with_its_properties() {
    let headers = "content-type: application/zip\r\ncontent-disposition: attachment; filename=\"../export.zip\"\r\n";
    let body: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let server = Server::start(vec![(response(headers, body.len(), &body), End::Close)]).await;
    let response = begin(&server.transport()).await.unwrap();
    assert_eq!((response.status(), response.request_id()), (200, Some("r-1")));
    let mut download = response.into_inner();
    assert_eq!(download.content_type(), Some("application/zip"));
    assert_eq!((download.size(), download.received()), (Some(100_000), 0));
    assert_eq!(download.file_name().as_deref(), Some("export.zip"));
    let mut written = Vec::new();
    assert_eq!(download.write_to(&mut written).await.unwrap(), 100_000);
    assert!(written == body && download.received() == 100_000);
    assert!(download.chunk().await.unwrap().is_none());
    let shown = format!("{download:?}");
    assert!(shown.contains("DownloadExport") && !shown.contains(TOKEN), "{shown}");
    let head = server.heads().remove(0).to_lowercase();
    assert!(head.contains("accept: */*\r\n") && head.contains("accept-encoding: identity\r\n"), "{head}");
}

#[tokio::test]
async fn a_size_that_is_not_stated_is_unknown() {
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".to_vec();
    let server = Server::start(vec![(chunked, End::Close)]).await;
    let download = begin(&server.transport()).await.unwrap().into_inner();
    assert_eq!((download.size(), download.content_type(), download.file_name()), (None, None, None));
    let chunks: Vec<_> = download.into_stream().try_collect().await.unwrap();
    assert_eq!(chunks.concat(), b"abcde");

    let until_close = b"HTTP/1.0 200 OK\r\n\r\nabc".to_vec();
    assert_eq!(outcome(until_close, End::Close).await.unwrap(), b"abc");
    assert_eq!(outcome(response(OCTETS, 0, b""), End::Close).await.unwrap(), b"");
}

#[tokio::test]
async fn a_body_that_ends_early_is_an_error() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n";
    for (bytes, received) in [
        (response(OCTETS, 10, b"abc"), 3),
        (response(OCTETS, 10, b""), 0),
        (response("", 10, b"abc"), 3),
        (chunked.into(), 3),
    ] {
        let error = outcome(bytes, End::Close).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Connection, Some(200)));
        let expected =
            format!("DownloadExport: the response is incomplete: the connection was closed after {received} bytes");
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}

#[tokio::test]
async fn a_stalled_download_ends_with_an_error() {
    let error = outcome(response(OCTETS, 10, b"abc"), End::Stall).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("the download has stalled: no data for 300ms after 3 bytes"), "{error}");
    // Before the response, and within a body that may be an error.
    for bytes in [vec![], response(JSON, 10, b"{")] {
        let error = outcome(bytes, End::Stall).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(error.to_string().contains("no response from"), "{error}");
    }
}

#[tokio::test]
async fn the_timeout_of_a_call_includes_the_download() {
    let server = Server::start(vec![(response(OCTETS, 10, b"abc"), End::Stall)]).await;
    let transport = server.builder().attempt_timeout(Duration::from_secs(60)).timeout(STALL).build().unwrap();
    let mut download = begin(&transport).await.unwrap().into_inner();
    assert_eq!(download.chunk().await.unwrap().unwrap(), "abc");
    let error = download.chunk().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("did not finish within its timeout of 300ms"), "{error}");
    let error = download.write_to(&mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()).is_some());
}

#[tokio::test]
async fn an_error_under_status_200_is_an_error() {
    let json = br#"{"error_code":"EVS.2003","error_msg":"no export SENTINEL-TOKEN-0123456789"}"#;
    for kind in [JSON, "", "content-type: text/plain\r\n"] {
        let error = outcome(response(kind, json.len(), json), End::Close).await.unwrap_err();
        assert_eq!((error.kind(), error.code(), error.status()), (ErrorKind::Protocol, Some("EVS.2003"), Some(200)));
        assert!(error.to_string().contains("contains an error: no export [redacted]"), "{error}");
    }
    for json in [&b"\xef\xbb\xbf {\"error_code\":\"A.1\"}"[..], b"[{\"error_code\":\"A.1\"}]"] {
        let error = outcome(response(JSON, json.len(), json), End::Close).await.unwrap_err();
        assert!(error.to_string().contains("but contains an error"), "{error}");
    }
    let html = "content-type: text/html; charset=utf-8\r\n";
    let error = outcome(response(html, 18, b" <html>log in</ht>"), End::Close).await.unwrap_err();
    assert!(
        error.to_string().contains("the response is a page (text/html; charset=utf-8) instead of a file"),
        "{error}"
    );
    for (status, expected) in [("204 No Content", "empty response"), ("206 Partial Content", "is a part of the file")] {
        let bytes = format!("HTTP/1.1 {status}\r\n{OCTETS}content-range: bytes 0-2/9\r\n\r\n");
        let error = outcome(bytes.into(), End::Close).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Protocol && error.to_string().contains(expected), "{error}");
    }
    // Files that only look like an error.
    let large = format!("{{\"rows\":\"{}\",\"error_code\":\"A.1\"}}", "x".repeat(100_000)).into_bytes();
    for (kind, file) in [
        (OCTETS, &json[..]),
        (JSON, b"PK\x03\x04"),
        (JSON, b"{\"rows\":[]}"),
        (JSON, b"{"),
        (JSON, &large),
        ("content-type: text/csv\r\n", b"{a};b\n"),
    ] {
        assert_eq!(outcome(response(kind, file.len(), file), End::Close).await.unwrap(), file);
    }
}

#[tokio::test]
async fn attempts_are_retried_until_the_response_has_begun() {
    let busy = b"HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\n{}".to_vec();
    let cut = response(JSON, 10, b"{");
    let good = response(OCTETS, 3, b"abc");
    let server =
        Server::start(vec![(busy, End::Close), (vec![], End::Close), (cut, End::Close), (good.clone(), End::Close)])
            .await;
    let mut download = begin(&server.transport()).await.unwrap().into_inner();
    assert_eq!(server.heads().len(), 4);
    let mut whole = Vec::new();
    download.write_to(&mut whole).await.unwrap();
    assert_eq!(whole, b"abc");

    let server = Server::start(vec![(response(OCTETS, 10, b"abc"), End::Close), (good, End::Close)]).await;
    let mut download = begin(&server.transport()).await.unwrap().into_inner();
    assert_eq!(download.chunk().await.unwrap().unwrap(), "abc");
    assert_eq!(download.chunk().await.unwrap_err().kind(), ErrorKind::Connection);
    assert_eq!(server.heads().len(), 1, "the caller has bytes of the first response");

    let refused =
        b"HTTP/1.1 404 No\r\ncontent-length: 49\r\n\r\n{\"error_code\":\"APIGW.0101\",\"error_msg\":\"no API\"}\n"
            .to_vec();
    let error = outcome(refused, End::Close).await.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(404), Some("APIGW.0101")));
}

#[tokio::test]
async fn a_download_of_any_size_needs_little_memory() {
    const MEBIBYTES: usize = 128;
    let size = MEBIBYTES * 1024 * 1024;
    let server = Server::start(vec![(response(OCTETS, size, b""), End::More(MEBIBYTES))]).await;
    let transport = server.builder().attempt_timeout(Duration::from_secs(30)).body_limit(1024).build().unwrap();
    let before = peak_memory();
    let mut download = begin(&transport).await.unwrap().into_inner();
    let written = download.write_to(&mut tokio::io::sink()).await.unwrap();
    assert_eq!((written, download.size()), (size as u64, Some(size as u64)));
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        // Other tests run in the same process.
        assert!(after - before < 64 * 1024, "{before} KiB, {after} KiB");
    }
}

/// Returns the largest memory of this process so far, in KiB, on Linux.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}

#[tokio::test]
async fn a_whole_body_is_limited() {
    let server = Server::start(vec![
        (response(OCTETS, 3, b"\xef\xbb\xbf"), End::Close),
        (response(OCTETS, 2000, &[0; 2000]), End::Close),
    ])
    .await;
    let transport = server.builder().body_limit(1024).build().unwrap();
    let whole = transport.execute(&EXPORT, &arguments(), None).await.unwrap();
    assert_eq!(whole.get_ref().as_ref(), b"\xef\xbb\xbf", "bytes are not changed");
    let error = transport.execute(&EXPORT, &arguments(), None).await.unwrap_err();
    assert!(error.to_string().contains("larger than the limit of 1024 bytes"), "{error}");
    let error = transport.download(&SHOW, &arguments(), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
}

#[derive(Default)]
struct Counter(Arc<Mutex<Vec<Option<u16>>>>);

impl Interceptor for Counter {
    fn on_outcome(&self, outcome: &AttemptOutcome<'_>) {
        self.0.lock().unwrap().push(outcome.status());
    }
}

#[tokio::test]
async fn interceptors_see_a_download_when_it_begins() {
    let server = Server::start(vec![(response(OCTETS, 10, b"abc"), End::Stall)]).await;
    let counter = Counter::default();
    let seen = Arc::clone(&counter.0);
    let download = begin(&server.builder().interceptor(counter).build().unwrap()).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [Some(200)]);
    drop(download);
}
