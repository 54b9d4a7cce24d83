//! Injects every fault on the first, a middle and the last page, with each authentication method, once and always, for
//! a reader that polls continuously and for one that pauses.
//!
//! The outcome of each combination must be the complete list or one clear error. It must not be an incomplete list
//! without an error, a duplicate row, a hang, a panic or a leaked secret. The emulator injects the faults and verifies
//! tokens and signatures throughout.
//!
//! The outcomes are a table in `faults.snap`. `INSTA_UPDATE=always cargo test -p hss-tests --test faults` updates it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{StreamExt as _, TryStreamExt as _};
use hss_client::credentials::{ResolvedCredentials, Source};
use hss_client::requests::ListVulScanTaskHost;
use hss_client::{
    AccessKey, Client, ClientBuilder, Credentials, Error, ErrorKind, Identity, Rate, Retries, Runtime, Secret,
    TestRuntime,
};
use hss_emulator::{Attempts, Auth, Emulator, EmulatorBuilder, Fault, Received};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

const SECRETS: [&str; 3] = ["SENTINEL-TOKEN", "SENTINEL-SK", "SENTINEL-STS"];
const KEY: &str = "AKEXAMPLE";
const PAGE: i32 = 10;
/// Maximum response size of the client in these tests.
const LIMIT: usize = 256 * 1024;

/// Timeout of an attempt. This is the only wait in real time, and is long enough for a response on a slow machine.
const STALL: Duration = Duration::from_millis(600);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AuthMethod {
    Token,
    Key,
}

/// A task of the emulator with three pages of servers, as listed without faults.
struct Task {
    id: String,
    hosts: Vec<String>,
    /// The bodies of its pages.
    pages: Vec<String>,
}

impl Task {
    async fn newest() -> Self {
        let runtime = runtime();
        let emulator = start(&runtime, vec![]).await;
        let client = client(&emulator, AuthMethod::Token, &runtime).await;
        let tasks = client.list_vul_scan_task().limit(10).send().await.unwrap().into_inner();
        let id = tasks.data_list.unwrap().remove(0).id.unwrap();
        let mut task = Self { id, hosts: Vec::new(), pages: Vec::new() };
        for page in 0..3_i32 {
            let request = client.list_vul_scan_task_host(&task.id).limit(10).offset(page * PAGE);
            let page = request.send().await.unwrap().into_inner();
            task.pages.push(serde_json::to_string(&page).unwrap());
            task.hosts.extend(page.data_list.unwrap().into_iter().map(|host| host.host_id.unwrap()));
        }
        assert_eq!(task.hosts.len(), 30);
        task
    }
}

/// Returns a test runtime in which every jitter is half of its maximum.
fn runtime() -> TestRuntime {
    TestRuntime::default().with_random(0.5)
}

/// Returns an emulator that accepts any of the [secrets](SECRETS).
fn emulator(runtime: &TestRuntime, faults: Vec<Fault>) -> EmulatorBuilder {
    let [token, secret, security_token] = SECRETS;
    Emulator::builder()
        .auth(Auth::Any)
        .token(token)
        .temporary_access_key(KEY, secret, security_token)
        .runtime(runtime.share())
        .faults(faults)
}

async fn start(runtime: &TestRuntime, faults: Vec<Fault>) -> Emulator {
    emulator(runtime, faults).start().await.unwrap()
}

/// Parses a fault in the format of a file.
fn fault(text: &str) -> Fault {
    Fault::from_toml(&format!("[[fault]]\n{text}")).unwrap().remove(0)
}

/// Returns a fault that responds with an error of the gateway.
fn refusal(status: u16, code: &str, message: &str) -> Fault {
    fault(&format!("status = {status}\njson = {{ error_code = '{code}', error_msg = '{message}' }}"))
}

fn throttled(headers: &str) -> Fault {
    let message = "The throttling threshold has been reached: policy user over ratelimit,limit:5,time:1 minute";
    let mut throttled = refusal(429, "APIGW.0308", message);
    throttled.headers = fault(&format!("headers = {{ {headers} }}")).headers;
    throttled
}

