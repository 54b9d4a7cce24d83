//! Tests of credentials: their sources, and that they are never shown.

use serde_json::json;

use crate::canned::{self, Canned};
use crate::program::{Emulator, TASK, hss, hss_at, run, run_with_input};

#[test]
fn errors_about_missing_settings_list_all_sources() {
    let ran = run(&mut hss(&["scan", "hosts", TASK]));
    for source in ["--endpoint", "--region", "HUAWEICLOUD_SDK_REGION_ID", "HW_REGION_NAME", "--demo"] {
        assert!(ran.failed_with(2).contains(source), "{source}: {ran:?}");
    }
    let ran = run(hss_at("http://127.0.0.1:9", &["scan", "list"]).env("HW_AUTH_TOKEN", ""));
    for source in
        ["HUAWEICLOUD_SDK_AK", "CLOUD_SDK_AK", "HW_ACCESS_KEY", "HW_AUTH_TOKEN", "HW_USER_NAME", "credentials"]
    {
        assert!(ran.failed_with(2).contains(source), "{source}: {ran:?}");
    }
    let ran = run(hss(&["--endpoint", "http://127.0.0.1:9", "scan", "list"]).env("HW_AUTH_TOKEN", "t"));
    assert!(ran.failed_with(2).contains("--project-id"), "{ran:?}");
    let ran = run(hss_at("http://127.0.0.1:9", &["scan", "list"]).env("HUAWEICLOUD_SDK_AK", "AK"));
    assert!(ran.failed_with(2).contains("HUAWEICLOUD_SDK_SK"), "half a key: {ran:?}");
}

#[test]
fn an_endpoint_does_not_send_credentials_to_the_iam_of_the_region() {
    // Every request that leaves this machine goes through the proxy.
    let proxy = Canned::new([canned::json(403, "")]);
    let asked = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = hss(&["--endpoint", "http://127.0.0.1:9", "--region", "cn-north-4", "--max-attempts", "1"]);
        command.args(arguments).args(["scan", "list"]).env("HTTPS_PROXY", &proxy.url).envs(variables.iter().copied());
        run(&mut command)
    };
    let key = [("HUAWEICLOUD_SDK_AK", "AKEXAMPLE"), ("HUAWEICLOUD_SDK_SK", "SENTINEL")];
    let user = [("HW_USER_NAME", "u"), ("HW_USER_PASSWORD", "SENTINEL"), ("HW_DOMAIN_NAME", "d")];
    for credentials in [&[("HW_AUTH_TOKEN", "SENTINEL")][..], &key] {
        let ran = asked(&[], credentials);
        let said = ran.failed_with(2);
        assert!(said.contains("--project-id") && said.contains("--iam-endpoint"), "{said}");
    }
    for arguments in [&[][..], &["--project-id", "p"], &["--project-id", "p", "-v"]] {
        let ran = asked(arguments, &user);
        let said = ran.failed_with(2);
        assert!(said.contains("HW_USER_NAME") && said.contains("--iam-endpoint"), "{said}");
    }
    assert_eq!(proxy.requests(), [""; 0]);

    let iam = canned::on_emulator(10, Vec::new());
    let ran = asked(&["--iam-endpoint", &iam.url], &[("HW_AUTH_TOKEN", "t")]);
    assert!(ran.failed_with(1).contains("http://127.0.0.1:9"), "the project is found, and HSS is not there: {ran:?}");
    assert_eq!(iam.requests(), ["GET /v3/projects?name=cn-north-4"]);
}

