//! Authentication, quotas and clocks, tested with the client of this project.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use hss_client::credentials::Metadata;
use hss_client::{
    AccessKey, Client, Credentials, Endpoint, ErrorKind, Identity, Quota, Rate, Result, Secret, TestRuntime,
};
use hss_client::{Project, User};
use hss_emulator::{Auth, DEMO_ACCESS_KEY, DEMO_TOKEN, DEMO_USER, Emulator, EmulatorBuilder};

use huaweicloud_core::{Signable, sdk_date, sign};
use serde_json::json;

use crate::support::{PROJECT, ask, get, tasks};

const fn minutes(number: u64) -> Duration {
    Duration::from_secs(60 * number)
}

fn key(secret: &str) -> Identity {
    let key = AccessKey::new("AK", DEMO_ACCESS_KEY.0, Secret::new("SK", secret).unwrap()).unwrap();
    Identity::fixed(Credentials::AccessKey(key))
}

fn token(text: &str) -> Identity {
    Identity::fixed(Credentials::Token(Secret::new("token", text).unwrap()))
}

fn endpoint(emulator: &Emulator) -> Endpoint {
    Endpoint::parse(&emulator.url()).unwrap()
}

fn user(emulator: &Emulator, password: &str) -> Identity {
    let (domain, name, _) = DEMO_USER;
    let password = Secret::new("password", password).unwrap();
    Identity::from_source(User::new(endpoint(emulator), domain, name, password, Project::Id(PROJECT.to_owned())))
}

async fn start(builder: EmulatorBuilder, runtime: &TestRuntime) -> Emulator {
    builder.runtime(runtime.share()).start().await.unwrap()
}

/// Returns a client with the clock of `runtime`.
async fn client(emulator: &Emulator, identity: Identity, runtime: &TestRuntime) -> Client {
    Client::builder()
        .endpoint(emulator.url())
        .credentials(identity)
        .project_id(PROJECT)
        .runtime(runtime.share())
        .build()
        .await
        .unwrap()
}

async fn call(client: &Client) -> Result<()> {
    client.list_vul_scan_task().send().await.map(drop)
}

#[tokio::test]
async fn each_mode_requires_its_credentials() {
    let runtime = TestRuntime::default();
    for (auth, with_token, with_key, with_nothing) in [
        (Auth::Off, true, true, true),
        (Auth::Token, true, false, false),
        (Auth::AccessKey, false, true, false),
        (Auth::Any, true, true, false),
    ] {
        let emulator = start(Emulator::builder().auth(auth), &runtime).await;
        let passes = async |identity| call(&client(&emulator, identity, &runtime).await).await.is_ok();
        assert_eq!(passes(token(DEMO_TOKEN)).await, with_token, "{auth:?}");
        assert_eq!(passes(key(DEMO_ACCESS_KEY.1)).await, with_key, "{auth:?}");
        assert_eq!(passes(Identity::anonymous()).await, with_nothing, "{auth:?}");
        assert_eq!(passes(token("another")).await, auth == Auth::Off, "{auth:?}");
    }
}

#[tokio::test]
async fn refuses_with_errors_of_the_gateway() {
    let emulator = Emulator::builder().auth(Auth::Any).start().await.unwrap();
    let response = get(&emulator, &tasks("")).await;
    assert_eq!(response.status, 401);
    assert_eq!(response.json()["error_code"], "APIGW.0301");
    assert_eq!(response.json()["error_msg"], "Incorrect IAM authentication information: x-auth-token not found");
    assert_eq!(response.json()["request_id"], response.request_id);
    // Unauthenticated callers see no difference between published and unpublished paths.
    assert_eq!(get(&emulator, "/v5/p/nothing").await.status, 404);
}

#[tokio::test]
async fn locks_a_key_after_more_than_five_consecutive_refusals() {
    let runtime = TestRuntime::default();
    let emulator = start(Emulator::builder().auth(Auth::AccessKey), &runtime).await;
    // Each client sends one request.
    let refused = async || call(&client(&emulator, key("wrong"), &runtime).await).await.unwrap_err();
    let passes = async || call(&client(&emulator, key(DEMO_ACCESS_KEY.1), &runtime).await).await.is_ok();
    for _ in 0..5 {
        let error = refused().await;
        assert_eq!((error.kind(), error.code()), (ErrorKind::Credentials, Some("APIGW.0301")));
        assert!(error.message().contains("canonicalRequest:GET|/v5/"), "{error}");
    }
    assert!(passes().await, "five failures are allowed, and a success resets the count");
    for _ in 0..6 {
        refused().await;
    }
    assert!(refused().await.message().contains("AK access failed to reach the limit,forbidden"));
    assert!(!passes().await, "the right secret does not help");
    runtime.pass(minutes(5));
    assert!(passes().await);
}

