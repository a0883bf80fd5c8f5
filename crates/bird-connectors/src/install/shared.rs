//! One store for many templates: the list is read once for all, and looks that are wanted at the same time are one.

use std::collections::HashMap;
use std::sync::Arc;

use bird_connectors_api::types::{Connector, ConnectorId, WorkspaceId};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::store::{Snapshot, Store};
use crate::error::Error;
use crate::templates::Template;

type Look = Result<Arc<Snapshot>, Error>;

pub(super) struct SharedStore<S> {
    store: S,
    /// What the run began with, and where each connector stands in it.
    first: Arc<Snapshot>,
    places: HashMap<ConnectorId, usize>,
    /// The last look since, and when it began.
    last: Mutex<Option<(Instant, Look)>>,
}

impl<S: Store> SharedStore<S> {
    /// Reads the list.
    pub(super) async fn read(store: S) -> Result<Self, Error> {
        let first = store.all().await?;
        let ids = first.connectors.iter().map(|connector| connector.id);
        Ok(Self {
            places: ids.enumerate().map(|(place, id)| (id, place)).collect(),
            store,
            first,
            last: Mutex::new(None),
        })
    }

    pub(super) fn first(&self) -> &Snapshot {
        &self.first
    }
}

impl<S: Store> Store for SharedStore<S> {
    fn workspace(&self) -> WorkspaceId {
        self.store.workspace()
    }

    /// What is there now: a look that began when this was called, or later, and that others may have asked for.
    async fn all(&self) -> Look {
        let asked = Instant::now();
        let mut last = self.last.lock().await;
        if let Some((began, look)) = &*last
            && *began >= asked
        {
            return look.clone();
        }
        let began = Instant::now();
        let look = self.store.all().await;
        *last = Some((began, look.clone()));
        look
    }

    /// What the run began with is new enough: it only spares a read of what a journal has noted.
    async fn get(&self, id: ConnectorId) -> Result<Connector, Error> {
        match self.places.get(&id) {
            Some(place) => Ok(self.first.connectors[*place].clone()),
            None => self.store.get(id).await,
        }
    }

    async fn create(&self, template: Template) -> Result<Connector, Error> {
        self.store.create(template).await
    }
}
