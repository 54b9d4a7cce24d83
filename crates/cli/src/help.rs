//! Additional `--help` texts: examples, variables and files that are read, and bounds of values.
//!
//! A test parses every example.

use hss_client::Operation;
use hss_client::operation::{Parameter, ParameterType};

/// The text after the options in `hss -h`.
pub(crate) const HSS: &str = "\
Examples:
  hss --demo scan list                     try it without an account
  hss scan hosts TASK_ID --status failed   what the scan missed, and why
  hss scan rescan TASK_ID --failed --wait  scan those again
  hss auth status                          which credentials are in use

hss --help says more: environment, files, exit status.";

/// The text after the options in `hss --help`.
pub(crate) const HSS_LONG: &str = "\
Examples:
  hss --demo scan list                        try it without an account
  hss scan hosts TASK_ID --status failed      what the scan missed, and why
  hss scan hosts TASK_ID --group-by cause     how many servers for each cause
  hss scan rescan TASK_ID --failed --wait     scan those again
  hss scan report TASK_ID --html report.html  a page to send on
  hss api ListVulScanTask --limit 10          any operation of the API
  hss auth status                             which credentials are in use

Credentials; the first that are found count, and an empty variable is unset:
  --token-file FILE             an IAM token
  HUAWEICLOUD_SDK_AK            an access key: its id,
    HUAWEICLOUD_SDK_SK            its secret,
    HUAWEICLOUD_SDK_SECURITY_TOKEN  and what goes with a temporary one
  CLOUD_SDK_AK, CLOUD_SDK_SK    the same, as in the API manual's samples
  HW_ACCESS_KEY, HW_SECRET_KEY  the same, as for Terraform; HW_SECURITY_TOKEN
  HW_AUTH_TOKEN                 an IAM token
  HW_USER_NAME                  a user, who gets a token from IAM:
    HW_USER_PASSWORD              the password,
    HW_DOMAIN_NAME                and the account
  ~/.huaweicloud/credentials    ak and sk in its section [basic], or in that of
                                the file HUAWEICLOUD_SDK_CREDENTIALS_FILE names
  the ECS metadata service      the agency of the server that this runs on

Settings; an option wins over variables, and the first of these over others:
  --region                 HUAWEICLOUD_SDK_REGION_ID, HW_REGION_NAME
  --project-id             HUAWEICLOUD_SDK_PROJECT_ID, HW_PROJECT_ID, what comes
                           with the credentials, the project of the region
  --enterprise-project-id  HW_ENTERPRISE_PROJECT_ID
  --endpoint               HUAWEICLOUD_SDK_REGION_HSS_<REGION>, regions.yaml in
                           ~/.huaweicloud or HUAWEICLOUD_SDK_REGIONS_FILE, and
                           else what the region's address is known to be
  proxies                  HTTPS_PROXY, ALL_PROXY, NO_PROXY
  certificates             SSL_CERT_FILE, SSL_CERT_DIR
  colours                  NO_COLOR, CLICOLOR, CLICOLOR_FORCE; on terminals only

Exit status:
  0  done                               6    the list changed while it was read
  1  the service or the network failed  10   --fail-on matched
  2  wrong usage or configuration       130  interrupted
  3  not authenticated or not allowed   143  terminated
  4  no such task or server
  5  throttled or timed out";

/// The text after the options of `hss scan`.
pub(crate) const SCAN: &str = "\
Examples:
  hss scan start --all-hosts --wait
  hss scan hosts TASK_ID --status failed
  hss scan rescan TASK_ID --failed --wait
  hss scan report TASK_ID --html report.html";

/// The text after the options of `hss scan hosts`.
pub(crate) const SCAN_HOSTS: &str = "\
With --checkpoint, the same command continues where it was interrupted and does not read the rows
before that again. It writes all rows, in every format and to any place, with one exception: an
ndjson file that is exactly as the interrupted command left it gets only the rest, so use >>.
The checkpoint is removed last, when everything is written: a command repeated after that lists
everything again.

Examples:
  hss scan hosts TASK_ID --status failed
  hss scan hosts TASK_ID --group-by cause
  hss scan hosts TASK_ID -o csv --columns host_name,private_ip,causes
  hss scan hosts TASK_ID -o ndjson --checkpoint hosts.checkpoint >> hosts.ndjson
  hss scan hosts TASK_ID -o json --query \"data_list[?scan_status=='failed'].host_name\"
  hss scan hosts TASK_ID --status failed --fail-on failed=5 -q";

/// The text after the options of `hss scan list`.
pub(crate) const SCAN_LIST: &str = "\
Examples:
  hss scan list --max 5
  hss scan list --type manual -o json
  hss scan list --max 1 -o tsv --columns id";

/// The text after the options of `hss scan show`.
pub(crate) const SCAN_SHOW: &str = "\
Examples:
  hss scan show TASK_ID
  hss scan show TASK_ID -o json --query failed_host_num
  hss scan show TASK_ID --fail-on failed=5";

/// The text after the options of `hss scan start`.
pub(crate) const SCAN_START: &str = "\
Servers are looked up for the ids of their agents first; if one of them cannot be scanned, none is.
Without -o, --query or --columns, standard output gets nothing but the id of the task.

Examples:
  hss scan start web-1 web-2 --type linux_vul,app_vul
  hss scan start --all-hosts --wait --fail-on failed
  hss scan start --hosts-from servers.txt -q
  hss scan hosts TASK_ID --query data_list[].host_id -o tsv | hss scan start --hosts-from -
  hss scan start web-1 --dry-run";

