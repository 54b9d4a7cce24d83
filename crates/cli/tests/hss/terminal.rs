//! Tests of the output on a terminal: progress, widths, colours, and the state after an interrupt.

use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::process::Stdio;
use std::time::Duration;

use hss_emulator::{Auth, Fault, Place};
use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};
use rustix::termios::{LocalModes, tcgetattr};
use serde_json::json;

use crate::canned::{self, Canned};
use crate::hostile::ACTING;
use crate::program::{Emulator, TASK, hss, hss_at, newest_task, run, signal};

/// The result of a run on a terminal.
struct Seen {
    status: Option<i32>,
    /// All bytes written to the terminal.
    bytes: String,
    /// The final content of the screen.
    screen: String,
    /// Standard output, if it is not the terminal.
    stdout: String,
    /// Whether echo and line mode are enabled after the program has ended.
    is_usual: bool,
}

struct Terminal {
    columns: u16,
    /// Whether standard output is also the terminal.
    shows_data: bool,
    /// The text at which the program is interrupted.
    interrupt_at: Option<&'static str>,
    environment: Vec<(&'static str, &'static str)>,
    /// The text at which input is typed, and the input.
    typed_at: Option<(&'static str, String)>,
}

impl Default for Terminal {
    fn default() -> Self {
        Self { columns: 100, shows_data: true, interrupt_at: None, environment: Vec::new(), typed_at: None }
    }
}

impl Terminal {
    fn run(&self, url: &str, arguments: &[&str]) -> Seen {
        let (mut terminal, process_side) = open().unwrap();
        terminal.resize(Size::new(24, self.columns)).unwrap();
        let service = ["--endpoint", url, "--project-id", "p", "--max-attempts", "1", "--concurrency", "1"];
        // This command refuses options for requests.
        let service = if arguments.first() == Some(&"man") { &[][..] } else { &service };
        let mut command = Command::new(env!("CARGO_BIN_EXE_hss"))
            .env_clear()
            .env("HW_AUTH_TOKEN", "t")
            .env("TERM", "xterm")
            .envs(self.environment.iter().copied())
            .args(service)
            .args(arguments);
        if !self.shows_data {
            command = command.stdout(Stdio::piped());
        }
        let mut child = command.spawn(process_side).unwrap();
        let stdout = child.stdout.take().map(|mut pipe| {
            std::thread::spawn(move || {
                let mut text = String::new();
                pipe.read_to_string(&mut text).unwrap();
                text
            })
        });
        let bytes = self.watch(&mut terminal, child.id());
        let status = child.wait().unwrap().code();
        let modes = tcgetattr(&terminal).unwrap().local_modes;
        let size = [24, self.columns].map(|length| NonZero::new(length).unwrap());
        let mut screen = vt100::Parser::new(size[0], size[1], 10_000);
        screen.process(bytes.as_bytes());
        Seen {
            status,
            screen: screen.screen().contents(),
            stdout: stdout.map(|thread| thread.join().unwrap()).unwrap_or_default(),
            bytes,
            is_usual: modes.contains(LocalModes::ECHO | LocalModes::ICANON),
        }
    }

