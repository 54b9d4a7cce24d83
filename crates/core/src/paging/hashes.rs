//! Defines hashes that have the same value in every run.

use std::hash::Hasher as _;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use fnv::FnvHasher;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Returns the hash of bytes by FNV-1a. It is the same on every machine and in every version.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = FnvHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

/// A list of hashes. Its serialized form is text: numbers of this size are not safe in JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hashes(pub(super) Vec<u64>);

impl Serialize for Hashes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|hash| hash.to_be_bytes()).collect();
        serializer.serialize_str(&BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Hashes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(de::Error::custom)?;
        let (hashes, rest) = bytes.as_chunks();
        if !rest.is_empty() {
            return Err(de::Error::custom("expected hashes of 8 bytes each"));
        }
        Ok(Self(hashes.iter().map(|hash| u64::from_be_bytes(*hash)).collect()))
    }
}
