//! Options of clients and calls: timeouts, retries, rates, headers, interceptors; several projects and clients.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use hss_client::credentials::{ResolvedCredentials, Source};
use hss_client::operations::LIST_VUL_SCAN_TASK;
use hss_client::{
    AccessKey, AttemptOutcome, AttemptRequest, Client, ClientBuilder, Credentials, ErrorKind, Identity, Interceptor,
    Quota, Rate, Result, Retries, Runtime, Secret, TestRuntime,
};
use hss_emulator::{Auth, Emulator, Fault};

use httpmock::MockServer;
use reqwest::header::HeaderMap;

const KEY: &str = "AKEXAMPLE";
const SECRET: &str = "sk-right";
const MINUTE: Duration = Duration::from_secs(60);
const ONE: Rate = Rate::Strict(Quota { requests: 1, window: MINUTE });

/// Starts an emulator that accepts the access key.
async fn start(runtime: &TestRuntime, faults: &str) -> Emulator {
    let faults = if faults.is_empty() { Vec::new() } else { Fault::from_toml(faults).unwrap() };
    let emulator = Emulator::builder().hosts(1000).auth(Auth::Any).access_key(KEY, SECRET);
    emulator.runtime(runtime.share()).faults(faults).start().await.unwrap()
}

fn key() -> Credentials {
    Credentials::AccessKey(AccessKey::new("key", KEY, Secret::new("secret", SECRET).unwrap()).unwrap())
}

/// Returns the builder of a client with the clock of the system.
fn system(url: &str) -> ClientBuilder {
    Client::builder().no_environment().endpoint(url).credentials(key()).project_id("p")
}

fn builder(url: &str, runtime: &TestRuntime) -> ClientBuilder {
    let runtime = runtime.share();
    system(url).runtime(runtime)
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn a_timeout_ends_a_call_that_waits_for_the_quota() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, "").await;
    let client = builder(&emulator.url(), &runtime).rate(ONE).build().await.unwrap();
    client.list_vul_scan_task().send().await.unwrap();
    let error = client.list_vul_scan_task().timeout(MINUTE / 2).send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.may_have_reached_service()), (ErrorKind::Timeout, 0, false));
    assert_eq!(
        error.message(),
        "the call did not finish within its timeout of 30s",
        "it ends at once, since waiting would be in vain"
    );
    assert_eq!(runtime.elapsed(), Duration::ZERO);
    client.list_vul_scan_task().timeout(2 * MINUTE).send().await.unwrap();
    assert_eq!((runtime.elapsed(), emulator.requests().len()), (MINUTE, 2));
}

#[tokio::test]
async fn a_timeout_ends_a_call_between_attempts() {
    let runtime = TestRuntime::default().with_random(0.5);
    let emulator = start(&runtime, "[[fault]]\nstatus = 503\nheaders = { Retry-After = '20' }").await;
    let client = builder(&emulator.url(), &runtime).timeout(MINUTE / 2);
    let error = client.build().await.unwrap().list_vul_scan_task().send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), error.may_have_reached_service()),
        (ErrorKind::Timeout, 2, true),
        "{error}"
    );
    assert_eq!(runtime.elapsed(), Duration::from_secs(20));
}

#[tokio::test]
async fn a_timeout_ends_an_attempt_in_progress() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, "[[fault]]\nstall = 'request'").await;
    let client = system(&emulator.url()).build().await.unwrap();
    let began = Instant::now();
    let error = client.list_vul_scan_task().timeout(Duration::from_millis(200)).send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), error.may_have_reached_service()),
        (ErrorKind::Timeout, 1, true),
        "{error}"
    );
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

/// A source that never provides credentials.
#[derive(Debug)]
struct Never;

impl Source for Never {
    fn name(&self) -> String {
        "never".to_owned()
    }

    fn load<'a>(&'a self, _: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
        Box::pin(pending())
    }
}

