//! Text of `--help` besides the options: examples, columns, environment variables, files, and bounds of values.
//!
//! A test parses every example.

use hss_client::Operation;
use hss_client::operation::{Parameter, ParameterType};

/// The text after the options in `hss -h`.
pub(crate) const HSS: &str = "\
Examples:
  hss --demo scan list                     try hss without an account
  hss scan hosts TASK_ID --status failed   list failed servers and causes
  hss scan rescan TASK_ID --failed --wait  repeat the scan on failed servers
  hss auth status                          show the credentials in use

For environment variables, files and exit statuses, see hss --help.";

/// The text after the options in `hss --help`.
pub(crate) const HSS_LONG: &str = "\
Examples:
  hss --demo scan list                        try hss without an account
  hss scan hosts TASK_ID --status failed      list failed servers and causes
  hss scan hosts TASK_ID --group-by cause     count servers by cause
  hss scan rescan TASK_ID --failed --wait     repeat the scan on failed servers
  hss scan report TASK_ID --html report.html  write an HTML report
  hss api ListVulScanTask --limit 10          call any operation of the API
  hss auth status                             show the credentials in use

Rate limits, with --rate:
  adaptive      full speed until the service throttles, then within its quota
  N/min, N/s    at most N requests per minute or second
  off           no limit

Credentials, in order of precedence; an empty variable counts as unset:
  --token-file FILE             IAM token
  HUAWEICLOUD_SDK_AK            access key ID
    HUAWEICLOUD_SDK_SK            secret access key
    HUAWEICLOUD_SDK_SECURITY_TOKEN  security token of a temporary access key
  CLOUD_SDK_AK, CLOUD_SDK_SK    access key, as in samples of the API manual
  HW_ACCESS_KEY, HW_SECRET_KEY  access key, as for Terraform; HW_SECURITY_TOKEN
  HW_AUTH_TOKEN                 IAM token
  HW_USER_NAME                  IAM user, for whom a token is requested
    HW_USER_PASSWORD              password of the user
    HW_DOMAIN_NAME                account of the user
  ~/.huaweicloud/credentials    ak and sk in section [basic]; the variable
                                HUAWEICLOUD_SDK_CREDENTIALS_FILE names another file
  ECS metadata service          agency of the server that hss runs on

Settings; an option overrides variables, and the first variable counts:
  --region                 HUAWEICLOUD_SDK_REGION_ID, HW_REGION_NAME
  --project-id             HUAWEICLOUD_SDK_PROJECT_ID, HW_PROJECT_ID, then the
                           project of the credentials or of the region
  --enterprise-project-id  HW_ENTERPRISE_PROJECT_ID
  --endpoint               HUAWEICLOUD_SDK_REGION_HSS_<REGION>, then regions.yaml
                           in ~/.huaweicloud or HUAWEICLOUD_SDK_REGIONS_FILE,
                           then the known endpoint of the region
  proxies                  HTTPS_PROXY, ALL_PROXY, NO_PROXY
  certificates             SSL_CERT_FILE, SSL_CERT_DIR
  colours on terminals     NO_COLOR, CLICOLOR, CLICOLOR_FORCE

Exit status:
  0    success
  1    service or network failure
  2    usage or local configuration
  3    authentication or permission
  4    task or server not found
  5    throttled or timed out
  6    incomplete: the list changed
  10   --fail-on matched
  130  interrupted
  143  terminated";

/// The text after the options of `hss scan`.
pub(crate) const SCAN: &str = "\
Examples:
  hss scan start --all-hosts --wait
  hss scan hosts TASK_ID --status failed
  hss scan rescan TASK_ID --failed --wait
  hss scan report TASK_ID --html report.html";

/// The text after the options of `hss scan hosts`.
pub(crate) const SCAN_HOSTS: &str = "\
Columns:
  host_id, host_name, public_ip, private_ip, asset_value, scan_status, causes

Columns, with --group-by cause:
  vul_type, failed_reason, hosts

Checkpoint:
  With --checkpoint, the same command continues after an interruption and does not
  request the stored rows again. It writes all rows again, with one exception: an
  ndjson file that the interrupted command left unchanged gets only the remaining
  rows, so append with >>. The checkpoint is removed after all rows are written.

Examples:
  hss scan hosts TASK_ID --status failed
  hss scan hosts TASK_ID --group-by cause
  hss scan hosts TASK_ID -o csv --columns host_name,private_ip,causes
  hss scan hosts TASK_ID -o ndjson --checkpoint hosts.checkpoint >> hosts.ndjson
  hss scan hosts TASK_ID -o json --query \"data_list[?scan_status=='failed'].host_name\"
  hss scan hosts TASK_ID --status failed --fail-on 'failed=5' -q";

/// The text after the options of `hss scan list`.
pub(crate) const SCAN_LIST: &str = "\
Columns:
  id, scan_type, status, start_time, end_time, success_host_num, failed_host_num,
  scanning_host_num, scan_vul_types, estimated_time

Examples:
  hss scan list --max 5
  hss scan list --type manual -o json
  hss scan list --max 1 --query 'data_list[0].id' -o tsv";

/// The text after the options of `hss scan show`.
pub(crate) const SCAN_SHOW: &str = "\
Columns:
  id, scan_type, status, start_time, end_time, success_host_num, failed_host_num,
  scanning_host_num, scan_vul_types, estimated_time

Examples:
  hss scan show TASK_ID
  hss scan show TASK_ID -o json --query failed_host_num
  hss scan show TASK_ID --fail-on 'failed=5'";

/// The text after the options of `hss scan start`.
pub(crate) const SCAN_START: &str = "\
Servers are looked up before the scan starts. If one of them cannot be scanned, no scan is started.
Without -o, --query or --columns, standard output gets only the task ID.

