//! The result of an idempotent install.

use bird_connectors as sdk;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::callbacks::LastException;
use crate::convert::from_json;
use crate::hints::{EnsureReport, Hint, Typed};
use crate::install::handle::Install;
use crate::models::Model as _;
use crate::records::record;
use crate::scope::WorkspaceScope;
use crate::sdk_errors::journal_error_object;

/// The native half of `Ensured` and `AsyncEnsured`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Ensured {
    install: Py<Install>,
    report: Py<PyAny>,
}

impl Hint for Ensured {
    const HINT: pyo3::inspect::PyStaticExpr = <Self as pyo3::PyTypeInfo>::TYPE_HINT;
}

impl Ensured {
    pub(crate) fn make(
        py: Python<'_>,
        scope: WorkspaceScope,
        ensured: sdk::install::Ensured,
        journal_exception: Option<LastException>,
    ) -> PyResult<Py<PyAny>> {
        let report = Self::make_report(py, &ensured, journal_exception.as_ref())?;
        let install = Py::new(py, Install::new(scope, ensured.into_install()))?;
        Ok(Py::new(py, Self { install, report })?.into_any())
    }

    /// The details of the result, as an `EnsureReport` record.
    pub(crate) fn make_report(
        py: Python<'_>,
        ensured: &sdk::install::Ensured,
        journal_exception: Option<&LastException>,
    ) -> PyResult<Py<PyAny>> {
        let names = match ensured.matched_by() {
            Some(sdk::install::MatchedBy::Arguments(names)) => &names[..],
            _ => &[],
        };
        let drift = ensured.drift().iter().map(|drift| {
            let values = (from_json(py, &drift.wanted)?, from_json(py, &drift.found)?);
            record(py, "Drift", (&drift.field, values.0, values.1))
        });
        let drift = drift.collect::<PyResult<Vec<_>>>()?;
        let connector = ensured.connector().cloned();
        let journal_error = ensured.journal_error().map(|error| {
            journal_error_object(py, error, journal_exception.and_then(|last| last.get(py)))
        });
        let values = (
            ensured.id().to_string(),
            connector.map(|model| model.into_class(py)).transpose()?,
            ensured.token().to_string(),
            ensured.adopted(),
            ensured.matched_by().map(sdk::install::MatchedBy::as_str),
            PyTuple::new(py, names)?,
            PyTuple::new(py, drift)?,
            ensured.secrets_applied(),
            journal_error.transpose()?,
        );
        record(py, "EnsureReport", values)
    }
}

#[pymethods]
impl Ensured {
    #[getter]
    fn install(&self, py: Python<'_>) -> Py<Install> {
        self.install.clone_ref(py)
    }

    #[getter]
    fn report(&self, py: Python<'_>) -> Typed<EnsureReport> {
        Typed::new(self.report.clone_ref(py))
    }
}
