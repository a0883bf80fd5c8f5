//! Use cases: list and read them to find the `use_case_id` for a template.

use bird_connectors as sdk;
use pyo3::prelude::*;
use sdk::models as m;

use crate::call::model;
use crate::convert::{Arg, Count, Id, Str, arguments};
use crate::hints::{CallOf, ListOf, Typed};
use crate::list::{Listing, Paging};
use crate::scope::WorkspaceScope;

/// The native half of `UseCases` and `AsyncUseCases`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct UseCases(pub(crate) WorkspaceScope);

#[pymethods]
impl UseCases {
    #[getter]
    fn workspace_id(&self) -> String {
        self.0.id.to_string()
    }

    #[pyo3(signature = (page_size, limit, max_empty_pages, resume_from))]
    fn list(
        &self,
        py: Python<'_>,
        page_size: Option<Arg<Count<u32>>>,
        limit: Option<Arg<Count>>,
        max_empty_pages: Option<Arg<Count>>,
        resume_from: Option<Arg<Str>>,
    ) -> PyResult<Typed<ListOf<m::UseCase>>> {
        arguments!(page_size, limit, max_empty_pages, resume_from);
        let paging = Paging::new(py, page_size, limit, max_empty_pages, resume_from)?;
        Listing::make(py, &self.0, paging, |workspace| {
            workspace.use_cases().list()
        })
    }

    fn get(
        &self,
        py: Python<'_>,
        id: Arg<Id<m::UseCaseId>>,
    ) -> PyResult<Typed<CallOf<m::UseCase>>> {
        arguments!(id);
        let use_cases = self.0.workspace(py)?.use_cases();
        model(py, async move { use_cases.get(id.0).await })
    }
}