#[tokio::test]
async fn a_client_corrects_its_clock_offset() {
    let runtime = TestRuntime::default();
    for seconds in [20 * 60, -20 * 60] {
        let emulator = start(Emulator::builder().auth(Auth::AccessKey).clock_offset(seconds), &runtime).await;
        call(&client(&emulator, key(DEMO_ACCESS_KEY.1), &runtime).await).await.unwrap();
        let statuses: Vec<_> = emulator.requests().iter().map(|request| request.status).collect();
        assert_eq!(statuses, [401, 200]);
    }
}

#[tokio::test]
async fn each_attempt_has_a_new_date() {
    let runtime = TestRuntime::default();
    let emulator = start(Emulator::builder().auth(Auth::AccessKey), &runtime).await;
    let client = client(&emulator, key(DEMO_ACCESS_KEY.1), &runtime).await;
    for _ in 0..2 {
        call(&client).await.unwrap();
        runtime.pass(minutes(16));
    }
    let requests = emulator.requests();
    let dates: Vec<_> = requests.iter().filter_map(|request| request.header("x-sdk-date")).collect();
    assert_eq!(dates, ["20241125T080000Z", "20241125T081600Z"]);
    assert!(requests.iter().all(|request| request.caller.as_deref() == Some(DEMO_ACCESS_KEY.0)));
    assert!(!format!("{requests:?}").contains("Signature="));
}

#[tokio::test]
async fn iam_issues_tokens_that_expire() {
    let runtime = TestRuntime::default();
    let emulator = start(Emulator::builder().auth(Auth::Token), &runtime).await;
    let client = client(&emulator, user(&emulator, DEMO_USER.2), &runtime).await;
    call(&client).await.unwrap();
    runtime.pass(minutes(25 * 60));
    call(&client).await.unwrap();
    let requests = emulator.requests();
    let operations: Vec<_> = requests.iter().filter_map(|request| request.operation).collect();
    let (login, list) = ("KeystoneCreateUserTokenByPassword", "ListVulScanTask");
    assert_eq!(operations, [login, list, login, list]);
    assert_eq!(requests[1].caller.as_deref(), Some("demo"));
    assert_eq!(requests[1].header("x-auth-token"), Some("[4096 bytes]"));

    let error = call(&self::client(&emulator, user(&emulator, "wrong"), &runtime).await).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Credentials, Some(401)));
    assert!(error.message().contains("The username or password is wrong"), "{error}");
}

#[tokio::test]
async fn distinguishes_expired_from_unknown_tokens() {
    let runtime = TestRuntime::default();
    let emulator = start(Emulator::builder().auth(Auth::Token), &runtime).await;
    let resolved = user(&emulator, DEMO_USER.2).current(&runtime.share()).await.unwrap();
    let given = Identity::fixed(resolved.credentials.clone());
    assert!(call(&client(&emulator, given.clone(), &runtime).await).await.is_ok());
    runtime.pass(minutes(24 * 60));
    let ended = call(&client(&emulator, given, &runtime).await).await.unwrap_err();
    let unknown = call(&client(&emulator, token("t"), &runtime).await).await.unwrap_err();
    assert_eq!((ended.code(), unknown.code()), (Some("APIGW.0307"), Some("APIGW.0301")));
    assert!(unknown.message().contains("decrypt token fail"));
}

#[tokio::test]
async fn the_metadata_service_issues_a_key_that_expires() {
    let runtime = TestRuntime::default();
    let emulator = start(Emulator::builder().auth(Auth::AccessKey), &runtime).await;
    let identity = Identity::from_source(Metadata::at(&emulator.url()).unwrap());
    let client = client(&emulator, identity.clone(), &runtime).await;
    call(&client).await.unwrap();
    let first = identity.current(&runtime.share()).await.unwrap();
    runtime.pass(minutes(25 * 60));
    call(&client).await.unwrap();
    let fixed = Identity::fixed(first.credentials.clone());
    let error = call(&self::client(&emulator, fixed, &runtime).await).await.unwrap_err();
    assert!(error.message().contains("the temporary access key has expired"), "{error}");
    assert!(!format!("{:?}", emulator.requests()).contains("securitytoken"));
}

