//! Tests credentials from environment variables: their order, and error messages.

use huaweicloud_core::credentials::{Environment, Metadata};
use huaweicloud_core::{Credentials, Endpoint, ErrorKind, Identity, TestRuntime};
use huaweicloud_core::{EnvironmentUser, Overrides};

use super::PROFILE;
use super::server::closed_port;
use super::{current, refusal, sent};

fn environment() -> Identity {
    Identity::from_source(Environment)
}

/// Returns the default chain. No metadata service responds at its address.
async fn chain() -> Identity {
    let metadata = Metadata::at(&closed_port().await).unwrap();
    let mut overrides = Overrides::default();
    overrides.metadata = metadata;
    Identity::default_chain(overrides)
}

fn key_id(credentials: &Credentials) -> &str {
    let Credentials::AccessKey(key) = credentials else { panic!("{credentials:?}") };
    key.id()
}

#[tokio::test]
async fn uses_the_first_variables_that_are_set() {
    // From the last in the order to the first: each takes precedence over all that were set earlier.
    let runtime = TestRuntime::default().with_variable("HW_AUTH_TOKEN", "SENTINEL-TOK");
    let resolved = current(&environment(), &runtime).await.unwrap();
    assert!(matches!(resolved.credentials, Credentials::Token(_)));
    assert_eq!(resolved.source, "the environment (HW_AUTH_TOKEN)");
    for (id, secret) in [
        ("HW_ACCESS_KEY", "HW_SECRET_KEY"),
        ("CLOUD_SDK_AK", "CLOUD_SDK_SK"),
        ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"),
    ] {
        let runtime =
            runtime.with_variable(id, format!("of {id}").replace([' ', '_'], "")).with_variable(secret, "SENTINEL-SK");
        let resolved = current(&environment(), &runtime).await.unwrap();
        assert_eq!(key_id(&resolved.credentials), format!("of{}", id.replace('_', "")));
        assert_eq!(resolved.source, format!("the environment ({id})"));
        assert_eq!((resolved.expires, resolved.project_id), (None, None));
    }
}

#[tokio::test]
async fn reads_the_project() {
    let runtime = TestRuntime::default().with_variable("HW_AUTH_TOKEN", "t").with_variable("HW_PROJECT_ID", " p2\n");
    assert_eq!(current(&environment(), &runtime).await.unwrap().project_id.as_deref(), Some("p2"));
    let runtime = runtime.with_variable("HUAWEICLOUD_SDK_PROJECT_ID", "p1");
    assert_eq!(current(&environment(), &runtime).await.unwrap().project_id.as_deref(), Some("p1"));
}

#[tokio::test]
async fn an_incomplete_key_is_an_error_with_the_missing_variable() {
    let pairs = [
        ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"),
        ("CLOUD_SDK_AK", "CLOUD_SDK_SK"),
        ("HW_ACCESS_KEY", "HW_SECRET_KEY"),
    ];
    for (id, secret) in pairs {
        for (set, unset) in [(id, secret), (secret, id)] {
            for empty in ["", " \n"] {
                // A complete token after it does not help: the user has chosen this key.
                let runtime = TestRuntime::default()
                    .with_variable(set, "SENTINEL")
                    .with_variable(unset, empty)
                    .with_variable("HW_AUTH_TOKEN", "t");
                let message = refusal(&environment(), &runtime).await;
                assert_eq!(message, format!("{set} is set without {unset}. Set {unset}, too, or unset both."));
            }
        }
    }
    for (token, id) in
        [("HUAWEICLOUD_SDK_SECURITY_TOKEN", "HUAWEICLOUD_SDK_AK"), ("HW_SECURITY_TOKEN", "HW_ACCESS_KEY")]
    {
        let message = refusal(&environment(), &TestRuntime::default().with_variable(token, "SENTINEL")).await;
        assert!(message.starts_with(&format!("{token} is set without {id}.")), "{message}");
    }
}

