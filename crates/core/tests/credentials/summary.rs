//! Tests credential summaries, which need no network access.

use http::{HeaderName, Method};
use huaweicloud_core::credentials::{AuthMethod, Metadata};
use huaweicloud_core::{
    Arguments, Credentials, Endpoint, ErrorKind, Identity, Overrides, Secret, TestRuntime, Transport,
};

use super::server::{Server, closed_port};
use super::{PING, PROFILE, SENTINEL};

/// Returns the sources of the default chain with their summaries. No metadata service listens at its address.
async fn summarized(runtime: &TestRuntime) -> Vec<(String, Result<(String, AuthMethod), String>)> {
    let metadata = Metadata::at(&closed_port().await).unwrap();
    let mut overrides = Overrides::default();
    overrides.metadata = metadata;
    let identity = Identity::default_chain(overrides);
    let summaries = identity.summaries(runtime).into_iter().filter_map(|(name, summary)| {
        let summary = summary.map_err(|error| format!("{error:#}")).transpose()?;
        Some((name, summary.map(|summary| (summary.place, summary.auth_method))))
    });
    let summaries: Vec<_> = summaries.collect();
    assert!(!format!("{summaries:?}").contains(SENTINEL), "{summaries:?}");
    // A metadata service with an explicit address is listed on any machine.
    summaries.into_iter().filter(|(_, summarized)| !matches!(summarized, Ok((_, AuthMethod::Agency)))).collect()
}

#[tokio::test]
async fn lists_all_credentials_in_order_of_precedence() {
    assert_eq!(summarized(&TestRuntime::default()).await, []);
    let runtime = TestRuntime::default()
        .with_variable("CLOUD_SDK_AK", "AKID")
        .with_variable("CLOUD_SDK_SK", SENTINEL)
        .with_variable("HW_USER_NAME", "alice")
        .with_variable("HW_USER_PASSWORD", SENTINEL)
        .with_variable("HW_DOMAIN_NAME", "shop")
        .with_variable("HW_REGION_NAME", "cn-north-4")
        .with_file(PROFILE, "[basic]\nak = PROFILE\nsk = SENTINEL\nsecurity_token = SENTINEL\n");
    let found: Vec<_> = summarized(&runtime).await.into_iter().map(|(_, summarized)| summarized.unwrap()).collect();
    let key = |id: &str, is_temporary| AuthMethod::AccessKey { id: id.to_owned(), is_temporary };
    assert_eq!(
        found,
        [
            ("the environment (CLOUD_SDK_AK)".to_owned(), key("AKID", false)),
            (
                "the environment (HW_USER_NAME)".to_owned(),
                AuthMethod::User { name: "alice".to_owned(), domain: "shop".to_owned() }
            ),
            (PROFILE.to_owned(), key("PROFILE", true)),
        ]
    );
}

#[tokio::test]
async fn reports_an_error_for_its_source() {
    let runtime = TestRuntime::default().with_variable("HW_ACCESS_KEY", SENTINEL).with_file(PROFILE, "nonsense\n");
    let found = summarized(&runtime).await;
    assert!(found[0].1.as_ref().unwrap_err().starts_with("HW_ACCESS_KEY is set without HW_SECRET_KEY"), "{found:?}");
    assert!(found[1].1.as_ref().unwrap_err().starts_with(&format!("{PROFILE}:1: ")), "{found:?}");
}

#[tokio::test]
async fn a_dry_run_shows_the_request_without_sending_it_or_loading_credentials() {
    let server = Server::start(|_| panic!("nothing is sent")).await;
    let endpoint = Endpoint::parse(&server.address()).unwrap();
    let (sender, shown) = std::sync::mpsc::channel();
    // With an empty chain, loading credentials would be a separate error.
    let transport = Transport::builder(endpoint, Identity::chain(Vec::new()))
        .dry_run(move |request| {
            sender.send((request.method().clone(), request.uri().to_string(), request.headers().clone())).unwrap();
        })
        .build()
        .unwrap();
    let error = transport.execute(&PING, &Arguments::new(), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DryRun);
    let (method, sent_to, headers) = shown.recv().unwrap();
    assert_eq!((method, sent_to), (Method::GET, format!("{}/ping", server.address())));
    assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["accept"]);

    let token = Credentials::Token(Secret::new("token", SENTINEL).unwrap());
    let summaries = Identity::fixed(token).summaries(&TestRuntime::default());
    assert_eq!(summaries[0].1.as_ref().unwrap().as_ref().unwrap().auth_method, AuthMethod::Token);
}