/// Returns a fault that responds with this body.
fn body(body: String) -> Fault {
    Fault { body: Some(body), ..Fault::default() }
}

/// A named fault, created from the body of the page that it matches.
type Named = (&'static str, fn(&str) -> Fault);

const FAULTS: [Named; 44] = [
    ("reset before the response", |_| fault("reset = 'request'")),
    ("closed before the response", |_| fault("raw = ''")),
    ("reset inside the headers", |_| fault("reset = 'head'")),
    ("closed inside the headers", |_| fault(r#"raw = "HTTP/1.1 200 OK\r\ncontent-""#)),
    ("body cut at byte 0", |_| fault("cut = 0")),
    ("body cut at byte 1", |_| fault("cut = 1")),
    ("body cut at half", |_| fault("cut = 'half'")),
    ("body cut at the last byte", |_| fault("cut = 'last'")),
    ("body reset at half", |_| fault("reset = 'body'")),
    ("a valid page, shorter than announced", |_| fault("body = '{\"total_num\":0}'\nlength = 100")),
    ("a valid page in chunks without the last", |_| {
        fault(r#"raw = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nf\r\n{\"total_num\":0}\r\n""#)
    }),
    ("a page that ends with the connection, cut", |_| {
        fault(r#"raw = "HTTP/1.0 200 OK\r\n\r\n{\"total_num\":30,\"data_list\":[{\"host_id\":\"h0""#)
    }),
    ("stall before the response", |_| fault("stall = 'request'")),
    ("stall inside the body", |_| fault("stall = 'body'")),
    ("408", |_| refusal(408, "X", "m")),
    ("429 without more", |_| throttled("")),
    ("429 with Retry-After in seconds", |_| throttled("Retry-After = '7'")),
    ("429 with Retry-After as a date", |_| throttled("Retry-After = 'Mon, 25 Nov 2024 08:00:09 GMT'")),
    ("429 with Retry-After as RFC 850", |_| throttled("Retry-After = 'Monday, 25-Nov-24 08:00:09 GMT'")),
    ("429 with Retry-After as asctime", |_| throttled("Retry-After = 'Mon Nov 25 08:00:09 2024'")),
    ("429 with Retry-After in the past", |_| throttled("Retry-After = 'Mon, 25 Nov 2024 07:00:00 GMT'")),
    ("429 with Retry-After of nonsense", |_| throttled("Retry-After = 'soon'")),
    ("429 with Retry-After of an hour", |_| throttled("Retry-After = '3600'")),
    ("500", |_| refusal(500, "HSS.0041", "m")),
    ("500 without a body", |_| fault("status = 500")),
    ("502 of HTML", |_| fault("status = 502\nbody = '<html>bad gateway'\nheaders = { Content-Type = 'text/html' }")),
    ("503", |_| refusal(503, "APIGW.0401", "m")),
    ("504", |_| refusal(504, "APIGW.0201", "m")),
    ("401 token expired", |_| refusal(401, "APIGW.0307", "The token must be updated")),
    ("401 wrong key or token", |_| refusal(401, "APIGW.0301", "Incorrect IAM authentication information: verify fail")),
    ("401 of the clock", |_| {
        let message = "verify aksk signature fail, signature expired, signature time:20241125T080000Z,server time:20241125T081400Z";
        refusal(401, "APIGW.0301", message)
    }),
    ("403", |_| refusal(403, "APIGW.0302", "m")),
    ("404 of the gateway", |_| refusal(404, "APIGW.0101", "The API does not exist or has not been published")),
    ("404 of the service", |_| refusal(404, "HSS.1054", "task not exist")),
    ("400 not found", |_| refusal(400, "HSS.0011", "m")),
    ("431 without a body", |_| fault("status = 431")),
    ("302 elsewhere", |_| fault("status = 302\nheaders = { Location = 'http://localhost:1/land' }")),
    ("200 of HTML", |_| fault("body = '<html>login</html>'\nheaders = { Content-Type = 'text/html' }")),
    ("200 of another type", |_| fault("headers = { Content-Type = 'application/octet-stream' }")),
    // A name that begins in GBK.
    ("200 that is not UTF-8", |page| {
        let (before, after) = page.split_once(r#""host_name":""#).unwrap();
        let page = [before.as_bytes(), b"\"host_name\":\"\xd6\xf7", after.as_bytes()].concat();
        Fault { hex: Some(hex(&page)), ..Fault::default() }
    }),
    ("200 with a byte order mark", |page| body(format!("\u{feff}{page}"))),
    ("200 of broken gzip", |_| fault("body = 'not gzip at all'\nheaders = { Content-Encoding = 'gzip' }")),
    ("200 larger than the limit", |_| body(" ".repeat(LIMIT + 1))),
    ("200 of deep JSON", |_| body(format!("{{\"data_list\":{}", "[".repeat(100_000)))),
];

/// A named page and authentication method. Pages are counted from 0.
const CELLS: [(&str, i32, AuthMethod); 6] = [
    ("first/token", 0, AuthMethod::Token),
    ("first/key", 0, AuthMethod::Key),
    ("middle/token", 1, AuthMethod::Token),
    ("middle/key", 1, AuthMethod::Key),
    ("last/token", 2, AuthMethod::Token),
    ("last/key", 2, AuthMethod::Key),
];

fn credentials(way: AuthMethod) -> Credentials {
    match way {
        AuthMethod::Token => Credentials::Token(Secret::new("token", SECRETS[0]).unwrap()),
        AuthMethod::Key => key(SECRETS[1]),
    }
}

fn key(secret: &str) -> Credentials {
    let given = |text| Secret::new("the key", text).unwrap();
    let key = AccessKey::new("the key", KEY, given(secret)).unwrap();
    Credentials::AccessKey(key.with_security_token(given(SECRETS[2])))
}

async fn client(emulator: &Emulator, way: AuthMethod, runtime: &TestRuntime) -> Client {
    builder(emulator, credentials(way), runtime).build().await.unwrap()
}

fn builder(emulator: &Emulator, identity: impl Into<Identity>, runtime: &TestRuntime) -> ClientBuilder {
    log();
    let runtime = runtime.share();
    Client::builder()
        .endpoint(emulator.url())
        .credentials(identity)
        .project_id("p")
        .runtime(runtime)
        .body_limit(LIMIT)
        .attempt_timeout(STALL)
}

/// Returns the requests for servers of a task.
fn asked(emulator: &Emulator) -> Vec<Received> {
    emulator.requests().into_iter().filter(|asked| asked.operation == Some("ListVulScanTaskHost")).collect()
}

/// The way in which the list is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// One page after another, so that requests can be counted.
    OneByOne,
    /// Several pages concurrently.
    AtOnce,
    /// Several pages concurrently, with a pause after each page, in which the stream is not polled.
    Pauses,
}

/// The outcome of a listing, and its cost.
struct Outcome {
    /// `complete`, or the kind of the error.
    result: String,
    requests: usize,
    seconds: f64,
}

/// Reads the list while a page has the fault, once or always.
async fn run(task: &Task, named: Named, page: i32, way: AuthMethod, always: bool, reader: Reader) -> Outcome {
    let runtime = runtime();
    let (name, make) = named;
    let attempt = (!always).then_some(Attempts { first: 1, last: Some(1) });
    let number = usize::try_from(page).unwrap();
    let fault = Fault { page: Some(number as u64 + 1), attempt, ..make(&task.pages[number]) };
    let emulator = start(&runtime, vec![fault]).await;
    let concurrency = if reader == Reader::OneByOne { 1 } else { 4 };
    let client = builder(&emulator, credentials(way), &runtime).concurrency(concurrency).build().await.unwrap();
    let mut pages = client.list_vul_scan_task_host(&task.id).limit(10).pages();
    let reading = async {
        let mut ids = Vec::new();
        while let Some(page) = pages.try_next().await? {
            ids.extend(page.into_inner().data_list.unwrap().into_iter().filter_map(|row| row.host_id));
            if reader == Reader::Pauses {
                pause(&runtime).await;
            }
        }
        Ok(ids)
    };
    let outcome = tokio::time::timeout(Duration::from_secs(20), reading).await;
    let result = match outcome.expect("it hangs") {
        Ok(ids) => {
            assert_eq!(ids, task.hosts, "{name} on page {page}: a list that is not the list");
            "complete".to_owned()
        }
        Err(error) => {
            check(&error, i64::from(page * PAGE), name);
            assert!(pages.next().await.is_none(), "nothing follows an error");
            format!("{:?}", error.kind())
        }
    };
    Outcome { result, requests: asked(&emulator).len(), seconds: runtime.elapsed().as_secs_f64() }
}

/// Advances the time while the reader does something else and other tasks continue. The duration is less than the limit
/// for the attempts of a call, since it also counts for a call that stalls during the pause.
async fn pause(runtime: &TestRuntime) {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    runtime.pass(Duration::from_secs(20));
}

/// Returns the outcome, which must be the same for every reader, and its cost.
async fn cell(task: &Task, named: Named, page: i32, way: AuthMethod, always: bool) -> String {
    let readers = [Reader::OneByOne, Reader::AtOnce, Reader::Pauses];
    let outcomes = readers.map(|reader| run(task, named, page, way, always, reader));
    let outcomes = futures::future::join_all(outcomes).await;
    let [one_by_one, at_once, pauses] = outcomes.as_slice() else { panic!("three readers") };
    assert_eq!(one_by_one.result, at_once.result, "{} on page {page}, several pages at once", named.0);
    // The number of concurrent requests when an error ends the listing depends on their timing.
    let with_pauses = match pauses.result.as_str() {
        "complete" => format!("complete, {} requests", pauses.requests),
        error => error.to_owned(),
    };
    let Outcome { result, requests, seconds } = one_by_one;
    format!("{result}, {requests} requests, {seconds} s | reader pauses: {with_pauses}")
}

/// Checks that an error contains its position, and no secret.
fn check(error: &Error, at: i64, fault: &str) {
    assert_eq!((error.operation(), error.offset()), (Some("ListVulScanTaskHost"), Some(at)), "{fault}: {error}");
    let (shown, debugged) = (format!("{error:#}"), format!("{error:?}"));
    assert!(shown.len() < 3000 && !shown.contains('\u{1b}'), "{fault}: {shown}");
    for secret in SECRETS {
        assert!(!shown.contains(secret) && !debugged.contains(secret), "{fault}: {shown}");
    }
}

/// A log that is searched for secrets.
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

/// Returns the log of all tests in this file, at every level. It is shared by the whole process: if only some threads
/// had a log, `tracing` might consider an event disabled.
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

/// Returns the lines of the table for one fault.
async fn lines(task: &Task, fault: Named) -> String {
    let mut table = format!("{}\n", fault.0);
    for always in [false, true] {
        let cells = CELLS.map(|(_, page, way)| cell(task, fault, page, way, always));
        // Pages and authentication methods with the same outcome share a line.
        let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
        for ((name, ..), outcome) in CELLS.into_iter().zip(futures::future::join_all(cells).await) {
            match lines.iter_mut().find(|(known, _)| *known == outcome) {
                Some((_, names)) => names.push(name),
                None => lines.push((outcome, vec![name])),
            }
        }
        for (outcome, names) in lines {
            let names = if names.len() == CELLS.len() { "every page, either way".to_owned() } else { names.join(" ") };
            writeln!(table, "    {:6} {outcome}: {names}", if always { "always" } else { "once" }).unwrap();
        }
    }
    table
}

#[test]
fn every_fault_on_every_page_with_each_authentication_method() {
    let log = log();
    // Each half of the faults has a thread, since one takes most of the time of all tests here.
    let half = |first: usize| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let task = Task::newest().await;
            let mut half = Vec::new();
            for fault in FAULTS.into_iter().skip(first).step_by(2) {
                half.push(lines(&task, fault).await);
            }
            half
        })
    };
    let [even, odd] = std::thread::scope(|scope| {
        [0, 1].map(|first| scope.spawn(move || half(first))).map(|thread| thread.join().unwrap())
    });
    let mut odd = odd.into_iter();
    let table: String = even.into_iter().flat_map(|lines| [lines, odd.next().unwrap_or_default()]).collect();
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path(".");
    settings.bind(|| insta::assert_snapshot!("faults", table));
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("attempt failed") && log.contains("ListVulScanTaskHost"), "the log has nothing of the calls");
    for secret in SECRETS.into_iter().chain(["Signature="]) {
        assert!(!log.contains(secret), "{secret} is logged");
    }
}

#[tokio::test]
async fn retries_a_refused_connection_and_then_fails() {
    for way in [AuthMethod::Token, AuthMethod::Key] {
        let runtime = runtime();
        let emulator = start(&runtime, vec![]).await;
        let client = client(&emulator, way, &runtime).await;
        drop(emulator);
        tokio::task::yield_now().await;
        let error = client.list_vul_scan_task_host("t").send().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 5), "{error}");
    }
}

