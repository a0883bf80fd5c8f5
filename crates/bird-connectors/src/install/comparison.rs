//! Compares templates with connectors that were read: the first decision of `ensure`, for programs that plan before they
//! install.

use std::fmt;
use std::sync::Arc;

use bird_connectors_api::types::{Connector, WorkspaceId};

use super::drift::{Drift, find_drift};
use super::journal_lines::JournalKey;
use super::matching::{MatchedBy, WantedConnector, identity_of};
use super::store::{Ambiguous, ApiStore, ConnectorStore as _, search};
use crate::error::Error;
use crate::list::UndecodableItem;
use crate::resources::Connectors;
use crate::templates::Template;

impl Connectors {
    /// Reads all connectors, to compare several templates with them: see [`ConnectorIdentity::find`].
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn snapshot(&self) -> Result<ConnectorSnapshot, Error> {
        let all = ApiStore::new(self.clone()).all().await?;
        let all = Arc::unwrap_or_clone(all);
        let connectors = all.connectors.into_iter().map(Arc::unwrap_or_clone);
        Ok(ConnectorSnapshot(Arc::new(Listed {
            connectors: connectors.collect(),
            undecodable: all.undecodable,
        })))
    }
}

/// The connectors of a workspace at one time. Created by [`Connectors::snapshot`]; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct ConnectorSnapshot(Arc<Listed>);

#[derive(Debug, Default)]
struct Listed {
    connectors: Vec<Connector>,
    undecodable: Vec<UndecodableItem>,
}

impl ConnectorSnapshot {
    /// The connectors. A list that changes while it is read can contain one twice.
    #[must_use]
    pub fn connectors(&self) -> &[Connector] {
        &self.0.connectors
    }

    /// The items of the list that could not be decoded.
    #[must_use]
    pub fn undecodable(&self) -> &[UndecodableItem] {
        &self.0.undecodable
    }
}

/// A snapshot of these connectors, for tests and simulations.
impl FromIterator<Connector> for ConnectorSnapshot {
    fn from_iter<I: IntoIterator<Item = Connector>>(connectors: I) -> Self {
        let connectors = connectors.into_iter().collect();
        Self(Arc::new(Listed {
            connectors,
            undecodable: Vec::new(),
        }))
    }
}

/// What identifies the connector of a template, by the table of [`Connectors::ensure`]. It sends no request and contains no
/// secret.
///
/// ```
/// use bird_connectors::install::{ConnectorIdentity, ConnectorSnapshot};
/// use bird_connectors::templates::Telegram;
///
/// let identity = ConnectorIdentity::of(&Telegram::new("Bot").into());
/// assert!(identity.find(&ConnectorSnapshot::default())?.is_none());
/// # Ok::<(), bird_connectors::Error>(())
/// ```
#[derive(Clone)]
pub struct ConnectorIdentity(WantedConnector);

impl ConnectorIdentity {
    /// The identity of the connector that a template describes. The template need not be valid or contain its secrets.
    #[must_use]
    pub fn of(template: &Template) -> Self {
        Self(WantedConnector::new(template, identity_of(template)))
    }

    /// The keys of the identity. Two templates describe the same connector if they have one in common.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.0.identity_keys()
    }

    /// The key of the connector in a journal: a digest of the workspace and the identity.
    #[must_use]
    pub fn journal_key(&self, workspace: WorkspaceId) -> String {
        JournalKey::new(workspace, &self.0).0
    }

    /// The template and what identifies the connector, for messages.
    #[must_use]
    pub fn describe(&self) -> String {
        self.0.describe()
    }

    /// Finds the connector that `ensure` would adopt.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if several connectors match, or if the API does not return enough of
    /// one to decide; [`ErrorKind::Decode`](crate::ErrorKind::Decode) if one that cannot be decoded may match.
    pub fn find(&self, snapshot: &ConnectorSnapshot) -> Result<Option<FoundConnector>, Error> {
        let Listed {
            connectors,
            undecodable,
        } = &*snapshot.0;
        match search(&self.0, connectors.iter().enumerate(), undecodable) {
            Ok(found) => Ok(found.map(|(at, matched_by)| FoundConnector {
                drift: self.drift(&connectors[at]),
                connector: connectors[at].clone(),
                matched_by,
            })),
            Err(Ambiguous::Several(error) | Ambiguous::Undecided(error)) => Err(error),
        }
    }

    /// How a connector differs from the template, as far as the API returns it.
    #[must_use]
    pub fn drift(&self, connector: &Connector) -> Vec<Drift> {
        find_drift(&self.0, connector, &[])
    }
}

/// Shows the template and the name, and not the arguments, which can contain anything.
impl fmt::Debug for ConnectorIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectorIdentity")
            .field("reference", &self.0.reference)
            .field("name", &self.0.name)
            .finish_non_exhaustive()
    }
}

/// A connector that matches a template. Returned by [`ConnectorIdentity::find`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FoundConnector {
    /// The connector.
    pub connector: Connector,
    /// Why it matches.
    pub matched_by: MatchedBy,
    /// How it differs from the template, as far as the API returns it.
    pub drift: Vec<Drift>,
}
