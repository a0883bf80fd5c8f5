//! What the contract says of an operation, beyond its function.

use reqwest::Method;

use crate::OPERATIONS;

/// One operation of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The contract's `operationId`, such as `createConnector`. A [`Transport`](crate::Transport) is told this name.
    pub id: &'static str,
    /// The function of [`Client`](crate::Client), such as `create_connector`.
    pub rust_name: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// What it does, in the imperative: `Create a connector`.
    pub summary: &'static str,
    /// The permission that a key needs, in the words of the API's documents. Not every operation documents one.
    pub permission: Option<&'static str>,
    /// The group that it belongs to, such as `connectors`.
    pub tag: &'static str,
    /// The documented statuses of success. Any other 2xx counts as success too.
    pub success: &'static [u16],
}

impl Operation {
    /// Looks an operation up by its `operationId`.
    ///
    /// ```
    /// use bird_connectors_api::Operation;
    ///
    /// let operation = Operation::find("createConnector").expect("is in the contract");
    /// assert_eq!(operation.path, "/workspaces/{workspaceId}/connectors");
    /// assert!(Operation::find("createChannel").is_none());
    /// ```
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.id == id)
    }
}
