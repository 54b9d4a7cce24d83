//! Exports vulnerabilities and their handling to CSV files (`ExportVuls`, `ExportVulHandleHistory`,
//! `ExportHandledVulnerabilities`, `ListQueryExportTask`), and returns the files.

use std::collections::{BTreeSet, HashSet};

use bytes::Bytes;
use csv::{Terminator, WriterBuilder};
use hss_client::models::{
    ExportHandledVulnerabilitiesRequestBody, ExportVulHandleHistoryRequestBody, ExportVulRequestBody,
    ListQueryExportTaskResponse,
};
use hss_client::operations::LIST_QUERY_EXPORT_TASK;
use serde::Serialize;
use serde_json::{Value, json};

use super::call::Call;
use super::handling::{HistoryFilter, handled, history, history_row};
use super::vulnerable_servers::pair_row;
use super::{documented, vulnerabilities};
use crate::archive;
use crate::response::Response;
use crate::state::State;
use crate::state::enterprise_projects::View;
use crate::state::exports::Table;
use crate::state::findings::{Finding, Findings, HostFilter};
use crate::state::handling::{Pair, Statuses};
use crate::state::progress::Page;
use crate::state::vulnerabilities::{Set, find};

/// Maximum number of rows of an export.
const MAX_ROWS: i32 = 200_000;

/// `ExportVuls`.
pub(super) fn export(state: &State, call: &Call) -> Response {
    let requested: ExportVulRequestBody = match call.body() {
        Ok(requested) => requested,
        Err(response) => return response,
    };
    let page = match page(call.number("export_size"), call) {
        Ok(page) => page,
        Err(response) => return response,
    };
    let mut hosts = call.hosts();
    let ids: BTreeSet<&str> =
        call.filter("host_id").into_iter().chain(requested.host_id_list.iter().map(String::as_str)).collect();
    if !ids.is_empty() {
        match state.chosen(ids, call.view) {
            Ok(places) => hosts.places = Some(places.into_values().collect()),
            Err(id) => return Response::unknown("server", id),
        }
    }
    let ids = &requested.vul_id_list;
    if let Some(id) = ids.iter().find(|id| find(id).is_none()) {
        return Response::unknown("vulnerability", id);
    }
    let known =
        Set::matching(|known| ids.is_empty() || ids.iter().any(|id| id == known.id)).and(call.vulnerabilities());
    let columns = Columns(&requested.export_headers);
    let (subject, rows) = if call.text("category") == Some("host") {
        let findings = state.findings(call.view, call.elapsed);
        let (_, rows) = findings.page(&hosts, known, call.statuses(), page);
        ("host", rows.iter().map(|finding| columns.of_pair(state, &findings, finding)).collect::<Vec<_>>())
    } else {
        let rows = vulnerabilities::rows(state, call, &hosts, known).into_iter().skip(page.offset).take(page.limit);
        ("vul", rows.map(|row| columns.of(&row)).collect())
    };
    start(state, call, subject, &columns, &rows)
}

/// `ExportVulHandleHistory`.
pub(super) fn export_history(state: &State, call: &Call) -> Response {
    let requested: ExportVulHandleHistoryRequestBody = match call.body() {
        Ok(requested) => requested,
        Err(response) => return response,
    };
    let page = match page(requested.export_size.or(Some(MAX_ROWS)), call) {
        Ok(page) => page,
        Err(response) => return response,
    };
    let importance = requested.asset_value.map(|value| value.to_string());
    let (status, kind) = (requested.status.map(|it| it.to_string()), requested.vul_type.map(|it| it.to_string()));
    let filter = HistoryFilter {
        hosts: HostFilter {
            importance: importance.as_deref(),
            group: given(requested.group_name.as_ref()),
            name: given(requested.host_name.as_ref()),
            address: given(requested.host_ip.as_ref()),
            ..HostFilter::default()
        },
        statuses: statuses(status.as_deref()),
        vulnerability: given(requested.vul_id.as_ref()),
        kind: kind.as_deref(),
    };
    let columns = Columns(&requested.export_header_list);
    let findings = state.findings(call.view, call.elapsed);
    let (_, records) = history(&findings, &filter, false, page);
    let rows = records.into_iter().filter_map(|record| Some(columns.of(&history_row(state, &findings, record)?)));
    start(state, call, "history", &columns, &rows.collect::<Vec<_>>())
}

