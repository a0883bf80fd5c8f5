//! The installs that a bulk wait follows.

use std::collections::{BTreeMap, HashMap};

use bird_connectors_api::types::{ChannelId, ConnectorId};

use super::followed::FollowedInstall;

/// The followed installs by connector, and an index by channel.
#[derive(Default)]
pub(super) struct FollowedInstalls {
    by_connector: BTreeMap<ConnectorId, Box<FollowedInstall>>,
    by_channel: HashMap<ChannelId, ConnectorId>,
}

impl FollowedInstalls {
    pub(super) fn is_empty(&self) -> bool {
        self.by_connector.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.by_connector.len()
    }

    pub(super) fn contains(&self, connector: ConnectorId) -> bool {
        self.by_connector.contains_key(&connector)
    }

    pub(super) fn insert(&mut self, connector: ConnectorId, install: FollowedInstall) {
        self.by_connector.insert(connector, Box::new(install));
        self.index_channel(connector);
    }

    pub(super) fn remove(&mut self, connector: ConnectorId) -> Option<Box<FollowedInstall>> {
        let install = self.by_connector.remove(&connector)?;
        if let Some(channel) = install.channel_id() {
            self.by_channel.remove(&channel);
        }
        Some(install)
    }

    pub(super) fn get(&self, connector: ConnectorId) -> Option<&FollowedInstall> {
        self.by_connector.get(&connector).map(|install| &**install)
    }

    pub(super) fn get_mut(&mut self, connector: ConnectorId) -> Option<&mut FollowedInstall> {
        self.by_connector
            .get_mut(&connector)
            .map(|install| &mut **install)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ConnectorId, &FollowedInstall)> {
        self.by_connector
            .iter()
            .map(|(connector, install)| (*connector, &**install))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (ConnectorId, &mut FollowedInstall)> {
        self.by_connector
            .iter_mut()
            .map(|(connector, install)| (*connector, &mut **install))
    }

    /// Updates the index after a read, which may have returned the channel's id.
    pub(super) fn index_channel(&mut self, connector: ConnectorId) {
        if let Some(channel) = self.get(connector).and_then(FollowedInstall::channel_id) {
            self.by_channel.insert(channel, connector);
        }
    }

    /// The followed install that a listed channel or an event belongs to.
    pub(super) fn find(
        &self,
        connector: Option<ConnectorId>,
        channel: Option<ChannelId>,
    ) -> Option<ConnectorId> {
        connector
            .filter(|id| self.contains(*id))
            .or_else(|| self.by_channel.get(&channel?).copied())
            .filter(|id| self.contains(*id))
    }
}
