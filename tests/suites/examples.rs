//! The examples of the client, as programs against the emulator. Each exits with status 0, and prints the output that its
//! first comment describes. The README shows one of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use futures::TryStreamExt as _;
use hss_client::models::{ScanStatusFilter, VulScanTaskInfo};
use hss_client::{Client, Credentials, Secret, TestRuntime};
use hss_emulator::{Auth, DEMO_ACCESS_KEY, DEMO_TOKEN, Emulator, Fault};

const PROJECT: &str = "0123456789abcdef0123456789abcdef";
const REGION: &str = "cn-north-4";

/// Variables with a token.
const TOKEN: &[(&str, &str)] = &[("HUAWEICLOUD_SDK_REGION_ID", REGION), ("HW_AUTH_TOKEN", DEMO_TOKEN)];
/// Variables with an access key.
const KEY: &[(&str, &str)] = &[
    ("HUAWEICLOUD_SDK_REGION_ID", REGION),
    ("HUAWEICLOUD_SDK_AK", DEMO_ACCESS_KEY.0),
    ("HUAWEICLOUD_SDK_SK", DEMO_ACCESS_KEY.1),
];

/// Starts an emulator with the clock of the system, which the examples use, and with a listing of three pages.
async fn emulator() -> Emulator {
    Emulator::builder().auth(Auth::Any).hosts(450).start().await.unwrap()
}

async fn client(emulator: &Emulator) -> Client {
    let token = Credentials::Token(Secret::new("token", DEMO_TOKEN).unwrap());
    Client::builder().endpoint(emulator.url()).credentials(token).project_id(PROJECT).build().await.unwrap()
}

/// Returns the newest scan task and its id.
async fn newest(client: &Client) -> (VulScanTaskInfo, String) {
    let task = client.list_vul_scan_task().limit(10).send().await.unwrap().into_inner().data_list.unwrap().remove(0);
    let id = task.id.clone().unwrap();
    (task, id)
}

/// Returns the names of the servers on which a scan task failed.
async fn failed(client: &Client, task: &str) -> Vec<String> {
    let hosts = client.list_vul_scan_task_host(task).scan_status(ScanStatusFilter::Failed).stream();
    let names: Vec<_> = hosts.map_ok(|host| host.host_name.unwrap()).try_collect().await.unwrap();
    assert!(!names.is_empty());
    names
}

/// Returns the compiled example. `cargo test --workspace` has built it; otherwise all examples are built.
fn compiled(example: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let built = tests.ancestors().nth(2).unwrap().join("examples").join(example);
    if !built.exists() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--package", "hss-client", "--examples", "--features", "blocking", "--target-dir"]);
        assert!(cargo.arg(tests.ancestors().nth(3).unwrap()).status().unwrap().success());
    }
    built
}

/// Runs an example with no variables but these.
async fn run(example: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(compiled(example));
    command.env_clear().env("HOME", "/nonexistent").envs(variables.iter().copied()).args(arguments);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// Runs an example against the emulator.
async fn run_with(emulator: &Emulator, example: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let url = emulator.url();
    let endpoints =
        [("HUAWEICLOUD_SDK_REGION_HSS_CN_NORTH_4", url.as_str()), ("HUAWEICLOUD_SDK_IAM_ENDPOINT", url.as_str())];
    run(example, &[variables, &endpoints].concat(), arguments).await
}

/// Returns the lines on standard output of an example that succeeded.
fn lines(ran: &Output) -> Vec<String> {
    assert!(ran.status.success(), "{}", stderr(ran));
    String::from_utf8_lossy(&ran.stdout).lines().map(str::to_owned).collect()
}

fn stderr(ran: &Output) -> String {
    String::from_utf8_lossy(&ran.stderr).into_owned()
}

#[test]
fn the_readme_shows_the_example_in_twelve_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let library = readme.split_once("\n## Library\n").unwrap().1;
    let block = library.split_once("```rust,no_run\n").and_then(|(_, block)| block.split_once("```")).unwrap().0;
    let example = std::fs::read_to_string(root.join("crates/client/examples/failed_servers.rs")).unwrap();
    // The README shows it without the comments and attributes at its beginning.
    assert_eq!(block, example.split_once("\nuse ").map(|(_, program)| format!("use {program}")).unwrap());
    let lines = block.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(lines <= 12, "{lines} lines");
}

#[tokio::test]
async fn failed_servers_lists_those_of_the_newest_task() {
    let emulator = emulator().await;
    let client = client(&emulator).await;
    let names = failed(&client, &newest(&client).await.1).await;
    for credentials in [KEY, TOKEN] {
        assert_eq!(lines(&run_with(&emulator, "failed_servers", credentials, &[]).await), names);
    }
}

#[tokio::test]
async fn failed_servers_without_settings_lists_the_missing_ones() {
    let region = [("HUAWEICLOUD_SDK_REGION_ID", REGION)];
    for (variables, sources) in [
        (&[][..], &["ClientBuilder::region", "HUAWEICLOUD_SDK_REGION_ID", "HW_REGION_NAME"][..]),
        (&region, &["HUAWEICLOUD_SDK_AK", "HW_AUTH_TOKEN", "HW_USER_NAME", "/nonexistent/.huaweicloud/credentials"]),
    ] {
        let ran = run("failed_servers", variables, &[]).await;
        let message = stderr(&ran);
        assert!(!ran.status.success());
        assert!(sources.iter().all(|source| message.contains(source)), "{message}");
    }
}

