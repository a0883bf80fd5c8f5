//! An install under way: the handle, and the wait.

use std::pin::Pin;
use std::task::{Context, Poll};

use bird_connectors as sdk;
use pyo3::prelude::*;
use sdk::models as m;
use sdk::{Progress, StatusSource, WaitError, WaitToken};

use crate::client::Scope;
use crate::convert::{Seconds, Text};
use crate::errors::{error_object, sdk_error};
use crate::hints::{Convert, Hint, Steps, Typed};
use crate::lists::{Source, Stream, record};
use crate::models::Model as _;
use crate::runtime::{Outcome, Owned};
use crate::wait_all::wait_settings;
use crate::webhooks::Signals;

/// The native half of `Install` and `AsyncInstall`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Install {
    scope: Scope,
    token: WaitToken,
    connector: Option<m::Connector>,
    install: Owned<sdk::Install>,
}

impl Hint for Install {
    const HINT: pyo3::inspect::PyStaticExpr = <Self as pyo3::PyTypeInfo>::TYPE_HINT;
}

impl Install {
    pub(crate) fn new(scope: Scope, install: sdk::Install) -> Self {
        Self {
            scope,
            token: install.token(),
            connector: install.connector().cloned(),
            install: Owned::new(install),
        }
    }

    /// For a wait for many, whichever client the handle came from.
    pub(crate) fn reference(&self) -> sdk::InstallRef {
        match self.install.get() {
            Some(install) => install.into(),
            None => self.token.clone().into(),
        }
    }

    /// The SDK's handle; in a forked child, one that goes on from the token.
    fn here(&self, py: Python<'_>) -> PyResult<sdk::Install> {
        // Also refuses to go on when the client is closed.
        let workspace = self.scope.workspace(py)?;
        match self.install.get() {
            Some(install) => Ok(install.clone()),
            None => workspace
                .connectors()
                .resume(self.token.clone())
                .map_err(|error| sdk_error(py, &error)),
        }
    }
}

#[pymethods]
impl Install {
    #[getter]
    fn id(&self) -> String {
        self.token.connector().to_string()
    }

    #[getter]
    fn connector(&self, py: Python<'_>) -> PyResult<Typed<Option<m::Connector>>> {
        let connector = self.connector.clone();
        let object = match connector {
            Some(connector) => connector.into_class(py)?,
            None => py.None(),
        };
        Ok(Typed::new(object))
    }

    #[getter]
    fn token(&self) -> String {
        self.token.to_string()
    }

    #[pyo3(signature = (timeout, status, interval, failure_statuses, signal))]
    fn progress(
        &self,
        py: Python<'_>,
        timeout: Option<Seconds>,
        status: Option<Text>,
        interval: Option<(Seconds, Seconds)>,
        failure_statuses: Option<Vec<Text>>,
        signal: Option<&Signals>,
    ) -> PyResult<Typed<Steps>> {
        let mut wait = self.here(py)?.until_ready();
        wait_settings!(wait, timeout, status, interval, failure_statuses, signal);
        // The clock of a wait is the runtime's.
        let _context = crate::runtime::handle(py)?.enter();
        let stream = Stream::new(Box::new(Wait(wait.progress())));
        Ok(Typed::new(Py::new(py, stream)?.into_any()))
    }
}

struct Wait<S>(S);

impl<S> futures_core::Stream for Wait<S>
where
    S: futures_core::Stream<Item = Result<Progress, WaitError>> + Unpin,
{
    type Item = Outcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Outcome>> {
        let next = Pin::new(&mut self.0).poll_next(context);
        next.map(|next| next.map(|step| Ok(progress(step?))))
    }
}

impl<S> Source for Wait<S>
where
    S: futures_core::Stream<Item = Result<Progress, WaitError>> + Send + Unpin,
{
    fn checkpoint(&self) -> Option<String> {
        None
    }
}

fn progress(step: Progress) -> Convert {
    Box::new(move |py| {
        let object = |model: Option<PyResult<Py<PyAny>>>| model.transpose();
        let error = step.error.as_ref().map(|error| error_object(py, error));
        record(
            py,
            "Progress",
            (
                step.poll,
                step.elapsed.as_secs_f64(),
                step.connector_id.to_string(),
                step.channel_id.map(|id| id.to_string()),
                step.status,
                step.stage,
                object(step.connector.map(|model| model.into_class(py)))?,
                object(step.channel.map(|model| model.into_class(py)))?,
                object(step.readiness.map(|model| model.into_class(py)))?,
                error.transpose()?,
                step.next_poll_in.map(|pause| pause.as_secs_f64()),
                // Also tells that it is ready.
                step.confirmed_by.map(StatusSource::as_str),
            ),
        )
    })
}
