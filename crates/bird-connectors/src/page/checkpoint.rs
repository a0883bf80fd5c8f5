//! Where a list stands, as a value that can be stored and handed to another process.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::error::Error;

/// The version of what a checkpoint holds. Another version is refused, never guessed at.
const VERSION: u8 = 1;

/// The longest page token that the API takes.
const MAX_TOKEN: usize = 8000;

/// Where a list stands: everything before it was delivered, everything from it on was not.
///
/// Hand it to `from` of the same list (same operation, workspace and filters) to go on, in this process or in another.
/// It serialises with serde, and as one line of text with `Display` and `FromStr`. It holds no secret, but page tokens
/// of the API, which may expire: how long they live is not documented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    #[serde(rename = "v")]
    version: u8,
    operation: String,
    workspace: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    organization: Option<Uuid>,
    #[serde(default)]
    filters: Value,
    page_size: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// Entries of the page behind `token` that were delivered already.
    #[serde(default)]
    index: usize,
}

/// The list that a checkpoint belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) operation: &'static str,
    pub(crate) workspace: Uuid,
    pub(crate) organization: Option<Uuid>,
    pub(crate) filters: Value,
}

/// A place in a list, without the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) token: Option<String>,
    pub(crate) index: usize,
}

impl Checkpoint {
    pub(crate) fn new(scope: &Scope, page_size: u32, position: Position) -> Self {
        Self {
            version: VERSION,
            operation: scope.operation.to_owned(),
            workspace: scope.workspace,
            organization: scope.organization,
            filters: scope.filters.clone(),
            page_size,
            token: position.token,
            index: position.index,
        }
    }

    /// The workspace whose list this is.
    #[must_use]
    pub fn workspace(&self) -> Uuid {
        self.workspace
    }

    /// The page size and position for a list, if this checkpoint belongs to it.
    pub(crate) fn resume(
        &self,
        scope: &Scope,
        page_size: Option<u32>,
        action: &str,
    ) -> Result<(u32, Position), Error> {
        let refuse = |why: String| {
            Err(Error::invalid_input(
                action.to_owned(),
                format!("the checkpoint {why}"),
            ))
        };
        if self.version != VERSION {
            return refuse(format!(
                "has version {}, and this release reads version {VERSION}; start the list over",
                self.version
            ));
        }
        if self.operation != scope.operation {
            return refuse(format!(
                "belongs to `{}`, not to `{}`",
                self.operation, scope.operation
            ));
        }
        if self.workspace != scope.workspace || self.organization != scope.organization {
            return refuse("belongs to another workspace or path".to_owned());
        }
        if self.filters != scope.filters {
            return refuse(format!("was made with other filters: {}", self.filters));
        }
        if page_size.is_some_and(|size| size != self.page_size) {
            return refuse(format!(
                "was made with page size {}; leave page_size out, or start the list over",
                self.page_size
            ));
        }
        if self.page_size == 0 {
            return refuse("has page size 0".to_owned());
        }
        check_token(self.token.as_deref(), action)?;
        Ok((
            self.page_size,
            Position {
                token: self.token.clone().filter(|token| !token.is_empty()),
                index: self.index,
            },
        ))
    }
}

/// A token that the API would refuse is not sent.
pub(crate) fn check_token(token: Option<&str>, action: &str) -> Result<(), Error> {
    match token.map(str::len) {
        Some(length) if length > MAX_TOKEN => Err(Error::invalid_input(
            action.to_owned(),
            format!("the page token has {length} bytes, and the API takes {MAX_TOKEN} at the most"),
        )),
        _ => Ok(()),
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_vec(self).map_err(|_| fmt::Error)?;
        f.write_str(&URL_SAFE_NO_PAD.encode(json))
    }
}

impl FromStr for Checkpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = || {
            Error::invalid_input(
                "read a checkpoint",
                "the text is no checkpoint, or not a whole one",
            )
        };
        let json = URL_SAFE_NO_PAD.decode(text.trim()).map_err(|_| refuse())?;
        serde_json::from_slice(&json).map_err(|_| refuse())
    }
}
