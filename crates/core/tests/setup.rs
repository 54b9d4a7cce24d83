//! Tests how explicit settings and the environment are combined, without network access.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use futures::FutureExt as _;
use huaweicloud_core::{
    Configuration, Credentials, ErrorKind, Quota, REGIONS, Secret, Service, SettingNames, Setup, TestRuntime,
};

static ECS: Service = Service::new("ecs", REGIONS, Quota { requests: 5, window: Duration::from_secs(60) });

const LOCAL: &str = "http://127.0.0.1:9";

/// Returns a setup in an environment with these variables.
fn setup<const N: usize>(variables: [(&str, &str); N]) -> Setup {
    let runtime =
        variables.iter().fold(TestRuntime::default(), |runtime, (name, value)| runtime.with_variable(name, *value));
    Setup::new(&ECS).transport(|transport| transport.runtime(runtime.share()))
}

fn token() -> Credentials {
    Credentials::Token(Secret::new("token", "SENTINEL").unwrap())
}

fn iam(setup: &Setup) -> Option<String> {
    setup.configuration().unwrap().iam_endpoint().unwrap().map(|endpoint| endpoint.to_string())
}

async fn refusal(setup: Setup) -> String {
    let error = setup.build().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    format!("{error:#}")
}

#[test]
fn explicit_settings_take_precedence_over_variables_in_their_order() {
    let variables = [
        ("HUAWEICLOUD_SDK_REGION_ID", "cn-north-4"),
        ("HW_REGION_NAME", "cn-east-3"),
        ("HUAWEICLOUD_SDK_PROJECT_ID", ""),
        ("HW_PROJECT_ID", "p2"),
        ("HW_ENTERPRISE_PROJECT_ID", "e1"),
    ];
    let settings = |configuration: &Configuration| {
        let text = |setting: &Option<huaweicloud_core::Setting>| {
            setting.as_ref().map(|setting| format!("{} = {}", setting.source, setting.value)).unwrap_or_default()
        };
        [&configuration.region, &configuration.project_id, &configuration.enterprise_project_id].map(text)
    };
    let from_variables = setup(variables).configuration().unwrap();
    assert_eq!(
        settings(&from_variables),
        ["HUAWEICLOUD_SDK_REGION_ID = cn-north-4", "HW_PROJECT_ID = p2", "HW_ENTERPRISE_PROJECT_ID = e1"]
    );
    assert_eq!(from_variables.endpoint().unwrap().to_string(), "https://ecs.cn-north-4.myhuaweicloud.com");

    let explicit = setup(variables).region("cn-south-1").project_id("p0").enterprise_project_id("e0");
    let configuration = explicit.configuration().unwrap();
    assert_eq!(
        settings(&configuration),
        [
            "ClientBuilder::region = cn-south-1",
            "ClientBuilder::project_id = p0",
            "ClientBuilder::enterprise_project_id = e0"
        ]
    );
    assert_eq!(configuration.endpoint().unwrap().to_string(), "https://ecs.cn-south-1.myhuaweicloud.com");
    assert_eq!(iam(&explicit).as_deref(), Some("https://iam.cn-south-1.myhuaweicloud.com"));
    let local = explicit.endpoint(LOCAL).iam_endpoint("http://127.0.0.1:8");
    assert_eq!(local.configuration().unwrap().endpoint().unwrap().to_string(), LOCAL);
    assert_eq!(iam(&local).as_deref(), Some("http://127.0.0.1:8"));

    let empty = setup(variables).region("").project_id("").configuration().unwrap();
    assert_eq!(settings(&empty), settings(&from_variables), "an empty setting counts as unset");
}

#[test]
fn the_endpoint_of_the_region_in_a_variable_keeps_the_iam_of_the_region() {
    let variable = setup([("HUAWEICLOUD_SDK_REGION_ECS_CN_NORTH_4", "https://ecs.example.com")]).region("cn-north-4");
    assert_eq!(variable.configuration().unwrap().endpoint().unwrap().to_string(), "https://ecs.example.com");
    assert_eq!(iam(&variable).as_deref(), Some("https://iam.cn-north-4.myhuaweicloud.com"));
}

