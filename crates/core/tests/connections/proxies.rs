//! Tests proxies from environment variables.

use std::sync::Arc;

use huaweicloud_core::{
    Arguments, Credentials, Endpoint, Error, ErrorKind, Response, Retries, Secret, Setup, TestRuntime, Transport,
};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::PING;

/// Calls an endpoint with any host name, with these environment variables.
async fn call(endpoint: &str, variables: &[(&str, &str)]) -> Result<Response<bytes::Bytes>, Error> {
    let runtime =
        variables.iter().fold(TestRuntime::default(), |runtime, (name, value)| runtime.with_variable(name, *value));
    let endpoint = Endpoint::parse(endpoint)?;
    let token = Credentials::Token(Secret::new("t", "TOKEN")?);
    let transport = Transport::builder(endpoint.clone(), token)
        .retries(Retries::default().attempts(3))
        .runtime(Arc::new(runtime))
        .build()?;
    assert!(!format!("{transport:?}").contains("SENTINEL"));
    transport.execute(&PING, &Arguments::new(), None).await
}

/// A proxy that responds to one request itself. The task returns the lines of that request.
async fn proxy(response: &'static str) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let task = tokio::spawn(async move {
        let mut stream = BufReader::new(listener.accept().await.unwrap().0);
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line: &String| !line.is_empty()) {
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            lines.push(line.trim_end().to_owned());
        }
        stream.write_all(response.as_bytes()).await.unwrap();
        lines
    });
    (address, task)
}

#[tokio::test]
async fn an_encrypted_endpoint_uses_a_tunnel() {
    let (address, task) = proxy("HTTP/1.1 407 Authenticate\r\ncontent-length: 0\r\n\r\n").await;
    let error = call("https://ecs.test", &[("HTTPS_PROXY", &format!("http://user:SENTINEL@{address}"))]).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    let message = format!("{error:#}");
    let expected =
        format!("Ping: no connection to https://ecs.test through the proxy http://{address} (HTTPS_PROXY): ");
    assert!(message.starts_with(&expected) && message.contains("proxy authorization required"), "{message}");
    let lines = task.await.unwrap();
    assert_eq!(lines.first().unwrap(), "CONNECT ecs.test:443 HTTP/1.1");
    assert!(lines.iter().any(|line| line.eq_ignore_ascii_case("proxy-authorization: Basic dXNlcjpTRU5USU5FTA==")));
    assert!(!lines.concat().contains("TOKEN"), "the proxy sees nothing of the call");
}

#[tokio::test]
async fn a_login_uses_the_proxy_of_the_caller() {
    let (address, task) = proxy("HTTP/1.1 407 Authenticate\r\ncontent-length: 0\r\n\r\n").await;
    let runtime = TestRuntime::default()
        .with_variable("HW_USER_NAME", "u")
        .with_variable("HW_USER_PASSWORD", "SENTINEL")
        .with_variable("HW_DOMAIN_NAME", "d")
        .with_variable("HW_REGION_NAME", "cn-north-4");
    let setup = Setup::new(PING.service).endpoint("https://ecs.test").iam_endpoint("https://iam.test");
    let setup = setup.transport(|transport| transport.proxy(format!("http://{address}")).runtime(Arc::new(runtime)));
    let error = setup.build().await.unwrap_err();
    assert!(
        error.to_string().contains(&format!("no connection to https://iam.test through the proxy http://{address}"))
    );
    assert_eq!(task.await.unwrap().first().unwrap(), "CONNECT iam.test:443 HTTP/1.1");
}