#[tokio::test]
async fn a_timeout_ends_a_call_that_waits_for_a_login_or_another_call() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, "[[fault]]\nstall = 'request'").await;
    let short = Duration::from_millis(200);
    let without_login = system(&emulator.url()).credentials(Identity::from_source(Never)).build().await.unwrap();
    let error = without_login.list_vul_scan_task().timeout(short).send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), error.may_have_reached_service()),
        (ErrorKind::Timeout, 0, false),
        "{error}"
    );

    // A key that is not accepted yet sends one request at a time.
    let client = system(&emulator.url()).build().await.unwrap();
    let request = client.list_vul_scan_task();
    let mut first = Box::pin(request.send());
    while emulator.requests().is_empty() {
        assert!(first.as_mut().now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    let error = client.list_vul_scan_task().timeout(short).send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), error.may_have_reached_service()),
        (ErrorKind::Timeout, 0, false),
        "{error}"
    );
    assert_eq!(emulator.requests().len(), 1);
}

#[tokio::test]
async fn options_of_a_call_replace_those_of_the_client() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, "[[fault]]\nstatus = 503\ntimes = 3").await;
    let twice = Retries::default().attempts(2);
    let client =
        builder(&emulator.url(), &runtime).retries(twice).rate(ONE).header("X-Client", "default").header("X-Both", "1");
    let client = client.build().await.unwrap();
    let once = Retries::default().attempts(1);
    let attempts = async |request: hss_client::requests::ListVulScanTask| request.send().await.unwrap_err().attempts();
    let request = client.list_vul_scan_task();
    assert_eq!(attempts(request.clone().retries(once)).await, 1);
    assert_eq!(attempts(request.clone().rate(Rate::Off)).await, 2);
    request.clone().rate(Rate::Off).header("x-both", "2").send().await.unwrap();
    assert_eq!(runtime.elapsed(), Duration::ZERO, "no call waited");
    assert_eq!(client.remaining(&LIST_VUL_SCAN_TASK), 0, "the calls of all rates count");

    let requests = emulator.requests();
    assert_eq!(header(&requests[3].headers, "x-both"), Some("2"));
    assert_eq!(header(&requests[3].headers, "x-client"), Some("default"));
    assert_eq!(header(&requests[0].headers, "x-both"), Some("1"));
    request.send().await.unwrap();
    assert_eq!(header(&emulator.requests()[4].headers, "x-both"), Some("1"), "the client keeps its options");
    assert_eq!(runtime.elapsed(), MINUTE);
}

