//! Phone numbers: list them to find the `phone_number_id` for a template.

use bird_connectors as sdk;
use pyo3::prelude::*;
use sdk::list::List;
use sdk::models as m;

use crate::call::call;
use crate::convert::{Arg, Count, Sequence, Str, arguments};
use crate::hints::{CallOf, ListOf, Typed};
use crate::list::{Listing, Paging};
use crate::models::Model as _;
use crate::scope::WorkspaceScope;

/// The native half of `Numbers` and `AsyncNumbers`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Numbers(pub(crate) WorkspaceScope);

#[pymethods]
impl Numbers {
    #[getter]
    fn workspace_id(&self) -> String {
        self.0.id.to_string()
    }

    #[pyo3(signature = (prefix, search_term, status, number_type, country, capabilities, page_size, limit, max_empty_pages, resume_from))]
    #[allow(clippy::too_many_arguments)]
    fn list(
        &self,
        py: Python<'_>,
        prefix: Option<Arg<Str>>,
        search_term: Option<Arg<Str>>,
        status: Option<Arg<Str>>,
        number_type: Option<Arg<Str>>,
        country: Option<Arg<Str>>,
        capabilities: Option<Arg<Str>>,
        page_size: Option<Arg<Count<u32>>>,
        limit: Option<Arg<Count>>,
        max_empty_pages: Option<Arg<Count>>,
        resume_from: Option<Arg<Str>>,
    ) -> PyResult<Typed<ListOf<m::Number>>> {
        arguments!(
            prefix,
            search_term,
            status,
            number_type,
            country,
            capabilities,
            page_size,
            limit,
            max_empty_pages,
            resume_from
        );
        let paging = Paging::new(py, page_size, limit, max_empty_pages, resume_from)?;
        let filters = Filters {
            prefix,
            search_term,
            status,
            number_type,
            country,
            capabilities,
        };
        Listing::make(py, &self.0, paging, move |workspace| {
            filters.apply(workspace.numbers().list())
        })
    }

    #[pyo3(signature = (prefix, search_term, status, number_type, country, capabilities, number_string, country_codes, provider_ids, page_size, limit, max_empty_pages, resume_from))]
    #[allow(clippy::too_many_arguments)]
    fn list_long_codes(
        &self,
        py: Python<'_>,
        prefix: Option<Arg<Str>>,
        search_term: Option<Arg<Str>>,
        status: Option<Arg<Str>>,
        number_type: Option<Arg<Str>>,
        country: Option<Arg<Str>>,
        capabilities: Option<Arg<Str>>,
        number_string: Option<Arg<Str>>,
        country_codes: Arg<Sequence<Str>>,
        provider_ids: Arg<Sequence<Str>>,
        page_size: Option<Arg<Count<u32>>>,
        limit: Option<Arg<Count>>,
        max_empty_pages: Option<Arg<Count>>,
        resume_from: Option<Arg<Str>>,
    ) -> PyResult<Typed<ListOf<m::Number>>> {
        arguments!(
            prefix,
            search_term,
            status,
            number_type,
            country,
            capabilities,
            number_string,
            country_codes,
            provider_ids,
            page_size,
            limit,
            max_empty_pages,
            resume_from
        );
        let paging = Paging::new(py, page_size, limit, max_empty_pages, resume_from)?;
        let filters = Filters {
            prefix,
            search_term,
            status,
            number_type,
            country,
            capabilities,
        };
        Listing::make(py, &self.0, paging, move |workspace| {
            let mut list = filters.apply(workspace.numbers().list_long_codes());
            if let Some(number) = &number_string {
                list = list.number_string(&number.0);
            }
            for country in &country_codes.0 {
                list = list.country_code(&country.0);
            }
            for provider in &provider_ids.0 {
                list = list.provider_id(&provider.0);
            }
            list
        })
    }

    fn find(&self, py: Python<'_>, number: Arg<Str>) -> PyResult<Typed<CallOf<Option<m::Number>>>> {
        arguments!(number);
        let numbers = self.0.workspace(py)?.numbers();
        let find = async move { numbers.find(&number.0).await };
        call(py, find, |py, found| match found {
            Some(number) => number.into_class(py),
            None => Ok(py.None()),
        })
    }
}

/// The filters that both lists have.
struct Filters {
    prefix: Option<Str>,
    search_term: Option<Str>,
    status: Option<Str>,
    number_type: Option<Str>,
    country: Option<Str>,
    capabilities: Option<Str>,
}

impl Filters {
    fn apply(&self, mut list: List<m::Number>) -> List<m::Number> {
        if let Some(prefix) = &self.prefix {
            list = list.prefix(&prefix.0);
        }
        if let Some(term) = &self.search_term {
            list = list.search_term(&term.0);
        }
        if let Some(status) = &self.status {
            list = list.status(&status.0);
        }
        if let Some(kind) = &self.number_type {
            list = list.number_type(kind.0.as_str());
        }
        if let Some(country) = &self.country {
            list = list.country(&country.0);
        }
        if let Some(capabilities) = &self.capabilities {
            list = list.capabilities(&capabilities.0);
        }
        list
    }
}
