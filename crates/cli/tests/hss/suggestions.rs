//! Errors of the command line: what is invalid, what was expected, and a suggestion. Nothing is sent.

use crate::program::{Emulator, TASK, hss, run};

/// Returns the error of `hss` for invalid arguments. No project or endpoint is set: an error must not depend on them.
#[track_caller]
fn refused(arguments: &[&str]) -> String {
    run(&mut hss(arguments)).failed_with(2).to_owned()
}

#[test]
fn suggests_the_value_that_differs_only_in_case() {
    for value in ["FAILED", "Failed", "faiLed"] {
        assert_eq!(
            refused(&["scan", "hosts", TASK, "--status", value]),
            format!(
                "error: invalid status \"{value}\": expected scanning, success or failed\n\n  \
                 tip: a similar value exists: \"failed\"\n\nFor more information, try '--help'.\n"
            )
        );
    }
    assert!(refused(&["scan", "list", "-o", "JSON"]).contains("tip: a similar value exists: \"json\""));
    assert!(refused(&["scan", "start", "--all-hosts", "--type", "linux-vul"]).contains("\"linux_vul\""));
    // A value that resembles none has no suggestion.
    assert!(!refused(&["scan", "hosts", TASK, "--status", "x"]).contains("tip"));
}

#[test]
fn suggests_only_similar_names_that_the_command_uses() {
    for (arguments, suggested) in [
        (&["emulator", "--port", "80"][..], None),
        (&["emulator", "--demos"], None),
        (&["scan", "list", "--checkpoint", "x"], None),
        (&["completions", "tcsh"], None),
        (&["start"], None),
        (&["scan", "list", "--regoin", "r"], Some("'--region'")),
        (&["scan", "hosts", TASK, "--page", "10"], Some("'--page-size'")),
        (&["scan", "lits"], Some("'list'")),
        (&["completions", "bsh"], Some("\"bash\"")),
        (&["api", "ListVulScanTask", "--limt", "10"], Some("'--limit'")),
    ] {
        let text = refused(arguments);
        let tips: Vec<_> = text.lines().filter(|line| line.contains("exist")).collect();
        match suggested {
            None => assert!(tips.is_empty(), "{text}"),
            Some(suggested) => assert!(tips.len() == 1 && tips[0].contains(suggested), "{text}"),
        }
    }
    let text = refused(&["scan", "list", "--checkpoint", "x"]);
    assert!(text.contains("Usage: hss scan list [OPTIONS]\n"), "{text}");
}

#[test]
fn sends_nothing_for_an_invalid_value_or_a_missing_one() {
    let emulator = Emulator::start(&[]);
    for arguments in [
        &["scan", "hosts", TASK, "--status", "FAILED"][..],
        &["scan", "start"],
        &["scan", "rescan", TASK],
        &["api", "ListVulScanTaskHost"],
        &["api", "CreateVulnerabilityScanTask"],
        &["scan", "hosts", TASK, "--query", "data_list[?"],
    ] {
        let mut command = hss(&["--endpoint", &emulator.url, "--project-id", "p"]);
        run(command.args(arguments).env("HW_AUTH_TOKEN", "t")).failed_with(2);
    }
    assert_eq!(emulator.stop(), [""; 0]);
}

#[test]
fn suggests_an_address_to_listen_on() {
    for (value, suggested) in [
        ("8080", "127.0.0.1:8080"),
        (":9000", "127.0.0.1:9000"),
        ("localhost:9000", "127.0.0.1:9000"),
        ("127.0.0.1", "127.0.0.1:8080"),
        ("", "127.0.0.1:8080"),
    ] {
        let expected = format!("invalid listen \"{value}\": expected an IP address and a port, such as {suggested}\n");
        let text = refused(&["emulator", "--listen", value]);
        assert!(text.contains(&expected), "{value}: {text}");
    }
}

#[test]
fn suggests_allow_remote_for_an_address_that_other_machines_can_reach() {
    for address in ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:8080"] {
        assert_eq!(
            refused(&["emulator", "--listen", address]),
            format!(
                "error: cannot start the emulator: other machines can reach {address}. Add --allow-remote to accept \
                 their requests, or use 127.0.0.1:8080.\n"
            )
        );
    }
}

#[test]
fn the_rate_of_the_emulator_is_a_quota() {
    for rate in ["5", "adaptive"] {
        let text = refused(&["emulator", "--rate", rate]);
        assert!(text.starts_with(&format!("error: invalid rate \"{rate}\": expected N/min, N/s or off\n")), "{text}");
    }
    let text = refused(&["emulator", "--rates", "5/min"]);
    assert!(text.contains("exists: '--rate'") && text.contains("Usage: hss emulator "), "{text}");
    let help = run(&mut hss(&["emulator", "--help"]));
    assert!(help.printed().contains("Quota by operation and caller"), "{help:?}");
}

