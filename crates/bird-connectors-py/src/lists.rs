//! Lists and streams, whatever their items: what [`Listing`] and [`Stream`] are made of is erased here, and typed again
//! in `_lists.py`.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use bird_connectors as sdk;
use futures_util::{FutureExt as _, StreamExt as _};
use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use sdk::{Kind, List, Query};

use crate::bridge::{self, Immediate};
use crate::client::Core;
use crate::convert::{Count, Text};
use crate::errands::Desk;
use crate::errors::{Failure, invalid};
use crate::hints::{Convert, ListOf, Typed};
use crate::logging;
use crate::models::Model;
use crate::runtime::{Call, Outcome, Owned, block, caught, handle, lock};

/// How many milliseconds a cancelled step gets to end.
const GRACE: u32 = 50;

/// What becomes of items that cannot be read.
#[derive(Clone, Copy)]
pub(crate) enum Undecodable {
    Raise,
    Skip,
}

/// What every list takes.
pub(crate) struct Paging {
    page_size: Option<u32>,
    limit: Option<u64>,
    from: Option<sdk::Checkpoint>,
}

impl Paging {
    pub(crate) fn new(
        py: Python<'_>,
        page_size: Option<Count>,
        limit: Option<Count>,
        from: Option<Text>,
    ) -> PyResult<Self> {
        let page_size = page_size
            .map(|size| size.narrow(py, "page_size"))
            .transpose()?;
        let from = from
            .map(|text| text.0.parse::<sdk::Checkpoint>())
            .transpose()
            .map_err(|error| crate::errors::sdk_error(py, &error))?;
        Ok(Self {
            page_size,
            limit: limit.map(|limit| limit.0),
            from,
        })
    }

    fn apply<Q: Query>(&self, mut list: List<Q>) -> List<Q> {
        if let Some(size) = self.page_size {
            list = list.page_size(size);
        }
        if let Some(limit) = self.limit {
            list = list.limit(limit);
        }
        if let Some(checkpoint) = &self.from {
            list = list.from(checkpoint.clone());
        }
        list
    }
}

