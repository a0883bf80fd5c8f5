//! Idempotent installs: the builder and its result. The algorithm is in `driver`.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::types::{Connector, ConnectorId};
use secrecy::ExposeSecret as _;

use super::driver::{self, Done, Settings};
use super::handle::Install;
use super::journal::{Journal, Ledger};
use super::same::{Drift, MatchedBy, Wanted, chosen_identity, drift, identity_of};
use super::store::{ACTION, ApiStore, Found};
use crate::client::Workspace;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::resources::Connectors;
use crate::resume::WaitToken;
use crate::templates::Template;
use crate::wait::{Steps, UntilReady};

/// The default time within which a created connector must appear in the list.
pub(crate) const WINDOW: Duration = Duration::from_secs(30);

impl Connectors {
    /// Installs idempotently: adopts a matching connector, or creates one if there is none. Calling it again has no further
    /// effect. Await the returned builder, after settings such as [`reconcile_window`](Ensure::reconcile_window).
    ///
    /// # Matching
    /// A connector matches if its template has the same slug, in any version, and
    ///
    /// | template | condition |
    /// |---|---|
    /// | [`Sms`](crate::templates::Sms), [`Voice`](crate::templates::Voice) | the argument `phoneNumberId` is equal or, if the API does not show it, the `numberId` of the number |
    /// | [`WhatsApp`](crate::templates::WhatsApp) | the argument `phoneId` or `phoneNumber` is equal |
    /// | others | the name is equal, or all arguments of [`identified_by`](Ensure::identified_by) |
    ///
    /// If an identifying argument differs, the connector does not match. If the API shows none of them, an equal name is
    /// enough, and [`matched_by`](crate::install::Ensured::matched_by) says so. [`drift`](crate::install::Ensured::drift) lists all other
    /// differences. Nothing is sent to an adopted connector, not even secrets.
    ///
    /// # Guarantees
    /// The result is exactly one connector, or an error that says what is known, if one of these holds: the API answers a
    /// second create with 409; the created connector appears in the list within the window; a [`journal`](Ensure::journal) is
    /// used. A duplicate is possible if none of them holds, or if a process without a journal is killed right after it sends
    /// the create and is restarted before the connector appears. Two processes that ensure the same template at the same time
    /// rely on the 409.
    ///
    /// After a 409 or an unknown outcome, the client reads the list repeatedly for the window (30 s) before it decides. It
    /// reads the whole list each time, in pages of 100.
    ///
    /// # Errors
    /// - [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if several connectors match ([`details`](Error::details) lists
    ///   their ids), if the API does not show enough to decide, or if the API reports an existing connector that does not match.
    /// - If [`outcome`](Error::outcome) is unknown, no match appeared within the window. [`Error::unresolved`] describes the
    ///   create for [`reconcile`](Self::reconcile).
    /// - Otherwise the errors of [`list`](Self::list), before anything is created, and of [`install`](Self::install).
    pub fn ensure(&self, template: impl Into<Template>) -> Ensure {
        Ensure::new(self.clone(), template.into())
    }
}

/// An idempotent install that has not started. Created by [`Connectors::ensure`]; await it.
#[must_use = "nothing is looked for or created unless this is awaited"]
pub struct Ensure {
    connectors: Connectors,
    template: Template,
    identified_by: Option<Vec<String>>,
    journal: Option<Arc<dyn Journal>>,
    settings: Settings,
}

impl Ensure {
    pub(crate) fn new(connectors: Connectors, template: Template) -> Self {
        Self {
            connectors,
            template,
            identified_by: None,
            journal: None,
            settings: Settings {
                window: WINDOW,
                recreate: false,
            },
        }
    }

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

    /// The arguments that identify the connector, all of them together, instead of the table of [`Connectors::ensure`].
    pub fn identified_by<K: Into<String>>(
        mut self,
        arguments: impl IntoIterator<Item = K>,
    ) -> Self {
        self.identified_by = Some(arguments.into_iter().map(Into::into).collect());
        self
    }

    /// Records each create before it is sent, and its result. A run that finds a create without a result searches for its
    /// connector within the window, and does not create it again unless
    /// [`recreate_after_window`](Self::recreate_after_window) is set. A run that finds a result reads that connector and adopts
    /// it.
    ///
    /// [`FileJournal`](crate::install::FileJournal) keeps the journal in a file. To share a journal, pass a clone or an `Arc`.
    pub fn journal(mut self, journal: impl Journal + 'static) -> Self {
        self.journal = Some(Arc::new(journal));
        self
    }

