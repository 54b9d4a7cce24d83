//! Tests the metadata service of a cloud server.

use std::sync::atomic::{AtomicUsize, Ordering};

use huaweicloud_core::credentials::Metadata;
use huaweicloud_core::{Credentials, ErrorKind, Identity, TestRuntime};

use super::server::{ReceivedRequest, Reply, Server, closed_port};
use super::{current, minutes, refusal, sent};

const PUT: &str = "PUT /meta-data/latest/api/token";
const GET: &str = "GET /openstack/latest/securitykey";

fn reply(status: u16, body: &str) -> Reply {
    (status, vec![], body.to_owned())
}

/// Returns a key that expires at this time on 2024-11-25.
fn key(id: &str, time: &str) -> Reply {
    reply(
        200,
        &format!(
            r#"{{"credential":{{"access":"{id}","secret":"SENTINEL-SK","securitytoken":"SENTINEL-STS","expires_at":"2024-11-25T{time}.627000Z"}}}}"#
        ),
    )
}

async fn service(respond: impl Fn(&ReceivedRequest) -> Reply + Send + Sync + 'static) -> (Server, Identity) {
    let server = Server::start(respond).await;
    let identity = Identity::from_source(Metadata::at(&server.address()).unwrap());
    (server, identity)
}

#[tokio::test]
async fn requests_the_key_with_a_session_token_and_refreshes_it_before_it_expires() {
    let keys = AtomicUsize::new(0);
    let (server, identity) = service(move |request| match request.line.as_str() {
        PUT => reply(200, "session-1\n"),
        _ if keys.fetch_add(1, Ordering::SeqCst) == 0 => key("AK1", "14:00:00"),
        _ => key("AK2", "20:00:00"),
    })
    .await;
    let runtime = TestRuntime::default();
    let resolved = current(&identity, &runtime).await.unwrap();
    let Credentials::AccessKey(first) = &resolved.credentials else { panic!("{resolved:?}") };
    assert_eq!((first.id(), first.is_temporary()), ("AK1", true));
    let requests = server.requests();
    assert_eq!(server.lines(), [PUT, GET]);
    assert_eq!(requests[0].header("x-metadata-token-ttl-seconds"), Some("60"));
    assert_eq!(requests[0].header("x-metadata-token"), None);
    assert_eq!(requests[1].header("x-metadata-token"), Some("session-1"));
    assert_eq!(sent(identity.clone(), &runtime).await.header("x-security-token"), Some("SENTINEL-STS"));

    // The initial time is 08:00. 40 minutes before 14:00 is 13:20.
    runtime.pass(minutes(5 * 60 + 20));
    current(&identity, &runtime).await.unwrap();
    assert_eq!(server.lines().len(), 2, "0.627 s are left");
    runtime.pass(minutes(1));
    let resolved = current(&identity, &runtime).await.unwrap();
    let Credentials::AccessKey(second) = &resolved.credentials else { panic!("{resolved:?}") };
    assert_eq!((second.id(), server.lines().len()), ("AK2", 4));
}

#[tokio::test]
async fn uses_a_service_that_has_no_session_tokens() {
    for status in [404, 405, 503] {
        let (server, identity) = service(move |request| match request.line.as_str() {
            PUT => reply(status, ""),
            _ => key("AK1", "14:00:00"),
        })
        .await;
        current(&identity, &TestRuntime::default()).await.unwrap();
        assert_eq!(server.lines(), [PUT, GET]);
        assert_eq!(server.requests()[1].header("x-metadata-token"), None);
    }
}

#[tokio::test]
async fn a_refused_session_token_is_replaced_once() {
    let puts = AtomicUsize::new(0);
    let (server, identity) = service(move |request| match request.line.as_str() {
        PUT => reply(200, &format!("session-{}", puts.fetch_add(1, Ordering::SeqCst) + 1)),
        _ if request.header("x-metadata-token") == Some("session-2") => key("AK1", "14:00:00"),
        _ => reply(401, "unauthorized"),
    })
    .await;
    current(&identity, &TestRuntime::default()).await.unwrap();
    assert_eq!(server.lines(), [PUT, GET, PUT, GET]);
}

#[tokio::test]
async fn a_service_without_a_key_is_not_configured() {
    let refused = |status, body: &'static str| {
        service(move |request| if request.line == PUT { reply(200, "s") } else { reply(status, body) })
    };
    let (server, identity) = refused(401, "Please configure Cloud Service Agency first").await;
    assert!(refusal(&identity, &TestRuntime::default()).await.starts_with("no credentials found:\n  the ECS metadata"));
    assert_eq!(server.lines(), [PUT, GET], "another session token would not help");
    for (status, body) in [(401, "unauthorized"), (403, "x"), (404, "<html>")] {
        let (_server, identity) = refused(status, body).await;
        assert!(refusal(&identity, &TestRuntime::default()).await.starts_with("no credentials found"), "{status}");
    }
    let identity = Identity::from_source(Metadata::at(&closed_port().await).unwrap());
    assert!(refusal(&identity, &TestRuntime::default()).await.starts_with("no credentials found"));
}

#[tokio::test]
async fn an_invalid_response_is_an_error() {
    for (status, body, kind, words) in [
        (500, "", ErrorKind::Service, "status 500"),
        (200, "<html>SENTINEL", ErrorKind::Protocol, "not the documented JSON"),
        (200, r#"{"credential":{}}"#, ErrorKind::Protocol, "missing access key"),
        (200, r#"{"credential":{"access":"a"}}"#, ErrorKind::Usage, "is set without secret"),
        (
            200,
            r#"{"credential":{"access":"a","secret":"SENTINEL","expires_at":"soon"}}"#,
            ErrorKind::Protocol,
            "missing or invalid expiration time",
        ),
    ] {
        let (_server, identity) =
            service(move |request| if request.line == PUT { reply(200, "s") } else { reply(status, body) }).await;
        let runtime = TestRuntime::default();
        assert_eq!(identity.current(&runtime.share()).await.unwrap_err().kind(), kind, "{body}");
        let message = refusal(&identity, &runtime).await;
        assert!(message.contains(words) && message.contains("ECS metadata"), "{message}");
    }
}

#[tokio::test]
async fn keeps_a_valid_key_if_the_service_becomes_unavailable() {
    let runtime = TestRuntime::default();
    let puts = AtomicUsize::new(0);
    let (server, identity) = service(move |request| match request.line.as_str() {
        PUT if puts.fetch_add(1, Ordering::SeqCst) > 0 => reply(400, ""),
        PUT => reply(200, "s"),
        _ => key("AK1", "14:00:00"),
    })
    .await;
    current(&identity, &runtime).await.unwrap();
    runtime.pass(minutes(5 * 60 + 30));
    current(&identity, &runtime).await.unwrap();
    assert_eq!(server.lines(), [PUT, GET, PUT]);
    runtime.pass(minutes(40));
    assert!(refusal(&identity, &runtime).await.contains("no longer provides credentials"));
}
