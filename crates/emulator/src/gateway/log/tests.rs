use hss_client::operations::ALL;
use hyper::Request;

use super::*;

fn received(target: &str, headers: &[(&str, &str)]) -> Received {
    let request = headers.iter().fold(Request::get(target), |request, (name, value)| request.header(*name, *value));
    Received::new(&request.body(()).unwrap().into_parts().0)
}

#[test]
fn redacts_secret_headers() {
    for name in [
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
        "Set-Cookie",
        "X-Auth-Token",
        "X-Subject-Token",
        "X-Security-Token",
        "X-Metadata-Token",
        "X-Secret",
        "X-Api-Key",
        "X-Password",
        "X-Signature",
        "X-SK",
        "X-App-Sk",
        "X-Credential",
        "X-Credentials",
        "X-Pwd",
        "X-Passwd",
        "X-Jwt",
        "X-Session-Id",
        "X-Passphrase",
        "X-Auth",
        "X-Bearer",
        "X-Assertion",
        "X-Ticket",
        "X-Otp",
        "X-Csrf-Token",
        "X-Xsrf",
        "X-Hmac",
        "X-Sign",
        "X-Creds",
        "X-Device-Code",
    ] {
        let received = received("/", &[(name, "SENTINEL"), ("host", "h")]);
        assert_eq!(received.header(&name.to_lowercase()), Some("[8 bytes]"));
        assert_eq!(received.header("host"), Some("h"));
        assert!(!format!("{received:?}").contains("SENTINEL"), "{name}");
    }
}

#[test]
fn redacts_secret_parameters() {
    for (query, logged) in [
        ("limit=10&token=SENTINEL&x=y", "limit=10&token=[redacted]&x=y"),
        ("X-Auth-Token=SENTINEL", "X-Auth-Token=[redacted]"),
        ("access_key=SENTINEL&SECRET=SENTINEL=SENTINEL", "access_key=[redacted]&SECRET=[redacted]"),
        ("%74oken=SENTINEL&%zzpassword=SENTINEL", "%74oken=[redacted]&%zzpassword=[redacted]"),
        ("token&&=&x=%20", "token&&=&x=%20"),
        ("", ""),
    ] {
        assert_eq!(received(&format!("/p?{query}"), &[]).target, format!("/p?{logged}"));
    }
    for name in [
        "sk",
        "SK",
        "app_sk",
        "appSk",
        "sk1",
        "pwd",
        "userPwd",
        "userpw",
        "pw",
        "mfa_code",
        "DPoP",
        "passwd",
        "pass",
        "passphrase",
        "code",
        "session",
        "session_id",
        "bearer",
        "auth",
        "jwt",
        "assertion",
        "client_assertion",
        "credential",
        "sig",
        "X-Amz-Credential",
        "SAMLResponse",
        "ticket",
        "passcode",
        "totp",
        "pin",
        "csrf",
        "_csrf",
        "userpass",
        "dbpass",
        "db_pass",
        "pswd",
        "sid",
        "connect.sid",
        "PHPSESSID",
        "creds",
        "device_code",
        "user_code",
        "code_verifier",
        "hmac",
        "sign",
        "aksk",
        // With invisible characters, raw and encoded.
        "to\u{200b}ken",
        "to%E2%80%8Bken",
        "to%00ken",
        "\u{feff}sk",
        "s\u{ad}k",
        // Encoded once, encoded twice, and with an invalid encoding.
        "%73%6b",
        "%2573k",
        "%252573k",
        "to%256ben",
        "s%zzk",
        "%",
        "tok%e",
        "to%ffken",
        "%2525252525257sk",
    ] {
        for query in
            ["NAME=SENTINEL", "x=y&NAME=SENTINEL&z=", "x=y;NAME=SENTINEL", "x=y;NAME=a;SENTINEL", "u=/p?NAME=SENTINEL"]
        {
            let target = format!("/p?{}", query.replace("NAME", name));
            let logged = received(&target, &[]).target;
            assert!(!logged.contains("SENTINEL") && logged.contains("[redacted]"), "{target}: {logged}");
        }
    }
}