#[tokio::test]
async fn sends_a_wrong_key_once_at_any_concurrency() {
    let runtime = runtime();
    let emulator = start(&runtime, vec![]).await;
    let client = builder(&emulator, key("SENTINEL-OF-ANOTHER"), &runtime).build().await.unwrap();
    let calls = (0..8).map(|_| client.list_vul_scan_task_host("t").stream().try_collect::<Vec<_>>());
    for outcome in futures::future::join_all(calls).await {
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Credentials);
    }
    assert_eq!(emulator.requests().len(), 1);
}

#[tokio::test]
async fn every_attempt_has_a_new_date() {
    let runtime = runtime();
    // The first two pages take 8 minutes each. The third fails twice, after 8 minutes each.
    let faults = "[[fault]]\npage = 1\ndelay = '8m'\n[[fault]]\npage = 2\ndelay = '8m'\n\
                  [[fault]]\npage = 3\nattempt = '1..2'\nstatus = 503\ndelay = '8m'";
    let emulator = start(&runtime, Fault::from_toml(faults).unwrap()).await;
    let retries = Retries::default().total(Duration::from_secs(3600));
    let client = builder(&emulator, credentials(AuthMethod::Key), &runtime).concurrency(1);
    let client = client.retries(retries).build().await.unwrap();
    let task = Task::newest().await;
    let listing = client.list_vul_scan_task_host(&task.id).limit(10).stream();
    assert_eq!(listing.try_collect::<Vec<_>>().await.unwrap().len(), 30);
    let asked = asked(&emulator);
    let dates: Vec<_> = asked.iter().filter_map(|asked| asked.header("x-sdk-date")).collect();
    assert_eq!(dates, ["080000", "080800", "081600", "082400", "083200"].map(|time| format!("20241125T{time}Z")));
}