#[tokio::test]
async fn removes_white_space_around_a_secret() {
    for around in ["tok\n", "tok\r\n", " tok ", "tok"] {
        let runtime = TestRuntime::default().with_variable("HW_AUTH_TOKEN", around);
        assert_eq!(sent(environment(), &runtime).await.header("x-auth-token"), Some("tok"));
        let runtime = TestRuntime::default()
            .with_variable("HUAWEICLOUD_SDK_AK", around)
            .with_variable("HUAWEICLOUD_SDK_SK", around)
            .with_variable("HUAWEICLOUD_SDK_SECURITY_TOKEN", around);
        let request = sent(environment(), &runtime).await;
        assert_eq!(request.header("x-security-token"), Some("tok"));
        assert!(request.header("authorization").unwrap().starts_with("SDK-HMAC-SHA256 Access=tok, "), "{request:?}");
        assert_eq!(request.header("x-auth-token"), None);
    }
}

#[tokio::test]
async fn a_control_character_is_reported_with_its_setting() {
    let whole = || {
        TestRuntime::default()
            .with_variable("HUAWEICLOUD_SDK_AK", "a")
            .with_variable("HUAWEICLOUD_SDK_SK", "s")
            .with_variable("HUAWEICLOUD_SDK_SECURITY_TOKEN", "t")
    };
    for inside in ["SENTINEL\nk", "SENTINEL\tk", "SENTINEL\u{7f}", "SENTINELé"] {
        for name in ["HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN"] {
            let message = refusal(&environment(), &whole().with_variable(name, inside)).await;
            assert!(message.starts_with(&format!("{name} contains a ")), "{message}");
        }
        let message = refusal(&environment(), &TestRuntime::default().with_variable("HW_AUTH_TOKEN", inside)).await;
        assert!(message.starts_with("HW_AUTH_TOKEN contains a "), "{message}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_value_that_is_not_unicode_is_refused_and_not_shown() {
    use std::os::unix::ffi::OsStringExt as _;
    let value = std::ffi::OsString::from_vec(b"SENTINEL\xff".to_vec());
    let message = refusal(&environment(), &TestRuntime::default().with_variable("HW_AUTH_TOKEN", value)).await;
    assert_eq!(message, "invalid HW_AUTH_TOKEN: not valid Unicode. Set it again, or unset it.");
}

#[tokio::test]
async fn a_long_token_is_sent_whole() {
    for length in [16_000, 32_768] {
        let token = "t".repeat(length);
        let request = sent(environment(), &TestRuntime::default().with_variable("HW_AUTH_TOKEN", &token)).await;
        assert_eq!(request.header("x-auth-token"), Some(token.as_str()));
    }
}

#[tokio::test]
async fn an_incomplete_user_is_an_error_with_the_missing_variable() {
    let user = || Identity::from_source(EnvironmentUser::default());
    let runtime = TestRuntime::default().with_variable("HW_USER_NAME", "u");
    assert_eq!(
        refusal(&user(), &runtime).await,
        "HW_USER_NAME is set without HW_DOMAIN_NAME. Set HW_DOMAIN_NAME, too."
    );
    let runtime = runtime.with_variable("HW_DOMAIN_NAME", "d");
    let message = refusal(&user(), &runtime).await;
    assert_eq!(message, "HW_USER_NAME is set without HW_USER_PASSWORD. Set HW_USER_PASSWORD, too.");
    let message = refusal(&user(), &runtime.with_variable("HW_USER_PASSWORD", "SENTINEL\n1")).await;
    assert!(message.starts_with("HW_USER_PASSWORD contains a control"), "{message}");
    let message = refusal(&user(), &runtime.with_variable("HW_USER_PASSWORD", "SENTINEL")).await;
    assert!(message.contains("missing region for HW_USER_NAME") && message.contains("HW_REGION_NAME"), "{message}");
    let message = refusal(&user(), &TestRuntime::default().with_variable("HW_USER_PASSWORD", "SENTINEL")).await;
    assert!(message.starts_with("HW_USER_PASSWORD is set without HW_USER_NAME."), "{message}");
}

#[tokio::test]
async fn does_not_log_in_at_the_built_in_iam_if_that_is_refused() {
    let user = |iam_endpoint: Option<&str>| {
        let mut user = EnvironmentUser::default();
        user.iam_endpoint = iam_endpoint.map(|address| Endpoint::parse(address).unwrap());
        user.built_in_iam_refused = Some("Give it.".to_owned());
        user
    };
    let runtime = TestRuntime::default()
        .with_variable("HW_USER_NAME", "u")
        .with_variable("HW_USER_PASSWORD", "SENTINEL")
        .with_variable("HW_DOMAIN_NAME", "d");
    let in_region = runtime.with_variable("HW_REGION_NAME", "cn-north-4");
    for runtime in [&runtime, &in_region] {
        let message = refusal(&Identity::from_source(user(None)), runtime).await;
        assert_eq!(message, "missing endpoint of IAM for HW_USER_NAME. Give it.");
    }
    let closed_port = closed_port().await;
    let configured = [
        (user(Some(&closed_port)), in_region.clone()),
        (user(None), in_region.with_variable("HUAWEICLOUD_SDK_IAM_ENDPOINT", &closed_port)),
        (user(None), in_region.with_variable("HUAWEICLOUD_SDK_REGION_IAM_CN_NORTH_4", &closed_port)),
    ];
    for (user, runtime) in configured {
        let message = refusal(&Identity::from_source(user), &runtime).await;
        assert!(message.contains(&format!("no connection to {closed_port}")), "{message}");
    }
}

#[tokio::test]
async fn an_error_without_credentials_lists_each_source_with_its_missing_settings() {
    let identity = chain().await;
    let error =
        identity.current(&TestRuntime::default().with_variable("HW_DOMAIN_NAME", "d").share()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    let message = format!("{error:#}");
    let lines: Vec<_> = message.lines().collect();
    let variables = "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, CLOUD_SDK_AK and CLOUD_SDK_SK, HW_ACCESS_KEY and \
                     HW_SECRET_KEY, HW_AUTH_TOKEN";
    assert_eq!(lines[0], "no credentials found:");
    assert_eq!(lines[1], format!("  the environment: none of these are set: {variables}"));
    assert_eq!(lines[2], "  an IAM user in the environment: HW_USER_NAME and HW_USER_PASSWORD are not set");
    assert_eq!(
        lines[3],
        format!(
            "  the profile file: {PROFILE} does not exist or has no section [basic] \
             (HUAWEICLOUD_SDK_CREDENTIALS_FILE changes the path)"
        )
    );
    assert!(lines[4].starts_with("  the ECS metadata service at http://127.0.0.1:"), "{message}");
    assert!(lines[4].ends_with(": it does not respond, or the server has no agency"), "{message}");
    assert_eq!(lines[5..], ["Configure one of these sources."]);
}

#[tokio::test]
async fn the_chain_skips_unconfigured_sources_and_stops_at_invalid_ones() {
    let file = TestRuntime::default().with_file(PROFILE, "[basic]\nak = AK-OF-FILE\nsk = SENTINEL\n");
    let resolved = current(&chain().await, &file).await.unwrap();
    assert_eq!(key_id(&resolved.credentials), "AK-OF-FILE");
    let resolved = current(&chain().await, &file.with_variable("HW_AUTH_TOKEN", "t")).await.unwrap();
    assert_eq!(resolved.source, "the environment (HW_AUTH_TOKEN)");
    let message = refusal(&chain().await, &file.with_variable("HW_USER_NAME", "u")).await;
    assert!(message.starts_with("HW_USER_NAME is set without"), "{message}");
}
