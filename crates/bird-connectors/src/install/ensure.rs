//! Idempotent installs: the builder. The algorithm is in `ensure_run`.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument as _;

use super::before_create::{BeforeCreate, ReportedCreates};
use super::ensure_run::{self, EnsureSettings};
use super::ensured::Ensured;
use super::journal::Journal;
use super::matching::WantedConnector;
use super::open_journal::OpenJournal;
use super::store::{ACTION, ApiStore, ConnectorStore as _};
use super::telemetry;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::resources::Connectors;
use crate::resources::telemetry::create_ended;
use crate::resume::UnresolvedCreate;
use crate::templates::Template;

impl Connectors {
    /// Installs idempotently: adopts a matching connector, or creates one if there is none. Calling it again has no further
    /// effect. Await the returned [`Ensure`], after settings such as [`reconcile_window`](Ensure::reconcile_window).
    ///
    /// # Idempotent installs
    /// A connector matches if its template has the same slug, in any version, and
    ///
    /// | template | condition |
    /// |---|---|
    /// | [`Sms`](crate::templates::Sms), [`Voice`](crate::templates::Voice) | the argument `phoneNumberId` is equal or, if the API does not return it, the `numberId` of the number |
    /// | [`WhatsApp`](crate::templates::WhatsApp) | the argument `phoneId` or `phoneNumber` is equal |
    /// | others | the name is equal, or all arguments of [`identified_by`](Ensure::identified_by) |
    ///
    /// If an identifying argument differs, the connector does not match. If the API returns no identifying argument, an equal
    /// name is enough, and [`matched_by`](Ensured::matched_by) is `Name`. [`drift`](Ensured::drift) lists all other differences;
    /// with [`refuse_drift`](Ensure::refuse_drift) they are an error. An adopted connector is never changed, and the secrets of
    /// the template are not sent to it.
    ///
    /// # Guarantees
    /// The result is exactly one connector, or an error that says what is known, if one of these holds: the API answers a
    /// second create with 409; the created connector appears in the list within the window; a [`journal`](Ensure::journal) is
    /// used. A duplicate is possible if none of these conditions holds, or if a process without a journal is killed right after it
    /// sends the create and is restarted before the connector appears.
    ///
    /// Calls that ensure the same template at the same time with one journal create one connector: one of them claims it, and
    /// the others wait for up to twice the window and a minute, and adopt it. Without a journal, such calls rely on the 409.
    /// Where the calls can be depends on the journal:
    ///
    /// | journal | exactly one connector across |
    /// |---|---|
    /// | [`PostgresJournal`](https://docs.rs/bird-connectors-postgres), or your own [`SharedJournal`](crate::install::SharedJournal) | all processes and machines that use it |
    /// | [`FileJournal`](crate::install::FileJournal) | the processes of one machine that open the file |
    /// | your own [`Journal`](crate::install::Journal) | the calls of one process |
    ///
    /// If a process dies after it has sent a create, the next one takes its claim over after the lease, and searches for the
    /// connector for the whole window. If nothing matches, it creates nothing and returns the unknown outcome, unless you ask for
    /// [`recreate_after_window`](Ensure::recreate_after_window). A process that was paused past its lease notices this before it
    /// sends a create, and starts again.
    ///
    /// One window remains, because the API itself knows no claims: a process can be paused between its last check and the system
    /// call that sends the request. A second connector then needs all of these: a pause that is longer than the rest of the lease
    /// and the reconcile window, another process that uses `recreate_after_window` in that time, and an API that accepts
    /// duplicates.
    ///
    /// After a 409 or an unknown outcome, the client reads the list repeatedly for the window (30 s) before it decides. It
    /// reads the whole list each time, in pages of 100.
    ///
    /// # Errors
    /// - [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the template is invalid. Nothing was sent.
    /// - [`ErrorKind::Journal`](crate::ErrorKind::Journal) if the journal fails before the create. Nothing was sent, unless the
    ///   response of an earlier create of this call was lost: [`outcome`](Error::outcome) is unknown then.
    /// - [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if several connectors match ([`details`](Error::details) lists
    ///   their ids), if the API does not return enough to decide, or if the API reports an existing connector that does not
    ///   match.
    /// - [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) with the outcome
    ///   [`NotSent`](crate::RequestOutcome::NotSent) if another call still installs the connector with a journal.
    /// - If [`outcome`](Error::outcome) is unknown, no match appeared within the window. [`Error::unresolved`] describes the
    ///   create for [`reconcile`](Self::reconcile). With `recreate_after_window`, a second create that fails has the kind of its
    ///   error, and describes the first one.
    /// - Otherwise the errors of [`list`](Self::list), before anything is created, and of [`install`](Self::install).
    pub fn ensure(&self, template: impl Into<Template>) -> Ensure {
        Ensure {
            connectors: self.clone(),
            template: template.into(),
            identified_by: None,
            journal: None,
            owner: None,
            before_create: None,
            settings: EnsureSettings::default(),
        }
    }
}

