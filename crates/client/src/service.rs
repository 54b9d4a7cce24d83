//! Describes the HSS service: regions, error codes and quota.

use std::time::Duration;

use huaweicloud_core::{ErrorCode, ErrorKind, Quota, Service};

/// Host Security Service: the regions that the official SDKs know, the error codes that its manual explains, and the
/// quota that its pages document for every operation.
///
/// Source: the pages "Error Codes" of the HSS manual, which list all codes with status 400.
pub static SERVICE: Service =
    Service::new("hss", REGIONS, Quota { requests: 5, window: Duration::from_secs(60) }).error_codes(ERROR_CODES);

const REGIONS: &[&str] = &[
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
    "eu-west-101",
];

const ERROR_CODES: &[ErrorCode] = &[
    ErrorCode::new("HSS.0001", "invalid parameter"),
    ErrorCode::new("HSS.0002", "the request cannot be parsed"),
    ErrorCode::new("HSS.0010", "access denied").kind(ErrorKind::Permission),
    ErrorCode::new("HSS.0011", "no such resource").kind(ErrorKind::NotFound),
    ErrorCode::new("HSS.0013", "insufficient permissions").kind(ErrorKind::Permission),
    ErrorCode::new("HSS.0014", "quotas may not be created"),
    ErrorCode::new("HSS.0041", "the hosts could not be queried"),
    ErrorCode::new("HSS.1001", "the server has no agent"),
    ErrorCode::new("HSS.1002", "not enough quota for protection"),
    ErrorCode::new("HSS.1003", "a protected server cannot be ignored"),
    ErrorCode::new("HSS.1004", "the policy could not be queried"),
    ErrorCode::new("HSS.1005", "no such policy").kind(ErrorKind::NotFound),
    ErrorCode::new("HSS.1006", "the command could not be sent to the agent"),
    ErrorCode::new("HSS.1007", "the agent is offline"),
    ErrorCode::new("HSS.1008", "the host could not be queried"),
    ErrorCode::new("HSS.1009", "the web tamper protection could not be saved"),
    ErrorCode::new("HSS.1010", "the web tamper protection could not be changed"),
    ErrorCode::new("HSS.1011", "the time could not be converted"),
    ErrorCode::new("HSS.1012", "the time ranges overlap"),
    ErrorCode::new("HSS.1013", "the time without protection could not be added"),
    ErrorCode::new("HSS.1014", "the description of the time without protection could not be added"),
    ErrorCode::new("HSS.1015", "the privileged process could not be added"),
    ErrorCode::new("HSS.1016", "the days without protection could not be set"),
    ErrorCode::new("HSS.1017", "the report could not be queried"),
    ErrorCode::new("HSS.1018", "invalid file"),
    ErrorCode::new("HSS.1019", "the server group could not be queried").kind(ErrorKind::NotFound),
    ErrorCode::new("HSS.1020", "a policy group of that name exists"),
    ErrorCode::new("HSS.1021", "the policy group could not be queried"),
    ErrorCode::new("HSS.1059", "the vulnerability cannot be handled in this way"),
    ErrorCode::new("HSS.1060", "the vulnerability could not be fixed"),
    ErrorCode::new("HSS.1061", "the vulnerability is being fixed"),
    // The host or task does not exist, or the caller is not allowed to see it.
    ErrorCode::new("00000010", "access denied, or no such resource"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use huaweicloud_core::Endpoint;

    use super::*;

    #[test]
    fn the_regions_are_those_of_the_document() {
        let document = std::fs::read_to_string(hss_openapi::HSS.path().join("document.yaml")).unwrap();
        let servers = document.split_once("\nservers:\n").unwrap().1.split_once("\nsecurity:").unwrap().0;
        let mut documented = BTreeSet::new();
        for line in servers.lines().map(str::trim) {
            let Some(item) = line.strip_prefix("- ") else { continue };
            match item.strip_prefix("url: ") {
                None => assert!(documented.insert(format!("https://hss.{item}.myhuaweicloud.com")), "{item} twice"),
                Some("https://hss.{region}.myhuaweicloud.com") => {}
                Some(address) => assert!(documented.insert(address.to_owned()), "{address} twice"),
            }
        }
        let built_in = |region: &&str| Endpoint::of_region(&SERVICE, region).unwrap().to_string();
        assert_eq!(REGIONS.iter().map(built_in).collect::<BTreeSet<_>>(), documented);
        assert_eq!(documented.len(), 32);
    }

    #[test]
    fn every_code_of_the_manual_has_a_meaning_of_its_own() {
        let numbers = [1, 2, 10, 11, 13, 14, 41].into_iter().chain(1001..=1021).chain(1059..=1061);
        let documented: BTreeSet<_> =
            numbers.map(|number| format!("HSS.{number:04}")).chain(["00000010".to_owned()]).collect();
        assert_eq!(ERROR_CODES.iter().map(|known| known.code().to_owned()).collect::<BTreeSet<_>>(), documented);
        let meanings: BTreeSet<_> = ERROR_CODES.iter().map(ErrorCode::meaning).collect();
        assert_eq!(meanings.len(), documented.len());
    }
}
