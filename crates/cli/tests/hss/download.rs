//! Tests of `hss api` with an operation that returns a file.

use std::fs;
use std::process::Output;

use hss_emulator::Fault;

use crate::canned::{self, Canned, on_emulator};
#[cfg(unix)]
use crate::program::link_to;
use crate::program::{Emulator, hss, hss_at, run};

const CALL: [&str; 4] = ["api", "ListDownloadExportedFile", "--file-id", "b3e83d25-d92f-4963-a293-e056e81ec44d"];

fn fault(text: &str) -> Fault {
    Fault::from_toml(&format!("[[fault]]\n{text}")).unwrap().remove(0)
}

/// Runs the call, whose standard output is not text.
fn download(url: &str, more: &[&str]) -> Output {
    hss_at(url, &CALL).args(more).output().unwrap()
}

#[test]
fn a_file_is_written_unchanged() {
    let emulator = Emulator::start(&[]);
    let printed = download(&emulator.url, &[]);
    assert!(printed.status.success() && printed.stderr.is_empty(), "{printed:?}");
    assert!(printed.stdout.starts_with(b"PK\x03\x04"), "{printed:?}");
    assert_eq!(download(&emulator.url, &["--output-file", "-"]).stdout, printed.stdout);
    let demo = hss(&["--demo"]).args(CALL).output().unwrap();
    assert_eq!(demo.stdout, printed.stdout);
    let described = download(&emulator.url, &["-v"]);
    let text = String::from_utf8(described.stderr).unwrap();
    let size = printed.stdout.len();
    assert!(text.contains(&format!(", application/octet-stream, {size} bytes\n")), "{text}");

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("export.zip");
    let name = file.to_str().unwrap();
    let written = run(hss_at(&emulator.url, &CALL).args(["--output-file", name]));
    assert_eq!(written.printed(), "");
    assert_eq!(written.stderr, format!("written to {name}\n"));
    assert_eq!(fs::read(&file).unwrap(), printed.stdout);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    fs::write(&file, "mine").unwrap();
    let sent = emulator.stop().len();
    let refused = run(hss_at("http://127.0.0.1:9", &CALL).args(["--output-file", name]));
    assert!(refused.failed_with(2).contains("it already exists. Use another file, or --force to replace it."));
    assert_eq!((fs::read_to_string(&file).unwrap().as_str(), sent), ("mine", 4));
    let emulator = Emulator::start(&[]);
    run(hss_at(&emulator.url, &CALL).args(["--output-file", name, "--force"])).printed();
    assert_eq!(fs::read(&file).unwrap(), printed.stdout);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no draft is left");
    #[cfg(unix)]
    {
        let null = link_to("/dev/null", directory.path());
        run(hss_at(&emulator.url, &CALL).args(["--output-file", &null, "--force"])).printed();
        assert!(fs::symlink_metadata(&null).unwrap().is_symlink(), "a device is not replaced");
    }
}

#[test]
fn a_failure_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let (new, old) = (directory.path().join("new.zip"), directory.path().join("old.zip"));
    fs::write(&old, "mine").unwrap();
    for (fault, status, said) in [
        (fault("cut = 'half'"), 1, "the response is incomplete: the connection was closed after "),
        (fault("reset = 'body'"), 1, "the response is incomplete: the connection was closed after "),
        (
            fault("raw = \"HTTP/1.1 200 OK\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n3\\r\\nabc\\r\\n\""),
            1,
            "after 3 bytes",
        ),
        (fault("stall = 'body'"), 5, "timed out after 1s (--timeout)"),
        (canned::json(200, "{\"error_code\":\"HSS.0041\",\"error_msg\":\"no file\"}"), 1, "contains an error: no file"),
        (canned::json(404, "{\"error_code\":\"HSS.1054\",\"error_msg\":\"no file\"}"), 4, "no file"),
        (fault("body = '<html>log in</html>'\nheaders = { Content-Type = 'text/html' }"), 1, "is a page (text/html)"),
    ] {
        let server = on_emulator(30, vec![fault]);
        for target in
            [&["--output-file", new.to_str().unwrap()][..], &["--output-file", old.to_str().unwrap(), "--force"], &[]]
        {
            let ran = run(hss_at(&server.url, &CALL).args(["--timeout", "1s"]).args(target));
            assert!(ran.failed_with(status).contains(said), "{said}: {}", ran.stderr);
        }
        assert!(!new.exists() && fs::read_to_string(&old).unwrap() == "mine");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no draft is left");
    }
}

#[test]
fn options_that_do_not_fit_a_file_are_refused() {
    for (arguments, said) in [
        (
            &["api", "ListDownloadExportedFile", "--file_id", "f", "-o", "csv"][..],
            "--output has no effect on hss api ListDownloadExportedFile",
        ),
        (&["api", "list_download_exported_file", "--file_id", "f", "--query", "a"], "--query has no effect on hss api"),
        (&["api", "ListVulScanTask", "--output-file", "f"], "unexpected argument '--output-file'"),
        (
            &["api", "ListDownloadExportedFile", "--file_id", "f", "--output-file", "none/f"],
            "its directory does not exist",
        ),
    ] {
        let ran = run(&mut hss_at("http://127.0.0.1:9", arguments));
        assert!(ran.failed_with(2).contains(said), "{}", ran.stderr);
    }
    // A format of the environment is for other commands.
    let emulator = Emulator::start(&[]);
    let printed = hss_at(&emulator.url, &CALL).env("HSS_OUTPUT", "csv").output().unwrap();
    assert!(printed.stdout.starts_with(b"PK"), "{printed:?}");
    let dry = run(hss_at(&emulator.url, &CALL).arg("--dry-run"));
    assert!(dry.printed().contains("/v5/p/download/b3e83d25-d92f-4963-a293-e056e81ec44d"), "{dry:?}");
    let help = run(&mut hss(&["api", "ListDownloadExportedFile", "--help"]));
    assert!(help.printed().contains("--output-file <FILE>"), "{}", help.stdout);
    assert!(help.stdout.contains(" --output-file FILE\n"), "{}", help.stdout);
    assert!(!help.stdout.contains("--query"));
}

#[test]
fn a_file_without_a_size_is_complete_at_the_end_of_the_connection() {
    let bytes = "HTTP/1.1 200 OK\r\ncontent-disposition: attachment; filename=\"../a.zip\"\r\n\r\nabc";
    let server = Canned::new([canned::raw(bytes)]);
    let ran = run(hss_at(&server.url, &CALL).arg("-v"));
    assert_eq!(ran.printed(), "abc", "no line feed is added");
    assert!(ran.stderr.contains(", unknown type, unknown size\n"), "{}", ran.stderr);
}
