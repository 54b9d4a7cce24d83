//! The whitelist of vulnerabilities (`ListVulWhiteList`, `ShowVulWhiteListDetail`, `AddVulWhiteList`,
//! `ChangeVulWhiteList`, `DeleteVulWhiteList`, `ListVulWhiteListVulOptions`).

use std::collections::{BTreeMap, BTreeSet};

use hss_client::models::{
    AddVulWhiteListRequestBody, ChangeVulWhiteListRequestBody, DeleteVulWhiteListBody, ListVulWhiteListResponse,
    ListVulWhiteListVulOptionsResponse, VulOption, VulWhiteListHost, VulWhiteListInfo,
};
use hss_client::operations::LIST_VUL_WHITE_LIST;
use serde_json::Value;

use super::call::{Call, total};
use super::documented;
use super::vulnerable_servers::cves;
use crate::response::Response;
use crate::state::State;
use crate::state::findings::HostFilter;
use crate::state::handling::{Action, Request, Statuses};
use crate::state::vulnerabilities::{CATALOGUE, Set, catalogue, find};
use crate::state::white_list::{Entry, Range};

/// Maximum number of servers of an entry.
const MAX_HOSTS: usize = 1_000;
/// Maximum number of characters of a description in a response. A request may have some more.
const MAX_DESCRIPTION: usize = 1_000;

/// `ListVulWhiteList`.
pub(super) fn list(state: &State, call: &Call) -> Response {
    let mut entries = state.white_list().entries(call.view);
    entries.retain(|entry| {
        CATALOGUE
            .get(usize::from(entry.number))
            .is_some_and(|known| call.is_part("vul_name", known.id) && call.is("vul_type", known.kind))
    });
    let page = call.page();
    let mut response = ListVulWhiteListResponse::default();
    response.total_num = total(entries.len());
    let entries = entries.iter().skip(page.offset).take(page.limit);
    response.data_list = Some(entries.map(|entry| row(state, entry)).collect());
    Response::json(call.operation.success.status, &response)
}

/// `ShowVulWhiteListDetail`.
pub(super) fn show(state: &State, call: &Call) -> Response {
    let id = call.text("id").unwrap_or_default();
    if is_documented(id) {
        return documented(state, call);
    }
    match state.white_list().entries(call.view).iter().find(|entry| entry.id == id) {
        Some(entry) => Response::json(call.operation.success.status, &row(state, entry)),
        None => Response::unknown("entry of the whitelist", id),
    }
}

/// `AddVulWhiteList`. Unless `with_ignore` is false, it also ignores what was found.
pub(super) fn add(state: &State, call: &Call) -> Response {
    let requested: AddVulWhiteListRequestBody = match call.body() {
        Ok(requested) => requested,
        Err(response) => return response,
    };
    let kind = requested.vul_type.to_string();
    let mut numbers = BTreeSet::new();
    for id in &requested.vul_ids {
        let Some((number, _)) = find(id).filter(|(_, known)| known.kind == kind) else {
            return Response::unknown("vulnerability", id);
        };
        numbers.insert(number);
    }
    let description = requested.description.unwrap_or_default();
    let range = match range(state, call, &requested.rule_type.to_string(), &requested.host_ids, &description) {
        Ok(range) => range,
        Err(response) => return response,
    };
    if !state.white_list().add(numbers.iter().map(|number| (*number, range.clone())).collect(), call.view) {
        return Response::invalid("the whitelist has too many entries");
    }
    if call.body.get("with_ignore") != Some(&Value::Bool(false)) {
        let known = numbers.into_iter().fold(Set::default(), Set::with);
        let hosts = HostFilter { places: range.hosts, ..HostFilter::default() };
        let mut pairs = BTreeSet::new();
        state.findings(call.view, call.elapsed).each(&hosts, known, Statuses::ALL, |finding| {
            pairs.insert(finding.pair);
        });
        let request = Request { action: Action::AddToWhitelist, remark: None, backups: BTreeMap::new(), skips: true };
        // If there is nothing to ignore, or too much, the entries remain.
        let _ = state.handling().apply(pairs, &request, |place| state.fleet().traits(place), call.elapsed);
    }
    Response::empty(call.operation.success.status)
}

