//! The results of an apply, one by one as the steps are done.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bird_connectors::Client;
use bird_connectors::install::OwnedJournal;
use bird_connectors_plan::{ApplyError, ApplyOptions, ApplyStop, DesiredState, Plan, StepResult};
use futures_util::future::BoxFuture;
use pyo3::prelude::*;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::problems::refused_error;
use crate::call::Call;
use crate::callbacks::{CallbackQueue, LastException, LastExceptionOfQueue};
use crate::convert::{Arg, Seconds, arguments};
use crate::hints::{AnyValue, CallOf, Typed};
use crate::install::wait_all;
use crate::outcome::{CallError, CallOutcome, IntoObject};
use crate::process::lock;
use crate::runtime::handle;
use crate::sdk_errors::journal_error_object;
use crate::stream::Source;

/// `None` once it is done.
type Work = Option<BoxFuture<'static, Result<(), ApplyError>>>;

/// What an apply that was interrupted still has to do.
#[derive(Default)]
struct Rest {
    stop: ApplyStop,
    /// Set when the results are no longer read.
    work: Mutex<Work>,
    callbacks: Mutex<Option<CallbackQueue>>,
}

/// Ends an apply in order after its results are no longer read.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct ApplyRest(Arc<Rest>);

#[pymethods]
impl ApplyRest {
    #[new]
    fn new() -> Self {
        Self(Arc::default())
    }

    /// Waits until the steps that are in progress have ended, for at most this time. No other step starts.
    #[pyo3(signature = (limit))]
    fn finish(&self, py: Python<'_>, limit: Arg<Seconds>) -> PyResult<Typed<CallOf<AnyValue>>> {
        arguments!(limit);
        self.0.stop.stop();
        let work = lock(&self.0.work).take();
        let callbacks = lock(&self.0.callbacks).clone();
        let finish = async move {
            if let Some(work) = work {
                // The next apply searches for what has not ended.
                let _ = tokio::time::timeout(limit.0, work).await;
            }
            Ok(Box::new(|py: Python<'_>| Ok(py.None())) as IntoObject)
        };
        let call = Call::with_callbacks(finish, callbacks);
        Ok(Typed::new(Py::new(py, call)?.into_any()))
    }

    /// Drops what is left, with the claims of the journal.
    fn abandon(&self, py: Python<'_>) -> PyResult<()> {
        let work = lock(&self.0.work).take();
        // Dropping a request may need the runtime.
        let _context = handle(py)?.enter();
        drop(work);
        Ok(())
    }
}

impl ApplyRest {
    /// For an apply that this can stop.
    pub(super) fn prepare(&self, options: &mut ApplyOptions, callbacks: Option<&CallbackQueue>) {
        options.stop = Some(self.0.stop.clone());
        *lock(&self.0.callbacks) = callbacks.cloned();
    }
}

/// The results of the steps that have an action, as tuples: the index of the step, the outcome, the id, the ready channel and
/// the error. An apply that is refused is an error. Dropping this passes what is left to the `ApplyRest`.
pub(super) struct ApplyResults {
    work: Work,
    rest: Arc<Rest>,
    results: UnboundedReceiver<StepResult>,
    plan: Arc<Plan>,
    journal_exception: Option<LastExceptionOfQueue>,
}

impl ApplyResults {
    /// Starts when the first result is read.
    pub(super) fn start(
        client: Client,
        desired: Arc<DesiredState>,
        plan: Arc<Plan>,
        journal: Option<OwnedJournal>,
        options: ApplyOptions,
        rest: &ApplyRest,
        journal_exception: Option<LastExceptionOfQueue>,
    ) -> Self {
        let (sender, results) = unbounded_channel();
        let applied = Arc::clone(&plan);
        let work = async move {
            let report = |result: &StepResult| {
                // Fails if the results are no longer read.
                let _ = sender.send(result.clone());
            };
            // Erased, because the compiler cannot show that the future can be sent otherwise.
            let work: BoxFuture<'_, _> =
                Box::pin(applied.apply(&client, &desired, journal.as_ref(), &options, report));
            work.await.map(drop)
        };
        Self {
            work: Some(Box::pin(work)),
            rest: Arc::clone(&rest.0),
            results,
            plan,
            journal_exception,
        }
    }

    fn record(&self, result: StepResult) -> CallOutcome {
        let plan = Arc::clone(&self.plan);
        let exception = self.journal_exception.as_ref();
        let exception = exception.and_then(LastExceptionOfQueue::upgrade);
        Ok(Box::new(move |py| {
            let raised = exception
                .as_ref()
                .and_then(|last: &LastException| last.get(py));
            let mut error = py.None();
            let mut outcome = None;
            let mut id = plan.steps.get(result.step).and_then(|step| step.id.clone());
            match &result.result {
                Ok(done) => {
                    outcome = Some(done.as_str());
                    id = done.id().or(id);
                }
                Err(why) => error = journal_error_object(py, why, raised)?.unbind(),
            }
            let ready = match result.ready {
                Some(Ok(ready)) => wait_all::ready(py, ready)?,
                Some(Err(why)) => {
                    error = wait_all::error(py, &why)?;
                    py.None()
                }
                None => py.None(),
            };
            let values = (result.step, outcome, id, ready, error).into_pyobject(py)?;
            Ok(values.into_any().unbind())
        }))
    }
}

impl futures_core::Stream for ApplyResults {
    type Item = CallOutcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<CallOutcome>> {
        let this = &mut *self;
        if let Some(work) = &mut this.work
            && let Poll::Ready(result) = work.as_mut().poll(context)
        {
            // Drops the sender of the results.
            this.work = None;
            if let Err(error) = result {
                return Poll::Ready(Some(Err(CallError::new(move |py| {
                    refused_error(py, &error)
                }))));
            }
        }
        let next = this.results.poll_recv(context);
        next.map(|result| Some(this.record(result?)))
    }
}

impl Drop for ApplyResults {
    fn drop(&mut self) {
        *lock(&self.rest.work) = self.work.take();
    }
}

impl Source for ApplyResults {}