/// A list as it is kept: made anew, from the client of the process that reads it, for every reading.
trait Readable: Send + Sync {
    fn items(&self, py: Python<'_>) -> PyResult<Box<dyn Source>>;
    fn pages(&self, py: Python<'_>) -> PyResult<Box<dyn Source>>;
    fn first_page(&self, py: Python<'_>) -> PyResult<Call>;
    fn collect(
        &self,
        py: Python<'_>,
        limit: Option<u64>,
        undecodable: Undecodable,
    ) -> PyResult<Call>;
}

struct Made<F> {
    core: Arc<Core>,
    paging: Paging,
    make: F,
}

impl<F, Q> Readable for Made<F>
where
    F: Fn(&sdk::Client) -> Result<List<Q>, sdk::Error> + Send + Sync,
    Q: Query,
    Q::Item: Model,
{
    fn items(&self, py: Python<'_>) -> PyResult<Box<dyn Source>> {
        Ok(Box::new(Items(self.list(py)?.items())))
    }

    fn pages(&self, py: Python<'_>) -> PyResult<Box<dyn Source>> {
        Ok(Box::new(Pages(self.list(py)?.pages())))
    }

    fn first_page(&self, py: Python<'_>) -> PyResult<Call> {
        let list = self.list(py)?;
        Ok(Call::new(async move { Ok(page(list.first_page().await?)) }))
    }

    fn collect(
        &self,
        py: Python<'_>,
        limit: Option<u64>,
        undecodable: Undecodable,
    ) -> PyResult<Call> {
        let list = self.list(py)?;
        let limit = limit.into_iter().chain(self.paging.limit).min();
        let list = match limit {
            Some(limit) => list.limit(limit),
            None => list,
        };
        Ok(Call::new(collect(list.items(), undecodable)))
    }
}

impl<F, Q> Made<F>
where
    F: Fn(&sdk::Client) -> Result<List<Q>, sdk::Error>,
    Q: Query,
{
    fn list(&self, py: Python<'_>) -> PyResult<List<Q>> {
        let list = (self.make)(&self.core.client(py)?);
        let list = list.map_err(|error| crate::errors::sdk_error(py, &error))?;
        Ok(self.paging.apply(list))
    }
}

async fn collect<T: Model + Send + 'static>(
    mut items: sdk::Items<T>,
    undecodable: Undecodable,
) -> Outcome {
    let mut all = Vec::new();
    while let Some(item) = items.next().await {
        match (item, undecodable) {
            (Ok(item), _) => all.push(Box::new(item)),
            (Err(error), Undecodable::Skip) if is_one_item(&error) => {}
            (Err(error), _) => {
                let partial: Convert = Box::new(|py| list_of(py, all));
                return Err(Failure::Partial(Box::new(error), partial));
            }
        }
    }
    Ok(Box::new(|py| list_of(py, all)))
}

/// Whether an error is about a single item, and the list goes on behind it.
fn is_one_item(error: &sdk::Error) -> bool {
    error.kind() == Kind::Decode && error.status().is_none()
}

// Boxed, since these are made where the items are read: what is large is allocated and freed by one thread.
#[allow(clippy::vec_box)]
fn list_of<T: Model>(py: Python<'_>, items: Vec<Box<T>>) -> PyResult<Py<PyAny>> {
    let items: Vec<_> = items
        .into_iter()
        .map(|item| item.boxed_into_class(py))
        .collect::<PyResult<_>>()?;
    Ok(PyList::new(py, items)?.into_any().unbind())
}

fn page<T: Model + Send + 'static>(page: sdk::Page<T>) -> Convert {
    let items = page.items.into_iter().map(Box::new).collect();
    Box::new(move |py| {
        let items = list_of(py, items)?;
        let undecodable: Vec<_> = page
            .undecodable
            .into_iter()
            .map(|entry| record(py, "Undecodable", (entry.index, entry.raw, entry.reason)))
            .collect::<PyResult<_>>()?;
        let checkpoint = page.checkpoint.map(|checkpoint| checkpoint.to_string());
        record(py, "Page", (items, undecodable, checkpoint))
    })
}

/// An object of a class of `_records.py`.
pub(crate) fn record<'py>(
    py: Python<'py>,
    class: &str,
    values: impl pyo3::call::PyCallArgs<'py>,
) -> PyResult<Py<PyAny>> {
    py.import(intern!(py, "bird_connectors._records"))?
        .getattr(PyString::new(py, class))?
        .call1(values)
        .map(Bound::unbind)
}

/// A list that has not been read yet.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Listing(Box<dyn Readable>);

impl Listing {
    pub(crate) fn make<Q>(
        py: Python<'_>,
        core: &Arc<Core>,
        paging: Paging,
        make: impl Fn(&sdk::Client) -> Result<List<Q>, sdk::Error> + Send + Sync + 'static,
    ) -> PyResult<Typed<ListOf<Q::Item>>>
    where
        Q: Query,
        Q::Item: Model,
    {
        let core = Arc::clone(core);
        let listing = Self(Box::new(Made { core, paging, make }));
        Ok(Typed::new(Py::new(py, listing)?.into_any()))
    }
}

#[pymethods]
impl Listing {
    fn items(&self, py: Python<'_>) -> PyResult<Stream> {
        self.0.items(py).map(Stream::new)
    }

    fn pages(&self, py: Python<'_>) -> PyResult<Stream> {
        self.0.pages(py).map(Stream::new)
    }

    fn first_page(&self, py: Python<'_>) -> PyResult<Call> {
        self.0.first_page(py)
    }

    fn collect(
        &self,
        py: Python<'_>,
        limit: Option<Count>,
        on_undecodable: &str,
    ) -> PyResult<Call> {
        let undecodable = match on_undecodable {
            "raise" => Undecodable::Raise,
            "skip" => Undecodable::Skip,
            _ => {
                return Err(invalid(
                    py,
                    "on_undecodable is \"raise\" or \"skip\": nothing else is known",
                ));
            }
        };
        self.0.collect(py, limit.map(|limit| limit.0), undecodable)
    }
}

/// A stream of the SDK, without its type.
pub(crate) trait Source: futures_core::Stream<Item = Outcome> + Send + Unpin {
    fn checkpoint(&self) -> Option<String>;

    /// How far it has come, where it counts.
    fn totals(&self) -> Option<Totals> {
        None
    }
}

