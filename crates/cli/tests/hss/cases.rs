//! Tests of problems known from other clients. Some of them compare a terminal transcript.

use hss_emulator::{Auth, DEMO_USER, Emulator, Fault};
use serde_json::{Value, json};

use crate::canned::{self, Canned};
use crate::program::{TASK, hss, hss_at, run};
use crate::transcript::Transcript;

/// Returns a page with `rows` servers, numbered from `from`. `total` is the stated total.
fn page(from: usize, rows: usize, total: usize) -> Fault {
    let rows: Vec<_> = (from..from + rows).map(|number| json!({"host_id": format!("h{number:02}"), "host_name": format!("web-{number}"), "scan_status": "scanning"})).collect();
    canned::json(200, &json!({"total_num": total, "data_list": rows}).to_string())
}

fn refused(status: u16, body: &str) -> Fault {
    Fault { headers: [("X-Request-Id".to_owned(), "r-1".to_owned())].into(), ..canned::json(status, body) }
}

/// Returns `hss` with the credentials of the demo user, who gets tokens from the emulator.
fn as_user(url: &str, arguments: &[&str]) -> std::process::Command {
    let (account, name, password) = DEMO_USER;
    let mut command = hss(&["--endpoint", url, "--iam-endpoint", url, "--project-id", "p", "--concurrency", "1"]);
    command.args(arguments).envs([("HW_DOMAIN_NAME", account), ("HW_USER_NAME", name), ("HW_USER_PASSWORD", password)]);
    command
}

#[test]
fn a_token_that_expires_during_a_listing_is_refreshed_once() {
    let expired = |times| Fault {
        operation: Some("ListVulScanTaskHost".to_owned()),
        page: Some(3),
        times,
        ..canned::json(
            401,
            r#"{"error_msg":"Incorrect IAM authentication information: decrypt token fail","error_code":"APIGW.0301"}"#,
        )
    };
    let server = |times| Canned::serve(Emulator::builder().hosts(50).auth(Auth::Token).faults(vec![expired(times)]));
    let task = |url: &str| {
        let ran = run(&mut as_user(url, &["scan", "list", "--max", "1", "-o", "json", "--query", "data_list[0].id"]));
        serde_json::from_str::<String>(ran.printed()).unwrap()
    };
    let emulator = server(Some(1));
    let id = task(&emulator.url);
    let before = emulator.requests().len();
    let ran = run(&mut as_user(
        &emulator.url,
        &["scan", "hosts", &id, "--page-size", "10", "-o", "json", "--query", "data_list[].host_id"],
    ));
    let mut ids: Vec<_> = ran.json().as_array().unwrap().iter().map(Value::to_string).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 50, "every server once");
    let asked: Vec<_> =
        emulator.requests()[before..].iter().map(|line| line.rsplit("offset=").next().unwrap().to_owned()).collect();
    assert_eq!(
        asked,
        [
            "POST /v3/auth/tokens?nocatalog=true",
            "0",
            "10",
            "20",
            "POST /v3/auth/tokens?nocatalog=true",
            "20",
            "30",
            "40"
        ]
    );

    // If the new token is refused, too, the command fails.
    let emulator = server(None);
    let id = task(&emulator.url);
    let ran = run(&mut as_user(&emulator.url, &["scan", "hosts", &id, "--page-size", "10", "-o", "csv"]));
    assert!(ran.failed_with(3).contains("at offset 20: Incorrect IAM authentication information"), "{}", ran.stderr);
    // It also fails if the token cannot be refreshed.
    let logins = |emulator: &Canned| emulator.requests().iter().filter(|line| line.contains("/v3/auth/tokens")).count();
    let before = logins(&emulator);
    let mut command = as_user(&emulator.url, &["scan", "hosts", &id, "--page-size", "10", "-o", "csv"]);
    let ran = run(command.env("HW_AUTH_TOKEN", hss_emulator::DEMO_TOKEN));
    assert!(ran.failed_with(3).contains("APIGW.0301"), "{}", ran.stderr);
    assert_eq!(logins(&emulator), before);
}

#[test]
fn long_tokens_are_sent_and_too_long_ones_reported() {
    for length in [16_000, 32_768] {
        let token = "t".repeat(length);
        let emulator = Canned::serve(Emulator::builder().auth(Auth::Token).token(&token));
        run(hss_at(&emulator.url, &["scan", "list"]).env("HW_AUTH_TOKEN", &token)).printed();
    }
    let server = Canned::new([canned::json(431, "")]);
    let ran = run(hss_at(&server.url, &["scan", "list", "--max-attempts", "3"]).env("HW_AUTH_TOKEN", "t".repeat(9000)));
    assert!(ran.failed_with(1).contains("431") && ran.stderr.to_lowercase().contains("token"), "{}", ran.stderr);
    assert_eq!(server.requests().len(), 1, "it is not tried again");
}