/// `ExportHandledVulnerabilities`.
pub(super) fn export_handled(state: &State, call: &Call) -> Response {
    let requested: ExportHandledVulnerabilitiesRequestBody = match call.body() {
        Ok(requested) => requested,
        Err(response) => return response,
    };
    let page = match page(requested.export_size.or(Some(MAX_ROWS)), call) {
        Ok(page) => page,
        Err(response) => return response,
    };
    let specific = &requested.specific_vuls;
    let ids = specific.iter().filter_map(|one| one.host_id.as_deref()).collect();
    let places = match state.chosen(ids, call.view) {
        Ok(places) => places,
        Err(id) => return Response::unknown("server", id),
    };
    let mut chosen = HashSet::new();
    for one in specific {
        let id = one.vul_id.as_deref().unwrap_or_default();
        let Some((number, _)) = find(id) else { return Response::unknown("vulnerability", id) };
        let place = one.host_id.as_deref().and_then(|id| places.get(id));
        chosen.extend(place.map(|place| (*place, number)));
    }
    let text = |value: Option<&dyn ToString>| value.map(ToString::to_string);
    let importance = text(requested.asset_value.as_ref().map(|it| it as &dyn ToString));
    let priority = text(requested.repair_priority.as_ref().map(|it| it as &dyn ToString));
    let kind = text(requested.type_.as_ref().map(|it| it as &dyn ToString));
    let status = text(requested.status.as_ref().map(|it| it as &dyn ToString));
    let hosts = HostFilter {
        importance: importance.as_deref(),
        group: given(requested.group_name.as_ref()),
        name: given(requested.host_name.as_ref()),
        address: given(requested.host_ip.as_ref()),
        ..HostFilter::default()
    };
    let known = Set::matching(|known| {
        given(requested.vul_name.as_ref()).is_none_or(|part| known.id.contains(part))
            && given(requested.label.as_ref()).is_none_or(|label| known.label == Some(label))
            && priority.as_ref().is_none_or(|priority| priority == known.level)
            && kind.as_ref().is_none_or(|kind| kind == known.kind)
            && requested.is_affect_business.is_none_or(|affects| affects == known.needs_restart)
    });
    let is_today = requested.handle_cycle.is_some_and(|cycle| cycle.to_string() == "today");
    let columns = Columns(&requested.export_headers);
    let findings = state.findings(call.view, call.elapsed);
    let all = Page { offset: 0, limit: usize::MAX };
    let (_, rows) = handled(&findings, &hosts, known, statuses(status.as_deref()), is_today, all);
    let is_chosen = |Finding { pair: Pair { place, number }, .. }: &&Finding| {
        specific.is_empty() || chosen.contains(&(*place, *number))
    };
    let rows = rows.iter().filter(is_chosen).skip(page.offset).take(page.limit);
    let rows = rows.map(|finding| columns.of_pair(state, &findings, finding)).collect::<Vec<_>>();
    start(state, call, "handled", &columns, &rows)
}

/// `ListQueryExportTask`.
pub(super) fn show(state: &State, call: &Call) -> Response {
    let id = call.text("task_id").unwrap_or_default();
    if example().task_id.as_deref() == Some(id) {
        return documented(state, call);
    }
    let Some(export) = state.exports().task(id, call.view) else {
        return Response::unknown("export task", id);
    };
    let is_running = export.is_running(call.elapsed);
    let mut response = ListQueryExportTaskResponse::default();
    response.task_id = Some(export.id);
    response.task_name = Some(export.name);
    response.task_status = Some(if is_running { "running" } else { "success" }.into());
    response.file_id = Some(export.file_id).filter(|_| !is_running);
    response.file_name = Some(export.file_name).filter(|_| !is_running);
    Response::json(call.operation.success.status, &response)
}

