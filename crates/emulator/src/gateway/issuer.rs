//! Generates the secrets that the emulator issues: tokens, temporary keys and session tokens.

use std::sync::atomic::{AtomicU64, Ordering};

use ring::error::Unspecified;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::state::random::Random;

/// A generator of secrets.
#[derive(Debug)]
pub(crate) enum Issuer {
    /// The randomness of the system. These secrets cannot be guessed.
    System(SystemRandom),
    /// A seed. The secrets and their order are the same in each run.
    Seeded { random: Random, issued: AtomicU64 },
}

impl Issuer {
    /// Uses the branch of a seed if given, otherwise the randomness of the system.
    pub(crate) fn new(random: Option<Random>) -> Self {
        match random {
            None => Self::System(SystemRandom::new()),
            Some(random) => Self::Seeded { random, issued: AtomicU64::new(0) },
        }
    }

    /// Issues `digits` hexadecimal digits that differ from all issued before.
    ///
    /// # Errors
    ///
    /// Returns an error if the system has no randomness.
    pub(crate) fn hexadecimal(&self, digits: usize) -> Result<String, Unspecified> {
        let mut text = match self {
            Self::System(system) => {
                let mut bytes = vec![0; digits.div_ceil(2)];
                system.fill(&mut bytes)?;
                bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
            }
            Self::Seeded { random, issued } => {
                let random = random.branch(issued.fetch_add(1, Ordering::Relaxed));
                (0..).map(|part| random.branch(part).hexadecimal()).take(digits.div_ceil(32)).collect()
            }
        };
        text.truncate(digits);
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_random_without_a_seed() {
        let seeded = || Issuer::new(Some(Random::seeded(1)));
        let (first, second) = (seeded(), seeded());
        for digits in [0, 1, 31, 32, 33, 4096] {
            let issued = first.hexadecimal(digits).unwrap();
            assert_eq!(issued, second.hexadecimal(digits).unwrap());
            assert!(issued.len() == digits && issued.bytes().all(|digit| digit.is_ascii_hexdigit()), "{issued}");
        }
        assert_ne!(first.hexadecimal(32), first.hexadecimal(32));

        let system = Issuer::new(None);
        assert_eq!(system.hexadecimal(33).unwrap().len(), 33);
        assert_ne!(system.hexadecimal(32), system.hexadecimal(32));
        assert_ne!(system.hexadecimal(32), Issuer::new(None).hexadecimal(32));
    }
}
