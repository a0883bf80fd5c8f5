//! The way of one `ensure`: what the journal knows, a look, a create, and looking again where its outcome is not known.
//!
//! A caller that ensures many templates reads the list once ([`Store::all`]), opens the journal once
//! ([`Ledger::open`]), and calls [`ensure`] for each template with both. The snapshot may be older than the call: it
//! only saves the first look. Two templates with the same [`Key`] must not be ensured at the same time, nor from one
//! snapshot: the second would not see what the first one made.

use std::time::Duration;

use bird_connectors_api::types::{Connector, ConnectorId};
use tokio::time::{Instant, sleep_until};

use super::aftermath::{Aftermath, Pauses, aftermath};
use super::journal::{Key, Ledger, Past};
use super::same::{MatchedBy, Verdict, Wanted, verdict};
use super::store::{ACTION, Found, Pick, Snapshot, Store};
use crate::clock::now;
use crate::error::{Error, ErrorKind, RequestOutcome};
use crate::resume::UnresolvedCreate;
use crate::templates::Template;

/// How to go about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) window: Duration,
    pub(crate) recreate: bool,
}

/// How it ended well.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) done: Done,
    /// The result could not be written into the journal; a later run will look for it.
    pub(crate) journal_error: Option<Error>,
}

#[derive(Debug)]
pub(crate) enum Done {
    Created(Box<Connector>),
    Adopted(Box<Found>),
}

/// Adopts what is wanted, or else creates it once.
pub(crate) async fn ensure<S: Store>(
    store: &S,
    template: &Template,
    wanted: &Wanted,
    settings: Settings,
    known: Option<&Snapshot>,
    ledger: Option<&Ledger>,
) -> Result<End, Error> {
    let run = Run {
        store,
        wanted,
        settings,
        book: ledger.map(|ledger| (ledger, Key::new(store.workspace(), wanted))),
    };
    match run.before(known).await? {
        Start::Adopt(found) => Ok(run.adopted(found).await),
        Start::Create { unresolved } => run.create(template, unresolved).await,
    }
}

/// Looks through the window for what is wanted, and creates nothing. `None` where nothing showed.
pub(crate) async fn find<S: Store>(
    store: &S,
    wanted: &Wanted,
    window: Duration,
) -> Result<Option<Found>, Error> {
    let run = Run {
        store,
        wanted,
        settings: Settings {
            window,
            recreate: false,
        },
        book: None,
    };
    match run.look_through(&Hint::None, run.whole_window()).await {
        Looked::Found(found) => Ok(Some(*found)),
        Looked::Several(error) | Looked::Unable(error) => Err(error),
        Looked::Other(_) | Looked::Nothing => Ok(None),
    }
}

struct Run<'a, S> {
    store: &'a S,
    wanted: &'a Wanted,
    settings: Settings,
    book: Option<(&'a Ledger, Key)>,
}

/// What is in order before anything is sent.
enum Start {
    Adopt(Box<Found>),
    /// `unresolved`: behind an earlier create whose outcome is still not known.
    Create {
        unresolved: bool,
    },
}

/// What is known beside the list.
enum Hint {
    None,
    /// The journal says that this is the one.
    Journal(ConnectorId),
    /// An answer names these; each is compared before it is adopted.
    Answer(Vec<ConnectorId>),
}

/// What looking came to.
enum Looked {
    Found(Box<Found>),
    /// More than one is the same.
    Several(Error),
    /// An answer named this one, and it is not the same.
    Other(Box<Connector>),
    /// The last look could not tell, and this is why.
    Unable(Error),
    Nothing,
}