#[cfg(target_os = "linux")]
#[test]
fn localhost_always_resolves_to_this_machine() {
    // In its own mount namespace, the program sees a different /etc/hosts.
    let namespace = ["--map-root-user", "--mount"];
    let may = std::process::Command::new("unshare").args(namespace).arg("true").status();
    if !may.is_ok_and(|status| status.success()) {
        eprintln!("skipped: this system allows no mount namespace");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let hosts = directory.path().join("hosts");
    std::fs::write(&hosts, "127.9.9.9 localhost\n").unwrap();
    let other = std::net::TcpListener::bind("127.9.9.9:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let mut command = std::process::Command::new("unshare");
    let script = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";
    command.args(namespace).args(["sh", "-c", script]).arg(&hosts).arg(env!("CARGO_BIN_EXE_hss"));
    command.args(["--endpoint", &format!("http://localhost:{port}"), "--project-id", "p", "--max-attempts", "1"]);
    let ran = run(command.args(["scan", "list", "--timeout", "10s"]).env("HW_AUTH_TOKEN", "SENTINEL"));
    assert!(ran.failed_with(1).contains("refused"), "nothing listens at 127.0.0.1: {ran:?}");
    other.set_nonblocking(true).unwrap();
    assert!(other.accept().is_err(), "nothing was sent to the other address");
}

#[test]
fn login_attempts_follow_max_attempts() {
    let user = [("HW_USER_NAME", "u"), ("HW_USER_PASSWORD", "SENTINEL"), ("HW_DOMAIN_NAME", "d")];
    for arguments in [&["--project-id", "p"][..], &[]] {
        let iam = Canned::new([canned::json(503, "{}"), canned::json(503, "{}")]);
        let mut command = hss(&["--endpoint", "http://127.0.0.1:9", "--iam-endpoint", &iam.url]);
        command.args(["--region", "cn-north-4", "--max-attempts", "1", "scan", "list"]).args(arguments);
        let ran = run(command.envs(user));
        assert!(ran.failed_with(1).contains("cannot get a token for user u of d"), "{ran:?}");
        assert_eq!(iam.requests(), ["POST /v3/auth/tokens?nocatalog=true"]);
    }
}

#[test]
fn an_access_key_is_used_without_showing_its_secret() {
    let server = Canned::new([canned::json(200, &json!({"total_num": 0, "data_list": []}).to_string())]);
    let mut command = hss_at(&server.url, &["scan", "list", "-v"]);
    command.env("HUAWEICLOUD_SDK_AK", "AKEXAMPLE").env("HUAWEICLOUD_SDK_SK", "SENTINEL");
    let ran = run(&mut command);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("HUAWEICLOUD_SDK_AK") && !ran.stderr.contains("SENTINEL"), "{ran:?}");
}

#[test]
fn a_refusal_gets_the_hint_for_the_credentials_in_use() {
    let refused = json!({"error_code": "APIGW.0301", "error_msg": "Incorrect IAM authentication information"});
    let server = Canned::new([canned::json(401, &refused.to_string()), canned::json(401, &refused.to_string())]);
    let key = [("HUAWEICLOUD_SDK_AK", "AKEXAMPLE"), ("HUAWEICLOUD_SDK_SK", "SENTINEL")];
    let ran = run(hss_at(&server.url, &["scan", "list"]).envs(key));
    let said = ran.failed_with(3);
    assert!(said.contains("access key id and secret key") && !said.contains("Check that the token"), "{said}");
    let ran = run(&mut hss_at(&server.url, &["scan", "list"]));
    let said = ran.failed_with(3);
    assert!(said.contains("Check that the token") && !said.contains("access key"), "{said}");
}

#[test]
fn a_token_file_may_end_with_white_space() {
    let emulator = Emulator::start(&[]);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    let file_name = file.to_str().unwrap();
    for token in ["tok\n", "tok\r\n", " tok "] {
        std::fs::write(&file, token).unwrap();
        run(hss_at(&emulator.url, &["scan", "list", "--token-file", file_name]).env_remove("HW_AUTH_TOKEN")).printed();
        run_with_input(&mut hss_at(&emulator.url, &["scan", "list", "--token-file", "-"]), token.as_bytes()).printed();
    }
    for token in [&b"SENTI\nNEL"[..], b"SENTI\x7fNEL", b"SENTI\tNEL", b"SENTI\xffNEL", b"", b"\n"] {
        std::fs::write(&file, token).unwrap();
        let ran = run(&mut hss_at(&emulator.url, &["scan", "list", "--token-file", file_name]));
        let said = ran.failed_with(2);
        assert!(said.contains(file_name) && !said.contains("SENTI") && !said.contains("NEL"), "{said}");
    }
    let ran = run(&mut hss_at(&emulator.url, &["scan", "list", "--token-file", "/no/such/file"]));
    assert!(ran.failed_with(2).contains("cannot read --token-file /no/such/file"), "{ran:?}");
    assert_eq!(emulator.stop().len(), 6);
}

#[test]
fn verbose_output_contains_no_token() {
    let unauthorized = json!({"error_code": "APIGW.0301", "error_msg": "m"}).to_string();
    let nothing = json!({"total_num": 0, "data_list": []}).to_string();
    let server = Canned::new([
        canned::json(200, &nothing),
        canned::json(401, &unauthorized),
        canned::json(200, "{bad"),
        canned::raw(""),
    ]);
    for status in [0, 3, 1, 1] {
        let mut command = hss_at(&server.url, &["scan", "list", "-v"]);
        command.env("HW_AUTH_TOKEN", "SENTINEL").env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1");
        let ran = run(&mut command);
        assert_eq!(ran.status, Some(status), "{ran:?}");
        assert!(ran.stderr.contains("with credentials from the environment (HW_AUTH_TOKEN)"), "{ran:?}");
        assert!(!ran.stderr.contains("SENTINEL") && !ran.stdout.contains("SENTINEL"), "{ran:?}");
    }
}

#[test]
fn contradicting_options_are_refused() {
    for arguments in [
        &["--demo", "scan", "list", "--region", "cn-north-4"][..],
        &["--demo", "scan", "list", "--endpoint", "http://127.0.0.1:9"],
        &["scan", "list", "--token-file", "t", "--demo"],
        &["-q", "scan", "list", "-v", "--demo"],
        &["--demo", "api"],
        &["--demo", "api", "--list", "ListVulScanTask"],
    ] {
        run(&mut hss(arguments)).failed_with(2);
    }
}

#[test]
fn the_emulator_accepts_the_credentials_that_it_prints() {
    let emulator = Emulator::start(&["--auth", "any", "--rate", "2/min", "--seed", "7"]);
    let (id, secret) = ("HSSEMULATORDEMOKEY01", "secret-key-of-the-hss-emulator-demo");
    let listing = |secret: &str| {
        let mut command =
            hss(&["--endpoint", &emulator.url, "--iam-endpoint", &emulator.url, "--region", "cn-north-4"]);
        command.args(["--max-attempts", "1", "scan", "list", "-o", "json"]);
        run(command.env("HUAWEICLOUD_SDK_AK", id).env("HUAWEICLOUD_SDK_SK", secret))
    };
    assert_eq!(listing(secret).json()["total_num"], 12);
    let wrong = listing("wrong");
    assert!(wrong.failed_with(3).contains("verify aksk signature fail"), "{wrong:?}");
    assert_eq!(listing(secret).status, Some(0));
    let throttled = listing(secret);
    assert!(throttled.failed_with(5).contains("limit:2,time:1 minute"), "{throttled:?}");

    let log = emulator.stop();
    assert_eq!(log[0], format!("accepted credentials: HUAWEICLOUD_SDK_AK={id} HUAWEICLOUD_SDK_SK={secret}"));
    assert!(
        log[1].starts_with("accepted credentials: HW_AUTH_TOKEN=")
            && log[2].starts_with("accepted credentials: HW_DOMAIN_NAME="),
        "{log:?}"
    );
    assert_eq!(log[3], "GET /v3/projects?name=cn-north-4 200 KeystoneListProjects");
}

#[test]
fn the_emulator_reads_a_temporary_key_from_its_environment() {
    let emulator = Emulator::start_with(
        &["--auth", "aksk"],
        &[
            ("HUAWEICLOUD_SDK_AK", "TEMPORARYACCESSKEY01"),
            ("HUAWEICLOUD_SDK_SK", "secret"),
            ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "its-token"),
        ],
    );
    let listing = |token: Option<&str>| {
        let mut command =
            hss(&["--endpoint", &emulator.url, "--project-id", "p", "--max-attempts", "1", "scan", "list"]);
        command.env("HUAWEICLOUD_SDK_AK", "TEMPORARYACCESSKEY01").env("HUAWEICLOUD_SDK_SK", "secret");
        run(command.envs(token.map(|token| ("HUAWEICLOUD_SDK_SECURITY_TOKEN", token))))
    };
    listing(Some("its-token")).printed();
    listing(Some("another")).failed_with(3);
    listing(None).failed_with(3);
}

