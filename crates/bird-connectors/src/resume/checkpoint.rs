//! A position in a list that can be stored, so that another process can continue the list there.

use std::borrow::Cow;
use std::fmt;

use bird_connectors_api::types::{OrganizationId, WorkspaceId};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::versioned::Versioned;

/// A position in a list: every item before it was delivered, and no item after it.
///
/// Pass it to [`List::resume_from`](crate::list::List::resume_from) of a list with the same operation, workspace and
/// filters, in this process or in another one. It serializes with serde as JSON, and with `Display` as one line;
/// `FromStr` reads both. It contains no secret, but the filters and a page token of the API. The token may expire; the
/// API does not document its lifetime.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use bird_connectors_sandbox::Sandbox;
/// # let sandbox = Sandbox::builder().connectors(5).start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace_id = bird_connectors::WorkspaceId::from(sandbox.workspace_id());
/// # let connectors = client.build()?.workspace(workspace_id).connectors();
/// use bird_connectors::list::Checkpoint;
///
/// let page = connectors.list().page_size(2).first_page().await?;
/// let Some(checkpoint) = page.checkpoint else {
///     return Ok(()); // This was the last page.
/// };
/// let stored = checkpoint.to_string(); // Store it, for example in a database.
///
/// // Later, in this process or in another one:
/// let checkpoint: Checkpoint = stored.parse()?;
/// let page = connectors.list().resume_from(checkpoint).first_page().await?;
/// for connector in page.items {
///     println!("{}", connector.name);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Checkpoint(Versioned<Fields>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Fields {
    #[serde(flatten)]
    scope: Scope,
    #[serde(flatten)]
    position: Position,
}

/// Each part ignores the fields of the other.
impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Value::deserialize(deserializer)?;
        Ok(Self {
            scope: Scope::deserialize(&fields).map_err(D::Error::custom)?,
            position: Position::deserialize(&fields).map_err(D::Error::custom)?,
        })
    }
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

/// A page of a list, and how many of its entries were delivered. It includes the page size, because the token and the
/// index may be invalid with another page size.
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
    pub(crate) fn parse(string: &str) -> Result<Self, String> {
        Versioned::parse(string, "checkpoint", "checkpoint").map(Self)
    }

    /// The id of the workspace of the list.
    #[must_use]
    pub fn workspace_id(&self) -> WorkspaceId {
        self.0.data.scope.workspace
    }

    /// The position in the list with this scope, or the reason why the checkpoint does not belong to that list.
    pub(crate) fn position_in(&self, scope: &Scope) -> Result<&Position, String> {
        let stored = &self.0.data.scope;
        if stored.operation != scope.operation {
            Err(format!(
                "the checkpoint belongs to `{}`, not to `{}`",
                stored.operation, scope.operation
            ))
        } else if stored.workspace != scope.workspace {
            Err(format!(
                "the checkpoint belongs to workspace {}, not to {}",
                stored.workspace, scope.workspace
            ))
        } else if stored.organization != scope.organization {
            Err("the checkpoint belongs to another organization".to_owned())
        } else if stored.filters != scope.filters {
            Err(format!(
                "the checkpoint was made with the filters {}, not with {}",
                stored.filters, scope.filters
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
