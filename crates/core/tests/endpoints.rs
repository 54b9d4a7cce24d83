//! Tests the address of a service: the built-in rule, and the variables and file that replace it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::ffi::OsString;

use std::time::Duration;

use huaweicloud_core::{Endpoint, ErrorKind, IAM, Quota, REGIONS, Service, TestRuntime, endpoint};

static ECS: Service = service("ecs");
static SWR_API: Service = service("swr-api");

const fn service(name: &'static str) -> Service {
    Service::new(name, REGIONS, Quota { requests: 5, window: Duration::from_secs(60) })
}

const FILE: &str = "/home/user/.huaweicloud/regions.yaml";

/// The endpoint or the error that a runtime gives.
trait Says {
    fn find(&self, service: &'static Service, region: &str) -> String;
    fn refusal(&self, service: &'static Service, region: &str) -> String;
}

impl Says for TestRuntime {
    fn find(&self, service: &'static Service, region: &str) -> String {
        endpoint(self, service, region).unwrap().to_string()
    }

    fn refusal(&self, service: &'static Service, region: &str) -> String {
        let error = endpoint(self, service, region).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        format!("{error:#}")
    }
}

#[test]
fn applies_the_built_in_rule() {
    let cases = [
        (&ECS, "cn-north-4", "https://ecs.cn-north-4.myhuaweicloud.com"),
        (&ECS, "eu-west-101", "https://ecs.eu-west-101.myhuaweicloud.eu"),
        // Regions in no table, such as one that opened later.
        (&ECS, "cn-north-99", "https://ecs.cn-north-99.myhuaweicloud.com"),
        (&ECS, "cn-nroth-4", "https://ecs.cn-nroth-4.myhuaweicloud.com"),
        (&IAM, "cn-north-4", "https://iam.cn-north-4.myhuaweicloud.com"),
        (&IAM, "eu-west-0", "https://iam.eu-west-0.myhuaweicloud.com"),
        (&IAM, "eu-west-101", "https://iam.myhuaweicloud.eu"),
        // Regions in which IAM has no separate address.
        (&IAM, "cn-north-11", "https://iam.myhuaweicloud.com"),
        (&IAM, "ap-southeast-5", "https://iam.myhuaweicloud.com"),
        (&IAM, "cn-north-99", "https://iam.myhuaweicloud.com"),
    ];
    for (service, region, expected) in cases {
        assert_eq!(Endpoint::of_region(service, region).unwrap().to_string(), expected);
        assert_eq!(TestRuntime::default().find(service, region), expected);
    }
}

#[test]
fn the_lists_contain_each_region_once() {
    for (regions, count) in [(REGIONS, 33), (IAM.regions, 27)] {
        assert_eq!(regions.len(), count);
        assert_eq!(regions.iter().collect::<BTreeSet<_>>().len(), count);
    }
    assert!(IAM.regions.iter().all(|region| REGIONS.contains(region)));
}

#[test]
fn refuses_an_invalid_region() {
    let runtime = TestRuntime::default();
    let cases = [
        (
            "evil.com#",
            r#"invalid region "evil.com#": expected lower-case letters, digits and hyphens. Regions have names such as cn-north-4 or ap-southeast-1."#,
        ),
        (
            "a@b",
            r#"invalid region "a@b": expected lower-case letters, digits and hyphens. Regions have names such as cn-north-4 or ap-southeast-1."#,
        ),
        (
            "..",
            r#"invalid region "..": expected lower-case letters, digits and hyphens. Regions have names such as cn-north-4 or ap-southeast-1."#,
        ),
        (
            "CN-NORTH-4",
            r#"invalid region "CN-NORTH-4": expected lower-case letters, digits and hyphens. Did you mean cn-north-4?"#,
        ),
        (
            "cn-north-4\n",
            r#"invalid region "cn-north-4\n": expected lower-case letters, digits and hyphens. Did you mean cn-north-4?"#,
        ),
        (
            "cn_east_3",
            r#"invalid region "cn_east_3": expected lower-case letters, digits and hyphens. Did you mean cn-east-3?"#,
        ),
        (
            "-tr-west-1",
            r#"invalid region "-tr-west-1": expected lower-case letters, digits and hyphens. Did you mean tr-west-1?"#,
        ),
        (
            "tr-west-1-",
            r#"invalid region "tr-west-1-": expected lower-case letters, digits and hyphens. Did you mean tr-west-1?"#,
        ),
        (
            "tr-west-1.",
            r#"invalid region "tr-west-1.": expected lower-case letters, digits and hyphens. Did you mean tr-west-1?"#,
        ),
        (
            "tr\u{3002}west-1",
            r#"invalid region "tr。west-1": expected lower-case letters, digits and hyphens. Did you mean tr-west-1?"#,
        ),
    ];
    for (region, expected) in cases {
        assert_eq!(runtime.refusal(&ECS, region), expected);
    }
    let long = runtime.refusal(&ECS, &"a".repeat(100_000));
    assert!(long.len() < 300 && long.contains("aaa…\": expected lower-case"), "{long}");
    // No variable or file is read under such a name either.
    let runtime =
        TestRuntime::default().with_variable("HUAWEICLOUD_SDK_REGION_ECS_CN_NORTH_4", "https://a.example.com");
    runtime.refusal(&ECS, "cn_north_4");
}

#[test]
fn variables_precede_the_file_and_the_file_precedes_the_rule() {
    let file = "ECS: [{id: cn-north-4, endpoint: 'https://file.example.com'}]\n\
                iam: [{id: cn-north-4, endpoint: 'https://iam-file.example.com'}]\n";
    let with_file = || TestRuntime::default().with_file(FILE, file);
    let of_region = ("HUAWEICLOUD_SDK_REGION_ECS_CN_NORTH_4", "https://variable.example.com/");
    let of_iam = ("HUAWEICLOUD_SDK_IAM_ENDPOINT", "https://iam-all.example.com");
    let of_iam_region = ("HUAWEICLOUD_SDK_REGION_IAM_CN_NORTH_4", "https://iam-one.example.com");
    #[rustfmt::skip]
    let cases = [
        (with_file().with_variable(of_region.0, of_region.1), &ECS, "cn-north-4", "https://variable.example.com"),
        (with_file().with_variable(of_region.0, ""), &ECS, "cn-north-4", "https://file.example.com"),
        (with_file(), &ECS, "cn-north-4", "https://file.example.com"),
        (with_file().with_variable(of_region.0, of_region.1), &ECS, "cn-north-1", "https://ecs.cn-north-1.myhuaweicloud.com"),
        (with_file(), &IAM, "cn-north-4", "https://iam-file.example.com"),
        (with_file().with_variable(of_iam.0, of_iam.1), &IAM, "cn-north-4", "https://iam-all.example.com"),
        (with_file().with_variable(of_iam.0, of_iam.1), &IAM, "eu-west-101", "https://iam-all.example.com"),
        (with_file().with_variable(of_iam.0, of_iam.1), &ECS, "cn-north-4", "https://file.example.com"),
        (with_file().with_variable(of_iam.0, of_iam.1).with_variable(of_iam_region.0, of_iam_region.1), &IAM, "cn-north-4", "https://iam-one.example.com"),
        // If a variable contains the address, the file is not read, even if it is invalid.
        (TestRuntime::default().with_file(FILE, "[").with_variable(of_region.0, of_region.1), &ECS, "cn-north-4", "https://variable.example.com"),
        // The first of several addresses is used.
        (TestRuntime::default().with_variable(of_region.0, "https://a.example.com , http://127.0.0.1:1"), &ECS, "cn-north-4", "https://a.example.com"),
        (TestRuntime::default().with_variable("HUAWEICLOUD_SDK_REGION_SWR_API_X", "https://a.example.com"), &SWR_API, "x", "https://a.example.com"),
        // A variable contains the path of the file. The file in the home directory is then not read.
        (with_file().with_variable("HUAWEICLOUD_SDK_REGIONS_FILE", "/r.yml").with_file("/r.yml", "ECS: [{id: x, endpoint: 'http://localhost:1'}]"), &ECS, "x", "http://localhost:1"),
        (with_file().with_variable("HUAWEICLOUD_SDK_REGIONS_FILE", "/r.yml").with_file("/r.yml", ""), &ECS, "cn-north-4", "https://ecs.cn-north-4.myhuaweicloud.com"),
        (with_file().with_variable("HUAWEICLOUD_SDK_REGIONS_FILE", ""), &ECS, "cn-north-4", "https://file.example.com"),
        (with_file().without_home(), &ECS, "cn-north-4", "https://ecs.cn-north-4.myhuaweicloud.com"),
    ];
    for (runtime, service, region, expected) in cases {
        assert_eq!(runtime.find(service, region), expected, "{runtime:?}");
    }
}

#[test]
fn addresses_in_variables_are_checked() {
    let name = "HUAWEICLOUD_SDK_REGION_ECS_CN_NORTH_4";
    let hint = "Use the form https://SERVICE.REGION.myhuaweicloud.com or http://127.0.0.1:8080.";
    let cases = [
        ("ecs.example.com", r#"invalid endpoint "ecs.example.com": missing scheme"#),
        (
            "http://ecs.example.com",
            "invalid endpoint \"http://ecs.example.com\": http is only allowed to this machine, since it does not encrypt the credentials",
        ),
        ("https://a.example.com,b", r#"invalid endpoint "b": missing scheme"#),
        ("https://a.example.com,", r#"invalid endpoint "": missing scheme"#),
        (
            "https://a.example.com/v5",
            r#"invalid endpoint "https://a.example.com/v5": expected only scheme, host and port"#,
        ),
        ("https://a:99999", r#"invalid endpoint "https://a:99999": invalid port number"#),
        ("https://u:SENTINEL@a", "invalid endpoint with an @: it must not contain a user name or password"),
    ];
    for (value, expected) in cases {
        let runtime = TestRuntime::default().with_variable(name, value);
        assert_eq!(runtime.refusal(&ECS, "cn-north-4"), format!("{name}: {expected}. {hint}"));
    }
    let iam = TestRuntime::default().with_variable("HUAWEICLOUD_SDK_IAM_ENDPOINT", "iam").refusal(&IAM, "cn-north-4");
    assert_eq!(iam, format!("HUAWEICLOUD_SDK_IAM_ENDPOINT: invalid endpoint \"iam\": missing scheme. {hint}"));
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_unicode_is_refused() {
    use std::os::unix::ffi::OsStringExt;

    let name = "HUAWEICLOUD_SDK_REGION_ECS_CN_NORTH_4";
    let runtime = TestRuntime::default().with_variable(name, OsString::from_vec(vec![0xff]));
    assert_eq!(
        runtime.refusal(&ECS, "cn-north-4"),
        format!("invalid {name}: not valid Unicode. Set it to an address, or unset it.")
    );
}

#[test]
fn an_error_contains_the_path_of_an_unreadable_file() {
    let named = TestRuntime::default().with_variable("HUAWEICLOUD_SDK_REGIONS_FILE", "/r.yml");
    assert_eq!(
        named.refusal(&ECS, "cn-north-4"),
        "cannot read /r.yml (HUAWEICLOUD_SDK_REGIONS_FILE): entity not found. \
         Correct or unset HUAWEICLOUD_SDK_REGIONS_FILE."
    );
    let padded = |length: usize| TestRuntime::default().with_file(FILE, format!("#{}", "x".repeat(length - 1)));
    assert_eq!(padded(65536).find(&ECS, "cn-north-4"), "https://ecs.cn-north-4.myhuaweicloud.com");
    assert_eq!(
        padded(65537).refusal(&ECS, "cn-north-4"),
        format!("cannot read {FILE}: larger than 65536 bytes. Correct or remove the file.")
    );
    assert_eq!(
        TestRuntime::default().with_file(FILE, [b'H', 0xff]).refusal(&ECS, "cn-north-4"),
        format!("invalid {FILE}: not valid UTF-8. Save the file as UTF-8.")
    );
}

#[test]
fn parses_every_form_of_the_file() {
    let cases = [
        ("", None),
        ("# nothing yet\n", None),
        ("---\n...\n", None),
        ("ECS:\n", None),
        ("ECS: []\n", None),
        ("ECS:\n  - id: y\n    endpoint: https://y.example.com\n", None),
        ("EVS:\n  - id: x\n    endpoint: https://evs.example.com\n", None),
        ("ECS:\n  - id: X\n    endpoint: https://a.example.com\n", None),
        ("ECS:\n  - id: x\n    endpoint: https://a.example.com\n", Some("https://a.example.com")),
        ("\u{feff}ECS:\r\n  - id: x\r\n    endpoint: https://a.example.com\r\n", Some("https://a.example.com")),
        ("ecs:\n- id: 'x'\n  endpoint: \"https://a.example.com\"\n", Some("https://a.example.com")),
        ("ECS: [{endpoints: [https://a.example.com, https://b.example.com], id: x}]", Some("https://a.example.com")),
        // Combined as in the official SDKs.
        (
            "ECS: [{id: x, endpoint: https://b.example.com, endpoints: [https://a.example.com]}]",
            Some("https://a.example.com"),
        ),
        ("ECS: [{id: x, endpoint: https://b.example.com, endpoints: }]", Some("https://b.example.com")),
        // Unknown keys, with values of any form.
        (
            "ECS: [{note: {a: [1, {b: }]}, id: x, other: , endpoint: https://a.example.com}]",
            Some("https://a.example.com"),
        ),
        ("{\"ECS\": [{\"id\": \"x\", \"endpoint\": \"https://a.example.com\"}]}", Some("https://a.example.com")),
        // An anchor without an alias has no effect.
        ("ECS: [&a {id: x, endpoint: https://a.example.com}]", Some("https://a.example.com")),
        // The address of another region is not checked, only its form.
        ("ECS: [{id: y, endpoint: nonsense}, {id: x, endpoint: https://a.example.com}]", Some("https://a.example.com")),
        (
            "ECS: [{id: y, endpoint: https://y.example.com}]\necs: [{id: x, endpoint: https://a.example.com}]",
            Some("https://a.example.com"),
        ),
    ];
    for (content, expected) in cases {
        let found = TestRuntime::default().with_file(FILE, content).find(&ECS, "x");
        assert_eq!(found, expected.unwrap_or("https://ecs.x.myhuaweicloud.com"), "{content:?}");
    }
}

#[test]
fn mistakes_in_the_file_are_reported_with_their_location() {
    let nested = format!("ECS: [{{id: x, note: {}", "[".repeat(40));
    let nested_block = format!("ECS:\n- note:\n  {}", "- ".repeat(30_000));
    let form = "Write each service as a list of regions, such as SERVICE: [{id: cn-north-4, endpoint: https://…}].";
    let address = "Use the form https://SERVICE.REGION.myhuaweicloud.com or http://127.0.0.1:8080.";
    #[rustfmt::skip]
    let cases = [
        ("- a\n", "1:1: expected a map of services", form),
        ("text", "1:1: expected a map of services", form),
        ("? [a]\n: b\n", "1:3: invalid key: expected a string", form),
        ("ECS: x\n", "1:6: invalid ECS: expected a list of regions", form),
        ("ECS:\n  id: x\n", "2:3: invalid ECS: expected a list of regions", form),
        // The form of other services is also checked.
        ("EVS: x\nECS: [{id: x, endpoint: https://a.example.com}]", "1:6: invalid EVS: expected a list of regions", form),
        ("ECS:\n  - x\n", "2:5: invalid region of ECS: expected a map", form),
        ("ECS:\n  -\n", "2:4: invalid region of ECS: expected a map", form),
        ("ECS:\n  - endpoint: https://a.example.com\n", "2:5: invalid region of ECS: missing `id`", form),
        ("ECS:\n  - id: ''\n    endpoint: https://a.example.com\n", "2:5: invalid region of ECS: missing `id`", form),
        ("ECS:\n  - id: x\n", "2:5: invalid region x of ECS: missing `endpoint` or `endpoints`", form),
        ("ECS:\n  - id: x\n    endpoints: []\n", "2:5: invalid region x of ECS: missing `endpoint` or `endpoints`", form),
        ("ECS:\n  - id: [x]\n", "2:9: invalid `id`: expected a string", form),
        ("ECS:\n  - id: x\n    endpoint:\n      - https://a.example.com\n", "4:7: invalid `endpoint`: expected a string", form),
        ("ECS:\n  - id: x\n    endpoints: https://a.example.com\n", "3:16: invalid `endpoints`: expected a list", form),
        ("ECS:\n  - id: x\n    endpoints: [https://a.example.com, {}]\n", "3:40: invalid item of `endpoints`: expected a string", form),
        ("ECS:\n  - id: x\n    id: y\n", "3:5: invalid region of ECS: duplicate `id`", form),
        ("ECS:\n  - id: x\n    endpoint: https://a.example.com\n  - id: x\n    endpoint: https://b.example.com\n",
            "4:9: duplicate region x of ECS, already at /home/user/.huaweicloud/regions.yaml:2:9", form),
        ("ECS: [{id: y, endpoint: &a https://a.example.com}, {id: x, endpoint: *a}]", "1:70: unsupported alias (`*`)", form),
        ("a: &a [x]\nECS:\n  - <<: *a\n", "1:8: invalid region of a: expected a map", form),
        ("ECS:\n  - id: &i x\n    note: *i\n", "3:11: unsupported alias (`*`)", form),
        ("ECS:\n  - id: !!str x\n", "2:9: unsupported tag (`!`)", form),
        ("ECS: !include other.yaml\n", "1:6: unsupported tag (`!`)", form),
        ("ECS: []\n---\nECS: []\n", "2:1: unexpected second YAML document", form),
        (&nested, "1:37: too many levels: expected at most 16", form),
        (&nested_block, "3:35: too many levels: expected at most 16", form),
        ("ECS:\n  - id: x\n    endpoint: a.example.com\n", "3:15: invalid endpoint \"a.example.com\": missing scheme", address),
        ("ECS:\n  - id: x\n    endpoints:\n      - https://a.example.com\n      - http://b.example.com\n",
            "5:9: invalid endpoint \"http://b.example.com\": http is only allowed to this machine, since it does not encrypt the credentials", address),
        ("ECS:\n  - id: x\n    endpoint: 17\n", "3:15: invalid endpoint \"17\": missing scheme", address),
    ];
    for (content, expected, hint) in cases {
        let message = TestRuntime::default().with_file(FILE, content).refusal(&ECS, "x");
        assert_eq!(message, format!("{FILE}:{expected}. {hint}"), "{content:.100?}");
    }
}

#[test]
fn invalid_yaml_is_reported_with_its_location() {
    let brackets = "[".repeat(65_000);
    let cases = [
        ("ECS: [\n", "2:1"),
        ("ECS:\n\t- id: x\n", "2:2"),
        ("ECS: 'x\n", "1:6"),
        ("ECS: [}\n", "1:7"),
        ("a: *b\n", "1:4"),
        (&brackets, "1:256"),
    ];
    for (content, place) in cases {
        let message = TestRuntime::default().with_file(FILE, content).refusal(&ECS, "x");
        assert!(message.starts_with(&format!("{FILE}:{place}: invalid YAML: ")), "{content:.100?}: {message}");
        assert!(
            message.ends_with(". Correct the YAML at this place, most often its indentation or quotes."),
            "{message}"
        );
    }
}

#[test]
fn an_alias_bomb_is_refused_at_its_first_alias() {
    let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (level, below) in ["b", "c", "d", "e", "f", "g", "h"].into_iter().zip(["a", "b", "c", "d", "e", "f", "g"]) {
        bomb.push_str(&format!("{level}: &{level} [{}]\n", vec![format!("*{below}"); 9].join(",")));
    }
    let hidden = format!("ECS:\n- id: x\n  note:\n    {}", bomb.replace('\n', "\n    "));
    let message = TestRuntime::default().with_file(FILE, hidden).refusal(&ECS, "x");
    assert!(message.starts_with(&format!("{FILE}:5:12: unsupported alias (`*`)")), "{message}");
}