#[test]
fn with_an_explicit_endpoint_the_built_in_iam_of_the_region_is_not_used() {
    let region = ("HW_REGION_NAME", "cn-north-4");
    let local = Some("http://127.0.0.1:8".to_owned());
    assert_eq!(iam(&setup([region]).endpoint(LOCAL)), None);
    assert_eq!(iam(&setup([]).region("cn-north-4").endpoint(LOCAL)), None);
    assert_eq!(iam(&setup([region]).endpoint(LOCAL).iam_endpoint("http://127.0.0.1:8")), local);
    for name in ["HUAWEICLOUD_SDK_IAM_ENDPOINT", "HUAWEICLOUD_SDK_REGION_IAM_CN_NORTH_4"] {
        assert_eq!(iam(&setup([region, (name, "http://127.0.0.1:8")]).endpoint(LOCAL)), local, "{name}");
    }
}

#[tokio::test]
async fn a_password_is_not_sent_to_the_iam_of_the_region_with_an_explicit_endpoint() {
    let user = [
        ("HW_USER_NAME", "u"),
        ("HW_USER_PASSWORD", "SENTINEL"),
        ("HW_DOMAIN_NAME", "d"),
        ("HW_REGION_NAME", "cn-north-4"),
    ];
    for setup in [setup(user).endpoint(LOCAL), setup(user).endpoint(LOCAL).project_id("p")] {
        assert_eq!(
            refusal(setup).await,
            "missing endpoint of IAM for HW_USER_NAME. Add ClientBuilder::iam_endpoint, or set \
             HUAWEICLOUD_SDK_IAM_ENDPOINT: with ClientBuilder::endpoint, the IAM of the region is not used."
        );
    }
}

#[tokio::test]
async fn an_error_for_a_missing_setting_lists_what_was_tried() {
    assert_eq!(
        refusal(setup([])).await,
        "missing endpoint: use ClientBuilder::endpoint or ClientBuilder::region, or set HUAWEICLOUD_SDK_REGION_ID or \
         HW_REGION_NAME"
    );
    let no_credentials = setup([("HW_REGION_NAME", "cn-north-4")]);
    for setup in [no_credentials.clone(), no_credentials.project_id("p")] {
        let message = refusal(setup).await;
        for source in ["HUAWEICLOUD_SDK_AK", "HW_AUTH_TOKEN", "HW_USER_NAME", "/credentials", "metadata service"] {
            assert!(message.contains(source), "{source}: {message}");
        }
    }
    let half = setup([("HUAWEICLOUD_SDK_AK", "AK")]).endpoint(LOCAL).project_id("p");
    assert!(refusal(half).await.contains("HUAWEICLOUD_SDK_AK is set without HUAWEICLOUD_SDK_SK"));

    let hint = "With ClientBuilder::endpoint, the project of ClientBuilder::region is looked up only if \
                ClientBuilder::iam_endpoint or HUAWEICLOUD_SDK_IAM_ENDPOINT is set, too.";
    let message = "missing project: use ClientBuilder::project_id, or set HUAWEICLOUD_SDK_PROJECT_ID or HW_PROJECT_ID";
    let explicit = setup([]).endpoint(LOCAL).credentials(token());
    for (setup, reason) in [
        (explicit.clone(), "no region is set".to_owned()),
        (explicit.clone().region("cn-north-4"), format!("its endpoint is not set\n{hint}")),
    ] {
        let credentials = "the credentials from the caller: they have no project";
        let expected = format!("{message}:\n  {credentials}\n  IAM: not asked, because {reason}");
        assert_eq!(refusal(setup).await, expected);
    }
    let in_code = refusal(explicit.no_environment().region("cn-north-4")).await;
    assert!(in_code.starts_with("missing project: use ClientBuilder::project_id:"), "{in_code}");
    assert!(!in_code.contains("HUAWEICLOUD") && !in_code.contains("HW_"), "{in_code}");
    assert_eq!(
        refusal(setup([]).no_environment()).await,
        "missing endpoint: use ClientBuilder::endpoint or ClientBuilder::region"
    );
}

