//! Counts the operations of the SDK that are in the document, by family.

use std::collections::{BTreeMap, BTreeSet};

use super::vendor::Vendor;

/// Returns the number of operations in the document and in the SDKs by family, the largest family first.
pub(super) fn families(ours: &BTreeSet<&str>, vendor: &Vendor) -> Vec<(String, usize, usize)> {
    let mut families: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for operation in vendor.operations.values() {
        let (covered, all) = families.entry(family(&operation.path)).or_default();
        *all += 1;
        *covered += usize::from(ours.contains(operation.id.as_str()));
    }
    let mut families: Vec<_> =
        families.into_iter().map(|(family, (covered, all))| (family.to_owned(), covered, all)).collect();
    families.sort_by_key(|(_, covered, all)| std::cmp::Reverse((*covered, *all)));
    families
}

/// Returns the first segment of the path, or `vulnerability` if any segment is about vulnerabilities: those of images
/// belong to it, too.
pub(super) fn family(path: &str) -> &str {
    if path.split('/').any(|segment| segment.contains("vul")) {
        return "vulnerability";
    }
    let mut segments = path.split('/').skip_while(|segment| matches!(*segment, "" | "v5" | "{project_id}"));
    segments.next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::family;

    #[test]
    fn a_family_is_the_first_segment_of_the_path() {
        assert_eq!(family("/v5/{project_id}/host-management/hosts"), "host-management");
        assert_eq!(family("/v5/{project_id}/vul/export"), "vulnerability");
        assert_eq!(family("/v5/{project_id}/image/{vul_id}/images"), "vulnerability");
        assert_eq!(family("/v5/setting/account/x"), "setting");
        assert_eq!(family("/"), "");
    }
}