    /// Reads until the program has closed the terminal. Types input and interrupts the program at the configured texts.
    fn watch(&self, terminal: &mut Pty, process: u32) -> String {
        let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
        let mut interrupt_at = self.interrupt_at;
        let mut typed_at = self.typed_at.as_ref();
        // The system reports a closed terminal as an error.
        while let Ok(length @ 1..) = terminal.read(&mut buffer) {
            bytes.extend_from_slice(&buffer[..length]);
            if let Some((_, keys)) = typed_at.take_if(|(text, _)| String::from_utf8_lossy(&bytes).contains(text)) {
                terminal.write_all(keys.as_bytes()).unwrap();
            }
            if interrupt_at.is_some_and(|text| String::from_utf8_lossy(&bytes).contains(text)) {
                interrupt_at = None;
                // Wait until the program has sent its next request, which is not visible.
                std::thread::sleep(Duration::from_millis(200));
                // Typing Ctrl-C would also discard output that the terminal has not shown yet.
                signal("INT", process);
            }
        }
        String::from_utf8(bytes).unwrap()
    }
}

#[test]
fn progress_is_shown_and_removed_on_standard_error() {
    let emulator = Emulator::start(&["--hosts", "1000", "--latency", "300ms"]);
    let task = newest_task(&emulator.url);
    let seen = Terminal { shows_data: false, ..Terminal::default() }
        .run(&emulator.url, &["scan", "hosts", &task, "-o", "ndjson"]);
    assert_eq!(seen.status, Some(0));
    for said in ["requesting the first page", "page 2 of 5, 400 of 1000 servers, "] {
        assert!(seen.bytes.contains(said), "{said}: {}", seen.bytes);
    }
    assert_eq!(seen.screen.trim(), "", "it is gone at the end");
    assert_eq!(seen.stdout.lines().count(), 1000);
    assert!(seen.stdout.lines().all(|line| line.starts_with('{') && line.ends_with('}')));

    // Pages that arrive faster than the redraw interval also update the line.
    let fast = Emulator::start(&["--hosts", "2000", "--latency", "60ms"]);
    let task_of_fast = newest_task(&fast.url);
    let seen = Terminal { shows_data: false, ..Terminal::default() }
        .run(&fast.url, &["scan", "hosts", &task_of_fast, "-o", "ndjson"]);
    assert!(seen.bytes.contains(" of 10, ") && seen.screen.trim().is_empty(), "{}", seen.bytes);

    let quiet =
        Terminal::default().run(&emulator.url, &["scan", "hosts", &task, "-o", "json", "-q", "--query", "total_num"]);
    assert_eq!((quiet.status, quiet.bytes.as_str()), (Some(0), "1000\r\n"));
}

#[test]
fn progress_shows_the_reason_of_a_wait() {
    let emulator = Emulator::start(&["--hosts", "1000", "--rate", "2/s"]);
    let task = newest_task(&emulator.url);
    let waiting = Terminal { shows_data: false, ..Terminal::default() };
    let seen = waiting.run(&emulator.url, &["scan", "hosts", &task, "-o", "ndjson", "--rate", "2/s"]);
    assert_eq!((seen.status, seen.stdout.lines().count()), (Some(0), 1000));
    assert!(
        seen.bytes.contains("400 of 1000 servers") && seen.bytes.contains("waiting 1 s for the quota"),
        "{}",
        seen.bytes
    );
}

#[test]
fn a_wait_comes_first_on_a_narrow_terminal() {
    let emulator = Emulator::start(&["--hosts", "400"]);
    let task = newest_task(&emulator.url);
    // The fourth page has to wait for almost a minute.
    let hosts = ["scan", "hosts", &task, "--page-size", "10", "--rate", "3/min", "--timeout", "2s", "-o", "ndjson"];
    for columns in [40, 80] {
        let seen = Terminal { columns, shows_data: false, ..Terminal::default() }.run(&emulator.url, &hosts);
        assert_eq!((seen.status, seen.stdout.lines().count()), (Some(5), 30), "{}", seen.bytes);
        let waits: Vec<_> =
            seen.bytes.split('\r').filter(|line| line.contains(" s for the quota; page 3 of 40")).collect();
        assert!(!waits.is_empty(), "{:?}", seen.bytes);
        for wait in waits {
            assert!(wait.contains("waiting ") && !wait.contains("a second"), "{wait:?}");
        }
    }

    // Without a progress line, one message per wait, although several pages are prefetched.
    let listing = |more: &[&str]| {
        let mut command = hss(&["--endpoint", &emulator.url, "--project-id", "p", "--concurrency", "4"]);
        run(command.args(hosts).args(more).env("HW_AUTH_TOKEN", "t"))
    };
    let ran = listing(&[]);
    let waits: Vec<_> = ran.stderr.lines().filter(|line| line.contains("waiting")).collect();
    assert_eq!((ran.status, waits.len()), (Some(5), 1), "{}", ran.stderr);
    assert!(
        waits[0].starts_with("ListVulScanTaskHost: waiting ") && waits[0].ends_with(" s for the quota"),
        "{waits:?}"
    );
    assert!(!listing(&["-q"]).stderr.contains("waiting"));
    let short = run(&mut hss_at(
        &emulator.url,
        &["scan", "hosts", &task, "--page-size", "100", "--rate", "2/s", "-o", "ndjson"],
    ));
    assert!(!short.stderr.contains("waiting"), "{}", short.stderr);
}

#[test]
fn ids_are_shown_in_full_on_every_terminal() {
    let emulator = Emulator::start(&["--hosts", "60"]);
    let ids = |list: &[&str], id: &str| -> Vec<String> {
        let rows = run(hss_at(&emulator.url, list).args(["-o", "json"])).json();
        rows["data_list"].as_array().unwrap().iter().map(|row| row[id].as_str().unwrap().to_owned()).collect()
    };
    let task = newest_task(&emulator.url);
    let (tasks, hosts) = (["scan", "list"], ["scan", "hosts", &task, "--max", "10"]);
    let columns = [&hosts[..], &["--columns", "host_name,host_id,public_ip,causes"]].concat();
    let query =
        [&hosts[..], &["--query", "data_list[].{host_name: host_name, host_id: host_id, ip: private_ip}"]].concat();
    for (arguments, ids) in [
        (&tasks[..], ids(&tasks, "id")),
        (&["scan", "show", &task], vec![task.clone()]),
        (&columns, ids(&hosts, "host_id")),
        (&query, ids(&hosts, "host_id")),
    ] {
        for columns in [30, 40, 80, 120] {
            let seen = Terminal { columns, ..Terminal::default() }.run(&emulator.url, arguments);
            let shown = seen.bytes.split_whitespace().filter(|word| ids.iter().any(|id| id == word));
            assert_eq!(shown.count(), ids.len(), "{columns}: {}", seen.screen);
        }
    }
}

#[test]
fn the_most_useful_columns_remain_on_a_narrow_terminal() {
    let emulator = Emulator::start(&["--hosts", "60"]);
    let task = newest_task(&emulator.url);
    let hosts = ["scan", "hosts", &task, "--status", "failed"];
    let causes = ["scan", "hosts", &task, "--group-by", "cause"];
    for (arguments, columns, header) in [
        (&["scan", "list"][..], 40, "TASK ID STATUS"),
        (&["scan", "list"], 80, "TASK ID STATUS STARTED FAILED"),
        (&["scan", "list"], 120, "TASK ID STATUS STARTED ENDED SUCCESS FAILED SCANNING"),
        (&hosts, 40, "HOST NAME STATUS CAUSES"),
        (&hosts, 80, "HOST NAME PRIVATE IP STATUS CAUSES"),
        (&hosts, 120, "HOST NAME PUBLIC IP PRIVATE IP IMPORTANCE STATUS CAUSES"),
        (&causes, 40, "REASON SERVERS"),
        (&causes, 80, "VULNERABILITY TYPE REASON SERVERS"),
    ] {
        let seen = Terminal { columns, ..Terminal::default() }.run(&emulator.url, arguments);
        let first = seen.screen.lines().next().unwrap();
        assert_eq!(first.split_whitespace().collect::<Vec<_>>().join(" "), header, "{columns}: {}", seen.screen);
    }
}

#[test]
fn a_table_fits_the_terminal() {
    let emulator = Emulator::start(&["--hosts", "60"]);
    let task = newest_task(&emulator.url);
    let hosts = ["scan", "hosts", &task, "--status", "failed"];
    for (columns, header) in [
        (40, "HOST NAME       STATUS  CAUSES"),
        (70, "HOST NAME       PRIVATE IP   STATUS  CAUSES"),
        (300, "HOST NAME       PUBLIC IP    PRIVATE IP   IMPORTANCE  STATUS  CAUSES"),
    ] {
        let seen = Terminal { columns, ..Terminal::default() }.run(&emulator.url, &hosts);
        let first = seen.screen.lines().next().unwrap();
        assert_eq!(
            first.split_whitespace().collect::<Vec<_>>(),
            header.split_whitespace().collect::<Vec<_>>(),
            "{}",
            seen.screen
        );
        // The terminal would have wrapped a longer line.
        let rows: Vec<_> = seen.screen.lines().skip(1).take_while(|line| line.contains("failed")).collect();
        assert_eq!(rows.len(), 6, "{columns}: {}", seen.screen);
        assert_eq!(columns < 300, seen.screen.contains("hidden columns: "), "{}", seen.screen);
    }
    let wide = Terminal { columns: 300, ..Terminal::default() }
        .run(&emulator.url, &["scan", "hosts", &task, "--wide", "--max", "1"]);
    assert!(wide.screen.starts_with("HOST ID "), "{}", wide.screen);
}

#[test]
fn colours_depend_on_terminal_and_environment() {
    let emulator = Emulator::start(&[]);
    let red = "\u{1b}[31mfailed\u{1b}[0m";
    let run = |environment: &[(&'static str, &'static str)], shows_data| {
        let environment = environment.to_vec();
        Terminal { shows_data, environment, ..Terminal::default() }.run(&emulator.url, &["scan", "hosts", TASK])
    };
    assert!(run(&[], true).bytes.contains(red));
    for off in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")] {
        let seen = run(&[off], true);
        assert!(!seen.bytes.contains("\u{1b}[3") && seen.bytes.contains("failed"), "{off:?}: {}", seen.bytes);
    }
    assert!(!run(&[], false).stdout.contains('\u{1b}'));
    assert!(run(&[("CLICOLOR_FORCE", "1")], false).stdout.contains(red));
}

