//! How an endpoint is reached: through which proxy, and whether its region exists.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod proxies;
mod unknown_regions;

use huaweicloud_core::Operation;
use huaweicloud_core::operation::Success;

/// The operation that is called.
static PING: Operation = Operation {
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
