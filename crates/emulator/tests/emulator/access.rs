//! Who may call, how often, and by which clock: seen by the client of this project.

use std::time::Duration;

use hss_client::credentials::{Metadata, Project, User};
use hss_client::{
    AccessKey, Client, Credentials, Endpoint, Identity, Kind, Quota, Rate, Result, Retries, Secret, VirtualWorld,
};
use hss_emulator::{Auth, DEMO_ACCESS_KEY, DEMO_TOKEN, DEMO_USER, Emulator, EmulatorBuilder};

use crate::support::{PROJECT, get, tasks};

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
    Identity::from_source(User {
        endpoint: endpoint(emulator),
        domain: domain.to_owned(),
        name: name.to_owned(),
        password: Secret::new("password", password).unwrap(),
        project: Project::Region("cn-north-4".to_owned()),
        retries: Retries::default(),
    })
}

async fn start(builder: EmulatorBuilder, world: &VirtualWorld) -> Emulator {
    builder.world(world.share()).start().await.unwrap()
}

/// A client whose clock is that of `world`.
fn client(emulator: &Emulator, identity: Identity, world: &VirtualWorld) -> Client {
    Client::builder(endpoint(emulator), identity)
        .project_id(PROJECT)
        .transport(|transport| transport.world(world.share()))
        .build()
        .unwrap()
}

async fn call(client: &Client) -> Result<()> {
    client.list_vul_scan_task().send().await.map(drop)
}

#[tokio::test]
async fn each_mode_asks_for_what_it_says() {
    let world = VirtualWorld::default();
    for (auth, with_token, with_key, with_nothing) in [
        (Auth::Off, true, true, true),
        (Auth::Token, true, false, false),
        (Auth::AccessKey, false, true, false),
        (Auth::Any, true, true, false),
    ] {
        let emulator = start(Emulator::builder().auth(auth), &world).await;
        let passes = async |identity| call(&client(&emulator, identity, &world)).await.is_ok();
        assert_eq!(passes(token(DEMO_TOKEN)).await, with_token, "{auth:?}");
        assert_eq!(passes(key(DEMO_ACCESS_KEY.1)).await, with_key, "{auth:?}");
        assert_eq!(passes(Identity::nobody()).await, with_nothing, "{auth:?}");
        assert_eq!(passes(token("another")).await, auth == Auth::Off, "{auth:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_the_gateway_s() {
    let emulator = Emulator::builder().auth(Auth::Any).start().await.unwrap();
    let answer = get(&emulator, &tasks("")).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json()["error_code"], "APIGW.0301");
    assert_eq!(answer.json()["error_msg"], "Incorrect IAM authentication information: x-auth-token not found");
    assert_eq!(answer.json()["request_id"], answer.request_id);
    // It does not say to strangers what is published and what is not in another way than to others.
    assert_eq!(get(&emulator, "/v5/p/nothing").await.status, 404);
}

#[tokio::test]
async fn bc_09_a_key_is_locked_after_more_than_five_refusals_in_a_row() {
    let world = VirtualWorld::default();
    let emulator = start(Emulator::builder().auth(Auth::AccessKey), &world).await;
    // Each program asks once.
    let refused = async || call(&client(&emulator, key("wrong"), &world)).await.unwrap_err();
    let passes = async || call(&client(&emulator, key(DEMO_ACCESS_KEY.1), &world)).await.is_ok();
    for _ in 0..5 {
        let error = refused().await;
        assert_eq!((error.kind(), error.code()), (Kind::Credentials, Some("APIGW.0301")));
        assert!(error.message().contains("canonicalRequest:GET|/v5/"), "{error}");
    }
    assert!(passes().await, "five are not too many, and one that passes starts the count anew");
    for _ in 0..6 {
        refused().await;
    }
    assert!(refused().await.message().contains("AK access failed to reach the limit,forbidden"));
    assert!(!passes().await, "the right secret does not help");
    world.pass(minutes(5));
    assert!(passes().await);
}

#[tokio::test]
async fn a_client_whose_clock_is_wrong_learns_the_time() {
    let world = VirtualWorld::default();
    for seconds in [20 * 60, -20 * 60] {
        let emulator = start(Emulator::builder().auth(Auth::AccessKey).clock_offset(seconds), &world).await;
        call(&client(&emulator, key(DEMO_ACCESS_KEY.1), &world)).await.unwrap();
        let statuses: Vec<_> = emulator.requests().iter().map(|request| request.status).collect();
        assert_eq!(statuses, [401, 200]);
    }
}

#[tokio::test]
async fn bc_07_each_request_is_dated_anew() {
    let world = VirtualWorld::default();
    let emulator = start(Emulator::builder().auth(Auth::AccessKey), &world).await;
    let client = client(&emulator, key(DEMO_ACCESS_KEY.1), &world);
    for _ in 0..2 {
        call(&client).await.unwrap();
        world.pass(minutes(16));
    }
    let requests = emulator.requests();
    let dates: Vec<_> = requests.iter().filter_map(|request| request.header("x-sdk-date")).collect();
    assert_eq!(dates, ["20241125T080000Z", "20241125T081600Z"]);
    assert!(requests.iter().all(|request| request.caller.as_deref() == Some(DEMO_ACCESS_KEY.0)));
    assert!(!format!("{requests:?}").contains("Signature="));
}

#[tokio::test]
async fn iam_issues_tokens_that_end() {
    let world = VirtualWorld::default();
    let emulator = start(Emulator::builder().auth(Auth::Token), &world).await;
    let client = client(&emulator, user(&emulator, DEMO_USER.2), &world);
    call(&client).await.unwrap();
    world.pass(minutes(25 * 60));
    call(&client).await.unwrap();
    let requests = emulator.requests();
    let operations: Vec<_> = requests.iter().filter_map(|request| request.operation).collect();
    let (login, list) = ("KeystoneCreateUserTokenByPassword", "ListVulScanTask");
    assert_eq!(operations, [login, list, login, list]);
    assert_eq!(requests[1].caller.as_deref(), Some("demo"));
    assert_eq!(requests[1].header("x-auth-token"), Some("[4096 bytes]"));

    let error = call(&self::client(&emulator, user(&emulator, "wrong"), &world)).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (Kind::Credentials, Some(401)));
    assert!(error.message().contains("The username or password is wrong"), "{error}");
}

