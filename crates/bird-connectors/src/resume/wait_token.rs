//! A wait as a value that can be stored: another process, or a job on a queue, carries on with it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bird_connectors_api::from_json;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::Error;

/// What is needed to go on waiting for an install. It holds no secret.
///
/// It serialises with serde, and as one line of text with `Display` and `FromStr`. Hand it to
/// [`Connectors::resume`](crate::Connectors::resume).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitToken {
    #[serde(rename = "v")]
    version: Version,
    workspace: Uuid,
    connector: Uuid,
    created_at: DateTime<Utc>,
    seen: bool,
}

/// Only version 1 can be read, so no other can be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
struct Version;

impl From<Version> for u64 {
    fn from(_: Version) -> u64 {
        1
    }
}

impl TryFrom<u64> for Version {
    type Error = String;

    fn try_from(version: u64) -> Result<Self, String> {
        if version == 1 {
            Ok(Self)
        } else {
            Err(format!(
                "version {version} of wait tokens is not known to this release"
            ))
        }
    }
}

impl WaitToken {
    pub(crate) fn new(
        workspace: Uuid,
        connector: Uuid,
        created_at: DateTime<Utc>,
        seen: bool,
    ) -> Self {
        Self {
            version: Version,
            workspace,
            connector,
            created_at,
            seen,
        }
    }

    /// The workspace of the connector.
    #[must_use]
    pub fn workspace(&self) -> Uuid {
        self.workspace
    }

    /// The connector that is waited for.
    #[must_use]
    pub fn connector(&self) -> Uuid {
        self.connector
    }

    /// When the connector was created, by the clock of the machine that did it.
    #[must_use]
    pub fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    /// Whether the connector has been read since: a 404 means something else then.
    #[must_use]
    pub fn seen(&self) -> bool {
        self.seen
    }

    /// The same token, for a connector that has been read or not.
    pub(crate) fn with_seen(&self, seen: bool) -> Self {
        Self {
            seen,
            ..self.clone()
        }
    }

    /// How long ago it was created, by this machine's clock; never negative.
    pub(crate) fn age(&self, now: DateTime<Utc>) -> Duration {
        (now - self.created_at).to_std().unwrap_or_default()
    }
}

impl fmt::Display for WaitToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_vec(self).map_err(|_| fmt::Error)?;
        f.write_str(&URL_SAFE_NO_PAD.encode(json))
    }
}

impl FromStr for WaitToken {
    type Err = Error;

    /// Reads the text of `Display`, and the JSON of serde too: a queue may have stored either.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| {
            Error::invalid_input(
                "read a wait token",
                format!("the text is no wait token, or not a whole one{why}"),
            )
        };
        let text = text.trim();
        let json = if text.starts_with('{') {
            text.as_bytes().to_vec()
        } else {
            URL_SAFE_NO_PAD.decode(text).map_err(|_| refuse(""))?
        };
        from_json(&json).map_err(|error| refuse(&format!(": {error}")))
    }
}
