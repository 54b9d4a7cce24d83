//! Handles regions that are in no table: new regions and typing errors.

use std::cmp::Ordering;

use super::REGIONS;
use crate::service::Service;

/// The maximum length of a label of a host name. Longer text is not compared with regions.
const MAX_LABEL_LENGTH: usize = 63;
/// The maximum number of suggested regions.
const MAX_SUGGESTIONS: usize = 5;

/// A region that is not in the list of a service: it is new or misspelt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnknownRegion {
    known: &'static [&'static str],
    name: String,
}

impl UnknownRegion {
    /// Returns `region` if it is not in the list of `service`.
    ///
    /// A global service has one address for all regions that are not in its list, so no region is unknown to it.
    pub(crate) fn of(service: &Service, region: &str) -> Option<Self> {
        let is_unknown = !service.is_global && !service.regions.is_empty() && !service.regions.contains(&region);
        is_unknown.then(|| Self { known: service.regions, name: region.to_owned() })
    }

    /// Returns `region` if it is not one of the [`REGIONS`].
    pub(crate) fn of_all(region: &str) -> Option<Self> {
        (!REGIONS.contains(&region)).then(|| Self { known: REGIONS, name: region.to_owned() })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the hint for an error that the region may have caused.
    pub(crate) fn hint(&self) -> String {
        format!("Region {:?} is unknown. {}", self.name, self.suggestion())
    }

    /// Returns a sentence that suggests known regions.
    pub(crate) fn suggestion(&self) -> String {
        suggestion(self.known, &self.name)
    }
}

/// Returns a sentence that suggests regions from `known` that are similar to `text`.
pub(crate) fn suggestion(known: &[&'static str], text: &str) -> String {
    match nearest(known, text).as_slice() {
        [] => "Regions have names such as cn-north-4 or ap-southeast-1.".to_owned(),
        [one] => format!("Did you mean {one}?"),
        [first @ .., last] => format!("Did you mean {} or {last}?", first.join(", ")),
    }
}

/// Returns the known regions with the smallest edit distance to `text`, if it is at most a third of its length.
fn nearest(known: &[&'static str], text: &str) -> Vec<&'static str> {
    let text = text.trim().to_lowercase().replace(['_', ' '], "-");
    let mut nearest = Vec::new();
    if text.len() > MAX_LABEL_LENGTH {
        return nearest;
    }
    let mut min = (text.len() / 3).max(1);
    for region in known {
        let distance = strsim::osa_distance(region, &text);
        match distance.cmp(&min) {
            Ordering::Less => {
                min = distance;
                nearest = vec![*region];
            }
            Ordering::Equal => nearest.push(*region),
            Ordering::Greater => {}
        }
    }
    nearest.truncate(MAX_SUGGESTIONS);
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_nearest_known_regions() {
        for (text, expected) in [
            ("cn-nort-4", &["cn-north-4"][..]),
            ("cn-nroth-4", &["cn-north-4"]),
            ("cnnorth4", &["cn-north-4"]),
            ("CN-NORTH-4", &["cn-north-4"]),
            (" cn_north_4\n", &["cn-north-4"]),
            ("cn north 4", &["cn-north-4"]),
            ("cn--east-4", &["cn-east-4"]),
            ("ru-moskow-1", &["ru-moscow-1"]),
            ("-eu-west-101", &["eu-west-101"]),
            ("cn-northwest-1", &["cn-southwest-2", "cn-southwest-3"]),
            ("cn-north-3", &["cn-north-1", "cn-north-2", "cn-north-4", "cn-north-9"]),
            ("ap-southeast-9", &REGIONS[15..20]),
            ("beijing", &[]),
            ("ecs", &[]),
            ("", &[]),
        ] {
            assert_eq!(nearest(REGIONS, text), expected, "{text:?}");
        }
        assert_eq!(nearest(&[], "CN-NORTH-4"), [""; 0], "nothing is known of a service without regions");
        assert_eq!(nearest(REGIONS, &"cn-north-4".repeat(10_000)), [""; 0]);
    }

    #[test]
    fn a_suggestion_is_a_sentence() {
        assert_eq!(suggestion(REGIONS, "cn-nort-4"), "Did you mean cn-north-4?");
        let several = "Did you mean cn-north-1, cn-north-2, cn-north-4 or cn-north-9?";
        assert_eq!(suggestion(REGIONS, "cn-north-3"), several);
        assert_eq!(suggestion(REGIONS, "mars"), "Regions have names such as cn-north-4 or ap-southeast-1.");
    }

    #[test]
    fn a_region_that_is_not_in_the_list_is_unknown() {
        static GLOBAL: Service = Service { is_global: true, ..EXAMPLE };
        static NEW: Service = Service { regions: &[], ..EXAMPLE };
        for (service, region, is_unknown) in [
            (&crate::service::EXAMPLE, "cn-nort-4", true),
            (&crate::service::EXAMPLE, "cn-north-4", false),
            (&GLOBAL, "cn-nort-4", false),
            (&NEW, "cn-nort-4", false),
        ] {
            assert_eq!(UnknownRegion::of(service, region).is_some(), is_unknown, "{service:?} {region}");
        }
        for (region, is_unknown) in [("cn-nort-4", true), ("cn-north-11", false), ("eu-west-0", false)] {
            assert_eq!(UnknownRegion::of_all(region).is_some(), is_unknown, "{region}");
        }
    }

    const EXAMPLE: Service = Service {
        name: "ecs",
        regions: REGIONS,
        is_global: false,
        error_codes: &[],
        quota: crate::Quota { requests: 1, window: std::time::Duration::from_secs(1) },
    };
}