#[test]
fn text_of_a_server_is_escaped_on_a_terminal() {
    let hosts: Vec<_> = ACTING.iter().map(|name| serde_json::json!({"host_name": name})).collect();
    let body = serde_json::json!({"total_num": ACTING.len(), "data_list": hosts}).to_string();
    for format in ["table", "json", "ndjson", "csv", "tsv"] {
        let server = Canned::new([canned::json(200, &body)]);
        let seen = Terminal { environment: vec![("NO_COLOR", "1")], ..Terminal::default() }
            .run(&server.url, &["scan", "hosts", TASK, "-o", format, "-q"]);
        assert_eq!(seen.status, Some(0));
        let acting = seen
            .bytes
            .replace("\r\r\n", "")
            .replace("\r\n", "")
            .chars()
            .find(|c| c.is_control() && !matches!(c, '\n' | '\t') || *c == '\u{202e}');
        assert_eq!(acting, None, "{format}: {:?}", seen.bytes);
    }
}

#[test]
fn api_output_is_escaped_on_a_terminal_only() {
    let rescan = hss_openapi::example("RecreateVulScanTaskRequest").display().to_string();
    let names = json!({"total_num": 1, "data_list": ACTING}).to_string();
    // Control characters below U+0020 are escaped, as JSON requires. All others are unchanged.
    assert!(names.contains('\u{9b}') && names.contains('\u{202e}') && names.contains('\u{7f}'));
    let other = json!({"said": ACTING}).to_string();
    for (body, arguments) in [
        (names.replacen('{', "{\r\t", 1), vec!["api", "ListVulScanTask"]),
        // No response body is documented for this operation. A successful response is passed on.
        (other, vec!["api", "RecreateVulScanTask", "--task_id", TASK, "--body", &rescan]),
    ] {
        let server = Canned::new([canned::json(200, &body), canned::json(200, &body)]);
        let seen = Terminal { columns: 300, ..Terminal::default() }.run(&server.url, &arguments);
        assert_eq!(seen.status, Some(0), "{}", seen.bytes);
        let shown = seen.bytes.replace("\r\n", "");
        let acting = shown.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t') || *c == '\u{202e}');
        assert_eq!(acting, None, "{:?}", seen.bytes);
        assert!(shown.contains("\\u009b31m") && shown.contains("\\u202etxt"), "{shown}");
        let piped = Terminal { shows_data: false, ..Terminal::default() }.run(&server.url, &arguments);
        assert_eq!(piped.stdout, format!("{body}\n"));
    }
}