#[tokio::test]
async fn failed_hosts_blocking_lists_those_of_a_task() {
    let emulator = emulator().await;
    let client = client(&emulator).await;
    let (_, task) = newest(&client).await;
    let names = failed(&client, &task).await;
    assert_eq!(lines(&run_with(&emulator, "failed_hosts_blocking", TOKEN, &[&task]).await), names);
}

#[tokio::test]
async fn failed_hosts_token_lists_servers_and_causes() {
    let emulator = emulator().await;
    let client = client(&emulator).await;
    let (_, task) = newest(&client).await;
    let names = failed(&client, &task).await;
    let token = [("HW_AUTH_TOKEN", DEMO_TOKEN)];
    let lines = lines(&run_with(&emulator, "failed_hosts_token", &token, &[REGION, &task]).await);
    let (causes, servers): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.starts_with("  "));
    assert_eq!(servers, names);
    assert!(causes.len() >= names.len(), "{causes:?}");
    let is_cause = |line: &String| {
        line.trim().split_once(": ").is_some_and(|(vul_type, cause)| !vul_type.is_empty() && !cause.is_empty())
    };
    assert!(causes.iter().all(is_cause), "{causes:?}");
}

#[tokio::test]
async fn scan_task_page_prints_one_page() {
    let emulator = emulator().await;
    let (_, task) = newest(&client(&emulator).await).await;
    let (id, secret) = DEMO_ACCESS_KEY;
    let key = [("CLOUD_SDK_AK", id), ("CLOUD_SDK_SK", secret)];
    let ran = run_with(&emulator, "scan_task_page", &key, &[REGION, PROJECT, &task]).await;
    let printed = lines(&ran);
    assert!(printed.first().unwrap().starts_with("request "), "{printed:?}");
    assert_eq!(printed.iter().filter(|line| line.contains("host_name: ")).count(), 10);
    assert_eq!(stderr(&ran), "");
}

#[tokio::test]
async fn resume_listing_continues_with_the_next_page() {
    let emulator = emulator().await;
    let client = client(&emulator).await;
    let (_, task) = newest(&client).await;
    let hosts = client.list_vul_scan_task_host(&task).stream();
    let names: Vec<_> = hosts.map_ok(|host| host.host_name.unwrap()).try_collect().await.unwrap();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("resume_listing.json");
    let _ = std::fs::remove_file(&file);
    let position = file.to_str().unwrap();

    emulator.set_faults(Fault::from_toml("[[fault]]\npage = 2\nstatus = 400\ntimes = 1").unwrap());
    let stopped = run_with(&emulator, "resume_listing", TOKEN, &[&task, position]).await;
    assert!(!stopped.status.success() && file.exists());
    let before = String::from_utf8_lossy(&stopped.stdout).lines().map(str::to_owned).collect();
    let after = lines(&run_with(&emulator, "resume_listing", TOKEN, &[&task, position]).await);
    assert_eq!([before, after].concat(), names);
    assert!(!file.exists());
}

#[tokio::test]
async fn several_projects_counts_the_tasks_of_each() {
    let emulator = emulator().await;
    let other = "fedcba9876543210fedcba9876543210";
    let printed = lines(&run_with(&emulator, "several_projects", KEY, &[PROJECT, other]).await);
    let count = client(&emulator).await.list_vul_scan_task().send().await.unwrap().into_inner().total_num.unwrap();
    assert_eq!(printed, [PROJECT, other].map(|project| format!("{project}: {count} scan tasks")));
}

#[tokio::test]
async fn tracing_writes_the_spans_to_standard_error() {
    let emulator = emulator().await;
    let tasks = client(&emulator).await.list_vul_scan_task().stream();
    let ids: Vec<_> = tasks.map_ok(|task| task.id.unwrap()).try_collect().await.unwrap();
    let ran = run_with(&emulator, "tracing", TOKEN, &[]).await;
    assert_eq!(lines(&ran), ids);
    let spans = stderr(&ran);
    assert!(spans.contains("ListVulScanTask") && spans.contains(": close "), "{spans}");
}

#[tokio::test]
async fn wait_for_scan_prints_the_counts_of_the_ended_task() {
    // The time for the scan passes when it starts. The example then polls once, and does not wait.
    let clock = TestRuntime::default();
    let builder = Emulator::builder().auth(Auth::Any).runtime(clock.share()).on_request(move |request| {
        if request.operation == Some("CreateVulnerabilityScanTask") {
            clock.pass(Duration::from_secs(24 * 60 * 60));
        }
    });
    let emulator = builder.start().await.unwrap();
    let printed = lines(&run_with(&emulator, "wait_for_scan", TOKEN, &[]).await);
    let (task, _) = newest(&client(&emulator).await).await;
    let (success, failed) = (task.success_host_num.unwrap(), task.failed_host_num.unwrap());
    assert!(success > 0 && failed > 0);
    assert_eq!(printed, [format!("{success} succeeded, {failed} failed")]);
}
