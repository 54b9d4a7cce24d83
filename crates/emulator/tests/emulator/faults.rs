//! Injected faults, compared byte for byte.

use std::io::ErrorKind;
use std::time::Duration;

use hss_client::{Runtime as _, TestRuntime};
use hss_emulator::{Emulator, Fault};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{ask, documented_hosts, get, raw, read, send, tasks};

async fn with(faults: &str) -> Emulator {
    Emulator::builder().faults(Fault::from_toml(faults).unwrap()).start().await.unwrap()
}

/// Returns the bytes received for one GET of the scan tasks, and whether the connection was reset afterwards.
async fn bytes(emulator: &Emulator) -> (Vec<u8>, bool) {
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    stream
        .write_all(format!("GET {} HTTP/1.1\r\nhost: localhost\r\n\r\n", tasks("limit=10")).as_bytes())
        .await
        .unwrap();
    let mut response = Vec::new();
    let end = stream.read_to_end(&mut response).await;
    (response, end.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset))
}

/// Returns the head and the body received, and whether the connection was reset.
async fn parts(fault: &str) -> (String, Vec<u8>, bool) {
    let (bytes, is_reset) = bytes(&with(&format!("[[fault]]\n{fault}")).await).await;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(bytes.len(), |end| end + 4);
    (String::from_utf8(bytes[..end].to_vec()).unwrap(), bytes[end..].to_vec(), is_reset)
}

