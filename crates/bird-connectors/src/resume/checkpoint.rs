//! A place in a list that can be stored: another process continues the list there.

use std::borrow::Cow;
use std::fmt;

use bird_connectors_api::types::{OrganizationId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::versioned::Versioned;

/// A place in a list: every item before it was delivered, and no item after it.
///
/// Pass it to `resume_from` of the same list (same operation, workspace and filters) to continue, in this process or in
/// another. It serialises with serde as JSON, and with `Display` as one line; `FromStr` reads both. It contains no
/// secret, but the filters and a page token of the API, which may expire: its lifetime is not documented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Checkpoint(Versioned<Fields>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Fields {
    #[serde(flatten)]
    scope: Scope,
    #[serde(flatten)]
    position: Position,
}

/// The list that a checkpoint belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scope {
    pub(crate) operation: Cow<'static, str>,
    pub(crate) workspace: WorkspaceId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) organization: Option<OrganizationId>,
    #[serde(default)]
    pub(crate) filters: Value,
}

/// A page of a list, and how many of its entries were delivered. The page size belongs to it, because neither the
/// token nor the index has to mean the same thing with another page size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) page_size: u32,
    /// The token of the page; `None` for the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    #[serde(default)]
    pub(crate) index: usize,
}

impl Checkpoint {
    pub(crate) fn new(scope: &Scope, position: Position) -> Self {
        Self(Versioned::new(Fields {
            scope: scope.clone(),
            position,
        }))
    }

    /// Reads either form, or returns the reason why that is not possible.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Versioned::parse(text, "checkpoint").map(Self)
    }

    /// The workspace whose list this is.
    #[must_use]
    pub fn workspace(&self) -> WorkspaceId {
        self.0.data.scope.workspace
    }

    /// The position in the list with this scope, or the reason why the checkpoint does not belong to that list.
    pub(crate) fn position_in(&self, scope: &Scope) -> Result<&Position, String> {
        let own = &self.0.data.scope;
        if own.operation != scope.operation {
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
            Ok(&self.0.data.position)
        }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
