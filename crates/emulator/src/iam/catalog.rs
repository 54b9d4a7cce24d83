//! The service catalog of IAM: versions and addresses of services, with which clients find them.

use hss_client::SERVICE;
use serde_json::{Value, json};

use super::Call;
use crate::gateway::access::Scope;
use crate::response::Response;

/// The region that represents all regions.
const EVERY_REGION: &str = "*";

/// Returns the catalog for a token: IAM, and HSS if the scope is a project.
///
/// The services have the address with which the caller reached the emulator. Their region is that of the project.
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
pub(super) fn list_versions(call: &Call<'_>) -> Response {
    Response::json(call.operation.success.status, &json!({ "versions": {"values": [version(call)]} }))
}

/// Returns the only version of IAM.
pub(super) fn show_version(call: &Call<'_>) -> Response {
    Response::json(call.operation.success.status, &json!({ "version": version(call) }))
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
