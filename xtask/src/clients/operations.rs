//! Calls many operations with the official SDKs of Python and Go, whose answers must equal those of `hss`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::language::Language;
use super::rows;
use crate::emulator::{Emulator, KEY, PROJECT, hss_at};
use crate::{program, report};

const OPTIONS: [&str; 6] = ["--hosts", "450", "--auth", "aksk", "--rate", "off"];

/// The largest page of all listings.
const PAGE: u32 = 200;

/// Fields that the pinned version of an SDK does not have.
const LACKING: [(Language, &str, &str); 1] = [(Language::Go, "ListGlobalVulnerabilities", "description")];

/// One call. The programs read it as a line of JSON.
#[derive(Serialize)]
struct Call {
    operation: &'static str,
    /// The parameters, with the request body as `body`.
    arguments: Value,
    /// Number of rows on a page, if the operation has pages.
    pages: Option<u32>,
}

fn listing(operation: &'static str, arguments: Value) -> Call {
    Call { operation, arguments, pages: Some(PAGE) }
}

fn single(operation: &'static str, arguments: Value) -> Call {
    Call { operation, arguments, pages: None }
}

/// Returns the calls, in their order. Some change the state that later ones show.
fn calls(host: &str, vulnerability: &str) -> Vec<Call> {
    let handled = json!([{"vul_id": vulnerability, "host_id_list": [host]}]);
    let all = json!({"enterprise_project_id": "all_granted_eps"});
    let none = || json!({});
    vec![
        listing("ListVulnerabilities", none()),
        listing("ListVulHosts", json!({"vul_id": vulnerability, "type": "linux_vul"})),
        listing("ListHostVuls", json!({"host_id": host})),
        listing("ListVulHostHosts", none()),
        listing("ListVulHostVuls", none()),
        listing("ListUrgentVulnerabilities", none()),
        single(
            "ChangeVulStatus",
            json!({"body": {"operate_type": "ignore", "type": "linux_vul", "data_list": handled, "remark": "accepted"}}),
        ),
        listing("ListHandleVuls", none()),
        listing("ListVulHandleHistory", all),
        single("ShowVulStatics", none()),
        single("ShowVulAffectedStatics", json!({"type": "linux_vul", "vul_ids": [vulnerability]})),
        listing("ShowLinuxVulDetail", json!({"vul_id": vulnerability})),
        single("ShowVulScanPolicy", none()),
        listing("ListVulRepairCmds", json!({"body": {"data_list": handled}})),
        listing("ListVulHostVaults", json!({"backup_info_id": "c3f0b1a2-5d4e-4f6a-8b7c-9d0e1f2a3b4c"})),
        listing(
            "ListVulHostBackups",
            json!({"host_id": "1f5e073a-2f88-4d66-9852-a1df8e4c0d7f", "vul_id": "KB5004945"}),
        ),
        single(
            "AddVulWhiteList",
            json!({"body": {"vul_type": "linux_vul", "vul_ids": [vulnerability], "rule_type": "all_host"}}),
        ),
        listing("ListVulWhiteList", none()),
        listing("ListVulWhiteListVulOptions", none()),
        listing("ListVulContainers", json!({"vul_id": "HCVD-APP-CVE-2021-44228", "type": "app_vul"})),
        listing(
            "ListVulAffectImages",
            json!({"vul_id": "HCVD-APP-CVE-2021-44228", "type": "app_vul", "image_type": "registry", "is_handled": false}),
        ),
        listing(
            "ListGeneralImageVuls",
            json!({"type": "app_vul", "image_type": "registry", "handle_status": "unhandled"}),
        ),
        listing("ListGlobalVulnerabilities", none()),
        listing("ListHostGroups", none()),
        single("ShowResourceQuotas", none()),
        single(
            "ExportVuls",
            json!({"export_size": 100, "category": "vul", "body": {"export_headers": [["vul_name", "Name"]]}}),
        ),
    ]
}