#[tokio::test]
async fn the_quota_applies_per_operation_and_the_client_stays_within_it() {
    let runtime = TestRuntime::default();
    let quota = Quota { requests: 5, window: minutes(1) };
    let emulator = start(Emulator::builder().quota(quota), &runtime).await;
    let strict = Client::builder()
        .endpoint(emulator.url())
        .credentials(token("t"))
        .project_id(PROJECT)
        .runtime(runtime.share())
        .rate(Rate::Strict(quota))
        .build()
        .await
        .unwrap();
    for _ in 0..11 {
        call(&strict).await.unwrap();
    }
    assert!(emulator.requests().iter().all(|request| request.status == 200));
    assert_eq!(hss_client::Runtime::elapsed(&runtime), minutes(2));

    let hasty = client(&emulator, token("t"), &runtime).await;
    for _ in 0..6 {
        call(&hasty).await.unwrap();
    }
    assert_eq!(emulator.requests().iter().filter(|request| request.status == 429).count(), 1);

    let endless = Quota { requests: u32::MAX, window: minutes(1) };
    let refused = Emulator::builder().quota(endless).start().await.unwrap_err();
    assert_eq!(refused.to_string(), "invalid quota: expected at most 100000 requests");
}

/// Returns the headers of a request for the tasks, with a signature over those in `names`.
fn signed(emulator: &Emulator, key: &AccessKey, names: &[&str], now: SystemTime) -> Vec<(&'static str, String)> {
    let (host, date) = (emulator.address().to_string(), sdk_date(now).unwrap());
    let values: HashMap<_, _> =
        [("host", host.as_str()), ("x-sdk-date", &date), ("x-security-token", TEMPORARY.2)].into();
    let headers: Vec<_> = names.iter().map(|name| (*name, values[name])).collect();
    let path = tasks("");
    let signable =
        Signable { method: "GET", path: path.trim_end_matches('?'), query: "", headers: &headers, body: b"" };
    let signature = sign(&signable, key, now).unwrap();
    let authorization = format!(
        "SDK-HMAC-SHA256 Access={}, SignedHeaders={}, Signature={}",
        TEMPORARY.0,
        names.join(";"),
        signature.signature()
    );
    vec![("authorization", authorization), ("x-sdk-date", date)]
}

/// Id, secret and security token of a temporary access key.
const TEMPORARY: (&str, &str, &str) = ("TEMPORARYACCESSKEY01", "secret-of-the-temporary-key", "its-security-token");

#[tokio::test]
async fn a_security_token_need_not_be_signed_unless_required() {
    let runtime = TestRuntime::default();
    let (id, secret, token) = TEMPORARY;
    let key = AccessKey::new("AK", id, Secret::new("SK", secret).unwrap()).unwrap();
    let builder = || Emulator::builder().auth(Auth::AccessKey).temporary_access_key(id, secret, token);
    let lenient = start(builder(), &runtime).await;
    let strict = start(builder().require_signed_security_token(), &runtime).await;
    let now = hss_client::Runtime::now(&runtime);
    let (with, without) = (["host", "x-sdk-date", "x-security-token"], ["host", "x-sdk-date"]);
    for (emulator, names, given, refusal) in [
        (&lenient, &with[..], Some(token), None),
        (&strict, &with, Some(token), None),
        // The SDK in Terraform's provider sends such requests.
        (&lenient, &without, Some(token), None),
        (&strict, &without, Some(token), Some("X-Security-Token is not in SignedHeaders")),
        (&lenient, &without, Some("another"), Some("X-Security-Token is not that of the access key")),
        (&lenient, &without, Some("its-security-tokem"), Some("X-Security-Token is not that of the access key")),
        (&lenient, &without, Some(""), Some("X-Security-Token is not that of the access key")),
        (&lenient, &without, None, Some("X-Security-Token is not that of the access key")),
        (&strict, &without, None, Some("X-Security-Token is not that of the access key")),
    ] {
        let signed = signed(emulator, &key, names, now);
        let mut headers: Vec<_> = signed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        headers.extend(given.map(|token| ("x-security-token", token)));
        let response = ask(emulator, "GET", &tasks(""), &headers, "").await;
        match refusal {
            None => assert_eq!(response.status, 200, "{}", response.text),
            Some(why) => assert!(response.status == 401 && response.text.contains(why), "{why}: {}", response.text),
        }
    }
}

