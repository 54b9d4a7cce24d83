//! Which region of a service is at which address.

mod file;
mod overrides;
mod unknown;

pub use overrides::{configured_endpoint, endpoint};
pub(crate) use unknown::{UnknownRegion, suggestion};

/// The regions of HSS that the official SDKs know.
const HSS: [&str; 32] = [
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
    EUROPEAN,
];

/// The regions in which IAM has an address of its own. All others use the address of the whole site.
const IAM: [&str; 27] = [
    "cn-north-1",
    "cn-north-2",
    "cn-north-4",
    "cn-north-9",
    "cn-north-12",
    "cn-east-2",
    "cn-east-3",
    "cn-east-4",
    "cn-east-5",
    "cn-south-1",
    "cn-south-2",
    "cn-southwest-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "af-south-1",
    "sa-brazil-1",
    "la-south-2",
    "la-north-2",
    "na-mexico-1",
    "eu-west-0",
    "my-kualalumpur-1",
    "ru-moscow-1",
    "me-east-1",
    "ae-ad-1",
    "tr-west-1",
];

/// The one region of the European site, which is another company's, under another top-level domain.
const EUROPEAN: &str = "eu-west-101";

/// The regions that are known to have `service`, for instance to complete a command line; none for a service that
/// is in no table.
///
/// These are not all that work: a region that opened since is at the address that the others' pattern gives.
///
/// ```
/// assert!(huaweicloud_core::regions("hss").contains(&"cn-north-4"));
/// assert!(huaweicloud_core::regions("ecs").is_empty());
/// ```
#[must_use]
pub fn regions(service: &str) -> &'static [&'static str] {
    match service {
        "hss" => &HSS,
        "iam" => &IAM,
        _ => &[],
    }
}

/// The host of `service` in `region`, both of which are labels of host names.
pub(crate) fn host(service: &str, region: &str) -> String {
    let domain = if region == EUROPEAN { "myhuaweicloud.eu" } else { "myhuaweicloud.com" };
    if service == "iam" && !IAM.contains(&region) {
        // For the European site this is what its manual prints. The official SDKs fall back to the `.com` address
        // there, where none of its accounts exists.
        return format!("iam.{domain}");
    }
    format!("{service}.{region}.{domain}")
}