#[test]
fn the_emulator_and_the_client_read_the_same_key_variables() {
    let sdk = [("HUAWEICLOUD_SDK_AK", "SDK"), ("HUAWEICLOUD_SDK_SK", "one")];
    let samples = [("CLOUD_SDK_AK", "SAMPLES"), ("CLOUD_SDK_SK", "two")];
    let terraform = [("HW_ACCESS_KEY", "TERRAFORM"), ("HW_SECRET_KEY", "three"), ("HW_SECURITY_TOKEN", "its-token")];
    let demo = [("CLOUD_SDK_AK", "HSSEMULATORDEMOKEY01"), ("CLOUD_SDK_SK", "secret-key-of-the-hss-emulator-demo")];
    let all = [&sdk[..], &samples, &terraform].concat();
    for (set, known, others) in [
        (&samples[..], &samples[..], &[&demo[..], &sdk][..]),
        (&terraform, &terraform, &[&demo, &terraform[..2]]),
        (&all, &sdk, &[&samples, &terraform, &demo]),
        (&all[2..], &samples, &[&sdk, &terraform, &demo]),
    ] {
        let emulator = Emulator::start_with(&["--auth", "aksk"], set);
        let listing = |key: &[(&str, &str)]| {
            let arguments = ["--endpoint", &emulator.url, "--project-id", "p", "--max-attempts", "1", "scan", "list"];
            run(hss(&arguments).envs(key.iter().copied()))
        };
        // A client with the whole environment selects the same key.
        listing(set).printed();
        listing(known).printed();
        for other in others {
            listing(other).failed_with(3);
        }
        assert!(!emulator.stop().iter().any(|line| line.contains("_AK=")), "{set:?}");
    }
}

