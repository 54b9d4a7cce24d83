//! Tests tokens for users and the lookup of project ids.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use huaweicloud_core::{
    Arguments, Credentials, Endpoint, ErrorKind, Identity, Projects, Retries, Secret, TestRuntime, Transport,
};
use huaweicloud_core::{EnvironmentUser, Overrides, Project, TransportBuilder, User};

use super::server::{ReceivedRequest, Reply, Server, closed_port};
use super::{PING, current, minutes, refusal, sent};

const LOGIN: &str = "POST /v3/auth/tokens?nocatalog=true";

fn described(body: &str) -> Reply {
    (201, vec!["X-Subject-Token: SENTINEL-SUBJ".to_owned()], body.to_owned())
}

/// The response of IAM to a login at 2024-11-25T08:00:00Z.
fn token() -> Reply {
    described(
        r#"{"token":{"expires_at":"2024-11-26T08:00:00.000000Z","methods":["password"],"project":{"id":"p1","name":"cn-north-4"},"catalog":[]}}"#,
    )
}

fn user(address: &str, project: Project) -> User {
    let password = Secret::new("HW_USER_PASSWORD", "SENTINEL-PW").unwrap();
    User::new(Endpoint::parse(address).unwrap(), "d", "u", password, project)
}

async fn iam(respond: impl Fn(&ReceivedRequest) -> Reply + Send + Sync + 'static) -> (Server, Identity) {
    let server = Server::start(respond).await;
    let identity = Identity::from_source(user(&server.address(), Project::Region("cn-north-4".to_owned())));
    (server, identity)
}

#[tokio::test]
async fn a_login_returns_token_expiration_and_project() {
    let runtime = TestRuntime::default();
    let (server, identity) = iam(|_| token()).await;
    let resolved = current(&identity, &runtime).await.unwrap();
    assert_eq!(
        resolved.expires.unwrap().duration_since(huaweicloud_core::Runtime::now(&runtime)).unwrap().as_secs(),
        86_400
    );
    assert_eq!(resolved.project_id.as_deref(), Some("p1"));
    let request = server.requests().remove(0);
    assert_eq!(request.line, LOGIN);
    assert_eq!((request.header("x-auth-token"), request.header("authorization")), (None, None));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(
        request.body,
        r#"{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"u","password":"SENTINEL-PW","domain":{"name":"d"}}}},"scope":{"project":{"name":"cn-north-4"}}}}"#
    );
    assert_eq!(sent(identity, &runtime).await.header("x-auth-token"), Some("SENTINEL-SUBJ"));
}

