//! The API reference page. `cargo xtask browser` tests its appearance and behaviour.

use hss_client::operations;
use serde_json::Value;

use crate::support::{ask, example_of, get, raw, send, start, tasks};

#[tokio::test]
async fn the_page_loads_only_from_the_emulator() {
    let emulator = start(1, 1).await;
    let page = get(&emulator, "/").await;
    assert_eq!((page.status, page.content_type.as_str()), (200, "text/html; charset=utf-8"));
    let loaded: Vec<_> = page.text.split('"').filter(|part| part.starts_with("/_emulator/")).collect();
    assert_eq!(loaded.len(), 5);
    assert!(!page.text.contains("http"), "nothing from elsewhere");
    for path in loaded {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let response = raw(&emulator, request.as_bytes()).await;
        let head = String::from_utf8_lossy(&response[..response.len().min(800)]).into_owned();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {head}");
        assert!(head.contains("content-security-policy: default-src 'none'; script-src 'self'"), "{head}");
        assert_eq!(head.contains("content-encoding: gzip"), path.contains("swagger-ui"), "{path}");
    }
    assert_eq!(send(&emulator, "HEAD", "/").await.text, "");
    assert_eq!(send(&emulator, "POST", "/").await.status, 404);
    get(&emulator, &tasks("")).await;
    assert_eq!(emulator.requests().len(), 2, "what the page loads is none of the service's requests");
}

#[tokio::test]
async fn the_document_names_the_emulator_as_server() {
    let emulator = start(1, 1).await;
    let document: Value = get(&emulator, "/openapi.json").await.json();
    assert_eq!(document["servers"][0]["url"], "/");
    for operation in operations::ALL {
        let found = &document["paths"][operation.path][operation.method.to_lowercase()];
        assert_eq!(found["operationId"], operation.id);
        assert_eq!(found["externalDocs"]["url"].as_str(), operation.source.and_then(|source| source.page));
    }
}

#[tokio::test]
async fn the_document_marks_what_is_deprecated() {
    let document: Value = get(&start(1, 1).await, "/openapi.json").await.json();
    let field = &document["components"]["schemas"]["VulScanTaskHostInfo"]["properties"]["failed_reasons"];
    assert_eq!(field["deprecated"], true);
    assert!(field["description"].as_str().is_some_and(|text| text.contains("Deprecated: use `vul_scan_details`")));
}

#[tokio::test]
async fn examples_of_requests_are_valid_for_the_emulator_s_servers() {
    for (hosts, seed) in [(30, 1), (1, 1), (3, 2), (450, 7), (0, 1)] {
        let emulator = start(hosts, seed).await;
        let document: Value = get(&emulator, "/openapi.json").await.json();
        for operation in operations::ALL.iter().filter(|operation| operation.body.is_some()) {
            let entry = &document["paths"][operation.path][operation.method.to_lowercase()];
            let examples = entry["requestBody"]["content"]["application/json"]["examples"].as_object();
            // The rules report operations without an example.
            let Some(body) = examples.and_then(|examples| examples.values().next()).map(|example| &example["value"])
            else {
                continue;
            };
            assert!(body.is_object(), "{}: {entry}", operation.id);
            let (target, headers) = example_of(operation);
            let response = ask(&emulator, operation.method, &target, &headers, &body.to_string()).await;
            if hosts > 0 {
                assert_eq!(response.status, 200, "{hosts} {seed} {}: {}", operation.id, response.text);
            } else if operation.id == "CreateVulnerabilityScanTask" {
                // Without servers, a scan cannot start.
                assert_eq!(response.status, 400, "{}", response.text);
            }
        }
    }
}
