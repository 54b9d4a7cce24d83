//! Tests that shells accept the completions, and `man` the man pages.

use std::fs;
use std::process::Command;

use crate::program::{hss, run};

/// Returns whether a shell is installed. Without it, its completions cannot be tested.
fn is_installed(shell: &str) -> bool {
    Command::new(shell).arg("--version").output().is_ok()
}

fn script(shell: &str) -> String {
    run(&mut hss(&["completions", shell])).printed().to_owned()
}

/// Returns what a shell prints, by line and sorted.
fn asked(command: &mut Command) -> Vec<String> {
    let output = command.output().unwrap();
    let mut lines: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Returns the completions that bash offers at the end of a line.
fn offered_by_bash(line: &str) -> Vec<String> {
    let words: Vec<_> = line.split(' ').map(|word| format!("'{word}'")).collect();
    // An argument cannot be as long as the script.
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), script("bash")).unwrap();
    let ask = format!(
        ". '{}'; COMP_WORDS=({}); COMP_CWORD={}; _hss hss '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        file.path().display(),
        words.join(" "),
        words.len() - 1,
        line.rsplit(' ').next().unwrap(),
        line.rsplit(' ').nth(1).unwrap(),
    );
    asked(Command::new("bash").args(["--norc", "-c", &ask]))
}

/// Returns the completions that fish offers at the end of a line, in a directory with a file.
fn offered_by_fish(line: &str) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("file"), "").unwrap();
    fs::write(directory.path().join("hss.fish"), script("fish")).unwrap();
    let ask = format!("source hss.fish; complete -C '{line}'");
    let mut fish = Command::new("fish");
    fish.args(["--no-config", "-c", &ask]).current_dir(&directory).env("HOME", directory.path());
    asked(&mut fish).iter().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

/// Returns the matches that zsh adds for the end of a line, in a directory with a file. A function replaces the
/// built-in command that adds them.
fn offered_by_zsh(line: &str) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("file"), "").unwrap();
    fs::write(directory.path().join("_hss"), script("zsh")).unwrap();
    let start = "PS1=; fpath=($PWD $fpath); autoload -Uz compinit; compinit -D -u; \
                 compadd() { local -a given; builtin compadd -O given \"$@\"; (( $#given )) && print -rl -- $given >> added; \
                 builtin compadd \"$@\" }; print -n RE\"\"ADY";
    let ask = format!(
        "zmodload zsh/zpty; zpty hss zsh -f -i; zpty -w hss {}; zpty -r hss seen '*READY*'; zpty -w -n hss {}; \
         integer left=200; while (( left-- > 0 )) && [[ ! -s added ]]; do sleep 0.1; done; sleep 0.5; zpty -d hss; \
         [[ -e added ]] && sort -u added",
        quoted(start),
        quoted(&format!("{line}\t")),
    );
    asked(Command::new("zsh").args(["-f", "-c", &ask]).current_dir(&directory).env("TERM", "dumb"))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[test]
fn bash_completes_commands_options_and_values() {
    if !is_installed("bash") {
        return;
    }
    for (line, expected) in [
        ("hss sc", &["scan"][..]),
        ("hss scan re", &["report", "rescan"]),
        ("hss api ListVulScan", &["ListVulScanTask", "ListVulScanTaskHost"]),
        ("hss scan hosts --status f", &["failed"]),
        ("hss scan list --region eu-west-1", &["eu-west-101"]),
        ("hss scan list --output nd", &["ndjson"]),
        ("hss scan start --type urg", &["urgent_vul"]),
        ("hss scan start --type linux_vul,urg", &["linux_vul,urgent_vul"]),
        ("hss scan list --columns id,st", &["id,start_time", "id,status"]),
        ("hss scan hosts --columns host_", &["host_id", "host_name"]),
        ("hss scan hosts --columns failed", &["failed_reason"]),
        ("hss auth status --columns u", &["used"]),
        ("hss api --list --columns m", &["method"]),
        ("hss api ListVulScanTaskHost --scan_status su", &["success"]),
        ("hss emulator --de", &[""]),
        ("hss scan list --de", &["--demo"]),
        ("hss completions z", &["zsh"]),
    ] {
        assert_eq!(offered_by_bash(line), expected, "{line}");
    }
}

