//! What a create of unknown outcome leaves behind, and looking for it later.

use std::fmt;
use std::future::IntoFuture;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::driver;
use super::ensure::{Ensured, WINDOW};
use super::same::{Identity, Wanted};
use super::store::ApiStore;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::resources::connectors::Connectors;

/// What is needed to find out later what became of a create whose outcome is unknown: carried by the error
/// ([`Error::reconcile`]). It holds no secret.
///
/// It serialises with serde, and as one line of JSON with `Display` and `FromStr`. Hand it to
/// [`Connectors::reconcile`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reconcile {
    #[serde(rename = "v")]
    version: Version,
    workspace: Uuid,
    template: String,
    name: String,
    identity: Identity,
    at: DateTime<Utc>,
}

/// Only version 1 can be read, so no other can be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub(crate) struct Version;

impl From<Version> for u64 {
    fn from(_: Version) -> u64 {
        1
    }
}

impl TryFrom<u64> for Version {
    type Error = String;

    fn try_from(version: u64) -> Result<Self, String> {
        match version {
            1 => Ok(Self),
            _ => Err(format!("version {version} is not known to this release")),
        }
    }
}

impl Reconcile {
    pub(crate) fn new(workspace: Uuid, wanted: &Wanted, at: DateTime<Utc>) -> Self {
        Self {
            version: Version,
            workspace,
            template: wanted.reference.clone(),
            name: wanted.name.clone(),
            identity: wanted.identity.clone(),
            at,
        }
    }

    /// The workspace in which the connector may exist.
    #[must_use]
    pub fn workspace(&self) -> Uuid {
        self.workspace
    }

    /// The reference of the template, `slug:version`.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template
    }

    /// The name that the connector was to get.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The arguments that identify the connector; none where its name does.
    #[must_use]
    pub fn arguments(&self) -> &serde_json::Map<String, serde_json::Value> {
        self.identity.arguments()
    }

    /// When the create was about to be sent, by the clock of the machine that did it.
    #[must_use]
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// What to look for, as a phrase for people.
    #[must_use]
    pub fn what(&self) -> String {
        self.wanted().describe()
    }

    pub(crate) fn wanted(&self) -> Wanted {
        Wanted {
            reference: self.template.clone(),
            name: self.name.clone(),
            arguments: self.identity.arguments().clone(),
            identity: self.identity.clone(),
        }
    }
}

impl fmt::Display for Reconcile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Reconcile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|error| {
            Error::invalid_input(
                "read what a create left behind",
                format!("the text is not what `Reconcile` writes: {error}"),
            )
        })
    }
}

/// Looking for what a create may have made. Made by [`Connectors::reconcile`]; await it.
#[derive(Clone, Debug)]
#[must_use = "nothing is looked for unless this is awaited"]
pub struct Reconciling {
    connectors: Connectors,
    what: Reconcile,
    window: Duration,
}

impl Reconciling {
    pub(crate) fn new(connectors: Connectors, what: Reconcile) -> Self {
        Self {
            connectors,
            what,
            window: WINDOW,
        }
    }

    /// How long to look. Default: 30 s. Zero: once.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    async fn run(self) -> Result<Option<Ensured>, Error> {
        let workspace = self.connectors.workspace();
        if self.what.workspace != workspace.id() {
            return Err(Error::invalid_input(
                "reconcile a create",
                format!(
                    "it happened in workspace {}, not in {}",
                    self.what.workspace,
                    workspace.id()
                ),
            ));
        }
        let store = ApiStore::new(self.connectors.clone());
        let found = driver::find(&store, &self.what.wanted(), self.window).await?;
        // Whether the secrets arrived is not known.
        Ok(found.map(|found| Ensured::adopted_as(workspace.clone(), found, false)))
    }
}

impl IntoFuture for Reconciling {
    type Output = Result<Option<Ensured>, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
