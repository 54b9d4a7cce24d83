//! Tests of readers that close the pipe.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hss_emulator::{Attempts, Fault};

use crate::canned;
use crate::program::{Emulator, hss, hss_at, newest_task, run};

/// Reads the first line, closes the pipe, and waits for the program to end.
#[track_caller]
fn first_line_alone(command: &mut Command) -> String {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let status = child.wait().unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(
        (status.code(), stderr.as_str()),
        (Some(0), ""),
        "a reader that goes away is no failure, and not worth a word"
    );
    line
}

#[test]
fn a_reader_that_closes_early_is_not_an_error() {
    let emulator = Emulator::start(&["--hosts", "5000", "-q"]);
    let tasks = run(&mut hss_at(&emulator.url, &["scan", "list", "--max", "1", "-o", "json"])).json();
    let task = tasks["data_list"][0]["id"].as_str().unwrap();
    for (format, first) in [
        ("table", "HOST NAME "),
        ("json", "{\n"),
        ("ndjson", "{\"host_id\":"),
        ("csv", "host_id,host_name,"),
        ("tsv", "host_id\thost_name\t"),
    ] {
        let line = first_line_alone(&mut hss_at(&emulator.url, &["scan", "hosts", task, "-o", format]));
        assert!(line.starts_with(first), "{format}: {line}");
    }
    assert_eq!(emulator.stop(), [""; 0], "quiet");
}

#[test]
fn a_closed_pipe_stops_the_requests() {
    let emulator = Emulator::start(&["--hosts", "100000"]);
    let task = newest_task(&emulator.url);
    first_line_alone(&mut hss_at(&emulator.url, &["scan", "hosts", &task, "-o", "ndjson"]));
    let pages = emulator.stop().into_iter().filter(|line| line.ends_with("ListVulScanTaskHost")).count();
    assert!(pages < 20, "{pages} of 500 pages");
}

#[test]
fn pages_that_are_fetched_ahead_make_progress_while_the_reader_pauses() {
    read_with_a_pause(&[]);
    // The message about the retry must not wait for the reader either.
    read_with_a_pause(&["-v"]);
}

#[track_caller]
fn read_with_a_pause(more: &[&str]) {
    // Page 4 is fetched together with page 2. Its first attempt fails.
    let fails_once =
        Fault { page: Some(4), attempt: Some(Attempts { first: 1, last: Some(1) }), ..canned::json(503, "{}") };
    let server = canned::on_emulator(5000, vec![fails_once]);
    let task = newest_task(&server.url);
    let arguments =
        ["scan", "hosts", &task, "-o", "ndjson", "--concurrency", "4", "--max-attempts", "2", "--timeout", "5m"];
    let mut command = hss(&["--endpoint", &server.url, "--project-id", "p"]);
    command.args(arguments).args(more).env("HW_AUTH_TOKEN", "t").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let pages = |offset: &str| server.requests().iter().filter(|line| line.ends_with(offset)).count();
    // The first page and a part of the second one. The rest of it exceeds the capacity of a pipe.
    let mut start = vec![0; 120_000];
    stdout.read_exact(&mut start).unwrap();
    let began = Instant::now();
    while pages("offset=600") < 2 {
        assert!(began.elapsed() < Duration::from_secs(60), "page 4 is not fetched again: {:?}", server.requests());
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    assert!(child.wait().unwrap().success());
    let lines = start.iter().chain(&rest).filter(|byte| **byte == b'\n').count();
    assert_eq!((lines, server.requests().len()), (5000, 1 + 25 + 1));
}

#[test]
fn a_pipe_without_a_reader_is_not_an_error() {
    for arguments in [&["--help"][..], &["--version"], &["api", "--list"], &["--demo", "scan", "list"]] {
        // The reader is closed before the program starts. Otherwise the program could write all of its output first.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = hss(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(
            (output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

#[test]
fn help_goes_to_standard_output_and_usage_errors_do_not() {
    assert!(run(&mut hss(&["--help"])).printed().contains("scan"));
    assert!(run(&mut hss(&["--version"])).printed().starts_with("hss 0."));
    for arguments in [
        &[][..],
        &["scan"],
        &["nonsense"],
        &["scan", "hosts"],
        &["scan", "list", "--timeout", "5"],
        &["scan", "list", "--rate", "off"],
    ] {
        run(&mut hss(arguments)).failed_with(2);
    }
}
