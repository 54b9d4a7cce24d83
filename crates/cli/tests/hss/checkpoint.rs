//! Tests of listings that are interrupted and continued with `--checkpoint`.

use std::fs;
use std::path::Path;

use hss_emulator::Fault;
use serde_json::{Value, json};

use crate::canned::{self, Canned};
use crate::program::{Ran, TASK, hss_at, newest_task, run};

/// Starts an emulator with 1000 servers whose third page fails once.
fn failing() -> (Canned, String) {
    let fault = Fault {
        operation: Some("ListVulScanTaskHost".to_owned()),
        page: Some(3),
        times: Some(1),
        status: Some(500),
        ..Fault::default()
    };
    let emulator = canned::on_emulator(1000, vec![fault]);
    let task = newest_task(&emulator.url);
    (emulator, task)
}

fn list(url: &str, task: &str, file: &Path, more: &[&str]) -> Ran {
    run(hss_at(url, &["scan", "hosts", task, "--checkpoint", file.to_str().unwrap()]).args(more))
}

fn ids(text: &str) -> Vec<String> {
    let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["host_id"].as_str().unwrap().to_owned();
    text.lines().map(id).collect()
}

#[track_caller]
fn assert_each_once(lines: &str) {
    let mut all = ids(lines);
    let rows = all.len();
    all.sort();
    all.dedup();
    assert_eq!((rows, all.len()), (1000, 1000), "each once");
}

fn offsets(emulator: &Canned) -> Vec<String> {
    let pages = emulator.requests().into_iter().filter(|line| line.contains("/hosts?"));
    pages.map(|line| line.split("offset=").nth(1).unwrap().split('&').next().unwrap().to_owned()).collect()
}

#[test]
fn a_pipe_gets_all_lines_again() {
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let file = directory.path().join("checkpoint");
    let first = list(&emulator.url, &task, &file, &["-o", "ndjson"]);
    assert_eq!((first.status, first.stdout.lines().count()), (Some(1), 400), "{}", first.stderr);
    let second = list(&emulator.url, &task, &file, &["-o", "ndjson"]);
    assert_eq!(second.status, Some(0), "{}", second.stderr);
    assert!(second.stderr.contains("all rows are written again"), "{}", second.stderr);
    assert_each_once(&second.stdout);
    assert_eq!(offsets(&emulator), ["0", "200", "400", "400", "600", "800"]);
    assert!(!file.exists(), "a listing that is whole leaves nothing to go on with");
}

#[test]
fn a_continued_document_is_complete() {
    for format in ["json", "csv", "tsv", "table"] {
        let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
        let file = directory.path().join("checkpoint");
        let first = list(&emulator.url, &task, &file, &["-o", format, "--fail-on", "failed"]);
        assert_eq!((first.status, first.stdout.is_empty()), (Some(1), format != "table"), "{}", first.stderr);
        let second = list(&emulator.url, &task, &file, &["-o", format, "--fail-on", "failed"]);
        assert_eq!(second.status, Some(10), "servers that were read before count: {}", second.stderr);
        assert!(second.stderr.contains("the scan failed on 100 servers"), "{}", second.stderr);
        let rows = match format {
            "json" => serde_json::from_str::<Value>(&second.stdout).unwrap()["data_list"].as_array().unwrap().len(),
            _ => second.stdout.lines().count() - 1,
        };
        assert_eq!(rows, 1000, "{format}");
        assert_eq!(offsets(&emulator), ["0", "200", "400", "400", "600", "800"]);
    }
}

#[test]
fn a_checkpoint_of_ndjson_can_continue_as_a_document() {
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let file = directory.path().join("checkpoint");
    list(&emulator.url, &task, &file, &["-o", "ndjson"]);
    let document = list(&emulator.url, &task, &file, &["-o", "json"]).json();
    assert_eq!(document["data_list"].as_array().unwrap().len(), 1000);
}

#[test]
fn an_incomplete_line_is_requested_again() {
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let file = directory.path().join("checkpoint");
    list(&emulator.url, &task, &file, &["-o", "json"]);
    let kept = fs::read(&file).unwrap();
    fs::write(&file, &kept[..kept.len() - 100]).unwrap();
    let document = list(&emulator.url, &task, &file, &["-o", "json"]).json();
    assert_eq!(document["data_list"].as_array().unwrap().len(), 1000);
    assert_eq!(offsets(&emulator), ["0", "200", "400", "200", "400", "600", "800"]);
}

