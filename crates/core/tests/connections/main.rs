//! Tests connections to an endpoint: proxies and the check of regions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod proxies;
mod unknown_regions;

use std::time::Duration;

use huaweicloud_core::operation::Success;
use huaweicloud_core::{Operation, Quota, REGIONS, Service};

/// The service of the operation.
static ECS: Service = Service::new("ecs", REGIONS, Quota { requests: 5, window: Duration::from_secs(60) });

/// The operation of the calls.
static PING: Operation = Operation::new(&ECS, "Ping", "ping", "GET", "/ping", Success::new(200)).idempotent(true);
