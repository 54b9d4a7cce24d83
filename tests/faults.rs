//! Everything that can go wrong on the way, on the first page, one in the middle and the last, with either way in, once
//! and always: the outcome of each is the complete list or one clear error. Never part of a list as a whole, a row
//! twice, a hang, a panic or a secret.
//!
//! The outcomes are a table in `gateway/faults.snap`; `INSTA_UPDATE=always cargo test -p hss-tests --test faults` renews it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod gateway;

use std::fmt::Write as _;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures::TryStreamExt as _;
use futures::future::BoxFuture;
use gateway::{Asked, Gateway, Reply};
use hss_client::credentials::{Grant, Source};
use hss_client::requests::ListVulScanTaskHost;
use hss_client::{
    AccessKey, Client, ClientBuilder, Credentials, Endpoint, Error, Identity, Kind, Rate, Retries, Secret,
    VirtualWorld, World,
};
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

const SECRETS: [&str; 3] = ["SENTINEL-TOKEN", "SENTINEL-SK", "SENTINEL-STS"];
const ROWS: i64 = 30;
const PAGE: i64 = 10;
/// The largest answer that the client of these tests takes.
const LIMIT: usize = 256 * 1024;

/// The time that an attempt may take: the one wait that is real, and long enough for a slow machine to answer in.
const STALL: Duration = Duration::from_millis(600);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Token,
    Key,
}

/// A fault by name, and what the gateway does in place of an answer.
type Fault = (&'static str, fn(&Asked) -> Reply);

fn page(asked: &Asked) -> String {
    let (offset, limit) = (asked.number("offset"), asked.number("limit"));
    let rows: Vec<_> = (offset..(offset + limit).min(ROWS)).map(|id| json!({"host_id": format!("h{id:02}")})).collect();
    json!({"total_num": ROWS, "data_list": rows}).to_string()
}

fn good(asked: &Asked) -> Reply {
    Reply::json(200, &page(asked))
}

fn refusal(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"error_code": code, "error_msg": message, "request_id": "r"}).to_string())
}

/// A good answer, cut where `keep` says.
fn cut(asked: &Asked, keep: fn(usize) -> usize) -> Vec<u8> {
    let mut bytes = good(asked).bytes();
    let head = bytes.len() - page(asked).len();
    let body = bytes.len() - head;
    bytes.truncate(head + keep(body));
    bytes
}

fn throttled() -> Reply {
    refusal(
        429,
        "APIGW.0308",
        "The throttling threshold has been reached: policy user over ratelimit,limit:5,time:1 minute",
    )
}

fn answer(kind: &str, body: &[u8]) -> Reply {
    Reply::Answer(200, vec![format!("content-type: {kind}")], body.to_vec())
}

