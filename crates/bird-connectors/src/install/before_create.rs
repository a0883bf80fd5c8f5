//! A store that reports each create right before it is sent.

use std::sync::Arc;

use bird_connectors_api::types::{Connector, ConnectorId, WorkspaceId};

use super::matching::WantedConnector;
use super::process_claims::ProcessClaims;
use super::store::{ConnectorStore, Snapshot};
use crate::clock::now;
use crate::error::Error;
use crate::resume::UnresolvedCreate;
use crate::templates::Template;
use crate::transport::SendPermission;

/// What is called before each create.
pub(super) type BeforeCreate = Arc<dyn Fn(&UnresolvedCreate) + Send + Sync>;

/// Calls `before_create` before each create; everything else is up to the store inside.
pub(super) struct ReportedCreates<'a, S> {
    pub(super) store: S,
    pub(super) wanted: &'a WantedConnector,
    pub(super) before_create: Option<BeforeCreate>,
}

impl<S: ConnectorStore> ConnectorStore for ReportedCreates<'_, S> {
    fn workspace(&self) -> WorkspaceId {
        self.store.workspace()
    }

    fn claims(&self) -> Arc<ProcessClaims> {
        self.store.claims()
    }

    async fn all(&self) -> Result<Arc<Snapshot>, Error> {
        self.store.all().await
    }

    async fn get(&self, id: ConnectorId) -> Result<Connector, Error> {
        self.store.get(id).await
    }

    async fn create(
        &self,
        template: Template,
        permission: Option<SendPermission>,
    ) -> Result<Connector, Error> {
        if let Some(before_create) = &self.before_create {
            before_create(&self.wanted.unresolved(self.workspace(), now()));
        }
        self.store.create(template, permission).await
    }
}
