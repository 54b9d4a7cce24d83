//! Tests of the whole workflow, from the start of a scan to its report. The clock of the emulator advances with each
//! request.

use std::time::Duration;

use hss_client::TestRuntime;
use hss_emulator::Emulator;
use serde_json::json;

use crate::canned::{self, Canned};
use crate::program::{TASK, follow_up, hss, hss_at, newest_task, run};
use crate::transcript::Transcript;

/// Starts an emulator whose clock advances by six seconds per request.
fn emulator(hosts: u32) -> Canned {
    let runtime = TestRuntime::default();
    let emulator = Emulator::builder().hosts(hosts).runtime(runtime.share());
    Canned::serve(emulator.on_request(move |_| runtime.pass(Duration::from_secs(6))))
}

#[test]
fn a_scan_is_started_followed_looked_at_repeated_and_reported() {
    let emulator = emulator(60);
    let directory = tempfile::tempdir().unwrap();
    let mut transcript = Transcript::at(&emulator.url);
    let task = transcript.run("scan start --all-hosts --type linux_vul,app_vul").printed().trim_end().to_owned();
    transcript.run(&format!("scan show {task} -o csv"));
    transcript.run(&format!("scan wait {task} --interval 1ms"));
    transcript.run(&format!("scan hosts {task} --status failed"));
    transcript.run(&format!("scan hosts {task} --group-by cause"));
    transcript.run(&format!("scan rescan {task} --failed"));
    transcript.run(&format!("scan wait {task} --interval 1ms --fail-on failed"));
    let report = directory.path().join("report.html");
    let ran = run(&mut hss_at(&emulator.url, &["scan", "report", &task, "--html", report.to_str().unwrap()]));
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    let page = std::fs::read_to_string(&report).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains(&task), "{page}");
    insta::assert_snapshot!(without_times(transcript.text()));
    let sent: Vec<_> = emulator.requests().into_iter().filter(|line| !line.starts_with("GET")).collect();
    assert_eq!(
        sent,
        ["POST /v5/p/vulnerability/scan-task".to_owned(), format!("PUT /v5/p/vulnerability/scan/task/{task}/rescan")]
    );
}

/// Removes the estimated times from a transcript, since they depend on the speed of this machine.
fn without_times(text: &str) -> String {
    let mut parts = text.split("done in about ");
    let first = parts.next().unwrap().to_owned();
    let rest = parts.map(|part| format!("done in about TIME{}", part.trim_start_matches(|c: char| c != ';')));
    first + &rest.collect::<String>()
}

#[test]
fn one_command_starts_and_waits() {
    let emulator = emulator(30);
    let ran =
        run(&mut hss_at(&emulator.url, &["scan", "start", "--all-hosts", "--wait", "--interval", "1ms", "-o", "json"]));
    let task = ran.json();
    assert_eq!((task["status"].as_str(), task["failed_host_num"].as_i64()), (Some("finished"), Some(3)));
    let id = task["id"].as_str().unwrap();
    assert!(ran.stderr.starts_with(&format!("started {id}\n")), "{}", ran.stderr);
    let again = ["scan", "rescan", id, "--failed", "--wait", "--interval", "1ms", "-o", "json", "--query", "status"];
    assert_eq!(run(&mut hss_at(&emulator.url, &again)).printed(), "\"finished\"\n");
}

