//! Tests of `hss auth status`.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::program::{Emulator, Ran, hss, run, run_with_input};

/// Runs the command with these variables, and returns its result and its rows.
fn found(command: &mut Command, environment: &[(&str, &str)]) -> (Ran, Vec<Value>) {
    let ran = run(command.args(["-o", "json"]).envs(environment.iter().copied()));
    let found = serde_json::from_str::<Value>(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    (ran, found.as_array().unwrap().clone())
}

#[test]
fn status_shows_sources_and_masks_secrets() {
    let (ran, found) = found(
        &mut hss(&["auth", "status", "--region", "cn-north-4"]),
        &[
            ("HUAWEICLOUD_SDK_AK", "HPUASENTINEL1"),
            ("HUAWEICLOUD_SDK_SK", "SENTINEL2"),
            ("HW_AUTH_TOKEN", "SENTINEL3"),
            ("HW_USER_NAME", "alice"),
            ("HW_USER_PASSWORD", "SENTINEL4"),
            ("HW_DOMAIN_NAME", "shop"),
            ("HW_REGION_NAME", "cn-east-3"),
            ("HUAWEICLOUD_SDK_PROJECT_ID", "p1"),
        ],
    );
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    assert!(!ran.stdout.contains("SENTINEL"), "{}", ran.stdout);
    assert_eq!(
        found,
        [
            json!({"what": "credentials", "value": "access key HPUA***", "source": "the environment (HUAWEICLOUD_SDK_AK)", "used": true}),
            json!({"what": "credentials", "value": "user alice of shop", "source": "the environment (HW_USER_NAME)", "used": false}),
            json!({"what": "endpoint", "value": "https://hss.cn-north-4.myhuaweicloud.com", "source": "the region", "used": true}),
            json!({"what": "region", "value": "cn-north-4", "source": "--region", "used": true}),
            json!({"what": "project", "value": "p1", "source": "HUAWEICLOUD_SDK_PROJECT_ID", "used": true}),
            json!({"what": "enterprise project", "value": null, "source": "not set", "used": false}),
        ]
    );
}

#[test]
fn the_environment_takes_precedence_over_the_file() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(".huaweicloud")).unwrap();
    let file = home.path().join(".huaweicloud/credentials");
    fs::write(&file, "[basic]\nak = HPUAABCDEFGH\nsk = SENTINEL\nproject_id = p9\n").unwrap();
    let home = home.path().to_str().unwrap();
    let (_, alone) = found(&mut hss(&["auth", "status", "--region", "r-1"]), &[("HOME", home)]);
    assert_eq!(
        alone[0],
        json!({"what": "credentials", "value": "access key HPUA***", "source": file.to_str(), "used": true})
    );
    assert_eq!(alone[3], json!({"what": "project", "value": "p9", "source": "the credentials", "used": true}));
    let (_, both) = found(&mut hss(&["auth", "status", "--region", "r-1"]), &[("HOME", home), ("HW_AUTH_TOKEN", "t")]);
    let used: Vec<_> =
        both.iter().filter(|row| row["what"] == "credentials").map(|row| row["used"].as_bool()).collect();
    assert_eq!(used, [Some(true), Some(false)]);
    assert_eq!(both[4]["value"], Value::Null, "the project of credentials that are not used");
}

#[cfg(unix)]
#[test]
fn warns_about_secrets_that_other_users_can_access() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".huaweicloud");
    fs::create_dir(&folder).unwrap();
    let profile = folder.join("credentials");
    fs::write(&profile, "[basic]\nak = HPUAABCDEFGH\nsk = SENTINEL\n").unwrap();
    let token = home.path().join("it's a token");
    fs::write(&token, "SENTINEL").unwrap();
    let link = home.path().join("link");
    symlink(&token, &link).unwrap();
    let emulator = Emulator::start(&["-q"]);
    let said = |arguments: &[&str]| {
        let mut command = hss(&["--endpoint", &emulator.url, "--project-id", "p"]);
        run(command.args(arguments).env("HOME", home.path())).stderr
    };
    let allow = |file: &std::path::Path, mode| fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
    let (token, link) = (token.to_str().unwrap(), link.to_str().unwrap());
    let (list, check) = (["scan", "list", "-o", "json"], ["auth", "status", "--check", "-o", "json"]);
    for (mode, is_open) in [(0o600, false), (0o640, true), (0o604, true), (0o400, false)] {
        allow(&profile, mode);
        allow(token.as_ref(), mode);
        for (arguments, file) in [
            (&list[..], profile.to_str().unwrap().to_owned()),
            (&["auth", "status"], profile.to_str().unwrap().to_owned()),
            (&check, profile.to_str().unwrap().to_owned()),
            (&[&list[..], &["--token-file", token]].concat(), format!("'{}'", token.replace('\'', r"'\''"))),
            (&[&check[..], &["--token-file", link]].concat(), link.to_owned()),
        ] {
            let expected = format!("(mode {mode:o}); to prevent that, run: chmod 600 {file}\n");
            let text = said(arguments);
            assert_eq!(text.matches("warning:").count(), usize::from(is_open), "{text}");
            assert_eq!(text.contains(&expected), is_open, "{expected}{text}");
            assert!(!said(&[arguments, &["-q"]].concat()).contains("warning"));
        }
    }
    // There is no warning about an unused file or about a pipe.
    allow(&profile, 0o644);
    let demo = run(hss(&["--demo", "scan", "list", "-o", "json"]).env("HOME", home.path()));
    assert_eq!((demo.status, demo.stderr.as_str()), (Some(0), ""));
    let key = "[basic]\nak = HPUAABCDEFGH\nsk = SENTINEL\n";
    let pipe = ["--endpoint", &emulator.url, "--project-id", "p", "scan", "list", "-o", "json"];
    let ran = run_with_input(hss(&pipe).env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/dev/stdin"), key.as_bytes());
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
}

