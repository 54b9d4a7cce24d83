//! Tests of the files that `hss scan report` writes or refuses to write.

use std::fs;

use serde_json::json;

use crate::canned::{self, Canned};
use crate::program::{Emulator, TASK, hss, hss_at, newest_task, run};
#[cfg(unix)]
use crate::program::{link_to, make_fifo};

#[test]
fn a_report_is_written_completely_and_replaces_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("report.html");
    let name = file.to_str().unwrap();
    let report = |more: &[&str]| run(hss(&["--demo", "scan", "report", TASK, "--html", name]).args(more));
    let ran = report(&["--fail-on", "failed"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(10), ""));
    assert!(ran.stderr.starts_with(&format!("written to {name}\n")), "{}", ran.stderr);
    let page = fs::read_to_string(&file).unwrap();
    for said in [TASK, "ecs-ubuntu-abc123", "this_is_failed_reason", "</html>"] {
        assert!(page.contains(said), "{said}");
    }
    fs::write(&file, "").unwrap();
    report(&[]).printed();
    fs::write(&file, "mine").unwrap();
    assert!(report(&[]).failed_with(2).contains("it already exists. Use another file, or --force"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    report(&["--force"]).printed();
    assert!(fs::read_to_string(&file).unwrap().contains(TASK));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no half of a page is left");
    let printed = run(&mut hss(&["--demo", "scan", "report", TASK, "--html", "-"]));
    assert!(printed.printed().starts_with("<!doctype html>"));
}

#[test]
fn an_unwritable_report_is_refused_before_a_request() {
    let emulator = Emulator::start(&[]);
    let directory = tempfile::tempdir().unwrap();
    let (folder, none) = (directory.path().to_str().unwrap(), directory.path().join("none/report.html"));
    for (file, said) in [(folder, "it is a directory"), (none.to_str().unwrap(), "its directory does not exist")] {
        let ran = run(&mut hss_at(&emulator.url, &["scan", "report", TASK, "--html", file]));
        assert!(ran.failed_with(2).contains(said), "{}", ran.stderr);
    }
    assert_eq!(emulator.stop(), [""; 0]);
}

#[test]
fn a_failed_listing_leaves_no_report() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("report.html");
    let task = json!({"total_num": 1, "data_list": [{"id": TASK, "status": "finished", "failed_host_num": 1}]});
    let server = Canned::new([canned::json(200, &task.to_string()), canned::json(502, "")]);
    let ran = run(&mut hss_at(&server.url, &["scan", "report", TASK, "--html", file.to_str().unwrap()]));
    ran.failed_with(1);
    assert!(!file.exists());
}

#[test]
fn a_report_takes_few_requests_and_escapes_hostile_names() {
    let emulator = Emulator::start(&["--hosts", "5000"]);
    let task = newest_task(&emulator.url);
    let ran = run(&mut hss_at(&emulator.url, &["scan", "report", &task, "--html", "-", "-q"]));
    assert_eq!(ran.printed().matches("<th scope=\"row\">").count(), 500);
    let log = emulator.stop();
    assert_eq!(log.len(), 5, "one for the task before, one for it here, three pages of the failed: {log:?}");

    let hosts = json!({"total_num": 1, "data_list": [{"host_name": "<script>alert(1)</script>\u{202e}\u{1b}", "scan_status": "failed"}]});
    let task = json!({"total_num": 1, "data_list": [{"id": TASK, "status": "<b>"}]});
    let server = Canned::new([canned::json(200, &task.to_string()), canned::json(200, &hosts.to_string())]);
    let ran = run(&mut hss_at(&server.url, &["scan", "report", TASK, "--html", "-"]));
    let page = ran.printed();
    assert!(!page.contains("<script>alert") && !page.contains("<b>") && !page.contains(['\u{202e}', '\u{1b}']));
    assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62;\\u{202e}\\u{1b}"), "{page}");
}

