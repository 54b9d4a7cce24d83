//! Tests the refresh of credentials: before they expire, by one caller for all, and after failures.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use huaweicloud_core::credentials::Source;
use huaweicloud_core::{
    AccessKey, Arguments, Credentials, Endpoint, Error, ErrorKind, Identity, ResolvedCredentials, Result, Runtime,
    Secret, TestRuntime, Transport,
};

use super::server::Server;
use super::{PING, SENTINEL, minutes, refusal};

/// Provides a numbered token each time, which is valid for `seconds` seconds, or fails.
#[derive(Debug, Clone)]
struct Numbered {
    seconds: u64,
    loads: Arc<AtomicUsize>,
    failure: Arc<Mutex<Option<ErrorKind>>>,
    is_key: bool,
}

impl Numbered {
    fn valid_for(minutes: u64) -> Self {
        Self { seconds: 60 * minutes, loads: Arc::default(), failure: Arc::default(), is_key: false }
    }

    fn fail(&self, kind: impl Into<Option<ErrorKind>>) {
        *self.failure.lock().unwrap() = kind.into();
    }

    fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }
}

impl Source for Numbered {
    fn name(&self) -> String {
        "numbered".to_owned()
    }

    fn load<'a>(&'a self, runtime: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
        Box::pin(async {
            let number = self.loads.fetch_add(1, Ordering::SeqCst) + 1;
            // Lets other callers run while the request is in progress.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            if let Some(kind) = *self.failure.lock().unwrap() {
                return Err(Error::new(kind, "the source is down"));
            }
            let secret = Secret::new("t", format!("SENTINEL-{number}"))?;
            let credentials = if self.is_key {
                Credentials::AccessKey(AccessKey::new("AK", &format!("AK{number}"), secret)?)
            } else {
                Credentials::Token(secret)
            };
            let expires = runtime.now() + Duration::from_secs(self.seconds);
            Ok(Some(ResolvedCredentials::new(credentials, self.name()).expires(expires)))
        })
    }

    fn refreshable(&self) -> bool {
        true
    }
}

/// Returns the number of minutes before the first refresh.
async fn renewed_after(source: Numbered, runtime: &TestRuntime) -> u64 {
    let identity = Identity::from_source(source.clone());
    identity.current(&runtime.share()).await.unwrap();
    for minute in 1.. {
        runtime.pass(minutes(1));
        identity.current(&runtime.share()).await.unwrap();
        if source.loads() == 2 {
            return minute;
        }
    }
    0
}

#[tokio::test]
async fn refreshes_a_token_before_it_expires_with_jitter() {
    let day = 24 * 60;
    assert_eq!(renewed_after(Numbered::valid_for(day), &TestRuntime::default()).await, day - 10);
    assert_eq!(renewed_after(Numbered::valid_for(day), &TestRuntime::default().with_random(0.8)).await, day - 14);
    // Never before half of the validity has passed.
    assert_eq!(renewed_after(Numbered::valid_for(16), &TestRuntime::default().with_random(0.8)).await, 8);
}

#[tokio::test]
async fn does_not_use_expired_credentials_while_their_refresh_fails() {
    for is_key in [false, true] {
        let source = Numbered { is_key, ..Numbered::valid_for(60) };
        let (runtime, identity) = (TestRuntime::default(), Identity::from_source(source.clone()));
        identity.current(&runtime.share()).await.unwrap();
        source.fail(ErrorKind::Connection);
        runtime.pass(Duration::from_secs(60 * 60 - 30));
        identity.current(&runtime.share()).await.unwrap();
        assert_eq!(source.loads(), 2, "renewed 30 s before the end");
        runtime.pass(Duration::from_secs(30));
        assert_eq!(refusal(&identity, &runtime).await, "the source is down");
        assert_eq!(source.loads(), 3);
        source.fail(None);
        let resolved = identity.current(&runtime.share()).await.unwrap();
        assert!(resolved.expires.unwrap() > runtime.now());
    }
}