const FAULTS: [Fault; 44] = [
    ("reset before the answer", |_| Reply::Reset(vec![])),
    ("closed before the answer", |_| Reply::Bytes(vec![])),
    ("reset inside the headers", |_| Reply::Reset(b"HTTP/1.1 200 OK\r\ncontent-".to_vec())),
    ("closed inside the headers", |_| Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-".to_vec())),
    ("body cut at byte 0", |asked| Reply::Bytes(cut(asked, |_| 0))),
    ("body cut at byte 1", |asked| Reply::Bytes(cut(asked, |_| 1))),
    ("body cut at half", |asked| Reply::Bytes(cut(asked, |length| length / 2))),
    ("body cut at the last byte", |asked| Reply::Bytes(cut(asked, |length| length - 1))),
    ("body reset at half", |asked| Reply::Reset(cut(asked, |length| length / 2))),
    ("a valid page, shorter than announced", |_| {
        Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"total_num\":0}".to_vec())
    }),
    ("a valid page in chunks without the last", |_| {
        Reply::Bytes(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nf\r\n{\"total_num\":0}\r\n".to_vec())
    }),
    ("a page that ends with the connection, cut", |_| {
        Reply::Bytes(b"HTTP/1.0 200 OK\r\n\r\n{\"total_num\":30,\"data_list\":[{\"host_id\":\"h0".to_vec())
    }),
    ("stall before the answer", |_| Reply::Stall(vec![])),
    ("stall inside the body", |asked| Reply::Stall(cut(asked, |length| length / 2))),
    ("408", |_| refusal(408, "X", "m")),
    ("429 without more", |_| throttled()),
    ("429 with Retry-After in seconds", |_| throttled().with("retry-after: 7")),
    ("429 with Retry-After as a date", |_| throttled().with("retry-after: Mon, 25 Nov 2024 08:00:09 GMT")),
    ("429 with Retry-After as RFC 850", |_| throttled().with("retry-after: Monday, 25-Nov-24 08:00:09 GMT")),
    ("429 with Retry-After as asctime", |_| throttled().with("retry-after: Mon Nov 25 08:00:09 2024")),
    ("429 with Retry-After in the past", |_| throttled().with("retry-after: Mon, 25 Nov 2024 07:00:00 GMT")),
    ("429 with Retry-After of nonsense", |_| throttled().with("retry-after: soon")),
    ("429 with Retry-After of an hour", |_| throttled().with("retry-after: 3600")),
    ("500", |_| refusal(500, "HSS.0041", "m")),
    ("500 without a body", |_| Reply::Bytes(b"HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n".to_vec())),
    ("502 of HTML", |_| Reply::Answer(502, vec!["content-type: text/html".into()], b"<html>bad gateway".to_vec())),
    ("503", |_| refusal(503, "APIGW.0401", "m")),
    ("504", |_| refusal(504, "APIGW.0201", "m")),
    ("401 token expired", |_| refusal(401, "APIGW.0307", "The token must be updated")),
    ("401 wrong key or token", |_| refusal(401, "APIGW.0301", "Incorrect IAM authentication information: verify fail")),
    ("401 of the clock", |_| {
        let message = "verify aksk signature fail, signature expired, signature time:20241125T080000Z,server time:20241125T083000Z";
        refusal(401, "APIGW.0301", message)
    }),
    ("403", |_| refusal(403, "APIGW.0302", "m")),
    ("404 of the gateway", |_| refusal(404, "APIGW.0101", "The API does not exist or has not been published")),
    ("404 of the service", |_| refusal(404, "HSS.1054", "task not exist")),
    ("400 not found", |_| refusal(400, "HSS.0011", "m")),
    ("431 without a body", |_| Reply::Bytes(b"HTTP/1.1 431 X\r\ncontent-length: 0\r\n\r\n".to_vec())),
    ("302 elsewhere", |_| refusal(302, "", "").with("location: http://localhost:1/land")),
    ("200 of HTML", |_| answer("text/html", b"<html>login</html>")),
    ("200 of another type", |asked| answer("application/octet-stream", page(asked).as_bytes())),
    ("200 that is not UTF-8", |_| {
        answer("application/json", b"{\"total_num\":30,\"data_list\":[{\"host_name\":\"\xd6\xf7\"}]}")
    }),
    ("200 with a byte order mark", |asked| answer("application/json", format!("\u{feff}{}", page(asked)).as_bytes())),
    ("200 of broken gzip", |_| answer("application/json\r\ncontent-encoding: gzip", b"\x1f\x8b\x08not gzip at all")),
    ("200 larger than the limit", |_| answer("application/json", &vec![b' '; LIMIT + 1])),
    ("200 of deep JSON", |_| {
        let deep = format!("{{\"data_list\":{}", "[".repeat(100_000));
        answer("application/json", deep.as_bytes())
    }),
];

/// A page and a way in, by name, with the offset of the page.
const CELLS: [(&str, i64, Way); 6] = [
    ("first/token", 0, Way::Token),
    ("first/key", 0, Way::Key),
    ("middle/token", PAGE, Way::Token),
    ("middle/key", PAGE, Way::Key),
    ("last/token", ROWS - PAGE, Way::Token),
    ("last/key", ROWS - PAGE, Way::Key),
];

fn credentials(way: Way) -> Credentials {
    match way {
        Way::Token => Credentials::Token(Secret::new("token", SECRETS[0]).unwrap()),
        Way::Key => {
            let secret = |text| Secret::new("the key", text).unwrap();
            let key = AccessKey::new("the key", "AKEXAMPLE", secret(SECRETS[1])).unwrap();
            Credentials::AccessKey(key.with_security_token(secret(SECRETS[2])))
        }
    }
}

fn client(url: &str, way: Way, world: &VirtualWorld) -> Client {
    builder(url, way, world).build().unwrap()
}

/// One that asks for one page at a time, and waits for as long as it is asked to.
fn patient(url: &str, way: Way, world: &VirtualWorld) -> Client {
    let retries = Retries { total: Duration::from_secs(3600), ..Retries::default() };
    builder(url, way, world).concurrency(1).transport(|transport| transport.retries(retries)).build().unwrap()
}

fn builder(url: &str, way: Way, world: &VirtualWorld) -> ClientBuilder {
    log();
    let world = world.share();
    Client::builder(Endpoint::parse(url).unwrap(), credentials(way))
        .project_id("p")
        .transport(|transport| transport.world(world).body_limit(LIMIT).attempt_timeout(STALL))
}

/// Reads the list through a gateway that has the fault on the page at `at`: once, or always.
async fn run(fault: Fault, at: i64, way: Way, always: bool) -> String {
    let world = gateway::world();
    let gateway = Gateway::start(move |asked, before| {
        let is_met = asked.number("offset") == at;
        let was_met = before.iter().any(|earlier| earlier.number("offset") == at);
        if is_met && (always || !was_met) { fault.1(asked) } else { good(asked) }
    })
    .await;
    let listing = client(&gateway.url(), way, &world).list_vul_scan_task_host("t").limit(10).stream();
    let outcome = tokio::time::timeout(Duration::from_secs(20), listing.try_collect::<Vec<_>>()).await;
    let requests = gateway.asked().len();
    match outcome.expect("it hangs") {
        Ok(rows) => {
            let ids: Vec<_> = rows.iter().filter_map(|row| row.host_id.as_deref()).collect();
            let all: Vec<_> = (0..ROWS).map(|id| format!("h{id:02}")).collect();
            assert_eq!(ids, all, "{} at {at}: a list that is not the list", fault.0);
            format!("complete, {requests} requests, {} s", world.elapsed().as_secs_f64())
        }
        Err(error) => {
            check(&error, at, fault.0);
            format!("{:?}, {requests} requests, {} s", error.kind(), world.elapsed().as_secs_f64())
        }
    }
}

/// An error says where it was, and shows no secret.
fn check(error: &Error, at: i64, fault: &str) {
    assert_eq!((error.operation(), error.offset()), (Some("ListVulScanTaskHost"), Some(at)), "{fault}: {error}");
    let (shown, debugged) = (error.to_string(), format!("{error:?}"));
    assert!(shown.len() < 3000 && !shown.contains('\u{1b}'), "{fault}: {shown}");
    for secret in SECRETS {
        assert!(!shown.contains(secret) && !debugged.contains(secret), "{fault}: {shown}");
    }
}

/// What is logged, for looking through.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log of all tests of this file, everything that there is to log. It is one for the process: where only some threads
/// have a log, `tracing` may take an event for one that nobody wants.
fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(log.clone());
        tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
        log
    })
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn every_fault_on_every_page_with_either_way_in() {
    let log = log();
    let mut table = String::new();
    for fault in FAULTS {
        writeln!(table, "{}", fault.0).unwrap();
        for always in [false, true] {
            let cells = CELLS.map(|(_, at, way)| run(fault, at, way, always));
            // Pages and ways that come to the same share a line.
            let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
            for ((name, ..), outcome) in CELLS.into_iter().zip(futures::future::join_all(cells).await) {
                match lines.iter_mut().find(|(known, _)| *known == outcome) {
                    Some((_, names)) => names.push(name),
                    None => lines.push((outcome, vec![name])),
                }
            }
            for (outcome, names) in lines {
                let names =
                    if names.len() == CELLS.len() { "every page, either way".to_owned() } else { names.join(" ") };
                writeln!(table, "    {:6} {outcome}: {names}", if always { "always" } else { "once" }).unwrap();
            }
        }
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("gateway");
    settings.bind(|| insta::assert_snapshot!("faults", table));
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("attempt failed") && log.contains("r-1"), "the log has nothing of the calls");
    for secret in SECRETS.into_iter().chain(["Signature="]) {
        assert!(!log.contains(secret), "{secret} is logged");
    }
}

