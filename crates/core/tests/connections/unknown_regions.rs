//! Tests regions that are in no table: a call fails before it is sent, unless the host name resolves.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use huaweicloud_core::credentials::Source;
use huaweicloud_core::{
    Arguments, Credentials, Endpoint, Error, ErrorKind, Identity, ResolvedCredentials, Result, Retries, Runtime,
    Secret, Setup, TestRuntime, Transport, TransportBuilder, check_region, endpoint,
};

use super::{ECS, PING};

/// A source of credentials that counts how often it is asked.
#[derive(Debug, Clone, Default)]
struct Counted(Arc<AtomicUsize>);

impl Source for Counted {
    fn name(&self) -> String {
        "counted".to_owned()
    }

    fn load<'a>(&'a self, _: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(Some(ResolvedCredentials::new(Credentials::Token(Secret::new("t", "t")?), self.name()))) })
    }
}

/// Returns the error of a call, and how often credentials were loaded.
async fn call(endpoint: Endpoint, runtime: &TestRuntime) -> (Error, usize) {
    let source = Counted::default();
    let transport = Transport::builder(endpoint.clone(), Identity::from_source(source.clone()))
        .retries(Retries::default().attempts(2))
        .runtime(runtime.share())
        .build()
        .unwrap();
    let error = transport.execute(&PING, &Arguments::new(), None).await.unwrap_err();
    (error, source.0.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_name_that_does_not_resolve_stops_the_call_before_a_login() {
    let runtime = TestRuntime::default();
    let (error, logins) = call(endpoint(&runtime, &ECS, "cn-nort-4").unwrap(), &runtime).await;
    assert_eq!((error.kind(), error.attempts(), logins), (ErrorKind::Usage, 0, 0));
    let expected = "Ping: unknown region \"cn-nort-4\": ecs.cn-nort-4.myhuaweicloud.com does not resolve: \
                    no such host. Did you mean cn-north-4?";
    assert_eq!(format!("{error:#}"), expected);
    assert_eq!(runtime.elapsed().as_secs(), 0, "nothing is waited for");
}

#[tokio::test]
async fn resolves_only_unknown_regions() {
    let runtime = TestRuntime::default();
    let new = endpoint(&runtime, &ECS, "cn-north-99").unwrap();
    assert_eq!(check_region(&new, &runtime).await.unwrap_err().kind(), ErrorKind::Usage);
    let opened = runtime.with_host("ecs.cn-north-99.myhuaweicloud.com", Ipv4Addr::LOCALHOST);
    check_region(&new, &opened).await.unwrap();

    let file = "ECS: [{id: private-1, endpoint: 'https://ecs.private.invalid'}]";
    let configured = runtime
        .with_file("/home/user/.huaweicloud/regions.yaml", file)
        .with_variable("HUAWEICLOUD_SDK_REGION_ECS_PRIVATE_2", "https://ecs.private.invalid");
    for region in ["cn-north-4", "eu-west-101", "private-1", "private-2"] {
        check_region(&endpoint(&configured, &ECS, region).unwrap(), &runtime).await.unwrap();
    }
    check_region(&Endpoint::parse("https://ecs.cn-north-99.invalid").unwrap(), &runtime).await.unwrap();
}

#[tokio::test]
async fn a_proxy_resolves_the_name_and_the_hints_describe_both() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let runtime = TestRuntime::default().with_variable("HTTPS_PROXY", format!("http://{closed}"));
    let (error, _) = call(endpoint(&runtime, &ECS, "cn-nort-4").unwrap(), &runtime).await;
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 2));
    let hint = "Region \"cn-nort-4\" is unknown. Did you mean cn-north-4? \
                Check that the proxy is running and allows this host.";
    assert!(format!("{error:#}").ends_with(hint), "{error}");
}

#[tokio::test]
async fn retries_an_explicit_address_that_does_not_resolve() {
    let (error, _) = call(Endpoint::parse("https://ecs.invalid").unwrap(), &TestRuntime::default()).await;
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 2));
}

#[tokio::test]
async fn an_explicit_proxy_resolves_the_name() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let runtime = TestRuntime::default().with_variable("HTTPS_PROXY", "nonsense://proxy");
    let token = || Credentials::Token(Secret::new("t", "t").unwrap());
    let once = Retries::default().attempts(1);
    let proxied =
        |builder: TransportBuilder| builder.proxy(format!("http://{closed}")).retries(once).runtime(runtime.share());
    let endpoint = Endpoint::of_region(&ECS, "cn-nort-4").unwrap();
    let transport = proxied(Transport::builder(endpoint, token())).build().unwrap();
    let error = transport.execute(&PING, &Arguments::new(), None).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 1), "{error}");
    let setup = Setup::new(&ECS).no_environment().region("cn-nort-4").credentials(token());
    let error = setup.transport(proxied).build().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 1), "{error}");
}

#[tokio::test]
async fn a_call_that_ends_during_the_check_did_not_reach_the_service() {
    let endpoint = Endpoint::of_region(&ECS, "cn-nort-4").unwrap();
    let transport = Transport::builder(endpoint, Credentials::Anonymous).runtime(TestRuntime::default().share());
    let transport = transport.timeout(Duration::ZERO).build().unwrap();
    let error = transport.execute(&PING, &Arguments::new(), None).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_reached_service()), (ErrorKind::Timeout, false), "{error}");
}
