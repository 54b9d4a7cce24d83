//! The transport between a call and the network: access keys, clocks, quotas, retries and refreshes of tokens, tested
//! with the emulator and a test clock.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use futures::{FutureExt as _, TryStreamExt as _};
use hss_client::credentials::{ResolvedCredentials, Source};
use hss_client::models::{
    CreateVulnerabilityScanTaskResponse, ManualScanType, ManualVulScanRequestInfo, ScanRangeType,
};
use hss_client::operations::LIST_VUL_SCAN_TASK;
use hss_client::{
    AccessKey, Client, ClientBuilder, Credentials, ErrorKind, Identity, Quota, Rate, Response, Result, Retries,
    Runtime, Secret, TestRuntime,
};
use hss_emulator::{Auth, Emulator, Fault};
use serde_json::json;

const KEY: &str = "AKEXAMPLE";
const SECRET: &str = "sk-right";
const TOKENS: [&str; 3] = ["t0", "t1", "t2"];
const MINUTE: Duration = Duration::from_secs(60);

fn runtime() -> TestRuntime {
    TestRuntime::default().with_random(0.5)
}

/// Starts an emulator of 1000 servers that accepts some tokens, and the access key with its secret.
async fn start(runtime: &TestRuntime, faults: &str) -> Emulator {
    let faults = if faults.is_empty() { Vec::new() } else { Fault::from_toml(faults).unwrap() };
    let emulator = Emulator::builder().hosts(1000).auth(Auth::Any).access_key(KEY, SECRET);
    let emulator = TOKENS.iter().fold(emulator, |emulator, token| emulator.token(token));
    emulator.runtime(runtime.share()).faults(faults).start().await.unwrap()
}

fn token(number: usize) -> Credentials {
    Credentials::Token(Secret::new("token", TOKENS[number % TOKENS.len()]).unwrap())
}

fn key(secret: &str) -> Credentials {
    Credentials::AccessKey(AccessKey::new("key", KEY, Secret::new("secret", secret).unwrap()).unwrap())
}

fn builder(emulator: &Emulator, identity: impl Into<Identity>, runtime: &TestRuntime) -> ClientBuilder {
    let client = Client::builder().endpoint(emulator.url()).credentials(identity).project_id("p");
    client.runtime(runtime.share())
}

async fn client(emulator: &Emulator, identity: impl Into<Identity>, runtime: &TestRuntime) -> Client {
    builder(emulator, identity, runtime).build().await.unwrap()
}

/// Sends this number of calls concurrently.
async fn at_once(client: &Client, calls: usize) -> Vec<Result<()>> {
    let requests = vec![client.list_vul_scan_task(); calls];
    join_all(requests.iter().map(|request| request.send().map(|answer| answer.map(drop)))).await
}

async fn newest_task(client: &Client) -> String {
    client.list_vul_scan_task().limit(10).send().await.unwrap().into_inner().data_list.unwrap().remove(0).id.unwrap()
}

#[tokio::test]
async fn one_call_retries_a_refused_key_after_five_minutes() {
    let runtime = runtime();
    let emulator = start(&runtime, "").await;
    let client = client(&emulator, key("sk-wrong"), &runtime).await;
    for (minutes, requests) in [(0, 1), (4, 1), (1, 2), (4, 2), (1, 3)] {
        runtime.pass(minutes * MINUTE);
        for outcome in at_once(&client, 8).await {
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Credentials);
            assert!(error.attempts() <= 1, "{error}");
        }
        assert_eq!(emulator.requests().len(), requests, "after {minutes} more minutes");
    }
}

#[tokio::test]
async fn a_cached_refusal_has_no_attempts() {
    let runtime = runtime();
    let emulator = start(&runtime, "").await;
    let client = client(&emulator, key("sk-wrong"), &runtime).await;
    let attempts = async || client.list_vul_scan_task().send().await.unwrap_err().attempts();
    assert_eq!([attempts().await, attempts().await], [1, 0]);
}