#[tokio::test]
async fn headers_are_signed() {
    let server = MockServer::start_async().await;
    let mock = server.mock(|when, then| {
        let when = when.header("x-trace", "7").header("x-attempt", "1");
        when.header_includes("authorization", "SignedHeaders=host;x-attempt;x-project-id;x-sdk-date;x-trace,")
            .header_includes("user-agent", " my-program/1.0");
        then.status(200).body(r#"{"total_num":0,"data_list":[]}"#);
    });
    let client = system(&server.base_url()).interceptor(Recorder::default()).user_agent_suffix("my-program/1.0");
    client.build().await.unwrap().list_vul_scan_task().header("X-Trace", "7").send().await.unwrap();
    assert_eq!(mock.calls(), 1);
}

#[tokio::test]
async fn headers_that_the_client_sets_are_refused() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, "").await;
    let client = builder(&emulator.url(), &runtime).build().await.unwrap();
    for (name, value, expected) in [
        ("Authorization", "SENTINEL", "invalid header \"authorization\": the client sets it itself"),
        ("X-Auth-Token", "SENTINEL", "invalid header \"x-auth-token\": the client sets it itself"),
        ("X-Project-Id", "q", "invalid header \"x-project-id\": the client sets it itself"),
        ("Host", "example.com", "invalid header \"host\": the client sets it itself"),
        ("X-Sdk-Date", "now", "invalid header \"x-sdk-date\": the client sets it itself"),
        ("content-length", "1", "invalid header \"content-length\": the client sets it itself"),
        ("x_trace", "1", "invalid header \"x_trace\": gateways drop names with `_`"),
        ("", "1", "invalid header \"\": the name contains a character that HTTP headers cannot contain"),
        ("a b", "1", "invalid header \"a b\": the name contains a character that HTTP headers cannot contain"),
        (
            "x-trace",
            "SENTINEL\n",
            "invalid header \"x-trace\": the value contains a character other than visible ASCII characters and spaces",
        ),
    ] {
        let request = client.list_vul_scan_task().header(name, value);
        assert!(!format!("{request:?}").contains("SENTINEL"));
        let error = request.send().await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Usage, expected));
    }
    let error = client.list_host_status().header("Region", "cn-north-4").send().await.unwrap_err();
    assert_eq!(error.message(), "invalid header \"Region\": it is a parameter of the operation");
    let intruders: [(HeaderChange, &str); 5] = [
        (
            |headers| drop(headers.insert("x-auth-token", "t".parse().unwrap())),
            "\"x-auth-token\": the client sets it itself",
        ),
        (HeaderMap::clear, "\"accept\": the client sets it itself"),
        (
            |headers| drop(headers.insert("accept", "text/html".parse().unwrap())),
            "\"accept\": the client sets it itself",
        ),
        (
            |headers| drop(headers.insert("content-type", "a/b".parse().unwrap())),
            "\"content-type\": the client sets it itself",
        ),
        (
            |headers| {
                headers.append("x-trace", "1".parse().unwrap());
                headers.append("x-trace", "2".parse().unwrap());
            },
            "\"x-trace\": it has several values",
        ),
    ];
    for (change, expected) in intruders {
        let client = builder(&emulator.url(), &runtime).interceptor(Intruder(change));
        let error = client.build().await.unwrap().list_vul_scan_task().send().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.message(), error.may_have_reached_service()),
            (ErrorKind::Usage, format!("invalid header {expected}").as_str(), false)
        );
    }
    assert_eq!(emulator.requests().len(), 0);
}

type HeaderChange = fn(&mut HeaderMap);

/// An interceptor that changes headers.
struct Intruder(HeaderChange);

impl Interceptor for Intruder {
    fn on_request(&self, request: &mut AttemptRequest<'_>) {
        (self.0)(request.headers_mut());
    }
}

/// An interceptor that numbers attempts and records their outcomes.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>, Arc<Mutex<Vec<hss_client::Error>>>);

impl Interceptor for Recorder {
    fn on_request(&self, request: &mut AttemptRequest<'_>) {
        assert!(request.headers().get("authorization").is_none() && request.body().is_empty());
        let line = format!("{} {}", request.number(), request.method());
        assert!(request.url().starts_with("http://127.0.0.1:"), "{}", request.url());
        self.0.lock().unwrap().push(line);
        let number = request.number().into();
        request.headers_mut().insert("x-attempt", number);
    }

    fn on_outcome(&self, outcome: &AttemptOutcome<'_>) {
        assert_eq!(outcome.headers().is_some(), outcome.status().is_some());
        self.1.lock().unwrap().extend(outcome.error().cloned());
        let error = outcome.error().map(hss_client::Error::kind);
        assert_eq!(outcome.operation().id, "ListVulScanTask");
        self.0.lock().unwrap().push(format!("{} {:?} {error:?}", outcome.number(), outcome.status()));
    }
}