/// How far something has come.
#[derive(Clone, Copy)]
pub(crate) enum Totals {
    Wait(sdk::WaitTotals),
    Install(sdk::InstallTotals),
}

impl Totals {
    pub(crate) fn into_record(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self {
            Self::Wait(t) => {
                let values = (t.done, t.failed, t.pending, t.cancelled, t.rounds, t.gets);
                record(py, "WaitTotals", values)
            }
            Self::Install(t) => {
                let values = (t.created, t.adopted, t.failed, t.pending);
                record(py, "InstallTotals", values)
            }
        }
    }
}

/// What is left of a stream that was closed: nothing comes, and it counts no further.
struct Over(Option<Totals>);

impl futures_core::Stream for Over {
    type Item = Outcome;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Outcome>> {
        Poll::Ready(None)
    }
}

impl Source for Over {
    fn checkpoint(&self) -> Option<String> {
        None
    }

    fn totals(&self) -> Option<Totals> {
        self.0
    }
}

struct Items<T>(sdk::Items<T>);
struct Pages<T>(sdk::Pages<T>);

impl<T: Model + Send + 'static> futures_core::Stream for Items<T> {
    type Item = Outcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Outcome>> {
        Pin::new(&mut self.0).poll_next(context).map(|next| {
            next.map(|item| -> Outcome {
                let item = Box::new(item?);
                Ok(Box::new(|py| item.boxed_into_class(py)))
            })
        })
    }
}

impl<T: Model + Send + 'static> futures_core::Stream for Pages<T> {
    type Item = Outcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Outcome>> {
        let next = Pin::new(&mut self.0).poll_next(context);
        next.map(|next| next.map(|item| Ok(page(item?))))
    }
}

impl<T: Model + Send + 'static> Source for Items<T> {
    fn checkpoint(&self) -> Option<String> {
        self.0.checkpoint().map(|checkpoint| checkpoint.to_string())
    }
}

impl<T: Model + Send + 'static> Source for Pages<T> {
    fn checkpoint(&self) -> Option<String> {
        self.0.checkpoint().map(|checkpoint| checkpoint.to_string())
    }
}

/// Where a stream is between two steps.
enum Slot {
    Here(Box<dyn Source>),
    /// A step is under way.
    Lent,
    /// A step was interrupted, and its request dropped.
    Interrupted {
        checkpoint: Option<String>,
        totals: Option<Totals>,
    },
}

/// An iteration, to be advanced by one thread or task at a time: as an iterator, or as an asynchronous one.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Stream(Owned<Inner>);

struct Inner {
    slot: Arc<Mutex<Slot>>,
    /// Where what the source wants of its reader is found.
    desk: Option<Desk>,
}

impl Stream {
    pub(crate) fn new(source: Box<dyn Source>) -> Self {
        Self::attended(source, None)
    }

    /// A stream that may want something of its reader meanwhile.
    pub(crate) fn attended(source: Box<dyn Source>, desk: Option<Desk>) -> Self {
        let slot = Arc::new(Mutex::new(Slot::Here(source)));
        Self(Owned::new(Inner { slot, desk }))
    }

    fn desk(&self) -> Option<&Desk> {
        self.0.get().and_then(|inner| inner.desk.as_ref())
    }

    fn slot(&self) -> PyResult<&Arc<Mutex<Slot>>> {
        self.0.get().map(|inner| &inner.slot).ok_or_else(|| {
            PyRuntimeError::new_err(
                "this iteration was begun before the process forked: begin a new one in the child",
            )
        })
    }