#[cfg(unix)]
#[test]
fn a_report_follows_a_symbolic_link_and_keeps_it() {
    let directory = tempfile::tempdir().unwrap();
    let place = |name: &str| directory.path().join(name);
    fs::create_dir(place("below")).unwrap();
    for target in ["below/report.html", "below/new.html"] {
        let link = place("link.html");
        std::os::unix::fs::symlink(target, &link).unwrap();
        let report = |more: &[&str]| {
            let link = link.to_str().unwrap();
            run(hss(&["--demo", "scan", "report", TASK, "--html", link]).args(more))
        };
        // A link whose target does not exist yet is followed, too.
        report(&[]).printed();
        assert!(fs::read_to_string(place(target)).unwrap().contains(TASK));
        fs::write(place(target), "mine").unwrap();
        assert!(report(&[]).failed_with(2).contains("it already exists. Use another file, or --force"));
        report(&["--force"]).printed();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::read_to_string(place(target)).unwrap().contains(TASK));
        fs::remove_file(link).unwrap();
    }
    // A link may point to itself.
    std::os::unix::fs::symlink("loop.html", place("loop.html")).unwrap();
    let ran = run(&mut hss(&["--demo", "scan", "report", TASK, "--html", place("loop.html").to_str().unwrap()]));
    assert!(ran.failed_with(2).contains("too many symbolic links"), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn a_link_of_another_user_is_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    let (link, target) = (directory.path().join("link.html"), directory.path().join("report.html"));
    fs::write(&target, "mine").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    // Only root can change the owner of a link.
    if std::os::unix::fs::lchown(&link, Some(65_533), None).is_err() {
        return;
    }
    for option in [&["report", TASK, "--force", "--html"][..], &["hosts", TASK, "--checkpoint"]] {
        let ran = run(hss(&["--demo", "scan"]).args(option).arg(&link));
        assert!(ran.failed_with(2).contains("it contains a symbolic link of another user"), "{}", ran.stderr);
    }
    assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
}

#[cfg(unix)]
#[test]
fn a_new_report_is_private_and_a_replaced_one_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("report.html");
    let report = || {
        run(&mut hss(&["--demo", "scan", "report", TASK, "--force", "--html", file.to_str().unwrap()])).printed();
        fs::metadata(&file).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(report(), 0o600);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(report(), 0o644);
    // An empty file, as the shell creates it.
    fs::write(&file, "").unwrap();
    assert_eq!(report(), 0o600);
    // A report of another user is replaced by one of the caller. Only root can change the owner of a file.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    if std::os::unix::fs::chown(&file, Some(65_533), None).is_ok() {
        assert_eq!(report(), 0o600);
    }
}