#[tokio::test]
async fn an_interceptor_sees_every_attempt() {
    let runtime = TestRuntime::default();
    let faults = "[[fault]]\nattempt = 1\nstatus = 503\n[[fault]]\nattempt = 2\nreset = 'request'";
    let emulator = start(&runtime, faults).await;
    let recorder = Recorder::default();
    let client = builder(&emulator.url(), &runtime).interceptor(recorder.clone());
    client.build().await.unwrap().list_vul_scan_task().send().await.unwrap();
    let seen = ["1 GET", "1 Some(503) Some(Service)", "2 GET", "2 None Some(Connection)", "3 GET", "3 Some(200) None"];
    assert_eq!(*recorder.0.lock().unwrap(), seen);
    let seen: Vec<_> = recorder.1.lock().unwrap().iter().map(|error| (error.attempts(), error.to_string())).collect();
    assert!(seen.len() == 2 && seen.iter().map(|(attempts, _)| *attempts).eq(1..3), "{seen:?}");
    assert!(seen.iter().all(|(_, error)| error.starts_with("ListVulScanTask: ")), "{seen:?}");
    let requests = emulator.requests();
    let numbers: Vec<_> = requests.iter().map(|request| header(&request.headers, "x-attempt").unwrap()).collect();
    assert_eq!(numbers, ["1", "2", "3"]);
}

#[tokio::test]
async fn clients_of_one_endpoint_share_the_quota() {
    let emulator = Emulator::builder().access_key(KEY, SECRET).start().await.unwrap();
    let strict = |requests| Rate::Strict(Quota { requests, window: MINUTE });
    let client = async || system(&emulator.url()).rate(strict(3)).build().await.unwrap();
    let (first, second) = (client().await, client().await);
    first.list_vul_scan_task().send().await.unwrap();
    second.for_project("q").list_vul_scan_task().send().await.unwrap();
    assert_eq!([&first, &second].map(|client| client.remaining(&LIST_VUL_SCAN_TASK)), [1, 1]);
    // Another endpoint has another quota.
    let other = Emulator::builder().start().await.unwrap();
    let other = system(&other.url()).rate(strict(3)).build().await.unwrap();
    assert_eq!(other.remaining(&LIST_VUL_SCAN_TASK), 3);
    // So does another clock.
    let runtime = TestRuntime::default();
    let in_test = builder(&emulator.url(), &runtime).rate(strict(3)).build().await.unwrap();
    assert_eq!(in_test.remaining(&LIST_VUL_SCAN_TASK), 3);
}

#[tokio::test]
async fn a_client_of_another_project_sends_its_id() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, "").await;
    let client = builder(&emulator.url(), &runtime).rate(ONE).build().await.unwrap();
    let other = client.for_project("q");
    assert_eq!(other.settings().project_id.as_deref(), Some("q"));
    client.list_vul_scan_task().send().await.unwrap();
    other.list_vul_scan_task().send().await.unwrap();
    assert_eq!(runtime.elapsed(), MINUTE, "the quota is shared");
    let requests = emulator.requests();
    let sent = |index: usize| (requests[index].status, header(&requests[index].headers, "x-project-id").unwrap());
    assert_eq!([sent(0), sent(1)], [(200, "p"), (200, "q")]);
    assert!(requests[1].target.starts_with("/v5/q/"), "{}", requests[1].target);
    assert!(requests[0].target.starts_with("/v5/p/"), "{}", requests[0].target);
}