#[tokio::test]
async fn an_ended_token_is_told_from_one_that_never_was() {
    let world = VirtualWorld::default();
    let emulator = start(Emulator::builder().auth(Auth::Token), &world).await;
    let grant = user(&emulator, DEMO_USER.2).current(&world.share()).await.unwrap();
    let given = Identity::fixed(grant.credentials.clone());
    assert!(call(&client(&emulator, given.clone(), &world)).await.is_ok());
    world.pass(minutes(24 * 60));
    let ended = call(&client(&emulator, given, &world)).await.unwrap_err();
    let unknown = call(&client(&emulator, token("t"), &world)).await.unwrap_err();
    assert_eq!((ended.code(), unknown.code()), (Some("APIGW.0307"), Some("APIGW.0301")));
    assert!(unknown.message().contains("decrypt token fail"));
}

#[tokio::test]
async fn the_metadata_service_gives_a_key_that_works_and_ends() {
    let world = VirtualWorld::default();
    let emulator = start(Emulator::builder().auth(Auth::AccessKey), &world).await;
    let identity = Identity::from_source(Metadata::at(&emulator.url()).unwrap());
    let client = client(&emulator, identity.clone(), &world);
    call(&client).await.unwrap();
    let first = identity.current(&world.share()).await.unwrap();
    world.pass(minutes(25 * 60));
    call(&client).await.unwrap();
    let fixed = Identity::fixed(first.credentials.clone());
    let error = call(&self::client(&emulator, fixed, &world)).await.unwrap_err();
    assert!(error.message().contains("the temporary access key has expired"), "{error}");
    assert!(!format!("{:?}", emulator.requests()).contains("securitytoken"));
}

#[tokio::test]
async fn the_quota_holds_for_each_operation_and_a_patient_client_keeps_within_it() {
    let world = VirtualWorld::default();
    let quota = Quota { requests: 5, window: minutes(1) };
    let emulator = start(Emulator::builder().quota(quota), &world).await;
    let strict = Client::builder(endpoint(&emulator), token("t"))
        .project_id(PROJECT)
        .transport(|transport| transport.world(world.share()).rate(Rate::Strict(quota)))
        .build()
        .unwrap();
    for _ in 0..11 {
        call(&strict).await.unwrap();
    }
    assert!(emulator.requests().iter().all(|request| request.status == 200));
    assert_eq!(hss_client::World::elapsed(&world), minutes(2));

    let hasty = client(&emulator, token("t"), &world);
    for _ in 0..6 {
        call(&hasty).await.unwrap();
    }
    assert_eq!(emulator.requests().iter().filter(|request| request.status == 429).count(), 1);
}

#[tokio::test]
async fn bc_17_tokens_are_taken_as_long_as_they_may_be() {
    let world = VirtualWorld::default();
    for length in [16_000, 32_768] {
        let long = "t".repeat(length);
        let emulator = start(Emulator::builder().auth(Auth::Token).token(&long), &world).await;
        call(&client(&emulator, token(&long), &world)).await.unwrap();
        assert_eq!(emulator.requests()[0].header("x-auth-token"), Some(format!("[{length} bytes]").as_str()));
    }
    let emulator = start(Emulator::builder(), &world).await;
    let error = call(&client(&emulator, token(&"t".repeat(70_000)), &world)).await.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(494), Some("APIGW.0201")));
}
