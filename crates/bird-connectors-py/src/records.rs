//! Objects of the record classes in `bird_connectors/_records.py`.

use pyo3::call::PyCallArgs;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// An object of the class with this name, from the positional arguments of its constructor.
pub(crate) fn record<'py>(
    py: Python<'py>,
    class: &str,
    values: impl PyCallArgs<'py>,
) -> PyResult<Py<PyAny>> {
    py.import(intern!(py, "bird_connectors._records"))?
        .getattr(PyString::new(py, class))?
        .call1(values)
        .map(Bound::unbind)
}
