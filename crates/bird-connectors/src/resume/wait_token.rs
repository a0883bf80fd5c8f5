//! A wait that can be stored, so that another process can resume it.

use std::fmt;
use std::time::Duration;

use bird_connectors_api::given::Given;
use bird_connectors_api::types::{ConnectorId, WorkspaceId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::signed;
use super::versioned::Versioned;

/// Identifies an install to wait for, in this process or in another one. Get it from
/// [`Install::token`](crate::install::Install::token) or [`WaitError::token`](crate::wait::WaitError::token), and pass it to
/// [`Connectors::resume`](crate::resources::Connectors::resume) or [`Connectors::wait_all`](crate::resources::Connectors::wait_all).
///
/// It serializes with serde as JSON, and with `Display` as one line; `FromStr` reads both. It contains no secret.
///
/// The token is not signed, so anyone who can change it can make a wait follow another connector of the workspace. If it
/// travels through a URL or a client that you do not trust, pass the result of [`sign`](Self::sign) instead, and read it
/// with [`verify`](Self::verify).
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use bird_connectors_sandbox::{Sandbox, Script};
/// # let sandbox = Sandbox::builder().default_script(Script::standard().scaled(0.02)).start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace_id = bird_connectors::WorkspaceId::from(sandbox.workspace_id());
/// # let connectors = client.build()?.workspace(workspace_id).connectors();
/// # let number = sandbox.numbers()[0].id();
/// # let sms = |name| bird_connectors::templates::Sms::new(name, number, "conversational");
/// use bird_connectors::wait::WaitToken;
///
/// let install = connectors.install(sms("Support NL")).await?;
/// let stored = install.token().to_string(); // Store it, for example in a database.
///
/// // Later, in this process or in another one:
/// let token: WaitToken = stored.parse()?;
/// let ready = connectors.resume(token)?.until_ready().await?;
/// println!("channel {} can send", ready.channel_id);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WaitToken(Versioned<Fields>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Fields {
    workspace: WorkspaceId,
    connector: ConnectorId,
    created_at: DateTime<Utc>,
    observed: bool,
}

impl WaitToken {
    pub(crate) fn new(
        workspace: WorkspaceId,
        connector: ConnectorId,
        created_at: DateTime<Utc>,
        observed: bool,
    ) -> Self {
        Self(Versioned::new(Fields {
            workspace,
            connector,
            created_at,
            observed,
        }))
    }

    /// Reads either form, or returns the reason why that is not possible.
    pub(crate) fn parse(string: &str) -> Result<Self, String> {
        if Uuid::try_parse(string.trim()).is_ok() {
            return Err(
                "expected a wait token, got a UUID: pass the id of a connector to `follow`, and to `resume` the string that \
                 `token` returned; the id of a channel belongs to neither"
                    .to_owned(),
            );
        }
        // JSON contains dots, too.
        let may_be_signed = string.contains('.') && !string.trim_start().starts_with('{');
        if may_be_signed && matches!(Given::of(string), Given::Stored | Given::Other(_)) {
            return Err("the wait token is signed: read it with `verify` and its key".to_owned());
        }
        let token = Versioned::parse(string, "wait token", "token").map(Self)?;
        if token.connector_id().as_uuid().is_nil() {
            return Err(
                "the wait token names the zero UUID as its connector, which is not an id"
                    .to_owned(),
            );
        }
        Ok(token)
    }

    /// The signed form, or the reason why signing is not possible.
    pub(crate) fn signed(&self, key: &[u8]) -> Result<String, String> {
        signed::sign(&self.to_string(), key)
    }

    /// Reads the signed form, or returns the reason why that is not possible.
    pub(crate) fn verified(string: &str, key: &[u8]) -> Result<Self, String> {
        Self::parse(signed::verify(string, key)?)
    }

    /// The id of the workspace of the connector.
    #[must_use]
    pub fn workspace_id(&self) -> WorkspaceId {
        self.0.data.workspace
    }

    /// The id of the connector to wait for.
    #[must_use]
    pub fn connector_id(&self) -> ConnectorId {
        self.0.data.connector
    }

    /// When the connector was created, by the wall clock of the machine that created it.
    #[must_use]
    pub fn created_at(&self) -> DateTime<Utc> {
        self.0.data.created_at
    }

    /// Whether the connector or its channel has been read since the create. If so, a later 404 means that the connector was
    /// deleted.
    #[must_use]
    pub fn observed(&self) -> bool {
        self.0.data.observed
    }

    /// This token with another value of [`observed`](Self::observed).
    pub(crate) fn with_observed(&self, observed: bool) -> Self {
        let mut token = self.clone();
        token.0.data.observed = observed;
        token
    }

    /// This token with a date that is not in the future. Otherwise every wait that resumes it would start at the age zero,
    /// and would never find out that the connector does not exist.
    pub(crate) fn clamped(mut self, now: DateTime<Utc>) -> Self {
        let created_at = &mut self.0.data.created_at;
        *created_at = now.min(*created_at);
        self
    }

    /// The time since the create, by this machine's clock; never negative.
    pub(crate) fn age(&self, now: DateTime<Utc>) -> Duration {
        (now - self.0.data.created_at).to_std().unwrap_or_default()
    }
}

impl fmt::Display for WaitToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