#[tokio::test]
async fn sets_status_headers_and_body() {
    let (head, body, _) = parts("status = 503\nheaders = { Retry-After = '7' }\nbody = 'busy'\nlength = 4").await;
    assert!(head.starts_with("HTTP/1.1 503 Service Unavailable\r\n") && head.contains("retry-after: 7\r\n"), "{head}");
    assert_eq!(body, b"busy");

    let emulator = with("[[fault]]\nstatus = 429\njson = { error_code = 'APIGW.0308' }").await;
    let response = get(&emulator, &tasks("")).await;
    assert_eq!((response.status, response.text.as_str()), (429, r#"{"error_code":"APIGW.0308"}"#));
    assert_eq!(emulator.requests()[0].status, 429);
    assert_eq!(parts("hex = 'ff 00'\nlength = 2").await.1, [0xff, 0]);

    let bare = get(&with("[[fault]]\nstatus = 503").await, &tasks("")).await;
    assert_eq!((bare.status, bare.header("content-type"), bare.text.as_str()), (503, None, ""));
}

#[tokio::test]
async fn truncates_slows_and_miscounts_bodies() {
    let whole = get(&with("").await, &tasks("limit=10")).await.text.into_bytes();
    for (fault, kept) in
        [("cut = 0", 0), ("cut = 1", 1), ("cut = 'half'", whole.len() / 2), ("cut = 'last'", whole.len() - 1)]
    {
        let (head, body, is_reset) = parts(fault).await;
        assert!(head.contains(&format!("content-length: {}\r\n", whole.len())), "{fault}: {head}");
        assert_eq!((body.as_slice(), is_reset), (&whole[..kept], false), "{fault}");
    }
    let (head, body, _) = parts("length = 7").await;
    assert!(head.contains("content-length: 7\r\n"), "{head}");
    assert_eq!(body, whole);

    let runtime = TestRuntime::default();
    let slow = Fault::from_toml("[[fault]]\nslow = 100").unwrap();
    let emulator = Emulator::builder().runtime(runtime.share()).faults(slow).start().await.unwrap();
    let (response, _) = bytes(&emulator).await;
    assert!(response.ends_with(&whole));
    assert_eq!(runtime.elapsed(), Duration::from_millis(100) * u32::try_from(whole.len().div_ceil(10)).unwrap());
}

#[tokio::test]
async fn resets_and_closes_connections_at_the_given_point() {
    let (head, body, is_reset) = parts("reset = 'request'").await;
    assert_eq!((head.as_str(), body.as_slice(), is_reset), ("", &b""[..], true));
    // Data sent before a reset may be lost.
    let (head, _, is_reset) = parts("reset = 'head'").await;
    assert!(is_reset && !head.ends_with("\r\n\r\n"), "{head}");
    let (_, _, is_reset) = parts("reset = 'body'").await;
    assert!(is_reset);

    assert_eq!(bytes(&with("[[fault]]\nraw_hex = '48 e9'").await).await, (vec![0x48, 0xe9], false));
    let (bytes, is_reset) = bytes(&with("[[fault]]\nraw = \"HTTP/1.1 200 OK\\r\\nbroken\"").await).await;
    assert_eq!((bytes.as_slice(), is_reset), (&b"HTTP/1.1 200 OK\r\nbroken"[..], false));
}

#[tokio::test]
async fn a_stalled_connection_stays_open_until_its_client_closes_it() {
    let whole = bytes(&with("[[fault]]\nlength = 7").await).await.0.len();
    for (fault, min, max) in [
        ("stall = 'request'", 0, 0),
        ("stall = 'head'", 1, 200),
        ("stall = 'body'", 200, whole - 1),
        ("raw = 'abc'\nstall = 'body'", 3, 3),
    ] {
        let emulator = with(&format!("[[fault]]\n{fault}\n")).await;
        let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
        stream
            .write_all(format!("GET {} HTTP/1.1\r\nhost: localhost\r\n\r\n", tasks("limit=10")).as_bytes())
            .await
            .unwrap();
        let mut response = Vec::new();
        let end = timeout(Duration::from_millis(300), stream.read_to_end(&mut response)).await;
        assert!(end.is_err(), "{fault}: it ends");
        assert!((min..=max).contains(&response.len()), "{fault}: {}", response.len());
        stream.shutdown().await.unwrap();
        timeout(Duration::from_secs(10), stream.read_to_end(&mut response)).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn applies_the_first_fault_that_matches_in_all_fields() {
    let emulator = with(
        r#"
        [[fault]]
        operation = "ListVulScanTaskHost"
        page = 2
        status = 502
        [[fault]]
        operation = "ListVulScanTask"
        attempt = "2..3"
        status = 503
        [[fault]]
        path = "/v5/*"
        method = "POST"
        status = 504
        [[fault]]
        method = "PUT"
        attempt = "2.."
        status = 505

        [[fault]]
        client = "AK"
        times = 1
        status = 500
        "#,
    )
    .await;
    let status = async |target: &str| get(&emulator, target).await.status;
    assert_eq!(status(&documented_hosts("limit=10")).await, 200);
    assert_eq!(status(&documented_hosts("limit=10&offset=10")).await, 502);
    assert_eq!(status(&documented_hosts("offset=10")).await, 502, "the page size that is not given is the default");
    assert_eq!(status(&documented_hosts("limit=10&offset=20")).await, 200);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(status(&tasks("")).await);
    }
    assert_eq!(statuses, [200, 503, 503, 200]);
    assert_eq!(status(&tasks("offset=0")).await, 200, "another request is another first attempt");
    assert_eq!(send(&emulator, "POST", "/v5/p/nothing").await.status, 504);
    // Requests for the same operation with different bodies are different requests.
    let mut statuses = Vec::new();
    for body in ["1", "2", "1", "12", "1"] {
        statuses.push(ask(&emulator, "PUT", "/v5/p/nothing", &[], body).await.status);
    }
    assert_eq!(statuses, [404, 404, 505, 404, 505]);
    let mut statuses = Vec::new();
    for limit in [11, 12] {
        let signed = format!(
            "GET {} HTTP/1.1\r\nhost: localhost\r\nauthorization: SDK-HMAC-SHA256 Access=AK, SignedHeaders=h, Signature=s\r\nconnection: close\r\n\r\n",
            tasks(&format!("limit={limit}"))
        );
        statuses.push(read(&raw(&emulator, signed.as_bytes()).await).status);
    }
    assert_eq!(statuses, [500, 200], "once");
}

#[tokio::test]
async fn a_delayed_response_keeps_the_connection_usable() {
    let runtime = TestRuntime::default();
    let faults = Fault::from_toml("[[fault]]\ndelay = '2s'\nattempt = 1").unwrap();
    let emulator = Emulator::builder().runtime(runtime.share()).faults(faults).start().await.unwrap();
    let request = format!("GET {} HTTP/1.1\r\nhost: localhost\r\n\r\n", tasks(""));
    let response = raw(&emulator, request.repeat(3).as_bytes()).await;
    let response = String::from_utf8(response).unwrap();
    assert_eq!(response.matches("HTTP/1.1 200 OK\r\n").count(), 3);
    assert_eq!(runtime.elapsed(), Duration::from_secs(2));
}

#[tokio::test]
async fn tests_in_any_language_set_faults_and_read_requests() {
    let emulator = with("").await;
    let put = async |body: &str| {
        let length = body.len();
        let request = format!(
            "PUT /_emulator/faults HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        read(&raw(&emulator, request.as_bytes()).await)
    };
    let response = put(r#"{"fault":[{"status":500,"times":1,"attempt":2,"cut":"half","delay":"80ms"}]}"#).await;
    let fault = r#"{"fault":[{"attempt":"2..2","times":1,"delay":"80ms","status":500,"cut":"half"}],"hits":[0]}"#;
    assert_eq!((response.status, response.text.as_str()), (200, fault));
    let json = r#"{"fault":[{"json":{"b":[1,{"":null}],"a":"\"\u0001任"}}],"hits":[0]}"#;
    let spaced = json.replace(',', " ,\n").replace(" ,\n\"hits\":[0]", "");
    assert_eq!(put(&spaced).await.text, json);
    assert_eq!(get(&emulator, &tasks("")).await.text, r#"{"b":[1,{"":null}],"a":"\"\u0001任"}"#);
    assert_eq!(
        put(r#"{"fault":[{"status":500,"times":1,"attempt":2,"cut":"half","delay":"80ms"}]}"#).await.text,
        fault
    );
    // Invalid faults do not replace the current ones.
    let response = put(r#"{"fault":[{"status":500,"page":0}]}"#).await;
    assert_eq!(
        (response.status, response.text.as_str()),
        (400, r#"{"error":"fault 1: invalid page 0: expected a whole number from 1"}"#)
    );
    assert_eq!(get(&emulator, "/_emulator/faults").await.text, fault);
    assert_eq!(send(&emulator, "DELETE", "/_emulator/faults").await.text, r#"{"fault":[],"hits":[]}"#);

    let large = put(&format!(r#"{{"fault":[{{"body":"{}"}}]}}"#, "x".repeat(1024 * 1024))).await;
    assert_eq!((large.status, large.text.as_str()), (413, r#"{"error":"invalid faults: expected at most 1 MiB"}"#));

    send(&emulator, "DELETE", "/_emulator/requests").await;
    get(&emulator, &tasks("limit=10")).await;
    let requests = get(&emulator, "/_emulator/requests").await.json();
    assert_eq!(requests["requests"].as_array().unwrap().len(), 1, "the control API is not in its own log");
    assert_eq!(requests["requests"][0]["operation"], "ListVulScanTask");
    assert_eq!(send(&emulator, "DELETE", "/_emulator/requests").await.text, r#"{"requests":[]}"#);
    assert_eq!(send(&emulator, "POST", "/_emulator/faults").await.status, 405);
    assert_eq!(get(&emulator, "/_emulator/else").await.status, 404);
}

#[tokio::test]
async fn the_control_api_shows_the_version_and_the_document() {
    let emulator = Emulator::builder().start().await.unwrap();
    let shown = get(&emulator, "/_emulator/version").await;
    let document = hss_openapi::HSS;
    let expected = serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "document": {"name": "hss-v5", "version": document.version, "sha256": document.sha256},
    });
    assert_eq!((shown.status, shown.json()), (200, expected));
    assert_eq!(send(&emulator, "POST", "/_emulator/version").await.status, 405);
    assert!(emulator.requests().is_empty());
}

#[test]
fn toml_and_json_files_are_equivalent() {
    let toml =
        "[[fault]]\nattempt = '2..'\ncut = 7\nreset = 'head'\n[[fault]]\ndelay = '1m'\n[fault.headers]\na = 'b'\n";
    let json = r#"{"fault":[{"attempt":"2..","cut":7,"reset":"head"},{"delay":"1m","headers":{"a":"b"}}]}"#;
    // `reset` and `cut` exclude each other.
    assert!(Fault::from_toml(toml).is_err() && Fault::from_json(json).is_err());
    let (toml, json) = (toml.replace("cut = 7\n", ""), json.replace(r#""cut":7,"#, ""));
    let faults = Fault::from_toml(&toml).unwrap();
    assert_eq!(faults, Fault::from_json(&json).unwrap());
    let written = serde_json::json!({ "fault": faults }).to_string();
    assert_eq!(Fault::from_json(&written).unwrap(), faults);
}

#[test]
fn reports_errors_in_a_file_with_their_position() {
    for (file, expected) in [
        ("[[fault]]\nstatuss = 5", "unknown field `statuss`"),
        ("[[fault]]\nstatus = 'x'", "line 2, column 10"),
        (
            "[[fault]]\nattempt = '3..2'",
            "invalid attempts: expected a number or a range such as 1, \"1..3\" or \"2..\"",
        ),
        ("[[fault]]\nattempt = 0", "invalid attempts"),
        ("[[fault]]\ndelay = '11m'", "invalid duration \"11m\": expected up to 10m"),
        ("[[fault]]\ndelay = '10m 1s'", "invalid duration \"10m 1s\": expected up to 10m"),
        ("[[fault]]\ndelay = 80", "invalid type"),
        ("[[fault]]\ncut = 'most'", "invalid cut \"most\": expected a number of bytes, half or last"),
        ("[[fault]]\nreset = 'tail'", "unknown variant `tail`"),
        ("[[fault]]\n[[fault]]\nstatus = 199", "fault 2: invalid status: expected a whole number from 200 to 599"),
        ("[[fault]]\noperation = 'ListVulScanTaskHosts'", "fault 1: unknown operation \"ListVulScanTaskHosts\""),
        ("[[fault]]\nbody = 'a'\nhex = '00'", "fault 1: body, json and hex cannot be combined"),
        ("[[fault]]\nhex = '0'", "fault 1: invalid hex: expected two hexadecimal digits per byte"),
        ("[[fault]]\nraw_hex = 'x0'", "fault 1: invalid raw_hex: expected two hexadecimal digits per byte"),
        ("[[fault]]\nraw = 'a'\nstatus = 200", "fault 1: raw and raw_hex cannot be combined"),
        ("[[fault]]\nraw = 'a'\nraw_hex = '00'", "fault 1: raw and raw_hex cannot be combined"),
        ("[[fault]]\nstall = 'head'\nreset = 'head'", "fault 1: reset and stall cannot be combined"),
        ("[[fault]]\nstall = 'body'\ncut = 1", "fault 1: reset and stall cannot be combined with cut and slow"),
        ("[[fault]]\nslow = 0", "fault 1: invalid slow 0: expected at least 1 byte per second"),
        ("[[fault]]\nheaders = { 'a b' = 'c' }", "fault 1: invalid header \"a b\": \"c\""),
        (
            "[[fault]]\nstatus = 200\nheaders = { Content-length = '5' }",
            "fault 1: invalid header Content-Length: use length",
        ),
        (
            "[[fault]]\nheaders = { transfer-encoding = 'chunked' }",
            "fault 1: invalid header Transfer-Encoding: use raw",
        ),
        ("[[fault]]\ncut = 1\nheaders = { TRANSFER-ENCODING = 'gzip' }", "use raw to send a response in any encoding"),
        ("faults = []", "unknown field `faults`"),
        ("[[fault]]\nattempt = -1", "invalid number -1: expected a whole number from 0"),
        ("[[fault]]\ncut = [1]", "expected a number or a text"),
    ] {
        let error = Fault::from_toml(file).unwrap_err().to_string();
        assert!(error.contains(expected), "{file}: {error}");
    }
    let many = serde_json::json!({ "fault": vec![serde_json::json!({}); 1001] }).to_string();
    assert!(Fault::from_json(&many).unwrap_err().to_string().contains("too many faults: expected at most 1000"));
}

#[tokio::test]
async fn a_fault_has_up_to_a_hundred_headers() {
    let headers = |count: usize| (0..count).map(|number| (format!("n{number}"), String::new())).collect();
    let file =
        |count| serde_json::json!({"fault": [Fault { headers: headers(count), ..Fault::default() }]}).to_string();
    assert!(Fault::from_json(&file(100)).is_ok());
    let refused = Fault::from_json(&file(101)).unwrap_err().to_string();
    assert!(refused.contains("fault 1: too many headers: expected at most 100"), "{refused}");

    // More headers than a response can have.
    let fault = Fault { headers: headers(40_000), status: Some(503), ..Fault::default() };
    let emulator = Emulator::builder().faults(vec![fault]).start().await.unwrap();
    assert_eq!(get(&emulator, &tasks("")).await.status, 503);
}

#[tokio::test]
async fn headers_of_a_fault_cannot_delimit_the_body() {
    for (name, value) in [("Content-Length", "5"), ("content-length", "x"), ("Transfer-Encoding", "chunked")] {
        let headers = [(name.to_owned(), value.to_owned()), ("x-other".to_owned(), "1".to_owned())].into();
        let fault = Fault { headers, status: Some(503), body: Some("busy".to_owned()), ..Fault::default() };
        let emulator = Emulator::builder().faults(vec![fault]).start().await.unwrap();
        let response = get(&emulator, &tasks("")).await;
        assert_eq!((response.status, response.text.as_str()), (503, "busy"), "{name}");
        assert_eq!(
            (response.header("content-length"), response.header("x-other")),
            (Some("4".to_owned()), Some("1".to_owned()))
        );
    }
}
