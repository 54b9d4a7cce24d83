//! Determines the next version from the changes.

use std::fmt;

/// The part of a version that must be incremented (Semantic Versioning 2.0.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bump {
    /// Programs that use the client may no longer compile.
    Major,
    /// Something was added.
    Minor,
    /// Only descriptions differ.
    Patch,
    /// Nothing differs.
    None,
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Patch => "patch",
            Self::None => "none",
        })
    }
}

impl Bump {
    /// Returns the version after `current`. Before 1.0.0, cargo treats the second part as the first, and the third as
    /// the second.
    fn after(self, current: &str) -> Option<String> {
        let parts: Vec<u64> = current.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let [major, minor, patch] = <[u64; 3]>::try_from(parts).ok()?;
        let [major, minor, patch] = match (self, major) {
            (Self::None, _) => return None,
            (Self::Major, 0) | (Self::Minor, 1..) => [major, minor + 1, 0],
            (Self::Major, 1..) => [major + 1, 0, 0],
            (Self::Minor | Self::Patch, _) => [major, minor, patch + 1],
        };
        Some(format!("{major}.{minor}.{patch}"))
    }
}

/// Returns the sentence at the end of the output.
pub(super) fn verdict(old: &str, new: &str, wire: &str, rust: &str, bump: Bump) -> String {
    // All packages of the workspace have one version.
    let current =
        old.strip_prefix('v').filter(|tag| Bump::Patch.after(tag).is_some()).unwrap_or(env!("CARGO_PKG_VERSION"));
    let next = match bump.after(current) {
        Some(next) => format!("{bump} change: {current} becomes {next}"),
        None => "no change of version".to_owned(),
    };
    format!("from {old} to {new}: on the wire {wire}; in Rust {rust}; {next}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_version_follows_the_compatibility_rules_of_cargo() {
        let after = |bump: Bump, current| bump.after(current).unwrap_or_default();
        assert_eq!(
            [Bump::Major, Bump::Minor, Bump::Patch, Bump::None].map(|bump| after(bump, "0.3.1")),
            ["0.4.0", "0.3.2", "0.3.2", ""]
        );
        assert_eq!(
            [Bump::Major, Bump::Minor, Bump::Patch, Bump::None].map(|bump| after(bump, "2.3.1")),
            ["3.0.0", "2.4.0", "2.3.2", ""]
        );
        assert_eq!(after(Bump::Major, "nonsense"), "");
    }
}
