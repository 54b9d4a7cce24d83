//! What there is to call with, told without asking anybody.

use huaweicloud_core::Overrides;
use huaweicloud_core::credentials::{Metadata, Way};
use huaweicloud_core::{Credentials, Endpoint, Identity, Kind, Secret, Transport, VirtualWorld};
use reqwest::header::HeaderName;
use reqwest::{Method, Request, Url};

use super::server::{Server, nobody};
use super::{PING, PROFILE, SENTINEL};

/// The places of the default chain, and what is at each: a metadata service that nobody may ask.
async fn sighted(world: &VirtualWorld) -> Vec<(String, Result<(String, Way), String>)> {
    let metadata = Metadata::at(&nobody().await).unwrap();
    let identity = Identity::default_chain(Overrides { metadata, ..Overrides::default() });
    let sightings = identity.sightings(world).into_iter().filter_map(|(name, sighting)| {
        let sighting = sighting.map_err(|error| error.to_string()).transpose()?;
        Some((name, sighting.map(|sighting| (sighting.place, sighting.way))))
    });
    let sightings: Vec<_> = sightings.collect();
    assert!(!format!("{sightings:?}").contains(SENTINEL), "{sightings:?}");
    // A metadata service that is given by name is asked whatever the machine.
    sightings.into_iter().filter(|(_, sighted)| !matches!(sighted, Ok((_, Way::Agency)))).collect()
}

#[tokio::test]
async fn everything_that_there_is_is_told_in_the_order_in_which_it_counts() {
    assert_eq!(sighted(&VirtualWorld::default()).await, []);
    let world = VirtualWorld::default()
        .with_variable("CLOUD_SDK_AK", "AKID")
        .with_variable("CLOUD_SDK_SK", SENTINEL)
        .with_variable("HW_USER_NAME", "alice")
        .with_variable("HW_USER_PASSWORD", SENTINEL)
        .with_variable("HW_DOMAIN_NAME", "shop")
        .with_variable("HW_REGION_NAME", "cn-north-4")
        .with_file(PROFILE, "[basic]\nak = PROFILE\nsk = SENTINEL\nsecurity_token = SENTINEL\n");
    let found: Vec<_> = sighted(&world).await.into_iter().map(|(_, sighted)| sighted.unwrap()).collect();
    let key = |id: &str, is_temporary| Way::AccessKey { id: id.to_owned(), is_temporary };
    assert_eq!(
        found,
        [
            ("the environment (CLOUD_SDK_AK)".to_owned(), key("AKID", false)),
            (
                "the environment (HW_USER_NAME)".to_owned(),
                Way::User { name: "alice".to_owned(), domain: "shop".to_owned() }
            ),
            (PROFILE.to_owned(), key("PROFILE", true)),
        ]
    );
}

#[tokio::test]
async fn what_is_wrong_is_told_at_its_place() {
    let world = VirtualWorld::default().with_variable("HW_ACCESS_KEY", SENTINEL).with_file(PROFILE, "nonsense\n");
    let found = sighted(&world).await;
    assert!(found[0].1.as_ref().unwrap_err().starts_with("HW_ACCESS_KEY is set without HW_SECRET_KEY"), "{found:?}");
    assert!(found[1].1.as_ref().unwrap_err().starts_with(&format!("{PROFILE}:1: ")), "{found:?}");
}

#[tokio::test]
async fn a_rehearsal_shows_the_request_and_neither_sends_it_nor_asks_for_credentials() {
    let server = Server::start(|_| panic!("nothing is sent")).await;
    let endpoint = Endpoint::parse(&server.address()).unwrap();
    let (sender, shown) = std::sync::mpsc::channel();
    // With an empty chain, looking for credentials would be an error of its own.
    let transport = Transport::builder(endpoint, Identity::chain(Vec::new()))
        .rehearse(move |request| {
            sender.send((request.method().clone(), request.url().clone(), request.headers().clone())).unwrap();
        })
        .build()
        .unwrap();
    let url = Url::parse(&format!("{}/ping", server.address())).unwrap();
    let error = transport.execute(Request::new(Method::GET, url.clone()), &PING).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Rehearsed);
    let (method, sent_to, headers) = shown.recv().unwrap();
    assert_eq!((method, sent_to), (Method::GET, url));
    assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["accept"]);

    let token = Credentials::Token(Secret::new("token", SENTINEL).unwrap());
    let sightings = Identity::fixed(token).sightings(&VirtualWorld::default());
    assert_eq!(sightings[0].1.as_ref().unwrap().as_ref().unwrap().way, Way::Token);
}