#[tokio::test]
async fn malformed_settings_are_usage_errors() {
    for url in ["http://127.0.0.1:1", "https://hss.example"] {
        for (client, message) in [
            (system(url).proxy("nonsense://SENTINEL"), "invalid proxy: expected the URL of an HTTP proxy"),
            (system(url).root_certificate(""), "invalid root certificate: no certificate found"),
            (
                system(url).root_certificate("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
                "invalid root certificate: it cannot be read",
            ),
            (
                system(url).user_agent_suffix("a\nb"),
                "invalid suffix of the user agent \"a\\nb\": expected visible ASCII characters",
            ),
        ] {
            let error = client.build().await.unwrap_err();
            assert_eq!((error.kind(), error.message()), (ErrorKind::Usage, message));
        }
    }
}

#[tokio::test]
async fn errors_and_debug_output_do_not_show_header_values() {
    let server = MockServer::start_async().await;
    server.mock(|_, then| {
        let quoted = "verify aksk signature fail, x-secret:SENTINEL-CALL|x-other:SENTINEL-ATTEMPT|";
        then.status(401).body(format!(r#"{{"error_code":"APIGW.0301","error_msg":"{quoted}"}}"#));
    });
    let token = || Credentials::Token(Secret::new("token", "t").unwrap());
    for credentials in [key(), token()] {
        let client = system(&server.base_url()).credentials(credentials);
        let client = client.interceptor(Intruder(|headers| {
            headers.insert("x-other", "SENTINEL-ATTEMPT".parse().unwrap());
            assert!(!format!("{headers:?}").contains("SENTINEL-CALL"));
        }));
        let request = client.build().await.unwrap().list_vul_scan_task().header("x-secret", "SENTINEL-CALL");
        let error = request.send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        let body = String::from_utf8_lossy(error.body());
        assert!(!format!("{error:?} {body} {request:?}").contains("SENTINEL"), "{error:?} {body}");
    }
    let shown: Arc<Mutex<String>> = Arc::default();
    let log = Arc::clone(&shown);
    let client = system(&server.base_url()).dry_run(move |request| *log.lock().unwrap() = format!("{request:?}"));
    let request = client.build().await.unwrap().list_vul_scan_task().header("x-secret", "SENTINEL-CALL");
    request.send().await.unwrap_err();
    let shown = shown.lock().unwrap();
    assert!(shown.contains("x-secret") && !shown.contains("SENTINEL"), "{shown}");
}

#[tokio::test]
async fn a_call_without_time_is_not_sent() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, "").await;
    let client = builder(&emulator.url(), &runtime).build().await.unwrap();
    let error = client.list_vul_scan_task().timeout(Duration::ZERO).send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), error.may_have_reached_service(), error.is_retryable()),
        (ErrorKind::Timeout, 0, false, false),
        "{error}"
    );
    // The credentials arrive late.
    let late = builder(&emulator.url(), &runtime).credentials(Identity::from_source(Late(runtime.clone())));
    let error = late.timeout(MINUTE).build().await.unwrap().list_vul_scan_task().send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0), "{error}");
    assert_eq!(emulator.requests().len(), 0);
    assert_eq!(client.remaining(&LIST_VUL_SCAN_TASK), 5, "they do not count");
}

/// A source that provides credentials after a minute.
#[derive(Debug)]
struct Late(TestRuntime);

impl Source for Late {
    fn name(&self) -> String {
        "late".to_owned()
    }

    fn load<'a>(&'a self, _: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
        self.0.pass(MINUTE);
        Box::pin(async { Ok(Some(ResolvedCredentials::new(key(), self.name()))) })
    }
}

#[tokio::test]
async fn a_new_client_for_each_call_keeps_to_the_quota() {
    let emulator = Emulator::builder().access_key(KEY, SECRET).start().await.unwrap();
    let strict = Rate::Strict(Quota { requests: 3, window: MINUTE });
    for left in [2, 1, 0] {
        let client = system(&emulator.url()).rate(strict).build().await.unwrap();
        client.list_vul_scan_task().send().await.unwrap();
        assert_eq!(client.remaining(&LIST_VUL_SCAN_TASK), left);
    }
}

#[tokio::test]
async fn clients_with_one_test_clock_share_the_quota() {
    let runtime = TestRuntime::default();
    let emulator = start(&runtime, "").await;
    let [first, second] = [(); 2].map(|()| builder(&emulator.url(), &runtime).rate(ONE));
    let (first, second) = (first.build().await.unwrap(), second.build().await.unwrap());
    first.list_vul_scan_task().send().await.unwrap();
    second.list_vul_scan_task().send().await.unwrap();
    assert_eq!(runtime.elapsed(), MINUTE);
}