#[test]
fn a_foreign_checkpoint_is_refused_and_kept() {
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let file = directory.path().join("checkpoint");
    list(&emulator.url, &task, &file, &["-o", "json"]);
    let before = offsets(&emulator).len();
    let kept = fs::read(&file).unwrap();
    for (task, more, named) in [
        (TASK, &[][..], format!("(task_id {task:?}, not {TASK:?})")),
        (task.as_str(), &["--status", "failed"], "(scan_status null, not \"failed\")".to_owned()),
        (task.as_str(), &["--max", "5"], "(max null, not 5)".to_owned()),
        (task.as_str(), &["--project-id", "q"], "(project_id \"p\", not \"q\")".to_owned()),
    ] {
        let ran = list(&emulator.url, task, &file, more);
        assert!(ran.failed_with(2).contains(&named), "{named}: {}", ran.stderr);
    }
    assert_eq!(fs::read(&file).unwrap(), kept);
    let kept_text = String::from_utf8(kept.clone()).unwrap();
    let (header, page) = (kept_text.lines().next().unwrap().to_owned(), kept_text.lines().nth(1).unwrap());
    let torn = header.split_at(header.len() / 2).0.to_owned();
    let page: Value = serde_json::from_str(page).unwrap();
    let with_page = |page: Value| format!("{header}\n{page}\n");
    let wrong_row = with_page(json!({"data_list": [{"host_id": 17}], "position": page["position"]}));
    let missing_rows = with_page(json!({"data_list": [], "position": page["position"]}));
    let no_position = with_page(json!({"data_list": page["data_list"]}));
    let version_1 = header.replacen("\"hss_checkpoint\":2", "\"hss_checkpoint\":1", 1)
        + "\n{\"data_list\":[{\"host_id\":\"17\"}],\"total_num\":1000}\n";
    let more_written = header + "\n{\"written\":{\"pages\":3,\"to\":{\"file\":null,\"length\":0}}}\n";
    for other in [
        wrong_row.as_str(),
        &missing_rows,
        &no_position,
        &version_1,
        &more_written,
        &torn,
        "notes\n",
        "no line feed",
        "{}\n",
        "{\"hss_checkpoint\":3}\n",
        "[1]\n{}\n",
    ] {
        fs::write(&file, other).unwrap();
        let ran = list(&emulator.url, &task, &file, &[]);
        let said = "is not a checkpoint of this version";
        assert!(ran.failed_with(2).contains(said), "{other:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(". Remove it, or use another file"), "{other:?}: {}", ran.stderr);
        assert_eq!(fs::read_to_string(&file).unwrap(), other, "nothing is overwritten");
    }
    let ran = list(&emulator.url, &task, &directory.path().join("none/checkpoint"), &[]);
    assert!(ran.failed_with(2).contains("its directory does not exist"), "{}", ran.stderr);
    assert_eq!(offsets(&emulator).len(), before, "nothing was sent");
}

#[test]
fn a_listing_that_fails_at_once_leaves_no_checkpoint() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("checkpoint");
    let emulator = canned::on_emulator(30, Vec::new());
    list(&emulator.url, "..", &file, &[]).failed_with(2);
    list(&emulator.url, "00000000000000000000000000000000", &file, &[]).failed_with(4);
    assert!(list(&emulator.url, TASK, &file, &["--dry-run"]).printed().starts_with("curl"));
    assert!(!file.exists());
}

#[test]
fn a_list_that_changed_between_runs_is_incomplete() {
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let file = directory.path().join("checkpoint");
    list(&emulator.url, &task, &file, &["-o", "json"]);
    let kept = fs::read_to_string(&file).unwrap();
    // Simulates that there were more servers before.
    fs::write(&file, kept.replace("\"total\":1000", "\"total\":1001")).unwrap();
    let ran = list(&emulator.url, &task, &file, &["-o", "json"]);
    assert!(
        ran.failed_with(6).contains("the list changed between two runs: its total was 1001 and is 1000"),
        "{}",
        ran.stderr
    );
    let remove = format!("is 1000. Remove {} and read the list again.\n", file.display());
    assert!(ran.stderr.ends_with(&remove), "{}", ran.stderr);
}