#[test]
fn redacts_secrets_in_urls() {
    for (url, logged) in [
        ("https://h:1/p?limit=10&token=SENTINEL&x=y", "https://h:1/p?limit=10&token=[redacted]&x=y"),
        ("/p?sk=SENTINEL#f", "/p?sk=[redacted]"),
        ("/cb#access_token=SENTINEL&state=1", "/cb#access_token=[redacted]&state=1"),
        ("/p;jsessionid=SENTINEL?x=y", "/p;jsessionid=[redacted]"),
        ("https://u:SENTINEL@h/p?x=y", "https://[redacted]@h/p?x=y"),
        ("https://SENTINEL@h/p", "https://[redacted]@h/p"),
        ("//SENTINEL@h", "//[redacted]@h"),
        ("https://u:SENTINEL&x@SENTINEL@h/@y", "https://[redacted]@h/@y"),
        ("u:SENTINEL@h:443", "[redacted]@h:443"),
        ("<https://h/?code=SENTINEL>; rel=next", "<https://h/?code=[redacted]"),
        ("a, https://u:SENTINEL@h", "a, https://[redacted]@h"),
        ("/p?u=https%3A%2F%2Fh%2F%3Ftoken%3DSENTINEL&x=y", "/p?u=[redacted]&x=y"),
        ("/p?u=https%253A%252F%252FSENTINEL%2540h", "/p?u=[redacted]"),
        ("https%3A%2F%2Fu:SENTINEL%40h", "[redacted]"),
        ("/p?u=%2525252525253Ftoken%2525252525253DSENTINEL", "/p?u=[redacted]"),
        ("/p?x=1%26token=SENTINEL", "/p?x=1%26token=[redacted]"),
        // A password with characters that delimit user information.
        ("https://u:SENT/INEL@h/p", "https://[redacted]@h/p"),
        ("https://u:SENT?INEL@h/p", "https://[redacted]@h/p"),
        ("https://u:SENT#INEL@h:1/p?x=y", "https://[redacted]@h:1/p?x=y"),
        ("u:SENT/IN#EL@h:443", "[redacted]@h:443"),
        ("https://u:SENT/I@N/EL@h/p", "https://[redacted]@h/p"),
        ("/p?u=https://u:SENT/INEL@h", "/p?u=https://[redacted]@h"),
        // Values in JSON and in the form of a header.
        (r#"{"limit":1,"password":"SENTINEL&SENTINEL"}"#, r#"{"limit":1,"password":[redacted]"#),
        (r#"{"token": ["SENTINEL", {"x": "SENTINEL"}]}"#, r#"{"token":[redacted]"#),
        (r#"{\"sk\":\"SENTINEL\"}"#, r#"{\"sk\":[redacted]"#),
        (r#"{"p\u0061ssword":"SENTINEL"}"#, r#"{"p\u0061ssword":[redacted]"#),
        ("{'pin' : 1234}", "{'pin' :[redacted]"),
        (r#"/p?q={"password":"SENTINEL"}&x=y"#, r#"/p?q={"password":[redacted]"#),
        ("/p?q=%7B%22password%22%3A%22SENTINEL%22%7D&x=y", "/p?q=[redacted]&x=y"),
        ("token: SENTINEL", "token:[redacted]"),
        ("a; x-auth-token:SENTINEL&SENTINEL", "a; x-auth-token:[redacted]"),
        ("token\t=SENTINEL", "token\t[redacted]"),
        ("appToken\t=SENTINEL", "appToken\t=[redacted]"),
        ("Bearer SENTINEL", "Bearer [redacted]"),
        ("proxy bearer\tSENTINEL&x", "proxy bearer\t[redacted]"),
        ("Basic SENTINEL==", "Basic [redacted]"),
        ("Token  SENTINEL", "Token [redacted]"),
        ("/v2.0/tokens/SENTINEL", "/v2.0/tokens/[redacted]"),
        ("//tokens/SENTINEL", "//tokens/[redacted]"),
        ("https://h/v3/auth/TOKENS/SENTINEL/x?y=z", "https://h/v3/auth/TOKENS/[redacted]?y=z"),
        ("/v2.0/t%6fkens/SENTINEL", "[redacted]"),
        ("/v2.0/tokens%2FSENTINEL", "[redacted]"),
        // Texts without secrets.
        ("https://keystone.example:5000/v3/auth/tokens", "https://keystone.example:5000/v3/auth/tokens"),
        ("http://[::1]:80/@x", "http://[::1]:80/@x"),
        ("http://h:80/p?mail=me@example.com", "http://h:80/p?mail=me@example.com"),
        (r#"{"limit":1,"task_id":["a:b","c d"]}"#, r#"{"limit":1,"task_id":["a:b","c d"]}"#),
        ("https://h/p?limit=10&task_id=t", "https://h/p?limit=10&task_id=t"),
        ("/p?q=100%25&r=%e4%bb%bb&s=a+b%20c&t=x%3Dy%26z", "/p?q=100%25&r=%e4%bb%bb&s=a+b%20c&t=x%3Dy%26z"),
        ("me@example.com, 10:00", "me@example.com, 10:00"),
    ] {
        for name in ["Referer", "Location", "X-Original-Url", "X-Forwarded-Uri", "X-Made-Up"] {
            assert_eq!(received("/", &[(name, url)]).header(&name.to_lowercase()), Some(logged), "{url}");
        }
    }
    // With any number of characters between a name and its value.
    for between in [" ".repeat(60_000), "\t \"'".repeat(15_000), ": ".repeat(30_000), "\" ".repeat(30_000)] {
        let logged = redacted(&format!("appToken{between}= SENTINEL"));
        assert!(!logged.contains("SENTINEL") && logged.ends_with(":[redacted]") | logged.ends_with("=[redacted]"));
    }
    // Truncation does not prevent the redaction of the text before it.
    let long = received("/", &[("referer", &format!("https://u:SENTINEL{}@h/", "x".repeat(300)))]);
    assert_eq!(long.header("referer"), Some("https://[redacted]@h/"));
    assert_eq!(received("/", &[("host", "SENTINEL@h:1")]).header("host"), Some("[redacted]@h:1"));
    for (method, target, logged) in [
        ("CONNECT", "u:SENTINEL@h:443", "[redacted]@h:443"),
        ("CONNECT", "SENTINEL@h:443", "[redacted]@h:443"),
        ("CONNECT", "h:443", "h:443"),
        ("GET", "http://u:SENTINEL@h/p?x=y", "/p?x=y"),
        ("GET", "http://SENTINEL@h", "/"),
        ("GET", "/http://u:SENTINEL@h/", "/http://[redacted]@h/"),
        ("OPTIONS", "*", "*"),
    ] {
        let request = Request::builder().method(method).uri(target).body(()).unwrap();
        assert_eq!(Received::new(&request.into_parts().0).target, logged, "{method} {target}");
    }
}

#[test]
fn keeps_values_without_secrets() {
    let names = ALL.iter().flat_map(|operation| operation.parameters).map(|parameter| parameter.name);
    let others = [
        "task_id",
        "host_id",
        "error_code",
        "error-code",
        "status_code",
        "author",
        "desk",
        "risk_level",
        "bypass",
        "x-sdk-date",
        "x-project-id",
        "x-domain-id",
        "user-agent",
        "accept",
        "content-type",
        "host",
        "referer",
        "origin",
        "x-request-id",
        "x-forwarded-for",
        "postcode",
        "encode",
        "codec",
        "basket",
        "user_id",
        "page",
        "lang",
    ];
    for name in names.filter(|name| !["X-Auth-Token", "binding_key", "sort_key"].contains(name)).chain(others) {
        assert_eq!(received("/", &[(name, "1")]).header(&name.to_lowercase()), Some("1"), "{name}");
        assert_eq!(received(&format!("/?{name}=1"), &[]).target, format!("/?{name}=1"));
    }
    for value in [
        "python-requests/2.32 (x; y=z) a/1:2",
        "openstacksdk/4.0.0 keystoneauth1/5.6.0 python-requests/2.32.3 CPython/3.12.3",
        "huaweicloud-usdk-go/3.0 (linux; go1.22)",
        "application/json;charset=UTF-8, text/html; q=0.9",
        "20261130T081500Z",
        "2026-11-30T08:15:00Z",
        "10.0.0.1:443, [::1]:80",
    ] {
        assert_eq!(received("/", &[("x-any", value)]).header("x-any"), Some(value));
    }
    for operation in ALL {
        let path = operation.path.replace(['{', '}'], "");
        assert_eq!(received(&path, &[]).target, path);
    }
    for path in ["/v3/auth/tokens", "/v3/auth/projects", "/openstack/latest/securitykey", "/_emulator/requests"] {
        assert_eq!(received(path, &[]).target, path);
    }
}

#[test]
fn truncates_long_texts() {
    let long = "x".repeat(60_000);
    let received = received(&format!("/{long}\u{e4}"), &[(&long, &long), ("host", &"h".repeat(300))]);
    assert_eq!(received.header("host"), Some("h".repeat(256).as_str()));
    assert_eq!((received.target.len(), received.headers.len()), (TARGET_LIMIT, 2));
    assert!(received.headers.iter().all(|(name, value)| name.len() <= 256 && value.len() <= 256));
    assert_eq!(
        (cut("a\u{e4}b", 2), cut("a\u{e4}b", 3), cut("", 3)),
        ("a".to_owned(), "a\u{e4}".to_owned(), String::new())
    );
}

#[test]
fn removes_the_oldest_requests() {
    let log = RequestLog::default();
    for number in 0..=CAPACITY {
        log.add(received(&format!("/{number}"), &[]));
    }
    let entries = log.entries();
    assert_eq!(entries.len(), CAPACITY);
    assert_eq!((entries[0].target.as_str(), entries[CAPACITY - 1].target.as_str()), ("/1", "/10000"));
    let json: serde_json::Value = serde_json::from_slice(&log.to_json().unwrap()).unwrap();
    assert_eq!(json["requests"].as_array().unwrap().len(), CAPACITY);
    log.clear();
    assert_eq!((log.entries().len(), log.lock().size), (0, 0));
}

#[test]
fn limits_the_size_in_bytes() {
    let log = RequestLog::default();
    let headers: Vec<_> =
        (0..HEADERS).map(|number| (format!("{number}{}", "n".repeat(500)), "v".repeat(500))).collect();
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for number in 0..320 {
        log.add(received(&format!("/{number}{}", "x".repeat(8_000)), &headers));
        let entries = log.lock();
        assert_eq!(entries.size, entries.requests.iter().map(Received::size).sum::<usize>());
        assert!(entries.size <= CAPACITY_BYTES);
    }
    assert!((200..300).contains(&log.entries().len()), "{}", log.entries().len());
    assert!(log.entries().last().unwrap().target.starts_with("/319"));
}
