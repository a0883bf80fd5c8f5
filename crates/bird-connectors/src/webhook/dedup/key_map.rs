//! A hash map whose keys are [`DeliveryKey`]s.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::webhook::DeliveryKey;

/// A map whose keys are not hashed again: a [`DeliveryKey`] is a SHA-256 value already. A delivery looks up a key seven times,
/// which saves 1,000 of its instructions.
///
/// Colliding keys would make the map slow. A SHA-256 value that ends in given bytes has to be searched for, and only the owner of
/// the signing key can make a delivery that is verified.
pub(super) type KeyMap<V> = HashMap<DeliveryKey, V, BuildHasherDefault<TailHasher>>;

/// Uses the last eight bytes as the hash.
#[derive(Default)]
pub(super) struct TailHasher(u64);

impl Hasher for TailHasher {
    /// Is called for the length of the key and then for its bytes.
    fn write(&mut self, bytes: &[u8]) {
        if let Some(tail) = bytes.last_chunk() {
            self.0 = u64::from_be_bytes(*tail);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher as _;

    use super::*;

    #[test]
    fn hash_of_a_key_is_its_last_eight_bytes() {
        let key: DeliveryKey = format!("{}00000000000000ff", "ab".repeat(24))
            .parse()
            .unwrap();
        assert_eq!(KeyMap::<()>::default().hasher().hash_one(key), 0xff);
    }
}
