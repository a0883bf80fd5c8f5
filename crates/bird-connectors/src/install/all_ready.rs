//! Onboarding: many installs, each followed until its channel can send, as one stream of results.

use std::collections::HashMap;
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bird_connectors_api::types::ConnectorId;
use futures_core::Stream;
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::all::{InstallAll, InstallAllResults, InstallTotals};
use super::ensure::Ensured;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::wait::{InstallRef, Ready, WaitAll, WaitError, WaitOptions, WaitResults, WaitTotals};

/// A connector whose channel can send.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Onboarded {
    /// How it came about: created or adopted, and how it differs from the template.
    pub ensured: Ensured,
    /// The channel.
    pub ready: Ready,
}

/// Why a template did not come to a channel that can send.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum OnboardError {
    /// There is no connector, or nobody knows: see [`Error::outcome`].
    Install(Error),
    /// There is a connector, and waiting for its channel came to this.
    #[non_exhaustive]
    Wait {
        /// The connector.
        ensured: Box<Ensured>,
        /// Why there is no channel that can send.
        error: WaitError,
    },
}

impl OnboardError {
    /// The connector's id, where there is one.
    #[must_use]
    pub fn connector_id(&self) -> Option<ConnectorId> {
        match self {
            Self::Install(_) => None,
            Self::Wait { ensured, .. } => Some(ensured.id()),
        }
    }
}

impl fmt::Display for OnboardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Install(error) => error.fmt(f),
            Self::Wait { error, .. } => error.fmt(f),
        }
    }
}

impl std::error::Error for OnboardError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Install(_) => None,
            Self::Wait { error, .. } => error.source(),
        }
    }
}

/// Many installs and the wait for them, which have not begun. Made by [`InstallAll::until_ready`]. The wait
/// takes [`WaitOptions`].
#[must_use = "nothing is looked for or created unless this is awaited or its results are read"]
pub struct InstallAllUntilReady {
    installs: InstallAll,
    wait: WaitAll,
}

impl InstallAll {
    /// Goes on until the channels can send, with one shared poll for all.
    pub fn until_ready(self) -> InstallAllUntilReady {
        let wait = self.connectors().wait_all(Vec::<ConnectorId>::new());
        InstallAllUntilReady::new(self, wait)
    }
}

impl InstallAllUntilReady {
    fn new(installs: InstallAll, wait: WaitAll) -> Self {
        Self { installs, wait }
    }

    /// Replaces the options of the wait. Default: [`WaitOptions::default`].
    pub fn options(mut self, options: WaitOptions) -> Self {
        self.wait = self.wait.options(options);
        self
    }

    /// The results as they come: the number of the template, from 0, and its channel, or why there is none. Every template
    /// has one.
    ///
    /// The run begins when the stream is first polled. Dropping it ends the run, and the wait; the installs themselves go
    /// on.
    pub fn results(self) -> OnboardResults {
        self.installs.results().until_ready(self.wait)
    }
}

impl IntoFuture for InstallAllUntilReady {
    type Output = Vec<(usize, Result<Onboarded, OnboardError>)>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.results().collect())
    }
}

impl fmt::Debug for InstallAllUntilReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstallAllUntilReady")
            .field("installs", &self.installs)
            .finish_non_exhaustive()
    }
}

impl InstallAllResults {
    /// Follows each as soon as it is there.
    fn until_ready(self, wait: WaitAll) -> OnboardResults {
        let (followed, mut follow) = unbounded_channel();
        let joins = stream::poll_fn(move |cx| follow.poll_recv(cx));
        OnboardResults {
            installs: self,
            followed: Some(followed),
            waits: wait.and(joins).results(),
            waiting: HashMap::new(),
        }
    }
}

/// The results of many installs and the wait for them, as they come. Made by [`InstallAllUntilReady::results`].
#[must_use = "nothing is installed unless the results are read"]
pub struct OnboardResults {
    installs: InstallAllResults,
    /// Where connectors are handed over to the wait; `None` once all of them are.
    followed: Option<UnboundedSender<InstallRef>>,
    waits: WaitResults,
    waiting: HashMap<ConnectorId, (usize, Ensured)>,
}

impl OnboardResults {
    /// How the installs stand. What is installed may still be waited for.
    #[must_use]
    pub fn totals(&self) -> InstallTotals {
        self.installs.totals()
    }

    /// How the wait stands for what is installed.
    #[must_use]
    pub fn wait_totals(&self) -> WaitTotals {
        self.waits.totals()
    }
}

impl Stream for OnboardResults {
    type Item = (usize, Result<Onboarded, OnboardError>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        while let Some(followed) = &this.followed {
            match this.installs.poll_next_unpin(cx) {
                Poll::Ready(Some((number, Ok(ensured)))) => {
                    // The wait listens as long as this stream is there.
                    let _ = followed.send(ensured.token().into());
                    this.waiting.insert(ensured.id(), (number, ensured));
                }
                Poll::Ready(Some((number, Err(error)))) => {
                    return Poll::Ready(Some((number, Err(OnboardError::Install(error)))));
                }
                Poll::Ready(None) => this.followed = None,
                Poll::Pending => break,
            }
        }
        while let Some(wait) = ready!(this.waits.poll_next_unpin(cx)) {
            if let Some((number, ensured)) = this.waiting.remove(&wait.connector_id) {
                let result = match wait.result {
                    Ok(ready) => Ok(Onboarded { ensured, ready }),
                    Err(error) => Err(OnboardError::Wait {
                        ensured: Box::new(ensured),
                        error,
                    }),
                };
                return Poll::Ready(Some((number, result)));
            }
        }
        Poll::Ready(None)
    }
}

impl fmt::Debug for OnboardResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnboardResults")
            .field("totals", &self.totals())
            .field("wait_totals", &self.wait_totals())
            .finish_non_exhaustive()
    }
}
