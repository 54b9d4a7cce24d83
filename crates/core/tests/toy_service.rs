//! Implements a client of a service that the crate does not know, in about fifty lines: the service, one operation, and
//! a call.

use std::time::Duration;

use bytes::Bytes;
use httpmock::MockServer;
use huaweicloud_core::generated::{Call, finish, http};
use huaweicloud_core::operation::{Location, Operation, Parameter, ParameterType as Type, Success};
use huaweicloud_core::{
    Arguments, Credentials, Endpoint, ErrorCode, ErrorKind, Quota, Response, Result, Secret, Service, Transport,
};

const QUOTA: Quota = Quota { requests: 20, window: Duration::from_secs(1) };
static EVS: Service =
    Service::new("evs", &["cn-north-4"], QUOTA)
        .error_codes(&[ErrorCode::new("EVS.2003", "no such disk").kind(ErrorKind::NotFound).hint("List the disks.")]);

const DISK_ID: Parameter =
    Parameter::new("disk_id", Location::Path, Type::String { min_length: Some(1), max_length: Some(36), allowed: &[] });

static SHOW_DISK: Operation =
    Operation::new(&EVS, "ShowDisk", "show_disk", "GET", "/v2/disks/{disk_id}", Success::new(200).schema(Some("Disk")))
        .parameters(&[DISK_ID.required(true).description("Id of the disk")])
        .idempotent(true);

async fn show_disk(transport: &Transport, disk_id: &str) -> Result<Response<Bytes>> {
    let mut arguments = Arguments::new();
    arguments.push("disk_id", disk_id);
    transport.execute(&SHOW_DISK, &arguments, None).await
}

#[tokio::test]
async fn calls_a_custom_service() {
    let server = MockServer::start_async().await;
    server.mock(|when, then| {
        when.path("/v2/disks/d-1").header("x-auth-token", "t");
        then.status(200).body(r#"{"size":40}"#);
    });
    server.mock(|when, then| {
        when.path("/v2/disks/d-2");
        then.status(400).body(r#"{"error_code":"EVS.2003","error_msg":"disk not found"}"#);
    });
    let token = Credentials::Token(Secret::new("token", "t").unwrap());
    let transport = Transport::builder(Endpoint::parse(&server.base_url()).unwrap(), token).build().unwrap();

    assert_eq!(show_disk(&transport, "d-1").await.unwrap().into_inner(), r#"{"size":40}"#);
    let error = show_disk(&transport, "d-2").await.unwrap_err();
    assert_eq!((error.kind(), error.code_meaning()), (ErrorKind::NotFound, Some("no such disk")));
    assert!(format!("{error:#}").ends_with("List the disks."), "{error}");
    let error = show_disk(&transport, &"d".repeat(37)).await.unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        format!("ShowDisk: invalid disk_id {:?}: 37 characters; expected at most 36", "d".repeat(37))
    );
    let built_in = Endpoint::of_region(&EVS, "cn-north-4").unwrap();
    assert_eq!(built_in.to_string(), "https://evs.cn-north-4.myhuaweicloud.com");
}

#[tokio::test]
async fn validates_every_request_against_the_operation() {
    let token = Credentials::Token(Secret::new("token", "t").unwrap());
    let transport = Transport::builder(Endpoint::parse("http://127.0.0.1:1").unwrap(), token).build().unwrap();
    for (path, body, expected) in [
        ("/v2/disks/d-1?size=1", None, "unknown parameter \"size\""),
        ("/v2/disks", None, "invalid path of the request: expected /v2/disks/{disk_id}"),
        ("/v2/disks/d-1/x", None, "invalid path of the request: expected /v2/disks/{disk_id}"),
        ("/v3/disks/d-1", None, "invalid path of the request: expected /v2/disks/{disk_id}"),
        ("/v2/disks/", None, "invalid disk_id \"\": it is empty"),
        ("/v2/disks/a%2Fb", None, "invalid disk_id \"a/b\": it contains one of"),
        ("/v2/disks/d-1", Some("{}"), "invalid request: the operation has no request body"),
    ] {
        // As generated code does.
        let mut request = http(&transport).get(format!("http://127.0.0.1:1{path}")).build().unwrap();
        *request.body_mut() = body.map(Into::into);
        let call = Call::new(transport.clone(), &SHOW_DISK);
        call.exec(request).await.unwrap();
        let unused = progenitor_client::Error::InvalidRequest(String::new());
        let error = finish::<()>(&call, Err(unused)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{path}");
        assert!(error.message().starts_with(expected) && !error.may_have_reached_service(), "{path}: {error}");
    }
    for disk_id in ["..", ".", "a\\b", "a/b", "a?b", "a#b", "%2e%2e", ""] {
        let error = show_disk(&transport, disk_id).await.unwrap_err();
        assert!(error.message().starts_with("invalid disk_id ") && !error.may_have_reached_service(), "{error}");
    }
}
