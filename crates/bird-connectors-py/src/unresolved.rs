//! An unresolved create: a create whose outcome is unknown, as data that can be stored and looked up later.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use bird_connectors as sdk;
use pyo3::prelude::*;
use pyo3::type_hint_union;
use pyo3::types::PyTuple;

use crate::convert::{Arg, Refusal, Str, arguments, from_object};
use crate::errors::invalid;
use crate::hints::{Dict, Hint, STR, Typed};

/// A create whose outcome is unknown: what `connectors.reconcile` needs to find out whether the connector exists.
///
/// It contains no secret. `str()` writes it as one line, which can be stored or sent to another process, and
/// `UnresolvedCreate(line)` reads the line.
#[pyclass(frozen, weakref, module = "bird_connectors")]
pub(crate) struct UnresolvedCreate(pub(crate) sdk::install::UnresolvedCreate);

impl Hint for UnresolvedCreate {
    const HINT: pyo3::inspect::PyStaticExpr = <Self as pyo3::PyTypeInfo>::TYPE_HINT;
}

#[pymethods]
impl UnresolvedCreate {
    #[new]
    fn new(py: Python<'_>, line: Arg<Str>) -> PyResult<Self> {
        arguments!(line);
        match line.0.parse() {
            Ok(unresolved) => Ok(Self(unresolved)),
            Err(error) => Err(invalid(py, sdk::Error::message(&error))),
        }
    }

    /// The id of the workspace in which the connector may exist.
    #[getter]
    fn workspace_id(&self) -> String {
        self.0.workspace_id().to_string()
    }

    /// The reference of the template, such as `sms-messagebird:1`.
    #[getter]
    fn template(&self) -> &str {
        self.0.template()
    }

    /// The name of the connector in the create.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    /// The arguments that identify the connector. Empty if its name identifies it.
    #[getter]
    fn arguments(&self, py: Python<'_>) -> PyResult<Typed<Dict>> {
        let arguments = from_object(py, self.0.arguments())?;
        Ok(Typed::new(arguments.into_any().unbind()))
    }

    /// The time just before the create was sent, by the clock of the machine that sent it.
    #[getter]
    fn at(&self) -> chrono::DateTime<chrono::Utc> {
        self.0.at()
    }

    /// A description of the connector for people, such as a log message.
    #[getter]
    fn what(&self) -> String {
        self.0.what()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!(
            "<bird_connectors.UnresolvedCreate template={:?} at={}>",
            self.0.template(),
            self.0.at().format("%Y-%m-%dT%H:%M:%SZ")
        )
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.0.workspace_id(), self.0.name(), self.0.at()).hash(&mut hasher);
        hasher.finish()
    }

    fn __reduce__(this: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        let py = this.py();
        let line = PyTuple::new(py, [this.get().0.to_string()])?;
        let reduced = PyTuple::new(py, [this.get_type().into_any(), line.into_any()])?;
        Ok(reduced.into_any().unbind())
    }

    fn __copy__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __deepcopy__<'py>(this: PyRef<'py, Self>, _memo: &Bound<'py, PyAny>) -> PyRef<'py, Self> {
        this
    }
}

/// An unresolved create as an argument: an object of the class above, or its line.
pub(crate) struct UnresolvedArgument(pub(crate) sdk::install::UnresolvedCreate);

impl<'py> FromPyObject<'_, 'py> for UnresolvedArgument {
    type Error = Refusal;

    const INPUT_TYPE: pyo3::inspect::PyStaticExpr = type_hint_union!(UnresolvedCreate::HINT, STR);

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        if let Ok(unresolved) = value.cast::<UnresolvedCreate>() {
            return Ok(Self(unresolved.get().0.clone()));
        }
        let line = Str::extract(value)?.0;
        line.parse()
            .map(Self)
            .map_err(|error: sdk::Error| Refusal::value(error.message()))
    }
}
