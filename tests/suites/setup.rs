//! Clients that find their settings in the environment, and the example program of the README, with the emulator.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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

/// Returns the program in the file of an example, without the comments and attributes at its beginning.
fn example(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/client/examples").join(name);
    let text = std::fs::read_to_string(file).unwrap();
    text.split_once("\nuse ").map(|(_, program)| format!("use {program}")).unwrap()
}

#[test]
fn the_readme_shows_the_example_in_twelve_lines() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let library = readme.split_once("\n## Library\n").unwrap().1;
    let block = library.split_once("```rust,no_run\n").and_then(|(_, block)| block.split_once("```")).unwrap().0;
    assert_eq!(block, example("failed_servers.rs"));
    let lines = block.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(lines <= 12, "{lines} lines");
}

/// Returns the compiled example, which `cargo test --workspace` has built, or builds it.
fn compiled_example() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let built = tests.ancestors().nth(2).unwrap().join("examples/failed_servers");
    if !built.exists() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--package", "hss-client", "--example", "failed_servers", "--target-dir"]);
        assert!(cargo.arg(tests.ancestors().nth(3).unwrap()).status().unwrap().success());
    }
    built
}

/// Runs the example with no variables but these.
async fn run(variables: Vec<(&'static str, String)>) -> Output {
    let mut command = Command::new(compiled_example());
    command.env_clear().env("HOME", "/nonexistent").envs(variables);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn the_example_lists_the_failed_servers_of_the_newest_task() {
    // The example uses the clock of the system.
    let emulator = Emulator::builder().auth(Auth::Any).start().await.unwrap();
    let token = vec![("HW_AUTH_TOKEN", DEMO_TOKEN.to_owned())];
    let client = builder(&[region(&emulator), token.clone()]).build().await.unwrap();
    let newest = client.list_vul_scan_task().limit(10).send().await.unwrap().into_inner().data_list.unwrap().remove(0);
    let failed = newest.failed_host_num.unwrap();
    assert!(failed > 0);
    for credentials in [key(), token] {
        let ran = run([region(&emulator), credentials].concat()).await;
        let printed = String::from_utf8(ran.stdout).unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        assert_eq!(i64::try_from(printed.lines().count()).unwrap(), i64::from(failed), "{printed}");
        assert!(printed.lines().all(|name| name.starts_with("ecs-")), "{printed}");
    }
}

#[tokio::test]
async fn the_example_without_settings_lists_what_it_needs() {
    let region = vec![("HUAWEICLOUD_SDK_REGION_ID", "cn-north-4".to_owned())];
    for (variables, sources) in [
        (vec![], &["ClientBuilder::region", "HUAWEICLOUD_SDK_REGION_ID", "HW_REGION_NAME"][..]),
        (region, &["HUAWEICLOUD_SDK_AK", "HW_AUTH_TOKEN", "HW_USER_NAME", "/nonexistent/.huaweicloud/credentials"]),
    ] {
        let ran = run(variables).await;
        let said = String::from_utf8(ran.stderr).unwrap();
        assert!(!ran.status.success());
        assert!(sources.iter().all(|source| said.contains(source)), "{said}");
    }
}
