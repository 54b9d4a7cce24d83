//! Tests of the `hss emulator` options that restrict access.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::program::{Emulator, hss, run};

/// Requests the scan tasks with this Host header, and returns the response.
fn ask(emulator: &Emulator, host: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(emulator.url.trim_start_matches("http://")).unwrap();
    let target = "/v5/p/vulnerability/scan-tasks";
    let request = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n{headers}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn responds_to_allowed_host_names_only() {
    let emulator = Emulator::start(&["--allow-host", "emulator", "--allow-host", "hss.test"]);
    for host in ["emulator:80", "hss.test", "localhost", "127.0.0.1"] {
        assert!(ask(&emulator, host, "").starts_with("HTTP/1.1 200 "), "{host}");
    }
    let refused = ask(&emulator, "evil.example", "");
    assert!(refused.starts_with("HTTP/1.1 421 ") && refused.contains("--allow-host"), "{refused}");
    let foreign = ask(&emulator, "localhost", "origin: http://evil.example\r\n");
    assert!(foreign.starts_with("HTTP/1.1 403 "), "{foreign}");

    let every = run(&mut hss(&["emulator", "--allow-host", "*"]));
    assert!(every.failed_with(2).contains("invalid host name \"*\""), "{every:?}");
}

#[test]
fn the_access_log_contains_no_secrets() {
    let emulator = Emulator::start(&[]);
    let mut stream = TcpStream::connect(emulator.url.trim_start_matches("http://")).unwrap();
    stream.write_all(b"GET /nothing?token=SENTINEL HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(emulator.stop(), ["GET /nothing?token=[redacted] 404 -"]);
}