#[test]
fn servers_are_selected_by_name_or_id() {
    let emulator = emulator(60);
    let hosts =
        run(&mut hss_at(&emulator.url, &["api", "ListHostStatus", "--limit", "60", "--agent_status", "online"])).json();
    let host = |index: usize, field: &str| hosts["data_list"][index][field].as_str().unwrap().to_owned();
    let sent_before = emulator.requests().len();
    let start = ["scan", "start", &host(3, "host_name"), &host(5, "host_id"), "-o", "json"];
    let task = run(&mut hss_at(&emulator.url, &start)).json()["task_id"].as_str().unwrap().to_owned();
    let sent = &emulator.requests()[sent_before..];
    assert_eq!(sent.len(), 3, "one for names, one for ids, one to start: {sent:?}");
    let covered =
        run(&mut hss_at(&emulator.url, &["scan", "hosts", &task, "-o", "json", "--query", "data_list[].host_id"]))
            .json();
    let mut covered: Vec<_> = covered.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    covered.sort();
    let mut wanted = [host(3, "host_id"), host(5, "host_id")];
    wanted.sort();
    assert_eq!(covered, wanted);

    run(&mut hss_at(&emulator.url, &["scan", "wait", &task, "--interval", "1ms"])).printed();
    let failed = run(&mut hss_at(&emulator.url, &["scan", "hosts", &task, "--status", "failed", "-o", "json"])).json();
    let failed = failed["data_list"][0]["host_name"].as_str().unwrap().to_owned();
    let again = run(&mut hss_at(&emulator.url, &["scan", "rescan", &task, &failed]));
    assert_eq!((again.printed(), again.stderr.lines().next()), ("", Some("scanning 1 server again")));
}

#[test]
fn servers_that_cannot_be_scanned_are_reported_before_a_scan_starts() {
    let emulator = emulator(400);
    let hosts = run(&mut hss_at(&emulator.url, &["api", "ListHostStatus", "--limit", "200"])).json();
    let hosts = hosts["data_list"].as_array().unwrap();
    let without = hosts.iter().find(|host| host["agent_id"].as_str().is_none_or(str::is_empty)).unwrap();
    let without = without["host_name"].as_str().unwrap();
    for (servers, status, said) in [
        (
            vec!["nope", "nada"],
            4,
            r#"server not found: "nope", "nada". To include other enterprise projects, add --ent"#,
        ),
        (vec!["no\u{1b}"], 2, r"\u{1b}"),
        (vec![without], 4, "no agent is installed"),
        (vec![""], 2, "invalid server name: it is empty"),
        (vec![], 2, "required"),
        (vec!["--all-hosts", "web-1"], 2, "cannot be used with"),
        (vec!["web-1", "--fail-on", "failed"], 2, "--fail-on requires --wait"),
        (vec!["web-1", "--type", "everything"], 2, "expected linux_vul"),
    ] {
        let ran = run(hss_at(&emulator.url, &["scan", "start"]).args(&servers));
        assert!(ran.failed_with(status).contains(said), "{servers:?}: {}", ran.stderr);
    }
    for (arguments, status, said) in [
        (
            vec!["rescan", "nope", "--failed"],
            4,
            "The task ID is \"nope\"; for the list of tasks, run hss --endpoint URL --project-id p scan list.",
        ),
        (vec!["rescan", "nope", "web-1"], 4, "The task ID is \"nope\""),
        (vec!["hosts", "nope"], 4, "The task ID is \"nope\""),
        (vec!["hosts", "nope", "--group-by", "cause"], 4, "The task ID is \"nope\""),
        (vec!["rescan", "t"], 2, "required"),
        (
            vec!["wait", "nope"],
            4,
            "See hss --endpoint URL --project-id p scan list. To include other enterprise projects",
        ),
        (vec!["show", "00000000000000000000000000000000"], 4, "scan task not found"),
        (vec!["show", ""], 2, "task_id"),
    ] {
        let ran = run(hss_at(&emulator.url, &["scan"]).args(&arguments));
        let text = ran.failed_with(status).replace(&emulator.url, "URL");
        assert!(text.contains(said), "{arguments:?}: {text}");
    }
    assert!(emulator.requests().iter().all(|line| line.starts_with("GET") || line.contains("/rescan")));
}

