//! Text of `--help` that the command line itself does not say: examples, and what is read beside options.
//!
//! A test runs the parser over every example.

/// `hss -h`.
pub(crate) const HSS: &str = "\
Examples:
  hss --demo scan list                            try it without an account
  hss scan hosts TASK_ID --status failed          which servers the scan missed, and why
  hss scan rescan TASK_ID --failed --wait         scan those again
  hss auth status                                 which credentials are in use

hss --help says more: environment, files, exit status.";

/// `hss --help`.
pub(crate) const HSS_LONG: &str = "\
Examples:
  hss --demo scan list                            try it without an account
  hss scan hosts TASK_ID --status failed          which servers the scan missed, and why
  hss scan hosts TASK_ID --group-by cause         how many for each cause
  hss scan rescan TASK_ID --failed --wait         scan those again
  hss scan report TASK_ID --html report.html      a page to send on
  hss api ListVulScanTask --limit 10              any operation of the API by its name
  hss auth status                                 which credentials are in use

Credentials, the first that is found:
  --token-file FILE                               an IAM token
  HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK          an access key; HUAWEICLOUD_SDK_SECURITY_TOKEN with a temporary one
  CLOUD_SDK_AK, CLOUD_SDK_SK                      the same, as in the samples of the API manual
  HW_ACCESS_KEY, HW_SECRET_KEY                    the same, as for Terraform; HW_SECURITY_TOKEN
  HW_AUTH_TOKEN                                   an IAM token
  HW_USER_NAME, HW_USER_PASSWORD, HW_DOMAIN_NAME  a user, who gets a token from IAM
  ~/.huaweicloud/credentials                      ak and sk in section [basic]; HUAWEICLOUD_SDK_CREDENTIALS_FILE names
                                                  another file
  the metadata service                            the agency of the cloud server that this runs on

Settings; an option wins over a variable, the first variable over the second, and an empty one counts as unset:
  --region                                        HUAWEICLOUD_SDK_REGION_ID, HW_REGION_NAME
  --project-id                                    HUAWEICLOUD_SDK_PROJECT_ID, HW_PROJECT_ID; else what comes with the
                                                  credentials, or the project of the region
  --enterprise-project-id                         HW_ENTERPRISE_PROJECT_ID
  --endpoint                                      HUAWEICLOUD_SDK_REGION_HSS_<REGION>, ~/.huaweicloud/regions.yaml or
                                                  the file that HUAWEICLOUD_SDK_REGIONS_FILE names; else by the region
  the proxy                                       HTTPS_PROXY, NO_PROXY
  colours                                         on a terminal only; NO_COLOR, CLICOLOR=0, CLICOLOR_FORCE=1

Exit status:
  0  done                                         5   throttled or out of time; later may work
  1  the service or the network failed            6   the list changed while it was read, and is not whole
  2  wrong usage or configuration                 10  --fail-on matched
  3  not authenticated, or not allowed            130 interrupted
  4  no such task or server";

/// `hss scan`.
pub(crate) const SCAN: &str = "\
Examples:
  hss scan start --all-hosts --wait
  hss scan hosts TASK_ID --status failed
  hss scan rescan TASK_ID --failed --wait
  hss scan report TASK_ID --html report.html";

/// `hss scan hosts`.
pub(crate) const SCAN_HOSTS: &str = "\
Examples:
  hss scan hosts TASK_ID --status failed
  hss scan hosts TASK_ID --group-by cause
  hss scan hosts TASK_ID -o csv --columns host_name,private_ip,causes
  hss scan hosts TASK_ID -o ndjson --checkpoint hosts.checkpoint
  hss scan hosts TASK_ID -o json --query 'data_list[?scan_status==`failed`].host_name'
  hss scan hosts TASK_ID --status failed --fail-on failed=5 -q";

/// `hss scan list`.
pub(crate) const SCAN_LIST: &str = "\
Examples:
  hss scan list --max 5
  hss scan list --type manual -o json
  hss scan list --max 1 -o tsv --columns id";

/// `hss scan show`.
pub(crate) const SCAN_SHOW: &str = "\
Examples:
  hss scan show TASK_ID
  hss scan show TASK_ID -o json --query failed_host_num
  hss scan show TASK_ID --fail-on failed=5";

/// `hss scan start`.
pub(crate) const SCAN_START: &str = "\
Servers are looked up for the ids of their agents first; if one of them cannot be scanned, none is.

Examples:
  hss scan start web-1 web-2 --type linux_vul,app_vul
  hss scan start --all-hosts --wait --fail-on failed
  hss scan start --hosts-from servers.txt -q
  hss scan start web-1 --dry-run";

/// `hss scan wait`.
pub(crate) const SCAN_WAIT: &str = "\
Examples:
  hss scan wait TASK_ID
  hss scan wait TASK_ID --timeout 1h --fail-on failed
  hss scan wait TASK_ID --interval 30s -o json";

/// `hss scan rescan`.
pub(crate) const SCAN_RESCAN: &str = "\
Examples:
  hss scan rescan TASK_ID --failed
  hss scan rescan TASK_ID web-1 web-2 --wait";

/// `hss scan report`.
pub(crate) const SCAN_REPORT: &str = "\
Examples:
  hss scan report TASK_ID --html report.html
  hss --demo scan report 2b31ed520xxxxxxebedb6e57xxxxxxxx --html report.html --force";

/// `hss api`.
pub(crate) const API: &str = "\
Examples:
  hss api --list
  hss api ListVulScanTaskHost --help
  hss api ListVulScanTaskHost --task_id TASK_ID --scan_status failed --limit 200
  hss api RecreateVulScanTask --task_id TASK_ID --body rescan.json";

/// `hss auth`.
pub(crate) const AUTH: &str = "\
Examples:
  hss auth status
  hss auth status --check";

/// `hss auth status`.
pub(crate) const AUTH_STATUS: &str = "\
Examples:
  hss auth status
  hss auth status --check --region cn-north-4
  hss auth status -o json";

/// `hss emulator`.
pub(crate) const EMULATOR: &str = "\
Examples:
  hss emulator --listen 127.0.0.1:8080 --hosts 1000
  hss emulator --auth aksk --rate 5/min
  hss emulator --fault faults.toml --latency 80ms";

/// `hss completions`.
pub(crate) const COMPLETIONS: &str = "\
Examples:
  hss completions bash > ~/.local/share/bash-completion/completions/hss
  hss completions zsh > ~/.zfunc/_hss
  hss completions fish > ~/.config/fish/completions/hss.fish
  hss completions powershell >> $PROFILE";

/// `hss man`.
pub(crate) const MAN: &str = "\
Examples:
  hss man ~/.local/share/man/man1";
