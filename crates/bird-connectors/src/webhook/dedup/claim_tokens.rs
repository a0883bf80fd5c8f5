//! The claims of one store: which token belongs to which key. Pure.
//!
//! The methods of a store take only the key of a delivery, so the store remembers which claims are its own. Two workers of
//! one process hold claims of one key only if the lease of the first claim has ended. The store cannot know which of the two
//! ends first. It therefore uses the oldest token first: the release that ends first deletes nothing that another worker
//! still holds, because the store holds a later token by then.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::mem;
use std::sync::Mutex;

use super::key_map::KeyMap;
use crate::lock::lock;
use crate::webhook::DeliveryKey;

/// The number of claims that a store remembers by default.
const CAPACITY: usize = 65_536;

/// The tokens of the claims that a [`DedupStore`](crate::webhook::DedupStore) has made and not ended, for all threads of a
/// process. For stores that several processes share.
///
/// If a worker takes longer than its lease, a second worker can claim the same delivery. The first one must then not release
/// the claim of the second. So a store writes a token with each claim, such as a random value, and releases a claim only if it
/// still has this token. [`DedupStore::release`](crate::webhook::DedupStore::release) takes only the key: the store remembers
/// the tokens here.
///
/// If a store has two tokens of one key, it cannot distinguish their workers. [`take_oldest`](Self::take_oldest) returns the one
/// whose lease has ended, so the claim of the second worker lasts at least until that worker has ended, too.
///
/// The documentation of [`DedupStore`](crate::webhook::DedupStore) has an example.
pub struct ClaimTokens<T> {
    table: Mutex<TokenTable<T>>,
}

impl<T> ClaimTokens<T> {
    /// No tokens, with a capacity of 65 536. Beyond it, the oldest token is dropped, and its claim ends with the lease.
    #[must_use]
    pub fn new() -> Self {
        Self {
            table: Mutex::new(TokenTable::with_capacity(CAPACITY)),
        }
    }

    /// Remembers the token of a new claim.
    pub fn insert(&self, key: DeliveryKey, token: T) {
        lock(&self.table).insert(key, token);
    }

    /// Removes the oldest token of a key, and returns it. `None` if the store has no claim of the key.
    pub fn take_oldest(&self, key: DeliveryKey) -> Option<T> {
        lock(&self.table).take_oldest(key)
    }

    /// The number of tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.table).len()
    }

    /// Whether there are no tokens.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Default for ClaimTokens<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Without the tokens: who knows one can release its claim.
impl<T> fmt::Debug for ClaimTokens<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimTokens")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// The tokens, for a store that has a lock of its own.
pub(crate) struct TokenTable<T> {
    tokens: KeyMap<KeyTokens<T>>,
    /// The keys in the order of their claims.
    order: BTreeMap<u64, DeliveryKey>,
    next: u64,
    capacity: usize,
}

/// The tokens of one key, with their numbers. Nearly every key has only one, which needs no allocation here.
struct KeyTokens<T> {
    oldest: (u64, T),
    later: VecDeque<(u64, T)>,
}

impl<T> TokenTable<T> {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            tokens: KeyMap::default(),
            order: BTreeMap::new(),
            next: 0,
            capacity,
        }
    }

    pub(crate) fn set_capacity(&mut self, capacity: usize) {
        self.capacity = capacity;
    }

    pub(crate) fn insert(&mut self, key: DeliveryKey, token: T) {
        self.next += 1;
        self.order.insert(self.next, key);
        let token = (self.next, token);
        match self.tokens.entry(key) {
            Entry::Occupied(mut tokens) => tokens.get_mut().later.push_back(token),
            Entry::Vacant(tokens) => {
                tokens.insert(KeyTokens {
                    oldest: token,
                    later: VecDeque::new(),
                });
            }
        }
        while self.order.len() > self.capacity
            && let Some((_, oldest)) = self.order.first_key_value()
        {
            let oldest = *oldest;
            self.take_oldest(oldest);
        }
    }

    pub(crate) fn take_oldest(&mut self, key: DeliveryKey) -> Option<T> {
        let Entry::Occupied(mut tokens) = self.tokens.entry(key) else {
            return None;
        };
        let next = tokens.get_mut().later.pop_front();
        let (number, token) = match next {
            Some(next) => mem::replace(&mut tokens.get_mut().oldest, next),
            None => tokens.remove().oldest,
        };
        self.order.remove(&number);
        Some(token)
    }

    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }
}

#[cfg(test)]
mod tests;
