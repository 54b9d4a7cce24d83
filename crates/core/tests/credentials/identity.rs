//! Renewal: ahead of the end, by one caller for all, and what follows when it fails.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use huaweicloud_core::credentials::Source;
use huaweicloud_core::{
    AccessKey, Credentials, Endpoint, Error, ErrorKind, Identity, ResolvedCredentials, Result, Runtime, Secret,
    TestRuntime, Transport,
};

use super::server::Server;
use super::{PING, SENTINEL, minutes, refusal};

/// Gives a numbered token each time, valid for so many seconds, or fails.
#[derive(Debug, Clone)]
struct Numbered {
    seconds: u64,
    asked: Arc<AtomicUsize>,
    failure: Arc<Mutex<Option<ErrorKind>>>,
    is_key: bool,
}

impl Numbered {
    fn valid_for(minutes: u64) -> Self {
        Self { seconds: 60 * minutes, asked: Arc::default(), failure: Arc::default(), is_key: false }
    }

    fn fail(&self, kind: impl Into<Option<ErrorKind>>) {
        *self.failure.lock().unwrap() = kind.into();
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Source for Numbered {
    fn name(&self) -> String {
        "numbered".to_owned()
    }

    fn load<'a>(&'a self, runtime: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
        Box::pin(async {
            let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            // Others get their turn while the answer is on its way.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            if let Some(kind) = *self.failure.lock().unwrap() {
                return Err(Error::new(kind, "the source is down").hint("Wait."));
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

/// The minutes after which the first renewal happens.
async fn renewed_after(source: Numbered, runtime: &TestRuntime) -> u64 {
    let identity = Identity::from_source(source.clone());
    identity.current(&runtime.share()).await.unwrap();
    for minute in 1.. {
        runtime.pass(minutes(1));
        identity.current(&runtime.share()).await.unwrap();
        if source.asked() == 2 {
            return minute;
        }
    }
    0
}

#[tokio::test]
async fn a_token_is_renewed_ahead_of_its_end_at_a_time_of_chance() {
    let day = 24 * 60;
    assert_eq!(renewed_after(Numbered::valid_for(day), &TestRuntime::default()).await, day - 10);
    assert_eq!(renewed_after(Numbered::valid_for(day), &TestRuntime::default().with_random(0.8)).await, day - 14);
    // Never more than half its validity ahead.
    assert_eq!(renewed_after(Numbered::valid_for(16), &TestRuntime::default().with_random(0.8)).await, 8);
}

#[tokio::test]
async fn expired_credentials_are_not_used_while_their_renewal_fails() {
    for is_key in [false, true] {
        let source = Numbered { is_key, ..Numbered::valid_for(60) };
        let (runtime, identity) = (TestRuntime::default(), Identity::from_source(source.clone()));
        identity.current(&runtime.share()).await.unwrap();
        source.fail(ErrorKind::Connection);
        runtime.pass(Duration::from_secs(60 * 60 - 30));
        identity.current(&runtime.share()).await.unwrap();
        assert_eq!(source.asked(), 2, "renewed 30 s before the end");
        runtime.pass(Duration::from_secs(30));
        assert_eq!(refusal(&identity, &runtime).await, "the source is down. Wait.");
        assert_eq!(source.asked(), 3);
        source.fail(None);
        let resolved = identity.current(&runtime.share()).await.unwrap();
        assert!(resolved.expires.unwrap() > runtime.now());
    }
}

#[tokio::test]
async fn the_token_before_a_renewal_is_in_no_error() {
    let quoted = r#"{"error_code":"APIGW.0307","error_msg":"not SENTINEL-1, nor SENTINEL-2"}"#;
    let server = Server::start(move |_| (401, vec![], quoted.to_owned())).await;
    let endpoint = Endpoint::parse(&server.address()).unwrap();
    let identity = Identity::from_source(Numbered::valid_for(60));
    let transport = Transport::builder(endpoint, identity).runtime(TestRuntime::default().share()).build().unwrap();
    let request = transport.http().get(format!("{}/ping", server.address())).build().unwrap();
    let error = transport.execute(request, &PING).await.unwrap_err();
    assert_eq!(server.asked().len(), 2);
    assert_eq!(error.message(), "not [redacted], nor [redacted]");
    assert!(!String::from_utf8_lossy(error.body()).contains(SENTINEL));
}

#[tokio::test]
async fn short_lived_credentials_are_not_used_past_their_end() {
    let (source, runtime) = (Numbered { seconds: 20, ..Numbered::valid_for(0) }, TestRuntime::default());
    let identity = Identity::from_source(source.clone());
    for asked in 1..5 {
        let resolved = identity.current(&runtime.share()).await.unwrap();
        assert!(resolved.expires.unwrap() > runtime.now());
        assert_eq!(source.asked(), asked);
        runtime.pass(Duration::from_secs(20));
    }
}

#[tokio::test]
async fn credentials_that_come_expired_are_an_error_and_not_asked_for_with_every_call() {
    let (source, runtime) = (Numbered::valid_for(0), TestRuntime::default());
    let identity = Identity::from_source(source.clone());
    for _ in 0..3 {
        let error = identity.current(&runtime.share()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        let words = "the credentials from numbered have already expired. Check the clock of this machine.";
        assert_eq!(error.to_string(), words);
    }
    assert_eq!(source.asked(), 1);
    runtime.pass(minutes(1));
    refusal(&identity, &runtime).await;
    assert_eq!(source.asked(), 2);
}

#[tokio::test]
async fn a_temporary_key_is_renewed_forty_minutes_ahead() {
    let key = |minutes| Numbered { is_key: true, ..Numbered::valid_for(minutes) };
    assert_eq!(renewed_after(key(6 * 60), &TestRuntime::default().with_random(0.8)).await, 6 * 60 - 40);
    assert_eq!(renewed_after(key(60), &TestRuntime::default()).await, 30);
}

#[tokio::test]
async fn one_caller_asks_for_all() {
    let (source, runtime) = (Numbered::valid_for(60), TestRuntime::default());
    let identity = Identity::from_source(source.clone());
    let resolved_credentials = join_all((0..16).map(|_| async { identity.current(&runtime.share()).await })).await;
    assert_eq!(source.asked(), 1);
    let first = resolved_credentials[0].as_ref().unwrap();
    assert!(resolved_credentials.iter().all(|resolved| Arc::ptr_eq(resolved.as_ref().unwrap(), first)));

    // Ahead of the end, one asks, and nobody waits for it.
    runtime.pass(minutes(55));
    let resolved_credentials = join_all((0..16).map(|_| async { identity.current(&runtime.share()).await })).await;
    assert_eq!(source.asked(), 2);
    assert!(!Arc::ptr_eq(resolved_credentials[0].as_ref().unwrap(), first));
    assert!(resolved_credentials[1..].iter().all(|resolved| Arc::ptr_eq(resolved.as_ref().unwrap(), first)));

    runtime.pass(minutes(61));
    join_all(
        (0..16)
            .map(|_| identity.clone())
            .map(|clone| async move { clone.current(&TestRuntime::default().share()).await }),
    )
    .await;
    assert_eq!(source.asked(), 2, "another clock says that it is still good");
    join_all((0..16).map(|_| async { identity.current(&runtime.share()).await })).await;
    assert_eq!(source.asked(), 3);
}

#[tokio::test]
async fn a_failure_that_may_pass_keeps_what_is_still_valid() {
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
        assert_eq!(source.asked(), number + 2, "asked again once a minute");
    }
    runtime.pass(minutes(10));
    assert_eq!(refusal(&identity, &runtime).await, "the source is down. Wait.");
    source.fail(None);
    assert!(!Arc::ptr_eq(&identity.current(&runtime.share()).await.unwrap(), &first));

    // One that does not pass is told at once.
    runtime.pass(minutes(50));
    source.fail(ErrorKind::Credentials);
    assert_eq!(identity.current(&runtime.share()).await.unwrap_err().kind(), ErrorKind::Credentials);
}

#[tokio::test]
async fn a_refused_login_is_not_repeated_for_those_who_wait_nor_soon() {
    let (source, runtime) = (Numbered::valid_for(60), TestRuntime::default());
    source.fail(ErrorKind::Credentials);
    let identity = Identity::from_source(source.clone());
    let errors = join_all((0..16).map(|_| async { identity.current(&runtime.share()).await })).await;
    assert!(errors.into_iter().all(|error| error.unwrap_err().to_string() == "the source is down. Wait."));
    assert_eq!(source.asked(), 1);
    refusal(&identity, &runtime).await;
    assert_eq!(source.asked(), 1);
    runtime.pass(minutes(1));
    refusal(&identity, &runtime).await;
    assert_eq!(source.asked(), 2);

    // What may pass is shared by those who waited, and tried again by the next.
    runtime.pass(minutes(1));
    source.fail(ErrorKind::Connection);
    join_all((0..16).map(|_| async { identity.current(&runtime.share()).await })).await;
    assert_eq!(source.asked(), 3);
    refusal(&identity, &runtime).await;
    assert_eq!(source.asked(), 4);
}

#[tokio::test]
async fn a_refusal_renews_once_for_all() {
    let (source, runtime) = (Numbered::valid_for(60), TestRuntime::default());
    let identity = Identity::from_source(source.clone());
    let refused = identity.current(&runtime.share()).await.unwrap();
    let renewed = join_all((0..16).map(|_| async { identity.refresh(&runtime.share(), &refused).await })).await;
    assert_eq!(source.asked(), 2);
    let renewed: Vec<_> = renewed.into_iter().map(|resolved| resolved.unwrap().unwrap()).collect();
    assert!(renewed.iter().all(|resolved| Arc::ptr_eq(resolved, &renewed[0]) && !Arc::ptr_eq(resolved, &refused)));
    assert!(Arc::ptr_eq(&identity.current(&runtime.share()).await.unwrap(), &renewed[0]));

    // Whoever comes late with the old one gets the new one.
    identity.refresh(&runtime.share(), &refused).await.unwrap();
    assert_eq!(source.asked(), 2);

    // What was refused is not kept, even where the failure may pass.
    source.fail(ErrorKind::Connection);
    assert_eq!(identity.refresh(&runtime.share(), &renewed[0]).await.unwrap_err().kind(), ErrorKind::Connection);
}

#[tokio::test]
async fn what_was_given_cannot_be_renewed() {
    let runtime = TestRuntime::default();
    let identity = Identity::from(Credentials::Token(Secret::new("t", "SENTINEL").unwrap()));
    let refused = identity.current(&runtime.share()).await.unwrap();
    assert!(identity.refresh(&runtime.share(), &refused).await.unwrap().is_none());
    assert!(!format!("{identity:?} {refused:?}").contains("SENTINEL"));
}

/// Gives the same each time.
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
async fn the_same_once_more_is_no_renewal() {
    let (runtime, identity) = (TestRuntime::default(), Identity::from_source(Same));
    let refused = identity.current(&runtime.share()).await.unwrap();
    assert!(identity.refresh(&runtime.share(), &refused).await.unwrap().is_none());
}