#[test]
fn names_the_ways_to_choose_servers() {
    let text = refused(&["scan", "start"]);
    assert!(text.contains("<SERVER|--all-hosts|--hosts-from <FILE>>"), "{text}");
    let text = refused(&["scan", "rescan", TASK]);
    assert!(text.contains("<SERVER|--failed>"), "{text}");
    // Servers of both sources are scanned.
    let text = run(&mut hss(&["--demo", "scan", "start", "web-1", "--hosts-from", "/none/file"]));
    assert!(text.failed_with(2).contains("cannot read"), "{text:?}");
}

#[test]
fn names_a_missing_parameter_before_it_looks_for_an_endpoint() {
    for (operation, parameters) in [
        ("ListVulScanTaskHost", &["--task_id <VALUE>"][..]),
        ("list_vul_scan_task_host", &["--task_id <VALUE>"]),
        ("RecreateVulScanTask", &["--task_id <VALUE>", "--body <FILE>"]),
    ] {
        let text = refused(&["api", operation]);
        assert!(parameters.iter().all(|parameter| text.contains(&format!("\n  {parameter}"))), "{text}");
        assert!(!text.contains("endpoint") && !text.contains("region"), "{text}");
    }
}

#[test]
fn shows_an_example_of_a_missing_body() {
    for (operation, example) in [
        ("CreateVulnerabilityScanTask", r#"{"manual_scan_type":["linux_vul"],"#),
        ("create_vulnerability_scan_task", r#"{"manual_scan_type":["linux_vul"],"#),
        ("ShowVulScanTaskEstimatedTime", r#"{"manual_scan_type":["linux_vul"],"range_type":"all_host"}"#),
    ] {
        let text = refused(&["api", operation]);
        assert!(text.contains("\n  --body <FILE>\n"), "{text}");
        assert!(text.contains(&format!("\n  tip: example of a request body: {example}")), "{text}");
    }
    let text = refused(&["api", "RecreateVulScanTask", "--task_id", TASK]);
    assert!(text.contains(r#"tip: example of a request body: {"range_type":"all_failed_host"}"#), "{text}");
    assert!(!text.contains("--task_id <VALUE>\n\n"), "{text}");
}

#[test]
fn shows_the_position_of_a_query_error_below_the_expression() {
    for (query, expected) in [
        (
            "data_list[?",
            "error: invalid query: expected a field, a function or a value, found the end\n\n  \
             data_list[?\n             ^\n\nFor more information, try '--help'.\n",
        ),
        (
            "data_list[?a = 'b']",
            "error: invalid query: expected == in place of =\n\n  \
             data_list[?a = 'b']\n               ^\n\nFor more information, try '--help'.\n",
        ),
        // Only the line with the error is shown.
        (
            "data_list |\n nope(@)",
            "error: invalid query: undefined function nope\n\n   \
             nope(@)\n       ^\n\nFor more information, try '--help'.\n",
        ),
        (
            "a\u{1b}[",
            "error: invalid query: unexpected character\n\n  \
             a\\u{1b}[\n   ^\n\nFor more information, try '--help'.\n",
        ),
    ] {
        assert_eq!(refused(&["scan", "list", "--query", query]), expected);
    }
}

#[test]
fn escapes_hidden_characters_of_an_invalid_value_once() {
    let text = refused(&["scan", "list", "--rate", "5\u{1b}"]);
    assert!(text.starts_with("error: invalid rate \"5\\u{1b}\": expected adaptive, off, N/min or N/s\n"), "{text}");
}

#[test]
fn help_names_the_columns_of_each_listing() {
    for command in [
        &["scan", "hosts", TASK][..],
        &["scan", "hosts", TASK, "--group-by", "cause"],
        &["scan", "list"],
        &["scan", "show", TASK],
        &["scan", "wait", TASK],
        &["scan", "start", "web-1"],
        &["scan", "rescan", TASK, "web-1"],
        &["api", "--list"],
        &["auth", "status"],
    ] {
        // The operations are listed without a service.
        let demo = if command.starts_with(&["api"]) { &[][..] } else { &["--demo"] };
        let text = run(hss(demo).args(command).args(["--columns", "nope"])).failed_with(2).to_owned();
        let (_, columns) = text.trim_end().split_once(": expected ").unwrap();
        let path = command.iter().take_while(|word| **word != TASK && **word != "web-1" && !word.starts_with('-'));
        let help = run(hss(&[]).args(path).arg("--help"));
        let words = help.printed().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(columns), "{command:?}: {columns}: {words}");
    }
}