#[test]
fn raw_cells_are_escaped_on_a_terminal_only() {
    let rows: Vec<_> = ACTING.iter().map(|name| json!({"host_name": name, "scan_status": "=1"})).collect();
    let body = json!({"total_num": rows.len(), "data_list": rows}).to_string();
    for format in ["csv", "tsv"] {
        let server = Canned::new([canned::json(200, &body), canned::json(200, &body)]);
        let arguments = ["scan", "hosts", TASK, "-q", "-o", format, "--raw-csv", "--columns", "host_name,scan_status"];
        let seen = Terminal { columns: 300, ..Terminal::default() }.run(&server.url, &arguments);
        assert_eq!(seen.status, Some(0), "{}", seen.bytes);
        let shown = seen.bytes.replace("\r\r\n", "\n").replace("\r\n", "\n");
        let acting = shown.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t') || *c == '\u{202e}');
        assert_eq!(acting, None, "{:?}", seen.bytes);
        assert!(shown.contains(r"\u{1b}[2J") && shown.contains("=1") && !shown.contains("'=1"), "{shown}");
        if format == "csv" {
            let piped = Terminal { shows_data: false, ..Terminal::default() }.run(&server.url, &arguments);
            assert!(piped.stdout.contains("\u{1b}[2J\u{1b}[1;1Hfake,=1\r\n"), "{}", piped.stdout);
        }
    }
}

