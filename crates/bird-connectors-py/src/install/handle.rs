//! The handle to one install, and the wait for it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bird_connectors as sdk;
use pyo3::prelude::*;
use sdk::models as m;
use sdk::wait::{Progress, StatusSource, Step, WaitToken};

use crate::convert::{Arg, Pair, Seconds, Sequence, Str, arguments};
use crate::hints::{Hint, Steps, Typed};
use crate::install::wait_options::wait_options;
use crate::models::Model as _;
use crate::outcome::{CallOutcome, IntoObject};
use crate::process::ProcessOwned;
use crate::records::record;
use crate::scope::WorkspaceScope;
use crate::sdk_errors::{error_object, sdk_error};
use crate::stream::{Source, Stream};
use crate::webhooks::Signals;

/// The native half of `Install` and `AsyncInstall`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Install {
    scope: WorkspaceScope,
    token: WaitToken,
    connector: Option<m::Connector>,
    install: ProcessOwned<sdk::install::Install>,
}

impl Hint for Install {
    const HINT: pyo3::inspect::PyStaticExpr = <Self as pyo3::PyTypeInfo>::TYPE_HINT;
}

impl Install {
    pub(crate) fn new(scope: WorkspaceScope, install: sdk::install::Install) -> Self {
        Self {
            scope,
            token: install.token(),
            connector: install.connector().cloned(),
            install: ProcessOwned::new(install),
        }
    }

    /// The install as an argument of a bulk wait of any client.
    pub(crate) fn reference(&self) -> sdk::wait::InstallRef {
        match self.install.get() {
            Some(install) => install.into(),
            None => self.token.clone().into(),
        }
    }

    /// The SDK's handle. In a forked child it is resumed from the token.
    fn current(&self, py: Python<'_>) -> PyResult<sdk::install::Install> {
        // Fails if the client is closed.
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
        self.token.connector_id().to_string()
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
        timeout: Option<Arg<Seconds>>,
        status: Option<Arg<Str>>,
        interval: Option<Arg<Pair<Seconds>>>,
        failure_statuses: Option<Arg<Sequence<Str>>>,
        signal: Option<Arg<Py<Signals>>>,
    ) -> PyResult<Typed<Steps>> {
        arguments!(timeout, status, interval, failure_statuses, signal);
        let wait = self.current(py)?.until_ready();
        let options = wait_options(timeout, status, interval, failure_statuses, signal);
        // The timers of a wait belong to the runtime.
        let _context = crate::runtime::handle(py)?.enter();
        let stream = Stream::new(Box::new(WaitSteps(wait.options(options).progress())));
        Ok(Typed::new(Py::new(py, stream)?.into_any()))
    }
}

/// The polls of a wait as `Progress` records. The last one of a successful wait has the condition's source, so the final
/// `Step::Ready` adds nothing.
struct WaitSteps(sdk::wait::Steps);

impl futures_core::Stream for WaitSteps {
    type Item = CallOutcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<CallOutcome>> {
        loop {
            return Poll::Ready(match ready!(Pin::new(&mut self.0).poll_next(context)) {
                Some(Ok(Step::Poll(poll))) => Some(Ok(progress(poll))),
                Some(Ok(_)) => continue,
                Some(Err(error)) => Some(Err(error.into())),
                None => None,
            });
        }
    }
}

impl Source for WaitSteps {}

/// A `Progress` record.
fn progress(step: Progress) -> IntoObject {
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
                // Set in the last step of a successful wait.
                step.confirmed_by.map(StatusSource::as_str),
            ),
        )
    })
}