#[tokio::test]
async fn a_connection_refused_is_tried_again_and_then_an_error() {
    let gateway = Gateway::start(|asked, _| good(asked)).await;
    let url = gateway.url();
    drop(gateway);
    tokio::task::yield_now().await;
    for way in [Way::Token, Way::Key] {
        let world = gateway::world();
        let error = client(&url, way, &world).list_vul_scan_task_host("t").send().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (Kind::Connection, 5), "{error}");
    }
}

#[tokio::test]
async fn bc_09_a_wrong_key_is_sent_once_whatever_the_concurrency() {
    let gateway = Gateway::start(|_, _| refusal(401, "APIGW.0301", "verify aksk signature fail")).await;
    let world = gateway::world();
    let client = client(&gateway.url(), Way::Key, &world);
    let calls = (0..8).map(|_| client.list_vul_scan_task_host("t").stream().try_collect::<Vec<_>>());
    for outcome in futures::future::join_all(calls).await {
        assert_eq!(outcome.unwrap_err().kind(), Kind::Credentials);
    }
    assert_eq!(gateway.asked().len(), 1);
}

#[tokio::test]
async fn bc_07_every_attempt_is_dated_anew() {
    let world = gateway::world();
    let clock = world.clone();
    let gateway = Gateway::start(move |asked, before| match before.len() {
        1 => {
            clock.pass(Duration::from_secs(16 * 60));
            good(asked)
        }
        2 => refusal(503, "X", "m").with("retry-after: 960"),
        _ => good(asked),
    })
    .await;
    let listing = patient(&gateway.url(), Way::Key, &world).list_vul_scan_task_host("t").limit(10).stream();
    assert_eq!(listing.try_collect::<Vec<_>>().await.unwrap().len(), 30);
    let asked = gateway.asked();
    let dates: Vec<_> = asked.iter().filter_map(|asked| asked.header("x-sdk-date")).collect();
    assert_eq!(dates.len(), 4);
    assert_eq!(dates, ["20241125T080000Z", "20241125T080000Z", "20241125T081600Z", "20241125T083200Z"]);
}

