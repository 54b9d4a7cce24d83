//! The access keys that are valid, and how often each was refused.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use hss_client::Secret;
use huaweicloud_core::AccessKey;
use subtle::ConstantTimeEq as _;

use super::make_room;

/// How many refused signatures in a row a key may have before it is locked.
const FAILURES: u32 = 5;
/// For how long it is locked then.
const LOCK: Duration = Duration::from_secs(5 * 60);

/// A key id, its secret and, if it is temporary, its security token.
#[derive(Clone)]
pub(crate) struct KeyPair {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) security_token: Option<String>,
}

/// A key as signatures are checked with it.
pub(super) struct Key {
    pub(super) pair: AccessKey,
    security_token: Option<String>,
    expires: Option<SystemTime>,
    /// Refused signatures in a row.
    failures: u32,
    locked_until: Option<SystemTime>,
}

/// All keys, by their id.
#[derive(Default)]
pub(super) struct Keys(HashMap<String, Key>);

impl Keys {
    /// Adds a key that ends at `expires`, in place of the one that ends first if there are too many.
    ///
    /// # Errors
    ///
    /// If it cannot be a key.
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
    /// Returns why the key cannot be used at `now`, if it cannot.
    pub(super) fn refusal(&self, now: SystemTime) -> Option<&'static str> {
        if self.locked_until.is_some_and(|end| now < end) {
            return Some("AK access failed to reach the limit,forbidden");
        }
        self.expires.is_some_and(|end| end <= now).then_some("the temporary access key has expired")
    }

    /// Returns whether this is the security token of the key, or neither has one.
    pub(super) fn has_security_token(&self, token: Option<&str>) -> bool {
        match (&self.security_token, token) {
            (Some(known), Some(given)) => known.as_bytes().ct_eq(given.as_bytes()).into(),
            (None, None) => true,
            _ => false,
        }
    }

    /// Counts a signature that was accepted or refused at `now`.
    pub(super) fn count(&mut self, accepted: bool, now: SystemTime) {
        if accepted {
            (self.failures, self.locked_until) = (0, None);
            return;
        }
        self.failures += 1;
        if self.failures > FAILURES {
            (self.failures, self.locked_until) = (0, Some(now + LOCK));
        }
    }
}
