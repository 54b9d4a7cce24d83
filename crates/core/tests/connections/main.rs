//! Tests connections to an endpoint: proxies and the check of regions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod proxies;
mod unknown_regions;

use std::time::Duration;

use huaweicloud_core::operation::Success;
use huaweicloud_core::{Operation, Quota, REGIONS, Service};

/// The service of the operation.
static ECS: Service = Service {
    name: "ecs",
    regions: REGIONS,
    is_global: false,
    error_codes: &[],
    quota: Quota { requests: 5, window: Duration::from_secs(60) },
};

/// The operation of the calls.
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