#[tokio::test]
async fn bc_19_credentials_follow_no_redirect() {
    let elsewhere = Gateway::start(|asked, _| good(asked)).await;
    let land = format!("http://localhost:{}/land", elsewhere.address.port());
    for status in [301, 302, 303, 307, 308] {
        let line = format!("location: {land}");
        let gateway = Gateway::start(move |_, _| Reply::json(status, "").with(&line)).await;
        for way in [Way::Token, Way::Key] {
            let error = client(&gateway.url(), way, &gateway::world()).list_vul_scan_task().send().await.unwrap_err();
            assert_eq!((error.kind(), error.status()), (Kind::Protocol, Some(status)), "{error}");
        }
    }
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn bc_21_a_body_that_is_cut_off_is_never_a_page() {
    let cut = [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"total_num\":0}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nf\r\n{\"total_num\":0}\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nf\r\n{\"total_num\":0}\r\n0\r\n",
    ];
    for bytes in cut {
        let gateway = Gateway::start(move |_, _| Reply::Bytes(bytes.as_bytes().to_vec())).await;
        let world = gateway::world();
        let error = client(&gateway.url(), Way::Token, &world).list_vul_scan_task_host("t").send().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts(), gateway.asked().len()), (Kind::Connection, 5, 5), "{error}");
        assert!(error.to_string().contains("not whole"), "{error}");
    }
    let open_ended = "HTTP/1.0 200 OK\r\n\r\n{\"total_num\":1,\"data_list\":[{\"host_id\":";
    let gateway = Gateway::start(move |_, _| Reply::Bytes(open_ended.as_bytes().to_vec())).await;
    let error = client(&gateway.url(), Way::Token, &gateway::world()).list_vul_scan_task_host("t").stream();
    let error = error.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.offset()), (Kind::Protocol, Some(0)), "{error}");
}

/// A user who logs in for each token, and may be refused.
#[derive(Debug, Clone, Default)]
struct User {
    logins: Arc<AtomicUsize>,
    refuses_second: bool,
}

impl Source for User {
    fn name(&self) -> String {
        "a user".to_owned()
    }

    fn load<'a>(&'a self, _: &'a Arc<dyn World>) -> BoxFuture<'a, hss_client::Result<Option<Grant>>> {
        let login = self.logins.fetch_add(1, Ordering::SeqCst);
        let outcome = if login > 0 && self.refuses_second {
            Err(Error::new(Kind::Credentials, "IAM does not know the password any more"))
        } else {
            let token = Secret::new("token", format!("token-{login}")).unwrap();
            Ok(Some(Grant::new(Credentials::Token(token), "a user")))
        };
        Box::pin(std::future::ready(outcome))
    }

    fn renewable(&self) -> bool {
        true
    }
}

/// Reads the list as a user whose tokens from `expired` on are refused beyond the second page.
async fn read_as(user: &User, expired: fn(&str) -> bool) -> (Result<usize, Error>, Vec<Asked>) {
    let gateway = Gateway::start(move |asked, _| {
        let token = asked.header("x-auth-token").unwrap_or_default();
        if asked.number("offset") >= 20 && expired(token) {
            refusal(401, "APIGW.0301", "Incorrect IAM authentication information: decrypt token fail")
        } else {
            good(asked)
        }
    })
    .await;
    let world = Arc::new(gateway::world());
    let client = Client::builder(Endpoint::parse(&gateway.url()).unwrap(), Identity::from_source(user.clone()));
    let client = client.project_id("p").concurrency(1).transport(|transport| transport.world(world)).build().unwrap();
    let rows = client.list_vul_scan_task_host("t").limit(10).stream().try_collect::<Vec<_>>().await;
    (rows.map(|rows| rows.len()), gateway.asked())
}