impl<S: Store> Run<'_, S> {
    /// What is there before anything is sent.
    async fn before(&self, known: Option<&Snapshot>) -> Result<Start, Error> {
        let past = match &self.book {
            Some((ledger, key)) => ledger.past(key),
            None => Past::Nothing,
        };
        let (hint, span) = match &past {
            Past::Nothing => return self.first_look(known).await,
            Past::Open(_) => (Hint::None, self.whole_window()),
            Past::Done { connector, seen } => {
                // What was there and is not there twice running is gone.
                let span = if *seen {
                    self.twice()
                } else {
                    self.whole_window()
                };
                (Hint::Journal(*connector), span)
            }
        };
        let unable = match self.look_through(&hint, span).await {
            Looked::Found(found) => return Ok(Start::Adopt(found)),
            Looked::Several(error) => return Err(error),
            Looked::Unable(error) => Some(error),
            Looked::Other(_) | Looked::Nothing => None,
        };
        match (past, unable) {
            (Past::Done { seen: true, .. } | Past::Nothing, None) => {
                Ok(Start::Create { unresolved: false })
            }
            (_, None) if self.settings.recreate => Ok(Start::Create { unresolved: true }),
            (Past::Done { connector, .. }, None) => Err(self.missing(connector)),
            (Past::Open(left), unable) => Err(self.still_open(*left, unable)),
            (_, Some(error)) => Err(error),
        }
    }

    async fn first_look(&self, known: Option<&Snapshot>) -> Result<Start, Error> {
        let pick = match known {
            Some(known) => known.pick(self.wanted),
            None => self.store.all().await?.pick(self.wanted),
        };
        match pick {
            Pick::Nothing => Ok(Start::Create { unresolved: false }),
            Pick::One(found) => Ok(Start::Adopt(found)),
            Pick::Several(error) | Pick::Unclear(error) => Err(error),
        }
    }

    /// Creates it, and finds out what became of that. Behind an unresolved create there is no third one, and its
    /// intent stays open.
    async fn create(&self, template: &Template, mut unresolved: bool) -> Result<End, Error> {
        loop {
            let left = self.wanted.unresolved(self.store.workspace(), now());
            if let Some((ledger, key)) = &self.book {
                ledger.intent(key, left.clone()).await?;
            }
            let error = match self.store.create(template.clone()).await {
                Ok(connector) => {
                    return Ok(End {
                        journal_error: self.record(connector.id, false).await,
                        done: Done::Created(Box::new(connector)),
                    });
                }
                Err(error) => error,
            };
            let (ids, exists) = match aftermath(&error, self.store.workspace()) {
                Aftermath::Nothing => {
                    self.close(unresolved).await;
                    return Err(error);
                }
                Aftermath::Exists(ids) => (ids, true),
                Aftermath::Unknown(ids) => (ids, false),
            };
            let looked = self
                .look_through(&Hint::Answer(ids), self.whole_window())
                .await;
            if let Looked::Found(found) = looked {
                return Ok(self.adopted(found).await);
            }
            if exists {
                self.close(unresolved).await;
                return Err(self.exists_elsewhere(error, looked));
            }
            match looked {
                Looked::Several(several) => return Err(several.with_unresolved(left)),
                Looked::Nothing if self.settings.recreate && !unresolved => unresolved = true,
                looked => return Err(self.unknown(error, looked, left)),
            }
        }
    }

    async fn adopted(&self, found: Box<Found>) -> End {
        End {
            journal_error: self.record(found.connector.id, true).await,
            done: Done::Adopted(found),
        }
    }

    /// Writes down which connector it is, where a create was written down before. That it exists is worth more than
    /// the line about it.
    async fn record(&self, connector: ConnectorId, seen: bool) -> Option<Error> {
        let (ledger, key) = self.book.as_ref()?;
        let known = ledger.past(key);
        if known == Past::Nothing || known == (Past::Done { connector, seen }) {
            return None;
        }
        ledger.result(key, connector, seen).await.err()
    }

    /// This create made nothing. Where that cannot be written down, a later run looks for nothing once.
    async fn close(&self, unresolved: bool) {
        if let Some((ledger, key)) = &self.book
            && !unresolved
        {
            let _ = ledger.refused(key).await;
        }
    }

    fn whole_window(&self) -> (Duration, Pauses) {
        let window = self.settings.window;
        (window, Pauses::within(window))
    }

    /// A look, a pause, and another look.
    fn twice(&self) -> (Duration, Pauses) {
        let pauses = Pauses::within(self.settings.window);
        (pauses.first(), pauses)
    }

    /// Looks, again and again, until there is something to see or the time is up. The last look is at the end.
    async fn look_through(&self, hint: &Hint, (span, mut pauses): (Duration, Pauses)) -> Looked {
        let end = Instant::now().checked_add(span);
        loop {
            let started = Instant::now();
            let looked = self.look(hint).await;
            let last = end.is_some_and(|end| started >= end);
            let settled = match &looked {
                Looked::Nothing => false,
                // What is in the way may pass, but a refusal does not.
                Looked::Unable(error) => {
                    matches!(
                        error.kind(),
                        ErrorKind::Authentication | ErrorKind::PermissionDenied
                    )
                }
                _ => true,
            };
            if settled || last {
                return looked;
            }
            let due = Instant::now() + pauses.next().unwrap_or_default();
            sleep_until(end.map_or(due, |end| due.min(end))).await;
        }
    }

    /// Looks once.
    async fn look(&self, hint: &Hint) -> Looked {
        let ids = match hint {
            Hint::None => &[][..],
            Hint::Journal(id) => std::slice::from_ref(id),
            Hint::Answer(ids) => ids,
        };
        let (mut other, mut trouble) = (None, None);
        for id in ids {
            match self.store.get(*id).await {
                Ok(connector) => match (hint, verdict(self.wanted, (&connector).into())) {
                    (_, Verdict::Same(matched_by)) if !matches!(hint, Hint::Journal(_)) => {
                        return Looked::found(connector, matched_by);
                    }
                    (Hint::Journal(_), _) => return Looked::found(connector, MatchedBy::Journal),
                    _ => other = Some(Box::new(connector)),
                },
                Err(error) if error.is_not_found() => {}
                Err(error) => trouble = Some(error),
            }
        }
        match self.store.all().await.map(|all| all.pick(self.wanted)) {
            Ok(Pick::One(found)) => Looked::Found(found),
            Ok(Pick::Several(error)) => Looked::Several(error),
            Ok(Pick::Unclear(error)) => Looked::Unable(error),
            Ok(Pick::Nothing) => match (other, trouble) {
                (Some(other), _) => Looked::Other(other),
                (None, Some(error)) => Looked::Unable(error),
                (None, None) => Looked::Nothing,
            },
            Err(error) => Looked::Unable(error),
        }
    }
}

