//! Describes a service of the cloud.

use crate::constructors::constructors;
use crate::error_code::ErrorCode;
use crate::gateway;
use crate::quota::Quota;

/// The properties of a service, except its operations. Each operation refers to its service.
///
/// ```
/// use std::time::Duration;
///
/// use huaweicloud_core::{ErrorCode, ErrorKind, Quota, Service};
///
/// const QUOTA: Quota = Quota { requests: 100, window: Duration::from_secs(60) };
/// static ECS: Service = Service::new("ecs", &["cn-north-4", "eu-west-101"], QUOTA)
///     .error_codes(&[ErrorCode::new("Ecs.0114", "no such server").kind(ErrorKind::NotFound)]);
/// ```
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Service {
    /// The name in host names: `ecs`.
    pub name: &'static str,
    /// The regions known to have the service. A newer region also works, since its address follows the same pattern.
    pub regions: &'static [&'static str],
    /// Whether all regions that are not in `regions` share one address, as for IAM.
    pub is_global: bool,
    /// The error codes that the manual explains.
    pub error_codes: &'static [ErrorCode],
    /// The quota of operations whose pages document none.
    pub quota: Quota,
}

constructors! {
    Service(name: &'static str, regions: &'static [&'static str], quota: Quota)
    is_global: bool = false,
    error_codes: &'static [ErrorCode] = &[]
}

impl Service {
    /// Returns the description of an error code of the service or of the gateway, for a status.
    pub(crate) fn error_code(&self, status: u16, code: &str) -> Option<&'static ErrorCode> {
        match gateway::number(code) {
            Some(number) => gateway::error_code(status, number),
            None => self.error_codes.iter().find(|known| known.code == code),
        }
    }

    /// Returns whether a code belongs to the service itself: it is known, or has a name like `Ecs.0114`. Texts of
    /// proxies and load balancers do not.
    pub(crate) fn has_code(&self, code: &str) -> bool {
        let is_named = code.split_once('.').is_some_and(|(name, number)| {
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            is_number && name.eq_ignore_ascii_case(self.name)
        });
        is_named || self.error_codes.iter().any(|known| known.code == code)
    }
}

/// A service for tests, which does not exist.
#[cfg(any(test, fuzzing))]
pub(crate) static EXAMPLE: Service = Service {
    name: "ecs",
    regions: &["cn-north-4", "eu-west-101"],
    is_global: false,
    error_codes: &[
        ErrorCode::new("Ecs.0010", "access denied").kind(crate::ErrorKind::Permission),
        ErrorCode::new("Ecs.0011", "no such server").kind(crate::ErrorKind::NotFound),
        ErrorCode::new("Ecs.0012", "the server is locked").hint("Unlock the server."),
        ErrorCode::new("00000010", "access denied, or no such server"),
    ],
    quota: Quota { requests: 5, window: std::time::Duration::from_secs(60) },
};