#[tokio::test]
async fn bc_15_a_token_that_expires_in_the_middle_is_renewed_once() {
    let user = User::default();
    let (rows, asked) = read_as(&user, |token| token == "token-0").await;
    let pages: Vec<_> =
        asked.iter().map(|asked| (asked.number("offset"), asked.header("x-auth-token").unwrap())).collect();
    assert_eq!(rows.unwrap(), 30);
    assert_eq!(pages, [(0, "token-0"), (10, "token-0"), (20, "token-0"), (20, "token-1")]);
    assert_eq!(user.logins.load(Ordering::SeqCst), 2);

    let user = User::default();
    let (rows, asked) = read_as(&user, |_| true).await;
    assert_eq!((rows.unwrap_err().kind(), asked.len(), user.logins.load(Ordering::SeqCst)), (Kind::Credentials, 4, 2));

    let user = User { refuses_second: true, ..User::default() };
    let (rows, asked) = read_as(&user, |_| true).await;
    assert!(rows.unwrap_err().to_string().contains("IAM does not know"), "the login's own error is told");
    assert_eq!((asked.len(), user.logins.load(Ordering::SeqCst)), (3, 2));
}

#[tokio::test]
async fn bc_15_16_calls_with_an_expired_token_log_in_once() {
    let user = User::default();
    let gateway = Gateway::start(|asked, _| {
        if asked.header("x-auth-token") == Some("token-0") {
            refusal(401, "APIGW.0307", "The token must be updated")
        } else {
            good(asked)
        }
    })
    .await;
    let world = Arc::new(gateway::world());
    let client = Client::builder(Endpoint::parse(&gateway.url()).unwrap(), Identity::from_source(user.clone()));
    let client = client.project_id("p").transport(|transport| transport.world(world).rate(Rate::Off)).build().unwrap();
    let calls: Vec<_> = (0..16).map(|_| client.list_vul_scan_task_host("t").limit(10)).collect();
    let outcomes = futures::future::join_all(calls.iter().map(ListVulScanTaskHost::send)).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(user.logins.load(Ordering::SeqCst), 2, "the first token, and one more for all");
}

#[tokio::test]
async fn bc_17_a_very_long_token_is_sent_whole() {
    for length in [16_000, 32_768] {
        let gateway = Gateway::start(|asked, _| good(asked)).await;
        let token = Credentials::Token(Secret::new("token", "t".repeat(length)).unwrap());
        let client = Client::builder(Endpoint::parse(&gateway.url()).unwrap(), token).project_id("p").build().unwrap();
        client.list_vul_scan_task_host("t").send().await.unwrap();
        assert_eq!(gateway.asked()[0].header("x-auth-token").map(str::len), Some(length));
    }
    let gateway = Gateway::start(|_, _| Reply::Bytes(b"HTTP/1.1 431 X\r\ncontent-length: 0\r\n\r\n".to_vec())).await;
    let error = client(&gateway.url(), Way::Token, &gateway::world()).list_vul_scan_task().send().await.unwrap_err();
    assert_eq!((error.status(), gateway.asked().len()), (Some(431), 1));
    assert!(error.to_string().contains("token may be too long"), "{error}");
}

#[tokio::test]
async fn bc_23_bytes_that_are_not_utf_8_are_located() {
    let body = b"{\"total_num\":1,\"data_list\":[{\"host_name\":\"\xd6\xf7\xbb\xfa\"}]}";
    let gateway = Gateway::start(|_, _| answer("application/json", body)).await;
    let error = client(&gateway.url(), Way::Token, &gateway::world()).list_vul_scan_task_host("t").send().await;
    let shown = error.unwrap_err().to_string();
    assert!(shown.contains("data_list[0].host_name") && shown.contains("column"), "{shown}");
    let raw = b"HTTP/1.1 502 \xe9\r\nx-request-id: \xe9\r\ncontent-length: 4\r\n\r\n<h1>";
    let gateway = Gateway::start(|_, _| Reply::Bytes(raw.to_vec())).await;
    let error = client(&gateway.url(), Way::Token, &gateway::world()).list_vul_scan_task().send().await.unwrap_err();
    assert_eq!((error.status(), error.request_id()), (Some(502), Some("\u{fffd}")), "{error}");
}
