//! Connectors: install a channel, list, read, remove.

use bird_connectors_api::types::{Connector, ConnectorPage, ConnectorReadiness};
use serde::Serialize;
use uuid::Uuid;

use crate::client::Workspace;
use crate::delete::Delete;
use crate::error::Error;
use crate::install::{ApiSource, Install};
use crate::page::{BoxFuture, Endpoint, Fetched, List, Query};
use crate::templates::Template;
use crate::transport::{Call, CallOptions};
use crate::wait::WaitToken;
use crate::wait_all::{InstallRef, WaitAll};

/// The connectors of a workspace. Made by [`Workspace::connectors`].
#[derive(Clone, Debug)]
pub struct Connectors {
    workspace: Workspace,
}

impl Connectors {
    pub(crate) fn new(workspace: Workspace) -> Self {
        Self { workspace }
    }

    /// Creates a connector from a template: one POST, which is repeated only where it was certainly not processed.
    ///
    /// The API answers at once and installs the channel in the background: go on with [`Install::until_ready`].
    ///
    /// # Errors
    /// [`Kind::InvalidInput`](crate::Kind::InvalidInput) where the template cannot be right; nothing was sent.
    /// [`Kind::Conflict`](crate::Kind::Conflict) where the API says that it exists. Where
    /// [`outcome`](Error::outcome) is unknown the connector may exist: look for it before trying again.
    pub async fn install<T>(&self, template: T) -> Result<Install, Error>
    where
        T: TryInto<Template>,
        T::Error: Into<Error>,
    {
        let template: Template = template.try_into().map_err(Into::into)?;
        let options = CallOptions {
            secrets: template.secrets(),
            ..CallOptions::default()
        };
        let call = self.workspace.call_with("createConnector", options);
        let result = call
            .raw()
            .create_connector(&self.workspace.id(), &template.into_request())
            .await;
        let connector = call.finish(result)?;
        Ok(Install::created(
            self.workspace.clone(),
            connector,
            crate::now(),
        ))
    }

    /// Goes on with an install from its stored token. No request is made.
    ///
    /// # Errors
    /// [`Kind::InvalidInput`](crate::Kind::InvalidInput) where the token belongs to another workspace.
    pub fn resume(&self, token: WaitToken) -> Result<Install, Error> {
        if token.workspace() != self.workspace.id() {
            return Err(Error::invalid_input(
                "resume an install",
                format!(
                    "the wait token belongs to workspace {}, not to {}",
                    token.workspace(),
                    self.workspace.id()
                ),
            ));
        }
        Ok(Install::resumed(self.workspace.clone(), token))
    }

    /// Follows a connector of which only the id is known. No request is made.
    pub fn follow(&self, connector: Uuid) -> Install {
        // It counts as just created: a 404 is given the time to settle.
        let token = WaitToken::new(self.workspace.id(), connector, crate::now(), false);
        Install::resumed(self.workspace.clone(), token)
    }

    /// Follows many installs with one shared poll, given as ids of connectors, [`WaitToken`]s or [`Install`]s: see
    /// [`WaitAll`]. One that is given twice is followed once. No request is made.
    pub fn wait_all<I: Into<InstallRef>>(&self, installs: impl IntoIterator<Item = I>) -> WaitAll {
        let source = ApiSource {
            workspace: self.workspace.clone(),
        };
        let installs = installs.into_iter().map(Into::into).collect();
        WaitAll::new(source, self.workspace.id(), installs)
    }

    /// The connectors of the workspace: a [`List`] with the filters of [`ConnectorQuery`].
    pub fn list(&self) -> List<ConnectorQuery> {
        List::new(self.workspace.clone(), ConnectorQuery::default())
    }

    /// Reads one connector.
    ///
    /// # Errors
    /// As every call; [`Kind::NotFound`](crate::Kind::NotFound) can pass within moments of a create.
    pub async fn get(&self, id: Uuid) -> Result<Connector, Error> {
        self.get_with(id, CallOptions::default()).await
    }

    /// Reads how far the install is: the words are the API's own and not documented.
    ///
    /// # Errors
    /// As every call; [`Kind::NotFound`](crate::Kind::NotFound) also for templates that do not have it.
    pub async fn status(&self, id: Uuid) -> Result<ConnectorReadiness, Error> {
        self.status_with(id, CallOptions::default()).await
    }

    /// Deletes a connector **and its channel**, whose messaging stops. Await the result, with
    /// [`missing_ok`](Delete::missing_ok) before that where it may be gone already.
    pub fn delete(&self, id: Uuid) -> Delete {
        let workspace = self.workspace.clone();
        let call = workspace.call("deleteConnector");
        Delete::new(Box::pin(async move {
            let result = call.raw().delete_connector(&workspace.id(), &id).await;
            call.finish(result)
        }))
    }

    /// One attempt: the wait around it is its retry.
    pub(crate) async fn poll(&self, id: Uuid) -> Result<Connector, Error> {
        self.get_with(id, CallOptions::single_attempt()).await
    }

    pub(crate) async fn poll_status(&self, id: Uuid) -> Result<ConnectorReadiness, Error> {
        self.status_with(id, CallOptions::single_attempt()).await
    }

    async fn get_with(&self, id: Uuid, options: CallOptions) -> Result<Connector, Error> {
        let call = self.workspace.call_with("getConnector", options);
        let result = call.raw().get_connector(&self.workspace.id(), &id).await;
        call.finish(result)
    }

    async fn status_with(
        &self,
        id: Uuid,
        options: CallOptions,
    ) -> Result<ConnectorReadiness, Error> {
        let call = self.workspace.call_with("getConnectorStatus", options);
        let result = call
            .raw()
            .get_connector_status(&self.workspace.id(), &id)
            .await;
        call.finish(result)
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

impl List<ConnectorQuery> {
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

impl Query for ConnectorQuery {}

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
    ) -> BoxFuture<Result<Fetched<Connector>, Error>> {
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