/// `ChangeVulWhiteList`.
pub(super) fn change(state: &State, call: &Call) -> Response {
    let requested: ChangeVulWhiteListRequestBody = match call.body() {
        Ok(requested) => requested,
        Err(response) => return response,
    };
    let id = call.text("id").unwrap_or_default();
    let description = requested.description.unwrap_or_default();
    let range = match range(state, call, &requested.rule_type.to_string(), &requested.host_ids, &description) {
        Ok(range) => range,
        Err(response) => return response,
    };
    if is_documented(id) || state.white_list().change(id, call.view, range) {
        Response::empty(call.operation.success.status)
    } else {
        Response::unknown("entry of the whitelist", id)
    }
}

/// `DeleteVulWhiteList`. Vulnerabilities that were ignored stay so.
pub(super) fn delete(state: &State, call: &Call) -> Response {
    let requested: DeleteVulWhiteListBody = match call.body() {
        Ok(requested) => requested,
        Err(response) => return response,
    };
    let entries = state.white_list().entries(call.view);
    let is_known = |id: &&String| is_documented(id) || entries.iter().any(|entry| entry.id == **id);
    if let Some(id) = requested.ids.iter().find(|id| !is_known(id)) {
        return Response::unknown("entry of the whitelist", id);
    }
    state.white_list().delete(&requested.ids, call.view);
    Response::empty(call.operation.success.status)
}

/// `ListVulWhiteListVulOptions`. There are no images.
pub(super) fn list_options(_: &State, call: &Call) -> Response {
    let kind = call.filter("vul_type").unwrap_or("linux_vul");
    let is_of_servers = call.is("category", "host");
    let options: Vec<_> = catalogue()
        .filter(|(_, known)| is_of_servers && known.kind == kind && call.is_part("vul_name", known.id))
        .map(|(_, known)| {
            let mut option = VulOption::default();
            option.vul_id = Some(known.id.to_owned());
            option.vul_name = Some(known.id.to_owned());
            option
        })
        .collect();
    let page = call.page();
    let mut response = ListVulWhiteListVulOptionsResponse::default();
    response.total_num = total(options.len());
    response.data_list = Some(options.into_iter().skip(page.offset).take(page.limit).collect());
    Response::json(call.operation.success.status, &response)
}

/// Returns the requested servers and the description, of which responses have only the documented length.
fn range(state: &State, call: &Call, rule_type: &str, ids: &[String], description: &str) -> Result<Range, Response> {
    let description = description.chars().take(MAX_DESCRIPTION).collect();
    if rule_type == "all_host" {
        return Ok(Range { hosts: None, description });
    }
    if ids.is_empty() || ids.len() > MAX_HOSTS {
        return Err(Response::invalid(&format!("host_ids must have 1 to {MAX_HOSTS} ids")));
    }
    let places = state.chosen(ids.iter().map(String::as_str).collect(), call.view);
    let places = places.map_err(|id| Response::unknown("server", id))?;
    Ok(Range { hosts: Some(places.into_values().collect()), description })
}

fn row(state: &State, entry: &Entry) -> VulWhiteListInfo {
    let Entry { id, number, range, .. } = entry;
    let mut row = VulWhiteListInfo::default();
    row.id = Some(id.clone());
    if let Some(known) = CATALOGUE.get(usize::from(*number)) {
        row.vul_id = Some(known.id.to_owned());
        row.vul_name = Some(known.id.to_owned());
        row.vul_type = Some(known.kind.into());
        row.cves = Some(cves(known));
    }
    row.rule_type = Some(if range.hosts.is_some() { "specific_host" } else { "all_host" }.into());
    let host = |place: &usize| {
        let info = state.fleet().host(*place).info().clone();
        let mut host = VulWhiteListHost::default();
        host.host_id = info.host_id;
        host.host_name = info.host_name;
        host
    };
    row.hosts = Some(range.hosts.iter().flatten().map(host).collect());
    row.description = Some(range.description.clone());
    row
}

/// Returns whether this is the id of an entry in the examples of the document. They can be tried without effect.
fn is_documented(id: &str) -> bool {
    let sample = LIST_VUL_WHITE_LIST.success.sample.unwrap_or_default();
    let listed: ListVulWhiteListResponse = serde_json::from_str(sample).unwrap_or_default();
    listed.data_list.unwrap_or_default().iter().any(|entry| entry.id.as_deref() == Some(id))
}
