//! The typed client with mock responses from the generated helpers.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use futures::TryStreamExt as _;
use hss_client::mock::MockServerExt as _;
use hss_client::models::{
    AssetValue, ListVulScanTaskHostResponse, ManualScanType, ManualVulScanRequestInfo, ScanRangeType, ScanStatus,
    ScanStatusFilter, VulScanTaskHostInfo, VulType,
};
use hss_client::operations::{LIST_DOWNLOAD_EXPORTED_FILE, LIST_VUL_SCAN_TASK};
use hss_client::{Arguments, Client, Credentials, Error, ErrorKind, Secret, TestRuntime};
use httpmock::{Mock, MockServer};
use serde_json::{Value, json};

const TASK: &str = "2b31ed520xxxxxxebedb6e57xxxxxxxx";
const PROJECT: &str = "0123456789abcdef0123456789abcdef";
const TOKEN: &str = "SENTINEL-TOKEN";

async fn client(server: &MockServer) -> Client {
    let token = Credentials::Token(Secret::new("token", TOKEN).unwrap());
    Client::builder()
        .endpoint(server.base_url())
        .credentials(token)
        .project_id(PROJECT)
        .runtime(TestRuntime::default().with_random(0.5).share())
        .build()
        .await
        .unwrap()
}

/// Sets up `body` as the response to every listing of hosts, regardless of the request.
fn answer<'a>(server: &'a MockServer, status: u16, kind: &'static str, body: &str) -> Mock<'a> {
    server.list_vul_scan_task_host(|_, then| {
        then.into_inner().status(status).header("content-type", kind).header("x-request-id", "r-1").body(body);
    })
}

async fn failure(status: u16, kind: &'static str, body: &str) -> Error {
    let server = MockServer::start_async().await;
    let mock = answer(&server, status, kind, body);
    let error = client(&server).await.list_vul_scan_task_host(TASK).stream().try_collect::<Vec<_>>().await.unwrap_err();
    // Transient errors are retried, with a test clock.
    let attempts = if matches!(status, 500..) { 5 } else { 1 };
    let pages = if error.kind() == ErrorKind::Incomplete && error.offset() > Some(0) { 2 } else { 1 };
    assert_eq!(mock.calls(), attempts * pages, "{error}");
    error
}

async fn hosts(body: &Value) -> Vec<VulScanTaskHostInfo> {
    let server = MockServer::start_async().await;
    answer(&server, 200, "application/json", &body.to_string());
    client(&server).await.list_vul_scan_task_host(TASK).stream().try_collect().await.unwrap()
}

fn host(name: &str) -> VulScanTaskHostInfo {
    let mut host = VulScanTaskHostInfo::default();
    host.host_name = Some(name.to_owned());
    host
}

fn page(total: i64, names: impl Iterator<Item = String>) -> ListVulScanTaskHostResponse {
    let mut page = ListVulScanTaskHostResponse::default();
    page.total_num = Some(total);
    page.data_list = Some(names.map(|name| host(&name)).collect());
    page
}

#[tokio::test]
async fn sends_requests_in_the_documented_format() {
    let server = MockServer::start_async().await;
    let mock = server.list_vul_scan_task_host(|when, then| {
        let when = when.project_id(PROJECT).task_id(TASK).enterprise_project_id("all_granted_eps").limit(10).offset(0);
        when.scan_status(ScanStatusFilter::Failed)
            .into_inner()
            .header("x-auth-token", TOKEN)
            .header("accept", "application/json")
            .header_missing("api-version")
            .header_missing("authorization");
        then.ok(&page(1, ["a".to_owned()].into_iter()));
    });
    let request = client(&server)
        .await
        .list_vul_scan_task_host(TASK)
        .enterprise_project_id("all_granted_eps")
        .limit(10)
        .offset(0)
        .scan_status(ScanStatusFilter::Failed);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.get_ref().total_num, Some(1));
    assert_eq!(answer.status(), 200);
    mock.assert();
}

#[tokio::test]
async fn a_mock_matches_only_its_own_id() {
    let server = MockServer::start_async().await;
    server.list_vul_scan_task_host(|when, then| {
        when.task_id("a.c");
        then.ok(&page(0, std::iter::empty()));
    });
    assert!(client(&server).await.list_vul_scan_task_host("a.c").send().await.is_ok());
    assert!(client(&server).await.list_vul_scan_task_host("abc").send().await.is_err());
}