#[tokio::test]
async fn a_user_from_the_environment_logs_in_for_the_configured_project() {
    let server = Server::start(|_| token()).await;
    let runtime = TestRuntime::default()
        .with_variable("HW_USER_NAME", "u\n")
        .with_variable("HW_USER_PASSWORD", "SENTINEL\n")
        .with_variable("HW_DOMAIN_NAME", "d")
        .with_variable("HW_REGION_NAME", "cn-north-4")
        .with_variable("HUAWEICLOUD_SDK_IAM_ENDPOINT", server.address());
    let identity = || Identity::from_source(EnvironmentUser::default());
    current(&identity(), &runtime).await.unwrap();
    current(&identity(), &runtime.with_variable("HUAWEICLOUD_SDK_REGION_ID", "cn-north-1")).await.unwrap();
    current(&identity(), &runtime.with_variable("HW_PROJECT_ID", "p2")).await.unwrap();
    let mut given = EnvironmentUser::default();
    given.region = Some("cn-south-1".to_owned());
    current(&Identity::from_source(given), &runtime).await.unwrap();
    let scopes: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| request.body.split_once(r#""scope":"#).unwrap().1.to_owned())
        .collect();
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.body.contains(r#""user":{"name":"u","password":"SENTINEL","domain""#))
    );
    assert_eq!(
        scopes,
        [
            r#"{"project":{"name":"cn-north-4"}}}}"#,
            r#"{"project":{"name":"cn-north-1"}}}}"#,
            r#"{"project":{"id":"p2"}}}}"#,
            r#"{"project":{"name":"cn-south-1"}}}}"#,
        ]
    );
}

#[tokio::test]
async fn sixteen_callers_with_an_expired_token_log_in_once() {
    let runtime = TestRuntime::default();
    let count = AtomicUsize::new(0);
    let (server, identity) = iam(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => token(),
        _ => described(r#"{"token":{"expires_at":"2024-11-27T09:00:00.000000Z"}}"#),
    })
    .await;
    current(&identity, &runtime).await.unwrap();
    runtime.pass(minutes(25 * 60));
    let resolved_credentials = join_all((0..16).map(|_| async { identity.current(&runtime.share()).await })).await;
    assert!(resolved_credentials.iter().all(Result::is_ok));
    assert_eq!(server.lines(), [LOGIN, LOGIN]);
}

#[tokio::test]
async fn retries_a_login_after_a_transient_error_by_the_clock_of_the_runtime() {
    let runtime = TestRuntime::default().with_random(0.5);
    let count = AtomicUsize::new(0);
    let (server, identity) = iam(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => (503, vec!["Retry-After: 20".to_owned()], "{}".to_owned()),
        _ => token(),
    })
    .await;
    current(&identity, &runtime).await.unwrap();
    assert_eq!(server.lines(), [LOGIN, LOGIN]);
    assert_eq!(huaweicloud_core::Runtime::elapsed(&runtime).as_secs(), 20);
}

#[tokio::test]
async fn retries_a_login_as_often_as_allowed() {
    let server = Server::start(|_| (503, vec![], "{}".to_owned())).await;
    let runtime = TestRuntime::default()
        .with_variable("HW_USER_NAME", "u")
        .with_variable("HW_USER_PASSWORD", "SENTINEL")
        .with_variable("HW_DOMAIN_NAME", "d")
        .with_variable("HW_REGION_NAME", "cn-north-4");
    let mut requests = 0;
    for attempts in [1, 3] {
        let mut overrides = Overrides::default();
        overrides.iam_endpoint = Some(Endpoint::parse(&server.address()).unwrap());
        overrides.transport = TransportBuilder::default().retries(Retries::default().attempts(attempts));
        refusal(&Identity::default_chain(overrides), &runtime).await;
        requests += attempts as usize;
        assert_eq!(server.lines(), vec![LOGIN; requests]);
    }
}