/// `ListDownloadExportedFile`.
pub(super) fn download(state: &State, call: &Call) -> Response {
    let id = call.text("file_id").unwrap_or_default();
    match file(state, id, call) {
        Some((name, file)) => Response::file(call.operation.success.status, "application/octet-stream", &name, file),
        None => Response::unknown("exported file", id),
    }
}

/// Returns the name and the content of an exported file, a zip archive with one CSV file. The file of the document's
/// example has all vulnerabilities of the default enterprise project.
fn file(state: &State, id: &str, call: &Call) -> Option<(String, Bytes)> {
    let example = example();
    if example.file_id.as_deref() != Some(id) {
        let export = state.exports().file(id, call.view, call.elapsed)?;
        return Some((export.file_name, export.file));
    }
    let headers = ["vul_id", "vul_name", "type", "repair_priority", "host_num", "cve_list", "solution_detail"];
    let headers: Vec<_> = headers.iter().map(|name| vec![(*name).to_owned()]).collect();
    let columns = Columns(&headers);
    let findings = state.findings(View::One(0), call.elapsed);
    let rows: Vec<_> =
        findings.tallied().map(|(_, known, tally)| columns.of(&vulnerabilities::row(known, &tally))).collect();
    let name = example.file_name?;
    let file = archive::of_file(&name.replace(".zip", ".csv"), &columns.csv(&rows)).ok()?;
    Some((name, file.into()))
}

fn example() -> ListQueryExportTaskResponse {
    let sample = LIST_QUERY_EXPORT_TASK.success.sample.unwrap_or_default();
    serde_json::from_str(sample).unwrap_or_default()
}

/// Starts an export of these rows.
fn start(state: &State, call: &Call, subject: &'static str, columns: &Columns, rows: &[Vec<String>]) -> Response {
    if columns.0.is_empty() || columns.0.iter().any(Vec::is_empty) {
        return Response::invalid("the list of columns, or one of its entries, is empty");
    }
    let table = Table { subject, csv: columns.csv(rows), rows: rows.len() };
    match state.exports().start(&table, call.view, call.elapsed) {
        Some(id) => Response::json(call.operation.success.status, &json!({"task_id": id})),
        None => Response::refused("HSS.0001", "the export is too large", "export fewer rows or columns"),
    }
}

/// Returns the rows to export.
fn page(size: Option<i32>, call: &Call) -> Result<Page, Response> {
    let Some(size) = size.filter(|size| (1..=MAX_ROWS).contains(size)) else {
        return Err(Response::invalid(&format!("export_size must be 1 to {MAX_ROWS}")));
    };
    let limit = call.number("limit").filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    let size = usize::try_from(size).unwrap_or_default();
    Ok(Page { offset: call.number("offset").unwrap_or(0), limit: size.min(limit) })
}

fn given(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

fn statuses(asked: Option<&str>) -> Statuses {
    asked.map_or(Statuses::ALL, |asked| Statuses::matching(|status| status.name() == asked))
}

/// The columns of a CSV file: for each, the name of a field and the title. Without a title, the name is the title.
struct Columns<'a>(&'a [Vec<String>]);

