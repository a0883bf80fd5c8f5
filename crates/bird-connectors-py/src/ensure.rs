//! Installing without doing it twice: what it came to, and what a create of unknown outcome leaves behind.

use bird_connectors as sdk;
use pyo3::prelude::*;
use pyo3::type_hint_union;
use pyo3::types::PyTuple;

use crate::client::Scope;
use crate::convert::{Text, from_json, from_object};
use crate::errands::Raised;
use crate::errors::{caused_object, sdk_error};
use crate::hints::{Dict, EnsureReport, Hint, Typed};
use crate::install::Install;
use crate::lists::record;
use crate::models::Model as _;

/// What is needed to find out later what became of a create whose outcome is unknown. It holds no secret.
///
/// `str()` writes it as one line, and `Reconcile(line)` reads that: store it, or send it elsewhere.
#[pyclass(frozen, module = "bird_connectors")]
pub(crate) struct Reconcile(pub(crate) sdk::UnresolvedCreate);

impl Hint for Reconcile {
    const HINT: pyo3::inspect::PyStaticExpr = <Self as pyo3::PyTypeInfo>::TYPE_HINT;
}

#[pymethods]
impl Reconcile {
    #[new]
    fn new(py: Python<'_>, line: Text) -> PyResult<Self> {
        let read = line.0.parse().map(Self);
        read.map_err(|error| sdk_error(py, &error))
    }

    /// The workspace in which the connector may exist.
    #[getter]
    fn workspace_id(&self) -> String {
        self.0.workspace().to_string()
    }

    /// The template's reference, such as `sms-messagebird:1`.
    #[getter]
    fn template(&self) -> &str {
        self.0.template()
    }

    /// The name that the connector was to get.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    /// The arguments that identify the connector; none where its name does.
    #[getter]
    fn arguments(&self, py: Python<'_>) -> PyResult<Typed<Dict>> {
        let arguments = from_object(py, self.0.arguments())?;
        Ok(Typed::new(arguments.into_any().unbind()))
    }

    /// When the create was about to be sent, by the clock of the machine that did it.
    #[getter]
    fn at(&self) -> chrono::DateTime<chrono::Utc> {
        self.0.at()
    }

    /// What to look for, as a phrase for people.
    #[getter]
    fn what(&self) -> String {
        self.0.what()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!(
            "<bird_connectors.Reconcile template={:?} at={}>",
            self.0.template(),
            self.0.at().format("%Y-%m-%dT%H:%M:%SZ")
        )
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    fn __hash__(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        (self.0.workspace(), self.0.name(), self.0.at()).hash(&mut hasher);
        hasher.finish()
    }

    fn __reduce__(this: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        let py = this.py();
        let line = PyTuple::new(py, [this.get().0.to_string()])?;
        let made = PyTuple::new(py, [this.get_type().into_any(), line.into_any()])?;
        Ok(made.into_any().unbind())
    }

    fn __copy__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __deepcopy__<'py>(this: PyRef<'py, Self>, _memo: &Bound<'py, PyAny>) -> PyRef<'py, Self> {
        this
    }
}

/// What is looked for: an object of the class above, or its line.
pub(crate) struct Left(pub(crate) sdk::UnresolvedCreate);

impl<'py> FromPyObject<'_, 'py> for Left {
    type Error = PyErr;

    const INPUT_TYPE: pyo3::inspect::PyStaticExpr =
        type_hint_union!(Reconcile::HINT, crate::hints::STR);

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(left) = value.cast::<Reconcile>() {
            return Ok(Self(left.get().0.clone()));
        }
        let line: Text = value.extract()?;
        Reconcile::new(value.py(), line).map(|left| Self(left.0))
    }
}

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
        scope: Scope,
        ensured: sdk::Ensured,
        raised: Option<Raised>,
    ) -> PyResult<Py<PyAny>> {
        let report = Self::tell(py, &ensured, raised.as_ref())?;
        let install = Py::new(py, Install::new(scope, ensured.into_install()))?;
        Ok(Py::new(py, Self { install, report })?.into_any())
    }
}

impl Ensured {
    /// What it came to, as values: see `EnsureReport` in `_records.py`.
    pub(crate) fn tell(
        py: Python<'_>,
        ensured: &sdk::Ensured,
        raised: Option<&Raised>,
    ) -> PyResult<Py<PyAny>> {
        let names = match ensured.matched_by() {
            Some(sdk::MatchedBy::Arguments(names)) => &names[..],
            _ => &[],
        };
        let drift = ensured.drift().iter().map(|drift| {
            let values = (from_json(py, &drift.wanted)?, from_json(py, &drift.found)?);
            record(py, "Drift", (&drift.field, values.0, values.1))
        });
        let drift = drift.collect::<PyResult<Vec<_>>>()?;
        let connector = ensured.connector().cloned();
        let journal_error = ensured
            .journal_error()
            .map(|error| caused_object(py, error, raised));
        let values = (
            ensured.id().to_string(),
            connector.map(|model| model.into_class(py)).transpose()?,
            ensured.token().to_string(),
            ensured.adopted(),
            ensured.matched_by().map(sdk::MatchedBy::as_str),
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