#[test]
fn an_interrupt_ends_a_listing_and_reports_its_progress() {
    let slow = || Fault {
        operation: Some("ListVulScanTaskHost".to_owned()),
        page: Some(3),
        stall: Some(Place::Request),
        ..Fault::default()
    };
    for (format, at, left) in [("json", "page 2 of 5", ""), ("ndjson", "page 2 of 5", "{")] {
        let emulator = canned::on_emulator(1000, vec![slow()]);
        let task = newest_task(&emulator.url);
        let seen = Terminal { shows_data: false, interrupt_at: Some(at), ..Terminal::default() }
            .run(&emulator.url, &["scan", "hosts", &task, "-o", format]);
        assert_eq!(seen.status, Some(130), "{}", seen.bytes);
        assert!(
            seen.screen
                .trim_start()
                .starts_with("error: interrupted. 400 of 1000 servers were read; the list is incomplete."),
            "{:?}",
            seen.bytes
        );
        assert!(seen.stdout.starts_with(left) && (left.is_empty() == seen.stdout.is_empty()), "{}", seen.stdout);
    }
}

#[test]
fn an_interrupted_call_reports_that_it_may_have_been_executed() {
    for (arguments, said) in [
        (
            &["scan", "start", "--all-hosts", "-v"][..],
            "error: interrupted. The scan may have started: see hss --endpoint URL --project-id p scan list --max 5",
        ),
        (
            &["scan", "rescan", TASK, "--failed", "-v"],
            "error: interrupted. The scan may have started: see hss --endpoint URL --project-id p scan show",
        ),
        (&["scan", "list", "-v"], "error: interrupted. 0 tasks were read; the list is incomplete."),
        (&["scan", "show", TASK, "-v"], "error: interrupted."),
        (&["api", "ListVulScanTask", "-v"], "error: interrupted."),
    ] {
        let server = Canned::new([Fault { stall: Some(Place::Request), ..Fault::default() }]);
        let seen = Terminal { interrupt_at: Some("calling "), columns: 200, ..Terminal::default() }
            .run(&server.url, arguments);
        assert_eq!(seen.status, Some(130), "{}", seen.bytes);
        assert!(seen.screen.replace(&server.url, "URL").contains(said), "{said}: {}", seen.screen);
    }
}