#[tokio::test]
async fn a_response_of_a_load_balancer_does_not_verify_a_key() {
    for fault in [
        "body = '<html>'",
        "json = { code = 503, message = 'm' }",
        "json = { error_code = 'APIGW.0401' }",
        "json = { error_code = 'LB.503' }",
    ] {
        let runtime = runtime();
        let emulator = start(&runtime, &format!("[[fault]]\nstatus = 503\ntimes = 1\n{fault}")).await;
        let once = Retries::default().attempts(1);
        let client = builder(&emulator, key("sk-wrong"), &runtime).retries(once);
        let client = client.build().await.unwrap();
        assert_eq!(client.list_vul_scan_task().send().await.unwrap_err().status(), Some(503));
        for outcome in at_once(&client, 16).await {
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Credentials, "{fault}");
        }
        assert_eq!(emulator.requests().len(), 2, "{fault}: one wrong signature, not 16");
    }
}

#[tokio::test]
async fn a_refusal_by_a_load_balancer_does_not_refuse_a_key() {
    let runtime = runtime();
    let emulator = start(&runtime, "[[fault]]\ntimes = 1\nstatus = 401\nbody = '<html>'").await;
    let client = client(&emulator, key(SECRET), &runtime).await;
    assert_eq!(client.list_vul_scan_task().send().await.unwrap_err().status(), Some(401));
    client.list_vul_scan_task().send().await.unwrap();
}

