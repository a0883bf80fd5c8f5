//! Lists. The type of the items is erased here and restored by the stubs and by `_lists.py`.

use std::fmt::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use bird_connectors as sdk;
use pyo3::prelude::*;
use pyo3::types::PyList;
use sdk::ErrorKind;
use sdk::list::{List, Listable};

use crate::call::Call;
use crate::convert::{Arg, Count, Str, arguments};
use crate::errors::invalid;
use crate::hints::{ListOf, Typed};
use crate::models::Model;
use crate::outcome::{CallOutcome, IntoObject};
use crate::records::record;
use crate::scope::WorkspaceScope;
use crate::sdk_errors::{partial_list_error, sdk_error};
use crate::stream::{Source, Stream};

/// What to do with an item that cannot be decoded.
#[derive(Clone, Copy)]
pub(crate) enum Undecodable {
    Raise,
    Skip,
}

/// The arguments that all lists have.
pub(crate) struct Paging {
    page_size: Option<u32>,
    limit: Option<u64>,
    max_empty_pages: Option<u64>,
    from: Option<sdk::list::Checkpoint>,
}

impl Paging {
    pub(crate) fn new(
        py: Python<'_>,
        page_size: Option<Count<u32>>,
        limit: Option<Count>,
        max_empty_pages: Option<Count>,
        from: Option<Str>,
    ) -> PyResult<Self> {
        let from = from
            .map(|from| from.0.parse::<sdk::list::Checkpoint>())
            .transpose()
            .map_err(|error| sdk_error(py, &error))?;
        Ok(Self {
            page_size: page_size.map(|size| size.0),
            limit: limit.map(|limit| limit.0),
            max_empty_pages: max_empty_pages.map(|pages| pages.0),
            from,
        })
    }

    fn apply<T: Listable>(&self, mut list: List<T>) -> List<T> {
        if let Some(size) = self.page_size {
            list = list.page_size(size);
        }
        if let Some(limit) = self.limit {
            list = list.limit(limit);
        }
        if let Some(pages) = self.max_empty_pages {
            list = list.max_empty_pages(pages);
        }
        if let Some(checkpoint) = &self.from {
            list = list.resume_from(checkpoint.clone());
        }
        list
    }
}

