//! The facts of the contract about an operation.

use reqwest::Method;

use crate::OPERATIONS;

/// One operation of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The contract's `operationId`, such as `createConnector`. A [`Transport`](crate::Transport) gets this name.
    pub id: &'static str,
    /// The function of [`Client`](crate::Client), such as `create_connector`.
    pub rust_name: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// A summary in the imperative, such as `Create a connector`.
    pub summary: &'static str,
    /// The permission that the access key needs, as Bird's documentation words it. Not every operation documents one.
    pub permission: Option<&'static str>,
    /// The group of the operation, such as `connectors`.
    pub tag: &'static str,
    /// The documented success statuses. Any other 2xx is a success too.
    pub success: &'static [u16],
    /// The maximum of the query parameter `limit`. `None` if the operation has no such parameter, or if its maximum is not
    /// documented.
    pub max_limit: Option<u32>,
}

impl Operation {
    /// Finds an operation by its `operationId`.
    ///
    /// ```
    /// use bird_connectors_api::Operation;
    ///
    /// let operation = Operation::find("createConnector").expect("it is in the contract");
    /// assert_eq!(operation.path, "/workspaces/{workspaceId}/connectors");
    /// assert!(Operation::find("createChannel").is_none());
    /// ```
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.id == id)
    }
}