#[test]
fn missing_or_invalid_credentials_are_reported_and_fail() {
    let (ran, rows) = found(&mut hss(&["auth", "status"]), &[]);
    assert_eq!((ran.status, &rows[0]["used"]), (Some(2), &json!(false)));
    assert!(ran.stderr.contains("no credentials found"), "{}", ran.stderr);
    let (ran, rows) = found(&mut hss(&["auth", "status"]), &[("HW_AUTH_TOKEN", "t")]);
    assert_eq!((ran.status, &rows[1]["used"]), (Some(0), &json!(false)), "there are credentials, and no endpoint");
    let unusable = "unusable: missing endpoint: use --endpoint or --region, or set ";
    assert!(rows[1]["value"].as_str().unwrap().starts_with(unusable), "{}", rows[1]["value"]);
    let (ran, rows) = found(&mut hss(&["auth", "status", "--region", "r-1"]), &[("HW_ACCESS_KEY", "SENTINEL")]);
    assert_eq!(rows[0]["value"], "unusable: HW_ACCESS_KEY is set without HW_SECRET_KEY");
    assert!(ran.status == Some(2) && ran.stderr.contains("Set HW_SECRET_KEY, too"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("SENTINEL") && !ran.stdout.contains("SENTINEL"));
}

#[test]
fn a_token_file_takes_precedence() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "SENTINEL\n").unwrap();
    let status = ["auth", "status", "--region", "r-1", "--token-file"];
    let (ran, rows) = found(hss(&status).arg(file.path()), &[("HW_AUTH_TOKEN", "t")]);
    assert_eq!((ran.status, &rows[0]["value"], &rows[0]["used"]), (Some(0), &json!("token ***"), &json!(true)));
    assert_eq!(rows[1]["used"], false);
    let (ran, rows) = found(hss(&status).arg("/no/such/file"), &[]);
    assert_eq!((ran.status, &rows[0]["value"]), (Some(2), &json!("unusable: cannot read --token-file /no/such/file")));
    // The token is read only once, by the request.
    let emulator = Emulator::start(&["--auth", "token"]);
    let check = ["auth", "status", "--check", "--endpoint", &emulator.url, "--project-id", "p", "--token-file", "-"];
    run_with_input(&mut hss(&check), hss_emulator::DEMO_TOKEN.as_bytes()).printed();
    if cfg!(unix) {
        let mut pipe = hss(&check[..check.len() - 1]);
        run_with_input(pipe.arg("/dev/stdin"), hss_emulator::DEMO_TOKEN.as_bytes()).printed();
    }
}

#[test]
fn the_demo_has_credentials_an_endpoint_and_a_project() {
    let (_, rows) = found(&mut hss(&["--demo", "auth", "status", "--project-id", "p"]), &[("HW_AUTH_TOKEN", "t")]);
    assert_eq!(
        rows,
        [
            json!({"what": "credentials", "value": "a token of the demo", "source": "--demo", "used": true}),
            json!({"what": "endpoint", "value": "the built-in emulator", "source": "--demo", "used": true}),
            json!({"what": "project", "value": "p", "source": "--project-id", "used": true}),
        ]
    );
    let table = run(&mut hss(&["--demo", "auth", "status"]));
    let header = table.printed().lines().next().unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!(header, ["WHAT", "VALUE", "SOURCE", "USED"]);
}

#[test]
fn a_check_sends_one_request() {
    let emulator = Emulator::start(&["--auth", "token"]);
    let status = |token: &str| {
        run(hss(&["auth", "status", "--check", "--endpoint", &emulator.url, "--project-id", "p"])
            .env("HW_AUTH_TOKEN", token))
    };
    let good = status(hss_emulator::DEMO_TOKEN);
    assert_eq!(
        (good.status, good.stderr.as_str()),
        (Some(0), "the service accepted the credentials (ShowVulTaskStatistics)\n")
    );
    let bad = status("wrong");
    assert!(bad.status == Some(3) && bad.stderr.contains("APIGW.0301"), "{}", bad.stderr);
    let calls: Vec<_> = emulator.stop().into_iter().filter(|line| line.ends_with("ShowVulTaskStatistics")).collect();
    assert_eq!(calls.len(), 2, "{calls:?}");
}