/// A list with its type erased. Each iteration makes a new list of the SDK, from the client of the current process.
trait ErasedList: Send + Sync {
    /// The type of the items, the workspace, and the paging.
    fn description(&self) -> String;
    fn items(&self, py: Python<'_>) -> PyResult<Box<dyn Source>>;
    fn pages(&self, py: Python<'_>) -> PyResult<Box<dyn Source>>;
    /// A call that reads the first page.
    fn first_page(&self, py: Python<'_>) -> PyResult<Call>;
    /// A call that reads all items, or at most `limit`.
    fn collect(
        &self,
        py: Python<'_>,
        limit: Option<u64>,
        undecodable: Undecodable,
    ) -> PyResult<Call>;
}

/// The arguments of a list, and a function that makes the list of the SDK.
struct ListRecipe<F> {
    scope: WorkspaceScope,
    paging: Paging,
    make: F,
}

impl<F, T> ErasedList for ListRecipe<F>
where
    F: Fn(sdk::Workspace) -> List<T> + Send + Sync,
    T: Listable + Model,
{
    fn description(&self) -> String {
        let item = std::any::type_name::<T>().rsplit("::").next();
        let mut description = format!(
            "of {} workspace='{}'",
            item.unwrap_or_default(),
            self.scope.id
        );
        if let Some(size) = self.paging.page_size {
            let _ = write!(description, " page_size={size}");
        }
        if let Some(limit) = self.paging.limit {
            let _ = write!(description, " limit={limit}");
        }
        if self.paging.from.is_some() {
            description.push_str(" resumed");
        }
        description
    }

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

impl<F, T> ListRecipe<F>
where
    F: Fn(sdk::Workspace) -> List<T>,
    T: Listable,
{
    fn list(&self, py: Python<'_>) -> PyResult<List<T>> {
        let list = (self.make)(self.scope.workspace(py)?);
        Ok(self.paging.apply(list))
    }
}

async fn collect<T: Model + Send + 'static>(
    mut items: sdk::list::Items<T>,
    undecodable: Undecodable,
) -> CallOutcome {
    let mut all = Vec::new();
    while let Some(item) = items.next().await {
        match (item, undecodable) {
            (Ok(item), _) => all.push(Box::new(item)),
            (Err(error), Undecodable::Skip) if is_one_item(&error) => {}
            (Err(error), _) => {
                let partial = Box::new(|py: Python<'_>| list_of(py, all));
                return Err(partial_list_error(error, partial));
            }
        }
    }
    Ok(Box::new(|py| list_of(py, all)))
}

/// Whether the error is about a single item, so that the list can continue after it.
fn is_one_item(error: &sdk::Error) -> bool {
    error.kind() == ErrorKind::Decode && error.status().is_none()
}

// The items are boxed by the thread that decodes them, so that each is allocated and freed by one thread.
#[allow(clippy::vec_box)]
fn list_of<T: Model>(py: Python<'_>, items: Vec<Box<T>>) -> PyResult<Py<PyAny>> {
    let items: Vec<_> = items
        .into_iter()
        .map(|item| item.boxed_into_class(py))
        .collect::<PyResult<_>>()?;
    Ok(PyList::new(py, items)?.into_any().unbind())
}

fn page<T: Model + Send + 'static>(page: sdk::list::Page<T>) -> IntoObject {
    let items = page.items.into_iter().map(Box::new).collect();
    Box::new(move |py| {
        let items = list_of(py, items)?;
        let undecodable: Vec<_> = page
            .undecodable
            .into_iter()
            .map(|entry| {
                record(
                    py,
                    "UndecodableItem",
                    (entry.index, entry.raw, entry.reason),
                )
            })
            .collect::<PyResult<_>>()?;
        let checkpoint = page.checkpoint.map(|checkpoint| checkpoint.to_string());
        record(py, "Page", (items, undecodable, checkpoint))
    })
}

/// A list that has not been read yet.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Listing(Box<dyn ErasedList>);

impl Listing {
    pub(crate) fn make<T>(
        py: Python<'_>,
        scope: &WorkspaceScope,
        paging: Paging,
        make: impl Fn(sdk::Workspace) -> List<T> + Send + Sync + 'static,
    ) -> PyResult<Typed<ListOf<T>>>
    where
        T: Listable + Model,
    {
        let scope = scope.clone();
        let listing = Self(Box::new(ListRecipe {
            scope,
            paging,
            make,
        }));
        Ok(Typed::new(Py::new(py, listing)?.into_any()))
    }
}

#[pymethods]
impl Listing {
    #[getter]
    fn description(&self) -> String {
        self.0.description()
    }

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
        limit: Option<Arg<Count>>,
        on_undecodable: Arg<Str>,
    ) -> PyResult<Call> {
        arguments!(limit, on_undecodable);
        let undecodable = match on_undecodable.0.as_str() {
            "raise" => Undecodable::Raise,
            "skip" => Undecodable::Skip,
            _ => {
                return Err(invalid(
                    py,
                    "invalid on_undecodable: expected \"raise\" or \"skip\"",
                ));
            }
        };
        self.0.collect(py, limit.map(|limit| limit.0), undecodable)
    }
}

struct Items<T>(sdk::list::Items<T>);
struct Pages<T>(sdk::list::Pages<T>);

impl<T: Model + Send + 'static> futures_core::Stream for Items<T> {
    type Item = CallOutcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<CallOutcome>> {
        Pin::new(&mut self.0).poll_next(context).map(|next| {
            next.map(|item| -> CallOutcome {
                let item = Box::new(item?);
                Ok(Box::new(|py| item.boxed_into_class(py)))
            })
        })
    }
}

impl<T: Model + Send + 'static> futures_core::Stream for Pages<T> {
    type Item = CallOutcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<CallOutcome>> {
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
