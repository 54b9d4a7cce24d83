//! Uses an operation that the document has gained through the command line, against the emulator.

use std::process::{Command, Output};

fn hss(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hss-third")).args(arguments).env_clear().output().unwrap()
}

#[test]
fn used_through_the_command_line() {
    let answered = hss(&["--demo", "api", "ListHostGroups", "--limit", "10"]);
    let body = String::from_utf8(answered.stdout).unwrap();
    assert!(answered.status.success(), "{}", String::from_utf8_lossy(&answered.stderr));
    assert!(body.contains("\"group_id\"") && body.contains("\"total_num\":1"), "{body}");

    let refused = hss(&["--demo", "api", "ListHostGroups", "--limit", "9"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("10 to 200"));

    let listed = String::from_utf8(hss(&["api", "--list"]).stdout).unwrap();
    assert!(listed.contains("ListHostGroups"), "{listed}");
    let help = String::from_utf8(hss(&["api", "ListHostGroups", "--help"]).stdout).unwrap();
    assert!(help.contains("--group_name"), "{help}");
}