Columns:
  task_id; with --wait, those of hss scan list

Examples:
  hss scan start web-1 web-2 --type linux_vul,app_vul
  hss scan start --all-hosts --wait --fail-on failed
  hss scan start --hosts-from servers.txt -q
  hss scan hosts TASK_ID --query 'data_list[].host_id' -o tsv | hss scan start --hosts-from -
  hss scan start web-1 --dry-run";

/// The text after the options of `hss scan wait`.
pub(crate) const SCAN_WAIT: &str = "\
Columns:
  id, scan_type, status, start_time, end_time, success_host_num, failed_host_num,
  scanning_host_num, scan_vul_types, estimated_time

Examples:
  hss scan wait TASK_ID
  hss scan wait TASK_ID --timeout 1h --fail-on failed
  hss scan wait TASK_ID --interval 30s -o json";

/// The text after the options of `hss scan rescan`.
pub(crate) const SCAN_RESCAN: &str = "\
If no server failed, no scan is started and the exit status is 0.
With -o, --query or --columns, standard output gets the task ID.

Columns:
  task_id; with --wait, those of hss scan list

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
Without -o, --query or --columns, the response body is written unchanged.

Columns, with --list:
  id, method, path, summary

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
Columns:
  what, value, source, used

Examples:
  hss auth status
  hss auth status --check --region cn-north-4
  hss auth status -o json";

/// The text after the options of `hss emulator`.
pub(crate) const EMULATOR: &str = "\
--auth accepts the credentials of the environment variables, or else demo credentials, which are printed.
Requests beyond --rate are refused with status 429.
With --allow-remote, other machines can set faults and read the request log, also with --auth.

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

/// The text after the options of `hss version`.
pub(crate) const VERSION: &str = "\
Columns:
  version, document, document_version, sha256

The hash is that of the document with its examples. For a released version, it is the one in
openapi/released/SHA256SUMS of the source code. Other versions end in +unreleased.

Examples:
  hss version
  hss version -o json";

/// Appends the bounds of a parameter to a line of help.
pub(crate) fn with_bounds(help: &str, operation: &'static Operation, parameter: &str) -> String {
    match operation.parameter(parameter).and_then(describe_bounds) {
        Some(bounds) => format!("{help} [{bounds}]"),
        None => help.to_owned(),
    }
}

/// Describes the values that the operation table allows; `None` if it allows any.
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
    use clap::Command;

    use crate::global;

    /// Calls `see` with the full name of every command.
    fn visit(name: &str, command: &Command, see: &mut impl FnMut(&str, &Command)) {
        see(name, command);
        for subcommand in command.get_subcommands().filter(|command| command.get_name() != "help") {
            visit(&format!("{name} {}", subcommand.get_name()), subcommand, see);
        }
    }

    /// Splits a line into words, as a shell does.
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
    fn help_of_every_command() {
        let mut surface = String::new();
        visit("hss", &global::command(), &mut |name, command| {
            let help = command.clone().bin_name(name).term_width(120).render_long_help();
            surface.push_str(&format!("======== {name}\n{help}\n"));
        });
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../tests/hss/snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("surface", surface));
    }

    #[test]
    fn parses_every_example_of_every_command() {
        let mut examples = 0;
        visit("hss", &global::command(), &mut |name, command| {
            let help = command.clone().render_long_help().to_string();
            let (_, after) = help.split_once("Examples:\n").unwrap_or_else(|| panic!("{name} has no examples"));
            let after = after.replace(" \\\n    ", " ");
            for line in after.lines().take_while(|line| line.starts_with("  hss ")) {
                let line = line.trim_start().split("  ").next().unwrap();
                for part in line.split(" | ") {
                    let understood = global::parse(words(part).into_iter().map(Into::into));
                    assert!(understood.is_ok() || line.ends_with("--help"), "{line}: {}", understood.unwrap_err());
                }
                let mut named = name.split(' ').filter(|word| *word != "hss");
                assert!(named.all(|word| line.split(' ').any(|given| given == word)), "{line} is not of {name}");
                examples += 1;
            }
        });
        assert!(examples > 40, "{examples}");
    }

    #[test]
    fn every_description_fits_on_one_line_of_120_columns() {
        visit("hss", &global::command(), &mut |name, command| {
            // The texts of operations come from the operation table.
            if name.starts_with("hss api") {
                return;
            }
            let help = command.clone().term_width(120).render_help().to_string();
            let after = command.get_after_help().unwrap().to_string();
            let mut previous = "";
            for line in help.strip_suffix(&format!("{}\n", after.trim_end())).unwrap_or(&help).lines() {
                // A list of possible values may take two lines.
                let is_continued = line.starts_with(&" ".repeat(20)) && !previous.contains("[possible values: ");
                assert!(!is_continued && line.len() <= 120, "{name}: {line}");
                previous = line;
            }
        });
    }

    #[test]
    fn every_example_is_safe_to_paste_into_zsh() {
        visit("hss", &global::command(), &mut |name, command| {
            let help = command.clone().render_long_help().to_string();
            let (_, examples) = help.split_once("Examples:\n").unwrap();
            let examples = examples.replace(" \\\n    ", " ");
            for line in examples.lines().take_while(|line| line.starts_with("  hss ")) {
                // Every other part is within quotes: no example nests them.
                let quote = if line.contains('"') { '"' } else { '\'' };
                let mut bare = line.split(quote).step_by(2);
                assert!(!bare.any(|part| part.contains(['[', ']', '?', '*', '=', '{', '!'])), "{name}: {line}");
            }
        });
    }
}