    /// The slot, between two steps if that can be. A step that was cancelled may be about to end on another thread: it
    /// is given the moment that this takes.
    fn settled(&self, py: Python<'_>) -> PyResult<MutexGuard<'_, Slot>> {
        let slot = self.slot()?;
        for _ in 0..GRACE {
            let state = lock(slot);
            if !matches!(*state, Slot::Lent) {
                return Ok(state);
            }
            drop(state);
            py.detach(|| std::thread::sleep(Duration::from_millis(1)));
        }
        Ok(lock(slot))
    }

    fn lease(&self, py: Python<'_>) -> PyResult<Lease> {
        let slot = self.slot()?;
        let mut state = self.settled(py)?;
        match std::mem::replace(&mut *state, Slot::Lent) {
            Slot::Here(source) => Ok(Lease {
                slot: Arc::clone(slot),
                source: Some(source),
            }),
            Slot::Lent => Err(PyRuntimeError::new_err(
                "this iteration is being advanced already, by another thread or task",
            )),
            interrupted @ Slot::Interrupted { .. } => {
                *state = interrupted;
                Err(PyRuntimeError::new_err(
                    "this iteration was interrupted; begin a new one, a list with `from_` set to the `checkpoint` of \
                     this one",
                ))
            }
        }
    }
}

#[pymethods]
impl Stream {
    /// Where the list goes on behind what was delivered; None at its end.
    #[getter]
    fn checkpoint(&self, py: Python<'_>) -> PyResult<Option<String>> {
        match &*self.settled(py)? {
            Slot::Here(source) => Ok(source.checkpoint()),
            Slot::Interrupted { checkpoint, .. } => Ok(checkpoint.clone()),
            Slot::Lent => Err(PyRuntimeError::new_err(
                "this iteration is being advanced: its checkpoint can be read between two steps",
            )),
        }
    }

    /// How far it has come; None where it does not count.
    #[getter]
    fn totals(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let totals = match &*self.settled(py)? {
            Slot::Here(source) => source.totals(),
            Slot::Interrupted { totals, .. } => *totals,
            Slot::Lent => {
                return Err(PyRuntimeError::new_err(
                    "this iteration is being advanced: its totals can be read between two steps",
                ));
            }
        };
        totals.map(|totals| totals.into_record(py)).transpose()
    }

    /// Ends it: nothing more comes.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let mut state = self.settled(py)?;
        let totals = match &*state {
            Slot::Here(source) => source.totals(),
            Slot::Interrupted { totals, .. } => *totals,
            Slot::Lent => {
                return Err(PyRuntimeError::new_err(
                    "this iteration is being advanced: it can be closed between two steps",
                ));
            }
        };
        let before = std::mem::replace(&mut *state, Slot::Here(Box::new(Over(totals))));
        drop(state);
        // What it drops may want the runtime.
        let _context = handle(py)?.enter();
        drop(before);
        Ok(())
    }

    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let mut lease = self.lease(py)?;
        let outcome = match lease.at_hand(py)? {
            Some(outcome) => {
                lease.give_back();
                outcome
            }
            None => match self.desk() {
                Some(desk) => desk.block(py, lease.step())?,
                None => block(py, lease.step())?,
            },
        };
        match outcome {
            Ok(convert) => convert(py).map(Some),
            Err(Failure::End) => Ok(None),
            Err(failure) => Err(failure.into_python(py)),
        }
    }

    fn __aiter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __anext__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut lease = self.lease(py)?;
        if let Some(outcome) = lease.at_hand(py)? {
            lease.give_back();
            return Ok(Bound::new(py, Immediate::new(outcome))?.into_any());
        }
        match self.desk() {
            Some(desk) => desk.clone().spawn(py, lease.step()),
            None => bridge::spawn(py, lease.step()),
        }
    }
}

/// A stream on loan. Unless it is given back it was interrupted: what it was doing is dropped with it.
struct Lease {
    slot: Arc<Mutex<Slot>>,
    source: Option<Box<dyn Source>>,
}

impl Lease {
    async fn next(&mut self) -> Outcome {
        match &mut self.source {
            Some(source) => source.next().await.unwrap_or(Err(Failure::End)),
            None => Err(Failure::End),
        }
    }

    /// The next item where it is there already, as it is within a page: no thread is changed for it.
    fn at_hand(&mut self, py: Python<'_>) -> PyResult<Option<Outcome>> {
        logging::refresh(py)?;
        // The first look may begin a request, which needs a runtime.
        let _context = handle(py)?.enter();
        Ok(caught(self.next()).now_or_never())
    }

    /// Waits for the next item, and gives the source back.
    async fn step(mut self) -> Outcome {
        let outcome = caught(self.next()).await;
        self.give_back();
        outcome
    }

    fn give_back(mut self) {
        if let Some(source) = self.source.take() {
            *lock(&self.slot) = Slot::Here(source);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(source) = self.source.take() {
            *lock(&self.slot) = Slot::Interrupted {
                checkpoint: source.checkpoint(),
                totals: source.totals(),
            };
        }
    }
}