/// An idempotent install that has not started. Created by [`Connectors::ensure`]; awaiting it returns [`Ensured`].
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
/// use bird_connectors::models::{ChannelMessageType, NumberId};
/// use bird_connectors::templates::Sms;
///
/// let sms = Sms::new("Support NL", NumberId::from_u128(1), ChannelMessageType::Conversational);
/// let created = workspace.connectors().ensure(sms.clone()).await?;
/// let adopted = workspace.connectors().ensure(sms).await?;
/// assert_eq!(created.id(), adopted.id());
///
/// // The number is in use for another kind of messages.
/// let sms = Sms::new("Support NL", NumberId::from_u128(1), ChannelMessageType::Transactional);
/// let error = workspace.connectors().ensure(sms).refuse_drift().await.unwrap_err();
/// assert!(error.is_conflict() && error.message().contains("channelMessageType"));
/// # Ok(()) }
/// ```
#[must_use = "nothing is sent unless this is awaited"]
pub struct Ensure {
    connectors: Connectors,
    template: Template,
    identified_by: Option<Vec<String>>,
    journal: Option<Arc<dyn Journal>>,
    owner: Option<String>,
    before_create: Option<BeforeCreate>,
    settings: EnsureSettings,
}

impl Ensure {
    /// How long to search for the connector after a create with an unknown outcome, or after a 409. Default: 30 s. Zero
    /// searches once.
    pub fn reconcile_window(mut self, window: Duration) -> Self {
        self.settings.window = window;
        self
    }

    /// Creates the connector once more if the outcome of a create is unknown and no match appeared within the window.
    ///
    /// If the first connector appears only after the window, there are then two. Without this setting, the error reports the
    /// unknown outcome.
    pub fn recreate_after_window(mut self) -> Self {
        self.settings.recreate = true;
        self
    }

    /// Makes drift an error: if the connector that matches differs from the template, the call fails with
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) instead of adopting it. Nothing is sent to the connector.
    ///
    /// The message and the [`details`](Error::details) list the differences. They contain the values of documented fields
    /// only, because other arguments could be secrets. Only fields that the API returns are compared.
    pub fn refuse_drift(mut self) -> Self {
        self.settings.refuse_drift = true;
        self
    }

    /// The arguments that identify the connector, all of them together, instead of the table of [`Connectors::ensure`].
    pub fn identified_by<K: Into<String>>(
        mut self,
        arguments: impl IntoIterator<Item = K>,
    ) -> Self {
        self.identified_by = Some(arguments.into_iter().map(Into::into).collect());
        self
    }

    /// Records each create before it is sent, and its result. A run that finds a create without a result searches for
    /// its connector within the window, and does not create it again unless
    /// [`recreate_after_window`](Self::recreate_after_window) is set. A run that finds a result reads that connector and adopts
    /// it.
    ///
    /// [`FileJournal`](crate::install::FileJournal) keeps the journal in a file. To share a journal, pass a clone or an `Arc`.
    pub fn journal(mut self, journal: impl Journal + 'static) -> Self {
        self.journal = Some(Arc::new(journal));
        self
    }

    /// Records this name as the owner of what the call creates, in the [`journal`](Self::journal): see
    /// [`OwnedJournal`](crate::install::OwnedJournal). It must not be a secret. Default: none.
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// Calls a function right before each create is sent: once, or twice with
    /// [`recreate_after_window`](Self::recreate_after_window). It is not called if a connector is adopted.
    ///
    /// While a create is in flight, its outcome is unknown. A program that may be interrupted then can store the
    /// [`UnresolvedCreate`] first, and pass it to [`reconcile`](Connectors::reconcile) later. The function must not block.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
    /// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
    /// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
    /// use std::sync::{Arc, Mutex};
    ///
    /// use bird_connectors::templates::Telegram;
    ///
    /// let in_flight = Arc::new(Mutex::new(None));
    /// let slot = Arc::clone(&in_flight);
    /// let ensure = workspace.connectors().ensure(Telegram::new("Bot")).before_create(move |create| {
    ///     if let Ok(mut slot) = slot.lock() {
    ///         *slot = Some(create.to_string());
    ///     }
    /// });
    /// let created = ensure.await?;
    /// assert!(!created.adopted() && in_flight.lock().is_ok_and(|slot| slot.is_some()));
    /// # Ok(()) }
    /// ```
    pub fn before_create(
        mut self,
        function: impl Fn(&UnresolvedCreate) + Send + Sync + 'static,
    ) -> Self {
        self.before_create = Some(Arc::new(function));
        self
    }

    async fn run(self) -> Result<Ensured, Error> {
        let span = telemetry::ensure(self.connectors.workspace().id(), &self.template);
        let result = self.ensure().instrument(span.span().clone()).await;
        create_ended(span, &result, Ensured::adopted);
        result
    }

    async fn ensure(self) -> Result<Ensured, Error> {
        let template = self.template;
        template.validate()?;
        let wanted = WantedConnector::of_template(&template, self.identified_by.as_deref())
            .map_err(|why| Error::invalid_input(ACTION, why))?;
        let workspace = self.connectors.workspace().clone();
        let store = ReportedCreates {
            store: ApiStore::new(self.connectors),
            wanted: &wanted,
            before_create: self.before_create,
        };
        let journal = match self.journal {
            Some(journal) => {
                let open = OpenJournal::open(journal, ACTION, store.claims(), vec![]).await?;
                Some(open.with_owner(self.owner))
            }
            None => None,
        };
        let run = ensure_run::ensure(
            &store,
            &template,
            &wanted,
            self.settings,
            None,
            journal.as_ref(),
        );
        let outcome = Box::pin(run).await?;
        let ensured = Ensured::new(workspace, &template, &wanted, outcome);
        if self.settings.refuse_drift {
            return ensured.refuse_drift(ACTION);
        }
        Ok(ensured)
    }
}

impl IntoFuture for Ensure {
    type Output = Result<Ensured, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Ensure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ensure")
            .field("template", &self.template)
            .field("identified_by", &self.identified_by)
            .field("journal", &self.journal.is_some())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