    async fn run(self) -> Result<Ensured, Error> {
        let template = self.template;
        template.validate()?;
        let identity = match &self.identified_by {
            None => identity_of(&template),
            Some(keys) => {
                chosen_identity(&template, keys).map_err(|why| Error::invalid_input(ACTION, why))?
            }
        };
        let wanted = Wanted::new(&template, identity);
        let ledger = match self.journal {
            Some(journal) => Some(Ledger::open(journal).await?),
            None => None,
        };
        let workspace = self.connectors.workspace().clone();
        let store = ApiStore::new(self.connectors);
        let run = driver::ensure(
            &store,
            &template,
            &wanted,
            self.settings,
            None,
            ledger.as_ref(),
        );
        let end = Box::pin(run).await?;
        Ok(Ensured::new(workspace, &template, &wanted, end))
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

/// A connector that was there already, or was made. It leads on to the wait as [`Install`] does.
#[derive(Clone, Debug)]
#[must_use = "a connector is not a channel yet: wait for it with `until_ready`, or keep its `token`"]
pub struct Ensured {
    install: Install,
    matched_by: Option<MatchedBy>,
    drift: Vec<Drift>,
    secrets_applied: bool,
    journal_error: Option<Error>,
}

impl Ensured {
    /// What an `ensure` came to.
    pub(crate) fn new(
        workspace: Workspace,
        template: &Template,
        wanted: &Wanted,
        end: driver::End,
    ) -> Self {
        let secrets = template.secrets();
        let mut ensured = match end.done {
            Done::Created(connector) => Self {
                install: Install::created(workspace, *connector, crate::clock::now()),
                matched_by: None,
                drift: Vec::new(),
                secrets_applied: true,
                journal_error: None,
            },
            Done::Adopted(found) => {
                let hidden: Vec<_> = secrets
                    .iter()
                    .map(|secret| secret.expose_secret())
                    .collect();
                let drift = drift(wanted, &found.connector, &hidden);
                Self {
                    drift,
                    ..Self::adopted_as(workspace, *found, secrets.is_empty())
                }
            }
        };
        ensured.journal_error = end.journal_error;
        ensured
    }

    pub(crate) fn adopted_as(workspace: Workspace, found: Found, secrets_applied: bool) -> Self {
        Self {
            install: Install::adopted(workspace, found.connector),
            matched_by: Some(found.matched_by),
            drift: Vec::new(),
            secrets_applied,
            journal_error: None,
        }
    }

    /// The connector's id.
    #[must_use]
    pub fn id(&self) -> ConnectorId {
        self.install.id()
    }

    /// The connector as it was read, or as the create answered it.
    #[must_use]
    pub fn connector(&self) -> Option<&Connector> {
        self.install.connector()
    }

    /// True where it was found, and false where this call saw its create succeed. What this call made without seeing
    /// the answer, and then found, counts as found.
    #[must_use]
    pub fn adopted(&self) -> bool {
        self.matched_by.is_some()
    }

    /// What showed that it is the wanted one; `None` where it was created.
    #[must_use]
    pub fn matched_by(&self) -> Option<&MatchedBy> {
        self.matched_by.as_ref()
    }

    /// How the adopted connector differs from the template, as far as the API shows it. Nothing of it was changed:
    /// the API has no call for that.
    #[must_use]
    pub fn drift(&self) -> &[Drift] {
        &self.drift
    }

    /// False where the template has secrets, and the connector may have been made with others: it was adopted, and
    /// nothing is sent then. To be sure, delete it and ensure it again.
    #[must_use]
    pub fn secrets_applied(&self) -> bool {
        self.secrets_applied
    }

    /// Why the result could not be written into the journal. The connector is there all the same; a later run looks
    /// for it again.
    #[must_use]
    pub fn journal_error(&self) -> Option<&Error> {
        self.journal_error.as_ref()
    }

    /// The install, to go on with.
    pub fn into_install(self) -> Install {
        self.install
    }

    /// See [`Install::token`].
    #[must_use]
    pub fn token(&self) -> WaitToken {
        self.install.token()
    }

    /// See [`Install::until_ready`]. An adopted connector whose install has failed ends it with
    /// [`WaitError::Failed`](crate::wait::WaitError::Failed): delete it, then ensure again. `ensure` itself deletes nothing.
    pub fn until_ready(&self) -> UntilReady {
        self.install.until_ready()
    }

    /// See [`Install::progress`].
    pub fn progress(&self) -> Steps {
        self.install.progress()
    }
}
