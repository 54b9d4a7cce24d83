//! Which region of a service is at which address.

mod file;
mod overrides;

pub use overrides::endpoint;

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

/// The known region that `text`, which is none, was most likely meant to be: the one that differs in nothing but
/// letter case, spaces and underscores, or else the only one that is a single edit away.
pub(crate) fn meant(service: &str, text: &str) -> Option<&'static str> {
    let text = text.trim().to_lowercase().replace(['_', ' '], "-");
    let known = regions(service);
    if let Some(same) = known.iter().find(|region| **region == text) {
        return Some(same);
    }
    let mut near = known.iter().filter(|region| is_one_edit_away(region, &text));
    match (near.next(), near.next()) {
        (Some(region), None) => Some(region),
        _ => None,
    }
}

/// Whether one character more, less or other makes `a` out of `b`.
fn is_one_edit_away(a: &str, b: &str) -> bool {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let rest = |text: &str, skipped: usize| text.as_bytes().get(same + skipped..).map(<[u8]>::to_vec);
    match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Equal => a != b && rest(a, 1) == rest(b, 1),
        std::cmp::Ordering::Less => rest(a, 0) == rest(b, 1),
        std::cmp::Ordering::Greater => rest(a, 1) == rest(b, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_another_region() {
        let cases = [
            ("CN-NORTH-4", Some("cn-north-4")),
            (" cn_north_4\n", Some("cn-north-4")),
            ("cn north 4", Some("cn-north-4")),
            ("cn-north4", Some("cn-north-4")),
            ("cn--east-4", Some("cn-east-4")),
            ("ru-moskow-1", Some("ru-moscow-1")),
            ("-eu-west-101", Some("eu-west-101")),
            // As near to cn-north-1 as to cn-north-2.
            ("cn.north-", None),
            ("cn-north-3", None),
            ("ecs", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(meant("hss", text), expected, "{text:?}");
        }
        assert_eq!(meant("ecs", "CN-NORTH-4"), None, "of a service in no table nothing is known");
    }
}
