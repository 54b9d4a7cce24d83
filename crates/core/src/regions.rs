//! Lists the regions of the cloud, and determines the host of a service in each.

mod unknown;

use crate::service::Service;

pub(crate) use unknown::{UnknownRegion, suggestion};

/// The known regions of the cloud, for example for completion of command lines. Each [`Service`] has a separate list.
pub const REGIONS: &[&str] = &[
    "cn-north-1",
    "cn-north-2",
    "cn-north-4",
    "cn-north-9",
    "cn-north-11",
    "cn-north-12",
    "cn-east-2",
    "cn-east-3",
    "cn-east-4",
    "cn-east-5",
    "cn-south-1",
    "cn-south-2",
    "cn-south-4",
    "cn-southwest-2",
    "cn-southwest-3",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "af-south-1",
    "af-north-1",
    "ae-ad-1",
    "me-east-1",
    "tr-west-1",
    "sa-brazil-1",
    "la-south-2",
    "la-north-2",
    "na-mexico-1",
    "my-kualalumpur-1",
    "ru-moscow-1",
    "eu-west-0",
    EUROPEAN,
];

/// The only region of the European site, which another company operates under another top-level domain.
const EUROPEAN: &str = "eu-west-101";

/// Returns the host of `service` in `region`, which must be a label of a host name.
pub(crate) fn host(service: &Service, region: &str) -> String {
    let domain = if region == EUROPEAN { "myhuaweicloud.eu" } else { "myhuaweicloud.com" };
    if service.is_global && !service.regions.contains(&region) {
        // The manual of the European site documents this host for IAM. The official SDKs fall back to the `.com`
        // address, where no account of that site exists.
        return format!("{}.{domain}", service.name);
    }
    format!("{}.{region}.{domain}", service.name)
}
