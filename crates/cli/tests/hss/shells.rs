//! Tests that shells accept the completions, and `man` the man pages.

use std::fs;
use std::process::Command;

use crate::program::{hss, run};

/// Returns the completions that bash offers at the end of a line.
fn offered(line: &str) -> Vec<String> {
    let script = run(&mut hss(&["completions", "bash"])).printed().to_owned();
    let words: Vec<_> = line.split(' ').map(|word| format!("'{word}'")).collect();
    let ask = format!(
        "{script}\nCOMP_WORDS=({}); COMP_CWORD={}; _hss hss '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.join(" "),
        words.len() - 1,
        line.rsplit(' ').next().unwrap(),
        line.rsplit(' ').nth(1).unwrap(),
    );
    let output = Command::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    if Command::new("bash").arg("--version").output().is_err() {
        // Without bash, its completions cannot be tested.
        return;
    }
    for (line, expected) in [
        ("hss sc", vec!["scan"]),
        ("hss scan re", vec!["rescan", "report"]),
        ("hss api ListVulScan", vec!["ListVulScanTaskHost", "ListVulScanTask"]),
        ("hss scan hosts --status f", vec!["failed"]),
        ("hss scan list --region eu-west-1", vec!["eu-west-101"]),
        ("hss scan list --output nd", vec!["ndjson"]),
        ("hss scan start --type urg", vec!["urgent_vul"]),
        ("hss api ListVulScanTaskHost --scan_status su", vec!["success"]),
        ("hss completions z", vec!["zsh"]),
    ] {
        let mut offered = offered(line);
        let mut expected = expected;
        offered.sort();
        expected.sort_unstable();
        assert_eq!(offered, expected, "{line}");
    }
}

#[test]
fn other_shells_parse_their_scripts() {
    let directory = tempfile::tempdir().unwrap();
    for shell in ["zsh", "fish"] {
        let file = directory.path().join(shell);
        fs::write(&file, run(&mut hss(&["completions", shell])).printed()).unwrap();
        // Without the shell, its script cannot be tested.
        if let Ok(output) = Command::new(shell).arg("-n").arg(&file).output() {
            assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    let script = run(&mut hss(&["completions", "powershell"])).printed().to_owned();
    for line in [
        "'hss;scan;hosts --status' = @('scanning', 'success', 'failed')",
        "'hss -o' = @('table', 'json',",
        "for ($key = $command;",
    ] {
        assert!(script.contains(line), "{line}: {script}");
    }
    assert!(run(&mut hss(&["completions", "tcsh"])).failed_with(2).contains("expected bash"));
}

#[test]
fn every_command_has_a_man_page() {
    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("share/man1");
    let ran = run(&mut hss(&["man", pages.to_str().unwrap()]));
    assert_eq!((ran.printed(), ran.stderr.contains("hss.1")), ("", true));
    for page in ["hss.1", "hss-scan-hosts.1", "hss-scan-report.1", "hss-api-ListVulScanTaskHost.1", "hss-auth-status.1"]
    {
        let text = fs::read_to_string(pages.join(page)).unwrap();
        assert!(text.starts_with(".ie") && text.contains(".SH") && text.contains("Examples:"), "{page}: {text}");
    }
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(run(&mut hss(&["man", file.to_str().unwrap()])).failed_with(2).contains("cannot be written"));
}

#[cfg(unix)]
#[test]
fn man_pages_replace_regular_files_only() {
    use std::os::unix::fs::{MetadataExt as _, symlink};

    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("pages");
    let man = || run(&mut hss(&["man", pages.to_str().unwrap()]));
    let names = || {
        let mut names: Vec<_> = fs::read_dir(&pages).unwrap().map(|page| page.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(man().status, Some(0));
    let first = names();
    let page = pages.join("hss-scan-list.1");
    // A reader that has opened the old page keeps it, and so does another link to it.
    let (other, before) = (directory.path().join("other"), fs::metadata(&page).unwrap().ino());
    fs::write(&page, "old").unwrap();
    fs::hard_link(&page, &other).unwrap();
    assert_eq!(man().status, Some(0));
    assert!(fs::read_to_string(&page).unwrap().contains(".TH") && fs::metadata(&page).unwrap().ino() != before);
    assert_eq!(fs::read_to_string(&other).unwrap(), "old");

    let victim = directory.path().join("victim");
    fs::write(&victim, "mine").unwrap();
    fs::remove_file(&page).unwrap();
    symlink(&victim, &page).unwrap();
    assert!(man().failed_with(2).contains("hss-scan-list.1 is a symbolic link and is not replaced"));
    fs::remove_file(&victim).unwrap();
    assert!(man().failed_with(2).contains("is a symbolic link"), "one that leads nowhere, too");
    assert!(!victim.exists());
    fs::remove_file(&page).unwrap();
    crate::program::make_fifo(&page);
    assert!(man().failed_with(2).contains("hss-scan-list.1 is no regular file and is not replaced"));
    assert_eq!(names(), first, "nothing else is left there");
}