#[test]
fn a_typed_token_is_not_echoed_and_the_terminal_is_restored() {
    // Longer than the line limit of a terminal.
    let token = format!("SENTINEL{}", "x".repeat(6000));
    let list = ["scan", "list", "-o", "json", "--query", "total_num", "--token-file"];
    let typed = |keys: String, arguments: &[&str]| {
        let emulator = hss_emulator::Emulator::builder().auth(Auth::Token).token(&token);
        let server = Canned::serve(emulator);
        let seen = Terminal { typed_at: Some(("press Enter:", keys)), ..Terminal::default() }
            .run(&server.url, &[&list[..], arguments].concat());
        assert!(seen.is_usual && !seen.bytes.contains("SENTINEL"), "{}", seen.bytes);
        (seen.status, seen.screen.lines().last().unwrap_or_default().to_owned())
    };
    assert_eq!(typed(format!("{token}\r"), &["-"]), (Some(0), "12".to_owned()));
    assert_eq!(typed(format!("{token}\r"), &["/dev/tty"]), (Some(0), "12".to_owned()));
    assert_eq!(typed(format!("wrong\u{15}{token}y\u{7f}\n"), &["-"]), (Some(0), "12".to_owned()));
    assert_eq!(typed("SENTINEL\u{3}".to_owned(), &["-"]), (Some(130), "error: interrupted.".to_owned()));
    let late = "error: timed out after 500ms (--timeout)".to_owned();
    assert_eq!(typed("SENTINEL".to_owned(), &["-", "--timeout", "500ms"]), (Some(5), late));
}

#[test]
fn hidden_characters_in_arguments_are_escaped() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(&[]);
    let acting = "\u{1b}]0;title\u{7}\u{202e}\u{9b}31m\n\u{ad}";
    let path = directory.path().join(format!("report{}", acting.replace('/', "-")));
    let path = path.to_str().unwrap();
    for (arguments, status, said) in [
        (&["scan", "report", TASK, "--html", path][..], 0, "written to"),
        (&["man", path], 0, "written to"),
        (&[acting], 2, "unrecognized subcommand"),
        (&["scan", "list", "--rate", acting], 2, "invalid rate"),
        (&["scan", "list", &format!("--{acting}")], 2, "unexpected argument"),
        (&["scan", "list", "--columns", acting], 2, "of tasks: expected"),
        (&["scan", "list", "--token-file", acting], 2, "cannot read"),
        (&["scan", "list", "--region", acting], 2, "invalid region"),
    ] {
        std::fs::remove_file(path).ok();
        let seen = Terminal { environment: vec![("NO_COLOR", "1")], columns: 300, ..Terminal::default() }
            .run(&emulator.url, arguments);
        assert_eq!(seen.status, Some(status), "{arguments:?}: {}", seen.bytes);
        let shown = seen.bytes.replace("\r\n", "\n");
        let hidden = shown.chars().find(|c| c.is_control() && *c != '\n' || matches!(c, '\u{202e}' | '\u{ad}'));
        assert_eq!(hidden, None, "{arguments:?}: {:?}", seen.bytes);
        let line = shown.lines().find(|line| line.contains(said));
        assert!(line.is_some_and(|line| line.contains(r"\u{1b}]0;title\u{7}\u{202e}\u{9b}31m")), "{shown}");
    }
}

#[test]
fn a_file_is_not_written_to_a_terminal() {
    let emulator = Emulator::start(&[]);
    let call = ["api", "ListDownloadExportedFile", "--file_id", "f"];
    let seen = Terminal::default().run(&emulator.url, &call);
    assert_eq!(seen.status, Some(2));
    let said = "cannot write the response to a terminal: it is a file. Use --output-file FILE";
    assert!(seen.bytes.contains(said), "{}", seen.bytes);
    assert_eq!(Terminal::default().run(&emulator.url, &[&call[..], &["--dry-run"]].concat()).status, Some(0));
    assert_eq!(emulator.stop(), [""; 0]);
}
