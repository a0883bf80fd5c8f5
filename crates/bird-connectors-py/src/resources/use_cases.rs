//! Use cases: list and read them to find the `use_case_id` for a template.

use bird_connectors as sdk;
use pyo3::prelude::*;
use sdk::models as m;

use crate::call::model;
use crate::convert::{Count, Id, Str};
use crate::hints::{CallOf, ListOf, Typed};
use crate::list::{Listing, Paging};
use crate::scope::WorkspaceScope;

/// The native half of `UseCases` and `AsyncUseCases`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct UseCases(pub(crate) WorkspaceScope);

#[pymethods]
impl UseCases {
    #[pyo3(signature = (page_size, limit, resume_from))]
    fn list(
        &self,
        py: Python<'_>,
        page_size: Option<Count>,
        limit: Option<Count>,
        resume_from: Option<Str>,
    ) -> PyResult<Typed<ListOf<m::UseCase>>> {
        let paging = Paging::new(py, page_size, limit, resume_from)?;
        Listing::make(py, &self.0, paging, |workspace| {
            workspace.use_cases().list()
        })
    }

    fn get(&self, py: Python<'_>, id: Id<m::UseCaseId>) -> PyResult<Typed<CallOf<m::UseCase>>> {
        let use_cases = self.0.workspace(py)?.use_cases();
        model(py, async move { use_cases.get(id.0).await })
    }
}
