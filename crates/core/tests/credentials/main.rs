//! Tests the sources of credentials, their refresh, and the redaction of secrets.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod environment;
mod iam;
mod identity;
mod metadata;
mod profile;
mod server;
mod summary;

use std::time::Duration;

use huaweicloud_core::operation::Success;
use huaweicloud_core::{
    Arguments, Endpoint, Error, Identity, Operation, Quota, REGIONS, ResolvedCredentials, Service, TestRuntime,
    Transport,
};

use server::{ReceivedRequest, Server};

/// The default path of the profile file.
const PROFILE: &str = "/home/user/.huaweicloud/credentials";

/// A text that must not occur in messages and `{:?}`.
const SENTINEL: &str = "SENTINEL";

/// The service of the operation.
static ECS: Service = Service::new("ecs", REGIONS, Quota { requests: 5, window: Duration::from_secs(60) });

/// An operation that requires credentials.
static PING: Operation = Operation::new(&ECS, "Ping", "ping", "GET", "/ping", Success::new(200)).idempotent(true);

fn minutes(number: u64) -> Duration {
    Duration::from_secs(60 * number)
}

/// Returns the current credentials of an identity.
async fn current(identity: &Identity, runtime: &TestRuntime) -> Result<ResolvedCredentials, Error> {
    let resolved = identity.current(&runtime.share()).await?;
    let shown = format!("{resolved:?} {identity:?}");
    assert!(!shown.contains(SENTINEL), "{shown}");
    Ok(ResolvedCredentials::clone(&resolved))
}

/// Returns the error message of an identity without credentials.
async fn refusal(identity: &Identity, runtime: &TestRuntime) -> String {
    let error = identity.current(&runtime.share()).await.unwrap_err();
    let shown = format!("{error:?} {error}");
    assert!(!shown.contains(SENTINEL), "{shown}");
    format!("{error:#}")
}

/// Returns the request that the service receives when `identity` sends it.
async fn sent(identity: Identity, runtime: &TestRuntime) -> ReceivedRequest {
    let server = Server::start(|_| (200, vec![], "{}".to_owned())).await;
    let endpoint = Endpoint::parse(&server.address()).unwrap();
    let transport = Transport::builder(endpoint, identity).runtime(runtime.share()).build().unwrap();
    transport.execute(&PING, &Arguments::new(), None).await.unwrap();
    server.requests().remove(0)
}