#[tokio::test]
async fn an_error_does_not_show_the_token_before_a_refresh() {
    let quoted = r#"{"error_code":"APIGW.0307","error_msg":"not SENTINEL-1, nor SENTINEL-2"}"#;
    let server = Server::start(move |_| (401, vec![], quoted.to_owned())).await;
    let endpoint = Endpoint::parse(&server.address()).unwrap();
    let identity = Identity::from_source(Numbered::valid_for(60));
    let transport = Transport::builder(endpoint, identity).runtime(TestRuntime::default().share()).build().unwrap();
    let error = transport.execute(&PING, &Arguments::new(), None).await.unwrap_err();
    assert_eq!(server.requests().len(), 2);
    assert_eq!(error.message(), "not [redacted], nor [redacted]");
    assert!(!String::from_utf8_lossy(error.body()).contains(SENTINEL));
}

#[tokio::test]
async fn does_not_use_short_lived_credentials_after_they_expire() {
    let (source, runtime) = (Numbered { seconds: 20, ..Numbered::valid_for(0) }, TestRuntime::default());
    let identity = Identity::from_source(source.clone());
    for loads in 1..5 {
        let resolved = identity.current(&runtime.share()).await.unwrap();
        assert!(resolved.expires.unwrap() > runtime.now());
        assert_eq!(source.loads(), loads);
        runtime.pass(Duration::from_secs(20));
    }
}