#[tokio::test]
async fn does_not_send_credentials_to_redirects() {
    let runtime = runtime();
    let elsewhere = start(&runtime, vec![]).await;
    let land = format!("http://localhost:{}/land", elsewhere.address().port());
    for status in [301, 302, 303, 307, 308] {
        let redirect = fault(&format!("status = {status}\nheaders = {{ Location = '{land}' }}"));
        let emulator = start(&runtime, vec![redirect]).await;
        for way in [AuthMethod::Token, AuthMethod::Key] {
            let error = client(&emulator, way, &runtime).await.list_vul_scan_task().send().await.unwrap_err();
            assert_eq!((error.kind(), error.status()), (ErrorKind::Protocol, Some(status)), "{error}");
        }
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn refuses_a_truncated_body() {
    let cut = [
        r#"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"total_num\":0}"#,
        r#"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nf\r\n{\"total_num\":0}\r\n"#,
        r#"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nf\r\n{\"total_num\":0}\r\n0\r\n"#,
    ];
    for bytes in cut {
        let runtime = runtime();
        let emulator = start(&runtime, vec![fault(&format!("raw = \"{bytes}\""))]).await;
        let error =
            client(&emulator, AuthMethod::Token, &runtime).await.list_vul_scan_task_host("t").send().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts(), asked(&emulator).len()), (ErrorKind::Connection, 5, 5), "{error}");
        assert!(format!("{error:#}").contains("incomplete"), "{error}");
    }
    let open_ended = r#"raw = "HTTP/1.0 200 OK\r\n\r\n{\"total_num\":1,\"data_list\":[{\"host_id\":""#;
    let runtime = runtime();
    let emulator = start(&runtime, vec![fault(open_ended)]).await;
    let listing = client(&emulator, AuthMethod::Token, &runtime).await.list_vul_scan_task_host("t").stream();
    let error = listing.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::Protocol, Some(0)), "{error}");
}

