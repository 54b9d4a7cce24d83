//! Readers that go away.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use crate::program::{Emulator, hss, hss_at, newest_task, run};

/// Reads the first line, then closes the pipe and waits.
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
fn bc_54_a_reader_may_leave_after_the_first_line() {
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
fn bc_54_no_more_pages_are_asked_for_once_nobody_reads() {
    let emulator = Emulator::start(&["--hosts", "100000"]);
    let task = newest_task(&emulator.url);
    first_line_alone(&mut hss_at(&emulator.url, &["scan", "hosts", &task, "-o", "ndjson"]));
    let pages = emulator.stop().into_iter().filter(|line| line.ends_with("ListVulScanTaskHost")).count();
    assert!(pages < 20, "{pages} of 500 pages");
}

#[test]
fn bc_54_a_reader_may_never_read() {
    for arguments in [&["--help"][..], &["--version"], &["api", "--list"], &["--demo", "scan", "list"]] {
        // Gone before the program starts: it could be done with all of its output otherwise.
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
fn help_and_version_are_data_and_mistakes_are_not() {
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