#[cfg(unix)]
#[test]
fn a_fifo_of_another_user_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let fifo = directory.path().join("fifo");
    make_fifo(&fifo);
    // Only root can change the owner of a FIFO.
    if std::os::unix::fs::chown(&fifo, Some(65_533), None).is_err() {
        return;
    }
    let ran = run(&mut hss(&["--demo", "scan", "report", TASK, "--html", fifo.to_str().unwrap()]));
    assert!(ran.failed_with(2).contains("it is a FIFO of another user"), "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_to_a_descriptor_is_written_at_its_offset() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("all.html");
    // Descriptor 3 is a file, too. The shell opens it, writes to it, and continues after hss.
    let script = r#"echo before >&"$1"; "$2" --demo scan report "$3" --html "$4" && echo after >&"$1""#;
    for (number, path) in [("1", "/dev/stdout"), ("1", "/proc/self/fd/1"), ("3", "/proc/self/fd/3"), ("3", "/dev/fd/3")]
    {
        for redirect in [">", ">>"] {
            fs::write(&file, "").unwrap();
            let inode = std::os::unix::fs::MetadataExt::ino(&fs::metadata(&file).unwrap());
            let script = format!("{{ {script}; }} {number}{redirect}\"$5\"");
            let mut shell = std::process::Command::new("sh");
            shell.args(["-c", &script, "sh", number, env!("CARGO_BIN_EXE_hss"), TASK, path]).arg(&file);
            let ran = run(shell.env_clear().env("TMPDIR", env!("CARGO_TARGET_TMPDIR")));
            assert_eq!(ran.status, Some(0), "{path} {redirect}: {}", ran.stderr);
            let text = fs::read_to_string(&file).unwrap();
            assert!(text.starts_with("before\n<!doctype html>"), "{path} {redirect}: {}", &text[..text.len().min(80)]);
            assert!(text.trim_end().ends_with("after"), "{path} {redirect}");
            assert_eq!(
                std::os::unix::fs::MetadataExt::ino(&fs::metadata(&file).unwrap()),
                inode,
                "it is the same file"
            );
        }
    }
    let script = "exec \"$1\" --demo scan report \"$2\" --html /proc/self/fd/3 3<\"$3\"";
    let mut shell = std::process::Command::new("sh");
    let ran = run(shell.env_clear().args(["-c", script, "sh", env!("CARGO_BIN_EXE_hss"), TASK]).arg(&file));
    assert!(ran.failed_with(2).contains("it is open for reading only"), "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_is_written_to_a_fifo_or_device_without_replacing_it() {
    use std::os::unix::fs::FileTypeExt as _;
    let directory = tempfile::tempdir().unwrap();
    let fifo = directory.path().join("fifo");
    make_fifo(&fifo);
    let null = link_to("/dev/null", directory.path());
    for more in [&[][..], &["--force"]] {
        let reader = std::thread::spawn({
            let fifo = fifo.clone();
            move || fs::read_to_string(fifo).unwrap()
        });
        run(hss(&["--demo", "scan", "report", TASK, "--html", fifo.to_str().unwrap()]).args(more)).printed();
        let page = reader.join().unwrap();
        assert!(page.starts_with("<!doctype html>") && page.contains("</html>"), "{page}");
        assert!(fs::symlink_metadata(&fifo).unwrap().file_type().is_fifo());
        run(hss(&["--demo", "scan", "report", TASK, "--html", &null]).args(more)).printed();
        assert!(fs::symlink_metadata(&null).unwrap().is_symlink());
        assert!(fs::metadata(&null).unwrap().file_type().is_char_device());
    }
    // The FIFO has no reader.
    let ran =
        run(&mut hss(&["--demo", "scan", "report", TASK, "--html", fifo.to_str().unwrap(), "--timeout", "300ms"]));
    assert!(ran.failed_with(5).contains("timed out after 300ms (--timeout)"), "{}", ran.stderr);
    // The FIFO is opened but not read. The report exceeds the capacity of a pipe.
    let emulator = Emulator::start(&["--hosts", "5000", "-q"]);
    let task = newest_task(&emulator.url);
    let reader = fs::File::options().read(true).write(true).open(&fifo).unwrap();
    let html = ["scan", "report", &task, "--html", fifo.to_str().unwrap(), "--timeout", "1s"];
    run(&mut hss_at(&emulator.url, &html)).failed_with(5);
    drop(reader);

    let socket = directory.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let ran = run(&mut hss(&["--demo", "scan", "report", TASK, "--force", "--html", socket.to_str().unwrap()]));
    assert!(ran.failed_with(2).contains("it is neither a file nor a stream"), "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_can_be_written_to_the_path_of_standard_output() {
    // Standard output is a pipe, whose link in /proc has no path.
    let directory = tempfile::tempdir().unwrap();
    let stdout = link_to("/proc/self/fd/1", directory.path());
    let ran = run(&mut hss(&["--demo", "scan", "report", TASK, "--html", &stdout]));
    assert!(ran.printed().starts_with("<!doctype html>"));
}

#[cfg(target_os = "linux")]
#[test]
fn the_memory_for_a_report_does_not_grow_with_its_rows() {
    use std::io::Read as _;
    let page = |number: usize| {
        // Each of these characters is shown as six bytes.
        let name = "\u{7f}".repeat(20_000);
        let rows = (0..200).map(|row| json!({"host_id": format!("{number}-{row}"), "host_name": name}));
        canned::json(200, &json!({"total_num": 600, "data_list": rows.collect::<Vec<_>>()}).to_string())
    };
    let task = canned::json(200, &json!({"total_num": 1, "data_list": [{"id": "t1"}]}).to_string());
    let server = Canned::new([task].into_iter().chain((0..3).map(page)));
    let mut command = hss_at(&server.url, &["scan", "report", "t1", "--html", "-"]);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    // The page is written only after it is complete.
    child.stdout.as_mut().unwrap().read_exact(&mut [0; 16]).unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let highest = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim();
    let kilobytes: u64 = highest.strip_suffix(" kB").unwrap().parse().unwrap();
    assert!(kilobytes < 110_000, "{highest}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_unwritable_directory_is_refused_before_a_request() {
    let emulator = Emulator::start(&[]);
    for command in [["report", TASK, "--html", "/proc/report.html"], ["hosts", TASK, "--checkpoint", "/proc/hosts"]] {
        let ran = run(hss_at(&emulator.url, &["scan"]).args(command));
        assert!(ran.failed_with(2).contains("cannot write --"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("tmp") && !ran.stderr.contains(".hss-"), "{}", ran.stderr);
    }
    assert_eq!(emulator.stop(), [""; 0]);
}