/// A user who logs in for each token, and may be refused. The tokens differ in length, so that a log can distinguish
/// them.
#[derive(Debug, Clone, Default)]
struct User {
    logins: Arc<AtomicUsize>,
    refuses_second: bool,
}

const TOKENS: [&str; 3] = ["token", "token-2", "token-three"];

impl Source for User {
    fn name(&self) -> String {
        "a user".to_owned()
    }

    fn load<'a>(&'a self, _: &'a Arc<dyn Runtime>) -> BoxFuture<'a, hss_client::Result<Option<ResolvedCredentials>>> {
        let login = self.logins.fetch_add(1, Ordering::SeqCst);
        let outcome = if login > 0 && self.refuses_second {
            Err(Error::new(ErrorKind::Credentials, "IAM does not know the password any more"))
        } else {
            let token = Secret::new("token", TOKENS[login]).unwrap();
            Ok(Some(ResolvedCredentials::new(Credentials::Token(token), "a user")))
        };
        Box::pin(std::future::ready(outcome))
    }

    fn refreshable(&self) -> bool {
        true
    }
}

/// Reads the list as a user whose token is refused on the third page, once or always.
async fn read_as(user: &User, always: bool) -> (Result<usize, Error>, Vec<Received>) {
    let runtime = runtime();
    let attempt = if always { "" } else { "attempt = 1\n" };
    let message = "Incorrect IAM authentication information: decrypt token fail";
    let expired = Fault { page: Some(3), ..refusal(401, "APIGW.0301", message) };
    let expired = Fault { attempt: fault(attempt).attempt, ..expired };
    let emulator = TOKENS.iter().fold(emulator(&runtime, vec![expired]), |emulator, token| emulator.token(token));
    let emulator = emulator.start().await.unwrap();
    let client =
        builder(&emulator, Identity::from_source(user.clone()), &runtime).concurrency(1).build().await.unwrap();
    let task = Task::newest().await;
    let rows = client.list_vul_scan_task_host(&task.id).limit(10).stream().try_collect::<Vec<_>>().await;
    (rows.map(|rows| rows.len()), asked(&emulator))
}

