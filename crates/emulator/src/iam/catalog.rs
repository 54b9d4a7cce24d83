//! What IAM says of services: their versions and addresses, from which clients find them.

use hss_client::SERVICE;
use serde_json::{Value, json};

use super::Call;
use crate::answer::Answer;
use crate::gateway::access::Scope;

/// Stands for all regions.
const EVERY_REGION: &str = "*";

/// The services that a token opens: IAM, and HSS if it is for a project.
///
/// Their addresses are the one by which the caller reached the emulator, and their region is that of the project.
pub(super) fn of(call: &Call<'_>, scope: &Scope) -> Value {
    let origin = call.origin();
    let region = match scope {
        Scope::Project { name, .. } if SERVICE.regions.contains(&name.as_str()) => name,
        _ => EVERY_REGION,
    };
    let service = |kind: &str, name: &str, url: String| {
        let endpoint = json!({
            "id": format!("{name}-public"),
            "interface": "public",
            "region": region,
            "region_id": region,
            "url": url,
        });
        json!({"type": kind, "id": name, "name": name, "endpoints": [endpoint]})
    };
    let iam = service("identity", "iam", format!("{origin}/v3"));
    match scope {
        Scope::Account => json!([iam]),
        Scope::Project { id, .. } => json!([iam, service("hss", "hss", format!("{origin}/v5/{id}"))]),
    }
}

/// Lists the versions of IAM.
pub(super) fn list_versions(call: &Call<'_>) -> Answer {
    Answer::json(call.operation.success.status, &json!({ "versions": {"values": [version(call)]} }))
}

/// Shows the one version of IAM.
pub(super) fn show_version(call: &Call<'_>) -> Answer {
    Answer::json(call.operation.success.status, &json!({ "version": version(call) }))
}

fn version(call: &Call<'_>) -> Value {
    json!({
        "id": "v3.6",
        "status": "stable",
        "updated": "2016-04-04T00:00:00Z",
        "links": [{"rel": "self", "href": format!("{}/v3/", call.origin())}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    })
}
