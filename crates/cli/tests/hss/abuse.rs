//! Tests that the emulator survives malformed and oversized requests.
//!
//! With the environment variable `ABUSE`, as in `.ci/full`, the tests send 10,000 malformed requests in each round, 1,000
//! large requests, and 500 at the same time. Otherwise they send fewer, so that they take seconds.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::program::{Emulator, hss_at, run};

const CONNECTIONS: usize = 64;

/// Returns the number of requests: `many` with the environment variable `ABUSE`.
fn count(few: usize, many: usize) -> usize {
    if std::env::var_os("ABUSE").is_some() { many } else { few }
}

/// Returns the bytes of malformed request `number`, and whether the client stops in the middle of it.
fn nonsense(number: usize) -> (Vec<u8>, bool) {
    let path = "/v5/p/vulnerability/scan-tasks";
    let get = |target: &str, more: &str| {
        format!("GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{more}\r\n")
    };
    let post = |target: &str, length: usize, body: &str| {
        format!(
            "POST {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    };
    let text = match number % 16 {
        0 => get(path, ""),
        1 => get(&format!("/{number}"), ""),
        2 => post(path, 2, "{}"),
        3 => return (vec![0xff, 0, 0x16, 3, 1, b'\r', b'\n', b'\r', b'\n'], false),
        4 => get(path, &"x: y\r\n".repeat(200)),
        5 => get(&format!("{path}?{}", "a".repeat(20_000)), ""),
        6 => return (post("/v3/auth/tokens", 100, "{\"auth\"").into_bytes(), true),
        7 => post("/v3/auth/tokens", 17, "{\"auth\":[[[[[[[[["),
        8 => return (b"GET ".to_vec(), true),
        9 => format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"),
        10 => get(&format!("{path}?limit=%zz"), ""),
        11 => get(path, "x-auth-token: \u{e9}\r\n"),
        12 => format!("GET {path}\r\n\r\n"),
        13 => get(path, &format!("x-auth-token: {}\r\n", "t".repeat(100_000))),
        14 => "PUT /_emulator/faults HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 3\r\n\r\n{\"f"
            .to_owned(),
        _ => get(path, "authorization: SDK-HMAC-SHA256 Access=, SignedHeaders=;;, Signature=\r\n"),
    };
    (text.into_bytes(), false)
}

/// Sends a malformed request, and returns the response, which may be empty.
fn send(address: &str, number: usize) -> Vec<u8> {
    let (request, stops) = nonsense(number);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // Some clients send byte by byte. The emulator may close the connection at any time, so errors are ignored.
    let first = if number.is_multiple_of(7) { request.len().min(5) } else { request.len() };
    for byte in request[..first].chunks(if first < request.len() { 1 } else { request.len() }) {
        let _ = stream.write_all(byte);
    }
    let _ = stream.write_all(&request[first..]);
    if stops || number.is_multiple_of(5) {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// Returns the resident memory of a process in KiB.
#[cfg(target_os = "linux")]
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Returns a request that might make the emulator keep much memory.
#[cfg(target_os = "linux")]
fn greedy(kind: usize, number: usize) -> Vec<u8> {
    const LARGE: usize = 12 * 1024 * 1024 - 1024;
    let path = "/v5/p/vulnerability/scan-tasks";
    let send = |method: &str, target: &str, headers: &str, body: &str| {
        let length = body.len();
        format!(
            "{method} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    };
    let zeros = |bytes: usize| format!("[{}0]", "0,".repeat(bytes / 2));
    let scan = |more: &str| {
        let body = format!(r#"{{"manual_scan_type":["app_vul"],"batch_flag":true,"range_type":"all_host",{more}}}"#);
        send("POST", "/v5/p/vulnerability/scan-task", "", &body)
    };
    let faults = |fault: &str| send("PUT", "/_emulator/faults", "", &format!(r#"{{"fault":[{fault}]}}"#));
    match kind {
        // Large values of undocumented fields, many such fields, and too many values of a documented one.
        0 => scan(&format!(r#""x":{}"#, zeros(LARGE))),
        1 => scan(&(0..800_000).map(|name| format!(r#""{name:x}":0"#)).collect::<Vec<_>>().join(",")),
        2 => scan(&format!(r#""agent_id_list":{}"#, zeros(LARGE))),
        3 => scan(&format!(r#""urgent_vul_id_list":[{}]"#, vec![format!("\"{}\"", "u".repeat(1200)); 200].join(","))),
        4 => {
            send("POST", "/v3/auth/tokens", "", &format!(r#"{{"auth":{{"identity":{{"methods":{}}}}}}}"#, zeros(LARGE)))
        }
        5 => faults(&format!(r#"{{"json":{}}}"#, zeros(LARGE))),
        // Each request has a different shape, since the memory freed by one shape cannot be reused for the next.
        6 => {
            let value = ["0", "{}", "{\"\":0}", "[[0]]", "\"x\""][number % 5];
            faults(&format!(r#"{{"method":"NONE","json":[{}]}}"#, vec![value; 1_000_000 / (value.len() + 1)].join(",")))
        }
        7 => faults(&format!("{}{{}}", "{},".repeat(300_000))),
        8 => {
            let headers =
                (0..95).map(|header| format!("n{number}x{header}{}: {}\r\n", "n".repeat(500), "v".repeat(100)));
            send("GET", path, &headers.collect::<String>(), "")
        }
        9 => send("GET", path, &format!("n{number}{}: v\r\n", "n".repeat(60_000)), ""),
        10 => send("GET", &format!("{path}?x={number}{}", "a".repeat(8_000)), "", ""),
        11 => send(&format!("M{number}{}", "M".repeat(60_000)), path, "", ""),
        12 => {
            let key = format!("{number}{}", "c".repeat(50_000));
            let authorization = format!("SDK-HMAC-SHA256 Access={key}, SignedHeaders=h, Signature=s");
            send("GET", path, &format!("authorization: {authorization}\r\n"), "")
        }
        13 => {
            let user = r#"{"name":"demo","password":"password-of-the-hss-emulator-demo","domain":{"name":"demo"}}"#;
            let identity = format!(r#"{{"methods":["password"],"password":{{"user":{user}}}}}"#);
            send("POST", "/v3/auth/tokens", "", &format!(r#"{{"auth":{{"identity":{identity}}}}}"#))
        }
        14 => send("GET", "/openstack/latest/securitykey", "", ""),
        _ => send("GET", "/_emulator/requests", "", ""),
    }
}

#[cfg(target_os = "linux")]
#[test]
fn large_requests_do_not_grow_memory() {
    const KINDS: usize = 16;
    // The largest requests are the fewest, so that the test does not take minutes.
    const COUNTS: [usize; KINDS] = [4, 4, 4, 40, 4, 4, 40, 4, 164, 100, 200, 100, 200, 60, 60, 12];
    assert_eq!(COUNTS.iter().sum::<usize>(), 1_000);
    // The rate limit is set so that the counters of quotas and attempts are used.
    let emulator = Emulator::start(&["-q", "--rate", "100000/min"]);
    let address = emulator.url.trim_start_matches("http://");
    let ask = |bytes: &[u8]| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 "), "{}", String::from_utf8_lossy(&answer));
    };
    ask(&greedy(10, 0));
    let before = memory(emulator.process());
    for (kind, many) in COUNTS.into_iter().enumerate() {
        let requests = count(many.div_ceil(20), many);
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= requests {
                            return;
                        }
                        ask(&greedy(kind, number));
                    }
                });
            }
        });
        let after = memory(emulator.process());
        assert!(after < before + 100 * 1024, "kind {kind}: {before} KiB, then {after} KiB");
    }
}

/// Returns a request without its last byte. It takes much memory while others are in the same state.
#[cfg(target_os = "linux")]
fn unfinished(kind: usize) -> Vec<u8> {
    let head = |method: &str, target: &str, headers: &str| {
        format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n").into_bytes()
    };
    let path = "/v5/p/vulnerability/scan-task";
    let body = |length: usize| vec![b' '; length - 1];
    match kind {
        // More headers than allowed, and a body.
        0 => {
            let digit = |number: usize| char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[number % 36]);
            let name = |number| [digit(number / 1296), digit(number / 36), digit(number)];
            let headers: String =
                (0..15_500).flat_map(|number| name(number).into_iter().chain(":\r\n".chars())).collect();
            [head("POST", path, &format!("{headers}content-length: 2\r\n")), body(2)].concat()
        }
        // The maximum number and size of headers, and the largest body that does not wait for other requests.
        1 => {
            let headers: String = (0..96).map(|number| format!("n{number}: {}\r\n", "v".repeat(670))).collect();
            [head("POST", path, &format!("{headers}content-length: 65536\r\n")), body(65_536)].concat()
        }
        // A request head that lacks only its last byte.
        2 => {
            let mut head = head("GET", path, &format!("x: {}\r\n", "v".repeat(64_000)));
            head.pop();
            head
        }
        // A body that waits until other requests are done.
        _ => [head("POST", path, &format!("{}content-length: 70000\r\n", "x:\r\n".repeat(90))), body(70_000)].concat(),
    }
}

#[cfg(target_os = "linux")]
#[test]
fn concurrent_large_requests_do_not_grow_memory() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    const ALLOWED: u64 = 100 * 1024;
    // Each connection uses a file descriptor of this process and of the emulator.
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(4096, |maximum| maximum.min(4096));
    if current.is_some_and(|current| current < wanted) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).unwrap();
    }
    let emulator = Emulator::start(&["-q"]);
    let address = emulator.url.trim_start_matches("http://");
    let before = memory(emulator.process());
    for kind in 0..4 {
        let request = unfinished(kind);
        let mut streams: Vec<_> = (0..count(150, 500))
            .map(|_| {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
                stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
                // The emulator reads these requests one after the other, so most of them are not read and writes would
                // block.
                let _ = stream.set_nonblocking(kind == 3);
                let _ = stream.write_all(&request);
                stream
            })
            .collect();
        // The emulator responds, even if it could have refused the request because of its head.
        if kind != 3 {
            for stream in &mut streams {
                stream.write_all(b"\n").unwrap();
            }
            for stream in &mut streams {
                let mut answer = Vec::new();
                stream.read_to_end(&mut answer).unwrap();
                let status = if kind == 0 { "494" } else { "40" };
                let answer = String::from_utf8_lossy(&answer);
                assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "kind {kind}: {answer}");
            }
        }
        drop(streams);
        // The emulator notices closed connections with a delay.
        let end = Instant::now() + Duration::from_secs(60);
        while memory(emulator.process()) > before + ALLOWED {
            assert!(Instant::now() < end, "kind {kind}: {before} KiB, then {} KiB", memory(emulator.process()));
            thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn the_emulator_survives_malformed_requests() {
    let emulator = Emulator::start(&["-q", "--auth", "any"]);
    let address = emulator.url.trim_start_matches("http://").to_owned();
    // 16 kinds, of which every seventh is sent byte by byte and every fifth half-closed, have 560 combinations.
    let requests = count(560, 10_000);
    let abuse = || {
        let next = Arc::new(AtomicUsize::new(0));
        let senders: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let (next, address) = (Arc::clone(&next), address.clone());
                thread::spawn(move || {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= requests {
                            return;
                        }
                        let answer = String::from_utf8(send(&address, number)).unwrap();
                        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{number}: {answer}");
                    }
                })
            })
            .collect();
        for sender in senders {
            sender.join().unwrap();
        }
    };
    abuse();
    #[cfg(target_os = "linux")]
    {
        // The first round filled the log, and the second one the caches of the allocator. The third one must not use
        // more memory.
        abuse();
        let before = memory(emulator.process());
        abuse();
        let after = memory(emulator.process());
        assert!(after < before + 8 * 1024, "{before} KiB, then {after} KiB");
    }
    let listing =
        run(hss_at(&emulator.url, &["scan", "list", "-o", "json"])
            .env("HW_AUTH_TOKEN", "token-of-the-hss-emulator-demo"));
    assert_eq!(listing.json()["total_num"], 12);
    assert_eq!(emulator.stop(), [""; 0], "no word of a panic");
}
