//! Uses an operation that the document has gained through the client: builder, stream, model, table, mock, emulator.

use futures::TryStreamExt as _;
use hss_client::mock::MockServerExt as _;
use hss_client::models::{
    CreateHostGroupRequest, GroupTypeFilter, HostGroupItem, ListHostGroupsResponse, GroupProtectStatus,
};
use hss_client::{Client, Credentials, Endpoint, Kind, Secret, operations};
use hss_emulator::Emulator;
use httpmock::MockServer;
use serde_json::json;

fn client(url: &str) -> Client {
    Client::builder(Endpoint::parse(url).unwrap(), Credentials::Token(Secret::new("token", "t").unwrap()))
        .project_id("p")
        .build()
        .unwrap()
}

#[tokio::test]
async fn used_through_the_client() {
    let server = MockServer::start_async().await;
    let mut group = HostGroupItem::default();
    group.protect_status = Some(GroupProtectStatus::Opened);
    let mut page = ListHostGroupsResponse::default();
    page.total_num = Some(1);
    page.data_list = Some(vec![group.clone()]);
    let labels = vec!["a".to_owned(), "b&c".to_owned()];
    let mock = server.list_host_groups(|when, then| {
        let when = when.project_id("p").group_name("web").limit(200).offset(0).type_(GroupTypeFilter::InCloud);
        when.client(7).is_container(true).label_list(&labels).into_inner().header("x-language", "en-us");
        then.ok(&page);
    });
    let mocked = client(&server.base_url());
    let request = mocked
        .list_host_groups()
        .group_name("web")
        .type_(GroupTypeFilter::InCloud)
        .client_(7)
        .is_container(true)
        .label_list(labels.clone())
        .x_language("en-us");
    let groups: Vec<_> = request.stream().try_collect().await.unwrap();
    assert_eq!(groups, [group]);
    mock.assert();

    let error = mocked.list_host_groups().group_name("").send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Usage, "{error}");
    assert_eq!(operations::LIST_HOST_GROUPS.path, "/v5/{project_id}/host-management/groups");

    let mut wanted = CreateHostGroupRequest::new("web".to_owned());
    wanted.host_id_list = vec!["h1".to_owned()];
    let mock = server.create_host_group(|when, then| {
        when.project_id("p").into_inner().json_body(json!({"group_name": "web", "host_id_list": ["h1"]}));
        let made = json!({"group_id": "g1", "create_time": "2024-11-19 08:00", "uuid": "", "labels": {"a": "b"}, "risk": 1});
        then.into_inner().status(200).json_body(made);
    });
    let made = mocked.create_host_group(wanted).send().await.unwrap();
    assert_eq!((made.group_id.as_deref(), made.status()), (Some("g1"), 200), "any success will do");
    mock.assert();

    let mock = server.delete_host_group(|when, then| {
        when.group_id("g 1");
        then.no_content();
    });
    mocked.delete_host_group("g 1").send().await.unwrap();
    mock.assert();

    let emulator = Emulator::builder().start().await.unwrap();
    let rows: Vec<_> = client(&emulator.url()).list_host_groups().stream().try_collect().await.unwrap();
    assert_eq!(rows.len(), 1, "the emulator answers in the schema's shape");
    assert!(rows[0].group_id.is_some() && rows[0].protect_status.as_ref().is_some_and(GroupProtectStatus::is_known));
}