#[tokio::test]
async fn a_source_of_expired_credentials_is_an_error_and_not_asked_with_every_call() {
    let (source, runtime) = (Numbered::valid_for(0), TestRuntime::default());
    let identity = Identity::from_source(source.clone());
    for _ in 0..3 {
        let error = identity.current(&runtime.share()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        let words = "the credentials from numbered have already expired. Check the clock of this machine.";
        assert_eq!(format!("{error:#}"), words);
    }
    assert_eq!(source.loads(), 1);
    runtime.pass(minutes(1));
    refusal(&identity, &runtime).await;
    assert_eq!(source.loads(), 2);
}

#[tokio::test]
async fn refreshes_a_temporary_key_forty_minutes_before_it_expires() {
    let key = |minutes| Numbered { is_key: true, ..Numbered::valid_for(minutes) };
    assert_eq!(renewed_after(key(6 * 60), &TestRuntime::default().with_random(0.8)).await, 6 * 60 - 40);
    assert_eq!(renewed_after(key(60), &TestRuntime::default()).await, 30);
}

#[tokio::test]
async fn one_caller_loads_credentials_for_all() {
    let (source, runtime) = (Numbered::valid_for(60), TestRuntime::default());
    let identity = Identity::from_source(source.clone());
    let resolved_credentials = join_all((0..16).map(|_| async { identity.current(&runtime.share()).await })).await;
    assert_eq!(source.loads(), 1);
    let first = resolved_credentials[0].as_ref().unwrap();
    assert!(resolved_credentials.iter().all(|resolved| Arc::ptr_eq(resolved.as_ref().unwrap(), first)));

    // Before the token expires, one caller refreshes it and the others do not wait.
    runtime.pass(minutes(55));
    let resolved_credentials = join_all((0..16).map(|_| async { identity.current(&runtime.share()).await })).await;
    assert_eq!(source.loads(), 2);
    assert!(!Arc::ptr_eq(resolved_credentials[0].as_ref().unwrap(), first));
    assert!(resolved_credentials[1..].iter().all(|resolved| Arc::ptr_eq(resolved.as_ref().unwrap(), first)));

    runtime.pass(minutes(61));
    join_all(
        (0..16)
            .map(|_| identity.clone())
            .map(|clone| async move { clone.current(&TestRuntime::default().share()).await }),
    )
    .await;
    assert_eq!(source.loads(), 2, "another clock says that it is still good");
    join_all((0..16).map(|_| async { identity.current(&runtime.share()).await })).await;
    assert_eq!(source.loads(), 3);
}

#[tokio::test]
async fn keeps_valid_credentials_after_a_transient_error() {
    let (source, runtime) = (Numbered::valid_for(60), TestRuntime::default());
    let identity = Identity::from_source(source.clone());
    let first = identity.current(&runtime.share()).await.unwrap();
    for (number, kind) in
        [ErrorKind::Connection, ErrorKind::Timeout, ErrorKind::Throttled, ErrorKind::Service].into_iter().enumerate()
    {
        runtime.pass(minutes(if number == 0 { 50 } else { 1 }));
        source.fail(kind);
        for _ in 0..3 {
            assert!(Arc::ptr_eq(&identity.current(&runtime.share()).await.unwrap(), &first));
        }
        assert_eq!(source.loads(), number + 2, "asked again once a minute");
    }
    runtime.pass(minutes(10));
    assert_eq!(refusal(&identity, &runtime).await, "the source is down");
    source.fail(None);
    assert!(!Arc::ptr_eq(&identity.current(&runtime.share()).await.unwrap(), &first));

    // An error that is not transient is returned immediately.
    runtime.pass(minutes(50));
    source.fail(ErrorKind::Credentials);
    assert_eq!(identity.current(&runtime.share()).await.unwrap_err().kind(), ErrorKind::Credentials);
}

#[tokio::test]
async fn does_not_repeat_a_refused_login_for_waiting_callers_or_within_a_minute() {
    let (source, runtime) = (Numbered::valid_for(60), TestRuntime::default());
    source.fail(ErrorKind::Credentials);
    let identity = Identity::from_source(source.clone());
    let errors = join_all((0..16).map(|_| async { identity.current(&runtime.share()).await })).await;
    assert!(errors.into_iter().all(|error| error.unwrap_err().to_string() == "the source is down"));
    assert_eq!(source.loads(), 1);
    refusal(&identity, &runtime).await;
    assert_eq!(source.loads(), 1);
    runtime.pass(minutes(1));
    refusal(&identity, &runtime).await;
    assert_eq!(source.loads(), 2);

    // Waiting callers share a transient error. The next caller tries again.
    runtime.pass(minutes(1));
    source.fail(ErrorKind::Connection);
    join_all((0..16).map(|_| async { identity.current(&runtime.share()).await })).await;
    assert_eq!(source.loads(), 3);
    refusal(&identity, &runtime).await;
    assert_eq!(source.loads(), 4);
}

#[tokio::test]
async fn a_refusal_causes_one_refresh_for_all() {
    let (source, runtime) = (Numbered::valid_for(60), TestRuntime::default());
    let identity = Identity::from_source(source.clone());
    let refused = identity.current(&runtime.share()).await.unwrap();
    let renewed = join_all((0..16).map(|_| async { identity.refresh(&runtime.share(), &refused).await })).await;
    assert_eq!(source.loads(), 2);
    let renewed: Vec<_> = renewed.into_iter().map(|resolved| resolved.unwrap().unwrap()).collect();
    assert!(renewed.iter().all(|resolved| Arc::ptr_eq(resolved, &renewed[0]) && !Arc::ptr_eq(resolved, &refused)));
    assert!(Arc::ptr_eq(&identity.current(&runtime.share()).await.unwrap(), &renewed[0]));

    // A later caller with the old credentials gets the new ones.
    identity.refresh(&runtime.share(), &refused).await.unwrap();
    assert_eq!(source.loads(), 2);

    // Refused credentials are not used any more, even if the error is transient.
    source.fail(ErrorKind::Connection);
    assert_eq!(identity.refresh(&runtime.share(), &renewed[0]).await.unwrap_err().kind(), ErrorKind::Connection);
}

#[tokio::test]
async fn does_not_refresh_credentials_of_the_caller() {
    let runtime = TestRuntime::default();
    let identity = Identity::from(Credentials::Token(Secret::new("t", "SENTINEL").unwrap()));
    let refused = identity.current(&runtime.share()).await.unwrap();
    assert!(identity.refresh(&runtime.share(), &refused).await.unwrap().is_none());
    assert!(!format!("{identity:?} {refused:?}").contains("SENTINEL"));
}

/// Provides the same token each time.
#[derive(Debug)]
struct Same;

impl Source for Same {
    fn name(&self) -> String {
        "same".to_owned()
    }

    fn load<'a>(&'a self, _: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
        Box::pin(async { Ok(Some(ResolvedCredentials::new(Credentials::Token(Secret::new("t", "t")?), "same"))) })
    }

    fn refreshable(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn identical_credentials_do_not_count_as_a_refresh() {
    let (runtime, identity) = (TestRuntime::default(), Identity::from_source(Same));
    let refused = identity.current(&runtime.share()).await.unwrap();
    assert!(identity.refresh(&runtime.share(), &refused).await.unwrap().is_none());
}
