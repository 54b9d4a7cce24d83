//! Tests that signals end the program in any state.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hss_emulator::{Fault, Place};

use crate::canned::{self, Canned};
use crate::program::{Emulator, TASK, hss, hss_at, make_fifo, newest_task, signal};

const SIGNALS: [(&str, i32, &str); 2] = [("INT", 130, "interrupted"), ("TERM", 143, "terminated")];

fn spawn(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Returns the exit status and standard error. Standard output is not read, and standard input stays open until the
/// end.
fn ended(mut child: Child) -> (Option<i32>, String) {
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code(), said)
}

/// Reads standard error until this text appears.
fn read_until(child: &mut Child, text: &str) {
    let (mut said, mut byte) = (Vec::new(), [0]);
    while !String::from_utf8_lossy(&said).contains(text) {
        child.stderr.as_mut().unwrap().read_exact(&mut byte).unwrap();
        said.extend_from_slice(&byte);
    }
}

#[test]
fn a_signal_ends_a_hanging_request() {
    for (name, status, word) in SIGNALS {
        for arguments in [
            &["scan", "list"][..],
            &["scan", "show", TASK],
            &["scan", "wait", TASK],
            &["scan", "start", "--all-hosts"],
            &["scan", "rescan", TASK, "--failed"],
            &["scan", "report", TASK, "--html", "-"],
            &["api", "ListVulScanTask"],
        ] {
            let server = Canned::new([Fault { stall: Some(Place::Request), ..Fault::default() }]);
            let mut child = spawn(hss_at(&server.url, arguments).arg("-v"));
            read_until(&mut child, "calling ");
            signal(name, child.id());
            let (code, said) = ended(child);
            assert_eq!(code, Some(status), "{name} {arguments:?}: {said}");
            assert!(said.contains(&format!("error: {word}.")), "{said}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_reading_a_blocking_credentials_file() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".huaweicloud")).unwrap();
    make_fifo(&home.path().join(".huaweicloud/credentials"));
    let server = Canned::new([]);
    for arguments in [&["scan", "list"][..], &["scan", "hosts", TASK], &["scan", "show", TASK]] {
        let command = || {
            let mut command = hss_at(&server.url, arguments);
            command.env_remove("HW_AUTH_TOKEN").env("HOME", home.path());
            command
        };
        let (code, said) = ended(spawn(command().args(["--timeout", "100ms"])));
        assert_eq!(code, Some(5), "{arguments:?}: {said}");
        for (name, status, word) in SIGNALS {
            let mut child = spawn(&mut command());
            signal_once_it_listens(name, &mut child);
            let (code, said) = ended(child);
            assert_eq!(code, Some(status), "{name} {arguments:?}: {said}");
            assert!(said.contains(&format!("error: {word}.")), "{said}");
        }
    }
}

/// Starts a service that responds to the first two pages of a listing of 1000 servers, and never to the third.
fn stalled_listing() -> Canned {
    let stall = Fault {
        operation: Some("ListVulScanTaskHost".to_owned()),
        page: Some(3),
        stall: Some(Place::Request),
        ..Fault::default()
    };
    canned::on_emulator(1000, vec![stall])
}

#[test]
fn a_signal_ends_a_listing_between_pages() {
    for (name, status, word) in SIGNALS {
        let emulator = stalled_listing();
        let task = newest_task(&emulator.url);
        let mut child = spawn(&mut hss_at(&emulator.url, &["scan", "hosts", &task, "-o", "csv", "-v"]));
        read_until(&mut child, "200 rows after 200");
        signal(name, child.id());
        let (code, said) = ended(child);
        assert_eq!(code, Some(status), "{said}");
        assert!(said.contains(&format!("error: {word}. 400 of 1000 servers were read")), "{said}");
        assert!(!said.contains("again to continue"), "{said}");
    }
}

#[test]
fn an_interrupted_listing_with_a_checkpoint_says_how_to_continue() {
    let emulator = stalled_listing();
    let task = newest_task(&emulator.url);
    let directory = tempfile::tempdir().unwrap();
    for (index, is_signal) in [true, false].into_iter().enumerate() {
        let file = directory.path().join(index.to_string());
        let mut command = hss_at(&emulator.url, &["scan", "hosts", &task, "-o", "csv", "-v", "--checkpoint"]);
        let mut child = spawn(command.arg(file).args(if is_signal { &[][..] } else { &["--timeout", "2s"] }));
        read_until(&mut child, "200 rows after 200");
        if is_signal {
            signal("INT", child.id());
        }
        let (code, said) = ended(child);
        assert_eq!(code, Some(if is_signal { 130 } else { 5 }), "{said}");
        assert!(said.ends_with(". Run the same command again to continue.\n"), "{said}");
    }
}

#[test]
fn an_interrupted_server_lookup_reports_that_nothing_was_started() {
    for (arguments, said) in [
        (&["scan", "start", "web-1"][..], "No scan was started."),
        (&["scan", "rescan", TASK, "web-1"], "No scan was started."),
    ] {
        let server = Canned::new([Fault { stall: Some(Place::Request), ..Fault::default() }]);
        let mut child = spawn(hss_at(&server.url, arguments).arg("-v"));
        read_until(&mut child, "calling ");
        // At this point the program listens for signals, and has sent the first request or is about to.
        signal("INT", child.id());
        let (code, text) = ended(child);
        assert_eq!(code, Some(130), "{text}");
        assert!(text.ends_with(&format!("error: interrupted. {said}\n")), "{text}");
    }
}

#[test]
fn a_signal_ends_reading_standard_input() {
    let commands = [
        &["scan", "start", "--hosts-from", "-"][..],
        &["scan", "list", "--token-file", "-"],
        &["api", "CreateVulnerabilityScanTask", "--body", "-"],
    ];
    let server = Canned::new([]);
    for ((name, status, word), arguments) in SIGNALS.into_iter().cycle().zip(commands) {
        let mut child = spawn(hss_at(&server.url, arguments).stdin(Stdio::piped()));
        signal_once_it_listens(name, &mut child);
        assert_eq!(ended(child), (Some(status), format!("error: {word}.\n")), "{arguments:?}");
    }
    let child = spawn(hss_at(&server.url, commands[0]).args(["--timeout", "100ms"]).stdin(Stdio::piped()));
    assert_eq!(ended(child), (Some(5), "error: timed out after 100ms (--timeout)\n".to_owned()));
    assert_eq!(server.requests(), [""; 0]);
}

/// Sends a signal after the program has installed its handlers. Before that, the signal would end it. Linux lists the
/// handled signals.
fn signal_once_it_listens(name: &str, child: &mut Child) {
    let number = if name == "INT" { 2 } else { 15 };
    let status = format!("/proc/{}/status", child.id());
    let listens = || {
        let text = std::fs::read_to_string(&status).ok()?;
        let mask = text.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
        Some(u64::from_str_radix(mask.trim(), 16).ok()? & (1 << (number - 1)) != 0)
    };
    while !listens().unwrap_or(true) {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it listened");
        std::thread::yield_now();
    }
    if !cfg!(target_os = "linux") {
        std::thread::sleep(Duration::from_secs(1));
    }
    signal(name, child.id());
}

#[test]
fn a_signal_ends_writing_to_a_full_pipe() {
    let emulator = Emulator::start(&["--hosts", "5000", "-q"]);
    let task = newest_task(&emulator.url);
    for ((name, status, word), format) in SIGNALS.into_iter().cycle().zip(["ndjson", "json", "csv", "table"]) {
        let mut child = spawn(&mut hss_at(&emulator.url, &["scan", "hosts", &task, "-o", format]));
        // After the first byte, the program is filling the pipe.
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        signal(name, child.id());
        assert_eq!(ended(child), (Some(status), format!("error: {word}.\n")), "{format}");
    }
}

#[test]
fn a_signal_ends_waiting_for_the_reader_of_a_fifo() {
    let directory = tempfile::tempdir().unwrap();
    let fifo = directory.path().join("fifo");
    make_fifo(&fifo);
    for (name, status, word) in SIGNALS {
        let emulator = Canned::serve(hss_emulator::Emulator::builder());
        let report = ["scan", "report", TASK, "--html", fifo.to_str().unwrap(), "-v"];
        let mut child = spawn(&mut hss_at(&emulator.url, &report));
        read_until(&mut child, "1 row after 0");
        signal(name, child.id());
        let (code, said) = ended(child);
        assert_eq!(code, Some(status), "{said}");
        assert!(said.contains(&format!("error: {word}.")), "{said}");
    }
}

#[test]
fn a_signal_ends_the_emulator_silently() {
    for (name, status, _) in SIGNALS {
        let mut emulator = spawn(&mut hss(&["emulator"]));
        // The emulator is ready after the first line.
        emulator.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        signal(name, emulator.id());
        assert_eq!(ended(emulator), (Some(status), String::new()), "{name}");
    }
}

/// Sends a request that takes much space in the log of the emulator.
fn ask_for_something_long(url: &str) {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let request = format!("GET /{} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", "x".repeat(7_000));
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 404 "), "{}", String::from_utf8_lossy(&answer));
}

/// Returns the address of an emulator that was just started.
fn url_of(emulator: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(emulator.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    line.trim().strip_prefix("listening on ").unwrap().to_owned()
}

#[test]
fn an_emulator_with_an_unread_log_serves_and_stops() {
    for (name, status, _) in SIGNALS {
        let mut emulator = spawn(&mut hss(&["emulator"]));
        let url = url_of(&mut emulator);
        // This number of lines exceeds the capacity of the pipe and the queue.
        for _ in 0..1_200 {
            ask_for_something_long(&url);
        }
        signal(name, emulator.id());
        assert_eq!(emulator.wait().unwrap().code(), Some(status), "{name}");
    }
    let mut emulator = spawn(&mut hss(&["emulator", "--timeout", "2s"]));
    let url = url_of(&mut emulator);
    for _ in 0..20 {
        ask_for_something_long(&url);
    }
    assert_eq!(emulator.wait().unwrap().code(), Some(5));
}

#[test]
fn a_log_that_is_read_late_counts_its_dropped_requests() {
    let mut emulator = spawn(&mut hss(&["emulator"]));
    let url = url_of(&mut emulator);
    for _ in 0..1_200 {
        ask_for_something_long(&url);
    }
    // Reading lets the log thread continue. It writes the last lines when the emulator is terminated.
    let log = emulator.stderr.take().unwrap();
    let process = emulator.id();
    let lines: Vec<_> = BufReader::new(log)
        .lines()
        .map(Result::unwrap)
        .enumerate()
        .inspect(|(number, _)| {
            if *number == 1_000 {
                signal("TERM", process);
            }
        })
        .map(|(_, line)| line)
        .collect();
    assert_eq!(emulator.wait().unwrap().code(), Some(143));
    let lacking: usize = lines
        .iter()
        .filter_map(|line| line.strip_prefix("requests missing in this log because it was not read fast enough: "))
        .map(|count| count.parse::<usize>().unwrap())
        .sum();
    let logged = lines.iter().filter(|line| line.starts_with("GET /xxx")).count();
    assert!(lacking > 0);
    assert_eq!(logged + lacking, 1_200);
}

#[test]
fn a_signal_ends_waiting_for_endless_informational_responses() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let hints = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(4_000);
                while stream.write_all(hints.as_bytes()).is_ok() {}
            });
        }
    });
    for (name, status, word) in SIGNALS {
        for arguments in [&["scan", "list"][..], &["scan", "hosts", TASK]] {
            let mut child = spawn(hss_at(&url, arguments).arg("-v"));
            read_until(&mut child, "calling ");
            signal(name, child.id());
            let (code, said) = ended(child);
            assert_eq!(code, Some(status), "{name} {arguments:?}: {said}");
            assert!(said.contains(&format!("error: {word}.")), "{said}");
        }
    }
    let (code, said) = ended(spawn(hss_at(&url, &["scan", "list"]).args(["--timeout", "300ms"])));
    assert_eq!(code, Some(5), "{said}");
}
