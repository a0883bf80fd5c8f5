//! Many idempotent installs, and the wait for their channels.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bird_connectors as sdk;
use pyo3::prelude::*;
use sdk::{InstallAllResults, OnboardError, OnboardResults, Onboarded};

use crate::client::Scope;
use crate::convert::{Seconds, Text};
use crate::ensure::Ensured;
use crate::errands::{Desk, Raised};
use crate::errors::caused_object;
use crate::hints::{InstallSteps, Typed};
use crate::journal::Journal;
use crate::lists::{Source, Stream, Totals, record};
use crate::runtime::Outcome;
use crate::wait_all::{self, wait_settings};
use crate::webhooks::Signals;

/// The native half of `InstallAll` and `AsyncInstallAll`: kept as it was asked for, so that each run begins anew, in the
/// process that reads it.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct InstallAll {
    pub(crate) scope: Scope,
    pub(crate) templates: Vec<sdk::Template>,
    pub(crate) concurrency: usize,
    pub(crate) window: Duration,
    pub(crate) recreate: bool,
    pub(crate) identified_by: Option<Vec<String>>,
    pub(crate) journal: Option<Py<PyAny>>,
}

impl InstallAll {
    fn begin(&self, py: Python<'_>) -> PyResult<(sdk::InstallAll, Option<Desk>)> {
        let connectors = self.scope.workspace(py)?.connectors();
        let mut all = connectors
            .install_all(self.templates.iter().cloned())
            .concurrency(self.concurrency)
            .reconcile_window(self.window);
        if self.recreate {
            all = all.recreate_after_window();
        }
        if let Some(arguments) = &self.identified_by {
            all = all.identified_by(arguments.iter().cloned());
        }
        let Some(journal) = &self.journal else {
            return Ok((all, None));
        };
        let (journal, desk) = journal.bind(py).extract::<Journal>()?.open();
        Ok((all.journal(journal), desk))
    }
}

#[pymethods]
impl InstallAll {
    #[getter]
    fn len(&self) -> usize {
        self.templates.len()
    }

    fn results(&self, py: Python<'_>) -> PyResult<Typed<InstallSteps>> {
        let (all, desk) = self.begin(py)?;
        let raised = desk.as_ref().map(Desk::raised);
        let results = Results {
            results: all.results(),
            raised,
        };
        let stream = Stream::attended(Box::new(results), desk);
        Ok(Typed::new(Py::new(py, stream)?.into_any()))
    }

    #[pyo3(signature = (timeout, status, interval, failure_statuses, signal))]
    fn until_ready(
        &self,
        py: Python<'_>,
        timeout: Option<Seconds>,
        status: Option<Text>,
        interval: Option<(Seconds, Seconds)>,
        failure_statuses: Option<Vec<Text>>,
        signal: Option<&Signals>,
    ) -> PyResult<Typed<InstallSteps>> {
        let (all, desk) = self.begin(py)?;
        let raised = desk.as_ref().map(Desk::raised);
        let mut wait = all.until_ready();
        wait_settings!(wait, timeout, status, interval, failure_statuses, signal);
        let results = Results {
            results: wait.results(),
            raised,
        };
        let stream = Stream::attended(Box::new(results), desk);
        Ok(Typed::new(Py::new(py, stream)?.into_any()))
    }
}

struct Results<S> {
    results: S,
    raised: Option<Raised>,
}

impl futures_core::Stream for Results<InstallAllResults> {
    type Item = Outcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Outcome>> {
        let next = Pin::new(&mut self.results).poll_next(context);
        next.map(|next| {
            let (number, result) = next?;
            let end = match result {
                Ok(ensured) => End::Installed(Box::new(ensured)),
                Err(error) => End::Refused(Box::new(error)),
            };
            Some(row(number, end, self.raised.clone()))
        })
    }
}

impl futures_core::Stream for Results<OnboardResults> {
    type Item = Outcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Outcome>> {
        let next = Pin::new(&mut self.results).poll_next(context);
        next.map(|next| {
            let (number, result) = next?;
            let end = match result {
                Ok(Onboarded { ensured, ready, .. }) => End::Ready(Box::new((ensured, ready))),
                Err(OnboardError::Wait { ensured, error, .. }) => {
                    End::NotReady(Box::new((*ensured, error)))
                }
                Err(OnboardError::Install(error)) => End::Refused(Box::new(error)),
                // What a later SDK adds has at least words.
                Err(error) => End::Unknown(error.to_string()),
            };
            Some(row(number, end, self.raised.clone()))
        })
    }
}

impl Source for Results<InstallAllResults> {
    fn checkpoint(&self) -> Option<String> {
        None
    }

    fn totals(&self) -> Option<Totals> {
        Some(Totals::Install(self.results.totals()))
    }
}

impl Source for Results<OnboardResults> {
    fn checkpoint(&self) -> Option<String> {
        None
    }

    fn totals(&self) -> Option<Totals> {
        Some(Totals::Install(self.results.totals()))
    }
}

/// What a template came to.
enum End {
    Refused(Box<sdk::Error>),
    Installed(Box<sdk::Ensured>),
    Ready(Box<(sdk::Ensured, sdk::Ready)>),
    NotReady(Box<(sdk::Ensured, sdk::WaitError)>),
    Unknown(String),
}

fn row(number: usize, end: End, raised: Option<Raised>) -> Outcome {
    Ok(Box::new(move |py| {
        let none = || py.None();
        let (ensured, ready, error) = match end {
            End::Refused(error) => {
                let error = caused_object(py, &error, raised.as_ref())?;
                (None, none(), error.unbind())
            }
            End::Installed(ensured) => (Some(*ensured), none(), none()),
            End::Ready(both) => (Some(both.0), wait_all::ready(py, both.1)?, none()),
            End::NotReady(both) => (Some(both.0), none(), wait_all::error(py, &both.1)?),
            End::Unknown(text) => {
                let attributes = pyo3::types::PyDict::new(py);
                let error = crate::errors::instance(py, "BirdConnectorsError", &text, &attributes)?;
                (None, none(), error.unbind())
            }
        };
        let told = match ensured {
            Some(ensured) => Ensured::tell(py, &ensured, raised.as_ref())?,
            None => none(),
        };
        record(py, "InstallResult", (number, told, ready, error))
    }))
}
