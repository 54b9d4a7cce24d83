//! Tests the profile file: which settings are read, and how errors are located.

use huaweicloud_core::credentials::Profile;
use huaweicloud_core::{Credentials, ErrorKind, Identity, TestRuntime};

use super::PROFILE;
use super::{current, refusal, sent};

fn profile() -> Identity {
    Identity::from_source(Profile)
}

async fn refused(content: impl Into<Vec<u8>>) -> String {
    refusal(&profile(), &TestRuntime::default().with_file(PROFILE, content)).await
}

#[tokio::test]
async fn reads_a_key_with_its_token_and_project() {
    let content = "\u{feff}# mine\r\n[global]\r\nak = other\r\n[basic]\r\nak = AK \r\nsk=SENTINEL\r\n\
                   security_token = SENTINEL==\r\nproject_id = p1\r\niam_endpoint = https://iam.example.com\r\n";
    let runtime = TestRuntime::default().with_file(PROFILE, content);
    let resolved = current(&profile(), &runtime).await.unwrap();
    let Credentials::AccessKey(key) = &resolved.credentials else { panic!("{resolved:?}") };
    assert_eq!((key.id(), key.is_temporary(), resolved.project_id.as_deref()), ("AK", true, Some("p1")));
    assert_eq!(resolved.source, PROFILE);
    assert_eq!(sent(profile(), &runtime).await.header("x-security-token"), Some("SENTINEL=="));
}

#[tokio::test]
async fn a_missing_file_is_an_error_only_if_a_variable_contains_its_path() {
    let message = refusal(&profile(), &TestRuntime::default()).await;
    assert!(message.starts_with("no credentials found:\n  the profile file: "), "{message}");
    let message = refusal(&profile(), &TestRuntime::default().with_file(PROFILE, "[global]\nak = SENTINEL\n")).await;
    assert!(message.starts_with("no credentials found:"), "{message}");

    let runtime = TestRuntime::default().with_variable("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/else/where");
    let error = profile().current(&runtime.share()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(format!("{error:#}").starts_with("cannot read /else/where"), "{error}");
    let runtime = runtime.with_file("/else/where", "[basic]\nak = AK\nsk = SENTINEL");
    assert_eq!(current(&profile(), &runtime).await.unwrap().source, "/else/where");
}

#[tokio::test]
async fn errors_contain_file_and_line() {
    for (content, expected) in [
        ("[basic]\nak = A\n", "credentials:2: ak is set without sk in "),
        ("[basic]\nak = A\nsk = \n", "credentials:2: ak is set without "),
        ("[basic]\n\nsk = SENTINEL\n", "credentials:3: sk is set without ak in "),
        ("[basic]\nsecurity_token = SENTINEL\n", "credentials:2: security_token is set without ak in "),
        (
            "[basic]\nak = A\nsecret = SENTINEL\n",
            "credentials:3: unknown key in section [basic]: expected one of ak, sk,",
        ),
        ("[basic]\nidp_id = i\nid_token_file = f\n", "credentials:2: missing ak and sk in section [basic]"),
        ("ak = SENTINEL\n", "credentials:1: setting outside of a section"),
        ("[basic]\nak SENTINEL\n", "credentials:2: invalid line: expected a section, a comment or a setting"),
        ("[basic]\nak = A\nsk = 1\nsk = SENTINEL\n", "credentials:4: duplicate key, already set at line 3"),
    ] {
        let message = refused(content).await;
        assert!(message.contains(expected), "{expected}: {message}");
        assert!(message.starts_with("/home/user/.huaweicloud/"), "{message}");
    }
    let message = refused(b"[basic]\nak = A\nsk = SENTINEL\xff\n").await;
    assert_eq!(message, format!("{PROFILE}:3: not valid UTF-8"));
    let message = refused(vec![b' '; 64 * 1024 + 1]).await;
    assert!(message.starts_with(&format!("cannot read {PROFILE}")), "{message}");
}

#[tokio::test]
async fn a_control_character_is_reported_with_its_line() {
    for inside in ["SENTINEL\tk", "SENTINEL\u{7f}k", "SENTINELé"] {
        for (key, line) in [("ak", 2), ("sk", 3), ("security_token", 4)] {
            let value = |name| if name == key { inside } else { "v" };
            let (ak, sk, token) = (value("ak"), value("sk"), value("security_token"));
            let content = format!("[basic]\nak = {ak}\nsk = {sk}\nsecurity_token = {token}\n");
            let message = refused(content).await;
            assert!(message.starts_with(&format!("{PROFILE}:{line}: {key} contains a ")), "{message}");
        }
    }
}