#[test]
fn every_shape_of_error_is_read() {
    let shapes = [
        (401, r#"{"error_code":"APIGW.0301","error_msg":"m","request_id":"r"}"#),
        (400, r#"{"errorCode":"HSS.1","errorMsg":"m"}"#),
        (400, r#"{"code":"Ecs.0114","message":"m"}"#),
        (400, r#"{"error":{"message":"m","code":"Ecs.0114"}}"#),
        (403, r#"{"forbidden":{"code":403,"message":"m"}}"#),
        (403, r#"{"error_code":"HSS.0403","error_msg":"m","encoded_authorization_message":"XYZ"}"#),
        (500, r#"{"error_code":"HSS.0011"}"#),
        (502, "<html>bad gateway</html>"),
        (503, ""),
    ];
    let server = Canned::new(shapes.map(|(status, body)| refused(status, body)));
    let mut transcript = Transcript::at(&server.url);
    for (_, body) in shapes {
        transcript.say(body);
        transcript.run(&format!("scan hosts {TASK}"));
    }
    insta::assert_snapshot!(transcript.text());
    assert_eq!(server.requests().len(), shapes.len());
}

#[test]
fn an_operation_that_is_not_there_is_no_task_that_is_not_there() {
    let server = Canned::new([
        refused(
            404,
            r#"{"error_msg":"API does not exist or has not been published","error_code":"APIGW.0101","request_id":"r"}"#,
        ),
        refused(404, r#"{"error_code":"HSS.1054","error_msg":"task not exist"}"#),
    ]);
    let mut transcript = Transcript::at(&server.url);
    transcript.run(&format!("scan hosts {TASK} -o json"));
    transcript.run(&format!("scan hosts {TASK} -o json"));
    insta::assert_snapshot!(transcript.text());
    assert_eq!(server.requests().len(), 2, "neither is tried again");
}

#[test]
fn each_page_is_requested_once_from_offset_0() {
    for (hosts, offsets) in [(23, vec!["0", "10", "20"]), (0, vec!["0"]), (20, vec!["0", "10"])] {
        let rows = |from: usize| page(from, (hosts - from).min(10), hosts);
        let server = Canned::new((0..hosts.max(1)).step_by(10).map(rows));
        let ran = run(&mut hss_at(
            &server.url,
            &["scan", "hosts", TASK, "--page-size", "10", "-o", "tsv", "--columns", "host_id"],
        ));
        let ids: Vec<_> = ran.printed().lines().skip(1).map(str::to_owned).collect();
        assert_eq!(
            ids,
            (0..hosts).map(|number| format!("h{number:02}")).collect::<Vec<_>>(),
            "in the order of the server"
        );
        let asked: Vec<_> =
            server.requests().iter().map(|line| line.rsplit("offset=").next().unwrap().to_owned()).collect();
        assert_eq!(asked, offsets);
    }
}

#[test]
fn a_list_that_changes_during_reading_is_incomplete() {
    // Three servers leave the list after the first page, or three are added at its front.
    for second in [page(13, 10, 27), page(7, 10, 33)] {
        for format in ["json", "csv", "table"] {
            let server = Canned::new([page(0, 10, 30), second.clone()]);
            let mut transcript = Transcript::at(&server.url);
            let ran = transcript.run(&format!("scan hosts {TASK} --status scanning --page-size 10 -o {format}"));
            assert_eq!(ran.status, Some(6));
            assert_eq!(ran.stdout.is_empty(), format != "table", "{}", transcript.text());
            assert!(ran.stderr.contains("the total changed from 30 to "), "{}", ran.stderr);
        }
    }
}

#[test]
fn a_page_past_the_end_is_empty_and_a_wrong_one_is_refused() {
    let emulator = Canned::serve(Emulator::builder().hosts(23));
    let id = crate::program::newest_task(&emulator.url);
    for offset in ["23", "33", "2000000"] {
        let page = run(&mut hss_at(
            &emulator.url,
            &["api", "ListVulScanTaskHost", "--task_id", &id, "--limit", "10", "--offset", offset],
        ))
        .json();
        assert_eq!(page, json!({"total_num": 23, "data_list": []}));
        let ran = run(&mut hss_at(&emulator.url, &["scan", "hosts", &id, "--offset", offset]));
        assert_eq!((ran.printed().lines().count(), ran.stderr.as_str()), (1, "0 of 23 servers\n"));
    }
    for offset in ["-1", "abc", "2147483648"] {
        let ran =
            run(&mut hss_at(&emulator.url, &["api", "ListVulScanTaskHost", "--task_id", &id, "--offset", offset]));
        assert!(ran.failed_with(2).contains("expected a whole number from 0 to 2000000"), "{}", ran.stderr);
    }
    let twice = ["api", "ListVulScanTaskHost", "--task_id", &id, "--offset", "0", "--offset", "10"];
    run(&mut hss_at(&emulator.url, &twice)).failed_with(2);
}