#[tokio::test]
async fn an_error_of_the_service_verifies_a_key() {
    let runtime = runtime();
    let emulator = start(&runtime, "[[fault]]\ntimes = 1\nstatus = 400\njson = { error_code = 'HSS.0001' }").await;
    let client = client(&emulator, key(SECRET), &runtime).await;
    assert_eq!(client.list_vul_scan_task().send().await.unwrap_err().status(), Some(400));
    // All calls are sent concurrently, since none of them waits for the first.
    emulator.set_faults(Fault::from_toml("[[fault]]\nstall = 'request'").unwrap());
    let requests = vec![client.list_vul_scan_task(); 4];
    let mut calls: Vec<_> = requests.iter().map(|request| Box::pin(request.send())).collect();
    tokio::time::timeout(Duration::from_secs(20), async {
        while emulator.requests().len() < 5 {
            for call in &mut calls {
                assert!(call.now_or_never().is_none());
            }
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn concurrent_calls_share_a_clock_correction() {
    let runtime = runtime();
    let emulator = start(&runtime, "").await;
    // A separate clock, which jumps.
    let ours = runtime.with_random(0.5);
    let client = client(&emulator, key(SECRET), &ours).await;
    client.list_vul_scan_task().send().await.unwrap();
    ours.pass(60 * MINUTE);
    for outcome in at_once(&client, 4).await {
        outcome.unwrap();
    }
}

#[tokio::test]
async fn an_error_contains_a_retry_after_that_is_too_long() {
    let faults = "[[fault]]\npage = 2\nattempt = 1\nstatus = 503\n\
        [[fault]]\npage = 4\nstatus = 429\nheaders = { Retry-After = '31536000' }\n\
        json = { error_code = 'APIGW.0308', error_msg = 'policy user over ratelimit,limit:5,time:1 minute' }";
    for concurrency in [1, 4] {
        let runtime = runtime();
        let emulator = start(&runtime, faults).await;
        let client = builder(&emulator, token(0), &runtime).concurrency(concurrency).build().await.unwrap();
        let task = newest_task(&client).await;
        let error = client.list_vul_scan_task_host(task).stream().try_collect::<Vec<_>>().await.unwrap_err();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Throttled, Some(600)), "{error}");
        assert!(format!("{error:#}").contains("31536000 s"), "{error}");
        assert!(runtime.elapsed() < Duration::from_secs(5), "{:?}", runtime.elapsed());
    }
}

#[tokio::test]
async fn a_wait_for_a_known_quota_does_not_count_towards_the_time_for_attempts() {
    let throttled = "[[fault]]\nattempt = '1..4'\nstatus = 429\n\
        json = { error_code = 'APIGW.0308', error_msg = 'policy user over ratelimit,limit:5,time:1 minute' }";
    let runtime = runtime();
    let emulator = start(&runtime, throttled).await;
    client(&emulator, token(0), &runtime).await.list_vul_scan_task().send().await.unwrap();
    assert_eq!(runtime.elapsed(), 4 * MINUTE);
}

#[tokio::test]
async fn an_error_does_not_reveal_a_secret_that_the_service_quotes() {
    const TOKEN: &str = "SENTINEL/TOKEN+with=signs";
    const STS: &str = "SENTINEL/STS+token==";
    let temporary = AccessKey::new("key", KEY, Secret::new("secret", "SENTINEL-SK").unwrap()).unwrap();
    let temporary = temporary.with_security_token(Secret::new("token", STS).unwrap());
    let bearer = Credentials::Token(Secret::new("token", TOKEN).unwrap());
    for (credentials, secret) in [(bearer, TOKEN), (Credentials::AccessKey(temporary), STS)] {
        let escaped = secret.replace('/', "\\/");
        let encoded = secret.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
        let echo = format!("canonicalRequest:GET|/|x-security-token:{secret}|host {escaped} {encoded}");
        for (status, body) in [
            (401, json!({"error_code": "APIGW.0301", "error_msg": echo})),
            (400, json!({"error_code": secret, "error_msg": echo, "encoded_authorization_message": secret})),
            (500, json!({"unknown": echo})),
            // A secret that an excerpt would truncate, and one in an encoding that the client does not use.
            (500, json!({"unknown": format!("{}{secret}", "x".repeat(180))})),
            (500, json!({"unknown": format!("?token={}", encoded.to_lowercase())})),
            (200, json!({"error_code": "HSS.0001", "error_msg": echo})),
            (200, json!({"total_num": 1, "data_list": echo})),
            (200, json!({"total_num": secret, "data_list": []})),
        ] {
            let runtime = runtime();
            let fault = Fault {
                status: Some(status),
                headers: [("x-request-id".to_owned(), secret.to_owned())].into(),
                json: Some(body.clone().into()),
                ..Fault::default()
            };
            let emulator = Emulator::builder().runtime(runtime.share()).faults(vec![fault]).start().await.unwrap();
            let error =
                client(&emulator, credentials.clone(), &runtime).await.list_vul_scan_task().send().await.unwrap_err();
            assert_eq!(error.status(), Some(status));
            let mut shown = format!("{error} {error:?} {:?} {:?}", error.code(), error.request_id());
            shown += &String::from_utf8_lossy(error.body());
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                shown += &format!("{error} {error:?}");
                cause = error.source();
            }
            assert!(!shown.contains("SENTINEL"), "{body}: {shown}");
            assert!(shown.contains("[redacted]"), "{body}: {shown}");
        }
    }
}

#[tokio::test]
async fn the_request_id_of_a_success_does_not_reveal_a_secret() {
    const TOKEN: &str = "SENTINEL-token-of-a-user";
    let headers = [("x-request-id".to_owned(), TOKEN.to_owned())].into();
    let fault = Fault { headers, ..Fault::default() };
    let emulator = Emulator::builder().faults(vec![fault]).start().await.unwrap();
    let token = Credentials::Token(Secret::new("token", TOKEN).unwrap());
    let response = client(&emulator, token, &runtime()).await.list_vul_scan_task().send().await.unwrap();
    assert_eq!(response.request_id(), Some("[redacted]"));
}

#[tokio::test]
async fn a_clock_change_costs_one_signature() {
    for seconds in [3600, -3600] {
        let runtime = runtime();
        let emulator = start(&runtime, "").await;
        let ours = runtime.with_random(0.5);
        let client = client(&emulator, key(SECRET), &ours).await;
        client.list_vul_scan_task().send().await.unwrap();
        // More than five refused signatures would lock the key.
        for by in [seconds, -seconds] {
            ours.set_clock(by);
            for outcome in at_once(&client, 16).await {
                outcome.unwrap();
            }
        }
        let refused = emulator.requests().iter().filter(|request| request.status == 401).count();
        assert_eq!(refused, 2, "{seconds}");
    }
}

#[tokio::test]
async fn a_call_that_is_not_polled_does_not_block_others() {
    // One waits for the verification of a key, the other for a login.
    for is_key in [true, false] {
        let runtime = runtime();
        let emulator = start(&runtime, "").await;
        let failing = FailingLogin::new(&emulator, &runtime).await;
        let one_login = OneLogin { logins: AtomicUsize::default(), failing };
        let identity = if is_key { key(SECRET).into() } else { Identity::from_source(one_login) };
        let client = client(&emulator, identity, &runtime).await;
        let request = client.list_vul_scan_task();
        let mut held = Box::pin(request.send());
        assert!(held.as_mut().now_or_never().is_none());
        let other = client.list_vulnerabilities();
        tokio::time::timeout(Duration::from_secs(20), other.send()).await.unwrap().unwrap();
        held.await.unwrap();
    }
}

/// A source whose login fails with an error response of IAM.
#[derive(Debug)]
struct FailingLogin(Client);

impl FailingLogin {
    /// Creates a source that sends its logins to `emulator`, whose responses are errors.
    async fn new(emulator: &Emulator, runtime: &TestRuntime) -> Self {
        let iam = builder(emulator, token(0), runtime).retries(Retries::default().attempts(1));
        Self(iam.build().await.unwrap())
    }
}

impl Source for FailingLogin {
    fn name(&self) -> String {
        "a failing login".to_owned()
    }

    fn load<'a>(&'a self, _: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
        Box::pin(async { self.0.list_vul_scan_task().send().await.map(|_| None) })
    }
}