impl Columns<'_> {
    fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|header| header.first().map_or("", String::as_str))
    }

    /// Returns the cells of a row. Fields that it does not have are empty.
    fn of(&self, row: &impl Serialize) -> Vec<String> {
        let row = serde_json::to_value(row).unwrap_or_default();
        self.fields().map(|field| cell(row.get(field))).collect()
    }

    /// Returns the cells for a vulnerability of a server.
    fn of_pair(&self, state: &State, findings: &Findings, finding: &Finding) -> Vec<String> {
        let row = serde_json::to_value(pair_row(findings, finding)).unwrap_or_default();
        let known = finding.known;
        let more = |field: &str| match field {
            "type" | "vul_type" => known.kind.to_owned(),
            "severity_level" | "repair_necessity" => known.level.to_owned(),
            "app_name" => known.software.name.to_owned(),
            "app_path" => known.software.path.to_owned(),
            "app_version" | "version" | "software_version" => known.software.version.to_owned(),
            "description" => known.description.to_owned(),
            "solution_detail" => known.solution.to_owned(),
            "cve_id" | "cve_id_list" => known.cve.id.to_owned(),
            "host_ip" => cell(row.get("private_ip")),
            "is_affect_business" => known.needs_restart.to_string(),
            "group_name" => {
                let group = state.host_groups().of(findings.traits(finding.pair.place));
                group.map_or_else(String::new, |group| group.name.to_owned())
            }
            "failed_reason" => {
                let cause = findings.record(finding.pair).and_then(|record| record.cause(findings.elapsed()));
                cause.map_or_else(String::new, |cause| cause.description.to_owned())
            }
            _ => String::new(),
        };
        self.fields().map(|field| row.get(field).map_or_else(|| more(field), |value| cell(Some(value)))).collect()
    }

    /// Returns the CSV file (RFC 4180) with these rows.
    fn csv(&self, rows: &[Vec<String>]) -> Vec<u8> {
        let titles = self.0.iter().map(|header| header.get(1).or(header.first()).map_or("", String::as_str));
        let mut csv = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
        // Writing to memory fails only for rows of different lengths, and all have a cell for each column.
        let written = csv.write_record(titles).and_then(|()| rows.iter().try_for_each(|row| csv.write_record(row)));
        debug_assert!(written.is_ok(), "{written:?}");
        csv.into_inner().unwrap_or_default()
    }
}

