//! Connectors: list, read and delete them. The `install` and `wait` modules add installs and waits.

use bird_connectors_api::types::{Connector, ConnectorId, ConnectorPage, ConnectorReadiness};
use serde::Serialize;

use super::delete::Delete;
use crate::client::Workspace;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::list::{Endpoint, FetchedPage, List, Listable};
use crate::templates::{Template, is_reference};
use crate::transport::SendPermission;
use crate::transport::call::Call;

/// The connectors of a workspace. Created by [`Workspace::connectors`]; cheap to clone.
///
/// A connector is the installed form of a template. Once it is ready, it has a channel that sends messages.
///
/// # Example
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::builder().connectors(1).start().await?;
/// # let client = bird_connectors::Client::builder()
/// #     .base_url(sandbox.base_url())
/// #     .access_key(sandbox.access_key())
/// #     .workspace_id(sandbox.workspace_id())
/// #     .build()?;
/// let connectors = client.default_workspace()?.connectors();
/// let mut list = connectors.list().template("sms-messagebird:1").items();
/// while let Some(connector) = list.try_next().await? {
///     println!("{} {}", connector.id, connector.name);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Connectors {
    workspace: Workspace,
}

impl Workspace {
    /// Returns the connectors of the workspace: install, list, read and delete them. This makes no request.
    #[must_use]
    pub fn connectors(&self) -> Connectors {
        Connectors {
            workspace: self.clone(),
        }
    }
}

impl Connectors {
    /// Creates a connector with one POST, and returns it without the handle of [`install`](Self::install).
    pub(crate) async fn create(
        &self,
        template: Template,
        permission: Option<SendPermission>,
    ) -> Result<Connector, Error> {
        let call = self
            .workspace
            .permitted_call("createConnector", template.secrets(), permission);
        let result = call
            .raw()
            .create_connector(&self.workspace.id(), &template.into_request())
            .await;
        call.finish(result)
    }

    pub(crate) fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Lists the connectors of the workspace. The methods of `List<Connector>` set its filters.
    pub fn list(&self) -> List<Connector> {
        List::new(self.workspace.clone(), ConnectorQuery::default())
    }

    /// Reads one connector.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the API does not know the connector, which can happen for
    /// a moment after it was created. Otherwise the errors of a request; a read can always be repeated.
    pub async fn get(&self, id: ConnectorId) -> Result<Connector, Error> {
        let call = self.workspace.call("getConnector");
        let result = call.raw().get_connector(&self.workspace.id(), &id).await;
        call.finish(result)
    }

    /// Reads the readiness of a connector, which is the progress of its install. Its values are not documented; to wait until the channel can send, use
    /// [`Install::until_ready`](crate::install::Install::until_ready).
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the API does not know the connector, or if its template does
    /// not support this call. Otherwise the errors of a request; a read can always be repeated.
    pub async fn readiness(&self, id: ConnectorId) -> Result<ConnectorReadiness, Error> {
        let call = self.workspace.call("getConnectorStatus");
        let result = call
            .raw()
            .get_connector_status(&self.workspace.id(), &id)
            .await;
        call.finish(result)
    }

    /// Deletes a connector **and its channel**, which can no longer send or receive. Await the returned [`Delete`] to send
    /// the request; call [`missing_ok`](Delete::missing_ok) first if the connector may already be deleted.
    pub fn delete(&self, id: ConnectorId) -> Delete {
        let workspace = self.workspace.clone();
        let call = workspace.call("deleteConnector");
        Delete::new(Box::pin(async move {
            let result = call.raw().delete_connector(&workspace.id(), &id).await;
            call.finish(result)
        }))
    }
}

/// The filters of the list of connectors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ConnectorQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    reverse: bool,
    include_release_status: bool,
}

/// Filters of the list of connectors.
impl List<Connector> {
    /// Lists only connectors of exactly this template and version, as `slug:version`, such as `sms-messagebird:1`. Without a
    /// version, the list returns [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when it is read, because no
    /// connector could match. Default: all templates.
    pub fn template(mut self, reference: impl Into<String>) -> Self {
        self.query.template = Some(reference.into());
        self
    }

    /// Reverses the order. Default: false.
    pub fn reverse(mut self, reverse: bool) -> Self {
        self.query.reverse = reverse;
        self
    }

    /// Includes the internal release status. The name of this parameter on the wire is unconfirmed. Default: false.
    pub fn include_release_status(mut self, include: bool) -> Self {
        self.query.include_release_status = include;
        self
    }
}

impl Listable for Connector {
    type Query = ConnectorQuery;
}

impl Endpoint for ConnectorQuery {
    type Item = Connector;

    fn check(&self) -> Result<(), String> {
        match &self.template {
            Some(reference) if !is_reference(reference) => Err(
                "the filter template is not of the form `slug:version`, such as `sms-messagebird:1`; the API only \
                 returns connectors of exactly this template and version"
                    .to_owned(),
            ),
            _ => Ok(()),
        }
    }

    fn operation(&self, _: &Workspace) -> &'static str {
        "listConnectors"
    }

    fn fetch(
        &self,
        workspace: &Workspace,
        call: Call,
        size: u32,
        token: Option<String>,
    ) -> BoxFuture<Result<FetchedPage<Connector>, Error>> {
        let (query, id) = (self.clone(), workspace.id());
        Box::pin(async move {
            let result = call
                .raw()
                .list_connectors(
                    &id,
                    query.include_release_status.then_some(true),
                    Some(size.into()),
                    token.as_deref(),
                    query.reverse.then_some(true),
                    query.template.as_deref(),
                )
                .await;
            call.finish_page(result, |page: ConnectorPage| {
                (page.results, page.next_page_token)
            })
        })
    }
}

#[cfg(test)]
mod tests;