#[tokio::test]
async fn an_error_does_not_show_a_login_that_iam_quotes() {
    for quote in
        [r#"{"error":{"code":401,"message":"BODY","title":"Unauthorized"}}"#, "<html>BODY", r#"{"token":"BODY"}"#]
    {
        let status = if quote.contains("token") { 201 } else { 401 };
        let (_server, identity) = iam(move |request| {
            let body = if quote.starts_with('<') { request.body.clone() } else { request.body.replace('"', "\\\"") };
            (status, vec![], quote.replace("BODY", &body))
        })
        .await;
        let error = current(&identity, &TestRuntime::default()).await.unwrap_err();
        let shown = format!("{error} {error:?} {}", String::from_utf8_lossy(error.body()));
        assert!(shown.contains("[redacted]") && !shown.contains("SENTINEL"), "{shown}");
    }
}

#[tokio::test]
async fn an_error_does_not_show_an_issued_token_that_iam_quotes() {
    for quote in
        ["<html>SENTINEL-SUBJ", r#"{"token":"SENTINEL-SUBJ"}"#, r#"{"token":{"expires_at":["SENTINEL-SUBJ"]}}"#]
    {
        let (_server, identity) = iam(|_| described(quote)).await;
        let error = current(&identity, &TestRuntime::default()).await.unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let shown = format!("{error} {error:?} {cause:?} {}", String::from_utf8_lossy(error.body()));
        assert!(shown.contains("[redacted]") && !shown.contains("SENTINEL"), "{shown}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_reported_with_the_message_of_iam_and_not_retried() {
    let (server, identity) = iam(|_| {
        let body = r#"{"error":{"code":401,"message":"The username or password is wrong.","title":"Unauthorized"}}"#;
        (401, vec!["X-IAM-Trace-Id: trace-1".to_owned()], body.to_owned())
    })
    .await;
    let runtime = TestRuntime::default();
    let errors = join_all((0..16).map(|_| async { identity.current(&runtime.share()).await })).await;
    for error in errors {
        let error = error.unwrap_err();
        assert_eq!(
            (error.kind(), error.status(), error.request_id()),
            (ErrorKind::Credentials, Some(401), Some("trace-1"))
        );
        let message = format!("{error:#}");
        assert!(
            message.starts_with("cannot get a token for user u of d: The username or password is wrong."),
            "{message}"
        );
        assert!(message.contains("Check the name, password and account"), "{message}");
        assert!(!message.contains("is unknown"), "{message}");
    }
    assert_eq!(server.lines(), [LOGIN]);

    let identity = Identity::from_source(user(&server.address(), Project::Region("cn-nort-4".to_owned())));
    let message = refusal(&identity, &runtime).await;
    assert!(message.ends_with(r#"Region "cn-nort-4" is unknown. Did you mean cn-north-4?"#), "{message}");
}

#[tokio::test]
async fn a_failed_login_or_an_invalid_response_is_an_error() {
    let long = "t".repeat(32_768);
    for (reply, kind) in [
        ((503, vec![], r#"{"error":{"code":503,"message":"busy"}}"#.to_owned()), ErrorKind::Service),
        (
            (403, vec![], r#"{"error":{"code":403,"message":"no","title":"Forbidden"}}"#.to_owned()),
            ErrorKind::Permission,
        ),
        ((201, vec![], r#"{"token":{}}"#.to_owned()), ErrorKind::Protocol),
        ((201, vec!["X-Subject-Token: SENTINELé".to_owned()], r#"{"token":{}}"#.to_owned()), ErrorKind::Protocol),
        ((201, vec!["X-Subject-Token: SENTINEL".to_owned()], "<html>".to_owned()), ErrorKind::Protocol),
        ((201, vec!["X-Subject-Token: SENTINEL".to_owned()], "[1]".to_owned()), ErrorKind::Protocol),
    ] {
        let (server, identity) = iam(move |_| reply.clone()).await;
        let runtime = TestRuntime::default();
        assert_eq!(identity.current(&runtime.share()).await.unwrap_err().kind(), kind);
        assert!(refusal(&identity, &runtime).await.starts_with("cannot get a token for user u of d: "));
        assert!(!server.lines().is_empty());
    }
    // A long token without a valid date is still used.
    let header = format!("X-Subject-Token: {long}");
    let (_server, identity) =
        iam(move |_| (201, vec![header.clone()], r#"{"token":{"expires_at":"soon"}}"#.to_owned())).await;
    let runtime = TestRuntime::default();
    assert_eq!(current(&identity, &runtime).await.unwrap().expires, None);
    assert_eq!(sent(identity, &runtime).await.header("x-auth-token"), Some(long.as_str()));

    let identity = Identity::from_source(user(&closed_port().await, Project::Id("p".to_owned())));
    assert_eq!(identity.current(&runtime.share()).await.unwrap_err().kind(), ErrorKind::Connection);
}

#[tokio::test]
async fn a_refused_token_is_refreshed_once_and_not_sent_to_iam() {
    // If the refresh gives the same token, the call is not retried. If only one attempt is allowed, the token is not
    // refreshed.
    for (attempts, expected_logins) in [(5, vec![LOGIN, LOGIN]), (1, vec![LOGIN])] {
        let (server, identity) = iam(|_| token()).await;
        let service = Server::start(move |request| {
            assert_eq!(request.header("x-auth-token"), Some("SENTINEL-SUBJ"));
            (401, vec![], r#"{"error_msg":"decrypt token fail","error_code":"APIGW.0301"}"#.to_owned())
        })
        .await;
        let transport = Transport::builder(Endpoint::parse(&service.address()).unwrap(), identity)
            .retries(Retries::default().attempts(attempts))
            .runtime(Arc::new(TestRuntime::default()))
            .build()
            .unwrap();
        let error = transport.execute(&PING, &Arguments::new(), None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert_eq!(server.lines(), expected_logins);
        assert!(server.requests().iter().all(|request| request.header("x-auth-token").is_none()));
        assert_eq!(service.requests().len(), 1);
    }
}

fn projects(address: &str) -> Projects {
    let token = Credentials::Token(Secret::new("t", "SENTINEL-TOK").unwrap());
    Projects::new(
        Transport::builder(Endpoint::parse(address).unwrap(), token)
            .runtime(Arc::new(TestRuntime::default()))
            .build()
            .unwrap(),
    )
}

#[tokio::test]
async fn requests_the_project_of_a_region_once() {
    let server = Server::start(|_| {
        let body = r#"{"links":{"self":"x","previous":null,"next":null},"projects":[{"id":"p1","name":"cn-north-4"}]}"#;
        (200, vec![], body.to_owned())
    })
    .await;
    let projects = projects(&server.address());
    let ids = join_all((0..8).map(|_| projects.id("cn-north-4"))).await;
    assert!(ids.into_iter().all(|id| id.unwrap() == "p1"));
    assert_eq!(server.lines(), ["GET /v3/projects?name=cn-north-4"]);
    assert_eq!(server.requests()[0].header("x-auth-token"), Some("SENTINEL-TOK"));
    assert!(!format!("{projects:?}").contains("SENTINEL"));
}

#[tokio::test]
async fn no_project_or_several_projects_are_an_error() {
    for (list, kind, words) in [
        ("[]", ErrorKind::NotFound, r#"the account has no project in region "cn-north-4". Check the region."#),
        ("null", ErrorKind::NotFound, "has no project"),
        (r#"[{"id":"p1"},{"id":"p2"}]"#, ErrorKind::NotFound, r#"region "cn-north-4" has 2 projects: p1, p2."#),
        (
            r#"[{"id":"p\ud800"}]"#,
            ErrorKind::Protocol,
            r#"invalid response of IAM: the id of a project of region "cn-north-4" is not valid Unicode."#,
        ),
    ] {
        let server = Server::start(move |_| (200, vec![], format!(r#"{{"projects":{list}}}"#))).await;
        let error = projects(&server.address()).id("cn-north-4").await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(format!("{error:#}").contains(words), "{error}");
    }
    let server = Server::start(|_| (200, vec![], r#"{"projects":[]}"#.to_owned())).await;
    let error = projects(&server.address()).id("cn-nort-4").await.unwrap_err();
    let words =
        r#"the account has no project in region "cn-nort-4". Region "cn-nort-4" is unknown. Did you mean cn-north-4?"#;
    assert!(format!("{error:#}").contains(words), "{error}");
}

#[tokio::test]
async fn a_call_ends_at_its_timeout_if_the_login_takes_longer() {
    let (server, identity) = iam(|_| (503, vec!["Retry-After: 20".to_owned()], String::new())).await;
    let runtime = TestRuntime::default();
    let transport = Transport::builder(Endpoint::parse(&server.address()).unwrap(), identity);
    let transport = transport.runtime(runtime.share()).timeout(Duration::from_secs(10)).build().unwrap();
    let error = transport.execute(&PING, &Arguments::new(), None).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), error.may_have_reached_service(), error.is_retryable()),
        (ErrorKind::Timeout, 0, false, false),
        "{error}"
    );
    assert_eq!(error.message(), "the call did not finish within its timeout of 10s");
    assert!(server.lines().iter().all(|line| line == LOGIN));
}
