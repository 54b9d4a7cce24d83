//! The accepted access keys, each with the number of its refused signatures.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use hss_client::Secret;
use huaweicloud_core::AccessKey;
use subtle::ConstantTimeEq as _;

use super::make_room;

/// Number of consecutive refused signatures after which a key is locked.
const MAX_FAILURES: u32 = 5;
/// Duration for which a key is locked.
const LOCK_TIME: Duration = Duration::from_secs(5 * 60);

/// A key id, its secret and, if it is temporary, its security token.
#[derive(Clone)]
pub(crate) struct KeyPair {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) security_token: Option<String>,
}

/// An access key with the state that is needed to verify signatures.
pub(super) struct Key {
    pub(super) pair: AccessKey,
    security_token: Option<String>,
    expires: Option<SystemTime>,
    /// Number of consecutive refused signatures.
    failures: u32,
    locked_until: Option<SystemTime>,
}

/// All keys, by their id.
#[derive(Default)]
pub(super) struct Keys(HashMap<String, Key>);

impl Keys {
    /// Adds a key that expires at `expires`. If there are too many, it replaces the one that expires first.
    ///
    /// # Errors
    ///
    /// Returns an error if the key is invalid.
    pub(super) fn add(
        &mut self,
        pair: KeyPair,
        now: SystemTime,
        expires: Option<SystemTime>,
    ) -> Result<(), hss_client::Error> {
        let secret = Secret::new("the secret of an access key", pair.secret)?;
        let key = AccessKey::new("the id of an access key", &pair.id, secret)?;
        let security_token = pair.security_token;
        make_room(&mut self.0, now, |key| key.expires);
        self.0.insert(pair.id, Key { pair: key, security_token, expires, failures: 0, locked_until: None });
        Ok(())
    }

    pub(super) fn find(&mut self, id: &str) -> Option<&mut Key> {
        self.0.get_mut(id)
    }
}

impl Key {
    /// Returns the reason why the key cannot be used at `now`, or `None` if it can.
    pub(super) fn denial(&self, now: SystemTime) -> Option<&'static str> {
        if self.locked_until.is_some_and(|end| now < end) {
            return Some("AK access failed to reach the limit,forbidden");
        }
        self.expires.is_some_and(|end| end <= now).then_some("the temporary access key has expired")
    }

    /// Returns whether `token` matches the security token of the key. Both may be absent.
    pub(super) fn has_security_token(&self, token: Option<&str>) -> bool {
        match (&self.security_token, token) {
            (Some(known), Some(given)) => known.as_bytes().ct_eq(given.as_bytes()).into(),
            (None, None) => true,
            _ => false,
        }
    }

    /// Records that a signature was accepted or refused at `now`.
    pub(super) fn count(&mut self, accepted: bool, now: SystemTime) {
        if accepted {
            (self.failures, self.locked_until) = (0, None);
            return;
        }
        self.failures += 1;
        if self.failures > MAX_FAILURES {
            (self.failures, self.locked_until) = (0, Some(now + LOCK_TIME));
        }
    }
}