#[test]
fn a_row_that_moved_between_runs_makes_a_listing_incomplete() {
    // A row of the first page moves to the fourth, on either side of the end of the first run.
    for row in [0, 199, 599] {
        let page = |rows: Vec<u32>| {
            let rows: Vec<_> = rows.into_iter().map(|number| json!({"host_id": format!("h{number}")})).collect();
            canned::json(200, &json!({"total_num": 800, "data_list": rows}).to_string())
        };
        let first = [page((0..200).collect()), page((200..400).collect()), page((400..600).collect())];
        let moved = page((600..799).chain([row]).collect());
        let answers = first.into_iter().chain([canned::json(500, "{}"), moved]);
        let server = Canned::new(answers);
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("kept");
        list(&server.url, TASK, &file, &["-o", "json", "--concurrency", "1"]).failed_with(1);
        let ran = list(&server.url, TASK, &file, &["-o", "json"]);
        let said = format!(
            "ListVulScanTaskHost: the list changed between two runs: a row was returned twice. Remove {} and read the \
             list again.\n",
            file.display()
        );
        assert!(ran.failed_with(6).ends_with(&said), "{row}: {}", ran.stderr);
        assert!(file.exists());
    }
}

/// Runs the listing with standard output appended to a file, as `>>` does.
fn append(url: &str, task: &str, file: &Path, output: &Path) -> Ran {
    write_to(fs::OpenOptions::new().append(true).create(true).open(output).unwrap(), url, task, file)
}

/// Runs the listing with standard output to a truncated file, as `>` does.
fn truncate(url: &str, task: &str, file: &Path, output: &Path) -> Ran {
    write_to(fs::File::create(output).unwrap(), url, task, file)
}

fn write_to(stdout: fs::File, url: &str, task: &str, file: &Path) -> Ran {
    let mut command = hss_at(url, &["scan", "hosts", task, "-o", "ndjson", "--checkpoint", file.to_str().unwrap()]);
    let ran = command.stdout(stdout).output().unwrap();
    Ran { status: ran.status.code(), stdout: String::new(), stderr: String::from_utf8(ran.stderr).unwrap() }
}

#[test]
fn a_truncated_file_gets_all_lines_again() {
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let (file, output) = (directory.path().join("checkpoint"), directory.path().join("hosts.ndjson"));
    assert_eq!(truncate(&emulator.url, &task, &file, &output).status, Some(1));
    assert_eq!(ids(&fs::read_to_string(&output).unwrap()).len(), 400);
    let ran = truncate(&emulator.url, &task, &file, &output);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_each_once(&fs::read_to_string(&output).unwrap());
    assert_eq!(offsets(&emulator), ["0", "200", "400", "400", "600", "800"], "no page is asked for again");
    assert!(!file.exists());
}

#[cfg(unix)]
#[test]
fn only_an_unchanged_file_is_continued() {
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let (file, output) = (directory.path().join("checkpoint"), directory.path().join("hosts.ndjson"));
    assert_eq!(append(&emulator.url, &task, &file, &output).status, Some(1));
    let (kept, left) = (fs::read(&file).unwrap(), fs::read(&output).unwrap());
    let ran = append(&emulator.url, &task, &file, &output);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    assert_each_once(&fs::read_to_string(&output).unwrap());

    // A different file.
    let other = directory.path().join("other.ndjson");
    fs::write(&file, &kept).unwrap();
    let ran = append(&emulator.url, &task, &file, &other);
    assert!(ran.status == Some(0) && ran.stderr.contains("all rows are written again"), "{}", ran.stderr);
    assert_each_once(&fs::read_to_string(&other).unwrap());

    // The same file with additional content.
    fs::write(&file, &kept).unwrap();
    fs::write(&output, [left.as_slice(), b"{}\n"].concat()).unwrap();
    let ran = append(&emulator.url, &task, &file, &output);
    assert!(ran.status == Some(0) && ran.stderr.contains("all rows are written again"), "{}", ran.stderr);
    let text = fs::read_to_string(&output).unwrap();
    assert_each_once(&text[left.len() + 3..]);

    // The same file, written from its beginning.
    fs::write(&file, &kept).unwrap();
    fs::write(&output, &left).unwrap();
    let stdout = fs::OpenOptions::new().write(true).open(&output).unwrap();
    assert_eq!(write_to(stdout, &emulator.url, &task, &file).status, Some(0));
    assert_each_once(&fs::read_to_string(&output).unwrap());
}

