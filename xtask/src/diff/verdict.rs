//! Determines the next version from the changes.

use std::fmt;

use semver::Version;

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
    pub(crate) fn after(self, current: &Version) -> Option<Version> {
        let Version { major, minor, patch, .. } = *current;
        Some(match (self, major) {
            (Self::None, _) => return None,
            (Self::Major, 0) | (Self::Minor, 1..) => Version::new(major, minor + 1, 0),
            (Self::Major, 1..) => Version::new(major + 1, 0, 0),
            (Self::Minor | Self::Patch, _) => Version::new(major, minor, patch + 1),
        })
    }
}

/// Returns the sentence at the end of the output.
pub(super) fn verdict(old: &str, new: &str, wire: &str, rust: &str, bump: Bump) -> String {
    let version = |name: &str| Version::parse(name.strip_prefix('v').unwrap_or(name)).ok();
    // All packages of the workspace have one version.
    let current = version(old).or_else(|| version(env!("CARGO_PKG_VERSION")));
    let next = match current.and_then(|current| Some((bump.after(&current)?, current))) {
        // The next version is chosen already.
        Some(_) if version(new).is_some() => format!("{bump} change"),
        Some((next, current)) => format!("{bump} change: {current} becomes {next}"),
        None => "no change of version".to_owned(),
    };
    format!("from {old} to {new}: on the wire {wire}; in Rust {rust}; {next}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_version_follows_the_compatibility_rules_of_cargo() {
        let after = |bump: Bump, current| {
            bump.after(&Version::parse(current).unwrap()).map(|next| next.to_string()).unwrap_or_default()
        };
        assert_eq!(
            [Bump::Major, Bump::Minor, Bump::Patch, Bump::None].map(|bump| after(bump, "0.3.1")),
            ["0.4.0", "0.3.2", "0.3.2", ""]
        );
        assert_eq!(
            [Bump::Major, Bump::Minor, Bump::Patch, Bump::None].map(|bump| after(bump, "2.3.1")),
            ["3.0.0", "2.4.0", "2.3.2", ""]
        );
    }
}
