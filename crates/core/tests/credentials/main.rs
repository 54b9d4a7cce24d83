//! Where credentials come from, how they are renewed, and what nobody may see of them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod environment;
mod iam;
mod identity;
mod metadata;
mod profile;
mod server;
mod sighting;

use std::time::Duration;

use huaweicloud_core::operation::Success;
use huaweicloud_core::{Endpoint, Error, Grant, Identity, Operation, Quota, REGIONS, Service, Transport, VirtualWorld};

use server::{Asked, Server};

/// Where the profile file is unless a variable names another.
const PROFILE: &str = "/home/user/.huaweicloud/credentials";

/// What is in no message and in no `{:?}`.
const SENTINEL: &str = "SENTINEL";

/// The service of the operation.
static ECS: Service = Service {
    name: "ecs",
    regions: REGIONS,
    is_global: false,
    error_codes: &[],
    quota: Quota { requests: 5, window: Duration::from_secs(60) },
};

/// An operation to prove an identity with.
static PING: Operation = Operation {
    service: &ECS,
    id: "Ping",
    name: "ping",
    method: "GET",
    path: "/ping",
    summary: "",
    description: "",
    source: None,
    parameters: &[],
    body: None,
    success: Success { status: 200, schema: None, sample: None },
    pagination: None,
    rate_limit: None,
    idempotent: true,
};

fn minutes(number: u64) -> Duration {
    Duration::from_secs(60 * number)
}

/// The grant that an identity gives now.
async fn current(identity: &Identity, world: &VirtualWorld) -> Result<Grant, Error> {
    let grant = identity.current(&world.share()).await?;
    let shown = format!("{grant:?} {identity:?}");
    assert!(!shown.contains(SENTINEL), "{shown}");
    Ok(Grant::clone(&grant))
}

/// The error of an identity that gives none, in words.
async fn refusal(identity: &Identity, world: &VirtualWorld) -> String {
    let error = identity.current(&world.share()).await.unwrap_err();
    let shown = format!("{error:?} {error}");
    assert!(!shown.contains(SENTINEL), "{shown}");
    error.to_string()
}

/// A request as the service sees it when `identity` sends it.
async fn sent(identity: Identity, world: &VirtualWorld) -> Asked {
    let server = Server::start(|_| (200, vec![], "{}".to_owned())).await;
    let endpoint = Endpoint::parse(&server.address()).unwrap();
    let transport = Transport::builder(endpoint, identity).world(world.share()).build().unwrap();
    let request = transport.http().get(format!("{}/ping", server.address())).build().unwrap();
    transport.execute(request, &PING).await.unwrap();
    server.asked().remove(0)
}