#[test]
fn fish_completes_values_and_no_files_in_their_place() {
    if !is_installed("fish") {
        return;
    }
    let formats = ["csv", "json", "ndjson", "table", "tsv"];
    for (line, expected) in [
        ("hss -o ", &formats[..]),
        ("hss scan list -o ", &formats),
        ("hss --region eu-west-1", &["eu-west-101"]),
        ("hss --region eu-west-101 --region cn-south-4", &["cn-south-4"]),
        ("hss --region eu-west-101 comp", &["completions"]),
        ("hss completions ", &["bash", "elvish", "fish", "powershell", "zsh"]),
        ("hss scan list --columns st", &["start_time", "status"]),
        ("hss scan list --columns id,st", &["id,start_time", "id,status"]),
        ("hss scan start --type linux_vul,urg", &["linux_vul,urgent_vul"]),
        ("hss --columns ", &[]),
        ("hss emulator --de", &[]),
        ("hss scan list --de", &["--demo"]),
    ] {
        assert_eq!(offered_by_fish(line), expected, "{line}");
    }
}

#[test]
fn zsh_completes_each_value_of_a_list() {
    if !is_installed("zsh") {
        return;
    }
    for (line, expected) in [
        ("hss scan list -o nd", &["ndjson"][..]),
        ("hss scan list --columns st", &["start_time", "status"]),
        ("hss scan list --columns id,st", &["start_time", "status"]),
        ("hss scan start --type linux_vul,urg", &["urgent_vul"]),
        ("hss --region eu-west-101 scan list --de", &["--demo"]),
        ("hss completions --", &["--help"]),
        ("hss completions z", &["zsh"]),
    ] {
        assert_eq!(offered_by_zsh(line), expected, "{line}");
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
        assert!(text.starts_with(".ie") && text.contains(".SH") && text.contains("EXAMPLES"), "{page}: {text}");
    }
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(run(&mut hss(&["man", file.to_str().unwrap()])).failed_with(2).contains("cannot write"));
}

#[test]
fn man_pages_keep_tables_and_name_global_options_once() {
    let directory = tempfile::tempdir().unwrap();
    run(&mut hss(&["man", directory.path().to_str().unwrap()])).printed();
    let page = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap();
    let (first, hosts) = (page("hss.1"), page("hss-scan-hosts.1"));
    for row in [
        ".SH \"EXIT STATUS\"\n.TP\n\\fB0\\fR\nsuccess\n.TP\n\\fB1\\fR\nservice or network failure\n",
        ".SH CREDENTIALS\n(in order of precedence; an empty variable counts as unset)\n.TP\n\\fB\\-\\-token\\-file FILE\\fR\n",
        ".TP\n\\fBHUAWEICLOUD_SDK_SECURITY_TOKEN\\fR\nsecurity token of a temporary access key\n",
        "\nak and sk in section [basic]; the variable HUAWEICLOUD_SDK_CREDENTIALS_FILE names another file\n",
    ] {
        assert!(first.contains(row), "{row}: {first}");
    }
    let synopsis = "\\fBhss scan hosts\\fR [\\-\\-status <STATUS>] [\\-\\-group\\-by <WHAT>] [\\-\\-fail\\-on <failed[=N]>] \
                    [\\-\\-max <N>] [\\-\\-offset <N>] [\\-\\-page\\-size <N>] [\\-\\-checkpoint <FILE>] [\\-\\-help] \
                    <TASK_ID> [GLOBAL OPTIONS]\n.SH";
    assert!(hosts.contains(synopsis), "{hosts}");
    assert!(hosts.contains(".SH COLUMNS\nhost_id, host_name, "), "{hosts}");
    assert!(hosts.contains(".SH EXAMPLES\n.nf\nhss scan hosts TASK_ID \\-\\-status failed\nhss "), "{hosts}");
    assert_eq!(hosts.matches("\\fB\\-\\-region\\fR").count(), 1, "{hosts}");
    assert!(!page("hss-completions.1").contains("GLOBAL OPTIONS"));
    for entry in fs::read_dir(&directory).unwrap() {
        let groff =
            Command::new("groff").args(["-man", "-Tutf8", "-ww", "-Wbreak", "-z"]).arg(entry.unwrap().path()).output();
        // Without groff, the pages cannot be formatted. Long addresses may not fit on a line.
        if let Ok(output) = groff {
            assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        }
    }
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
    assert!(man().failed_with(2).contains("hss-scan-list.1: it is a symbolic link"));
    fs::remove_file(&victim).unwrap();
    assert!(man().failed_with(2).contains("is a symbolic link"), "one that leads nowhere, too");
    assert!(!victim.exists());
    fs::remove_file(&page).unwrap();
    crate::program::make_fifo(&page);
    assert!(man().failed_with(2).contains("hss-scan-list.1: it is not a regular file"));
    assert_eq!(names(), first, "nothing else is left there");
}
