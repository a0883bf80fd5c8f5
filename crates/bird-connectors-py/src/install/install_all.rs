//! Bulk installs: many idempotent installs, and the wait for their channels.

use std::collections::HashMap;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bird_connectors as sdk;
use pyo3::exceptions::PyValueError;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit, type_hint_identifier};
use sdk::install::InstallItem;

use crate::callbacks::{CallbackQueue, LastException, LastExceptionOfQueue};
use crate::convert::{Arg, Pair, Refusal, Seconds, Sequence, Str, arguments};
use crate::errors;
use crate::hints::{InstallSteps, Typed};
use crate::install::ensure::Ensured;
use crate::install::journal::Journal;
use crate::install::wait_all;
use crate::install::wait_options::wait_options;
use crate::outcome::CallOutcome;
use crate::records::record;
use crate::scope::WorkspaceScope;
use crate::sdk_errors::journal_error_object;
use crate::stream::{Source, Stream, Totals};
use crate::templates::{Template, not_a_template};
use crate::webhooks::Signals;

/// An input of a bulk install: a template, or the exception of a row whose template could not be built.
pub(crate) enum InstallRow {
    Template(Box<sdk::templates::Template>),
    Failed(Py<PyAny>),
}

impl<'py> FromPyObject<'_, 'py> for InstallRow {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("bird_connectors._types", "InstallRow");

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        let py = value.py();
        if let Ok(template) = value.cast::<Template>() {
            return Ok(Self::Template(Box::new(template.get().0.clone())));
        }
        if value.is_instance_of::<PyValueError>()
            || value.is_instance(&errors::class(py, "BirdConnectorsError")?)?
        {
            return Ok(Self::Failed(value.to_owned().unbind()));
        }
        Err(not_a_template(
            "a template or the BirdConnectorsError or ValueError of a row that has none",
            &value,
        ))
    }
}

/// The maximum number of rows of a bulk install.
const MAX_ROWS: usize = 1_000_000;

/// The rows of a bulk install.
pub(crate) type InstallRows = Sequence<InstallRow, MAX_ROWS>;

/// The native half of `InstallAll` and `AsyncInstallAll`. It keeps the arguments, so that each run starts anew in the
/// current process.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct InstallAll {
    pub(crate) scope: WorkspaceScope,
    pub(crate) rows: Vec<InstallRow>,
    pub(crate) concurrency: usize,
    pub(crate) reconcile_window: Duration,
    pub(crate) recreate_after_window: bool,
    pub(crate) refuse_drift: bool,
    pub(crate) identified_by: Option<Vec<String>>,
    pub(crate) journal: Option<Py<PyAny>>,
}

impl InstallAll {
    /// The SDK's run and, for a journal of the user, the queue of callbacks to it.
    fn start(&self, py: Python<'_>) -> PyResult<(sdk::install::InstallAll, Option<CallbackQueue>)> {
        let connectors = self.scope.workspace(py)?.connectors();
        let mut all = connectors
            .install_all(self.rows.iter().map(|row| match row {
                InstallRow::Template(template) => (**template).clone().into(),
                // The result has the exception itself.
                InstallRow::Failed(_) => InstallItem::invalid("the row has no template"),
            }))
            .concurrency(self.concurrency)
            .reconcile_window(self.reconcile_window);
        if self.recreate_after_window {
            all = all.recreate_after_window();
        }
        if self.refuse_drift {
            all = all.refuse_drift();
        }
        if let Some(arguments) = &self.identified_by {
            all = all.identified_by(arguments.iter().cloned());
        }
        let Some(journal) = &self.journal else {
            return Ok((all, None));
        };
        let (journal, callbacks) = Journal::extract(journal.bind(py).as_borrowed())?.open();
        Ok((all.journal(journal), callbacks))
    }

    /// The exceptions of the failed rows, by index.
    fn exceptions(&self, py: Python<'_>) -> HashMap<usize, Py<PyAny>> {
        let rows = self.rows.iter().enumerate();
        rows.filter_map(|(index, row)| match row {
            InstallRow::Template(_) => None,
            InstallRow::Failed(exception) => Some((index, exception.clone_ref(py))),
        })
        .collect()
    }
}