/// Calls the operations with each of these languages that has an SDK of a recent version.
pub(super) fn run(hss: &Path, root: &Path, languages: &[Language]) -> Result<bool, String> {
    let work = root.join("target/interop");
    fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
    let emulator = Emulator::start(hss, &OPTIONS)?;
    let ours = Hss { program: hss, url: &emulator.url, work: &work };
    let first = |operation: &str, field: &str| -> Result<String, String> {
        let found = ours.rows(operation, &json!({}), true)?;
        let value = found.first().and_then(|row| row.get(field)).and_then(Value::as_str);
        value.map(str::to_owned).ok_or_else(|| format!("{operation} has no {field}"))
    };
    let calls = calls(&first("ListVulHostHosts", "host_id")?, &first("ListVulnerabilities", "vul_id")?);
    let mut expected = Vec::new();
    for Call { operation, arguments, pages } in &calls {
        expected.push(ours.rows(operation, arguments, pages.is_some())?);
    }
    let file = work.join("calls.jsonl");
    let lines = calls.iter().map(|call| json!(call).to_string() + "\n").collect::<String>();
    fs::write(&file, lines).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut all_well = true;
    for &language in languages {
        let Some(mut command) = program(language, root)? else { continue };
        let emulator = Emulator::start(hss, &OPTIONS)?;
        command.arg(&emulator.url).arg(&file).envs(KEY).env("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT);
        command.env("HOME", &work).envs(["NO_PROXY", "no_proxy"].map(|name| (name, "127.0.0.1")));
        let text = program::step(&mut command)?.stdout;
        let answers: Vec<_> = String::from_utf8_lossy(&text).lines().map(str::to_owned).collect();
        if answers.len() != calls.len() {
            return Err(format!("the {language} SDK answered {} of {} calls", answers.len(), calls.len()));
        }
        for ((call, expected), answer) in calls.iter().zip(&expected).zip(&answers) {
            let theirs: Vec<Value> = serde_json::from_str(answer).map_err(|error| format!("{answer}: {error}"))?;
            let theirs: Vec<_> = theirs.into_iter().map(comparable).collect();
            let mut expected = expected.clone();
            for (_, _, field) in LACKING.iter().filter(|(of, id, _)| (*of, *id) == (language, call.operation)) {
                expected.iter_mut().filter_map(Value::as_object_mut).for_each(|row| drop(row.remove(*field)));
            }
            let verdict = match rows::compare(&expected, &theirs) {
                Ok(()) if call.pages.is_some() && expected.is_empty() => "WRONG: no rows".to_owned(),
                Ok(()) => format!("{} rows as expected", expected.len()),
                Err(difference) => format!("WRONG: {difference}"),
            };
            all_well &= !verdict.starts_with("WRONG");
            report::line(&format_args!("{language} SDK: {}: {verdict}", call.operation));
        }
    }
    Ok(all_well)
}

/// `hss` with an emulator.
struct Hss<'a> {
    program: &'a Path,
    url: &'a str,
    /// Folder for the file with a request body.
    work: &'a Path,
}

impl Hss<'_> {
    /// Returns the rows of all pages of a listing, or the only answer.
    fn rows(&self, operation: &str, arguments: &Value, is_listing: bool) -> Result<Vec<Value>, String> {
        if !is_listing {
            return Ok(vec![comparable(self.answer(operation, arguments, None)?)]);
        }
        let mut listed = Vec::new();
        loop {
            let mut page = self.answer(operation, arguments, Some(listed.len()))?;
            let Some(Value::Array(rows)) = page.get_mut("data_list").map(Value::take) else {
                return Err(format!("hss api {operation} printed no data_list"));
            };
            let is_last = rows.is_empty();
            listed.extend(rows.into_iter().map(comparable));
            let total = page.get("total_num").and_then(Value::as_u64).unwrap_or_default();
            if is_last || listed.len() as u64 >= total {
                return Ok(listed);
            }
        }
    }

    /// Returns the answer to one call, of the page at this offset.
    fn answer(&self, operation: &str, arguments: &Value, offset: Option<usize>) -> Result<Value, String> {
        let mut command = hss_at(self.program, self.url, &KEY);
        command.args(["--project-id", PROJECT, "--rate", "off", "--output", "json", "api", operation]);
        for (name, value) in arguments.as_object().into_iter().flatten() {
            if name == "body" {
                let file = self.work.join("body.json");
                fs::write(&file, value.to_string()).map_err(|error| format!("{}: {error}", file.display()))?;
                command.arg("--body").arg(file);
                continue;
            }
            for value in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                command.arg(format!("--{name}")).arg(text);
            }
        }
        if let Some(offset) = offset {
            command.args(["--limit", &PAGE.to_string(), "--offset", &offset.to_string()]);
        }
        let text = program::step(&mut command)?.stdout;
        if text.is_empty() {
            return Ok(json!({}));
        }
        serde_json::from_slice(&text).map_err(|error| format!("hss api {operation}: {error}"))
    }
}

/// Removes what differs between equal answers: fields that are null, which SDKs do not distinguish from absent ones; the
/// form of whole numbers; and the time of a change, which is that of the call.
fn comparable(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(name, value)| !value.is_null() && name != "handle_time");
            Value::Object(fields.map(|(name, value)| (name, comparable(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(comparable).collect()),
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        other => other,
    }
}

/// Returns the program of a language, which [`super::official`] has set up.
fn program(language: Language, root: &Path) -> Result<Option<Command>, String> {
    let sources = root.join("tests/programs/interop").join(language.to_string());
    let target = root.join("target/interop").join(language.to_string());
    let executable = match language {
        Language::Python => {
            let python = program::python(&target.join("environment"), &sources.join("requirements.txt"))?;
            let mut command = Command::new(python);
            command.arg(sources.join("operations.py"));
            return Ok(Some(command));
        }
        Language::Go => target.join("operations"),
        Language::Java | Language::Typescript | Language::Rust => return Ok(None),
    };
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&executable).arg("./operations").current_dir(&sources);
    program::step(&mut build)?;
    Ok(Some(Command::new(executable)))
}
