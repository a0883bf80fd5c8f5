//! What several files describe together.

use std::collections::{BTreeMap, HashMap};

use bird_connectors::WorkspaceId;

use crate::desired::DesiredWorkspace;
use crate::place::Place;

/// What the files so far describe together.
#[derive(Default)]
pub(super) struct Merged {
    pub(super) project: Option<(String, Place)>,
    pub(super) workspaces: Vec<DesiredWorkspace>,
    pub(super) labels: HashMap<String, WorkspaceId>,
    /// Where each connector and subscription is described, by workspace and identity.
    identities: BTreeMap<(WorkspaceId, String), Place>,
}

impl Merged {
    /// The workspace with this id, which is added if it is new.
    pub(super) fn workspace(&mut self, id: WorkspaceId) -> &mut DesiredWorkspace {
        let known = self.workspaces.iter().position(|one| one.id == id);
        let index = known.unwrap_or_else(|| {
            self.workspaces.push(DesiredWorkspace {
                id,
                label: None,
                organization: None,
                connectors: None,
                subscriptions: None,
            });
            self.workspaces.len() - 1
        });
        &mut self.workspaces[index]
    }

    /// Remembers where something is described. Returns the place if it has been described before.
    pub(super) fn describe(
        &mut self,
        workspace: WorkspaceId,
        identity: String,
        place: &Place,
    ) -> Option<Place> {
        let key = (workspace, identity);
        match self.identities.get(&key) {
            Some(earlier) => Some(earlier.clone()),
            None => {
                self.identities.insert(key, place.clone());
                None
            }
        }
    }
}
