//! Lists the projects and accounts of IAM.

use hss_client::SERVICE;
use serde_json::{Value, json};

use super::Call;
use crate::response::Response;
use crate::state::random::Random;

/// The projects of every account: one for each region, with the region's name.
#[derive(Debug)]
pub(super) struct Projects(Random);

impl Projects {
    pub(super) fn new(random: Random) -> Self {
        Self(random)
    }

    /// Returns id and name of each project.
    fn all(&self) -> impl Iterator<Item = (String, &'static str)> {
        (0..).zip(SERVICE.regions).map(|(number, name)| (self.0.branch(number).hexadecimal(), *name))
    }

    /// Returns the id of the project with this name.
    pub(super) fn id(&self, name: &str) -> Option<String> {
        self.all().find(|(_, known)| *known == name).map(|(id, _)| id)
    }

    /// Returns the name of the project with this id.
    pub(super) fn name(&self, id: &str) -> Option<&'static str> {
        self.all().find(|(known, _)| known == id).map(|(_, name)| name)
    }
}

/// Lists the projects of the caller's account, or the one with this name.
pub(super) fn list(call: &Call<'_>, projects: &Projects, name: Option<&str>) -> Response {
    let account = &call.user().account;
    let rows: Vec<_> = projects
        .all()
        .filter(|(_, known)| name.is_none_or(|name| name == *known))
        .map(|(id, name)| {
            json!({
                "is_domain": false,
                "description": "",
                "links": {"self": format!("{}/v3/projects/{id}", call.origin())},
                "enabled": true,
                "id": id,
                "parent_id": account.id,
                "domain_id": account.id,
                "name": name,
            })
        })
        .collect();
    Response::json(call.operation.success.status, &json!({ "links": links(call), "projects": rows }))
}

/// Lists the accounts of the caller, which is always one.
pub(super) fn list_accounts(call: &Call<'_>) -> Response {
    let account = &call.user().account;
    let row = json!({
        "description": "",
        "enabled": true,
        "id": account.id,
        "name": account.name,
        "links": {"self": format!("{}/v3/domains/{}", call.origin(), account.id)},
    });
    Response::json(call.operation.success.status, &json!({ "domains": [row], "links": links(call) }))
}

/// Returns the links of a list with a single page.
fn links(call: &Call<'_>) -> Value {
    let target = call.head.uri.path_and_query().map_or("", |target| target.as_str());
    json!({"self": format!("{}{target}", call.origin()), "previous": null, "next": null})
}
