//! Connectors: install a channel, list, read, remove.

use bird_connectors_api::types::{Connector, ConnectorPage, ConnectorReadiness};
use serde::Serialize;
use uuid::Uuid;

use crate::client::Workspace;
use crate::error::{Error, Kind, Outcome};
use crate::future::BoxFuture;
use crate::install::{Ensure, Install, InstallAll, Reconcile, Wanted};
use crate::list::{Endpoint, Fetched, List, Query};
use crate::resources::delete::Delete;
use crate::resume::identity::Identity;
use crate::resume::unresolved_create::UnresolvedCreate;
use crate::resume::wait_token::WaitToken;
use crate::templates::Template;
use crate::transport::{Call, CallOptions};
use crate::wait::many::{InstallRef, WaitAll};
use crate::wait::source::ApiSource;

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
    /// [`outcome`](Error::outcome) is unknown the connector may exist: look for it before trying again, with what
    /// [`Error::unresolved`] tells ([`reconcile`](Self::reconcile) does that). [`ensure`](Self::ensure) does all of it.
    pub async fn install<T>(&self, template: T) -> Result<Install, Error>
    where
        T: TryInto<Template>,
        T::Error: Into<Error>,
    {
        let template: Template = template.try_into().map_err(Into::into)?;
        let wanted = Wanted::new(&template, Identity::of(&template));
        let left = wanted.unresolved(self.workspace.id(), crate::clock::now());
        let connector = self.post(template).await.map_err(|error| {
            let made = match (error.kind(), error.outcome()) {
                (Kind::Decode, _) => "it was created",
                (_, Some(Outcome::Unknown)) => "it may have been created",
                _ => return error,
            };
            let help = format!("{made}: look for {} before trying again", left.what());
            error.with_help(help).with_unresolved(left)
        })?;
        Ok(Install::created(
            self.workspace.clone(),
            connector,
            crate::clock::now(),
        ))
    }

    /// Installs without doing it twice: adopts the connector that is the same, or else creates it once. Doing it again
    /// does nothing. Await the result, after settings such as [`reconcile_window`](Ensure::reconcile_window).
    ///
    /// Two connectors are the same when
    ///
    /// | template | |
    /// |---|---|
    /// | [`Sms`](crate::templates::Sms), [`Voice`](crate::templates::Voice) | the argument `phoneNumberId` is equal, or where it is not shown the `numberId` of the number |
    /// | [`WhatsApp`](crate::templates::WhatsApp) | the argument `phoneId` or `phoneNumber` is equal |
    /// | others | the name is equal, or the arguments of [`identified_by`](Ensure::identified_by) |
    ///
    /// and their templates are, whatever the version. Arguments that identify and differ: not the same. Where none of
    /// them is shown, an equal name is enough, and [`matched_by`](crate::Ensured::matched_by) says so. What else differs is told
    /// by [`drift`](crate::Ensured::drift), and left as it is: nothing is sent to an adopted connector, secrets included.
    ///
    /// After a 409, or where the outcome of the create is unknown, the list is read again through a window (30 s)
    /// before anything is concluded. The whole list is read each time, in pages of 100.
    ///
    /// What is promised: exactly one connector, or an error that says what is known, where the API answers a second
    /// create with 409, or where what was created shows before the window is over, or where a
    /// [`journal`](Ensure::journal) is kept. Two can come about where none of that holds, and where a process is killed
    /// behind its create and started again, without a journal, before the connector shows. Two processes that ensure
    /// the same at the same time rely on the API's 409.
    ///
    /// # Errors
    /// [`Kind::Conflict`](crate::Kind::Conflict) where several connectors are the same ([`details`](Error::details)
    /// lists their ids), where it is not shown whether one is, or where the API says that there is one and it is not the
    /// same. Where [`outcome`](Error::outcome) is unknown, nothing showed within the window, and [`Error::unresolved`]
    /// has what to look for. Otherwise as [`list`](Self::list), before anything is created, and
    /// [`install`](Self::install).
    pub fn ensure<T>(&self, template: T) -> Ensure
    where
        T: TryInto<Template>,
        T::Error: Into<Error>,
    {
        Ensure::new(self.clone(), template.try_into().map_err(Into::into))
    }

    /// Ensures many, some of them at the same time: see [`InstallAll`]. The connectors that are there are read once. One
    /// bad template never stops the rest. No request is made before the results are asked for.
    ///
    /// A template that stands for the same connector as an earlier one of these, by the table of
    /// [`ensure`](Self::ensure), comes to an [`InvalidInput`](crate::Kind::InvalidInput) error that names both, and is not
    /// sent: which of the two is meant cannot be told. One that would adopt a connector that another one has comes to a
    /// [`Conflict`](crate::Kind::Conflict).
    pub fn install_all<T>(&self, templates: impl IntoIterator<Item = T>) -> InstallAll
    where
        T: TryInto<Template>,
        T::Error: Into<Error>,
    {
        let templates = templates.into_iter();
        let templates = templates.map(|template| template.try_into().map_err(Into::into));
        InstallAll::new(self.clone(), templates.collect())
    }

    /// Looks for what a create of unknown outcome may have made: what [`Error::unresolved`] of an earlier error tells,
    /// also of another process. Nothing is created. Await the result, after [`window`](Reconcile::window).
    ///
    /// It comes to `None` where nothing showed through the window: the outcome is as unknown as before.
    ///
    /// # Errors
    /// [`Kind::Conflict`](crate::Kind::Conflict) where several connectors are the same. Otherwise as
    /// [`list`](Self::list).
    pub fn reconcile(&self, unresolved: &UnresolvedCreate) -> Reconcile {
        Reconcile::new(self.clone(), unresolved.clone())
    }

    /// The POST.
    pub(crate) async fn post(&self, template: Template) -> Result<Connector, Error> {
        let options = CallOptions {
            secrets: template.secrets(),
            ..CallOptions::default()
        };
        let call = self.workspace.call_with("createConnector", options);
        let result = call
            .raw()
            .create_connector(&self.workspace.id(), &template.into_request())
            .await;
        call.finish(result)
    }

    pub(crate) fn workspace(&self) -> &Workspace {
        &self.workspace
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
        let token = WaitToken::new(self.workspace.id(), connector, crate::clock::now(), false);
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
