//! Suggestions for misspelt names.

/// Returns the candidate that is most similar to `name`, if one is similar enough.
pub(crate) fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let bound = (name.chars().count() / 2).clamp(1, 3);
    candidates
        // Enough for any document written by people, and prevents quadratic time for a hostile one.
        .take(500)
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= 8 && name.len() <= 80)
        .map(|candidate| (strsim::levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= bound || candidate.eq_ignore_ascii_case(name))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_similar_names() {
        assert_eq!(nearest("Hosst", ["Task", "Host"].into_iter()), Some("Host"));
        assert_eq!(nearest("propertes", ["pattern", "properties"].into_iter()), Some("properties"));
        assert_eq!(nearest("Page", ["Task", "Host"].into_iter()), None);
    }
}