#[test]
fn the_emulator_injects_the_faults_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("faults.toml");
    std::fs::write(&file, "[[fault]]\npage = 2\nstatus = 503\ntimes = 1\n").unwrap();
    let emulator = Emulator::start(&["--hosts", "30", "--fault", file.to_str().unwrap()]);
    let listing = || run(&mut hss_at(&emulator.url, &["scan", "list", "--page-size", "10"]));
    let cut_short = listing();
    assert_eq!(cut_short.status, Some(1));
    assert!(cut_short.stderr.contains("ListVulScanTask at offset 10"), "{cut_short:?}");
    assert_eq!(listing().status, Some(0), "once");
    std::fs::write(&file, "[[fault]]\nstatus = 1\n").unwrap();
    let refused = run(&mut hss(&["emulator", "--fault", file.to_str().unwrap()]));
    assert!(
        refused
            .failed_with(2)
            .contains("faults.toml: fault 1: invalid status: expected a whole number from 200 to 599"),
        "{refused:?}"
    );
    let missing = run(&mut hss(&["emulator", "--fault", "/nowhere/faults.toml"]));
    assert!(missing.failed_with(2).contains("cannot read /nowhere/faults.toml"), "{missing:?}");
}

#[test]
fn the_emulator_uses_the_credentials_of_its_environment() {
    let known = |auth: &str| {
        let mut command = hss(&["emulator", "--auth", auth, "--timeout", "10ms"]);
        command.env("HUAWEICLOUD_SDK_AK", "AK").env("HUAWEICLOUD_SDK_SK", "SENTINEL").env("HW_AUTH_TOKEN", "SENTINEL");
        run(command.env("HW_DOMAIN_NAME", "d").env("HW_USER_NAME", "u").env("HW_USER_PASSWORD", "SENTINEL")).stderr
    };
    assert!(!known("any").contains("accepted credentials") && !known("any").contains("SENTINEL"));
    // Otherwise a demo credential would stay valid next to an incomplete one.
    for (set, refusal) in [
        (&["HUAWEICLOUD_SDK_AK"][..], "HUAWEICLOUD_SDK_AK is set without HUAWEICLOUD_SDK_SK"),
        (&["HUAWEICLOUD_SDK_SK"], "HUAWEICLOUD_SDK_SK is set without HUAWEICLOUD_SDK_AK"),
        (&["HUAWEICLOUD_SDK_SECURITY_TOKEN"], "HUAWEICLOUD_SDK_SECURITY_TOKEN is set without HUAWEICLOUD_SDK_AK"),
        (&["CLOUD_SDK_AK"], "CLOUD_SDK_AK is set without CLOUD_SDK_SK"),
        (&["CLOUD_SDK_SK"], "CLOUD_SDK_SK is set without CLOUD_SDK_AK"),
        (&["HW_ACCESS_KEY"], "HW_ACCESS_KEY is set without HW_SECRET_KEY"),
        (&["HW_SECRET_KEY"], "HW_SECRET_KEY is set without HW_ACCESS_KEY"),
        (&["HW_SECURITY_TOKEN"], "HW_SECURITY_TOKEN is set without HW_ACCESS_KEY"),
        (&["HW_USER_NAME"], "HW_USER_NAME is set without HW_USER_PASSWORD"),
        (&["HW_USER_PASSWORD", "HW_DOMAIN_NAME"], "HW_USER_PASSWORD is set without HW_USER_NAME"),
        (&["HW_USER_NAME", "HW_USER_PASSWORD"], "HW_USER_NAME is set without HW_DOMAIN_NAME"),
    ] {
        let half = run(hss(&["emulator"]).envs(set.iter().map(|name| (*name, "SENTINEL"))));
        assert!(half.failed_with(2).contains(refusal) && !half.stderr.contains("SENTINEL"), "{half:?}");
    }
    let remote = run(&mut hss(&["emulator", "--listen", "0.0.0.0:0"]));
    assert!(remote.failed_with(2).contains("--allow-remote") || remote.stderr.contains("by name"), "{remote:?}");
}