#[tokio::test]
async fn a_call_with_a_failed_login_was_not_sent() {
    let runtime = runtime();
    let emulator = start(&runtime, "").await;
    let busy = start(&runtime, "[[fault]]\nstatus = 503\njson = { error_code = 'IAM.0001', error_msg = 'busy' }").await;
    let login = FailingLogin::new(&busy, &runtime).await;
    let error = start_scan(&client(&emulator, Identity::from_source(login), &runtime).await).await.unwrap_err();
    assert_eq!((error.status(), error.may_have_reached_service(), error.attempts()), (Some(503), false, 0));
    assert_eq!(emulator.requests().len(), 0);
    // A failed refresh does not hide that the call reached the service before, unless the gateway refused it.
    for (refusal, is_reached) in [("", true), ("\njson = { error_code = 'APIGW.0307', error_msg = 'expired' }", false)]
    {
        emulator.set_faults(Fault::from_toml(&format!("[[fault]]\nstatus = 401{refusal}")).unwrap());
        let failing = FailingLogin::new(&busy, &runtime).await;
        let source = Identity::from_source(OneLogin { logins: AtomicUsize::default(), failing });
        let error = start_scan(&client(&emulator, source, &runtime).await).await.unwrap_err();
        let (message, attempts) = (error.message(), error.attempts());
        assert_eq!((message, error.may_have_reached_service(), attempts), ("busy", is_reached, 1));
    }
}

/// A source whose second login fails.
#[derive(Debug)]
struct OneLogin {
    logins: AtomicUsize,
    failing: FailingLogin,
}

impl Source for OneLogin {
    fn name(&self) -> String {
        "one login".to_owned()
    }

    fn load<'a>(&'a self, runtime: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
        if self.logins.fetch_add(1, Ordering::SeqCst) > 0 {
            return self.failing.load(runtime);
        }
        Box::pin(async {
            tokio::task::yield_now().await;
            Ok(Some(ResolvedCredentials::new(token(0), "one login")))
        })
    }

    fn refreshable(&self) -> bool {
        true
    }
}

/// Starts a scan of all servers, which is not idempotent.
async fn start_scan(client: &Client) -> Result<Response<CreateVulnerabilityScanTaskResponse>> {
    let body = ManualVulScanRequestInfo::new(vec![ManualScanType::LinuxVul], true, ScanRangeType::AllHost);
    client.create_vulnerability_scan_task(body).send().await
}

#[tokio::test]
async fn retries_a_non_idempotent_call_that_did_not_reach_the_service() {
    for (fault, attempts, is_repeated) in [
        ("status = 429\njson = { error_code = 'APIGW.0308', error_msg = 'limit:5,time:1 minute' }", 2, true),
        ("status = 429\njson = { error_code = 'HSS.0001' }", 1, false),
        ("status = 429", 1, false),
        ("status = 503", 1, false),
        ("reset = 'request'", 1, false),
    ] {
        let runtime = runtime();
        let emulator = start(&runtime, &format!("[[fault]]\nattempt = 1\n{fault}")).await;
        let outcome = start_scan(&client(&emulator, token(0), &runtime).await).await;
        assert_eq!((outcome.is_ok(), emulator.requests().len()), (is_repeated, attempts), "{fault}");
    }
    let runtime = runtime();
    let emulator = start(&runtime, "").await;
    let client = client(&emulator, token(0), &runtime).await;
    drop(emulator);
    tokio::task::yield_now().await;
    let error = start_scan(&client).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), error.may_have_reached_service()),
        (ErrorKind::Connection, 5, false),
        "{error}"
    );
}

