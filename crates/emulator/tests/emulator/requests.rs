//! Valid, invalid and hostile requests.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};

use crate::support::{PROJECT, documented_hosts, get, hosts_of, newest, raw, read, send, start, tasks};
use hss_emulator::{DOCUMENTED_TASK, Emulator};

#[tokio::test]
async fn a_page_past_the_end_is_empty_and_keeps_the_total() {
    let emulator = start(23, 1).await;
    let task = newest(&emulator).await;
    for (query, total) in [
        ("offset=23&limit=10", 23),
        ("offset=33&limit=10", 23),
        ("offset=2000000&limit=10", 23),
        ("offset=10&scan_status=failed", 3),
    ] {
        let response = get(&emulator, &hosts_of(&task, query)).await;
        assert_eq!(
            (response.status, response.text),
            (200, format!(r#"{{"total_num":{total},"data_list":[]}}"#)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn refuses_parameters_out_of_bounds_with_errors_of_hss() {
    let emulator = start(23, 1).await;
    for (query, message) in [
        ("offset=-1", r#"invalid offset "-1": expected a whole number from 0 to 2000000"#),
        ("offset=abc", r#"invalid offset "abc": expected a whole number from 0 to 2000000"#),
        ("offset=2147483648", r#"invalid offset "2147483648": expected a whole number from 0 to 2000000"#),
        (
            "offset=99999999999999999999",
            r#"invalid offset "99999999999999999999": expected a whole number from 0 to 2000000"#,
        ),
        ("offset=", r#"invalid offset "": expected a whole number from 0 to 2000000"#),
        ("offset=0&offset=10", "offset is given more than once"),
        ("offset=0&limit=10&offset=0", "offset is given more than once"),
        ("limit=9", r#"invalid limit "9": expected a whole number from 10 to 200"#),
        ("limit=201", r#"invalid limit "201": expected a whole number from 10 to 200"#),
        ("scan_status=bogus", r#"invalid scan_status "bogus": expected one of scanning, success, failed"#),
        ("enterprise_project_id=", r#"invalid enterprise_project_id "": 0 characters; expected at least 1"#),
    ] {
        let response = get(&emulator, &documented_hosts(query)).await;
        let body = response.json();
        assert_eq!((response.status, body["error_code"].as_str()), (400, Some("HSS.0001")), "{query}");
        assert_eq!(body["error_msg"].as_str(), Some(message), "{query}");
        assert!(body["error_description"].as_str().unwrap().starts_with("ListVulScanTaskHost: "), "{query}");
    }
}

#[tokio::test]
async fn ignores_unknown_parameters() {
    let emulator = start(23, 1).await;
    let plain = get(&emulator, &documented_hosts("")).await.text;
    // A query parameter with the name of a path parameter is unknown as well.
    for query in ["marker=1", "marker=1&marker=2&&", "task_id=other&project_id=x", "LIMIT=1", "=&=="] {
        assert_eq!(get(&emulator, &documented_hosts(query)).await.text, plain, "{query}");
    }
}

#[tokio::test]
async fn distinguishes_unknown_tasks_from_unknown_paths() {
    let emulator = start(23, 1).await;
    let response = get(&emulator, &hosts_of("4f5e6d7c", "")).await;
    let body = response.json();
    assert_eq!((response.status, body["error_code"].as_str()), (400, Some("HSS.0011")));
    assert!(body["error_msg"].as_str().unwrap().ends_with("task does not exist"));

    for (method, target) in [
        ("GET", "/index.html".to_owned()),
        ("GET", "/v5".to_owned()),
        ("GET", format!("/v5/{PROJECT}/vulnerability/scan-task/{DOCUMENTED_TASK}")),
        ("GET", format!("/v5/{PROJECT}/vulnerability/scan-task/{DOCUMENTED_TASK}/hosts/")),
        ("GET", format!("/v5/{PROJECT}/vulnerability/scan-tasks/{DOCUMENTED_TASK}/hosts")),
        ("GET", format!("/V5/{PROJECT}/vulnerability/scan-tasks")),
        ("POST", documented_hosts("")),
        ("DELETE", tasks("")),
        ("OPTIONS", "*".to_owned()),
        ("CONNECT", "example.com:443".to_owned()),
        ("BREW", tasks("")),
    ] {
        let response = send(&emulator, method, &target).await;
        let request_id = response.request_id.as_str();
        assert_eq!((response.status, request_id.len()), (404, 32), "{method} {target}");
        assert_eq!(
            response.text,
            format!(
                r#"{{"error_msg":"The API does not exist or has not been published in the environment","error_code":"APIGW.0101","request_id":"{request_id}"}}"#
            ),
            "{method} {target}"
        );
    }
    assert!(emulator.requests()[1..].iter().all(|request| request.operation.is_none() && request.status == 404));
}

#[tokio::test]
async fn a_path_parameter_is_one_segment() {
    let emulator = start(23, 1).await;
    for (task, status, operation) in [
        ("a%2Fb", 400, Some("ListVulScanTaskHost")),
        ("a%2F..%2F..%2Fother", 400, Some("ListVulScanTaskHost")),
        ("x%3Flimit=1", 400, Some("ListVulScanTaskHost")),
        ("x%23y", 400, Some("ListVulScanTaskHost")),
        ("%2e%2e", 400, Some("ListVulScanTaskHost")),
        ("..", 400, Some("ListVulScanTaskHost")),
        (".", 400, Some("ListVulScanTaskHost")),
        ("", 400, Some("ListVulScanTaskHost")),
        ("a/../../other", 404, None),
        ("%ff", 400, None),
        ("%zz", 400, None),
        ("%", 400, None),
        // Characters that need no escape may be escaped.
        ("%32b31ed520xxxxxxebedb6e57xxxxxxxx", 200, Some("ListVulScanTaskHost")),
    ] {
        let target = hosts_of(task, "");
        let response = get(&emulator, &target).await;
        let logged = emulator.requests().pop().unwrap();
        assert_eq!((response.status, logged.operation), (status, operation), "{task}");
        assert_eq!((logged.status, logged.method.as_str(), logged.target), (status, "GET", target));
    }
    let code = get(&emulator, &hosts_of("%ff", "")).await.json();
    assert_eq!(code["error_code"].as_str(), Some("APIGW.0201"));
    let code = get(&emulator, &documented_hosts("scan_status=%ff")).await.json();
    assert_eq!(code["error_code"].as_str(), Some("HSS.0002"));
}

#[tokio::test]
async fn every_response_has_a_unique_request_id() {
    let (one, same) = (start(3, 5).await, start(3, 5).await);
    let mut ids = HashSet::new();
    for target in [tasks(""), "/nowhere".to_owned(), tasks("limit=1"), hosts_of("none", ""), tasks("")] {
        let (first, second) = (get(&one, &target).await, get(&same, &target).await);
        assert_eq!(first.request_id, second.request_id);
        assert_eq!(first.text, second.text);
        assert!(first.request_id.len() == 32 && first.request_id.bytes().all(|digit| digit.is_ascii_hexdigit()));
        ids.insert(first.request_id);
    }
    assert_eq!(ids.len(), 5);
}

#[tokio::test]
async fn an_invalid_request_closes_only_its_own_connection() {
    let emulator = start(23, 1).await;
    let long = format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "a".repeat(70_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(10_000));
    let endless = "x".repeat(1_000_000);
    for bytes in [
        &b""[..],
        b"\0",
        b"\r\n\r\n\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n\xff: \x01\r\n\r\n",
        b"GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        long.as_bytes(),
        many.as_bytes(),
        endless.as_bytes(),
    ] {
        let response = raw(&emulator, bytes).await;
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        assert!(
            response.is_empty() || response.starts_with(b"HTTP/1.") && !response.starts_with(b"HTTP/1.1 2"),
            "{shown:?}"
        );
        assert_eq!(get(&emulator, &documented_hosts("")).await.status, 200, "after {shown:?}");
    }
}

#[tokio::test]
async fn limits_sizes_like_the_gateway() {
    let emulator = start(23, 1).await;
    let post = |length: u64| format!("POST /x HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n");
    let limit = 12 * 1024 * 1024;

    let announced = read(&raw(&emulator, post(limit + 1).as_bytes()).await);
    assert_eq!((announced.status, announced.json()["error_code"].as_str()), (413, Some("APIGW.0201")));

    let mut whole = post(limit).into_bytes();
    whole.resize(whole.len() + usize::try_from(limit).unwrap(), b'x');
    assert_eq!(read(&raw(&emulator, &whole).await).status, 404);

    // An incomplete body is refused. The client may have disconnected, or may be waiting for a response.
    let cut = raw(&emulator, format!("{}half", post(10)).as_bytes()).await;
    assert!(cut.is_empty() || read(&cut).status == 400);

    let long = get(&emulator, &tasks(&format!("marker={}", "a".repeat(8 * 1024)))).await;
    assert_eq!((long.status, long.json()["error_code"].as_str()), (414, Some("APIGW.0201")));

    // The longest token that the manual allows.
    let token = "t".repeat(32_768);
    let request =
        format!("GET {} HTTP/1.1\r\nhost: localhost\r\nx-auth-token: {token}\r\nconnection: close\r\n\r\n", tasks(""));
    assert_eq!(read(&raw(&emulator, request.as_bytes()).await).status, 200);
}

#[tokio::test]
async fn refuses_large_heads_like_the_gateway() {
    let emulator = start(23, 1).await;
    let host = "host: localhost\r\nconnection: close\r\n";
    let with_headers = |headers: &str| format!("GET {} HTTP/1.1\r\n{host}{headers}\r\n", tasks(""));
    let with_target = |length: usize| format!("GET /{} HTTP/1.1\r\n{host}\r\n", "a".repeat(length));
    let answered = async |request: String| {
        let response = read(&raw(&emulator, request.as_bytes()).await);
        let is_the_gateway_s = response.json()["error_code"] == "APIGW.0201"
            && response.json()["request_id"] == response.request_id
            && response.request_id.len() == 32;
        assert!(response.status == 200 || is_the_gateway_s, "{}", response.text);
        response.status
    };
    assert_eq!(answered(with_headers(&"x: y\r\n".repeat(98))).await, 200);
    for headers in [
        "x: y\r\n".repeat(99),
        "x: y\r\n".repeat(10_900),
        // The shortest possible headers.
        "a:\r\n".repeat(12_000),
        format!("x: {}\r\n", "y".repeat(65_536)),
        format!("{}: {}\r\n", "x".repeat(40_000), "y".repeat(30_000)),
    ] {
        assert_eq!(answered(with_headers(&headers)).await, 494, "{} bytes", headers.len());
    }
    for length in [8 * 1024, 16 * 1024, 65_000] {
        assert_eq!(answered(with_target(length)).await, 414, "{length}");
    }
    let log = emulator.requests();
    assert!(log.iter().all(|request| request.headers.len() <= 100 && request.target.len() <= 8 * 1024));

    // Beyond this limit, hyper sends the error response.
    for (request, status) in [
        (with_target(65_535), "414"),
        (with_target(200_000), "431"),
        (with_headers(&"a:\r\n".repeat(16_400)), "431"),
        (with_headers(&format!("x: {}\r\n", "y".repeat(200_000))), "431"),
    ] {
        let response = raw(&emulator, request.as_bytes()).await;
        let response = String::from_utf8_lossy(&response);
        // A connection that is closed before the whole request arrived may be reset before the response is read.
        assert!(response.is_empty() || response.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {response}");
    }
}

#[tokio::test]
async fn every_request_needs_one_host() {
    let emulator = start(23, 1).await;
    for target in [tasks("").as_str(), "/", "/openapi.json", "/_emulator/requests", "/v3", "/nothing"] {
        for (version, headers, is_refused) in [
            ("1.1", "", true),
            ("1.0", "", true),
            ("1.1", "host:\r\n", true),
            ("1.1", "host: localhost\r\nhost: localhost\r\n", true),
            ("1.1", "host: localhost\r\nHost: evil.example\r\n", true),
            ("1.0", "host: localhost\r\n", false),
        ] {
            let request = format!("GET {target} HTTP/{version}\r\n{headers}connection: close\r\n\r\n");
            let response = read(&raw(&emulator, request.as_bytes()).await);
            assert_eq!(response.status == 400, is_refused, "{target} {version} {headers}: {}", response.text);
            if is_refused {
                assert_eq!(response.json()["request_id"], response.request_id);
                assert_eq!(
                    (response.json()["error_code"].as_str(), response.request_id.len()),
                    (Some("APIGW.0201"), 32)
                );
            }
        }
    }
}

#[tokio::test]
async fn refuses_requests_of_other_web_pages() {
    let emulator = Emulator::builder().allow_host("emulator").allow_host("hss.test").start().await.unwrap();
    let own = emulator.url();
    let post = "/v5/p/vulnerability/scan-task";
    let targets = [
        ("GET", tasks("")),
        ("GET", "/".to_owned()),
        ("GET", "/openapi.json".to_owned()),
        ("GET", "/_emulator/requests".to_owned()),
        ("DELETE", "/_emulator/requests".to_owned()),
        ("PUT", "/_emulator/faults".to_owned()),
        ("GET", "/openstack/latest/securitykey".to_owned()),
        ("POST", "/v3/auth/tokens".to_owned()),
        ("POST", post.to_owned()),
        ("OPTIONS", post.to_owned()),
    ];
    for (method, target) in &targets {
        let with = async |host: &str, headers: &str| {
            let request = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\n{headers}connection: close\r\n\r\n");
            read(&raw(&emulator, request.as_bytes()).await)
        };
        // A host name that resolves to this machine.
        for host in ["evil.example", "evil.example:80", "127.0.0.1.evil.example"] {
            let response = with(host, "").await;
            let is_clear = response.text.contains(host) && response.text.contains("--allow-host");
            assert!(response.status == 421 && is_clear, "{method} {target}: {}", response.text);
        }
        for host in ["emulator", "hss.test:1234", "localhost:1", "127.0.0.1", "[::1]:9"] {
            assert!(!matches!(with(host, "").await.status, 403 | 421), "{method} {target} {host}");
        }
        // A page of another origin.
        let preflight = "origin: http://evil.example\r\naccess-control-request-method: PUT\r\n";
        for headers in ["origin: http://evil.example\r\n", "origin: null\r\n", preflight] {
            let response = with(own.trim_start_matches("http://"), headers).await;
            assert_eq!(response.status, 403, "{method} {target}: {}", response.text);
            assert!(!response.head.contains("access-control-"), "{}", response.head);
        }
        let of_its_own = with(own.trim_start_matches("http://"), &format!("origin: {own}\r\n")).await;
        assert!(!matches!(of_its_own.status, 403 | 421), "{method} {target}: {}", of_its_own.text);
    }
    for name in ["*", "emulator:8080", ""] {
        let error = Emulator::builder().allow_host(name).start().await.unwrap_err();
        assert!(error.to_string().contains("invalid host name"), "{error}");
    }
}

#[tokio::test]
async fn ignores_a_body_that_the_operation_does_not_take() {
    let emulator = start(23, 1).await;
    let target = documented_hosts("");
    // The manual shows a body for this GET. The second request on the connection must still be parsed.
    let request = format!(
        "GET {target} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n\r\n{{}}\r\nGET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    );
    let response = String::from_utf8(raw(&emulator, request.as_bytes()).await).unwrap();
    assert_eq!(response.matches("HTTP/1.1 200 OK").count(), 2, "{response}");
}

#[tokio::test(flavor = "multi_thread")]
async fn serves_many_clients_concurrently() {
    let emulator = Arc::new(start(450, 1).await);
    let target = hosts_of(&newest(&emulator).await, "limit=200");
    let clients: Vec<_> = (0..100)
        .map(|_| {
            let (emulator, target) = (Arc::clone(&emulator), target.clone());
            tokio::spawn(async move { get(&emulator, &target).await.text })
        })
        .collect();
    let mut bodies = HashSet::new();
    for client in clients {
        bodies.insert(client.await.unwrap());
    }
    assert_eq!(bodies.len(), 1);
    assert_eq!(emulator.requests().len(), 101);
}

#[tokio::test]
async fn logs_each_request_before_its_response_arrives() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let writer = Arc::clone(&seen);
    let emulator = Emulator::builder()
        .on_request(move |request| writer.lock().unwrap().push(request.clone()))
        .start()
        .await
        .unwrap();
    get(&emulator, &tasks("limit=20&x=%20")).await;
    get(&emulator, "/nowhere?").await;
    let log = emulator.requests();
    assert_eq!(*seen.lock().unwrap(), log);
    assert_eq!((log[0].method.as_str(), log[0].target.as_str()), ("GET", tasks("limit=20&x=%20").as_str()));
    assert_eq!((log[0].operation, log[0].status), (Some("ListVulScanTask"), 200));
    assert_eq!((log[1].target.as_str(), log[1].operation, log[1].status), ("/nowhere?", None, 404));
}

#[tokio::test]
async fn listens_only_on_this_machine() {
    for address in ["0.0.0.0:0", "[::]:0", "192.168.10.1:0", "[::ffff:10.0.0.1]:0"] {
        let error = Emulator::builder().listen(address.parse().unwrap()).start().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(address), "{error}");
    }
    let error = Emulator::builder().hosts(1_000_001).start().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::InvalidInput, "invalid number of hosts 1000001: expected at most 1000000")
    );

    let emulator = start(3, 1).await;
    assert_eq!(emulator.url(), format!("http://{}", emulator.address()));
    assert!(emulator.address().ip().is_loopback());
    let error = Emulator::builder().listen(emulator.address()).start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

#[tokio::test]
async fn dropping_it_closes_its_connections_and_frees_its_port() {
    use tokio::io::AsyncReadExt as _;

    let emulator = start(3, 1).await;
    let address = emulator.address();
    let mut open = tokio::net::TcpStream::connect(address).await.unwrap();
    // A request on another connection ensures that the first connection has been accepted.
    get(&emulator, &tasks("")).await;
    drop(emulator);
    let mut rest = Vec::new();
    assert_eq!(open.read_to_end(&mut rest).await.unwrap_or(0), 0);
    // The listener is closed before the connections.
    Emulator::builder().listen(address).start().await.unwrap();
}

#[tokio::test]
async fn an_exported_file_is_an_archive_with_a_name() {
    let emulator = start(30, 1).await;
    let host = emulator.address();
    let request = format!(
        "GET /v5/{PROJECT}/download/b3e83d25-d92f-4963-a293-e056e81ec44d HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    );
    let response = raw(&emulator, request.as_bytes()).await;
    let end = response.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let (head, body) = response.split_at(end + 4);
    let head = String::from_utf8(head.to_vec()).unwrap();
    for line in [
        "content-type: application/octet-stream",
        "content-disposition: attachment; filename=\"hss-vul-vul-zh-xxxxxxxx.zip\"",
        &format!("content-length: {}", body.len()),
    ] {
        assert!(head.lines().any(|known| known == line), "{line}: {head}");
    }
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && body.starts_with(b"PK\x03\x04"), "{head}");
}
