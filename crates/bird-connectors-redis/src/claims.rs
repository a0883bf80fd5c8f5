//! The claims of one store: the tokens that identify them in Redis. Pure.
//!
//! The methods of a store take only the key of a delivery, so the store remembers which claims are its own. Two workers of
//! one process hold claims of one key only if the lease of the first claim has ended. The store cannot know which of the two
//! ends first. It therefore uses the oldest token first: the release that ends first deletes nothing that another worker
//! still holds, because Redis holds a later token by then.

use std::collections::{BTreeMap, HashMap, VecDeque};

use bird_connectors::webhook::DeliveryKey;

/// The number of claims that a store remembers. Beyond it, the oldest is forgotten, and ends with its lease.
const CAPACITY: usize = 65_536;

/// Identifies a claim: 128 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClaimToken(u128);

impl ClaimToken {
    pub(crate) fn new(random: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(random))
    }

    /// The value of the key in Redis.
    pub(crate) fn value(self) -> String {
        format!("claim:{:032x}", self.0)
    }
}

/// The claims of one store that were not committed or released yet.
#[derive(Debug, Default)]
pub(crate) struct OwnClaims {
    /// For each key, the oldest first.
    tokens: HashMap<DeliveryKey, VecDeque<(u64, ClaimToken)>>,
    /// The keys in the order of their claims.
    order: BTreeMap<u64, DeliveryKey>,
    next: u64,
}

impl OwnClaims {
    pub(crate) fn insert(&mut self, key: DeliveryKey, token: ClaimToken) {
        self.next += 1;
        self.order.insert(self.next, key);
        let tokens = self.tokens.entry(key).or_default();
        tokens.push_back((self.next, token));
        if self.order.len() > CAPACITY
            && let Some((_, oldest)) = self.order.first_key_value()
        {
            let oldest = *oldest;
            self.remove_oldest(oldest);
        }
    }

    /// Removes the oldest token of a key.
    pub(crate) fn remove_oldest(&mut self, key: DeliveryKey) -> Option<ClaimToken> {
        let tokens = self.tokens.get_mut(&key)?;
        let (number, token) = tokens.pop_front()?;
        if tokens.is_empty() {
            self.tokens.remove(&key);
        }
        self.order.remove(&number);
        Some(token)
    }
}

#[cfg(test)]
mod tests;