#[tokio::test]
async fn refuses_duplicate_headers_with_credentials() {
    let runtime = TestRuntime::default();
    let (id, secret, token) = TEMPORARY;
    let key = AccessKey::new("AK", id, Secret::new("SK", secret).unwrap()).unwrap();
    let builder = Emulator::builder().auth(Auth::Any).temporary_access_key(id, secret, token);
    let emulator = start(builder, &runtime).await;
    let signed = signed(&emulator, &key, &["host", "x-sdk-date"], hss_client::Runtime::now(&runtime));
    let mut headers: Vec<_> = signed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    headers.push(("x-security-token", token));
    assert_eq!(ask(&emulator, "GET", &tasks(""), &headers, "").await.status, 200);
    for number in 0..headers.len() {
        let mut twice = headers.clone();
        twice.push(headers[number]);
        let response = ask(&emulator, "GET", &tasks(""), &twice, "").await;
        let why = format!("{} is given more than once", headers[number].0);
        assert!(response.status == 401 && response.text.contains(&why), "{}", response.text);
    }
    let twice = [("x-auth-token", DEMO_TOKEN), ("x-auth-token", "another")];
    assert_eq!(ask(&emulator, "GET", &tasks(""), &twice, "").await.status, 401);
}

#[tokio::test]
async fn configured_credentials_replace_demo_credentials() {
    let runtime = TestRuntime::default();
    let passes = async |builder: EmulatorBuilder| {
        let emulator = start(builder.auth(Auth::Any), &runtime).await;
        let of = async |identity| call(&client(&emulator, identity, &runtime).await).await.is_ok();
        [of(key(DEMO_ACCESS_KEY.1)).await, of(token(DEMO_TOKEN)).await, of(user(&emulator, DEMO_USER.2)).await]
    };
    let builder = Emulator::builder;
    assert_eq!(passes(builder()).await, [true, true, true]);
    assert_eq!(passes(builder().access_key("ACCESSKEY00000000001", "secret")).await, [false, true, true]);
    let (id, secret, security_token) = TEMPORARY;
    assert_eq!(passes(builder().temporary_access_key(id, secret, security_token)).await, [false, true, true]);
    assert_eq!(passes(builder().token("another")).await, [true, false, true]);
    assert_eq!(passes(builder().user("account", "user", "password")).await, [true, true, false]);
}

#[tokio::test]
async fn issued_secrets_are_random_without_a_seed() {
    let issued = async |builder: EmulatorBuilder| {
        let emulator = start(builder, &TestRuntime::default()).await;
        let (domain, name, password) = DEMO_USER;
        let login = json!({"auth": {"identity": {"methods": ["password"], "password": {
            "user": {"name": name, "password": password, "domain": {"name": domain}}}}}});
        let token = ask(&emulator, "POST", "/v3/auth/tokens", &[], &login.to_string()).await;
        let ttl = [("x-metadata-token-ttl-seconds", "60")];
        let session = ask(&emulator, "PUT", "/meta-data/latest/api/token", &ttl, "").await;
        let key = get(&emulator, "/openstack/latest/securitykey").await.json()["credential"].take();
        let part = |name: &str| key[name].as_str().unwrap().to_owned();
        let tasks = get(&emulator, &tasks("")).await.text;
        let secrets = [token.header("x-subject-token").unwrap(), session.text, part("access"), part("secret")];
        (secrets, part("securitytoken"), tasks)
    };
    let seeded = issued(Emulator::builder().seed(1)).await;
    assert_eq!(issued(Emulator::builder().seed(1)).await, seeded);
    let (one, other) = (issued(Emulator::builder()).await, issued(Emulator::builder()).await);
    for (one, other) in [(&one, &other), (&one, &seeded)] {
        assert!(one.0.iter().zip(&other.0).all(|(one, other)| one != other && one.len() == other.len()));
        assert_ne!(one.1, other.1);
        assert_eq!(one.2, other.2, "the state is that of seed 1");
    }
}

#[tokio::test]
async fn accepts_tokens_of_the_maximum_length() {
    let runtime = TestRuntime::default();
    for length in [16_000, 32_768] {
        let long = "t".repeat(length);
        let emulator = start(Emulator::builder().auth(Auth::Token).token(&long), &runtime).await;
        call(&client(&emulator, token(&long), &runtime).await).await.unwrap();
        assert_eq!(emulator.requests()[0].header("x-auth-token"), Some(format!("[{length} bytes]").as_str()));
    }
    let emulator = start(Emulator::builder(), &runtime).await;
    let error = call(&client(&emulator, token(&"t".repeat(70_000)), &runtime).await).await.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(494), Some("APIGW.0201")));
}
