//! Clients that find their settings in the environment, with the emulator.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use hss_client::blocking::Blocking;
use hss_client::{Client, ClientBuilder, Credentials, ErrorKind, Identity, Secret, TestRuntime};
use hss_emulator::{Auth, DEMO_ACCESS_KEY, DEMO_TOKEN, DEMO_USER, Emulator};

const ENDPOINT: &str = "HUAWEICLOUD_SDK_REGION_HSS_CN_NORTH_4";
const IAM_ENDPOINT: &str = "HUAWEICLOUD_SDK_IAM_ENDPOINT";
const LOOK_UP: &str = "GET /v3/projects?name=cn-north-4";
const LOGIN: &str = "POST /v3/auth/tokens?nocatalog=true";

/// Starts an emulator with the clock of the clients.
async fn emulator() -> Emulator {
    Emulator::builder().auth(Auth::Any).runtime(TestRuntime::default().share()).start().await.unwrap()
}

/// Returns the variables for an emulator as the service of a region.
fn region(emulator: &Emulator) -> Vec<(&'static str, String)> {
    let (endpoint, iam) = ((ENDPOINT, emulator.url()), (IAM_ENDPOINT, emulator.url()));
    vec![("HUAWEICLOUD_SDK_REGION_ID", "cn-north-4".to_owned()), endpoint, iam]
}

fn key() -> Vec<(&'static str, String)> {
    let (id, secret) = DEMO_ACCESS_KEY;
    vec![("HUAWEICLOUD_SDK_AK", id.to_owned()), ("HUAWEICLOUD_SDK_SK", secret.to_owned())]
}

/// Returns a builder in an environment with these variables.
fn builder(variables: &[Vec<(&str, String)>]) -> ClientBuilder {
    let variables = variables.iter().flatten();
    let runtime = variables.fold(TestRuntime::default(), |runtime, (name, value)| runtime.with_variable(name, value));
    Client::builder().runtime(runtime.share())
}

/// Returns the method and target of each request.
fn lines(emulator: &Emulator) -> Vec<String> {
    emulator.requests().iter().map(|request| format!("{} {}", request.method, request.target)).collect()
}

#[tokio::test]
async fn the_environment_suffices_with_every_kind_of_credentials() {
    let (domain, name, password) = DEMO_USER;
    let user = [("HW_DOMAIN_NAME", domain), ("HW_USER_NAME", name), ("HW_USER_PASSWORD", password)];
    let user = user.map(|(name, value)| (name, value.to_owned())).to_vec();
    for (credentials, before) in [
        (vec![("HW_AUTH_TOKEN", DEMO_TOKEN.to_owned())], &[LOOK_UP][..]),
        (key(), &[LOOK_UP]),
        // The token of a user is for the project of the region, and its response contains the id.
        (user, &[LOGIN]),
    ] {
        let emulator = emulator().await;
        let client = builder(&[region(&emulator), credentials]).build().await.unwrap();
        assert_eq!(lines(&emulator), before);
        assert_eq!(client.endpoint().to_string(), emulator.url());
        client.list_vul_scan_task().send().await.unwrap();
        let project = client.settings().project_id.as_deref().unwrap();
        let last = lines(&emulator).pop().unwrap();
        assert!(last.starts_with(&format!("GET /v5/{project}/vulnerability/")), "{last}");
    }
}

#[tokio::test]
async fn nothing_is_sent_if_the_project_is_known() {
    let emulator = emulator().await;
    let project = vec![("HW_PROJECT_ID", "p".to_owned()), ("HW_ENTERPRISE_PROJECT_ID", "e".to_owned())];
    let client = builder(&[region(&emulator), key(), project]).build().await.unwrap();
    assert_eq!(lines(&emulator), [""; 0]);
    let settings = client.settings();
    assert_eq!((settings.project_id.as_deref(), settings.enterprise_project_id.as_deref()), (Some("p"), Some("e")));
}

#[tokio::test]
async fn explicit_credentials_and_endpoints_look_up_the_project() {
    let emulator = emulator().await;
    let token = || Credentials::Token(Secret::new("token", DEMO_TOKEN).unwrap());
    let client = builder(&[]).region("cn-north-4").endpoint(emulator.url()).credentials(token());
    let error = client.clone().build().await.unwrap_err();
    assert_eq!((error.kind(), lines(&emulator).len()), (ErrorKind::Usage, 0));
    assert!(error.message().starts_with("missing project: use ClientBuilder::project_id"), "{error}");
    client.iam_endpoint(emulator.url()).build().await.unwrap();
    assert_eq!(lines(&emulator), [LOOK_UP]);

    let refused = builder(&[region(&emulator)]).credentials(Identity::anonymous()).build().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Credentials, "{refused}");
}

#[tokio::test]
async fn a_client_can_be_built_in_a_task() {
    let emulator = emulator().await;
    let client = tokio::spawn(builder(&[region(&emulator), key()]).build()).await.unwrap().unwrap();
    client.list_vul_scan_task().send().await.unwrap();
}

#[test]
fn a_blocking_program_finds_the_same_settings() {
    // Serves on a thread of its own while the test blocks.
    let server = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let emulator = server.block_on(emulator());
    let (blocking, client) = Blocking::build(builder(&[region(&emulator), key()])).unwrap();
    let tasks = blocking.wait(client.list_vul_scan_task().send()).unwrap();
    assert_eq!(tasks.into_inner().total_num, Some(12));
    assert_eq!(lines(&emulator).first().map(String::as_str), Some(LOOK_UP));
    let error = Blocking::build(builder(&[])).unwrap_err();
    assert!(error.message().starts_with("missing endpoint"), "{error}");
}