#[tokio::test]
async fn malformed_settings_are_reported_by_build() {
    let malformed = setup([]).endpoint("127.0.0.1").credentials(token()).project_id("p");
    assert!(refusal(malformed).await.starts_with("invalid endpoint \"127.0.0.1\": missing scheme"));
    let region = setup([("HW_REGION_NAME", "example.com#")]).credentials(token()).project_id("p");
    assert!(refusal(region).await.starts_with("invalid region \"example.com#\""));
}

#[tokio::test]
async fn messages_have_the_names_of_the_program() {
    let mut names = SettingNames::default();
    (names.endpoint, names.region) = ("--url", "--where");
    let message = refusal(setup([]).setting_names(names)).await;
    assert!(message.contains("use --url or --where, or set"), "{message}");
}

#[tokio::test]
async fn an_unknown_region_is_refused_before_credentials_are_loaded() {
    // Nothing listens on this port: a login would fail with a different error.
    let variables = [
        ("HW_USER_NAME", "u"),
        ("HW_USER_PASSWORD", "SENTINEL"),
        ("HW_DOMAIN_NAME", "d"),
        ("HUAWEICLOUD_SDK_IAM_ENDPOINT", LOCAL),
    ];
    let message = refusal(setup(variables).region("cn-nort-4")).await;
    assert!(message.starts_with("unknown region \"cn-nort-4\""), "{message}");
}

#[tokio::test]
async fn explicit_settings_need_no_environment() {
    let variables = [
        ("HW_REGION_NAME", "cn-north-4"),
        ("HW_ENTERPRISE_PROJECT_ID", "e1"),
        ("HW_PROJECT_ID", "p1"),
        ("HW_AUTH_TOKEN", "t"),
        ("HUAWEICLOUD_SDK_REGION_ECS_CN_NORTH_4", "https://ecs.example.com"),
    ];
    let alone = setup(variables).no_environment();
    assert!(refusal(alone.clone()).await.starts_with("missing endpoint"));
    let alone = alone.region("cn-north-4");
    assert_eq!(refusal(alone.clone()).await, "missing credentials. Use ClientBuilder::credentials.");
    let resolved = alone.credentials(token()).project_id("p").build().await.unwrap();
    assert_eq!(resolved.transport.endpoint().to_string(), "https://ecs.cn-north-4.myhuaweicloud.com");
    assert_eq!((resolved.project_id.as_deref(), resolved.enterprise_project_id), (Some("p"), None));
    assert_eq!(resolved.region.as_deref(), Some("cn-north-4"));
    // With an endpoint alone, the region is not known.
    let elsewhere = setup([]).no_environment().endpoint("http://127.0.0.1:1").credentials(token()).project_id("p");
    assert_eq!(elsewhere.build().await.unwrap().region, None);
}

#[tokio::test]
async fn a_dry_run_asks_nobody_for_the_project() {
    let dry_run = |setup: Setup| setup.transport(|transport| transport.dry_run(|_| {}));
    // Nothing listens at this address.
    let nowhere = dry_run(setup([("HUAWEICLOUD_SDK_IAM_ENDPOINT", LOCAL)]).region("cn-north-4"));
    let message = refusal(nowhere.clone()).await;
    assert!(message.contains("IAM: not asked in a dry run"), "{message}");
    assert_eq!(nowhere.project_id("p").build().await.unwrap().project_id.as_deref(), Some("p"));
}

#[tokio::test]
async fn a_client_may_have_no_project() {
    let resolved = setup([]).endpoint(LOCAL).credentials(token()).no_project().build().await.unwrap();
    assert_eq!(resolved.project_id, None);
    let resolved = setup([("HW_PROJECT_ID", "p")]).endpoint(LOCAL).credentials(token()).no_project().build().await;
    assert_eq!(resolved.unwrap().project_id.as_deref(), Some("p"));
}

#[test]
fn a_build_outside_of_a_runtime_is_a_usage_error() {
    let key = [("HUAWEICLOUD_SDK_AK", "AK"), ("HUAWEICLOUD_SDK_SK", "SENTINEL")];
    let known = setup(key).region("cn-north-4");
    let system = Setup::new(&ECS).no_environment().credentials(token());
    for setup in [known.clone().project_id("p"), known, system.region("cn-nort-4")] {
        let error = setup.build().now_or_never().unwrap().unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Usage, "cannot make the call outside of a Tokio runtime")
        );
    }
}
