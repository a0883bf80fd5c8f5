//! An install as a caller passes it to a bulk wait.

use bird_connectors_api::types::{Connector, ConnectorId};

use crate::resume::WaitToken;

/// An install to follow: its connector's id, its [`WaitToken`], the [`Connector`], or the
/// [`Install`](crate::install::Install) itself.
#[derive(Clone, Debug)]
pub struct InstallRef(pub(super) KnownInstall);

/// The data about an install that the caller passes at the start.
#[derive(Clone, Debug)]
pub(super) enum KnownInstall {
    Id(ConnectorId),
    Token(WaitToken),
    Install(WaitToken, Option<Box<Connector>>),
    Connector(Box<Connector>),
}

impl InstallRef {
    /// An install whose connector may be known already.
    pub(crate) fn with_connector(token: WaitToken, connector: Option<Connector>) -> Self {
        Self(KnownInstall::Install(token, connector.map(Box::new)))
    }

    /// The connector's id.
    #[must_use]
    pub fn connector_id(&self) -> ConnectorId {
        match &self.0 {
            KnownInstall::Id(id) => *id,
            KnownInstall::Token(token) | KnownInstall::Install(token, _) => token.connector_id(),
            KnownInstall::Connector(connector) => connector.id,
        }
    }
}

impl From<ConnectorId> for InstallRef {
    fn from(connector: ConnectorId) -> Self {
        Self(KnownInstall::Id(connector))
    }
}

impl From<WaitToken> for InstallRef {
    fn from(token: WaitToken) -> Self {
        Self(KnownInstall::Token(token))
    }
}

impl From<Connector> for InstallRef {
    fn from(connector: Connector) -> Self {
        Self(KnownInstall::Connector(Box::new(connector)))
    }
}

impl From<&Connector> for InstallRef {
    fn from(connector: &Connector) -> Self {
        connector.clone().into()
    }
}
