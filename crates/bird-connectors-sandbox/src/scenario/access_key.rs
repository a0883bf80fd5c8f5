//! Access keys: the workspaces that a key may access, and the operations that it is denied.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::operation::Operation;

/// An access key and its permissions.
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
    denied: BTreeSet<Operation>,
    generated: bool,
}

impl AccessKey {
    /// A random key.
    pub(crate) fn generate() -> Self {
        let mut key = Self::new(format!("sandbox-{}", Uuid::new_v4().simple()));
        key.generated = true;
        key
    }

    /// Whether the sandbox has chosen the key.
    pub(crate) const fn is_generated(&self) -> bool {
        self.generated
    }

    /// A key that is allowed every operation in every workspace.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self {
            secret: secret.into(),
            workspaces: None,
            denied: BTreeSet::new(),
            generated: false,
        }
    }

    /// A key with only the documented permissions: create connectors, list and read channels and numbers, and create, list,
    /// read and delete webhook subscriptions under the organization path. It may not read connectors.
    #[must_use]
    pub fn documented_permissions(secret: impl Into<String>) -> Self {
        const DOCUMENTED: [Operation; 9] = [
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
                .filter(|operation| !DOCUMENTED.contains(operation)),
        )
    }

    /// Restricts the key to these workspaces. Requests to other workspaces answer 403.
    #[must_use]
    pub fn only_workspaces(mut self, workspaces: impl IntoIterator<Item = Uuid>) -> Self {
        self.workspaces = Some(workspaces.into_iter().collect());
        self
    }

    /// Denies these operations: they answer 403.
    #[must_use]
    pub fn deny(mut self, operations: impl IntoIterator<Item = Operation>) -> Self {
        self.denied.extend(operations);
        self
    }

    /// Allows these operations again.
    #[must_use]
    pub fn allow(mut self, operations: impl IntoIterator<Item = Operation>) -> Self {
        for operation in operations {
            self.denied.remove(&operation);
        }
        self
    }

    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// Whether the key can be sent in a header.
    pub(crate) fn is_valid_header_value(&self) -> bool {
        !self.secret.is_empty() && self.secret.bytes().all(|byte| byte.is_ascii_graphic())
    }

    pub(crate) fn set_denied(&mut self, operation: Operation, denied: bool) {
        if denied {
            self.denied.insert(operation);
        } else {
            self.denied.remove(&operation);
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
                format!("the access key has no access to workspace {workspace}"),
            ));
        }
        Ok(())
    }

    pub(crate) fn check_operation(&self, operation: Operation) -> Result<(), ApiError> {
        if self.denied.contains(&operation) {
            let (method, path) = (operation.method(), operation.path());
            return Err(ApiError::new(
                403,
                "AccessDenied",
                format!("the access key's policy does not allow {method} {path}"),
            ));
        }
        Ok(())
    }
}

/// Finds the key of an `Authorization` header.
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
                "the Authorization header must be \"AccessKey\", a space and the key",
            ));
        }
    };
    keys.iter()
        .find(|key| key.secret == secret)
        .ok_or_else(|| unauthorized("unknown access key"))
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey")
            .field("workspaces", &self.workspaces)
            .field("denied", &self.denied)
            .finish_non_exhaustive()
    }
}