impl Looked {
    fn found(connector: Connector, matched_by: MatchedBy) -> Self {
        Self::Found(Box::new(Found {
            connector,
            matched_by,
        }))
    }
}

/// The errors.
impl<S: Store> Run<'_, S> {
    /// The create's own error, and what came of looking.
    fn unknown(&self, error: Error, looked: Looked, left: UnresolvedCreate) -> Error {
        let seen = match looked {
            Looked::Unable(why) => format!("looking for it did not succeed ({why})"),
            Looked::Other(other) => format!(
                "all that was seen is connector {} (`{}`), which differs",
                other.id, other.name
            ),
            _ => format!("nothing was seen of it within {:?}", self.settings.window),
        };
        let help = format!("it may have been created, but {seen}; {}", self.advice());
        // Also where a success came that cannot be read: nothing says that it was the API's.
        error
            .with_outcome(RequestOutcome::Unknown)
            .with_help(help)
            .with_unresolved(left)
    }

    fn still_open(&self, left: UnresolvedCreate, unable: Option<Error>) -> Error {
        let seen = match unable {
            Some(why) => format!("looking for it did not succeed ({why})"),
            None => format!("nothing was seen of it within {:?}", self.settings.window),
        };
        let message = format!(
            "outcome unknown: by the journal an earlier run was about to create this on {}, no answer was written down, and {seen}",
            left.at().format("%Y-%m-%d %H:%M:%S UTC")
        );
        Error::new(ErrorKind::Timeout, ACTION, message)
            .with_outcome(RequestOutcome::Unknown)
            .with_help(self.advice())
            .with_unresolved(left)
    }

    fn advice(&self) -> String {
        format!(
            "look for {} before creating again (`recreate_after_window` does that)",
            self.wanted.describe()
        )
    }

    fn missing(&self, connector: ConnectorId) -> Error {
        let message = format!(
            "by the journal connector {connector} was created, but the API does not show it within {:?}, nor another like it",
            self.settings.window
        );
        Error::new(ErrorKind::NotFound, ACTION, message).with_help(
            "if it was deleted, `recreate_after_window` creates it again; if not, it may still appear",
        )
    }

    /// The API says that there is one already, and none that is the same was found.
    fn exists_elsewhere(&self, error: Error, looked: Looked) -> Error {
        let help = match looked {
            Looked::Several(several) => return several,
            Looked::Other(other) => format!(
                "what exists is connector {} (`{}`), which is not {}; follow it by its id if it will do, or give the new one another name or number",
                other.id,
                other.name,
                self.wanted.describe()
            ),
            Looked::Unable(why) => format!("what exists could not be read: {why}"),
            _ => format!(
                "nothing that exists is {}: the API shows none within {:?}",
                self.wanted.describe(),
                self.settings.window
            ),
        };
        error.with_help(help)
    }
}

#[cfg(test)]
mod tests;
