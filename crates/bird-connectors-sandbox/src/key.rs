//! Access keys: which workspaces a key opens, and which operations it is refused.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::error::ApiError;
use crate::operation::Operation;

/// An access key.
///
/// ```
/// use bird_connectors_sandbox::{AccessKey, Operation};
///
/// let key = AccessKey::new("read-only").deny([Operation::CreateConnector, Operation::DeleteConnector]);
/// # let _ = key;
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    secret: String,
    workspaces: Option<BTreeSet<Uuid>>,
    refused: BTreeSet<Operation>,
}

impl AccessKey {
    /// A key that may do everything in every workspace.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self {
            secret: secret.into(),
            workspaces: None,
            refused: BTreeSet::new(),
        }
    }

    /// A key with the permissions that the documents list and no other: it may create connectors, list and read channels and
    /// numbers, and create, list, read and delete webhook subscriptions by the organization path. It cannot read a connector.
    #[must_use]
    pub fn documented_permissions(secret: impl Into<String>) -> Self {
        const LISTED: [Operation; 9] = [
            Operation::CreateConnector,
            Operation::ListChannels,
            Operation::GetChannel,
            Operation::CreateOrganizationWebhookSubscription,
            Operation::ListOrganizationWebhookSubscriptions,
            Operation::GetOrganizationWebhookSubscription,
            Operation::DeleteOrganizationWebhookSubscription,
            Operation::ListNumbers,
            Operation::ListLongCodeNumbers,
        ];
        Self::new(secret).deny(
            Operation::ALL
                .iter()
                .copied()
                .filter(|operation| !LISTED.contains(operation)),
        )
    }

    /// Limits the key to these workspaces; the others answer 403.
    #[must_use]
    pub fn only_workspaces(mut self, workspaces: impl IntoIterator<Item = Uuid>) -> Self {
        self.workspaces = Some(workspaces.into_iter().collect());
        self
    }

    /// Refuses these operations with 403.
    #[must_use]
    pub fn deny(mut self, operations: impl IntoIterator<Item = Operation>) -> Self {
        self.refused.extend(operations);
        self
    }

    /// Allows these operations again.
    #[must_use]
    pub fn allow(mut self, operations: impl IntoIterator<Item = Operation>) -> Self {
        for operation in operations {
            self.refused.remove(&operation);
        }
        self
    }

    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// Whether the key can travel in a header at all.
    pub(crate) fn is_sendable(&self) -> bool {
        !self.secret.is_empty() && self.secret.bytes().all(|byte| byte.is_ascii_graphic())
    }

    pub(crate) fn set_denied(&mut self, operation: Operation, refused: bool) {
        if refused {
            self.refused.insert(operation);
        } else {
            self.refused.remove(&operation);
        }
    }

    pub(crate) fn check_workspace(&self, workspace: Uuid) -> Result<(), ApiError> {
        if self
            .workspaces
            .as_ref()
            .is_some_and(|allowed| !allowed.contains(&workspace))
        {
            return Err(ApiError::new(
                403,
                "AccessDenied",
                format!("the access key does not open workspace {workspace}"),
            ));
        }
        Ok(())
    }

    pub(crate) fn check_operation(&self, operation: Operation) -> Result<(), ApiError> {
        if self.refused.contains(&operation) {
            let (method, path) = (operation.method(), operation.path());
            return Err(ApiError::new(
                403,
                "AccessDenied",
                format!("the access key's policy does not cover {method} {path}"),
            ));
        }
        Ok(())
    }
}

/// Finds the key that an `Authorization` header presents.
pub(crate) fn authenticate<'a>(
    keys: &'a [AccessKey],
    header: Option<&str>,
) -> Result<&'a AccessKey, ApiError> {
    let unauthorized = |message: &str| ApiError::new(401, "Unauthorized", message);
    let header = header.ok_or_else(|| unauthorized("the Authorization header is missing"))?;
    let secret = match header.split_once(' ') {
        Some((scheme, secret)) if scheme.eq_ignore_ascii_case("AccessKey") => secret,
        _ => {
            return Err(unauthorized(
                "the Authorization header must read \"AccessKey\", a space, and the key",
            ));
        }
    };
    keys.iter()
        .find(|key| key.secret == secret)
        .ok_or_else(|| unauthorized("the access key is not known"))
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey")
            .field("workspaces", &self.workspaces)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}
