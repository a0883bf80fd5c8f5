//! A store for a bulk install: the list is read once at the start, and concurrent lookups share one read.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use bird_connectors_api::types::{Connector, ConnectorId, WorkspaceId};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::process_claims::ProcessClaims;
use super::store::{ConnectorStore, Snapshot};
use crate::error::Error;
use crate::templates::Template;
use crate::transport::SendPermission;

type SnapshotResult = Result<Arc<Snapshot>, Error>;

pub(super) struct SharedStore<S> {
    store: S,
    /// The list at the start of the run.
    first: Snapshot,
    /// The index of each connector in it. Only runs with a journal look connectors up by their id.
    indexes: OnceLock<HashMap<ConnectorId, usize>>,
    /// The last read after that, and when it started.
    last: Mutex<Option<(Instant, SnapshotResult)>>,
}

impl<S: ConnectorStore> SharedStore<S> {
    /// Reads the list.
    pub(super) async fn read(store: S) -> Result<Self, Error> {
        let first = Arc::unwrap_or_clone(store.all().await?).indexed();
        Ok(Self {
            store,
            first,
            indexes: OnceLock::new(),
            last: Mutex::new(None),
        })
    }

    /// The list at the start of the run.
    pub(super) fn first(&self) -> &Snapshot {
        &self.first
    }
}

impl<S: ConnectorStore> ConnectorStore for SharedStore<S> {
    fn workspace(&self) -> WorkspaceId {
        self.store.workspace()
    }

    fn claims(&self) -> Arc<ProcessClaims> {
        self.store.claims()
    }

    /// Returns a read that started when this was called, or later. Other callers may share it.
    async fn all(&self) -> SnapshotResult {
        let called = Instant::now();
        let mut last = self.last.lock().await;
        if let Some((started, result)) = &*last
            && *started >= called
        {
            return result.clone();
        }
        let started = Instant::now();
        let result = self.store.all().await;
        *last = Some((started, result.clone()));
        result
    }

    /// The first list is recent enough: it saves reading each connector of a journal.
    async fn get(&self, id: ConnectorId) -> Result<Connector, Error> {
        let connectors = &self.first.connectors;
        let indexes = self.indexes.get_or_init(|| {
            let ids = connectors.iter().map(|connector| connector.id);
            ids.enumerate().map(|(index, id)| (id, index)).collect()
        });
        match indexes.get(&id) {
            Some(index) => Ok(Connector::clone(&connectors[*index])),
            None => self.store.get(id).await,
        }
    }

    async fn create(
        &self,
        template: Template,
        permission: Option<SendPermission>,
    ) -> Result<Connector, Error> {
        self.store.create(template, permission).await
    }
}