#[test]
fn rescan_of_a_task_without_failed_servers_succeeds() {
    let emulator = emulator(3);
    let task = newest_task(&emulator.url);
    let rescan = |more: &[&str]| run(hss_at(&emulator.url, &["scan", "rescan", &task]).args(more));
    let until_the_end = ["--failed", "--wait", "--interval", "1ms", "-q", "-o", "json"];
    while rescan(&until_the_end).json()["failed_host_num"] != 0 {}
    let before = emulator.requests().len();
    let ran = rescan(&["--failed"]);
    assert_eq!(
        (ran.printed(), ran.stderr.as_str()),
        ("", "the scan failed on no server: no scan was started\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(emulator.requests().len(), before + 2, "one more request than where servers failed");
    assert_eq!(rescan(&["--failed", "-q", "-o", "json"]).json(), json!({"task_id": task}));
    let waited = rescan(&["--failed", "--wait", "--fail-on", "failed", "-o", "json"]).json();
    assert_eq!((waited["status"].as_str(), waited["failed_host_num"].as_i64()), (Some("finished"), Some(0)));
}

#[test]
fn a_refused_rescan_is_reported_as_not_begun() {
    let refusal = canned::json(400, r#"{"error_code":"HSS.0001","error_msg":"a parameter is wrong"}"#);
    // The failed servers may all be in a different enterprise project. Only the count of the task shows them.
    for task in [
        json!({"id": TASK, "status": "finished", "failed_host_num": 1}),
        json!({"id": TASK, "status": "finished"}),
        json!({"id": "another"}),
    ] {
        let tasks = json!({"total_num": 1, "data_list": [task]});
        let server = Canned::new([refusal.clone(), canned::json(200, &tasks.to_string())]);
        let ran = run(&mut hss_at(&server.url, &["scan", "rescan", TASK, "--failed"]));
        assert!(ran.failed_with(1).contains("a parameter is wrong"), "{ran:?}");
        assert!(!ran.stderr.contains("may have begun"), "{ran:?}");
        assert_eq!(server.requests().len(), 2);
    }
    let server = Canned::new([refusal]);
    let ran = run(&mut hss_at(&server.url, &["scan", "start", "--all-hosts"]));
    assert!(!ran.failed_with(1).contains("may have started"), "{}", ran.stderr);
}

#[test]
fn rescan_explains_why_servers_are_not_scanned() {
    let host =
        |name: &str, status: &str| json!({"host_id": format!("id-{name}"), "host_name": name, "scan_status": status});
    let all = [host("good", "success"), host("busy", "scanning"), host("bad", "failed")];
    let page = |hosts: &[serde_json::Value]| {
        canned::json(200, &json!({"total_num": hosts.len(), "data_list": hosts}).to_string())
    };
    for (servers, said) in [
        (&["good"][..], "the scan succeeded on \"good\". Only servers on which the scan failed can be scanned again."),
        (
            &["bad", "id-good", "busy", "none"],
            "the scan succeeded on \"id-good\"; the scan is still running on \"busy\"; the task has no failed server \"none\".",
        ),
        (&["none"], "the task has no failed server \"none\"."),
    ] {
        let server = Canned::new([page(&all[2..]), page(&all)]);
        let ran = run(hss_at(&server.url, &["scan", "rescan", TASK]).args(servers));
        assert!(ran.failed_with(4).contains(said), "{}", ran.stderr);
        assert!(server.requests().iter().all(|line| line.starts_with("GET")));
    }
    // The documented task has such a server.
    let ran = run(&mut hss(&["--demo", "scan", "rescan", TASK, "ecs-web-0002"]));
    assert!(ran.failed_with(4).contains("the scan succeeded on \"ecs-web-0002\""), "{}", ran.stderr);
}

#[test]
fn a_timeout_ends_waiting_but_not_the_scan() {
    let emulator = Canned::serve(Emulator::builder().hosts(30));
    let task = run(&mut hss_at(&emulator.url, &["scan", "start", "--all-hosts", "-q"])).printed().trim_end().to_owned();
    let ran =
        run(&mut hss_at(&emulator.url, &["scan", "wait", &task, "--timeout", "100ms", "--interval", "10s", "-q"]));
    assert!(ran.failed_with(5).contains(&follow_up(&emulator.url, &format!("scan wait {task}"))), "{}", ran.stderr);
}

#[test]
fn a_dry_run_sends_nothing() {
    let emulator = Canned::serve(Emulator::builder());
    let mut transcript = Transcript::at(&emulator.url);
    for line in [
        "scan list --dry-run",
        "scan hosts T --status failed --dry-run",
        "scan hosts T --dry-run -o json --group-by cause",
        "scan start web-1 --type app_vul --dry-run",
        "scan start --all-hosts --wait --dry-run",
        "scan rescan T --failed --dry-run",
        "scan rescan T it's --dry-run",
        "scan wait T --dry-run",
        "scan report T --html /none/report.html --dry-run",
        "api ListVulScanTaskHost --task_id T --dry-run",
        "api ListHostStatus --parameter-region cn-north-4 --host_name_list a,b --dry-run",
        "auth status --check --dry-run -q -o ndjson",
        "scan hosts .. --dry-run",
    ] {
        transcript.run(line);
    }
    assert_eq!(emulator.requests(), [""; 0]);
    insta::assert_snapshot!(transcript.text().replace(&emulator.url, "http://127.0.0.1:PORT"));

    let mut signed = hss_at(&emulator.url, &["scan", "list", "--dry-run"]);
    signed.env_remove("HW_AUTH_TOKEN").envs([
        ("HUAWEICLOUD_SDK_AK", "AKSENTINEL"),
        ("HUAWEICLOUD_SDK_SK", "SKSENTINEL"),
        ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "STSENTINEL"),
    ]);
    let ran = run(&mut signed);
    assert!(!ran.printed().contains("SENTINEL"), "{}", ran.stdout);
    assert!(ran.stdout.contains("Authorization: SDK-HMAC-SHA256 Access=***"), "{}", ran.stdout);
    assert_eq!(emulator.requests(), [""; 0]);
}

#[test]
fn a_demo_continues_from_the_previous_state() {
    let directory = tempfile::tempdir().unwrap();
    let demo = |arguments: &[&str]| {
        let mut command = hss(&["--demo", "scan"]);
        run(command.args(arguments).env("TMPDIR", directory.path()))
    };
    let started = demo(&["start", "--all-hosts"]);
    let task = started.printed().trim_end().to_owned();
    assert!(started.stderr.contains(&format!("hss --demo scan wait {task}")), "{}", started.stderr);
    let shown = demo(&["show", &task, "-o", "json"]).json();
    assert_eq!((shown["status"].as_str(), shown["scanning_host_num"].as_i64()), (Some("running"), Some(30)));
    // An invalid state file, such as one of another user, is ignored.
    let folder = std::fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap().path();
    std::fs::write(folder.join("past.json"), "{").unwrap();
    demo(&["show", &task]).failed_with(4);
}

#[test]
fn a_task_that_is_not_listed_yet_is_waited_for() {
    let task =
        |status: &str| json!({"total_num": 1, "data_list": [{"id": "t1", "status": status, "failed_host_num": 0}]});
    let nothing = json!({"total_num": 0, "data_list": []});
    let answers = [json!({"task_id": "t1"}), nothing.clone(), task("running"), task("finished")];
    let server = Canned::new(answers.map(|answer| canned::json(200, &answer.to_string())));
    let start = ["scan", "start", "--all-hosts", "--wait", "--interval", "1ms", "-o", "json", "-q"];
    assert_eq!(run(&mut hss_at(&server.url, &start)).json()["status"], "finished");
    // A task that was not just started is not waited for.
    let server = Canned::new([canned::json(200, &nothing.to_string())]);
    run(&mut hss_at(&server.url, &["scan", "wait", "t1", "--interval", "1ms"])).failed_with(4);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_missing_count_of_failed_servers_is_an_error_with_fail_on() {
    for count in [json!(null), json!(-1)] {
        let task = json!({"id": "t1", "status": "finished", "failed_host_num": count});
        let answer = canned::json(200, &json!({"total_num": 1, "data_list": [task]}).to_string());
        let server = Canned::new([answer.clone()]);
        let ran = run(&mut hss_at(&server.url, &["scan", "wait", "t1", "--fail-on", "failed"]));
        let is_said = ran.stderr.contains("did not return the number of failed servers");
        assert!(ran.status == Some(1) && is_said, "{ran:?}");
        let server = Canned::new([answer]);
        run(&mut hss_at(&server.url, &["scan", "wait", "t1"])).printed();
    }
}

#[test]
fn a_start_without_a_response_is_not_retried() {
    for lost in [canned::raw(""), canned::json(502, ""), canned::json(200, "{")] {
        let server = Canned::new([lost.clone()]);
        let ran = run(&mut hss_at(&server.url, &["scan", "start", "--all-hosts", "--max-attempts", "5"]));
        assert!(ran.failed_with(1).contains("The scan may have started"), "{lost:?}: {}", ran.stderr);
        assert_eq!(server.requests().len(), 1, "{lost:?}");
    }
    // A refused request is certainly not executed.
    let server = Canned::new([canned::json(403, r#"{"error_code":"HSS.0010","error_msg":"m"}"#)]);
    let ran = run(&mut hss_at(&server.url, &["scan", "start", "--all-hosts"]));
    assert!(!ran.failed_with(3).contains("may have started"), "{}", ran.stderr);
}

#[test]
fn a_scan_that_did_not_start_is_not_reported_as_started() {
    let server = canned::on_emulator(3, vec![]);
    let url = server.url.clone();
    drop(server);
    let refused = run(&mut hss_at(&url, &["scan", "start", "--all-hosts"]));
    assert!(refused.failed_with(1).contains("no connection to") && !refused.stderr.contains("may have"), "{refused:?}");

    // The login fails for each of these responses of IAM.
    for answer in [canned::json(503, ""), canned::raw(""), canned::json(500, "<html>")] {
        let (iam, service) = (Canned::new([answer]), Canned::new([]));
        let mut start = hss_at(&service.url, &["--iam-endpoint", &iam.url, "scan", "start", "--all-hosts"]);
        let user = [("HW_USER_NAME", "u"), ("HW_USER_PASSWORD", "password"), ("HW_DOMAIN_NAME", "d")];
        let ran = run(start.env_remove("HW_AUTH_TOKEN").envs(user));
        assert!(
            ran.failed_with(1).contains("cannot get a token for user u") && !ran.stderr.contains("may have"),
            "{ran:?}"
        );
        assert_eq!(service.requests().len(), 0);
    }

    let broken = Canned::new([canned::raw("")]);
    let lost = run(&mut hss_at(&broken.url, &["scan", "start", "--all-hosts"]));
    assert!(lost.failed_with(1).contains("The scan may have started"), "{lost:?}");
    let broken = Canned::new([canned::raw("")]);
    let body = hss_openapi::example("CreateVulnerabilityScanTaskRequest").display().to_string();
    let lost = run(&mut hss_at(&broken.url, &["api", "CreateVulnerabilityScanTask", "--body", &body]));
    assert!(lost.failed_with(1).contains("The request may have been executed"), "{lost:?}");
}

#[test]
fn a_refusal_that_is_not_from_the_gateway_is_unclear() {
    let body = hss_openapi::example("CreateVulnerabilityScanTaskRequest").display().to_string();
    let quota = "The quota of this operation is exhausted: the documented quota is 5 requests per minute.";
    for (refusal, may_have_started) in [
        ("", true),
        (r#"{"error_code":"HSS.0001","error_msg":"busy"}"#, true),
        (r#"{"error_code":"APIGW.0308","error_msg":"limit:5,time:1 minute"}"#, false),
    ] {
        let throttled = || canned::json(429, refusal);
        let server = Canned::new([throttled(), throttled()]);
        let ran = run(&mut hss_at(&server.url, &["scan", "start", "--all-hosts"]));
        let hint = format!("{quota} The scan may have started: see {}\n", follow_up(&server.url, "scan list --max 5"));
        let is_said = ran.failed_with(5).ends_with(&hint);
        assert!(is_said == may_have_started && ran.stderr.contains(quota), "{refusal}: {}", ran.stderr);
        let ran = run(&mut hss_at(&server.url, &["api", "CreateVulnerabilityScanTask", "--body", &body]));
        let is_said = ran.failed_with(5).ends_with(&format!("{quota} The request may have been executed.\n"));
        assert_eq!(is_said, may_have_started, "{refusal}: {}", ran.stderr);
    }
}

#[test]
fn a_failed_wait_reports_the_id_of_the_started_scan() {
    let started = || canned::json(200, &json!({"task_id": "t1"}).to_string());
    let nothing = || canned::json(200, &json!({"total_num": 0, "data_list": []}).to_string());
    let refused = || canned::json(401, r#"{"error_code":"APIGW.0301","error_msg":"m"}"#);
    let hint = |url: &str| format!("The scan continues. Follow it with: {}\n", follow_up(url, "scan wait t1"));
    for (answers, status) in [
        (vec![started(), canned::raw("")], 1),
        (vec![started(), canned::json(500, "")], 1),
        (vec![started(), canned::json(200, "<html>")], 1),
        (vec![started(), canned::json(429, "")], 5),
        (vec![started(), refused()], 3),
        (vec![started(), nothing(), nothing(), nothing(), nothing(), nothing()], 4),
    ] {
        let server = Canned::new(answers.clone());
        let wait = ["scan", "start", "--all-hosts", "--wait", "--interval", "1ms", "-q"];
        let ran = run(&mut hss_at(&server.url, &wait));
        assert!(ran.failed_with(status).ends_with(&hint(&server.url)), "{answers:?}: {}", ran.stderr);
        assert_eq!(server.requests().len(), answers.len());
    }
    let refusal = Canned::new([started(), refused()]);
    let ran = run(&mut hss_at(&refusal.url, &["scan", "start", "--all-hosts", "--wait"]));
    assert!(ran.failed_with(3).contains("Check that the token is complete"), "the other hint stays: {}", ran.stderr);

    let rescan = ["scan", "rescan", "t1", "--failed", "--wait", "-q"];
    let server = Canned::new([canned::json(200, "{}"), canned::json(500, "")]);
    let ran = run(&mut hss_at(&server.url, &rescan));
    assert!(ran.failed_with(1).ends_with(&hint(&server.url)), "{}", ran.stderr);
    // `scan wait` knows that the task is running only after the first response.
    let running = json!({"total_num": 1, "data_list": [{"id": "t1", "status": "running"}]}).to_string();
    for (answers, is_seen) in
        [(vec![refused()], false), (vec![nothing()], false), (vec![canned::json(200, &running), refused()], true)]
    {
        let server = Canned::new(answers);
        let ran = run(&mut hss_at(&server.url, &["scan", "wait", "t1", "--interval", "1ms", "-q"]));
        assert_eq!(ran.stderr.ends_with(&hint(&server.url)), is_seen, "{}", ran.stderr);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_failed_write_reports_the_id_of_the_started_scan() {
    let server = || Canned::new([canned::json(200, &json!({"task_id": "t1"}).to_string())]);
    for more in [&[][..], &["-o", "json"], &["-o", "csv"]] {
        let server = server();
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let ran = hss_at(&server.url, &["scan", "start", "--all-hosts"]).args(more).stdout(full).output().unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(1), "{said}");
        let wait = follow_up(&server.url, "scan wait t1");
        assert!(said.starts_with(&format!("started; follow it with: {wait}\n")), "{said}");
        assert!(said.contains("error: cannot write standard output: no space left on device"), "{said}");
        assert!(said.ends_with(&format!("The scan has started. Follow it with: {wait}\n")), "{said}");
    }
    let server = server();
    let ran = run(&mut hss_at(&server.url, &["scan", "start", "--all-hosts", "-q", "--query", "abs(task_id)"]));
    let hint = format!("The scan has started. Follow it with: {}\n", follow_up(&server.url, "scan wait t1"));
    assert!(ran.failed_with(1).ends_with(&hint), "{}", ran.stderr);
    assert!(
        ran.stderr.starts_with("error: invalid query: argument 1") && !ran.stderr.contains("\\u{a}"),
        "{}",
        ran.stderr
    );
}
