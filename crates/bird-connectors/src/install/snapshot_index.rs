//! An index of the connectors of a snapshot by what can make them match, so that matching a thousand templates against a
//! thousand connectors does not take a million comparisons. Pure.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use bird_connectors_api::types::{Connector, NumberId};

use super::matching::{Canonical, ConnectorView, WantedConnector, value_of, wanted_number};
use crate::resume::IdentityRule;

/// The positions of connectors. The search returns every connector that [`compare`](super::matching::compare) does not reject,
/// and a few more.
#[derive(Clone, Debug, Default)]
pub(super) struct SnapshotIndex {
    /// The hash of each feature of each connector, with the position of the connector, in ascending order.
    features: Vec<(u64, usize)>,
    /// Connectors that can match whatever is wanted, because a part of them cannot be read.
    unreadable: Vec<usize>,
    hasher: RandomState,
}

/// What two connectors can have in common. The index stores only hashes, because the candidates are compared anyway: copies of
/// the values took a fifth of the instructions of a large `install_all`.
#[derive(Hash)]
enum Feature<'a> {
    /// The key and the normalized value of an argument.
    Argument(&'a str, Canonical<'a>),
    Number(NumberId),
    Name(&'a str),
}

impl SnapshotIndex {
    pub(super) fn of<'a>(connectors: impl IntoIterator<Item = &'a Connector>) -> Self {
        let mut index = Self::default();
        for (at, connector) in connectors.into_iter().enumerate() {
            let view = ConnectorView::from(connector);
            for (key, _) in view.arguments.into_iter().flatten() {
                if let Some(value) = view.arguments.and_then(|all| value_of(all, key)) {
                    index.insert(&Feature::Argument(key, Canonical::of(key, value)), at);
                }
            }
            if let Some(number) = view.number_id {
                index.insert(&Feature::Number(number), at);
            }
            match view.name {
                Some(name) if !view.unreadable => index.insert(&Feature::Name(name.trim()), at),
                _ => index.unreadable.push(at),
            }
        }
        index.features.sort_unstable();
        index
    }

    fn insert(&mut self, feature: &Feature<'_>, at: usize) {
        self.features.push((self.hasher.hash_one(feature), at));
    }

    /// The positions of the connectors to compare, in ascending order. `None` if all have to be compared.
    pub(super) fn find(&self, wanted: &WantedConnector) -> Option<Vec<usize>> {
        let identity = &wanted.identity;
        if identity.arguments.is_empty() && identity.by != IdentityRule::Name {
            return None;
        }
        let mut found = self.unreadable.clone();
        for (key, value) in &identity.arguments {
            found.extend(self.having(&Feature::Argument(key, Canonical::of(key, value))));
        }
        if let Some(number) = wanted_number(wanted) {
            found.extend(self.having(&Feature::Number(number)));
        }
        found.extend(self.having(&Feature::Name(wanted.name.trim())));
        found.sort_unstable();
        found.dedup();
        Some(found)
    }

    /// The positions of the connectors with this feature, and of any with the same hash.
    fn having(&self, feature: &Feature<'_>) -> impl Iterator<Item = usize> {
        let hash = self.hasher.hash_one(feature);
        let start = self.features.partition_point(|(other, _)| *other < hash);
        let found = self.features[start..].iter();
        found
            .take_while(move |(other, _)| *other == hash)
            .map(|(_, at)| *at)
    }
}

#[cfg(test)]
mod tests;