#[tokio::test]
async fn a_refusal_by_the_gateway_does_not_hide_that_an_earlier_attempt_reached_the_service() {
    let refused = "[[fault]]\nstatus = 403\njson = { error_code = 'APIGW.0302', error_msg = 'denied' }";
    for (earlier, attempts, is_reached) in [("", 1, false), ("[[fault]]\nattempt = 1\nstatus = 503\n", 2, true)] {
        let runtime = runtime();
        let emulator = start(&runtime, &format!("{earlier}{refused}")).await;
        let error = client(&emulator, token(0), &runtime).await.list_vul_scan_task().send().await.unwrap_err();
        assert!(error.is_permission(), "{error:#}");
        assert_eq!((error.attempts(), error.may_have_reached_service()), (attempts, is_reached), "{error:#}");
    }
}

/// A source of tokens. From login number `waits_from` on, logins wait until they are released.
#[derive(Debug, Clone, Default)]
struct SlowLogin {
    logins: Arc<AtomicUsize>,
    is_released: Arc<AtomicBool>,
    waits_from: usize,
}

impl Source for SlowLogin {
    fn name(&self) -> String {
        "a slow login".to_owned()
    }

    fn load<'a>(&'a self, _: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
        Box::pin(async {
            let login = self.logins.fetch_add(1, Ordering::SeqCst);
            while login >= self.waits_from && !self.is_released.load(Ordering::SeqCst) {
                tokio::task::yield_now().await;
            }
            Ok(Some(ResolvedCredentials::new(token(login), "a slow login")))
        })
    }

    fn refreshable(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn calls_cancelled_during_a_login_do_not_count_towards_the_quota() {
    let runtime = runtime();
    let emulator = start(&runtime, "").await;
    let strict = Rate::Strict(Quota { requests: 5, window: MINUTE });
    let login = SlowLogin::default();
    let client = builder(&emulator, Identity::from_source(login.clone()), &runtime);
    let client = client.rate(strict).build().await.unwrap();
    for _ in 0..5 {
        let request = client.list_vul_scan_task();
        assert!(request.send().now_or_never().is_none());
    }
    assert_eq!(client.remaining(&LIST_VUL_SCAN_TASK), 5);
    login.is_released.store(true, Ordering::SeqCst);
    client.list_vul_scan_task().send().await.unwrap();
    assert_eq!((client.remaining(&LIST_VUL_SCAN_TASK), emulator.requests().len()), (4, 1));
}

/// A prefetched page refreshes the token while the body of the loop makes a call that needs the same refresh.
#[tokio::test]
async fn a_refresh_by_a_prefetched_page_does_not_block_the_reader() {
    let expired = "attempt = 1\nstatus = 401\njson = { error_code = 'APIGW.0307', error_msg = 'expired' }";
    let faults = format!(
        "[[fault]]\noperation = 'ListVulScanTaskHost'\npage = 3\n{expired}\n\
         [[fault]]\noperation = 'ListVulnerabilities'\n{expired}"
    );
    let runtime = runtime();
    let emulator = start(&runtime, &faults).await;
    let login = SlowLogin { waits_from: 1, ..SlowLogin::default() };
    let client = client(&emulator, Identity::from_source(login.clone()), &runtime).await;
    let task = newest_task(&client).await;
    let reading = async {
        let mut pages = client.list_vul_scan_task_host(task).pages();
        let mut read = 0;
        while pages.try_next().await.unwrap().is_some() {
            read += 1;
            if read == 2 {
                while login.logins.load(Ordering::SeqCst) < 2 {
                    tokio::task::yield_now().await;
                }
                let request = client.list_vulnerabilities();
                let mut call = Box::pin(request.send());
                let is_refused = || {
                    let requests = emulator.requests();
                    requests.iter().any(|request| request.operation == Some("ListVulnerabilities"))
                };
                while !is_refused() {
                    assert!(call.as_mut().now_or_never().is_none());
                    tokio::task::yield_now().await;
                }
                login.is_released.store(true, Ordering::SeqCst);
                call.await.unwrap();
            }
        }
        read
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(20), reading).await, Ok(5));
    assert_eq!(login.logins.load(Ordering::SeqCst), 2);
}