#[pymethods]
impl InstallAll {
    #[getter]
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn results(&self, py: Python<'_>) -> PyResult<Typed<InstallSteps>> {
        let (all, callbacks) = self.start(py)?;
        let journal_exception = last_exception(callbacks.as_ref());
        let results = ResultRecords {
            results: all.results(),
            waits: false,
            exceptions: self.exceptions(py),
            journal_exception,
        };
        let stream = Stream::with_callbacks(Box::new(results), callbacks);
        Ok(Typed::new(Py::new(py, stream)?.into_any()))
    }

    #[pyo3(signature = (timeout, status, interval, failure_statuses, signal))]
    fn until_ready(
        &self,
        py: Python<'_>,
        timeout: Option<Arg<Seconds>>,
        status: Option<Arg<Str>>,
        interval: Option<Arg<Pair<Seconds>>>,
        failure_statuses: Option<Arg<Sequence<Str>>>,
        signal: Option<Arg<Py<Signals>>>,
    ) -> PyResult<Typed<InstallSteps>> {
        arguments!(timeout, status, interval, failure_statuses, signal);
        let (all, callbacks) = self.start(py)?;
        let journal_exception = last_exception(callbacks.as_ref());
        let options = wait_options(timeout, status, interval, failure_statuses, signal);
        let results = ResultRecords {
            results: all.until_ready().options(options).results(),
            waits: true,
            exceptions: self.exceptions(py),
            journal_exception,
        };
        let stream = Stream::with_callbacks(Box::new(results), callbacks);
        Ok(Typed::new(Py::new(py, stream)?.into_any()))
    }

    /// An exception has a traceback, whose frames may refer to this object.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        for row in &self.rows {
            if let InstallRow::Failed(exception) = row {
                visit.call(exception)?;
            }
        }
        visit.call(&self.journal)
    }
}

/// The results of a bulk install as `InstallResult` records.
struct ResultRecords {
    results: sdk::install::InstallResults,
    /// Whether the run waits for the channels.
    waits: bool,
    /// The exceptions of the failed rows without a result so far, by index.
    exceptions: HashMap<usize, Py<PyAny>>,
    journal_exception: Option<LastExceptionOfQueue>,
}

/// The last exception of the journal. The results live no longer than the queue, which the garbage collector visits.
pub(crate) fn last_exception(callbacks: Option<&CallbackQueue>) -> Option<LastExceptionOfQueue> {
    callbacks.map(|callbacks| callbacks.last_exception().downgrade())
}

impl futures_core::Stream for ResultRecords {
    type Item = CallOutcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<CallOutcome>> {
        let next = Pin::new(&mut self.results).poll_next(context);
        next.map(|result| {
            let result = result?;
            let journal_exception = self.journal_exception.as_ref();
            let journal_exception = journal_exception.and_then(LastExceptionOfQueue::upgrade);
            Some(match self.exceptions.remove(&result.index) {
                Some(exception) => failed_row_record(result.index, exception),
                None => result_record(result, journal_exception),
            })
        })
    }
}

impl Source for ResultRecords {
    fn totals(&self) -> Option<Totals> {
        Some(Totals::Install {
            installs: self.results.totals(),
            wait: self.waits.then(|| self.results.wait_totals()),
        })
    }

    /// The traceback of an exception can refer to this run.
    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.exceptions
            .values()
            .try_for_each(|exception| visit.call(exception))
    }
}

/// An `InstallResult` record with the exception of a row whose template could not be built.
fn failed_row_record(index: usize, exception: Py<PyAny>) -> CallOutcome {
    Ok(Box::new(move |py| {
        record(
            py,
            "InstallResult",
            (index, py.None(), py.None(), exception),
        )
    }))
}

/// An `InstallResult` record.
fn result_record(
    install: sdk::install::InstallResult,
    journal_exception: Option<LastException>,
) -> CallOutcome {
    Ok(Box::new(move |py| {
        let (report, mut error) = match &install.result {
            Ok(ensured) => {
                let report = Ensured::make_report(py, ensured, journal_exception.as_ref())?;
                (report, py.None())
            }
            Err(error) => {
                let raised = journal_exception.as_ref().and_then(|last| last.get(py));
                let error = journal_error_object(py, error, raised)?;
                (py.None(), error.unbind())
            }
        };
        let ready = match install.ready {
            Some(Ok(ready)) => wait_all::ready(py, ready)?,
            Some(Err(wait_error)) => {
                error = wait_all::error(py, &wait_error)?;
                py.None()
            }
            None => py.None(),
        };
        record(py, "InstallResult", (install.index, report, ready, error))
    }))
}