/// Returns the text of a value. Entries of a list are separated by commas; a CVE is its id.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(values)) => values.iter().map(|value| cell(Some(value))).collect::<Vec<_>>().join(","),
        Some(Value::Object(fields)) if fields.contains_key("cve_id") => cell(fields.get("cve_id")),
        Some(value) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};
    use std::time::Duration;

    use hss_client::operation::Success;
    use hss_client::operations::EXPORT_VULS;
    use hss_client::{Arguments, Operation};
    use zip::ZipArchive;

    use super::*;
    use crate::operations::respond;
    use crate::state::random::Random;

    const fn made_up() -> Operation {
        let Operation { service, name, method, path, parameters, .. } = LIST_QUERY_EXPORT_TASK;
        Operation::new(service, "Download", name, method, path, Success::new(200)).parameters(parameters)
    }
    static DOWNLOAD: Operation = made_up();

    fn called(state: &State, operation: &'static Operation, values: &[(&str, &str)], body: Value, at: u64) -> Response {
        let mut arguments = Arguments::new();
        for (name, value) in values {
            arguments.push(*name, value);
        }
        let elapsed = Duration::from_secs(at);
        if operation.id == DOWNLOAD.id {
            return download(state, &Call { operation, arguments, body, view: View::One(0), elapsed });
        }
        respond(state, operation, arguments, body, elapsed)
    }

    fn json_of(response: &Response) -> Value {
        serde_json::from_slice(&response.body).unwrap()
    }

    fn csv(file: &[u8]) -> (String, Vec<String>) {
        let mut archive = ZipArchive::new(Cursor::new(file)).unwrap();
        let mut text = String::new();
        let mut entry = archive.by_index(0).unwrap();
        entry.read_to_string(&mut text).unwrap();
        (entry.name().to_owned(), text.lines().map(str::to_owned).collect())
    }

    #[test]
    fn an_export_is_a_csv_file_with_the_requested_columns() {
        let state = State::new(Random::seeded(1), 60).unwrap();
        let export = |values: &[(&str, &str)], headers: Value| {
            called(&state, &EXPORT_VULS, values, json!({"export_headers": headers}), 0)
        };
        let headers = json!([["host_name", "Server"], ["vul_id", "Vulnerability, id"], ["cve_list"], ["none", "None"]]);
        let started = export(&[("category", "host"), ("export_size", "200000"), ("type", "app_vul")], headers);
        let id = json_of(&started)["task_id"].as_str().unwrap().to_owned();
        let shown = |at| json_of(&called(&state, &LIST_QUERY_EXPORT_TASK, &[("task_id", &id)], Value::Null, at));
        assert_eq!((&shown(0)["task_status"], shown(0).get("file_id")), (&json!("running"), None));
        let done = shown(60);
        assert_eq!(done["task_status"], "success");
        let of = |file: &str, at| called(&state, &DOWNLOAD, &[("file_id", file)], Value::Null, at);
        let file = done["file_id"].as_str().unwrap();
        assert_eq!(of(file, 0).status, 400);
        let (name, lines) = csv(&of(file, 60).body);
        assert_eq!(done["file_name"], name.replace(".csv", ".zip"));
        assert_eq!(lines[0], r#"Server,"Vulnerability, id",cve_list,None"#);
        let findings = state.findings(View::One(0), Duration::ZERO);
        let kind = Set::matching(|known| known.kind == "app_vul");
        let all = Page { offset: 0, limit: usize::MAX };
        let (_, rows) = findings.page(&HostFilter::default(), kind, Statuses::ALL, all);
        let expected: Vec<_> = rows
            .iter()
            .map(|row| {
                let host = state.fleet().host(row.pair.place).info().host_name.clone().unwrap();
                format!("{host},{},{},", row.known.id, row.known.cve.id)
            })
            .collect();
        assert_eq!(lines[1..], expected);
        assert!(expected.len() > 5);
    }

    #[test]
    fn exports_of_vulnerabilities_have_a_size_and_an_offset() {
        let state = State::new(Random::seeded(1), 200).unwrap();
        let lines = |values: &[(&str, &str)]| {
            let headers = json!({"export_headers": [["vul_id"], ["host_num"]]});
            let started = json_of(&called(&state, &EXPORT_VULS, values, headers, 0));
            let id = started["task_id"].as_str().unwrap();
            let export = state.exports().task(id, View::One(0)).unwrap();
            csv(&state.exports().file(&export.file_id, View::One(0), Duration::from_secs(60)).unwrap().file).1
        };
        let all = lines(&[("category", "vul"), ("export_size", "100")]);
        assert_eq!(all.len(), 9);
        let some = lines(&[("category", "vul"), ("export_size", "100"), ("limit", "2"), ("offset", "3")]);
        assert_eq!(some[1..], all[4..6]);
        assert_eq!(lines(&[("category", "vul"), ("export_size", "1")]).len(), 2);
    }

    #[test]
    fn refuses_wrong_sizes_and_columns_and_knows_the_example() {
        let state = State::new(Random::seeded(1), 30).unwrap();
        let refused = |size: &str, headers: Value, host: &str| {
            let values = [("category", "vul"), ("export_size", size), ("host_id", host)];
            called(&state, &EXPORT_VULS, &values, json!({"export_headers": headers}), 0).status
        };
        assert_eq!(refused("10", json!([["vul_id"]]), ""), 200);
        assert_eq!(refused("0", json!([["vul_id"]]), ""), 400);
        assert_eq!(refused("200001", json!([["vul_id"]]), ""), 400);
        assert_eq!(refused("10", json!([]), ""), 400);
        assert_eq!(refused("10", json!([[]]), ""), 400);
        assert_eq!(refused("10", json!([["vul_id"]]), "none"), 400);
        let example = example();
        let (task, file) = (example.task_id.unwrap(), example.file_id.unwrap());
        let shown = called(&state, &LIST_QUERY_EXPORT_TASK, &[("task_id", &task)], Value::Null, 0);
        assert_eq!(json_of(&shown)["file_id"], file);
        assert_eq!(csv(&called(&state, &DOWNLOAD, &[("file_id", &file)], Value::Null, 0).body).1.len(), 9);
        assert_eq!(called(&state, &LIST_QUERY_EXPORT_TASK, &[("task_id", "none")], Value::Null, 0).status, 400);
    }
}
