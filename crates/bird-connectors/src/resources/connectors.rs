//! Connectors: list, read, remove. The `install` and `wait` modules add what is built on that.

use bird_connectors_api::types::{Connector, ConnectorId, ConnectorPage, ConnectorReadiness};
use serde::Serialize;

use super::delete::Delete;
use crate::client::Workspace;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::list::{Endpoint, FetchedPage, List, Listable};
use crate::templates::Template;
use crate::transport::call::Call;

/// The connectors of a workspace. Made by [`Workspace::connectors`].
#[derive(Clone, Debug)]
pub struct Connectors {
    workspace: Workspace,
}

impl Workspace {
    /// Connectors: install a channel, list, read and remove.
    #[must_use]
    pub fn connectors(&self) -> Connectors {
        Connectors {
            workspace: self.clone(),
        }
    }
}

impl Connectors {
    /// Creates a connector: one POST, without the handle that [`install`](Self::install) returns.
    pub(crate) async fn create(&self, template: Template) -> Result<Connector, Error> {
        let call = self
            .workspace
            .call_with("createConnector", template.secrets());
        let result = call
            .raw()
            .create_connector(&self.workspace.id(), &template.into_request())
            .await;
        call.finish(result)
    }

    pub(crate) fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// The connectors of the workspace: a [`List`] with the filters of [`ConnectorQuery`].
    pub fn list(&self) -> List<Connector> {
        List::new(self.workspace.clone(), ConnectorQuery::default())
    }

    /// Reads one connector.
    ///
    /// # Errors
    /// As every call; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) can pass within moments of a create.
    pub async fn get(&self, id: ConnectorId) -> Result<Connector, Error> {
        let call = self.workspace.call("getConnector");
        let result = call.raw().get_connector(&self.workspace.id(), &id).await;
        call.finish(result)
    }

    /// Reads how far the install is: the words are the API's own and not documented.
    ///
    /// # Errors
    /// As every call; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) also for templates that do not have it.
    pub async fn status(&self, id: ConnectorId) -> Result<ConnectorReadiness, Error> {
        let call = self.workspace.call("getConnectorStatus");
        let result = call
            .raw()
            .get_connector_status(&self.workspace.id(), &id)
            .await;
        call.finish(result)
    }

    /// Deletes a connector **and its channel**, whose messaging stops. Await the result, with
    /// [`missing_ok`](Delete::missing_ok) before that where it may be gone already.
    pub fn delete(&self, id: ConnectorId) -> Delete {
        let workspace = self.workspace.clone();
        let call = workspace.call("deleteConnector");
        Delete::new(Box::pin(async move {
            let result = call.raw().delete_connector(&workspace.id(), &id).await;
            call.finish(result)
        }))
    }
}

/// The filters of the connector list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ConnectorQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    reverse: bool,
    include_release_status: bool,
}

impl List<Connector> {
    /// Only connectors of this template, such as `sms-messagebird:1` (exactly). Default: all.
    pub fn template(mut self, reference: impl Into<String>) -> Self {
        self.query.template = Some(reference.into());
        self
    }

    /// The other way round. Default: false.
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
    const PAGE_SIZE: u32 = 100;
    // The list's own maximum is not visible in the documents.
    const MAX_PAGE_SIZE: Option<u32> = None;

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