#[cfg(unix)]
#[test]
fn a_file_is_continued_after_a_run_in_another_format() {
    let fault = |page| Fault {
        operation: Some("ListVulScanTaskHost".to_owned()),
        page: Some(page),
        times: Some(1),
        status: Some(500),
        ..Fault::default()
    };
    let emulator = canned::on_emulator(1000, vec![fault(2), fault(3)]);
    let task = newest_task(&emulator.url);
    let directory = tempfile::tempdir().unwrap();
    let (file, output) = (directory.path().join("checkpoint"), directory.path().join("hosts.ndjson"));
    assert_eq!(append(&emulator.url, &task, &file, &output).status, Some(1));
    // A run that writes a document reads one more page and writes nothing.
    assert_eq!(list(&emulator.url, &task, &file, &["-o", "json"]).status, Some(1));
    assert_eq!(append(&emulator.url, &task, &file, &output).status, Some(0));
    assert_each_once(&fs::read_to_string(&output).unwrap());
    assert_eq!(offsets(&emulator), ["0", "200", "200", "400", "400", "600", "800"]);
}

#[cfg(unix)]
#[test]
fn a_partly_written_page_is_completed() {
    for (left, is_same) in [(0, true), (1, true), (100, true), (20_000, true), (usize::MAX, true), (0, false)] {
        let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
        let (file, output) = (directory.path().join("checkpoint"), directory.path().join("hosts.ndjson"));
        assert_eq!(append(&emulator.url, &task, &file, &output).status, Some(1));
        // Simulates that the program was killed after `left` bytes of the second page.
        let kept = fs::read_to_string(&file).unwrap();
        let kept: Vec<_> = kept.lines().collect();
        assert_eq!(kept.len(), 6, "a header, where it begins, two pages, and for each a line once it was written");
        fs::write(&file, kept[..5].join("\n") + "\n").unwrap();
        let whole = fs::read(&output).unwrap();
        let first = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(199).unwrap().0 + 1;
        fs::write(&output, &whole[..(first + left.min(whole.len())).min(whole.len())]).unwrap();
        if !is_same {
            let ran = list(&emulator.url, &task, &file, &["-o", "ndjson"]);
            assert_each_once(ran.printed());
            continue;
        }
        let ran = append(&emulator.url, &task, &file, &output);
        assert_eq!(ran.status, Some(0), "{left}: {}", ran.stderr);
        assert_each_once(&fs::read_to_string(&output).unwrap());
    }
}

