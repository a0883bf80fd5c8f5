//! Where a list stands, as a value that can be stored and handed to another process.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bird_connectors_api::from_json;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::error::Error;

/// The version of what a checkpoint holds. Another version is refused, never guessed at.
const VERSION: u8 = 1;

/// Where a list stands: everything before it was delivered, everything from it on was not.
///
/// Hand it to `from` of the same list (same operation, workspace and filters) to go on, in this process or in another.
/// It serialises with serde, and as one line of text with `Display` and `FromStr`. It holds no secret, but the filters
/// and a page token of the API, which may expire: how long they live is not documented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    #[serde(rename = "v")]
    version: u8,
    #[serde(flatten)]
    scope: Scope,
    #[serde(flatten)]
    position: Position,
}

/// The list that a checkpoint belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scope {
    pub(crate) operation: Cow<'static, str>,
    pub(crate) workspace: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) organization: Option<Uuid>,
    #[serde(default)]
    pub(crate) filters: Value,
}

/// A place in a list: a page, and how many of its entries were delivered. The size of the page belongs to it, because
/// neither the token nor the index needs to mean the same with another size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) page_size: u32,
    /// The token that the page is asked for with; `None` for the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    #[serde(default)]
    pub(crate) index: usize,
}

impl Checkpoint {
    pub(crate) fn new(scope: &Scope, position: Position) -> Self {
        Self {
            version: VERSION,
            scope: scope.clone(),
            position,
        }
    }

    /// The workspace whose list this is.
    #[must_use]
    pub fn workspace(&self) -> Uuid {
        self.scope.workspace
    }

    /// The place in the list of this scope, or why it is none of that list's.
    pub(crate) fn position_in(&self, scope: &Scope) -> Result<&Position, String> {
        let own = &self.scope;
        if self.version != VERSION {
            Err(format!(
                "the checkpoint has version {}, and this release reads version {VERSION}; start the list over",
                self.version
            ))
        } else if own.operation != scope.operation {
            Err(format!(
                "the checkpoint belongs to `{}`, not to `{}`",
                own.operation, scope.operation
            ))
        } else if own.workspace != scope.workspace {
            Err(format!(
                "the checkpoint belongs to workspace {}, not to {}",
                own.workspace, scope.workspace
            ))
        } else if own.organization != scope.organization {
            Err("the checkpoint belongs to the same list of another organization".to_owned())
        } else if own.filters != scope.filters {
            Err(format!(
                "the checkpoint was made with the filters {}, not with {}",
                own.filters, scope.filters
            ))
        } else {
            Ok(&self.position)
        }
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
        let json = URL_SAFE_NO_PAD.decode(text.trim()).ok();
        json.and_then(|json| from_json(&json).ok()).ok_or_else(|| {
            Error::invalid_input(
                "read a checkpoint",
                "the text is no checkpoint, or not a whole one",
            )
        })
    }
}
