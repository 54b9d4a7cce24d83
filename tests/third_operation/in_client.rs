//! Uses an operation that the document has gained through the client: builder, stream, model, table, mock, emulator.

use futures::TryStreamExt as _;
use hss_client::mock::MockServerExt as _;
use hss_client::models::{HostGroupItem, ListHostGroupsResponse, ProtectStatus};
use hss_client::{Client, Credentials, Endpoint, Kind, Secret, operations};
use hss_emulator::Emulator;
use httpmock::MockServer;

fn client(url: &str) -> Client {
    Client::builder()
        .endpoint(Endpoint::parse(url).unwrap())
        .credentials(Credentials::Token(Secret::new("token", "t").unwrap()))
        .project_id("p")
        .build()
        .unwrap()
}

#[tokio::test]
async fn used_through_the_client() {
    let server = MockServer::start_async().await;
    let mut group = HostGroupItem::default();
    group.protect_status = Some(ProtectStatus::Opened);
    let mut page = ListHostGroupsResponse::default();
    page.total_num = Some(1);
    page.data_list = Some(vec![group.clone()]);
    let mock = server.list_host_groups(|when, then| {
        when.project_id("p").group_name("web").limit(200).offset(0);
        then.ok(&page);
    });
    let mocked = client(&server.base_url());
    let groups: Vec<_> = mocked.list_host_groups().group_name("web").stream().try_collect().await.unwrap();
    assert_eq!(groups, [group]);
    mock.assert();

    let error = mocked.list_host_groups().group_name("").send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Usage, "{error}");
    assert_eq!(operations::LIST_HOST_GROUPS.path, "/v5/{project_id}/host-management/groups");

    let emulator = Emulator::builder().start().await.unwrap();
    let rows: Vec<_> = client(&emulator.url()).list_host_groups().stream().try_collect().await.unwrap();
    assert_eq!(rows.len(), 1, "the emulator answers in the schema's shape");
    assert!(rows[0].group_id.is_some() && rows[0].protect_status.as_ref().is_some_and(ProtectStatus::is_known));
}