#[tokio::test]
async fn refreshes_once_a_token_that_expires_during_a_listing() {
    let user = User::default();
    let (rows, asked) = read_as(&user, false).await;
    let pages: Vec<_> = asked
        .iter()
        .map(|asked| (asked.target.rsplit('=').next().unwrap(), asked.header("x-auth-token").unwrap()))
        .collect();
    assert_eq!(rows.unwrap(), 30);
    assert_eq!(pages, [("0", "[5 bytes]"), ("10", "[5 bytes]"), ("20", "[5 bytes]"), ("20", "[7 bytes]")]);
    assert_eq!(user.logins.load(Ordering::SeqCst), 2);

    let user = User::default();
    let (rows, asked) = read_as(&user, true).await;
    assert_eq!(
        (rows.unwrap_err().kind(), asked.len(), user.logins.load(Ordering::SeqCst)),
        (ErrorKind::Credentials, 4, 2)
    );

    let user = User { refuses_second: true, ..User::default() };
    let (rows, asked) = read_as(&user, true).await;
    assert!(format!("{:#}", rows.unwrap_err()).contains("IAM does not know"), "the error of the login is returned");
    assert_eq!((asked.len(), user.logins.load(Ordering::SeqCst)), (3, 2));
}

#[tokio::test]
async fn sixteen_calls_with_an_expired_token_log_in_once() {
    let (runtime, user) = (runtime(), User::default());
    let emulator = emulator(&runtime, vec![]).token(TOKENS[1]).start().await.unwrap();
    let client = builder(&emulator, Identity::from_source(user.clone()), &runtime);
    let client = client.rate(Rate::Off).build().await.unwrap();
    let task = Task::newest().await;
    let calls: Vec<_> = (0..16).map(|_| client.list_vul_scan_task_host(&task.id).limit(10)).collect();
    let outcomes = futures::future::join_all(calls.iter().map(ListVulScanTaskHost::send)).await;
    for outcome in outcomes {
        outcome.unwrap();
    }
    assert_eq!(user.logins.load(Ordering::SeqCst), 2, "the first token, and one more for all");
}