/// The text after the options of `hss scan wait`.
pub(crate) const SCAN_WAIT: &str = "\
Examples:
  hss scan wait TASK_ID
  hss scan wait TASK_ID --timeout 1h --fail-on failed
  hss scan wait TASK_ID --interval 30s -o json";

/// The text after the options of `hss scan rescan`.
pub(crate) const SCAN_RESCAN: &str = "\
Where no server failed, nothing is scanned again, and the exit status is 0.
With -o, --query or --columns, standard output gets the id of the task.

Examples:
  hss scan rescan TASK_ID --failed
  hss scan rescan TASK_ID web-1 web-2 --wait";

/// The text after the options of `hss scan report`.
pub(crate) const SCAN_REPORT: &str = "\
Examples:
  hss scan report TASK_ID --html report.html
  hss --demo scan report 2b31ed520xxxxxxebedb6e57xxxxxxxx --html report.html --force";

/// The text after the options of `hss api`.
pub(crate) const API: &str = "\
Without -o, --query or --columns, the answer is written as the service sent it, mostly JSON.

Examples:
  hss api --list
  hss api ListVulScanTaskHost --help
  hss api ListVulScanTaskHost --task_id TASK_ID --scan_status failed --limit 200
  hss api RecreateVulScanTask --task_id TASK_ID --body rescan.json";

/// The text after the options of `hss auth`.
pub(crate) const AUTH: &str = "\
Examples:
  hss auth status
  hss auth status --check";

/// The text after the options of `hss auth status`.
pub(crate) const AUTH_STATUS: &str = "\
Examples:
  hss auth status
  hss auth status --check --region cn-north-4
  hss auth status -o json";

/// The text after the options of `hss emulator`.
pub(crate) const EMULATOR: &str = "\
Examples:
  hss emulator --listen 127.0.0.1:8080 --hosts 1000
  hss emulator --auth aksk --rate 5/min
  hss emulator --fault faults.toml --latency 80ms";

/// The text after the options of `hss completions`.
pub(crate) const COMPLETIONS: &str = "\
Examples:
  hss completions bash > ~/.local/share/bash-completion/completions/hss
  hss completions zsh > ~/.zfunc/_hss
  hss completions fish > ~/.config/fish/completions/hss.fish
  hss completions powershell >> $PROFILE";

/// The text after the options of `hss man`.
pub(crate) const MAN: &str = "\
Examples:
  hss man ~/.local/share/man/man1";

/// Appends the bounds of a parameter to a line of help.
pub(crate) fn with_bounds(help: &str, operation: &'static Operation, parameter: &str) -> String {
    match operation.parameter(parameter).and_then(describe_bounds) {
        Some(bounds) => format!("{help} [{bounds}]"),
        None => help.to_owned(),
    }
}

/// Describes the values that the table allows. Returns `None` if it allows any value.
pub(crate) fn describe_bounds(parameter: &Parameter) -> Option<String> {
    match parameter.kind {
        ParameterType::String { allowed, .. } if !allowed.is_empty() => Some(allowed.join(", ")),
        ParameterType::String { min_length: Some(min), max_length: Some(max), .. } => {
            Some(format!("{min} to {max} characters"))
        }
        ParameterType::String { min_length: Some(min), .. } => Some(format!("at least {min} characters")),
        ParameterType::String { max_length: Some(max), .. } => Some(format!("at most {max} characters")),
        ParameterType::String { .. } => None,
        ParameterType::Integer { minimum, maximum } => Some(format!("{minimum} to {maximum}")),
        ParameterType::Boolean => Some("true, false".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _};

    use crate::args::Cli;

    /// Calls `see` for every command with its full name.
    fn visit(name: &str, command: &Command, see: &mut impl FnMut(&str, &Command)) {
        see(name, command);
        for below in command.get_subcommands().filter(|command| command.get_name() != "help") {
            visit(&format!("{name} {}", below.get_name()), below, see);
        }
    }

    /// Splits a line into words as a shell does.
    fn words(line: &str) -> Vec<String> {
        let line = [" > ", " >> "].iter().fold(line, |line, end| line.split(end).next().unwrap());
        let (mut words, mut quote) = (vec![String::new()], None);
        for character in line.chars() {
            match (quote, character) {
                (None, '\'' | '"') => quote = Some(character),
                (Some(open), _) if open == character => quote = None,
                (None, ' ') => words.push(String::new()),
                _ => words.last_mut().unwrap().push(character),
            }
        }
        words
    }

    #[test]
    fn help_matches_the_snapshot() {
        let mut surface = String::new();
        visit("hss", &Cli::command(), &mut |name, command| {
            let help = command.clone().bin_name(name).term_width(100).render_long_help();
            surface.push_str(&format!("======== {name}\n{help}\n"));
        });
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../tests/hss/snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("surface", surface));
    }

    #[test]
    fn every_command_has_examples_that_parse() {
        let mut examples = 0;
        visit("hss", &Cli::command(), &mut |name, command| {
            let help = command.clone().render_long_help().to_string();
            let (_, after) = help.split_once("Examples:\n").unwrap_or_else(|| panic!("{name} has no examples"));
            for line in after.lines().take_while(|line| line.starts_with("  hss ")) {
                let line = line.trim_start().split("  ").next().unwrap();
                for part in line.split(" | ") {
                    let understood = Cli::command().try_get_matches_from(words(part));
                    assert!(understood.is_ok() || line.ends_with("--help"), "{line}: {}", understood.unwrap_err());
                }
                let mut named = name.split(' ').filter(|word| *word != "hss");
                assert!(named.all(|word| line.split(' ').any(|given| given == word)), "{line} is not of {name}");
                examples += 1;
            }
        });
        assert!(examples > 40, "{examples}");
    }
}