#[tokio::test]
async fn lists_450_hosts_once_each_in_three_requests() {
    let server = MockServer::start_async().await;
    let mocks = [0, 200, 400].map(|offset: i32| {
        server.list_vul_scan_task_host(|when, then| {
            when.offset(offset).limit(200);
            then.ok(&page(450, (offset..(offset + 200).min(450)).map(|index| format!("h{index:03}"))));
        })
    });
    let hosts: Vec<_> = client(&server).await.list_vul_scan_task_host(TASK).stream().try_collect().await.unwrap();
    let names: Vec<_> = hosts.into_iter().filter_map(|host| host.host_name).collect();
    assert_eq!(names, (0..450).map(|index| format!("h{index:03}")).collect::<Vec<_>>());
    assert_eq!(mocks.map(|mock| mock.calls()), [1, 1, 1]);
}

#[tokio::test]
async fn a_null_row_counts_towards_the_offset() {
    // The first row of the first page is null, and so is the last row of the last page.
    let null_rows = [0, 449];
    for (max_rows, read, requests) in [(None, 448, [1, 1, 1]), (Some(200), 200, [1, 1, 0])] {
        let server = MockServer::start_async().await;
        let mocks = [0, 200, 400].map(|offset: i32| {
            let rows = (offset..(offset + 200).min(450)).map(|index| {
                if null_rows.contains(&index) { Value::Null } else { json!({"host_id": format!("h{index:03}")}) }
            });
            let body = json!({"data_list": rows.collect::<Vec<_>>(), "total_num": 450}).to_string();
            server.list_vul_scan_task_host(|when, then| {
                when.offset(offset).limit(200);
                then.into_inner().status(200).body(body);
            })
        });
        let mut request = client(&server).await.list_vul_scan_task_host(TASK);
        if let Some(rows) = max_rows {
            // The page size is set to that of the other pages, so that a second page is needed.
            request = request.max_rows(rows).limit(200);
        }
        let hosts: Vec<_> = request.stream().try_collect().await.unwrap();
        let ids: Vec<_> = hosts.into_iter().filter_map(|host| host.host_id).collect();
        let expected: Vec<_> =
            (0..450).filter(|index| !null_rows.contains(index)).map(|index| format!("h{index:03}")).collect();
        assert_eq!(ids, expected[..read]);
        assert_eq!(mocks.map(|mock| mock.calls()), requests);
    }
}

#[tokio::test]
async fn refuses_a_page_with_more_rows_than_requested() {
    let rows = vec![json!({}); 201];
    let error = failure(200, "application/json", &json!({"total_num": 450, "data_list": rows}).to_string()).await;
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Protocol, "the response has 201 rows, but 200 were requested")
    );
}

#[tokio::test]
async fn refuses_a_body_with_too_many_list_items() {
    for list in ["[{},{}", r#"[{"failed_reasons":[{},{}"#] {
        let body = format!("{{\"total_num\":1,\"data_list\":{list}{}", ",{}".repeat(400_000));
        let error = failure(200, "application/json", &body).await;
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Protocol, "the response has more than 250000 list members")
        );
    }
}

#[tokio::test]
async fn keeps_the_start_of_a_large_error_body() {
    let error = failure(502, "text/html", &"0".repeat(1_000_000)).await;
    // Without the end of the excerpt, which may contain the start of a secret.
    assert_eq!((error.status(), error.body().len()), (Some(502), 64 * 1024 - 256));
}