/// Waits until a running program has written this number of lines.
#[cfg(unix)]
fn wait_for_lines(lines: usize, output: &Path, child: &mut std::process::Child) {
    while child.try_wait().unwrap().is_none() {
        if fs::read_to_string(output).unwrap().lines().count() >= lines {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("it ended after {:?}", fs::read_to_string(output));
}

#[cfg(unix)]
#[test]
fn repeating_a_killed_command_loses_no_line() {
    for redirect in [truncate, append] {
        let stall = Fault {
            operation: Some("ListVulScanTaskHost".to_owned()),
            page: Some(3),
            stall: Some(hss_emulator::Place::Request),
            ..Fault::default()
        };
        let emulator = canned::on_emulator(1000, vec![stall]);
        let task = newest_task(&emulator.url);
        let directory = tempfile::tempdir().unwrap();
        let (file, output) = (directory.path().join("checkpoint"), directory.path().join("hosts.ndjson"));
        let list = ["scan", "hosts", &task, "-o", "ndjson", "--checkpoint", file.to_str().unwrap()];
        let stdout = fs::File::create(&output).unwrap();
        let mut child = hss_at(&emulator.url, &list).stdout(stdout).spawn().unwrap();
        wait_for_lines(400, &output, &mut child);
        child.kill().unwrap();
        child.wait().unwrap();
        emulator.set_faults(Vec::new());
        let ran = redirect(&emulator.url, &task, &file, &output);
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        assert_each_once(&fs::read_to_string(&output).unwrap());
    }
}

#[test]
fn a_dry_run_opens_no_checkpoint() {
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let file = directory.path().join("checkpoint");
    // The rows are stored in the checkpoint, but not written yet.
    list(&emulator.url, &task, &file, &["-o", "json"]).failed_with(1);
    let kept = fs::read(&file).unwrap();
    for format in ["ndjson", "json", "csv", "table"] {
        let without = run(&mut hss_at(&emulator.url, &["scan", "hosts", &task, "-o", format, "--dry-run"]));
        let ran = list(&emulator.url, &task, &file, &["-o", format, "--dry-run"]);
        assert_eq!((ran.printed(), ran.stderr.as_str()), (without.printed(), ""), "{format}");
        assert_eq!(fs::read(&file).unwrap(), kept);
    }
}

#[cfg(unix)]
#[test]
fn a_checkpoint_that_other_users_can_change_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let file = directory.path().join("checkpoint");
    fs::write(&file, "").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    let ran = list(&emulator.url, &task, &file, &["-o", "json"]);
    assert!(ran.failed_with(2).contains("other users can change it"), "{}", ran.stderr);
    assert_eq!(offsets(&emulator), [""; 0]);
    // Only root can change the owner of a file.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    if std::os::unix::fs::chown(&file, Some(65_533), None).is_ok() {
        let ran = list(&emulator.url, &task, &file, &["-o", "json"]);
        assert!(ran.failed_with(2).contains("other users can change it"), "{}", ran.stderr);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_checkpoint_is_a_regular_file_or_leads_to_one() {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let place = |name: &str| directory.path().join(name);
    crate::program::make_fifo(&place("fifo"));
    for (file, said) in [
        (place("fifo"), "it is not a regular file"),
        (crate::program::link_to("/dev/null", directory.path()).into(), "it is not a regular file"),
        (directory.path().to_owned(), "it is a directory"),
    ] {
        let ran = list(&emulator.url, &task, &file, &["-o", "json"]);
        assert!(ran.failed_with(2).contains(said), "{}: {}", file.display(), ran.stderr);
    }
    assert!(fs::symlink_metadata(place("fifo")).unwrap().file_type().is_fifo());
    assert_eq!(offsets(&emulator), [""; 0]);

    symlink("kept", place("link")).unwrap();
    list(&emulator.url, &task, &place("link"), &["-o", "json"]).failed_with(1);
    assert_eq!(fs::metadata(place("kept")).unwrap().permissions().mode() & 0o777, 0o600);
    list(&emulator.url, &task, &place("link"), &["-o", "json"]).printed();
    assert!(!place("kept").exists(), "a listing that is whole leaves nothing to continue");
    assert!(fs::symlink_metadata(place("link")).unwrap().is_symlink());

    // The output and the checkpoint cannot be the same file.
    let shared = append(&emulator.url, &task, &place("both"), &place("both"));
    assert!(shared.status == Some(2) && shared.stderr.contains("it is also standard output"), "{}", shared.stderr);
    assert_eq!(fs::read(place("both")).unwrap(), b"");
}

#[test]
fn a_null_row_keeps_its_place_when_a_listing_is_continued() {
    let row = |number: u32| if number == 0 { Value::Null } else { json!({"host_id": format!("h{number}")}) };
    let page = |rows: std::ops::Range<u32>| {
        canned::json(200, &json!({"total_num": 201, "data_list": rows.map(row).collect::<Vec<_>>()}).to_string())
    };
    let server = Canned::new([page(0..200), canned::json(500, "{}"), page(200..201)]);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("kept");
    list(&server.url, TASK, &file, &["-o", "json"]).failed_with(1);
    let ran = list(&server.url, TASK, &file, &["-o", "json"]);
    assert_eq!(ran.json()["data_list"].as_array().unwrap().len(), 200);
    let offsets: Vec<_> = server.requests().iter().map(|line| line.rsplit('=').next().unwrap().to_owned()).collect();
    assert_eq!(offsets, ["0", "200", "200"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_failed_first_write_keeps_the_checkpoint() {
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let (file, output) = (directory.path().join("checkpoint"), directory.path().join("hosts.ndjson"));
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ran = write_to(full, &emulator.url, &task, &file);
    assert_eq!(ran.status, Some(1), "{}", ran.stderr);
    assert!(file.exists(), "it keeps the first page");
    assert_eq!(append(&emulator.url, &task, &file, &output).status, Some(1));
    assert_eq!(append(&emulator.url, &task, &file, &output).status, Some(0));
    assert_each_once(&fs::read_to_string(&output).unwrap());
    assert_eq!(offsets(&emulator), ["0", "200", "400", "400", "600", "800"]);
    assert!(!file.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_no_row() {
    let directory = tempfile::tempdir().unwrap();
    let (file, output) = (directory.path().join("checkpoint"), directory.path().join("hosts.ndjson"));
    let emulator = canned::on_emulator(1000, Vec::new());
    let task = newest_task(&emulator.url);
    let before = b"{}\n".repeat(512 * 1024);
    fs::write(&output, &before).unwrap();
    // The limit allows 8 KiB more than the output has, like a full disk. The checkpoint is smaller than the limit.
    let blocks = before.len() / 512 + 16;
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
    let hss = hss_at(&emulator.url, &["scan", "hosts", &task, "-o", "ndjson", "--checkpoint", file.to_str().unwrap()]);
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", &script, "sh"]).arg(hss.get_program()).args(hss.get_args());
    limited.env_clear().envs(hss.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.stdout(fs::OpenOptions::new().append(true).open(&output).unwrap());
    let ran = limited.output().unwrap();
    assert_eq!(ran.status.code(), Some(1), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(!fs::read(&output).unwrap().ends_with(b"\n"), "it ends within a line");
    let ran = append(&emulator.url, &task, &file, &output);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    assert_each_once(&fs::read_to_string(&output).unwrap()[before.len()..]);
}

#[cfg(target_os = "linux")]
#[test]
fn foreign_content_is_not_mistaken_for_a_partly_written_page() {
    let (directory, (emulator, task)) = (tempfile::tempdir().unwrap(), failing());
    let (file, output) = (directory.path().join("checkpoint"), directory.path().join("hosts.ndjson"));
    assert_eq!(append(&emulator.url, &task, &file, &output).status, Some(1));
    // Simulates that the program was killed before it wrote the second page.
    let kept = fs::read_to_string(&file).unwrap();
    let kept: Vec<_> = kept.lines().collect();
    fs::write(&file, kept[..5].join("\n") + "\n").unwrap();
    let whole = fs::read_to_string(&output).unwrap();
    let first: Vec<_> = whole.lines().take(200).collect();
    // A line of another program, without its line feed.
    let left = first.join("\n") + "\n{\"mine\":1}";
    fs::write(&output, &left).unwrap();
    let ran = append(&emulator.url, &task, &file, &output);
    assert!(ran.status == Some(0) && ran.stderr.contains("all rows are written again"), "{}", ran.stderr);
    let text = fs::read_to_string(&output).unwrap();
    assert_each_once(text.strip_prefix(&left).unwrap().strip_prefix('\n').expect("what is added begins a line"));
}

#[cfg(unix)]
#[test]
fn a_checkpoint_that_another_command_uses_is_refused() {
    let stall = Fault {
        operation: Some("ListVulScanTaskHost".to_owned()),
        page: Some(3),
        stall: Some(hss_emulator::Place::Request),
        ..Fault::default()
    };
    let emulator = canned::on_emulator(1000, vec![stall]);
    let task = newest_task(&emulator.url);
    let directory = tempfile::tempdir().unwrap();
    let (file, output) = (directory.path().join("checkpoint"), directory.path().join("hosts.ndjson"));
    let command = ["scan", "hosts", &task, "-o", "ndjson", "--checkpoint", file.to_str().unwrap()];
    let stdout = fs::File::create(&output).unwrap();
    let mut child = hss_at(&emulator.url, &command).stdout(stdout).spawn().unwrap();
    wait_for_lines(400, &output, &mut child);
    let ran = list(&emulator.url, &task, &file, &["-o", "ndjson"]);
    assert!(ran.failed_with(2).contains("another hss process uses it"), "{}", ran.stderr);
    assert!(offsets(&emulator).len() <= 3, "the second command sends nothing");
    child.kill().unwrap();
    child.wait().unwrap();
    emulator.set_faults(Vec::new());
    assert_each_once(list(&emulator.url, &task, &file, &["-o", "ndjson"]).printed());
}