#[tokio::test]
async fn a_proxy_of_the_caller_replaces_that_of_the_environment() {
    let (address, task) = proxy("HTTP/1.1 407 Authenticate\r\ncontent-length: 0\r\n\r\n").await;
    let runtime = TestRuntime::default().with_variable("HTTPS_PROXY", "nonsense://").with_variable("NO_PROXY", "*");
    let transport = Transport::builder(Endpoint::parse("https://ecs.test").unwrap(), Credentials::Anonymous)
        .proxy(format!("http://user:SENTINEL@{address}"))
        .user_agent_suffix("my-program/1.0")
        .runtime(Arc::new(runtime));
    assert!(!format!("{transport:?}").contains("SENTINEL"));
    let error = transport.build().unwrap().execute(&PING, &Arguments::new(), None).await.unwrap_err();
    let expected = format!("Ping: no connection to https://ecs.test through the proxy http://{address}: ");
    assert!(format!("{error:#}").starts_with(&expected), "{error:#}");
    let lines = task.await.unwrap();
    assert_eq!(lines.first().unwrap(), "CONNECT ecs.test:443 HTTP/1.1");
    let agent = concat!("user-agent: huaweicloud-core-rust/", env!("CARGO_PKG_VERSION"), " my-program/1.0");
    assert!(lines.iter().any(|line| line.eq_ignore_ascii_case(agent)), "{lines:?}");
}

#[tokio::test]
async fn an_error_contains_the_address_of_an_unreachable_proxy() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for scheme in ["http", "https"] {
        let error = call("https://ecs.test", &[("ALL_PROXY", &format!("{scheme}://u:SENTINEL@{closed}"))]).await;
        let message = format!("{:#}", error.unwrap_err());
        assert!(message.contains(&format!("through the proxy {scheme}://{closed} (ALL_PROXY)")), "{message}");
        assert!(!message.contains("SENTINEL"), "{message}");
    }
}

#[tokio::test]
async fn does_not_retry_if_a_proxy_requires_credentials() {
    let (address, task) = proxy("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n").await;
    let error = call("https://ecs.test", &[("HTTPS_PROXY", &address)]).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 1), "{error}");
    assert!(format!("{error:#}").contains("Set the user name and password of the proxy"), "{error}");
    task.await.unwrap();
}

#[tokio::test]
async fn does_not_retry_a_tunnel_that_the_proxy_refuses() {
    for (response, status, attempts) in [
        ("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", 403, 1),
        ("HTTP/1.0 404 Not Found\r\n\r\n<html>", 404, 1),
        ("HTTP/1.1 429 Too Many Requests\r\n\r\n", 429, 3),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", 502, 3),
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", 503, 3),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            loop {
                let mut stream = BufReader::new(listener.accept().await.unwrap().0);
                let mut request = String::new();
                while !request.ends_with("\r\n\r\n") {
                    stream.read_line(&mut request).await.unwrap();
                }
                // Both the request of the HTTP client and the second request for the status have this form.
                let expected = concat!(
                    "connect hss.test:443 http/1.1\r\nhost: hss.test:443\r\nuser-agent: huaweicloud-core-rust/",
                    env!("CARGO_PKG_VERSION"),
                    "\r\nproxy-authorization: basic dxnlcjptru5usu5fta==\r\n\r\n"
                );
                assert_eq!(request.to_lowercase(), expected);
                stream.write_all(response.as_bytes()).await.unwrap();
            }
        });
        let error =
            call("https://hss.test", &[("HTTPS_PROXY", &format!("user:SENTINEL@{address}"))]).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.attempts(), error.may_have_reached_service()),
            (ErrorKind::Connection, attempts, false),
            "{error}"
        );
        let shown = format!("{error:#}");
        let message =
            format!("the proxy responded to CONNECT with HTTP {status}. Check that the proxy is running and allows");
        assert!(shown.contains(&message) && !shown.contains("SENTINEL"), "{shown}");
        serving.abort();
    }
}

#[tokio::test]
async fn refuses_a_malformed_variable_without_sending_a_request() {
    for value in ["nonsense://", "socks5://127.0.0.1:1080"] {
        let error = call("https://ecs.test", &[("HTTPS_PROXY", value)]).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Usage, 0));
        assert!(format!("{error:#}").starts_with("invalid HTTPS_PROXY: "), "{error}");
    }
}
