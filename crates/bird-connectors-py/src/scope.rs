//! The SDK's client and workspace of a Python handle, in the process that uses the handle.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bird_connectors as sdk;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use sdk::ClientBuilder;
use sdk::client::CallOptions;
use sdk::models::{OrganizationId, WorkspaceId};

use crate::process::{ProcessOwned, lock};
use crate::sdk_errors::sdk_error;

/// A client, shared by all handles that come from it.
pub(crate) struct ClientCore {
    origin: Origin,
    closed: AtomicBool,
}

/// Where the SDK's client comes from.
enum Origin {
    /// Built from these settings, once in each process that uses it.
    Built {
        settings: Box<ClientBuilder>,
        client: Mutex<Option<ProcessOwned<sdk::Client>>>,
    },
    /// The client of another core with one change. It shares the other's connections.
    Derived {
        from: Arc<ClientCore>,
        change: Change,
    },
}

/// What distinguishes a derived client.
pub(crate) enum Change {
    Options(CallOptions),
    AccessKey(String),
}

impl ClientCore {
    /// A client with these settings. Fails if they are invalid.
    pub(crate) fn build(py: Python<'_>, settings: ClientBuilder) -> PyResult<Arc<Self>> {
        Self::checked(
            py,
            Origin::Built {
                settings: Box::new(settings),
                client: Mutex::new(None),
            },
        )
    }

    /// A client with this change that shares the connections of this one. Fails if the change is invalid.
    pub(crate) fn derive(self: &Arc<Self>, py: Python<'_>, change: Change) -> PyResult<Arc<Self>> {
        let from = Arc::clone(self);
        Self::checked(py, Origin::Derived { from, change })
    }

    /// Makes the client at once, so that invalid settings are reported where they are given.
    fn checked(py: Python<'_>, origin: Origin) -> PyResult<Arc<Self>> {
        let core = Arc::new(Self {
            origin,
            closed: AtomicBool::new(false),
        });
        core.client(py)?;
        Ok(core)
    }

    /// The client of this process. A forked child builds its own.
    pub(crate) fn client(&self, py: Python<'_>) -> PyResult<sdk::Client> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(PyRuntimeError::new_err(
                "the client is closed: create a new one",
            ));
        }
        let (settings, client) = match &self.origin {
            Origin::Built { settings, client } => (settings, client),
            Origin::Derived { from, change } => {
                let client = from.client(py)?;
                return match change {
                    Change::Options(options) => client.with_options(*options),
                    Change::AccessKey(key) => client.with_access_key(key),
                }
                .map_err(|error| sdk_error(py, &error));
            }
        };
        let mut slot = lock(client);
        if let Some(client) = slot.as_ref().and_then(ProcessOwned::get) {
            return Ok(client.clone());
        }
        match settings.clone().build() {
            Ok(client) => {
                *slot = Some(ProcessOwned::new(client.clone()));
                Ok(client)
            }
            Err(error) => {
                // Making an exception runs Python, which must not happen while a lock is held.
                drop(slot);
                Err(sdk_error(py, &error))
            }
        }
    }

    /// Drops the connections. Calls that are running finish; new ones fail. A derived client has no connections to drop.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        if let Origin::Built { client, .. } = &self.origin {
            let client = lock(client).take();
            drop(client);
        }
    }
}

/// A workspace of a client, with the organization if it is reached through one.
#[derive(Clone)]
pub(crate) struct WorkspaceScope {
    pub(crate) core: Arc<ClientCore>,
    organization: Option<OrganizationId>,
    pub(crate) id: WorkspaceId,
}

impl WorkspaceScope {
    /// The workspace with this id. Without an id it is the default workspace of the client, which is read once.
    pub(crate) fn new(
        py: Python<'_>,
        core: &Arc<ClientCore>,
        organization: Option<OrganizationId>,
        id: Option<WorkspaceId>,
    ) -> PyResult<Self> {
        let client = core.client(py)?;
        let id = match id {
            Some(id) => id,
            None => {
                let workspace = client.default_workspace();
                workspace.map_err(|error| sdk_error(py, &error))?.id()
            }
        };
        Ok(Self {
            core: Arc::clone(core),
            organization,
            id,
        })
    }

    /// The same workspace of another client.
    pub(crate) fn with_core(&self, core: Arc<ClientCore>) -> Self {
        Self {
            core,
            ..self.clone()
        }
    }

    /// The SDK's workspace in this process.
    pub(crate) fn workspace(&self, py: Python<'_>) -> PyResult<sdk::Workspace> {
        let client = self.core.client(py)?;
        Ok(match self.organization {
            Some(organization) => client.organization(organization).workspace(self.id),
            None => client.workspace(self.id),
        })
    }
}
