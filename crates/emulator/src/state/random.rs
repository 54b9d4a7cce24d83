//! Pseudo-random numbers that are derived from a seed.

/// A node in a tree of random numbers. The seed is its root, and each part of the state has its own branch. Therefore,
/// a server is the same on every page and in every task.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the branch with this number. Different numbers give different branches.
    pub(crate) fn branch(self, number: u64) -> Self {
        // SplitMix64. Its increment is odd and its steps are invertible, so that the branches of one node all differ.
        let mut mixed = self.0.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self(mixed ^ (mixed >> 31))
    }

    /// Returns a number less than `bound`, or 0 if `bound` is 0.
    pub(crate) fn below(self, bound: u64) -> u64 {
        self.0.checked_rem(bound).unwrap_or_default()
    }

    /// Returns 32 hexadecimal digits, the format of task and request ids.
    pub(crate) fn hexadecimal(self) -> String {
        format!("{:016x}{:016x}", self.0, self.branch(0).0)
    }

    /// Returns a value in the format of a random UUID.
    pub(crate) fn uuid(self) -> String {
        let (high, low) = (self.0, self.branch(0).0);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            0x8000 | low >> 48 & 0x3fff,
            low & 0xffff_ffff_ffff
        )
    }

    /// Returns the 60 random bits in the first three groups of [`uuid`](Self::uuid).
    pub(crate) fn uuid_prefix(self) -> u64 {
        ((self.0 >> 16) << 12) | (self.0 & 0xfff)
    }
}

/// Returns the random bits in the first three groups of a UUID. Returns `None` if the text is too short or has other
/// digits.
pub(crate) fn uuid_prefix(id: &str) -> Option<u64> {
    let group = |range: std::ops::Range<usize>| u64::from_str_radix(id.get(range)?, 16).ok();
    Some((group(0..8)? << 28) | (group(9..13)? << 12) | group(15..18)?)
}

/// The branches of the seed.
pub(crate) mod branches {
    pub(crate) const HOSTS: u64 = 1;
    pub(crate) const TASKS: u64 = 2;
    pub(crate) const REQUEST_IDS: u64 = 3;
    pub(crate) const PROJECTS: u64 = 4;
    pub(crate) const SESSIONS: u64 = 5;
    pub(crate) const CREDENTIALS: u64 = 6;
    pub(crate) const ENTERPRISE_PROJECTS: u64 = 7;
    pub(crate) const ACCOUNTS: u64 = 8;
    pub(crate) const USERS: u64 = 9;
    pub(crate) const HOST_GROUPS: u64 = 10;
    pub(crate) const HANDLING: u64 = 11;
    pub(crate) const EXPORTS: u64 = 12;
    pub(crate) const QUOTAS: u64 = 13;
    pub(crate) const WHITE_LIST: u64 = 14;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_differ_and_are_reproducible() {
        let root = Random::seeded(1);
        assert_eq!(root.branch(7).0, Random::seeded(1).branch(7).0);
        assert_ne!(root.branch(7).0, root.branch(8).0);
        assert_ne!(root.branch(7).0, Random::seeded(2).branch(7).0);
        assert_eq!(root.branch(1).hexadecimal().len(), 32);
        assert_eq!(root.below(0), 0);
    }

    #[test]
    fn the_prefix_of_a_uuid_is_that_of_its_text() {
        for seed in 0..1_000 {
            let random = Random::seeded(seed).branch(1);
            assert_eq!(uuid_prefix(&random.uuid()), Some(random.uuid_prefix()));
        }
        for text in ["", "0123", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "é".repeat(20).as_str()] {
            assert_eq!(uuid_prefix(text), None, "{text}");
        }
    }

    #[test]
    fn a_uuid_has_the_standard_format() {
        let id = Random::seeded(0).branch(0).uuid();
        let lengths: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
        assert!(id.chars().all(|digit| digit == '-' || digit.is_ascii_hexdigit()), "{id}");
        assert_eq!((&id[14..15], "89ab".contains(&id[19..20])), ("4", true), "{id}");
    }
}
