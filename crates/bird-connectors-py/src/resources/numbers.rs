//! Phone numbers: list them to find the `phone_number_id` for a template.

use bird_connectors as sdk;
use pyo3::prelude::*;
use sdk::models as m;

use crate::call::call;
use crate::convert::{Count, Str};
use crate::hints::{CallOf, ListOf, Typed};
use crate::list::{Listing, Paging};
use crate::models::Model as _;
use crate::scope::WorkspaceScope;

/// The native half of `Numbers` and `AsyncNumbers`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Numbers(pub(crate) WorkspaceScope);

#[pymethods]
impl Numbers {
    #[pyo3(signature = (long_codes, page_size, limit, resume_from))]
    fn list(
        &self,
        py: Python<'_>,
        long_codes: bool,
        page_size: Option<Count>,
        limit: Option<Count>,
        resume_from: Option<Str>,
    ) -> PyResult<Typed<ListOf<m::Number>>> {
        let paging = Paging::new(py, page_size, limit, resume_from)?;
        Listing::make(py, &self.0, paging, move |workspace| {
            let numbers = workspace.numbers();
            if long_codes {
                numbers.list_long_codes()
            } else {
                numbers.list()
            }
        })
    }

    fn find(&self, py: Python<'_>, number: Str) -> PyResult<Typed<CallOf<Option<m::Number>>>> {
        let numbers = self.0.workspace(py)?.numbers();
        let find = async move { numbers.find(&number.0).await };
        call(py, find, |py, found| match found {
            Some(number) => number.into_class(py),
            None => Ok(py.None()),
        })
    }
}
