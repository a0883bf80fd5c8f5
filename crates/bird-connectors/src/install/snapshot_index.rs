//! An index of the connectors of a snapshot by what can make them match, so that matching a thousand templates against a
//! thousand connectors does not take a million comparisons. Pure.

use std::collections::HashMap;

use bird_connectors_api::types::{Connector, NumberId};

use super::matching::{ConnectorView, WantedConnector, canonical, value_of, wanted_number};
use crate::resume::IdentityRule;

/// The positions of connectors. The search returns every connector that [`compare`](super::matching::compare) does not reject,
/// and a few more.
#[derive(Clone, Debug, Default)]
pub(super) struct SnapshotIndex {
    /// By the key and the normalized value of each argument.
    by_argument: HashMap<(String, String), Vec<usize>>,
    by_number: HashMap<NumberId, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    /// Connectors that can match whatever is wanted, because a part of them cannot be read.
    unreadable: Vec<usize>,
}

impl SnapshotIndex {
    pub(super) fn of(connectors: &[Connector]) -> Self {
        let mut index = Self::default();
        for (at, connector) in connectors.iter().enumerate() {
            let view = ConnectorView::from(connector);
            for (key, _) in view.arguments.into_iter().flatten() {
                if let Some(value) = view.arguments.and_then(|all| value_of(all, key)) {
                    let value = canonical(key, value).to_string();
                    let same = index.by_argument.entry((key.clone(), value));
                    same.or_default().push(at);
                }
            }
            if let Some(number) = view.number_id {
                index.by_number.entry(number).or_default().push(at);
            }
            match view.name {
                Some(name) if !view.unreadable => {
                    let same = index.by_name.entry(name.trim().to_owned());
                    same.or_default().push(at);
                }
                _ => index.unreadable.push(at),
            }
        }
        index
    }

    /// The positions of the connectors to compare, in ascending order. `None` if all have to be compared.
    pub(super) fn find(&self, wanted: &WantedConnector) -> Option<Vec<usize>> {
        let identity = &wanted.identity;
        if identity.arguments.is_empty() && identity.by != IdentityRule::Name {
            return None;
        }
        let mut found = self.unreadable.clone();
        for (key, value) in &identity.arguments {
            let argument = (key.clone(), canonical(key, value).to_string());
            found.extend(self.by_argument.get(&argument).into_iter().flatten());
        }
        let number = wanted_number(wanted).and_then(|number| self.by_number.get(&number));
        found.extend(number.into_iter().flatten());
        found.extend(self.by_name.get(wanted.name.trim()).into_iter().flatten());
        found.sort_unstable();
        found.dedup();
        Some(found)
    }
}

#[cfg(test)]
mod tests;