#[tokio::test]
async fn sends_a_very_long_token_completely() {
    let runtime = runtime();
    for length in [16_000, 32_768] {
        let token = "t".repeat(length);
        let emulator = emulator(&runtime, vec![]).token(&token).start().await.unwrap();
        let token = Credentials::Token(Secret::new("token", token).unwrap());
        builder(&emulator, token, &runtime).build().await.unwrap().list_vul_scan_task().send().await.unwrap();
        assert_eq!(emulator.requests()[0].header("x-auth-token"), Some(format!("[{length} bytes]").as_str()));
    }
    let emulator = start(&runtime, vec![fault("status = 431")]).await;
    let error = client(&emulator, AuthMethod::Token, &runtime).await.list_vul_scan_task().send().await.unwrap_err();
    assert_eq!((error.status(), emulator.requests().len()), (Some(431), 1));
    assert!(format!("{error:#}").contains("token may be too long"), "{error}");
}

#[tokio::test]
async fn replaces_invalid_unicode_and_keeps_the_rows() {
    let runtime = runtime();
    let row = r#"{"host_name":"a\ud800"}"#;
    for (name, read) in
        [(&b"{\"host_name\":\"\xd6\xf7\xbb\xfa\"}"[..], "\u{fffd}".repeat(4)), (row.as_bytes(), "a\u{fffd}".to_owned())]
    {
        let body = [b"{\"total_num\":1,\"data_list\":[", name, b"]}"].concat();
        let emulator = start(&runtime, vec![Fault { hex: Some(hex(&body)), ..Fault::default() }]).await;
        let answer =
            client(&emulator, AuthMethod::Token, &runtime).await.list_vul_scan_task_host("t").send().await.unwrap();
        assert!(answer.is_repaired());
        assert_eq!(answer.into_inner().data_list.unwrap()[0].host_name, Some(read));
    }
    // Other errors are still located.
    let body = b"{\"total_num\":1,\"data_list\":[{\"host_name\":\"\xd6\"},{\"host_id\":7}]}";
    let emulator = start(&runtime, vec![Fault { hex: Some(hex(body)), ..Fault::default() }]).await;
    let error =
        client(&emulator, AuthMethod::Token, &runtime).await.list_vul_scan_task_host("t").send().await.unwrap_err();
    assert!(format!("{error:#}").contains("data_list[1].host_id"), "{error}");
}

#[tokio::test]
async fn replaces_invalid_utf_8_in_headers() {
    let runtime = runtime();
    let raw = hex(b"HTTP/1.1 502 \xe9\r\nx-request-id: \xe9\r\ncontent-length: 4\r\n\r\n<h1>");
    let emulator = start(&runtime, vec![Fault { raw_hex: Some(raw), ..Fault::default() }]).await;
    let error =
        client(&emulator, AuthMethod::Token, &runtime).await.list_vul_scan_task_host("t").send().await.unwrap_err();
    assert_eq!((error.status(), error.request_id()), (Some(502), Some("\u{fffd}")), "{error}");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}