#[tokio::test]
async fn detects_a_repeated_page_without_a_total() {
    let error = failure(200, "application/json", r#"{"data_list":[{"host_name":"a"}]}"#).await;
    assert_eq!((error.kind(), error.message()), (ErrorKind::Incomplete, "the same page was returned twice"));
}

#[tokio::test]
async fn a_page_returns_the_offset_of_the_next() {
    let server = MockServer::start_async().await;
    answer(&server, 200, "application/json", r#"{"total_num":3,"data_list":[null,{"host_id":"h1"},null]}"#);
    let pages: Vec<_> = client(&server).await.list_vul_scan_task_host(TASK).pages().try_collect().await.unwrap();
    assert_eq!((pages.len(), pages[0].next_offset()), (1, Some(3)));
    assert_eq!(client(&server).await.list_vul_scan_task_host(TASK).send().await.unwrap().next_offset(), None);
}

#[tokio::test]
async fn an_error_on_a_later_page_contains_its_offset() {
    for (status, body) in
        [(200, "{\"total_num\":30,\"data_l"), (502, "<html>"), (401, r#"{"error_code":"APIGW.0301","error_msg":"m"}"#)]
    {
        let server = MockServer::start_async().await;
        server.list_vul_scan_task_host(|when, then| {
            when.offset(0);
            then.ok(&page(30, (0..10).map(|index| index.to_string())));
        });
        server.list_vul_scan_task_host(|when, then| {
            when.offset(10);
            then.into_inner().status(status).body(body);
        });
        let error = client(&server)
            .await
            .list_vul_scan_task_host(TASK)
            .limit(10)
            .stream()
            .try_collect::<Vec<_>>()
            .await
            .unwrap_err();
        assert_eq!((error.offset(), error.operation()), (Some(10), Some("ListVulScanTaskHost")), "{error}");
    }
}

#[tokio::test]
#[expect(deprecated, reason = "deprecated fields are still decoded")]
async fn keeps_rows_with_unknown_values_and_fields() {
    let row = json!({"host_id": "h2", "scan_status": "canceled", "asset_value": "core", "new_field": {"a": 1},
        "failed_reasons": [{"vul_type": "container_vul", "failed_reason": "r"}]});
    let hosts =
        hosts(&json!({"total_num": 3, "data_list": [{"host_id": "h1"}, row, {"host_id": "h3"}], "more": true})).await;
    assert_eq!(hosts.len(), 3);
    let second = &hosts[1];
    assert_eq!(second.scan_status, Some(ScanStatus::Unknown("canceled".into())));
    assert_eq!(second.asset_value.as_ref().map(AssetValue::as_str), Some("core"));
    let reasons = second.failed_reasons.as_ref().unwrap();
    assert_eq!(reasons[0].vul_type.as_ref().map(VulType::as_str), Some("container_vul"));
    let encoded = serde_json::to_value(second).unwrap();
    assert_eq!((&encoded["scan_status"], &encoded["asset_value"]), (&json!("canceled"), &json!("core")));
}

#[tokio::test]
#[expect(deprecated, reason = "deprecated fields are still decoded")]
async fn decodes_null_as_absent() {
    let row = json!({"host_id": "h1", "host_name": null, "public_ip": "", "scan_status": null, "failed_reasons": null});
    let read = hosts(&json!({"total_num": 1, "data_list": [row]})).await;
    assert_eq!((read[0].host_name.as_deref(), read[0].public_ip.as_deref()), (None, Some("")));
    assert_eq!((&read[0].failed_reasons, &read[0].scan_status), (&None, &None));
    assert!(hosts(&json!({"total_num": 0, "data_list": null})).await.is_empty());
    let row = json!({"host_id": "h1", "failed_reasons": [null]});
    assert_eq!(hosts(&json!({"total_num": 1, "data_list": [row]})).await[0].failed_reasons, Some(vec![]));
    let row = json!({"host_id": "h1", "failed_reasons": [{"vul_type": null, "failed_reason": null}]});
    assert_eq!(
        hosts(&json!({"total_num": 1, "data_list": [row]})).await[0].failed_reasons.as_ref().map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn decodes_newer_fields_and_locates_a_changed_type() {
    let detail = json!({"vul_type": "urgent_vul", "status": "failed", "failed_reason": "timeout",
        "scan_vul_list": [{"vul_id": "HCVD-1", "vul_name": "n", "status": "failed", "failed_reason": "x"}]});
    let read = hosts(&json!({"total_num": 1, "data_list": [{"host_id": "h1", "vul_scan_details": [detail]}]})).await;
    let details = read[0].vul_scan_details.as_ref().unwrap();
    assert_eq!(details[0].scan_vul_list.as_ref().unwrap()[0].vul_id.as_deref(), Some("HCVD-1"));
    for (row, path) in [
        (json!({"failed_reasons": "text"}), "data_list[1].failed_reasons"),
        (json!({"failed_reasons": ["text"]}), "data_list[1].failed_reasons[0]"),
        (json!({"host_id": 17}), "data_list[1].host_id"),
    ] {
        let body = json!({"total_num": 2, "data_list": [{}, row]}).to_string();
        let error = failure(200, "application/json", &body).await;
        assert_eq!(
            (error.kind(), error.status(), error.offset()),
            (ErrorKind::Protocol, Some(200), Some(0)),
            "{error}"
        );
        assert!(format!("{error:#}").contains(path), "{error}");
        assert_eq!(error.body(), body.as_bytes());
        assert_eq!(error.request_id(), Some("r-1"));
    }
}

#[tokio::test]
async fn a_null_error_field_is_not_an_error() {
    let server = MockServer::start_async().await;
    server.create_vulnerability_scan_task(|_, then| {
        then.into_inner().status(201).body(r#"{"task_id":"t","error_msg":null}"#);
    });
    let body = ManualVulScanRequestInfo::new(vec![ManualScanType::LinuxVul], true, ScanRangeType::AllHost);
    let started = client(&server).await.create_vulnerability_scan_task(body).send().await.unwrap();
    assert_eq!(started.get_ref().task_id.as_deref(), Some("t"));
}

#[tokio::test]
async fn an_error_names_a_duplicate_key() {
    let error =
        failure(200, "application/json", r#"{"total_num":1,"data_list":[{"host_name":"a","host_name":"b"}]}"#).await;
    assert!(format!("{error:#}").contains("host_name"), "{error}");
}

#[tokio::test]
async fn refuses_bodies_that_are_not_a_page() {
    for (status, kind, body) in [
        (200, "application/json", ""),
        (200, "application/json", "  "),
        (200, "application/json", "null"),
        (200, "application/json", "{}"),
        (200, "application/json", "[]"),
        (200, "application/json", r#"{"error_code":"HSS.0001","error_msg":"m"}"#),
        (200, "application/json", r#"{"total_num":1}"#),
        (200, "application/json", r#"{"total_num":1,"data_list":[]}"#),
        (200, "text/html", "<html>login</html>"),
        (204, "application/json", ""),
        (302, "text/html", ""),
        (500, "application/json", ""),
        (502, "text/html", "<html>"),
    ] {
        let error = failure(status, kind, body).await;
        assert_eq!(error.operation(), Some("ListVulScanTaskHost"), "{body}");
        assert_eq!(error.offset(), Some(0), "{body}");
    }
}

#[tokio::test]
async fn accepts_json_with_any_content_type() {
    for kind in ["text/plain", "application/json;charset=UTF-8", "APPLICATION/JSON"] {
        let server = MockServer::start_async().await;
        answer(&server, 200, kind, r#"{"total_num":0,"data_list":[]}"#);
        assert!(client(&server).await.list_vul_scan_task_host(TASK).send().await.is_ok(), "{kind}");
    }
}

#[tokio::test]
async fn does_not_send_values_out_of_bounds() {
    let server = MockServer::start_async().await;
    let mock = server.mock(|when, then| {
        when.any_request();
        then.status(500);
    });
    let client = client(&server).await;
    for task in ["", ".", "..", "a/b", "a/../../other", "x?limit=1", "x#y", "a%2fb", "a\\b", "a\nb", &"x".repeat(257)] {
        let error = client.list_vul_scan_task_host(task).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{task:?}: {error}");
    }
    for limit in [9, 201, 0, -1, i32::MAX] {
        let error = client.list_vul_scan_task_host(TASK).limit(limit).send().await.unwrap_err();
        assert_eq!((error.kind(), error.message().contains("10 to 200")), (ErrorKind::Usage, true), "{limit}: {error}");
    }
    let error = client.list_vul_scan_task_host(TASK).project_id("p/q").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert_eq!(mock.calls(), 0);
}

#[tokio::test]
async fn does_not_reveal_the_token() {
    let server = MockServer::start_async().await;
    answer(&server, 401, "application/json", r#"{"error_code":"APIGW.0301","error_msg":"m"}"#);
    let client = client(&server).await;
    let error = client.list_vul_scan_task_host(TASK).send().await.unwrap_err();
    for shown in [format!("{client:?}"), format!("{:?}", client.list_vul_scan_task()), format!("{error:?} {error}")] {
        assert!(!shown.contains(TOKEN), "{shown}");
    }
}

#[tokio::test]
async fn futures_can_be_spawned() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let server = MockServer::start_async().await;
    answer(&server, 200, "application/json", r#"{"total_num":0,"data_list":[]}"#);
    let request = client(&server).await.list_vul_scan_task_host(TASK);
    assert!(is_send(request.send()).await.is_ok());
    assert!(is_send(request.clone().stream()).try_next().await.unwrap().is_none());
    server.list_download_exported_file(|_, then| drop(then.ok("x")));
    let request = client(&server).await.list_download_exported_file("f-1");
    let download = is_send(request.send()).await.unwrap().into_inner();
    assert_eq!(is_send(download.into_stream()).try_next().await.unwrap().unwrap(), "x");
}

#[tokio::test]
async fn a_file_is_downloaded_unchanged() {
    let server = MockServer::start_async().await;
    let content = b"PK\x03\x04\xff\x00";
    let mock = server.list_download_exported_file(|when, then| {
        when.file_id("f-1");
        then.ok(content);
    });
    let client = client(&server).await;
    let mut download = client.list_download_exported_file("f-1").send().await.unwrap().into_inner();
    assert_eq!((download.content_type(), download.size()), (Some("application/octet-stream"), Some(6)));
    let mut written = Vec::new();
    download.write_to(&mut written).await.unwrap();
    assert_eq!(written, content);
    mock.assert();
    let mut arguments = Arguments::new();
    arguments.push("file_id", "f-1");
    let whole = client.execute(&LIST_DOWNLOAD_EXPORTED_FILE, arguments, None).await.unwrap();
    assert_eq!(whole.get_ref().as_ref(), content);
    assert_eq!(
        client.download(&LIST_VUL_SCAN_TASK, Arguments::new(), None).await.unwrap_err().kind(),
        ErrorKind::Usage
    );
}
